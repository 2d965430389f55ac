"""``marsad index migrate``: from one mapping of the index on a server to the next, while it is in use."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from cli.context import PARTIAL, USAGE, current, say
from config.wording import counted

if TYPE_CHECKING:
    from search.elasticsearch.migrate import Migrated


@click.command()
@click.option("--rollback", is_flag=True, help="Put the kept index back; end a migration that is not done.")
@click.option("--drop-old", is_flag=True, help="Remove the kept index: no rollback after that.")
@click.option("--accept", is_flag=True, help="Take the new index although golden queries differ.")
@click.option(
    "--workers",
    type=click.IntRange(1),
    help="Processes that analyse the articles (default: one a core, four at most).",
)
@click.option("--json", "as_json", is_flag=True, help="One JSON object (docs/output.md).")
def migrate(rollback: bool, drop_old: bool, accept: bool, workers: int | None, as_json: bool) -> None:
    """Bring the index on an Elasticsearch server to this version's mapping; searches and crawls go on.

    A new index is filled beside the one in use and compared with the ledger and the old one, then takes its
    place at one instant. Killed at any point, the same command goes on. The old index is kept for
    --rollback until the next migration, or --drop-old (docs/elasticsearch.md).

    \b
    Examples:
      marsad index migrate
      marsad index migrate --rollback
      marsad index migrate --drop-old
    """
    if rollback + drop_old + accept > 1:
        raise click.UsageError("--rollback, --drop-old and --accept exclude one another")
    app = current()
    app.require_ledger()
    if app.config.settings["index.engine"] != "elasticsearch":
        say("index.engine is 'embedded', which has nothing to migrate. Next: `marsad index rebuild`")
        raise SystemExit(USAGE)
    from cli.collect import bar
    from search.answers import Searcher
    from search.elasticsearch import ElasticEngine
    from search.elasticsearch.migrate import Migration, to_json

    with Searcher(app.config, app.data) as searcher, bar("indexed", searcher.ledger.count()) as tick:
        assert isinstance(searcher.engine, ElasticEngine)  # as the settings say
        migration = Migration(
            searcher.ledger,
            searcher.engine,
            app.config,
            searcher.analysis,
            workers=workers,
            progress=tick,
            tell=lambda said: None if as_json else say(said),
        )
        if rollback:
            done = migration.roll_back()
        else:
            done = migration.drop_old() if drop_old else migration.run(accept=accept)
    if as_json:
        app.print_json(to_json(done))
    else:
        for line in (*app.banner(), *_lines(done)):
            click.echo(line)
    if done.refused:
        raise SystemExit(PARTIAL)


def _lines(done: Migrated) -> list[str]:
    kept = f"; {done.kept} is kept" if done.kept else ""
    match done.action:
        case "current":
            return [f"{done.generation} is in use and of this version{kept}: nothing to do"]
        case "dropped":
            return [f"{done.generation} is in use; the kept one was removed"]
        case "abandoned":
            return [f"the unfinished index was removed; {done.generation} is in use as before{kept}"]
        case "rolled_back":
            return [
                f"{done.generation} is in use again{kept}",
                "what came in since waits in the outbox. Next: start the version of Marsad that this index "
                "is of, and `marsad index verify`",
            ]
    lines = [
        f"{done.generation} is in use{kept}",
        f"compared: {counted(done.articles, 'article')} id by id, numbers of {counted(done.cells, 'day')} of "
        f"outlets ({done.again} indexed again); {counted(done.queries, 'golden query', 'golden queries')}, "
        f"{len(done.differs)} differ",
    ]
    lines += [f"  {one}" for one in done.differs]
    lines += [f"not taken: {identity} ({why})" for identity, why in done.refused.items()]
    lines.append(
        "Next: restart what runs the old version; `marsad index migrate --drop-old` when all is well"
    )
    return lines
