"""``marsad ledger``: moving to a server."""

from __future__ import annotations

import click

from cli.context import BAD_CONFIG, current, say
from config.wording import counted


@click.group()
def ledger() -> None:
    """Look after the ledger: what is known of links, articles and sources."""


@ledger.command()
@click.option("--json", "as_json", is_flag=True, help="One JSON object (docs/output.md).")
def copy(as_json: bool) -> None:
    """Copy the ledger of the home into the empty database that ledger.url names.

    Stop every other marsad process first. The file in the home is left as it is. The archive stays where it
    lies, and the index too: it goes on without a rebuild.

    \b
    Example:
      MARSAD_LEDGER__URL_FILE=/etc/marsad/ledger-url marsad ledger copy
    """
    from cli.read import ticker
    from store.ledger import Ledger
    from store.moving import copy_ledger

    app = current()
    if not app.config.settings["ledger.url"]:
        say(
            "ledger.url: empty, expected the database to copy to. "
            "Next: MARSAD_LEDGER__URL=postgresql+psycopg://USER@HOST/DATABASE marsad ledger copy"
        )
        raise SystemExit(BAD_CONFIG)
    with (
        Ledger.open(app.data, create=False) as source,
        app.ledger() as target,
        ticker("rows copied") as tick,
    ):
        copied = copy_ledger(source, target, tick)
    if as_json:
        app.print_json({"copied": copied, "rows": sum(copied.values())})
    else:
        click.echo(f"{counted(sum(copied.values()), 'row')} copied: {counted(copied['articles'], 'article')}")
