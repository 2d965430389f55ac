"""``marsad sources``: the catalogue of outlets, without a visit to any of them.

``sources test ID`` (which does visit) is attached where the commands are put together.
"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterable
from dataclasses import asdict
from pathlib import Path
from typing import Any

import click

from cli.context import NOTHING_FOUND, PARTIAL, current, say
from config import ConfigError
from config.model import EntryPoint, Source
from config.wording import counted


@click.group()
def sources() -> None:
    """List, check, try, import and export outlets."""


# -- list -------------------------------------------------------------------------------------------------


@sources.command("list")
@click.option("--json", "as_json", is_flag=True, help="One JSON array on stdout.")
@click.option(
    "--all/--enabled", "disabled_too", default=True, help="With the disabled outlets, or without them."
)
@click.option("--country", multiple=True, metavar="CC", help="Only outlets of this country (ISO 3166).")
@click.option(
    "--scope",
    multiple=True,
    type=click.Choice(["national", "international", "agency", "official"]),
    help="Only these.",
)
@click.option(
    "--health", "with_health", is_flag=True, help="How each is, since when and why; the worst first."
)
def list_sources(
    as_json: bool,
    disabled_too: bool,
    country: tuple[str, ...],
    scope: tuple[str, ...],
    with_health: bool,
) -> None:
    """List the outlets of the catalogue.

    \b
    Examples:
      marsad sources list --enabled --country ES
      marsad sources list --health
    """
    app = current()
    countries = {code.upper() for code in country}
    found = [
        source
        for source in app.config.sources.values()
        if (disabled_too or source.enabled)
        and (not countries or source.country in countries)
        and (not scope or source.scope in scope)
    ]
    if with_health:
        from cli.health import print_health

        print_health(app, [source for source in found if source.enabled], as_json=as_json)
    elif as_json:
        click.echo(json.dumps([as_dict(source) for source in found], ensure_ascii=False, indent=2))
    else:
        for line in app.banner():
            click.echo(line)
        click.echo(_table(found))
    enabled = sum(source.enabled for source in found)
    say(f"{counted(len(found), 'outlet')}, {enabled} enabled")
    if not found:
        raise SystemExit(NOTHING_FOUND)


def as_dict(source: Source) -> dict[str, Any]:
    """*source* as JSON says it."""
    raw = asdict(source)
    raw["rules"] = [
        {key: value.isoformat() if key == "valid_from" and value else value for key, value in rule.items()}
        for rule in raw["rules"]
    ]
    return raw


def _table(found: Iterable[Source]) -> str:
    rows = [("ID", "COUNTRY", "SCOPE", "LANGUAGES", "ENTRIES", "STATE")]
    for source in found:
        kinds = Counter(entry.kind for entry in source.entry_points)
        entries = " ".join(f"{kind}:{count}" for kind, count in kinds.items()) or "-"
        state = "enabled" if source.enabled else f"disabled: {source.reason}"
        rows.append((source.id, source.country, source.scope, ",".join(source.languages), entries, state))
    widths = [max(len(row[column]) for row in rows) for column in range(5)]
    return "\n".join(
        "  ".join([*(cell.ljust(width) for cell, width in zip(row, widths, strict=False)), row[5]])
        for row in rows
    )


# -- check ------------------------------------------------------------------------------------------------


@sources.command()
@click.argument("ids", nargs=-1, metavar="[ID]...")
def check(ids: tuple[str, ...]) -> None:
    """Check the files of all outlets, or of these, offline.

    Every fault is listed with its file and key; the exit code is then 4.

    \b
    Example:
      marsad sources check hespress elpais
    """
    from config import checking
    from config.faults import nearest

    config = current().config
    files = {Path(name).stem: name for name in config.source_files()}
    found, faults = checking.sources(config)
    if ids:
        # A file of several outlets has a name of its own.
        known = [*files, *(source.id for source in found)]
        for unknown in (name for name in ids if name not in known):
            if faults:  # it may stand in a file that cannot be read
                raise ConfigError(faults)
            near = nearest(unknown, known)
            raise click.UsageError(f"no outlet {unknown!r}" + (f"; did you mean {near!r}?" if near else ""))
        names = {files[name] for name in ids if name in files}
        faults = [fault for fault in faults if fault.file in names]
        found = [source for source in found if source.id in ids]
    if faults:
        raise ConfigError(faults)
    for source in sorted(found, key=lambda source: source.id):
        if ids:
            click.echo(f"{source.id}: ok, {_summary(source)}")
    if not ids:
        enabled = [source for source in found if source.enabled]
        guessed = [source.id for source in enabled if all(_is_guess(entry) for entry in source.entry_points)]
        disabled = len(found) - len(enabled)
        click.echo(
            f"{counted(len(found), 'outlet')}: {len(enabled)} enabled, {disabled} disabled with a reason"
        )
        if guessed:
            say(f"enabled, but on guessed addresses alone ({len(guessed)}): {' '.join(sorted(guessed))}")
            say("Next: `marsad sources test ID` visits them and says what each address gives.")


def _is_guess(entry: EntryPoint) -> bool:
    return entry.confidence == "pattern-guess"


def _summary(source: Source) -> str:
    guesses = sum(_is_guess(entry) for entry in source.entry_points)
    count = len(source.entry_points)
    words = f"{count} entry point{'' if count == 1 else 's'}" + (f" ({guesses} guessed)" if guesses else "")
    return words if source.enabled else f"{words}, disabled: {source.reason}"


# -- OPML -------------------------------------------------------------------------------------------------


@sources.command("import")
@click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.option(
    "--to",
    type=click.Path(file_okay=False, path_type=Path),
    help="The overlay folder that gets sources/<cc>/<id>.yml.",
)
@click.option("--country", metavar="CC", help="Country of outlets whose address does not tell.")
@click.option("--language", metavar="LANG", help="Language of outlets that the file does not tell.")
@click.option(
    "--scope",
    type=click.Choice(["national", "international", "agency", "official"]),
    help="Scope of all of them.",
)
@click.option("--json", "as_json", is_flag=True, help="What was written and refused, as JSON.")
def import_opml(
    file: Path, to: Path | None, country: str | None, language: str | None, scope: str | None, as_json: bool
) -> None:
    """Make outlets of the feeds of an OPML file.

    One file an outlet is written below sources/ of an overlay folder (--to, or the one in use).  No file is
    ever overwritten; addresses that are not http or https are refused.  Exit code 1 if anything was refused.

    \b
    Example:
      marsad sources import feeds.opml --to my-config --language fr
      marsad --config my-config sources check
    """
    from config import opml
    from config.dump import source_text

    to = to or current().overlay
    if to is None:
        raise click.UsageError("say where to: --to FOLDER (an overlay folder; it may be new)")
    try:
        outlines, refused, passed_over = opml.read(file.read_bytes())
    except opml.NotOpml as error:
        raise click.UsageError(f"{file}: {error}") from error
    if passed_over:
        say(f"{file}: passed over {counted(passed_over, 'fault')} of its XML")
    assumed = opml.Assumed(country.upper() if country else None, language, scope)
    found, more = opml.outlets(outlines, assumed)
    refused += more
    written = []
    for source in found:
        path = to / "sources" / source.country.lower() / f"{source.id}.yml"
        path.parent.mkdir(parents=True, exist_ok=True)
        try:
            with path.open("x", encoding="utf-8") as out:
                out.write(source_text(source))
        except FileExistsError:
            refused.append(opml.Refusal(source.id, source.entry_points[0].url, f"{path} exists"))
        else:
            written.append((source, path))
    _report(written, refused, as_json)
    if written:
        say(f"Next: `marsad --config {to} sources check`.  With that folder in use,")
        say("its outlets stand in place of the packaged catalogue.")
    if refused:
        raise SystemExit(PARTIAL)
    if not written:
        raise SystemExit(NOTHING_FOUND)


def _report(written: list[tuple[Source, Path]], refused: list[Any], as_json: bool) -> None:
    if as_json:
        rows = [
            {"id": source.id, "file": str(path), "feeds": len(source.entry_points)}
            for source, path in written
        ]
        report = {"written": rows, "refused": [asdict(refusal) for refusal in refused]}
        click.echo(json.dumps(report, ensure_ascii=False, indent=2))
    else:
        for source, path in written:
            click.echo(f"{source.id}  {counted(len(source.entry_points), 'feed')}  {path}")
        for refusal in refused:
            say(
                f"refused: {refusal.title or '(no title)'}  {refusal.url or '(no address)'}  {refusal.reason}"
            )
    say(f"{len(written)} written, {len(refused)} refused")


@sources.command("export")
@click.option("--opml", "as_opml", is_flag=True, required=True, help="As OPML, for feed readers.")
@click.option("--output", type=click.Path(dir_okay=False, path_type=Path), help="A file instead of stdout.")
def export(as_opml: bool, output: Path | None) -> None:
    """Write the feeds of the enabled outlets as OPML.

    Sitemaps, section pages and the like are not part of it: feed readers know none.

    \b
    Example:
      marsad sources export --opml --output marsad.opml
    """
    from config import opml

    enabled = [source for source in current().config.sources.values() if source.enabled]
    with_feeds = [source for source in enabled if any(opml.feeds(source))]
    data = opml.write(with_feeds)
    if output:
        output.write_bytes(data)
    else:
        click.echo(data, nl=False)
    count = sum(len(list(opml.feeds(source))) for source in with_feeds)
    without = len(enabled) - len(with_feeds)
    say(
        f"{counted(count, 'feed')} of {counted(len(with_feeds), 'outlet')}; enabled without a feed: {without}"
    )
