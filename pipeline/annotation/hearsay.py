"""Whether an article tells what nobody answers for: a rumour, known by its own words.

A video goes round, it is said that, the conditional mood, nobody official has spoken: each such sort of words
is worth points by where it stands, once; enough of them, of two sorts at least, make an article hearsay.  Who
rests on an authority's word, or tells what the police did, is none.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from config.loader import Config
from pipeline.annotation.cue_notation import Line, Phrasebook, Unreadable
from pipeline.annotation.reading import Reading
from store.records import Attributed, Attribution, Evidence, KindLabel, Relevant

_ANSWERED_FOR = frozenset([Attribution.OFFICIAL, Attribution.OTHER_OFFICIAL, Attribution.FOREIGN_OFFICIAL])
_OF_OFFICIALS = frozenset(["communique"])
"""Kinds that an article has only by an official voice."""
_UNCONFIRMED = "unconfirmed"


class Hearsay:
    """Reads hearsay by the rules of ``config/rumours.yml``; keeps no state between articles."""

    def __init__(self, config: Config) -> None:
        rules: Mapping[str, Any] = config.data("rumours")
        self._points: Mapping[str, Mapping[str, int]] = rules["points"]
        self._enough: int = rules["enough"]
        self._never = frozenset(rules["never"])
        self._acts = frozenset(rules["acts"])
        self._enough_of_acts: int = rules["enough_of_acts"]
        self._book: Phrasebook[str] = Phrasebook(rules["words"])
        for sort, cues in rules["cues"].items():
            for cue in _phrases(cues):
                try:
                    self._book.add(cue, sort)
                except Unreadable as error:
                    raise Unreadable(f"rumours.yml: {sort}: {cue!r}: {error}") from None

    def find(
        self, reading: Reading, kinds: Sequence[KindLabel], attribution: Attributed | None
    ) -> tuple[tuple[Evidence, ...], tuple[KindLabel, ...]]:
        """(the words that make the article hearsay, one of each sort, the heaviest first; none if it is not;
        those of its *kinds* that do not rest on its saying that nobody has spoken)."""
        if reading.judgement.decision not in (Relevant.IN, Relevant.ADJACENT):
            return (), tuple(kinds)
        best: dict[str, tuple[int, Evidence]] = {}
        silent = []
        for sort, points, cue in self._cues(reading):
            if sort == _UNCONFIRMED:
                silent.append(cue)
            if sort not in best or points > best[sort][0]:
                best[sort] = points, cue
        spoken = tuple(
            one for one in kinds if not (one.cues and all(_in_one(cue, silent) for cue in one.cues))
        )
        voice = attribution if attribution and attribution.value in _ANSWERED_FOR else None
        if voice and voice.cue and _in_one(voice.cue, silent):
            voice = None
            spoken = tuple(kind for kind in spoken if kind.id not in _OF_OFFICIALS)
        total = sum(points for points, _ in best.values())
        ids = {kind.id for kind in spoken}
        enough = self._enough_of_acts if ids & self._acts else self._enough
        if voice or total < enough or ids & self._never:
            return (), spoken
        return tuple(cue for _, cue in sorted(best.values(), key=lambda pair: -pair[0])), spoken

    def _cues(self, reading: Reading) -> Iterator[tuple[str, int, Evidence]]:
        """(sort, points, words) of every cue, in order."""
        words = reading.words
        title = words.reaches("text", 0)
        found = self._book.find(Line(words.line.split(), {}))
        for sort, first, last in found:
            begin = words.begins[first]
            place = "headline" if begin < title else "lead" if begin < reading.lead_end else "rest"
            end = words.line.index(" ", words.begins[last - 1])
            yield sort, self._points[sort][place], reading.evidence(sort, begin, end)


def _in_one(cue: Evidence, silent: Sequence[Evidence]) -> bool:
    """Whether *cue* shares words with one of *silent*."""
    return any(one.field == cue.field and cue.start < one.end and one.start < cue.end for one in silent)


def _phrases(cues: Mapping[str, str]) -> Iterator[str]:
    """The phrases of a list: script → phrases, parted by semicolons."""
    for listed in cues.values():
        yield from filter(None, map(str.strip, listed.split(";")))
