"""The article's videos, each under an address that names the video and nobody who posted it."""

from __future__ import annotations

import re
from urllib.parse import parse_qs, unquote, urlsplit

from pipeline.extraction.media import absolute, apart, listed
from pipeline.extraction.metadata import Claims, string, types
from pipeline.extraction.published import Place
from pipeline.extraction.text import clean, key
from pipeline.extraction.tree import Mark, Node, Page
from store.records import Video

MAX_VIDEOS = 20
_PLATFORMS = (
    ("youtube", re.compile(r"(?:^|\.)(?:youtube(?:-nocookie)?\.com|youtu\.be)$")),
    ("facebook", re.compile(r"(?:^|\.)(?:facebook\.com|fb\.watch)$")),
    ("dailymotion", re.compile(r"(?:^|\.)(?:dailymotion\.com|dai\.ly)$")),
    ("x", re.compile(r"(?:^|\.)(?:twitter\.com|x\.com)$")),
    ("vimeo", re.compile(r"(?:^|\.)vimeo\.com$")),
)
_PLAYER = re.compile(
    r"video|player|embed|brightcove|jwplat|kaltura|ooyala|vidible|digiteka|ultimedia|mp4|m3u8", re.IGNORECASE
)
_NOT_PLAYER = re.compile(
    r"ads?\b|doubleclick|googletag|consent|comment|recaptcha|form|map|weather|newsletter|social|like\.php|"
    r"page\.php|share|follow|subscribe|podcast|audio",
    re.IGNORECASE,
)
_OF_POST = re.compile(r"/(?:status(?:es)?|videos|reel|watch)/(?:[^/?]{0,200}/){0,3}(\d{5,})")
_POSTS = {"x": "https://x.com/i/status/{}", "facebook": "https://www.facebook.com/watch/?v={}"}
"""How a post's video is addressed without the name of the account, which may be a private person's."""
_ANONYMOUS = re.compile(r"https://(?:x\.com/i/status/|(?:www\.)?facebook\.com/watch/\?v=|fb\.watch/)\w")
_OF_ACCOUNTS = re.compile(r"(?:instagram|tiktok|threads|fb)\.(?:com|net)/|//t\.me/|/@\w|[?&]ab_channel=")
"""Networks and addresses of which the accounts are mostly private persons'."""
_LONGEST_ADDRESS = 2_000
_OF_VIDEO = re.compile(
    r"[?&]v=|youtu\.be/\w|dai\.ly/\w|/(?:embed|shorts|live|v|video)/\w|vimeo\.com/(?:\w+/)*\d+", re.IGNORECASE
)
"""In the address of a video, not of a channel or a person's page."""
_IDS = {
    "amp-youtube": ("data-videoid", "https://www.youtube.com/watch?v={}"),
    "lite-youtube": ("videoid", "https://www.youtube.com/watch?v={}"),
    "amp-dailymotion": ("data-videoid", "https://www.dailymotion.com/video/{}"),
    "amp-vimeo": ("data-videoid", "https://vimeo.com/{}"),
}
"""Elements that name a video by its id: the attribute, the address."""
_BARE = re.compile(r"https?://\S+$")
_ENCLOSED = ("video", "application/x-mpegurl", "application/vnd.apple.mpegurl")


def find(
    page: Page, claims: Claims, place: Place, base: str, enclosed: tuple[str, ...] = ()
) -> tuple[Video, ...]:
    """Players inside or just above the article, addresses left as text, what its metadata state, and what its
    feed *enclosed*."""
    found: dict[str, Video] = {}

    def add(url: str | None, kind: str | None, caption: str | None = None) -> None:
        if not url or url.startswith(("data:", "blob:", "about:", "javascript:")):
            return
        url = _address(absolute(base, url))
        known = platform(url)
        if (known and not _is_video(url)) or _OF_ACCOUNTS.search(url):
            return
        kind, caption = known or kind, None if known else caption  # their captions name who posted it
        if url and kind:
            same = _same(url)
            if same not in found and len(found) < MAX_VIDEOS:
                found[same] = Video(url, kind, caption)

    first, last = place.top - 3, place.end + 1
    for mark in page.embeds:
        if first <= mark.at <= last and not apart(mark.node, place):
            add(*_played(mark))
    for block in page.blocks[max(first, 0) : last]:
        if _BARE.match(block.text) and _is_video(block.text):
            add(block.text, None)
    for value in claims.others + listed(claims.article.get("video")):
        if isinstance(value, dict) and "videoobject" in types(value):
            address = string(value.get("contentUrl")) or string(value.get("embedUrl"))
            add(address, "html5", string(value.get("name")))
    add(claims.meta("og:video", "og:video:url", "og:video:secure_url"), "enclosure")
    for rel, href, _ in page.links:
        if rel == "enclosure" and _is_file(href):
            add(href, "enclosure")
    for url in enclosed:
        add(url, "enclosure")
    return tuple(found.values())


def chosen(selected: tuple[str, ...], base: str) -> tuple[Video, ...]:
    """The videos whose addresses an outlet's rule selected."""
    addresses = dict.fromkeys(_address(absolute(base, url)) for url in selected)
    return tuple(Video(url, platform(url) or "html5") for url in addresses if url)


def _played(mark: Mark) -> tuple[str | None, str | None, str | None]:
    """(address, kind, caption) of what an element plays; no address where it plays no video."""
    attributes = mark.attributes
    url = attributes.get("src") or attributes.get("data-src") or attributes.get("data-lazy-src")
    if mark.tag in _IDS:
        name, address = _IDS[mark.tag]
        return (address.format(attributes[name]) if attributes.get(name) else None), None, None
    if mark.tag in ("video", "amp-video"):
        return url, "html5", None
    if mark.tag == "source":
        return (url if (attributes.get("type") or "").lower().startswith(_ENCLOSED) else None), "html5", None
    if mark.tag == "oembed":
        return attributes.get("url"), None, None
    if mark.tag in ("iframe", "amp-iframe", "embed"):
        if not url or _NOT_PLAYER.search(url) or (platform(url) in _POSTS and not _is_video(_unwrapped(url))):
            return None, None, None
        return url, ("iframe" if _PLAYER.search(url) else None), clean(attributes.get("title") or "") or None
    posted = attributes.get("data-href")  # the box that Facebook's script fills
    if posted and _is_video(posted):
        return posted, None, None
    if mark.tag == "blockquote" and _is_tweet(mark.node) and not any(map(_is_tweet, mark.node.ancestors())):
        link = mark.el.css_first('a[href*="/status/"]')
        return (link.attributes.get("href") if link else None), None, None
    return None, None, None


def _is_tweet(box: Node) -> bool:
    return "twitter-video" in box.name


def is_main(claims: Claims, title: str) -> bool:
    """Whether the page says that a video is what it is about: by its type, or by a video called as it is."""
    if (claims.meta("og:type") or "").startswith("video"):
        return True
    stated = (one for one in (*claims.others, *listed(claims.article.get("video"))) if isinstance(one, dict))
    called = key(title)
    return any(
        called in (key(string(one.get("name")) or ""), key(string(one.get("headline")) or ""))
        for one in stated
        if "videoobject" in types(one)
    )


def platform(url: str) -> str | None:
    """Who plays *url*, if it is one of those known by name."""
    try:
        host = (urlsplit(url).hostname or "").lower()
    except ValueError:
        return None
    return next((kind for kind, pattern in _PLATFORMS if pattern.search(host)), None)


def _is_video(url: str) -> bool:
    """Whether an address of one of the platforms is a video's, not a page's or an account's."""
    kind = platform(url)
    if len(url) > _LONGEST_ADDRESS or "/@" in url or "ab_channel=" in url:
        return False
    if kind in _POSTS:
        return bool(_OF_POST.search(url) or _ANONYMOUS.match(url))
    return kind is not None and bool(_OF_VIDEO.search(url))


def _is_file(url: str) -> bool:
    return bool(re.search(r"\.(?:mp4|m4v|webm|mov|m3u8)(?:$|\?)", url, re.IGNORECASE))


def _unwrapped(url: str) -> str:
    """The address that Facebook's plugin shows, else *url*."""
    if "facebook.com/plugins/" not in url or "/like.php" in url or "/page.php" in url:
        return url
    inner = parse_qs(urlsplit(url).query).get("href")
    return unquote(inner[0]) if inner else url


def _address(url: str) -> str:
    """*url* without a frame around it and without the name of an account."""
    try:
        url = absolute(url, _unwrapped(url)) if url else ""
        kind = platform(url)
        post = _OF_POST.search(url) if kind in _POSTS else None
        return _POSTS[kind].format(post[1]) if post and kind else url
    except ValueError:
        return ""


def _same(url: str) -> str:
    """A key that is equal for two addresses of one video."""
    parts = urlsplit(url)
    video = parse_qs(parts.query).get("v")
    if platform(url) == "youtube":
        return "youtube:" + (video[0] if video else parts.path.rstrip("/").rsplit("/", 1)[-1])
    return f"{parts.netloc}{parts.path}" + (parts.query if platform(url) == "facebook" else "")
