"""Of one captured page, the article it shows: every field with its origin, or the reason why it is none."""

from pipeline.extraction.article import extract

__all__ = ["extract"]
