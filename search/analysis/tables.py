"""What the analysis knows of words, generated from configuration and kept in a small file.

Reading institutions and places takes longer than a whole search may; so the tables are written once below
``home/cache``, under a name that changes with every file they come from, and read back from there.
"""

from __future__ import annotations

import contextlib
import hashlib
import json
import os
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from config.fold import fold
from search import figures
from search.analysis import arabic, words

if TYPE_CHECKING:
    from config.loader import Config
    from config.model import Institution, Place

Name = tuple[str, ...]
"""A name as tokens: Arabic ones stemmed, others folded."""

_FILES = ("analysis.yml", "office_holders.yml", "agencies.yml", "figures.yml")
"""What is read besides institutions, places and communications."""
_LISTS = ("whole", "known", "stops", "latin", "printed", "function", "compounds")


@dataclass(frozen=True, slots=True)
class Tables:
    lemmas: arabic.Lemmas
    stops: Mapping[str, frozenset[str]]
    """Arabic words that are not stemmed: folded → as printed, but for vowel signs."""
    latin: frozenset[str]
    """Latin names that are not stemmed, folded, apostrophes out (``mdiq``)."""
    printed: frozenset[str]
    """Those of them whose printed form is another, in lower case (``fès``, ``m’diq``)."""
    function: frozenset[str]
    """Folded words that a search for several words does not ask for."""
    compounds: tuple[str, ...]
    groups: tuple[tuple[Name, ...], ...]
    """Names that stand for one another."""
    keys: Mapping[Name, int]
    """Every name and the group it belongs to."""
    values: Mapping[str, Mapping[str, tuple[str, ...]]]
    """Of ``place:``, ``unit:``, ``kind:``, ``figure:`` …: every :func:`plain` name and id, and the ids."""

    @property
    def words_version(self) -> str:
        """Eight hex digits of whatever decides about the tokens of a text."""
        lemmas = self.lemmas
        parts = [sorted(lemmas.whole), sorted(lemmas.known), sorted(lemmas.same.items()), sorted(self.latin)]
        parts.append(sorted(word for printed in self.stops.values() for word in printed))
        return hashlib.sha256(repr(parts).encode()).hexdigest()[:8]


def load(config: Config) -> Tables:
    """The tables of *config*, from the cache where it has them."""
    digest = _digest(config)
    home = config.settings.home
    file = home / "cache" / f"analysis-{digest}.json"
    with contextlib.suppress(OSError, ValueError, KeyError, TypeError):
        return _read(json.loads(file.read_text("utf-8")))
    tables = build(config)
    if home.is_dir():  # a search that finds nothing leaves nothing behind
        _write(file, tables)
    return tables


def _digest(config: Config) -> str:
    digest = hashlib.sha256()
    here = Path(__file__).parent
    files: list[Path | None] = [here / name for name in ("tables.py", "arabic.py", "words.py")]
    files += [config.path(name) for name in _FILES]
    for folder in ("institutions", "places", "communications"):
        files += config.files(folder).values()
    for path in files:
        data = path.read_bytes() if path is not None else b""
        digest.update(len(data).to_bytes(8) + data)
    return digest.hexdigest()[:16]


def _write(file: Path, tables: Tables) -> None:
    """Keep *tables*; where that is not possible they are built again next time."""
    import tempfile  # a search that finds them written does not wait for it

    value = {
        "whole": sorted(tables.lemmas.whole),
        "known": sorted(tables.lemmas.known),
        "same": dict(tables.lemmas.same),
        "stops": sorted(word for words in tables.stops.values() for word in words),
        "latin": sorted(tables.latin),
        "printed": sorted(tables.printed),
        "function": sorted(tables.function),
        "compounds": tables.compounds,
        "groups": [[" ".join(name) for name in group] for group in tables.groups],
        "values": {field: dict(names) for field, names in tables.values.items()},
    }
    with contextlib.suppress(OSError):
        file.parent.mkdir(exist_ok=True)
        handle, part = tempfile.mkstemp(dir=file.parent, prefix=".analysis-")
        with os.fdopen(handle, "w", encoding="utf-8") as out:
            json.dump(value, out, ensure_ascii=False)
        Path(part).replace(file)
        for old in file.parent.glob("analysis-*.json"):
            if old != file:
                old.unlink(missing_ok=True)


def _read(value: dict[str, Any]) -> Tables:
    whole, known, stops, latin, printed, function, compounds = (frozenset(value[name]) for name in _LISTS)
    groups = tuple(tuple(tuple(name.split(" ")) for name in group) for group in value["groups"])
    return Tables(
        lemmas=arabic.Lemmas(whole, known, dict(value["same"])),
        stops=_stops(stops),
        latin=latin,
        printed=printed,
        function=function,
        compounds=tuple(sorted(compounds)),
        groups=groups,
        keys=_keys(groups),
        values={
            field: {name: tuple(ids) for name, ids in names.items()}
            for field, names in value["values"].items()
        },
    )


def build(config: Config) -> Tables:
    """The tables of *config*."""
    lexicon = config.lexicon
    ordinary = frozenset(map(fold, lexicon["ordinary_towns"]))
    towns = [name for place in config.places for name in _town(place) if fold(name) not in ordinary]
    bodies = [name for body in config.institutions for name in _names(body)]
    apart = [fold(name).replace("'", "") for name in towns]
    acronyms = [acronym for body in config.institutions for acronym in body.acronyms]
    latin = frozenset(word for word in apart if word.isalpha() and not _is_arabic(word))
    latin |= {token for name in acronyms for token, _, _, _ in words.printed(name)}
    pairs = zip((name.lower() for name in towns), apart, strict=True)
    printed = frozenset(name for name, word in pairs if word in latin and word != name)
    whole = [word for word in apart if " " not in word and "-" not in word and _is_arabic(word)]
    lemmas = arabic.lemmas(
        [*whole, *map(fold, lexicon["arabic_whole"])],
        [*map(fold, lexicon["arabic_words"].split()), *_words_of(bodies), *_words_of(towns, bare=True)],
        [map(fold, group) for group in lexicon["arabic_same"]],
    )
    function = frozenset(fold(word) for ws in lexicon["function_words"].values() for word in ws)
    groups = _disjoint(_groups(config, lexicon["equivalents"], ordinary), lemmas, latin, function)
    return Tables(
        lemmas=lemmas,
        stops=_stops(map(unvowelled, lexicon["arabic_stop_words"].split())),
        latin=latin,
        printed=printed,
        function=function,
        compounds=tuple(sorted(lexicon["compounds"])),
        groups=groups,
        keys=_keys(groups),
        values=_values(config),
    )


def _stops(printed: Iterable[str]) -> dict[str, frozenset[str]]:
    found: dict[str, frozenset[str]] = {}
    for word in printed:
        found[fold(word)] = found.get(fold(word), frozenset()) | {word}
    return found


def plain(name: str) -> str:
    """*name* as a value of a field is compared: folded words, without Arabic articles."""
    return " ".join(
        arabic.without_article(token) if is_arabic else token
        for token, is_arabic, _, _ in words.printed(name)
    )


def _values(config: Config) -> dict[str, dict[str, tuple[str, ...]]]:
    named: dict[str, Iterable[tuple[str, Iterable[str]]]] = {
        "place": ((place.id, _town(place)) for place in config.places),
        "institution": ((body.id, (*_names(body), *body.acronyms)) for body in config.institutions),
        "unit": ((unit.id, (n for names in unit.names.values() for n in names)) for unit in config.units),
        "kind": ((kind.id, kind.names.values()) for kind in config.kinds),
        "agency": ((agency.id, (*agency.names, *agency.signs)) for agency in config.agencies),
        "figure": ((name, ()) for name in figures.names(config.data("figures"))),
    }
    return {field: _by_name(pairs) for field, pairs in named.items()}


def _by_name(named: Iterable[tuple[str, Iterable[str]]]) -> dict[str, tuple[str, ...]]:
    """Name → ids, from ids and their names; an id is its own name before it is anybody else's."""
    pairs = [(each, tuple(names)) for each, names in named]
    found: dict[str, tuple[str, ...]] = {}
    for each, names in pairs:
        for name in names:
            if (key := plain(name)) and each not in found.get(key, ()):
                found[key] = (*found.get(key, ()), each)
    for each, _ in pairs:
        found[plain(each)] = (each,)
    return found


def name_of(text: str, lemmas: arabic.Lemmas, latin: frozenset[str]) -> Name:
    """*text* as the tokens by which a name is recognised."""
    return tuple(
        arabic.stem(token, lemmas) if is_arabic else token
        for token, is_arabic, _, _ in words.printed(text, latin)
    )


_UNSAID = re.compile(f"[{words.MARKS}]")


def unvowelled(word: str) -> str:
    """An Arabic word as printed, without vowel signs and tatweel: folding would change its letters too."""
    return _UNSAID.sub("", word)


def _is_arabic(word: str) -> bool:
    return "\u0600" <= word[:1] <= "\u06ff"


def _town(place: Place) -> Iterator[str]:
    for name in (*place.names.values(), *place.variants):
        if "(" not in name:  # a remark, not a spelling
            yield from name.split("/")


def _names(body: Institution) -> Iterator[str]:
    for by_language in (body.names, body.variants):
        for language, names in by_language.items():
            if language != "noise":
                yield from (name for name in names if "<" not in name)


def _words_of(names: Iterable[str], bare: bool = False) -> Iterator[str]:
    """The Arabic words of *names*; those without article only if *bare*, as others may carry a clitic."""
    for name in names:
        for token, is_arabic, _, _ in words.printed(name):
            if is_arabic and (bare or token.startswith("ال")):
                yield token


def _groups(config: Config, rules: Mapping[str, Any], ordinary: frozenset[str]) -> Iterator[list[str]]:
    """Names that stand for one another, as printed: of bodies, of office holders, of towns, further ones."""
    general = {fold(name) for name in rules["too_general"]}
    single = {fold(name) for name in rules["words"]}
    short = set(rules["short"])
    for body in config.institutions:
        if body.id in rules["not_of"]:
            continue
        acronyms = [a for a in body.acronyms if (len(a) >= 4 or a in short) and fold(a) not in general]
        taken = single | set(map(fold, acronyms))
        yield acronyms + [
            name
            for name in _names(body)
            if fold(name) not in general and (len(name.split()) > 1 or fold(name) in taken)
        ]
    for holder in config.office_holders:
        yield [holder.holder, *(name for names in holder.names.values() for name in names)]
    for place in config.places:
        yield [name for name in _town(place) if fold(name) not in ordinary]
    yield from rules["groups"]


def _disjoint(
    groups: Iterable[Sequence[str]], lemmas: arabic.Lemmas, latin: frozenset[str], function: frozenset[str]
) -> tuple[tuple[Name, ...], ...]:
    """The *groups* as tokens, without the names that two of them claim and without groups of one."""
    tokens: list[list[Name]] = []
    for texts in groups:
        names = (name_of(text, lemmas, latin) for text in texts)
        bare = (name[1:] if len(name) > 1 and name[0] in function else name for name in names)  # la DGSN
        tokens.append(list(dict.fromkeys(name for name in bare if name)))
    claims: dict[Name, int] = {}
    for group in tokens:
        for name in group:
            claims[name] = claims.get(name, 0) + 1
    kept = [tuple(name for name in group if claims[name] == 1) for group in tokens]
    return tuple(group for group in kept if len(group) > 1)


def _keys(groups: Sequence[Sequence[Name]]) -> dict[Name, int]:
    return {name: index for index, group in enumerate(groups) for name in group}
