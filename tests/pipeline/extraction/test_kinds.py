"""Pages that are no article, each with its own reason, and articles that look a little like them."""

# ruff: noqa: E501 -- a row of a table is one page or string, kept on its line

from __future__ import annotations

import pytest

from pipeline.extraction import extract
from store.records import Access, Reason, Rejection
from tests.pipeline.extraction.pages import article, page, rules

PARAGRAPH = "<p>La brigade de la ville a mené une opération qui a permis l'interpellation de deux personnes, selon le communiqué diffusé ce mardi.</p>"
MANY = "".join(PARAGRAPH.replace("deux", str(n)) for n in range(3, 12))
TEASERS = "".join(
    f'<div class="item"><h3><a href="/news/story-{i}">Un titre d\'article assez long pour être une '
    f"manchette numéro {i}</a></h3></div>"
    for i in range(30)
)


def html(title: str, body: str, head: str = "") -> str:
    return f"<!doctype html><html lang=fr><head><meta charset=utf-8><title>{title}</title>{head}</head><body>{body}</body></html>"


NOT_ARTICLES = [
    ("home", "https://outlet.example/", html("The Outlet", TEASERS), Reason.HOME),
    ("home in a language", "https://outlet.example/ar", html("The Outlet", TEASERS), Reason.HOME),
    ("home with a tracker", "https://outlet.example/?utm_source=x", html("The Outlet", TEASERS), Reason.HOME),
    ("section", "https://outlet.example/category/societe/", html("Société", "<h1>Société</h1>" + TEASERS), Reason.LISTING),
    ("tag page", "https://outlet.example/tag/police", html("police", "<h1>police</h1>" + TEASERS), Reason.LISTING),
    ("list without a telling path", "https://outlet.example/une-autre", html("Dernières infos du jour", "<h1>Dernières infos du jour</h1><main>" + TEASERS + "</main>"), Reason.LISTING),
    ("login", "https://outlet.example/compte", html("Connexion", '<h1>Connexion à votre espace</h1><form><input name=u><input type=password name=p></form><p>Saisissez votre adresse et votre mot de passe pour accéder à votre espace.</p>'), Reason.LOGIN),
    ("login ar", "https://outlet.example/login", html("تسجيل الدخول", '<h1>تسجيل الدخول إلى حسابك</h1><form><input type=password></form><p>أدخل بريدك الإلكتروني وكلمة المرور للمتابعة إلى حسابك في الموقع.</p>'), Reason.LOGIN),
    ("consent", "https://outlet.example/consent?x=1", html("Votre vie privée", "<h1>Nous respectons votre vie privée</h1><p>Nous et nos 843 partenaires utilisons des traceurs pour stocker et accéder à des informations sur votre appareil.</p><p>Vous pouvez accepter les cookies ou les refuser.</p>"), Reason.CONSENT),
    ("consent en", "https://outlet.example/c", html("Before you continue", "<h1>Before you continue to The Outlet</h1><p>We and our 620 partners store and access information on a device. We value your privacy and you may accept all cookies.</p>"), Reason.CONSENT),
    ("challenge", "https://outlet.example/a/b", html("Just a moment...", "<h1>outlet.example</h1><p>Verify you are human by completing the action below.</p><script>window._cf_chl_opt={}</script>"), Reason.CHALLENGE),
    ("access denied", "https://outlet.example/a/b", html("Access Denied", "<h1>Access Denied</h1><p>You don't have permission to access this page on this server.</p>"), Reason.CHALLENGE),
    ("soft 404 fr", "https://outlet.example/vieux", html("Page introuvable - The Outlet", "<h1>Page introuvable</h1><p>La page que vous cherchez n'existe plus ou a été déplacée. Revenez à l'accueil.</p>"), Reason.SOFT_404),
    ("soft 404 ar", "https://outlet.example/vieux", html("الصفحة غير موجودة", "<h1>عذرا، الصفحة غير موجودة</h1><p>يمكنك العودة إلى الصفحة الرئيسية أو استعمال محرك البحث للوصول إلى ما تريد.</p>"), Reason.SOFT_404),
    ("soft 404 es", "https://outlet.example/vieux", html("Página no encontrada", "<h1>Página no encontrada</h1><p>La página que busca no existe o ha cambiado de dirección en nuestro sitio.</p>"), Reason.SOFT_404),
    ("maintenance", "https://outlet.example/a", html("Site en maintenance", "<h1>Site en maintenance</h1><p>Nous revenons dans quelques minutes, merci de votre patience.</p>"), Reason.SOFT_404),
    ("no text", "https://outlet.example/a", html("Un titre sans rien dessous", "<h1>Un titre sans rien dessous</h1><div id=app></div>"), Reason.NO_TEXT),
    ("blank", "https://outlet.example/a", "   ", Reason.NO_TEXT),
    ("no title", "https://outlet.example/a", html("", PARAGRAPH * 3), Reason.NO_TITLE),
]  # fmt: skip


@pytest.mark.parametrize(
    ("name", "url", "body", "reason"), NOT_ARTICLES, ids=[row[0] for row in NOT_ARTICLES]
)
def test_page_that_is_no_article(name: str, url: str, body: str, reason: Reason) -> None:
    got = extract(page(body, url=url), rules())
    assert isinstance(got, Rejection), got
    assert (got.reason, got.url) == (reason, url)


@pytest.mark.parametrize(
    ("body", "content_type"),
    [
        (b"%PDF-1.7\n...", "text/html"), (b"\x89PNG\r\n\x1a\n", "text/html"), (b"\xff\xd8\xff\xe0", ""), (b'{"a": 1}', "application/json"),
        (b"GIF89a", "text/html; charset=utf-8"), (b"plain words", "application/pdf"),
        (b'<?xml version="1.0"?><rss version="2.0"></rss>', "application/xml"),
        (b'<?xml version="1.0"?><urlset xmlns="x"></urlset>', "text/xml"),
    ],
)  # fmt: skip
def test_bytes_that_are_no_page(body: bytes, content_type: str) -> None:
    got = extract(page(body, content_type=content_type), rules())
    assert isinstance(got, Rejection)
    assert got.reason is Reason.NOT_HTML


def test_html_under_a_wrong_label_is_read() -> None:
    body = html("Deux interpellations en ville", "<h1>Deux interpellations en ville</h1>" + PARAGRAPH)
    article(extract(page(body, content_type="application/octet-stream"), rules()))


ARTICLES = [
    ("about a 404", html("Erreur 404 : l'histoire d'un code devenu célèbre", "<article><h1>Erreur 404 : l'histoire d'un code devenu célèbre</h1>" + MANY + "</article>", '<meta property="og:type" content="article">')),
    ("about cookies", html("Cookies : la commission rappelle les sites à l'ordre", "<article><h1>Cookies : la commission rappelle les sites à l'ordre</h1><p>Accepter les cookies ne doit pas être plus simple que les refuser, rappelle la commission dans un avis publié ce mardi à Rabat.</p>" + MANY + "</article>")),
    ("with a login box", html("Deux interpellations en ville", "<form><input type=password></form><article><h1>Deux interpellations en ville</h1>" + PARAGRAPH * 2 + "</article>", '<meta property="og:type" content="article">')),
    ("among many teasers", html("Deux interpellations en ville", "<article><h1>Deux interpellations en ville</h1>" + PARAGRAPH * 4 + "</article>" + TEASERS)),
    ("a communiqué of thirty words", html("Démenti", "<div><h1>Démenti de la direction</h1><div><p>La direction dément formellement les informations relayées ce matin par certains sites au sujet d'un prétendu incident survenu devant le poste de police du quartier, et rappelle que l'enquête suit son cours.</p></div></div>")),
]  # fmt: skip


@pytest.mark.parametrize(("name", "body"), ARTICLES, ids=[row[0] for row in ARTICLES])
def test_article_that_looks_like_something_else(name: str, body: str) -> None:
    assert article(extract(page(body), rules())).paragraphs


def test_paywall_stub_is_partial() -> None:
    body = html(
        "Deux interpellations en ville",
        "<article><h1>Deux interpellations en ville</h1>"
        + PARAGRAPH
        + "<p>Cet article est réservé aux abonnés.</p></article>",
    )
    got = article(extract(page(body), rules()))
    assert got.access is Access.PARTIAL
    assert len(got.paragraphs) == 1
