"""Trends and series as SVG pictures: no script, no style sheet, no reference to anything outside them.

It stands alone as a file and inside a page under a strict content policy.  What was not collected is hatched,
as high as the share of outlets that are missing, so that a hole is never read as silence.
"""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from html import escape
from itertools import groupby
from math import floor, log10
from typing import Literal

from config.wording import counted
from search.trends import Point, Trend

Measure = Literal["count", "share"]

_WIDTH, _HEIGHT = 960, 360
_LEFT, _RIGHT, _TOP, _BOTTOM = 64, 16, 44, 56
_PLOT_W, _PLOT_H = _WIDTH - _LEFT - _RIGHT, _HEIGHT - _TOP - _BOTTOM
# Okabe and Ito's colours, told apart by colour-blind readers; the dash says the same again for print.
_LINES = (
    ("#0072b2", ""),
    ("#d55e00", "7 3"),
    ("#009e73", "2 3"),
    ("#cc79a7", "9 3 2 3"),
    ("#b58900", "4 4"),
    ("#56b4e9", "1 4"),
)
_TICKS_MAX = 8


def svg(trend: Trend, *, measure: Measure = "count") -> str:
    """The picture of *trend*: its split or its compared queries as lines, else one stepped area."""
    series = _series(trend)
    points = trend.points
    top = _ceiling([_value(point, measure) for _, line in series for point in line], measure)
    mark = hashlib.sha256(f"{trend.query}|{trend.interval}|{measure}".encode()).hexdigest()[:8]
    title = f"{_isolated(trend.query)}: {_MEASURES[measure]} by {trend.interval}"
    parts = _head(mark, _HEIGHT, title, _description(trend))
    parts += _grid(top, measure)
    parts += _dates(points)
    parts += _gaps(trend, mark)
    if len(series) == 1:
        colour = _LINES[0][0]
        area = _steps(series[0][1], top, measure)
        parts.append(f'<path d="{area}" fill="{colour}" fill-opacity="0.75" stroke="none"/>')
    else:
        for index, (name, line) in enumerate(series):
            parts.append(_line(name, line, top, measure, index))
        parts.append(_legend([name for name, _ in series]))
    parts.append("</svg>\n")
    return "\n".join(parts)


def _head(mark: str, height: int, title: str, said: str) -> list[str]:
    """The beginning of a picture: its name, what it says in words, and how holes are hatched."""
    return [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {_WIDTH} {height}" role="img" '
        f'aria-labelledby="t{mark} d{mark}" font-family="sans-serif" font-size="12" fill="currentColor">',
        f'<title id="t{mark}">{escape(title)}</title>',
        f'<desc id="d{mark}">{escape(said)}</desc>',
        f'<defs><pattern id="h{mark}" width="6" height="6" patternUnits="userSpaceOnUse" '
        'patternTransform="rotate(45)"><path d="M0 0V6" stroke="#888" stroke-width="2"/></pattern></defs>',
        _text(_LEFT, 18, title, "start", bold=True),
    ]


_MEASURES: dict[Measure, str] = {"count": "articles", "share": "share of collected articles"}


def _series(trend: Trend) -> list[tuple[str, Sequence[Point]]]:
    if trend.compare:
        return [(trend.query, trend.points), *((other.query, other.points) for other in trend.compare)]
    if trend.split:
        return list(trend.split.items())
    return [(trend.query, trend.points)]


def _value(point: Point, measure: Measure) -> float | None:
    return point.count if measure == "count" else point.share


def _ceiling(values: Sequence[float | None], measure: Measure) -> float:
    """A round number at or above every value: the upper end of the scale."""
    most = max((value for value in values if value is not None), default=0.0)
    if most <= 0:
        return 4.0 if measure == "count" else 0.01
    step = 10.0 ** floor(log10(most))
    top = next(factor * step for factor in (1, 2, 4, 5, 10) if factor * step >= most * (1 - 1e-9))
    return max(top, 4.0) if measure == "count" else min(top, 1.0)


def _x(index: float, size: int) -> float:
    return _LEFT + _PLOT_W * index / max(size, 1)


def _y(value: float, top: float) -> float:
    return _TOP + _PLOT_H * (1 - value / top)


def _num(value: float) -> str:
    return f"{value:.1f}".removesuffix(".0")


def _text(x: float, y: float, words: str, anchor: str, *, bold: bool = False) -> str:
    """Text that may be in any script: its own first strong letter decides its direction, not its place."""
    weight = ' font-weight="bold"' if bold else ""
    return (
        f'<text x="{_num(x)}" y="{_num(y)}" text-anchor="{anchor}" unicode-bidi="plaintext"{weight}>'
        f"{escape(words, quote=False)}</text>"
    )


def _isolated(words: str) -> str:
    """*words* between isolating marks, so that an Arabic query does not pull the words after it round."""
    return f"\u2068{words}\u2069"


def _grid(top: float, measure: Measure) -> list[str]:
    out = []
    for quarter in range(5):
        value = top * quarter / 4
        y = _y(value, top)
        label = f"{value * 100:.4g} %" if measure == "share" else f"{value:.4g}"
        out.append(f'<path d="M{_LEFT} {_num(y)}H{_WIDTH - _RIGHT}" stroke="#888" stroke-opacity="0.3"/>')
        out.append(_text(_LEFT - 6, y + 4, label, "end"))
    return out


def _dates(points: Sequence[Point]) -> list[str]:
    size = len(points)
    every = max(1, -(-size // _TICKS_MAX))
    out = []
    for index in range(0, size, every):
        x = _x(index + 0.5, size)
        out.append(_text(x, _TOP + _PLOT_H + 18, points[index].start[:16].replace("T", " "), "middle"))
    return out


def _gaps(trend: Trend, mark: str) -> list[str]:
    """Hatched boxes: neighbouring points that miss the same outlets are one box."""
    size, out, index = len(trend.points), [], 0
    for missing, run in groupby(trend.points, key=lambda point: point.gaps):
        members = list(run)
        if missing:
            share = min(1.0, len(missing) / max(trend.sources, len(missing)))
            height = max(6.0, _PLOT_H * share)
            x, width = _x(index, size), _x(len(members), size) - _LEFT
            span = members[0].start if len(members) == 1 else f"{members[0].start} \u2013 {members[-1].start}"
            named = ", ".join(missing[:6]) + (f" and {len(missing) - 6} more" if len(missing) > 6 else "")
            out.append(
                f'<rect x="{_num(x)}" y="{_num(_TOP + _PLOT_H - height)}" width="{_num(width)}" '
                f'height="{_num(height)}" fill="url(#h{mark})" fill-opacity="0.6">'
                f"<title>{escape(f'{span}: not collected: {named}')}</title></rect>"
            )
        index += len(members)
    if len(out) > _BOXES_MAX:  # every point misses something else: the exact runs would be a carpet
        return [_carpet(trend, mark)]
    return out


_BOXES_MAX = 80


def _carpet(trend: Trend, mark: str) -> str:
    size = len(trend.points)
    path = [f"M{_num(_x(0, size))} {_TOP + _PLOT_H}"]
    for index, point in enumerate(trend.points):
        share = len(point.gaps) / max(trend.sources, len(point.gaps), 1)
        path.append(f"V{_num(_TOP + _PLOT_H * (1 - share))}H{_num(_x(index + 1, size))}")
    path.append(f"V{_TOP + _PLOT_H}Z")
    return (
        f'<path d="{"".join(path)}" fill="url(#h{mark})" fill-opacity="0.6">'
        "<title>share of the outlets that were not collected</title></path>"
    )


def _steps(points: Sequence[Point], top: float, measure: Measure) -> str:
    size = len(points)
    path = [f"M{_num(_x(0, size))} {_num(_y(0, top))}"]
    for index, point in enumerate(points):
        value = _value(point, measure) or 0
        path.append(f"V{_num(_y(value, top))}H{_num(_x(index + 1, size))}")
    path.append(f"V{_num(_y(0, top))}Z")
    return "".join(path)


def _line(name: str, points: Sequence[Point], top: float, measure: Measure, index: int) -> str:
    """One polyline; it breaks where a share is unknown, since nothing was collected."""
    size, path, pen = len(points), [], "M"
    for place, point in enumerate(points):
        value = _value(point, measure)
        if value is None:
            pen = "M"
            continue
        path.append(f"{pen}{_num(_x(place + 0.5, size))} {_num(_y(value, top))}")
        pen = "L"
    colour, dash = _LINES[index % len(_LINES)]
    dashed = f' stroke-dasharray="{dash}"' if dash else ""
    return (
        f'<path d="{"".join(path)}" fill="none" stroke="{colour}" stroke-width="2"{dashed}>'
        f"<title>{escape(name)}</title></path>"
    )


def _legend(names: Sequence[str]) -> str:
    out, each = [], _PLOT_W / max(len(names), 1)
    y = _HEIGHT - 14
    for index, name in enumerate(names):
        colour, dash = _LINES[index % len(_LINES)]
        x = _LEFT + each * index
        dashed = f' stroke-dasharray="{dash}"' if dash else ""
        out.append(f'<path d="M{_num(x)} {y - 4}h20" stroke="{colour}" stroke-width="3"{dashed}/>')
        longest = max(4, int(each / 7) - 4)
        out.append(_text(x + 24, y, name if len(name) <= longest else name[: longest - 1] + "…", "start"))
    return "\n".join(out)


def _description(trend: Trend) -> str:
    """The picture in words, for those who do not see it."""
    points = trend.points
    if not points:
        return "No article was found."
    peak = max(points, key=lambda point: point.count)
    missing = sum(1 for point in points if point.gaps)
    total = counted(sum(point.count for point in points), "article")
    said = f"{total} from {points[0].start} to {points[-1].start}, most on {peak.start} ({peak.count})."
    if missing:
        said += f" In {missing} of {counted(len(points), 'point')} outlets were not collected."
    return said


# -- several numbers, each on a scale of its own ----------------------------------------------------------

_PANEL, _PANEL_TOP = 150, 34
_PANEL_H = _PANEL - _PANEL_TOP - 34


@dataclass(frozen=True, slots=True)
class Panel:
    """One row of bars."""

    name: str
    starts: Sequence[str]
    """What each bar is of: its first day."""
    values: Sequence[float | None]
    """``None`` where nothing is known: hatched, never a bar of height 0."""
    marked: range = range(0)
    """The bars that stand on a shaded ground: the days of an edition."""


def panels(title: str, rows: Sequence[Panel]) -> str:
    """One picture of *rows* below one another; each has its own scale, so that few dead stand beside many
    accidents."""
    mark = hashlib.sha256("|".join([title, *(row.name for row in rows)]).encode()).hexdigest()[:8]
    height = 30 + _PANEL * len(rows)
    said = "; ".join(map(_told, rows)) or "Nothing was found."
    parts = _head(mark, height, title, said)
    for number, row in enumerate(rows):
        parts += [f'<g transform="translate(0 {30 + _PANEL * number})">', *_bars(row, mark), "</g>"]
    return "\n".join([*parts, "</svg>\n"])


def _told(row: Panel) -> str:
    """A row in words."""
    known = [value for value in row.values if value is not None]
    if not known:
        return f"{row.name}: nothing known"
    missing = len(row.values) - len(known)
    hole = f", {missing} missing" if missing else ""
    return f"{row.name}: {min(known):g} to {max(known):g} in {counted(len(known), 'period')}{hole}"


def _bars(row: Panel, mark: str) -> list[str]:
    size = len(row.values)
    top = _ceiling(row.values, "count")
    floor_y = _PANEL_TOP + _PANEL_H
    out = [_text(_LEFT, 22, row.name, "start")]
    for level in (0.0, top / 2, top):
        y = floor_y - _PANEL_H * level / top
        out.append(f'<path d="M{_LEFT} {_num(y)}H{_WIDTH - _RIGHT}" stroke="#888" stroke-opacity="0.3"/>')
        out.append(_text(_LEFT - 6, y + 4, f"{level:g}", "end"))
    if row.marked:
        x, right = _x(row.marked.start, size), _x(row.marked.stop, size)
        out.append(
            f'<rect x="{_num(x)}" y="{_PANEL_TOP}" width="{_num(right - x)}" height="{_PANEL_H}" '
            'fill="#b58900" fill-opacity="0.2"/>'
        )
    for index, value in enumerate(row.values):
        x, width = _x(index, size), _PLOT_W / size
        high = _PANEL_H if value is None else _PANEL_H * value / top
        if high:
            look = f'fill="url(#h{mark})" fill-opacity="0.6"' if value is None else f'fill="{_LINES[0][0]}"'
            known = "missing" if value is None else f"{value:g}"
            out.append(
                f'<rect x="{_num(x + width * 0.1)}" y="{_num(floor_y - high)}" '
                f'width="{_num(width * 0.8)}" height="{_num(high)}" {look}>'
                f"<title>{escape(f'{row.starts[index]}: {known}')}</title></rect>"
            )
    for index in range(0, size, max(1, -(-size // _TICKS_MAX))):
        out.append(_text(_x(index + 0.5, size), floor_y + 18, row.starts[index], "middle"))
    return out
