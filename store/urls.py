"""What makes two URLs one article.

Three forms of one address, from the closest to the letter to the most abstract:

- the URL as the outlet wrote it (:attr:`store.records.Link.url`): what is asked for, never rewritten;
- :func:`canonicalize`: the form to show and to compare by eye: trackers, session ids and fragments gone,
  host in lower case (punycode), path in upper-case ``%XX`` of NFC UTF-8, scheme kept as given;
- :func:`url_key`: what identity is decided on: no scheme, no ``www.``/``m.``/``amp.``, no AMP or print form,
  no trailing slash, parameters sorted.

Own code: w3lib's ``canonicalize_url`` strips no tracker and costs 50 µs, which a sitemap of 50,000 links
pays; courlan deletes the spaces inside Arabic paths; url-normalize drops
``?p=123``.
"""

from __future__ import annotations

import re
import unicodedata
from functools import lru_cache
from hashlib import sha256
from ipaddress import IPv6Address
from typing import NamedTuple
from urllib.parse import urljoin

# ---- what is dropped -------------------------------------------------------------------------------------

# Parameters that say where a reader came from, never what is read.  ``id``, ``p``, ``cid``, ``source`` and
# their like are not here: for some outlet each of them names the article.
_TRACKERS = frozenset(
    """
    fbclid gclid gclsrc dclid wbraid gbraid msclkid yclid twclid ttclid li_fat_id igshid igsh mibextid sfnsn
    fb_action_ids fb_action_types fb_source fb_ref fb_comment_id action_object_map action_type_map
    action_ref_map mc_cid mc_eid mkt_tok _ga _gl _gac _hsenc _hsmi __hstc __hssc __hsfp hsctatracking vero_id
    vero_conv xtor xtref xts ref ref_src ref_url ref_source referrer referer rss_ref spm scm ocid ncid cmpid
    cmp icid intcid s_cid sc_cid smid smtyp sr_share soc_src soc_trk trk trkcampaign wickedid oly_enc_id
    oly_anon_id rb_clickid epik _openstat _branch_match_id __twitter_impression guccounter guce_referrer
    guce_referrer_sig _x_tr_sl _x_tr_tl _x_tr_hl _x_tr_pto _x_tr_sch _x_tr_hist usqp nocache cachebuster _
    replytocom share nb
    """.split()
)
_TRACKER_PREFIXES = ("utm_", "at_", "pk_", "mtm_", "piwik_", "matomo_", "hmb_", "ga_", "ns_", "wt_", "amp_")
_SESSIONS = frozenset(
    "phpsessid jsessionid sessionid session_id aspsessionid cfid cftoken oscsid zenid".split()
)
# ``sid`` and ``s`` are a story's number at some outlets and a session at others: only the look of a session
# goes.
_SESSION_IF_LIKE = frozenset(["sid", "s"])
_SESSION_LIKE = re.compile(r"(?=.*[A-Za-z])[0-9A-Za-z,-]{16,}\Z")
_PATH_SESSION = re.compile(r";(?:jsessionid|phpsessid|sid)=[^/;]*", re.IGNORECASE)

# Forms of the same page: (parameter, values that mark the form; ``None`` = whatever the value).
_FORMS: dict[str, frozenset[str] | None] = {
    "amp": None,
    "outputtype": frozenset(["amp", "print"]),
    "output": frozenset(["amp", "print", "1"]),
    "view": frozenset(["amp", "print", "mobile"]),
    "format": frozenset(["amp", "print"]),
    "type": frozenset(["amp", "print"]),
    "mode": frozenset(["amp", "print"]),
    "print": None,
    "printable": None,
    "print_view": None,
    "printpage": None,
    "tmpl": frozenset(["component"]),
    "m": frozenset(["0", "1"]),
    "mobile": frozenset(["", "0", "1", "true", "false"]),
    "noamp": frozenset(["", "1", "mobile", "available"]),
    "nonamp": frozenset(["", "1"]),
}
_HOST_FORM = re.compile(r"(?:www\d?|m|mobile|mob|amp|wap|touch)\.(?=[^.]+\.)")
_AMP_PREFIX = re.compile(r"/(?:amp|print)(?=/[^/])")
_FORM_SUFFIX = re.compile(r"/(?:amp|print)\Z")
_FORM_EXTENSION = re.compile(r"\.(?:amp|print)(?=\.html?\Z)|\.amp\Z")
_INDEX = re.compile(r"/index\.(?:html?|php\d?|aspx?|jsp)\Z", re.IGNORECASE)
_AMP_CACHE = re.compile(r"/(?:amp|[cvi])/(?:s/)?([^/]+\.[^/]+)(/.*)?\Z")

# ---- letters ---------------------------------------------------------------------------------------------

_UNRESERVED = frozenset("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-._~")
_PATH_SAFE = _UNRESERVED | frozenset("/!$&'()*+,;=:@%")
_FRAGMENT_SAFE = _PATH_SAFE | frozenset("?")
_QUERY_SAFE = (_UNRESERVED | frozenset("/?!$'()*,;:@%=")) - frozenset("&+")
_PLAIN_PATH = re.compile(r"[A-Za-z0-9\-._~/!$&'()*+,;=:@]*\Z")
_PLAIN_QUERY = re.compile(r"[A-Za-z0-9\-._~/?!$'()*,;:@&=]*\Z")
_BARE_PERCENT = re.compile(r"%(?![0-9A-Fa-f]{2})")
_ESCAPES = re.compile(r"(?:%[0-9A-Fa-f]{2})+")
_SPLIT = re.compile(r"(https?)://([^/?#\\]*)([^?#]*)(?:\?([^#]*))?(?:#(.*))?\Z", re.IGNORECASE | re.DOTALL)
_HOST = re.compile(r"[a-z0-9_-]+(?:\.[a-z0-9_-]+)*\Z")
_REMOVED = re.compile(r"[\t\r\n]")
_EDGE = "".join(map(chr, range(0x21))) + "\u00a0\u200b\u200e\u200f\u2028\u2029\ufeff"
_DEFAULT_PORTS = {"http": 80, "https": 443}


class _Parts(NamedTuple):
    """A checked URL in canonical letters; ``port`` is ``""`` or ``":8080"``."""

    scheme: str
    host: str
    port: str
    path: str
    query: str
    fragment: str
    """Empty, or a hash-bang (``!/story/1``)."""


def _unescape(match: re.Match[str]) -> str:
    """A run of escapes as characters where that cannot change the meaning; the rest in upper case."""
    text = bytes.fromhex(match[0].replace("%", "")).decode("utf-8", "surrogateescape")
    return "".join([c if c in _UNRESERVED or c > "\x7f" else f"%{ord(c):02X}" for c in text])


def _letters(text: str, safe: frozenset[str]) -> str:
    """*text* in canonical escapes: unreserved letters bare, everything else upper-case ``%XX`` of NFC UTF-8.

    Bytes that are no UTF-8 (an old windows-1256 address) stay the bytes they are.
    """
    text = _ESCAPES.sub(_unescape, _BARE_PERCENT.sub("%25", text))
    if not text.isascii():
        # A raw "è" beside an escaped half of a letter: only as bytes do both meet.
        text = text.encode("utf-8", "surrogateescape").decode("utf-8", "surrogateescape")
        text = unicodedata.normalize("NFC", text)
    out = []
    for char in text:
        if char in safe:
            out.append(char)
        else:
            out.extend([f"%{byte:02X}" for byte in char.encode("utf-8", "surrogateescape")])
    return "".join(out)


def _no_dots(path: str) -> str:
    """*path* without ``.`` and ``..`` (RFC 3986 §5.2.4); always begins with a slash."""
    if "/." not in path:
        return path if path.startswith("/") else "/" + path
    kept: list[str] = []
    segments = path.split("/")[1:] if path.startswith("/") else path.split("/")
    for segment in segments:
        if segment == "..":
            if kept:
                kept.pop()
        elif segment != ".":
            kept.append(segment)
    if segments[-1] in (".", ".."):
        kept.append("")
    return "/" + "/".join(kept)


@lru_cache(maxsize=4096)
def _ascii_host(host: str) -> str:
    """*host* in lower-case ASCII; raises :class:`ValueError` for what can be no host."""
    host = host.rstrip(".")
    if host.isascii():
        host = host.lower()
    else:
        host = unicodedata.normalize("NFC", host).encode("idna").decode("ascii").lower()
    if len(host) > 253 or not _HOST.match(host):
        raise ValueError("not a host name")
    return host


def _dropped(name: str, value: str) -> bool:
    """Whether a query parameter names no content; *name* in lower case."""
    return (
        name in _TRACKERS
        or name in _SESSIONS
        or name.startswith(_TRACKER_PREFIXES)
        or (name in _SESSION_IF_LIKE and _SESSION_LIKE.match(value) is not None)
    )


def _clean_query(query: str) -> str:
    """*query* in canonical letters without trackers and sessions; the order is kept."""
    query = query.replace("&amp;", "&")  # escaped twice by the feed
    plain = _PLAIN_QUERY.match(query) is not None
    kept = []
    for pair in query.split("&"):
        if not pair:
            continue
        if not plain:
            pair = _letters(pair.replace("+", "%20"), _QUERY_SAFE)
        name, _, value = pair.partition("=")
        if not _dropped(name.lower(), value):
            kept.append(pair)
    return "&".join(kept)


@lru_cache(maxsize=4096)
def _parts(url: str) -> _Parts:
    """*url* taken apart and put in canonical letters; raises :class:`ValueError` naming what was seen.

    Remembered, because key, host and readable form of one URL are asked for in a row.
    """
    try:
        split = _SPLIT.match(_REMOVED.sub("", url.strip(_EDGE)))
        if split is None:
            raise ValueError("neither http:// nor https://")
        scheme, authority, path, query, fragment = split.groups("")
        scheme = scheme.lower()
        host, port = _host_and_port(authority.rpartition("@")[2])
        if not _PLAIN_PATH.match(path):
            path = _letters(path, _PATH_SAFE)
        if ";" in path:
            path = _PATH_SESSION.sub("", path)
        return _Parts(
            scheme,
            host,
            "" if port is None or port == _DEFAULT_PORTS[scheme] else f":{port}",
            _no_dots(path),
            _clean_query(query) if query else "",
            _letters(fragment, _FRAGMENT_SAFE) if fragment.startswith("!") else "",
        )
    except ValueError as fault:
        reason = "not a host name" if isinstance(fault, UnicodeError) else str(fault)
        raise ValueError(f"not a web address: {url[:200]!r}: {reason}") from None


def _host_and_port(authority: str) -> tuple[str, int | None]:
    """``example.ma:8080`` in its two parts; raises :class:`ValueError`."""
    if authority.startswith("["):
        host, closed, rest = authority[1:].partition("]")
        if not closed or (rest and not rest.startswith(":")):
            raise ValueError("not an IPv6 address")
        return f"[{IPv6Address(host).compressed}]", _port(rest[1:])
    host, _, port = authority.partition(":")
    if not host:
        raise ValueError("no host")
    return _ascii_host(host), _port(port)


def _port(text: str) -> int | None:
    if not text:
        return None
    if not (text.isascii() and text.isdigit()) or int(text) > 65535:
        raise ValueError(f"{text[:20]!r} is no port")
    return int(text)


def _join(parts: _Parts) -> str:
    query = f"?{parts.query}" if parts.query else ""
    fragment = f"#{parts.fragment}" if parts.fragment else ""
    return f"{parts.scheme}://{parts.host}{parts.port}{parts.path}{query}{fragment}"


def canonicalize(url: str) -> str:
    """The form of *url* to show and to keep; idempotent.

    Scheme as given; host in lower-case ASCII (punycode); default port, user and password, trackers, session
    ids and fragments gone (a hash-bang stays); dot segments resolved; Arabic letters as upper-case ``%XX`` of
    NFC UTF-8.  The path keeps its case, its slashes and its AMP form; parameters keep their order.

    Raises :class:`ValueError` with what was seen: not http(s), no host, bad port.

    >>> canonicalize("HTTP://Example.ma:80/a b/../الأمن?utm_source=x&p=12#top")
    'http://example.ma/%D8%A7%D9%84%D8%A3%D9%85%D9%86?p=12'
    """
    return _join(_parts(url))


def _key_path(path: str) -> str:
    """The part of a path that names the article: no double or trailing slash, no AMP, print or index form."""
    while True:
        before = path
        while "//" in path:
            path = path.replace("//", "/")
        path = _AMP_PREFIX.sub("", path, count=1) if path.startswith(("/amp/", "/print/")) else path
        path = path.rstrip("/")
        path = _FORM_SUFFIX.sub("", path)
        path = _FORM_EXTENSION.sub("", path)
        path = _INDEX.sub("", path)
        if path == before:
            return path


def _key_query(query: str) -> str:
    """The parameters that name the article, sorted."""
    kept = []
    for pair in query.split("&"):
        name, _, value = pair.partition("=")
        values = _FORMS.get(name.lower(), frozenset())
        if values is not None and value.lower() not in values:
            kept.append(pair)
    kept.sort()
    return "&".join(kept)


def _key_host(host: str) -> str:
    """*host* without the prefixes of its mobile, AMP and ``www`` forms."""
    while match := _HOST_FORM.match(host):
        host = host[match.end() :]
    return host


def url_key(url: str) -> str:
    """What makes two URLs one article: equal keys, one article.  ``url_key(canonicalize(u)) == url_key(u)``.

    Shape ``host/path?query`` without a scheme.  Raises :class:`ValueError` as :func:`canonicalize` does.

    >>> url_key("https://m.example.ma/amp/news/12/?utm_medium=rss") ==
    url_key("http://www.example.ma/news/12") True
    """
    parts = _parts(url)
    if "amp" in parts.path or parts.host.endswith(".cdn.ampproject.org"):
        parts = _out_of_amp_cache(parts)
    path = _key_path(parts.path)
    query = _key_query(parts.query) if parts.query else ""
    query = f"?{query}" if query else ""
    fragment = f"#{parts.fragment}" if parts.fragment else ""
    return f"{_key_host(parts.host)}{parts.port}{path}{query}{fragment}"


def _out_of_amp_cache(parts: _Parts) -> _Parts:
    """The outlet's own address of a page seen through Google's AMP cache or viewer; others unchanged."""
    if not (parts.host.endswith(".cdn.ampproject.org") or re.match(r"www\.google\.[a-z.]+\Z", parts.host)):
        return parts
    match = _AMP_CACHE.match(parts.path)
    if match is None:
        return parts
    try:
        return _parts(f"https://{match[1]}{match[2] or '/'}{'?' + parts.query if parts.query else ''}")
    except ValueError:
        return parts


def article_id(url: str) -> str:
    """The stable id of the article at *url*: 32 hex digits of the SHA-256 of its :func:`url_key`."""
    return sha256(url_key(url).encode()).hexdigest()[:32]


def host_of(url: str) -> str:
    """The host that politeness is owed to: lower-case ASCII, with the port where it is not the default.

    ``www.`` stays: robots.txt, connections and leases belong to the host that is asked.
    """
    parts = _parts(url)
    return parts.host + parts.port


# ---- canonical claims ------------------------------------------------------------------------------------

_SECOND_LEVEL = frozenset("ac co com edu gob gouv gov info net org press".split())
_SHARED = (
    "blogspot",
    "wordpress",
    "tumblr",
    "medium",
    "substack",
    "github",
    "wixsite",
    "over-blog",
    "weebly",
)
_IPV4 = re.compile(r"\d+(?:\.\d+){3}\Z")
_NAMES_CONTENT = re.compile(r"(?:p|n|a|art|article|story|news|post|page_?id|.*id|num|no|code)\Z")
_SLUG = re.compile(r"[\d%]|[^/]-[^/]")


def _site(parts: _Parts) -> str:
    """The site of a URL: its registrable domain, by rule of thumb (we have no list of suffixes), and port."""
    host = _key_host(parts.host)
    if _IPV4.match(host) or host.startswith("["):
        return host + parts.port
    labels = host.split(".")
    size = 2
    if len(labels) >= 3 and (
        (len(labels[-1]) == 2 and labels[-2] in _SECOND_LEVEL)
        or labels[-2] in _SHARED
        or labels[-3] in _SHARED
    ):
        size = 4 if labels[-3] in _SHARED else 3
    return ".".join(labels[-size:]) + parts.port


def believable_canonical(page_url: str, claimed: str | None) -> str | None:
    """The canonical URL that a page claims, absolute and canonicalised, or ``None`` if it cannot be true.

    Not believed: another site, the home page, a section above the page (``/news/`` for ``/news/12-title``), a
    script without the parameter that names the article, anything that is no web address.  A relative claim is
    resolved.  Two pages that claim each other are both believed: their contents cannot be seen from here.

    Raises :class:`ValueError` if *page_url* itself is no web address.
    """
    page = _parts(page_url)
    if not claimed or not claimed.strip(_EDGE):
        return None
    try:
        target = _parts(urljoin(_join(page), _REMOVED.sub("", claimed.strip(_EDGE))))
    except ValueError:
        return None
    if _site(page) != _site(target):
        return None
    page_path, target_path = _key_path(page.path), _key_path(target.path)
    page_query, target_query = _key_query(page.query), _key_query(target.query)
    if target_path == "" and not target_query and not target.fragment:
        return None
    if page_path.startswith(target_path + "/") and not target_query:
        return None
    if page_path == target_path and not _SLUG.search(page_path.rpartition("/")[2]):
        kept = {pair.partition("=")[0] for pair in target_query.split("&")}
        for pair in page_query.split("&"):
            name = pair.partition("=")[0]
            if pair and name not in kept and _NAMES_CONTENT.match(name.lower()):
                return None
    return _join(target)
