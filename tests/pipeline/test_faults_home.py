"""Faults 67, 71, 77, 84, 85 and 90 of ``docs/faults.md``: what a home goes through, by the real commands."""

from __future__ import annotations

import gc
import os
import random
import resource
import subprocess
from collections import Counter
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

import config
from pipeline.linking import link
from pipeline.reader import read_captured
from store.archive import Archive
from store.ledger import Ledger
from store.records import FetchedPage, Link, Via, Voice
from tests.crawlers.outlets import Outlets
from tests.e2e.harness import Desk
from tests.pipeline.newsroom import BEGAN, OUTLET, capture, html, overlay
from tests.site.faults import Host, Site, redirect
from tests.site.press import sentences, story

SECRET = "geheim42"


@pytest.fixture
def site() -> Iterator[Site]:
    with Site() as site:
        yield site


def outlet(site: Site, outlets: Outlets, pages: int, *, heavy: bool = False) -> Host:
    """An outlet of so many articles; *heavy* ones cannot be compressed."""
    host = site.host()
    chance = random.Random(7)
    paths = [f"/recit-{n}-une-nouvelle" for n in range(pages)]
    for path in paths:
        ballast = f"<!-- {chance.randbytes(40_000).hex()} -->" if heavy else ""
        host.page(path, story(f"Récit de {path}", path, head=ballast))
    host.feed("/feed", paths)
    outlets.add("one", host, languages=["fr"])
    return host


def test_77_a_full_disk_ends_a_crawl_cleanly_and_the_next_one_takes_up_the_rest(
    site: Site, tmp_path: Path
) -> None:
    """The limit on the size of a file meets archive and ledger as a full disk does: by a real system call."""
    outlets = Outlets(tmp_path)
    host = outlet(site, outlets, 30, heavy=True)
    marsad = Desk(outlets.home, outlets.folder)
    most = 600_000

    def little_room() -> None:
        resource.setrlimit(resource.RLIMIT_FSIZE, (most, most))

    done = subprocess.run(
        marsad.command("crawl"), capture_output=True, text=True, timeout=240, preexec_fn=little_room
    )
    assert done.returncode == 1, done.stdout + done.stderr
    assert "Traceback" not in done.stderr
    asked = len(host.hits)
    assert asked < 32, "fetching stopped"
    seen = subprocess.run(
        marsad.command("status", "--json"), capture_output=True, text=True, timeout=60, preexec_fn=little_room
    )
    assert seen.returncode == 0, seen.stderr
    with outlets.ledger() as ledger:
        assert ledger.quick_check() == []
        kept = ledger.status().frontier
        assert sum(kept.values()) == 30, kept
        assert kept.get("fetching", 0) == 0
    for _ in range(3):
        marsad.run("crawl", expect=(0, 1))
    assert marsad.json("status")["frontier"] == {"stored": 30}
    pages = Counter(
        page.url for path in Archive(outlets.home).files() for page in Archive(outlets.home).iter_pages(path)
    )
    assert len(pages) == 30
    assert sum(pages.values()) <= 32, "hardly a page was fetched twice"
    assert len(marsad.export()) == 30


def test_71_an_index_that_cannot_be_opened_stops_no_collecting(site: Site, tmp_path: Path) -> None:
    outlets = Outlets(tmp_path)
    outlet(site, outlets, 4)
    outlets.home.mkdir()
    (outlets.home / "index").write_bytes(b"not a folder")
    marsad = Desk(outlets.home, outlets.folder)
    said = marsad.fails(1, "crawl")
    assert "Nothing is lost" in said
    assert "Traceback" not in said
    with outlets.ledger() as ledger:
        assert ledger.count() == 4
        assert ledger.outbox_size() >= 4, "the outbox keeps what the index must look at"
    (outlets.home / "index").unlink()
    marsad.run("crawl", expect=(0, 1))
    assert len(marsad.export()) == 4


def test_90_passwords_in_addresses_of_others_are_kept_nowhere(site: Site, tmp_path: Path) -> None:
    outlets = Outlets(tmp_path)
    host = outlet(site, outlets, 2)
    with_secret = f"http://user:{SECRET}@{host.name}"
    host.page("/cible-une-nouvelle", story("Récit de la cible", "cible"))
    host.on("/renvoi-une-nouvelle", redirect(f"{with_secret}/cible-une-nouvelle"))
    host.on("/robots-une-nouvelle", redirect(f"{with_secret}:x/cible-une-nouvelle"))
    host.feed("/feed", ["/renvoi-une-nouvelle", "/robots-une-nouvelle", "/recit-0-une-nouvelle"], pages=False)
    body = story("Récit", "aimant", head=f'<link rel=canonical href="{with_secret}/recit-0-une-nouvelle">')
    host.page("/recit-0-une-nouvelle", body)
    settings = {"log": {"level": "debug"}}
    outlets.write_settings({**outlets.settings, **settings})
    marsad = Desk(outlets.home, outlets.folder)
    shown = marsad.run("crawl", expect=(0, 1)) + marsad.run("export", "relevance:any", expect=(0, 3))
    assert SECRET not in shown
    assert all("authorization" not in hit.headers for hit in host.hits)
    for path in outlets.home.rglob("*"):
        if path.is_file() and not path.name.endswith(".warc.gz"):  # the archive keeps pages to the letter
            assert SECRET.encode() not in path.read_bytes(), path
    for path in Archive(outlets.home).files():
        for page in Archive(outlets.home).iter_pages(path):
            assert SECRET not in page.url + page.final_url + page.link.url


def test_67_one_agency_text_on_thirty_sites_is_one_voice_and_thirty_documents(tmp_path: Path) -> None:
    home, folder = tmp_path / "home", overlay(tmp_path)
    text = [sentences(f"67 {n}", 3) for n in range(4)]
    changed = {
        "verbatim": ("Fès : une opération de police", text),
        "retitled": ("Ce que l'on sait de l'opération", text),
        "truncated": ("Fès : une opération de police", text[:2]),
        "prefixed": ("Fès : une opération de police", ["La rédaction a reçu ce texte ce matin.", *text]),
        "edited": ("Fès : une opération", [text[0].replace("dossier", "document"), *text[1:]]),
    }
    pages = []
    for number in range(30):
        name = "sabah" if not number else f"site{number}"
        role = "\nscope: agency" if not number else "\nscope: national"
        (folder / "sources" / f"{name}.yml").write_text(
            OUTLET.replace("sabah", name).replace("\nscope: national", role)
        )
        title, paragraphs = changed["verbatim" if not number else list(changed)[number % 5]]
        url = f"https://www.{name}.example/news/operation-{number}"
        shown = f"{BEGAN.hour + number // 10:02}:{number % 60:02}"
        body = html(title, *paragraphs).replace(b"T09:00:00+01:00", f"T{shown}:00+00:00".encode())
        lead = Link(name, url, f"https://www.{name}.example/feed", Via.FEED)
        pages.append(FetchedPage(lead, url, url, 200, (("content-type", "text/html"),), body, BEGAN))
    capture(home, *(replace(page, fetched_at=BEGAN.replace(hour=18)) for page in pages))
    configured = config.load(folder, home=home, environ={})
    read_captured(configured, home)
    with Ledger.open(home) as ledger:
        link(ledger, configured)
        found = {one.article.source_id: one for one in ledger.articles()}
    assert len(found) == 30, "each outlet keeps its own"
    tied = {name: one.ties for name, one in found.items()}
    assert all(one is not None for one in tied.values())
    assert len({one.story_id for one in tied.values() if one}) == 1
    copies = [one for name, one in tied.items() if one and name != "sabah"]
    assert {one.copy_of for one in copies} == {found["sabah"].article_id}
    assert {one.voice for one in copies} == {Voice.COPY}


@pytest.mark.soak
@pytest.mark.timeout(1800)
def test_85_memory_stays_flat_over_many_runs(site: Site, tmp_path: Path) -> None:
    """Of the process that starts crawls, over 50 of them: the last ten within 5 % of those before."""
    outlets = Outlets(tmp_path)
    host = outlet(site, outlets, 3)

    def resident_kb() -> int:
        text = Path(f"/proc/{os.getpid()}/statm").read_text().split()[1]
        return int(text) * resource.getpagesize() // 1024

    seen = []
    for run in range(50):
        host.feed("/feed", [f"/recit-{n + run}-une-nouvelle" for n in range(3)])
        outlets.crawl(["one"])
        gc.collect()
        seen.append(resident_kb())
    before, last = seen[10:20], seen[-10:]
    assert max(last) <= 1.05 * max(before), seen
