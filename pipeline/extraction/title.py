"""The headline, as printed above the article."""

from __future__ import annotations

from pipeline.extraction.metadata import Claims, unescape
from pipeline.extraction.text import clean, key
from pipeline.extraction.tree import Page
from pipeline.rules import Rules

MAX_TITLE = 500


def find(page: Page, claims: Claims, rules: Rules) -> tuple[str, str] | None:
    """(title, origin), or ``None``."""
    og = claims.meta("og:title", "twitter:title")
    ld = claims.ld("headline", "name")
    heads = [b.text for b in page.blocks if b.tag == "h1"]
    for head in heads:
        if len(heads) == 1 or key(head) in (key(og or ""), key(ld or "")) or key(head) in key(page.title):
            if len(head) > 10:
                return head, "h1"
    for value, origin in ((og, "og"), (ld, "json-ld"), (page.title, "title")):
        if value:
            return value, origin
    return None
