"""``marsad ledger``: moving to a server, and back."""

from __future__ import annotations

from contextlib import ExitStack

import click

from cli.context import BAD_CONFIG, USAGE, current, say
from config.wording import counted


@click.group()
def ledger() -> None:
    """Look after the ledger: what is known of links, articles and sources."""


@ledger.command()
@click.option("--back", is_flag=True, help="From the server into a new file in the home.")
@click.option("--json", "as_json", is_flag=True, help="One JSON object (docs/output.md).")
def copy(back: bool, as_json: bool) -> None:
    """Copy the ledger of the home into the empty database that ledger.url names, or back.

    Stop every other marsad process first. What is copied is left as it is. The archive stays where it lies,
    and the index too: it goes on without a rebuild.

    \b
    Examples:
      MARSAD_LEDGER__URL_FILE=/etc/marsad/ledger-url marsad ledger copy
      MARSAD_LEDGER__URL_FILE=/etc/marsad/ledger-url marsad ledger copy --back
    """
    from cli.read import ticker
    from store.ledger import Ledger
    from store.moving import copy_ledger

    app = current()
    if app.demo:
        say("the demo press has a ledger of its own, in its home. Next: name another one with --home")
        raise SystemExit(USAGE)
    if not app.config.settings["ledger.url"]:
        direction = "from" if back else "to"
        say(
            f"ledger.url: empty, expected the database to copy {direction}. "
            "Next: MARSAD_LEDGER__URL=postgresql+psycopg://USER@HOST/DATABASE marsad ledger copy"
            + (" --back" if back else "")
        )
        raise SystemExit(BAD_CONFIG)
    with ExitStack() as opened:
        # First what is to be copied: where there is none, none is made.
        if back:
            source = opened.enter_context(app.ledger(create=False))
            target = opened.enter_context(Ledger.open(app.data))
        else:
            source = opened.enter_context(Ledger.open(app.data, create=False))
            target = opened.enter_context(app.ledger())
        copied = copy_ledger(source, target, opened.enter_context(ticker("rows copied")))
        name = target.name
    if as_json:
        app.print_json({"copied": copied, "rows": sum(copied.values())})
    else:
        rows, articles = counted(sum(copied.values()), "row"), counted(copied["articles"], "article")
        click.echo(f"{rows} copied to {name}: {articles}")
    say("Next: `marsad verify`" + (" without ledger.url, which the settings still name" if back else ""))
