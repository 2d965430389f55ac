"""``make quality``: every quality measured on the labelled data, and the floors under it."""

from __future__ import annotations

from tests.quality import extraction, newsrooms, relevance, shapes

if __name__ == "__main__":
    extraction.main()
    print()
    newsrooms.main()
    print()
    shapes.main()
    print()
    relevance.main()
