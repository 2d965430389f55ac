"""Posts of social networks set into an article: their words are quoted, the accounts are not kept."""

from __future__ import annotations

import re

from pipeline.extraction.tree import Block, Node
from pipeline.extraction.words import POST

_ACCOUNT = re.compile(
    r"(?i)\s*(?:\(@[\w.\-]+\)|\ba post shared by .*$|^@[\w.\-]+|\bpic\.(?:twitter|x)\.com/\w+|♬.*$)"
)
"""Who posted it, its picture, its sound."""
_SIGNS = re.compile(
    r"\(@[\w.\-]+\)\s|\(@[\w.\-]+\)$|pic\.(?:twitter|x)\.com/|a post shared by|♬", re.IGNORECASE
)
"""What stands in a post, and hardly ever in an article's own sentence."""
_DEEP = 4


def quoted(block: Block) -> str:
    """The words of a block; of a post without the account."""
    line = block.text
    if ("@" in line or "pic." in line or "shared by" in line or "♬" in line) and _in_post(block.node):
        return _ACCOUNT.sub("", line).strip()
    return line


def without_accounts(line: str) -> str:
    """A paragraph of which the markup is lost, without the accounts of the posts that it quotes."""
    return _ACCOUNT.sub("", line).strip() if _SIGNS.search(line) else line


def _in_post(node: Node | None) -> bool:
    for _ in range(_DEEP):
        if node is None:
            return False
        if node.name and POST.search(node.name):
            return True
        node = node.parent
    return False
