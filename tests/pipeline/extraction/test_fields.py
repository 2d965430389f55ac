"""Title, authors, date, language, media: one small page or string a row."""

# ruff: noqa: E501 -- a row of a table is one page or string, kept on its line

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from pipeline.extraction import extract
from pipeline.extraction.authors import names_in
from pipeline.extraction.language import Spoken, detect
from pipeline.extraction.text import clean
from pipeline.extraction.title import without_site
from store.records import Access, Hint, Precision
from tests.pipeline.extraction.pages import article, page, rules

TEXT = (
    "<p>La brigade de la ville a mené une opération qui a permis l'interpellation de deux personnes, "
    "selon le communiqué.</p>"
    "<p>Les deux hommes ont été placés en garde à vue à la disposition de l'enquête menée sous la "
    "supervision du parquet.</p>"
)


def story(
    head: str = "",
    *,
    title: str = "Deux interpellations au port de la ville",
    above: str = "",
    below: str = "",
    h1: bool = True,
) -> str:
    line = f"<h1>{title}</h1>" if h1 else ""
    return f"<!doctype html><html lang=fr><head><meta charset=utf-8>{head}</head><body>{above}<article>{line}{below}<div class=article-body>{TEXT}</div></article></body></html>"


# --- text -----------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "line",
    [
        "S'ABONNER : inscrivez-vous à nos newsletters",
        "Suivez l'actualité SUSCRÍBETE",
        "Le port de la ville (PHOTO: agence)",
        "Le port de la ville /GETTY IMAGES",
        "FILE - A harbour, seen from the sea in 2020.",
        "In this Dec. 12, 2020, file photo, made available by the harbour, two ships stand side by side.",
        "Photo d'archives du port de la ville.",
        "صورة أرشيفية لميناء المدينة.",
    ],
)
def test_furniture_within_the_text_goes_however_it_is_written(line: str) -> None:
    body = story().replace("<p>Les deux", f"<p>{line}</p><p>Les deux")
    assert line not in article(extract(page(body), rules())).text


def test_other_articles_below_the_one_with_the_headline_are_not_its_text() -> None:
    others = "".join(
        f"<article class=post><h2>Autre sujet {n}</h2><div class=article-body><p>Un autre texte du même site, numéro "
        f"{n}, avec une phrase entière qui se lit comme la première et qui dure assez pour compter.</p></div></article>"
        for n in range(6)
    )
    body = story().replace("<article>", "<div class=column><article class=post>", 1)
    body = body.replace("</article></body>", f"</article>{others}</div></body>")
    got = article(extract(page(body), rules()))
    assert "Les deux hommes" in got.text and "Un autre texte" not in got.text


def test_a_text_set_in_several_articles_stays_whole() -> None:
    body = (
        story()
        .replace("<article>", "<div><article>", 1)
        .replace(
            "</article></body>",
            "</article></div></body>",
        )
    )
    split = body.replace("<div class=article-body>", "</article><article class=article-body>").replace(
        "</div></article>", "</article>"
    )
    assert "Les deux hommes" in article(extract(page(split), rules())).text


def test_text_below_the_headline_wins_over_a_somewhat_longer_one_further_down() -> None:
    posts = "".join(
        f"<p class=post>Un {n} point suivi en direct, avec une phrase entière qui se lit comme la première et qui "
        "dure un peu plus qu'elle.</p>"
        for n in ("premier", "deuxième", "troisième")
    )
    body = story().replace("</article></body>", f"<div class=live>{posts}</div></article></body>")
    got = article(extract(page(body), rules()))
    assert got.text.startswith("La brigade de la ville") and "point suivi" not in got.text


@pytest.mark.parametrize(
    "hidden",
    [
        '<span class="visually-hidden">{}</span>',
        '<span style="border:0;clip:rect(0 0 0 0);height:1px;position:absolute">{}</span>',
        '<span style="display:none">{}</span>',
    ],
)
def test_words_for_screen_readers_are_not_read(hidden: str) -> None:
    link = f"<a href=/x>de deux personnes{hidden.format(', opens new tab')}</a>"
    got = article(extract(page(story().replace("de deux personnes", link)), rules()))
    assert "l'interpellation de deux personnes, selon" in got.text


@pytest.mark.parametrize("after", [0, 8])
def test_who_the_author_is_ends_the_text(after: int) -> None:
    bio = (
        "<p>Une Plume is an associate editor and opinion writer for The Outlet. "
        + "She grew up by the sea. " * 20
    )
    body = story().replace(
        "</div></article>", bio + "</p>" + "<ul><li>Tag</li></ul>" * after + "</div></article>"
    )
    assert "associate editor" not in article(extract(page(body), rules())).text


@pytest.mark.parametrize(
    "line",
    [
        "CET ARTICLE EST RÉSERVÉ AUX ABONNÉS",
        "Subscribe to continue",
        "Il vous reste 72% de cet article à lire",
    ],
)
def test_paywall_makes_it_partial_however_it_is_written(line: str) -> None:
    body = story().replace("</p></div>", f"</p><p>{line}</p></div>")
    assert article(extract(page(body), rules())).access is Access.PARTIAL


# --- title ----------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("title", "site", "expected"),
    [
        ("La police dément | Le Quotidien", {"le quotidien"}, "La police dément"),
        ("La police dément - Le Quotidien", {"le quotidien"}, "La police dément"),
        ("Le Quotidien : la police dément", {"le quotidien"}, "Le Quotidien : la police dément"),
        ("Le Quotidien - La police dément", {"le quotidien"}, "La police dément"),
        ("La police dément - Société - Le Quotidien", {"le quotidien"}, "La police dément - Société"),
        ("الأمن ينفي الخبر - هسبار", {"هسبار"}, "الأمن ينفي الخبر"),
        ("الأمن ينفي: «لا أساس له» | هسبار", {"هسبار"}, "الأمن ينفي: «لا أساس له»"),
        ("Garde à vue - le récit", {"le quotidien"}, "Garde à vue - le récit"),
        (
            "La police nationale dément le rumeur | LeQuotidien.example",
            {"lequotidien example"},
            "La police nationale dément le rumeur",
        ),
        ("Post-attentat : l'enquête", {"le quotidien"}, "Post-attentat : l'enquête"),
    ],
)
def test_title_without_site(title: str, site: set[str], expected: str) -> None:
    assert without_site(title, site) == expected


def test_headline_wins_over_the_title_for_search_engines() -> None:
    got = article(extract(page(story("<title>Interpellations port - The Outlet</title>")), rules()))
    assert (got.title, dict(got.origins)["title"]) == ("Deux interpellations au port de la ville", "h1")


def test_h1_of_the_site_is_no_title() -> None:
    body = story(
        '<title>Deux interpellations au port - The Outlet</title><meta property="og:title" content="Deux '
        'interpellations au port">',
        above="<h1>The Outlet</h1>",
        h1=False,
    )
    assert article(extract(page(body), rules())).title == "Deux interpellations au port"


@pytest.mark.parametrize(
    ("stated", "expected"),
    [
        ("Deux interpellations au port", "Deux interpellations au port"),
        ("Société | Deux interpellations au port", "Société | Deux interpellations au port"),
    ],
)
def test_section_before_the_headline_is_left_out_if_the_page_states_the_rest(
    stated: str, expected: str
) -> None:
    body = story(
        f'<meta property="og:title" content="{stated}">',
        title="<span>Société |</span> Deux interpellations au port",
    )
    assert article(extract(page(body), rules())).title == expected


def test_bidi_marks_and_double_escapes_leave_the_title() -> None:
    body = story(
        '<meta property="og:title" content="\u202bالأمن: &amp;quot;لا أساس&amp;quot;\u202c للخبر المتداول">',
        h1=False,
    )
    assert article(extract(page(body), rules("ar"))).title == 'الأمن: "لا أساس" للخبر المتداول'


def test_title_of_ten_thousand_characters_is_cut_and_flagged() -> None:
    body = story(h1=False, head="<title>" + "mot " * 2500 + "</title>")
    got = article(extract(page(body), rules()))
    assert len(got.title) <= 510
    assert "title_truncated" in got.flags


# --- authors --------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("lines", "names"),
    [
        (["By Ana Ruiz and Omar Alami"], ("Ana Ruiz", "Omar Alami")),
        (["Par Nadia Belhaj, Paul Cormier et Lina Or"], ("Nadia Belhaj", "Paul Cormier", "Lina Or")),
        (["Por Lucía Ortega y Juan Mora"], ("Lucía Ortega", "Juan Mora")),
        (["بقلم: سلمى الرياحي"], ("سلمى الرياحي",)),
        (["كتبت سلمى الرياحي"], ("سلمى الرياحي",)),
        (["Omar Alami (envoyé spécial)"], ("Omar Alami",)),
        (["Omar Alami, Staff Writer"], ("Omar Alami",)),
        (["Sarah Quill @squill sarah@gazette.example"], ("Sarah Quill",)),
        (["Par Nadia Belhaj | Publié le 24/11/2026"], ("Nadia Belhaj",)),
        (["SARAH QUILL"], ("Sarah Quill",)),
        (["Nadia Belhaj", "nadia belhaj"], ("Nadia Belhaj",)),
        (["admin"], ()),
        (["redaccion@vigia.example"], ()),
        (["https://outlet.example/auteur/x"], ()),
        (["24 novembre 2026"], ()),
        (["AFP"], ("AFP",)),
        (["Rédaction"], ("Rédaction",)),
        (["Jean-Pierre O'Neil"], ("Jean-Pierre O'Neil",)),
        (["Sarah Quill, PhD, and Omar Alami, CFP®"], ("Sarah Quill", "Omar Alami")),
        (["By Sarah Quill, in News, Business, Property"], ("Sarah Quill",)),
        (["Authored by"], ()),
        (["the leader in cloud solutions"], ()),
    ],
)
def test_names_of_a_byline(lines: list[str], names: tuple[str, ...]) -> None:
    assert names_in(lines) == names


def test_outlet_named_as_author_gives_way_to_the_signed_person() -> None:
    head = '<script type="application/ld+json">{"@type":"NewsArticle","headline":"x","author":{"@type":"Organization","name":"The Outlet"}}</script>'
    got = article(extract(page(story(head, below='<p class="byline">Par Nadia Belhaj</p>')), rules()))
    assert got.authors == ("Nadia Belhaj",)


def test_outlet_named_by_its_host_gives_way_too() -> None:
    body = story('<meta name="author" content="La Vigia">', below="<p class=byline>Por Lucía Ortega</p>")
    signed = article(extract(page(body, url="https://www.lavigia.example/una-historia"), rules("es")))
    assert signed.authors == ("Lucía Ortega",)
    alone = article(
        extract(
            page(
                story('<meta name="author" content="La Vigia">'),
                url="https://www.lavigia.example/una-historia",
            ),
            rules("es"),
        )
    )
    assert alone.authors == ("La Vigia",), "where nobody else signs, the outlet does"


def test_author_of_a_comment_is_none() -> None:
    body = (
        story()
        + '<div class="comments"><span class="author">Lecteur Anonyme</span><p>Un commentaire de lecteur assez long pour être lu.</p></div>'
    )
    assert article(extract(page(body), rules())).authors == ()


# --- date of publication --------------------------------------------------------------------------------

LD = '<script type="application/ld+json">{{"@type":"NewsArticle","headline":"t","datePublished":"{}"}}</script>'
DATED = [
    # name, page, local day, origin
    ("json-ld first", story(LD.format("2026-11-20T08:00:00Z") + '<meta name="date" content="2026-11-01">'), "2026-11-20", "json-ld"),
    ("meta", story('<meta property="article:published_time" content="2026-11-20T08:00:00Z">'), "2026-11-20", "meta"),
    ("time element", story(below='<time datetime="2026-11-20T08:00">vendredi</time>'), "2026-11-20", "time"),
    ("text under the headline", story(below="<p class=date>Publié le 20 novembre 2026 à 09h15</p>"), "2026-11-20", "text"),
    ("published before updated", story(below="<p>Publié le 20/11/2026 - Mis à jour le 22/11/2026</p>"), "2026-11-20", "text"),
    ("updated before published", story(below="<p>Mis à jour le 22/11/2026 - Publié le 20/11/2026</p>"), "2026-11-20", "text"),
    ("clock of the site", story(above='<header><div>mardi 24 novembre 2026</div></header>', below="<p>20 novembre 2026</p>"), "2026-11-20", "text"),
    ("broken json-ld", story('<script type="application/ld+json">{"@type":"NewsArticle", </script>', below="<p>20 novembre 2026</p>"), "2026-11-20", "text"),
    ("1970 is no date", story('<meta name="date" content="1970-01-01T00:00:00Z">', below="<p>20 novembre 2026</p>"), "2026-11-20", "text"),
    ("meta of a library", story('<meta name="DC:date" content="2026-11-20">'), "2026-11-20", "meta"),
    ("bare date in a menu under the headline", story(below='<ul class="nav meta"><li><a href="/time/2026-11-20">20 nov 2026 18:29</a></li><li><a href=/x>Société</a></li></ul>'), "2026-11-20", "text"),
    ("beside a linked signature", story(below="<div class=signature>par <a href=/a>Une Signature Assez Longue</a>, le 20 novembre 2026</div>"), "2026-11-20", "text"),
    ("box named as an update, printed as none", story(below="<div class=entry_update>20 novembre 2026, 11:59</div>"), "2026-11-20", "text"),
    ("a plain date before one named as an update", story(below="<div class=updated>22 novembre 2026</div><div class=day>20 novembre 2026</div>"), "2026-11-20", "text"),
    ("stamp in seconds", story('<meta name="pubdate" content="1763625600">'), "2025-11-20", "meta"),
]  # fmt: skip


@pytest.mark.parametrize(("name", "body", "day", "origin"), DATED, ids=[row[0] for row in DATED])
def test_date_of_publication(name: str, body: str, day: str, origin: str) -> None:
    got = article(extract(page(body), rules()))
    assert got.published is not None
    assert (got.published.local_date, got.published.origin) == (day, origin)


UNDATED = {
    "only the clock of the site": story(above="<header><div>mardi 24 novembre 2026</div></header>"),
    "only a related article": story()
    + '<aside class=related><a href=/x>Autre</a> <time datetime="2026-11-20">20 novembre</time></aside>',
    "only a comment": story()
    + "<div class=comments><p>Lecteur, le 20 novembre 2026 : un commentaire assez long pour être lu.</p></div>",
    "only the copyright": story() + "<footer>© 2019-2026 The Outlet</footer>",
    "only an update": story(below="<p>Mis à jour le 22/11/2026</p>"),
    "only a year in the URL": story(),
}


@pytest.mark.parametrize("name", UNDATED)
def test_no_date_rather_than_another_ones(name: str) -> None:
    url = (
        "https://outlet.example/2026/une-histoire-de-port"
        if "URL" in name
        else "https://outlet.example/une-histoire"
    )
    assert article(extract(page(UNDATED[name], url=url), rules())).published is None


def test_date_of_the_url_then_of_the_feed() -> None:
    got = article(extract(page(story(), url="https://outlet.example/2026/11/20/une-histoire"), rules()))
    assert got.published is not None
    assert (got.published.local_date, got.published.origin, got.published.precision) == (
        "2026-11-20",
        "url",
        Precision.DAY,
    )
    hint = Hint(published_at=datetime(2026, 11, 19, 23, 30, tzinfo=UTC))
    got = article(extract(page(story(), hint=hint), rules(timezone_name="Europe/Paris")))
    assert got.published is not None
    assert (got.published.local_date, got.published.origin) == ("2026-11-20", "hint")


@pytest.mark.parametrize(
    ("host", "printed", "day"),
    [
        ("outlet.example", "", "2026-11-21"),  # nothing is known: the day that the stamp states
        ("outlet.com.bo", "", "2026-11-20"),  # UTC-4
        ("outlet.example", "20 novembre 2026", "2026-11-20"),  # the page prints its own day
        ("outlet.com.bo", "21 novembre 2026", "2026-11-21"),  # whatever its domain says
    ],
)
def test_day_of_an_outlet_of_unknown_zone(host: str, printed: str, day: str) -> None:
    body = story(LD.format("2026-11-21T02:41:00Z"), below=f"<p class=date>{printed}</p>")
    got = article(extract(page(body, url=f"https://{host}/une-histoire"), rules(timezone_name="")))
    assert got.published is not None and got.published.local_date == day


def test_modified_stands_apart() -> None:
    head = '<script type="application/ld+json">{"@type":"NewsArticle","headline":"t","datePublished":"2026-11-20T08:00:00Z","dateModified":"2026-11-21T08:00:00Z"}</script>'
    got = article(extract(page(story(head)), rules()))
    assert got.published and got.modified
    assert (got.published.at.day, got.modified.at.day) == (20, 21)


# --- language -------------------------------------------------------------------------------------------

LANGUAGES = [
    ("أعلنت المديرية العامة عن توقيف شخصين في إطار البحث الذي تجريه المصالح المختصة.", "ar", ("fr",)),
    (
        "هادشي اللي وقع البارح ف المدينة ديالنا بزاف ديال الناس كانو كيقولو بلي البوليس غادي يجي، واخا "
        "هكاك حتى واحد ما عرف شنو كاين دابا.",
        "ary",
        ("ar",),
    ),
    (
        "أوديو فالواتساب كيقول باللي كاينة عصابة ديال خطافين الدراري الصغار كتدور فسلا فطوموبيل بيضا.",
        "ary",
        ("ar",),
    ),
    ("La direction dément formellement les informations relayées par certains sites.", "fr", ("ar",)),
    ("Las autoridades pidieron a los ciudadanos que no compartan informaciones.", "es", ("ar",)),
    ("Officers seized two tonnes of cannabis off the coast, a spokesman said on Friday.", "en", ("fr",)),
    (
        "پلیس تهران از دستگیری دو نفر در رابطه با این پرونده خبر داد و گفت که تحقیقات ادامه دارد.",
        "fa",
        ("ar",),
    ),
    ("پولیس نے دو افراد کو گرفتار کر لیا ہے اور تحقیقات جاری ہیں، ترجمان نے بتایا۔", "ur", ("ar",)),
    ("Communiqué", "fr", ("fr",)),
    ("DGSN", "ar", ("ar",)),
    ("12345", "und", ()),
    ("", "und", ()),
]


@pytest.mark.parametrize(("text", "expected", "outlet"), LANGUAGES)
def test_language(text: str, expected: str, outlet: tuple[str, ...]) -> None:
    assert detect(text, (), None, outlet).language == expected


def test_page_tag_counts_only_where_the_outlet_writes_that_language() -> None:
    assert detect("DGSN", (), "fr-FR", ("ar", "fr")) == Spoken("fr", "html")
    assert detect("DGSN", (), "en-US", ("ar", "fr")) == Spoken("ar", "source")


# --- media and text -------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("markup", "kind"),
    [
        ('<iframe src="https://www.youtube.com/embed/abc"></iframe>', "youtube"),
        (
            '<iframe src="//www.facebook.com/plugins/video.php?href=https%3A%2F%2Fwww.facebook.com%2Fx%2Fvideos%2F123456%2F"></iframe>',
            "facebook",
        ),
        ('<iframe data-src="https://www.dailymotion.com/embed/video/x1"></iframe>', "dailymotion"),
        ('<iframe src="https://player.vimeo.com/video/1"></iframe>', "vimeo"),
        ('<iframe src="https://tv.example/player/7"></iframe>', "iframe"),
        ('<video><source src="/v.mp4" type="video/mp4"></video>', "html5"),
    ],
)
def test_video_by_its_player(markup: str, kind: str) -> None:
    got = article(extract(page(story(below=markup)), rules()))
    assert [one.kind for one in got.videos] == [kind]


def test_share_buttons_and_trackers_are_no_media() -> None:
    markup = '<img src="/logo.png"><img src="https://t.example/pixel.gif" width=1 height=1><iframe src="https://www.facebook.com/plugins/like.php"></iframe>'
    got = article(extract(page(story(below=markup)), rules()))
    assert (got.images, got.videos) == ((), ())


@pytest.mark.parametrize(
    ("raw", "kept"),
    [
        ("  a\n\t b\u00a0c ", "a b c"),
        ("\u202bالأمن\u202c", "الأمن"),
        ("e\u0301t\u00e9", "été"),
        ("co\u00adopé\u200bration", "coopération"),
        ("نمی\u200cخواهم", "نمی\u200cخواهم"),
        ("🚔 police", "🚔 police"),
    ],
)
def test_display_text_is_clean(raw: str, kept: str) -> None:
    assert clean(raw) == kept


# --- canonical URL ---------------------------------------------------------------------------------------

CANONICAL = [
    ("", "https://a.example/x?p=7&utm_source=rss&utm_medium=feed", "https://a.example/x?p=7", "url"),
    (
        "<link rel=canonical href=/x/8>",
        "https://a.example/x/8?fbclid=1",
        "https://a.example/x/8",
        "canonical",
    ),
    ("<link rel=canonical href=/>", "https://a.example/x/9?utm_source=rss", "https://a.example/x/9", "url"),
    (
        "<link rel=canonical href=https://b.example/x/9>",
        "https://a.example/x/9",
        "https://a.example/x/9",
        "url",
    ),
]


@pytest.mark.parametrize(("head", "asked", "canonical", "origin"), CANONICAL)
def test_canonical_url_is_the_believed_one_or_the_asked_one_without_trackers(
    head: str, asked: str, canonical: str, origin: str
) -> None:
    got = article(extract(page(story(head), url=asked), rules()))
    assert (got.canonical_url, dict(got.origins)["canonical_url"]) == (canonical, origin)
    assert got.url == asked
