"""Faults 27 and 63–66 of ``docs/faults.md``: what becomes of articles when an outlet is asked again.

Outlets of ``tests/site`` on loopback, crawled and read by the real path, then changed and asked again.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

import config
from pipeline.reader import read_captured
from store.archive import Archive
from store.records import Link, StoredArticle, Via
from tests.crawlers.outlets import Outlets
from tests.e2e.harness import Desk
from tests.site.faults import Host, Site, answer, redirect, rss, status
from tests.site.press import Steady, sentences, steady, story


@pytest.fixture
def site() -> Iterator[Site]:
    with Site() as site:
        yield site


IDN = "حدث.example".encode("idna").decode()


def desk(outlets: Outlets) -> Desk:
    return Desk(outlets.home, outlets.folder)


def press(site: Site, outlets: Outlets, number: int) -> list[Steady]:
    made = []
    for each in range(number):
        outlet = steady(site.host(), each)
        outlets.add(f"outlet{each}", outlet.host, *outlet.entries, languages=["fr"])
        made.append(outlet)
    return made


def captures(outlets: Outlets) -> int:
    archive = Archive(outlets.home)
    return sum(1 for path in archive.files() for _ in archive.iter_pages(path))


def test_27_a_second_run_over_an_unchanged_press_is_conditional_and_changes_nothing(
    site: Site, tmp_path: Path
) -> None:
    outlets = Outlets(tmp_path)
    made = press(site, outlets, 2)
    marsad = desk(outlets)
    first = marsad.json("crawl")["totals"]
    assert (first["stored"], first["rejected"], first["errors"]) == (24, {}, {})
    before, kept = marsad.export(), captures(outlets)
    seen = [len(outlet.host.hits) for outlet in made]

    again = marsad.json("crawl", "--revisit", "72h")["totals"]
    asked = [hit for outlet, start in zip(made, seen, strict=True) for hit in outlet.host.hits[start:]]
    conditional = [hit for hit in asked if {"if-none-match", "if-modified-since"} & hit.headers.keys()]
    pages = {path for outlet in made for path in outlet.stories}
    assert {hit.path for hit in asked} >= pages, "every article is looked at again"
    assert len(conditional) / len(asked) >= 0.9, f"{len(conditional)} of {len(asked)}"
    assert again["not_modified"] == len(asked)
    assert (again["fetched"], again["stored"], again["revised"]) == (0, 0, 0)
    assert captures(outlets) == kept
    after = marsad.export()
    assert {key: row["revision"] for key, row in after.items()} == dict.fromkeys(before, 1)
    with outlets.ledger() as ledger:
        status = ledger.status()
        assert (status.frontier, status.outbox) == ({"stored": 24}, 0)
        assert all(article.last_seen_at > article.first_seen_at for article in ledger.articles())


# -- one address, many spellings ---------------------------------------------------------------------------


def collect(outlets: Outlets, *, revisit: bool = False, **more: Any) -> list[StoredArticle]:
    """Crawl and read; every article as it then is, by URL.  *revisit* asks for all articles again."""
    if revisit:
        with outlets.ledger() as ledger:
            now = datetime.now(UTC)
            ledger.add_links(ledger.links_to_revisit(now - timedelta(days=9)), now)
    outlets.crawl([path.stem for path in (outlets.folder / "sources").iterdir()], **more)
    read_captured(config.load(outlets.folder, home=outlets.home), outlets.home)
    with outlets.ledger() as ledger:
        assert not ledger.status().frontier.get("quarantined")
        return sorted(ledger.articles(), key=lambda one: one.article.url)


def show(host: Host, *addresses: str) -> None:
    """The feed of *host* lists *addresses*."""
    host.on("/feed", answer(rss(addresses), kind="application/rss+xml"))


def test_63_64_variants_of_an_address_are_one_document(site: Site, tmp_path: Path) -> None:
    host, other = site.host(), site.host()
    names = dict.fromkeys(("outlet.example", "www.outlet.example", "m.outlet.example"), host.address)
    idn = dict.fromkeys(("حدث.example", IDN), other.address)
    looked_up = {"NETWORK_HOSTS": {**names, **idn}}
    path = "/news/12-une-nouvelle"
    arabic = "/أخبار/توقيف-شخصين"
    escaped = "/%D8%A3%D8%AE%D8%A8%D8%A7%D8%B1/%D8%AA%D9%88%D9%82%D9%8A%D9%81-%D8%B4%D8%AE%D8%B5%D9%8A%D9%86"
    host.page(f"{path}/amp?utm_source=rss", story("Une nouvelle", "63"))
    other.page(escaped, story("Une autre", "64"))
    outlets = Outlets(tmp_path)
    outlets.add("one", host, domains=["outlet.example"], languages=["fr"])
    outlets.add("idn", other, domains=[IDN], languages=["ar"])

    def collected(first: str, second: str) -> list[StoredArticle]:
        for server, address in ((host, first), (other, second)):
            name, path = address.removeprefix("http://").split("/", 1)
            show(server, f"http://{name}:{server.port}/{path}")
        return collect(outlets, scrapy_settings=looked_up)

    found = collected(f"http://m.outlet.example{path}/amp?utm_source=rss#top", f"http://حدث.example{arabic}")
    assert [one.article.title for one in found] == ["Une nouvelle", "Une autre"]
    spellings = [
        (f"http://outlet.example{path}", f"http://{IDN}{arabic}"),
        (f"http://www.outlet.example{path}/", f"http://حدث.example{escaped}"),
        (f"http://WWW.Outlet.example{path}?print=1", f"http://حدث.example{escaped.lower()}"),
        (f"http://outlet.example{path}?fbclid=a&utm_medium=b#comments", f"http://حدث.example{arabic}/"),
    ]
    for pair in spellings:
        assert [one.article_id for one in collected(*pair)] == [one.article_id for one in found]
    for server in (host, other):
        assert len([each for each in server.paths() if "feed" not in each and "robots" not in each]) == 1
    assert any("m.outlet.example" in url for url in (*found[0].variants, found[0].article.canonical_url))


def test_65_a_canonical_is_believed_only_where_it_can_be_true(site: Site, tmp_path: Path) -> None:
    host = site.host()

    def claims(path: str, canonical: str, text: str | None = None) -> None:
        head = f'<link rel="canonical" href="{canonical}">'
        host.page(path, story(f"Récit de {text or path}", f"65 {text or path}", head=head))

    claims("/home1-une-nouvelle", host.url("/"))
    claims("/home2-une-nouvelle", "/")
    claims("/off-site-une-nouvelle", "https://elsewhere.example/une-nouvelle")
    claims("/relative-une-nouvelle", "relative-une-nouvelle?utm_source=x")
    claims("/loop1-une-nouvelle", "/loop2-une-nouvelle")
    claims("/loop2-une-nouvelle", "/loop1-une-nouvelle")
    claims("/twin1-une-nouvelle", "/twin2-une-nouvelle", "twin")
    claims("/twin2-une-nouvelle", "/twin1-une-nouvelle", "twin")
    for number in range(3):
        claims(f"/same{number}-une-nouvelle", "/same0-une-nouvelle")
    paths = [path for path in host._routes if path.endswith("-une-nouvelle")]
    show(host, *(host.url(path) for path in paths))
    outlets = Outlets(tmp_path)
    outlets.add("one", host, languages=["fr"])
    for revisit in (False, True):
        found = collect(outlets, revisit=revisit)
        titles = sorted(one.article.title for one in found)
        told = sorted({"Récit de twin" if "twin" in path else f"Récit de {path}" for path in paths})
        assert titles == told, "each text once, none written over another"
        assert {one.revision for one in found} == {1}


def test_66_edited_retitled_removed_moved_and_back(site: Site, tmp_path: Path) -> None:
    host = site.host()
    names = ("same", "edited", "retitled", "gone404", "gone410", "moved", "flaky")
    paths = {name: f"/{name}-une-nouvelle" for name in names}
    for name, path in paths.items():
        host.page(path, story(f"Récit {name}", f"66 {name}"))
    show(host, *map(host.url, paths.values()))
    outlets = Outlets(tmp_path)
    outlets.add("one", host, languages=["fr"])
    first = {one.article.title.split()[1]: one for one in collect(outlets)}
    assert first.keys() == set(names)

    added = f"<p>Ajout du soir. {sentences('66 plus', 2)}</p></div>"
    host.page(paths["edited"], story("Récit edited", "66 edited").replace("</div>", added))
    host.page(paths["retitled"], story("Récit tout autrement titré", "66 retitled"))
    host.on(paths["gone404"], status(404))
    host.on(paths["gone410"], status(410))
    host.on(paths["flaky"], status(500))
    host.on(paths["moved"], redirect("/archives/moved-une-nouvelle", 301))
    host.page("/archives/moved-une-nouvelle", story("Récit moved", "66 moved"))
    show(host, *map(host.url, paths.values()), host.url("/archives/moved-une-nouvelle"))
    collect(outlets, revisit=True)
    with outlets.ledger() as ledger:
        now = {name: ledger.find(one.article_id) for name, one in first.items()}
        assert ledger.count() == len(names), "nothing twice"
        revisions = {name: len(ledger.revisions(one.article_id)) for name, one in first.items()}
        assert revisions == dict.fromkeys(names, 1) | {"edited": 2, "retitled": 2}
        removed = {name for name, one in now.items() if one is not None and one.removed_at is not None}
        assert removed == {"gone404", "gone410"}
        assert now["gone404"].annotated == first["gone404"].annotated, "the text is kept"
        assert "Ajout du soir" in now["edited"].article.text
        assert host.url("/archives/moved-une-nouvelle") in now["moved"].variants

        back = [Link("one", host.url(paths[name]), "revisit", Via.REVISIT) for name in ("gone404", "edited")]
        ledger.add_links(back, datetime.now(UTC))
    host.page(paths["gone404"], story("Récit gone404", "66 gone404"))
    host.page(paths["edited"], story("Récit edited", "66 edited"))
    collect(outlets)
    with outlets.ledger() as ledger:
        returned = ledger.find(first["gone404"].article_id)
        assert (returned.revision, returned.removed_at) == (1, None)
        history = ledger.revisions(first["edited"].article_id)
        assert [one.annotated.content_hash for one in history] == [
            history[0].annotated.content_hash,
            history[1].annotated.content_hash,
            history[0].annotated.content_hash,
        ], "going back is a revision, too"
        assert ledger.count() == len(names)
