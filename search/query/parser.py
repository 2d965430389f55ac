"""From what was typed to the tree.  The grammar, loosest first::

    query   = [ or ]
    or      = and { "OR" and }
    and     = unary { [ "AND" ] unary }
    unary   = ( "-" | "NOT" ) unary | primary
    primary = "(" or ")" | field ":" value | '"' words '"' [ "~" n ] | start "*" | word
    value   = "(" or ")" | "-" value | '"' words '"' | word

Operators are upper case; ``or`` is a word.  Punctuation around words is dropped, on its own it is nothing.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal, Protocol

from config.fold import fold
from search.documents import HAS
from search.query import dates
from search.query.faults import QueryFault, close
from search.query.tree import (
    DATES,
    FIELD_NAME,
    FIELDS,
    PLAIN,
    QUOTES,
    All,
    And,
    DateRange,
    Field,
    Near,
    Node,
    Not,
    Or,
    Phrase,
    Prefix,
    Term,
    is_word,
    trimmed,
    walk,
)

MAX_CHARACTERS = 2_000
MAX_WORDS = 256
MAX_DEPTH = 10
"""Parentheses and minus signs in one another; Elasticsearch takes 30 levels, and one of ours may be two."""
MAX_SLOP = 100
MAX_NEAR = 8

_CLOSING = {"«": "»", "“": "“”„‟", "”": "“”„‟", "„": "“”„‟", "‟": "“”„‟", '"': '"', "»": "«»"}
_ENDS_WORD = re.compile(rf"[\s(){QUOTES}]")
_THOUSANDS = re.compile(
    rf"\d{{1,3}}(?:[ \u00a0\u2009\u202f]\d{{3}})+(?=[^\w\s(){QUOTES}]*(?:[\s(){QUOTES}]|$))"
)
_SLOP = re.compile(r"~(\d{1,6})(?=[\s()]|$)")
_PREFIX = re.compile(r"[^\W_]+(?:['’][^\W_]+)*")
# A field of which an article has one value at most.
_SINGLE = frozenset({"source", "country", "scope", "lang", "relevance", "attribution", "story"})
CLOSED = {
    "relevance": ("in", "adjacent", "homonym", "none", "any"),
    "scope": ("national", "international", "agency", "official"),
    "has": tuple(HAS),
    "attribution": ("official", "security_source", "other_official", "foreign_official", "outlet", "none"),
    "voice": ("independent", "copy", "translation", "aggregator"),
}


class Names(Protocol):
    """Who knows the values of the other fields (:class:`search.query.resolve.Names`)."""

    def fault(self, field: str, value: str) -> tuple[str, str] | None:
        """``(message, proposal)`` if *value* is nothing that *field* may hold."""
        ...


Kind = Literal["(", ")", "-", "AND", "OR", "NOT", "field", "quoted", "near", "prefix", "word", "end"]

_OPERATORS: dict[str, Kind] = {"AND": "AND", "OR": "OR", "NOT": "NOT"}


@dataclass(frozen=True, slots=True)
class _Token:
    kind: Kind
    text: str
    column: int
    slop: int = 0


class _Lexer:
    """Cuts the text into tokens; knows columns, not grammar."""

    def __init__(self, typed: str) -> None:
        text: list[str] = []
        self.columns: list[int] = []
        for index, char in enumerate(typed, 1):
            if plain := char.translate(PLAIN):
                text.append(plain)
                self.columns.append(index)
        self.columns.append(len(typed) + 1)
        self.text = "".join(text)
        self.at = 0

    def tokens(self) -> list[_Token]:
        found: list[_Token] = []
        while self.at < len(self.text):
            if self.text[self.at].isspace():
                self.at += 1
                continue
            field = found[-1].text if found and found[-1].kind == "field" else None
            column = self.columns[self.at]
            if token := self._next(after_field=field is not None):
                found.append(token)
            elif field is not None:
                raise QueryFault(f"{field}: needs a value right after the colon", column)
        found.append(_Token("end", "", self.columns[self.at]))
        return found

    def _next(self, after_field: bool) -> _Token | None:
        """The token that begins here, or ``None`` for punctuation; moves behind it."""
        begin, char = self.at, self.text[self.at]
        column = self.columns[begin]
        if char in "()":
            self.at += 1
            return _Token("(" if char == "(" else ")", char, column)
        if char in _CLOSING:
            return self._quoted(char, column)
        if char == "-":
            self.at += 1
            if self.at == len(self.text) or self.text[self.at].isspace() or self.text[self.at] in "-)":
                raise QueryFault(
                    "a minus sign alone says nothing", column, "write -word, or put the words in quotes"
                )
            return _Token("-", char, column)
        if number := _THOUSANDS.match(self.text, begin):
            self.at = number.end()
            return _Token("word", "".join(re.split(r"\s", number[0])), column)
        end = _ENDS_WORD.search(self.text, begin)
        self.at = end.start() if end else len(self.text)
        return self._word(self.text[begin : self.at], begin, after_field)

    def _quoted(self, opening: str, column: int) -> _Token | None:
        begin = self.at + 1
        end = next((i for i in range(begin, len(self.text)) if self.text[i] in _CLOSING[opening]), None)
        if end is None:
            raise QueryFault(
                "these quotes are not closed", column, f"add {_CLOSING[opening][-1]} at their end"
            )
        self.at = end + 1
        text = " ".join(self.text[begin:end].replace('"', " ").split())
        if not any(map(str.isalnum, text)):
            raise QueryFault("there is no word in these quotes", column)
        if not self.text.startswith("~", self.at):
            return _Token("quoted", text, column)
        slop = _SLOP.match(self.text, self.at)
        if slop is None:
            raise QueryFault("~ needs a number of words", self.columns[self.at], f'write "{text}"~5')
        if int(slop[1]) > MAX_SLOP:
            raise QueryFault(
                f"~{slop[1]} is too far, the most is {MAX_SLOP}",
                self.columns[self.at],
                f'write "{text}"~{MAX_SLOP}',
            )
        count = sum(any(map(str.isalnum, word)) for word in text.split())
        if count > MAX_NEAR:
            raise QueryFault(
                f"~ takes {MAX_NEAR} words at most", self.columns[self.at], "leave out the small ones"
            )
        if count < 2:
            raise QueryFault("~ needs two words in the quotes", self.columns[self.at], f'write "{text}"')
        self.at = slop.end()
        return _Token("near", text, column, int(slop[1]))

    def _word(self, typed: str, begin: int, after_field: bool) -> _Token | None:
        column = self.columns[begin]
        if not after_field:
            if operator := _OPERATORS.get(typed):
                return _Token(operator, typed, column)
            if (name := FIELD_NAME.match(typed)) and (token := self._field(name[1], begin, name.end())):
                return token
        if "*" in typed:
            return self._prefix(typed, begin)
        text = trimmed(typed)
        if not text:
            return None
        if not is_word(
            text
        ):  # AND, OR, NOT with punctuation, or as a value: a word that only quotes can hold
            return _Token("quoted", text, column)
        return _Token("word", text, column)

    def _field(self, typed: str, begin: int, length: int) -> _Token | None:
        name, column = typed.lower(), self.columns[begin]
        after = begin + length
        ends = after == len(self.text) or self.text[after].isspace()
        if name in FIELDS or name in DATES:
            if ends or self.text[after] == ")":
                raise QueryFault(f"{name}: needs a value right after the colon", self.columns[after])
            self.at = after
            return _Token("field", name, column)
        if ends:  # "Maroc: …", as headlines are written
            return None
        near = close(name, FIELDS + DATES, 1, 0.6)
        proposal = f"did you mean {near[0]}:" if near else "fields are " + ", ".join(FIELDS + DATES)
        raise QueryFault(f"there is no field {typed!r}", column, f"{proposal}; quotes make it a word")

    def _prefix(self, typed: str, begin: int) -> _Token:
        star = begin + typed.index("*")
        column = self.columns[star]
        shown = typed.rstrip("*.,،؛;!؟?")
        end = trimmed(shown)
        if not end:
            raise QueryFault(
                "* needs the beginning of a word", column, "write at least two letters before it"
            )
        if "*" in end or not typed[typed.index(end) :].startswith(end + "*") or typed.startswith("*"):
            raise QueryFault(
                "* stands only at the end of a word", column, f"write {trimmed(end.replace('*', ''))}*"
            )
        if not _PREFIX.fullmatch(end):
            raise QueryFault("a beginning is one word", column, "put a space or quotes between the words")
        if len(fold(end)) < 2:
            raise QueryFault("this beginning is too short", column, "write at least two letters before *")
        return _Token("prefix", end, self.columns[begin + typed.index(end)])


class _Parser:
    def __init__(self, tokens: list[_Token], names: Names | None) -> None:
        self.tokens = tokens
        self.names = names
        self.at = 0
        self.depth = 0
        self.words = 0

    @property
    def here(self) -> _Token:
        return self.tokens[self.at]

    def take(self) -> _Token:
        token = self.tokens[self.at]
        self.at += 1
        return token

    def next_is(self, *kinds: Kind) -> bool:
        return self.tokens[self.at].kind in kinds

    def query(self) -> Node:
        if self.next_is("end"):
            return All()
        node = self.any_of()
        if self.next_is(")"):
            raise QueryFault("this parenthesis closes nothing", self.here.column, "remove it")
        return node

    def any_of(self, field: str | None = None) -> Node:
        parts = [self.all_of(field)]
        while self.next_is("OR"):
            operator = self.take()
            if self.next_is("end", ")", "OR", "AND"):
                raise QueryFault(
                    "OR needs a right side", operator.column, 'put a word after it, or write "or"'
                )
            parts.append(self.all_of(field))
        return parts[0] if len(parts) == 1 else Or(tuple(parts))

    def all_of(self, field: str | None) -> Node:
        if self.next_is("OR", "AND"):
            operator = self.here
            raise QueryFault(
                f"{operator.kind} needs a left side",
                operator.column,
                f'put a word before it, or write "{operator.text}"',
            )
        begin = self.here.column
        parts = [self.unary(field)]
        while not self.next_is("OR", ")", "end"):
            if self.next_is("AND"):
                operator = self.take()
                if self.next_is("end", ")", "OR", "AND"):
                    raise QueryFault(
                        "AND needs a right side", operator.column, "remove it: words are joined anyway"
                    )
            parts.append(self.unary(field))
        if len(parts) == 1:
            return parts[0]
        if field in _SINGLE and sum(not isinstance(part, Not) for part in parts) > 1:
            raise QueryFault(
                f"an article has one {field} only", begin, f"write {field}:({' OR '.join(map(str, parts))})"
            )
        return And(tuple(parts))

    def nested(self, token: _Token, read: Callable[[], Node]) -> Node:
        self.depth += 1
        if self.depth > MAX_DEPTH:
            raise QueryFault(f"more than {MAX_DEPTH} levels deep", token.column)
        node = read()
        self.depth -= 1
        return node

    def unary(self, field: str | None) -> Node:
        if self.next_is("-", "NOT"):
            operator = self.take()
            if self.next_is("end", ")", "OR", "AND"):
                raise QueryFault(f"{operator.text} needs something to leave out", operator.column)
            return Not(self.nested(operator, lambda: self.unary(field)))
        return self.primary(field)

    def primary(self, field: str | None) -> Node:
        token = self.take()
        if token.kind == "(":
            if self.next_is(")"):
                raise QueryFault("there is nothing in these parentheses", token.column, "remove them")
            if self.next_is("end"):
                raise QueryFault("this parenthesis is not closed", token.column, "remove it")
            node = self.nested(token, lambda: self.any_of(field))
            if not self.next_is(")"):
                raise QueryFault("this parenthesis is not closed", token.column, "add ) at its end")
            self.take()
            return node
        if token.kind == ")":
            raise QueryFault("this parenthesis closes nothing", token.column, "remove it")
        if token.kind == "field":
            if field is not None:
                raise QueryFault(f"{token.text}: inside {field}:", token.column, "fields do not nest")
            return self.field(token)
        return self.leaf(token, field)

    def field(self, token: _Token) -> Node:
        if token.text in DATES:
            return self.date(token)
        return Field(token.text, self.unary(token.text))

    def date(self, token: _Token) -> Node:
        value = self.take()
        spelled = dates.spelled(value.text) if value.kind in ("word", "quoted") else None
        if spelled is None:
            raise QueryFault(
                f"{value.text!r} is not a date",
                value.column,
                "write 2026-11-24, 2026-11, 2026, today, yesterday, or 24h, 7d, 3w, 2m, 1y",
            )
        self.count(value)
        return DateRange(start=spelled) if token.text == "from" else DateRange(end=spelled)

    def count(self, token: _Token) -> None:
        self.words += 1
        if self.words > MAX_WORDS:
            raise QueryFault(f"more than {MAX_WORDS} words", token.column)

    def leaf(self, token: _Token, field: str | None) -> Node:
        self.count(token)
        if field is not None and field != "title":
            self.check(token, field)
        if token.kind == "word":
            return Term(token.text)
        if token.kind == "quoted":
            return Phrase(token.text)
        if token.kind == "near":
            return Near(token.text, token.slop)
        return Prefix(token.text)

    def check(self, token: _Token, field: str) -> None:
        if token.kind not in ("word", "quoted"):
            raise QueryFault(f"{field}: takes whole values", token.column, f"write {field}:{token.text}")
        value = token.text.lower()
        if field in CLOSED:
            if value not in CLOSED[field]:
                near = close(value, CLOSED[field], 1, 0.5)
                known = f"did you mean {near[0]}" if near else "known are " + ", ".join(CLOSED[field])
                raise QueryFault(f"{field}: does not know {token.text!r}", token.column, known)
        elif field == "country" and not re.fullmatch("[a-z]{2}", value):
            raise QueryFault(
                f"{token.text!r} is not a country code", token.column, "write two letters: MA, ES, FR"
            )
        elif field == "lang" and not re.fullmatch("[a-z]{2,3}", value):
            raise QueryFault(
                f"{token.text!r} is not a language code", token.column, "write ar, ary, fr, en, es …"
            )
        elif self.names is not None and (fault := self.names.fault(field, token.text)):
            raise QueryFault(fault[0], token.column, fault[1])


def parse(text: str, names: Names | None = None) -> Node:
    """The tree of *text*; :class:`QueryFault` if it cannot be understood.

    With *names* the values of ``place:``, ``institution:``, ``kind:`` and the like are checked too.
    """
    if len(text) > MAX_CHARACTERS:
        raise QueryFault(
            f"longer than {MAX_CHARACTERS} characters", MAX_CHARACTERS + 1, "ask for less at once"
        )
    tokens = _Lexer(text).tokens()
    if len(tokens) == 1 and text.translate(PLAIN).strip():
        raise QueryFault("there is no word to search for", 1, "write a word, or nothing to see every article")
    tree = _Parser(tokens, names).query()
    _check_dates(tree, tokens)
    return tree


def _check_dates(tree: Node, tokens: list[_Token]) -> None:
    """``from:`` after ``to:`` beside it, where the calendar alone can tell."""
    for node in walk(tree):
        if not isinstance(node, And):
            continue
        starts = [part.start for part in node.of if isinstance(part, DateRange) and part.start]
        ends = [part.end for part in node.of if isinstance(part, DateRange) and part.end]
        for start in starts:
            for end in ends:
                if (
                    dates.is_calendar(start)
                    and dates.is_calendar(end)
                    and start[: len(end)] > end[: len(start)]
                ):
                    column = next(t.column for t in tokens if t.kind == "field" and t.text == "from")
                    raise QueryFault(
                        f"from:{start} is after to:{end}", column, f"write from:{end} to:{start}"
                    )
