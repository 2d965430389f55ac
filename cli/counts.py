"""Numbers over time that stand on articles: ``series``, ``campaigns``, ``unusual``."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, date, datetime, timedelta
from typing import TYPE_CHECKING, Any

import click

from cli.context import NOTHING_FOUND, USAGE, App, current, say
from cli.rows import formats, print_rows

if TYPE_CHECKING:
    from search.answers import Searcher

_FIELDS = ("kind", "place", "institution", "unit", "partner")
"""Labels that are looked at for what is unusual; no label names a private person."""
_SIZE = 200
"""Values of a label that are counted."""


@contextmanager
def _searcher(app: App) -> Iterator[Searcher]:
    from search.answers import Searcher

    app.require_ledger()
    with Searcher(app.config, app.data) as searcher:
        yield searcher


@click.command()
@click.argument("series_id", metavar="ID")
@click.option("--from", "since", metavar="DATE", help="From this date on: 2026-01-01, 90d …")
@formats
def series(series_id: str, since: str | None, as_json: bool, as_csv: bool) -> None:
    """Show a series that the institution publishes again and again, one point a period with its source.

    Missing periods stay missing; where articles print other numbers for a period, these stand beside. An
    article that says "last week" and no days is of the week before it (assumed).
    config/series.yml says which series there are.

    \b
    Examples:
      marsad series road-toll
      marsad series road-toll --from 2026-01-01 --csv > toll.csv
    """
    from search.series import Series, points

    app = current()
    known = {one["id"]: one for one in app.config.data("series")["series"]}
    if series_id not in known:
        say(f"no series {series_id!r}: there are {', '.join(known)} (config/series.yml)")
        raise SystemExit(USAGE)
    said = known[series_id]
    one = Series(said["id"], said["kind"], tuple(said["figures"]), said["days"])
    query = f"kind:{one.kind}" + (f" from:{since}" if since else "")
    with _searcher(app) as searcher:
        rows = [
            {
                "start": point.start,
                "end": point.end,
                "assumed": point.assumed,
                **{what: point.values.get(what) for what in one.figures},
                "others": "; ".join(
                    f"{what} {', '.join(f'{value:g}' for value in values)}"
                    for what, values in point.others.items()
                ),
                "article_id": point.source.article_id,
                "source": point.source.article.source_id,
                "url": point.source.article.url,
            }
            for point in points(one, searcher.articles(query))
        ]
    if not rows:
        say(f"no article tells {series_id}. Next: `marsad search kind:{one.kind}`")
        raise SystemExit(NOTHING_FOUND)
    shown = ("start", "end", "assumed", *one.figures, "others", "source", "article_id")
    print_rows(app, "points", rows, shown, as_json=as_json, as_csv=as_csv)


@click.command()
@formats
def campaigns(as_json: bool, as_csv: bool) -> None:
    """Show campaigns that come again (the Open Days), edition by edition.

    Of each: articles in the two weeks before, during and in the two weeks after it, and every number of
    visitors that was printed, with who printed it.

    \b
    Example:
      marsad campaigns --json
    """
    from search.campaigns import editions

    app = current()
    rows: list[dict[str, Any]] = []
    with _searcher(app) as searcher:
        for campaign in app.config.data("communications/campaigns")["campaigns"]:
            for one in editions(campaign, searcher.articles(f"kind:{campaign['kind']}")):
                numbers = [f"{value:,.0f} ({', '.join(outlets)})" for value, outlets in one.visitors]
                rows.append(
                    {
                        "campaign": one.campaign,
                        "place": one.town or None,
                        "start": one.start,
                        "end": one.end,
                        "known": one.known,
                        "before": one.before,
                        "during": one.during,
                        "after": one.after,
                        "voices": one.voices,
                        "visitors": numbers,
                    }
                )
    if not rows:
        say("no article tells of a campaign. Next: `marsad search kind:open_days`")
        raise SystemExit(NOTHING_FOUND)
    shown = ("campaign", "place", "start", "end", "before", "during", "after", "voices", "visitors")
    print_rows(app, "editions", rows, shown, as_json=as_json, as_csv=as_csv)


@click.command()
@click.option("--week", metavar="DATE", help="The last of the seven days; default: yesterday.")
@formats
def unusual(week: str | None, as_json: bool, as_csv: bool) -> None:
    """Say what is out of the ordinary in a week: kinds, places and bodies of which far more articles speak.

    The week is compared with the eight before it, whole weeks with whole weeks; each line names three
    articles that explain it.

    \b
    Examples:
      marsad unusual
      marsad unusual --week 2026-11-20 --json
    """
    from config.zones import zone
    from search.unusual import WEEKS
    from search.unusual import unusual as stand_out

    app = current()
    here = zone(app.config.settings["index.time_zone"])
    try:
        last = (
            date.fromisoformat(week)
            if week
            else datetime.now(UTC).astimezone(here).date() - timedelta(days=1)
        )
    except ValueError:
        raise click.UsageError(f"--week: got {week!r}, expected a day like 2026-11-20") from None
    rows: list[dict[str, Any]] = []
    with _searcher(app) as searcher:
        weeks = [_counted(searcher, last - timedelta(days=7 * back)) for back in range(WEEKS + 1)]
        for name in _FIELDS:
            for one in stand_out(name, weeks[0][name], [other[name] for other in weeks[1:]]):
                found = searcher.search(f'{name}:"{one.value}" {_span(last)}', limit=3)
                rows.append(
                    {
                        "field": name,
                        "value": one.value,
                        "count": one.count,
                        "usual": one.usual,
                        "strength": one.strength,
                        "articles": [hit.article_id for hit in found.hits],
                        "titles": [hit.title for hit in found.hits],
                    }
                )
    if not rows:
        say(f"nothing unusual in the seven days to {last}")
        raise SystemExit(NOTHING_FOUND)
    rows.sort(key=lambda row: -row["strength"])
    print_rows(
        app, "unusual", rows, ("field", "value", "count", "usual", "titles"), as_json=as_json, as_csv=as_csv
    )


def _span(last: date) -> str:
    return f"from:{last - timedelta(days=6)} to:{last}"


def _counted(searcher: Searcher, last: date) -> dict[str, dict[str, int]]:
    """Field → value → articles of the seven days to *last*."""
    found = searcher.search(_span(last), limit=0, facets=_FIELDS, facet_size=_SIZE)
    return {name: {one.value: one.count for one in buckets} for name, buckets in found.facets.items()}
