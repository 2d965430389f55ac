"""Whatever arrives ends in an answer, the same one each time, within a bounded time."""

# ruff: noqa: E501 -- a row of a table is one page or string, kept on its line

from __future__ import annotations

import time

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pipeline.extraction import extract
from pipeline.rules import Rules
from store.records import Article, Rejection
from tests.pipeline.extraction.pages import GOLD_NAMES, article, gold, page, rules

HEAD = "<html><head><title>Un titre de six mots bien sonnés</title></head><body><h1>Un titre de six mots bien sonnés</h1>"
TEXT = "<p>La brigade de la ville a mené une opération qui a permis l'interpellation de deux personnes, selon le communiqué.</p>"
HOSTILE = {
    "nested": "<div>" * 100_000 + TEXT,
    "nested and closed": "<div>" * 100_000 + TEXT + "</div>" * 100_000,
    "nested inline": "".join(f"<span class=c{i}>" for i in range(50_000)) + TEXT,
    "unclosed formatting": "".join(f"<font size={i}><p>x" for i in range(5_000)) + TEXT,
    "unclosed formatting first": "".join(f"<b id={i}>" for i in range(3_000)) + TEXT * 3_000,
    "unclosed tables": "<p><b><i><table>" * 20_000 + TEXT,
    "attribute of 5 MB": f'<p title="{"a" * 5_000_000}">x</p>' + TEXT,
    "50,000 attributes": "<p " + " ".join(f"a{i}=1" for i in range(50_000)) + ">" + TEXT,
    "50,000 attributes with brackets": "<p " + "<".join(f"a{i}=1 " for i in range(50_000)) + ">" + TEXT,
    "20,000 links": '<a href="/x">lien</a>' * 20_000 + TEXT,
    "unclosed attribute": TEXT + '<a href="' * 50_000,
    "unclosed comments": TEXT + "<!--" * 100_000,
    "line breaks": TEXT + "x<br>" * 200_000,
    "one word of 3 MB": TEXT + f"<p>{'A' * 3_000_000}</p>",
    "dates": TEXT + "<p>" + "24 nov. 2026 - " * 50_000,
    "times": TEXT + "<time datetime=2026-01-01>x</time>" * 30_000,
    "times in times": "<time>" * 1_400 + TEXT * 8_000 + "</time>" * 1_400,
    "bylines in bylines": "<span class=byline>" * 1_400 + TEXT * 8_000 + "</span>" * 1_400,
    "posts in posts": TEXT + "<blockquote class=twitter-video>" * 1_400 + TEXT * 8_000,
    "quotations": TEXT
    + "".join(
        f"<blockquote><p>Une phrase citée, la {i}, assez longue pour compter</p></blockquote>"
        for i in range(10_000)
    ),
    "cards": TEXT
    + "<div><a href=/x>Un autre sujet du jour</a><p>Le début d'un autre article, en phrases entières.</p></div>"
    * 10_000,
    "ends": TEXT + "<div><h2>Commentaires</h2><p>x</p></div>" * 15_000,
    "tags": TEXT + "<div class=tags><a href=/t rel=tag>mot</a></div>" * 15_000,
    "networks": TEXT + '<a href="https://x.com/DGSN_MAROC/status/1">x</a> ' * 20_000,
    "figures": TEXT
    + "<figure><img src=/a.jpg><figcaption>Vue</figcaption><table><tr><td>a</td></tr></table></figure>"
    * 10_000,
    "deep JSON": '<script type="application/ld+json">' + "[" * 100_000 + "</script>" + TEXT,
}


@pytest.mark.parametrize("name", HOSTILE)
def test_hostile_markup_ends_soon_and_keeps_the_text(name: str) -> None:
    body = HEAD + HOSTILE[name]
    seconds = []
    while not seconds or (seconds[-1] >= 2.0 and len(seconds) < 3):  # what shares the machine only slows
        start = time.process_time()
        got = extract(page(body), rules())
        seconds.append(time.process_time() - start)
    assert isinstance(got, Article), got
    assert any("La brigade de la ville" in paragraph for paragraph in got.paragraphs)
    assert min(seconds) < 2.0


@pytest.mark.parametrize("name", GOLD_NAMES)
def test_the_same_page_gives_the_same_article(name: str) -> None:
    captured, known, _ = gold(name)
    assert extract(captured, known) == extract(captured, known)


PIECES = st.sampled_from(
    ["<p>", "</p>", "<div class=article-body>", "</div>", "<h1>", "</h1>", "<br>", "<a href=//[>", "<time datetime=9999-99-99>", "<table>", "<b>", "</b>", "<svg>", "<!--", "-->", "<script type=application/ld+json>", "</script>", '{"@type":"NewsArticle","headline":[{}],"author":{"name":[1]},"datePublished":1e400}', "<meta property=og:title content=", '"', ">", "&#0;", "&#xD800;", "\u202e", "\x00", "24 نونبر 2026", "Lire aussi", "10:30", "\ud83d\ude94", "<base href='http://['>", "<img src='http://[' srcset=', ,'>", "<link rel=canonical href='//'>", "x" * 200]
)  # fmt: skip


@given(
    st.one_of(
        st.binary(max_size=400),
        st.lists(PIECES, max_size=60).map(lambda parts: "".join(parts).encode("utf-8", "surrogatepass")),
    )
)
@settings(max_examples=300, deadline=None)
def test_no_bytes_raise(body: bytes) -> None:
    got = extract(page(body), rules())
    assert isinstance(got, (Article, Rejection))
    assert extract(page(body), rules()) == got
    if isinstance(got, Article):
        got.text.encode()  # valid characters only
        assert got.title
        assert all(paragraph.strip() for paragraph in got.paragraphs)


def test_unknown_outlet_is_read_with_default_rules() -> None:
    captured, _, expected = gold("fr-paywall")
    assert article(extract(captured, Rules.default("fr"))).title == expected["title"]


@pytest.mark.parametrize(
    "piece",
    [
        '<meta property="og:video" content="https://www.facebook.com/plugins/video.php?href=http://[bad">',
        '<video src="https://www.facebook.com/plugins/video.php?href=javascript:alert(1)"></video>',
        '<meta property="article:published_time" content="\u00b9\u00b9\u00b9\u00b9\u00b9\u00b9\u00b9\u00b9\u00b9\u00b9">',
        '<img src=/a.jpg width="\u00b2">',
        f'<img src=/a.jpg width="{"9" * 5_000}">',
        f"<p>https://www.facebook.com{'/videos' * 30_000}</p>",
        "".join(f'<img src=/a{n}.jpg alt="{"!" * 20_000}">' for n in range(60)),
    ],
)
def test_odd_values_neither_raise_nor_take_long(piece: str) -> None:
    start = time.process_time()
    got = extract(page(HEAD + TEXT + piece + TEXT), rules())
    assert isinstance(got, Article) and "javascript" not in repr(got)
    assert time.process_time() - start < 2.0
