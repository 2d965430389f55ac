"""Invented outlets whose pages read as articles, for tests that go all the way from listing to ledger."""

from __future__ import annotations

import random
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from tests.site.faults import Behaviour, Host, answer, rss, validated

_WHO = (
    "Les éléments de la police judiciaire",
    "La brigade des stupéfiants",
    "Les agents de la circulation",
    "La sûreté régionale",
)
_DID = ("interpelle un homme", "saisit une cargaison", "constate un accident", "ouvre une enquête")
_TOWN = ("Fès", "Oujda", "Agadir", "Tétouan", "Meknès", "Safi", "Nador", "Settat")
_END = ("indique un communiqué", "selon une source locale", "précise la préfecture")


def sentences(seed: str, number: int) -> str:
    """As many plausible sentences, always the same for *seed*."""
    chance = random.Random(seed)
    made = []
    for _ in range(number):
        who, did, town, end = (chance.choice(words) for words in (_WHO, _DID, _TOWN, _END))
        day, file = chance.randint(1, 28), chance.randint(1, 9999)
        made.append(f"{who} de {town} {did} le {day} du mois, {end} dans le dossier {file}.")
    return " ".join(made)


def story(title: str, seed: str, *, head: str = "", paragraphs: int = 3) -> str:
    """A page that is an article, with a text of its own."""
    text = "".join(f"<p>{sentences(f'{seed} {n}', 3)}</p>" for n in range(paragraphs))
    return (
        f'<!doctype html><html lang="fr"><head><meta charset="utf-8"><title>{title}</title>{head}</head>'
        f"<body><nav><a href=/>Accueil</a></nav><main><article><h1>{title}</h1>"
        f'<time datetime="{datetime.now(UTC) - timedelta(hours=2):%Y-%m-%dT%H:00:00+00:00}"></time>'
        f"<div class=content>{text}</div></article></main><footer>Un journal inventé</footer></body></html>"
    )


def sitemap(
    urls: Sequence[str], *, index: bool = False, news: bool = False, at: datetime | None = None
) -> str:
    """A sitemap, an index of sitemaps, or a news sitemap of *urls*."""
    when = (at or datetime.now(UTC) - timedelta(hours=1)).replace(microsecond=0).isoformat()
    outer, inner = ("sitemapindex", "sitemap") if index else ("urlset", "url")
    rows = []
    for number, url in enumerate(urls):
        told = (
            f"<news:news><news:publication><news:name>P</news:name><news:language>fr</news:language>"
            f"</news:publication><news:publication_date>{when}</news:publication_date>"
            f"<news:title>Une brève {number}</news:title></news:news>"
            if news
            else f"<lastmod>{when}</lastmod>"
        )
        rows.append(f"<{inner}><loc>{url}</loc>{told}</{inner}>")
    spaces = (
        'xmlns="http://www.sitemaps.org/schemas/sitemap/0.9" '
        'xmlns:news="http://www.google.com/schemas/sitemap-news/0.9"'
    )
    return f'<?xml version="1.0" encoding="UTF-8"?><{outer} {spaces}>{"".join(rows)}</{outer}>'


def section(host: Host, paths: Sequence[str]) -> str:
    """A section page that shows *paths* as cards."""
    cards = "".join(
        f'<article class=card><h2><a href="{host.url(path)}">La police raconte la journée de {path}</a></h2>'
        f"<p>{sentences(path, 1)}</p></article>"
        for path in paths
    )
    return (
        f'<!doctype html><html lang="fr"><head><title>Société</title></head><body><main>{cards}</main></body>'
    )


@dataclass(frozen=True)
class Steady:
    """An outlet whose server keeps its word on validators."""

    host: Host
    stories: tuple[str, ...]
    entries: tuple[tuple[str, str], ...]


def steady(host: Host, number: int, *, each: int = 3) -> Steady:
    """An outlet with a feed, a section, a news sitemap and an index of sitemaps, *each* articles in each.

    Every answer but robots.txt has a validator: ETags (strong, weak, odd) and dates.
    """
    paths = [[f"/{kind}/{number}-{n}-une-nouvelle" for n in range(each)] for kind in ("f", "s", "n", "m")]
    urls = [[host.url(path) for path in some] for some in paths]
    odd = "é".encode().decode("latin-1")  # two bytes on the wire
    tags = iter(f'W/"{number}  {n}{odd}"' if n % 3 else f'"{number}-{n}"' for n in range(999))
    date = "Tue, 24 Nov 2026 08:00:00 GMT"

    def keep(path: str, body: str, kind: str, *, dated: bool = False) -> None:
        how: Behaviour = validated(body, "" if dated else next(tags), modified=date, kind=kind)
        host.on(path, how)

    keep("/feed", rss(urls[0], title="Une dépêche"), "application/rss+xml")
    keep("/societe", section(host, paths[1]), "text/html; charset=utf-8", dated=True)
    keep("/news.xml", sitemap(urls[2], news=True), "application/xml")
    keep("/index.xml", sitemap([host.url("/posts.xml")], index=True), "application/xml", dated=True)
    keep("/posts.xml", sitemap(urls[3]), "application/xml")
    flat = tuple(path for some in paths for path in some)
    for place, path in enumerate(flat):
        html = story(f"Récit {place} du journal {number}", f"{number} {path}")
        keep(path, html, "text/html; charset=utf-8", dated=place % 2 == 0)
    host.on("/robots.txt", answer("User-agent: *\nDisallow: /prive/\n", kind="text/plain"))
    entries = (
        ("feed", "/feed"),
        ("section", "/societe"),
        ("news_sitemap", "/news.xml"),
        ("sitemap", "/index.xml"),
    )
    return Steady(host, flat, entries)
