"""Faults 21, 24, 26 and 37–56 of ``docs/faults.md``: pages as they come, through archive and reader.

All pages are captured first (real bytes, with the headers they came with) and read by one reading process
with its children, as ``marsad crawl`` does; each row then says what became of its page.
"""

# ruff: noqa: E501 -- a row of a table is one page, kept on its line

from __future__ import annotations

import codecs
import json
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

import pytest

import config
from pipeline.reader import read_captured
from store.ledger import Ledger
from store.records import Access, Article, FetchedPage, Link, Moment, Reason, Via
from store.tables import links
from store.urls import url_key
from tests.pipeline.newsroom import OUTLET, capture, overlay

FETCHED = datetime(2026, 11, 20, 12, 0, tzinfo=UTC)
ARABIC_OUTLET = (
    OUTLET.replace("sabah", "masae").replace("{fr: Sabah}", "{ar: المساء}").replace("[fr]", "[ar]")
)
AR = "أعلنت المديرية العامة للأمن الوطني، اليوم، عن توقيف شخصين في إطار البحث الذي يجرى تحت إشراف النيابة العامة المختصة من أجل تحديد ما إذا كانت لهما صلة بالقضية التي شغلت سكان المدينة منذ أسبوع كامل، وفق بلاغ رسمي."
FR = "Les éléments de la police judiciaire de Fès ont interpellé lundi matin un homme de 34 ans soupçonné d'escroquerie, indique un communiqué de la préfecture, qui précise que plusieurs victimes se sont fait connaître à l’été « 2026 » : l'enquête continue."
AR_TITLE, FR_TITLE = "توقيف شخصين بفاس في قضية نصب", "Fès : un homme interpellé pour escroquerie"
UTF8 = "text/html; charset=utf-8"


def html(
    title: str = FR_TITLE,
    body: str = f"<p>{FR}</p><p>{FR}</p>",
    *,
    head: str = "<meta charset=utf-8>",
    date: str = "",
    lang: str = "fr",
) -> str:
    return (
        f"<!doctype html><html lang={lang}><head>{head}<title>{title}</title></head><body><header><a href=/>Accueil</a></header>"
        f"<main><article><h1>{title}</h1>{date}<div class=content>{body}</div></article></main></body></html>"
    )


def arabic(head: str = "") -> str:
    return html(AR_TITLE, f"<p>{AR}</p><p>{AR}</p>", head=head, lang="ar")


@dataclass(frozen=True)
class Row:
    body: bytes
    meets: Callable[[Article], bool] | Reason
    """What holds of the article, or why there is none."""
    kind: str | None = UTF8
    source: str = "sabah"
    final: str | None = None


def whole(title: str, text: str, *flags: str) -> Callable[[Article], bool]:
    """Title and text are there to the letter, no sign is lost, and the flags say what was done."""
    return lambda got: (
        got.title == title and got.paragraphs[0] == text and "�" not in got.text and {*flags} <= {*got.flags}
    )


ARABIC, FRENCH = whole(AR_TITLE, AR), whole(FR_TITLE, FR)


def text_of(got: Article) -> bool:
    return FR in got.text


def at(moment: Moment | None) -> str:
    return "none" if moment is None else f"{moment.at.astimezone(UTC):%Y-%m-%d %H:%M}"


def on(day: str, *flags: str) -> Callable[[Article], bool]:
    return lambda got: (
        got.published is not None and got.published.local_date == day and {*flags} <= {*got.published.flags}
    )


def instant(text: str) -> Callable[[Article], bool]:
    return lambda got: at(got.published) == text


def undated(got: Article) -> bool:
    return got.published is None


def dated(date: str, meets: Callable[[Article], bool], **more: str) -> Row:
    """An article that shows *date* under its headline."""
    return Row(html(date=f'<div class="date">{date}</div>', **more).encode(), meets)


def stamped(meta: str, meets: Callable[[Article], bool]) -> Row:
    return Row(html(head=f"<meta charset=utf-8>{meta}").encode(), meets)


def published(value: str) -> str:
    return f'<meta property="article:published_time" content="{value}">'


def twice(text: str, wrong: str) -> bytes:
    """UTF-8 read as *wrong* and written as UTF-8 once more."""
    return "".join(bytes([byte]).decode(wrong, "ignore") or chr(byte) for byte in text.encode()).encode()


def json_ld(text: str) -> str:
    return f'<script type="application/ld+json">{text}</script>'


COMMENT = "<li class=comment><p>Un lecteur parle longuement de tout autre chose que du sujet de cette page.</p></li>"
CARDS = "".join(
    f'<div class="item"><h3><a href="/news/story-{n}">Un titre assez long pour une manchette numéro {n}</a></h3></div>'
    for n in range(30)
)
XSS = "<script>alert(1)</script>"
PAGES: dict[str, Row] = {
    "21 redirect to the home page": Row(html("Sabah", CARDS).encode(), Reason.HOME, final="https://www.sabah.example/"),
    "24 soft 404": Row(html("Page introuvable", "<p>La page que vous cherchez n'existe plus ou a été déplacée.</p>").encode(), Reason.SOFT_404),
    "24 maintenance": Row(html("Site en maintenance", "<p>Nous revenons dans quelques minutes, merci de votre patience.</p>").encode(), Reason.SOFT_404),
    "24 login": Row(html("Connexion", "<form><input name=u><input type=password name=p></form><p>Saisissez votre adresse et votre mot de passe.</p>").encode(), Reason.LOGIN),
    "24 consent": Row(html("Votre vie privée", "<p>Nous et nos 843 partenaires utilisons des traceurs pour accéder à des informations sur votre appareil.</p><p>Vous pouvez accepter les cookies ou les refuser.</p>").encode(), Reason.CONSENT),
    "24 challenge": Row(html("Just a moment...", "<p>Verify you are human by completing the action below.</p><script>window._cf_chl_opt={}</script>").encode(), Reason.CHALLENGE),
    "26 paywall": Row(html(body=f"<p>{FR}</p><p>Cet article est réservé aux abonnés.</p>").encode(), lambda got: got.access is Access.PARTIAL and got.paragraphs == (FR,)),
    "37 windows-1256 labelled utf-8": Row(arabic().encode("cp1256"), whole(AR_TITLE, AR, "charset_guessed"), UTF8, "masae"),
    "37 windows-1256 without a label": Row(arabic().encode("cp1256"), ARABIC, None, "masae"),
    "37 x-cp1256": Row(arabic().encode("cp1256"), ARABIC, "text/html; charset=x-cp1256", "masae"),
    "38 ISO-8859-6 without a label": Row(arabic().encode("iso8859_6"), ARABIC, None, "masae"),
    "38 ISO-8859-6 labelled windows-1256": Row(arabic().encode("iso8859_6"), ARABIC, "text/html; charset=windows-1256", "masae"),
    "39 a BOM wins over header and meta": Row(codecs.BOM_UTF8 + arabic('<meta charset="windows-1256">').encode(), ARABIC, "text/html; charset=iso-8859-1", "masae"),
    "39 valid utf-8 wins over the header": Row(arabic().encode(), ARABIC, "text/html; charset=iso-8859-1", "masae"),
    "39 the header wins over meta": Row(html(head='<meta charset="iso-8859-6">').encode("cp1252"), FRENCH, "text/html; charset=windows-1252"),
    "39 meta alone": Row(arabic('<meta charset="windows-1256">').encode("cp1256"), ARABIC, "text/html", "masae"),
    "39 UTF-16 with a BOM": Row(codecs.BOM_UTF16_LE + arabic().encode("utf-16-le"), ARABIC, UTF8, "masae"),
    "39 UTF-16 without one": Row(html(head="").encode("utf-16-le"), FRENCH, None),
    "40 twice encoded as cp1252": Row(twice(html(), "cp1252"), whole(FR_TITLE, FR, "mojibake_repaired")),
    "40 twice encoded as cp1256": Row(twice(arabic(), "cp1256"), whole(AR_TITLE, AR, "mojibake_repaired"), UTF8, "masae"),
    "40 cp1252 labelled utf-8": Row(html(head="").encode("cp1252"), whole(FR_TITLE, FR, "charset_guessed")),
    "41 NUL and control characters": Row(html().encode().replace(b"police", b"po\0li\x07ce\x1b"), whole(FR_TITLE, FR, "control_characters_dropped")),
    "41 invalid UTF-8": Row(html().encode().replace(b"lundi", b"lun\xffdi"), lambda got: "lun�di" in got.text and "invalid_bytes_replaced" in got.flags),
    "42 100,000 nested boxes": Row(html(body="<div>" * 100_000 + f"<p>{FR}</p>").encode(), text_of),
    "42 an attribute of 5 MB": Row(html(body=f'<p title="{"a" * 5_000_000}">x</p><p>{FR}</p>').encode(), text_of),
    "42 tags never closed": Row(html(body="<p><b><i><table>" * 9_000 + f"<p>{FR}</p>").encode(), text_of),
    "42 20,000 links": Row(html(body='<a href="/x">lien</a>' * 20_000 + f"<p>{FR}</p>").encode(), text_of),
    "43 a PDF called HTML": Row(b"%PDF-1.7\n%\xe2\xe3\xcf\xd3\n1 0 obj", Reason.NOT_HTML),
    "43 a picture called HTML": Row(b"\x89PNG\r\n\x1a\n" + b"\0" * 99, Reason.NOT_HTML),
    "43 HTML called octet-stream": Row(html().encode(), FRENCH, "application/octet-stream"),
    "44 broken JSON-LD": Row(html(head="<meta charset=utf-8>" + json_ld('{"@type": "NewsArticle", "headline": "Un tit')).encode(), FRENCH),
    "44 comments longer than the text": Row(html(body=f"<p>{FR}</p></div><ol class=comments>{COMMENT * 60}</ol><div>").encode(), lambda got: FR in got.text and "Un lecteur" not in got.text),
    "44 mostly script": Row(html(body="<script>var x = 'une phrase en français dans un script';</script>" * 3_000 + f"<p>{FR}</p>").encode(), lambda got: FR in got.text and "var x" not in got.text),
    "45 script in title, text and JSON-LD": Row(html("Un titre &lt;script&gt;alert(1)&lt;/script&gt; du matin", f"<p>{FR} &lt;script&gt;alert(1)&lt;/script&gt;</p><p onclick=alert(1)>{FR}</p>", head="<meta charset=utf-8>" + json_ld(json.dumps({"@type": "NewsArticle", "author": {"name": "A"}}))).encode(), lambda got: XSS in got.text and "onclick" not in got.text),
    "47 a title that forges log lines": Row(html("Un titre\r\n{&quot;level&quot;: &quot;error&quot;} \x1b[31mrouge ../../etc/passwd ${7*7}").encode(), lambda got: got.title.isprintable() and "../../etc/passwd ${7*7}" in got.title),
    "48 bidi controls, zero-width, tatweel": Row(html(AR_TITLE, f"<p>{AR} الأمـــن الوَطَنِيّ \u200bهنا\u200d</p>", lang="ar").encode(), lambda got: "الأمـــن الوَطَنِيّ" in got.text and "\u202e" not in got.title, UTF8, "masae"),
    "49 emoji and astral characters": Row(html("Fès 🚓 : un 𝐡𝐨𝐦𝐦𝐞 interpellé", f"<p>{FR} 🇲🇦 👩🏽‍✈️ 𐍈</p>").encode(), lambda got: "🚓" in got.title and "𝐡𝐨𝐦𝐦𝐞" in got.title and "🇲🇦 👩🏽‍✈️ 𐍈" in got.text),
    "49 a title of 10,000 characters": Row(html("Un titre sans fin " * 600).encode(), lambda got: len(got.title) <= 1000 and "title_truncated" in got.flags),
    "49 no title anywhere": Row(html("").encode(), Reason.NO_TITLE),
    "49 an empty h1": Row(html().replace(f"<h1>{FR_TITLE}</h1>", "<h1></h1>").encode(), lambda got: got.title == FR_TITLE),
    "49 tags in the title": Row(html("Fès : un <b>homme</b> interpellé pour <i>escroquerie</i>").encode(), lambda got: "<" not in got.title and "homme" in got.title),
    "50 no date": Row(html().encode(), undated),
    "50 a date that is none": dated("31/02/2026", undated),
    "50 1970": stamped(published("1970-01-01T00:00:00Z"), undated),
    "50 year zero": stamped(published("0000-00-00 00:00:00"), undated),
    "51 tomorrow, and next year": stamped(published("2027-11-21T08:00:00Z"), lambda got: got.published is not None and got.published.at <= FETCHED + timedelta(hours=1) and "future_clamped" in got.published.flags),
    "52 no zone, before Morocco left UTC+1": stamped(published("2026-08-10T10:00:00"), instant("2026-08-10 09:00")),
    "52 no zone, after": stamped(published("2026-11-10T10:00:00"), instant("2026-11-10 10:00")),
    "53 a Moroccan month": dated("14 نونبر 2026", on("2026-11-14")),
    "53 a Levantine month": dated("14 تشرين الثاني 2026", on("2026-11-14")),
    "53 a Tunisian month": dated("14 جويلية 2026", on("2026-07-14")),
    "53 an Egyptian month, Eastern digits": dated("١٤ نوفمبر ٢٠٢٦", on("2026-11-14")),
    "54 Hijri alone": dated("4 جمادى الآخرة 1448", lambda got: got.published is not None and "hijri" in got.published.flags and abs((got.published.at - datetime(2026, 11, 14, 12, tzinfo=UTC)).days) <= 2),
    "54 Hijri beside Gregorian": dated("4 جمادى الآخرة 1448 الموافق 14 نونبر 2026", lambda got: got.published is not None and got.published.local_date == "2026-11-14" and "hijri" not in got.published.flags),
    "55 three hours ago": dated("منذ 3 ساعات", lambda got: at(got.published)[:13] == "2026-11-20 09" and got.published is not None and "relative" in got.published.flags),
    "55 yesterday": dated("hier à 18:30", lambda got: at(got.published) == "2026-11-19 18:30"),
    "56 day first": dated("05/11/2026", on("2026-11-05")),
    "56 a year of two digits": dated("05/11/26", on("2026-11-05")),
    "56 published wins over updated": stamped(published("2026-11-10T10:00:00Z") + '<meta property="article:modified_time" content="2026-11-18T10:00:00Z">', lambda got: at(got.published) == "2026-11-10 10:00" and at(got.modified) == "2026-11-18 10:00"),
}  # fmt: skip


@pytest.fixture(scope="module")
def ends(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Article | tuple[str, str | None]]:
    """How each page ended: its article, or (state, reason)."""
    folder = tmp_path_factory.mktemp("pages")
    home, configuration = folder / "home", overlay(folder)
    (configuration / "sources" / "masae.yml").write_text(ARABIC_OUTLET)
    pages: list[FetchedPage] = []
    for number, row in enumerate(PAGES.values()):
        url = f"https://www.{row.source}.example/news/{number}"
        headers = (("content-type", row.kind),) if row.kind is not None else ()
        link = Link(row.source, url, f"https://www.{row.source}.example/feed", Via.FEED)
        pages.append(FetchedPage(link, url, row.final or url, 200, headers, row.body, FETCHED))
    capture(home, *pages)
    counts = read_captured(config.load(configuration, home=home, environ={}), home)
    assert counts["quarantined"] == 0, counts
    found: dict[str, Article | tuple[str, str | None]] = {}
    with Ledger.open(home, create=False) as ledger, ledger._db.reading() as connection:
        rows = {row.key: row for row in connection.execute(links.select())}
        for name, page in zip(PAGES, pages, strict=True):
            row = rows[url_key(page.url)]
            stored = ledger.find(row.article_id) if row.article_id else None
            found[name] = stored.annotated.article if stored else (row.state, row.reason)
    return found


@pytest.mark.parametrize("name", PAGES)
def test_a_captured_page_ends_as_the_table_says(
    ends: dict[str, Article | tuple[str, str | None]], name: str
) -> None:
    meets, end = PAGES[name].meets, ends[name]
    if isinstance(meets, Reason):
        assert end == ("rejected", meets.value)
    else:
        assert isinstance(end, Article), end
        assert meets(end), end


def test_41_whatever_came_is_valid_text(ends: dict[str, Article | tuple[str, str | None]]) -> None:
    for name, end in ends.items():
        if isinstance(end, Article):
            text = f"{end.title}\n{end.text}"
            text.encode()
            assert not {*map(ord, text)} & {*range(9), *range(11, 32)}, name


def test_50_no_article_is_of_1970_or_of_the_future(
    ends: dict[str, Article | tuple[str, str | None]],
) -> None:
    moments = [end.published for end in ends.values() if isinstance(end, Article) and end.published]
    assert moments
    assert all(datetime(2000, 1, 1, tzinfo=UTC) < each.at <= FETCHED + timedelta(hours=1) for each in moments)
