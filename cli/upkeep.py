"""Looking after what is kept: ``status`` and ``index``."""

from __future__ import annotations

from collections.abc import Mapping

import click

from cli.context import PARTIAL, current, say
from cli.migrate import migrate
from cli.rows import iso
from config.wording import counted


@click.command()
@click.option("--json", "as_json", is_flag=True, help="One JSON object (docs/output.md).")
def status(as_json: bool) -> None:
    """Say what has been collected, what is waiting, and how the sources are.

    \b
    Example:
      marsad status --json
    """
    app = current()
    app.require_ledger()

    with app.ledger(create=False) as ledger:
        found = ledger.status()
    value = {
        "articles": found.articles,
        "revisions": found.revisions,
        "frontier": dict(found.frontier),
        "outbox": found.outbox,
        "rejections": dict(found.rejections),
        "sources": dict(found.sources),
    }
    if as_json:
        app.print_json(value)
        return
    for line in app.banner():
        click.echo(line)
    click.echo(f"home        {app.data}")
    click.echo(f"articles    {found.articles} ({counted(found.revisions, 'revision')})")
    click.echo(f"frontier    {_counts(found.frontier)}")
    click.echo(f"rejections  {_counts(found.rejections)}")
    click.echo(f"sources     {_counts(found.sources)}")
    click.echo(f"outbox      {found.outbox} waiting for the index")


def _counts(numbers: Mapping[str, int]) -> str:
    parts = [f"{name} {number}" for name, number in sorted(numbers.items()) if number]
    return " · ".join(parts) or "none"


@click.command()
@click.option("--all", "everything", is_flag=True, help="Compare every article again, not only new ones.")
@click.option("--json", "as_json", is_flag=True, help="One JSON object.")
def link(everything: bool, as_json: bool) -> None:
    """Compare articles with one another: copies, stories, relations. A crawl does so at its end.

    \b
    Examples:
      marsad link
      marsad link --all        after config/stories.yml has changed
    """
    app = current()
    app.require_ledger()
    from cli.collect import index_waiting
    from cli.read import ticker
    from pipeline.linking import link as compare

    with app.ledger(create=False) as ledger, ticker("compared") as tick:
        if everything:
            ledger.unmark()
        found = compare(ledger, app.config, progress=tick)
    index_waiting(app)
    if as_json:
        app.print_json({"articles": found.articles, "changed": found.changed})
    else:
        click.echo(f"{counted(found.articles, 'article')} compared, ties of {found.changed} changed")


_SHOWN = 10
"""Refused articles that are shown to a person."""


@click.group()
def index() -> None:
    """Look after the search index, a projection of the ledger."""


index.add_command(migrate)


@index.command("status")
@click.option("--json", "as_json", is_flag=True, help="One JSON object.")
def index_status(as_json: bool) -> None:
    """Say what is indexed, what is waiting, and what the index refused, with the reason.

    \b
    Examples:
      marsad index status
      marsad index status --json | jq .refused
    """
    from search.answers import Searcher
    from search.indexer import status as indexed

    app = current()
    app.require_ledger()
    with Searcher(app.config, app.data) as searcher:
        found = indexed(searcher.ledger, searcher.engine)
    info = found.info
    value = {
        "engine": info.engine if info else app.config.settings["index.engine"],
        "generation": info.generation if info else None,
        "indexed": info.articles if info else 0,
        "size_bytes": info.size_bytes if info else 0,
        "articles": found.articles,
        "outbox": found.waiting,
    }
    for name in ("live", "previous", "next"):
        if info and name in info.details:
            value[name] = info.details[name]
    warnings = info.warnings if info else ()
    for warning in warnings:
        say(f"warning: {warning}")
    if as_json:
        refused = [
            {
                "article_id": each.article_id,
                "revision": each.revision,
                "at": iso(each.at),
                "reason": each.reason,
            }
            for each in found.refusals
        ]
        app.print_json({**value, "refused": refused, "warnings": list(warnings)})
        return
    for line in app.banner():
        click.echo(line)
    for name, item in value.items():
        click.echo(f"{name:<12}{item if item is not None else 'nothing indexed yet'}")
    click.echo(f"{'refused':<12}{len(found.refusals)}")
    for each in found.refusals[:_SHOWN]:
        click.echo(f"  {each.article_id} revision {each.revision}: {each.reason}")
    if len(found.refusals) > _SHOWN:
        click.echo(f"  … {len(found.refusals) - _SHOWN} more (--json lists all)")


@index.command()
@click.option(
    "--workers",
    type=click.IntRange(1),
    help="Processes that analyse the articles (default: one a core, four at most).",
)
def rebuild(workers: int | None) -> None:
    """Write the whole index again from the ledger; searches see the old one until the new one is whole.

    \b
    Example:
      marsad index rebuild
    """
    from cli.collect import bar
    from search.answers import Searcher
    from search.indexer import rebuild as write

    app = current()
    app.require_ledger()
    with Searcher(app.config, app.data) as searcher, bar("indexed", searcher.ledger.count()) as tick:
        done = write(
            searcher.ledger,
            searcher.engine,
            app.config,
            analysis=searcher.analysis,
            workers=workers,
            progress=tick,
        )
    click.echo(f"{counted(done, 'article')} indexed")


@index.command()
@click.option("--json", "as_json", is_flag=True, help="One JSON object.")
def keys(as_json: bool) -> None:
    """Print how to make the three API keys of an Elasticsearch server: reader, writer, migrator.

    Each may do its part and no more. Nothing is sent: give the lines to whoever looks after the server; the
    value of `encoded` in the answer is the key (ELASTICSEARCH_API_KEY).

    \b
    Examples:
      marsad index keys
      marsad index keys --json | jq -c '.roles[0].body'
    """
    from search.elasticsearch.keys import ROLES, curl

    app = current()
    settings = app.config.settings
    url, ca_certs = settings["elasticsearch.url"], settings["elasticsearch.ca_certs"]
    roles = []
    for role in ROLES:
        body = role.body(settings["elasticsearch.index"])
        line = curl(body, url, ca_certs)
        roles.append({"role": role.name, "purpose": role.purpose, "body": body, "curl": line})
    if as_json:
        app.print_json({"roles": roles})
        return
    for each in roles:
        click.echo(f"# {each['role']}: {each['purpose']}\n{each['curl']}\n")


@index.command()
@click.option("--json", "as_json", is_flag=True, help="One JSON object.")
def verify(as_json: bool) -> None:
    """Compare index and ledger, id by id and revision by revision; exit 1 where they differ.

    What the index refused (`marsad index status` says why) is no difference.

    \b
    Example:
      marsad index verify
    """
    from search.answers import Searcher
    from search.indexer import verify as compare

    app = current()
    app.require_ledger()
    with Searcher(app.config, app.data) as searcher:
        found = compare(searcher.ledger, searcher.engine)
    value = {
        "articles": found.articles,
        "missing": list(found.missing),
        "stale": [
            {"article_id": identity, "indexed": indexed, "ledger": kept}
            for identity, indexed, kept in found.stale
        ],
        "surplus": list(found.surplus),
        "outbox": found.waiting,
        "refused": found.refused,
    }
    if as_json:
        app.print_json(value)
    else:
        for line in app.banner():
            click.echo(line)
        click.echo(f"{counted(found.articles, 'article')} in the ledger")
        for name, ids in (("missing", found.missing), ("surplus", found.surplus)):
            click.echo(f"{name:<8} {len(ids)}  {' '.join(ids[:5])}")
        click.echo(f"stale    {len(found.stale)}  {' '.join(row[0] for row in found.stale[:5])}")
        if found.refused:
            click.echo(f"refused  {found.refused}  (marsad index status)")
    if not found.agrees:
        waiting = f" (waiting in the outbox: {found.waiting})" if found.waiting else ""
        say(f"index and ledger differ{waiting}. Next: `marsad verify` mends it")
        raise SystemExit(PARTIAL)
