"""What every command is handed: the options before the command, and what they lead to."""

from __future__ import annotations

import sys
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

if TYPE_CHECKING:
    from config import Config
    from store.ledger import Ledger

OK, PARTIAL, USAGE, NOTHING_FOUND, BAD_CONFIG, UNREACHABLE = range(6)
"""The exit codes, the same for every command."""

DEMO_MARK = "DEMO"
"""A file of this name in a home says that what it holds is the invented demo press."""
_INDEX = "elasticsearch.index"
_OF_DEMO = "-demo"


@dataclass
class App:
    """The folders and settings of this call; configuration is read when first asked for."""

    overlay: Path | None = None
    home: Path | None = None
    overrides: Mapping[str, str] = field(default_factory=dict)

    @cached_property
    def config(self) -> Config:
        """The configuration, read once; raises ``config.ConfigError`` with every fault."""
        return self.read_config()

    def read_config(self) -> Config:
        """The configuration as it is now, under the options of this call."""
        import config

        return config.load(self.overlay_in_use, home=self.home, overrides=self.overrides_in_use)

    @property
    def overrides_in_use(self) -> Mapping[str, str]:
        """The settings of this call.

        A demo's home has its own ledger, and an index of its own wherever indexes lie: what is invented never
        stands among what was collected.
        """
        if ((self.home or Path("var")) / DEMO_MARK).exists():
            return {**self.overrides, "ledger.url": "", _INDEX: self._demo_index()}
        return self.overrides

    def _demo_index(self) -> str:
        import os

        from config.settings import defaults, variable_of

        section, _, key = _INDEX.partition(".")
        named = self.overrides.get(_INDEX) or os.environ.get(variable_of(_INDEX)) or defaults()[section][key]
        return named if named.endswith(_OF_DEMO) else f"{named}{_OF_DEMO}"

    @property
    def overlay_in_use(self) -> Path | None:
        """The overlay named or, for a home of the demo press, always the one that lies in it.

        Its outlets stand in no other catalogue: under one, their gaps would be read as silence.
        """
        home = self.home or Path("var")
        if (home / DEMO_MARK).exists():
            return home / "config"
        return self.overlay

    @property
    def data(self) -> Path:
        """The home: where ledger, archive and index lie."""
        return self.config.settings.home

    @property
    def demo(self) -> bool:
        return (self.data / DEMO_MARK).exists()

    def ledger(self, *, create: bool = True) -> Ledger:
        """The ledger of the home or, where ``ledger.url`` names one, of a server; raises ``LedgerError``."""
        from store.ledger import Ledger

        return Ledger.of(self.config.settings, self.data, create=create)

    def print_json(self, value: Mapping[str, Any]) -> None:
        """*value* as one JSON object on a line of stdout, with ``demo: true`` where it is of a demo home."""
        import json

        click.echo(json.dumps({**value, **({"demo": True} if self.demo else {})}, ensure_ascii=False))

    def banner(self) -> Iterator[str]:
        """The line that every answer for a person begins with, where what follows is invented."""
        if self.demo:
            yield "— demo press: everything below is invented —"

    def require_ledger(self) -> None:
        """Ends the call with :data:`NOTHING_FOUND` where nothing was ever collected."""
        missing = None
        if self.config.settings["ledger.url"]:
            from store.ledger import LedgerMissing

            try:
                self.ledger(create=False).close()
            except LedgerMissing as fault:
                missing = str(fault)
        elif not (self.data / "ledger.sqlite").exists():
            missing = f"{self.data}: nothing has been collected here (no ledger.sqlite)"
        if missing is not None:
            say(f"{missing}. Next: `marsad crawl`, or `marsad demo` for a small invented press.")
            raise SystemExit(NOTHING_FOUND)
        if self.demo:
            say("demo press: invented articles of invented outlets")


def current() -> App:
    """The :class:`App` of the running command."""
    return click.get_current_context().find_object(App) or App()


def say(message: str) -> None:
    """A message for the person, on stderr: stdout carries data only."""
    click.echo(message, err=True)


class QueryCommand(click.Command):
    """A command whose words are a query: ``-word``, which means "without word" there, is no option."""

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        short = {name for option in self.params for name in option.opts if len(name) == 2}
        short |= set(ctx.help_option_names)
        # A blank before it hides it from the parser of options, and is nothing to the one of queries.
        return super().parse_args(
            ctx,
            [
                f" {word}" if word[:1] == "-" and word[1:2] not in ("", "-") and word not in short else word
                for word in args
            ],
        )


def is_terminal() -> bool:
    return sys.stderr.isatty()


def program() -> str:
    """How this program is called here: a fresh clone has it in its environment, not on the path."""
    import os
    import shutil

    if shutil.which("marsad"):
        return "marsad"
    beside = Path(sys.executable).with_name("marsad")
    return os.path.relpath(beside) if beside.is_relative_to(Path.cwd()) else str(beside)
