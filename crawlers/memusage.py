"""The memory limit of a crawl process, held by what that process itself uses."""

from __future__ import annotations

import os
from pathlib import Path

from scrapy.extensions.memusage import MemoryUsage


class ResidentMemory(MemoryUsage):
    """Scrapy's guard, with a measure of its own.

    Scrapy asks the system for ``ru_maxrss``, which on Linux begins at what the process that *started* this
    one held: a large scheduler would have every crawl ended after five seconds.
    """

    def get_virtual_size(self) -> int:
        """Bytes of memory that this process holds now."""
        try:
            pages = int(Path("/proc/self/statm").read_text(encoding="ascii").split()[1])
        except OSError:  # no Linux
            return int(super().get_virtual_size())
        return pages * os.sysconf("SC_PAGE_SIZE")
