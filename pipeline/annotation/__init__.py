"""What we add to an article: the institutions and towns it names, and whether it is about ours.

The rules are data (``config/relevance.yml``, ``config/institutions``, ``config/places``);
``docs/annotation.md`` explains how they work.
"""

from pipeline.annotation.annotator import Annotator, content_hash

__all__ = ["Annotator", "content_hash"]
