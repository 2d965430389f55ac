"""Whether an article tells what nobody answers for: a rumour, known by its own words.

A video goes round, it is said that, the conditional mood, nobody official has spoken: each such sort of words
is worth points by where it stands, once; enough of them, of two sorts at least, make an article hearsay.  Who
rests on an authority's word, or tells what the police did, is none.

The same words tell what the institution did not say: where it is silent (*لم يصدر أي توضيح*), and where
others attribute something to it (*منسوبة إلى …*).
"""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from config.loader import Config
from pipeline.annotation.cue_notation import Line, Phrasebook, Unreadable
from pipeline.annotation.reading import SILENT, Heard, Reading
from pipeline.annotation.words import PAUSE, STOP
from store.records import Attributed, Attribution, Evidence, KindLabel, Relevant

_ANSWERED_FOR = frozenset([Attribution.OFFICIAL, Attribution.OTHER_OFFICIAL, Attribution.FOREIGN_OFFICIAL])
_ATTRIBUTED = "attributed"
_OURS = ("core", "generic")
_BODY_WORDS = 5
"""How far behind words that attribute something the body stands to which they do."""


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

    def hear(self, reading: Reading) -> tuple[Heard, ...]:
        """All the words of hearsay in the article, in order; none unless it is about security."""
        if reading.judgement.decision not in (Relevant.IN, Relevant.ADJACENT):
            return ()
        words = reading.words
        title = words.reaches("text", 0)
        heard = []
        for sort, first, last in self._book.find(Line(words.said, words.sentence_of, {})):
            begin = words.begins[first]
            place = "headline" if begin < title else "lead" if begin < reading.lead_end else "rest"
            heard.append(Heard(sort, begin, words.line.index(" ", words.begins[last - 1]), place))
        return tuple(heard)

    def find(
        self, reading: Reading, kinds: Sequence[KindLabel], attribution: Attributed | None
    ) -> tuple[Evidence, ...]:
        """The words that make the article hearsay, one of each sort, heaviest first; none if it is not."""
        best: dict[str, tuple[int, Heard]] = {}
        for cue in reading.heard:
            points = self._points[cue.sort][cue.place]
            if cue.sort not in best or points > best[cue.sort][0]:
                best[cue.sort] = points, cue
        ids = {kind.id for kind in kinds}
        enough = self._enough_of_acts if ids & self._acts else self._enough
        answered = attribution is not None and attribution.value in _ANSWERED_FOR
        if answered or ids & self._never or sum(points for points, _ in best.values()) < enough:
            return ()
        heaviest = sorted(best.values(), key=lambda pair: -pair[0])
        return tuple(reading.evidence(cue.sort, cue.begin, cue.end) for _, cue in heaviest)


def unsaid(reading: Reading) -> tuple[tuple[int, int], ...]:
    """The stretches of the line that tell of words which the institution did not say.

    They reach to the name of it behind them; those that attribute something, and must have one, from the word
    before, which is what is attributed.
    """
    line = reading.words.line
    found = []
    for cue in reading.heard:
        if cue.sort == SILENT:
            found.append((cue.begin, _name_end(reading, cue)))
        elif cue.sort == _ATTRIBUTED and (end := _name_end(reading, cue)) > cue.end:
            found.append((line.rfind(" ", 0, max(cue.begin - 1, 0)) + 1, end))
    return tuple(found)


def _name_end(reading: Reading, cue: Heard) -> int:
    """Where the institution's name ends a few words behind *cue*, in its clause; else the end of *cue*."""
    line, hits = reading.words.line, reading.hits
    for hit in hits[bisect_left(hits, cue.begin, key=lambda hit: hit.word) :]:
        between = line[cue.end : hit.word].split()
        if len(between) > _BODY_WORDS or STOP in between or PAUSE in between:
            break
        if hit.end > cue.end and hit.sense(*_OURS) is not None:
            return hit.end
    return cue.end


def _phrases(cues: Mapping[str, str]) -> Iterator[str]:
    """The phrases of a list: script → phrases, parted by semicolons."""
    for listed in cues.values():
        yield from filter(None, map(str.strip, listed.split(";")))
