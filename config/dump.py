"""Writing configuration as a person would: block style, short lists on one line, long texts folded."""

from __future__ import annotations

import textwrap
from typing import Any

import yaml

from config import build
from config.model import SELECTORS, EntryPoint, SelectorRule, Source

WIDTH = 110
ENTRY_WIDTH = 150
"""An entry point stands on one line where that fits: a list of them reads as a table."""


def source_text(source: Source) -> str:
    """The YAML file of *source*; loading it gives an equal :class:`Source`.

    Keys whose value follows from the others (``collect`` of a foreign outlet, the homepage's own domain) are
    left out, as a person would.
    """
    raw: dict[str, Any] = {
        "id": source.id,
        "name": dict(source.name),
        "country": source.country,
        "languages": list(source.languages),
        "scope": source.scope,
        "homepage": source.homepage,
        "timezone": source.timezone,
        "tier": source.tier,
        "role": source.role,
        "cms": source.cms,
        "domains": [domain for domain in source.domains if domain != build.host(source.homepage)],
        "enabled": None if source.enabled else False,
        "reason": source.reason,
        "access": source.access,
        "notes": source.notes,
        "collect": None if source.collect == build.default_collect(source.scope) else source.collect,
        "entry_points": [_entry_point(entry) for entry in source.entry_points],
        "politeness": _present(delay_s=source.delay_s, max_pages_per_run=source.max_pages_per_run),
        "expect": {"articles_per_day": list(source.expect_per_day)} if source.expect_per_day else None,
        "rules": [_rule(rule) for rule in source.rules],
    }
    return yaml_text({key: value for key, value in raw.items() if value not in (None, [], {})})


def _present(**values: Any) -> dict[str, Any]:
    return {key: value for key, value in values.items() if value not in (None, (), [])}


def _entry_point(entry: EntryPoint) -> dict[str, Any]:
    return _present(
        kind=entry.kind,
        url=entry.url,
        language=entry.language,
        confidence=entry.confidence,
        evidence=list(entry.evidence),
        note=entry.note,
        links=entry.links,
    )


def _rule(rule: SelectorRule) -> dict[str, Any]:
    return _present(
        valid_from=rule.valid_from,
        **{name: getattr(rule, name) for name in SELECTORS},
        drop=list(rule.drop),
    )


def yaml_text(value: dict[str, Any]) -> str:
    """*value* as readable YAML.

    >>> print(yaml_text({"id": "example", "languages": ["ar", "fr"]}), end="")
    id: example
    languages: [ar, fr]
    """
    return "".join(f"{line}\n" for line in _mapping(value, 0))


def _flow(value: Any) -> str:
    """*value* on one line, quoted only where YAML needs it."""
    if isinstance(value, dict):
        return "{" + ", ".join(f"{_flow(key)}: {_flow(item)}" for key, item in value.items()) + "}"
    if isinstance(value, list):
        return "[" + ", ".join(map(_flow, value)) + "]"
    if isinstance(value, str) and _is_plain(value):
        return value
    style = '"' if isinstance(value, str) and not value.isprintable() else None  # escapes line breaks
    dumped: str = yaml.dump(
        [value], default_flow_style=True, default_style=style, allow_unicode=True, width=float("inf")
    )
    return dumped.strip()[1:-1]


def _is_plain(text: str) -> bool:
    """Whether *text* may stand unquoted, in a list, as a key and after one (YAML's own word for it).

    Both in flow and in block style: a lone ``-`` is a string in the one and the start of a list in the other.
    """
    if not text.isprintable():
        return False
    places: tuple[tuple[str, Any], ...] = (
        (f"[{text}]", [text]),
        (f"{{{text}: {text}}}", {text: text}),
        (f"{text}: {text}\n", {text: text}),
        (f"- {text}\n", [text]),
    )
    try:
        return all(yaml.load(place, yaml.CSafeLoader) == read for place, read in places)
    except (yaml.YAMLError, ValueError):
        return False


def _is_short(value: Any, room: int) -> bool:
    """Whether *value* reads well on one line: scalars, and collections of scalars that fit."""
    if isinstance(value, dict | list):
        items = value.values() if isinstance(value, dict) else value
        if any(isinstance(item, dict | list) and item for item in items) and not _is_entry(value):
            return False
        return len(_flow(value)) <= room
    return True


def _is_entry(value: Any) -> bool:
    """A mapping of scalars and short lists, like an entry point: one line if it fits."""
    return (
        isinstance(value, dict)
        and all(
            not isinstance(item, dict)
            and not (isinstance(item, list) and any(isinstance(i, dict | list) for i in item))
            for item in value.values()
        )
        and "kind" in value
        and "url" in value
    )


def _mapping(value: dict[str, Any], indent: int) -> list[str]:
    pad, lines = " " * indent, []
    for key, item in value.items():
        head = f"{pad}{_flow(key)}:"
        lines += _attached(head, item, indent)
    return lines


def _attached(head: str, item: Any, indent: int) -> list[str]:
    """The lines of *item* after *head* (``key:`` or ``-``)."""
    if isinstance(item, str):
        return _string(head, item, indent)
    if not isinstance(item, dict | list) or not item or _is_short(item, WIDTH - len(head) - 1):
        return [f"{head} {_flow(item)}"]
    body = _mapping(item, indent + 2) if isinstance(item, dict) else _sequence(item, indent + 2)
    return [head, *body]


def _sequence(value: list[Any], indent: int) -> list[str]:
    pad, lines = " " * indent, []
    for item in value:
        if _is_entry(item) and _is_short(item, ENTRY_WIDTH - indent - 2):
            lines.append(f"{pad}- {_flow(item)}")
        elif isinstance(item, dict) and item:
            block = _mapping(item, indent + 2)
            lines += [f"{pad}- {block[0].lstrip()}", *block[1:]]
        else:
            lines += _attached(f"{pad}-", item, indent)
    return lines


def _string(head: str, text: str, indent: int) -> list[str]:
    """A text: on one line where it fits, else folded (``>-``) where folding keeps it exactly."""
    if len(head) + len(text) < WIDTH or not _folds(text):
        return [f"{head} {_flow(text)}"]
    pad = " " * (indent + 2)
    lines = textwrap.wrap(text, WIDTH - indent - 2, break_long_words=False, break_on_hyphens=False)
    return [f"{head} >-", *(pad + line for line in lines)]


def _folds(text: str) -> bool:
    """Whether *text* comes back unchanged from a folded block: single spaces between its words only."""
    return (
        text.isprintable() and " ".join(text.split(" ")) == text and "  " not in text and text == text.strip()
    )
