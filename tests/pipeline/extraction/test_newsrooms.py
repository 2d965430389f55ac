"""Habits of newsrooms that hide or blur what an article says: one small page or line a row."""

# ruff: noqa: E501 -- a row of a table is one page or string, kept on its line

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from pipeline.extraction import dates, extract
from pipeline.extraction.authors import names_in
from store.records import Access, Article
from tests.pipeline.extraction.pages import NOW, article, page, rules
from tests.pipeline.extraction.test_fields import TEXT, story


def read(body: str, **more: str) -> Article:
    return article(extract(page(body, **more), rules()))


# --- text -----------------------------------------------------------------------------------------------

COMMENT = (
    "<p>Merci pour cet article, il était temps que quelqu'un en parle dans cette ville de bord de mer.</p>"
)


@pytest.mark.parametrize(
    "heading",
    ["Commentaires (2)", "Vos commentaires", "Comments", "Comentarios", "تعليقاتكم", "ردود القراء", "في نفس الركن", "Dans la même rubrique", "مواضيع مرتبطة", "اخترنا لكم :"],
)  # fmt: skip
@pytest.mark.parametrize("tag", ["h2", "p", "div"])
def test_nothing_after_the_end_is_the_text(heading: str, tag: str) -> None:
    got = read(story().replace("</div></article>", f"<{tag}>{heading}</{tag}>{COMMENT * 3}</div></article>"))
    assert got.paragraphs[-1].startswith("Les deux") and "Merci" not in got.text


def test_the_end_of_one_box_is_not_that_of_the_page() -> None:
    inset = f"<div class=inset><h3>Dans la même rubrique</h3>{COMMENT}</div>"
    got = read(story().replace("<p>Les deux", inset + "<p>Les deux"))
    assert got.paragraphs[-1].startswith("Les deux") and "Merci" not in got.text


def test_a_brief_is_found_above_longer_excerpts_of_others() -> None:
    cards = "".join(
        f"<div class=item><a href=/n/{n}>Un autre sujet du jour, le numéro {n}</a><span>2{n} novembre 2026</span><p>"
        + "Le début d'un autre article, avec des phrases entières qui se lisent comme un texte. " * 2
        + "</p></div>"
        for n in range(2)
    )
    body = f"<html lang=fr><body><div id=main><div class=show><h2>Un vol de motos élucidé au port</h2><div class=txt>La brigade a interpellé mardi soir un homme de 27 ans, soupçonné d'avoir volé des motos.</div></div><div class=box>{cards}</div></div>"
    body = body.replace(
        "<html lang=fr>", "<html lang=fr><title>The Outlet : Un vol de motos élucidé au port</title>"
    )
    got = read(body)
    assert got.title == "Un vol de motos élucidé au port"
    assert got.paragraphs == (
        "La brigade a interpellé mardi soir un homme de 27 ans, soupçonné d'avoir volé des motos.",
    )


SAID = "Un port calme et une enquête ouverte : la brigade cherche encore trois hommes depuis mardi soir."
ANCHOR = f'<meta property="og:description" content="{SAID}">'


def test_paragraphs_without_any_box_are_a_text() -> None:
    first, second = f"<p>{SAID * 2}</p>", f"<p>{SAID}</p>"
    assert (
        len(read(f"<html lang=fr><body><h1>La brigade cherche trois hommes</h1>{first}{second}").paragraphs)
        == 2
    )


@pytest.mark.parametrize("name", ["teaser", "subscription", "summary-promo"])
def test_text_in_a_box_named_as_furniture_is_found_by_the_words_of_the_description(name: str) -> None:
    body = f"<html lang=fr><head>{ANCHOR}</head><body><h1>La brigade cherche trois hommes</h1><div class={name}><p>{SAID}</p></div>{TEXT}"
    got = read(body)
    assert got.paragraphs[0] == SAID and len(got.paragraphs) == 3
    assert got.flags == ("second_reading",)


def test_a_second_reading_that_does_not_keep_the_words_leaves_no_trace() -> None:
    figure = f"<figure><img src=/i.jpg><figcaption>{SAID}</figcaption></figure><aside><p>Le port en bref, chaque soir à vingt heures.</p></aside>"
    first, again = read(story(below=figure)), read(story(ANCHOR, below=figure))
    assert again.flags == () and SAID not in again.text
    assert (again.paragraphs, again.images) == (first.paragraphs, first.images)


def test_description_of_another_article_below_a_long_text_changes_nothing() -> None:
    more = TEXT.replace("brigade", "patrouille").replace("hommes", "suspects")
    body = story(ANCHOR).replace("</div></article>", f"{more}<aside><p>{SAID}</p></aside></div></article>")
    got = read(body)
    assert SAID not in got.text and got.flags == ()


def test_a_row_of_figures_is_a_paragraph() -> None:
    table = "<table><tr><th>Ville</th><th>2025</th></tr><tr><td>Port</td><td>310 000</td></tr></table>"
    got = read(story().replace("<p>Les deux", table + "<p>Les deux"))
    assert got.paragraphs[1:3] == ("Ville 2025", "Port 310 000")


def test_lines_of_a_layout_table_stay_apart() -> None:
    lines = TEXT.replace("<p>", "").replace("</p>", "<br><br>")
    body = f"<table><tr><td>Menu</td><td><h1>Deux interpellations au port</h1>{lines}</td></tr></table>"
    assert len(read(body).paragraphs) == 2


def test_labels_around_the_headline_are_no_text() -> None:
    body = story(title="En direct : la journée").replace("<h1>", "<div>Direct</div><div>Société</div><h1>")
    got = read(body.replace("<div class=article-body>", "<div class=article-body><div>5 mises à jour</div>"))
    assert got.paragraphs[0].startswith("La brigade")


def test_words_of_a_post_are_kept_without_its_account() -> None:
    post = (
        '<blockquote class="twitter-tweet"><p>Une scène vue depuis ma fenêtre, je n\'en reviens toujours pas ce matin. '
        'pic.twitter.com/aBcD</p>&mdash; Quelqu\'un (@quelqu_un) <a href="https://twitter.com/quelqu_un/status/1">24 nov.</a></blockquote>'
    )
    got = read(story().replace("<p>Les deux", post + "<p>Les deux"))
    assert got.paragraphs[1] == "Une scène vue depuis ma fenêtre, je n'en reviens toujours pas ce matin."
    assert "@" not in got.text


def test_post_of_a_picture_alone_leaves_no_paragraph() -> None:
    post = '<blockquote class="twitter-tweet"><p>pic.twitter.com/aBcD</p></blockquote>'
    got = read(story().replace("<p>Les deux", post + "<p>Les deux"))
    assert len(got.paragraphs) == 2 and all(got.paragraphs)


def test_categories_in_the_menu_are_no_section() -> None:
    menu = (
        "<nav><ul>"
        + "".join(f'<li class="menu-item category">{name}' for name in ("Sport", "Port"))
        + "</ul></nav>"
    )
    assert read(story(above=menu)).section is None
    assert read(story(above=menu + '<div class="category">Société</div>')).section == "Société"


def test_caption_below_a_picture_in_the_box_of_the_text() -> None:
    lines = TEXT.replace("<p>", "").replace("</p>", "<br><br>")
    body = story().replace(TEXT, f"<img src=/i/1.jpg width=400><br><span>Vue du port</span><br><br>{lines}")
    got = read(body)
    assert [(one.url, one.caption) for one in got.images] == [
        ("https://outlet.example/i/1.jpg", "Vue du port")
    ]
    assert "Vue du port" not in got.text


def test_sizes_of_one_picture_are_one_picture() -> None:
    head = '<meta property="og:image" content="https://outlet.example/u/port.jpg">'
    got = read(
        story(head, below="<figure><img src=/u/port-900x600.jpg><figcaption>Le port</figcaption></figure>")
    )
    assert [(one.url, one.caption) for one in got.images] == [
        ("https://outlet.example/u/port.jpg", "Le port")
    ]


SAYING = "a permis l'interpellation de deux personnes"


@pytest.mark.parametrize(
    "quote",
    [
        f"<blockquote><p>{SAYING}</p><cite>La brigade</cite></blockquote>",
        f'<div class="pullquote"><p>« {SAYING} »</p></div>',
        f'<p class="exergue">{SAYING}</p>',
    ],
)
def test_quotation_lifted_out_of_the_text_is_not_said_twice(quote: str) -> None:
    got = read(story().replace("<p>Les deux", quote + "<p>Les deux"))
    assert len(got.paragraphs) == 2


def test_quotation_that_the_text_does_not_repeat_is_kept() -> None:
    quote = "<blockquote><p>Nous avons entendu des cris vers minuit, puis plus rien.</p></blockquote>"
    assert len(read(story().replace("<p>Les deux", quote + "<p>Les deux")).paragraphs) == 3


def test_table_in_a_figure_is_text() -> None:
    table = "<figure class=wp-block-table><table><tr><td>Port</td><td>310 000</td></tr></table></figure>"
    assert "Port 310 000" in read(story().replace("<p>Les deux", table + "<p>Les deux")).paragraphs


def test_marks_of_footnotes_and_kickers_are_no_words() -> None:
    body = story().replace("le communiqué.", "le communiqué.<sup><a href=#n1>1</a></sup>")
    got = read(body.replace("<p>La brigade", '<p><span class="article__kicker">Enquête</span>La brigade'))
    assert got.paragraphs[0].startswith("La brigade") and got.paragraphs[0].endswith("communiqué.")


def test_exponents_and_words_in_brackets_are_kept() -> None:
    line = "Le terrain de 500 m<sup>2</sup> a coûté 10<sup>9</sup> dirhams, et « nous allons [report] le fait » selon lui."
    got = read(story().replace("<p>Les deux", f"<p>{line}</p><p>Les deux"))
    assert got.paragraphs[1].startswith("Le terrain de 500 m2 a coûté 109 dirhams") and "[report]" in got.text


def test_sub_heading_of_reactions_ends_no_text() -> None:
    body = story().replace("<p>Les deux", "<h2>Réactions</h2><p>Les deux")
    assert len(read(body).paragraphs) == 3


@pytest.mark.parametrize(
    "line",
    [
        "Le prix du litre de gasoil a augmenté de 2 dirhams à Rabat, selon la fédération.",
        "Le groupe compte 1200 salariés dans la région, dit son directeur.",
        "نشرت المديرية بلاغا جاء فيه أن 12 شخصا أوقفوا في المدينة.",
    ],
)
def test_short_sentences_with_a_number_are_text(line: str) -> None:
    assert line in read(story().replace("<p>Les deux", f"<p>{line}</p><p>Les deux")).paragraphs


LABELS = [
    "TANGER, 24 nov. (AGENCE) -",
    "Par",
    "Envoyé spécial à Tanger",
    "Mardi 24 novembre 2026 - Lectures : 2044",
    "Suivez toute l'actualité du Quotidien sur Google News",
    "تابعوا موقع المرصد على واتساب",
    "Únete a nuestro canal de Telegram",
    "Image 1 of 5",
    "21 mins ago11:48 Ana Ruiz",
    "25/04/2026 Actualizado a las 15:10h.",
    "Plague warning: eight diseases named [INSIGHT] Black death fears [WARNING]|",
    "Follow The Outlet on Facebook, Twitter and Instagram.",
    "Bienvenue dans la section commentaires! Notre objectif est de créer un espace pour un discours réfléchi et productif, et nous vous invitons à en lire les règles avant de participer à la discussion ci-dessous, s'il vous plaît.",
    "If you buy something using links in our stories, we may earn a commission. This helps support our journalism.",
]


@pytest.mark.parametrize("label", LABELS)
def test_lines_that_say_nothing_of_the_matter_are_no_text(label: str) -> None:
    assert len(read(story().replace("<p>Les deux", f"<p>{label}</p><p>Les deux")).paragraphs) == 2


def test_text_with_its_paragraphs_goes_before_a_somewhat_longer_one_without() -> None:
    lines = [
        f"Le point numéro {n} du communiqué, avec une phrase entière qui dure assez pour compter."
        for n in range(6)
    ]
    stated = " ".join(
        [*lines, "Une phrase de plus que la page ne montre pas et qui la rend plus longue d'un peu."]
    )
    head = f'<script type="application/ld+json">{{"@type": "NewsArticle", "headline": "Le titre", "articleBody": "{stated}"}}</script>'
    body = f"<html lang=fr><head>{head}</head><body><article><h1>Le titre du jour</h1><div>{''.join(f'<p>{line}</p>' for line in lines)}</div>"
    assert read(body).paragraphs == tuple(lines)


def test_bold_line_is_the_headline_where_nothing_else_is() -> None:
    lines = TEXT.replace("<p>", "").replace("</p>", "<br><br>")
    body = f"<title>The Outlet</title><table><tr><td><b>Deux interpellations au port</b></td></tr><tr><td>{lines}</td></tr></table>"
    got = read(body)
    assert got.title == "Deux interpellations au port" and dict(got.origins)["title"] == "text"


def test_words_of_a_hidden_dialog_lock_no_text_that_says_it_is_free() -> None:
    head = '<script type="application/ld+json">{"@type": "NewsArticle", "headline": "Deux interpellations au port de la ville", "isAccessibleForFree": true}</script>'
    wall = "<div class=modal><p>Esta funcionalidad es sólo para suscriptores</p></div>"
    longer = TEXT + TEXT.replace("brigade", "patrouille").replace("hommes", "suspects")
    got = read(story(head).replace(TEXT, longer).replace("</div></article>", f"{wall}</div></article>"))
    assert got.access is Access.FULL


@pytest.mark.parametrize(
    ("head", "inside", "expected"),
    [
        ("/u/fb_default.png", "/u/port.jpg", ["/u/port.jpg"]),
        ("/a/1200/630/harbour.jpg", "/a/480/320/harbour.jpg.webp", ["/a/1200/630/harbour.jpg"]),
        ("/w1200-h630/port-sea.jpg", "/w640-h480/port-sea.jpg", ["/w1200-h630/port-sea.jpg"]),
        ("/a/1.jpg", "/b/1.jpg", ["/a/1.jpg", "/b/1.jpg"]),
    ],
)
def test_one_picture_is_one_whatever_its_size(head: str, inside: str, expected: list[str]) -> None:
    body = story(f'<meta property="og:image" content="{head}">', below=f"<figure><img src={inside}></figure>")
    assert [one.url.removeprefix("https://outlet.example") for one in read(body).images] == expected


def test_name_of_the_file_is_no_caption() -> None:
    got = read(story(below='<figure><img src=/i/port.jpg alt="JPEG - 88.4 ko"></figure>'))
    assert [one.caption for one in got.images] == [None]


# --- dates ----------------------------------------------------------------------------------------------

WRITTEN = [
    ("الأحد ٢٢ تشرين الثاني ٢٠٢٦ م - ١١ جمادى الآخرة ١٤٤٨ هـ | الساعة ١٨:٤٥", datetime(2026, 11, 22, 18, 45)),
    ("23 نونبر 2026 الساعة 19 و 20 دقيقة", datetime(2026, 11, 23, 19, 20)),
    ("23 نونبر 2026 الساعة 9 و 5 دقيقة", datetime(2026, 11, 23, 9, 5)),
    ("الجمعة 20 نونبر 2026 الموافق لـ 9 جمادى الآخرة 1448 على الساعة 10:30", datetime(2026, 11, 20, 10, 30)),
]


@pytest.mark.parametrize(("line", "expected"), WRITTEN)
def test_time_beside_a_written_date(line: str, expected: datetime) -> None:
    found = dates.written(line, now=NOW)
    assert [datetime.combine(one.day, one.clock) for one in found if one.clock] == [expected]


def test_stamp_of_the_server_gives_way_to_the_earlier_day_that_is_printed() -> None:
    head = f'<meta name="date" content="{NOW:%Y-%m-%d}">'
    got = read(story(head, below="<p>05/11/2026</p>"))
    assert got.published is not None and got.published.at == datetime(2026, 11, 5, tzinfo=UTC)


def test_stamp_of_today_stays_where_no_other_day_is_printed() -> None:
    got = read(story(f'<meta name="date" content="{NOW:%Y-%m-%d}">'))
    assert got.published is not None and got.published.local_date == f"{NOW:%Y-%m-%d}"


def test_newspaper_themes_call_the_day_of_publication_updated() -> None:
    got = read(
        story(
            below='<time class="entry-date updated td-module-date" datetime="2026-11-20T08:15:44+00:00">20/11/2026</time>'
        )
    )
    assert got.published is not None and got.published.at == datetime(2026, 11, 20, 8, 15, 44, tzinfo=UTC)


def test_stamp_of_the_template_gives_way_to_the_day_and_time_printed_years_later() -> None:
    head = '<meta property="article:published_time" content="2021-03-02T10:00:00Z">'
    got = read(story(head, below="<p>الأربعاء, 18 نونبر, 2026 إلى 15:47</p>"))
    assert got.published is not None and got.published.at == datetime(2026, 11, 18, 15, 47, tzinfo=UTC)


def test_printed_day_of_a_change_is_not_that_of_publication() -> None:
    head = (
        '<meta property="article:published_time" content="2026-03-02T10:00:00Z">'
        '<meta property="article:modified_time" content="2026-11-19T10:00:00Z"><meta name=dcterms.issued content="2026-11-19">'
    )
    got = read(story(head, below="<p>19/11/2026</p>"))
    assert got.published is not None and got.published.local_date == "2026-03-02"
    assert got.modified is not None and got.modified.local_date == "2026-11-19"


@pytest.mark.parametrize("label", ["Publish date", "Date de publication :", "تاريخ النشر"])
def test_date_in_a_box_of_facts_below_the_text(label: str) -> None:
    facts = f"<div class=facts><h4>{label}</h4><p>15 novembre 2026</p><h4>Auteur</h4><p>Ana</p></div>"
    got = read(story().replace("</article>", facts + "</article>"))
    assert got.published is not None and got.published.local_date == "2026-11-15"


def test_who_and_when_stand_in_the_article_s_own_footer() -> None:
    footer = (
        "<div class=post-footer>Publié par <span itemprop=author><span itemprop=name>Ana Ruiz</span></span> à "
        "<abbr itemprop=datePublished title='2026-11-06T12:14:00-08:00'>12:14</abbr></div>"
    )
    got = read(story().replace("</article>", footer + "</article>"))
    assert got.authors == ("Ana Ruiz",)
    assert got.published is not None and got.published.at == datetime(2026, 11, 6, 20, 14, tzinfo=UTC)


# --- names ----------------------------------------------------------------------------------------------

NAMES = [
    ("عدسة: منير العسري السبت 21 نونبر 2026 على الساعة 16:00", ("منير العسري",)),
    ("Ana Ruiz on July 5, 2026", ("Ana Ruiz",)),
    ("Par Ana Ruiz il y a 3 heures", ("Ana Ruiz",)),
    ("Ana Ruiz منذ 3 ساعات", ("Ana Ruiz",)),
    ("سناء المرابحي – دربنا//", ("سناء المرابحي", "دربنا")),
    ("مراسلة: عبد الصمد الزيتوني", ("عبد الصمد الزيتوني",)),
    ("Posted 3 days ago", ()),
]


@pytest.mark.parametrize(("line", "expected"), NAMES)
def test_name_without_what_stands_beside_it(line: str, expected: tuple[str, ...]) -> None:
    assert names_in([line]) == expected


def test_signature_that_begins_the_text_goes_before_the_account_of_the_system() -> None:
    head = '<meta name="author" content="outlet">'
    got = read(story(head).replace("<p>La brigade", "<p>سناء المرابحي – دربنا//</p><p>La brigade"))
    assert got.authors == ("سناء المرابحي", "دربنا") and got.paragraphs[0].startswith("La brigade")


def test_account_of_the_system_is_nobody() -> None:
    got = read(story('<meta name=author content="Super User">', below="<p>Par Ana Ruiz</p>"))
    assert got.authors == ("Ana Ruiz",)


@pytest.mark.parametrize("line", ["The Outlet : عبد الإله التادلي", "The Outlet / عبد الإله التادلي"])
def test_outlet_that_signs_beside_a_person(line: str) -> None:
    got = read(story(below=f"<div><b>{line}</b></div>"))
    assert (got.authors, got.desks) == (("The Outlet", "عبد الإله التادلي"), ("The Outlet",))


def test_line_below_the_text_says_where_it_is_from() -> None:
    got = read(story().replace("</article>", "<div class=src>المصدر: المدار + وكالة المدى</div></article>"))
    assert got.authors == ("المدار", "وكالة المدى")


# --- section and tags -----------------------------------------------------------------------------------

SECTIONS = [
    ('<div class="path"><a href="/">الرئيسية</a> &raquo; <a href="/4">أمن ومحاكم</a></div>', "أمن ومحاكم"),
    ('<nav class="breadcrumb"><ol><li><a href="/">Accueil</a></li><li><a href="/s">Société</a></li></ol></nav>', "Société"),
    ('<div class="rubrique"><a href="/s">Société</a></div>', "Société"),
    ('<ul class="cats"><li><a rel="category tag" href="/s">Société</a></li></ul>', "Société"),
    ('<nav class="menu"><ul><li><a href="/">Accueil</a></li><li><a href="/p">Politique</a></li></ul></nav>', None),
    ('<td><a href="/">Accueil</a> | <a href="/p">Politique</a> | <a href="/s">Sports</a></td>', None),
    ('<div class="rubrique">24 novembre 2026</div>', None),
    ('<div class="section">{{section.title}}</div>', None),
    ('<div class="section-top">Partager</div>', None),
    ('<div class="section">Accueil</div>', None),
]  # fmt: skip


@pytest.mark.parametrize(("above", "expected"), SECTIONS)
def test_section_as_printed(above: str, expected: str | None) -> None:
    assert read(story(above=above)).section == expected


TAGS = [
    ('<a rel=tag href=/t/1>Police</a> <a rel=tag href=/t/2>Port</a>', ("Police", "Port")),
    ('<a rel=tag href=/t/1>Police</a>', ("Brigade", "Son pays")),
    ('<a rel="category tag" href=/c/1>Société</a> <a rel="category tag" href=/c/2>Maroc</a>', ("Brigade", "Son pays")),
]  # fmt: skip


@pytest.mark.parametrize(("below", "expected"), TAGS)
def test_printed_tags_go_before_the_keywords_of_the_site(below: str, expected: tuple[str, ...]) -> None:
    body = story('<meta name=keywords content="Brigade, Son pays">')
    assert read(body.replace("</article>", f"<p>{below}</p></article>")).tags == expected


def test_keywords_of_which_the_article_says_nothing_are_the_site_s() -> None:
    assert read(story('<meta name=keywords content="actualité, infos, sport">')).tags == ()


@pytest.mark.parametrize(
    "box",
    ['<ul class="td-tags">{}</ul>', '<div class="field-name-field-tags"><div>{}</div></div>', '<div data-component="topic-list">{}</div>'],
)  # fmt: skip
def test_links_in_a_box_of_tags_are_tags(box: str) -> None:
    links = "<li><a href=/t/1>#Police</a></li><li><a href=/t/2>Port,</a></li>"
    assert read(story().replace("</article>", box.format(links) + "</article>")).tags == ("Police", "Port")


def test_class_of_the_whole_article_makes_no_tags_of_its_links() -> None:
    body = story().replace("<article>", "<article class='post tag-police'>")
    assert read(body.replace("deux personnes", "<a href=/x>deux personnes</a>")).tags == ()


# --- no list --------------------------------------------------------------------------------------------


def test_article_below_a_path_of_lists_is_one_if_it_bears_its_own_headline() -> None:
    links = "".join(f"<li><a href=/t/{n}>Un autre sujet du jour, le numéro {n}</a></li>" for n in range(20))
    head = '<title>Deux interpellations au port de la ville - Site</title><script type="application/ld+json">{"@type": "NewsArticle", "headline": "Deux interpellations au port de la ville"}</script>'
    got = read(story(head) + f"<ul>{links}</ul>", url="https://outlet.example/topics/faits-divers/deux/")
    assert got.title == "Deux interpellations au port de la ville"
