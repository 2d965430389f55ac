"""Records as JSON and back, exactly: ``decode(type(r), encode(r)) == r`` for every record without bytes.

Generic over the dataclasses of :mod:`store.records`: a field added there with a default needs nothing here,
and documents written before it decode with that default.  Strict: an unknown key, a missing one, a wrong type
is a :class:`CodecError` that names the place, never a guess.
"""

from __future__ import annotations

import json
import types
import typing
from collections.abc import Callable
from dataclasses import MISSING, fields, is_dataclass
from datetime import UTC, datetime
from enum import Enum
from functools import cache
from typing import Any, TypeVar, Union

VERSION = 1
"""Of the documents in the ledger and the archive; read back from the key ``v``."""

T = TypeVar("T")
_LETTERS = json.JSONEncoder(ensure_ascii=False, separators=(",", ":")).encode
_ESCAPES = json.JSONEncoder(ensure_ascii=True, separators=(",", ":")).encode


class CodecError(ValueError):
    """A document that is not the record it should be; the message begins with the place."""


def dumps(value: Any) -> str:
    """*value* as compact JSON: real letters where UTF-8 has them, escapes for lone surrogates."""
    text = _LETTERS(value)
    try:
        text.encode("utf-8")
    except UnicodeEncodeError:
        return _ESCAPES(value)
    return text


def encode(record: Any) -> dict[str, Any]:
    """*record* as JSON values; fields at their default are left out."""
    return typing.cast("dict[str, Any]", _encoder(typing.cast(Any, type(record)))(record))


def decode(kind: type[T], document: Any) -> T:
    """The record of type *kind* that :func:`encode` wrote; raises :class:`CodecError`."""
    return typing.cast(T, _decoder(typing.cast(Any, kind))(document, kind.__name__))


def to_document(record: Any) -> str:
    """*record* as a JSON text with its format version."""
    return dumps({"v": VERSION, **encode(record)})


def from_document(kind: type[T], text: str | bytes) -> T:
    """The record of a text by :func:`to_document`; raises :class:`CodecError`."""
    try:
        document = json.loads(text)
    except ValueError as fault:
        raise CodecError(f"{kind.__name__}: no JSON: {fault}") from None
    if not isinstance(document, dict):
        raise CodecError(f"{kind.__name__}: expected an object, found {type(document).__name__}")
    version = document.pop("v", None)
    if version != VERSION:
        raise CodecError(f"{kind.__name__}: format version {version!r}, this program reads {VERSION}")
    return decode(kind, document)


def instant(at: datetime) -> str:
    """*at* as ``2026-11-24T08:00:00.000000Z``; raises :class:`ValueError` for a naive time."""
    if at.tzinfo is None:
        raise ValueError(f"time without a zone: {at!r}")
    return at.astimezone(UTC).replace(tzinfo=None).isoformat(timespec="microseconds") + "Z"


def _read_instant(value: Any, place: str) -> datetime:
    if not isinstance(value, str) or not value.endswith("Z"):
        raise CodecError(f"{place}: expected a UTC time, found {value!r:.60}")
    try:
        return datetime.fromisoformat(value[:-1]).replace(tzinfo=UTC)
    except ValueError:
        raise CodecError(f"{place}: expected a UTC time, found {value!r:.60}") from None


_SCALARS = (str, int, float, bool)


def _same(value: Any) -> Any:
    return value


@cache
def _encoder(kind: Any) -> Callable[[Any], Any]:
    """How values of *kind* become JSON values."""
    origin, arguments = typing.get_origin(kind), typing.get_args(kind)
    if origin in (Union, types.UnionType):
        inner = _encoder(_without_none(kind, arguments))
        return lambda value: None if value is None else inner(value)
    if origin is tuple:
        if len(arguments) == 2 and arguments[1] is Ellipsis:
            item = _encoder(arguments[0])
            return list if item is _same else lambda value: [item(each) for each in value]
        items = [_encoder(argument) for argument in arguments]
        return lambda value: [item(each) for item, each in zip(items, value, strict=True)]
    if kind is datetime:
        return instant
    if kind in _SCALARS:
        return _same
    if isinstance(kind, type) and issubclass(kind, Enum):
        return lambda value: value.value
    if is_dataclass(kind):
        hints = typing.get_type_hints(kind)
        parts = [(f.name, _encoder(hints[f.name]), _default(f)) for f in fields(kind)]

        def encode_fields(record: Any) -> dict[str, Any]:
            document = {}
            for name, encoder, default in parts:
                value = getattr(record, name)
                if default is MISSING or value != default:
                    document[name] = encoder(value)
            return document

        return encode_fields
    raise TypeError(f"no JSON form for {kind!r}")


@cache
def _decoder(kind: Any) -> Callable[[Any, str], Any]:
    """How JSON values become values of *kind*; the second argument names the place in messages."""
    origin, arguments = typing.get_origin(kind), typing.get_args(kind)
    if origin in (Union, types.UnionType):
        inner = _decoder(_without_none(kind, arguments))
        return lambda value, place: None if value is None else inner(value, place)
    if origin is tuple:
        return _tuple_decoder(arguments)
    if kind is datetime:
        return _read_instant
    if kind in _SCALARS:
        return _scalar_decoder(kind)
    if isinstance(kind, type) and issubclass(kind, Enum):
        members = {member.value: member for member in kind}

        def read_member(value: Any, place: str) -> Any:
            try:
                return members[value]
            except (KeyError, TypeError):
                raise CodecError(f"{place}: expected one of {sorted(members)}, found {value!r:.60}") from None

        return read_member
    if is_dataclass(kind):
        return _dataclass_decoder(typing.cast("type[Any]", kind))
    raise TypeError(f"no JSON form for {kind!r}")


def _tuple_decoder(arguments: tuple[Any, ...]) -> Callable[[Any, str], Any]:
    if len(arguments) == 2 and arguments[1] is Ellipsis:
        item = _decoder(arguments[0])

        def read_tuple(value: Any, place: str) -> Any:
            if not isinstance(value, list):
                raise CodecError(f"{place}: expected a list, found {value!r:.60}")
            return tuple([item(each, place) for each in value])

        return read_tuple
    items = [_decoder(argument) for argument in arguments]

    def read_fixed(value: Any, place: str) -> Any:
        if not isinstance(value, list) or len(value) != len(items):
            raise CodecError(f"{place}: expected a list of {len(items)}, found {value!r:.60}")
        return tuple([item(each, place) for item, each in zip(items, value, strict=True)])

    return read_fixed


def _scalar_decoder(kind: Any) -> Callable[[Any, str], Any]:
    def read_scalar(value: Any, place: str) -> Any:
        if type(value) is not kind and not (kind is float and type(value) is int):
            raise CodecError(f"{place}: expected {kind.__name__}, found {value!r:.60}")
        return value

    return read_scalar


def _dataclass_decoder(kind: type[Any]) -> Callable[[Any, str], Any]:
    hints = typing.get_type_hints(kind)
    parts = {f.name: _decoder(hints[f.name]) for f in fields(kind)}
    required = [f.name for f in fields(kind) if _default(f) is MISSING]

    def decode_fields(document: Any, place: str) -> Any:
        if not isinstance(document, dict):
            raise CodecError(f"{place}: expected an object, found {document!r:.60}")
        values = {}
        for name, value in document.items():
            part = parts.get(name)
            if part is None:
                raise CodecError(f"{place}.{name}: unknown field")
            values[name] = part(value, f"{place}.{name}")
        for name in required:
            if name not in values:
                raise CodecError(f"{place}.{name}: missing")
        return kind(**values)

    return decode_fields


def _without_none(kind: Any, arguments: tuple[Any, ...]) -> Any:
    rest = [argument for argument in arguments if argument is not type(None)]
    if len(rest) != 1:
        raise TypeError(f"no JSON form for {kind!r}")
    return rest[0]


def _default(field: Any) -> Any:
    if field.default is not MISSING:
        return field.default
    return MISSING if field.default_factory is MISSING else field.default_factory()
