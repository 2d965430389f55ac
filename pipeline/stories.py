"""Which articles tell of one fact or one communication, in whatever language, and what made us think so.

**Links.**  Two articles at most ``window_days`` apart are linked if what they share outweighs what sets them
apart (:mod:`pipeline.links`).  Copies are not compared: they belong where their origin does.

**Stories** are groups of linked articles (:mod:`pipeline.clusters`).  A story may last longer than the
window, from follow-up to follow-up.  Its id is that of its first article, by publication.  What analysts say
(:class:`store.records.Override`) comes last and wins.

**Order.**  Which articles are candidates, how a pair scores and how groups are made depends on the articles
alone, so the same articles make the same stories in whatever order they come: all at once (:func:`partition`)
or one by one (:class:`StoryWindow`).  Only where a key of the index is shared by more articles than
``postings`` are some pairs never compared; those are pairs that share little else.
"""

from __future__ import annotations

from bisect import bisect_left, bisect_right, insort
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from heapq import nsmallest
from itertools import combinations
from typing import Any
from zlib import crc32

from pipeline.clusters import Linkage, Parts, groups
from pipeline.links import FEATURES, Prepared, features
from pipeline.traits import BITS, Sort, TraitMaker, Traits
from store.records import Override

DAY = 86_400
_MASK = (1 << BITS) - 1


@dataclass(frozen=True, slots=True)
class StoryRules:
    """``stories`` of ``config/stories.yml``, where each is explained."""

    window_days: float
    link: float
    bias: float
    gap_per_day: float
    weights: tuple[float, ...]
    """In the order of :data:`pipeline.links.FEATURES`."""
    linkage: Linkage
    postings: int
    compared: int

    @classmethod
    def of(cls, rules: Any) -> StoryRules:
        """From what ``config/stories.yml`` says."""
        said = rules["stories"]
        return cls(
            window_days=said["window_days"],
            link=said["link"],
            bias=said["bias"],
            gap_per_day=said["gap_per_day"],
            weights=tuple(said["weights"][name] for name in FEATURES),
            linkage=Linkage(
                join=round(said["join"] * 1000),
                absent=round(said["absent"] * 1000),
                best=said["best"],
                largest=said["largest"],
            ),
            postings=said["postings"],
            compared=said["compared"],
        )


@dataclass(frozen=True, slots=True)
class Join:
    """That an article belongs to a story, and by what."""

    article_id: str
    story_id: str
    because: tuple[str, ...] = ()
    """What it shares with the member that it is closest to (``town tanger``, ``number 3520``, ``about
    cannabis``), or ``copy``; empty for the only member."""
    score: float = 0.0
    """Of its strongest link in the story."""
    closest: str = ""
    """The member at the other end of that link, or the origin of the copy."""


def score(new: Prepared, old: Prepared, rules: StoryRules, keys: frozenset[int] | None = None) -> int | None:
    """How strongly two articles are linked, in thousandths; ``None`` where they are not."""
    gap = abs(new.traits.published - old.traits.published) / DAY
    if gap > rules.window_days:
        return None
    weighed = sum(
        weight * value for weight, value in zip(rules.weights, features(new, old, keys), strict=True) if value
    )
    total = rules.bias + weighed + rules.gap_per_day * gap
    return round(total * 1000) if total >= rules.link else None


# -- candidates -----------------------------------------------------------------------------------------

_TOWNS = 4
_THINGS = 8
_WORDS = 10


def index_keys(traits: Traits) -> set[int]:
    """What an article can be found by: single keys that are rare, and pairs of those that are not.

    Of towns, things and words those with the lowest hashes are taken: two articles that share many share
    some of these too.
    """
    by_sort: list[list[int]] = [[] for _ in range(1 << BITS)]
    for key in traits.keys:
        by_sort[key & _MASK].append(key)
    towns = sorted(by_sort[Sort.TOWN], key=_mixed)[:_TOWNS]
    places = sorted(by_sort[Sort.PLACE], key=_mixed)[:_TOWNS]
    focus = sorted(by_sort[Sort.FOCUS], key=_mixed)[:_THINGS]
    things = sorted(by_sort[Sort.CONCEPT], key=_mixed)[:_THINGS]
    numbers = by_sort[Sort.NUMBER][:_THINGS]
    small = sorted(by_sort[Sort.SMALL], key=_mixed)[:_THINGS]
    words = sorted(by_sort[Sort.HEAD], key=_mixed)[:_THINGS]
    found = set(numbers)
    found.update(by_sort[Sort.FIGURE])
    # Arabic shows no capitals: any word may be a name, and there are many
    names = sorted(by_sort[Sort.NAME], key=_mixed)[:_WORDS]
    found.update(names)
    for town in (*towns, *places):
        for other in (*things, *small, *by_sort[Sort.UNIT]):
            found.add(_pair(town, other))
    for first, second in combinations(sorted(focus), 2):
        found.add(_pair(first, second))
    for first, second in combinations(sorted(words), 2):
        found.add(_pair(first, second))
    for town, other in combinations(sorted((*towns, *places)), 2):
        found.add(_pair(town, other))
    for number in small:
        for body in by_sort[Sort.BODY][:_TOWNS]:
            found.add(_pair(number, body))
    return found


def _mixed(key: int) -> int:
    return crc32(key.to_bytes(8, "little"))


def _pair(first: int, second: int) -> int:
    return first * 0x9E3779B97F4A7C15 + second & 0xFFFFFFFFFFFFFFFF


# -- stories --------------------------------------------------------------------------------------------


_Posted = tuple[int, str]
"""(when it was published, article)"""


@dataclass(slots=True)
class StoryWindow:
    """Articles and their stories; in memory, as many as were added."""

    rules: StoryRules
    _ready: dict[str, Prepared] = field(default_factory=dict)
    _postings: dict[int, _Posted | list[_Posted]] = field(default_factory=dict)
    """Key → the article that has it or, of a key that several have, these in order; most are of one."""
    _links: dict[str, dict[str, int]] = field(default_factory=dict)
    _published: dict[str, int] = field(default_factory=dict)
    _origin: dict[str, str] = field(default_factory=dict)
    """copy → origin"""
    _copies: dict[str, set[str]] = field(default_factory=dict)
    """origin → its copies"""
    _story: dict[str, str] = field(default_factory=dict)
    """article (no copy) → id of its story"""
    _moved: set[str] = field(default_factory=set)
    """Articles whose links changed since stories were made; they are made when somebody asks."""

    def __len__(self) -> int:
        return len(self._ready)

    def __contains__(self, article_id: str) -> bool:
        return article_id in self._published

    def add(self, traits: Traits, origin: str | None = None) -> None:
        """Take an article in, a copy of *origin* or none.

        Adding one article may move others: it may bring two stories together or be the first of one.  An
        article that is there already is replaced.
        """
        name = traits.article_id
        if name in self:
            self.remove(name)
        self._published[name] = traits.published
        if origin is not None and origin != name:
            self._origin[name] = origin
            self._copies.setdefault(origin, set()).add(name)
            return
        new = self._ready[name] = Prepared.of(traits)
        self._links[name] = {}
        keys = index_keys(traits)
        own = frozenset(traits.keys)
        for other in self._candidates(traits, keys):
            strength = score(new, self._ready[other], self.rules, own)
            if strength is not None:
                self._links[name][other] = self._links[other][name] = strength
        self._post(traits, keys)
        self._moved.add(name)

    def restore(self, traits: Traits, origin: str | None, links: Mapping[str, int]) -> None:
        """Take in an article that was compared before; *links* were found then, and are given to both."""
        name = traits.article_id
        self._published[name] = traits.published
        if origin is not None and origin != name:
            self._origin[name] = origin
            self._copies.setdefault(origin, set()).add(name)
            return
        self._ready[name] = Prepared.of(traits)
        self._links[name] = dict(links)
        self._post(traits, index_keys(traits))
        self._moved.add(name)

    def _post(self, traits: Traits, keys: Iterable[int]) -> None:
        """Let an article be found by *keys*."""
        posted = traits.published, traits.article_id
        for key in keys:
            there = self._postings.setdefault(key, posted)
            if isinstance(there, list):
                insort(there, posted)
            elif there is not posted:
                self._postings[key] = sorted((there, posted))

    def links_of(self, article_id: str) -> dict[str, int]:
        """The links of an article: other → strength; none of a copy."""
        return dict(self._links.get(article_id, {}))

    def _candidates(self, traits: Traits, keys: Iterable[int]) -> list[str]:
        """Who shares a key, within the window; those that share most, if there are too many."""
        reach = int(self.rules.window_days * DAY)
        first, last = (traits.published - reach, ""), (traits.published + reach, "\uffff")
        count: Counter[str] = Counter()
        for key in keys:
            posting = self._postings.get(key)
            if posting is None:
                continue
            if not isinstance(posting, list):
                if first <= posting <= last:
                    count[posting[1]] += 1
                continue
            begin = bisect_left(posting, first)
            end = bisect_right(posting, last, begin)
            if end - begin > self.rules.postings:
                middle = bisect_left(posting, (traits.published, traits.article_id), begin, end)
                half = self.rules.postings // 2
                begin, end = max(begin, middle - half), min(end, middle + half)
            count.update([name for _, name in posting[begin:end]])
        if len(count) <= self.rules.compared:
            return list(count)
        most = nsmallest(self.rules.compared, count.items(), key=lambda pair: (-pair[1], pair[0]))
        return [name for name, _ in most]

    def remove(self, article_id: str) -> None:
        """Forget an article (a revision replaces it, an origin turns out a copy); its copies stay its own."""
        self._published.pop(article_id, None)
        if (origin := self._origin.pop(article_id, None)) is not None:
            self._copies[origin].discard(article_id)
            return
        self._unpost(article_id)
        others = self._links.pop(article_id, {})
        self._story.pop(article_id, None)
        for other in others:
            self._links[other].pop(article_id, None)
        self._moved.discard(article_id)
        self._moved.update(others)

    def _unpost(self, article_id: str) -> None:
        """Drop the keys of an article."""
        ready = self._ready.pop(article_id, None)
        traits = ready.traits if ready else None
        for key in index_keys(traits) if traits else ():
            posting = self._postings[key]
            if not isinstance(posting, list):
                del self._postings[key]
                continue
            posting.remove((traits.published, article_id))  # type: ignore[union-attr]
            if len(posting) == 1:
                self._postings[key] = posting[0]

    def _rank(self, article_id: str) -> tuple[int, str]:
        return self._published.get(article_id, 0), article_id

    def _settle(self) -> None:
        """Make the stories anew of everything that changed articles are linked to."""
        if not self._moved:
            return
        # What changes are the parts that there are now, and those that there were without what moved.
        before = Parts(self._links, self.rules.linkage, without=self._moved)
        changed = set(self._moved)
        for name in self._moved:
            for other in self._links[name]:
                if other not in changed:
                    changed |= before.of(other)
        self._moved.clear()
        for group in groups(changed, self._links, self._rank, self.rules.linkage):
            for name in group:
                self._story[name] = group[0]

    # -- answers ----------------------------------------------------------------------------------------

    def story_of(self, article_id: str) -> str:
        """The id of the story of an article that was added."""
        self._settle()
        origin = self._origin.get(article_id, article_id)
        return self._story.get(origin, origin)

    def stories(self) -> dict[str, str]:
        """article → story, of every article that is remembered."""
        return {name: self.story_of(name) for name in self._published}

    def join(self, article_id: str, maker: TraitMaker) -> Join:
        """Why an article is in its story."""
        story = self.story_of(article_id)
        if origin := self._origin.get(article_id):
            return Join(article_id, story, ("copy",), 0.0, origin)
        inside = [
            (strength, other)
            for other, strength in self._links.get(article_id, {}).items()
            if self._story.get(other) == story
        ]
        if not inside:
            return Join(article_id, story)
        # the first of the strongest
        strength, other = min(inside, key=lambda pair: (-pair[0], self._rank(pair[1])))
        because = reasons(self._ready[article_id].traits, self._ready[other].traits, maker)
        return Join(article_id, story, because, strength / 1000, other)


def reasons(new: Traits, old: Traits, maker: TraitMaker, most: int = 12) -> tuple[str, ...]:
    """What two articles share, in words, the most telling first."""
    common = sorted(set(new.keys) & set(old.keys), key=lambda key: (key & _MASK, key))
    words = sum(key & _MASK == Sort.WORD for key in common)
    told = dict.fromkeys(
        maker.told(key) for key in common if key & _MASK not in (Sort.WORD, Sort.HEAD, Sort.DIGIT)
    )
    return (*list(told)[:most], *([f"{words} words"] if words else []))


def partition(
    articles: Iterable[Traits],
    rules: StoryRules,
    origins: Mapping[str, str] | None = None,
    overrides: Sequence[Override] = (),
) -> dict[str, str]:
    """article → story, of a set of articles; *origins* says which are copies, and of which.

    >>> partition([], StoryRules(6, 0, 0, 0, (), Linkage(0, 0, 0.5, 10), 10, 10))
    {}
    """
    window = StoryWindow(rules)
    for traits in sorted(articles, key=lambda one: (one.published, one.article_id)):
        window.add(traits, (origins or {}).get(traits.article_id))
    return overridden(window.stories(), overrides, origins)


def overridden(
    stories: Mapping[str, str], overrides: Sequence[Override], origins: Mapping[str, str] | None = None
) -> dict[str, str]:
    """*stories* (article → story) as analysts want them, one word after the other, each seeing what the ones
    before made; ids that nobody knows are passed over.

    Where an article is split off, its copies (*origins*: copy → origin) go with it.
    """
    said = dict(stories)
    for override in overrides:
        ids = [one for one in override.article_ids if one in said]
        if len(ids) < 1:
            continue
        if override.kind == "split":
            along = [
                copy
                for copy, origin in (origins or {}).items()
                if origin in ids and said.get(copy) == said[origin]
            ]
            said.update(dict.fromkeys((*ids, *along), f"{min(ids)}*"))
        else:
            merged = {said[one] for one in ids}
            kept = min(merged)
            said = {name: kept if story in merged else story for name, story in said.items()}
    return said
