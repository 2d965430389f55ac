"""Who is credited, what else the page calls it, and by what it tells: text, video, pictures, a live blog."""

# ruff: noqa: E501 -- a row of a table is one page or string, kept on its line

from __future__ import annotations

import json
from dataclasses import replace
from datetime import UTC

import pytest

import config
from pipeline.extraction import agencies, extract
from pipeline.rules import Known, Rules
from store.records import Article, ArticleKind, Hint, OfficialAccount, Reason, Rejection
from tests.pipeline.extraction.pages import NOW, article, page
from tests.pipeline.extraction.pages import rules as plain_rules
from tests.pipeline.extraction.test_fields import TEXT, story

KNOWN = Known.of(config.load(environ={}))
FRENCH = "La direction générale a annoncé mardi que ses services ont interpellé deux personnes dans la ville de Fès."
ARABIC = (
    "أعلنت المديرية العامة اليوم الثلاثاء أن مصالحها أوقفت شخصين بمدينة فاس للاشتباه في تورطهما في القضية."
)


def rules(language: str = "fr") -> Rules:
    return replace(plain_rules(language), known=KNOWN)


def read(body: str, *, url: str = "https://outlet.example/news/a-story-of-the-day") -> Article:
    return article(extract(page(body, url=url), rules()))


def ld(**value: object) -> str:
    return f'<script type="application/ld+json">{json.dumps(value)}</script>'


# --- agencies and desks ---------------------------------------------------------------------------------

BYLINES = [
    ("المرصد - و م ع", ["map"]),
    ("Par LeJournal.example avec MAP", ["map"]),
    ("Le Quotidien avec AFP et Reuters", ["afp", "reuters"]),
    ("AGENCE FRANCE-PRESSE", ["afp"]),
    ("وكالة المغرب العربي للأنباء", ["map"]),
    ("The Associated Press", ["ap"]),
    ("Agencia EFE", ["efe"]),
    ("الأناضول", ["anadolu"]),
    ("Ana Ruiz", []),
    ("ومع ذلك ارتفعت أسعار الكراء", []),
    ("TAP HERE", []),
    ("MAP du site", []),
    ("AA Smith", []),
    ("Une map de la ville", []),
    ("APOLLO", []),
    ("سارة ومعاذ", []),
]


@pytest.mark.parametrize(("line", "expected"), BYLINES)
def test_agency_of_a_byline(line: str, expected: list[str]) -> None:
    assert list(agencies.find(KNOWN.agencies, [line], ())) == expected


PARAGRAPHS = [
    ("RABAT (MAP) – Deux personnes ont été interpellées", ["map"]),
    ("Rabat, 24 nov. (MAP)- Deux personnes ont été interpellées", ["map"]),
    ("الرباط / و م ع / أوقفت مصالح الأمن شخصين", ["map"]),
    ("طنجة – ومع: أوقفت مصالح الأمن شخصين", ["map"]),
    ("MADRID, 24 (EUROPA PRESS) - La policía detiene", ["europapress"]),
    ("PARIS (AFP/Reuters) — Deux personnes", ["afp", "reuters"]),
    ("WASHINGTON (AP) — Two people were held", ["ap"]),
    ("ومع ذلك فإن المصالح أوقفت شخصين", []),
    ("وقال المتحدث: ومع أن البحث جار، فإن المصالح", []),
    ("Deux personnes ont été interpellées, selon la MAP, dans la ville", []),
    ("Deux personnes ont été interpellées. Le parquet (AFP) a dit", []),
    ("الخبر كما جاء في بلاغ المديرية. (ومع)", ["map"]),
    ("Le parquet a été saisi. (AFP)", ["afp"]),
    ("Le parquet a été saisi – MAP", ["map"]),
    ("MAP", ["map"]),
    ("Deux personnes ont consulté la MAP", []),
]


@pytest.mark.parametrize(("paragraph", "expected"), PARAGRAPHS)
def test_agency_of_a_dateline_or_of_the_last_words(paragraph: str, expected: list[str]) -> None:
    assert list(agencies.find(KNOWN.agencies, [], (paragraph,))) == expected


SIGNED = [
    ("<p class=byline>Par Ana Ruiz avec AFP</p>", ("Ana Ruiz", "AFP"), ("AFP",), ("afp",)),
    ("<p class=byline>Par LeJournal.ma</p>", ("LeJournal.ma",), ("LeJournal.ma",), ()),
    ("<p class=byline>Ana Ruiz, Rédaction</p>", ("Ana Ruiz", "Rédaction"), ("Rédaction",), ()),
    ("<p class=byline>هيئة التحرير</p>", ("هيئة التحرير",), ("هيئة التحرير",), ()),
    ("<p class=byline>The Outlet - و م ع</p>", ("The Outlet",), ("The Outlet",), ("map",)),
    ("<p>MAP</p>", (), (), ("map",)),
    ("<figure><img src=/a.jpg><figcaption>AFP</figcaption></figure>", (), (), ()),
    ("<p class=legende>Photo : AFP</p>", (), (), ()),
]


@pytest.mark.parametrize(("below", "authors", "desks", "credited"), SIGNED)
def test_people_desks_and_agencies_stand_apart(
    below: str, authors: tuple[str, ...], desks: tuple[str, ...], credited: tuple[str, ...]
) -> None:
    got = read(story(below=below))
    assert (got.authors, got.desks, got.agencies) == (authors, desks, credited)


def test_no_agency_is_known_to_rules_that_know_none() -> None:
    got = article(extract(page(story(below="<p class=byline>Par Ana Ruiz avec AFP</p>")), plain_rules()))
    assert got.agencies == ()


# --- the other headline ---------------------------------------------------------------------------------

SHARED = [
    ("Deux arrestations au port", "Deux arrestations au port"),
    ("Deux interpellations au port de la ville", None),
    ("Deux interpellations au port de la ville | The Outlet", None),
    ("Deux interpellations au port de la ville - Actualités du Maroc et du monde", None),
    ("Société : Deux interpellations au port de la ville", None),
    ("Deux interpellations au port…", None),
    ("The Outlet", None),
]


@pytest.mark.parametrize(("shared", "kept"), SHARED)
def test_title_for_sharing_is_kept_where_it_says_otherwise(shared: str, kept: str | None) -> None:
    got = read(story(f'<meta property="og:title" content="{shared}">'))
    assert (got.title, got.alternative_title) == ("Deux interpellations au port de la ville", kept)


# --- official accounts ----------------------------------------------------------------------------------

POST = "https://twitter.com/DGSN_MAROC/status/1234567890123456789"
DGSN = OfficialAccount("dgsn", "x", "DGSN_MAROC", POST)
QUOTED = [
    (f'<blockquote class="twitter-tweet"><p>بلاغ</p><a href="{POST}?ref_src=tw">24 nov.</a></blockquote>', (DGSN,)),
    (f'<p>Le message <a href="{POST}">publié mardi</a> par la direction en dit davantage.</p>', (DGSN,)),
    (
        '<p>Le <a href="//x.com/dgsn_maroc">compte de la direction</a> en dit davantage ce mardi matin.</p>',
        (replace(DGSN, url="https://x.com/dgsn_maroc"),),
    ),
    (f'<iframe src="https://embed.example/post?url={POST.replace(":", "%3A").replace("/", "%2F")}&w=1"></iframe>', (DGSN,)),
    ('<p>Un <a href="https://x.com/quelqu_un/status/12345678">passant</a> a filmé la scène depuis sa fenêtre.</p>', ()),
    ('<p>Un <a href="https://x.com/DGSN_MAROC_fan/status/12345678">compte</a> en a parlé dans la matinée.</p>', ()),
    ('<p>Une <a href="https://facebook.com/DGSN_MAROC">page</a> du même nom, sur un autre réseau, existe.</p>', ()),
]  # fmt: skip


@pytest.mark.parametrize(("markup", "expected"), QUOTED)
def test_only_official_accounts_are_kept(markup: str, expected: tuple[OfficialAccount, ...]) -> None:
    got = read(story().replace("<p>Les deux", markup + "<p>Les deux"))
    assert got.official_accounts == expected
    assert "quelqu_un" not in repr(got)


def test_account_in_the_menu_is_not_quoted() -> None:
    menu = f'<nav class=menu><ul><li><a href="{POST}">Suivre la DGSN</a></li></ul></nav>' + "<p>x</p>" * 9
    assert read(story(above=menu)).official_accounts == ()


# --- language -------------------------------------------------------------------------------------------


def test_shares_of_a_text_in_two_languages() -> None:
    lines = [f"<p>{line} {n}.</p>" for n, line in enumerate([ARABIC] * 4 + [FRENCH] * 2)]
    body = f"<html lang=fr><body><article><h1>بلاغ المديرية العامة</h1><div class=article-body>{''.join(lines)}</div></article>"
    got = read(body)
    assert got.language == "ar"
    first, second = got.languages
    assert (first.language, second.language) == ("ar", "fr")
    assert first.share + second.share == pytest.approx(1, abs=0.01)
    assert 0.55 < first.share < 0.75


PERSIAN = "پلیس شهر روز سه‌شنبه اعلام کرد که در یک عملیات در بندر دو نفر را بازداشت کرده و مقداری کالای قاچاق را کشف کرده است"
DARIJA = "البوليس ديال المدينة شدو جوج ديال الناس فالميناء حيت كانو كيبيعو بزاف ديال السلعة اللي ماشي ديالهم وهادشي دابا كيقولو عليه"


@pytest.mark.parametrize(
    ("lines", "languages"),
    [
        ([PERSIAN] * 4 + [FRENCH] * 2, ["fa", "fr"]),
        ([DARIJA] * 4 + [FRENCH] * 2, ["ary", "fr"]),
        ([FRENCH, ARABIC] * 3, ["fr", "ar"]),
        ([ARABIC, FRENCH] * 3, ["ar", "fr"]),
    ],
)
def test_the_language_of_a_mixed_text_heads_its_shares(lines: list[str], languages: list[str]) -> None:
    text = "".join(f"<p>{line} {n}.</p>" for n, line in enumerate(lines))
    got = read(f"<article><h1>{lines[0][:40]}</h1><div class=article-body>{text}</div></article>")
    assert [one.language for one in got.languages] == languages
    assert got.language == languages[0]
    assert got.language_confidence is not None and got.language_confidence > 0.75


def test_a_text_in_one_language_has_no_shares_but_a_confidence() -> None:
    got = read(story())
    assert (got.language, got.languages) == ("fr", ())
    assert got.language_confidence is not None and got.language_confidence > 0.8


def test_a_sentence_in_another_language_does_not_make_a_text_mixed() -> None:
    lines = "".join(f"<p>{FRENCH} Le point numéro {n} du communiqué.</p>" for n in range(12))
    body = f"<article><h1>Le communiqué de mardi</h1><div class=article-body>{lines}<p>{ARABIC}</p></div></article>"
    assert read(body).languages == ()


def test_a_declared_language_has_no_confidence() -> None:
    body = "<html lang=fr><article><h1>OK DGSN 2026</h1><div class=article-body><p>DGSN 2026 MAP 24 11 OK.</p></div>"
    got = read(body)
    assert dict(got.origins)["language"] == "html" and got.language_confidence is None


# --- videos ---------------------------------------------------------------------------------------------

VIDEOS = [
    ('<figure class="media"><oembed url="https://www.youtube.com/watch?v=abc123"></oembed></figure>', "youtube", "https://www.youtube.com/watch?v=abc123"),
    ('<div class="wp-block-embed__wrapper">https://www.dailymotion.com/video/x9abc</div>', "dailymotion", "https://www.dailymotion.com/video/x9abc"),
    ('<lite-youtube videoid="abc123"></lite-youtube>', "youtube", "https://www.youtube.com/watch?v=abc123"),
    ('<div class="fb-video" data-href="https://www.facebook.com/some.one/videos/123456789/"></div>', "facebook", "https://www.facebook.com/watch/?v=123456789"),
    ('<iframe src="https://www.facebook.com/plugins/video.php?href=https%3A%2F%2Fwww.facebook.com%2Fsome.one%2Fvideos%2F123456789%2F&w=1"></iframe>', "facebook", "https://www.facebook.com/watch/?v=123456789"),
    ('<blockquote class="twitter-video"><a href="https://twitter.com/some_one/status/1234567890">24 nov.</a></blockquote>', "x", "https://x.com/i/status/1234567890"),
    ('<video><source src="/v/1.mp4" type="video/mp4"></video>', "html5", "https://outlet.example/v/1.mp4"),
]  # fmt: skip


@pytest.mark.parametrize(("markup", "kind", "url"), VIDEOS)
def test_videos_are_addressed_without_who_posted_them(markup: str, kind: str, url: str) -> None:
    got = read(story().replace("<p>Les deux", markup + "<p>Les deux"))
    assert [(video.kind, video.url) for video in got.videos] == [(kind, url)]
    assert "http" not in got.text


STORED = [
    '<blockquote class="tiktok-embed"><section><p>Une scène de la matinée au port de la ville, vue de loin.</p><p>♬ son original - some_one</p></section></blockquote>',
    '<meta property="og:video" content="https://www.tiktok.com/@some_one/video/1234567"><meta property="article:section" content="@some_one">',
    '<script type="application/ld+json">{"@type": "NewsArticle", "articleBody": "'
    + "Une scène de la matinée au port de la ville, vue de loin, et que tous racontent. " * 20
    + '\\nLe port. pic.twitter.com/abc — Une passante (@some_one) 24 novembre"}</script>',
    '<figure><oembed url="https://www.facebook.com/some_one/posts/pfbid02"></oembed></figure>',
    '<figure><oembed url="https://www.youtube.com/@some_one"></oembed></figure>',
    '<iframe src="https://www.tiktok.com/embed/@some_one"></iframe>',
    '<iframe src="https://www.instagram.com/some_one/reel/abc/embed"></iframe>',
    '<iframe src="https://t.me/some_one/123?embed=1"></iframe>',
    '<iframe src="https://www.youtube.com/watch?v=abc&ab_channel=some_one"></iframe>',
    '<iframe src="https://www.facebook.com/plugins/video.php?href=https%3A%2F%2Fwww.facebook.com%2Fx%2Fvideos%2F123456" title="Vidéo de some_one"></iframe>',
    '<blockquote class="instagram-media"><p>Une scène de la matinée au port de la ville, vue de loin.</p><p>A post shared by some_one on Feb 16</p></blockquote>',
    '<blockquote class="twitter-tweet"><p>Une scène de la matinée au port de la ville, vue de loin.</p>(@some_one.fes)</blockquote>',
]  # fmt: skip


@pytest.mark.parametrize("markup", STORED)
def test_no_way_in_stores_a_person_s_account(markup: str) -> None:
    assert "some_one" not in repr(read(story().replace("<p>Les deux", markup + "<p>Les deux")))


def test_enclosure_is_a_video_if_its_name_says_so() -> None:
    got = read(story('<link rel=enclosure href="/v/1.mp4"><link rel=enclosure href="/p/1.mp3">'))
    assert [(video.kind, video.url) for video in got.videos] == [
        ("enclosure", "https://outlet.example/v/1.mp4")
    ]


@pytest.mark.parametrize(
    "address", ["https://www.youtube.com/@some_one", "https://x.com/some_one", "https://vimeo.com/some_one"]
)
def test_address_of_a_person_s_page_is_no_video(address: str) -> None:
    got = read(story().replace("<p>Les deux", f"<p>{address}</p><p>Les deux"))
    assert got.videos == () and "some_one" not in repr(got)


def test_video_that_the_feed_encloses_is_the_article_s() -> None:
    hint = Hint(videos=("https://outlet.example/v/1.mp4",))
    got = article(extract(page(story(), hint=hint), rules()))
    assert [(video.kind, video.url) for video in got.videos] == [("enclosure", hint.videos[0])]


@pytest.mark.parametrize(
    "src",
    [
        "https://www.facebook.com/plugins/like.php?href=https%3A%2F%2Foutlet.example",
        "https://www.facebook.com/plugins/page.php?href=https%3A%2F%2Fwww.facebook.com%2Foutlet",
        "https://www.facebook.com/plugins/post.php?href=https%3A%2F%2Fwww.facebook.com%2Fsome.one%2Fposts%2F12345",
        "https://platform.twitter.com/widgets/tweet_button.html",
        "https://www.youtube.com/subscribe_embed?channel=some_one",
    ],
)
def test_frames_of_networks_that_play_nothing_are_no_videos(src: str) -> None:
    assert read(story().replace("<p>Les deux", f'<iframe src="{src}"></iframe><p>Les deux')).videos == ()


# --- kinds ----------------------------------------------------------------------------------------------

PLAYER = '<iframe src="https://www.youtube.com/embed/abc123"></iframe>'
RELATED = "<ul class=liste>" + "".join(
    f"<li><a href=/v/{n}>Une autre vidéo du même site, la numéro {n}</a></li>" for n in range(14)
) + "</ul>"  # fmt: skip
FIGURES = "".join(
    f"<figure><img src=/i/{n}.jpg width=800><figcaption>Le port de la ville, vue numéro {n}.</figcaption></figure>" for n in range(6)
)  # fmt: skip


def bare(head: str, inside: str, title: str = "En images : le port de la ville") -> str:
    return (
        f"<html lang=fr><head>{head}</head><body><main><h1>{title}</h1>{inside}</main>{RELATED}</body></html>"
    )


def test_page_of_a_video_is_kept_without_text() -> None:
    head = ld(
        **{
            "@type": "VideoObject",
            "name": "Le port vu du ciel",
            "contentUrl": "https://outlet.example/v/1.mp4",
        }
    )
    head += '<meta property="og:description" content="Trois minutes au-dessus du port.">'
    got = read(bare(head, PLAYER, "Le port vu du ciel"), url="https://outlet.example/videos/le-port")
    assert (got.kind, got.paragraphs, got.subtitle) == (
        ArticleKind.VIDEO,
        (),
        "Trois minutes au-dessus du port.",
    )
    assert [video.kind for video in got.videos] == ["youtube", "html5"]
    assert dict(got.origins)["subtitle"] == "meta"


def test_page_of_pictures_is_kept_with_their_captions() -> None:
    head = ld(**{"@type": "ImageGallery", "name": "En images : le port de la ville"})
    got = read(bare(head, FIGURES), url="https://outlet.example/galerie/le-port")
    assert (got.kind, got.paragraphs) == (ArticleKind.PHOTO, ())
    assert [image.caption for image in got.images] == [
        f"Le port de la ville, vue numéro {n}." for n in range(6)
    ]


def test_each_picture_of_a_row_keeps_its_own_caption() -> None:
    said = ["Le port.", "La plage, vue du phare.", "Au marché, une file d’attente jusqu’au soir."]
    row = "".join(
        f"<figure><img src=/i/{n}.jpg width=800><figcaption>{line}</figcaption></figure>"
        for n, line in enumerate(said)
    )
    head = ld(**{"@type": "ImageGallery", "name": "En images : le port de la ville"})
    got = read(bare(head, row), url="https://outlet.example/galerie/le-port")
    assert [image.caption for image in got.images] == said


def test_page_of_videos_without_one_of_its_own_is_a_listing() -> None:
    answer = extract(page(bare("", RELATED), url="https://outlet.example/videos"), rules())
    assert isinstance(answer, Rejection) and answer.reason is Reason.LISTING


def test_an_article_with_a_video_is_text() -> None:
    assert read(story().replace("<p>Les deux", PLAYER + "<p>Les deux")).kind is ArticleKind.TEXT


# --- live blogs -----------------------------------------------------------------------------------------


def live(
    labels: list[str],
    *,
    title: str = "En direct : la journée au port",
    published: str = "2026-11-22T08:00:00Z",
    modified: str = "",
) -> Article:
    changed = f'<meta property="article:modified_time" content="{modified}">' if modified else ""
    head = f'<meta property="article:published_time" content="{published}">{changed}'
    entries = "".join(
        f"<div class=entry>{label}<p>Le point numéro {n} de la journée, avec une phrase entière qui dure assez pour compter "
        "comme le texte de l'article.</p></div>"
        for n, label in enumerate(labels)
    )
    return read(story(head, title=title).replace("</div></article>", f"{entries}</div></article>"))


LIVE = [
    ("newest first", ["<p>10:30</p>", "<p>09h15</p>", "<p>8:45</p>"], "", ["22 10:30", "22 09:15", "22 08:45"]),
    ("oldest first", ["<p>22:10</p>", "<p>23:50</p>", "<p>00:20</p>"], "", ["22 22:10", "22 23:50", "23 00:20"]),
    (
        "past midnight, newest first",
        ["<p>00:20</p>", "<p>23:50</p>", "<p>22:10</p>"],
        "2026-11-23T00:25:00Z",
        ["23 00:20", "22 23:50", "22 22:10"],
    ),
    (
        "in Arabic",
        ["<p>على الساعة 10:30</p>", "<p>09:15 صباحا</p>", "<p>٠٨:٤٥</p>"],
        "",
        ["22 10:30", "22 09:15", "22 08:45"],
    ),
    (
        "as elements",
        [f"<time datetime={at}>{at[-5:]}</time>" for at in ("2026-11-22T10:30", "2026-11-22T09:15", "2026-11-21T23:45")],
        "",
        ["22 10:30", "22 09:15", "21 23:45"],
    ),
]  # fmt: skip


@pytest.mark.parametrize(("name", "labels", "modified", "expected"), LIVE, ids=[row[0] for row in LIVE])
def test_entries_of_a_live_blog_keep_their_times(
    name: str, labels: list[str], modified: str, expected: list[str]
) -> None:
    got = live(labels, modified=modified)
    assert got.kind is ArticleKind.LIVE
    assert [f"{one.at.at:%d %H:%M}" for one in got.entries] == expected
    for n, one in enumerate(got.entries):
        assert got.paragraphs[one.paragraph].startswith(f"Le point numéro {n}")
        assert one.at.at.tzinfo is UTC
    assert not any(line[:1].isdigit() for line in got.paragraphs), "times are no paragraphs"


def test_an_entry_is_not_later_than_the_fetch() -> None:
    labels = [
        f"<time datetime={at}>x</time>" for at in ("2027-11-22T10:30", "2026-11-22T09:15", "2026-11-22T08:45")
    ]
    later, *others = live(labels).entries
    assert (later.at.at, later.at.flags) == (NOW, ("future_clamped",))
    assert [one.at.flags for one in others] == [(), ()]


def test_times_in_a_text_that_is_no_live_blog_make_none() -> None:
    got = live(["<p>10:30</p>", "<p>09:15</p>", "<p>08:45</p>"], title="La journée au port")
    assert (got.kind, got.entries) == (ArticleKind.TEXT, ())


def test_a_live_page_before_its_first_entries_is_text_unless_it_says_so_to_machines() -> None:
    assert live(["<p>10:30</p>"]).kind is ArticleKind.TEXT
    head = ld(**{"@type": "LiveBlogPosting", "headline": "Deux interpellations au port de la ville"})
    assert read(story(head)).kind is ArticleKind.LIVE


def test_word_count_is_of_the_body() -> None:
    got = read(story())
    assert got.word_count == len(TEXT.replace("<p>", " ").replace("</p>", " ").split())
