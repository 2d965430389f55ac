"""One who is arrested, killed or injured where no number says so."""

from __future__ import annotations

from bisect import bisect_left
from dataclasses import replace

from pipeline.annotation.figure_fates import Fates
from pipeline.annotation.figure_line import Found, Line
from pipeline.annotation.figure_times import Times
from pipeline.annotation.figure_words import OF_PERSONS, SEVERITIES, Tag
from pipeline.annotation.words import PAUSE, STOP


class Singles:
    """Finds the single persons of one article."""

    def __init__(self, line: Line, times: Times, fates: Fates) -> None:
        self._line, self._times, self._fates = line, times, fates

    def single(self, found: list[Found]) -> list[Found]:
        """One arrested, killed or injured, and no number says so."""
        told = {one.what for one in found if not one.recalled}
        denied = self._line.denies()
        more: list[Found] = []
        if not denied:
            for what in ("arrests", "dead", "seriously_injured"):
                if what not in told and (one := self._one(what)) is not None:
                    more.append(one)
        for tag in self._line.by_kind.get("single", ()):
            if self._is_one(tag) and tag.label not in told and not (denied and tag.label in OF_PERSONS):
                told.add(tag.label)
                more.append(
                    Found(tag.label, 1.0, tag.begin, tag.end, recalled=self._times.recalled(tag.begin))
                )
        return more

    def _is_one(self, tag: Tag) -> bool:
        """Whether *tag* counts one, and no number before it says otherwise: 17 قتيل."""
        before = bisect_left(self._line.starts, tag.begin) - 1
        return not self._line.said[tag.begin].startswith("ال") and not (
            before >= 0 and self._line.numbers[before].begin < tag.begin <= self._line.numbers[before].end
        )

    def _one(self, what: str) -> Found | None:
        for tag in self._line.by_kind.get("fates", ()):
            if (
                tag.label != what
                or self._line.tag(tag.begin, "weak")
                or self._line.said[tag.begin] in self._line.rules.things_too
            ):
                continue
            begin, end = self._line.sentence(tag.begin)
            if self._line.ends_at("negations", tag.begin, 2) or self._times.recalled(tag.begin):
                continue
            if self._line.ends_at("pluperfect", tag.begin, 2):
                continue
            said = self._line.said[tag.begin]
            if what == "arrests" and self._is_custody_of_dead(tag, begin, end):
                continue
            if what in SEVERITIES and not self._fates.is_injury(tag):
                continue
            if self._line.ends_at("purposes", tag.begin, 1) or (said[:1] == "ل" and said[1:2] != "ل"):
                continue
            pair = self._line.within("pair", max(begin, tag.begin - 11), min(end, tag.end + 8))
            behind, before = (8, 11) if what == "arrests" else (4, 6)
            near = [
                *self._line.within("person", tag.end, min(end, tag.end + behind)),
                *reversed(self._line.within("person", max(begin, tag.begin - before), tag.begin)),
            ]
            one = pair[0] if pair else near[0] if near else self._unnamed(tag) if what == "arrests" else None
            if one is None:
                continue
            value = 2.0 if pair or self._line.within("relatives", one.end, min(end, one.end + 5)) else 1.0
            return Found(what, value, min(one.begin, tag.begin), max(one.end, tag.end))
        return None

    def _is_custody_of_dead(self, tag: Tag, begin: int, end: int) -> bool:
        """Whether *tag* says where somebody died, not that they were arrested: *mort en garde à vue*."""
        return self._line.said[tag.begin] in self._line.rules.custody and any(
            other.label == "dead"
            for kind in ("fates", "things")
            for other in self._line.within(kind, begin, end)
        )

    def _unnamed(self, tag: Tag) -> Tag | None:
        """One who is arrested and is told by a word that no rule knows: *arrestation d’un récidiviste*."""
        said, at = self._line.said, tag.end
        if at + 2 >= len(said):
            return None
        if said[tag.begin][0] < "\u0600":
            at += said[at] in ("d", "de", "a", "of")
            return replace(tag, end=at + 2) if said[at] in ("un", "une", "una") else None
        if (
            said[tag.begin].lstrip("وب") not in self._line.rules.nouns_of_arrest
            or self._line.at.get(at)
            or self._line.is_number(at)
        ):
            return None
        if (
            said[at] in (STOP, PAUSE)
            or said[at].startswith(("ال", "لل"))
            or said[at].endswith(("ين", "ون", "ات"))
        ):
            return None
        return replace(tag, end=at + 1)
