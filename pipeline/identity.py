"""What a captured page is to the ledger: a new article, a revision of one, or the same again.

**Which article.**  One URL key, one article (:mod:`store.urls`): the believable canonical URL decides, and an
article that the ledger already knows under one of the page's URLs stays that article, whatever a page says
later about its canonical.

**Which revision.**  A revision is a change of what a reader reads: title, subtitle or text, compared by the
content hash, which is blind to white space, marks and typography.  A change of authors, dates, tags, pictures
or section alone is none: outlets touch these without a word to the reader (a "modified" stamp on every visit,
a tag page merged), and a history full of them hides the edits that matter.  Where the text changes, the
metadata that changed with it are listed too.  Going back to an earlier text is a revision like any other:
history is what was shown, in the order in which it was shown.

**In what order.**  Revisions stand in the order in which their pages were fetched.  This module judges a page
against the newest revision; a page that is older than that (an archive imported later) is put in its place
among the others by the ledger, which compares it with its neighbours there.

Pure: no clock, no ledger; the same arguments give the same answer.
"""

from __future__ import annotations

from store.records import Annotated, Decision, FetchedPage, StoredArticle, Verdict
from store.urls import article_id

_FIELDS = (
    "title",
    "subtitle",
    "text",
    "authors",
    "published",
    "images",
    "videos",
    "section",
    "tags",
    "access",
    "language",
    "canonical_url",
)
"""What a revision may say that it changed, in this order; ``modified`` is a stamp, not content."""


def decide(annotated: Annotated, current: StoredArticle | None, page: FetchedPage) -> Decision:
    """What *page*, read as *annotated*, is to the article *current* that the ledger holds under its URLs.

    A new article is named after its canonical URL; where that is no web address, after the page's.
    """
    if current is None:
        try:
            name = article_id(annotated.article.canonical_url)
        except ValueError:
            name = article_id(page.url)
        return Decision(Verdict.NEW, name, 1)
    if annotated.content_hash == current.annotated.content_hash:
        return Decision(Verdict.UNCHANGED, current.article_id, current.revision)
    return Decision(Verdict.REVISION, current.article_id, current.revision + 1, changed(annotated, current))


def changed(annotated: Annotated, current: StoredArticle) -> tuple[str, ...]:
    """The names of the fields in which *annotated* differs from *current*."""
    new, old = annotated.article, current.article
    return tuple(name for name in _FIELDS if getattr(new, name) != getattr(old, name))
