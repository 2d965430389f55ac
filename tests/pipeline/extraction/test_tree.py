"""What the one walk makes of markup: boxes by their names, and parts too long for any parser."""

from __future__ import annotations

import time

import pytest

from pipeline.extraction import tree

LONG = 30_000


def walked(markup: str) -> tree.Page:
    return tree.walk(tree.parse(markup.encode())[0])


def why(attributes: str, tag: str = "div") -> str:
    """Why the box ``<tag attributes>`` is furniture; empty if it is none."""
    page = walked(f"<body><{tag} {attributes}><p>text</p></{tag}>")
    return next(page.blocks[0].node.ancestors()).furniture


@pytest.mark.parametrize(
    ("attributes", "word"),
    [
        ("class=footer", "footer"),
        ("class=FOOTER", "footer"),
        ("class='wrap NAV'", "nav"),
        ("id=SIDEBAR", "sidebar"),
        ("class=siteFooter", "footer"),
        ("class=c-RelatedPosts", "related"),
        ("class=TAGS-LIST", "tags"),
        ("role=navigation", "navigation"),
        ("class='main' data-testid=share-bar", "share"),
        ("class=AD", "ad"),
        ("class='has-sidebar post'", ""),
        ("class='article-body paywalls'", ""),
        ("class=the-footer-of-a-story-that-is-long", ""),
        ("class='" + "footer " * 60 + "'", ""),
        ("style='DISPLAY : none'", "hidden"),
        ("class=story hidden", "hidden"),
        ("aria-hidden=true", "hidden"),
        ("class=nav hidden", "nav"),
        ("data-title=footer", ""),
        ("", ""),
    ],
)
def test_a_box_is_furniture_by_its_names_in_any_letters(attributes: str, word: str) -> None:
    assert why(attributes) == word
    assert why(attributes) == word, "what is remembered of a name says the same"


def test_what_a_name_says_depends_on_the_tag_too() -> None:
    assert why("class=story", "nav") == "nav"
    assert why("class=story", "section") == ""


def test_links_and_bold_letters_are_counted_block_by_block() -> None:
    page = walked(
        "<p>un <a href=/x>lien</a> et <b>gras <i>ici</i></b></p><p>rien</p>"
        "<p><a href=/y>tout</a></p><p>a<span class=sr-only><a href=/z>non dit</a></span></p>"
    )
    assert [(b.text, b.links, b.strong) for b in page.blocks] == [
        ("un lien et gras ici", 4, 8),
        ("rien", 0, 0),
        ("tout", 4, 0),
        ("a", 0, 0),
    ]


def test_boxes_hold_the_blocks_between_their_tags() -> None:
    page = walked("<body>a<section>b<div>c</div>d</section>e</body>")
    spans = {node.tag: [b.text for b in page.blocks[node.start : node.end]] for node in page.nodes}
    assert spans["section"] == ["b", "c", "d"]
    assert spans["div"] == ["c"]
    assert spans["body"] == ["a", "b", "c", "d", "e"]


@pytest.mark.parametrize("size", [LONG - 10, LONG, LONG + 1, 3 * LONG])
@pytest.mark.parametrize(
    "part",
    [
        "<div data-state='{}'>dedans</div>",
        "<script>{}</script>",
        "<style>{}</style>",
        "<img src='data:image/gif;base64,{}'>",
        "<!-- {} -->",
        "{}",
    ],
)
def test_text_around_a_long_part_is_kept(part: str, size: int) -> None:
    page = walked(f"<p>avant</p>{part.format('x ' * (size // 2))}<p>après</p>")
    assert [page.blocks[0].text, page.blocks[-1].text] == ["avant", "après"]


def test_long_text_and_long_scripts_are_no_long_tags() -> None:
    text = "mot " * LONG
    assert len(walked(f"<p>{text}</p>").blocks[0].text) == len(text) - 1
    state = '{"@type": "NewsArticle", "articleBody": "' + "mot " * LONG + '"}'
    assert walked(f'<script type="application/ld+json">{state}</script><p>x</p>').json_ld == [state]


@pytest.mark.parametrize("end", [">", ""], ids=["closed", "cut off"])
def test_attributes_of_a_tag_too_long_to_be_one_go(end: str) -> None:
    markup = "<p>avant</p><div " + " ".join(f"a{i}=1" for i in range(60_000)) + end + "dedans"
    began = time.process_time()
    page = walked(markup)
    assert time.process_time() - began < 1.0
    assert page.blocks[0].text == "avant"
    assert len(page.blocks) == (2 if end else 1)


def test_attributes_just_short_enough_stay() -> None:
    value = "v" * (LONG - 100)
    assert len(walked(f"<article data-x='{value}' class=footer><p>x</p>").nodes) == 5
    assert why(f"data-x='{value}' class=footer") == "footer"
    assert why(f"data-x='{value * 2}' class=footer") == ""
