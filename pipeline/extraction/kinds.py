"""Pages that are no article, each told by its own signs; in doubt a page is an article."""

from __future__ import annotations

import re
from urllib.parse import urlsplit

from pipeline.extraction.metadata import Claims, types
from pipeline.extraction.published import Place
from pipeline.extraction.text import key
from pipeline.extraction.tree import Block, Page
from pipeline.extraction.words import HEADINGS
from pipeline.rules import Rules, host
from store.records import Reason

_MAGIC = (
    b"%PDF",
    b"\x89PNG",
    b"\xff\xd8\xff",
    b"GIF8",
    b"RIFF",
    b"PK\x03\x04",
    b"\x1f\x8b",
    b"\x00\x00\x00",
    b"ID3",
    b"OggS",
    b"wOFF",
    b"wOF2",
    b"Rar!",
    b"7z\xbc\xaf",
)
_TEXT_TYPES = re.compile(r"html|xml|text/plain|^$", re.IGNORECASE)
_OTHER_TYPES = re.compile(
    r"^(?:image|video|audio|font)/|pdf|zip|octet-stream|javascript|json|css|msword|officedocument",
    re.IGNORECASE,
)

_CHALLENGE = re.compile(
    r"just a moment|attention required|verify(?:ing)? (?:that )?you are (?:a )?human|"
    r"checking your browser|ddos protection by|enable javascript and cookies to continue|"
    r"access denied|request unsuccessful\. incapsula|are you a robot|unusual traffic|"
    r"pardon our interruption|(?:please )?complete the security check|human verification|"
    r"confirm (?:that )?you are (?:a )?human|"
    r"v[ée]rifi(?:ez|cation) que vous (?:[êe]tes|n.[êe]tes pas)|acc[èe]s refus[ée]|"
    r"verifique que (?:usted )?(?:es|no es)|acceso denegado|تحقق من أنك إنسان|جاري التحقق من المتصفح|"
    r"تم رفض الوصول",
    re.IGNORECASE,
)
_CHALLENGE_MARKUP = re.compile(
    r"cf-browser-verification|cf_chl_|challenge-platform|_Incapsula_Resource|px-captcha|datadome|"
    r"geo\.captcha-delivery|sucuri_cloudproxy|ddos-guard|awswaf|h-captcha|g-recaptcha",
    re.IGNORECASE,
)
_NOT_FOUND = re.compile(
    r"(?:^|\b)(?:404|410)\b(?!\s*(?:people|personnes|personas|km|million))|(?:page|article|content|story|"
    r"file) (?:was |is |could ?n.t be |cannot be |can.t be |not )*(?:not found|no longer (?:available|"
    r"exists?)|unavailable|found)\b|page (?:introuvable|non trouv[ée]e)|article introuvable|(?:page|"
    r"article) (?:demand[ée]e? |que vous (?:re)?cherchez )?(?:n.existe (?:pas|plus)|n.est plus disponible|"
    r"a [ée]t[ée] supprim[ée])|"
    r"p[áa]gina no encontrada|no se (?:ha )?encontr(?:ado|[óo]) la p[áa]gina|"
    r"la p[áa]gina (?:que busca(?:s)? )?no existe|contenido no disponible|"
    r"الصفحة غير موجودة|لم يتم العثور|الصفحة المطلوبة|عذرا.{0,20}(?:الصفحة|المقال)|المحتوى غير متوفر|"
    r"خطأ 404|oops\b|oups\b",
    re.IGNORECASE,
)
_MAINTENANCE = re.compile(
    r"under maintenance|en maintenance|site en construction|temporarily (?:unavailable|down)|"
    r"en mantenimiento|الموقع (?:قيد|تحت) الصيانة|coming soon|(?:for|under) scheduled maintenance|"
    # A page of the server's or of its keeper's in the place of the site.
    r"error establishing a database connection|account (?:has been )?suspended|bad gateway|"
    r"domain (?:\S+ )?(?:is|may be) for sale|welcome to nginx|apache2? .{0,20}default page|^index of /|"
    r"service unavailable|internal server error",
    re.IGNORECASE,
)
_LOGIN = re.compile(
    r"log ?in|sign ?in|connexion|se connecter|identifi(?:ez|cation)|iniciar sesi[óo]n|acceder a (?:su|"
    r"tu) cuenta|تسجيل الدخول|دخول الأعضاء",
    re.IGNORECASE,
)
_CONSENT = re.compile(
    r"before you continue|we (?:value|care about) your privacy|your privacy choices|"
    r"we and our (?:\d+ )?partners|accept (?:all )?cookies|"
    r"votre vie priv[ée]e|nous et nos (?:\d+ )?partenaires|accepter (?:et|les cookies)|tu privacidad|"
    r"su privacidad|nosotros y nuestros|aceptar (?:las |todas las )?cookies|نحن وشركاؤنا|"
    r"ملفات تعريف الارتباط|قبول ملفات",
    re.IGNORECASE,
)
_SECTION_PATH = re.compile(
    r"^/(?:[a-z]{2}/)?(?:(?:category|categories|categorie|rubrique|section|tags?|topics?|author|auteur|"
    r"autor|search|recherche|buscar|etiqueta|themes?|archives?|page/\d+|feed|مقالات|تصنيف|وسم|كاتب)(?:/|"
    r"$)|(?:page/\d+/?$))|/page/\d+/?$",
    re.IGNORECASE,
)
_SEARCH = re.compile(r"(?:^|&)(?:s|q|query|search|recherche|buscar)=")
_TEASERS = 6
_SAME_TITLE = 40
_LIST_TYPES = frozenset("collectionpage searchresultspage itemlist profilepage".split())
SHORT = 900


def not_html(body: bytes, content_type: str | None) -> str | None:
    """Why these bytes are no web page at all (sniffed before the label is believed), or ``None``."""
    head = body[:512].lstrip()
    for magic in _MAGIC:
        if head.startswith(magic):
            return f"starts as {magic[:4]!r}"
    label = (content_type or "").split(";")[0].strip()
    if _OTHER_TYPES.search(label) and not re.search(
        rb"<(?:!doctype|html|head|body|article|p|div)\b", body[:4096], re.IGNORECASE
    ):
        return f"labelled {label}"
    if head.startswith((b"{", b"[")) and b"<" not in body[:2048]:
        return "starts as JSON"
    if re.match(
        rb"<\?xml[^>]*>\s*(?:<!--.*?-->\s*)*<(?:rss|feed|urlset|sitemapindex|rdf)",
        head,
        re.IGNORECASE | re.DOTALL,
    ):
        return "a feed or sitemap"
    return None


def before_text(page: Page, rules: Rules, url: str, raw: str) -> tuple[Reason, str] | None:
    """Signs that need no article text: challenge, home page."""
    length = sum(len(b.text) for b in page.blocks)
    head = f"{page.title} {' '.join(b.text for b in page.blocks[:6])}"[:600]
    if length < 2500:
        if _CHALLENGE.search(head) and (length < 1200 or _CHALLENGE_MARKUP.search(raw, 0, 200_000)):
            return Reason.CHALLENGE, head[:80]
        if length < 400 and _CHALLENGE_MARKUP.search(raw, 0, 200_000):
            return Reason.CHALLENGE, "challenge markup"
    if is_home(url, rules):
        return Reason.HOME, ""
    return None


def is_home(url: str, rules: Rules) -> bool:
    """The root of the outlet's site, or of one of its language editions."""
    parts = urlsplit(url)
    path = parts.path.strip("/").lower()
    if parts.query and not re.match(r"(?:utm_|lang=|fbclid|ref=)", parts.query):
        return False
    if path in ("", "index.html", "index.php", "index.htm", "default.aspx"):
        return True
    if host(url) in rules.domains and path in ("home", "accueil", "inicio", "ar", "fr", "en", "es"):
        return True
    home = urlsplit(rules.homepage)
    return (
        bool(rules.homepage)
        and host(url) == host(rules.homepage)
        and path == home.path.strip("/").lower()
        and not parts.query
    )


def after_text(
    page: Page, claims: Claims, url: str, title: str, paragraphs: tuple[str, ...], place: Place
) -> tuple[Reason, str] | None:
    """Signs weighed against the text that was found."""
    length = sum(map(len, paragraphs))
    body = "\n".join(paragraphs)[:6000]
    named = is_named(claims)
    if length < SHORT:
        head = f"{page.title}\n{title}\n{body[:200]}"
        if _NOT_FOUND.search(f"{page.title}\n{title}") and not (named and length > 200):
            return Reason.SOFT_404, title[:80]
        if _NOT_FOUND.search(body[:200]) and length < 350 and not named:
            return Reason.SOFT_404, body[:80]
        if _MAINTENANCE.search(head) and length < 400 and not named:
            return Reason.SOFT_404, title[:80]
        if page.passwords and not named and (_LOGIN.search(f"{page.title} {title}") or length < 200):
            return Reason.LOGIN, title[:80]
    if not named and len(_CONSENT.findall(f"{title}\n{body}")) >= 2 and length < 6000:
        return Reason.CONSENT, title[:80]
    if length < SHORT and not named and _CONSENT.search(title):
        return Reason.CONSENT, title[:80]
    if is_listing(page, claims, url, paragraphs, place):
        return Reason.LISTING, ""
    return None


def is_named(claims: Claims) -> bool:
    """Whether the page's metadata call it an article."""
    return bool(claims.article.get("headline")) or claims.meta("og:type") == "article"


def _is_titled(page: Page, claims: Claims) -> bool:
    """Whether the page bears the headline of the one article that its JSON-LD is about.

    Some outlets have all their articles below ``/topics/``.
    """
    headline = key(claims.ld("headline") or "")
    return bool(headline) and key(page.title).startswith(headline[:_SAME_TITLE])


def is_listing(page: Page, claims: Claims, url: str, paragraphs: tuple[str, ...], place: Place) -> bool:
    """A page of teasers: many linked headlines, and no run of text that is one article's."""
    listed = any(types(other) & _LIST_TYPES for other in claims.others) and not claims.article
    parts = urlsplit(url)
    path = not _is_titled(page, claims) and (
        _SECTION_PATH.search(parts.path) or (len(parts.path) < 2 and _SEARCH.search(parts.query))
    )
    if is_named(claims) and not path:
        return False
    long = sum(1 for p in paragraphs if len(p) > 250)
    linked = sum(
        1
        for b in page.blocks
        if not b.node.furniture and b.links > 0.7 * len(b.text) and 25 < len(b.text) < 200
    )
    articles = sum(1 for n in page.nodes if n.tag == "article")
    size = sum(map(len, paragraphs))
    if path and (linked >= 5 or articles >= 5 or size < 400):
        return True
    if listed and (linked >= 8 or articles >= 6) and long <= 3:
        return True
    if not paragraphs:
        return linked >= 10
    teasers = _teasers(page)
    if len(teasers) >= _TEASERS and len(teasers & place.body) >= 0.6 * len(place.body):
        return True
    return (
        linked >= 15
        and (long <= 1 and size < 1500 and linked * 40 > size)
        and claims.meta("og:type") in ("website", None)
        and _inside(page, place) >= 6
    )


def _teasers(page: Page) -> set[int]:
    """The paragraphs that stand right below a heading which links elsewhere: excerpts of articles."""
    headings = [index for index, block in enumerate(page.blocks) if _leads_away(block)]
    below = {index + step for index in headings for step in (1, 2)}
    return {index for index in below if index < len(page.blocks) and page.blocks[index].tag not in HEADINGS}


def _leads_away(block: Block) -> bool:
    return block.tag in HEADINGS and block.links > 0.7 * len(block.text)


def _inside(page: Page, place: Place) -> int:
    """Linked headlines among the blocks that were taken for the text."""
    return sum(
        1 for b in page.blocks[place.start : place.end] if b.links > 0.7 * len(b.text) and len(b.text) > 25
    )


def title_is_generic(title: str) -> bool:
    return key(title) in ("", "untitled", "document", "untitled document", "sans titre", "page")
