"""``marsad demo``: the real path, on a small invented press served on loopback."""

from __future__ import annotations

import json
import shutil
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING

import click

from cli.context import DEMO_MARK, PARTIAL, USAGE, App, current, program, say
from config.wording import counted

if TYPE_CHECKING:
    from demo.server import Stand

PORT = 7866
"""Tried first, so that the invented URLs, and so the articles' ids, are the same in every demo."""

SETTINGS = {
    "network.allow": '["127.66.0.0/16"]',
    "politeness.delay_s": "0.05",
    "crawl.backfill_days": "500",
}
"""What the demo is collected by, written as in TOML and on the command line alike."""


@click.command()
@click.pass_context
def demo(ctx: click.Context) -> None:
    """Collect, search and chart a small invented press, offline, in a home of its own.

    \b
    Example:
      marsad demo
      marsad --home var/demo search 'الأمن الوطني' --limit 3
    """
    run(current())


def _collect(shown: App, revisit: timedelta | None = None) -> None:
    from cli.collect import collect, report

    found = collect(shown, revisit=revisit, progress=True)
    for line in report(shown, found):
        click.echo(line)
    if found.unindexed:
        say(found.unindexed)
        raise SystemExit(PARTIAL)


def run(app: App) -> None:
    """The demo in ``demo`` below *app*'s home; what lies there from an earlier demo is replaced."""
    from demo.press import load
    from demo.server import serve

    home = (app.home or Path("var")) / "demo"
    _clear(home)
    today = datetime.now(UTC).date()
    press = load(today)
    # Like --set: what the environment says of real crawls is not meant for this one.
    shown = App(home=home, overrides=SETTINGS)
    click.echo(
        f"An invented press: {counted(len(press.outlets), 'outlet')}, "
        f"{counted(len(press.pieces), 'article')} over 15 months."
    )
    with serve(press, port=PORT) as stand:
        write_overlay(home / "config", stand)
        clear_index(shown)
        click.echo("\n$ marsad crawl")
        _collect(shown)
        stand.press = load(today, act=2)
        click.echo("\nTwo articles are edited, one is taken down. Every page is asked for again:")
        click.echo("\n$ marsad crawl --revisit 1d")
        _collect(shown, revisit=timedelta(days=1))
    where = f"{program()} --home {_quoted(str(home))}"
    for question in (
        ["search", "نفي اختطاف", "--limit", "3"],
        ["trend", "DGSN from:80d", "--by", "week"],
        ["trend", "relevance:in from:80d", "--by", "month", "--share"],
        ["status"],
    ):
        click.echo(f"\n$ {where} {' '.join(_quoted(word) for word in question)}")
        _ask(home, question)
    click.echo("\nTry next:")
    for line in (
        "search 'توقيف طنجة كوكايين'                    # finds Tanger, Tangier, Tánger too",
        "search 'relevance:homonym'                     # Algeria's police bears the same names",
        "trend place:meknes --by week --split lang",
        "campaigns                                      # each edition beside the days around it",
        "rumours                                        # who ran which, and what became of them",
        "show --revisions http://…                      # an URL or id from a search",
        "export 'from:30d' --format csv --output press.csv",
    ):
        click.echo(f"  {where} {line}")


def _quoted(word: str) -> str:
    return f"'{word}'" if " " in word or not word.isascii() else word


def _ask(home: Path, arguments: list[str]) -> None:
    """Run one command of ours on the demo's home, as typed."""
    from cli.main import main

    try:
        main(["--home", str(home), *arguments], standalone_mode=False)
    except SystemExit as end:
        if end.code:
            say(f"(ended with {end.code})")


def _clear(home: Path) -> None:
    """An empty home for the demo; refuses a folder that is not one."""
    if home.exists():
        if not (home / DEMO_MARK).exists() and any(home.iterdir()):
            say(f"{home}: not the demo's (no file {DEMO_MARK} in it), so it is left alone. Next: move it.")
            raise SystemExit(USAGE)
        shutil.rmtree(home)
    home.mkdir(parents=True)
    (home / DEMO_MARK).write_text("The invented demo press. Made by `marsad demo`, which replaces it.\n")


def clear_index(app: App) -> None:
    """An empty index for the demo: on a server, clearing the home has left that of an earlier demo."""
    from search.answers import Searcher

    with Searcher(app.config, app.data) as searcher, searcher.engine.rebuilding():
        pass


def write_overlay(folder: Path, stand: Stand) -> None:
    """The configuration under which *stand*'s press, and nothing else, is collected."""
    from demo.server import entry_url

    for outlet in stand.press.outlets.values():
        base = stand.base(outlet)
        file = folder / "sources" / outlet.country.lower() / f"{outlet.id}.yml"
        file.parent.mkdir(parents=True, exist_ok=True)
        entries = "".join(
            f"  - {{kind: {kind}, url: '{entry_url(kind, base)}'}}\n" for kind in outlet.entry_points
        )
        file.write_text(
            f"id: {outlet.id}\nname: {{{outlet.language}: {json.dumps(outlet.name, ensure_ascii=False)}}}\n"
            f"country: {outlet.country}\nlanguages: [{outlet.language}]\nscope: {outlet.scope}\n"
            f"homepage: {base}/\ntimezone: {outlet.timezone}\nentry_points:\n{entries}",
            encoding="utf-8",
        )
    lines = []
    for name, value in SETTINGS.items():
        section, _, key = name.partition(".")
        lines.append(f"[{section}]\n{key} = {value}\n")
    (folder / "marsad.toml").write_text("\n".join(lines), encoding="utf-8")
