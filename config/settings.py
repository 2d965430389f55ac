"""Settings in four layers: packaged defaults < ``marsad.toml`` < environment < command line.

The name, the default and the type of a setting have one home, ``config/defaults.toml``; the range that is
allowed stands here in :data:`LIMITS`.  Checked by hand and not by pydantic: each command reads its settings,
and most of them are over before pydantic would be imported.
"""

from __future__ import annotations

import re
import tomllib
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

from config.faults import Fault, nearest, shown


@dataclass(frozen=True, slots=True)
class Settings:
    """Every setting, resolved, with where each value came from."""

    values: Mapping[str, Mapping[str, Any]]
    """section → key → value, typed and checked; the keys are those of ``config/defaults.toml``."""
    origins: Mapping[str, str]
    """``section.key`` → ``defaults.toml``, a file's path, an environment variable, ``command line``."""
    home: Path
    """``MARSAD_HOME``: holds ledger, archive and index."""

    def __getitem__(self, dotted: str) -> Any:
        """The value of ``section.key``; raises ``KeyError`` for a name that no schema knows."""
        section, _, key = dotted.partition(".")
        return self.values[section][key]


DEFAULTS = Path(__file__).with_name("defaults.toml")
FILE_NAME = "marsad.toml"
RESERVED = frozenset({"MARSAD_CONFIG", "MARSAD_HOME"})
"""Environment variables that name folders and are no settings."""

SECRETS = frozenset({"elasticsearch.api_key"})
"""Settings that no file holds and nothing prints."""
STANDARD = {
    "ELASTICSEARCH_URL": "elasticsearch.url",
    "ELASTICSEARCH_API_KEY": "elasticsearch.api_key",
    "ELASTICSEARCH_CA_CERTS": "elasticsearch.ca_certs",
}
"""Variables by which other programs are told the same; ours go before them."""

Check = Callable[[Any], str | None]
"""Says what is allowed where the value is not; ``None`` where it is."""


@dataclass(frozen=True, slots=True)
class Limit:
    """What values a setting may take, beyond its type."""

    low: float | None = None
    high: float | None = None
    choices: tuple[str, ...] = ()
    check: Check | None = None

    def fault(self, value: Any) -> str | None:
        """What is allowed, where *value* (of the right type) is not."""
        if self.choices:
            bad = [
                item for item in (value if isinstance(value, list) else [value]) if item not in self.choices
            ]
            if bad:
                return f"one of {', '.join(self.choices)}"
        if self.low is not None and self.high is not None and not self.low <= value <= self.high:
            return f"{self.low:g} to {self.high:g}"
        return self.check(value) if self.check else None


def _networks(value: list[str]) -> str | None:
    import ipaddress  # only where networks are named at all

    for item in value:
        try:
            ipaddress.ip_network(item)
        except ValueError:
            return f"networks in CIDR form, like 10.1.0.0/16 ({shown(redact(item))} is none)"
    return None


def _ages(value: list[str]) -> str | None:
    for item in value:
        if not re.fullmatch(r"[1-9]\d{0,3}[hd]", item):
            return f"ages such as 6h or 3d ({shown(item)} is none)"
    return None


def _zone(value: str) -> str | None:
    from config.zones import zone

    try:
        zone(value)
    except LookupError:  # ZoneInfoNotFoundError
        return "a time zone like Africa/Casablanca"
    return None


def _contact(value: str) -> str | None:
    if re.search(r"https?://\S|\S@\S", value) and value.isascii() and value.isprintable():
        return None
    return "printable ASCII with a contact (a URL or an e-mail address)"


def _ledger_url(value: str) -> str | None:
    if not value or re.fullmatch(r"postgresql(\+psycopg)?://\S*/[^/?\s]+(\?\S*)?", value):
        return None
    return "nothing, or postgresql+psycopg://USER@HOST:PORT/DATABASE"


def _server_url(value: str) -> str | None:
    # A password with one of / ? # in it would end the name of the server, and the rest be taken for a path.
    if re.fullmatch(r"https?://[^\s/?#]+(/[^\s@]*)?", value):
        return None
    return "a URL like https://es.example:9200 (in a password, / ? # and @ are written %2F %3F %23 %40)"


def _api_key(value: str) -> str | None:
    return None if re.fullmatch(r"[!-~]*", value) else "a key as the server gave it: no blanks, ASCII alone"


def _index_name(value: str) -> str | None:
    if re.fullmatch(r"[a-z][a-z0-9_-]{0,99}", value):
        return None
    return "lower-case letters, digits, - and _, a letter first"


def _not_empty(value: list[str]) -> str | None:
    return None if value else "at least one"


_DAY = 86400
LIMITS: Mapping[str, Limit] = {
    "crawl.backfill_days": Limit(0, 36500),
    "crawl.wall_clock_s": Limit(1, 7 * _DAY),
    "crawl.memory_mb": Limit(100, 1 << 20),
    "crawl.poll_min_s": Limit(1, 30 * _DAY),
    "crawl.poll_max_s": Limit(1, 365 * _DAY),
    "crawl.concurrent_hosts": Limit(1, 1000),
    "crawl.lease_s": Limit(1, _DAY),
    "crawl.revisit_after": Limit(check=_ages),
    "crawl.retry_times": Limit(0, 20),
    "politeness.delay_s": Limit(0, 3600),
    "politeness.max_delay_s": Limit(0, _DAY),
    "politeness.max_pages_per_run": Limit(1, 1_000_000),
    "politeness.user_agent": Limit(check=_contact),
    "politeness.robots_ttl_s": Limit(0, 7 * _DAY),
    "politeness.robots_keep_days": Limit(0, 365),
    "network.allow": Limit(check=_networks),
    "network.schemes": Limit(choices=("http", "https"), check=_not_empty),
    "network.timeout_s": Limit(0.1, 3600),
    "network.max_bytes": Limit(1, 1 << 30),
    "network.max_redirects": Limit(0, 50),
    "network.verify_certificates": Limit(),
    "ledger.url": Limit(check=_ledger_url),
    "archive.rotate_bytes": Limit(1, 1 << 40),
    "archive.sample": Limit(1, 1_000_000),
    "retention.log_days": Limit(0, 36500),
    "retention.log_mb": Limit(0, 1 << 30),
    "retention.page_days": Limit(0, 36500),
    "retention.page_gb": Limit(0, 1 << 20),
    "backup.keep": Limit(0, 10_000),
    "scheduler.crawl_every_s": Limit(1, _DAY),
    "scheduler.read_every_s": Limit(1, _DAY),
    "scheduler.outbox_every_s": Limit(1, _DAY),
    "scheduler.revisit_every_s": Limit(0, _DAY),
    "scheduler.health_every_s": Limit(0, _DAY),
    "scheduler.retention_every_s": Limit(0, _DAY),
    "scheduler.archive_every_s": Limit(0, _DAY),
    "scheduler.backup_every_s": Limit(0, 7 * _DAY),
    "scheduler.crawls": Limit(1, 64),
    "scheduler.wall_clock_s": Limit(10, 7 * _DAY),
    "scheduler.memory_mb": Limit(100, 1 << 20),
    "scheduler.free_mb": Limit(0, 1 << 30),
    "alerts.command": Limit(),
    "metrics.port": Limit(0, 65535),
    "metrics.file": Limit(),
    "privacy.unmasked": Limit(),
    "read.max_seconds": Limit(0.1, 3600),
    "read.batch": Limit(1, 10_000),
    "index.engine": Limit(choices=("embedded", "elasticsearch")),
    "index.commit_every": Limit(1, 1_000_000),
    "index.heap_mb": Limit(15, 1 << 16),  # tantivy refuses less than 15 MB a thread
    "index.time_zone": Limit(check=_zone),
    "elasticsearch.url": Limit(check=_server_url),
    "elasticsearch.api_key": Limit(check=_api_key),
    "elasticsearch.ca_certs": Limit(),
    "elasticsearch.index": Limit(check=_index_name),
    "elasticsearch.timeout_s": Limit(0.1, 3600),
    "elasticsearch.bulk_mb": Limit(1, 90),  # a server takes 100 MB
    "log.level": Limit(choices=("debug", "info", "warning", "error")),
    "log.format": Limit(choices=("auto", "text", "json")),
}

ORDERED: tuple[tuple[str, str], ...] = (
    ("crawl.poll_min_s", "crawl.poll_max_s"),
    ("politeness.delay_s", "politeness.max_delay_s"),
)
"""Pairs of settings of which the first may not exceed the second."""


@cache
def defaults() -> Mapping[str, Mapping[str, Any]]:
    """The packaged defaults: section → key → value."""
    return tomllib.loads(DEFAULTS.read_text(encoding="utf-8"))


def names() -> list[str]:
    """Every ``section.key``, in the order of ``defaults.toml``."""
    return [f"{section}.{key}" for section, keys in defaults().items() for key in keys]


def type_name(default: Any) -> str:
    """The type of a setting, in words, taken from its default."""
    return {bool: "true or false", int: "a whole number", float: "a number", str: "a text"}.get(
        type(default), "a list of texts"
    )


def json_schema() -> dict[str, Any]:
    """The JSON Schema of ``marsad.toml``, made of the defaults and :data:`LIMITS`."""
    types = {bool: "boolean", int: "integer", float: "number", str: "string"}
    sections: dict[str, Any] = {}
    for section, keys in defaults().items():
        properties: dict[str, Any] = {}
        for key, default in keys.items():
            limit = LIMITS[f"{section}.{key}"]
            bounds = {"minimum": limit.low, "maximum": limit.high, "enum": list(limit.choices) or None}
            value: dict[str, Any] = {name: bound for name, bound in bounds.items() if bound is not None}
            if isinstance(default, list):
                value = {"type": "array", "items": {"type": "string", **value}}
            else:
                value = {"type": types[type(default)], **value}
            properties[key] = {**value, "default": default}
        sections[section] = {"type": "object", "additionalProperties": False, "properties": properties}
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": FILE_NAME,
        "type": "object",
        "additionalProperties": False,
        "properties": sections,
    }


def resolve(
    overlay: Path | None,
    home: Path,
    overrides: Mapping[str, str],
    environ: Mapping[str, str],
) -> tuple[Settings, list[Fault]]:
    """The settings of all four layers, and every fault in them (faulty values are left at what was below)."""
    values = {section: dict(keys) for section, keys in defaults().items()}
    origins = dict.fromkeys(names(), DEFAULTS.name)
    faults: list[Fault] = []

    def put(name: str, value: Any, origin: str, file: str, path: str) -> None:
        section, _, key = name.partition(".")
        value, wanted = _typed(value, defaults()[section][key])
        wanted = wanted or LIMITS[name].fault(value)
        if wanted:
            # Of a URL that is none, nobody knows where the password ends.
            hidden = name in SECRETS or (name == "elasticsearch.url" and "@" in str(value))
            seen = "***" if hidden else shown(redact(value))
            faults.append(Fault(file, path, seen, wanted))
            return
        values[section][key] = value
        origins[name] = origin

    if overlay is not None and (file := overlay / FILE_NAME).exists():
        _from_file(file, put, faults)
    _from_environment(environ, put, faults)
    for name, text in overrides.items():
        if name not in origins:
            faults.append(_unknown("command line", name, name))
        else:
            put(name, _parsed(text, name), "command line", "command line", name)
    for low, high in ORDERED:
        settings = {name: values[name.split(".")[0]][name.split(".")[1]] for name in (low, high)}
        if settings[low] > settings[high]:
            faults.append(
                Fault(
                    origins[low],
                    low,
                    f"{settings[low]:g}",
                    f"at most {high} ({settings[high]:g}, {origins[high]})",
                )
            )
    return Settings(values, origins, home), faults


def redact(value: Any) -> Any:
    """*value* without the passwords of URLs in it, to be shown.

    >>> redact("http://elastic:geheim@localhost:9200")
    'http://***@localhost:9200'

    The name of a database's user is no secret: what lets it in may lie elsewhere.

    >>> redact("postgresql://marsad@db/marsad"), redact("postgresql://marsad:geheim@db/marsad")
    ('postgresql://marsad@db/marsad', 'postgresql://marsad:***@db/marsad')
    """
    if isinstance(value, list):
        return [redact(item) for item in value]
    if not isinstance(value, str):
        return value
    if value.startswith("postgresql"):
        return _PARAMETER.sub(r"\1***", _PASSWORD.sub(r"\1***@", value))
    return _USERINFO.sub("***@", value)


# Databases take a password with "/" or "@" in it as well; in the path of a web page, "@" is no password.
_USERINFO = re.compile(r"(?<=//)(?:(?<!http://)(?<!https://)[^\s/@:\"']*:[^\s\"']*|[^/?#\s]+)@")
_PASSWORD = re.compile(r"(//[^/\s@:]*:)\S*@")  # a password may hold an "@"
_PARAMETER = re.compile(r"([?&]password=)[^&\s]*")


def _typed(value: Any, default: Any) -> tuple[Any, str | None]:
    """*value* in the type of *default*, and what is expected where it has another one."""
    if isinstance(default, float) and type(value) is int:
        value = float(value)
    if type(value) is not type(default):
        return value, type_name(default)
    if isinstance(value, float) and value != value:
        return value, type_name(default)
    if isinstance(value, list) and not all(isinstance(item, str) for item in value):
        return value, type_name(default)
    return value, None


def _parsed(text: str, name: str) -> Any:
    """*text* of the environment or the command line in the setting's type; unchanged where it is none."""
    section, _, key = name.partition(".")
    default = defaults()[section][key]
    text = text.strip() if not isinstance(default, str) else text
    if isinstance(default, bool):
        return {"true": True, "1": True, "yes": True, "on": True,
                "false": False, "0": False, "no": False, "off": False}.get(text.lower(), text)  # fmt: skip
    if isinstance(default, int | float):
        try:
            return type(default)(text)
        except ValueError:
            return text
    if isinstance(default, list):
        if text.startswith("["):
            import json

            try:
                return json.loads(text)
            except ValueError:
                return text
        return [item.strip() for item in text.split(",") if item.strip()]
    return text


def _unknown(file: str, path: str, name: str) -> Fault:
    known = names()
    section = name.partition(".")[0]
    if section not in defaults():
        near = nearest(section, defaults()) or nearest(name, known)
        return Fault(file, path, "an unknown section", f"one of {', '.join(defaults())}", near)
    keys = ", ".join(defaults()[section])
    return Fault(file, path, "an unknown setting", f"one of {keys}", nearest(name, known))


_Put = Callable[[str, Any, str, str, str], None]


def _from_file(file: Path, put: _Put, faults: list[Fault]) -> None:
    """The layer of ``marsad.toml``."""
    try:
        raw = file.read_bytes()
        tree = tomllib.loads(raw.decode("utf-8"))
    except OSError as error:
        faults.append(Fault(FILE_NAME, "", error.strerror or str(error), "a readable file"))
        return
    except UnicodeDecodeError as error:
        faults.append(Fault(FILE_NAME, "", f"byte 0x{raw[error.start]:02x}, which is not UTF-8", "UTF-8"))
        return
    except tomllib.TOMLDecodeError as error:
        faults.append(Fault(FILE_NAME, "", str(error), "TOML"))
        return
    for section, keys in tree.items():
        if not isinstance(keys, dict):
            faults.append(Fault(FILE_NAME, section, shown(keys), f"sections: {', '.join(defaults())}"))
            continue
        for key, value in keys.items():
            name = f"{section}.{key}"
            if name not in LIMITS:
                faults.append(_unknown(FILE_NAME, name, name))
            elif (name in SECRETS and value) or redact(value) != value:
                variable = variable_of(name)
                faults.append(
                    Fault(
                        FILE_NAME,
                        name,
                        "a secret" if name in SECRETS else "a URL with a password",
                        f"no secrets in files: {variable} or {variable}_FILE",
                    )
                )
            else:
                put(name, value, str(file), FILE_NAME, name)


def variable_of(name: str) -> str:
    """The environment variable of a setting.

    >>> variable_of("crawl.backfill_days")
    'MARSAD_CRAWL__BACKFILL_DAYS'
    """
    return "MARSAD_" + name.replace(".", "__").upper()


def _from_environment(environ: Mapping[str, str], put: _Put, faults: list[Fault]) -> None:
    """The layers of :data:`STANDARD`, and above it of ``MARSAD_SECTION__KEY`` and ``…_FILE``."""
    for variable, name in STANDARD.items():
        if environ.get(variable):
            put(name, environ[variable], variable, variable, "")
    variables = {variable_of(name): name for name in LIMITS}
    flat = {variable.replace("__", "_"): variable for variable in variables}
    for variable in sorted(environ):
        if not variable.startswith("MARSAD_") or variable in RESERVED:
            continue
        text = environ[variable]
        if variable in variables:
            name = variables[variable]
            put(name, _parsed(text, name), variable, variable, "")
        elif variable.removesuffix("_FILE") in variables and variable.endswith("_FILE"):
            name = variables[variable.removesuffix("_FILE")]
            if variable.removesuffix("_FILE") in environ:
                faults.append(
                    Fault(variable, "", f"{variable.removesuffix('_FILE')} as well", "one of the two")
                )
                continue
            try:
                text = Path(text).read_text(encoding="utf-8").rstrip("\r\n")
            except (OSError, ValueError) as error:
                faults.append(Fault(variable, "", f"{shown(text)}: {error}", "a readable file"))
                continue
            put(name, _parsed(text, name), variable, variable, "")
        elif "__" in variable:
            near = nearest(variable, variables)
            faults.append(Fault(variable, "", "an unknown setting", "MARSAD_SECTION__KEY", near))
        elif variable in flat:
            faults.append(
                Fault(variable, "", "one underscore", "two between section and key", flat[variable])
            )
