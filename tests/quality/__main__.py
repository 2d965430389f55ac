"""``make quality``: every measured quality on the labelled data, and the floors that it must not fall below."""

from __future__ import annotations

from tests.quality import extraction, relevance

if __name__ == "__main__":
    extraction.main()
    print()
    relevance.main()
