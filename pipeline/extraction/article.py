"""All fields of one page."""

from __future__ import annotations

from urllib.parse import urljoin

from pipeline.extraction import body, decoding, metadata, title, tree
from pipeline.rules import Rules
from store.records import Article, FetchedPage, Reason, Rejection


def extract(page: FetchedPage, rules: Rules) -> Article | Rejection:
    """The article on *page*, or why it is none.  Pure: the same page and rules give the same answer."""
    decoded = decoding.decode(page.body, page.header("content-type"), rules.languages)
    root, _ = tree.parse(decoded.text)
    walked = tree.walk(root)
    claims = metadata.read(walked)
    headline = title.find(walked, claims, rules)
    if headline is None:
        return Rejection(Reason.NO_TITLE, page.url)
    paragraphs = body.find(walked, headline[0])
    if not paragraphs:
        return Rejection(Reason.NO_TEXT, page.url)
    canonical = next((urljoin(page.final_url, h) for r, h, _ in walked.links if r == "canonical"), page.final_url)
    return Article(
        source_id=rules.source_id,
        url=page.url,
        canonical_url=canonical,
        title=headline[0],
        paragraphs=tuple(paragraphs),
        language=rules.languages[0] if rules.languages else "und",
        origins=(("title", headline[1]),),
        flags=decoded.flags,
    )
