"""A ledger with its index on a server, as two versions of the program see it."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import datetime
from pathlib import Path
from typing import Any

from config import Config, load
from search.elasticsearch import ElasticEngine
from search.elasticsearch.generations import Generations  # noqa: F401
from search.elasticsearch.migrate import Migrated, Migration
from search.elasticsearch.writing import Writing  # noqa: F401
from search.indexer import Verified, drain, verify
from store.ledger import Ledger
from store.records import Capture, Decision, FetchedPage, Link, Verdict, Via
from store.urls import article_id
from tests.elasticsearch.server import ask
from tests.search.press import SEEN, SOURCES, analysis, stored

OLD, NEW = "Africa/Cairo", "Africa/Casablanca"
"""The time zone is a part of the mapping's fingerprint: one zone stands for the version of before, one for
that of now."""
ROOT = Path(__file__).parents[2]


@dataclass
class House:
    """A home whose index *name* lies on the server at *url*."""

    home: Path
    url: str
    name: str
    ledger: Ledger

    def config(self, version: str = NEW, **index: str) -> Config:
        given = {"index.engine": "elasticsearch", "elasticsearch.url": self.url}
        given |= {"elasticsearch.index": self.name, "index.time_zone": version, "index.commit_every": "20"}
        made = load(home=self.home, overrides=given | {f"index.{k}": v for k, v in index.items()}, environ={})
        made.__dict__["sources"] = SOURCES
        return made

    def engine(self, version: str = NEW) -> ElasticEngine:
        return ElasticEngine(self.home, self.config(version), analysis=analysis())

    def fill(
        self,
        numbers: range,
        *,
        text: str = "annonce",
        at: datetime = SEEN,
        source: str = "matin",
        places: tuple[str, ...] = ("fes",),
    ) -> list[str]:
        """Write articles, or further revisions of them; their ids."""
        made = []
        for n in numbers:
            one = stored(f"La police {n}", text, name=str(n), source_id=source, places=places, at=SEEN)
            link = Link(source, one.article.url, f"https://{source}.example/feed", Via.FEED)
            key = f"{n}{text}{at}"
            capture = Capture("a.warc.gz", abs(hash(key)) % 10**9, f"{n:064x}")
            page = FetchedPage(link, one.article.url, one.article.url, 200, (), b"", at, capture)
            identity = article_id(one.article.url)
            known = self.ledger.find(identity)
            verdict, number = (Verdict.REVISION, known.revision + 1) if known else (Verdict.NEW, 1)
            annotated = replace(one.annotated, content_hash=f"hash {n} {text}")
            self.ledger.write(None, annotated, Decision(verdict, identity, number), page)
            made.append(identity)
        return made

    def drain(self, version: str = NEW) -> int:
        with self.engine(version) as engine:
            return drain(self.ledger, engine, self.config(version), analysis=analysis(), workers=1).indexed

    def verify(self, version: str = NEW) -> Verified:
        with self.engine(version) as engine:
            return verify(self.ledger, engine)

    def migration(self, engine: ElasticEngine, version: str = NEW) -> Migration:
        return Migration(self.ledger, engine, self.config(version), analysis(), workers=1)

    def migrate(self, version: str = NEW, *, accept: bool = False) -> Migrated:
        with self.engine(version) as engine:
            return self.migration(engine, version).run(accept=accept)

    def ask(self, method: str, path: str, body: Any = None) -> Any:
        return ask(self.url, method, path, body)

    def aliases(self) -> dict[str, list[str]]:
        """Alias → the indices that it names, of those that a test looks at."""
        found: dict[str, list[str]] = {}
        for index, one in self.ask("GET", f"/{self.name}-*/_alias").items():
            for alias in one["aliases"]:
                found.setdefault(alias.removeprefix(self.name), []).append(index)
        return {alias: sorted(indices) for alias, indices in found.items() if len(alias) < 10}

    def python(self, code: str, *arguments: object) -> subprocess.Popen[str]:
        """Runs *code* in a process that has ``house`` and what this module has; it writes a line when it
        wants to be heard of."""
        begin = (
            "import os, sys\nfrom pathlib import Path\nfrom tests.elasticsearch.house import *\n"
            "from search.elasticsearch import asking as askings, migrate as migrations\n"
            "from tests.search.press import NOW, analysis\n"
            "home, url, name, *given = sys.argv[1:]\n"
            "house = House(Path(home), url, name, Ledger.open(Path(home)))\n"
        )
        return subprocess.Popen(
            [sys.executable, "-c", begin + code, str(self.home), self.url, self.name, *map(str, arguments)],
            cwd=ROOT,
            env={**os.environ, "PYTHONPATH": str(ROOT)},
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )


def killed_at(owner: type, name: str, *, before: bool = False, turn: int = 1) -> None:
    """From now on this process is killed (``SIGKILL``) when the method *name* of *owner* has been called
    *turn* times or, with *before*, when it would be."""
    method: Callable[..., Any] = getattr(owner, name)
    calls = 0

    def deadly(*args: Any, **more: Any) -> Any:
        nonlocal calls
        calls += 1
        if before and calls == turn:
            os.kill(os.getpid(), signal.SIGKILL)
        answer = method(*args, **more)
        if calls == turn:
            os.kill(os.getpid(), signal.SIGKILL)
        return answer

    setattr(owner, name, deadly)
