"""``marsad config``: check and show what the program goes by."""

from __future__ import annotations

import json
from typing import Any

import click

from cli.context import current, say


@click.group()
def config() -> None:
    """Check and show the configuration."""


@config.command()
@click.option("--json", "as_json", is_flag=True, help="The counts as JSON.")
def check(as_json: bool) -> None:
    """Check the settings and every file of the configuration.

    Packaged files and those of the overlay are read.  Every fault is listed with file, key, what was read and
    what is allowed; the exit code is then 4.

    \b
    Example:
      marsad --config my-config config check
    """
    import config as configuration

    app = current()
    counts = configuration.check(app.overlay_in_use, home=app.home, overrides=app.overrides)
    if as_json:
        click.echo(json.dumps(counts, indent=2))
        return
    for line in app.banner():
        click.echo(line)
    width = max(len(str(count)) for count in counts.values())
    for what, count in counts.items():
        click.echo(f"{count:>{width}}  {what}")
    say("configuration: ok")


@config.command()
@click.option("--origin", is_flag=True, help="Say beside each value where it comes from.")
@click.option("--json", "as_json", is_flag=True, help="As JSON, with the origins.")
def show(origin: bool, as_json: bool) -> None:
    """Show the settings in force, as TOML; passwords, keys and tokens are not shown.

    \b
    Example:
      marsad --set crawl.backfill_days=7 config show --origin
    """
    from config.logs import without_secrets

    settings = current().config.settings
    values = {
        section: {key: without_secrets(value) for key, value in keys.items()}
        for section, keys in settings.values.items()
    }
    if as_json:
        report = {"home": str(settings.home), "settings": values, "origins": dict(settings.origins)}
        click.echo(json.dumps(report, ensure_ascii=False, indent=2))
        return
    click.echo(f"# home: {settings.home}")
    for section, keys in values.items():
        click.echo(f"\n[{section}]")
        for key, value in keys.items():
            comment = f"  # {settings.origins[f'{section}.{key}']}" if origin else ""
            click.echo(f"{key} = {_toml(value)}{comment}")


def _toml(value: Any) -> str:
    """A setting as TOML: its texts, numbers, booleans and lists look as in JSON."""
    return json.dumps(value, ensure_ascii=False)


@config.command()
@click.argument("what", type=click.Choice(["source", "settings"]), default="source")
def schema(what: str) -> None:
    """Print the JSON Schema of an outlet's file, or of marsad.toml.

    Editors that know JSON Schema complete and check keys with it while you write.

    \b
    Example:
      marsad config schema source > source.schema.json
    """
    if what == "source":
        from config.schema import SourceFile

        tree = SourceFile.model_json_schema()
    else:
        from config.settings import json_schema

        tree = json_schema()
    click.echo(json.dumps(tree, ensure_ascii=False, indent=2))
