"""What is watched and what is known: the catalogue of outlets, the institutions, places and cues, the settings.

``config.load()`` reads the settings alone; everything else is read when it is first asked for.
"""

from config.faults import ConfigError, Fault
from config.loader import Config, load

__all__ = ["Config", "ConfigError", "Fault", "load"]
