"""Section pages: articles told from everything else a page links to."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from config.model import EntryPoint
from crawlers.discovery import Discovered
from crawlers.discovery.shapes import article_score, numbered_page, trap
from tests.crawlers.discovery.outlet import codes, look, page, urls

HERE = page("faits-divers")


def section(body: str, **changes: object) -> Discovered:
    return look(
        f"<html><head><title>Faits divers</title></head><body>{body}</body></html>",
        "section",
        HERE,
        **changes,
    )


def card(href: str, title: str, more: str = "") -> str:
    return f'<article><h3><a href="{href}">{title}</a></h3>{more}</article>'


A, B = "/2026/11/24/tanger-cinq-personnes-arretees/", "/securite/operation-a-fes-1002.html"
TITLE = "Tanger : cinq personnes arrêtées"

TAKEN = [
    ("a card", card(A, TITLE)),
    ("a bare long link", f'<p><a href="{A}">{TITLE} pour trafic de psychotropes</a></p>'),
    ("arabic slug raw", card("/أمن/توقيف-خمسة-أشخاص-بطنجة", "توقيف خمسة أشخاص بطنجة")),
    (
        "arabic slug escaped",
        card(
            "/%D8%A3%D9%85%D9%86/%D8%AA%D9%88%D9%82%D9%8A%D9%81-%D8%AE%D9%85%D8%B3%D8%A9-1002", "توقيف خمسة"
        ),
    ),
    ("number in the query", card("/article.php?id=10021", TITLE)),
    ("number as the last segment", card("/news/1002133", "توقيف خمسة أشخاص بطنجة")),
    ("short title in a heading, long slug", card("/police-operation-in-fes-today", "Fès")),
    ("a card in the footer", f"<footer>{card(A, TITLE)}</footer>"),
    ("absolute on a subdomain", card("https://sport.annahar-demo.example/le-wac-bat-le-raja-123456", TITLE)),
]


@pytest.mark.parametrize("body", [case[1] for case in TAKEN], ids=[case[0] for case in TAKEN])
def test_link_to_an_article_is_taken(body: str) -> None:
    assert len(section(body).links) == 1


PASSED_OVER = [
    ("a section", '<nav><a href="/politique">Politique</a></nav>'),
    (
        "a section with a long name",
        '<nav class="menu"><a href="/economie-et-entreprises-du-maroc">Economie et entreprises</a></nav>',
    ),
    ("a tag in a card", card("/tag/police-judiciaire-de-casablanca", "Police judiciaire de Casablanca")),
    ("a category", card("/category/securite-nationale-maroc", "Toute la sécurité nationale au Maroc")),
    ("an author", card("/author/fatima-zahra-el-alaoui", "Fatima Zahra El Alaoui, journaliste")),
    (
        "login",
        card(
            "/login?returnUrl=/2026/11/24/tanger-cinq-personnes-arretees", "Connectez-vous pour lire la suite"
        ),
    ),
    ("sharing", f'<a href="/share?u={A}">Partager cet article sur les réseaux sociaux</a>'),
    (
        "an external sharing link",
        f'<a href="https://facebook.example/sharer?u=https://www.annahar-demo.example{A}">{TITLE}</a>',
    ),
    ("a picture", card("/uploads/2026/11/tanger-cinq-personnes.jpg", TITLE)),
    ("a PDF", card("/docs/rapport-annuel-de-la-surete-2026.pdf", TITLE)),
    (
        "mail and script",
        '<a href="mailto:redaction@annahar-demo.example">Ecrire à la rédaction du journal</a>'
        '<a href="javascript:void(0)">Ouvrir le menu de navigation</a>',
    ),
    ("the home page", card("/", "Retour à la page d'accueil du journal")),
    ("this very page", card("/faits-divers/", "Tous les faits divers de la semaine")),
    (
        "this page's comments",
        card("/faits-divers#comments-on-the-page", "Tous les faits divers de la semaine"),
    ),
    ("a day's archive", card("/2026/11/24/", "Toute l'actualité du mardi 24 novembre")),
    ("a feed", card("/feed/rss.xml", "Abonnez-vous à notre fil d'actualité")),
    ("legal notes", '<footer><a href="/mentions-legales">Mentions légales et conditions</a></footer>'),
    ("a session", card("/article;jsessionid=0A1B2C3D4E5F60718293?id=10021", TITLE)),
    ("a calendar", card("/agenda/2026/11/sorties-de-la-semaine", TITLE)),
    ("a facet", card("/recherche-articles?sort=date&amp;filter[type]=video&amp;id=1234", TITLE)),
    ("a path that bites its tail", card("/fr/news/fr/news/tanger-cinq-personnes-arretees-1002", TITLE)),
]


@pytest.mark.parametrize("body", [case[1] for case in PASSED_OVER], ids=[case[0] for case in PASSED_OVER])
def test_link_to_something_else_is_passed_over(body: str) -> None:
    assert urls(section(body + card(B, "Opération sécuritaire à Fès"))) == [page(B)]


def test_title_is_the_heading_or_the_longest_text() -> None:
    found = section(
        f'<div><a href="{A}"><img src="x.jpg" alt="une photo"></a><a href="{A}">{TITLE}</a>'
        f'<a href="{A}">Lire la suite »</a></div>'
        f'<div><a href="{B}"><h2>Opération à Fès</h2><p>{"La police a agi à Fès. " * 3}</p></a></div>'
    )
    assert [(link.url, link.hint.title) for link in found.links] == [
        (page(A), TITLE),
        (page(B), "Opération à Fès"),
    ]


def test_picture_text_is_the_title_where_nothing_else_is() -> None:
    assert section(f'<article><a href="{A}"><img alt="{TITLE}"></a></article>').links[0].hint.title == TITLE


DATES = [
    (
        "time with datetime",
        '<time datetime="2026-11-24T10:30:00+00:00">hier</time>',
        datetime(2026, 11, 24, 10, 30, tzinfo=UTC),
    ),
    ("time in words", "<time>24 novembre 2026 à 10h30</time>", datetime(2026, 11, 24, 10, 30, tzinfo=UTC)),
    (
        "moroccan months",
        '<span class="post-date">الثلاثاء 24 نونبر 2026 - 10:30</span>',
        datetime(2026, 11, 24, 10, 30, tzinfo=UTC),
    ),
    ("words that are no date", '<span class="date">il y a 3 heures</span>', None),
    ("a date in the text", "<p>Depuis le 24 novembre 2026, la police</p>", None),
]


@pytest.mark.parametrize(("more", "expected"), [case[1:] for case in DATES], ids=[case[0] for case in DATES])
def test_date_on_a_card_is_the_articles(more: str, expected: datetime | None) -> None:
    found = section(
        f'<time datetime="2026-11-25">aujourd’hui</time>{card(A, TITLE, more)}{card(B, "Opération à Fès")}'
    )
    assert [link.hint.published_at for link in found.links] == [expected, None]


def test_selector_alone_decides() -> None:
    body = f'<div class="x"><a href="/politique">Politique</a></div>{card(A, TITLE)}'
    found = section(body, entry=EntryPoint("section", HERE, links="div.x a"))
    assert urls(found) == [page("/politique")]


def test_selector_may_name_the_cards() -> None:
    found = section(
        card(A, TITLE) + "<p><a href='/b-1234567'>x</a></p>",
        entry=EntryPoint("section", HERE, links="article"),
    )
    assert urls(found) == [page(A)]


def test_selector_of_the_entry_point_with_this_address_is_used() -> None:
    body = f'<div class="x"><a href="/politique">Politique</a></div>{card(A, TITLE)}'
    assert urls(section(body, entry_points=(EntryPoint("section", HERE, links=".x > a"),))) == [
        page("/politique")
    ]


@pytest.mark.parametrize(("selector", "problem"), [("div.absent a", "empty"), ("div[", "selector")])
def test_selector_that_finds_nothing_is_a_problem(selector: str, problem: str) -> None:
    found = section(card(A, TITLE), entry=EntryPoint("section", HERE, links=selector))
    assert (found.links, problem in codes(found)) == ((), True)


NEXT = [
    ("rel", '<a rel="next" href="?page=2">2</a>', page("faits-divers?page=2")),
    ("link element", '<link rel="next" href="/faits-divers/page/2/">', page("faits-divers/page/2/")),
    ("class", '<a class="next page-numbers" href="/faits-divers/page/2">›</a>', page("faits-divers/page/2")),
    ("arabic word", '<a href="/faits-divers/2">التالي »</a>', page("faits-divers/2")),
    ("french word", '<a href="/faits-divers?p=2">Page suivante</a>', page("faits-divers?p=2")),
    ("the next article", f'<link rel="next" href="{A}">', None),
    ("elsewhere", '<a rel="next" href="https://other.example/?page=2">next</a>', None),
    ("none", "", None),
]


@pytest.mark.parametrize(("body", "expected"), [case[1:] for case in NEXT], ids=[case[0] for case in NEXT])
def test_next_page_is_a_child(body: str, expected: str | None) -> None:
    found = section(card(B, "Opération sécuritaire à Fès") + body)
    assert [child.url for child in found.children] == ([expected] if expected else [])


def test_base_element_is_heeded() -> None:
    found = look(
        f'<html><head><base href="/fr/"></head>{card("police/operation-a-fes-1002.html", TITLE)}</html>',
        "section",
        HERE,
    )
    assert urls(found) == [page("fr/police/operation-a-fes-1002.html")]


def test_page_without_articles_is_a_problem() -> None:
    assert codes(section("<p>Site en maintenance</p>")) == ["empty"]


def test_windows_1256_page_without_a_word_about_it() -> None:
    body = f"<html><body>{card('/news/100213', 'توقيف خمسة أشخاص بطنجة')}</body></html>".encode("cp1256")
    assert look(body, "section", HERE).links[0].hint.title == "توقيف خمسة أشخاص بطنجة"


def test_twenty_thousand_links_and_deep_nesting_are_bounded() -> None:
    body = "<div>" * 3_000 + "".join(f'<a href="/une-operation-a-fes-{n}">{TITLE}' for n in range(20_000))
    assert 0 < len(section(body).links) <= 5_000


TRAPS = [
    ("/a/b/c", False),
    ("/fr/fr/actualites", False),
    ("/ar/ar/ar/news", True),
    ("/a/b/a/b/x", True),
    ("/x?PHPSESSID=abc123", True),
    ("/story?sid=10021", False),
    ("/story?sid=a1b2c3d4e5f6a7b8c9d0", True),
    ("/index.php?option=com_content&view=article&id=12", False),
    ("/events/2026-11?tribe-bar-date=2026-11-24", True),
    ("/x?a=1&b=2&c=3&d=4&e=5&f=6&g=7", True),
    ("/" + "a/" * 12, True),
    ("/news?month=11&year=2019", True),
]


@pytest.mark.parametrize(("path", "expected"), TRAPS)
def test_trap(path: str, expected: bool) -> None:
    assert trap("https://x.example" + path) is expected


@pytest.mark.parametrize(
    ("path", "expected"),
    [("/a?page=2", True), ("/a/page/3/", True), ("/a/2", True), ("/a", False), ("/2026/11/a-b", False)],
)
def test_numbered_page(path: str, expected: bool) -> None:
    assert numbered_page("https://x.example" + path) is expected


def test_score_rises_with_each_sign_of_an_article() -> None:
    scores = [
        article_score("https://x.example" + path)
        for path in ("/tag/fes", "/fes", "/la-police-a-fes", "/2026/11/la-police-a-fes-1002.html")
    ]
    assert scores == sorted(scores) and len(set(scores)) == len(scores)
