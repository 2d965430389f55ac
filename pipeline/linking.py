"""Compares articles with one another and keeps what comes of it: copies, stories, relations, voices.

What articles are compared by (their *marks*) is kept in the ledger beside them, with the links that were
found, so that nothing is read or compared twice.  New marks concern the articles of some days around them; of
the stories that change by them every member's ties are made anew; the index is told of those that changed.
The answer depends on the articles alone: in whatever order they come, and in however many goes, the ties are
the same.
"""

from __future__ import annotations

import json
from array import array
from collections import defaultdict
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any

from config.loader import Config
from config.model import Source
from pipeline.copies import CopyLimits, CopyOf, CopyWindow, precedes
from pipeline.fingerprints import Fingerprint, fingerprint
from pipeline.relations import Member, MemberMaker, RelationType, relations
from pipeline.stories import Join, StoryRules, StoryWindow, overridden
from pipeline.traits import Sort, TraitMaker, Traits
from store.records import Annotated, Override, StoredArticle, Ties, Voice
from store.ties import Marked

if TYPE_CHECKING:
    from store.ledger import Ledger

_BATCH = 200
_GO = 20_000
"""Articles compared in one go, at least; more where more that were compared before lie around them.

What lies around is read for each go.  Were the goes smaller than that, most of the reading would be of the
same articles again and again; so an article is read a few times at most, and there is in memory what lies
around and as much again, however many articles there are.
"""
_MARGIN = 3
"""Windows on each side of what is new that are looked at: a story goes on from article to article."""

_BY_WORD = "override"
"""Among the facts that tie an article to a story: that an analyst said so."""

Progress = Callable[[int], object]
"""Told, as it goes, how many articles have been marked or compared."""


@dataclass(frozen=True, slots=True)
class Linked:
    articles: int
    """Compared anew."""
    changed: int
    """Whose ties are other than they were, old ones among them."""


@dataclass(slots=True)
class Marks:
    """What an article is compared by, and the links that were found; JSON in the ledger."""

    traits: Traits
    member: Member
    """Without what copies and stories say of it."""
    figures: tuple[str, ...] = ()
    """In words, for reasons: a key of a figure does not say which it was."""
    links: dict[str, int] = field(default_factory=dict)
    """Other article → strength, of the links found when this one was compared."""
    known: Ties | None = None

    @property
    def print(self) -> Fingerprint:
        return self.member.print

    def to_json(self) -> str:
        said = {
            "print": self.print.as_dict(),
            "keys": list(self.traits.keys),
            "flags": [name for name in _FLAGS if getattr(self.member, name)],
            "voice": self.member.voice,
            "figures": list(self.figures),
            "links": self.links,
        }
        return json.dumps(said, separators=(",", ":"))

    @classmethod
    def of(cls, row: Marked) -> Marks:
        said = json.loads(row.marks)
        print_ = Fingerprint.of(said["print"])
        traits = Traits(
            row.article_id, print_.published, print_.language, print_.outlet, array("Q", said["keys"])
        )
        flags: dict[str, Any] = {name: name in said["flags"] for name in _FLAGS}
        member = Member(print_, **flags, voice=said["voice"])
        return cls(traits, member, tuple(said["figures"]), dict(said["links"]), row.ties)


_FLAGS = ("hearsay", "denies", "clarifies", "corrects", "mended", "official", "develops", "translated")


class Linker:
    """Makes marks and compares them, by the rules of one configuration; keeps no state of articles."""

    def __init__(self, config: Config) -> None:
        rules = config.data("stories")
        self.maker = TraitMaker(config)
        self.members = MemberMaker(rules)
        self.limits = CopyLimits.of(rules)
        self.rules = StoryRules.of(rules)
        for sort, ids in (
            (Sort.TOWN, (place.id for place in config.places)),
            (Sort.UNIT, (unit.id for unit in config.units)),
            (Sort.BODY, (body.id for body in config.institutions)),
            (Sort.BODY, config.data("partners")["bodies"]),
            (Sort.KIND, (kind.id for kind in config.kinds)),
        ):
            self.maker.learn(sort, ids)

    @property
    def reach(self) -> timedelta:
        """How far apart two articles may be that have anything to do with one another."""
        return timedelta(days=max(self.rules.window_days, self.limits.window_days))

    def marks(
        self,
        article_id: str,
        annotated: Annotated,
        source: Source | None,
        at: datetime,
        first: Annotated | None = None,
    ) -> Marks:
        """The marks of an article of the time *at*; *first* is how it was published, if it changed since."""
        seconds = int(at.timestamp())
        print_ = replace(fingerprint(article_id, annotated, source), published=seconds)
        traits = replace(self.maker.traits(article_id, annotated), published=seconds)
        figures = tuple(f"{one.what} {one.value:g}" for one in annotated.figures if not one.recalled)
        return Marks(traits, self.members.member(annotated, print_, first=first), figures)


def link(
    ledger: Ledger,
    config: Config,
    *,
    again: Collection[str] = (),
    progress: Progress | None = None,
) -> Linked:
    """Compare every article that is new, revised or read by other rules with those around it.

    *again* are articles whose stories are to be made anew though they did not change: an analyst spoke.
    May be killed at any instant: what was not kept is compared by the next call.
    """
    linker = Linker(config)
    done = _mark(ledger, config, linker, progress)
    articles = changed = 0
    if again and (times := ledger.times(list(again))):
        changed += _compare(ledger, linker, (), min(times), max(times), again)
    while go := _go(ledger, linker):
        new = [article_id for article_id, _ in go]
        changed += _compare(ledger, linker, new, go[0][1], go[-1][1], ())
        articles += len(new)
        if progress is not None:
            progress(done + articles)
    return Linked(articles, changed)


def _go(ledger: Ledger, linker: Linker) -> list[tuple[str, datetime]]:
    """(id, time) of the articles to compare next."""
    go = ledger.waiting(_GO)
    if len(go) < _GO:
        return go
    margin = _MARGIN * linker.reach
    around = ledger.compared(go[0][1] - margin, go[-1][1] + margin)
    return ledger.waiting(around) if around > _GO else go


def _mark(ledger: Ledger, config: Config, linker: Linker, progress: Progress | None) -> int:
    """Give marks to every article that has none of today; how many that were."""
    done = 0
    while batch := ledger.unmarked(_BATCH):
        ledger.mark([_marked(one, ledger, config, linker) for one in batch])
        done += len(batch)
        if progress is not None:
            progress(done)
    return done


def _marked(one: StoredArticle, ledger: Ledger, config: Config, linker: Linker) -> Marked:
    published = one.article.published
    at = published.at if published else one.first_seen_at
    source = config.sources.get(one.article.source_id)
    first = ledger.revisions(one.article_id)[0].annotated if one.revision > 1 else None
    marks = linker.marks(one.article_id, one.annotated, source, at, first)
    return Marked(one.article_id, one.revision, one.annotated.rules_version, at, marks.to_json())


def _compare(
    ledger: Ledger,
    linker: Linker,
    new: Sequence[str],
    first: datetime,
    last: datetime,
    again: Collection[str],
) -> int:
    """Compare *new* articles, of the times from *first* to *last*; how many ties changed."""
    margin = _MARGIN * linker.reach
    fresh = set(new)
    rows = {
        row.article_id: Marks.of(row)
        for row in ledger.comparable(first - margin, last + margin, first, last)
        if row.article_id in fresh or row.ties is not None
    }
    around = Around(linker, rows, fresh)
    touched = around.touched() | set(again)
    overrides = ledger.overrides()
    found = dict(around.ties(touched, overrides))
    return ledger.tie(found, {name: rows[name].to_json() for name in around.rewritten})


class Around:
    """New articles among those that were compared before; in memory, for one go."""

    def __init__(self, linker: Linker, rows: Mapping[str, Marks], fresh: Collection[str]) -> None:
        self._linker = linker
        self._rows = rows
        self._fresh = fresh
        self.rewritten = set(fresh)
        """Articles whose kept links changed."""
        self._copies = self._copied()
        self._window = self._filled()

    def _copied(self) -> dict[str, CopyOf]:
        """The copies: those known, and those among new articles and what may be copied from these."""
        window = CopyWindow(self._linker.limits)
        for marks in self._rows.values():
            window.add(marks.print)
        asked = set(self._fresh)
        asked.update(
            name
            for name, marks in self._rows.items()
            if marks.known is not None and marks.known.copy_of in self._fresh
        )
        for name in self._fresh:
            new = self._rows[name].print
            asked.update(
                one.article_id for one in window.candidates(new) if precedes(new, one, self._linker.limits)
            )
        found = {}
        for name, marks in self._rows.items():
            copy = window.copy_of(marks.print) if name in asked else _known_copy(marks, self._fresh)
            if copy is not None:
                found[name] = copy
        return found

    def _filled(self) -> StoryWindow:
        """The stories of all articles: links of old ones as kept, those of new ones worked out."""
        window = StoryWindow(self._linker.rules)
        kept: defaultdict[str, dict[str, int]] = defaultdict(dict)
        for name, marks in self._rows.items():
            if name in self._fresh:
                continue
            gone = [other for other in marks.links if other in self._fresh]
            if gone:
                self.rewritten.add(name)
                marks.links = {other: one for other, one in marks.links.items() if other not in self._fresh}
            for other, strength in marks.links.items():
                if other in self._rows:
                    kept[name][other] = kept[other][name] = strength
        in_order = sorted(self._rows, key=lambda name: (self._rows[name].print.published, name))
        for name in in_order:
            if name not in self._fresh:
                own = {other: one for other, one in kept[name].items() if self._origin(other) is None}
                window.restore(self._rows[name].traits, self._origin(name), own)
        for name in in_order:
            if name in self._fresh:
                window.add(self._rows[name].traits, self._origin(name))
                self._rows[name].links = window.links_of(name)
        return window

    def _origin(self, name: str) -> str | None:
        copy = self._copies.get(name)
        return copy.origin if copy and copy.origin in self._rows else None

    def touched(self) -> set[str]:
        """New articles, and old ones that are copies of others, or in other stories, than before."""
        found = set(self._fresh)
        for name, marks in self._rows.items():
            known = marks.known
            if known is None:
                continue
            copy = self._copies.get(name)
            if known.copy_of != (copy.origin if copy else None):
                found.add(name)
        return found

    def ties(self, touched: set[str], overrides: Sequence[Override]) -> Iterator[tuple[str, Ties]]:
        """The ties of every member of each story that holds one of *touched*, or held it before."""
        by_story: defaultdict[str, list[str]] = defaultdict(list)
        origins = {name: copy.origin for name, copy in self._copies.items()}
        now = overridden(self._window.stories(), overrides, origins)
        for name, story in now.items():
            if name in self._rows:
                by_story[story].append(name)
        called = {story: self._called(story, names) for story, names in by_story.items()}
        before = {
            name: known.story_id
            for names in by_story.values()
            for name in names
            if (known := self._rows[name].known)
        }
        # A story is made anew also where a member left it: what others were to that one, they are no more.
        left = {
            before[name]
            for story, names in by_story.items()
            for name in names
            if name in before and before[name] != called[story]
        }
        for story, names in by_story.items():
            held = {before.get(name) for name in names}
            if held != {called[story]} or not left.isdisjoint(held) or not touched.isdisjoint(names):
                yield from self._of_story(called[story], names)

    def _called(self, story: str, names: Sequence[str]) -> str:
        """The id of a story: its first article's, which may be older than what is looked at."""
        first = min(names, key=lambda name: (self._rows[name].print.published, name))
        known = self._rows[first].known
        if known is not None and known.story_id not in self._rows and first not in self._fresh:
            return known.story_id
        return first

    def _of_story(self, story_id: str, names: Sequence[str]) -> Iterator[tuple[str, Ties]]:
        joins = {name: self._join(name) for name in names}
        first = min(names, key=lambda name: (self._rows[name].print.published, name))
        members = [
            replace(self._rows[name].member, copy=self._copies.get(name), closest=joins[name].closest)
            for name in names
        ]
        related = relations(members)
        for name in names:
            relation, copy = related[name], self._copies.get(name)
            yield (
                name,
                Ties(
                    story_id=story_id,
                    because=() if name == story_id else self._because(joins[name], first, names),
                    copy_of=copy.origin if copy else None,
                    copy_share=copy.verbatim if copy else None,
                    copy_how=copy.how if copy else None,
                    relation=str(relation.type),
                    relation_of=relation.of,
                    voice=_voice(self._rows[name].print, copy, relation.type),
                ),
            )

    def _because(self, join: Join, first: str, names: Collection[str]) -> tuple[str, ...]:
        """What ties a member to its story: facts shared with another member, or an analyst's word."""
        apart = bool(join.closest) and join.closest not in names
        merged = self._window.story_of(join.article_id) != self._window.story_of(first)
        facts = () if apart else join.because
        return (_BY_WORD, *facts) if apart or merged else facts

    def _join(self, name: str) -> Join:
        for one in (name, *self._rows[name].links):
            if one in self._rows:
                self._linker.maker.learn(Sort.FIGURE, self._rows[one].figures)
        return self._window.join(name, self._linker.maker)


def _known_copy(marks: Marks, fresh: Collection[str]) -> CopyOf | None:
    known = marks.known
    if known is None or known.copy_of is None:
        return None
    return CopyOf(known.copy_of, known.copy_how or "", known.copy_share or 0.0, 0.0)


def _voice(print_: Fingerprint, copy: CopyOf | None, relation: RelationType) -> Voice:
    if print_.aggregator:
        return Voice.AGGREGATOR
    if copy is not None:
        return Voice.COPY
    return Voice.TRANSLATION if relation is RelationType.TRANSLATION else Voice.INDEPENDENT
