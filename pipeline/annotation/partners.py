"""The bodies that sign, organise or operate together with the institution (``config/partners.yml``).

Three things make a partner: a body is named, its sentence (or the title) says "together", and nothing makes
it a mere source, guest or subject.  Bodies with an id come from ``config/institutions``; others are known by
the word their name begins with (وزارة …, université …) or as a service beside a country's adjective (police
belge).
"""

from __future__ import annotations

import re
from bisect import bisect_left
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import islice
from typing import Any

from config.loader import Config
from pipeline.annotation.matcher import Hit, Lexicon, Sense
from pipeline.annotation.phrases import Phrases, Spans, after, bare, before, stem, stems
from pipeline.annotation.reading import Reading, Sentence
from pipeline.annotation.words import PAUSE, STOP, pattern
from store.records import Partner, Relevant

_LONGEST = 9
"""How many words the name of a body has at most."""
_FAR = 120
"""Farther apart than so many characters nothing stands beside another."""
_LINK_WORDS = 3
"""How many words may stand between a service and its country."""
_MOST = 12
"""How many partners an article has at most; a text with more is a list of bodies."""
_OURS = ("core", "generic")
_VERB_ENDINGS = ("ent", "ed", "aron", "ieron")
_NOUN_ENDINGS = ("ment", "dent", "gent", "cent", "ient")
_NO_VERBS = frozenset(("united", "limited", "permanent", "orient", "occident"))
_SHORT = 4
_ROOT = 5
"""So many letters of a word tell bodies apart: its ending does not."""
_OFFICES = {"وزير": "وزاره", "وزيره": "وزاره", "سفير": "سفاره", "سفيره": "سفاره"}
_SHORT_NAME = 8
"""How many letters an abbreviation has at most."""
_ARABIC_ARTICLES = ("al", "el")
"""With a capital letter, the beginning of a name: association Al Amal."""
_APOSTROPHE = re.compile("['’]")


@dataclass(frozen=True, slots=True)
class _Body:
    """A body named: ``line[begin:end]``."""

    begin: int
    end: int
    id: str = ""
    country: str = "MA"
    general: bool = False
    """Only "the authorities" of its country."""
    acts: bool = False
    """The words beside it say that it takes part."""
    joined: str = ""
    """What is written joined to its first word."""
    headed: bool = False
    """Known only by the word its name begins with."""
    short: bool = False
    """Its abbreviation ends it, in brackets."""


class Partners:
    """Decides by the rules of ``config/partners.yml``; keeps no state between articles."""

    def __init__(self, config: Config) -> None:
        rules = config.data("partners")
        self._names = _names(rules)
        self._together = Phrases(rules["together"])
        self._before = Phrases({"aside": rules["aside"]["before"]})
        self._quoted = Phrases({"quoted": rules["aside"]["quoted"]})
        self._speaks = Phrases({"speaks": rules["aside"]["speaks"]})
        self._right_before = Phrases({"aside": rules["aside"]["right_before"]})
        self._partnership = Phrases({"partnership": rules["partnership"]})
        self._with_words = frozenset(pattern(word) for word in rules["with"])
        self._common = frozenset(stem(pattern(word)) for word in rules["common"])
        self._same = {
            pattern(short): frozenset(stem for name in names for stem in stems(name))
            for short, names in rules["same"].items()
        }
        self._with = Phrases({"with": rules["with"]})
        self._acts = Phrases({"acts": rules["acts"]})
        self._after = Phrases({"aside": rules["aside"]["after"]})
        self._aside_words: int = rules["aside"]["words"]
        self._joins = frozenset(pattern(word) for word in rules["joins"])
        self._beside = frozenset(pattern(word) for word in rules["beside"])
        self._hands = Phrases({"hands": rules["hands"]})
        self._of = frozenset(pattern(word) for word in rules["of"])
        self._of_a_country = frozenset(pattern(word) for word in rules["of_a_country"])
        self._articles = frozenset(pattern(word) for word in rules["articles"])
        self._stops = frozenset(pattern(word) for word in rules["stops"])
        self._runs = frozenset(pattern(word) for word in rules["runs"])
        self._always: Mapping[str, str] = rules["always"]
        self._never = frozenset(rules["never"])
        self._between = frozenset(pattern(word) for word in rules["between"])
        self._headed = frozenset(rules["headed"])
        self._heads = frozenset(stem(pattern(word)) for word in rules["heads"])
        self._ours = _beginnings(config)
        self._departments = frozenset(pattern(name) for name in rules["departments"])
        self._indefinite = frozenset(pattern(word) for word in rules["indefinite"])
        self._unnamed = frozenset(pattern(word) for word in rules["unnamed"])
        self._general = frozenset(pattern(name) for name in rules["general"])
        self._light = self._of | self._articles | self._joins
        self._bodies_known = [
            (self._telling(pattern(name)), body)
            for body, by_language in rules["bodies"].items()
            for listed in by_language.values()
            for name in listed
        ]

    def find(self, reading: Reading) -> tuple[Partner, ...]:
        """The partners that the article of *reading* names, in order."""
        if reading.judgement.decision is not Relevant.IN:
            return ()
        bodies = self._bodies(reading)
        if not bodies:
            return ()
        cues = _Cues(reading, self._together)
        kept = _specific(self._taking_part(reading, bodies, cues))
        return tuple(
            self._partner(reading, body)
            for body in islice(_apart(reading, kept, self._same, self._light), _MOST)
        )

    # -- bodies -----------------------------------------------------------------------------------------

    def _bodies(self, reading: Reading) -> list[_Body]:
        """Every body named that is not ours, in order."""
        found = list(self._known(reading))
        taken = Spans(len(reading.words.line))
        own = self._names.find(reading.words)
        for hit in reading.hits:
            if hit.sense("core") is None:
                continue
            if (namesake := self._namesake(reading, hit, own)) is not None:
                found.append(namesake)
            else:
                taken.take(hit.word, hit.end)
        for body in found:
            taken.take(body.begin, body.end)
        for named in (*(self._body(reading, own, index) for index in range(len(own))), *self._told(reading)):
            if named is not None and not taken.touch(named.begin, named.end):
                taken.take(named.begin, named.end)
                found.append(named)
        found.sort(key=lambda body: body.begin)
        return _with_short_names(reading, found)

    def _namesake(self, reading: Reading, hit: Hit, own: Sequence[Hit]) -> _Body | None:
        """Another country's body that is called like ours: الأمن الوطني الموريتاني, German police."""
        line = reading.words.line
        near = bisect_left(own, hit.end, key=lambda one: one.word)
        for other in own[near : near + 2]:
            country = other.sense("country")
            gap = line[hit.end : min(other.word, hit.end + _FAR)].split()
            if country is not None and all(word in self._of_a_country for word in gap):
                joined = _joined(reading, hit)
                return _Body(hit.word, other.end, country=country.country, joined=joined)
        ahead = bisect_left(own, hit.word + 1, key=lambda one: one.end)
        if ahead and not _is_arabic(hit.name):
            other = own[ahead - 1]
            country = other.sense("country")
            gap = line[max(other.end, hit.word - _FAR) : hit.word].split()
            if country is not None and other.end <= hit.word and all(word in self._between for word in gap):
                return _Body(other.word, hit.end, country=country.country)
        return None

    def _known(self, reading: Reading) -> Iterator[_Body]:
        """Bodies with an id."""
        for hit in reading.hits:
            sense = hit.sense("partner")
            if sense is not None:
                yield _Body(
                    hit.word,
                    hit.end,
                    sense.label,
                    self._always.get(sense.label, "XX"),
                    joined=_joined(reading, hit),
                )
        for label, hit in reading.judgement.named:
            if hit.sense("adjacent") is not None:
                yield _Body(hit.word, hit.end, label, joined=_joined(reading, hit))

    def _body(self, reading: Reading, own: Sequence[Hit], index: int) -> _Body | None:
        hit = own[index]
        if (named := hit.sense("named")) is not None:
            return _Body(hit.word, hit.end, country=named.country, joined=_joined(reading, hit))
        if (known := hit.sense("known")) is not None:
            return _Body(hit.word, hit.end, known.label, joined=_joined(reading, hit))
        if (country := hit.sense("country")) is not None:
            return self._nation(reading, hit, country.country)
        body = self._service(reading, own, index) if hit.sense("service") is not None else None
        if body is None and (hit.sense("head") is not None or stem(hit.name.split()[0]) in self._heads):
            return self._headed_name(reading, own, index)
        return body

    def _nation(self, reading: Reading, hit: Hit, country: str) -> _Body | None:
        """A country that hands somebody over."""
        if self._hands.beginning(after(reading.words.line, hit.end, 3)):
            return _Body(
                hit.word, hit.end, country=country, general=True, acts=True, joined=_joined(reading, hit)
            )
        return None

    def _service(self, reading: Reading, own: Sequence[Hit], index: int) -> _Body | None:
        """A service with its country beside it."""
        hit, line = own[index], reading.words.line
        begin, end, country = hit.word, hit.end, ""
        for other in own[index + 1 : index + 3]:
            gap = line[hit.end : min(other.word, hit.end + _FAR)].split()
            if len(gap) > _LINK_WORDS or STOP in gap or PAUSE in gap:
                break
            if (found := other.sense("country")) is not None:
                if all(word in self._of for word in gap) or len(gap) == 1:
                    end, country = other.end, found.country
                break
        if not country and index and not _is_arabic(hit.name):
            other = own[index - 1]
            gap = line[max(other.end, hit.word - _FAR) : hit.word].split()
            found = other.sense("country")
            if found is not None and len(gap) <= _LINK_WORDS and all(word in self._between for word in gap):
                begin, country = other.word, found.country
        if not country:
            return None
        return _Body(
            begin,
            end,
            country=country,
            general=hit.name in self._general,
            headed=stem(hit.name.split()[0]) in self._heads,
            joined=_joined(reading, hit) if begin == hit.word else "",
        )

    def _headed_name(self, reading: Reading, own: Sequence[Hit], index: int) -> _Body | None:
        hit, line = own[index], reading.words.line
        behind = min(_next_name(reading, hit.end), self._next_head(line, own, index))
        said = line[hit.end : behind].split()[:_LONGEST]
        if _is_arabic(hit.name):
            definite = line[hit.word : hit.start].endswith(("ال", "لل"))
            words = self._arabic_name(said, definite)
        else:
            named = self._english_name(reading, hit)
            if named is not None and not (said and said[0] in self._of):
                return named
            words = self._latin_name(reading, hit.end, said, hit.name)
            if not words and named is not None:
                return named
        if not words and hit.sense("head") is not None:
            return None
        end = hit.end + sum(len(word) + 1 for word in words)
        begin = hit.word
        if self._is_by_line(reading, begin, end) or stems(line[begin:end]) in self._ours:
            return None
        if self._is_any(line, begin, end):
            return None
        # With a country's adjective it is that country's: le ministre yéménite de l’Intérieur.
        of = next((one for one in own[index + 1 : index + 3] if hit.end <= one.word < end), None)
        theirs = of.sense("country") if of is not None else None
        return _Body(
            begin,
            end,
            country=theirs.country if theirs is not None else reading.scene.home or "MA",
            headed=theirs is None,
            joined=_joined(reading, hit),
        )

    def _is_any(self, line: str, begin: int, end: int) -> bool:
        """Whether the name is a common noun: une agence bancaire, an association, organisation terroriste."""
        said = line[max(0, begin - 20) : begin].split()[-1:]
        named = line[begin:end].split()
        return bool(said and said[0] in self._indefinite) or not self._unnamed.isdisjoint(named)

    def _is_by_line(self, reading: Reading, begin: int, end: int) -> bool:
        """Whether the name stands in the brackets of a dateline: Madrid, 2 oct (Agencia Iber)."""
        field, start, stop, _ = reading.words.where(begin, end)
        text = reading.words.text(field)
        return text[max(0, start - 1) : start] == "(" and text[stop : stop + 1] == ")"

    def _told(self, reading: Reading) -> Iterator[_Body]:
        """Bodies without a head word that the words before them make one: en partenariat avec l’Entraide …"""
        words = reading.words
        for index, _ in self._partnership.found(list(map(stem, words.said))):
            behind = bisect_left(words.begins, reading.sentence_at(words.begins[index]).end)
            first = next((i for i in range(index, behind) if words.said[i] in self._with_words), behind) + 1
            while first < behind and words.said[first] in self._articles:
                first += 1
            if first < behind:
                name = words.said[first : min(first + _LONGEST, behind)]
                body = self._told_name(reading, words.begins[first], name)
                if body is not None:
                    yield body

    def _told_name(self, reading: Reading, begin: int, said: Sequence[str]) -> _Body | None:
        if _is_arabic(said[0]):
            words = self._arabic_name(said, True)
            if len(words) < 2 or stem(words[0]) in self._common:
                return None
        else:
            if not reading.words.as_printed(begin, begin + len(said[0]))[:1].isupper():
                return None
            words = self._latin_name(reading, begin - 1, said)
        end = begin + sum(len(word) + 1 for word in words) - 1
        # Of another body (المفوضية العامة بالشرطة الوطنية), or ours.
        if not words or any(hit.word <= end + 1 and hit.end > begin for hit in reading.hits):
            return None
        return _Body(begin, end, headed=True)

    def _next_head(self, line: str, own: Sequence[Hit], index: int) -> int:
        """Where the next body of an enumeration begins: université X *et la banque* Y."""
        for hit in own[index + 1 : index + 3]:
            if hit.sense("head", "named", "known") is not None:
                last = line[own[index].end : hit.word].split()[-2:]
                if line[hit.word] == "و" or any(word in self._joins for word in last):
                    return hit.word
        return len(line)

    def _arabic_name(self, said: Sequence[str], definite: bool) -> list[str]:
        words: list[str] = []
        for word in said:
            if word in (STOP, PAUSE):
                break
            carries = word.startswith(("ال", "وال", "لل", "ولل"))
            named = word in self._runs or (words and words[-1] in self._runs)
            first = not words and not definite
            purpose = bool(words) and word[0] == "ل" and words[-1].startswith("ال")
            if not (carries or named or first or purpose):
                break
            words.append(word)
        return words

    def _latin_name(self, reading: Reading, begin: int, said: Sequence[str], head: str = "") -> list[str]:
        """The words of a name behind its *head*: ministère *de la Santé et de la Protection sociale*.

        One of them has a capital letter, if the head is no department of state: comité de suivi is no name.
        """
        words: list[str] = []
        for index, word in enumerate(said):
            if word in (STOP, PAUSE) or (words and _is_verb(word)):
                break
            at = begin + 1 + sum(len(one) + 1 for one in said[:index])
            if word in self._stops and not (
                word in _ARABIC_ARTICLES and reading.words.as_printed(at, at + len(word))[:1].isupper()
            ):
                break
            if word in self._joins and said[index + 1 : index + 2] and said[index + 1] in self._articles:
                break  # another body: the University of Ifrane and the Bank of Africa
            words.append(word)
        while words and (words[-1] in self._of or words[-1] in self._joins):
            words.pop()
        if not words:
            return []
        printed = reading.words.as_printed(begin, begin + len(" ".join(words)))
        named = any(part[:1].isupper() for part in _APOSTROPHE.sub(" ", printed).split())
        return words if named or (words[0] in self._of and head in self._departments) else []

    def _english_name(self, reading: Reading, hit: Hit) -> _Body | None:
        """A name that ends with its head: the *Mohammed V* University."""
        line = reading.words.line
        begin = hit.word
        for word in reversed(line[max(0, hit.word - 60) : hit.word].split()[-4:]):
            start = begin - len(word) - 1
            if word in (STOP, PAUSE) or not reading.words.as_printed(start, begin)[:1].isupper():
                break
            if word in self._of:  # the article that opens a sentence: La Fédération royale …
                break
            begin = start
        if begin == hit.word:
            return None
        return _Body(begin, hit.end, country=reading.scene.home or "MA", headed=True)

    # -- whether they take part -------------------------------------------------------------------------

    def _taking_part(self, reading: Reading, bodies: Sequence[_Body], cues: _Cues) -> list[_Body]:
        """Those of *bodies* that take part: of a list of bodies all do, or none."""
        kept: list[_Body] = []
        for run in self._lists(reading, bodies):
            if self._is_aside(reading, run[0]):
                continue
            taking = [body for body in run if self._takes_part(reading, body, cues)]
            for body in run:
                barred = body.id in self._never or self._is_barred(reading, body, cues.of(body))
                if body in taking or (taking and not barred):
                    kept.append(body)
        return kept

    def _lists(self, reading: Reading, bodies: Sequence[_Body]) -> Iterator[list[_Body]]:
        """*bodies*, those that "and" or a comma joins together; behind "and" a comma ends a list."""
        run: list[_Body] = []
        link = ""
        for body in bodies:
            last, link = link, self._link(reading, run[-1], body) if run else ""
            if run and (not link or (link == PAUSE and last == "and")):
                yield run
                run, link = [], ""
            run.append(body)
        if run:
            yield run

    def _is_aside(self, reading: Reading, body: _Body) -> bool:
        """Whether the words right before *body* name it for something else: après CIH, عضو جمعية."""
        said = before(reading.words.line, body.begin, self._aside_words)
        while said:
            if self._right_before.ending(said) is not None:
                return True
            if said[-1] not in self._of and said[-1] not in self._articles:
                break
            said = said[:-1]
        return False

    def _link(self, reading: Reading, last: _Body, body: _Body) -> str:
        """What joins *body* to *last* in a list: "and", a pause, or nothing."""
        line = reading.words.line
        gap = line[last.end : min(body.begin, last.end + _FAR)].split()
        if len(gap) > _LINK_WORDS + 1 or not all(word in self._beside or word == PAUSE for word in gap):
            return ""
        if line[body.begin] == "و" or not self._joins.isdisjoint(gap):
            return "and"
        return PAUSE if gap[:1] == [PAUSE] else ""

    def _takes_part(self, reading: Reading, body: _Body, cues: _Cues) -> bool:
        if body.id in self._never:
            return "agreement" in cues.of(body) and self._conjoined(reading, body)
        if body.acts:
            return cues.ours(body)
        if body.id in self._always and "honour" in cues.title:
            return True
        said = cues.of(body)
        if self._is_barred(reading, body, said):
            return False
        if body.id in self._always or self._conjoined(reading, body) or self._accompanies(reading, body):
            return True
        if body.country == "XX":  # the whole world's: named in much that it has no part in
            said = said & set(self._together.all_within(self._clause(reading, body)))
        return self._together_with_us(reading, body, said) and cues.ours(body)

    def _clause(self, reading: Reading, body: _Body) -> Sequence[str]:
        """The words of its clause right before *body*."""
        return _clause_end(before(reading.words.line, body.begin, self._aside_words))

    def _is_barred(self, reading: Reading, body: _Body, said: frozenset[str]) -> bool:
        """Whether *body* is a source, a guest or party to something else; *said* is told in its sentence."""
        clause, behind = self._clause(reading, body), after(reading.words.line, body.end, 3)
        if self._before.within(clause) or self._after.within(behind):
            return True
        heard = self._quoted.within(clause) or self._speaks.beginning(behind)
        return bool(heard) and (body.country == "MA" or said.isdisjoint(("joint", "shared")))

    def _together_with_us(self, reading: Reading, body: _Body, said: frozenset[str]) -> bool:
        """Whether what was *said* makes *body* a partner: a foreign service by less than another one."""
        if "joint" in said or "agreement" in said:
            return True
        if body.id in self._headed and body.begin < reading.lead_end:
            return True
        if body.country in ("MA", "XX"):
            return False
        return ("shared" in said and not body.headed) or ("honour" in said and not body.general)

    def _conjoined(self, reading: Reading, body: _Body) -> bool:
        """Whether a name of ours stands right beside it: la DGSN et l’ONCF, الأمن الوطني والجمارك."""
        line = reading.words.line
        hits = reading.hits
        near = bisect_left(hits, body.begin, key=lambda hit: hit.word)
        for hit in hits[max(0, near - 2) : near + 3]:
            if hit.sense("core") is None and (hit.sense("generic") is None or body.id not in self._headed):
                continue
            first, second = (hit.end, body.begin) if hit.end <= body.begin else (body.end, hit.word)
            gap = line[first : min(second, first + _FAR)].split()
            joins = line[second] == "و" or any(word in self._joins for word in gap)
            if joins and len(gap) <= _LINK_WORDS + 1 and all(word in self._beside for word in gap):
                return True
        return False

    def _accompanies(self, reading: Reading, body: _Body) -> bool:
        """Whether somebody does something *with* this body: organise, avec l’association X, …"""
        said = before(reading.words.line, body.begin, self._aside_words)
        while said and said[-1] in self._articles:
            said = said[:-1]
        return self._with.ending(said) is not None and self._acts.within(said) is not None

    def _partner(self, reading: Reading, body: _Body) -> Partner:
        cue = reading.evidence(body.id or "partner", body.begin, body.end)
        if body.short and reading.words.text(cue.field)[cue.end :].startswith(")"):
            cue = replace(cue, end=cue.end + 1, words=f"{cue.words})")
        return Partner(_bare(cue.words, body.joined), body.id or self._usual(reading, body), cue)

    def _usual(self, reading: Reading, body: _Body) -> str:
        """The id of a usual Moroccan partner, whatever the language it is named in; empty for any other."""
        if body.country != "MA":
            return ""
        said = self._telling(reading.words.line[body.begin + len(body.joined) : body.end])
        named = [(len(words), known) for words, known in self._bodies_known if words <= said]
        return max(named, default=(0, ""))[1]

    def _telling(self, name: str) -> frozenset[str]:
        """What tells the *name*, folded, from others: its words without endings, but for *light* ones."""
        words = (word for word in name.split() if word not in self._light)
        return frozenset(_root(stem(_OFFICES.get(word, word))) for word in words)


class _Cues:
    """What the sentences of an article say of acting together."""

    def __init__(self, reading: Reading, together: Phrases) -> None:
        self._reading = reading
        self._together = together
        self._said: dict[int, frozenset[str]] = {}
        self._ours: dict[int, bool] = {}
        self.title = frozenset[str]()
        self._signed = frozenset[str]()
        for sentence in reading.sentences:
            if sentence.field == "title":
                self.title |= self._labels(sentence)
            if sentence.begin < reading.lead_end:
                self._signed |= self._labels(sentence) & {"agreement"}

    def of(self, body: _Body) -> frozenset[str]:
        """The ways of acting together that the sentence of *body* tells of.

        Those of the title hold for the first paragraph, a signature told there for the whole article.
        """
        said = self._labels(self._reading.sentence_at(body.begin)) | self._signed
        return said | self.title if body.begin < self._reading.lead_end else said

    def ours(self, body: _Body) -> bool:
        """Whether the institution is named in the sentence of *body*, or the sentence is one of the first."""
        sentence = self._reading.sentence_at(body.begin)
        if sentence.begin not in self._ours:
            self._ours[sentence.begin] = body.begin < self._reading.lead_end or any(
                hit.sense(*_OURS) is not None and hit.sense("foreign") is None
                for hit in self._reading.hits_in(sentence)
            )
        return self._ours[sentence.begin]

    def _labels(self, sentence: Sentence) -> frozenset[str]:
        if sentence.begin not in self._said:
            words = list(map(stem, self._reading.words_in(sentence)))
            self._said[sentence.begin] = frozenset(
                label for form in (words, list(map(bare, words))) for label in self._together.all_within(form)
            )
        return self._said[sentence.begin]


def _beginnings(config: Config) -> frozenset[tuple[str, ...]]:
    """The beginnings of our own names, by which an article calls us once it has named us in full."""
    ours = (body for body in config.institutions if body.scope == "core")
    names = (stems(name) for body in ours for names in body.names.values() for name in names)
    return frozenset(name[:length] for name in names for length in range(1, len(name) + 1))


def _names(rules: Any) -> Lexicon:
    names = Lexicon()
    for country, bodies in rules["named"].items():
        for name in bodies:
            names.add(name, Sense("named", name, country), article=True, proper=True)
    for body, also in rules["known"].items():
        for name in also:
            names.add(name, Sense("known", body), article=True)
    for name in rules["heads"]:
        names.add(name, Sense("head", name), article=True)
    for name in rules["services"]:
        names.add(name, Sense("service", name), article=True)
    for country, words in rules["countries"].items():
        for name in words:
            names.add(name, Sense("country", country, country))
    return names.freeze()


def _joined(reading: Reading, hit: Hit) -> str:
    """What is written joined to the first word of *hit*."""
    return reading.words.line[hit.word : hit.start]


def _is_verb(word: str) -> bool:
    """Whether a Latin *word*, folded, looks like the verb behind a name.

    >>> [word for word in ("menent", "developpement", "launched", "united", "firmaron") if _is_verb(word)]
    ['menent', 'launched', 'firmaron']
    """
    if word.endswith(_NOUN_ENDINGS) or word in _NO_VERBS:
        return False
    return len(word) > _SHORT and word.endswith(_VERB_ENDINGS)


def _is_arabic(name: str) -> bool:
    return "\u0600" <= name[0] <= "\u06ff"


def _next_name(reading: Reading, index: int) -> int:
    """Where, from ``line[index]`` on, the next body with an id is named: no name runs into it."""
    hits = reading.hits
    farthest = index + _FAR
    for hit in hits[bisect_left(hits, index, key=lambda one: one.word) :][:_LONGEST]:
        if hit.word >= farthest:
            break
        if hit.sense("core", "adjacent", "partner", "foreign") is not None:
            return hit.word
    return farthest


def _bare(printed: str, joined: str) -> str:
    """*printed* without the particles *joined* to its first word: والجمارك is الجمارك.

    >>> _bare("والجمارك", "وال"), _bare("للجمارك", "لل"), _bare("وبنك المغرب", "و"), _bare("بنك", "")
    ('الجمارك', 'الجمارك', 'بنك المغرب', 'بنك')
    """
    if joined.endswith("لل") or (not joined and printed.startswith("لل")):
        return "ال" + printed[max(2, len(joined)) :]
    return printed[len(joined.removesuffix("ال")) :]


def _clause_end(said: Sequence[str]) -> Sequence[str]:
    """The words of *said* behind its last pause."""
    for index in range(len(said) - 1, -1, -1):
        if said[index] == PAUSE:
            return said[index + 1 :]
    return said


def _specific(bodies: Sequence[_Body]) -> list[_Body]:
    """*bodies* without those that only stand for a country of which another is named."""
    named = {body.country for body in bodies if not body.general and body.country != "MA"}
    kept: list[_Body] = []
    for body in bodies:
        if not body.general or body.country not in named:
            kept.append(body)
        if body.general:
            named.add(body.country)
    return kept


def _with_short_names(reading: Reading, bodies: Sequence[_Body]) -> list[_Body]:
    """*bodies*, each with the abbreviation that stands behind it in brackets: Caisse nationale … (CNSS)."""
    found: list[_Body] = []
    for body in bodies:
        if found and body.begin < found[-1].end:
            continue
        rest = reading.words.line[body.end : body.end + _FAR].split()[:3]
        if len(rest) > 1 and rest[0] == PAUSE and len(rest[1]) <= _SHORT_NAME:
            begin = body.end + 3
            field, start, _, short = reading.words.where(begin, begin + len(rest[1]))
            if short.isupper() and reading.words.text(field)[start - 1 : start] == "(":
                body = replace(body, end=begin + len(rest[1]), short=True)
        found.append(body)
    return found


def _initials(name: str, short: str) -> bool:
    """Whether *short* abbreviates *name*, both folded.

    >>> _initials("caisse nationale de securite sociale", "cnss"), _initials("caisse de depot", "cnss")
    (True, False)
    """
    words = name.split()
    letters = iter(word[0] for word in words)
    weighty = sum(len(word) > 3 for word in words)
    return len(short) >= max(2, weighty - 1) and all(letter in letters for letter in short)


def _apart(
    reading: Reading,
    bodies: Iterable[_Body],
    same: Mapping[str, frozenset[str]],
    light: Collection[str],
) -> Iterable[_Body]:
    """*bodies* without further mentions of one of them; of a name and its abbreviation the name.

    The same id makes one body, the same words but for *light* ones, an abbreviation of the name (*same*:
    those that are no initials).
    """
    kept: list[tuple[_Body, str, set[str]]] = []
    for body in bodies:
        name = reading.words.line[body.begin : body.end]
        words = {_root(word) for word in stems(name) if word not in light}
        for index, (other, known, theirs) in enumerate(kept):
            short, full = (name, known) if " " not in name else (known, name)
            abbreviated = " " not in short and " " in full
            if abbreviated and (
                _initials(full, short) or len(same.get(short, frozenset()) & set(stems(full))) > 1
            ):
                if short == known:
                    kept[index] = (body, name, words | theirs)
                break
            both = len(words & theirs)
            if (body.id and body.id == other.id) or 3 * both > 2 * min(len(words), len(theirs)):
                break
        else:
            kept.append((body, name, words))
    return (body for body, _, _ in kept)


def _root(word: str) -> str:
    """The stem *word* without its ending, of an office its department.

    >>> _root("ministre"), _root("ministere"), _root("وزير"), _root("espagnole")
    ('minis', 'minis', 'وزاره', 'espag')
    """
    return _OFFICES.get(word, word[:_ROOT])
