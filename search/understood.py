"""What was understood of an article, with the keys of the contract (``docs/output.md``)."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from store.records import Annotated, Evidence, Ties


def understood(annotated: Annotated) -> dict[str, Any]:
    """The labels of an article beyond relevance and institutions, each with the words that say so."""
    attribution = annotated.attribution
    return {
        "kinds": [{"id": kind.id, "cues": [_cue(cue) for cue in kind.cues]} for kind in annotated.kinds],
        "attribution": attribution
        and {
            "value": str(attribution.value),
            "cue": _cue(attribution.cue) if attribution.cue else None,
        },
        "unit": annotated.unit,
        "places": list(annotated.places),
        "other_places": list(annotated.other_places),
        "foreign_places": list(annotated.foreign_places),
        "partners": [{"id": one.id or None, "name": one.name} for one in annotated.partners],
        "figures": [
            {
                "what": one.what,
                "value": int(one.value) if one.value == int(one.value) else one.value,
                "text": one.words,
                "field": one.field,
                "start": one.start,
                "end": one.end,
                "recalled": one.recalled,
                "period": list(one.period) if one.period else None,
            }
            for one in annotated.figures
        ],
        "quotes": [
            {
                "speaker": one.speaker or None,
                "verb": one.verb,
                "text": one.words,
                "direct": one.direct,
                "field": one.field,
                "start": one.start,
                "end": one.end,
            }
            for one in annotated.quotations
        ],
        "claim": _cue(annotated.claim) if annotated.claim else None,
        "hearsay": [{"sort": cue.label, **_cue(cue)} for cue in annotated.hearsay],
    }


def tied(ties: Ties | None) -> dict[str, Any]:
    """What an article is to others; ``null`` until that was worked out."""
    return {
        "story_id": ties and ties.story_id,
        "copy_of": ties and ties.copy_of,
        "copy_share": ties and ties.copy_share,
        "relation": ties and {"type": ties.relation, "of": ties.relation_of},
        "voice": ties and str(ties.voice),
    }


def _cue(cue: Evidence) -> dict[str, Any]:
    return {"text": cue.words, "field": cue.field, "start": cue.start, "end": cue.end}
