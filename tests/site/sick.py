"""A press of which all but two outlets misbehave in several ways at once, by chance; what each did is kept.

Every page is either *sound* (its server sends a whole article, perhaps only when asked again), *soft* (a whole
page that is no article) or *bad*.  The server notes which sound pages it really sent whole: what a crawl must
have is exactly that, and what the press must never see is judged by its own log.
"""

# ruff: noqa: E501 -- a row of a table is one page, kept on its line

from __future__ import annotations

import gzip
import random
from collections.abc import Callable
from dataclasses import dataclass, field

from tests.site.faults import (
    Behaviour,
    Exchange,
    Host,
    Site,
    always,
    answer,
    dripping,
    in_turn,
    redirect,
    reset,
    reset_in_body,
    rss,
    silent,
    status,
)
from tests.site.press import sitemap, story

TEXT = story("Un récit qui ne doit pas être gardé", "sick").encode()
ZIPPED = gzip.compress(TEXT)
DELAY_S = 0.3


def _zipped(body: bytes) -> bytes:
    return answer(body, headers=[("Content-Encoding", "gzip")])


async def _cookie_loop(exchange: Exchange) -> None:
    location = [("Set-Cookie", f"n={exchange.number}; Path=/"), ("Location", exchange.hit.path)]
    await exchange.send(answer("", 302, location))


BAD: dict[str, Behaviour] = {
    "silent": silent,
    "slow_loris": dripping(b"HTTP/1.1 200 OK\r\n" + b"X: y\r\n" * 99),
    "dripping": dripping(answer(TEXT), every_s=0.05),
    "reset": reset,
    "reset_in_body": reset_in_body(),
    "too_short": always(answer(TEXT)[:-300]),
    "too_long": always(answer(TEXT) + b"<p>and more</p>"),
    "chunks_cut": always(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n"),
    "gzip_cut": always(_zipped(ZIPPED[:-20])),
    "bomb": always(_zipped(gzip.compress(b"\0" * (40 << 20)))),
    "unknown_encoding": always(answer(b"\x99\x88" * 99, headers=[("Content-Encoding", "sdch")])),
    "huge": always(answer(b"x" * (9 << 20))),
    "huge_headers": always(b"HTTP/1.1 200 OK\r\n" + b"X: aaaaaaaaaaaaaaaaaaaaaaa\r\n" * 12_000 + b"\r\n"),
    "no_http": always(b"NONSENSE\r\n\r\n" + TEXT),
    "unasked_304": status(304, body=""),
    "http_204": status(204, body=""),
    "http_206": status(206, body=TEXT.decode()),
    "http_401": status(401),
    "http_403": status(403),
    "http_404": status(404),
    "http_410": status(410),
    "http_451": status(451),
    "http_500": status(500),
    "empty": always(answer("")),
    "loop": redirect("./"),
    "to_file": redirect("file:///etc/passwd"),
    "to_metadata": redirect("http://169.254.169.254/latest/"),
    "cookie_loop": _cookie_loop,
}
"""Pages that never come whole, or that say that they are not there."""

AT_FIRST: dict[str, Behaviour] = {
    "reset_once": reset,
    "cut_once": always(answer(TEXT)[:-300]),
    "http_500_once": status(500),
    "gzip_cut_once": always(_zipped(ZIPPED[:-20])),
    "wait_2_s": status(429, [("Retry-After", "2")]),
}
"""What a sound page may do the first time that it is asked for."""

SOFT: dict[str, str] = {
    "soft_404": "<title>Page introuvable</title><h1>Page introuvable</h1><p>La page que vous cherchez n'existe plus.</p>",
    "login": "<title>Connexion</title><h1>Connexion</h1><form><input name=u><input type=password></form><p>Votre compte.</p>",
    "maintenance": "<title>Site en maintenance</title><h1>Site en maintenance</h1><p>Nous revenons vite, merci.</p>",
}  # fmt: skip
"""Whole answers that are no articles."""

ROBOTS = {
    "robots_html": "<!doctype html><p>Rien ici",
    "robots_bom": "\ufeffUser-agent: *\r\nDisallow: /interdit\r\n",
    "crawl_delay": "User-agent: *\nCrawl-delay: 0.6\nDisallow: /interdit\n",
    "robots_ours": "User-agent: Marsad\nDisallow: /interdit\n\nUser-agent: *\nDisallow: /\n",
}


@dataclass
class Sick:
    """One outlet, and what its server knows of it."""

    name: str
    host: Host
    entries: list[tuple[str, str]]
    faults: list[str] = field(default_factory=list)
    sound: dict[str, str] = field(default_factory=dict)
    """Path → the article that is served whole sooner or later."""
    soft: list[str] = field(default_factory=list)
    bad: list[str] = field(default_factory=list)
    forbidden: list[str] = field(default_factory=list)
    """Listed, and disallowed by robots.txt."""
    gap_s: float = DELAY_S
    whole: set[str] = field(default_factory=set)
    """Sound pages that were sent to the end."""
    waits: list[tuple[float, float]] = field(default_factory=list)
    """(when a Retry-After had been sent, seconds asked for)."""
    hung: bool = False
    """A page of it hangs: the server cannot tell when its client has left."""

    def serve(self, path: str, html: str, first: Behaviour | None = None, wait_s: float = 0) -> None:
        """*html* at *path*, noted when it was sent; *first* meets the first request."""

        async def whole(exchange: Exchange) -> None:
            await exchange.send(answer(html))
            self.whole.add(path)

        async def at_first(exchange: Exchange) -> None:
            assert first is not None
            await first(exchange)
            if wait_s:
                self.waits.append((exchange.hit.at, wait_s))

        self.sound[path] = html
        self.host.on(path, in_turn(at_first, whole) if first is not None else whole)


def press(site: Site, chance: random.Random, *, outlets: int = 14, trap: str) -> list[Sick]:
    """*outlets* outlets, the first two healthy; *trap* is an address that nothing may reach."""
    return [_outlet(site.host(), number, chance, trap, healthy=number < 2) for number in range(outlets)]


def _outlet(host: Host, number: int, chance: random.Random, trap: str, *, healthy: bool) -> Sick:
    one = Sick(f"{'healthy' if healthy else 'sick'}{number}", host, [("feed", "/feed")])
    listed = []

    def path(word: str) -> str:
        listed.append(f"/{word}-{len(listed)}-une-nouvelle-du-jour")
        return listed[-1]

    for _ in range(6 if healthy else 4):
        where = path("recit")
        one.serve(where, story(f"Récit de {where}", f"{number} {where}"))
    if not healthy:
        _fall_ill(one, chance, trap, path)
        chance.shuffle(listed)
    in_map = listed[: len(listed) // 2] if chance.random() < 0.5 else []
    host.on("/feed", answer(rss([host.url(each) for each in listed]), kind="application/rss+xml"))
    if in_map:
        one.entries.append(("sitemap", "/map.xml"))
        host.on("/map.xml", answer(sitemap([host.url(each) for each in in_map]), kind="application/xml"))
    return one


def _fall_ill(one: Sick, chance: random.Random, trap: str, path: Callable[[str], str]) -> None:
    """Several things go wrong with *one*."""
    host = one.host
    for name in chance.sample(sorted(BAD), 4):
        one.faults.append(name)
        one.hung |= name in ("silent", "slow_loris", "dripping")
        one.bad.append(path("mauvais"))
        host.on(one.bad[-1], BAD[name])
    one.bad.append(path("ailleurs"))
    host.on(one.bad[-1], redirect(trap))
    for name in chance.sample(sorted(AT_FIRST), 2):
        one.faults.append(name)
        where = path("repris")
        html = story(f"Récit de {where}", f"{one.name} {where}")
        one.serve(where, html, AT_FIRST[name], 2.0 if name == "wait_2_s" else 0)
    for name in chance.sample(sorted(SOFT), 2):
        one.faults.append(name)
        where = path("page")
        one.soft.append(where)
        host.on(where, answer(f"<!doctype html><html lang=fr><body>{SOFT[name]}</body></html>"))
    robots = chance.choice(sorted(ROBOTS))
    one.faults.append(robots)
    host.robots(ROBOTS[robots], kind="text/html" if robots == "robots_html" else "text/plain")
    one.gap_s = 0.6 if robots == "crawl_delay" else DELAY_S
    if robots != "robots_html":
        one.forbidden = [path("interdit") for _ in range(2)]
    second = chance.choice(["page", "gone", "dripping", "entities", "reset"])
    one.faults.append(f"a listing: {second}")
    one.entries.append(("feed", "/second"))
    one.hung |= second == "dripping"
    host.on(
        "/second",
        {
            "page": always(answer("<!doctype html><title>Accueil</title><p>Bonjour")),
            "gone": status(410),
            "dripping": dripping(b"HTTP/1.1 200 OK\r\n\r\n" + b"<rss>" * 99),
            "entities": always(
                answer(f'<!DOCTYPE r [<!ENTITY x SYSTEM "{trap}">]><rss>&x;</rss>', kind="text/xml")
            ),
            "reset": reset,
        }[second],
    )
