"""Whose word an article rests on, what it quotes, and what a denial denies."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from config.loader import Config
from pipeline.annotation.claims import ANSWERS, Claims
from pipeline.annotation.countries import OURS
from pipeline.annotation.quotations import quotations
from pipeline.annotation.reading import Reading, Sentence
from pipeline.annotation.speech import ASKED, GOING_ON, Listener, Speech, Utterance
from pipeline.annotation.words import pattern
from store.records import Attributed, Attribution, Evidence, Quotation, Relevant

_GATHERED = frozenset(["outlet", "bystander", "stranger"])
_CARRIED = 2
"""How many voices carry a story before an authority's only answers them."""
_TOLD = frozenset(["verb", "marker", "relay", "document"])
"""Triggers by which somebody tells news: a denial has cues of its own."""
OFFICIAL, SOURCE, OTHER, FOREIGN, OUTLET, NONE = (one.value for one in Attribution)


class Voices:
    """Reads voices by the rules of ``config/voices.yml``."""

    def __init__(self, config: Config) -> None:
        rules: Mapping[str, Any] = config.data("voices")
        self._listener = Listener(config)
        self._claims = Claims(rules["claims"])
        self._weights: Mapping[str, Any] = rules["weights"]
        self._genres = {
            genre: tuple(f" {pattern(name)} " for name in names) for genre, names in rules["genres"].items()
        }

    def listen(self, reading: Reading) -> Speech:
        """Who speaks in the article; whoever asks for more than one label listens once."""
        return self._listener.listen(reading)

    def attribution(self, reading: Reading, speech: Speech | None = None) -> Attributed:
        """Whose word the main fact rests on, with the sentence that says so."""
        speech = speech or self.listen(reading)
        tally = _Tally(self._weights)
        for one, answering in _in_turn(speech.utterances):
            tally.hear(one, self._weights["answering"] if answering else 1.0)
        self._read_signs(reading, speech, tally)
        self._read_genre(reading, tally)
        self._read_acts(reading, speech, tally)
        value, sentence = tally.winner()
        if value == OFFICIAL and reading.judgement.decision is Relevant.NONE:
            value = OUTLET  # a namesake that is no police at all
        if sentence is None:
            return Attributed(Attribution(value))
        return Attributed(Attribution(value), reading.evidence(value, sentence.begin, sentence.end))

    def is_told(self, reading: Reading, attributed: Attributed, speech: Speech | None = None) -> bool:
        """Whether whose word it is has spoken in the sentence that says so, and not only acted or denied."""
        return any(
            one.label == attributed.value.value
            and one.trigger.kind in _TOLD
            and reading.evidence(one.label, one.sentence.begin, one.sentence.end) == attributed.cue
            for one in (speech or self.listen(reading)).utterances
        )

    def quotations(self, reading: Reading, speech: Speech | None = None) -> tuple[Quotation, ...]:
        """What the article gives as somebody's words, in order."""
        return quotations(reading, speech or self.listen(reading))

    def claim(self, reading: Reading, kinds: frozenset[str], speech: Speech | None = None) -> Evidence | None:
        """In a denial or clarification, the clause that tells what is denied or put right."""
        if ANSWERS.isdisjoint(kinds):
            return None
        return self._claims.claim(reading, speech or self.listen(reading))

    def _read_signs(self, reading: Reading, speech: Speech, tally: _Tally) -> None:
        rumour = False
        for item in speech.items:
            if item.kind != "sign":
                continue
            if item.label == "opinion":
                tally.add(NONE, self._weights["essay"], speech.sentence_at(item.begin))
            elif item.label == "outlet":
                tally.add(OUTLET, self._weights["reporter"], speech.sentence_at(item.begin))
            elif not rumour:  # the more it is told of, the less it is believed
                tally.add(NONE, self._weights["rumour"], speech.sentence_at(item.begin))
                rumour = True
        for begin in _own_name(reading):
            tally.add(OUTLET, self._weights["own_name"], speech.sentence_at(begin))

    def _read_genre(self, reading: Reading, tally: _Tally) -> None:
        section = f" {pattern(reading.article.section or '')} "
        title = reading.words.line[:40]
        if any(name in section for name in self._genres["opinion"]) or title.startswith(
            self._genres["opinion"]
        ):
            tally.add(NONE, self._weights["opinion"], None)
        elif any(name in section for name in self._genres["feature"]):
            tally.add(OUTLET, self._weights["feature"], None)

    def _read_acts(self, reading: Reading, speech: Speech, tally: _Tally) -> None:
        """Where nobody is cited, the body that acts first is believed to have said so."""
        decision = reading.judgement.decision
        if decision is Relevant.HOMONYM:
            tally.add(FOREIGN, self._weights["homonym"], None)
        line = reading.words.line
        acts = self._listener.acts
        body = next((item for item in speech.items if item.kind == "body" and acts(line, item)), None)
        if body is not None and body.begin < reading.lead_end and _plausible(reading, body.label):
            sentence = speech.sentence_at(body.begin)
            silent = body.label == OFFICIAL and (reading.tells_of_silence or speech.is_silent(line, body))
            if reading.article.language == "ary" or body.label == OTHER or silent:
                tally.add(NONE, self._weights["act"], sentence)
            else:
                rumoured = any(item.label == "rumour" for item in speech.within(sentence.begin, body.begin))
                share = self._weights["rumoured"] if rumoured else 1.0
                tally.add(body.label, self._weights["act"] * share, sentence)
        if decision is Relevant.NONE:
            tally.add(OUTLET, self._weights["nothing"], None)


def _plausible(reading: Reading, label: str) -> bool:
    """Whether a body that an article names acts in it: where it is about no police, only one abroad may."""
    scene = reading.scene
    abroad = label == FOREIGN and scene.home != OURS and scene.country() != OURS
    return abroad or reading.judgement.decision is not Relevant.NONE


def _own_name(reading: Reading) -> Iterator[int]:
    """Where an outlet names itself in a text: somebody told it, it counted or saw.  An agency always does."""
    source = reading.source
    if source is None or source.scope == "agency":
        return
    line = reading.words.line
    for name in {pattern(name) for name in source.name.values()}:
        begin = line.find(f"{name} ", reading.words.reaches("text", 0)) if len(name) >= 4 else -1
        if begin > 0 and begin - line.rfind(" ", 0, begin) <= 3:
            yield line.rfind(" ", 0, begin) + 1


def _in_turn(utterances: Iterable[Utterance]) -> Iterator[tuple[Utterance, bool]]:
    """Each voice, and whether it is an authority's that is only heard after others' voices carried the story.

    That is how a report is built: people first, and further down what the police have to say to it.  A denial
    is never only that.
    """
    heard, led = 0, False
    for one in utterances:
        authority = one.label not in ASKED and one.label not in (OUTLET, NONE)
        led = led or (authority and heard < _CARRIED) or one.trigger.kind == "denial"
        yield one, authority and not led
        if one.label in _GATHERED and one.sentence.paragraph >= 0:
            heard += 1


class _Tally:
    """What speaks for each value: the heaviest voice, and a share of the others."""

    def __init__(self, weights: Mapping[str, Any]) -> None:
        self._weights = weights
        self._best: dict[str, float] = {}
        self._sum: dict[str, float] = {}
        self._sentence: dict[str, Sentence | None] = {}

    def hear(self, one: Utterance, share: float = 1.0) -> None:
        """Add the weight of *one*, of which only a *share* counts."""
        weights = self._weights
        if one.trigger.kind in GOING_ON:
            return  # one voice, one weight
        weight = (
            weights["triggers"][one.trigger.kind]
            if one.trigger.kind in weights["triggers"]
            else weights["titled"]
        )
        weight *= weights["speakers"][one.label]
        if one.trigger.kind == "relay" and one.sentence.field == "title":
            weight *= weights["titled_relay"]  # whence the whole text was copied
        if one.documented:
            weight *= weights["documented"]
        if one.inherited:
            weight *= weights["inherited"]
        if one.far:
            weight *= weights["far"]
        if one.embedded:
            weight *= weights["embedded"]
        if one.recalled:
            weight *= weights["recalled"]
        weight *= share
        self.add(OUTLET if one.label in ASKED else one.label, weight, one.sentence)

    def add(self, label: str, weight: float, sentence: Sentence | None) -> None:
        """*weight* for *label*, less the further down *sentence* stands."""
        if sentence is not None:
            places = self._weights["places"]
            weight *= places[min(sentence.paragraph + 1, len(places) - 1)]
        self._sum[label] = self._sum.get(label, 0.0) + weight
        if weight > self._best.get(label, 0.0):
            self._best[label] = weight
            self._sentence[label] = sentence

    def winner(self) -> tuple[str, Sentence | None]:
        share = self._weights["share"]
        total = {label: best + share * (self._sum[label] - best) for label, best in self._best.items()}
        if not total:
            return NONE, None
        label = max(total, key=lambda one: (total[one], one))
        return label, self._sentence[label]
