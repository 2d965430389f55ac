"""What an article quotes: word for word between quotation marks, or told in other words.

A quotation has a verb or a phrase that gives somebody the word (:mod:`pipeline.annotation.speech`).  What
stands between quotation marks without one is a name, a slogan or irony.
"""

from __future__ import annotations

import re
from bisect import bisect_left
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import islice

from pipeline.annotation.reading import Reading, Sentence
from pipeline.annotation.speech import GOING_ON, Item, Speech, Utterance, is_arabic, span, words_between
from pipeline.annotation.words import PAUSE, STOP
from store.records import Quotation

MOST = 20
"""How many quotations of an article are kept."""
_QUOTED = re.compile(r"«([^«»\n]{2,1500})»|“([^“”\n]{2,1500})”|„([^„“”\n]{2,1500})[“”]|\"([^\"\n]{2,1500})\"")
_TRIGGERS = ("verb", "denial", "marker", *GOING_ON)
_DENIALS = frozenset(["denial", "denying"])
_FEWEST_WORDS = 3
"""Shorter ones are names and single words that the writer will not make his own."""
_NEAR_WORDS = 14
"""How far from the quotation its verb may stand."""
_SPEAKER_WORDS = 9
_REACH = 240
"""How many characters of a sentence are looked at for a speaker or the clause that is told."""
_OPENING = 12
"""At most as many before it open a sentence: «Mardi, selon la DGSN, …»."""
_MOST_MARKED = 400
_THAT_WORDS = 14
_CLAUSE_WORDS = 90
_PRONOUNS = frozenset(
    "il elle ils elles on je nous qui he she they it we i who which el ella ellos ellas que quien "
    "هو هي هم وهو وهي لكنه لكنها لكنهم".split()
)
_DETERMINERS = frozenset(
    "un une le la l les des ce cet cette son sa ses plusieurs certains el los las una unos unas "
    "su sus varios "
    "the a an one his her their several some "
    "شي واحد وحدة هاد".split()
)
_AUXILIARIES = frozenset("a ont avait ha han habia had has have قد وقد لقد".split())
"""They stand between a name and its verb."""
_TRIMMED = " ,;:،.\u00a0\u202f"


@dataclass(frozen=True, slots=True)
class _Marked:
    """Words between quotation marks: ``line[begin:end]``, ``text[start:stop]`` of *field*."""

    begin: int
    end: int
    field: str
    start: int
    stop: int
    words: str


def quotations(reading: Reading, speech: Speech) -> tuple[Quotation, ...]:
    """The quotations of an article, in order, at most :data:`MOST`."""
    spoken = {  # a verb that stands for somebody whom no list knows has no speaker to show
        one.trigger: one
        for one in speech.utterances
        if one.trigger.kind in _TRIGGERS and one.speaker is not one.trigger
    }
    triggers = [item for item in speech.items if item.kind in _TRIGGERS]
    marked = list(islice(_marked(reading), _MOST_MARKED))
    found: list[tuple[int, Quotation]] = []
    used: list[_Marked] = []
    givers = [item for item in triggers if item.kind not in _DENIALS]  # what is denied, nobody said
    for one in marked:
        if (trigger := _trigger_of(reading, speech, givers, one, marked)) is not None:
            utterance = spoken.get(trigger)
            if utterance is not None and one.begin <= utterance.speaker.begin < one.end:
                utterance = None  # spoken of, not speaking
            speaker = _speaker(reading, speech, trigger, utterance, one)
            verb = reading.words.as_printed(trigger.begin, trigger.end)
            quoted = Quotation(speaker, verb, one.words, True, one.field, one.start, one.stop)
            found.append((one.begin, quoted))
            used.append(one)
            if len(found) >= MOST:
                break
    if len(found) < MOST:
        found += islice(_paraphrases(reading, speech, triggers, spoken, used), MOST)
    found.sort(key=lambda pair: pair[0])
    return tuple(quoted for _, quoted in found[:MOST])


def _marked(reading: Reading) -> Iterator[_Marked]:
    words = reading.words
    for number, (field, text) in enumerate(words.fields):
        for match in _QUOTED.finditer(text):
            group = match.lastindex or 1
            printed = match[group]
            quoted = printed.strip(_TRIMMED)
            if quoted.count(" ") + 1 < _FEWEST_WORDS:
                continue
            start = match.start(group) + len(printed) - len(printed.lstrip(_TRIMMED))
            begin = words.reaches(field, start)
            end = words.reaches(field, match.end(group))
            if words.field_begins[number] <= begin < end:
                yield _Marked(begin, end, field, start, start + len(quoted), quoted)


def _trigger_of(
    reading: Reading, speech: Speech, triggers: Sequence[Item], one: _Marked, marked: Sequence[_Marked]
) -> Item | None:
    """What gives the word to *one*: the nearest before it in its sentence, or right behind it."""
    line = reading.words.line
    first = speech.sentence_at(one.begin)
    at = bisect_left(triggers, one.begin, key=lambda item: item.begin)
    best: tuple[int, Item] | None = None
    for item in reversed(triggers[:at]):
        distance = words_between(line, item.end, one.begin)
        if item.begin < first.begin or distance > _NEAR_WORDS:
            break
        if not any(other.begin <= item.begin < other.end for other in marked):
            best = (distance, item)
            break
    behind = bisect_left(triggers, one.end, key=lambda item: item.begin)
    for item in triggers[behind : behind + 1]:
        distance = words_between(line, one.end, item.begin)
        near = distance < (_NEAR_WORDS if best is None else best[0])
        same = speech.sentence_at(item.begin).paragraph == first.paragraph
        if (
            near
            and same
            and f" {STOP} " not in line[one.end - 1 : item.begin]
            and not _opens(line, speech, item)
        ):
            best = (distance, item)
    return None if best is None else best[1]


def _opens(line: str, speech: Speech, trigger: Item) -> bool:
    """Whether *trigger* has a clause of its own behind it: "… says that"."""
    behind = speech.within(trigger.end, trigger.end + 120)
    that = next((item for item in behind if item.kind == "that" or item.kind in _TRIGGERS), None)
    return that is not None and that.kind == "that" and words_between(line, trigger.end, that.begin) <= 6


def _speaker(
    reading: Reading, speech: Speech, trigger: Item, utterance: Utterance | None, one: _Marked | None
) -> str:
    """The speaker as printed; empty where the sentence names nobody."""
    line = reading.words.line
    sentence = speech.sentence_at(trigger.begin)
    if utterance is not None and utterance.speaker.begin < trigger.begin:
        speaker = utterance.speaker
        gap = line[speaker.end : trigger.begin]
        end = trigger.begin if PAUSE not in gap and gap.count(" ") <= 4 else speaker.end
        return _printed(reading, speaker.begin, end)
    if trigger.kind in GOING_ON:
        return "" if utterance is None else _printed(reading, utterance.speaker.begin, utterance.speaker.end)
    start = trigger.end
    if trigger.kind == "marker" and utterance is not None:
        start = utterance.speaker.begin
    end = min(sentence.end, start + _REACH)
    if (pause := line.find(f" {PAUSE} ", start - 1, end)) >= 0:
        end = pause
    if one is not None and start <= one.begin < end:
        end = one.begin
    ending = ("that",) if trigger.kind == "marker" else ("that", "verb")
    that = next((item for item in speech.within(start, end) if item.kind in ending), None)
    if that is not None:
        end = that.begin
    if words_between(line, start, end) > _SPEAKER_WORDS:
        if utterance is None:
            return ""
        return _printed(reading, utterance.speaker.begin, utterance.speaker.end)
    if end > start + 1 and (utterance is not None or _is_name(reading, speech, start)):
        return _printed(reading, start, end)
    return "" if utterance is not None else _named_before(reading, trigger, sentence)


def _is_name(reading: Reading, speech: Speech, begin: int) -> bool:
    """Whether the words behind a verb may be somebody whom no list knows: he has an article or a capital."""
    line = reading.words.line
    begin += line.startswith(" ", begin)
    end = line.find(" ", begin)
    if end < 0 or line[begin:end] in _DETERMINERS:
        return end >= 0
    following = next(iter(speech.within(begin, end)), None)
    if following is not None:
        return following.kind not in GOING_ON
    return is_arabic(line, begin) or reading.words.as_printed(begin, end)[:1].isupper()


def _named_before(reading: Reading, trigger: Item, sentence: Sentence) -> str:
    """The words right before a verb whose speaker no list knows: "Hassan B. a déclaré"."""
    line = reading.words.line
    first = max(sentence.begin, trigger.begin - _REACH)
    begin = max(first, line.rfind(f" {PAUSE} ", first, trigger.begin) + 3)
    before = line[begin : trigger.begin].split()
    if not before or len(before) > 5 or not _PRONOUNS.isdisjoint(before):
        return ""
    return _printed(reading, begin, trigger.begin)


def _paraphrases(
    reading: Reading,
    speech: Speech,
    triggers: Sequence[Item],
    spoken: dict[Item, Utterance],
    used: Sequence[_Marked],
) -> Iterator[tuple[int, Quotation]]:
    """What is told in other words: "X says that …", "according to X, …"."""
    behind = 0
    for trigger in triggers:
        if trigger.begin < behind or any(one.begin <= trigger.begin < one.end for one in used):
            continue
        sentence = speech.sentence_at(trigger.begin)
        utterance = spoken.get(trigger)
        told = _told(reading, speech, trigger, utterance, sentence)
        if told is None or any(one.begin < told[1] and told[0] < one.end for one in used):
            continue
        behind = told[1] if told[0] > trigger.begin else behind
        field, start, end, printed = reading.words.where(*told)
        speaker = _speaker(reading, speech, trigger, utterance, None)
        verb = reading.words.as_printed(trigger.begin, trigger.end)
        yield told[0], Quotation(speaker, verb, printed, False, field, start, end)


def _told(
    reading: Reading, speech: Speech, trigger: Item, utterance: Utterance | None, sentence: Sentence
) -> tuple[int, int] | None:
    line = reading.words.line
    if trigger.kind == "marker":
        if utterance is None:
            return None
        behind = utterance.speaker.end
        that = next(iter(speech.within(behind, min(sentence.end, behind + _REACH))), None)
        if that is not None and that.kind == "that":
            return span(line, that.end, sentence.end, _CLAUSE_WORDS)
        pause = line.find(f" {PAUSE} ", utterance.speaker.end - 1, sentence.end)
        if pause >= 0 and trigger.begin - sentence.begin <= _OPENING:
            return span(line, pause + 3, sentence.end, _CLAUSE_WORDS)
        return span(line, sentence.begin, trigger.begin, _CLAUSE_WORDS)
    for item in speech.within(trigger.end, min(sentence.end, trigger.end + _REACH)):
        if words_between(line, trigger.end, item.begin) > _THAT_WORDS or item.kind in _TRIGGERS:
            return None
        if item.kind == "that":
            return span(line, item.end, sentence.end, _CLAUSE_WORDS)
    return None


def _printed(reading: Reading, begin: int, end: int) -> str:
    """A speaker's name; empty for a pronoun."""
    line = reading.words.line
    said = line[begin:end].split()
    while said and said[-1] in _AUXILIARIES:
        end = line.rfind(f" {said.pop()}", begin, end)
    found = span(line, begin, end, _SPEAKER_WORDS * 2)
    if found is None or line[found[0] : found[1]] in _PRONOUNS:
        return ""
    return reading.words.as_printed(*found)
