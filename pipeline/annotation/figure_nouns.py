"""What a number counts: the noun behind or before it, a currency, a verb, or the noun of a number nearby."""

from __future__ import annotations

from dataclasses import replace

from pipeline.annotation.figure_fates import Fates
from pipeline.annotation.figure_line import Line
from pipeline.annotation.figure_words import NOUNS, Tag
from pipeline.annotation.numbers import Number
from pipeline.annotation.words import PAUSE, STOP

_FORWARD = 4
"""So many words behind a number may stand before the noun."""
_BACKWARD = 5
"""So many words before it may stand behind the noun …"""
_COUNTED = 14
"""… and so many where it is said to be a number of something (عدد زوار الدورة … بلغ)."""
_FEW = 10
"""Fewer are no posts."""
_ENDS = 10
"""So far behind a number may stand what it ends in."""
_CURRENCIES = {"$": "other:money_usd", "€": "other:money_eur", "£": "other:money_gbp"}
_HEADED = frozenset(
    """arrests other:victims dead other:injured seriously_injured lightly_injured accidents visitors
    candidates posts reports accounts migrants persons_checked fines vehicles""".split()
)
"""What may stand before its number."""
_PARTED = frozenset(["posts", "other:promoted"])
"""What is told in parts by rank, each a figure."""


class Nouns:
    """Finds what the numbers of one article count."""

    def __init__(self, line: Line, fates: Fates) -> None:
        self._line, self._fates = line, fates

    def noun(self, index: int, number: Number) -> Tag | None:
        """What *number* counts."""
        if number.suffix:
            return self._line.unit(number)
        if (money := self._money_before(number)) is not None:
            return money
        return (
            self._definite(number)
            or self._noun_behind(index, number)
            or self._fates.right_behind(number)
            or self._noun_before(number)
            or self._fates.beside(number)
            or self._ends_in(number)
            or self._rank(number)
            or self._centimes(number)
            or self._elliptic(index)
            or self._shared(index)
        )

    def _unit(self, number: Number) -> Tag | None:
        """The unit that is joined to the digits of *number* (68kg)."""
        for entry in self._line.rules.vocabulary.exact.get(number.suffix, ()):
            if entry.kind in ("mass", "money") and not entry.rest:
                return Tag(entry.kind, entry.label, number.end - 1, number.end)
        return None

    def _money_before(self, number: Number) -> Tag | None:
        """The currency before a number: MAD 184,000, Dh2.3m, $410,000."""
        if number.end == number.begin:
            return None
        before, behind = self._line.page.around(number.begin, number.end)
        code = _CURRENCIES.get(before[1:]) or _CURRENCIES.get(behind.lstrip()[:1])
        if code:
            return Tag("money", f"{code}|1", number.begin, number.end)
        if number.prefix:
            for entry in self._line.rules.vocabulary.exact.get(number.prefix, ()):
                if entry.kind == "money":
                    return Tag("money", entry.label, number.begin, number.end)
            return Tag("measures", "", number.begin, number.end)
        tag = self._line.tag(number.begin - 1, "money") if number.begin else None
        if (
            tag is not None
            and tag.begin == number.begin - 1
            and self._line.said[tag.begin] in ("mad", "dh", "dhs", "eur", "usd")
        ):
            return tag
        return None

    def _definite(self, number: Number) -> Tag | None:
        """The noun before a number with the article: الموقوفون الثلاثة."""
        if number.end == number.begin or number.digits or not self._line.said[number.begin].startswith("ال"):
            return None
        for tag in reversed(
            self._line.at.get(number.begin - 1, []) + self._line.at.get(number.begin - 2, [])
        ):
            if tag.kind in ("things", "persons") and number.begin - 1 <= tag.end <= number.begin:
                return replace(tag, end=number.end)
        return None

    def _noun_behind(self, index: int, number: Number) -> Tag | None:
        said = self._line.said
        unknown = 0
        at = number.end
        limit = min(len(said), number.end + _FORWARD + 2)
        while at < limit and unknown <= 2:
            word = said[at]
            if word in (STOP, PAUSE):
                return None
            if (at > number.end or number.end > number.begin) and self._line.is_number(at):
                dual = self._line.tag(at, "dual")
                if dual is None or at > number.end:
                    return None
            if (
                word in self._line.rules.of
                and at + 1 < limit
                and said[at + 1] in self._line.rules.numbers.ones
            ):
                return None
            tag = self._best(at)
            if tag is None and at == number.end:
                tag = self._national(at)
            if tag is not None:
                return None if self._is_governed(at, number) else tag
            if word in self._line.rules.halts or (unknown and word in self._line.rules.of):
                return None
            if word not in self._line.rules.fillers:
                if word[0] == "و" and at > number.end:
                    return None
                unknown += 1
            at += 1
        return None

    def _is_governed(self, at: int, number: Number) -> bool:
        """Whether the noun at *at* is not what *number* counts, since a preposition is joined to it."""
        if number.end == number.begin or self._line.said[at - 1] in self._line.rules.of:
            return False
        return self._line.rules.vocabulary.is_governed(self._line.said[at])

    def _national(self, at: int) -> Tag | None:
        """Persons told by their nationality alone, right behind their number: *quinze Marocains*."""
        tag = self._line.tag(at, "nationals")
        return replace(tag, kind="persons") if tag is not None else None

    def _best(self, index: int) -> Tag | None:
        """The noun at *index*: the longest, and a thing rather than a person."""
        best: Tag | None = None
        for tag in self._line.at.get(index, ()):
            if tag.kind in NOUNS:
                rank = (tag.end, tag.kind != "persons")
                if best is None or rank > (best.end, best.kind != "persons"):
                    best = tag
        return best

    def _noun_before(self, number: Number) -> Tag | None:
        """*عدد الضحايا … في 117*, *the number of detainees at four*, *Arrests: 5*."""
        said = self._line.said
        meant = self._line.ends_at("approximate", number.begin, 0)
        at = meant.begin if meant is not None and meant.begin < number.begin else number.begin
        first = self._line.sentence(number.begin)[0]
        begin = max(first, at - _BACKWARD - 1)
        token = said[at - 1] if at else STOP
        joined = said[number.begin][:1] in ("ب", "ل")
        headed = token == PAUSE and self._line.page.printed(at - 1)[:1] == ":"
        told = bool(self._line.within("count_of", max(first, at - _COUNTED), at))
        if told:
            begin = max(first, at - _COUNTED)
        if not (joined or headed or told or token in self._line.rules.before):
            return None
        for index in range(at - 1, begin - 1, -1):
            aside = told and self._line.tag(index + 1, "count_of") is not None
            paused = said[index] == PAUSE and index < at - 1 and not aside
            if said[index] == STOP or self._line.is_number(index) or paused:
                return None
            tag = self._line.tag(index, "things") or (self._line.fate_at(index) if told else None)
            if tag is None or tag.end > at:
                continue
            if tag.kind == "things" and (headed or told or tag.label in _HEADED):
                if self._line.numbers_between(max(begin, index - 3), index + 1):
                    return None
                return replace(tag, begin=number.begin, end=number.end)
            if tag.kind == "fates" and not self._line.tag(index, "weak"):
                return Tag("fate", tag.label, number.begin, number.end)
        return None

    def _elliptic(self, index: int) -> Tag | None:
        """A part told without its noun: *5.000 postes, dont 107 de commissaire*, منهم 1810 بالزي المدني.

        Parts of those arrested or killed are told of each of them, and count nothing of their own.
        """
        number = self._line.numbers[index]
        if not number.digits or number.value < _FEW or number.begin >= len(self._line.said):
            return None
        if self._line.subset_of(number) is None:
            return None
        for before in reversed(self._line.numbers[max(0, index - 3) : index]):
            if before.begin < self._line.sentence(number.begin)[0] or before.value <= number.value:
                continue
            noun = self._noun_behind(self._line.numbers.index(before), before)
            if noun is None or noun.kind not in ("things", "persons"):
                continue
            what = (
                self._fates.thing(before, noun) if noun.kind == "things" else self._fates.fate(before, noun)
            )
            return Tag("ends", what, number.begin, number.end) if what in _PARTED else None
        return None

    def _centimes(self, number: Number) -> Tag | None:
        """A sum of millions without a currency, which Darija tells in centimes: دا ليه 20 مليون."""
        if number.scaled < 1e6 or not (self._line.reading.article.language or "").startswith("ary"):
            return None
        return Tag("money", "money_mad|0.01", number.begin, number.end)

    def _rank(self, number: Number) -> Tag | None:
        """Posts told by their rank: *4.200 pour le grade de gardien de la paix*."""
        if number.end == number.begin or number.value < 10:
            return None
        for at in range(number.end, min(number.end + 6, len(self._line.said))):
            if any(tag.label == "other:officers" for tag in self._line.at.get(at, ())):
                begin, end = self._line.sentence(at)
                posts = any(
                    tag.label == "posts"
                    for kind in ("fates", "things")
                    for tag in self._line.within(kind, begin, end)
                )
                return Tag("ends", "posts", number.begin, number.end) if posts else None
            word = self._line.said[at]
            if word not in self._line.rules.rank_of and word.lstrip("لب") not in self._line.rules.rank_of:
                return None
        return None

    def _ends_in(self, number: Number) -> Tag | None:
        """What a count without a noun ends in: *38 578 se sont soldées par le paiement d’une amende*."""
        if number.end == number.begin:
            return None
        for at in range(number.end, min(number.end + _ENDS, len(self._line.said))):
            if self._line.said[at] in (STOP, PAUSE) or self._line.is_number(at):
                break
            tag = self._line.tag(at, "things")
            if tag is not None:
                if tag.label in self._line.rules.ends_in:
                    return Tag("ends", tag.label, number.begin, number.end)
                break
        return None

    def _shared(self, index: int) -> Tag | None:
        """The noun of the other end of a range: entre 15.000 et 40.000 dirhams."""
        if index + 1 >= len(self._line.numbers):
            return None
        number, following = self._line.numbers[index], self._line.numbers[index + 1]
        between = self._line.said[number.end : following.begin]
        if len(between) > 1 or following.end == following.begin:
            return None
        joined = self._line.said[following.begin][:1] == "و" or (
            between and between[0] in self._line.rules.to
        )
        if not joined:
            return None
        noun = self._line.unit(following) if following.suffix else self._noun_behind(index + 1, following)
        if noun is None:
            return None
        opened = self._line.ends_at("range_openers", number.begin, 1)
        to = between and between[0] in ("a", "au", "to", "الي", "hasta")
        if noun.kind == "measures" or opened or to:
            scale = following.scaled if number.value < 1000 <= following.value and number.scaled == 1 else 1.0
            if noun.kind == "money":
                what, factor = noun.label.split("|")
                return Tag("money", f"{what}|{float(factor) * scale}", number.begin, number.end)
            return replace(noun, begin=number.begin, end=number.end)
        return None
