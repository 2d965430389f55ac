"""Copies: one text found again, whatever was done to it, and nothing else taken for one."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from config.model import Source
from pipeline.copies import CopyWindow, copies, copy_of
from pipeline.fingerprints import KEPT, Fingerprint, fingerprint, shared
from store.records import Annotated, Article, Moment, Precision, Relevance, Relevant

BEGIN = datetime(2026, 5, 4, 9, tzinfo=UTC)
LEAD = (
    "أوقفت مصالح الأمن بمدينة الناظور، مساء أمس السبت، رجلا يبلغ من العمر 38 سنة بحوزته آلات موسيقية مسروقة."
)
NEXT = "وأفاد بلاغ أن الآلات وعددها 14 كانت قد اختفت من معهد الموسيقى قبل ثلاثة أسابيع دون أن يلاحظ أحد ذلك."
LAST = "وقد أعيدت الآلات إلى المعهد صباح اليوم، فيما ينتظر أن يحال المعني بالأمر على أنظار العدالة يوم الغد."
ORIGIN = (LEAD, NEXT, LAST)
OWN = "توصل الموقع بهذا الخبر من مصادر متعددة وهذا ما يعرف عنه."


def outlet(name: str, *, role: str | None = None, agency: bool = False) -> Source:
    return Source(
        id=name,
        name={"ar": name},
        country="MA",
        languages=("ar",),
        scope="agency" if agency else "national",
        homepage=f"https://{name}.example/",
        timezone="UTC",
        role=role,
    )


def made(
    name: str,
    paragraphs: tuple[str, ...],
    *,
    hours: float = 0,
    title: str = "سرقة آلات موسيقية",
    language: str = "ar",
    source: Source | None = None,
) -> Fingerprint:
    at = BEGIN + timedelta(hours=hours)
    moment = Moment(at, Precision.MINUTE, "meta", at, at + timedelta(minutes=1), at.date().isoformat())
    url = f"https://{name}.example/1"
    article = Article(name, url, url, title, paragraphs, language, published=moment)
    return fingerprint(name, Annotated(article, Relevance(Relevant.IN)), source)


@pytest.mark.parametrize(
    ("paragraphs", "title", "how"),
    [
        (ORIGIN, "سرقة آلات موسيقية", "verbatim"),
        (ORIGIN, "آلات المعهد تعود إلى مكانها", "retitled"),
        ((LEAD, NEXT), "سرقة آلات موسيقية", "truncated"),
        ((OWN, *ORIGIN), "سرقة آلات موسيقية", "prefixed"),
        ((LEAD.replace("أوقفت", "اعتقلت"), NEXT, LAST), "سرقة آلات موسيقية", "lightly_edited"),
        ((LEAD, LAST), "سرقة آلات موسيقية", "lightly_edited"),
        # typography is no change: other quotes, no commas, a tatweel
        (
            (LEAD.replace("،", ""), NEXT.replace("بلاغ", "بـلاغ"), LAST),
            "سرقة آلات موسيقية",
            "verbatim",
        ),
    ],
)
def test_what_was_done_to_a_text(paragraphs: tuple[str, ...], title: str, how: str) -> None:
    found = copy_of(made("later", paragraphs, hours=2, title=title), [made("first", ORIGIN)])
    assert found is not None
    assert (found.origin, found.how) == ("first", how)


REPORT = (
    OWN,
    "في المعهد الذي زاره مراسلنا يتدرب كل مساء أربعون تلميذا على العود والكمان تحت إشراف أستاذين متطوعين.",
    "يقول المدير إن القاعة لم تعرف إصلاحا منذ بنائها وإن الآباء هم من اشترى أغلب ما فيها على مدى سنوات.",
    "وتحكي تلميذة أنها بكت حين وجدت الخزانة فارغة، وأن أستاذها وعدها بأن تعود آلتها قبل حفل نهاية السنة.",
)


@pytest.mark.parametrize(
    "new",
    [
        pytest.param(made("new", (LEAD, *REPORT), hours=2), id="a quotation in a report of one's own"),
        pytest.param(made("new", ORIGIN, hours=24 * 9), id="days later"),
        pytest.param(made("new", ORIGIN, hours=2, language="fr"), id="another language"),
        pytest.param(made("new", ORIGIN, hours=-2), id="it came first"),
        pytest.param(made("new", ("خبر عاجل",), hours=2), id="too short"),
        pytest.param(made("new", (), hours=2), id="empty"),
    ],
)  # fmt: skip
def test_no_copy(new: Fingerprint) -> None:
    assert copy_of(new, [made("first", ORIGIN)]) is None


def bulletin(dead: int, injured: int, fines: int, seized: int) -> tuple[str, ...]:
    return (
        f"لقي {dead} شخصا مصرعهم وأصيب {injured} آخرون بجروح في حوادث السير المسجلة داخل المناطق الحضرية.",
        f"وفي ما يخص عمليات المراقبة تم تسجيل {fines} مخالفة وسحب {seized} وثيقة من أصحابها خلال هذه المدة.",
    )


def test_a_bulletin_with_other_numbers_is_no_copy() -> None:
    before = made("before", bulletin(17, 2044, 41987, 6120))
    assert copy_of(made("new", bulletin(23, 2310, 39105, 7011), hours=30), [before]) is None
    assert copy_of(made("new", bulletin(17, 2044, 41987, 6120), hours=30), [before]) is not None


def test_the_earliest_is_the_origin_and_the_order_does_not_matter() -> None:
    prints = [made(name, ORIGIN, hours=hours) for name, hours in (("c", 3), ("a", 0), ("b", 1))]
    for order in (prints, prints[::-1]):
        assert {name: one.origin for name, one in copies(order).items()} == {"b": "a", "c": "a"}


def test_an_agency_is_the_origin_although_its_clock_is_late() -> None:
    wire = made("wire", ORIGIN, hours=1, source=outlet("wire", agency=True))
    paper = made("paper", ORIGIN, hours=0)
    assert {name: one.origin for name, one in copies([wire, paper]).items()} == {"paper": "wire"}


def test_an_aggregator_is_never_the_origin() -> None:
    barq = made("barq", ORIGIN, hours=0, source=outlet("barq", role="aggregator"))
    paper, other = made("paper", ORIGIN, hours=1), made("other", ORIGIN, hours=2)
    found = {name: one.origin for name, one in copies([barq, other, paper]).items()}
    assert found == {"barq": "paper", "other": "paper"}


def test_the_share_by_sentence() -> None:
    found = copy_of(made("new", (OWN, *ORIGIN), hours=1), [made("first", ORIGIN)])
    assert found is not None
    own, whole = len(OWN.split()), len(" ".join((OWN, *ORIGIN)).split())
    assert found.verbatim == pytest.approx(1 - own / whole, abs=0.01)


def test_a_fingerprint_goes_through_json() -> None:
    one = made("one", ORIGIN)
    assert Fingerprint.of(json.loads(json.dumps(one.as_dict()))) == one


def test_a_long_text_is_compared_by_a_sample() -> None:
    words = [f"كلمة{chr(1576 + i % 20)}{chr(1576 + i // 20 % 20)}{chr(1576 + i // 400)}" for i in range(5000)]
    whole, half = made("a", (" ".join(words),)), made("b", (" ".join(words[:2500]),))
    assert max(len(whole.shingles), len(half.shingles)) <= KEPT
    ours, theirs = shared(half, whole)
    assert ours > 0.97
    assert 0.35 < theirs < 0.65


def test_the_window_forgets() -> None:
    window = CopyWindow()
    window.add(made("first", ORIGIN))
    later = made("later", ORIGIN, hours=2)
    assert window.copy_of(later) is not None
    window.add(made("copy", ORIGIN, hours=1))
    for name in ("first", "copy"):
        window.remove(name)
    assert window.copy_of(later) is None
    assert not window._postings


@settings(max_examples=60, deadline=None)
@given(st.lists(st.text(max_size=60), max_size=4), st.lists(st.text(max_size=60), max_size=4))
def test_any_text(one: list[str], other: list[str]) -> None:
    first, second = made("a", tuple(one)), made("b", tuple(other), hours=1)
    found = copies([first, second])
    assert set(found) <= {"b"}
    for copy in found.values():
        assert 0 <= copy.verbatim <= 1
        assert 0 <= copy.overlap <= 1
