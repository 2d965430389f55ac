"""Phrases with blanks, found in a line of words: the notation in which the cues of kinds are written.

A phrase is a row of words as they are folded; what a rule needs beyond fixed words is written so:

``word*``      any word that begins so
``a/b/c``      one of several words
``=word``      exactly so: an Arabic word without anything joined to it
``{name}``     a word of the list *name*
``word?``      may be left out (also ``{name}?``)
``~`` ``~6``   up to three, up to six other words (a pause counts for none); never across a sentence's end
``<name>``     a name of the sort *name* (a body, say) that the caller found in the line
``#``          a number in digits

An Arabic word may carry و ف ب ك ل د and ال, as names may (:mod:`pipeline.annotation.matcher`).

Phrases are looked up by their first word, so that a line costs a few lookups a word, however many phrases.
"""

from __future__ import annotations

import re
from bisect import insort
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Generic, TypeVar

from pipeline.annotation.words import PAUSE, STOP, Remembered, pattern

_GAP = 3
_JOINED = ("", "و", "ف", "ب", "ك", "ل", "د", "وب", "ول", "وف", "وك", "فب", "فل", "س", "وس")
_ARTICLE = ("ال", "وال", "بال", "فال", "كال", "دال", "لل", "ولل", "فلل", "وبال", "ول")
_LIL = ("لل", "ولل", "فلل", "ل", "بل", "دل", "فل")
"""Before a word whose ال has melted into what is joined to it."""
_SHORTEST = 3
"""A shorter Arabic word carries only و and ف: with more, it would be found in every second word."""

Tag = TypeVar("Tag")


@dataclass(frozen=True, slots=True)
class Blank:
    """A step of a phrase that stands for a name, a number or any words."""

    kind: str
    """``gap``, ``name`` or ``number``."""
    name: str = ""
    reach: int = 0


@dataclass(frozen=True, slots=True, eq=False)
class Step:
    """A step of a phrase that is one word; equal only to itself, so that sets of steps are fast."""

    words: frozenset[str]
    beginnings: tuple[str, ...]
    optional: bool = False

    def fits(self, word: str) -> bool:
        return word in self.words or (bool(self.beginnings) and word.startswith(self.beginnings))


@dataclass(frozen=True, slots=True)
class Line:
    """The words of a line, and the names in it."""

    words: Sequence[str]
    sentence_of: Sequence[int]
    """For each word the number of its sentence."""
    names: Mapping[tuple[str, int], int]
    """(sort, index of its first word) → index behind its last."""
    barriers: frozenset[int] = frozenset()
    """Words at which names begin that no gap may run across."""


Phrase = tuple[Step | Blank, ...]


class Unreadable(ValueError):
    """A phrase that does not follow the notation."""


def _joined(word: str) -> Iterator[str]:
    """*word* with all that Arabic may write joined to it."""
    if not "\u0600" <= word[0] <= "\u06ff":
        yield word
        return
    if len(word) < _SHORTEST:
        yield from (word, f"و{word}", f"ف{word}")
        return
    yield from (before + word for before in _JOINED)
    if word.startswith("ال") and len(word) > 4:
        yield from (before + word[2:] for before in _LIL)
    else:
        yield from (before + word for before in _ARTICLE)


def _step(written: str, lists: Mapping[str, Sequence[str]]) -> Step:
    optional = written.endswith("?")
    written = written.removesuffix("?")
    choices: Iterable[str] = written.split("/")
    if named := re.fullmatch(r"\{(\w+)\}", written):
        if named[1] not in lists:
            raise Unreadable(f"no list of words is called {named[1]}")
        choices = lists[named[1]]
    words: set[str] = set()
    beginnings: set[str] = set()
    for choice in choices:
        folded = pattern(choice.strip("=*"))
        if not folded or " " in folded:
            raise Unreadable(f"{choice!r} is not one word")
        forms = [folded] if choice.startswith("=") else list(_joined(folded))
        (beginnings if choice.endswith("*") else words).update(forms)
    return Step(frozenset(words), tuple(sorted(beginnings)), optional)


def parse(
    written: str, lists: Mapping[str, Sequence[str]], steps_known: dict[str, Step] | None = None
) -> Phrase:
    """The steps of *written*, those met before out of *steps_known*; raises :class:`Unreadable`."""
    known = {} if steps_known is None else steps_known

    def word(written: str) -> Step:
        if written not in known:
            known[written] = _step(written, lists)
        return known[written]

    steps: list[Step | Blank] = []
    for part in written.split():
        if gap := re.fullmatch(r"~(\d*)", part):
            steps.append(Blank("gap", reach=int(gap[1] or _GAP)))
        elif name := re.fullmatch(r"<(\w+)>", part):
            steps.append(Blank("name", name[1]))
        elif part == "#":
            steps.append(Blank("number"))
        elif re.search(r"[/{*=?]", part):
            steps.append(word(part))
        else:
            steps += map(word, pattern(part).split())
    if not steps or (isinstance(steps[0], Blank) and steps[0].kind == "gap"):
        raise Unreadable("a phrase begins with a word, a number or a name")
    if isinstance(steps[0], Step) and steps[0].optional:
        raise Unreadable("the first word of a phrase may not be left out")
    return tuple(steps)


def _end(line: Line, phrase: Phrase, step: int, at: int) -> int:
    """The index behind *phrase* from *step* on, read from word *at*; -1 if it does not stand there."""
    words = line.words
    while step < len(phrase):
        now = phrase[step]
        step += 1
        if isinstance(now, Step):
            # Step.fits, written out: this is asked some hundred times an article
            if at < len(words) and (
                (word := words[at]) in now.words or (now.beginnings and word.startswith(now.beginnings))
            ):
                if now.optional:
                    end = _end(line, phrase, step, at + 1)
                    if end >= 0:
                        return end
                else:
                    at += 1
            elif not now.optional:
                return -1
        elif now.kind == "gap":
            return _behind_gap(line, phrase, step, at, now.reach)
        elif now.kind == "name":
            at = line.names.get((now.name, at), -1)
            if at < 0:
                return -1
        elif at < len(words) and words[at][0].isdigit():
            at += 1
        else:
            return -1
    return at


def _behind_gap(line: Line, phrase: Phrase, step: int, at: int, reach: int) -> int:
    """Like :func:`_end`, with up to *reach* words before; the nearest end.

    A phrase that ends in a gap ends before it.
    """
    if step == len(phrase):
        return at
    words = line.words
    following = phrase[step]
    fits = following.fits if isinstance(following, Step) and not following.optional else None
    for index in range(at, min(len(words), at + 2 * reach + 2)):  # at most as many pauses as words
        word = words[index]
        if fits is None or fits(word):
            end = _end(line, phrase, step, index)
            if end >= 0:
                return end
        if word == STOP or index in line.barriers:
            return -1
        if word != PAUSE:
            reach -= 1
            if reach < 0:
                return -1
    return -1


@dataclass(frozen=True, slots=True)
class _Entry(Generic[Tag]):
    """A phrase to be looked for."""

    phrase: Phrase
    tag: Tag
    need: Step | str | None
    """A later step without which the phrase cannot stand in a sentence; most sentences lack it."""


@dataclass(frozen=True, slots=True)
class _Known(Generic[Tag]):
    """What is known of a word."""

    entries: tuple[_Entry[Tag], ...]
    """The phrases that may begin with it."""
    needs: tuple[Step | str, ...]
    """The needs that it fulfils."""


def _need(phrase: Phrase) -> Step | str | None:
    """The last step behind the first that must be there: a word, or the sort of a name."""
    for step in reversed(phrase[1:]):
        if isinstance(step, Step) and not step.optional:
            return step
        if isinstance(step, Blank) and step.kind == "name":
            return step.name
    return None


class _Index(Generic[Tag]):
    """Words and beginnings of words → what is kept under them."""

    def __init__(self) -> None:
        self._words: dict[str, list[Tag]] = {}
        self._beginnings: dict[str, list[Tag]] = {}
        self._lengths: list[int] = []

    def add(self, step: Step, kept: Tag) -> None:
        for word in step.words:
            self._words.setdefault(word, []).append(kept)
        for beginning in step.beginnings:
            self._beginnings.setdefault(beginning, []).append(kept)
            if len(beginning) not in self._lengths:
                insort(self._lengths, len(beginning))

    def __getitem__(self, word: str) -> list[Tag]:
        found = list(self._words.get(word, ()))
        for length in self._lengths:
            if length > len(word):
                break
            found += self._beginnings.get(word[:length], ())
        return found


class Phrasebook(Generic[Tag]):
    """Many phrases, each with a tag; :meth:`find` tells where they stand."""

    def __init__(self, lists: Mapping[str, Sequence[str]] | None = None) -> None:
        self._lists = lists or {}
        self._steps: dict[str, Step] = {}
        self._entries: _Index[_Entry[Tag]] = _Index()
        self._needs: _Index[Step | str] = _Index()
        self._needed: set[Step | str] = set()
        self._by_name: dict[str, list[_Entry[Tag]]] = {}
        self._numbers: list[_Entry[Tag]] = []
        self._known: Remembered[_Known[Tag] | None] = Remembered(self._look_up)

    def add(self, written: str, tag: Tag) -> None:
        """Look for *written* from now on; raises :class:`Unreadable`."""
        phrase = parse(written, self._lists, self._steps)
        entry = _Entry(phrase, tag, _need(phrase))
        first = phrase[0]
        if isinstance(first, Step):
            self._entries.add(first, entry)
        elif first.kind == "name":
            self._by_name.setdefault(first.name, []).append(entry)
        else:
            self._numbers.append(entry)
        if isinstance(entry.need, Step) and entry.need not in self._needed:
            self._needed.add(entry.need)
            self._needs.add(entry.need, entry.need)
        self._known.clear()

    def find(self, line: Line) -> Iterator[tuple[Tag, int, int]]:
        """(tag, begin, end) of every phrase: indexes of its first word and behind its last."""
        told = enumerate(map(self._known.__getitem__, line.words))
        known = [(at, word) for at, word in told if word is not None]
        sentence_of = line.sentence_of
        # What each sentence fulfils of the needs; no phrase runs across its end.
        there: dict[int, set[Step | str | None]] = defaultdict(lambda: {None})
        for at, word in known:
            if word.needs:
                there[sentence_of[at]].update(word.needs)
        for name, at in line.names:
            there[sentence_of[at]].add(name)
        for at, word in known:
            needs = there[sentence_of[at]]
            for entry in word.entries:
                if entry.need in needs:
                    end = _end(line, entry.phrase, 1, at + 1)
                    if end >= 0:
                        yield entry.tag, at, end
        for name, at in line.names:
            needs = there[sentence_of[at]]
            for entry in self._by_name.get(name, ()):
                if entry.need in needs:
                    end = _end(line, entry.phrase, 0, at)
                    if end >= 0:
                        yield entry.tag, at, end

    def _look_up(self, word: str) -> _Known[Tag] | None:
        """What is known of *word*; of most, nothing."""
        entries = self._entries[word]
        if word[0].isdigit():
            entries += self._numbers
        needs = self._needs[word]
        return _Known(tuple(entries), tuple(needs)) if entries or needs else None
