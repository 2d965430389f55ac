"""What a captured page is to the ledger: a new article, a revision of one, or the same again.

**Which article.**  One URL key, one article (:mod:`store.urls`): the believable canonical URL decides, and an
article that the ledger already knows under one of the page's URLs stays that article, whatever a page says
later about its canonical.  A claim to be another page is believed only as far as the texts bear it out: where
something else is held under the claimed address, the page is an article of its own (:func:`is_same`).

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

from store.records import Annotated, Article, Decision, FetchedPage, StoredArticle, Verdict
from store.urls import article_id, url_key

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


_LIKE = 0.3
"""Share of the shorter text's runs of :data:`_RUN` words that both have.  Two readings of one article have
most of them, two articles of one outlet its phrases alone."""
_RUN = 6


def is_same(article: Article, current: StoredArticle, page: FetchedPage) -> bool:
    """Whether *article*, read from *page*, can be the article *current* that is held under its claimed URL.

    It can where *current* was read from the page's own address, however much it was edited; else where the
    texts have much in common.
    """
    own = {key for url in (page.final_url, page.url, page.link.url) if (key := _key(url)) is not None}
    if _key(current.article.url) in own:
        return True
    ours, theirs = _runs(article), _runs(current.article)
    fewer = min(len(ours), len(theirs))
    return len(ours & theirs) >= _LIKE * fewer if fewer else article.title == current.article.title


def _runs(article: Article) -> set[tuple[str, ...]]:
    words = article.text.split()
    return {tuple(words[at : at + _RUN]) for at in range(max(1, len(words) - _RUN + 1))} if words else set()


def _key(url: str) -> str | None:
    try:
        return url_key(url)
    except ValueError:  # no web address
        return None


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
