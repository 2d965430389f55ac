"""Who we say we are."""

from __future__ import annotations

from importlib import metadata


def version() -> str:
    """The program's version; ``0`` where it runs from a folder that was never installed."""
    try:
        return metadata.version("marsad")
    except metadata.PackageNotFoundError:
        return "0"


def user_agent(template: str) -> str:
    """The User-Agent header, from the setting ``politeness.user_agent``.

    >>> user_agent("Marsad/{version} (+https://example.org)").startswith("Marsad/")
    True
    """
    return template.replace("{version}", version())
