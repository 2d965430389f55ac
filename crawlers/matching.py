"""Whether a link is worth asking for, judged from its hint and address alone.

A verdict against a link is an answer that is counted: shares of coverage keep their denominator.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from datetime import datetime
from functools import lru_cache
from urllib.parse import unquote

import ahocorasick

from config.fold import fold
from config.model import Source
from crawlers.dates import url_day
from store.records import Link, Reason, Via

# What Arabic writes onto the front of a word: و ف (and), ب ك ل (in, as, to), ال (the); ل + ال gives لل.
_PROCLITICS = frozenset(
    f"{conjunction}{preposition}{article}"
    for conjunction in ("", "و", "ف")
    for preposition in ("", "ب", "ك", "ل")
    for article in ("", "ال")
) | {"لل", "ولل", "فلل"}
_WITH_ARTICLE = frozenset(prefix for prefix in _PROCLITICS if prefix.endswith(("ال", "لل")))

_INITIALS = re.compile(r"(?<![^\W_])([^\W\d_])\.(?=[^\W\d_](?![^\W_]))")
_NOT_WORD = re.compile(r"[\W_]+")
_ARABIC = re.compile(r"[\u0621-\u064a]")


def verdict(
    link: Link, source: Source, watchwords: tuple[str, ...], window_start: datetime | None
) -> Reason | None:
    """Why *link* is not asked for, or ``None`` if it is.

    ``TOO_OLD``: published, or last changed, or (by its address) of a day before *window_start*; ``None`` for
    no window.  A change date proves age only backwards: a page changed since may be an old one, and is read.
    ``NOT_MATCHING``: *source* collects only what matches, and neither hint nor address names a watchword.
    """
    if window_start is not None and _too_old(link, window_start):
        return Reason.TOO_OLD
    # A revisit or an archive is asked for by name: nothing is left to choose.
    chosen = link.via in (Via.REVISIT, Via.WARC)
    if source.collect == "matching" and not chosen and not names_watchword(link, watchwords):
        return Reason.NOT_MATCHING
    return None


def _too_old(link: Link, window_start: datetime) -> bool:
    hint = link.hint
    if hint.published_at is not None:
        return hint.published_at < window_start
    if hint.modified_at is not None and hint.modified_at < window_start:
        return True
    span = url_day(link.url)
    return span is not None and span[1] < window_start


def names_watchword(link: Link, watchwords: tuple[str, ...]) -> bool:
    """Whether the hint or the address of *link* names one of *watchwords* (folded) as a whole word.

    An address is read with its ``%XX`` undone and its hyphens as spaces; Arabic proclitics may stand before a
    word (وبالمغرب names المغرب).
    """
    automaton = _automaton(watchwords)
    if not watchwords:
        return False
    path = link.url.partition("://")[2].partition("/")[2]
    texts = (link.hint.title, link.hint.summary, unquote(path))
    return any(_names(text, automaton) for text in texts if text)


def _names(text: str, automaton: ahocorasick.Automaton) -> bool:
    words = f" {_spaced(fold(text))} "
    for end, (length, article, arabic) in automaton.iter(words):
        if words[end + 1] != " ":
            continue
        start = end - length + 1
        prefix = words[words.rfind(" ", 0, start) + 1 : start] if words[start - 1] != " " else ""
        if prefix in (_WITH_ARTICLE if article else _PROCLITICS) if arabic else not prefix:
            return True
    return False


def _spaced(folded: str) -> str:
    """*folded* as words with one space between them; initials with dots are one word (d.g.s.n. → dgsn)."""
    return _NOT_WORD.sub(" ", _INITIALS.sub(r"\1", folded)).strip()


@lru_cache(maxsize=8)
def _automaton(watchwords: Iterable[str]) -> ahocorasick.Automaton:
    """Finds every watchword; with each: its length, whether it bears the article, whether it is Arabic.

    The article is cut off (للمغرب holds المغرب without its alef) and asked for again before the hit counts.
    """
    automaton = ahocorasick.Automaton()
    for word in watchwords:
        spaced = _spaced(word)
        arabic = bool(_ARABIC.match(spaced))
        article = arabic and spaced.startswith("ال") and len(spaced) > 4
        core = spaced[2:] if article else spaced
        if core:
            known = automaton.get(core, None)
            # "مغرب" beside "المغرب": the word without the article accepts more.
            automaton.add_word(core, known if known and not known[1] else (len(core), article, arabic))
    automaton.make_automaton()
    return automaton
