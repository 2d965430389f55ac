"""Numbers as they are printed and told: ``1.312``, ``2 577``, مليونين و300 ألف, *quatre-vingt-dix*.

A number is read from the words of a line (:mod:`pipeline.annotation.words`) and from what stands between them
on the page: a line keeps no spaces apart from full stops, and ``2 577`` is one number, ``7, 200`` are two.
"""

from __future__ import annotations

import re
from bisect import bisect_left
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from itertools import compress, count
from typing import Any

from pipeline.annotation.words import PAUSE, STOP, Remembered, Words, pattern

_DIGITS = re.compile(r"([^\d]*)(\d{1,15})([^\d]*)")
_AND = "و"
_JOINED = ("", "و", "ف", "ب", "ل", "ك", "د", "وب", "ول", "فب", "ال")
"""What Arabic writes joined to a number."""
_MONDAY = frozenset(["الاثنين", "والاثنين", "الاثنان"])
"""A day, though it is written like *the two*."""
_TEEN = frozenset(["عشر", "عشره"])
_SUFFIX_SCALES = {"m": 1e6, "mn": 1e6, "bn": 1e9, "k": 1e3}
"""Scales that English writes joined to digits (2.3m)."""
_GROUP_MARKS = frozenset(" \u00a0\u202f\u2009\u2007٬'’")
"""What parts groups of three digits and is no sign of the line."""
_OF = frozenset(["د", "ديال"])
_MILLION = frozenset(["المليون", "مليون", "الملايين", "المليار"])
_LONGEST = 24
"""No number has more words."""


@dataclass(frozen=True, slots=True)
class Number:
    """The words ``[begin, end)`` of a page say *value*."""

    begin: int
    end: int
    value: float
    digits: bool
    """Printed with digits alone, without a word of a scale."""
    prefix: str = ""
    """Letters joined before the digits (``dh2``), but for those that Arabic joins."""
    suffix: str = ""
    """Letters joined behind the digits (``68kg``, ``3e``)."""
    scaled: float = 1.0
    """The last scale that was said: 1,000 in ``40 ألف``."""


class Page:
    """The words of an article by number, with what is printed between them."""

    __slots__ = ("fields", "said", "words")

    def __init__(self, words: Words, most: int = 1_000_000) -> None:
        """The first *most* words of *words*."""
        self.words = words
        self.said = words.said[:most]
        self.fields: list[int] = []
        """For each word, the number of its field."""
        for number, behind in enumerate((*words.field_begins[1:], len(words.line))):
            count = bisect_left(words.begins, behind) - len(self.fields)
            self.fields += [number] * count
        del self.fields[most:]

    def printed(self, index: int) -> str:
        """Word number *index* as printed, with the space behind it."""
        text = self.words.fields[self.fields[index]][1]
        return text[self.words.starts[index] : self.words.ends[index]]

    def around(self, begin: int, end: int) -> tuple[str, str]:
        """The two printed characters before and behind the words ``[begin, end)``."""
        text = self.words.fields[self.fields[begin]][1]
        first, last = self.words.starts[begin], self.words.ends[end - 1]
        if text[last - 1 : last].isspace():
            last -= 1
        return text[max(0, first - 2) : first], text[last : last + 2]

    def touches(self, index: int) -> bool:
        """Whether nothing is printed between word *index* and the next one."""
        if index + 1 >= len(self.said) or self.fields[index] != self.fields[index + 1]:
            return False
        ends, starts = self.words.ends, self.words.starts
        return ends[index] == starts[index + 1] and not self.printed(index)[-1:].isspace()

    def between(self, index: int) -> str:
        """What is printed between word *index* and the next one; a line break at the end of a field."""
        if index + 1 >= len(self.said) or self.fields[index] != self.fields[index + 1]:
            return "\n"
        text = self.words.fields[self.fields[index]][1]
        end = self.words.ends[index]
        if text[end - 1 : end] == " ":
            end -= 1
        return text[end : self.words.starts[index + 1]]


class Numbers:
    """Reads numbers by the words of ``numbers`` in ``config/figures.yml``."""

    def __init__(self, rules: Mapping[str, Any]) -> None:
        self._add = _by_word(rules["add"])
        self.ones = frozenset(map(pattern, rules["one"]))
        self._hundred = frozenset(map(pattern, rules["hundred"]))
        self._scales = _by_word(rules["scales"])
        self._joins = frozenset(rules["joins"])
        self._about = {
            tuple(pattern(word).split()): float(value)
            for value, names in rules["about"].items()
            for word in names
        }
        self._about_first = frozenset(words[0] for words in self._about)
        self._half = tuple(tuple(pattern(phrase).split()) for phrase in rules["half"])
        self._half_first = frozenset(words[0] for words in self._half)
        self._only = {pattern(word): language for word, language in rules["only"].items()}
        self._vague = frozenset(map(pattern, rules["vague"]))
        self._known = (
            frozenset(self._add) | self.ones | self._hundred | frozenset(self._scales) | self._about_first
        )
        self._bare = Remembered(self._take_bare)
        self._begins = Remembered(self._may_begin)

    def read(self, page: Page, language: str = "") -> list[Number]:
        """Every number of *page*, in order."""
        found: list[Number] = []
        free = 0
        begins = map(self._begins.__getitem__, page.said)
        for index in compress(count(), begins):
            if index >= free:
                number = _Reader(self, page, index, language).number()
                if number is not None:
                    found.append(number)
                    free = number.end
        return found

    def _may_begin(self, token: str) -> bool:
        """Whether a number may begin with *token*; most words begin none."""
        return bool(token[-1].isdigit() or token[0].isdigit() or self._bare[token][1])

    def half_behind(self, said: Sequence[str], index: int) -> int:
        """How many words at *index* say "and a half"; none: 0."""
        if index < len(said) and said[index] in self._half_first:
            for words in self._half:
                if tuple(said[index : index + len(words)]) == words:
                    return len(words)
        return 0

    def _take_bare(self, token: str) -> tuple[str, str]:
        """(what is joined before, the word of a number); the second empty if *token* is none."""
        for joined in _JOINED if token not in _MONDAY else ():
            if token.startswith(joined) and token[len(joined) :] in self._known:
                return joined, token[len(joined) :]
        return "", ""


def _by_word(table: Mapping[Any, Iterable[str]]) -> dict[str, float]:
    return {pattern(word): float(value) for value, names in table.items() for word in names}


class _Reader:
    """One number, from its first word on."""

    def __init__(self, rules: Numbers, page: Page, begin: int, language: str) -> None:
        self._rules, self._page, self._begin, self._language = rules, page, begin, language
        self._at = begin
        self._total = 0.0
        self._group = 0.0
        self._empty = True
        self._limit = float("inf")
        self._kept: tuple[int, float, float] | None = None
        self._digits = False
        self._alone_one = False
        self._prefix = self._suffix = ""
        self._scaled = 1.0

    def number(self) -> Number | None:
        said = self._page.said
        while self._at < len(said) and self._at - self._begin < _LONGEST and self._step():
            pass
        if self._empty or (self._alone_one and self._group == 1 and not self._total):
            return None
        value, end = round(self._total + self._group, 6), self._at
        if not self._suffix and self._scaled > 1 and (count := self._rules.half_behind(said, end)):
            value, end = value + self._scaled / 2, end + count
            if end < len(said) and self._rules._scales.get(said[end]) == self._scaled:
                end += 1  # مليون ونصف مليون
        digits = self._digits and self._scaled == 1.0
        return Number(self._begin, end, value, digits, self._prefix, self._suffix, self._scaled)

    def _step(self) -> bool:
        """Take the next word into the number; false where it ends before that word."""
        said = self._page.said
        token = said[self._at]
        if token in (STOP, PAUSE) or self._suffix:
            return False
        if token[-1].isdigit() or token[0].isdigit():
            return self._take_digits(token)
        if not self._empty and token in self._rules._joins:
            return self._take_joined()
        if not self._empty and token == _AND:
            return self._take_apart()
        if token in _OF and not self._empty and self._at + 1 < len(said) and said[self._at + 1] in _MILLION:
            self._at += 1  # Darija: تلاتة د المليون
            token = said[self._at]
        joined, word = self._rules._bare[token]
        if not word or (joined and joined != _AND and not self._empty):
            return False
        if self._wrong_language(word):
            return False
        return self._take_word(word, joined == _AND)

    def _wrong_language(self, word: str) -> bool:
        only = self._rules._only.get(word)
        return only is not None and bool(self._language) and not self._language.startswith(only)

    def _take_digits(self, token: str) -> bool:
        if not self._empty and self._limit == float("inf"):
            return False
        parts = _DIGITS.fullmatch(token)
        if parts is None:
            return False
        before, digits, behind = parts.groups()
        if self._empty:
            if before not in _JOINED:
                self._prefix = before
        elif before != _AND or self._group:
            return False
        value, end = self._grouped(digits, behind)
        if not self._empty and value >= self._limit:
            return False
        self._group, self._at = value, end
        self._digits = self._digits or self._empty
        self._empty = False
        if behind in _SUFFIX_SCALES and end == self._at:
            self._total, self._group = value * _SUFFIX_SCALES[behind], 0.0
            self._scaled = self._limit = _SUFFIX_SCALES[behind]
        elif behind:
            self._suffix = behind
        return True

    def _grouped(self, digits: str, behind: str) -> tuple[float, int]:
        """The value of the digits at hand with the groups or decimals behind them, and where they end."""
        page, at = self._page, self._at
        said = page.said
        at += 1
        if behind:
            return float(digits), at
        whole = digits
        while len(whole) >= 1 and len(digits) <= 3 and digits != "0" and at < len(said):
            if said[at] in (STOP, PAUSE) and page.touches(at - 1) and page.touches(at):
                group, tail = _plain(said[at + 1] if at + 1 < len(said) else "")
                mark = page.printed(at)
                if len(mark) != 1 or mark not in ".,،٬٫" or len(group) != 3 or tail:
                    break
                if self._is_decimal(mark, at + 2):
                    break
                whole, at = whole + group, at + 2
            elif len(said[at]) == 3 and said[at].isdigit() and page.between(at - 1) in _GROUP_MARKS:
                whole, at = whole + said[at], at + 1
            else:
                break
        value = float(whole)
        if at < len(said) and said[at].isdigit() and len(said[at]) <= 3 and page.between(at - 1) == "٫":
            return float(f"{whole}.{said[at]}"), at + 1
        if at + 1 < len(said) and said[at] in (STOP, PAUSE) and page.touches(at - 1) and page.touches(at):
            fraction, tail = _plain(said[at + 1])
            if page.printed(at) in (".", ",", "،", "٫") and 1 <= len(fraction) <= 3 and fraction:
                value = float(f"{whole}.{fraction}")
                self._suffix = "" if tail in _SUFFIX_SCALES else tail
                if tail in _SUFFIX_SCALES:
                    value *= _SUFFIX_SCALES[tail]
                at += 2
        return value, at

    def _is_decimal(self, mark: str, behind: int) -> bool:
        """Whether three digits behind *mark* are decimals: a scale follows (``1,250 million``)."""
        said = self._page.said
        return behind < len(said) and self._rules._scales.get(said[behind], 0) >= 1e6 and mark != "٬"

    def _take_joined(self) -> bool:
        """*et, y, and* between words of a number (vingt et un, treinta y una, two hundred and ten)."""
        said, at = self._page.said, self._at + 1
        if at >= len(said):
            return False
        joined, word = self._rules._bare[said[at]]
        if not word or joined or self._digits:
            return False
        small = self._rules._add.get(word, 1.0 if word in self._rules.ones else 0.0)
        if not small or small >= 100 or not self._fits(small):
            return False
        if word in self._rules.ones and self._group % 10 == 0 and not 20 <= self._group % 100 <= 90:
            return False
        self._group += small
        self._at += 2
        return True

    def _take_apart(self) -> bool:
        """و that stands apart from the number it joins: 48 ألفا و 326."""
        said, at = self._page.said, self._at
        if at + 1 >= len(said):
            return False
        self._at += 1
        taken = False
        if said[at + 1].isdigit():
            taken = self._limit < float("inf") and not self._group and self._take_digits(_AND + said[at + 1])
        else:
            joined, word = self._rules._bare[said[at + 1]]
            if word and not joined and not self._wrong_language(word):
                taken = self._take_word(word, True)
        if not taken and self._at == at + 1:
            self._at = at
        return taken

    def _fits(self, value: float) -> bool:
        """Whether *value* may be added to the group: twenty + three, soixante + onze, not three + twenty."""
        group = self._group
        if value < 10:
            return group % 10 == 0 and (group % 100 != 10 or value >= 7)
        if value < 20:
            return group % 100 in (0, 60, 80)
        if value < 100:
            return group % 100 == 0
        return value < self._limit and group == 0

    def _take_word(self, word: str, joined: bool) -> bool:
        rules = self._rules
        arabic = word[0] > "\u0600"
        if word in rules._about_first and (taken := self._take_about(word)):
            return taken
        if word in rules._scales:
            return self._take_scale(word, joined)
        if word in rules._hundred:
            return self._take_hundred(joined and arabic)
        value = rules._add.get(word)
        if value is None:
            value = 1.0
            if self._empty:
                self._alone_one = True
            elif word[0] > "\u0600" or not self._group or self._group % 10 or self._group < 20:
                return False
        if self._empty:
            self._group, self._empty = value, False
        elif not (self._add_arabic(word, value, joined) if arabic else self._add_latin(word, value)):
            return False
        self._at += 1
        return True

    def _add_latin(self, word: str, value: float) -> bool:
        if word in ("vingt", "vingts") and self._group % 100 == 4:
            self._group += 76
        elif not self._digits and self._fits(value) and (self._group or self._total):
            self._group += value
        else:
            return False
        return True

    def _add_arabic(self, word: str, value: float, joined: bool) -> bool:
        group = self._group
        if word in _TEEN and not joined and 1 <= group % 100 < 10 and not self._digits:
            self._group += 10
        elif not joined or (self._digits and group and not self._total):
            return False
        elif group == 0 and value < self._limit:
            self._group = value
        elif (20 <= value < 100 and 1 <= group % 100 < 10) or (value < 100 and group % 100 == 0):
            self._group += value
        else:
            return False
        return True

    def _take_about(self, word: str) -> bool:
        said, at = self._page.said, self._at
        for words, value in self._rules._about.items():
            if words[0] == word and tuple(said[at : at + len(words)]) == words:
                self._total += (self._group or 1.0) * value
                self._group, self._empty = 0.0, False
                self._at += len(words)
                self._scaled = 1.0
                return True
        return False

    def _take_hundred(self, joined: bool) -> bool:
        group = self._group
        if joined and not self._empty:
            if group:
                return False
            self._group = 100.0
        elif self._digits and group >= 10:
            return False
        elif group % 100 < 10 or self._empty:
            self._group = group + 99 * (group % 100) if group % 100 else group + 100
        else:
            return False
        self._empty = False
        self._at += 1
        return True

    def _take_scale(self, word: str, joined: bool) -> bool:
        scale = self._rules._scales[word]
        double = scale in (2e3, 2e6, 2e9)
        if word in self._rules._vague and not self._group:
            return False
        if scale >= self._limit or (double and self._group):
            if word == "الفا" and self._group:
                double, scale = False, 1e3
            else:
                self._undo()
                return False
        if word == "الفا":
            double, scale = False, 1e3
        if joined and self._group:
            return False
        self._total += scale if double else (self._group or 1.0) * scale
        self._group, self._empty = 0.0, False
        self._at += 1
        self._scaled = self._limit = scale / 2 if double else scale
        self._kept = (self._at, self._total, self._scaled)
        return True

    def _undo(self) -> None:
        """Give back what was taken behind the last scale: it belongs to a number of its own."""
        if self._kept is not None:
            self._at, self._total, self._scaled = self._kept
            self._group = 0.0


def _plain(token: str) -> tuple[str, str]:
    """The digits that *token* begins with, and the letters behind them."""
    parts = _DIGITS.fullmatch(token)
    return (parts[2], parts[3]) if parts is not None and not parts[1] else ("", "")
