"""What is watched and what is known: the outlets, the institutions, places and cues, the settings.

``config.load()`` reads the settings alone; everything else is read when it is first asked for.
"""

from config.faults import ConfigError, Fault
from config.loader import Config, check, load

__all__ = ["Config", "ConfigError", "Fault", "check", "load"]
