"""Feeds: what well-formed ones say, and what is saved of broken ones."""

from __future__ import annotations

import json
import resource
import time
from datetime import UTC, datetime

import pytest

from tests.crawlers.discovery.outlet import FEED, HOME, codes, look, page, rss, urls

A = page("2026/11/24/amn-tanja-1001.html")
B = page("2026/11/24/amn-fas-1002.html")


def item(url: str = A, **fields: str) -> str:
    return f"<link>{url}</link>" + "".join(f"<{name}>{value}</{name}>" for name, value in fields.items())


ATOM = '<feed xmlns="http://www.w3.org/2005/Atom">{}</feed>'
RDF = (
    '<rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#" xmlns="http://purl.org/rss/1.0/" '
    'xmlns:dc="http://purl.org/dc/elements/1.1/"><channel><title>t</title></channel>{}</rdf:RDF>'
)

# name, body, addresses expected in order
FORMS = [
    ("rss 2.0", rss(item(A), item(B)), [A, B]),
    (
        "rss 0.91 without namespace",
        f'<rss version="0.91"><channel><item>{item()}</item></channel></rss>',
        [A],
    ),
    ("rss 0.90 without channel", f"<rss><item>{item()}</item></rss>", [A]),
    ("rdf", RDF.format(f'<item rdf:about="{A}"><title>x</title><link>{A}</link></item>'), [A]),
    ("rdf by rdf:about alone", RDF.format(f'<item rdf:about="{A}"><title>x</title></item>'), [A]),
    (
        "atom",
        ATOM.format(f'<entry><link href="{A}"/></entry><entry><link rel="alternate" href="{B}"/></entry>'),
        [A, B],
    ),
    (
        "atom: the page before its other forms",
        ATOM.format(
            f'<entry><link rel="self" href="{page("x.atom")}"/>'
            f'<link rel="alternate" type="application/json" href="{page("x.json")}"/>'
            f'<link rel="alternate" type="text/html" href="{A}"/>'
            f'<link rel="enclosure" href="{page("x.mp3")}"/></entry>'
        ),
        [A],
    ),
    ("atom by id alone", ATOM.format(f"<entry><id>{A}</id></entry>"), [A]),
    (
        "atom with prefix",
        f'<a:feed xmlns:a="http://www.w3.org/2005/Atom"><a:entry><a:link href="{A}"/></a:entry></a:feed>',
        [A],
    ),
    (
        "json feed",
        json.dumps({"version": "https://jsonfeed.org/version/1.1", "items": [{"url": A}, {"id": B}]}),
        [A, B],
    ),
    ("json feed with BOM", "\ufeff" + json.dumps({"items": [{"url": A}]}), [A]),
    (
        "atom:link in rss",
        rss(f'<a:link xmlns:a="http://www.w3.org/2005/Atom" href="{A}"/><title>t</title>'),
        [A],
    ),
    ("no link, guid is one", rss(f'<title>t</title><guid isPermaLink="true">{A}</guid>'), [A]),
    ("no link, guid that does not say", rss(f"<title>t</title><guid>{A}</guid>"), [A]),
    ("no link, guid says it is none", rss(f'<title>t</title><guid isPermaLink="false">{A}</guid>'), []),
    ("guid is no address", rss("<title>t</title><guid>tag:1001</guid>"), []),
    (
        "feedburner",
        rss(
            "<link>https://feedproxy.google.com/~r/annahar/~3/xyz/</link>"
            f'<f:origLink xmlns:f="http://rssnamespace.org/feedburner/ext/1.0">{A}</f:origLink>'
        ),
        [A],
    ),
    (
        "tracker link, guid is the page",
        rss(f"<link>https://feedproxy.google.com/~r/x/1</link><guid>{A}</guid>"),
        [A],
    ),
    (
        "redirector carrying the page",
        rss(item(f"https://www.google.com/url?rct=j&amp;url={A}&amp;ct=ga")),
        [A],
    ),
    ("relative link", rss(item("/2026/11/24/amn-tanja-1001.html")), [A]),
    (
        "relative to xml:base",
        ATOM.format(f'<entry xml:base="{page("2026/11/24/")}"><link href="amn-tanja-1001.html"/></entry>'),
        [A],
    ),
    ("link in CDATA, ampersand", rss(f"<link><![CDATA[ {A}?a=1&b=2 ]]></link>"), [A + "?a=1&b=2"]),
    ("link with escaped ampersand", rss(item(A + "?a=1&amp;b=2")), [A + "?a=1&b=2"]),
    ("link broken over lines", rss(f"<link>\n   {A[:40]}\n{A[40:]}\n</link>"), [A]),
    ("link as an HTML serialiser writes it", rss(f"<title>t</title><link/>{A}<guid>1</guid>"), [A]),
    ("fragment", rss(item(A + "#comments")), [A]),
    (
        "subdomain and second domain",
        rss(item("https://sport.annahar-demo.example/a-1234"), item("http://www.annahar-press.example/b")),
        ["https://sport.annahar-demo.example/a-1234", "http://www.annahar-press.example/b"],
    ),
    ("arabic path raw", rss(item(page("أمن/ولاية-أمن-طنجة"))), [page("أمن/ولاية-أمن-طنجة")]),
    ("blank within an arabic path", rss(item(page("أمن طنجة-2001"))), [page("أمن%20طنجة-2001")]),
    (
        "same page raw and escaped",
        rss(item(page("أمن-١")), item(page("%D8%A3%D9%85%D9%86-%D9%A1"))),
        [page("أمن-١")],
    ),
    ("same link twice", rss(item(A), item(B), item(A)), [A, B]),
    ("one guid for all", rss(item(A) + "<guid>1</guid>", item(B) + "<guid>1</guid>"), [A, B]),
    ("wordpress short link", rss(item(HOME + "?p=1234")), [HOME + "?p=1234"]),
]


@pytest.mark.parametrize(("body", "expected"), [case[1:] for case in FORMS], ids=[case[0] for case in FORMS])
def test_address_of_an_entry(body: str, expected: list[str]) -> None:
    assert urls(look(body)) == expected


NO_LINK = [
    ("the home page", HOME),
    ("the home page without slash and www", "https://annahar-demo.example"),
    ("the home page with a tracker", HOME + "?utm_source=rss"),
    ("the feed itself", FEED + "/"),
    ("another site", "https://buy-now.example/offer"),
    ("a site whose name ends like ours", "https://notannahar-demo.example/a"),
    ("our name before an at sign", "https://annahar-demo.example@evil.example/a"),
    ("credentials", "https://user:secret@annahar-demo.example/a-1"),
    ("a script", "javascript:alert(1)"),
    ("mail", "mailto:x@annahar-demo.example"),
    ("a file", "file:///etc/passwd"),
    ("no host", "https:///a"),
    ("a bad host", "http://[annahar-demo.example/a"),
    ("a bad port", "http://annahar-demo.example:99999/a"),
    ("nothing", ""),
]


@pytest.mark.parametrize("url", [case[1] for case in NO_LINK], ids=[case[0] for case in NO_LINK])
def test_address_that_is_no_article_of_ours_is_left_out(url: str) -> None:
    assert urls(look(rss(item(url), item(B)))) == [B]


def test_links_of_other_sites_are_counted() -> None:
    found = look(rss(item("https://a.example/1"), item("https://b.example/2"), item(A)))
    assert "off_site: 2 addresses of other sites left out" in found.problems


def test_hint_carries_what_the_feed_claims() -> None:
    found = look(
        rss(
            item(
                title="<![CDATA[<b>أمن طنجة</b> &amp;quot;يوضح&amp;quot; &nbsp; حقيقة شريط]]>",
                pubDate="Tue, 24 Nov 2026 10:30:00 +0100",
                description="&lt;p&gt;نفت المديرية&lt;script&gt;alert(1)&lt;/script&gt; الخبر.&lt;/p&gt;",
            ),
            channel="<language>ar-MA</language>",
        )
    )
    hint = found.links[0].hint
    assert hint.title == 'أمن طنجة "يوضح" حقيقة شريط'
    assert hint.summary == "نفت المديرية الخبر."
    assert (hint.published_at, hint.published_raw) == (
        datetime(2026, 11, 24, 9, 30, tzinfo=UTC),
        "Tue, 24 Nov 2026 10:30:00 +0100",
    )
    assert hint.language == "ar-MA"
    assert found.title == "نشرة"
    assert found.newest == datetime(2026, 11, 24, 9, 30, tzinfo=UTC)
    assert (found.links[0].source_id, found.links[0].found_in, found.links[0].via) == (
        "annahar",
        FEED,
        "feed",
    )


def test_update_is_not_a_publication() -> None:
    hint = (
        look(ATOM.format(f'<entry><link href="{A}"/><updated>2026-11-24T10:00:00Z</updated></entry>'))
        .links[0]
        .hint
    )
    assert hint.published_at is None
    assert hint.modified_at == datetime(2026, 11, 24, 10, tzinfo=UTC)


@pytest.mark.parametrize(
    "inside",
    [
        '<enclosure url="/v/1.mp4" type="video/mp4"/><enclosure url="/v/1.mp3" type="audio/mpeg"/>',
        '<media:content xmlns:media="http://search.yahoo.com/mrss/" url="/v/1.mp4" medium="video"/>'
        '<media:content xmlns:media="http://search.yahoo.com/mrss/" url="/p/1.jpg" medium="image"/>',
    ],
)
def test_video_that_the_feed_encloses_is_a_hint(inside: str) -> None:
    (link,) = look(rss(item(title="x") + inside)).links
    assert link.hint.videos == (f"{HOME.rstrip('/')}/v/1.mp4",)


def test_picture_title_is_not_the_title() -> None:
    media = '<m:title xmlns:m="http://search.yahoo.com/mrss/">صورة أرشيفية</m:title>'
    assert look(rss(media + item(title="العنوان"))).links[0].hint.title == "العنوان"


def test_whole_text_is_the_summary_where_the_feed_has_it() -> None:
    whole = "<c:encoded xmlns:c='urn:content'><![CDATA[<p>خبر. المديرية العامة.</p>]]></c:encoded>"
    assert look(rss(item(description="خبر.") + whole)).links[0].hint.summary == "خبر. المديرية العامة."


def test_long_texts_are_cut_at_a_word() -> None:
    hint = look(rss(item(title="كلمة " * 10_000, description="كلمة " * 10_000))).links[0].hint
    assert hint.title and hint.summary
    assert len(hint.title) <= 502 and len(hint.summary) <= 2002
    assert hint.title.endswith("كلمة …")


BROKEN = [
    (
        "junk before the prolog",
        "\n\n<br />Warning: x in <b>y.php</b>\n" + rss(item(A), item(B)),
        [A, B],
        "junk_before_prolog",
    ),
    (
        "undefined entities",
        rss(item(A, title="&eacute;&nbsp;&foo; a & b"), item(B)),
        [A, B],
        "undefined_entities",
    ),
    ("truncated in an item", rss(item(A), item(B)).partition(B)[0], [A], "truncated"),
    ("truncated in CDATA", rss(item(A), "<description><![CDATA[" + "x" * 50)[:-70], [A], "truncated"),
    (
        "control characters",
        rss(item(A, title="\x00\x0b\x1b[31m a &#0; &#x1F;"), item(B)),
        [A, B],
        "control_characters",
    ),
    ("unclosed tag in the title", rss(item(A, title="a <b> c"), item(B)), [A, B], "malformed"),
    ("undeclared prefix", rss(item(A) + "<dc:creator>x</dc:creator>", item(B)), [A, B], "malformed"),
    ("wrong closing tag", rss(item(A) + "<title>x</titel>", item(B)), [A, B], "malformed"),
    ("no root element's end", rss(item(A), item(B)).replace("</channel></rss>", ""), [A, B], "truncated"),
    ("a root tag that never ends", rss(item(A), item(B)).replace('"2.0"', '"2.0'), [A, B], "malformed"),
    ("an entry that never closes its comment", rss(item(A) + "<!-- x", item(B)), [A, B], "malformed"),
    ("no root", f"<item>{item(A)}</item><item>{item(B)}</item>", [A, B], "truncated"),
    ("two prologs", '<?xml version="1.0"?>\n' + rss(item(A)), [A], None),
    (
        "a comment and a stylesheet first",
        "<!-- <html> --><?xml-stylesheet href='x'?>" + rss(item(A)),
        [A],
        None,
    ),
    ("html doctype before rss", "<!DOCTYPE html>" + rss(item(A), head=""), [A], "doctype"),
]


@pytest.mark.parametrize(
    ("body", "expected", "problem"), [case[1:] for case in BROKEN], ids=[case[0] for case in BROKEN]
)
def test_broken_feed_gives_what_it_holds(body: str, expected: list[str], problem: str | None) -> None:
    found = look(body)
    assert urls(found) == expected
    if problem:
        assert problem in codes(found)


def test_named_entities_become_their_characters() -> None:
    assert (
        look(rss(item(title="S&ucirc;ret&eacute; &laquo; R&D &raquo;"))).links[0].hint.title
        == "Sûreté « R&D »"
    )


USELESS = [
    ("nothing", b"", "empty"),
    ("blanks", b" \r\n\t ", "empty"),
    ("an HTML page", b"<!doctype html><html><body><a href='/a-b-c-d-e'>x</a></body></html>", "wrong_type"),
    ("a feed without entries", rss().encode(), "empty"),
    ("a PDF", b"%PDF-1.7\n%\xe2\xe3", "wrong_type"),
    ("a picture", b"\x89PNG\r\n\x1a\n" + bytes(50), "wrong_type"),
    ("plain words", b"404 page not found", "wrong_type"),
    ("other JSON", b'{"a": 1}', "wrong_type"),
    ("half a JSON", b'{"items": [', "wrong_type"),
    ("deep JSON", b'{"items": ' + b"[" * 100_000, "wrong_type"),
]


@pytest.mark.parametrize(
    ("body", "problem"), [case[1:] for case in USELESS], ids=[case[0] for case in USELESS]
)
def test_body_that_is_no_feed_is_a_problem_without_links(body: bytes, problem: str) -> None:
    found = look(body, content_type="text/html")
    assert (found.links, codes(found)) == ((), [problem])


ENCODINGS = [
    ("utf-8 with BOM", "utf-8-sig", "utf-8", None, True),
    ("utf-16 with BOM", "utf-16", "utf-16", None, True),
    ("utf-16 without BOM", "utf-16-le", "utf-16", None, True),
    ("windows-1256 as declared", "cp1256", "windows-1256", None, True),
    ("windows-1256 by the header", "cp1256", "utf-8", "text/xml; charset=windows-1256", True),
    ("windows-1256 declared utf-8", "cp1256", "utf-8", "text/xml; charset=utf-8", False),
    ("windows-1256 declared latin-1", "cp1256", "iso-8859-1", None, False),
    ("iso-8859-6 as declared", "iso8859-6", "iso-8859-6", None, True),
    ("x-cp1256", "cp1256", "x-cp1256", None, True),
    ("utf-8 declared windows-1256", "utf-8", "windows-1256", None, True),
    ("unknown label", "utf-8", "x-klingon", None, True),
    ("a label that is no encoding of text", "cp1256", "base64", None, False),
]


@pytest.mark.parametrize(
    ("real", "label", "header", "honest"),
    [case[1:] for case in ENCODINGS],
    ids=[case[0] for case in ENCODINGS],
)
def test_arabic_title_survives_its_encoding(real: str, label: str, header: str | None, honest: bool) -> None:
    title = "المديرية العامة للأمن الوطني تنفي صحة خبر"
    body = rss(item(title=title), head=f'<?xml version="1.0" encoding="{label}"?>').encode(real)
    found = look(body, content_type=header)
    assert found.links[0].hint.title == title
    assert ("encoding" in codes(found)) is not honest


def test_few_bad_bytes_do_not_change_the_encoding() -> None:
    body = rss(item(title="الأمن الوطني ينفي")).encode().replace("ينفي".encode(), b"\xff" + "ينفي".encode())
    assert look(body).links[0].hint.title == "الأمن الوطني \ufffdينفي"


def test_latin_outlet_with_undeclared_latin_bytes() -> None:
    body = rss(item(title="Sûreté nationale"), head="").replace("نشرة", "fil").encode("cp1252")
    assert look(body, languages=("fr",)).links[0].hint.title == "Sûreté nationale"


LAUGHS = "".join(f'<!ENTITY l{i} "{f"&l{i - 1};" * 10}">' for i in range(1, 12))
ATTACKS = [
    (
        "billion laughs",
        f'<?xml version="1.0"?><!DOCTYPE r [<!ENTITY l0 "lol">{LAUGHS}]>' + rss(item(title="&l11;"), head=""),
    ),
    (
        "quadratic blow-up",
        f'<!DOCTYPE r [<!ENTITY a "{"x" * 100_000}">]>' + rss(item(title="&a;" * 20_000), head=""),
    ),
    (
        "entity of a file",
        '<!DOCTYPE r [<!ENTITY x SYSTEM "file:///etc/passwd">]>' + rss(item(title="&x;"), head=""),
    ),
    (
        "entity of a file after a long subset",
        f'<!DOCTYPE r [<!ENTITY a "{"x" * 100_000}"><!ENTITY x SYSTEM "file:///etc/passwd">]>'
        + rss(item(title="&x;"), head=""),
    ),
    (
        "brackets and quotes in the subset",
        """<!DOCTYPE r [<!ENTITY a "]>"><!ENTITY x SYSTEM 'file:///etc/passwd'>]>"""
        + rss(item(title="&x;"), head=""),
    ),
    (
        "parameter entity",
        '<!DOCTYPE r [<!ENTITY % p SYSTEM "http://127.0.0.1:9/x.dtd"> %p;]>' + rss(item(), head=""),
    ),
    ("external DTD", '<!DOCTYPE rss SYSTEM "http://127.0.0.1:9/x.dtd">' + rss(item(), head="")),
    (
        "xinclude",
        rss(
            item()
            + '<xi:include xmlns:xi="http://www.w3.org/2001/XInclude" parse="text" href="file:///etc/passwd"/>'
        ),
    ),
    (
        "doctype after the root",
        rss(item()).replace("<channel>", '<!DOCTYPE r [<!ENTITY x SYSTEM "file:///etc/passwd">]><channel>'),
    ),
    ("nested too deep", "<rss>" + "<a>" * 100_000 + f"<item>{item()}</item>"),
    ("a title of unclosed tags", rss(item(title="&lt;script&gt;" * 50_000))),
    ("one long attribute", rss(item()).replace("<item>", f'<item x="{"y" * 5_000_000}">')),
]


@pytest.mark.parametrize("body", [case[1] for case in ATTACKS], ids=[case[0] for case in ATTACKS])
def test_attack_costs_neither_time_nor_memory_and_reads_nothing(
    body: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(*args: object, **kwargs: object) -> None:
        raise AssertionError(f"discovery opened {args}")

    monkeypatch.setattr("builtins.open", refuse)
    monkeypatch.setattr("socket.socket.connect", refuse)
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    start = time.process_time()
    found = look(body)
    assert time.process_time() - start < 1
    assert resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before < 50 * 1024
    assert "root:" not in repr(found)


def test_five_thousand_entries_come_in_order() -> None:
    body = rss(*(item(page(f"news-{number}")) for number in range(5_000)))
    assert urls(look(body)) == [page(f"news-{number}") for number in range(5_000)]


def test_feed_at_a_sitemap_address_is_read_as_a_feed() -> None:
    found = look(
        rss(item(title="خبر")), kind="sitemap", url=page("sitemap.xml"), content_type="application/xml"
    )
    assert (urls(found), found.links[0].hint.title, found.links[0].via) == ([A], "خبر", "sitemap")
