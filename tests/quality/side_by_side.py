"""Ours beside its peers: who is ahead, by how much, how surely, and where ours is at its worst."""

from __future__ import annotations

import math
import random
import statistics
from collections.abc import Mapping, Sequence
from itertools import groupby
from typing import Any

from tests.quality.extraction import LANGUAGES, Row, Score, fields, score, shingles

OURS = "marsad"
RESAMPLES = 1_000
WORST = 10
_MARGIN = 0.05
"""A difference in F1 on one page that is called a gain or a loss."""

_COLUMNS = (
    *(("F1", "body_f1"), ("P", "body_p"), ("R", "body_r")),
    *((language, f"body_f1_{language}") for language in LANGUAGES),
    *(("mean 4", "body_f1_mean_of_4"), ("short", "body_f1_short"), ("title", "title")),
    *(("date", "date"), ("wrong", "date_wrong_when_given"), ("authors", "authors")),
)


def report(rows: Sequence[Row], answers: Sequence[Mapping[str, Mapping[str, Any]]]) -> str:
    """Everything that is printed; *answers* are those of the peers, page by page as *rows*."""
    scores = {OURS: [row.score for row in rows]}
    for peer in sorted(answers[0]):
        scores[peer] = [_scored(row, answer[peer]) for row, answer in zip(rows, answers, strict=True)]
    parts = [
        _figures(rows, scores),
        _sets(rows, scores),
        _against(rows, scores),
        _halves(rows),
        _worst(rows),
    ]
    return "\n\n".join("\n".join(part) for part in parts)


def _scored(row: Row, found: Mapping[str, Any]) -> Score:
    return score(
        row.gold,
        found["seconds"],
        found.get("text") or "",
        found.get("title") or "",
        found.get("authors") or (),
        found.get("date"),
    )


def _f1(scores: Sequence[Score]) -> list[float | None]:
    return [each.body[2] if each.body else None for each in scores]


# --- the tables -----------------------------------------------------------------------------------------


def _figures(rows: Sequence[Row], scores: Mapping[str, Sequence[Score]]) -> list[str]:
    languages, short = [row.language for row in rows], [row.short for row in rows]
    lines = [
        f"{'all pages':24}"
        + "".join(f"{head:>8}" for head, _ in _COLUMNS)
        + f"{'ms p50':>8}{'p95':>6}   95 % of F1"
    ]
    for name, these in scores.items():
        out = fields(these, languages, short)
        low, high = interval(_by_site(rows, _f1(these)))
        lines.append(
            f"{name:24}"
            + "".join(f"{out[key]:8.3f}" for _, key in _COLUMNS)
            + f"{out['ms_p50']:8.1f}{out['ms_p95']:6.0f}   {low:.3f} to {high:.3f}"
        )
    return lines


def _sets(rows: Sequence[Row], scores: Mapping[str, Sequence[Score]]) -> list[str]:
    names = sorted({row.gold["set"] for row in rows if row.score.body})
    lines = [f"{'body F1 by set':24}" + "".join(f"{name[:14]:>16}" for name in names)]
    for extractor, these in scores.items():
        cells = [
            statistics.fmean(
                f1
                for row, f1 in zip(rows, _f1(these), strict=True)
                if f1 is not None and row.gold["set"] == name
            )
            for name in names
        ]
        lines.append(f"{extractor:24}" + "".join(f"{cell:16.3f}" for cell in cells))
    return lines


def _against(rows: Sequence[Row], scores: Mapping[str, Sequence[Score]]) -> list[str]:
    """Ours minus each peer on the same pages."""
    ours = _f1(scores[OURS])
    lines = [f"{'ours minus':24}{'F1':>8}   95 %               ahead  behind   furthest behind on"]
    for name, these in scores.items():
        if name == OURS:
            continue
        gains = [
            None if mine is None or theirs is None else mine - theirs
            for mine, theirs in zip(ours, _f1(these), strict=True)
        ]
        told = sorted(
            (gain, row.gold["id"]) for gain, row in zip(gains, rows, strict=True) if gain is not None
        )
        low, high = interval(_by_site(rows, gains))
        ahead, behind = sum(gain > _MARGIN for gain, _ in told), sum(gain < -_MARGIN for gain, _ in told)
        furthest = ", ".join(f"{page} {gain:+.2f}" for gain, page in told[:3])
        lines.append(
            f"{name:24}{statistics.fmean(gain for gain, _ in told):+8.3f}   {low:+.3f} to {high:+.3f}"
            f"{ahead:9}{behind:8}   {furthest}"
        )
    return lines


def _halves(rows: Sequence[Row]) -> list[str]:
    """How far the figure depends on which sites are looked at: halves of the *sites*, not of the pages."""
    lines = ["half of the sites, drawn 200 times: lowest, median, highest"]
    f1 = _f1([row.score for row in rows])
    columns: dict[str, list[float | None]] = {
        "body F1": f1,
        "body F1, short": [value if row.short else None for row, value in zip(rows, f1, strict=True)],
        "title": [row.score.title for row in rows],
        "date": [row.score.date for row in rows],
        "authors": [row.score.authors for row in rows],
    }
    for name, values in columns.items():
        means = sorted(halves(_by_site(rows, values))) or [math.nan]
        lines.append(f"  {name:22}{means[0]:8.3f}{means[len(means) // 2]:8.3f}{means[-1]:8.3f}")
    return lines


def _worst(rows: Sequence[Row]) -> list[str]:
    read = sorted((row.score.body[2], row.gold["id"], row) for row in rows if row.score.body)
    return [f"the {WORST} worst of ours"] + [
        f"  {f1:.2f}  {row.gold['set']}/{page}: {reason(row)}" for f1, page, row in read[:WORST]
    ]


def reason(row: Row) -> str:
    """What went wrong on a page: what of the gold is missing, and what is there that is not of it."""
    if row.rejected:
        return f"rejected ({row.rejected})"
    gold, ours = row.gold["body"].split("\n"), row.text.split("\n")
    said = []
    if lost := _strangers(gold, row.text):
        said.append(f"loses {len(lost)} of {len(gold)} paragraphs, {_where(lost, len(gold))}")
    if more := _strangers(ours, row.gold["body"]):
        said.append(f"keeps {len(more)} that are not of it, {_where(more, len(ours))}")
    return "; ".join(said) or "its words differ within the paragraphs"


def _strangers(paragraphs: Sequence[str], other: str) -> list[int]:
    """The places of those paragraphs of which less than half stands in the *other* text."""
    there = shingles(other)
    counted = [(place, shingles(text)) for place, text in enumerate(paragraphs)]
    return [place for place, own in counted if own and (own & there).total() * 2 < own.total()]


def _where(places: Sequence[int], of: int) -> str:
    thirds = {min(2, place * 3 // of) for place in places}
    names = ("beginning", "middle", "end")
    return "throughout" if len(thirds) == 3 else " and ".join(names[third] for third in sorted(thirds))


# --- how sure a mean is ---------------------------------------------------------------------------------


def _by_site(rows: Sequence[Row], values: Sequence[float | None]) -> list[list[float]]:
    """The values that there are, those of one site together: pages of one site are not independent."""
    pairs = sorted((row.site, value) for row, value in zip(rows, values, strict=True) if value is not None)
    return [[value for _, value in group] for _, group in groupby(pairs, key=lambda pair: pair[0])]


def interval(sites: Sequence[Sequence[float]], seed: int = 1) -> tuple[float, float]:
    """Where 95 % of the means lie when the sites are drawn anew, with repetition (bootstrap)."""
    rng = random.Random(seed)
    means = sorted(_mean(rng.choices(sites, k=len(sites))) for _ in range(RESAMPLES))
    return means[int(RESAMPLES * 0.025)], means[int(RESAMPLES * 0.975)]


def halves(sites: Sequence[Sequence[float]], times: int = 200, seed: int = 1) -> list[float]:
    """The means over *times* random halves of the sites; none without a site."""
    if not sites:
        return []
    rng = random.Random(seed)
    return [_mean(rng.sample(sites, max(1, len(sites) // 2))) for _ in range(times)]


def _mean(sites: Sequence[Sequence[float]]) -> float:
    return statistics.fmean(value for site in sites for value in site)
