"""Numbers over time that stand on articles: ``series``, ``campaigns``, ``unusual``."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import UTC, date, datetime, timedelta, tzinfo
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

import click

from cli.context import NOTHING_FOUND, USAGE, App, current, say
from cli.rows import formats, print_rows, table
from config.wording import counted

if TYPE_CHECKING:
    from search.answers import Searcher
    from search.campaigns import Edition, Phase
    from search.chart import Panel
    from search.series import Point, Series
    from search.unusual import Baseline, Unusual


@contextmanager
def _searcher(app: App) -> Iterator[Searcher]:
    from search.answers import Searcher

    app.require_ledger()
    with Searcher(app.config, app.data) as searcher:
        yield searcher


_chart = click.option(
    "--chart",
    type=click.Path(path_type=Path, dir_okay=False),
    metavar="FILE.svg",
    help="Draw it into this file.",
)


@click.command()
@click.argument("series_id", metavar="ID")
@click.option("--from", "since", metavar="DATE", help="From this date on: 2026-01-01, 90d …")
@_chart
@formats
def series(series_id: str, since: str | None, chart: Path | None, as_json: bool, as_csv: bool) -> None:
    """Show a series that the institution publishes again and again, one point a period with its source.

    Missing periods stay missing; where articles print other numbers for a period, these stand beside. An
    article that says "last week" and no days is of the week before it (assumed).
    config/series.yml says which series there are.

    \b
    Examples:
      marsad series road-toll
      marsad series road-toll --from 2026-01-01 --csv > toll.csv
      marsad series road-toll --chart toll.svg
    """
    from search.series import Series, missing, points

    app = current()
    known = {one["id"]: one for one in app.config.data("series")["series"]}
    if series_id not in known:
        say(f"no series {series_id!r}: there are {', '.join(known)} (config/series.yml)")
        raise SystemExit(USAGE)
    said = known[series_id]
    one = Series(said["id"], said["kind"], tuple(said["figures"]), said["days"])
    query = f"kind:{one.kind}" + (f" from:{_date(since, '--from')}" if since else "")
    with _searcher(app) as searcher:
        found = points(one, searcher.articles(query))
    if not found:
        say(f"no article tells {series_id}. Next: `marsad search kind:{one.kind}`")
        raise SystemExit(NOTHING_FOUND)
    holes = missing(one, found)
    rows = [_point_record(one, point) for point in found]
    if chart:
        from search.chart import panels

        _draw(chart, panels(f"{said['names']['en']} ({series_id})", _series_panels(one, found, holes)))
    if as_json:
        app.print_json({"points": rows, "missing": [{"start": start, "end": end} for start, end in holes]})
    elif as_csv:
        print_rows(app, "points", rows, (), as_json=False, as_csv=True)
    elif not chart:
        told = {what for row in rows for what in one.figures if row[what] is not None}
        blank = [{"start": start, "end": end, "source": "no article tells it"} for start, end in holes]
        shown = (
            "start",
            "end",
            *(what for what in one.figures if what in told),
            "source",
            "article",
            "notes",
        )
        lines = [{**row, "article": row["article_id"][:8], "notes": _notes(row)} for row in rows]
        everything = sorted([*lines, *blank], key=lambda row: str(row["start"]))
        print_rows(app, "points", everything, shown, as_json=False, as_csv=False)


def _date(text: str, option: str) -> str:
    """*text* as queries spell dates; ends the call, naming the *option*, where it is none."""
    from search.query.dates import spelled

    if (said := spelled(text)) is None:
        raise click.UsageError(
            f"{option}: got {text!r}, expected a date like 2026-11-20, 2026-11, 30d, yesterday"
        )
    return said


def _point_record(one: Series, point: Point) -> dict[str, Any]:
    return {
        "start": point.start,
        "end": point.end,
        "assumed": point.assumed,
        **{what: _plain(point.values.get(what)) for what in one.figures},
        "others": "; ".join(
            f"{what} {', '.join(f'{value:g}' for value in values)}" for what, values in point.others.items()
        )
        or None,
        "article_id": point.source.article_id,
        "source": point.source.article.source_id,
        "url": point.source.article.url,
    }


def _plain(value: float | None) -> float | int | None:
    """A count as a whole number: 24, not 24.0."""
    return int(value) if value is not None and value == int(value) else value


def _notes(row: Mapping[str, Any]) -> str:
    """What must be known of a point, for a person."""
    notes = ["days assumed"] if row["assumed"] else []
    return "; ".join([*notes, *([f"also printed: {row['others']}"] if row["others"] else [])])


def _series_panels(one: Series, found: Sequence[Point], holes: Sequence[tuple[str, str]]) -> list[Panel]:
    """A row of bars for each figure that is told at all, holes in their places."""
    from search.chart import Panel

    told = {point.start: point for point in found}
    starts = sorted([*told, *(start for start, _ in holes)])
    lines = {
        what: [told[at].values.get(what) if at in told else None for at in starts] for what in one.figures
    }
    return [Panel(what.replace("_", " "), starts, line) for what, line in lines.items() if any(line)]


def _draw(file: Path, picture: str) -> None:
    file.write_text(picture, encoding="utf-8")
    say(f"drawn: {file}")


@click.command()
@click.option(
    "--window",
    default=14,
    show_default=True,
    type=click.IntRange(1, 45),
    help="Days before and after an edition that are shown beside it.",
)
@_chart
@formats
def campaigns(window: int, chart: Path | None, as_json: bool, as_csv: bool) -> None:
    """Show campaigns that come again (the Open Days), edition by edition.

    Of each: its days and what says them; articles, stories and voices before, during and after it, in all and
    a day, beside everything that was printed of the institution in those days; and every number of visitors,
    with who printed it when.

    \b
    Examples:
      marsad campaigns
      marsad campaigns --window 30 --chart open-days.svg
      marsad campaigns --json
    """
    app = current()
    with _searcher(app) as searcher:
        told = list(_editions(app, searcher, window))
    if not told:
        say("no article tells of a campaign. Next: `marsad search kind:open_days`")
        raise SystemExit(NOTHING_FOUND)
    if chart:
        from search.chart import panels

        title = f"Articles a day, {window} days before to {window} after each edition"
        _draw(chart, panels(title, [_edition_panel(one) for one in told]))
    if as_json:
        app.print_json({"editions": [_edition_record(one) for one in told]})
    elif as_csv:
        print_rows(app, "editions", [_edition_row(one) for one in told], (), as_json=False, as_csv=True)
    elif not chart:
        for line in (*app.banner(), *(line for one in told for line in _edition_lines(app, one))):
            click.echo(line)


class _Shown(NamedTuple):
    edition: Edition
    phases: tuple[Phase, Phase, Phase]
    days: Sequence[str]
    daily: Sequence[int | None]


_PHASES = ("before", "during", "after")


def _editions(app: App, searcher: Searcher, window: int) -> Iterator[_Shown]:
    """Every edition of every campaign, with what was told of the institution in its time."""
    from config.zones import zone
    from search.campaigns import daily, editions, phases, span

    today = datetime.now(UTC).astimezone(zone(app.config.settings["index.time_zone"])).date()
    for campaign in app.config.data("communications/campaigns")["campaigns"]:
        for one in editions(campaign, searcher.articles(f"kind:{campaign['kind']}")):
            first, last = span(one, window)
            trend = searcher.trend(f"from:{first} to:{last}")
            yield _Shown(
                one,
                phases(one, window, trend.points, today),
                [point.start for point in trend.points],
                daily(one, trend.points, trend.sources),
            )


def _edition_panel(shown: _Shown) -> Panel:
    from search.chart import Panel

    one = shown.edition
    marked = range(shown.days.index(str(one.start)), shown.days.index(str(one.end)) + 1)
    return Panel(_edition_name(one), shown.days, shown.daily, marked)


def _edition_name(one: Edition) -> str:
    return f"{one.campaign}, {one.town or 'place unknown'}, {one.start} to {one.end}"


def _phase_record(one: Phase) -> dict[str, Any]:
    return {
        "start": str(one.start),
        "end": str(one.end),
        "days": one.days,
        "articles": one.articles,
        "stories": one.stories,
        "voices": one.voices,
        "institution": one.institution,
        "articles_a_day": one.a_day(one.articles),
        "stories_a_day": one.a_day(one.stories),
        "voices_a_day": one.a_day(one.voices),
        "institution_a_day": one.a_day(one.institution),
        "gaps": list(one.gaps),
    }


def _edition_record(shown: _Shown) -> dict[str, Any]:
    from search.export import stamp
    from search.stories import time_of

    one = shown.edition
    return {
        "campaign": one.campaign,
        "place": one.town or None,
        "start": str(one.start),
        "end": str(one.end),
        "dated_by": one.dated_by,
        **{name: _phase_record(phase) for name, phase in zip(_PHASES, shown.phases, strict=True)},
        "daily": [{"day": day, "articles": n} for day, n in zip(shown.days, shown.daily, strict=True)],
        "visitors": [
            {
                "value": _plain(said.value),
                "text": said.words,
                "source": said.article.article.source_id,
                "at": stamp(time_of(said.article)),
                "article_id": said.article.article_id,
            }
            for said in one.visitors
        ],
        "conflict": one.conflict,
    }


def _edition_row(shown: _Shown) -> dict[str, Any]:
    """An edition on one line of a spreadsheet."""
    one = _edition_record(shown)
    row = {key: one[key] for key in ("campaign", "place", "start", "end", "dated_by")}
    for name in _PHASES:
        keys = ("days", "articles", "stories", "voices", "articles_a_day", "institution_a_day")
        row |= {f"{name}_{key}": one[name][key] for key in keys}
    said = [f"{each['value']} ({each['source']} {each['at'][:10]})" for each in one["visitors"]]
    return {**row, "visitors": said, "conflict": one["conflict"]}


_DATED = {
    "catalogue": "days of config/communications/campaigns.yml",
    "text": "days as the articles give them",
    "press": "no article says when: the days of the first and last one",
}
_BAR = 24


def _edition_lines(app: App, shown: _Shown) -> Iterator[str]:
    one = shown.edition
    yield click.style(_edition_name(one), bold=True) + f" ({_DATED[one.dated_by]})"
    rates = [phase.a_day(phase.articles) or 0 for phase in shown.phases]
    rows = [
        {
            "phase": name,
            "days": phase.days or "to come",
            "articles": phase.articles,
            "stories": phase.stories,
            "voices": phase.voices,
            "a_day": phase.a_day(phase.articles),
            "all_a_day": phase.a_day(phase.institution),
            "": "█" * round(rate / max(*rates, 0.01) * _BAR)
            + (f"  ({counted(len(phase.gaps), 'outlet')} not collected)" if phase.gaps else ""),
        }
        for name, phase, rate in zip(_PHASES, shown.phases, rates, strict=True)
    ]
    yield from (f"  {line}" for line in table(rows, list(rows[0])))
    yield f"  day by day  {_spark(shown)}"
    for said in one.visitors:
        article = said.article
        at = article.article.published
        when = at.local_date if at else "date unknown"
        yield f"  visitors  {said.value:>11,.0f}  {article.article.source_id:<18}  {when}  {said.words}"
    if one.conflict:
        yield "  the numbers of visitors disagree"
    yield ""


_HEIGHTS = "▁▂▃▄▅▆▇█"


def _spark(shown: _Shown) -> str:
    """Articles day by day, the edition between bars; ``·`` is none, ``?`` a day not collected."""
    top = max((number for number in shown.daily if number), default=1)
    out = ""
    for day, number in zip(shown.days, shown.daily, strict=True):
        if day == str(shown.edition.start):
            out += "|"
        out += "?" if number is None else "·" if not number else _HEIGHTS[round(number / top * 7)]
        if day == str(shown.edition.end):
            out += "|"
    return f"{out}  (highest: {top})"


@click.command()
@click.option(
    "--week", metavar="DATE", help="The last of the seven days: 2026-11-20, 30d …; default: yesterday."
)
@formats
def unusual(week: str | None, as_json: bool, as_csv: bool) -> None:
    """Say what is out of the ordinary in a week: kinds, places, bodies and outlets of which there is far more
    than usual, or far less.

    The seven days are compared with those of the eight weeks before and, where they were collected, of the
    same weeks of last year; copies are not counted. Weeks in which fewer than half of the outlets were
    collected are left out, and with fewer than four of them nothing is told. Each line names three articles.

    \b
    Examples:
      marsad unusual
      marsad unusual --week 2026-11-20 --json
    """
    from config.zones import zone
    from search.unusual import FIELDS, compared
    from search.unusual import unusual as stand_out

    app = current()
    here = zone(app.config.settings["index.time_zone"])
    last = _last_day(week, here)
    rows: list[dict[str, Any]] = []
    with _searcher(app) as searcher:
        seen = compared(searcher, last, here)
        for name in FIELDS:
            for one in stand_out(name, seen):
                rows.append({**_unusual_record(one), **_explained(searcher, one, last)})
    rows.sort(key=lambda row: -abs(row["strength"]))
    told = _compared_with(seen, last)
    if as_json:
        app.print_json({**told, "unusual": rows})
    elif as_csv and rows:
        print_rows(app, "unusual", rows, (), as_json=False, as_csv=True)
    elif rows:
        for line in (*app.banner(), _baseline_line(told), *_unusual_lines(rows)):
            click.echo(line)
    if not rows:
        say(_baseline_line(told) if not seen.enough else f"nothing unusual: {_baseline_line(told)}")
        raise SystemExit(NOTHING_FOUND)


def _last_day(week: str | None, here: tzinfo) -> date:
    """The last of the seven days asked for, which must be over."""
    from search.query import period

    now = datetime.now(UTC)
    yesterday = now.astimezone(here).date() - timedelta(days=1)
    if week is None:
        return yesterday
    end = period(_date(week, "--week"), now, here).end
    last = (end - timedelta(microseconds=1)).astimezone(here).date()
    if last > yesterday:
        raise click.UsageError(f"--week: {last} is not over; the last whole day is {yesterday}")
    return last


def _compared_with(seen: Baseline, last: date) -> dict[str, Any]:
    return {
        "start": str(last - timedelta(days=6)),
        "end": str(last),
        "enough": seen.enough,
        "outlets": len(seen.week.outlets),
        "weeks": len(seen.recent),
        "weeks_last_year": len(seen.season) if seen.seasonal else 0,
    }


def _baseline_line(told: Mapping[str, Any]) -> str:
    from search.unusual import ENOUGH, RECENT

    days = f"{told['start']} to {told['end']}"
    if not told["outlets"]:
        return f"{days}: no outlet was collected all that week, so nothing can be told. Next: `marsad status`"
    if not told["enough"]:
        return (
            f"{days}: of the {len(RECENT)} weeks before, {told['weeks']} were collected; "
            f"fewer than {ENOUGH} are too few to tell what is usual"
        )
    season = told["weeks_last_year"]
    year = f"{counted(season, 'week')} of last year" if season else "no week of last year (not collected)"
    return f"{days}, against {counted(told['weeks'], 'week')} before and {year}; copies not counted"


def _unusual_record(one: Unusual) -> dict[str, Any]:
    return {
        "field": one.field,
        "value": one.value,
        "count": one.count,
        "usual": one.usual,
        "last_year": one.last_year,
        "strength": one.strength,
    }


def _explained(searcher: Searcher, one: Unusual, last: date) -> dict[str, Any]:
    """The newest three articles that stand behind *one*."""
    from search.unusual import OWN_WORDS, days

    found = searcher.search(f'{one.field}:"{one.value}" {OWN_WORDS} {days(last)}', limit=3)
    return {
        "articles": [hit.article_id for hit in found.hits],
        "titles": [hit.title for hit in found.hits],
        "sources": [hit.source for hit in found.hits],
    }


def _unusual_lines(rows: Sequence[Mapping[str, Any]]) -> Iterator[str]:
    for row in rows:
        year = "" if row["last_year"] is None else f", last year {row['last_year']:g}"
        said = f"{row['field']} {row['value']}"
        yield ""
        yield f"{click.style(said, bold=True)}: {row['count']}, usually {row['usual']:g}{year}"
        for article, source, title in zip(row["articles"], row["sources"], row["titles"], strict=True):
            yield f"  {article[:8]}  {source:<20}  {title}"
