"""What a denial denies, or a clarification puts right: the clause that tells the claim.

The denial is a verb (*نفت*, *dément*) or, without one, a reply (*تفاعلا مع ما نشرته …*).  The claim begins
behind the word that opens it (*بخصوص*, *selon lesquelles*, *that*), or is the verb's object.
"""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

from pipeline.annotation.matcher import Hit, Lexicon, Sense
from pipeline.annotation.reading import Reading, Sentence
from pipeline.annotation.speech import Item, Speech, span, words_between
from pipeline.annotation.words import PAUSE, STOP
from store.records import Attribution, Evidence

ANSWERS = frozenset(["denial", "clarification"])
"""The kinds of articles that answer a claim."""
_DENIALS = frozenset(["denial", "denying"])
_LABEL = "claim"
_MOST_WORDS = 60
_ASIDE_WORDS = 9
"""The longest aside between commas (نفت المديرية، في بلاغ لها، …)."""
_FEWEST_WORDS = 2
_LAST_PARAGRAPH = 1
"""Where the last sentence may stand that is taken for the claim because it says what is not so."""
_MARKS = 500
_TRIED = 12
"""A claim stands at the head of an article: only as many cues, denials and replies are looked at."""
_OPENING, _CLOSING = "«“", "»”"
_LINKS = frozenset("مدينة بمدينة ديال د de del d of la".split())
"""They may stand between a body and the town that belongs to its name."""
_NO_OBJECT = frozenset([STOP, PAUSE, "et", "y", "and", "mais", "pero", "but"])


class Claims:
    """Finds claims by the ``claims`` of ``config/voices.yml``."""

    def __init__(self, rules: Mapping[str, Any]) -> None:
        names = Lexicon()
        for kind in ("leads", "skipped", "replies", "ends", "hearsay"):
            for listed in rules[kind].values():
                for name in listed:
                    names.add(name, Sense(kind, ""), article=kind == "skipped")
        for kind in ("anaphors", "negations"):
            for name in rules[kind]:
                names.add(name, Sense(kind, ""))
        self._lexicon = names.freeze()
        self._reach: int = rules["reach_words"]

    def claim(self, reading: Reading, speech: Speech) -> Evidence | None:
        """The claim that the article answers."""
        marks = self._lexicon.find(reading.words)[:_MARKS]
        for begin, item in self._denials(reading, speech):
            if found := self._told(reading, speech, marks, begin, item):
                return found
        for kind in ("replies", "hearsay"):
            for mark in [mark for mark in marks if mark.sense(kind)][:_TRIED]:
                if found := self._replied(reading, speech, marks, mark):
                    return found
        return self._negated(reading, speech, marks)

    def _denials(self, reading: Reading, speech: Speech) -> list[tuple[int, Item]]:
        """(where its object may begin, the verb) of each denial: the institution's and the text's first."""
        ranked = []
        for one in speech.utterances:
            if one.trigger.kind in _DENIALS:
                behind = one.speaker.begin >= one.trigger.end
                begin = _name_end(reading, one.speaker) if behind else one.trigger.end
                theirs = one.label != Attribution.OFFICIAL.value
                ranked.append(((theirs, one.sentence.field == "title", begin), (begin, one.trigger)))
        heard = {item for _, (_, item) in ranked}
        for item in speech.items:
            if item.kind in _DENIALS and item not in heard:
                in_title = reading.words.field(item.begin) == "title"
                ranked.append(((True, in_title, item.end), (item.end, item)))
        ranked.sort(key=lambda pair: pair[0])
        return [told for _, told in ranked[:_TRIED]]

    def _told(
        self, reading: Reading, speech: Speech, marks: Sequence[Hit], begin: int, item: Item
    ) -> Evidence | None:
        sentence = speech.sentence_at(item.begin)
        line = reading.words.line
        for mark in marks:
            if item.end <= mark.word < sentence.end and mark.sense("leads", "hearsay"):
                if words_between(line, item.end, mark.word) <= self._reach:
                    return self._clause(reading, marks, mark.end, sentence)
                break
        begin = self._object(line, marks, begin, sentence)
        if sentence.field == "title" and _is_bare(line, item):
            begin = sentence.begin
            return _evidence(reading, begin, line.find(f" {PAUSE} ", begin, item.begin))
        if _is_bare(line, item):
            return None
        anaphor = next((mark for mark in marks if mark.sense("anaphors") and mark.end >= begin), None)
        if anaphor is not None and anaphor.word <= begin + 1:
            return None
        return self._clause(reading, marks, begin, sentence)

    def _negated(self, reading: Reading, speech: Speech, marks: Sequence[Hit]) -> Evidence | None:
        """The first sentence that says what is not so: of the first paragraphs, else the title."""
        told = [speech.sentence_at(mark.word) for mark in marks if mark.sense("negations")]
        told = [sentence for sentence in told if sentence.paragraph <= _LAST_PARAGRAPH]
        told.sort(key=lambda sentence: sentence.field == "title")
        return self._clause(reading, marks, told[0].begin, told[0]) if told else None

    def _replied(self, reading: Reading, speech: Speech, marks: Sequence[Hit], reply: Hit) -> Evidence | None:
        sentence = speech.sentence_at(reply.word)
        line = reading.words.line
        pause = line.find(f" {PAUSE} ", reply.end, sentence.end)
        end = pause if pause >= 0 else sentence.end
        lead = next((mark for mark in marks if reply.end <= mark.word < end and mark.sense("leads")), None)
        begin = self._object(line, marks, reply.end, sentence) if lead is None else lead.end
        return _evidence(reading, begin, end)

    def _object(self, line: str, marks: Sequence[Hit], begin: int, sentence: Sentence) -> int:
        """Where the object of a denial begins: behind asides, adverbs and words for what was said."""
        skipped = {mark.word: mark.end for mark in marks if mark.sense("skipped")}
        moved = True
        while moved and begin < sentence.end:
            moved = False
            begin += line.startswith(" ", begin)
            if line.startswith(f"{PAUSE} ", begin):
                begin += 2
                moved = True
                close = line.find(f" {PAUSE} ", begin, sentence.end)
                if close >= 0 and words_between(line, begin, close) < _ASIDE_WORDS:
                    begin = close + 3
            elif begin in skipped:
                begin = skipped[begin]
                moved = True
        return begin

    def _clause(
        self, reading: Reading, marks: Sequence[Hit], begin: int, sentence: Sentence
    ) -> Evidence | None:
        """The clause from *begin* to the end of its sentence, or to where the speaker goes on."""
        line, end = reading.words.line, sentence.end
        for mark in marks:
            if begin < mark.word < end and mark.sense("ends") and line.endswith(f" {PAUSE} ", 0, mark.word):
                end = mark.word
                break
        return _evidence(reading, begin, end)


def _name_end(reading: Reading, speaker: Item) -> int:
    """Where the name of *speaker* ends, with the bodies and towns that follow it (بيان لشرطة مدينة فاس)."""
    end = speaker.end
    first = bisect_left(reading.hits, speaker.end, key=lambda hit: hit.word)
    for hit in reading.hits[first : first + 4]:
        between = reading.words.line[end : hit.word].split()
        if len(between) > 1 or not _LINKS.issuperset(between):
            break
        end = hit.end
    return end


def _is_bare(line: str, item: Item) -> bool:
    """Whether a verb of denial has no object: "la DGSN dément et évoque …"."""
    following = line[item.end : item.end + 12].split(None, 1)
    return not following or following[0] in _NO_OBJECT


def _evidence(reading: Reading, begin: int, end: int) -> Evidence | None:
    found = span(reading.words.line, begin, end, _MOST_WORDS)
    if found is None or words_between(reading.words.line, *found) + 1 < _FEWEST_WORDS:
        return None
    evidence = reading.evidence(_LABEL, *found)
    text = reading.words.text(evidence.field)
    start, end = evidence.start, evidence.end
    if start and text[start - 1] in _OPENING and any(mark in text[start:end] for mark in _CLOSING):
        start -= 1  # a word of it in quotation marks: «اعتقال» موظفي شرطة
    return replace(evidence, start=start, words=text[start:end])
