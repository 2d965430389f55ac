"""``make quality``: every quality measured on the labelled data, and the floors under it."""

from __future__ import annotations

from tests.quality import extraction, relevance

if __name__ == "__main__":
    extraction.main()
    print()
    relevance.main()
