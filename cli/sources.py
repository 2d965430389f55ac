"""``marsad sources``: the catalogue's commands, with the one that visits and the one that judges attached."""

from cli.health import show_source as show
from cli.sources_commands import sources
from cli.sources_probe import test

sources.add_command(test)
sources.add_command(show)

__all__ = ["sources"]
