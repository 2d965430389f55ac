"""How the invented outlets print: article pages in several layouts, home pages, feeds, sitemaps, robots.txt.

The layouts differ where the press differs: one states its date in JSON-LD, one only in Arabic words, one in
``<time>``; all carry the usual noise (navigation, teasers of other articles, a newsletter box, comments).
"""

from __future__ import annotations

import json
import re
import unicodedata
from collections.abc import Callable, Sequence
from datetime import UTC
from email.utils import format_datetime
from html import escape
from urllib.parse import quote

from demo.press import Outlet, Piece

WORDS = {
    "ar": {
        "home": "الرئيسية", "politics": "سياسة", "society": "مجتمع", "sport": "رياضة", "more": "اقرأ أيضا",
        "mail": "اشترك في نشرتنا البريدية ليصلك جديد الأخبار", "said": "تعليقات الزوار", "by": "بقلم",
        "comment": "شكرا على الخبر، ننتظر المزيد من التفاصيل", "rights": "جميع الحقوق محفوظة",
    },
    "fr": {
        "home": "Accueil", "politics": "Politique", "society": "Société", "sport": "Sport",
        "more": "À lire aussi",
        "mail": "Inscrivez-vous à notre lettre quotidienne", "said": "Vos réactions", "by": "Par",
        "comment": "Merci pour ces précisions, on attend la suite.", "rights": "Tous droits réservés",
    },
    "en": {
        "home": "Home", "politics": "Politics", "society": "Society", "sport": "Sport", "more": "Read also",
        "mail": "Get our morning newsletter", "said": "Comments", "by": "By",
        "comment": "Thanks for the update, keep us posted.", "rights": "All rights reserved",
    },
    "es": {
        "home": "Inicio", "politics": "Política", "society": "Sociedad", "sport": "Deportes",
        "more": "Lea también",
        "mail": "Suscríbase a nuestro boletín diario", "said": "Comentarios", "by": "Por",
        "comment": "Gracias por la información, a la espera de novedades.",
        "rights": "Todos los derechos reservados",
    },
}  # fmt: skip
_MONTHS = {
    "ar": "يناير فبراير مارس أبريل ماي يونيو يوليوز غشت شتنبر أكتوبر نونبر دجنبر".split(),
    "fr": "janvier février mars avril mai juin juillet août septembre octobre novembre décembre".split(),
    "en": "January February March April May June July August September October November December".split(),
    "es": "enero febrero marzo abril mayo junio julio agosto septiembre octubre noviembre diciembre".split(),
}
_DAYS = {
    "ar": "الإثنين الثلاثاء الأربعاء الخميس الجمعة السبت الأحد".split(),
    "fr": "lundi mardi mercredi jeudi vendredi samedi dimanche".split(),
    "en": "Monday Tuesday Wednesday Thursday Friday Saturday Sunday".split(),
    "es": "lunes martes miércoles jueves viernes sábado domingo".split(),
}


def path_of(piece: Piece, outlet: Outlet) -> str:
    """The path of an article's page, percent-encoded."""
    match outlet.layout:
        case "wordpress":
            return "/" + quote(_slug(piece.title)) + f"-{piece.number}/"
        case "portal":
            return f"/news/{piece.number}.html"
        case "wire":
            return f"/depeches/{piece.published_at:%Y/%m/%d}/{piece.number}"
        case _:
            return f"/{piece.published_at:%Y/%m}/{quote(_slug(piece.title))}-{piece.number}.html"


def _slug(title: str) -> str:
    plain = unicodedata.normalize("NFC", title).casefold()
    return "-".join(re.findall(r"\w+", plain)[:8])


def written_date(piece: Piece, language: str) -> str:
    """The publication time in words, as the outlet's readers see it."""
    at = piece.published_at
    day, month = _DAYS[language][at.weekday()], _MONTHS[language][at.month - 1]
    match language:
        case "ar":
            return f"{day} {at.day} {month} {at.year} - {at:%H:%M}"
        case "fr":
            return f"{day} {at.day} {month} {at.year} à {at:%Hh%M}"
        case "es":
            return f"{day}, {at.day} de {month} de {at.year}, {at:%H:%M}"
        case _:
            return f"{day}, {month} {at.day}, {at.year} {at:%H:%M}"


def article_page(piece: Piece, outlet: Outlet, base: str, others: Sequence[Piece]) -> str:
    """The HTML page of *piece*; *others* supply the teasers around it."""
    words = WORDS[outlet.language]
    url = base + path_of(piece, outlet)
    head, dateline = _LAYOUTS[outlet.layout](piece, outlet, url)
    body = "".join(f"<p>{escape(text)}</p>" for text in piece.paragraphs)
    lead = f'<h2 class="lead">{escape(piece.subtitle)}</h2>' if piece.subtitle else ""
    figures = "".join(
        f'<figure><img src="/media/{piece.number}-{number}.jpg" alt="">'
        f"<figcaption>{escape(caption)}</figcaption></figure>"
        for number, caption in enumerate(piece.captions)
    )
    video = f'<iframe src="{escape(piece.video)}"></iframe>' if piece.video else ""
    by = (
        f'<span class="author">{words["by"]} {escape("، ".join(piece.authors))}</span>'
        if piece.authors
        else ""
    )
    tags = "".join(f'<a rel="tag" href="/tag/{quote(tag)}">{escape(tag)}</a>' for tag in piece.tags)
    return _shell(
        outlet,
        title=f"{piece.title} - {outlet.name}",
        head=f'<link rel="canonical" href="{url}"><meta property="og:type" content="article">'
        f'<meta property="og:title" content="{escape(piece.title)}"><meta property="og:url" content="{url}">'
        f'<meta property="og:site_name" content="{escape(outlet.name)}">{head}',
        main=f'<article class="post"><h1>{escape(piece.title)}</h1>'
        f'<div class="meta">{by}{dateline}</div>{lead}{figures}'
        f'<div class="content">{body}{video}</div><div class="tags">{tags}</div></article>'
        f'<section class="comments"><h3>{words["said"]}</h3><p>{words["comment"]}</p></section>',
        side=_teasers(others, outlet, words["more"]),
    )


def _wordpress(piece: Piece, outlet: Outlet, url: str) -> tuple[str, str]:
    data = {
        "@context": "https://schema.org",
        "@graph": [
            {"@type": "WebSite", "name": outlet.name},
            {
                "@type": "NewsArticle",
                "headline": piece.title,
                "datePublished": piece.published_at.isoformat(),
                "dateModified": (piece.modified_at or piece.published_at).isoformat(),
                "author": [{"@type": "Person", "name": name} for name in piece.authors],
                "articleSection": piece.section,
                "mainEntityOfPage": url,
            },
        ],
    }
    json_ld = json.dumps(data, ensure_ascii=False).replace("<", "\\u003c")
    return (
        f'<script type="application/ld+json">{json_ld}</script>',
        f'<span class="date">{written_date(piece, outlet.language)}</span>',
    )


def _portal(piece: Piece, outlet: Outlet, url: str) -> tuple[str, str]:
    return "", f'<span class="story_date">{written_date(piece, outlet.language)}</span>'


def _wire(piece: Piece, outlet: Outlet, url: str) -> tuple[str, str]:
    stamp = piece.published_at.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
    return (
        f'<meta property="article:published_time" content="{stamp}">',
        f'<p class="dateline">{written_date(piece, outlet.language)}</p>',
    )


def _daily(piece: Piece, outlet: Outlet, url: str) -> tuple[str, str]:
    return (
        f'<meta name="author" content="{escape(", ".join(piece.authors))}">' if piece.authors else "",
        f'<time datetime="{piece.published_at.isoformat()}">{written_date(piece, outlet.language)}</time>',
    )


_LAYOUTS: dict[str, Callable[[Piece, Outlet, str], tuple[str, str]]] = {
    "wordpress": _wordpress,
    "portal": _portal,
    "wire": _wire,
    "daily": _daily,
}
"""layout → what it puts into the head, and how it prints the date."""


def _shell(outlet: Outlet, *, title: str, head: str, main: str, side: str) -> str:
    words = WORDS[outlet.language]
    sections = "".join(
        f'<li><a href="/{key}/">{words[key]}</a></li>' for key in ("politics", "society", "sport")
    )
    direction = "rtl" if outlet.language == "ar" else "ltr"
    return (
        f'<!doctype html><html lang="{outlet.language}" dir="{direction}"><head><meta charset="utf-8">'
        f"<title>{escape(title)}</title>{head}</head><body>"
        f'<header><a href="/">{escape(outlet.name)}</a>'
        f'<nav><ul><li><a href="/">{words["home"]}</a></li>{sections}</ul></nav></header>'
        f'<main>{main}</main><aside>{side}<div class="newsletter"><p>{words["mail"]}</p></div></aside>'
        f"<footer><p>© 2014-2026 {escape(outlet.name)} – {words['rights']}</p></footer></body></html>"
    )


def _teasers(pieces: Sequence[Piece], outlet: Outlet, heading: str) -> str:
    items = "".join(
        f'<li><a href="{path_of(piece, outlet)}"><h3>{escape(piece.title)}</h3></a></li>' for piece in pieces
    )
    return f'<div class="related"><h4>{heading}</h4><ul>{items}</ul></div>'


def front_page(pieces: Sequence[Piece], outlet: Outlet) -> str:
    """The home page, a listing of articles."""
    return _shell(outlet, title=outlet.name, head="", main=_teasers(pieces, outlet, outlet.name), side="")


def feed(pieces: Sequence[Piece], outlet: Outlet, base: str) -> bytes:
    """RSS 2.0 of *pieces*; a sick outlet's feed breaks off in the middle of its last item."""
    items = "".join(
        f"<item><title>{escape(piece.title)}</title><link>{base}{path_of(piece, outlet)}</link>"
        f'<guid isPermaLink="false">{outlet.id}-{piece.number}</guid>'
        f"<pubDate>{format_datetime(piece.published_at)}</pubDate>"
        f"<description>{escape(piece.paragraphs[0][:180])}</description></item>"
        for piece in pieces
    )
    text = (
        '<?xml version="1.0" encoding="UTF-8"?><rss version="2.0"><channel>'
        f"<title>{escape(outlet.name)}</title><link>{base}/</link><language>{outlet.language}</language>"
        f"{items}</channel></rss>"
    ).encode()
    return (
        text[: -len(b"</description></item></channel></rss>") - 10]
        if outlet.behaviour == "sick_feed"
        else text
    )


def sitemap(pieces: Sequence[Piece], outlet: Outlet, base: str, *, news: bool) -> bytes:
    """A sitemap, or a news sitemap, of *pieces*."""
    rows = []
    for piece in pieces:
        stamp = (piece.modified_at or piece.published_at).isoformat()
        extra = (
            f"<news:news><news:publication><news:name>{escape(outlet.name)}</news:name>"
            f"<news:language>{outlet.language}</news:language></news:publication>"
            f"<news:publication_date>{piece.published_at.isoformat()}</news:publication_date>"
            f"<news:title>{escape(piece.title)}</news:title></news:news>"
            if news
            else ""
        )
        rows.append(f"<url><loc>{base}{path_of(piece, outlet)}</loc><lastmod>{stamp}</lastmod>{extra}</url>")
    return (
        '<?xml version="1.0" encoding="UTF-8"?><urlset xmlns="http://www.sitemaps.org/schemas/sitemap/0.9" '
        'xmlns:news="http://www.google.com/schemas/sitemap-news/0.9">' + "".join(rows) + "</urlset>"
    ).encode()


def wp_json(pieces: Sequence[Piece], outlet: Outlet, base: str) -> bytes:
    """The answer of ``/wp-json/wp/v2/posts``."""
    posts = [
        {
            "id": piece.number,
            "link": base + path_of(piece, outlet),
            "date_gmt": piece.published_at.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S"),
            "title": {"rendered": escape(piece.title)},
            "excerpt": {"rendered": f"<p>{escape(piece.paragraphs[0][:180])}</p>"},
        }
        for piece in pieces
    ]
    return json.dumps(posts, ensure_ascii=False).encode()


def robots(outlet: Outlet) -> str:
    """robots.txt: one outlet wants no crawler at all."""
    return "User-agent: *\nDisallow: /\n" if outlet.behaviour == "refuses" else "User-agent: *\nAllow: /\n"
