"""``python -m tests.benchmarks.bench_discovery``: what discovery costs, beside feedparser in the same run.

CPU time of one thread (best of several rounds), so that other work on the machine counts little.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import feedparser

from config.model import Source
from crawlers.discovery import discover
from crawlers.matching import verdict
from store.records import Reason

NOW = datetime(2026, 11, 25, tzinfo=UTC)
WINDOW = datetime(2026, 10, 26, tzinfo=UTC)
SITE = "https://www.bench-demo.example"
SOURCE = Source("bench", {"ar": "قياس"}, "MA", ("ar",), "national", SITE + "/", "Africa/Casablanca")
BODY = "<p>" + "قالت المديرية العامة للأمن الوطني إن العملية متواصلة. " * 20 + "</p>"


def feed(items: int) -> bytes:
    """An RSS feed with whole texts, as WordPress sends it: 3 KB an item."""
    entry = (
        "<item><title>توقيف أشخاص {n}</title><link>{site}/2026/11/24/news-{n}/?a=1&amp;b=2</link>"
        "<pubDate>Tue, 24 Nov 2026 10:30:00 +0000</pubDate><guid isPermaLink='false'>{site}/?p={n}</guid>"
        "<category>حوادث</category><description><![CDATA[<p>خبر &hellip;</p>]]></description>"
        "<content:encoded><![CDATA[{body}]]></content:encoded></item>"
    )
    inner = "".join(entry.format(n=number, site=SITE, body=BODY) for number in range(items))
    spaces = 'xmlns:content="http://purl.org/rss/1.0/modules/content/"'
    return f'<rss version="2.0" {spaces}><channel><title>قياس</title>{inner}</channel></rss>'.encode()


def sitemap(pages: int) -> bytes:
    """A sitemap at the limit of the standard: 7 MB for 50,000 pages."""
    entry = "<url><loc>{}/a/une-operation-{}.html</loc><lastmod>2026-11-24T10:{:02}:00+00:00</lastmod></url>"
    inner = "".join(entry.format(SITE, number, number % 60) for number in range(pages))
    return f'<urlset xmlns="http://www.sitemaps.org/schemas/sitemap/0.9">{inner}</urlset>'.encode()


def section(articles: int) -> bytes:
    card = (
        '<div class="card"><a href="/2026/11/24/une-operation-{n}/"><img src="/i/{n}.jpg"></a><h3>'
        '<a href="/2026/11/24/une-operation-{n}/">Une opération de police numéro {n}</a></h3>'
        '<time datetime="2026-11-24T10:30:00Z">hier</time><p>Un résumé de deux lignes.</p></div>'
    )
    inner = "".join(card.format(n=number) for number in range(articles))
    menu = "".join(f'<li><a href="/rubrique-{n}">Rubrique {n}</a></li>' for n in range(60))
    return f"<html><body><nav><ul>{menu}</ul></nav>{inner}</body></html>".encode()


def cpu_ms(work: Callable[[], object], rounds: int) -> float:
    """The least CPU time of one call, in milliseconds."""
    best = float("inf")
    for _ in range(rounds):
        start = time.process_time()
        work()
        best = min(best, time.process_time() - start)
    return best * 1000


def look(body: bytes, kind: str) -> Any:
    return discover(body, kind=kind, url=f"{SITE}/{kind}", content_type=None, source=SOURCE, now=NOW)


def main() -> list[tuple[str, float]]:
    """(what, CPU milliseconds) of each measurement, printed as a table."""
    hundred, pages, cards = feed(100), sitemap(50_000), section(60)
    links = look(hundred, "feed").links
    matching = replace(SOURCE, collect="matching")
    words = ("امن وطني", "dgsn", "maroc", "المديريه العامه للامن الوطني")

    def judge() -> set[Reason | None]:
        return {verdict(link, matching, words, WINDOW) for link in links}

    rows = [
        ("feed of 100 items", cpu_ms(lambda: look(hundred, "feed"), 7)),
        ("the same, cut off at the end", cpu_ms(lambda: look(hundred[:-40], "feed"), 7)),
        ("the same by feedparser", cpu_ms(lambda: feedparser.parse(hundred), 3)),
        ("sitemap of 50,000 pages", cpu_ms(lambda: look(pages, "sitemap"), 3)),
        ("section page of 60 articles", cpu_ms(lambda: look(cards, "section"), 5)),
        ("verdicts on 100 links", cpu_ms(judge, 7)),
    ]
    for name, cost in rows:
        print(f"{name:32} {cost:10.1f} ms")
    print(f"{'feedparser / ours':32} {rows[2][1] / rows[0][1]:10.1f}")
    return rows


if __name__ == "__main__":
    main()
