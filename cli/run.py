"""``make run``: the product's main job, for someone who has just cloned it.

Collects what is due from the catalogue, politely, and ends with what to try.  Where not one outlet can be
reached it says so and shows the demo instead: a newcomer always ends before something that works.
"""

from __future__ import annotations

import sys

import click

from cli.context import PARTIAL, App, program, say
from cli.main import main
from config.wording import counted

REACH_S = 10.0
"""How long to look for a network before the demo is shown."""


def run() -> int:
    from crawlers.run import reachable

    app = App()
    enabled = sum(source.enabled for source in app.config.sources.values())
    say(f"watching {counted(enabled, 'outlet')}; collecting what is due into {app.data} (Ctrl-C keeps it) …")
    if not reachable(app.config, REACH_S):
        say(f"not one outlet could be reached within {REACH_S:.0f} s: no network. Here is the demo instead.")
        return _command("demo")
    code = _command("crawl")
    _command("status")
    click.echo("\nTry next:")
    for line in ("search 'الأمن الوطني from:7d'", "trend DGSN --by day --share", "sources list --enabled"):
        click.echo(f"  {program()} {line}")
    return code


def _command(*arguments: str) -> int:
    """Run one command as typed; its exit code."""
    try:
        main(list(arguments), prog_name="marsad", standalone_mode=False)
    except SystemExit as end:
        return int(end.code or 0)
    except click.ClickException as fault:
        fault.show()
        return fault.exit_code
    return 0


if __name__ == "__main__":
    try:
        code = run()
    except KeyboardInterrupt:
        say("stopped; what was fetched is kept")
        sys.exit(PARTIAL)
    # Some outlets fail on any day: that is a line of the report, not a failure of `make run`.
    sys.exit(0 if code in (0, 1) else 1)
