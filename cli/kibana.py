"""``kibana``: the dashboard, data views and saved searches of Kibana."""

from __future__ import annotations

import re
from collections.abc import Callable

import click

from cli.context import current, say
from config.settings import redact
from config.wording import counted

Callback = Callable[[click.Context, click.Parameter, str], str]


def _fitting(pattern: str, expected: str) -> Callback:
    """A check of an option's value."""

    def check(ctx: click.Context, param: click.Parameter, value: str) -> str:
        if not re.fullmatch(pattern, value):
            raise click.BadParameter(f"got {redact(value)!r}, expected {expected}", ctx, param)
        return value

    return check


@click.group()
def kibana() -> None:
    """Show the index in Kibana. For those who keep it on Elasticsearch (docs/elasticsearch.md)."""


@kibana.command()
@click.option(
    "--url",
    envvar="KIBANA_URL",
    default="http://127.0.0.1:5601",
    show_default=True,
    callback=_fitting(
        r"https?://[^\s/@]+(/\S*)?", "a URL like https://kibana.example:5601, the key in KIBANA_API_KEY"
    ),
    help="Where Kibana is.  [env: KIBANA_URL]",
)
@click.option(
    "--space",
    default="",
    metavar="ID",
    callback=_fitting(r"[a-z0-9_-]*", "the id of a space: lower-case letters, digits, - and _"),
    help="The space to install into (default: the default one).",
)
@click.option("--json", "as_json", is_flag=True, help="One JSON object (docs/output.md).")
def install(url: str, space: str, as_json: bool) -> None:
    """Put data views, saved searches and the dashboard into Kibana; what was installed before is replaced.

    The key is KIBANA_API_KEY or else ELASTICSEARCH_API_KEY, and needs "Saved Objects Management: All" in the
    space. Objects of other names are left as they are.

    \b
    Examples:
      marsad kibana install
      KIBANA_URL=https://kibana.example KIBANA_API_KEY=… marsad kibana install --space press
    """
    from search.elasticsearch.install import install as put

    app = current()
    found = put(app.config, url, space)
    if app.config.settings["index.engine"] != "elasticsearch":
        say("index.engine is not 'elasticsearch': the panels are empty until it is, and the index rebuilt")
    if as_json:
        app.print_json(
            {
                "url": found.dashboard,
                "space": space or "default",
                "objects": found.objects,
                "version": found.version,
            }
        )
        return
    click.echo(f"{counted(found.objects, 'object')} installed. Open {found.dashboard}")


@kibana.command()
@click.option("--json", "as_json", is_flag=True, help="One JSON object (docs/output.md).")
def health(as_json: bool) -> None:
    """Write how sources are, gaps and visits to the server, for the dashboard; `marsad up` does so by itself.

    \b
    Example:
      marsad kibana health        as often as `marsad crawl` runs, where `marsad up` does not
    """
    from datetime import UTC, datetime

    from scheduler.checkup import publish

    app = current()
    app.require_ledger()
    with app.ledger(create=False) as ledger:
        written = publish(app.config, ledger, datetime.now(UTC))
    if as_json:
        app.print_json({"documents": written})
        return
    click.echo(f"{counted(written, 'document')} written")
