"""``marsad backup`` and ``marsad restore``: a checked copy of the ledger, and the way back."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

import click

from cli.context import UNREACHABLE, App, current, is_terminal, say
from config.wording import counted

if TYPE_CHECKING:
    from store.backup import Progress


@click.command()
@click.argument("file", required=False, type=click.Path(path_type=Path))
@click.option("--json", "as_json", is_flag=True, help="One JSON object (docs/output.md).")
def backup(file: Path | None, as_json: bool) -> None:
    """Copy the ledger to FILE while others use it, and check the copy.

    Without FILE it goes to the folder `backup` of the home, of which the newest `backup.keep` are kept. The
    archive is not in it: copy that folder with any tool, its files never change once they are closed.

    \b
    Examples:
      marsad backup
      marsad backup /mnt/nas/marsad-ledger.sqlite
    """
    from store.backup import back_up, default_path, prune

    app = current()
    refuse_server(app, "backed up by pg_dump: pg_dump --format=custom --file=ledger.dump DATABASE")
    app.require_ledger()
    target = file or default_path(app.data, datetime.now(UTC))
    spare = int(app.config.settings["scheduler.free_mb"]) << 20
    own = target.absolute().is_relative_to(app.data.absolute())
    with app.ledger(create=False) as ledger, _bar() as progress:
        made = back_up(ledger, target, spare_bytes=spare if own else 0, progress=progress)
    gone = prune(app.data, app.config.settings["backup.keep"]) if file is None else []
    if as_json:
        value = {"file": str(made.path), "size_bytes": made.size, **made.counts}
        app.print_json({**value, "deleted": [str(path) for path in gone]})
        return
    for line in app.banner():
        click.echo(line)
    click.echo(
        f"{made.path}: {counted(made.counts['articles'], 'article')}, "
        f"{counted(made.counts['links'], 'link')}, {made.size / (1 << 20):.1f} MB, checked"
    )
    for path in gone:
        click.echo(f"{path}: deleted (backup.keep = {app.config.settings['backup.keep']})")


@click.command()
@click.argument("file", type=click.Path(path_type=Path, dir_okay=False, exists=True))
@click.option("--json", "as_json", is_flag=True, help="One JSON object (docs/output.md).")
def restore(file: Path, as_json: bool) -> None:
    """Put a backup in the place of the ledger; the one that was there is kept beside it.

    Refused while any process uses the ledger. Afterwards `marsad verify` reads in what the archive has got
    since the backup, and brings the index in line.

    \b
    Example:
      marsad restore var/backup/ledger-20261125T031500Z.sqlite && marsad verify
    """
    from store.archive import Archive
    from store.backup import restore as put_back
    from store.verify import pages_behind

    app = current()
    refuse_server(app, "put back by pg_restore: pg_restore --clean --dbname=DATABASE ledger.dump")
    done = put_back(app.data, file, datetime.now(UTC))
    with app.ledger(create=False) as ledger:
        pages = pages_behind(ledger, Archive(app.data))
    if as_json:
        aside = None if done.aside is None else str(done.aside)
        app.print_json({**done.counts, "aside": aside, "pages_unknown": pages})
    else:
        for line in app.banner():
            click.echo(line)
        articles, links = done.counts["articles"], done.counts["links"]
        click.echo(f"put back: {counted(articles, 'article')}, {counted(links, 'link')}, checked")
        if done.aside is not None:
            click.echo(f"the ledger that was there: {done.aside}")
    if done.counts["articles"] and not any((app.data / "archive").rglob("*.warc*")):
        say(
            f"{app.data / 'archive'}: holds no page of these articles. Next: bring the archive back from its "
            "copy, then `marsad verify`"
        )
        return
    say(
        f"the archive has {counted(pages, 'page') if pages else 'no page'} that this ledger does not know. "
        f"Next: `marsad verify` {'reads them in' if pages else 'compares the index'}"
    )


def refuse_server(app: App, how: str) -> None:
    """Ends the call where the ledger is a server's."""
    if app.config.settings["ledger.url"]:
        say(f"ledger.url: the ledger is on a server, and {how}")
        raise SystemExit(UNREACHABLE)


@contextmanager
def _bar() -> Iterator[Progress]:
    if not is_terminal():
        yield lambda done, of: None
        return
    with click.progressbar(length=1, label="copied", file=sys.stderr) as shown:

        def progress(done: int, of: int) -> None:
            shown.length = max(of, 1)
            shown.update(done - shown.pos)

        yield progress
