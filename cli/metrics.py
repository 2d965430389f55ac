"""``marsad metrics``: what monitoring is told, for those who ask without an endpoint."""

from __future__ import annotations

import sys
from pathlib import Path

import click

from cli.context import current


@click.command()
@click.option(
    "--output",
    type=click.Path(dir_okay=False, path_type=Path),
    metavar="FILE",
    help="Write there, all at once, and print nothing: for a node exporter's textfile collector (NAME.prom).",
)
@click.option("--json", "as_json", is_flag=True, help="One JSON object (docs/output.md).")
def metrics(output: Path | None, as_json: bool) -> None:
    """Print metrics in Prometheus' text format, read from the ledger whether or not a scheduler runs.

    While `marsad up` runs it serves them at http://127.0.0.1:9464/metrics (metrics.port), and writes them to
    metrics.file where that is set. deploy/ holds alert rules and a dashboard.

    \b
    Examples:
      marsad metrics | grep '^marsad_queue'
      marsad metrics --output /var/lib/node_exporter/marsad.prom
    """
    from scheduler.metrics import Metrics
    from scheduler.metrics import as_json as told
    from scheduler.outside import write

    if output is not None and as_json:
        raise click.UsageError("--output writes Prometheus' text format: leave --json out")
    app = current()
    app.require_ledger()
    with app.ledger(create=False) as ledger:
        found = Metrics(lambda: app.config, ledger)
        if as_json:
            app.print_json({"metrics": told(found.collect())})
            return
        text = found.text()
    if app.demo:
        text = b"# demo press: everything below is invented\n" + text
    if output is not None:
        write(output, text)
    else:
        sys.stdout.buffer.write(text)
