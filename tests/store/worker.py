"""A process that fetches (invented) pages and reads them until nothing is left; tests start and kill it."""

from __future__ import annotations

import os
import sys
import time
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

from store.archive import Archive
from store.ledger import Ledger
from store.records import Verdict
from store.urls import article_id
from tests.store.made import annotated, decision, page


def main(place: str, home: Path, lease_s: float, batch: int) -> None:
    owner = f"worker-{os.getpid()}"
    archive = Archive(home)
    with Ledger.open(place, create=False) as ledger, archive.writer() as writer:
        print("begun", flush=True)
        while True:
            leased = ledger.lease_links(owner, datetime.now(UTC), lease_s, batch)
            for each in leased:
                print("fetch", each.key, flush=True)
                fetched = page(each.link, datetime.now(UTC), capture=None, body=each.key.encode())
                capture = writer.write_page(fetched)
                ledger.captured(each.key, replace(fetched, capture=capture))
            captured = ledger.lease_captured(owner, datetime.now(UTC), lease_s, batch)
            for each in captured:
                read = archive.read(each.capture)
                current = ledger.find(article_id(read.url))
                verdict = Verdict.NEW if current is None else Verdict.UNCHANGED
                ledger.write(each.key, annotated(each.link), decision(each.link, verdict), read)
            if not leased and not captured:
                waiting = ledger.status().frontier
                if not {"discovered", "fetching", "captured"} & set(waiting):
                    return
                time.sleep(0.05)


if __name__ == "__main__":
    main(sys.argv[1], Path(sys.argv[2]), float(sys.argv[3]), int(sys.argv[4]))
