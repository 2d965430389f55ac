"""The embedded index: tantivy in this process, one folder, no server."""

from search.embedded.index import EmbeddedEngine

__all__ = ["EmbeddedEngine"]
