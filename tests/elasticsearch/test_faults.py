"""What a cluster does at night, on a real server: after each fault the index is what the ledger says, nothing
is there twice, and the operator saw one clear line.

Numbers in names are of the mistakes that ``docs/elasticsearch.md`` lists under Writing or, above 70, of
``docs/faults.md``.
"""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import threading
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa
from structlog.testing import capture_logs

from search.elasticsearch import ElasticEngine
from search.elasticsearch.writing import Writing
from search.engine import Document, ReadOnly, RebuildNeeded, Unreachable
from search.indexer import drain, rebuild, status, verify
from store import tables
from store.ledger import Ledger
from store.moving import copy_ledger
from store.records import Annotated, Capture, Decision, FetchedPage, Link, Verdict, Via
from store.urls import article_id
from tests.crawlers.outlets import Outlets
from tests.e2e.harness import Desk
from tests.elasticsearch import server
from tests.elasticsearch.proxy import Proxy
from tests.elasticsearch.server import Node, ask, free_port
from tests.scheduler.up import SWIFT, up
from tests.search.press import SEEN, analysis, on_server, stored
from tests.site.faults import Site
from tests.site.press import story

ROOT = Path(__file__).parents[2]


def url_of(n: int) -> str:
    return f"https://matin.example/{n}"


def id_of(n: int) -> str:
    return article_id(url_of(n))


@dataclass
class Place:
    """A ledger, and an index on a server."""

    home: Path
    url: str
    name: str
    ledger: Ledger

    def engine(self, url: str = "", **settings: str) -> ElasticEngine:
        configured = on_server(self.home, url or self.url, self.name, **settings)
        return ElasticEngine(self.home, configured, analysis=analysis())

    def drain(self, url: str = "", *, settings: Mapping[str, str] = {}, **more: Any) -> Any:
        """In this process, over the wire *url*."""
        with self.engine(url, **settings) as engine:
            configured = on_server(self.home, url or self.url, self.name, **settings)
            return drain(self.ledger, engine, configured, analysis=analysis(), workers=1, **more)

    def indexer(self, url: str = "", *, follow: bool = False) -> subprocess.Popen[str]:
        """The indexing process, over the wire *url*."""
        settings = {
            "INDEX__ENGINE": "elasticsearch",
            "ELASTICSEARCH__URL": url or self.url,
            "ELASTICSEARCH__INDEX": self.name,
            "INDEX__COMMIT_EVERY": "50",
        }
        command = [sys.executable, "-m", "search.indexer", "--home", str(self.home)]
        return subprocess.Popen(
            [*command, "--follow"] if follow else command,
            cwd=ROOT,
            env={**os.environ, **{f"MARSAD_{key}": value for key, value in settings.items()}},
            stdin=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )

    def desk(self, url: str = "") -> Desk:
        """The commands, with the index at *url*."""
        overlay = self.home / "overlay"
        where = {"url": url or self.url, "index": self.name}
        Outlets(overlay, {"index": {"engine": "elasticsearch"}, "elasticsearch": where})
        return Desk(self.home, overlay)

    def write(self, *numbers: int, title: str = "La police", revision: int = 1) -> None:
        """Articles of these numbers, new or at another revision."""
        with self.ledger._db.together():
            for n in numbers:
                self._write(n, title, revision)

    def _write(self, n: int, title: str, revision: int) -> None:
        verdict = Verdict.NEW if revision == 1 else Verdict.REVISION
        one = stored(title, "annonce", name=str(n))
        link = Link("matin", one.article.url, "https://matin.example/feed", Via.FEED)
        offset = n * 100 + revision
        page = FetchedPage(
            link, url_of(n), url_of(n), 200, (), b"", SEEN, Capture("a.warc.gz", offset, f"{offset:064x}")
        )
        annotated: Annotated = replace(one.annotated, content_hash=f"hash {n} {revision}")
        self.ledger.write(None, annotated, Decision(verdict, id_of(n), revision), page)

    def label_again(self, n: int, place: str) -> None:
        """Let the rules of today see *place* in article *n*, whose revision stays."""
        (now,) = self.ledger.revisions(id_of(n))
        annotated = replace(now.annotated, places=(place,))
        self.ledger.annotate_again([(id_of(n), now.revision, annotated, True)])

    def remove(self, n: int) -> None:
        """Article *n* leaves the ledger, as one that was kept twice does."""
        self.ledger.index_again([id_of(n)])
        with self.ledger._db.writing() as connection:
            for table in (tables.ties, tables.variants, tables.revisions, tables.articles):
                connection.execute(sa.delete(table).where(table.c.article_id == id_of(n)))

    def partitions(self) -> list[str]:
        found = ask(self.url, "GET", f"/_resolve/index/{self.name}-*")["indices"]
        return sorted(each["name"] for each in found)

    def found(self, **term: str) -> set[str]:
        """Ids of the articles on the server that have this value of a field."""
        asked = {"size": 1000, "_source": False, "query": {"term": term}}
        return {hit["_id"] for hit in ask(self.url, "POST", f"/{self.name}/_search", asked)["hits"]["hits"]}

    def agrees(self, articles: int, refused: int = 0) -> None:
        """Index and ledger are one, article by article; nothing is there twice, and nothing waits."""
        with self.engine() as engine:
            found = verify(self.ledger, engine)
            assert found.agrees, found
            assert (found.articles, found.waiting, found.refused) == (articles, 0, refused)
            assert engine.info().articles == articles - refused


@pytest.fixture
def place(elasticsearch: str, tmp_path: Path) -> Iterator[Place]:
    with made(elasticsearch, tmp_path) as one:
        yield one


@contextmanager
def made(url: str, home: Path) -> Iterator[Place]:
    name = server.index_name()
    with Ledger.open(home) as ledger:
        yield Place(home, url, name, ledger)
    server.drop(url, name)


def events(lines: list[Any], *names: str) -> list[Any]:
    return [line for line in lines if line["event"] in names]


def ended(process: subprocess.Popen[str], code: int = 0) -> list[dict[str, Any]]:
    """The lines of a process that ends with *code*."""
    _, told = process.communicate(timeout=120)
    assert process.returncode == code, told
    assert "Traceback" not in told
    return [json.loads(line) for line in told.splitlines()]


def until(true: Callable[[], Any], told: str, seconds: float = 90.0) -> None:
    """Wait for what is *true*."""
    waiting = threading.Event()
    for _ in range(int(seconds / 0.05)):
        if true():
            return
        waiting.wait(0.05)
    raise AssertionError(f"not within {seconds:.0f} s: {told}")


# -- one indexer, and a server that does what it wants ------------------------------------------------------


def test_73_a_server_that_is_down_leaves_the_outbox_as_it_is(place: Place) -> None:
    place.write(*range(5))
    nobody = f"http://127.0.0.1:{free_port()}"
    with pytest.raises(Unreachable, match=r"does not answer .*Next: start it"):
        place.drain(nobody)
    (line,) = ended(place.indexer(nobody), code=5)
    assert (line["event"], line["level"]) == ("indexing_ended", "error")
    assert "does not answer" in line["fault"]
    assert place.ledger.outbox_size() == 5
    assert place.drain().indexed == 5
    place.agrees(5)


def test_73_one_that_follows_waits_for_a_server_and_goes_on(place: Place) -> None:
    place.write(*range(5))
    port = free_port()
    process = place.indexer(f"http://127.0.0.1:{port}", follow=True)
    assert process.stderr is not None
    line = json.loads(process.stderr.readline())
    assert (line["event"], line["waiting"]) == ("indexing_paused", 5)
    place.write(*range(5, 8))
    with Proxy(place.url, port):
        until(lambda: not place.ledger.outbox_size(), "the outbox is drained")
        lines = ended(process)
    assert [line["event"] for line in lines] == ["indexing_goes_on", "articles_indexed"]
    place.agrees(8)


def test_74_an_answer_that_is_lost_after_the_bulk_was_applied(place: Place) -> None:
    place.write(*range(30))
    with Proxy(place.url) as wire:
        wire.cut = 1
        assert place.drain(wire.url).indexed == 30
        assert (wire.cut, wire.bulks) == (0, 2), "sent again, once"
    place.agrees(30)


@pytest.mark.parametrize("block", ["read_only_allow_delete", "write"])
def test_15_an_index_that_is_made_read_only_pauses_the_writer(place: Place, block: str) -> None:
    place.drain()
    place.write(*range(20))
    setting = f"/{place.name}/_settings"
    ask(place.url, "PUT", setting, {f"index.blocks.{block}": True})
    with pytest.raises(ReadOnly, match=r"takes no writes now .*Nothing is lost"):
        place.drain()
    assert place.ledger.refusals() == [], "nothing is given up"
    done = threading.Event()
    with capture_logs() as lines:
        thread = threading.Thread(
            target=lambda: place.drain(
                follow=True, stop=lambda: done.is_set() and not place.ledger.outbox_size()
            )
        )
        thread.start()
        until(lambda: events(lines, "indexing_paused"), "the writer says so")
        ask(place.url, "PUT", setting, {f"index.blocks.{block}": None})
        done.set()
        thread.join(90)
    assert not thread.is_alive()
    paused, goes_on = events(lines, "indexing_paused", "indexing_goes_on")
    assert paused["waiting"] == 20 and "takes no writes now" in paused["fault"]
    assert goes_on["event"] == "indexing_goes_on"
    place.agrees(20)


def poisoned(place: Place, n: int) -> None:
    """Let the server refuse article *n*: a pipeline of somebody's fails at it."""
    script = f"if (ctx.article_id == '{id_of(n)}') {{ throw new IllegalArgumentException('poison') }}"
    ask(place.url, "PUT", f"/_ingest/pipeline/{place.name}", {"processors": [{"script": {"source": script}}]})
    ask(place.url, "PUT", f"/{place.name}/_settings", {"index.final_pipeline": place.name})


def healed(place: Place) -> None:
    ask(place.url, "PUT", f"/{place.name}/_settings", {"index.final_pipeline": "_none"})
    ask(place.url, "DELETE", f"/_ingest/pipeline/{place.name}")


def test_one_poison_document_among_a_thousand_is_set_aside_with_the_reason(place: Place) -> None:
    place.drain()
    place.write(*range(1000))
    poisoned(place, 500)
    with capture_logs() as lines:
        assert place.drain().indexed == 999
    (line,) = events(lines, "articles_refused")
    assert line["articles"] == 1 and "poison" in line["reason"] and "marsad index status" in line["next"]
    place.agrees(1000, refused=1)
    with place.engine() as engine:
        (refusal,) = status(place.ledger, engine).refusals
    assert (refusal.article_id, refusal.revision) == (id_of(500), 1)
    assert refusal.reason.startswith("400 ") and "poison" in refusal.reason
    # It stands in nobody's way, and is tried again when it changes.
    place.write(1000)
    assert place.drain().indexed == 1
    place.agrees(1001, refused=1)
    place.write(500, title="Mise à jour", revision=2)
    with place.engine() as engine:
        assert verify(place.ledger, engine).missing == (id_of(500),), "the new revision is owed"
    place.drain()
    place.agrees(1001, refused=1)
    healed(place)
    place.write(500, title="Encore", revision=3)
    place.drain()
    place.agrees(1001)


def test_what_was_refused_is_tried_again_by_a_rebuild(place: Place) -> None:
    place.drain()
    place.write(*range(3))
    poisoned(place, 1)
    place.drain()
    place.agrees(3, refused=1)
    with place.engine() as engine:
        rebuild(place.ledger, engine, on_server(place.home, place.url, place.name), analysis=analysis())
    place.agrees(3)
    ask(place.url, "DELETE", f"/_ingest/pipeline/{place.name}")


def test_an_index_that_was_removed_is_made_again_and_filled(place: Place) -> None:
    place.write(*range(10))
    place.drain()
    ask(place.url, "DELETE", f"/{','.join(place.partitions())}")
    place.write(10)
    with capture_logs() as lines:
        assert place.drain().indexed == 11
    (line,) = events(lines, "index_lost", "index_incomplete")
    assert (line["event"], line["articles"]) == ("index_lost", 11)
    place.agrees(11)


def test_an_alias_that_was_removed_is_made_again_and_nothing_is_twice(place: Place) -> None:
    place.write(*range(10))
    place.drain()
    (partition,) = place.partitions()
    ask(place.url, "DELETE", f"/{partition}/_alias/{place.name}")
    with capture_logs() as lines:
        assert place.drain().indexed == 10
    (line,) = events(lines, "index_lost", "index_incomplete")
    assert (line["event"], line["articles"]) == ("index_lost", 10)
    place.agrees(10)


def test_a_partition_that_is_gone_is_noticed_by_the_next_indexer(place: Place) -> None:
    place.write(*range(10))
    with place.ledger._db.writing() as connection:
        old = datetime(2024, 5, 1, tzinfo=UTC)
        one = tables.articles.c.article_id.in_([id_of(n) for n in range(4)])
        connection.execute(sa.update(tables.articles).where(one).values(first_seen_at=old))
    place.drain()
    gone, _ = place.partitions()
    assert gone.endswith("-2024")
    ask(place.url, "DELETE", f"/{gone}")
    place.write(10)
    with capture_logs() as lines:
        assert place.drain().indexed == 5
    (line,) = events(lines, "index_lost", "index_incomplete")
    assert (line["event"], line["articles"]) == ("index_incomplete", 4)
    place.agrees(11)


def test_a_partition_that_is_removed_under_a_running_indexer(place: Place) -> None:
    place.write(*range(10))
    with capture_logs() as lines, Proxy(place.url) as wire, place.engine(wire.url) as engine:
        drain(place.ledger, engine, on_server(place.home, wire.url, place.name), analysis=analysis())
        place.write(10)
        # The engine knows the partition: it is removed when the next bulk is on its way to it.
        wire.hold()
        thread = threading.Thread(
            target=lambda: drain(
                place.ledger, engine, on_server(place.home, wire.url, place.name), analysis=analysis()
            )
        )
        thread.start()
        assert wire.held.wait(90)
        ask(place.url, "DELETE", f"/{','.join(place.partitions())}")
        wire.release()
        thread.join(90)
        assert not thread.is_alive()
    (line,) = events(lines, "index_lost", "index_incomplete")
    assert line["event"] == "index_lost"
    place.agrees(11)


# -- two indexers, and what comes too late ------------------------------------------------------------------


def test_76_two_indexers_of_one_ledger_share_the_work(place: Place) -> None:
    """Both begin where there is no index: they must not make one each."""
    place.write(*range(300))
    both = [place.indexer(), place.indexer()]
    for n in range(20):
        place.write(n, title="Autre", revision=2)
    counts = [events(ended(each), "articles_indexed")[0] for each in both]
    assert sum(each["indexed"] for each in counts) >= 300
    place.drain()
    place.agrees(300)
    assert len(place.partitions()) == 1


def test_two_indexers_that_both_find_no_index_make_one(place: Place) -> None:
    with Proxy(place.url) as wire, place.engine(wire.url) as late:
        # Between its look for the alias and its look for what there is, the other one makes an index.
        wire.before = (b"features=aliases", place.drain)
        late.upsert(())
        assert wire.before is None
    assert len(place.partitions()) == 1
    place.write(*range(3))
    place.drain()
    place.agrees(3)


@contextmanager
def stopped(place: Place, wire: Proxy) -> Iterator[subprocess.Popen[str]]:
    """An indexer that was stopped when it had just sent its documents: they arrive when the block ends."""
    wire.hold()
    process = place.indexer(wire.url)
    assert wire.held.wait(90)
    process.send_signal(signal.SIGSTOP)
    try:
        yield process
    except BaseException:
        process.kill()
        process.communicate()
        raise
    wire.release()
    process.send_signal(signal.SIGCONT)


def test_3_an_indexer_that_was_stopped_overwrites_nothing_newer(place: Place) -> None:
    place.drain()
    place.write(1, 2, 3)
    with Proxy(place.url) as wire:
        with stopped(place, wire) as late:
            place.label_again(1, "fes")
            place.write(2, title="Autre", revision=2)
            assert place.drain().indexed == 2
        lines = ended(late)
    assert events(lines, "articles_indexed")[0]["indexed"] == 1, "the one that nobody else wrote"
    place.agrees(3)
    assert place.found(place="fes") == {id_of(1)}, "also where the revision is the same"


@pytest.mark.parametrize("forgets", ["60s", "0s"])
def test_13_an_article_that_was_deleted_stays_so_when_it_is_written_late(place: Place, forgets: str) -> None:
    """Whether the server still knows that it was deleted, or has forgotten it."""
    place.drain()
    ask(place.url, "PUT", f"/{place.name}/_settings", {"index.gc_deletes": forgets})
    place.write(1, 2)
    with Proxy(place.url) as wire:
        with stopped(place, wire) as late:
            place.remove(1)
            assert place.drain().removed == 1
        ended(late)
    place.agrees(1)
    assert id_of(1) not in place.found(has="author") | place.found(lang="fr")


def test_13_an_article_that_leaves_while_the_index_is_written_anew_stays_away(
    place: Place, monkeypatch: pytest.MonkeyPatch
) -> None:
    place.write(1, 2, 3)
    place.drain()
    upsert = Writing.upsert

    def late(writing: Writing, documents: Iterable[Document]) -> int:
        batch = list(documents)
        if place.ledger.find(id_of(1)) is not None:
            place.remove(1)
            assert place.drain().removed == 1
        return upsert(writing, batch)

    monkeypatch.setattr(Writing, "upsert", late)
    with place.engine() as engine:
        rebuild(place.ledger, engine, on_server(place.home, place.url, place.name), analysis=analysis())
    place.agrees(2)


def test_13_an_article_that_came_back_stays_when_it_is_deleted_late(place: Place) -> None:
    place.write(1, 2)
    place.drain()
    place.remove(1)
    with Proxy(place.url) as wire:
        with stopped(place, wire) as late:
            place.write(1)
            place.drain()
        ended(late)
    place.agrees(2)


# -- a ledger that knows less than the index ----------------------------------------------------------------


def test_a_ledger_put_back_from_a_backup_asks_for_a_rebuild(place: Place, tmp_path: Path) -> None:
    place.write(1, 2)
    place.drain()
    backup = tmp_path / "backup"
    with Ledger.open(backup) as copy:
        copy_ledger(place.ledger, copy)
        place.write(1, 3, title="Autre", revision=2)
        place.drain()
        before = Place(backup, place.url, place.name, copy)
        before.label_again(2, "fes")
        with pytest.raises(
            RebuildNeeded, match=r"knows number \d of the outbox, the ledger \d.*index rebuild"
        ):
            before.drain()
        assert copy.outbox_size() == 1
        # Behind the number by now, but not in what it knows of an article.
        copy.index_again([id_of(2)] * 3 + [id_of(1)])
        with pytest.raises(RebuildNeeded, match=r"revision 2 of article .*, the ledger 1.*index rebuild"):
            before.drain()
        with before.engine() as engine:
            rebuild(copy, engine, on_server(backup, place.url, place.name), analysis=analysis())
        before.drain()
        before.agrees(2)
        assert before.found(place="fes") == {id_of(2)}


def test_a_ledger_that_moved_goes_on_where_it_was(place: Place, tmp_path: Path) -> None:
    place.write(1, 2)
    place.drain()
    with Ledger.open(tmp_path / "moved") as other:
        copy_ledger(place.ledger, other)
        moved = Place(tmp_path / "moved", place.url, place.name, other)
        moved.label_again(1, "fes")
        moved.drain()
        moved.agrees(2)
        assert moved.found(place="fes") == {id_of(1)}


# -- a server of one's own: killed, too small, too busy -----------------------------------------------------


@pytest.fixture(scope="module")
def node(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Node]:
    """A server that takes one bulk at a time, one more in its queue, and a megabyte at once."""
    server.require()
    settings = {
        "node.processors": "1",
        "thread_pool.write.queue_size": "1",
        "http.max_content_length": "1mb",
    }
    with Node(settings=settings) as running:
        yield running


@pytest.mark.soak
@pytest.mark.timeout(600)
class TestOfOnesOwn:
    def test_1_what_a_full_queue_turns_away_is_sent_again(self, node: Node, tmp_path: Path) -> None:
        from search.elasticsearch.bulk import Bulk, Item
        from search.elasticsearch.client import Connection

        name = server.index_name()
        ask(node.url, "PUT", f"/{name}", {"settings": {"number_of_replicas": 0}})
        most, outcomes = 8, []

        def write(part: int) -> None:
            connection = Connection(on_server(tmp_path, node.url, name).settings, "test")
            sender = Bulk(connection, most_bytes=1 << 19)
            items = (Item.index(name, f"{part}-{n}", 1, {"n": "x" * 500}) for n in range(1500))
            outcomes.append(sender.send(items))

        threads = [threading.Thread(target=write, args=(part,)) for part in range(most)]
        for each in threads:
            each.start()
        for each in threads:
            each.join()
        (pools,) = ask(node.url, "GET", "/_nodes/stats/thread_pool")["nodes"].values()
        assert pools["thread_pool"]["write"]["rejected"] > 0, "the queue was full"
        assert [(each.taken, each.stale, each.refused) for each in outcomes] == [(1500, set(), {})] * most
        ask(node.url, "POST", f"/{name}/_refresh")
        assert ask(node.url, "GET", f"/{name}/_count")["count"] == 1500 * most

    def test_what_is_too_large_is_halved_until_it_fits(self, node: Node, tmp_path: Path) -> None:
        """The setting allows eight megabytes at once, the server one."""
        with made(node.url, tmp_path) as place:
            place.write(*range(40), title="La police " * 10_000)
            place.write(40, title="La police " * 60_000)
            assert place.drain().indexed == 40
            (refusal,) = place.ledger.refusals()
            assert refusal.article_id == id_of(40)
            assert refusal.reason.startswith("413: ") and "http.max_content_length" in refusal.reason
            place.agrees(41, refused=1)

    def test_74_killed_in_a_bulk_and_started_again_it_has_lost_nothing(
        self, node: Node, tmp_path: Path
    ) -> None:
        with made(node.url, tmp_path) as place, Proxy(node.url) as wire:
            place.write(*range(5))
            place.drain()
            place.write(*range(5, 200))
            wire.on_bulk = lambda: node.signal(signal.SIGKILL)
            done = threading.Event()
            with capture_logs() as lines:
                thread = threading.Thread(
                    target=lambda: place.drain(
                        wire.url,
                        follow=True,
                        stop=lambda: done.is_set() and not place.ledger.outbox_size(),
                    )
                )
                thread.start()
                until(lambda: wire.on_bulk is None, "the server is killed")
                node.stop()
                node.start()
                done.set()
                thread.join(180)
            assert not thread.is_alive()
            assert len(events(lines, "indexing_paused")) <= 1
            place.agrees(200)


# -- the crawl does not wait for it -------------------------------------------------------------------------


def outlets_of(site: Site, folder: Path, url: str, name: str, **more: Any) -> tuple[Outlets, Desk]:
    """Four articles of one outlet, and the commands of a home whose index is *name* at *url*."""
    where = {"url": url, "index": name, "timeout_s": 1.5}
    settings = {**SWIFT, "index": {"engine": "elasticsearch"}, "elasticsearch": where, **more}
    outlets = Outlets(folder, settings)
    host = site.host()
    paths = [f"/recit-{n}-une-nouvelle" for n in range(4)]
    for path in paths:
        host.page(path, story(f"Récit de {path}", path))
    host.feed("/feed", paths)
    outlets.add("one", host, languages=["fr"])
    return outlets, Desk(outlets.home, outlets.folder)


@pytest.mark.parametrize("how", ["down", pytest.param("silent", marks=pytest.mark.soak)])
def test_73_a_crawl_goes_on_without_the_server_and_the_next_indexes_it_all(
    elasticsearch: str, tmp_path: Path, how: str
) -> None:
    name = server.index_name()
    with Site() as site, Proxy(elasticsearch) as wire:
        wire.silent = how == "silent"
        url = wire.url if how == "silent" else f"http://127.0.0.1:{free_port()}"
        outlets, marsad = outlets_of(site, tmp_path, url, name)
        done = subprocess.run(marsad.command("crawl"), capture_output=True, text=True, timeout=240)
        assert done.returncode == 1, done.stderr
        (said,) = done.stderr.splitlines()
        assert said.startswith("search.indexer ended with 5: http://127.0.0.1:")
        assert "not answer" in said and "Nothing is lost" in said
        assert "4 new articles" in done.stdout, "what was brought is told all the same"
        with outlets.ledger() as ledger:
            assert (ledger.count(), len(ledger.waiting_for_index())) == (4, 4)
        outlets.write_settings({**outlets.settings, "elasticsearch": {"url": elasticsearch, "index": name}})
        marsad.run("crawl", expect=(0, 1))
        assert marsad.json("index", "verify") == {
            "articles": 4, "missing": [], "stale": [], "surplus": [], "outbox": 0, "refused": 0,
        }  # fmt: skip
    server.drop(elasticsearch, name)


@pytest.mark.soak
def test_73_the_clock_goes_on_without_the_server(elasticsearch: str, tmp_path: Path) -> None:
    name, port = server.index_name(), free_port()
    with Site() as site:
        outlets, _ = outlets_of(site, tmp_path, f"http://127.0.0.1:{port}", name)
        with up(outlets) as clock:
            failed = clock.until(lambda: clock.ended("outbox", outcome="failed"), "an indexing run")[-1]
            assert failed.exit_code == 5
            assert "does not answer" in (failed.detail or "")
            clock.until(lambda: clock.ledger.count() == 4, "everything is read")
            assert len(clock.ledger.waiting_for_index()) == 4
            with Proxy(elasticsearch, port):
                clock.until(lambda: not clock.ledger.outbox_size(), "everything is indexed")
                assert clock.ended("crawl", outcome="ok"), "the crawl has seen nothing of it"
                assert ask(elasticsearch, "GET", f"/{name}/_count")["count"] == 4
                assert clock.stop()[0] == 0
    server.drop(elasticsearch, name)


@pytest.mark.parametrize("how", ["down", "read_only"])
def test_verify_rebuilds_no_index_that_is_only_away(place: Place, how: str) -> None:
    place.drain()
    before = place.partitions()
    place.write(*range(3))
    ask(place.url, "PUT", f"/{place.name}/_settings", {"index.blocks.write": True})
    url = place.url if how == "read_only" else f"http://127.0.0.1:{free_port()}"
    told = place.desk(url).json("verify", expect=1)
    (away,) = [one for one in told["disagreements"] if one["kind"] == "index_away"]
    assert (away["count"], away["mended"]) == (1, False)
    assert len(place.ledger.waiting_for_index()) == 3
    assert "see to its server" in away["next"]
    assert ("does not answer" if how == "down" else "takes no writes") in away["examples"][0]["said"]
    assert place.partitions() == before


def test_what_was_refused_is_shown(place: Place) -> None:
    place.drain()
    place.write(*range(3))
    poisoned(place, 1)
    place.drain()
    marsad = place.desk()
    shown = marsad.json("index", "status")
    assert (shown["articles"], shown["indexed"]) == (3, 2)
    (refused,) = shown["refused"]
    assert refused["article_id"] == id_of(1) and "poison" in refused["reason"]
    assert f"{id_of(1)} revision 1: 400 " in marsad.run("index", "status")
    assert marsad.json("index", "verify")["refused"] == 1
    healed(place)
