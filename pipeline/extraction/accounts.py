"""The institutions' own accounts that an article quotes; no other account is looked at, or kept."""

from __future__ import annotations

import re
from collections.abc import Iterator
from urllib.parse import unquote

from config.model import Account
from pipeline.extraction.media import apart
from pipeline.extraction.published import Place
from pipeline.extraction.tree import SOCIAL, Page
from store.records import OfficialAccount

_NETWORKS = {"twitter": "x"}
_INNER = re.compile(r"https?(?:%3A|:)(?:%2F|/){2}[^&\"']+", re.IGNORECASE)
_HANDLE = re.compile(r"^@?([\w.\-]+)")


def find(page: Page, accounts: tuple[Account, ...], place: Place) -> tuple[OfficialAccount, ...]:
    """Links to *accounts* and their posts shown inside the article, each address once, in its order."""
    if not accounts:
        return ()
    known = {f"{account.network}/{account.handle.lower()}": account for account in accounts}
    found: dict[str, OfficialAccount] = {}
    for url in _addresses(page, place):
        match = SOCIAL.match(url)
        handle = _HANDLE.match(unquote(match["path"])) if match else None
        if not match or not handle:
            continue
        network = match["network"].lower()
        account = known.get(f"{_NETWORKS.get(network, network)}/{handle[1].lower()}")
        if account is not None:
            address = _whole(url)
            found.setdefault(
                address, OfficialAccount(account.institution, account.network, account.handle, address)
            )
    return tuple(found.values())


def _addresses(page: Page, place: Place) -> Iterator[str]:
    """Addresses on social networks to which the article links, or which its embeds show."""
    first, last = place.top - 1, place.end + 1
    for mark in sorted((*page.social_links, *page.embeds), key=lambda mark: mark.at):
        if not first <= mark.at <= last or apart(mark.node, place):
            continue
        attributes = mark.attributes
        yield attributes.get("href") or attributes.get("data-href") or ""
        inner = _INNER.search(attributes.get("src") or "", 8)  # what a plugin's frame shows
        if inner:
            yield unquote(inner[0])


def _whole(url: str) -> str:
    """*url* with its scheme, without what follows the path."""
    url = re.split(r"[?#]", url, maxsplit=1)[0].rstrip("/")
    return f"https:{url}" if url.startswith("//") else url
