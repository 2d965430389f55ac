"""Who is given the word in an article: verbs of speech and the like, each with its speaker.

What gives the word (*أفاد*, *selon*, *a-t-on appris*) is looked up together with those who may have
it: the bodies found already, and speakers that no list of bodies names (a security source, a court).  The
words stand in ``config/voices.yml``.
"""

from __future__ import annotations

import re
from bisect import bisect_left
from collections.abc import Iterable, Iterator, Mapping, Sequence, Set
from dataclasses import dataclass, replace
from typing import Any

from config.loader import Config
from pipeline.annotation.countries import OURS, Countries
from pipeline.annotation.hearsay import unsaid
from pipeline.annotation.matcher import Hit, Lexicon, Sense
from pipeline.annotation.reading import Reading, Sentence
from pipeline.annotation.words import PAUSE, STOP, pattern
from store.records import Attribution, Relevant

_STRANGER = "stranger"
ASKED = frozenset(["bystander", "relays", _STRANGER])
"""Speakers whose word an outlet gathered: no :class:`Attribution` of their own."""
GOING_ON = frozenset(["going_on", "denying"])
"""Triggers whose speaker is who spoke before in the sentence."""
_TRIGGERS = frozenset(["verb", "marker", "relay", "denial"])
_ABROAD = {
    Attribution.OFFICIAL.value: Attribution.FOREIGN_OFFICIAL.value,
    Attribution.SECURITY_SOURCE.value: Attribution.FOREIGN_OFFICIAL.value,
    Attribution.OTHER_OFFICIAL.value: Attribution.FOREIGN_OFFICIAL.value,
}
_BESIDE_WORDS = 3
"""How far behind a speaker the adjective that tells its country may stand (وزارة الداخلية الإسبانية)."""
_DOCUMENT_WORDS = 7
"""How far behind a document its author may stand (بلاغ صادر عن المديرية العامة)."""
_NEXT_WORDS = 3
"""How far behind a verb its speaker stands, in Latin letters …"""
_NEXT_WORDS_ARABIC = 5
_MARKER_WORDS = 6
_BEFORE_WORDS = 24
_BEFORE_WORDS_ARABIC = 9
"""Arabic puts the speaker behind the verb; before it stands one in a headline."""
_NO_AUTHORS = ASKED | {Attribution.OUTLET.value}
"""Whoever is named behind a document and is not its author (بلاغ توصلت الجريدة بنسخة منه)."""
_CLAUSE_ENDS = frozenset(
    ". , on in at late earlier and monday tuesday wednesday thursday friday saturday sunday".split()
)
"""What stands behind an English speaker who stands behind the verb ("…", said police on Tuesday)."""
_LOOK_BACK = 12
"""Among how many things found before in its sentence the author of a text is looked for."""
_FIRST = 60
"""Among how many of the first things found the body is that an unsigned statement is of."""
_SILENT_WORDS = 3
"""How far before what tells of silence the body stands that is silent (*la DGSN n’a pas encore …*)."""
_SIGNS = f" {STOP}{PAUSE}"
_BYSTANDER = "bystander"
_QUOTED = re.compile(r'[»”"][,،.\s\u00a0–—-]*(?:[^\W\d]+ ){0,3}$')
"""A quotation that ends, and at most the words of a subject before the verb ("…", one officer says)."""
_QUOTE_REACH = 40
_BESIDE = 40
"""Among how many characters before a body the word is that makes a place or an addressee of it."""
_MARK = re.compile("[«»“”]")
_PRONOUNS_BEHIND = frozenset("t il elle ils elles on".split())
"""Behind a verb they stand for who spoke before (*a-t-il ajouté* is printed with them inside)."""
_TO_US = (["us"], ["nous"], ["nos"], ["لنا"], ["لينا"])
_TITLE_WORDS = 9
"""How far behind a verb the office may stand of somebody called by name."""
_OUTSIDE_WORDS = 2
"""How far before a verb the auxiliary stands that puts it in the past of the past."""
_FROM = frozenset("من عن لدى de d du des from auprès aupres".split())
_PARTITIVE = frozenset("de d du des".split())
_BY = frozenset("por par by a au to with con avec ل".split())
_NO_DENIERS = frozenset([Attribution.NONE.value, "relays"])
"""Beside a denial they are who spread what is denied (نفت … ما تداولته صفحات)."""
_ARTICLES = frozenset("le la l les the el los".split())
_TO = frozenset(["a", "au", "aux", "al"])


@dataclass(frozen=True, slots=True)
class Item:
    """Something found in the line: ``line[begin:end]``."""

    begin: int
    end: int
    kind: str
    """One of the triggers, ``that``, ``sign``; ``body``, ``speaker``, ``document``, ``unnamed``, ``same``."""
    label: str
    """Of a body or speaker: whose word it gives; of a sign: what of."""

    @property
    def speaks(self) -> bool:
        return self.kind in ("body", "speaker", "document", "unnamed", "same")


@dataclass(frozen=True, slots=True)
class Utterance:
    """Somebody is given the word."""

    sentence: Sentence
    trigger: Item
    speaker: Item
    label: str
    """Whose word it is: the value of an :class:`Attribution`, or of :data:`ASKED`."""
    inherited: bool
    """Whether that was understood from what was said before ("the same source", "the statement")."""
    documented: bool
    """Whether a text of the speaker's is cited."""
    far: bool
    """Whether other words stand between the two."""
    embedded: bool = False
    """Whether it stands in what somebody else says (*a paper says that the police warned …*)."""
    recalled: bool = False
    """Whether it was said before what is told (*avait indiqué*, *كانت … قد أوضحت*)."""


@dataclass(frozen=True, slots=True)
class Speech:
    """All that is found of speech in an article."""

    items: tuple[Item, ...]
    utterances: tuple[Utterance, ...]
    sentences: tuple[Sentence, ...]
    """Those of the reading; a number like 50.000 ends none."""
    unsaid: tuple[tuple[int, int], ...] = ()
    """Stretches of the line that tell of words which nobody said, or only attribute them to somebody."""

    def sentence_at(self, index: int) -> Sentence:
        """The sentence that holds ``line[index]``; the last one for a sign behind it."""
        found = bisect_left(self.sentences, index + 1, key=lambda one: one.end)
        return self.sentences[min(found, len(self.sentences) - 1)]

    def is_silent(self, line: str, body: Item) -> bool:
        """Whether *body* is only named for words that it did not say."""
        return any(
            begin < body.end or words_between(line, body.end, begin) <= _SILENT_WORDS
            for begin, end in self.unsaid
            if body.begin < end and STOP not in line[body.end : begin]
        )

    def within(self, begin: int, end: int) -> Sequence[Item]:
        """The items that begin in ``line[begin:end]``."""
        first = bisect_left(self.items, begin, key=lambda item: item.begin)
        last = bisect_left(self.items, end, first, key=lambda item: item.begin)
        return self.items[first:last]


def words_between(line: str, begin: int, end: int) -> int:
    return line.count(" ", begin, end) if end > begin else 0


def is_arabic(line: str, begin: int) -> bool:
    """Whether the word that begins at *begin* is in Arabic letters."""
    return "\u0600" <= line[begin] <= "\u06ff"


class Listener:
    """Finds who speaks, by the words of ``config/voices.yml``."""

    def __init__(self, config: Config) -> None:
        rules: Mapping[str, Any] = config.data("voices")
        self._lexicon = _lexicon(rules)
        self._countries = Countries(config.relevance, config.homonyms)
        self._silent = frozenset(pattern(name) for name in rules["silent"])
        self._before_only = frozenset(pattern(name) for name in rules["before_only"])
        self._recalled = frozenset(pattern(word) for word in rules["recalled"])
        self._addressed = frozenset(pattern(verb) for verb in rules["addressed"])
        self._passive = frozenset(pattern(word) for word in rules["passive"])
        self._articles = frozenset(pattern(word) for word in rules["articles"])
        self._spokespersons = frozenset(pattern(name) for name in rules["spokespersons"])

    def listen(self, reading: Reading) -> Speech:
        items = self._items(reading)
        sentences = _sentences(reading)
        spoken = tuple(self._utterances(reading, sentences, items))
        silent = tuple(span for span in unsaid(reading) if not _is_told(spoken, span))
        heard = (one for one in spoken if not (_meets(one.trigger, silent) or _meets(one.speaker, silent)))
        return Speech(items, tuple(heard), sentences, silent)

    def acts(self, line: str, body: Item) -> bool:
        """Whether *body* may act: no place, vehicle or addressee (*devant le commissariat*, *أمام مقر …*)."""
        before = line[max(0, body.begin - _BESIDE) : body.begin].split()
        while before and before[-1] in self._articles:
            before.pop()
        return not before or self._passive.isdisjoint(_unjoined(before[-1]))

    # -- what is there ------------------------------------------------------------------------------------

    def _items(self, reading: Reading) -> tuple[Item, ...]:
        """Words of speech and speakers, in order; of a body and a speaker that overlap, the longer."""
        bodies = self._bodies(reading)
        begins = [body.begin for body in bodies]
        named = {body.label for body in bodies}
        dropped: set[int] = set()
        out: list[Item] = []
        for hit in self._lexicon.find(reading.words):
            sense = hit.senses[0]
            item = Item(hit.word, hit.end, sense.kind, sense.label)
            near = bisect_left(begins, item.end) - 1
            if near >= 0 and (body := bodies[near]).end > item.begin:
                unnamed = item.label == Attribution.SECURITY_SOURCE.value
                if not unnamed and body.end - body.begin >= item.end - item.begin:
                    continue
                dropped.add(near)
            if item.kind == "speaker":
                item = Item(item.begin, item.end, "speaker", self._located(reading, item, named))
            out.append(item)
        out += [body for number, body in enumerate(bodies) if number not in dropped]
        out.sort(key=lambda item: item.begin)
        return tuple(out)

    def _bodies(self, reading: Reading) -> list[Item]:
        out = []
        abroad = any(hit.sense("foreign", "partner") is not None for hit in reading.hits)
        tied_to = set(reading.scene.tied) - {""}
        at_home = reading.judgement.decision is Relevant.IN and not abroad
        at_home = at_home and (reading.scene.home == OURS or tied_to == {OURS})
        for hit, tied in zip(reading.hits, reading.scene.tied, strict=True):
            if label := self._whose(reading, hit, tied, at_home):
                out.append(Item(hit.word, hit.end, "body", label))
        return out

    def _whose(self, reading: Reading, hit: Hit, tied: str, at_home: bool) -> str:
        """Whose word the body named by *hit* gives; empty for what is no body.

        *at_home*, "police" without more is Morocco's.
        """
        if hit.sense("noise") is not None:
            return ""
        if hit.sense("foreign", "partner") is not None:
            return Attribution.FOREIGN_OFFICIAL.value
        sense = hit.sense("core", "generic", "adjacent")
        if sense is None or (sense.trust == "faint" and tied != OURS):
            return ""
        owner = self._countries.owner(sense, tied, reading.scene)
        if sense.kind == "generic" and not tied and (at_home or not owner):
            owner = OURS
        if sense.kind == "adjacent":
            if not tied and sense.trust != "ours":
                owner = _demonym_behind(reading, hit) or _country_around(reading, hit.word) or owner
            return (Attribution.OTHER_OFFICIAL if owner == OURS else Attribution.FOREIGN_OFFICIAL).value
        if owner == OURS or (not owner and reading.judgement.decision is Relevant.IN):
            return Attribution.OFFICIAL.value
        return Attribution.FOREIGN_OFFICIAL.value

    def _located(self, reading: Reading, item: Item, named: Set[str]) -> str:
        """The label of a speaker, which for an authority depends on the country beside it."""
        if item.label not in _ABROAD:
            return item.label
        country = _country_beside(reading, item)
        if not country and item.label == Attribution.OTHER_OFFICIAL.value:
            country = _country_around(reading, item.begin)
        if not country:
            ours = reading.judgement.decision in (Relevant.IN, Relevant.ADJACENT)
            if item.label == Attribution.OTHER_OFFICIAL.value:
                at_home = ours and Attribution.OTHER_OFFICIAL.value in named
                country = OURS if at_home else reading.scene.home or reading.scene.country()
            elif (
                item.label == Attribution.SECURITY_SOURCE.value
                and Attribution.FOREIGN_OFFICIAL.value in named
            ):
                country = reading.scene.home
            elif not ours:
                country = reading.scene.country()
        return item.label if country in ("", OURS) else _ABROAD[item.label]

    # -- who says it --------------------------------------------------------------------------------------

    def _utterances(
        self, reading: Reading, sentences: Sequence[Sentence], items: tuple[Item, ...]
    ) -> Iterator[Utterance]:
        last = ""
        for sentence, inside in _by_sentence(sentences, items):
            heard: set[int] = set()
            speaking: Utterance | None = None
            embedded = False
            for number, item in enumerate(inside):
                embedded = embedded or (item.kind == "that" and speaking is not None)
                if item.kind in GOING_ON:
                    if speaking is not None:
                        yield replace(speaking, trigger=item, inherited=True)
                    continue
                found = None if number in heard else self._found(reading, sentence, inside, number)
                if found is None:
                    stranger = _stranger(reading, sentence, item)
                    if item.kind == "verb" and number not in heard and _quoted(reading, inside, number, last):
                        stranger = item
                    if stranger is not None:
                        yield Utterance(sentence, item, stranger, _STRANGER, False, False, False)
                    continue
                heard.add(found)
                label, documented = self._label(reading.words.line, inside, found)
                inherited = not label
                label = label or last or _understood(reading, items, item.begin)
                if label and not (item.kind == "denial" and label in _NO_DENIERS):
                    said = _utterance(reading, sentence, item, inside[found], label, inherited, documented)
                    other = speaking is not None and speaking.label != label
                    speaking = replace(
                        said,
                        embedded=embedded and other and item.kind in ("verb", "denial"),
                        recalled=self._is_recalled(reading.words.line, sentence, item),
                    )
                    yield speaking
                    last = label

    def _found(self, reading: Reading, sentence: Sentence, inside: Sequence[Item], number: int) -> int | None:
        """Where in *inside* the speaker stands to whom ``inside[number]`` gives the word, if it does."""
        item, line = inside[number], reading.words.line
        if item.kind in ("verb", "document") and self._is_silent(line, item):
            return None
        if item.kind in _TRIGGERS:
            found = self._speaker(reading, inside, number)
            return None if found is not None and _in_quotation(reading, inside[found], item) else found
        if item.kind == "document":
            return number if _signed(line, inside, number) else None
        titled = sentence.field == "title" and item.kind in ("body", "speaker")
        return number if titled and _titled(reading, item) else None

    def _is_silent(self, line: str, item: Item) -> bool:
        """Whether *item* is negated."""
        before = line[max(0, item.begin - 40) : item.begin].rsplit(None, 1)[-1:]
        return bool(before) and (before[-1] in self._silent)

    def _is_recalled(self, line: str, sentence: Sentence, item: Item) -> bool:
        """Whether *item* is in the past of the past."""
        near = line[sentence.begin : item.begin].split()[-_OUTSIDE_WORDS:]
        return not self._recalled.isdisjoint(near)

    def _speaker(self, reading: Reading, inside: Sequence[Item], number: int) -> int | None:
        """Where in *inside* the speaker of the trigger ``inside[number]`` stands."""
        line, trigger = reading.words.line, inside[number]
        if trigger.kind in ("marker", "relay"):
            return _behind(line, inside, number, _MARKER_WORDS)
        if is_arabic(line, trigger.begin):
            verb = _unjoined(line[trigger.begin : trigger.end])
            if reading.article.language == "ary":
                found = self._before(line, inside, number, _NEXT_WORDS_ARABIC)
                if found is not None:
                    return found
            found = None
            if self._before_only.isdisjoint(verb):
                reach = _NEXT_WORDS_ARABIC if self._addressed.isdisjoint(verb) else 1
                found = _behind(line, inside, number, reach)
            return self._before(line, inside, number, _BEFORE_WORDS_ARABIC) if found is None else found
        if reading.article.language == "en":  # "witnesses said police closed the street"
            found = self._before(line, inside, number, _BEFORE_WORDS)
            if found is not None and PAUSE not in line[inside[found].end : trigger.begin]:
                return found
        found = None
        if line[trigger.begin : trigger.end] not in self._before_only:
            found = _behind(line, inside, number, _NEXT_WORDS)
            if found is not None and _no_subject(reading, trigger, inside[found]):
                found = None
        return self._before(line, inside, number, _BEFORE_WORDS) if found is None else found

    def _before(self, line: str, inside: Sequence[Item], number: int, reach: int) -> int | None:
        """The last speaker at most *reach* words before the trigger ``inside[number]``."""
        for found in range(number - 1, -1, -1):
            item = inside[found]
            if words_between(line, item.end, inside[number].begin) > reach:
                return None
            if not item.speaks or (item.kind == "body" and not self.acts(line, item)):
                continue  # nobody: "في مقر الشرطة القضائية, وأضاف"
            gap = line[item.end : inside[number].begin]
            if item.label == _BYSTANDER and (gap.count(" ") > _NEXT_WORDS_ARABIC or PAUSE in gap):
                continue  # no subject: a suspect, a victim of whom is told
            if item.label == Attribution.OUTLET.value and _last_word(line, item.begin) in _BY:
                continue  # fuentes consultadas por este diario
            if found and item.kind in ("body", "speaker"):
                head = inside[found - 1]
                unnamed = head.kind == "unnamed" or head.label == Attribution.SECURITY_SOURCE.value
                if unnamed and words_between(line, head.end, item.begin) <= _NEXT_WORDS_ARABIC:
                    return found - 1  # a source of that body's
            return found
        return None

    def _label(self, line: str, inside: Sequence[Item], found: int) -> tuple[str, bool]:
        """(whose word a speaker gives, whether as a text); no label where only what was said before tells."""
        speaker = inside[found]
        if speaker.kind in ("body", "speaker"):
            following = inside[found + 1] if found + 1 < len(inside) else None
            documented = following is not None and following.kind == "document"
            return speaker.label, documented
        if speaker.kind == "same":
            return "", False
        owner = _owner(line, inside, found)
        named = line[speaker.begin : speaker.end] in self._spokespersons
        if owner is None and named:  # "le gouvernement …, a annoncé son porte-parole"
            near = inside[max(0, found - _LOOK_BACK) : found]
            owner = next((one for one in near if one.kind in ("body", "speaker")), None)
        if speaker.kind == "document":
            if owner is None:
                near = inside[max(0, found - _LOOK_BACK) : found]
                owner = next((one for one in reversed(near) if one.kind in ("body", "speaker")), None)
            return (owner.label if owner else ""), True
        if owner is None:
            return Attribution.OUTLET.value, False
        if owner.label == Attribution.OFFICIAL.value and not named:
            return Attribution.SECURITY_SOURCE.value, False
        return owner.label, False


def _lexicon(rules: Mapping[str, Any]) -> Lexicon:
    names = Lexicon()

    def add(by_language: Mapping[str, Sequence[str]], sense: Sense, *, article: bool = False) -> None:
        for listed in by_language.values():
            for name in listed:
                names.add(name, sense, article=article)

    for kind in ("relay", "denial", "marker", "verb", "going_on", "denying"):
        add(rules["triggers"][kind], Sense(kind, kind))
    add(rules["that"], Sense("that", ""))
    add(rules["documents"], Sense("document", ""), article=True)
    add(rules["same"], Sense("same", ""))
    for label, by_language in rules["speakers"].items():
        add(by_language, Sense("speaker", label), article=True)
    add(rules["unnamed"], Sense("unnamed", ""), article=True)
    for label, by_language in rules["signs"].items():
        add(by_language, Sense("sign", label))
    return names.freeze()


def _meets(item: Item, spans: Iterable[tuple[int, int]]) -> bool:
    return any(item.begin < end and begin < item.end for begin, end in spans)


def _is_told(spoken: Iterable[Utterance], span: tuple[int, int]) -> bool:
    """Whether the institution says itself that it said nothing: «أكدت المديرية أنها لم تصدر أي بلاغ»."""
    begin, _ = span
    return any(
        one.sentence.begin <= begin < one.sentence.end
        and max(one.trigger.end, one.speaker.end) <= begin
        and one.label == Attribution.OFFICIAL.value
        for one in spoken
    )


def _sentences(reading: Reading) -> tuple[Sentence, ...]:
    """The sentences, those joined that a point inside a number parts (50.000)."""
    line = reading.words.line
    out: list[Sentence] = []
    for one in reading.sentences:
        last = out[-1] if out else None
        if (
            last is not None
            and line[one.begin].isdigit()
            and line[last.end - 2].isdigit()
            and (one.field, one.paragraph) == (last.field, last.paragraph)
            and reading.words.where(one.begin, one.begin + 1)[1]
            - reading.words.where(last.begin, last.end)[2]
            == 1
        ):
            out[-1] = replace(last, end=one.end)
        else:
            out.append(one)
    return tuple(out)


def _by_sentence(
    sentences: Sequence[Sentence], items: Sequence[Item]
) -> Iterator[tuple[Sentence, list[Item]]]:
    """Each sentence that holds something, with what it holds."""
    number = 0
    for sentence in sentences:
        inside = []
        while number < len(items) and items[number].begin < sentence.end:
            inside.append(items[number])
            number += 1
        if inside:
            yield sentence, inside


def _behind(line: str, inside: Sequence[Item], number: int, reach: int) -> int | None:
    """The first speaker at most *reach* words behind the trigger ``inside[number]``."""
    trigger = inside[number]
    marker = trigger.kind in ("marker", "relay")
    for found in range(number + 1, len(inside)):
        item = inside[found]
        gap = line[trigger.end : item.begin]
        if gap.count(" ") > reach:
            return None
        if item.kind == "sign" or (marker and item.kind == "verb"):  # "selon ce qu'a indiqué …"
            continue
        if not item.speaks:
            return None
        if is_arabic(line, item.begin):
            if item.label == Attribution.OUTLET.value and not marker and line.startswith("ل", item.begin):
                continue  # قال للجريدة: who is told
        elif not marker and PAUSE in gap:
            return None
        if marker and PAUSE in gap and gap.split()[-1] not in _FROM:
            return None  # "d'après Le Monde, la DGST …"
        if item.label == _BYSTANDER and gap.count(" ") > _BESIDE_WORDS:
            return None
        return _relayed(line, inside, found)
    return None


def _relayed(line: str, inside: Sequence[Item], found: int) -> int:
    """Of an outlet that learned it from somebody, that somebody: علمت الجريدة من مصدر أمني."""
    if inside[found].label == Attribution.OUTLET.value and found + 1 < len(inside):
        following = inside[found + 1]
        gap = line[inside[found].end : following.begin].split()
        near = 0 < len(gap) <= _NEXT_WORDS_ARABIC and (PAUSE not in gap or gap[-1] not in _PARTITIVE)
        if following.speaks and near and gap[-1] in _FROM:
            return found + 1
    return found


def _stranger(reading: Reading, sentence: Sentence, trigger: Item) -> Item | None:
    """Somebody whom no list knows, behind "according to", told by a capital or quotation marks: a paper."""
    line = reading.words.line
    begin = trigger.end + 1
    if trigger.kind not in ("marker", "relay") or begin >= sentence.end:
        return None
    end = line.index(" ", begin)
    while end < sentence.end and line[begin:end] in _ARTICLES:
        begin, end = end + 1, line.index(" ", end + 1)
    if begin >= sentence.end or line[begin] in _SIGNS:
        return None
    field, start, _, printed = reading.words.where(begin, end)
    quoted = start > 0 and reading.words.text(field)[start - 1] in '«“"'
    return Item(begin, end, "speaker", _STRANGER) if quoted or printed[:1].isupper() else None


def _in_quotation(reading: Reading, item: Item, trigger: Item) -> bool:
    """Whether *item* is only spoken of in the quotation that *trigger* ends: «La police est là», dit-elle."""
    if item.begin > trigger.begin:
        return False
    field, start, _, _ = reading.words.where(item.begin, item.end)
    behind, end, _, _ = reading.words.where(trigger.begin, trigger.end)
    mark = _MARK.search(reading.words.text(field), start, end) if field == behind else None
    return mark is not None and mark[0] in "»”"


def _quoted(reading: Reading, inside: Sequence[Item], number: int, last: str) -> bool:
    """Whether the verb ``inside[number]`` gives the word to somebody whom no list knows.

    It closes a quotation («…», يقول الضابط) whose speaker is not who spoke before, or tells that he spoke to
    the outlet (وقال أحد المرتفقين للجريدة; *nous confie*).
    """
    line, verb = reading.words.line, inside[number]
    near = [item for item in inside[number + 1 : number + 4] if item.speaks]
    if (
        line[verb.end : verb.end + 12].split(None, 1)[:1] in _TO_US
        or [_last_word(line, verb.begin)] in _TO_US
    ):
        return True
    if any(
        item.label == Attribution.OUTLET.value
        and line.startswith("ل", item.begin)
        and words_between(line, verb.end, item.begin) <= _NEXT_WORDS_ARABIC
        for item in near
    ):
        return True
    field, start, _, _ = reading.words.where(verb.begin, verb.end)
    if not _QUOTED.search(reading.words.text(field)[max(0, start - _QUOTE_REACH) : start]):
        return False
    if any(
        item.label not in ASKED and words_between(line, verb.end, item.begin) <= _TITLE_WORDS for item in near
    ):
        return False  # …», a dit Untel, directeur du BCIJ
    following = line[verb.end : verb.end + 12].split(None, 1)
    bare = not following or following[0] in (STOP, PAUSE) or following[0] in _PRONOUNS_BEHIND
    return not (bare and last)


def _unjoined(word: str) -> tuple[str, ...]:
    """An Arabic word as it is and without و or ف joined to its head."""
    return (word, word[1:]) if word[0] in "وف" else (word,)


def _last_word(line: str, begin: int) -> str:
    """The word before ``line[begin]``."""
    return line[line.rfind(" ", 0, max(begin - 1, 0)) + 1 : begin].rstrip()


def _no_subject(reading: Reading, trigger: Item, item: Item) -> bool:
    """Whether *item*, behind the verb *trigger*, does not speak: "a dit à la presse"; "said police did"."""
    line = reading.words.line
    if reading.article.language == "en":
        following = line[item.end : item.end + 20].split(None, 1)
        return bool(following) and following[0] not in _CLAUSE_ENDS
    gap = line[trigger.end : item.begin].split()
    return bool(gap) and gap[0] in _TO


def _owner(line: str, inside: Sequence[Item], found: int) -> Item | None:
    """The body or speaker behind a document or an unnamed source: its author, or where it sits."""
    begin = inside[found].end
    for item in inside[found + 1 :]:
        gap = line[begin : item.begin]
        if item.kind in ("that", "verb") or gap.count(" ") > _DOCUMENT_WORDS or PAUSE in gap:
            return None
        if item.kind == "body" or (item.kind == "speaker" and item.label not in _NO_AUTHORS):
            return item
    return None


def _signed(line: str, inside: Sequence[Item], number: int) -> bool:
    """Whether the document ``inside[number]`` is that of somebody named behind it, or before it."""
    return _owner(line, inside, number) is not None or any(
        item.kind == "body" for item in inside[max(0, number - _LOOK_BACK) : number]
    )


def _titled(reading: Reading, item: Item) -> bool:
    """Whether a title gives *item* the word by a colon or in brackets: «DGSN: …», «… (ولاية أمن)»."""
    line = reading.words.line
    if not line.startswith(PAUSE, item.end + 1):
        return False
    _, start, end, _ = reading.words.where(item.begin, item.end)
    title = reading.article.title
    return title[end:].lstrip()[:1] == ":" or title[:start].rstrip()[-1:] == "("


def _understood(reading: Reading, items: Sequence[Item], begin: int) -> str:
    """Whose word an unsigned statement gives where nobody spoke before: the body's named first."""
    for item in items[:_FIRST]:
        if item.begin >= begin:
            break
        if item.kind == "body":
            return item.label
    if reading.judgement.decision is Relevant.IN:
        return Attribution.OFFICIAL.value
    return ""


def _utterance(
    reading: Reading,
    sentence: Sentence,
    trigger: Item,
    speaker: Item,
    label: str,
    inherited: bool,
    documented: bool,
) -> Utterance:
    first, second = sorted((trigger, speaker), key=lambda item: item.begin)
    far = words_between(reading.words.line, first.end, second.begin) > 6
    return Utterance(sentence, trigger, speaker, label, inherited, documented, far)


def _country_beside(reading: Reading, item: Item) -> str:
    """The country of the adjective or place right behind *item*, or (as in English) right before it."""
    hits, line = reading.hits, reading.words.line
    number = bisect_left(hits, item.begin, key=lambda hit: hit.word)
    for hit in hits[number : number + 4]:
        if words_between(line, item.end, hit.word) > _BESIDE_WORDS:
            break
        if hit.word >= item.begin and (country := _place(hit)):
            return country
    if number and not is_arabic(line, item.begin):
        before = hits[number - 1]
        if words_between(line, before.end, item.begin) <= 2:
            return _place(before)
    return ""


def _country_around(reading: Reading, begin: int) -> str:
    """The country abroad of which all towns and countries in the sentence around *begin* are."""
    number = bisect_left(reading.sentences, begin + 1, key=lambda one: one.end)
    if number == len(reading.sentences):
        return ""
    countries = {_place(hit) for hit in reading.hits_in(reading.sentences[number])} - {""}
    bodies = any(hit.sense("core") is not None for hit in reading.hits_in(reading.sentences[number]))
    return countries.pop() if len(countries) == 1 and OURS not in countries and not bodies else ""


def _demonym_behind(reading: Reading, hit: Hit) -> str:
    """The country of an adjective one word behind a body at most: النيابة العامة الفيدرالية البلجيكية."""
    number = bisect_left(reading.hits, hit.end, key=lambda other: other.word)
    if number < len(reading.hits):
        behind = reading.hits[number]
        if behind.sense("town") is None and words_between(reading.words.line, hit.end, behind.word) <= 2:
            sense = behind.sense("cue")
            return sense.country if sense is not None else ""
    return ""


def _place(hit: Hit) -> str:
    sense = hit.sense("town", "cue", "foreign")
    return sense.country if sense is not None else ""


def span(line: str, begin: int, end: int, most: int) -> tuple[int, int] | None:
    """``line[begin:end]`` without signs around it, at most *most* words; ``None`` if no word is left."""
    while begin < end and line[begin] in _SIGNS:
        begin += 1
    words = 0
    last = begin
    while last < end and words < most:
        last = line.find(" ", last, end) + 1 or end + 1
        words += 1
    last = min(last, end)
    while last > begin and line[last - 1] in _SIGNS:
        last -= 1
    return (begin, last) if last > begin else None
