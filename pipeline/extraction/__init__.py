"""Of one captured page, the article it shows: every field with its origin, or the reason why it is none."""

from pipeline.extraction.article import extract
from pipeline.extraction.joined import joined

__all__ = ["extract", "joined"]
