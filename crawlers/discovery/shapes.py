"""What the form of an address tells: article, listing or trap; no page is looked at."""

from __future__ import annotations

import re
from urllib.parse import unquote

_LISTING_WORDS = frozenset(
    """tag tags category categories categorie categorias categoria topic topics theme themes sujet author
    authors auteur auteurs autor autores writer writers journaliste page pages paged archive archives search
    recherche buscar feed feeds rss atom login logout signin signup register connexion inscription compte
    account profile profil user users member members contact contacts contactez-nous contacto about about-us
    a-propos qui-sommes-nous equipe privacy privacy-policy politique-de-confidentialite politica-de-privacidad
    terms terms-of-use mentions-legales aviso-legal conditions cgu cookies newsletter newsletters subscribe
    abonnement abonnements suscripcion publicite advertise annonces podcast podcasts cart checkout wp-admin
    wp-login.php wp-content wp-includes wp-json wp-sitemap.xml cdn-cgi sitemap sitemap.xml plan-du-site share
    print comment comments comment-page trackback amp-menu weather meteo horoscope
    وسم تصنيف كاتب بحث اتصل-بنا من-نحن""".split()
)
_FILES = re.compile(
    r"\.(?:jpe?g|png|gif|webp|avif|svg|ico|css|js|json|xml|rss|pdf|docx?|xlsx?|pptx?|zip|rar|gz|mp[34]|m4[av]|"
    r"webm|ogg|wav|avi|mov|apk|ics|woff2?)$",
    re.IGNORECASE,
)
_SERVICE_SITEMAP = re.compile(
    r"(?:category|categories|post_tag|tags?|author|users|taxonomies|product|attachment|image|video|page|elementor|wp_template)[\w-]*\.xml",
    re.IGNORECASE,
)
_DATED = re.compile(r"(?<!\d)(?:19|20)\d{2}[/_-]?(?:0[1-9]|1[0-2])(?:[/_-]?(?:[0-2]\d|3[01]))?(?!\d)")
_ID = re.compile(r"(?<!\d)(?!(?:19|20)\d\d(?!\d))\d{4,}(?!\d)")  # a year is no number of an article
_ID_QUERY = re.compile(r"(?:^|&)(?:p|id|\w*id|article|artid|news|n|storyid|art)=\d+(?:&|$)", re.IGNORECASE)
_PAGE_END = re.compile(r"\.(?:s?html?|php|aspx?|jsp)$", re.IGNORECASE)
_WORD_BREAK = re.compile(r"[-_+\s،.]+")
_SESSION = re.compile(
    # sid is a story's number at some outlets: only the look of a session makes it one.
    r"(?:^|[&;/])(?:(?:phpsessid|jsessionid|aspsessionid\w*|sessionid|session_id|cfid|cftoken|oscsid)="
    r"|sid=(?=[\w,-]*[a-z])[\w,-]{16,})",
    re.IGNORECASE,
)
_FACET = re.compile(
    r"(?:^|&)(?:sort|orderby|order|order_by|filter\w*|facet\w*|f\[|min_?price|max_?price|replytocom|share|print|"
    r"lang_switch|day|month|year|date|cal|calendar|tribe-bar-date|eventdisplay|ical|outlook-ical|returnurl|"
    r"redirect\w*|add-to-cart)"
    r"(?:=|%5b|\[)",
    re.IGNORECASE,
)
_PAGE_NUMBER = re.compile(
    r"[?&](?:page|paged|pg|p|pagina|start|offset|from)=\d{1,4}(?:&|$)|/(?:page|pagina|p)[/-]?\d{1,4}(?:[/.?]|$)"
    r"|[/_-]\d{1,3}(?:/|\.html?|\.php)?$",
    re.IGNORECASE,
)
_CALENDAR = re.compile(
    r"/(?:calendar|calendrier|calendario|agenda|events?|evenements?)(?:/|$).*\d{4}", re.IGNORECASE
)


def trap(url: str) -> bool:
    """Whether *url* looks like one of an endless family: session, facet, calendar, path that repeats
    itself.
    """
    rest = url.partition("://")[2]
    path, _, query = rest.partition("/")[2].partition("?")
    if query and (query.count("&") >= 6 or _FACET.search(query) or _SESSION.search(query)):
        return True
    if ";" in path and _SESSION.search(path):
        return True
    if _CALENDAR.search("/" + path):
        return True
    segments = [segment for segment in path.split("/") if segment]
    if len(segments) > 10:
        return True
    # /ar/ar/ar/… and /a/b/a/b/…: a relative link resolved against itself again and again
    return len(segments) >= 3 and any(
        segments[i : i + n] == segments[i + n : i + 2 * n]
        and (n > 1 or segments[i] in segments[i + 2 : i + 3])
        for n in (1, 2, 3)
        for i in range(len(segments) - 2 * n + 1)
    )


def article_score(url: str) -> int:
    """How much the address looks like an article's: negative for listings, services and files, 3 and more is
    sure.

    A date in the path, a numeric id, a long slug (Latin or Arabic, raw or %-encoded) and a page suffix speak
    for an article.
    """
    rest = url.partition("://")[2].partition("/")[2]
    raw_path, _, query = rest.partition("?")
    path = unquote(raw_path) if "%" in raw_path else raw_path
    segments = [segment for segment in path.lower().split("/") if segment]
    if _FILES.search(path):
        return -9
    score = 0
    if query and _ID_QUERY.search(query):
        score += 3
    if not segments:
        return score
    last = segments[-1]
    slug = _PAGE_END.sub("", last)
    if slug != last:
        score += 1
    words = [word for word in _WORD_BREAK.split(slug) if word and not word.isdigit()]
    letters = sum(map(len, words))
    if len(words) >= 5 or (len(words) >= 4 and letters >= 18):
        score += 4
    elif len(words) == 4:
        score += 3
    elif letters >= 24:
        score += 2
    elif len(words) >= 2:
        score += 1
    if _DATED.search(path):
        score += 3
        if slug.isdigit() and not _ID.search(slug):
            return -5  # /2026/11/24/: a day's archive
    elif _ID.search(slug) or (len(segments) > 1 and _ID.search(segments[-2])):
        score += 3
    if any(segment in _LISTING_WORDS for segment in segments[:-1]):
        score -= 5
    if last in _LISTING_WORDS or slug in _LISTING_WORDS:
        score -= 6
    return score


def numbered_page(url: str) -> bool:
    """Whether *url* is a later page of a listing: ``?page=2``, ``/page/2/``, ``news-2.html``."""
    return _PAGE_NUMBER.search(url.partition("://")[2]) is not None


def not_article(url: str) -> bool:
    """Whether :func:`article_score` is negative, found without scoring where nothing speaks against *url*."""
    segments = (unquote(url) if "%" in url else url).lower().partition("?")[0].rstrip("/").split("/")[3:]
    if not segments:
        return False
    last, _, suffix = segments[-1].partition(".")
    suspect = (
        last.isdigit()
        or (suffix and not suffix.startswith(("htm", "php", "asp")))
        or last in _LISTING_WORDS
        or not _LISTING_WORDS.isdisjoint(segments)
    )
    return bool(suspect) and article_score(url) < 0


def service_sitemap(url: str) -> bool:
    """Whether a child sitemap, by its name, lists categories, tags, authors, pages or pictures but no
    articles.
    """
    name = url.partition("?")[0].rsplit("/", 1)[-1]
    return bool(_SERVICE_SITEMAP.match(name)) or bool(
        re.match(r"wp-sitemap-(?:taxonomies|users|posts-page)", name, re.IGNORECASE)
    )
