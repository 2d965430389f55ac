"""``marsad``: the command line.  Each command is a thin call; its module is imported when it is asked for."""

from __future__ import annotations

import errno
import importlib
import signal
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from types import FrameType
from typing import Any

import click

from cli.context import BAD_CONFIG, OK, PARTIAL, UNREACHABLE, USAGE, App, say

_COMMANDS: dict[str, tuple[str, str]] = {
    "crawl": ("cli.collect:crawl", "Collect what is due, read it and index it."),
    "up": ("cli.clock:up", "Run the clock: everything that is due, day and night."),
    "schedule": ("cli.clock:schedule", "Say what is due when; run now, pause, resume."),
    "runs": ("cli.clock:runs", "List what ran, and how it ended."),
    "health": ("cli.health:health", "Say whether anything needs a person."),
    "worker": ("cli.worker:worker", "Take due hosts and crawl them, beside any number of others."),
    "metrics": ("cli.metrics:metrics", "Print metrics for Prometheus."),
    "search": ("cli.ask:search", "Find articles."),
    "trend": ("cli.ask:trend", "Count articles over time, or their share."),
    "words": ("cli.words:words", "List the words that stand out in what is found."),
    "show": ("cli.ask:show", "Show one article, its capture and its revisions."),
    "export": ("cli.ask:export", "Write every match as JSON Lines or CSV."),
    "stories": ("cli.stories:stories", "List stories: all articles about one fact."),
    "story": ("cli.stories:story", "Show a story, or merge and split stories."),
    "communiques": ("cli.stories:communiques", "List the institution's communications."),
    "communique": ("cli.stories:communique", "Trace one communication through the press."),
    "rumours": ("cli.stories:rumours", "List rumours and what became of them."),
    "rumour": ("cli.stories:rumour", "Show one rumour and its answers."),
    "claim": ("cli.stories:claim", "Say whether a claim was denied before."),
    "series": ("cli.counts:series", "Show numbers that are published again and again."),
    "campaigns": ("cli.counts:campaigns", "Show campaigns, edition by edition."),
    "unusual": ("cli.counts:unusual", "Say what is out of the ordinary in a week."),
    "link": ("cli.upkeep:link", "Compare articles: copies, stories, relations."),
    "status": ("cli.upkeep:status", "Say what has been collected and what is waiting."),
    "ledger": ("cli.ledger:ledger", "Move the ledger to a server, or back."),
    "sources": ("cli.sources:sources", "List, check, try, import and export outlets."),
    "config": ("cli.config_commands:config", "Check and show the configuration."),
    "extract": ("cli.read:extract", "Read article pages from files."),
    "gold": ("cli.gold:gold", "Keep pages with what is right on them, and check them."),
    "replay": ("cli.read:replay", "Make every article again from the archive."),
    "import": ("cli.read:import_", "Take in pages of any WARC file."),
    "index": ("cli.upkeep:index", "Look after the search index."),
    "kibana": ("cli.kibana:kibana", "Show the index in Kibana."),
    "verify": ("cli.verify:verify", "Compare ledger, archive and index, and mend them."),
    "backup": ("cli.backup:backup", "Copy the ledger, checked, while it is in use."),
    "restore": ("cli.backup:restore", "Put a backup of the ledger back."),
    "demo": ("cli.demo:demo", "Try everything on a small invented press, offline."),
    "completion": ("cli.completion:completion", "Print the completion script of a shell."),
}
"""name → (where it is, one line of help): `marsad --help` must not import them all."""

_STOPPED = {
    "crawl": "the links and pages found so far are kept. Next: `marsad crawl` goes on.",
    "replay": "what was read so far is kept. Next: the same again; what stands is not changed.",
    "import": "what was read so far is kept. Next: the same again; what is known is passed over.",
    "index": "a rebuild is dropped, the one before it stands; a migration goes on. Next: the same again.",
    "verify": "what was mended so far is kept. Next: the same again.",
    "export": "no file was made or changed. Next: the same again.",
    "restore": "the ledger stands as it was, or was put back whole. Next: `marsad status` says which.",
    "link": "what was compared so far is kept. Next: the same again goes on.",
    "up": "it had not begun.",
    "worker": "it had not begun.",
    "demo": "Next: `marsad demo` begins anew.",
}
"""command → what Ctrl-C and SIGTERM leave behind."""
_UNTIL_STOPPED = ("up", "worker")
"""Being stopped is how these end; once they have begun they see to it themselves."""


class Commands(click.Group):
    """The group of all commands; ends the known errors with their exit code and one clear message."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        return list(_COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        if cmd_name not in _COMMANDS:
            return None
        module, _, name = _COMMANDS[cmd_name][0].partition(":")
        command: click.Command = getattr(importlib.import_module(module), name)
        return command

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        if args and args[0] not in _COMMANDS:
            import difflib

            near = difflib.get_close_matches(args[0], _COMMANDS, 1)
            hint = f" Did you mean {near[0]!r}?" if near else ""
            ctx.fail(f"No such command {args[0]!r}.{hint}")
        return super().resolve_command(ctx, args)

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        with formatter.section("Commands"):
            formatter.write_dl([(name, text) for name, (_, text) in _COMMANDS.items()])

    def invoke(self, ctx: click.Context) -> object:
        try:
            with _stoppable():
                return super().invoke(ctx)
        except (click.ClickException, click.exceptions.Exit, click.Abort, SystemExit):
            raise
        except KeyboardInterrupt:
            name = ctx.invoked_subcommand or ""
            say(f"stopped; {_STOPPED.get(name, 'nothing was changed.')}")
            raise SystemExit(OK if name in _UNTIL_STOPPED else PARTIAL) from None
        except Exception as error:
            if isinstance(error, OSError):
                code = _file_exit_code(error, ctx.obj)
                said = f"{error.filename or 'the output'}: {error.strerror}"
                if code == UNREACHABLE and isinstance(error, PermissionError):
                    said += ". Next: change its owner or mode, or name another home with --home"
            else:
                code, said = _exit_code(error), str(error)
            if code is None:
                raise
            say(said)
            raise SystemExit(code) from error


class _Told(KeyboardInterrupt):
    """Told to stop.

    Of :class:`KeyboardInterrupt` itself Python remembers that it went through any piece of code made while
    running (a module being imported has some), and ends as if killed, whatever was made of it.
    """


@contextmanager
def _stoppable() -> Iterator[None]:
    """Inside, SIGTERM ends a command as Ctrl-C does: half-made files are removed, leases given back."""
    usual: dict[signal.Signals, Any] = {
        signal.SIGINT: signal.default_int_handler,
        signal.SIGTERM: signal.SIG_DFL,
    }
    if threading.current_thread() is not threading.main_thread():
        usual = {}  # it cannot have signals
    usual = {number: handler for number, handler in usual.items() if signal.getsignal(number) is handler}

    def stop(_number: int, _frame: FrameType | None) -> None:
        raise _Told

    for number in usual:
        signal.signal(number, stop)
    try:
        yield
    finally:
        for number, handler in usual.items():
            signal.signal(number, handler)


def _exit_code(error: Exception) -> int | None:
    """The exit code of a known error; ``None`` for a fault of ours, which shows its traceback."""
    by_name = {"ConfigError": BAD_CONFIG, "QueryFault": USAGE, "CursorFault": USAGE, "WrongFile": USAGE}
    by_name |= {"LedgerError": UNREACHABLE, "EngineError": UNREACHABLE, "ArchiveError": UNREACHABLE}
    # By name, so that a short command need not import the rooms that it does not enter.
    return next((by_name[kind.__name__] for kind in type(error).__mro__ if kind.__name__ in by_name), None)


def _file_exit_code(error: OSError, app: App) -> int | None:
    """The exit code of a file that cannot be read or written; ``None`` for another fault of the system."""
    if error.errno in (errno.ENOSPC, errno.EDQUOT):
        return PARTIAL
    if error.filename is None or error.errno == errno.EPIPE:  # a reader that went away is click's to handle
        return None
    own = Path(app.home or "var").absolute()
    return UNREACHABLE if Path(str(error.filename)).absolute().is_relative_to(own) else USAGE


def _overrides(ctx: click.Context, param: click.Parameter, values: tuple[str, ...]) -> dict[str, str]:
    pairs = {}
    for value in values:
        key, equals, text = value.partition("=")
        if not equals or "." not in key:
            raise click.BadParameter(f"got {value!r}, expected section.key=value", ctx, param)
        pairs[key] = text
    return pairs


@click.group(cls=Commands, context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100})
@click.option(
    "--config",
    "overlay",
    type=click.Path(path_type=Path),
    envvar="MARSAD_CONFIG",
    help="A folder laid over the packaged configuration.  [env: MARSAD_CONFIG]",
)
@click.option(
    "--home",
    type=click.Path(path_type=Path),
    envvar="MARSAD_HOME",
    help="Where ledger, archive and index lie.  [env: MARSAD_HOME; default: ./var]",
)
@click.option(
    "--set",
    "overrides",
    multiple=True,
    callback=_overrides,
    metavar="SECTION.KEY=VALUE",
    help="One setting for this call; wins over files and environment.",
)
@click.version_option(package_name="marsad", prog_name="marsad")
@click.pass_context
def main(ctx: click.Context, overlay: Path | None, home: Path | None, overrides: dict[str, str]) -> None:
    """Marsad (مرصد, "observatory") watches how the press covers security communications.

    \b
    Begin with:
      marsad demo                              a small invented press, offline
      marsad crawl                             collect what is due from the catalogue
      marsad search 'الأمن الوطني from:7d'     what was published this week
      marsad trend 'DGSN' --by week --share    its share of the press, week by week

    \b
    Exit codes: 0 ok · 1 partial failure · 2 usage · 3 nothing found · 4 configuration · 5 backend unreachable
    """
    ctx.obj = App(overlay, home, overrides)


if __name__ == "__main__":
    main()
