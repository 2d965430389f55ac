"""Reading one YAML file: the value, or the faults that keep it from being read.

YAML forgives what an editor did not mean: of two equal keys the last wins, a file saved in another encoding
is read as other words.  Both are faults here.
"""

from __future__ import annotations

import codecs
from pathlib import Path
from typing import Any

import yaml

from config.faults import Fault, shown

_MERGE = "tag:yaml.org,2002:merge"


class _Duplicate(yaml.YAMLError):
    """A key that stands twice in one mapping."""

    def __init__(self, key: object, line: int) -> None:
        super().__init__(key, line)
        self.key, self.line = key, line


class _Loader(yaml.CSafeLoader):
    """libyaml's safe loader, which refuses duplicate keys."""

    def construct_mapping(self, node: yaml.MappingNode, deep: bool = False) -> dict[Any, Any]:
        seen = set()
        for key_node, _ in node.value:
            if isinstance(key_node, yaml.ScalarNode) and key_node.tag != _MERGE:
                key = (key_node.tag, key_node.value)
                if key in seen:
                    raise _Duplicate(key_node.value, key_node.start_mark.line + 1)
                seen.add(key)
        return super().construct_mapping(node, deep)


def decode(raw: bytes, label: str) -> tuple[str, list[Fault]]:
    """The text of a configuration file, which must be UTF-8 without a byte order mark and not empty."""
    for mark, name in (
        (codecs.BOM_UTF8, "a byte order mark (UTF-8)"),
        (codecs.BOM_UTF16_LE, "UTF-16"),
        (codecs.BOM_UTF16_BE, "UTF-16"),
    ):
        if raw.startswith(mark):
            return "", [Fault(label, "", name, "UTF-8 without a byte order mark")]
    try:
        text = raw.decode("utf-8")
    except UnicodeDecodeError as error:
        line = raw.count(b"\n", 0, error.start) + 1
        return "", [
            Fault(label, "", f"byte 0x{raw[error.start]:02x}, which is not UTF-8", "UTF-8", line=line)
        ]
    if not text.strip():
        return "", [Fault(label, "", "an empty file", "a mapping")]
    return text, []


def read_yaml(path: Path, label: str) -> tuple[Any, list[Fault]]:
    """The value of the YAML file *path* and its faults; the value is ``None`` where there are any.

    *label* is how the faults name the file.
    """
    try:
        raw = path.read_bytes()
    except OSError as error:
        return None, [Fault(label, "", error.strerror or str(error), "a readable file")]
    text, faults = decode(raw, label)
    if faults:
        return None, faults
    try:
        value = yaml.load(text, _Loader)
    except _Duplicate as error:
        return None, [Fault(label, str(error.key), "the same key twice", "each key once", line=error.line)]
    except yaml.YAMLError as error:
        return None, [_syntax_fault(error, label)]
    except ValueError as error:  # 2026-13-45 looks like a date and is none
        return None, [Fault(label, "", str(error), "valid YAML values")]
    if value is None:
        return None, [Fault(label, "", "an empty file", "a mapping")]
    if not isinstance(value, (dict, list)):  # a list: outlets grouped in one file; others' schema refuses it
        return None, [Fault(label, "", shown(value), "a mapping")]
    return value, []


def _syntax_fault(error: yaml.YAMLError, label: str) -> Fault:
    """Where a YAML file cannot be read on, in libyaml's words."""
    mark = getattr(error, "problem_mark", None)
    problem = getattr(error, "problem", None) or str(error).splitlines()[0]
    return Fault(label, "", problem, "YAML", line=mark.line + 1 if mark else None)
