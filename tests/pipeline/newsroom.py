"""An invented outlet or two and their pages, for tests of the pipeline."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from config.model import Source
from store.archive import Archive
from store.ledger import Ledger
from store.records import Annotated, Article, Capture, FetchedPage, Link, Relevance, Relevant, Via
from store.urls import url_key

BEGAN = datetime(2026, 11, 20, 8, tzinfo=UTC)

OUTLET = """\
id: sabah
name: {fr: Sabah}
country: MA
languages: [fr]
scope: national
homepage: https://www.sabah.example/
timezone: Africa/Casablanca
entry_points:
  - {kind: feed, url: https://www.sabah.example/feed}
"""


def overlay(folder: Path) -> Path:
    """A configuration whose catalogue is one outlet: a child reads it in no time."""
    (folder / "overlay" / "sources").mkdir(parents=True, exist_ok=True)
    (folder / "overlay" / "sources" / "sabah.yml").write_text(OUTLET)
    return folder / "overlay"


def source(country: str, language: str = "ar") -> Source:
    return Source(
        id=f"outlet-{country.lower()}",
        name={language: "Outlet"},
        country=country,
        languages=(language,),
        scope="national",
        homepage="https://outlet.example/",
        timezone="UTC",
    )


def article(
    title: str, *paragraphs: str, subtitle: str | None = None, url: str = "https://a.example/1"
) -> Article:
    return Article("sabah", url, url, title, paragraphs, "und", subtitle)


def annotated(text: str, content_hash: str = "", **fields: Any) -> Annotated:
    made = replace(article("Title", text), **fields)
    return Annotated(made, Relevance(Relevant.NONE), content_hash=content_hash or text)


LEAD = (
    "Les éléments de la police judiciaire de Fès ont interpellé lundi matin un homme de 34 ans soupçonné "
    "d'escroquerie, indique un communiqué de la préfecture de police, qui précise que plusieurs victimes "
    "se sont fait connaître depuis la fin du mois d'octobre dans la ville et dans ses environs."
)


def html(title: str, *paragraphs: str, head: str = "", extra: str = "") -> bytes:
    body = "".join(f"<p>{paragraph}</p>" for paragraph in paragraphs)
    return (
        f"<!doctype html><html lang=fr><head><meta charset=utf-8><title>{title} - Sabah</title>{head}</head>"
        f"<body><header><a href=/>Sabah</a></header><main><article><h1>{title}</h1>"
        f'<time datetime="2026-11-20T09:00:00+01:00">20/11/2026</time><div class="content">{body}</div>'
        f"</article></main>{extra}<footer>Sabah 2026</footer></body></html>"
    ).encode()


def page(
    path: str,
    body: bytes,
    *,
    minutes: float = 0,
    status: int = 200,
    content_type: str = "text/html; charset=utf-8",
    host: str = "www.sabah.example",
) -> FetchedPage:
    url = f"https://{host}/{path}"
    return FetchedPage(
        link=Link("sabah", url, "https://www.sabah.example/feed", Via.FEED),
        url=url,
        final_url=url,
        status=status,
        headers=(("content-type", content_type),),
        body=body,
        fetched_at=BEGAN + timedelta(minutes=minutes),
    )


def capture(home: Path, *pages: FetchedPage) -> list[FetchedPage]:
    """Archive *pages* and hand them to the ledger as a crawl does; the pages with their captures."""
    kept = []
    with Ledger.open(home) as ledger, Archive(home).writer() as writer:
        for one in pages:
            kept.append(replace(one, capture=writer.write_page(one)))
            ledger.add_links([one.link], one.fetched_at)
            ledger.captured(url_key(one.link.url), kept[-1])
    return kept


def stories(number: int) -> list[FetchedPage]:
    """*number* different articles."""
    return [
        page(f"news/{n}", html(f"Fès : interpellation numéro {n}", f"{LEAD} Dossier {n}.", LEAD), minutes=n)
        for n in range(number)
    ]


def content(home: Path) -> list[tuple[object, ...]]:
    """What a ledger holds of its articles, revision by revision, comparable between homes."""
    with Ledger.open(home, create=False) as ledger:
        return [
            (
                stored.article_id,
                stored.revision,
                stored.annotated,
                stored.first_seen_at,
                stored.last_seen_at,
                stored.removed_at,
                stored.variants,
            )
            for newest in ledger.articles()
            for stored in ledger.revisions(newest.article_id)
        ]


def links(home: Path) -> Mapping[str, int]:
    """The links of a ledger by state."""
    with Ledger.open(home, create=False) as ledger:
        return ledger.status().frontier


CAPTURE = Capture("x.warc.gz", 0, "0" * 64)
