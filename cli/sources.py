"""``marsad sources``: the catalogue's commands, with the one that visits attached."""

from cli.sources_commands import sources
from cli.sources_probe import test

sources.add_command(test)

__all__ = ["sources"]
