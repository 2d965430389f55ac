"""The words of ``config/figures.yml`` as they are looked up in a line, word by word."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

from pipeline.annotation.numbers import Numbers
from pipeline.annotation.words import Remembered, pattern

SEVERITIES = frozenset(["seriously_injured", "lightly_injured"])
OF_PERSONS = (
    frozenset(
        """arrests dead other:injured other:victims other:suspended other:decorated other:suspects migrants
    candidates other:viewers visitors""".split()
    )
    | SEVERITIES
)
"""What persons are counted for."""
NOUNS = frozenset(["things", "persons", "measures", "money", "mass", "substances", "times"])
"""Kinds of words that say what a number counts, or that it counts nothing."""
_JOINED = ("", "و", "ف", "ب", "ل", "ك", "د", "ال", "وال", "بال", "فال", "لل", "ولل", "وب", "ول", "كال")
"""What Arabic writes joined to a word."""
_PREPOSITIONS = ("ب", "ل", "ف", "ك")
"""Those of :data:`_JOINED` that are prepositions."""
_SHORTEST = 2
"""No Arabic word is shorter, once what is joined to it is taken off."""
_LONGEST_WORD = 24
"""No word of the rules is longer."""
_MEMORY = 50_000
"""How many words are kept with what the rules say of them; a newspaper's vocabulary is smaller."""
_HUMAN = frozenset(
    """arrests dead candidates visitors migrants other:victims other:officers other:promoted other:decorated
    other:suspended other:minors other:pupils other:agents other:fighters other:returnees other:followers
    other:injured other:viewers other:clients other:passengers other:journalists other:workers other:referred
    other:convened other:cheating_cases other:eligible""".split()
) | {""}
"""Ids of persons; that of :attr:`persons` is empty."""


@dataclass(frozen=True, slots=True)
class Entry:
    """A word or phrase of the rules."""

    kind: str
    label: str
    rest: tuple[str, ...]
    """The words behind its first one; one that ends in ``*`` matches longer words."""


@dataclass(slots=True, unsafe_hash=True)
class Tag:
    """Words ``[begin, end)`` of a page that are in the rules.

    Nothing changes it; it is not frozen because an article has a hundred, and they would take thrice as long.
    """

    kind: str
    label: str
    begin: int
    end: int


@dataclass(frozen=True, slots=True)
class _Known:
    """What the rules say of a word, long phrases first."""

    entries: tuple[Entry, ...]
    alone: tuple[Entry, ...]
    """Those of one word."""
    seconds: frozenset[str]
    """The second words of the others."""
    second_starts: tuple[str, ...]
    """What longer second words begin with."""

    def goes_on(self, token: str) -> bool:
        """Whether *token* may be the second word of one of the entries."""
        bare = _bare(token)
        if not self.seconds.isdisjoint(bare):
            return True
        return bool(self.second_starts) and any(word.startswith(self.second_starts) for word in bare)


class Vocabulary:
    """All words of the rules, looked up word by word."""

    def __init__(self) -> None:
        self.exact: dict[str, list[Entry]] = {}
        self._starts: dict[str, list[Entry]] = {}
        self._known: Remembered[_Known | None] = Remembered(self._look_up)

    def add(self, kind: str, label: str, phrases: Iterable[Any]) -> None:
        for phrase in phrases:
            words = [
                pattern(word.rstrip("*")) + ("*" if word.endswith("*") else "")
                for word in str(phrase).replace("'", " ").split()
            ]
            entry = Entry(kind, label, tuple(words[1:]))
            table = self._starts if words[0].endswith("*") else self.exact
            table.setdefault(words[0].rstrip("*"), []).append(entry)

    def tags(self, said: Sequence[str]) -> list[Tag]:
        """Everything of the rules in *said*, in order; longer phrases first."""
        found: list[Tag] = []
        for index, word in enumerate(map(self._known.__getitem__, said)):
            if word is None:
                continue
            entries = word.entries
            if len(word.alone) < len(entries) and not (
                index + 1 < len(said) and word.goes_on(said[index + 1])
            ):
                found += [Tag(entry.kind, entry.label, index, index + 1) for entry in word.alone]
                continue
            longest: dict[str, int] = {}
            for entry in entries:
                size = len(entry.rest)
                if longest.get(entry.kind, size) == size and (
                    not size or _follows(said, index + 1, entry.rest)
                ):
                    longest[entry.kind] = size
                    found.append(Tag(entry.kind, entry.label, index, index + 1 + size))
        return found

    def is_governed(self, token: str) -> bool:
        """Whether *token* is a word of the rules only without a preposition that is joined to it.

        What a number counts stands right behind it, behind no preposition: 300 دار للبوليس counts houses.
        """
        return (
            token.lstrip("و").startswith(_PREPOSITIONS)
            and token not in self.exact
            and not any(token[:size] in self._starts for size in range(2, len(token) + 1))
        )

    def _look_up(self, token: str) -> _Known | None:
        found: list[Entry] = []
        for bare in _bare(token):
            found += self.exact.get(bare, ())
            for size in range(2, min(len(bare), _LONGEST_WORD) + 1):
                found += self._starts.get(bare[:size], ())
        if not found:
            return None
        found.sort(key=lambda entry: -len(entry.rest))
        entries = tuple(dict.fromkeys(found))
        seconds = {entry.rest[0] for entry in entries if entry.rest}
        starts = {word for word in seconds if word.endswith("*")}
        return _Known(
            entries,
            tuple(entry for entry in entries if not entry.rest),
            frozenset(seconds - starts),
            tuple(word[:-1] for word in starts),
        )


@lru_cache(maxsize=_MEMORY)
def _bare(token: str) -> tuple[str, ...]:
    """*token*, and an Arabic one also without what is joined before it."""
    if token[0] < "\u0600":
        return (token,)
    return tuple(
        token[len(joined) :]
        for joined in _JOINED
        if token.startswith(joined) and (not joined or len(token) - len(joined) >= _SHORTEST)
    )


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


_PLAIN = """
    persons person weak measures labels weekdays range_openers approximate subset claimed recalled
    negations relatives others nationals compared differences penalty pluperfect denials neutral purposes
    of_now half_of one_of pair many family times count_of year_words
""".split()
"""Keys of the rules that hold one list of words; each is a kind of tag."""


COUNTED = ("things", "persons", "money", "mass")
"""Sorts of nouns that a number counts, so that it is no year: 1987 جريحا, *2015 arrestations*."""


class Counted:
    """Tells a number that counts a noun, by the nouns of ``config/figures.yml``."""

    def __init__(self, rules: Mapping[str, Any]) -> None:
        self._vocabulary = _vocabulary(rules)
        self._of = frozenset(map(pattern, rules["of"]))

    def counts(self, said: Sequence[str], behind: int) -> bool:
        """Whether a noun that is counted stands at word *behind*, or one further."""
        behind += behind < len(said) and said[behind] in self._of
        tags = self._vocabulary.tags(said[behind : behind + 3])
        return any(tag.begin == 0 and tag.kind in COUNTED for tag in tags)


def _vocabulary(rules: Mapping[str, Any]) -> Vocabulary:
    words = Vocabulary()
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
    words.add("persons", "bystanders", rules["bystanders"])
    for rule in rules["instead"]:
        words.add("instead", f"{rule['what']}|{rule['becomes']}", rule["near"])
    for kind, label, names in [
        *(("things", label, names) for label, names in rules["things"].items() if label not in SEVERITIES),
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


class Rules:
    """``config/figures.yml``, ready for use."""

    def __init__(self, rules: Mapping[str, Any]) -> None:
        self.numbers = Numbers(rules["numbers"])
        self.vocabulary = _vocabulary(rules)
        self.price: float = rules["price_below"]
        self.fillers = frozenset(map(pattern, rules["fillers"]))
        self.halts = frozenset(map(pattern, rules["stops"]))
        self.of = frozenset(map(pattern, rules["of"]))
        self.things_too = frozenset(map(pattern, rules["things_too"]))
        self.custody = frozenset(map(pattern, rules["custody"]))
        self.nouns_of_arrest = frozenset(map(pattern, rules["nouns_of_arrest"]))
        self.one_unit = frozenset(map(pattern, rules["one_unit"]))
        self.rank_of = frozenset(map(pattern, rules["rank_of"]))
        self.before = frozenset(map(pattern, rules["before_number"]))
        self.to = frozenset(map(pattern, rules["to"]))
        self.taken = frozenset(rules["taken"])
        self.at_least: Mapping[str, float] = rules["at_least"]
        self.above: Mapping[str, Any] = rules["above"]
        self.ends_in = frozenset(rules["ends_in"])
        self.claims: Mapping[str, str] = rules["claims"]
        self.auxiliaries = frozenset(map(pattern, rules["auxiliaries"]))
