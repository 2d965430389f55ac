"""The figures of an article: which of its numbers count something of its fact, and what.

A number is no figure until what it counts is known: the noun behind it (or before: *le nombre de victimes à
117*), and for persons what became of them, which the nearest verb of the sentence says.  The rules are
``config/figures.yml``.
"""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date
from typing import Any

from config.loader import Config
from pipeline.annotation.numbers import Number, Numbers, Page
from pipeline.annotation.reading import Reading
from pipeline.annotation.words import PAUSE, STOP, pattern
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
_FATE = 24
"""So far a verb may stand from the persons it speaks of, in words."""
_NEAR = 40
"""Farther in a sentence nothing is looked for."""
_WEAK = 9
"""So much farther a weak word counts."""
_PAUSE_COST = 3
_OTHER_COST = 4
"""What a pause, or another count of persons, adds to the distance."""
_SEVERITIES = frozenset(["seriously_injured", "lightly_injured"])
_SEVERITY = 7
"""So near behind the injured the degree of their injuries stands."""
_YEARS = range(1900, 2100)
"""Numbers that may be years."""
_ROUNDING = 0.07
"""So far a round number may be from the exact one."""
_YEAR = 10
"""So near a number stands a year that it is of, in words, or else near the head of its sentence."""
_ENDS = 10
"""So far behind a number may stand what it ends in."""
_DAY = 31
"""The last day that a month may have."""
_AND = frozenset(["et", "y", "and", "و"])
_CURRENCIES = {"$": "other:money_usd", "€": "other:money_eur", "£": "other:money_gbp"}
_JOINED = ("", "و", "ف", "ب", "ل", "ك", "د", "ال", "وال", "بال", "فال", "لل", "ولل", "وب", "ول", "كال")
"""What Arabic writes joined to a word."""
_SHORTEST = 2
"""No Arabic word is shorter, once what is joined to it is taken off."""
_LONGEST_WORD = 24
"""No word of the rules is longer."""
_MEMORY = 50_000
"""How many words are kept with what the rules say of them; a newspaper's vocabulary is smaller."""


@dataclass(frozen=True, slots=True)
class _Entry:
    """A word or phrase of the rules."""

    kind: str
    label: str
    rest: tuple[str, ...]
    """The words behind its first one; one that ends in ``*`` matches longer words."""


@dataclass(frozen=True, slots=True)
class _Tag:
    """Words ``[begin, end)`` of a page that are in the rules."""

    kind: str
    label: str
    begin: int
    end: int


class _Vocabulary:
    """All words of the rules, looked up word by word."""

    def __init__(self) -> None:
        self._exact: dict[str, list[_Entry]] = {}
        self._starts: dict[str, list[_Entry]] = {}
        self._known: dict[str, tuple[_Entry, ...]] = {}

    def add(self, kind: str, label: str, phrases: Iterable[Any]) -> None:
        for phrase in phrases:
            words = [
                pattern(word.rstrip("*")) + ("*" if word.endswith("*") else "")
                for word in str(phrase).replace("'", " ").split()
            ]
            entry = _Entry(kind, label, tuple(words[1:]))
            table = self._starts if words[0].endswith("*") else self._exact
            table.setdefault(words[0].rstrip("*"), []).append(entry)

    def tags(self, said: Sequence[str]) -> list[_Tag]:
        """Everything of the rules in *said*, in order; longer phrases first."""
        found: list[_Tag] = []
        known = self._known
        for index, token in enumerate(said):
            entries = known.get(token)
            if entries is None:
                entries = self._look_up(token)
            longest: dict[str, int] = {}
            for entry in entries:
                size = len(entry.rest)
                if longest.get(entry.kind, size) == size and (
                    not size or _follows(said, index + 1, entry.rest)
                ):
                    longest[entry.kind] = size
                    found.append(_Tag(entry.kind, entry.label, index, index + 1 + size))
        return found

    def _look_up(self, token: str) -> tuple[_Entry, ...]:
        found: list[_Entry] = []
        for bare in _bare(token):
            found += self._exact.get(bare, ())
            for size in range(2, min(len(bare), _LONGEST_WORD) + 1):
                found += self._starts.get(bare[:size], ())
        found.sort(key=lambda entry: -len(entry.rest))
        if len(self._known) > _MEMORY:
            self._known.clear()
        self._known[token] = entries = tuple(dict.fromkeys(found))
        return entries


def _bare(token: str) -> list[str]:
    """*token*, and an Arabic one also without what is joined before it."""
    if token[0] < "\u0600":
        return [token]
    return [
        token[len(joined) :]
        for joined in _JOINED
        if token.startswith(joined) and (not joined or len(token) - len(joined) >= _SHORTEST)
    ]


def _follows(said: Sequence[str], at: int, words: tuple[str, ...]) -> bool:
    if at + len(words) > len(said):
        return False
    for offset, word in enumerate(words):
        token = said[at + offset]
        if word.endswith("*"):
            if not any(bare.startswith(word[:-1]) for bare in _bare(token)):
                return False
        elif token != word and word not in _bare(token):
            return False
    return True


@dataclass(frozen=True, slots=True)
class _Found:
    """A figure before it is compared with the others."""

    what: str
    value: float
    begin: int
    end: int
    approximate: bool = False
    recalled: bool = False


class Figures:
    """Finds figures by the rules of ``config/figures.yml``."""

    def __init__(self, config: Config) -> None:
        rules: Mapping[str, Any] = config.data("figures")
        self._numbers = Numbers(rules["numbers"])
        self._vocabulary = _vocabulary(rules)
        self._price: float = rules["price_below"]
        self._fillers = frozenset(map(pattern, rules["fillers"]))
        self._halts = frozenset(map(pattern, rules["stops"]))
        self._of = frozenset(map(pattern, rules["of"]))
        self._things_too = frozenset(map(pattern, rules["things_too"]))
        self._nouns_of_arrest = frozenset(map(pattern, rules["nouns_of_arrest"]))
        self._one_unit = frozenset(map(pattern, rules["one_unit"]))
        self._rank_of = frozenset(map(pattern, rules["rank_of"]))
        self._before = frozenset(map(pattern, rules["before_number"]))
        self._to = frozenset(map(pattern, rules["to"]))
        self._taken = frozenset(rules["taken"])
        self._at_least: Mapping[str, float] = rules["at_least"]
        self._ends_in = frozenset(rules["ends_in"])
        self._claims: Mapping[str, str] = rules["claims"]
        self._auxiliaries = frozenset(map(pattern, rules["auxiliaries"]))

    def find(self, reading: Reading) -> tuple[Figure, ...]:
        """The figures of the article, each once, in order."""
        page = Page(reading.words, _LONGEST)
        if not page.said:
            return ()
        return _Finder(self, page, reading).figures()


_PLAIN = """
    persons person weak measures labels weekdays range_openers approximate subset claimed recalled
    negations relatives others denials neutral purposes of_now half_of one_of pair many family times
    count_of year_words
""".split()
"""Keys of the rules that hold one list of words; each is a kind of tag."""


def _vocabulary(rules: Mapping[str, Any]) -> _Vocabulary:
    words = _Vocabulary()
    for kind in ("things", "fates", "single", "substances", "taken", "done"):
        for label, names in rules[kind].items():
            words.add(kind, label, names)
    for what, by_factor in rules["money"].items():
        for factor, names in by_factor.items():
            words.add("money", f"{what}|{factor}", names)
    for kind in ("mass", "mass_dual"):
        for factor, names in rules[kind].items():
            words.add(kind, str(factor), names)
    for month, names in rules["months"].items():
        words.add("months", str(month), names)
    for kind in _PLAIN:
        words.add(kind, "", rules[kind])
    for rule in rules["instead"]:
        words.add("instead", f"{rule['what']}|{rule['becomes']}", rule["near"])
    for kind, label, names in [
        *(("things", label, names) for label, names in rules["things"].items() if label not in _SEVERITIES),
        ("persons", "", rules["persons"]),
    ]:
        for dual in _duals(names, persons=label in _HUMAN):
            words.add("dual", "", [dual])
            words.add(kind, label, [dual])
    return words


def _has_sound_plural(name: str) -> bool:
    """Whether the plural of a word for persons is written like its dual: مسافرين, صحافيين."""
    return name[0] == "م" or name[-1] == "ي" or name in ("زاير", "عامل", "قاصر", "لاعب", "شاهد")


def _duals(names: Iterable[str], *, persons: bool) -> Iterator[str]:
    """The Arabic duals of *names* that no plural is written like."""
    listed = {pattern(name) for name in names}
    for name in listed:
        if " " in name or not name or name[0] < "\u0600" or len(name) < 3 or name.startswith("ال"):
            continue
        if name.endswith(("ين", "ون", "ات", "تان", "ان")):
            if name.endswith("تين"):
                yield name
            continue
        if name[-1] == "ا" and len(name) > 3:
            name = name[:-1]  # طفلا: the accusative of طفل
        if name.endswith("ه"):
            yield name[:-1] + "تين"
            yield name[:-1] + "تان"
        else:
            if name + "ين" not in listed and name[-1] != "ا" and not (persons and _has_sound_plural(name)):
                yield name + "ين"
            if name[-1] != "ا":
                yield name + "ان"


class _Finder:
    """Reads the figures of one article."""

    def __init__(self, rules: Figures, page: Page, reading: Reading) -> None:
        self._rules, self._page, self._reading = rules, page, reading
        self._said = page.said
        self._numbers = rules._numbers.read(page, reading.article.language or "")
        inside = {index for number in self._numbers for index in range(number.begin, number.end)}
        self._stops = [i for i, word in enumerate(self._said) if word == STOP and i not in inside]
        self._at: dict[int, list[_Tag]] = {}
        self._by_kind: dict[str, list[_Tag]] = {}
        for tag in rules._vocabulary.tags(self._said):
            self._at.setdefault(tag.begin, []).append(tag)
            self._by_kind.setdefault(tag.kind, []).append(tag)
        neutral = [(tag.begin, tag.end) for tag in self._by_kind.get("neutral", ())]
        if neutral:
            self._by_kind["fates"] = [
                tag
                for tag in self._by_kind.get("fates", ())
                if not any(begin <= tag.begin < end for begin, end in neutral)
            ]
        self._add_duals(inside)
        self._starts = [number.begin for number in self._numbers]
        self._year = reading.article.published.at.year if reading.article.published else None
        self._dates: set[int] = set()
        self._periods: list[tuple[int, tuple[str, str]]] = []
        self._years: list[tuple[int, int]] = []

    def _add_duals(self, inside: set[int]) -> None:
        duals = [
            Number(tag.begin, tag.begin, 2.0, digits=False)
            for tag in self._by_kind.get("dual", ())
            if tag.begin not in inside and tag.begin - 1 not in inside
        ]
        duals += self._bare_weights(inside)
        if duals:
            self._numbers = sorted([*self._numbers, *duals], key=lambda number: number.begin)

    def _bare_weights(self, inside: set[int]) -> Iterator[Number]:
        """Weights without a number: طنين, half a ton, طن و200 كيلوغرام, *une tonne et 200 kilos*."""
        for tag in self._by_kind.get("mass_dual", ()):
            self._at[tag.begin].insert(0, replace(tag, kind="mass"))
            yield Number(tag.begin, tag.begin, 2.0, digits=False)
        for tag in self._by_kind.get("mass", ()):
            if tag.begin - 1 in inside or tag.begin in inside:
                continue
            if half := self._ends_at("half_of", tag.begin, 0):
                yield Number(half.begin, tag.begin, 0.5, digits=False)
            elif float(tag.label) >= 1000 or self._has_smaller(tag):
                one = self._ends_at("one_of", tag.begin, 0)
                if one is not None:
                    yield Number(one.begin, tag.begin, 1.0, digits=False)
                elif self._said[tag.begin].lstrip("وب") in self._rules._one_unit:
                    yield Number(tag.begin, tag.begin, 1.0, digits=False)

    def _has_smaller(self, tag: _Tag) -> bool:
        """Whether a number of a smaller unit stands behind a unit: كيلوغرام و200 غرام."""
        for number in self._numbers:
            if tag.end <= number.begin <= tag.end + 1:
                unit = self._tag(number.end, "mass")
                return unit is not None and float(unit.label) < float(tag.label)
        return False

    # -- what stands where

    def _tag(self, index: int, *kinds: str) -> _Tag | None:
        for tag in self._at.get(index, ()):
            if tag.kind in kinds:
                return tag
        return None

    def _within(self, kind: str, begin: int, end: int) -> list[_Tag]:
        tags = self._by_kind.get(kind, [])
        first = bisect_left(tags, begin, key=lambda tag: tag.begin)
        last = bisect_left(tags, end, first, key=lambda tag: tag.begin)
        return tags[first:last]

    def _ends_at(self, kind: str, index: int, reach: int) -> _Tag | None:
        """A tag of *kind* that ends at *index* or up to *reach* words before."""
        for tag in reversed(self._within(kind, index - reach - 4, index)):
            if index - reach <= tag.end <= index:
                return tag
        return None

    def _sentence(self, index: int) -> tuple[int, int]:
        stop = bisect_left(self._stops, index)
        begin = self._stops[stop - 1] + 1 if stop else 0
        return begin, self._stops[stop] if stop < len(self._stops) else len(self._said)

    def _numbers_between(self, begin: int, end: int) -> int:
        return bisect_left(self._starts, end) - bisect_left(self._starts, begin)

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
        found = self._summed(found)
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

    # -- dates

    def _read_dates(self) -> None:
        """Note which numbers are of dates, the periods between two, and the years."""
        numbers = self._numbers
        for index, number in enumerate(numbers):
            if not number.digits or number.suffix not in ("", "er"):
                continue
            if number.value in _YEARS and self._is_year(index):
                self._dates.add(number.begin)
                self._years.append((number.begin, int(number.value)))
            elif 1 <= number.value <= _DAY and (month := self._month(number)):
                self._dates.add(number.begin)
                self._read_range(index, month)

    def _is_year(self, index: int) -> bool:
        number = self._numbers[index]
        if number.end - number.begin > 1:
            return False
        if not self._tag(number.end, "things", "persons", "money", "mass"):
            return True
        near = self._year is not None and abs(number.value - self._year) <= 1
        return near and self._tag(number.begin - 1, "months", "year_words") is not None

    def _month(self, number: Number) -> int:
        """The month beside a day: behind it (7 شتنبر, 7 de septiembre), or before (September 7)."""
        for index in (number.end, number.end + 1, number.begin - 1):
            tag = self._tag(index, "months") if index >= 0 else None
            if tag is None or (index == number.end + 1 and self._said[number.end] not in ("de", "of", "من")):
                continue
            if index == number.begin - 1 and self._tag(number.end, "things", "persons", "money", "mass"):
                continue
            return int(tag.label)
        return 0

    def _read_range(self, index: int, month: int) -> None:
        """A period that ends, or begins, with day number *index*."""
        numbers = self._numbers
        last = numbers[index]
        if index and self._in_range(numbers[index - 1], last):
            first = numbers[index - 1]
            before = self._month(first) or month
            self._dates.add(first.begin)
            self._add_period(first, before, last, month)
        elif self._tag(last.begin - 1, "months") and index + 1 < len(numbers):
            following = numbers[index + 1]
            if self._in_range(last, following) and not self._tag(
                following.end, "things", "persons", "money", "mass", "measures"
            ):
                self._dates.add(following.begin)
                self._add_period(last, month, following, self._month(following) or month)

    def _in_range(self, first: Number, last: Number) -> bool:
        if not (first.digits and 1 <= first.value <= _DAY and last.begin - first.end <= 5):
            return False
        between = self._said[first.end : last.begin]
        if STOP in between or self._tag(first.end, "things", "persons", "money", "mass", "measures"):
            return False
        joined = self._said[last.begin][:1] == "و" or any(
            word in self._rules._to or word[:1] == "و" for word in between
        )
        dashed = not between
        opened = self._ends_at("range_openers", first.begin, 3) is not None
        return (joined and opened) or dashed or "الي" in between or "au" in between

    def _add_period(self, first: Number, month: int, last: Number, last_month: int) -> None:
        if self._year is None:
            return
        at = bisect_left(self._numbers, last.end, key=lambda number: number.begin)
        year = self._year
        for behind in self._numbers[at : at + 1]:
            alone = behind.digits and behind.end - behind.begin == 1 and behind.value in _YEARS
            if alone and behind.begin - last.end <= 2 and PAUSE not in self._said[last.end : behind.begin]:
                year = int(behind.value)
        published = self._reading.article.published
        assert published is not None
        try:
            end = date(year, last_month, int(last.value))
            if year == self._year and end > published.at.date() and last_month > published.at.month + 6:
                end = end.replace(year=year - 1)
            begin = date(end.year - (month > last_month), month, int(first.value))
        except ValueError:
            return
        if begin < end:
            self._periods.append((first.begin, (begin.isoformat(), end.isoformat())))

    def _recalled(self, index: int) -> bool:
        """Whether the sentence at *index* tells an earlier fact."""
        begin, end = self._sentence(index)
        if self._within("recalled", begin, end):
            return True
        if self._year is None:
            return False
        return any(
            begin <= at < end
            and year < self._year
            and not self._ends_at("of_now", at, 3)
            and (abs(at - index) <= _YEAR or at - begin <= _YEAR // 2)
            for at, year in self._years
        )

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
        return number.digits and self._tag(number.begin - 1, "labels") is not None

    def _unit(self, number: Number) -> _Tag | None:
        """The unit that is joined to the digits of *number* (68kg)."""
        for entry in self._rules._vocabulary._exact.get(number.suffix, ()):
            if entry.kind in ("mass", "money") and not entry.rest:
                return _Tag(entry.kind, entry.label, number.end - 1, number.end)
        return None

    def _noun(self, index: int, number: Number) -> _Tag | None:
        """What *number* counts."""
        if number.suffix:
            return self._unit(number)
        if (money := self._money_before(number)) is not None:
            return money
        return (
            self._definite(number)
            or self._noun_behind(index, number)
            or self._noun_before(number)
            or self._fate_beside(number)
            or self._ends_in(number)
            or self._rank(number)
            or self._shared(index)
        )

    def _money_before(self, number: Number) -> _Tag | None:
        """The currency before a number: MAD 184,000, Dh2.3m, $410,000."""
        if number.end == number.begin:
            return None
        before, behind = self._page.around(number.begin, number.end)
        code = _CURRENCIES.get(before[1:]) or _CURRENCIES.get(behind.lstrip()[:1])
        if code:
            return _Tag("money", f"{code}|1", number.begin, number.end)
        if number.prefix:
            for entry in self._rules._vocabulary._exact.get(number.prefix, ()):
                if entry.kind == "money":
                    return _Tag("money", entry.label, number.begin, number.end)
            return _Tag("measures", "", number.begin, number.end)
        tag = self._tag(number.begin - 1, "money") if number.begin else None
        if (
            tag is not None
            and tag.begin == number.begin - 1
            and self._said[tag.begin] in ("mad", "dh", "dhs", "eur", "usd")
        ):
            return tag
        return None

    def _definite(self, number: Number) -> _Tag | None:
        """The noun before a number with the article: الموقوفون الثلاثة."""
        if number.end == number.begin or number.digits or not self._said[number.begin].startswith("ال"):
            return None
        for tag in reversed(self._at.get(number.begin - 1, []) + self._at.get(number.begin - 2, [])):
            if tag.kind in ("things", "persons") and number.begin - 1 <= tag.end <= number.begin:
                return replace(tag, end=number.end)
        return None

    def _noun_behind(self, index: int, number: Number) -> _Tag | None:
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
            tag = self._best(at)
            if tag is not None:
                if tag.kind == "fates":
                    return None
                return tag
            if word in self._rules._halts or (unknown and word in self._rules._of):
                return None
            if word not in self._rules._fillers:
                if word[0] == "و" and at > number.end:
                    return None
                unknown += 1
            at += 1
        return None

    def _is_number(self, index: int) -> bool:
        first = bisect_left(self._starts, index)
        return first < len(self._starts) and self._starts[first] == index

    def _best(self, index: int) -> _Tag | None:
        """The noun at *index*: the longest, and a thing rather than a person."""
        best: _Tag | None = None
        for tag in self._at.get(index, ()):
            if tag.kind in _NOUNS:
                rank = (tag.end, tag.kind != "persons")
                if best is None or rank > (best.end, best.kind != "persons"):
                    best = tag
        return best

    def _noun_before(self, number: Number) -> _Tag | None:
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
        if not (joined or headed or told or token in self._rules._before):
            return None
        for index in range(at - 1, begin - 1, -1):
            if said[index] == STOP or self._is_number(index) or (said[index] == PAUSE and index < at - 1):
                return None
            tag = self._tag(index, "things") or (self._fate_at(index) if told else None)
            if tag is None or tag.end > at:
                continue
            if tag.kind == "things" and (headed or told or tag.label in _HEADED):
                if self._numbers_between(max(begin, index - 3), index + 1):
                    return None
                return replace(tag, begin=number.begin, end=number.end)
            if tag.kind == "fates" and not self._tag(index, "weak"):
                return _Tag("fate", tag.label, number.begin, number.end)
        return None

    def _fate_beside(self, number: Number) -> _Tag | None:
        """The verb right beside a number without a noun: مصرع ثلاثة منهم, 2853 بجروح خفيفة."""
        return (
            self._fate_close_behind(number)
            or self._fate_of_unknown(number)
            or self._fate_close_before(number)
        )

    def _fate_close_behind(self, number: Number) -> _Tag | None:
        said = self._said
        part = self._tag(number.end, "subset")
        for at in range(part.end if part else number.end, min(number.end + 5, len(said))):
            word = said[at]
            if word in (STOP, PAUSE) or self._is_number(at):
                return None
            if (tag := self._fate_at(at)) and not self._tag(at, "weak") and tag.label in _BESIDE:
                return replace(tag, kind="fate", begin=number.begin, end=tag.end)
            if word in self._rules._auxiliaries or word in self._rules._fillers or word[:1] == "ب":
                continue
            severe = self._severity(at, min(at + 4, len(said)))
            return _Tag("fate", severe, number.begin, number.end) if severe else None
        return None

    def _fate_of_unknown(self, number: Number) -> _Tag | None:
        """*trois passeurs ont été arrêtés*: persons by a word that no rule knows."""
        said = self._said
        for at in range(number.end + 1, min(number.end + 6, len(said))):
            if said[at - 1] in (STOP, PAUSE) or self._is_number(at):
                return None
            tag = self._fate_at(at) if said[at - 1] in self._rules._auxiliaries else None
            if tag is not None and tag.label in _BESIDE:
                return replace(tag, kind="fate", begin=number.begin, end=number.end)
        return None

    def _fate_close_before(self, number: Number) -> _Tag | None:
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
            if alone or said[at] not in self._rules._things_too:
                return _Tag("fate", tag.label, number.begin, number.end)
        return None

    def _rank(self, number: Number) -> _Tag | None:
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
                return _Tag("ends", "posts", number.begin, number.end) if posts else None
            word = self._said[at]
            if word not in self._rules._rank_of and word.lstrip("لب") not in self._rules._rank_of:
                return None
        return None

    def _fate_at(self, index: int) -> _Tag | None:
        return next((tag for tag in self._within("fates", index, index + 1)), None)

    def _ends_in(self, number: Number) -> _Tag | None:
        """What a count without a noun ends in: *38 578 se sont soldées par le paiement d’une amende*."""
        if number.end == number.begin:
            return None
        for at in range(number.end, min(number.end + _ENDS, len(self._said))):
            if self._said[at] in (STOP, PAUSE) or self._is_number(at):
                break
            tag = self._tag(at, "things")
            if tag is not None:
                if tag.label in self._rules._ends_in:
                    return _Tag("ends", tag.label, number.begin, number.end)
                break
        return None

    def _shared(self, index: int) -> _Tag | None:
        """The noun of the other end of a range: entre 15.000 et 40.000 dirhams."""
        if index + 1 >= len(self._numbers):
            return None
        number, following = self._numbers[index], self._numbers[index + 1]
        between = self._said[number.end : following.begin]
        if len(between) > 1 or following.end == following.begin:
            return None
        joined = self._said[following.begin][:1] == "و" or (between and between[0] in self._rules._to)
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
                return _Tag("money", f"{what}|{float(factor) * scale}", number.begin, number.end)
            return replace(noun, begin=number.begin, end=number.end)
        return None

    # -- what is counted

    def _counted(self, number: Number, noun: _Tag) -> Iterator[_Found]:
        value = number.value
        end = max(number.end, noun.end)
        what = ""
        if noun.kind == "money":
            what, factor = noun.label.split("|")
            value = round(value * float(factor), 6)
            if value < self._rules._price or self._is_claimed(number):
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
            if what == "posts" and value < _FEW:
                return
        if not what or value <= 0 or self._is_part(number, noun, what) or self._is_denied(number):
            return
        if value < self._rules._at_least.get(what, 0):
            return
        if noun.kind == "persons" or what in _OF_PERSONS:
            value += self._one_more(number)
        approximate = self._ends_at("approximate", number.begin, 0) is not None
        yield _Found(what, value, number.begin, end, approximate, self._recalled(number.begin))

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
        return self._ends_at("claimed", number.begin, 3) is not None

    def _is_denied(self, number: Number) -> bool:
        return (
            number.end > number.begin
            and self._ends_at("negations", number.begin, 0) is not None
            and number.value < 2
        )

    def _is_part(self, number: Number, noun: _Tag, what: str) -> bool:
        """Whether the count is a part of one told before."""
        begin = number.begin
        behind = self._tag(number.end, "subset") if number.end > number.begin else None
        if behind is not None and noun.kind != "ends":
            return what not in _SEVERITIES
        of_persons = noun.kind == "persons" or what in _OF_PERSONS
        if of_persons and number.value < 100 and self._is_of_known(number):
            return what not in _SEVERITIES
        before = self._ends_at("subset", begin, 1)
        if before is None or (before.end == begin - 1 and self._tag(before.end, "fates")):
            return False
        if what == "other:women":
            sentence = self._sentence(begin)
            return any(tag.label == "arrests" for tag in self._within("fates", sentence[0], begin))
        return what not in _SEVERITIES and (noun.kind in ("persons", "fate") or what in _OF_PERSONS)

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

    def _weighed(self, number: Number, noun: _Tag) -> tuple[str, float, int]:
        """(what, kilograms, end) of a weight, with the smaller unit behind it: ثلاثة أطنان و520 كيلوغراما."""
        value, end = number.value * float(noun.label), noun.end
        said = self._said
        if count := self._rules._numbers.half_behind(said, end):
            value, end = value + float(noun.label) / 2, end + count
        at = bisect_left(self._starts, end)
        if at < len(self._starts) and self._starts[at] - end <= 1:
            more = next(n for n in self._numbers if n.begin == self._starts[at])
            between = said[end : more.begin]
            unit = self._tag(more.end, "mass")
            joined = said[more.begin][:1] == "و" or (between and between[0] in _AND)
            if unit is not None and joined and float(unit.label) < float(noun.label):
                value, end = value + more.value * float(unit.label), unit.end
                self._dates.add(more.begin)
        return self._substance(number, end), round(value, 6), end

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

    def _thing(self, number: Number, noun: _Tag) -> str:
        what = noun.label
        begin, end = self._sentence(number.begin)
        for tag in self._within("instead", max(begin, number.begin - 12), min(end, noun.end + 12)):
            of, becomes = tag.label.split("|")
            if of == what:
                return becomes
        if what == "other:injured":
            return self._severity(noun.end, end) or self._severity_before(number) or what
        if what in self._rules._taken and not self._within("taken", begin, end):
            return ""
        if what in _OVERRIDE:
            if self._ends_at("subset", number.begin, 1):
                return what
            fate = self._fate(number, noun, strong=what != "other:minors", of=_OVERRIDE[what])
            return fate or (self._of_title() if what == "other:officers" else "") or what
        return what

    def _of_title(self) -> str:
        """What the title says of officers, where their own sentence does not."""
        for tag in self._within("fates", *self._sentence(0)):
            if tag.label in ("other:promoted", "posts", "other:suspended", "other:decorated"):
                return tag.label
        return ""

    def _severity(self, begin: int, end: int) -> str:
        for tag in self._within("fates", begin, min(end, begin + _SEVERITY)):
            if self._is_number(tag.begin) or self._numbers_between(begin, tag.begin):
                return ""
            if tag.label in _SEVERITIES:
                return tag.label if self._is_injury(tag) else ""
        return ""

    def _is_injury(self, tag: _Tag) -> bool:
        """Whether the sentence of a degree speaks of injuries: *grave* and خفيف are said of much else."""
        begin, end = self._sentence(tag.begin)
        begin, end = max(begin, tag.begin - _NEAR), min(end, tag.begin + _NEAR)
        return any(
            other.label == "other:injured" or (other.kind == "things" and other.label in _SEVERITIES)
            for kind in ("fates", "things")
            for other in self._within(kind, begin, end)
            if not (other.kind == "things" and other.end - other.begin == 1 and other.label in _SEVERITIES)
        ) or any(other.label in ("dead", "accidents") for other in self._within("things", begin, end))

    def _severity_before(self, number: Number) -> str:
        """The degree told before: *seriously injuring 94 people*."""
        for tag in reversed(self._within("fates", number.begin - 4, number.begin)):
            between = self._said[tag.end : number.begin]
            if tag.label in _SEVERITIES and PAUSE not in between and STOP not in between:
                return "" if self._numbers_between(tag.end, number.begin) else tag.label
        return ""

    def _fate(
        self, number: Number, noun: _Tag, *, strong: bool = False, of: frozenset[str] | None = None
    ) -> str:
        """What became of the persons counted: the nearest verb of the sentence (one of *of*)."""
        begin, end = self._sentence(number.begin)
        if of is None and (severity := self._severity(noun.end, end) or self._severity_before(number)):
            return severity
        best, what = float(_FATE + 1), ""
        for tag in self._within("fates", max(begin, number.begin - _NEAR), min(end, noun.end + _NEAR)):
            if of is not None and tag.label not in of:
                continue
            if tag.label in _SEVERITIES or (number.begin <= tag.begin < noun.end):
                continue
            weak = self._tag(tag.begin, "weak") is not None
            if weak and strong:
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
        return what

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

    def _another(self, one: _Found) -> int:
        """Where *… and a woman* right behind persons ends; 0 where nothing such follows."""
        said, at = self._said, one.end
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
            if tag.label not in told and not self._said[tag.begin].startswith("ال"):
                told.add(tag.label)
                more.append(_Found(tag.label, 1.0, tag.begin, tag.end, recalled=self._recalled(tag.begin)))
        return more

    def _denied(self) -> bool:
        """Whether title or first sentence deny what the article tells."""
        first = bisect_left(self._page.fields, self._page.fields[-1])
        return any(self._within("denials", *self._sentence(at)) for at in (0, first))

    def _one(self, what: str) -> _Found | None:
        for tag in self._by_kind.get("fates", ()):
            if (
                tag.label != what
                or self._tag(tag.begin, "weak")
                or self._said[tag.begin] in self._rules._things_too
            ):
                continue
            begin, end = self._sentence(tag.begin)
            if self._ends_at("negations", tag.begin, 2) or self._recalled(tag.begin):
                continue
            said = self._said[tag.begin]
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

    def _unnamed(self, tag: _Tag) -> _Tag | None:
        """One who is arrested and is told by a word that no rule knows: *arrestation d’un récidiviste*."""
        said, at = self._said, tag.end
        if at + 2 >= len(said):
            return None
        if said[tag.begin][0] < "\u0600":
            at += said[at] in ("d", "de", "a", "of")
            return replace(tag, end=at + 2) if said[at] in ("un", "une", "una") else None
        if (
            said[tag.begin].lstrip("وب") not in self._rules._nouns_of_arrest
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
            if denied and one.what in self._rules._claims:
                one = replace(one, what=self._rules._claims[one.what])
            if one.approximate and any(
                other.what == one.what
                and not other.approximate
                and one.value < other.value < one.value + _unit(one.value)
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
    return abs(one.value - other.value) <= other.value * _ROUNDING and _digits(one.value) + 1 <= _digits(
        other.value
    )


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


_HUMAN = frozenset(
    """arrests dead candidates visitors migrants other:victims other:officers other:promoted other:decorated
    other:suspended other:minors other:pupils other:agents other:fighters other:returnees other:followers
    other:injured other:viewers other:clients other:passengers other:journalists other:workers other:referred
    other:convened other:cheating_cases other:eligible""".split()
) | {""}
"""Ids of persons; that of :attr:`persons` is empty."""
_HEADED = frozenset(
    """arrests other:victims dead other:injured seriously_injured lightly_injured accidents visitors
    candidates posts reports accounts migrants persons_checked fines vehicles""".split()
)
"""What may stand before its number."""
_NOUNS = frozenset(["things", "persons", "measures", "money", "mass", "substances", "times"])
"""Kinds of words that say what a number counts, or that it counts nothing."""
_CROWDS = frozenset(["posts", "visitors", "candidates", "other:promoted", "other:viewers", "persons_checked"])
"""Fates that may stand before a crowd without a noun."""
_BESIDE = frozenset(["arrests", "dead", "migrants", "other:injured", *_SEVERITIES])
"""Fates that may stand beside a number without a noun."""
_OF_PERSONS = (
    frozenset(
        """arrests dead other:injured other:victims other:suspended other:decorated other:suspects migrants
    candidates other:viewers visitors""".split()
    )
    | _SEVERITIES
)
"""What persons are counted for."""
_OVERRIDE: Mapping[str, frozenset[str]] = {
    "other:officers": frozenset(
        ["dead", "posts", "arrests", "other:suspended", "other:decorated", "other:promoted", "other:injured"]
    ),
    "other:women": frozenset(["dead", "arrests"]),
    "other:fighters": frozenset(["dead", "arrests"]),
    "other:children": frozenset(["dead", "other:injured", "other:children", "arrests"]),
    "other:pupils": frozenset(["dead", "other:injured"]),
    "other:minors": frozenset(["migrants", "arrests", "other:children"]),
    "candidates": frozenset(["arrests"]),
}
"""Of persons that have an id of their own, what becomes of them is the figure where it is one of these."""
