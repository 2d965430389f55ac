"""Reading the configuration: the packaged folder, an overlay over it, the settings of four layers.

Cheap first: :func:`load` reads settings only.  Outlets, institutions, places and cues are read when they are
first asked for.  Outlets and whatever an overlay brings pass the schema each time; the packaged knowledge
(institutions, places, cues) passed it when it was written, and is checked again only where it cannot be used,
because a search must not wait for pydantic.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable, Iterator, Mapping
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

from config import settings
from config.faults import ConfigError, Fault, nearest
from config.settings import Settings

if TYPE_CHECKING:
    from config.model import Agency, Homonym, Institution, Kind, OfficeHolder, Place, Region, Source, Unit

PACKAGED = Path(__file__).parent
Made = TypeVar("Made")


def load(
    overlay: Path | None = None,
    *,
    home: Path | None = None,
    overrides: Mapping[str, str] | None = None,
    environ: Mapping[str, str] = os.environ,
) -> Config:
    """The configuration, with its settings resolved and checked; the rest is read when asked for.

    *overlay* is a folder laid over the packaged one (default: ``MARSAD_CONFIG``), *home* holds what is
    collected (default: ``MARSAD_HOME``, else ``./var``), *overrides* are settings of the command line
    (``section.key`` → text).  Raises :class:`ConfigError` with every fault found in them.
    """
    config, faults = _read(overlay, home, overrides or {}, environ)
    if faults:
        raise ConfigError(faults)
    return config


def check(
    overlay: Path | None = None,
    *,
    home: Path | None = None,
    overrides: Mapping[str, str] | None = None,
    environ: Mapping[str, str] = os.environ,
) -> dict[str, int]:
    """What the configuration holds (what → how many); raises :class:`ConfigError` with every fault of the
    settings and of all files.  Takes what :func:`load` takes."""
    config, faults = _read(overlay, home, overrides or {}, environ)
    if config.overlay is None or config.overlay.is_dir():
        from config.checking import everything

        counts, more = everything(config)
        faults += more
    if faults:
        raise ConfigError(faults)
    return counts


def _read(
    overlay: Path | None, home: Path | None, overrides: Mapping[str, str], environ: Mapping[str, str]
) -> tuple[Config, list[Fault]]:
    """The configuration with what could be read of its settings, and the faults."""
    if overlay is None and environ.get("MARSAD_CONFIG"):
        overlay = Path(environ["MARSAD_CONFIG"])
    home = Path(home or environ.get("MARSAD_HOME") or "var").expanduser().absolute()
    faults = []
    if overlay is not None:
        overlay = overlay.expanduser().absolute()
        if not overlay.is_dir():
            what = "a file" if overlay.exists() else "no such folder"
            faults.append(Fault(str(overlay), "", what, "the folder of an overlay configuration"))
    resolved, more = settings.resolve(overlay, home, overrides, environ)
    return Config(overlay, resolved), faults + more


def _visible(paths: Iterable[Path]) -> list[Path]:
    """*paths* in order, without what editors and file systems leave behind (``._name.yml``)."""
    return sorted(path for path in paths if not path.name.startswith("."))


class Config:
    """What is watched and what is known.  Every property raises :class:`ConfigError` with all its faults."""

    def __init__(self, overlay: Path | None, resolved: Settings) -> None:
        self.overlay = overlay
        self.settings = resolved

    @property
    def folders(self) -> tuple[Path, ...]:
        """Where files are looked for, the first wins."""
        return (PACKAGED,) if self.overlay is None else (self.overlay, PACKAGED)

    # -- files ------------------------------------------------------------------------------------------

    def path(self, name: str) -> Path | None:
        """The file *name* (``places/towns.yml``) of the overlay, else of the package, else ``None``."""
        return next((folder / name for folder in self.folders if (folder / name).is_file()), None)

    def files(self, folder: str) -> dict[str, Path]:
        """Every ``*.yml`` directly below *folder*, by name below the configuration; the overlay's win."""
        found: dict[str, Path] = {}
        for base in reversed(self.folders):
            found |= {f"{folder}/{path.name}": path for path in _visible((base / folder).glob("*.yml"))}
        return dict(sorted(found.items()))

    def source_files(self) -> dict[str, Path]:
        """Every file of the catalogue by name; an overlay's ``sources/`` replaces the packaged one."""
        base = next(folder for folder in self.folders if (folder / "sources").is_dir())
        return {
            path.relative_to(base).as_posix(): path for path in _visible((base / "sources").rglob("*.yml"))
        }

    def data(self, name: str) -> Any:
        """What ``<name>.yml`` says, as read (``data("communications/reading")``)."""
        from config.reading import read_yaml

        label = f"{name}.yml"
        path = self.path(label)
        if path is None:
            known = [
                file.relative_to(PACKAGED).with_suffix("").as_posix() for file in PACKAGED.rglob("*.yml")
            ]
            raise ConfigError(
                [Fault(label, "", "no such file", "a file of the configuration", nearest(name, known))]
            )
        value, faults = read_yaml(path, label)
        if faults:
            raise ConfigError(faults)
        return value

    def _knowledge(self, names: list[str], key: str, make: Callable[[Any], Made]) -> tuple[Made, ...]:
        """What the files *names* list under *key*, each made into its dataclass."""
        return self._trusting(
            names,
            lambda: tuple(make(raw) for name in names for raw in self.data(name.removesuffix(".yml"))[key]),
        )

    def _trusting(self, names: list[str], read: Callable[[], Made]) -> Made:
        """What *read* makes of the files *names*; they pass the schema first unless all are packaged."""
        if all(self.path(name) == PACKAGED / name for name in names):
            try:
                return read()
            except (KeyError, TypeError, AttributeError, ValueError):
                pass  # edited and not checked: the schema says what is wrong
        if self._knowledge_faults:
            raise ConfigError(self._knowledge_faults)
        return read()

    @cached_property
    def _knowledge_faults(self) -> list[Fault]:
        from config import checking

        return checking.knowledge(self)

    # -- what is watched --------------------------------------------------------------------------------

    @cached_property
    def sources(self) -> Mapping[str, Source]:
        """Every outlet of the catalogue by id, the disabled ones included, in order of id."""
        from config import checking

        found, faults = checking.sources(self)
        if faults:
            raise ConfigError(faults)
        return {source.id: source for source in sorted(found, key=lambda source: source.id)}

    def source_of(self, host: str) -> Source | None:
        """The outlet that serves *host* (any case, ``www.`` or not), or a host below one of its domains."""
        labels = host.lower().removeprefix("www.").split(".")
        for start in range(len(labels)):
            if source := self._by_domain.get(".".join(labels[start:])):
                return source
        return None

    @cached_property
    def _by_domain(self) -> Mapping[str, Source]:
        return {domain: source for source in self.sources.values() for domain in source.domains}

    # -- what is known ----------------------------------------------------------------------------------

    # The builders are imported where they are used: most commands need settings and nothing else.

    @cached_property
    def institutions(self) -> tuple[Institution, ...]:
        from config.build import institution

        return self._knowledge(list(self.files("institutions")), "institutions", institution)

    @cached_property
    def agencies(self) -> tuple[Agency, ...]:
        from config.build import agency

        return self._knowledge(["agencies.yml"], "agencies", agency)

    @cached_property
    def homonyms(self) -> tuple[Homonym, ...]:
        from config.build import homonym

        return self._knowledge(["homonyms.yml"], "homonyms", homonym)

    @cached_property
    def office_holders(self) -> tuple[OfficeHolder, ...]:
        from config.build import office_holder

        return self._knowledge(["office_holders.yml"], "office_holders", office_holder)

    @cached_property
    def regions(self) -> tuple[Region, ...]:
        from config.build import region

        return self._knowledge(["places/regions.yml"], "regions", region)

    @cached_property
    def units(self) -> tuple[Unit, ...]:
        from config.build import unit

        return self._knowledge(["places/units.yml"], "units", unit)

    @cached_property
    def places(self) -> tuple[Place, ...]:
        """The towns."""
        from config.build import place

        return self._knowledge(["places/towns.yml"], "towns", place)

    @cached_property
    def kinds(self) -> tuple[Kind, ...]:
        """Forms first, then topics."""
        from config.build import kind

        files = ["communications/forms.yml", "communications/topics.yml"]
        return self._knowledge(files, "kinds", kind)

    @cached_property
    def watchwords(self) -> tuple[str, ...]:
        """Folded words and phrases of which one must stand in the hint or URL of a link from a source with
        ``collect: matching``: names of the watched institutions, office holders, and ``watchwords.yml``."""
        from config.fold import fold

        words = self._trusting(["watchwords.yml"], lambda: list(self._watched()))
        return tuple(sorted({folded for word in words if (folded := fold(word).strip())}))

    def _watched(self) -> Iterator[str]:
        watchwords = self.data("watchwords")
        watched = watchwords.get("institutions", ())
        for institution in self.institutions:
            if institution.id in watched:
                yield from institution.acronyms
                for by_language in (institution.names, institution.variants):
                    for language, names in by_language.items():
                        if language not in ("ary", "noise"):  # loose words, fit for reading, not for choosing
                            yield from names
        for holder in self.office_holders:
            if holder.institution in watched:
                for names in holder.names.values():
                    yield from names
        for words in watchwords["words"].values():
            yield from words

    @cached_property
    def relevance(self) -> Mapping[str, Any]:
        """``relevance.yml``: the cue lists by which an article's relevance is decided."""
        relevance: Mapping[str, Any] = self.data("relevance")
        return relevance

    @cached_property
    def lexicon(self) -> Mapping[str, Any]:
        """``analysis.yml``: protected words and equivalents of the search language."""
        lexicon: Mapping[str, Any] = self.data("analysis")
        return lexicon
