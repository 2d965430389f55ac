"""The figures of an article: which of its numbers count something of its fact, and what.

A number is no figure until what it counts is known: the noun behind it (or before: *le nombre de victimes à
117*), and for persons what became of them, which the nearest verb of the sentence says.  The rules are
``config/figures.yml``.
"""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace

from config.loader import Config
from pipeline.annotation.figure_line import Line
from pipeline.annotation.figure_words import SEVERITIES, Rules, Tag
from pipeline.annotation.numbers import Number, Page
from pipeline.annotation.reading import Reading
from pipeline.annotation.words import PAUSE, STOP
from store.records import Figure

_LONGEST = 4000
"""So many words of an article are read; the tables of a longer text count nothing of a fact."""
_MOST = 300
"""No article has more figures."""
_FORWARD = 4
"""So many words behind a number may stand before the noun."""
_BACKWARD = 5
"""So many words before it may stand behind the noun …"""
_COUNTED = 14
"""… and so many where it is said to be a number of something (عدد زوار الدورة … بلغ)."""
_FEW = 10
"""Fewer are no posts."""
_CROWD = 1000
"""So many are a crowd, which verbs of a visit or an exam may count without a noun."""
_LISTED = 3
"""So few words stand between the numbers of a list."""
_UNKNOWN = 9
"""So far from a number a verb makes persons of a word that no rule knows."""
_FATE = 24
"""So far a verb may stand from the persons it speaks of, in words."""
_NEAR = 40
"""Farther in a sentence nothing is looked for."""
_WEAK = 9
"""So much farther a weak word counts."""
_PAUSE_COST = 3
_OTHER_COST = 4
"""What a pause, or another count of persons, adds to the distance."""
_SEVERITY = 7
"""So near behind the injured the degree of their injuries stands."""
_TONNE = 1000
"""Kilograms."""
_ROUNDING = 0.07
"""So far a round number may be from the exact one."""
_ENDS = 10
"""So far behind a number may stand what it ends in."""
_AND = frozenset(["et", "y", "and", "و"])
_CURRENCIES = {"$": "other:money_usd", "€": "other:money_eur", "£": "other:money_gbp"}


@dataclass(frozen=True, slots=True)
class _Found:
    """A figure before it is compared with the others."""

    what: str
    value: float
    begin: int
    end: int
    approximate: bool = False
    recalled: bool = False
    bare: bool = False
    """No noun was told."""


class Figures:
    """Finds figures by the rules of ``config/figures.yml``."""

    def __init__(self, config: Config) -> None:
        self._rules = Rules(config.data("figures"))

    def find(self, reading: Reading) -> tuple[Figure, ...]:
        """The figures of the article, each once, in order."""
        page = Page(reading.words, _LONGEST)
        if not page.said:
            return ()
        return _Finder(self._rules, page, reading).figures()


class _Finder(Line):
    """Reads the figures of one article."""

    def __init__(self, rules: Rules, page: Page, reading: Reading) -> None:
        super().__init__(rules, page, reading)
        self._persons: list[float] = []
        """The counts of persons so far."""

    # -- the whole article

    def figures(self) -> tuple[Figure, ...]:
        self._read_dates()
        found: list[_Found] = []
        for index, number in enumerate(self._numbers):
            if number.begin in self._dates:
                continue
            found += self._judge(index, number)
            if len(found) > _MOST:
                break
        found = self._whole(self._summed(found))
        found += self._single(found)
        found = self._consistent(found)
        return tuple(self._record(one) for one in found)

    def _record(self, one: _Found) -> Figure:
        words = self._reading.words
        begin = words.begins[one.begin]
        last = max(one.end, one.begin + 1) - 1
        end = words.begins[last] + len(self._said[last])
        field, start, stop, printed = words.where(begin, end)
        return Figure(one.what, one.value, printed, field, start, stop, one.recalled, self._period(one))

    def _period(self, one: _Found) -> tuple[str, str] | None:
        sentence = self._sentence(one.begin)
        here = [period for at, period in self._periods if sentence[0] <= at < sentence[1]]
        if here:
            return here[0]
        if one.recalled:
            return None
        of_fact = [period for at, period in self._periods if not self._recalled(at)]
        return of_fact[0] if of_fact else None

    # -- one number

    def _judge(self, index: int, number: Number) -> Iterator[_Found]:
        if number.end > number.begin and self._is_label(number):
            return
        noun = self._noun(index, number)
        if noun is None or noun.kind == "measures":
            return
        yield from self._counted(number, noun)

    def _is_label(self, number: Number) -> bool:
        """Whether *number* is a time, a share, a rank, an article of law …"""
        before, behind = self._page.around(number.begin, number.end)
        if behind[:1] in ("%", "٪", "°", "º") or behind.lstrip()[:1] in ("%", "٪"):
            return True
        if number.digits and (
            (behind[:1] == ":" and behind[1:].isdigit())
            or (before[1:] == ":" and before[:1].isdigit())
            or (before[1:] == "-" and before[:1].isalpha())
            or (before[1:] in ("°", "#"))
            or (before[1:] == "+")
        ):
            return True
        if number.suffix and not self._unit(number):
            return True
        if number.value < 20 and self._ends_at("family", number.begin, 0):
            return True
        if self._ends_at("differences", number.begin, 1):
            return True
        return number.digits and self._tag(number.begin - 1, "labels") is not None

    def _unit(self, number: Number) -> Tag | None:
        """The unit that is joined to the digits of *number* (68kg)."""
        for entry in self._rules.vocabulary.exact.get(number.suffix, ()):
            if entry.kind in ("mass", "money") and not entry.rest:
                return Tag(entry.kind, entry.label, number.end - 1, number.end)
        return None

    def _noun(self, index: int, number: Number) -> Tag | None:
        """What *number* counts."""
        if number.suffix:
            return self._unit(number)
        if (money := self._money_before(number)) is not None:
            return money
        return (
            self._definite(number)
            or self._noun_behind(index, number)
            or self._fate_right_behind(number)
            or self._noun_before(number)
            or self._fate_beside(number)
            or self._ends_in(number)
            or self._rank(number)
            or self._centimes(number)
            or self._elliptic(index)
            or self._shared(index)
        )

    def _money_before(self, number: Number) -> Tag | None:
        """The currency before a number: MAD 184,000, Dh2.3m, $410,000."""
        if number.end == number.begin:
            return None
        before, behind = self._page.around(number.begin, number.end)
        code = _CURRENCIES.get(before[1:]) or _CURRENCIES.get(behind.lstrip()[:1])
        if code:
            return Tag("money", f"{code}|1", number.begin, number.end)
        if number.prefix:
            for entry in self._rules.vocabulary.exact.get(number.prefix, ()):
                if entry.kind == "money":
                    return Tag("money", entry.label, number.begin, number.end)
            return Tag("measures", "", number.begin, number.end)
        tag = self._tag(number.begin - 1, "money") if number.begin else None
        if (
            tag is not None
            and tag.begin == number.begin - 1
            and self._said[tag.begin] in ("mad", "dh", "dhs", "eur", "usd")
        ):
            return tag
        return None

    def _definite(self, number: Number) -> Tag | None:
        """The noun before a number with the article: الموقوفون الثلاثة."""
        if number.end == number.begin or number.digits or not self._said[number.begin].startswith("ال"):
            return None
        for tag in reversed(self._at.get(number.begin - 1, []) + self._at.get(number.begin - 2, [])):
            if tag.kind in ("things", "persons") and number.begin - 1 <= tag.end <= number.begin:
                return replace(tag, end=number.end)
        return None

    def _noun_behind(self, index: int, number: Number) -> Tag | None:
        said = self._said
        unknown = 0
        at = number.end
        limit = min(len(said), number.end + _FORWARD + 2)
        while at < limit and unknown <= 2:
            word = said[at]
            if word in (STOP, PAUSE):
                return None
            if (at > number.end or number.end > number.begin) and self._is_number(at):
                dual = self._tag(at, "dual")
                if dual is None or at > number.end:
                    return None
            if word in self._rules.of and at + 1 < limit and said[at + 1] in self._rules.numbers.ones:
                return None
            tag = self._best(at)
            if tag is None and at == number.end:
                tag = self._national(at)
            if tag is not None:
                return None if self._is_governed(at, number) else tag
            if word in self._rules.halts or (unknown and word in self._rules.of):
                return None
            if word not in self._rules.fillers:
                if word[0] == "و" and at > number.end:
                    return None
                unknown += 1
            at += 1
        return None

    def _is_governed(self, at: int, number: Number) -> bool:
        """Whether the noun at *at* is not what *number* counts, since a preposition is joined to it."""
        if number.end == number.begin or self._said[at - 1] in self._rules.of:
            return False
        return self._rules.vocabulary.is_governed(self._said[at])

    def _national(self, at: int) -> Tag | None:
        """Persons told by their nationality alone, right behind their number: *quinze Marocains*."""
        tag = self._tag(at, "nationals")
        return replace(tag, kind="persons") if tag is not None else None

    def _is_number(self, index: int) -> bool:
        first = bisect_left(self._starts, index)
        return first < len(self._starts) and self._starts[first] == index

    def _best(self, index: int) -> Tag | None:
        """The noun at *index*: the longest, and a thing rather than a person."""
        best: Tag | None = None
        for tag in self._at.get(index, ()):
            if tag.kind in _NOUNS:
                rank = (tag.end, tag.kind != "persons")
                if best is None or rank > (best.end, best.kind != "persons"):
                    best = tag
        return best

    def _noun_before(self, number: Number) -> Tag | None:
        """*عدد الضحايا … في 117*, *the number of detainees at four*, *Arrests: 5*."""
        said = self._said
        meant = self._ends_at("approximate", number.begin, 0)
        at = meant.begin if meant is not None and meant.begin < number.begin else number.begin
        first = self._sentence(number.begin)[0]
        begin = max(first, at - _BACKWARD - 1)
        token = said[at - 1] if at else STOP
        joined = said[number.begin][:1] in ("ب", "ل")
        headed = token == PAUSE and self._page.printed(at - 1)[:1] == ":"
        told = bool(self._within("count_of", max(first, at - _COUNTED), at))
        if told:
            begin = max(first, at - _COUNTED)
        if not (joined or headed or told or token in self._rules.before):
            return None
        for index in range(at - 1, begin - 1, -1):
            aside = told and self._tag(index + 1, "count_of") is not None
            paused = said[index] == PAUSE and index < at - 1 and not aside
            if said[index] == STOP or self._is_number(index) or paused:
                return None
            tag = self._tag(index, "things") or (self._fate_at(index) if told else None)
            if tag is None or tag.end > at:
                continue
            if tag.kind == "things" and (headed or told or tag.label in _HEADED):
                if self._numbers_between(max(begin, index - 3), index + 1):
                    return None
                return replace(tag, begin=number.begin, end=number.end)
            if tag.kind == "fates" and not self._tag(index, "weak"):
                return Tag("fate", tag.label, number.begin, number.end)
        return None

    def _fate_beside(self, number: Number) -> Tag | None:
        """The verb right beside a number without a noun: مصرع ثلاثة منهم, 2853 بجروح خفيفة."""
        return (
            self._fate_close_behind(number)
            or self._fate_of_unknown(number)
            or self._fate_close_before(number)
        )

    def _fate_right_behind(self, number: Number) -> Tag | None:
        """The verb of a number that stands alone: 5 ماتو و12 تجرحو."""
        tag = self._fate_at(number.end)
        if tag is None or self._said[number.end][0] == "و" or self._tag(number.end, "weak"):
            return None
        return Tag("fate", tag.label, number.begin, tag.end) if tag.label in _BESIDE else None

    def _fate_close_behind(self, number: Number) -> Tag | None:
        said = self._said
        part = self._tag(number.end, "subset")
        for at in range(part.end if part else number.end, min(number.end + 5, len(said))):
            word = said[at]
            if word in (STOP, PAUSE) or self._is_number(at):
                return None
            tag = self._fate_at(at)
            crowd = tag is not None and number.value >= _CROWD and tag.label in _CROWDS
            if tag is not None and not self._tag(at, "weak") and (crowd or tag.label in _BESIDE):
                return replace(tag, kind="fate", begin=number.begin, end=tag.end)
            if word in self._rules.auxiliaries or word in self._rules.fillers or word[:1] == "ب":
                continue
            severe = self._severity(at, min(at + 4, len(said)))
            return Tag("fate", severe, number.begin, number.end) if severe else None
        return None

    def _fate_of_unknown(self, number: Number) -> Tag | None:
        """Persons by a word that no rule knows: *trois coiffeurs arrêtés*, أوقفت الشرطة ثلاثة حلاقين."""
        said = self._said
        if self._tag(number.end, *_NOUNS):
            return None
        for at in range(number.end + 1, min(number.end + _UNKNOWN, len(said))):
            if said[at - 1] in (STOP, PAUSE) or self._is_number(at):
                break
            tag = self._fate_at(at) if said[at - 1] in self._rules.auxiliaries else None
            if tag is not None and tag.label in _BESIDE:
                return replace(tag, kind="fate", begin=number.begin, end=number.end)
        return self._fate_before_unknown(number)

    def _fate_before_unknown(self, number: Number) -> Tag | None:
        """The verb of arrest whose object are persons by a word that no rule knows."""
        said = self._said
        if number.end == number.begin or number.end >= len(said) or not 2 <= number.value < _CROWD:
            return None
        noun = said[number.end]
        if not noun[0].isalpha() or self._at.get(number.end) or self._is_function(noun):
            return None
        for at in range(number.begin - 1, max(number.begin - _UNKNOWN, -1), -1):
            if said[at] in (STOP, PAUSE) or self._is_number(at) or self._tag(at, "taken", "single"):
                return None
            if at < number.begin - 1 and self._tag(at, "persons", "person") and self._is_object(at):
                return None
            tag = self._fate_at(at)
            if tag is not None and tag.label == "arrests" and not self._tag(at, "weak"):
                if said[at] in self._rules.things_too:
                    return None
                return Tag("fate", tag.label, number.begin, number.end + 1)
        return None

    def _is_function(self, word: str) -> bool:
        rules = self._rules
        return word in rules.halts or word in rules.fillers or word in rules.auxiliaries or len(word) < 3

    def _is_object(self, at: int) -> bool:
        """Whether the person at *at* is the one arrested, not who arrests: their word has no article."""
        return not self._said[at].startswith("ال")

    def _fate_close_before(self, number: Number) -> Tag | None:
        said = self._said
        if number.end == number.begin:
            return None
        alone = number.end >= len(said) or said[number.end] in (STOP, PAUSE)
        alone = alone or self._tag(number.end, "others", "subset") is not None
        crowd = number.value >= _CROWD
        for at in range(number.begin - 1, max(number.begin - (7 if crowd else 4), -1), -1):
            if said[at] in (STOP, PAUSE):
                return None
            tag = self._fate_at(at)
            if tag is None or self._tag(at, "weak") or not (alone or number.begin - at <= 2):
                continue
            if tag.label not in _BESIDE and not (crowd and tag.label in _CROWDS):
                continue
            if alone or said[at] not in self._rules.things_too:
                return Tag("fate", tag.label, number.begin, number.end)
        return None

    def _elliptic(self, index: int) -> Tag | None:
        """A part told without its noun: *5.000 postes, dont 107 de commissaire*, منهم 1810 بالزي المدني.

        Parts of those arrested or killed are told of each of them, and count nothing of their own.
        """
        number = self._numbers[index]
        if not number.digits or number.value < _FEW or number.begin >= len(self._said):
            return None
        if self._subset_of(number) is None:
            return None
        for before in reversed(self._numbers[max(0, index - 3) : index]):
            if before.begin < self._sentence(number.begin)[0] or before.value <= number.value:
                continue
            noun = self._noun_behind(self._numbers.index(before), before)
            if noun is None or noun.kind not in ("things", "persons"):
                continue
            what = self._thing(before, noun) if noun.kind == "things" else self._fate(before, noun)
            return Tag("ends", what, number.begin, number.end) if what in _PARTED else None
        return None

    def _centimes(self, number: Number) -> Tag | None:
        """A sum of millions without a currency, which Darija tells in centimes: دا ليه 20 مليون."""
        if number.scaled < 1e6 or not (self._reading.article.language or "").startswith("ary"):
            return None
        return Tag("money", "money_mad|0.01", number.begin, number.end)

    def _rank(self, number: Number) -> Tag | None:
        """Posts told by their rank: *4.200 pour le grade de gardien de la paix*."""
        if number.end == number.begin or number.value < 10:
            return None
        for at in range(number.end, min(number.end + 6, len(self._said))):
            if any(tag.label == "other:officers" for tag in self._at.get(at, ())):
                begin, end = self._sentence(at)
                posts = any(
                    tag.label == "posts"
                    for kind in ("fates", "things")
                    for tag in self._within(kind, begin, end)
                )
                return Tag("ends", "posts", number.begin, number.end) if posts else None
            word = self._said[at]
            if word not in self._rules.rank_of and word.lstrip("لب") not in self._rules.rank_of:
                return None
        return None

    def _fate_at(self, index: int) -> Tag | None:
        return next((tag for tag in self._within("fates", index, index + 1)), None)

    def _ends_in(self, number: Number) -> Tag | None:
        """What a count without a noun ends in: *38 578 se sont soldées par le paiement d’une amende*."""
        if number.end == number.begin:
            return None
        for at in range(number.end, min(number.end + _ENDS, len(self._said))):
            if self._said[at] in (STOP, PAUSE) or self._is_number(at):
                break
            tag = self._tag(at, "things")
            if tag is not None:
                if tag.label in self._rules.ends_in:
                    return Tag("ends", tag.label, number.begin, number.end)
                break
        return None

    def _shared(self, index: int) -> Tag | None:
        """The noun of the other end of a range: entre 15.000 et 40.000 dirhams."""
        if index + 1 >= len(self._numbers):
            return None
        number, following = self._numbers[index], self._numbers[index + 1]
        between = self._said[number.end : following.begin]
        if len(between) > 1 or following.end == following.begin:
            return None
        joined = self._said[following.begin][:1] == "و" or (between and between[0] in self._rules.to)
        if not joined:
            return None
        noun = self._unit(following) if following.suffix else self._noun_behind(index + 1, following)
        if noun is None:
            return None
        opened = self._ends_at("range_openers", number.begin, 1)
        to = between and between[0] in ("a", "au", "to", "الي", "hasta")
        if noun.kind == "measures" or opened or to:
            scale = following.scaled if number.value < 1000 <= following.value and number.scaled == 1 else 1.0
            if noun.kind == "money":
                what, factor = noun.label.split("|")
                return Tag("money", f"{what}|{float(factor) * scale}", number.begin, number.end)
            return replace(noun, begin=number.begin, end=number.end)
        return None

    # -- what is counted

    def _counted(self, number: Number, noun: Tag) -> Iterator[_Found]:
        value = number.value
        end = max(number.end, noun.end)
        what = ""
        if noun.kind == "money":
            what, factor = noun.label.split("|")
            value = round(value * float(factor), 6)
            if value < self._rules.price or self._is_claimed(number):
                return
        elif noun.kind == "mass":
            what, value, end = self._weighed(number, noun)
        elif noun.kind == "substances":
            return
        elif noun.kind == "ends":
            what = noun.label
        elif noun.kind == "times":
            done = self._within("done", number.begin - 4, number.begin)
            what = done[-1].label if done else ""
        elif noun.kind in ("things", "fate"):
            what = self._thing(number, noun)
        elif noun.kind == "persons":
            what = self._fate(number, noun)
            if (what == "posts" and value < _FEW) or (noun.label and what not in _HARMED):
                return
        if not what or value <= 0 or self._is_part(number, noun, what) or self._is_denied(number):
            return
        if value < self._rules.at_least.get(what, 0):
            return
        if noun.kind == "persons" or what in _OF_PERSONS:
            value += self._one_more(number)
            self._persons.append(value)
        approximate = self._ends_at("approximate", number.begin, 0) is not None
        recalled = self._recalled(number.begin, priced=noun.kind == "money")
        yield _Found(what, value, number.begin, end, approximate, recalled, noun.kind == "fate")

    def _one_more(self, number: Number) -> int:
        """1 where one person is told before the others: *un commissaire et trois autres policiers*."""
        begin = number.begin
        if number.end == begin:
            return 0
        if self._said[begin][:1] == "و" and begin:
            before = begin
        elif begin and self._said[begin - 1] in _AND:
            before = begin - 1
        else:
            return 0
        for tag in self._within("person", before - 3, before):
            if tag.end == before and not any(
                n.end in (tag.begin, tag.begin - 1)
                for n in self._numbers
                if n.end > n.begin and n.begin < begin
            ):
                return 1
        return 0

    def _is_claimed(self, number: Number) -> bool:
        threatened = self._within("penalty", self._sentence(number.begin)[0], number.begin)
        return bool(threatened) or self._ends_at("claimed", number.begin, 3) is not None

    def _is_denied(self, number: Number) -> bool:
        return (
            number.end > number.begin
            and self._ends_at("negations", number.begin, 0) is not None
            and number.value < 2
        )

    def _is_part(self, number: Number, noun: Tag, what: str) -> bool:
        """Whether the count is a part of one told before."""
        begin = number.begin
        behind = self._tag(number.end, "subset") if number.end > number.begin else None
        known = any(value > number.value for value in self._persons)
        if behind is not None and noun.kind != "ends" and (known or behind.end - behind.begin == 1):
            return what not in SEVERITIES
        of_persons = noun.kind == "persons" or what in _OF_PERSONS
        if of_persons and known and number.value < 100 and self._is_of_known(number):
            return what not in SEVERITIES
        before = self._subset_of(number)
        if before is None or (before.end == begin - 1 and self._tag(before.end, "fates")):
            return False
        if what == "other:women":
            sentence = self._sentence(begin)
            return any(tag.label == "arrests" for tag in self._within("fates", sentence[0], begin))
        return what not in SEVERITIES and (noun.kind in ("persons", "fate") or what in _OF_PERSONS)

    def _subset_of(self, number: Number) -> Tag | None:
        """The word that makes *number* a part of what was told: *dont neuf femmes et quatre mineurs*."""
        if (tag := self._ends_at("subset", number.begin, 2)) is not None:
            return tag
        said, at = self._said, bisect_left(self._starts, number.begin)
        if not at or number.end == number.begin:
            return None
        before = self._numbers[at - 1]
        joined = said[number.begin][:1] == "و" or said[number.begin - 1] in _AND
        near = number.begin - before.end <= _LISTED and PAUSE not in said[before.end : number.begin]
        if joined and near:
            return self._ends_at("subset", before.begin, 1)
        return None

    def _is_of_known(self, number: Number) -> bool:
        """Whether *number* counts of those told before: *seis de los galardonados*, اثنان من الموقوفين."""
        said, end = self._said, number.end
        if end == number.begin or end + 1 >= len(said):
            return False
        return said[end] == "des" or (
            (said[end] == "من" and said[end + 1].startswith("ال"))
            or (said[end] == "de" and said[end + 1] in ("los", "las"))
            or (said[end] == "of" and said[end + 1] in ("the", "those", "these"))
        )

    def _weighed(self, number: Number, noun: Tag) -> tuple[str, float, int]:
        """(what, kilograms, end) of a weight, with the smaller unit behind it: ثلاثة أطنان و520 كيلوغراما."""
        factor = float(noun.label)
        value, end = number.value * factor, noun.end
        if factor >= _TONNE and number.digits and value >= _TONNE * _TONNE:
            value /= _TONNE  # 1,363 tonne: nobody seizes a thousand
        if count := self._rules.numbers.half_behind(self._said, end):
            value, end = value + factor / 2, end + count
        while (smaller := self._smaller(end, factor)) is not None:
            more, unit = smaller
            factor = float(unit.label)
            value, end = value + more.value * factor, unit.end
            self._dates.add(more.begin)
        return self._substance(number, end), round(value, 6), end

    def _smaller(self, end: int, factor: float) -> tuple[Number, Tag] | None:
        """The number, with its unit, that is added at *end* to a weight in a unit of *factor* kilograms."""
        at = bisect_left(self._starts, end)
        if at >= len(self._starts) or self._starts[at] - end > 1:
            return None
        begin = self._starts[at]
        more = next(number for number in self._numbers if number.begin == begin)
        unit = self._tag(more.end, "mass")
        between = self._said[end:begin]
        joined = not between or self._said[begin][:1] == "و" or between[0] in _AND
        return (more, unit) if unit is not None and joined and float(unit.label) < factor else None

    def _substance(self, number: Number, end: int) -> str:
        sentence = self._sentence(number.begin)
        behind = self._within("substances", end, min(end + 6, sentence[1]))
        if behind and not self._numbers_between(end, behind[0].begin):
            return behind[0].label
        before = self._within("substances", max(sentence[0], number.begin - 8), number.begin)
        if before:
            return before[-1].label
        if behind:
            return behind[0].label
        every = {tag.label for tag in self._by_kind.get("substances", [])[:_MOST]}
        return every.pop() if len(every) == 1 else ""

    def _thing(self, number: Number, noun: Tag) -> str:
        what = noun.label
        begin, end = self._sentence(number.begin)
        for tag in self._within("instead", max(begin, number.begin - 12), min(end, noun.end + 12)):
            of, becomes = tag.label.split("|")
            gap = (noun.end, tag.begin) if tag.begin >= noun.end else (tag.end, number.begin)
            if of == what and not (what in _OVERRIDE and self._numbers_between(*gap)):
                return becomes
        if what == "other:injured":
            return self._severity(noun.end, end) or self._severity_before(number) or what
        if what in self._rules.taken and not self._within("taken", begin, end):
            return ""
        if what in _OVERRIDE:
            if self._subset_of(number):
                return what
            fate = self._fate(number, noun, strong=what != "other:minors", of=_OVERRIDE[what])
            if what == "other:officers":
                fate = fate or self._of_sentence(number) or self._of_title()
            if fate == "other:injured":
                fate = self._severity(noun.end, end) or self._severity_before(number) or fate
            return fate or what
        return what

    def _of_sentence(self, number: Number) -> str:
        """What the sentence counted before its officers by rank: *600 postes : 500 gardiens de la paix*."""
        before = self._within("things", self._sentence(number.begin)[0], number.begin)
        return next((tag.label for tag in reversed(before) if tag.label in ("posts", "other:promoted")), "")

    def _of_title(self) -> str:
        """What title or first sentence say of officers, where their own sentence does not."""
        first = bisect_left(self._page.fields, self._page.fields[-1])
        for at in (0, first):
            for tag in self._within("fates", *self._sentence(at)):
                if tag.label in ("other:promoted", "posts", "other:suspended", "other:decorated"):
                    return tag.label
        return ""

    def _severity(self, begin: int, end: int) -> str:
        for tag in self._within("fates", begin, min(end, begin + _SEVERITY)):
            if self._is_number(tag.begin) or self._numbers_between(begin, tag.begin):
                return ""
            if self._within("subset", begin, tag.begin):
                return ""
            if tag.label in SEVERITIES:
                return tag.label if self._is_injury(tag) else ""
        return ""

    def _is_injury(self, tag: Tag) -> bool:
        """Whether the sentence of a degree speaks of injuries: *grave* and خفيف are said of much else."""
        begin, end = self._sentence(tag.begin)
        begin, end = max(begin, tag.begin - _NEAR), min(end, tag.begin + _NEAR)
        return any(
            other.label == "other:injured" or (other.kind == "things" and other.label in SEVERITIES)
            for kind in ("fates", "things")
            for other in self._within(kind, begin, end)
            if not (other.kind == "things" and other.end - other.begin == 1 and other.label in SEVERITIES)
        ) or any(other.label in ("dead", "accidents") for other in self._within("things", begin, end))

    def _severity_before(self, number: Number) -> str:
        """The degree told before: *seriously injuring 94 people*."""
        for tag in reversed(self._within("fates", number.begin - 4, number.begin)):
            between = self._said[tag.end : number.begin]
            if tag.label in SEVERITIES and PAUSE not in between and STOP not in between:
                return "" if self._numbers_between(tag.end, number.begin) else tag.label
        return ""

    def _fate(
        self, number: Number, noun: Tag, *, strong: bool = False, of: frozenset[str] | None = None
    ) -> str:
        """What became of the persons counted: the nearest verb of the sentence (one of *of*)."""
        begin, end = self._sentence(number.begin)
        if of is None and (severity := self._severity(noun.end, end) or self._severity_before(number)):
            return severity
        best, what = float(_FATE + 1), ""
        for tag in self._within("fates", max(begin, number.begin - _NEAR), min(end, noun.end + _NEAR)):
            if of is not None and tag.label not in of:
                continue
            if tag.label in SEVERITIES or (number.begin <= tag.begin < noun.end):
                continue
            weak = self._tag(tag.begin, "weak") is not None
            if (weak and strong) or number.value < self._rules.at_least.get(tag.label, 0):
                continue
            if tag.begin >= noun.end:
                distance = float(tag.begin - noun.end)
                gap = (noun.end, tag.begin)
            else:
                distance = float(number.begin - tag.end)
                gap = (tag.end, number.begin)
            distance += _PAUSE_COST * self._said[gap[0] : gap[1]].count(PAUSE)
            distance += _OTHER_COST * self._numbers_between(*gap) + (_WEAK if weak else 0)
            if distance < best:
                best, what = distance, tag.label
        above = self._rules.above.get(what)
        return above["becomes"] if above is not None and number.value > above["than"] else what

    # -- all figures together

    def _summed(self, found: list[_Found]) -> list[_Found]:
        """*found* with persons told in two parts as one count: *cuatro hombres y una mujer*."""
        summed: list[_Found] = []
        for one in found:
            last = summed[-1] if summed else None
            if one.what in _OF_PERSONS and (extra := self._another(one)):
                one = replace(one, value=one.value + 1, end=extra)
            if (
                last is not None
                and one.what == last.what
                and one.what in _OF_PERSONS
                and one.recalled == last.recalled
                and one.begin - last.end <= 1
                and (self._said[one.begin][:1] == "و" or self._said[one.begin - 1] in _AND)
            ):
                summed[-1] = replace(last, value=last.value + one.value, end=one.end)
            else:
                summed.append(one)
        return summed

    def _whole(self, found: list[_Found]) -> list[_Found]:
        """*found* without parts of a count that was told before: *cinq, dont quatre hommes et une femme*."""
        kept: list[_Found] = []
        index = 0
        while index < len(found):
            one = found[index]
            kept.append(one)
            index += 1
            if one.what not in _OF_PERSONS or one.what == "candidates":
                continue
            sentence = self._sentence(one.begin)
            if one.bare and any(
                other.what == one.what and other.value > one.value and sentence[0] <= other.begin < one.begin
                for other in kept[:-1]
            ):
                kept.pop()
                continue
            end, parts, total = self._sentence(one.begin)[1], index, 0.0
            while parts < len(found) and found[parts].begin < end and found[parts].what == one.what:
                total += found[parts].value
                parts += 1
                if total >= one.value:
                    break
            if total == one.value and found[index].value < one.value:
                index = parts
        return kept

    def _another(self, one: _Found) -> int:
        """Where *… and a woman* right behind persons ends; 0 where nothing such follows."""
        said, at = self._said, one.end
        if at < len(said) and said[at][0] == "و" and (tag := self._tag(at, "person")) is not None:
            return tag.end
        if at + 2 < len(said) and said[at] in _AND and said[at + 1] in ("un", "une", "una", "a", "one"):
            tag = self._tag(at + 2, "person", "persons")
            return tag.end if tag is not None else 0
        return 0

    def _single(self, found: list[_Found]) -> list[_Found]:
        """One arrested, killed or injured, and no number says so."""
        told = {one.what for one in found if not one.recalled}
        denied = self._denied()
        more: list[_Found] = []
        if not denied:
            for what in ("arrests", "dead", "seriously_injured"):
                if what not in told and (one := self._one(what)) is not None:
                    more.append(one)
        for tag in self._by_kind.get("single", ()):
            if self._is_one(tag) and tag.label not in told and not (denied and tag.label in _OF_PERSONS):
                told.add(tag.label)
                more.append(_Found(tag.label, 1.0, tag.begin, tag.end, recalled=self._recalled(tag.begin)))
        return more

    def _is_one(self, tag: Tag) -> bool:
        """Whether *tag* counts one, and no number before it says otherwise: 17 قتيل."""
        before = bisect_left(self._starts, tag.begin) - 1
        return not self._said[tag.begin].startswith("ال") and not (
            before >= 0 and self._numbers[before].begin < tag.begin <= self._numbers[before].end
        )

    def _denied(self) -> bool:
        """Whether title or first sentence deny what the article tells."""
        first = bisect_left(self._page.fields, self._page.fields[-1])
        return any(self._within("denials", *self._sentence(at)) for at in (0, first))

    def _one(self, what: str) -> _Found | None:
        for tag in self._by_kind.get("fates", ()):
            if (
                tag.label != what
                or self._tag(tag.begin, "weak")
                or self._said[tag.begin] in self._rules.things_too
            ):
                continue
            begin, end = self._sentence(tag.begin)
            if self._ends_at("negations", tag.begin, 2) or self._recalled(tag.begin):
                continue
            if self._ends_at("pluperfect", tag.begin, 2):
                continue
            said = self._said[tag.begin]
            if what == "arrests" and self._is_custody_of_dead(tag, begin, end):
                continue
            if what in SEVERITIES and not self._is_injury(tag):
                continue
            if self._ends_at("purposes", tag.begin, 1) or (said[:1] == "ل" and said[1:2] != "ل"):
                continue
            pair = self._within("pair", max(begin, tag.begin - 11), min(end, tag.end + 8))
            behind, before = (8, 11) if what == "arrests" else (4, 6)
            near = [
                *self._within("person", tag.end, min(end, tag.end + behind)),
                *reversed(self._within("person", max(begin, tag.begin - before), tag.begin)),
            ]
            one = pair[0] if pair else near[0] if near else self._unnamed(tag) if what == "arrests" else None
            if one is None:
                continue
            value = 2.0 if pair or self._within("relatives", one.end, min(end, one.end + 5)) else 1.0
            return _Found(what, value, min(one.begin, tag.begin), max(one.end, tag.end))
        return None

    def _is_custody_of_dead(self, tag: Tag, begin: int, end: int) -> bool:
        """Whether *tag* says where somebody died, not that they were arrested: *mort en garde à vue*."""
        return self._said[tag.begin] in self._rules.custody and any(
            other.label == "dead" for kind in ("fates", "things") for other in self._within(kind, begin, end)
        )

    def _unnamed(self, tag: Tag) -> Tag | None:
        """One who is arrested and is told by a word that no rule knows: *arrestation d’un récidiviste*."""
        said, at = self._said, tag.end
        if at + 2 >= len(said):
            return None
        if said[tag.begin][0] < "\u0600":
            at += said[at] in ("d", "de", "a", "of")
            return replace(tag, end=at + 2) if said[at] in ("un", "une", "una") else None
        if (
            said[tag.begin].lstrip("وب") not in self._rules.nouns_of_arrest
            or self._at.get(at)
            or self._is_number(at)
        ):
            return None
        if (
            said[at] in (STOP, PAUSE)
            or said[at].startswith(("ال", "لل"))
            or said[at].endswith(("ين", "ون", "ات"))
        ):
            return None
        return replace(tag, end=at + 1)

    def _consistent(self, found: list[_Found]) -> list[_Found]:
        """*found* without repetitions, roundings of a figure that is told exactly, and conversions."""
        dirhams = any(tag.label.startswith("money_mad") for tag in self._by_kind.get("money", ()))
        suspended = {one.value for one in found if one.what == "other:suspended"}
        denied = self._denied()
        kept: dict[tuple[str, float], _Found] = {}
        for one in found:
            if (dirhams and one.what.startswith("other:money_")) or (
                one.what == "arrests" and one.value in suspended
            ):
                continue
            if denied and one.what in self._rules.claims:
                one = replace(one, what=self._rules.claims[one.what])
            if one.approximate and any(
                other.what == one.what
                and not other.approximate
                and _is_about(one, other)
                and other.recalled == one.recalled
                for other in found
            ):
                continue
            if any(other is not one and _rounds(one, other) for other in found):
                continue
            first = kept.get((one.what, one.value))
            if first is None or (first.recalled and not one.recalled):
                kept[one.what, one.value] = one
        return sorted(kept.values(), key=lambda one: one.begin)


def _rounds(one: _Found, other: _Found) -> bool:
    """Whether *one* is *other* in round numbers: 1.4 tonnes, where 1,432 kg are told too."""
    if (
        one.what != other.what
        or one.recalled != other.recalled
        or one.value < 1000
        or one.value == other.value
    ):
        return False
    if one.what.endswith("_kg") and _digits(one.value) == 1 and one.value < other.value:
        return other.value < one.value + _unit(one.value)
    return abs(one.value - other.value) <= other.value * _ROUNDING and _digits(one.value) + 1 <= _digits(
        other.value
    )


def _is_about(one: _Found, other: _Found) -> bool:
    """Whether *other* is what *one* tells in about: more than a tonne, nearly half a tonne."""
    unit = _unit(one.value)
    below = unit if one.what.endswith("_kg") else 0.0
    return one.value - below < other.value < one.value + unit and one.value != other.value


def _unit(value: float) -> float:
    """What the last digit of *value* that says something counts: 1,000 of 12,000."""
    said = f"{value:.3f}".rstrip("0")
    decimals = len(said) - said.index(".") - 1
    if decimals:
        return float(10.0**-decimals)
    whole = said[:-1]
    return float(10 ** (len(whole) - len(whole.rstrip("0"))))


def _digits(value: float) -> int:
    """How many digits of *value* say something."""
    return len(f"{value:.3f}".replace(".", "").strip("0"))


_HEADED = frozenset(
    """arrests other:victims dead other:injured seriously_injured lightly_injured accidents visitors
    candidates posts reports accounts migrants persons_checked fines vehicles""".split()
)
"""What may stand before its number."""
_NOUNS = frozenset(["things", "persons", "measures", "money", "mass", "substances", "times"])
"""Kinds of words that say what a number counts, or that it counts nothing."""
_CROWDS = frozenset(["posts", "visitors", "candidates", "other:promoted", "other:viewers", "persons_checked"])
"""Fates that may stand before a crowd without a noun."""
_PARTED = frozenset(["posts", "other:promoted"])
"""What is told in parts by rank, each a figure."""
_HARMED = frozenset(["dead", "other:injured", "other:victims", "visitors", *SEVERITIES])
"""What bystanders are counted for."""
_BESIDE = frozenset(["arrests", "dead", "migrants", "other:injured", *SEVERITIES])
"""Fates that may stand beside a number without a noun."""
_OF_PERSONS = (
    frozenset(
        """arrests dead other:injured other:victims other:suspended other:decorated other:suspects migrants
    candidates other:viewers visitors""".split()
    )
    | SEVERITIES
)
"""What persons are counted for."""
_OVERRIDE: Mapping[str, frozenset[str]] = {
    "other:officers": frozenset(
        """dead posts arrests other:suspended other:decorated other:promoted other:injured
        other:officers_trained other:appointments""".split()
    ),
    "other:women": frozenset(["dead", "arrests", "other:injured"]),
    "other:fighters": frozenset(["dead", "arrests"]),
    "other:children": frozenset(["dead", "other:injured", "other:children", "arrests"]),
    "other:pupils": frozenset(["dead", "other:injured", "arrests", "other:cheating_cases"]),
    "other:passengers": frozenset(["dead", "other:injured", "arrests"]),
    "other:clients": frozenset(["dead", "other:injured", "arrests"]),
    "other:workers": frozenset(["dead", "other:injured"]),
    "other:journalists": frozenset(["dead", "other:injured"]),
    "other:minors": frozenset(["migrants", "arrests", "other:children"]),
    "candidates": frozenset(["arrests"]),
}
"""Of persons that have an id of their own, what becomes of them is the figure where it is one of these."""
