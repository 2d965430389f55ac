"""The whole configuration against its schema: every fault over all files in one go."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING, Any, get_args

from pydantic import BaseModel, ValidationError
from pydantic_core import ErrorDetails

from config import build, schema, settings
from config.faults import Fault, nearest, shown
from config.model import Source
from config.reading import read_yaml

if TYPE_CHECKING:
    from config.loader import Config

PACKAGED = Path(__file__).parent


def sources(config: Config) -> tuple[list[Source], list[Fault]]:
    """Every readable outlet of the catalogue, and every fault in it."""
    found: list[tuple[str, Source]] = []
    faults: list[Fault] = []
    codes, more = evidence_codes(config)
    faults += more
    for name, path in config.source_files().items():
        raw, more = read_yaml(path, name)
        faults += more
        # One outlet a file, or (a team's own, grouped as they like) a list of them.
        grouped = isinstance(raw, list) and not more
        for label, row in _rows(name, raw) if grouped else [(name, raw)] if not more else []:
            more = validate(row, schema.SourceFile, label)
            if not more:
                source = build.source(row)
                more = list(_source_faults(name, source, codes, grouped=grouped))
                found.append((name, source))
            faults += more
    faults += _between_sources(found)
    return [source for _, source in found], faults


def _rows(name: str, rows: list[Any]) -> Iterator[tuple[str, Any]]:
    """Each outlet of a grouped file, with a label that says which it is."""
    for index, row in enumerate(rows):
        yield f"{name}[{index}]", row


def evidence_codes(config: Config) -> tuple[frozenset[str], list[Fault]]:
    """The codes of ``evidence.yml`` that an entry point may name."""
    path = config.path("evidence.yml")
    if path is None:
        return frozenset(), []
    raw, faults = read_yaml(path, "evidence.yml")
    faults = faults or validate(raw, schema.EvidenceFile, "evidence.yml")
    return (frozenset() if faults else frozenset(raw["evidence"])), faults


def _source_faults(name: str, source: Source, codes: frozenset[str], *, grouped: bool) -> Iterator[Fault]:
    """What one outlet says that does not fit the name of its file or the legend."""
    stem = name.removesuffix(".yml").rpartition("/")[2]
    if source.id != stem and not grouped:
        yield Fault(name, "id", shown(source.id), f"{stem!r}, the name of the file")
    for index, entry in enumerate(source.entry_points):
        for at, code in enumerate(entry.evidence):
            if code not in codes:
                path = f"entry_points[{index}].evidence[{at}]"
                yield Fault(name, path, shown(code), "a code of evidence.yml", nearest(code, codes))
        if entry.confidence == "public-evidence" and not entry.evidence:
            yield Fault(
                name, f"entry_points[{index}]", "public-evidence without evidence", "its evidence codes"
            )


def _between_sources(found: list[tuple[str, Source]]) -> Iterator[Fault]:
    """What two outlets may not share: an id, a homepage, an entry point."""
    ids: dict[str, str] = {}
    homepages: dict[str, str] = {}
    entries: dict[str, str] = {}
    for name, source in found:
        if other := ids.get(source.id):
            yield Fault(name, "id", shown(source.id), f"an id of its own (also in {other})")
        ids.setdefault(source.id, name)
        page = build.place_of(source.homepage)
        if other := homepages.get(page):
            yield Fault(name, "homepage", shown(source.homepage), f"a homepage of its own (also in {other})")
        homepages.setdefault(page, name)
        for index, entry in enumerate(source.entry_points):
            if other := entries.get(entry.url):
                path = f"entry_points[{index}].url"
                yield Fault(name, path, shown(entry.url), f"an entry point of its own (also in {other})")
            entries.setdefault(entry.url, name)


def knowledge(config: Config) -> list[Fault]:
    """Every fault in institutions, agencies, homonyms, office holders, places and communications."""
    faults: list[Fault] = []
    read: dict[str, Any] = {}
    for name in [*schema.FILES, *config.files("institutions")]:
        path = config.path(name)
        if path is None:
            faults.append(Fault(name, "", "no such file", "a file of the configuration"))
            continue
        raw, more = read_yaml(path, name)
        model = schema.model_of(name)
        assert model is not None  # every name above has one
        more = more or validate(raw, model, name)
        faults += more
        if not more:
            read[name] = raw
    return faults + list(_references(read))


def _references(read: Mapping[str, Any]) -> Iterator[Fault]:
    """Ids that stand twice, and ids that are named and stand nowhere."""
    lists = {
        "institution": [(name, "institutions") for name in read if name.startswith("institutions/")],
        "agency": [("agencies.yml", "agencies")],
        "homonym": [("homonyms.yml", "homonyms")],
        "region": [("places/regions.yml", "regions")],
        "unit": [("places/units.yml", "units")],
        "town": [("places/towns.yml", "towns")],
        "kind": [("communications/forms.yml", "kinds"), ("communications/topics.yml", "kinds")],
    }
    ids: dict[str, dict[str, str]] = {}
    for what, places in lists.items():
        known = ids.setdefault(what, {})
        for name, key in places:
            for index, raw in enumerate(read.get(name, {}).get(key, ())):
                path = f"{key}[{index}]"
                if raw["id"] in known:
                    yield Fault(
                        name, f"{path}.id", shown(raw["id"]), f"an id of its own (also {known[raw['id']]})"
                    )
                known.setdefault(raw["id"], f"{name}: {path}")

    isos = {raw["iso"] for raw in read.get("places/regions.yml", {}).get("regions", ())}

    def missing(what: str, name: str, path: str, value: str | None, known: Any) -> Iterator[Fault]:
        if value is not None and known and value not in known:
            yield Fault(name, path, shown(value), f"the id of {what}", nearest(value, known))

    for name, key in lists["institution"]:
        for index, raw in enumerate(read[name][key]):
            yield from missing(
                "an institution", name, f"{key}[{index}].parent", raw.get("parent"), ids["institution"]
            )
    for index, raw in enumerate(read.get("office_holders.yml", {}).get("office_holders", ())):
        path = f"office_holders[{index}].institution"
        yield from missing(
            "an institution", "office_holders.yml", path, raw.get("institution"), ids["institution"]
        )
    for index, value in enumerate(read.get("watchwords.yml", {}).get("institutions", ())):
        yield from missing(
            "an institution", "watchwords.yml", f"institutions[{index}]", value, ids["institution"]
        )
    for index, raw in enumerate(read.get("communications/campaigns.yml", {}).get("campaigns", ())):
        name, path = "communications/campaigns.yml", f"campaigns[{index}]"
        yield from missing(
            "an institution", name, f"{path}.institution", raw["institution"], ids["institution"]
        )
        yield from missing("a kind", name, f"{path}.kind", raw["kind"], ids["kind"])
        for at, edition in enumerate(raw["editions"]):
            yield from missing("a town", name, f"{path}.editions[{at}].town", edition["town"], ids["town"])
    for kind in read.get("kinds.yml", {}).get("kinds", ()):
        yield from missing("a kind", "kinds.yml", f"kinds.{kind}", kind, ids["kind"])
    for name in ("never", "acts"):
        for index, kind in enumerate(read.get("rumours.yml", {}).get(name, ())):
            yield from missing("a kind", "rumours.yml", f"{name}[{index}]", kind, ids["kind"])
    for index, raw in enumerate(read.get("places/units.yml", {}).get("units", ())):
        path = f"units[{index}]"
        yield from missing("a town", "places/units.yml", f"{path}.city", raw["city"], ids["town"])
        yield from missing("a region (iso)", "places/units.yml", f"{path}.region", raw["region"], isos)
        for at, code in enumerate(raw.get("evidence", ())):
            codes = read.get("evidence.yml", {}).get("places", {})
            if codes and code not in codes:
                at_code = f"{path}.evidence[{at}]"
                expected = "a code of evidence.yml, under places"
                yield Fault("places/units.yml", at_code, shown(code), expected, nearest(code, codes))
        for at, town in enumerate(raw.get("covers", ())):
            yield from missing("a town", "places/units.yml", f"{path}.covers[{at}]", town, ids["town"])
    for index, raw in enumerate(read.get("places/towns.yml", {}).get("towns", ())):
        path = f"towns[{index}].region"
        yield from missing("a region (iso)", "places/towns.yml", path, raw["region"], isos)


def everything(config: Config) -> tuple[dict[str, int], list[Fault]]:
    """What the configuration holds (what → how many), and every fault in all of its files."""
    found, faults = sources(config)
    faults += knowledge(config)
    faults += _unmodelled(config)
    faults += _strangers(config.overlay)
    if faults:
        return {}, faults
    return {
        "outlets": len(found),
        "outlets enabled": sum(source.enabled for source in found),
        "entry points": sum(len(source.entry_points) for source in found),
        "institutions": len(config.institutions),
        "agencies": len(config.agencies),
        "homonyms": len(config.homonyms),
        "office holders": len(config.office_holders),
        "regions": len(config.regions),
        "police units": len(config.units),
        "towns": len(config.places),
        "kinds of communication": len(config.kinds),
        "watchwords": len(config.watchwords),
    }, []


def _unmodelled(config: Config) -> Iterator[Fault]:
    """Faults of the files that other rooms read: YAML they must be."""
    names = {path.relative_to(base).as_posix() for base in config.folders for path in base.rglob("*.yml")}
    for name in sorted(names):
        path = config.path(name)
        if path is not None and not name.startswith(("sources/", ".")) and schema.model_of(name) is None:
            yield from read_yaml(path, name)[1]


def _strangers(overlay: Path | None) -> Iterator[Fault]:
    """Files of an overlay that would have no effect: misspelt, in the wrong place, with another ending."""
    if overlay is None:
        return
    known = {path.relative_to(PACKAGED).as_posix() for path in PACKAGED.rglob("*.yml")}
    known = {name for name in known if not name.startswith("sources/")} | {settings.FILE_NAME}
    for path in sorted(overlay.rglob("*")):
        name = path.relative_to(overlay).as_posix()
        if path.suffix not in (".yml", ".yaml", ".toml") or any(part.startswith(".") for part in path.parts):
            continue
        if path.suffix == ".yaml":
            yield Fault(name, "", "a file that ends in .yaml", "the ending .yml")
        elif name not in known and not (
            name.startswith(("sources/", "institutions/")) and path.suffix == ".yml"
        ):
            near = nearest(name, known) or nearest(name.split("/")[0], ["sources", "institutions"])
            yield Fault(
                name,
                "",
                "a file that nothing reads",
                "a file of the configuration or sources/<cc>/<id>.yml",
                near,
            )


# -- pydantic's errors in our words -----------------------------------------------------------------------


def validate(raw: Any, model: type[BaseModel], label: str) -> list[Fault]:
    """Every fault of *raw* against *model*; empty where it passes."""
    try:
        model.model_validate(raw)
    except ValidationError as error:
        return [_fault(details, model, label) for details in error.errors(include_url=False)]
    return []


def dotted(location: tuple[int | str, ...]) -> str:
    """A key path as people write it.

    >>> dotted(("entry_points", 1, "url"))
    'entry_points[1].url'
    """
    path = ""
    for step in location:
        path += f"[{step}]" if isinstance(step, int) else f".{step}" if path else str(step)
    return path


_WANTED = {
    "string_type": "a text",
    "bool_type": "true or false",
    "int_type": "a whole number",
    "int_from_float": "a whole number",
    "float_type": "a number",
    "list_type": "a list",
    "dict_type": "a mapping",
    "model_type": "a mapping",
    "date_type": "a date, like 2026-11-25",
    "too_short": "more of them",
    "string_too_short": "a text that is not empty",
}
_PATTERNS = {
    r"\S": "a text that is not empty",
    r"^[a-z0-9]+([._-][a-z0-9]+)*$": "small letters and digits, with single hyphens, dots or underscores",
    r"^[a-z0-9]+(-[a-z0-9]+)*$": "small letters and digits, with single hyphens between",
    r"^[a-z]+(_[a-z]+)*$": "small letters, with single underscores between",
    r"^\d{4}-\d\d$": "a month like 2026-11",
    r"^MA-\d\d$": "an ISO 3166-2 code like MA-06",
}


def _fault(details: ErrorDetails, model: type[BaseModel], label: str) -> Fault:
    """One pydantic error as a fault: what was read, what is allowed, the nearest name."""
    kind, location, context = details["type"], details["loc"], details.get("ctx", {})
    # a key of a mapping that is no field is shown by pydantic as (…, key, "[key]")
    path = dotted(tuple(step for step in location if step != "[key]"))
    got = shown(details["input"])
    if kind == "extra_forbidden":
        fields = _model_at(model, location[:-1]).model_fields
        keys = [field.alias or name for name, field in fields.items()]
        return Fault(
            label, path, "an unknown key", f"one of {', '.join(keys)}", nearest(str(location[-1]), keys)
        )
    if kind == "missing":
        return Fault(label, path, "nothing", "a value: this key is required")
    if kind == "literal_error":
        options = re.findall(r"'([^']*)'", context["expected"])
        near = nearest(details["input"], options) if isinstance(details["input"], str) else None
        return Fault(label, path, got, f"one of {', '.join(options)}", near)
    if kind == "string_type" and isinstance(details["input"], bool):
        return Fault(label, path, got, "a text (YAML takes no, yes, on and off for true or false: quote it)")
    if kind == "string_type" and isinstance(details["input"], int | float | date):
        return Fault(label, path, got, "a text (quote it)")
    if kind == "value_error":
        error = context["error"]
        if isinstance(error, schema.Unknown):
            return Fault(label, path, got, error.expected, nearest(str(details["input"]), error.known))
        if isinstance(error, schema.Rule):
            return Fault(
                label, dotted((*location, error.key) if error.key else location), error.got, error.expected
            )
        return Fault(label, path, got, str(error))
    if kind == "string_pattern_mismatch":
        return Fault(label, path, got, _PATTERNS.get(context["pattern"], context["pattern"]))
    if kind in ("greater_than_equal", "less_than_equal"):
        bound = f"at least {context['ge']}" if "ge" in context else f"at most {context['le']}"
        return Fault(label, path, got, bound)
    return Fault(label, path, got, _WANTED.get(kind, details["msg"]))


def _model_at(model: type[BaseModel], location: tuple[int | str, ...]) -> type[BaseModel]:
    """The model that stands at *location* below *model*."""
    for step in location:
        if isinstance(step, str) and step in model.model_fields:
            inner = _model_in(model.model_fields[step].annotation)
            model = inner or model
    return model


def _model_in(annotation: Any) -> type[BaseModel] | None:
    """The model inside an annotation such as ``list[Model]`` or ``Model | None``."""
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        return annotation
    return next((found for part in get_args(annotation) if (found := _model_in(part))), None)
