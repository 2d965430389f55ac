"""Which forms and topics of communication an article has, by the cues of ``config/kinds.yml``.

A cue is worth points by its strength and by where it stands; a kind whose points reach the mark is had.  What
is denied in the sentence (*no arrest was made*), recalled from earlier years, or only said in the closing
formula of a communiqué, is worth nothing.  Kinds that cannot both be news are told apart at the end.
"""

from __future__ import annotations

import re
from bisect import bisect_left
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from config.loader import Config
from pipeline.annotation.countries import OURS
from pipeline.annotation.cue_notation import Line, Phrasebook, Unreadable
from pipeline.annotation.figure_words import Counted
from pipeline.annotation.reading import Reading
from pipeline.annotation.words import PAUSE, STOP, Words, pattern
from store.records import Attributed, Evidence, KindLabel, Relevant

_SHOWN = 5
"""How many cues a label shows."""
_STRENGTHS = ("sure", "fair", "news", "titled", "good", "hint", "against")
_STRONG = frozenset(["sure", "fair", "news", "titled"])
_YEAR = re.compile(r"(?<= )\S?(\d{4})(?= )")
"""A word that may be a year, with a letter joined before it or none."""
_FIRST_YEAR = 1990
"""Smaller numbers are not read as years."""


@dataclass(frozen=True, slots=True)
class _Tag:
    """What a phrase is a cue of."""

    sort: str
    """``kind``, ``set`` or ``mark``."""
    owner: str
    """Which of them."""
    strength: str
    cue: int
    """Number of the cue, so that one that stands twice counts once."""


@dataclass(slots=True, unsafe_hash=True)
class _Cue:
    """A phrase found: words *begin* to *end* of the line, in sentence number *sentence*.

    Nothing changes it; it is not frozen because an article has a hundred, and they would take thrice as long.
    """

    tag: _Tag
    begin: int
    end: int
    sentence: int
    position: str
    """``headline``, ``lead`` or ``rest``."""
    points: int


@dataclass(slots=True)
class _Sum:
    """What speaks for a kind, and against it: each cue where it is worth most."""

    cues: dict[int, _Cue] = field(default_factory=dict)
    against: dict[int, _Cue] = field(default_factory=dict)

    def add(self, cue: _Cue) -> None:
        cues = self.against if cue.tag.strength == "against" else self.cues
        best = cues.get(cue.tag.cue)
        if best is None or cue.points > best.points:
            cues[cue.tag.cue] = cue

    def heaviest(self) -> list[_Cue]:
        """The cues for the kind, the heaviest first, no two over the same words."""
        return _apart(self.cues.values())

    def weigh(self) -> tuple[int, bool]:
        """The points, and whether one of the cues is strong."""
        cues = self.heaviest()
        against = sum(cue.points for cue in _apart(self.against.values()))
        strong = any(cue.tag.strength in _STRONG for cue in cues)
        return sum(cue.points for cue in cues) - against, strong


def _apart(cues: Iterable[_Cue]) -> list[_Cue]:
    """*cues* without those that share words with a heavier one, the heaviest first."""
    taken: list[_Cue] = []
    for cue in sorted(cues, key=lambda cue: (-cue.points, cue.begin - cue.end, cue.begin)):
        if all(cue.end <= other.begin or other.end <= cue.begin for other in taken):
            taken.append(cue)
    return taken


class Kinds:
    """Finds kinds by the rules of one configuration; keeps no state between articles."""

    def __init__(self, config: Config) -> None:
        rules: Mapping[str, Any] = config.data("kinds")
        self._points: Mapping[str, Mapping[str, int]] = rules["points"]
        self._enough: int = rules["enough"]
        self._lead_words: int = rules["lead_words"]
        self._negators = frozenset(pattern(word) for word in rules["negation"]["before"])
        self._negation_reach: int = rules["negation"]["reach_words"]
        self._kinds: Mapping[str, Mapping[str, Any]] = rules["kinds"]
        self._not_behind = {
            kind: frozenset(pattern(word) for word in rule.get("not_behind", ()))
            for kind, rule in self._kinds.items()
        }
        self._counted = Counted(config.data("figures"))
        self._order = {kind.id: number for number, kind in enumerate(config.kinds)}
        self._precedence: Sequence[Mapping[str, Any]] = rules["precedence"]
        self._sections = {
            pattern(section): kind
            for kind, rule in self._kinds.items()
            for section in rule.get("sections", ())
        }
        self._attribution: Mapping[str, Mapping[str, int]] = rules["attribution"]
        self._book: Phrasebook[_Tag] = Phrasebook(rules["words"])
        self._fill(config, rules)

    def _fill(self, config: Config, rules: Mapping[str, Any]) -> None:
        """Enter every cue of ``kinds.yml``, and as hints those of ``communications/`` that are not in it."""
        entered: dict[tuple[str, str], int] = {}

        def enter(sort: str, owner: str, strength: str, cues: Iterable[str]) -> None:
            for cue in cues:
                if (f"{sort} {owner}", cue) not in entered:
                    number = entered[f"{sort} {owner}", cue] = len(entered)
                    self._add(cue, _Tag(sort, owner, strength, number))

        for name, cues in rules["sets"].items():
            enter("set", name, "good", _phrases(cues))
        for name, cues in rules["marks"].items():
            enter("mark", name, "", _phrases(cues))
        for kind, rule in self._kinds.items():
            for strength in _STRENGTHS:
                enter("kind", kind, strength, _phrases(rule.get(strength, {})))
        for known in config.kinds:
            unread = frozenset(map(pattern, self._kinds.get(known.id, {}).get("not_read", ())))
            listed = (pattern(cue) for cues in known.cues.values() for cue in cues)
            if known.id in self._kinds:
                enter("kind", known.id, "hint", (cue for cue in listed if cue and cue not in unread))

    def _add(self, cue: str, tag: _Tag) -> None:
        try:
            self._book.add(cue, tag)
        except Unreadable as error:
            raise Unreadable(f"kinds.yml: {tag.sort} {tag.owner}: {cue!r}: {error}") from None

    def find(
        self,
        reading: Reading,
        attribution: Attributed | None,
        *,
        told: bool = False,
        unsaid: Sequence[tuple[int, int]] = (),
    ) -> tuple[KindLabel, ...]:
        """The kinds of the article, in the configuration's order; none unless it is about the institution.

        *told* says whether somebody spoke where the *attribution* was read, and did not only act; in *unsaid*
        stretches of the line stand words that the institution did not say.
        """
        if reading.judgement.decision is not Relevant.IN:
            return ()
        sums = self._sums(reading, unsaid)
        totals = self._totals(sums)
        section = self._section(reading, totals)
        said = self._said(attribution, told, totals)
        had = {kind for kind, total in totals.items() if total >= self._enough}
        labels = []
        for kind in self._told_apart(had, totals):
            cues = tuple(_shown(reading, kind, sums.get(kind))) or section.get(kind) or said.get(kind, ())
            if cues:
                labels.append(KindLabel(kind, cues[:_SHOWN]))
        return tuple(sorted(labels, key=lambda label: self._order[label.id]))

    def _totals(self, sums: Mapping[str, _Sum]) -> dict[str, int]:
        """The points of each kind; at most 0 where it needs a strong cue and has none."""
        totals: dict[str, int] = {}
        for kind, found in sums.items():
            total, strong = found.weigh()
            lacking = not strong and self._kinds[kind].get("needs") == "strong"
            totals[kind] = min(total, 0) if lacking else total
        return totals

    def _said(
        self, attribution: Attributed | None, told: bool, totals: dict[str, int]
    ) -> dict[str, tuple[Evidence, ...]]:
        """Add to *totals* what the attribution says of kinds; its cue is theirs where they have no other."""
        if attribution is None:
            return {}
        cues: dict[str, tuple[Evidence, ...]] = {}
        for kind, points in self._attribution.get(attribution.value.value, {}).items():
            if kind in totals or points < 0 or told:
                totals[kind] = totals.get(kind, 0) + points
            if attribution.cue is not None:
                cues[kind] = (replace(attribution.cue, label=kind),)
        return cues

    def _section(self, reading: Reading, totals: dict[str, int]) -> dict[str, tuple[Evidence, ...]]:
        """Add to *totals* the kind that the outlet's own section says.

        A section is no part of the text: where no word of the text says so too, the first sentence, mostly
        the headline, is shown as the evidence.
        """
        kind = self._sections.get(pattern(reading.article.section or ""))
        if kind is None or not reading.sentences:
            return {}
        totals[kind] = totals.get(kind, 0) + self._enough
        first = reading.sentences[0]
        return {kind: (reading.evidence(kind, first.begin, first.end),)}

    def _sums(self, reading: Reading, unsaid: Sequence[tuple[int, int]]) -> dict[str, _Sum]:
        """What speaks for each kind."""
        sums: dict[str, _Sum] = defaultdict(_Sum)
        sets: dict[str, list[_Cue]] = defaultdict(list)
        for cue in self._cues(reading, unsaid):
            if cue.tag.sort == "set":
                sets[cue.tag.owner].append(cue)
            else:
                sums[cue.tag.owner].add(cue)
        for kind, rule in self._kinds.items():
            for together in rule.get("together", ()):
                for cue in self._together(together, sets):
                    sums[kind].add(cue)
        for kind, rule in self._kinds.items():
            if (answered := rule.get("answered")) and kind in sums:
                answers = [cue for by in answered["by"] if by in sums for cue in sums[by].cues.values()]
                if _is_answered(sums[kind].cues.values(), answers, sets.get(answered["unless"], ())):
                    del sums[kind]
        return sums

    def _together(self, rule: Mapping[str, Any], sets: Mapping[str, Sequence[_Cue]]) -> Iterator[_Cue]:
        """The cues of the first of some sets, of which each must stand in one sentence, or in the article."""
        first, *others = (sets.get(name, ()) for name in rule["of"])
        if not first or not all(others):
            return
        told = [{cue.sentence for cue in cues} for cues in others]
        strength = rule["points"]
        for cue in first:
            if rule.get("within") == "article" or all(cue.sentence in sentences for sentences in told):
                points = self._points[strength][cue.position]
                yield replace(cue, tag=replace(cue.tag, strength=strength), points=points)

    def _cues(self, reading: Reading, unsaid: Sequence[tuple[int, int]]) -> Iterator[_Cue]:
        """The cues that count, each with the points of its place."""
        words, sentence_of = reading.words.said, reading.words.sentence_of
        found = list(self._book.find(Line(words, sentence_of, *_names(reading))))
        formula, recalled = _marked(found, sentence_of, words, reading, self._counted)
        begins, title = reading.words.begins, _title_end(reading.words)
        lead = self._lead_end(reading, words)
        for tag, begin, end in found:
            if tag.sort == "mark" or formula[begin] or formula[end - 1]:
                continue
            rule = self._kinds.get(tag.owner, {}) if tag.sort == "kind" else {}
            if rule.get("spoken", False) and any(
                begins[begin] < last and first <= begins[end - 1] for first, last in unsaid
            ):
                continue
            headline = begins[begin] < title
            if sentence_of[begin] in recalled and not headline and not rule.get("recalled", False):
                continue
            if not rule.get("negated", False) and self._denied(words, begin):
                continue
            not_behind = self._not_behind.get(tag.owner)
            if not_behind and _is_behind(not_behind, words, begin, 2 * self._negation_reach):
                continue
            position = "headline" if headline else "lead" if begins[begin] < lead else "rest"
            yield _Cue(tag, begin, end, sentence_of[begin], position, self._points[tag.strength][position])

    def _lead_end(self, reading: Reading, words: Sequence[str]) -> int:
        """Where the lead ends: a first paragraph that is most of the article is not all lead."""
        begins = reading.words.begins
        body = reading.words.reaches("text", 0)
        left = self._lead_words
        for at, word in enumerate(words):
            left -= begins[at] >= body and word not in (STOP, PAUSE)
            if left < 0:
                return min(reading.lead_end, begins[at])
        return reading.lead_end

    def _denied(self, words: Sequence[str], begin: int) -> bool:
        """Whether a negation stands in the few words before, in the same clause."""
        return _is_behind(self._negators, words, begin, self._negation_reach)

    def _told_apart(self, had: set[str], totals: Mapping[str, int]) -> set[str]:
        """*had* after the rules of precedence, in their order."""
        for rule in self._precedence:
            if had.issuperset(rule["when"]) and had.isdisjoint(rule.get("unless", ())):
                below = rule.get("below")
                least = rule.get("above", 0)
                had = had | {kind for kind in rule.get("add", ()) if totals.get(kind, 0) > least}
                had = had - {
                    kind for kind in rule.get("drop", ()) if below is None or totals.get(kind, 0) < below
                }
        return had


def _is_answered(cues: Iterable[_Cue], answers: Iterable[_Cue], others: Iterable[_Cue]) -> bool:
    """Whether the first strong one of *answers* is in the headline or before *cues*, and before *others*."""
    first = min((cue for cue in answers if cue.tag.strength in _STRONG), key=_begin, default=None)
    if first is None:
        return False
    before = first.position == "headline" or all(first.begin < cue.begin for cue in cues)
    return before and all(first.begin < other.begin for other in others)


def _begin(cue: _Cue) -> int:
    return cue.begin


def _is_behind(known: frozenset[str], words: Sequence[str], begin: int, reach: int) -> bool:
    """Whether one of the *known* words is among the *reach* before word *begin*, in its clause."""
    for at in range(begin - 1, max(-1, begin - 1 - reach), -1):
        if words[at] in (STOP, PAUSE):
            return False
        if words[at] in known:
            return True
    return False


def _phrases(cues: Mapping[str, str]) -> Iterator[str]:
    """The phrases of a list: script → phrases, parted by semicolons."""
    for listed in cues.values():
        for cue in listed.split(";"):
            if cue.strip():
                yield cue.strip()


def _title_end(words: Words) -> int:
    """Where, in the line, the title ends; 0 without one."""
    if not words.fields or words.fields[0][0] != "title":
        return 0
    return words.field_begins[1] if len(words.fields) > 1 else len(words.line)


def _marked(
    found: Sequence[tuple[_Tag, int, int]],
    sentence_of: Sequence[int],
    words: Sequence[str],
    reading: Reading,
    counted: Counted,
) -> tuple[bytearray, set[int]]:
    """Which words stand in closing formulas, and which sentences recall an earlier fact."""
    formula = bytearray(len(words))
    recalled: set[int] = set()
    for tag, begin, end in found:
        if tag.sort == "mark" and tag.owner == "closing":
            formula[begin:end] = b"\1" * (end - begin)
        elif tag.sort == "mark":
            recalled.add(sentence_of[begin])
    published = reading.article.published
    if published is not None:
        before = range(_FIRST_YEAR, int(published.local_date[:4]))
        for year in _YEAR.finditer(reading.words.line):
            at = bisect_left(reading.words.begins, year.start())
            if int(year[1]) in before and not counted.counts(words, at + 1):
                recalled.add(sentence_of[at])
    return formula, recalled


def _names(reading: Reading) -> tuple[dict[tuple[str, int], int], frozenset[int]]:
    """The bodies named, as :class:`Line` wants them, and where others than the institution are named.

    ``core`` is a body of the institution, ``police`` that or police by a common noun, ``other`` any other
    body, ``abroad`` one of those that is no Moroccan authority.
    """
    words = reading.words
    names: dict[tuple[str, int], int] = {}
    barriers = set()
    for hit, tied in zip(reading.hits, reading.scene.tied, strict=True):
        if hit.sense("noise") is not None:
            continue
        first = bisect_left(words.begins, hit.word)
        last = first + words.line.count(" ", hit.word, hit.end) + 1
        if hit.sense("partner", "foreign") is not None:
            names["abroad", first] = last
        if hit.sense("partner", "foreign", "adjacent") is not None or (
            hit.sense("core", "generic") and tied not in ("", OURS)
        ):
            names["other", first] = last
            barriers.add(first)
        elif hit.sense("core") is not None:
            names["core", first] = names["police", first] = last
        elif hit.sense("generic") is not None:
            names["police", first] = last
        elif hit.sense("town") is not None:
            names["town", first] = last
    return names, frozenset(barriers)


def _shown(reading: Reading, kind: str, found: _Sum | None) -> Iterator[Evidence]:
    """The cues of *kind* as evidence, the heaviest first; mere hints only where there is nothing else."""
    if found is None:
        return
    begins, line = reading.words.begins, reading.words.line
    cues = found.heaviest()
    for cue in [cue for cue in cues if cue.points > 0] or cues:
        yield reading.evidence(kind, begins[cue.begin], line.index(" ", begins[cue.end - 1]))
