"""The headline, as printed above the article: without the site's name, whole, with its own quotes."""

from __future__ import annotations

import re
from collections.abc import Iterator

from pipeline.extraction.metadata import Claims
from pipeline.extraction.text import key
from pipeline.extraction.tree import Page
from pipeline.rules import Rules, host

MAX_TITLE = 500
_LABEL = re.compile(r"^(?:الموضوع|sujet|topic|tema)\s*:\s+", re.IGNORECASE)
_ENOUGH = 3.0
"""Trust from which a printed line may be the headline."""
_PARAGRAPH, _ABOVE, _PROMINENT = 100, 9, (15, 200)
_MOST_BLOCKS = 12
_ALONE = 1.6  # the trust in the only <h1> of a page
_SEPARATOR = re.compile(r"\s+[|–—\-·•»«/~]+\s+|\s*[|·•]\s*|\s+::\s+")
_FRAME = re.compile(r"^(?:\S+\s+){0,2}\S+(?:\s*[|–—:.·-])\s*$")
"""A section before the headline, with what parts the two."""
_NOT_TITLE = frozenset(
    "home accueil inicio الرئيسية الصفحة news actualites actualités noticias أخبار menu search".split()
)


def find(
    page: Page, claims: Claims, rules: Rules, url: str = "", chosen: str = ""
) -> tuple[str, str, int] | None:
    """(title, origin, index of the block that prints it or -1), or ``None``; *chosen* is what the outlet's
    rule selected."""
    if chosen:
        return chosen, "rule", _printed_at(page, chosen)
    site = site_names(claims, rules, url)
    claimed = stated(page, claims, site)
    best = max(
        (one for one in printed(page, claimed, site) if one[0] >= _ENOUGH),
        key=lambda one: one[0],
        default=None,
    )
    if best is not None and (len(key(best[1]).split()) > 2 or not claimed or best[0] >= 5):
        whole = {key(without_site(value, site)) for value, _ in claimed}
        return _LABEL.sub("", _without_kicker(best[1], whole)), "h1", best[2]
    for value, origin in claimed:
        shorn = without_site(value, site)
        if shorn and key(shorn) not in _NOT_TITLE:
            return shorn, origin, _printed_at(page, shorn)
    return (best[1], "h1", best[2]) if best else _bold_line(page, site)


def _bold_line(page: Page, site: set[str]) -> tuple[str, str, int] | None:
    """Where nothing is named as the headline (old tables): the last line in bold above the text."""
    for below, block in enumerate(page.blocks):
        if len(block.text) < _PARAGRAPH or block.links > 0.5 * len(block.text):
            continue
        for index in range(below - 1, max(-1, below - _ABOVE), -1):
            line = page.blocks[index]
            n = len(line.text)
            if _PROMINENT[0] <= n <= _PROMINENT[1] and line.strong > 0.7 * n and key(line.text) not in site:
                return line.text, "text", index
    return None


def alternative(page: Page, claims: Claims, rules: Rules, url: str, title: str) -> str | None:
    """What the page gives for sharing instead of *title*: another wording, not the same one cut or with the
    site's name."""
    shared, site = claims.meta("og:title"), site_names(claims, rules, url)
    if not shared or key(shared) in site:
        return None
    shared = without_site(shared, site)
    ours, theirs = key(title), key(shared)
    if not theirs or ours == theirs or (shared.endswith(("…", "...")) and ours.startswith(theirs)):
        return None
    before, same, after = shared.partition(title)
    framed = same and (not before or _FRAME.search(before)) and (not after or _SEPARATOR.match(after))
    return None if framed else shared


def stated(page: Page, claims: Claims, site: set[str]) -> list[tuple[str, str]]:
    """(title, origin) that the page states to machines, the most trusted first; *site*: the site's names."""
    return [
        (value, origin)
        for value, origin in (
            (claims.meta("og:title"), "og"),
            (claims.ld("headline"), "json-ld"),
            (claims.meta("twitter:title", "dc.title", "dcterms.title", "title"), "meta"),
            (page.title, "title"),
        )
        if value and key(value) not in site
    ]


def printed(page: Page, claimed: list[tuple[str, str]], site: set[str]) -> Iterator[tuple[float, str, int]]:
    """(trust, text, block index) of each line that may be the printed headline, trusted for its place and for
    agreeing with what is *claimed*."""
    keys = [key(value) for value, _ in claimed]
    for line, index, bonus in _headlines(page):
        k = key(line)
        if not k or k in site or k in _NOT_TITLE or len(line) > MAX_TITLE:
            continue
        trust = bonus
        for other in keys:
            site_before = other.endswith(" " + k) and other[: -len(k) - 1] in site
            trust += (
                3.0 if other == k or site_before else 2.0 if other.startswith(k + " ") else _overlap(k, other)
            )
        if bonus == _ALONE and len(k.split()) >= 3:
            trust += 2.0
        yield trust, line, index


def _without_kicker(line: str, stated: set[str]) -> str:
    """A printed headline without the section before it ("Politics | The headline"), if the page states the
    rest as its title."""
    mark = _SEPARATOR.search(line)
    return line[mark.end() :] if mark and key(line[mark.end() :]) in stated else line


def _headlines(page: Page) -> list[tuple[str, int, float]]:
    """(text, block index, trust) of what may be the printed headline."""
    out = []
    h2s = 0
    for node in page.nodes:
        if node.tag not in ("h1", "h2") or not 0 < node.end - node.start <= _MOST_BLOCKS:
            continue
        if node.tag == "h2":
            h2s += 1
            if h2s > 12:
                continue
        line = " ".join([block.text for block in page.blocks[node.start : node.end]])
        trust = 1.5 if node.tag == "h1" else 0.0
        if any(a.furniture in ("nav", "footer", "aside", "hidden") for a in (node, *node.ancestors())):
            trust -= 1.0
        out.append((line, node.start, trust))
    firsts = [i for i, one in enumerate(out) if one[2] == 1.5]
    if len(firsts) == 1:
        out[firsts[0]] = (*out[firsts[0]][:2], _ALONE)
    return out


def _overlap(a: str, b: str) -> float:
    """Share of common words of two keys, from 0 to 2; below a half it counts for nothing."""
    x, y = set(a.split()), set(b.split())
    share = len(x & y) / max(1, min(len(x), len(y)))
    both = len(x & y) / max(1, len(x | y))
    return 2 * both if share > 0.6 else 0.0


def site_names(claims: Claims, rules: Rules, url: str) -> set[str]:
    """What the site is called, as keys: by the catalogue, by the page, by its host."""
    names = [*rules.names]
    for value in (claims.meta("og:site_name", "application-name", "apple-mobile-web-app-title"),):
        if value:
            names.append(value)
    domain = host(url or rules.homepage)
    if domain:
        names.append(domain)
        label = domain.rsplit(".", 2)[0] if domain.count(".") > 1 else domain.split(".")[0]
        names += [label, label.split(".")[-1]]
    return {key(name) for name in names if name and key(name)}


def without_site(title: str, site: set[str]) -> str:
    """*title* without the site's name at either end, where a separator parts the two.

    >>> without_site("La DGSN dément - Le Quotidien", {"le quotidien"})
    'La DGSN dément'
    """
    title = title[: 4 * MAX_TITLE]
    spaceless = {name.replace(" ", "") for name in site}

    def is_site(part: str) -> bool:
        k = key(part)
        flat = k.replace(" ", "")
        return bool(k) and (
            k in site
            or flat in spaceless
            or (len(flat) > 3 and any(flat.startswith(s) and len(s) > 4 for s in spaceless))
        )

    while True:
        marks = list(_SEPARATOR.finditer(title))
        if not marks:
            return title.strip()
        if is_site(title[marks[-1].end() :]):
            title = title[: marks[-1].start()]
        elif is_site(title[: marks[0].start()]):
            title = title[marks[0].end() :]
        else:
            break
    last = marks[-1]
    tail = title[last.end() :]
    if "|" in last[0] and len(tail.split()) <= 4 and len(key(title[: last.start()]).split()) >= 4:
        title = title[: last.start()]
    return title.strip()


def _printed_at(page: Page, title: str) -> int:
    k = key(title)
    for index, block in enumerate(page.blocks):
        if abs(len(block.text) - len(title)) < 40 and key(block.text) == k:
            return index
    return next((i for i, b in enumerate(page.blocks) if b.tag == "h1" and len(b.text) > 15), -1)
