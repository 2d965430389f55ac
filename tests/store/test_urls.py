"""Which addresses are one article, which are not, and which canonical claims are believed."""

from __future__ import annotations

from urllib.parse import quote, unquote

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from store.urls import article_id, believable_canonical, canonicalize, host_of, url_key

PLAIN = "https://www.akhbar.example/news/12-title"
ARABIC = "https://akhbar.example/الأمن-الوطني/خبر 12"

ONE_ARTICLE = {
    "scheme": (PLAIN, "http://www.akhbar.example/news/12-title"),
    "scheme and host in capitals": (PLAIN, "HTTPS://WWW.Akhbar.EXAMPLE/news/12-title"),
    "no www": (PLAIN, "https://akhbar.example/news/12-title"),
    "www2": (PLAIN, "https://www2.akhbar.example/news/12-title"),
    "mobile host": (PLAIN, "https://m.akhbar.example/news/12-title"),
    "long mobile host": (PLAIN, "https://mobile.akhbar.example/news/12-title"),
    "mobile behind www": (PLAIN, "https://www.m.akhbar.example/news/12-title"),
    "AMP host": (PLAIN, "https://amp.akhbar.example/news/12-title"),
    "AMP suffix": (PLAIN, PLAIN + "/amp"),
    "AMP suffix with slash": (PLAIN, PLAIN + "/amp/"),
    "AMP prefix": (PLAIN, "https://www.akhbar.example/amp/news/12-title"),
    "AMP parameter": (PLAIN, PLAIN + "?amp=1"),
    "bare AMP parameter": (PLAIN, PLAIN + "?amp"),
    "AMP output": (PLAIN, PLAIN + "?outputType=amp"),
    "AMP among others": (PLAIN + "?p=1", PLAIN + "?p=1&amp=1"),
    "AMP file": ("https://a.example/x/story.html", "https://a.example/x/story.amp.html"),
    "AMP extension": ("https://a.example/x/story", "https://a.example/x/story.amp"),
    "AMP cache": (PLAIN, "https://www-akhbar-example.cdn.ampproject.org/c/s/www.akhbar.example/news/12-title"),
    "AMP viewer": (PLAIN, "https://www.google.com/amp/s/www.akhbar.example/news/12-title/amp"),
    "print parameter": (PLAIN, PLAIN + "?print=1"),
    "print suffix": (PLAIN, PLAIN + "/print/"),
    "Joomla print": (PLAIN, PLAIN + "?tmpl=component&print=1"),
    "Blogger mobile": ("https://a.blogspot.com/2026/11/x.html", "https://a.blogspot.com/2026/11/x.html?m=1"),
    "utm": (PLAIN, PLAIN + "?utm_source=rss&utm_medium=feed&UTM_Campaign=x"),
    "Facebook": (PLAIN, PLAIN + "?fbclid=IwAR0abc"),
    "many trackers": (PLAIN, PLAIN + "?gclid=1&ref=home&xtor=RSS-1&at_medium=x&mc_cid=2&_ga=3&igshid=4"),
    "tracker between": (PLAIN + "?id=7&lang=fr", PLAIN + "?id=7&utm_source=x&lang=fr"),
    "escaped ampersand": (PLAIN + "?id=7&lang=fr", PLAIN + "?id=7&amp;lang=fr"),
    "default port http": ("http://a.example/x", "http://a.example:80/x"),
    "default port https": ("https://a.example/x", "https://a.example:443/x"),
    "trailing slash": (PLAIN, PLAIN + "/"),
    "double slashes": (PLAIN, "https://www.akhbar.example//news///12-title"),
    "dot segments": (PLAIN, "https://www.akhbar.example/a/../news/./12-title"),
    "escaped dot segments": (PLAIN, "https://www.akhbar.example/a/%2e%2e/news/12-title"),
    "fragment": (PLAIN, PLAIN + "#comments"),
    "parameter order": (PLAIN + "?a=1&b=2", PLAIN + "?b=2&a=1"),
    "PHP session": (PLAIN, PLAIN + "?PHPSESSID=0123456789abcdef"),
    "sid as session": (PLAIN, PLAIN + "?sid=a81bc81b7dead4e5"),
    "Java session": (PLAIN, PLAIN + ";jsessionid=AB12CD?utm_source=x"),
    "index.html": ("https://a.example/news/x/", "https://a.example/news/x/index.html"),
    "index.php": ("https://a.example/?p=123", "https://a.example/index.php?p=123"),
    "user and password": (PLAIN, "https://u:secret@www.akhbar.example/news/12-title"),
    "final dot of the host": (PLAIN, "https://www.akhbar.example./news/12-title"),
    "white space around": (PLAIN, f" \t{PLAIN}\r\n"),
    "line break inside": (PLAIN, "https://www.akhbar.example/news/\n12-title"),
    "unreserved escaped": (PLAIN, "https://www.akhbar.example/news/%31%32%2Dtitle"),
    "Arabic path escaped": (ARABIC, "https://akhbar.example/" + quote("الأمن-الوطني/خبر 12")),
    "small escapes": (ARABIC, "https://akhbar.example/" + quote("الأمن-الوطني/خبر 12").lower()),
    "Arabic path half escaped": (ARABIC, "https://akhbar.example/الأمن-" + quote("الوطني/خبر 12")),
    "decomposed letters": ("https://a.example/é-ال\u0623من", "https://a.example/e\u0301-ال\u0627\u0654من"),
    "letter decomposed across an escape": ("https://a.example/é", "https://a.example/e%CC%81"),
    "IDN": ("https://الأخبار.example/x", "https://xn--igbhbd3au2k.example/x"),
    "plus for space in the query": ("https://a.example/?t=a+b", "https://a.example/?t=a%20b"),
}  # fmt: skip


@pytest.mark.parametrize("pair", ONE_ARTICLE.values(), ids=ONE_ARTICLE.keys())
def test_variants_of_one_article_share_its_key(pair: tuple[str, str]) -> None:
    first, second = pair
    assert url_key(first) == url_key(second)
    assert article_id(first) == article_id(second)


TWO_ARTICLES = {
    "WordPress number": ("https://a.example/?p=123", "https://a.example/?p=124"),
    "number dropped": ("https://a.example/?p=123", "https://a.example/"),
    "id": ("https://a.example/story.php?id=1", "https://a.example/story.php?id=2"),
    "story number called sid": ("https://a.example/x.php?sid=123", "https://a.example/x.php?sid=124"),
    "cid": ("https://a.example/x?cid=1", "https://a.example/x?cid=2"),
    "case of the path": ("https://a.example/News/X", "https://a.example/news/x"),
    "space of an Arabic path": ("https://a.example/الأمن الوطني", "https://a.example/الأمنالوطني"),
    "hash-bang": ("https://a.example/#!/story/1", "https://a.example/#!/story/2"),
    "language host": ("https://fr.a.example/x", "https://ar.a.example/x"),
    "other port": ("https://a.example:8080/x", "https://a.example/x"),
    "escaped slash": ("https://a.example/a%2Fb", "https://a.example/a/b"),
    "escaped percent": ("https://a.example/%2541", "https://a.example/A"),
    "page of a listing": ("https://a.example/news?page=1", "https://a.example/news?page=2"),
    "a word that ends in amp": ("https://a.example/camp", "https://a.example/c"),
    "other letters": ("https://a.example/%C7%E1%C3%E3%E4", "https://a.example/%C7%E1%C3%E3%E5"),
}


@pytest.mark.parametrize("pair", TWO_ARTICLES.values(), ids=TWO_ARTICLES.keys())
def test_what_names_another_article_stays_apart(pair: tuple[str, str]) -> None:
    assert url_key(pair[0]) != url_key(pair[1])


READABLE = [
    ("HTTP://Example.ma:80/a b/../الأمن?utm_source=x&p=12#top", "http://example.ma/%D8%A7%D9%84%D8%A3%D9%85%D9%86?p=12"),
    ("https://a.example", "https://a.example/"),
    ("https://a.example/x?a=1&amp=1", "https://a.example/x?a=1&amp=1"),
    ("https://a.example/x?b=2&a=1", "https://a.example/x?b=2&a=1"),
    ("https://a.example/x/amp/", "https://a.example/x/amp/"),
    ("https://a.example/100%", "https://a.example/100%25"),
    ("https://a.example/%e4%f6", "https://a.example/%E4%F6"),
    ("https://a.example/x?empty=&y", "https://a.example/x?empty=&y"),
    ("https://a.example/#!/story/1", "https://a.example/#!/story/1"),
    ("https://[2001:DB8::1]:8443/x", "https://[2001:db8::1]:8443/x"),
    ("https://a.example/الأمن الوطني", "https://a.example/" + quote("الأمن الوطني")),
]  # fmt: skip


@pytest.mark.parametrize(("url", "expected"), READABLE)
def test_the_readable_form(url: str, expected: str) -> None:
    assert canonicalize(url) == expected


def test_an_arabic_path_keeps_its_spaces() -> None:
    assert unquote(canonicalize(ARABIC)) == ARABIC


NO_ADDRESS = [
    "",
    " ",
    "news/12",
    "/news/12",
    "//a.example/x",
    "http://",
    "http:///x",
    "http://[",
    "http://[::1/x",
    "http://[zz]/x",
    "http://a..b/",
    "http://a.example:99999/",
    "http://a.example:x/",
    "http://a b/",
    "http://\u202e.example/",
    "http://" + "a" * 64 + "é.example/",
    "ftp://a.example/x",
    "javascript:void(0)",
    "mailto:desk@a.example",
    "data:text/html,x",
    "http://a.example/\ud800",
]


@pytest.mark.parametrize("url", NO_ADDRESS)
@pytest.mark.parametrize("function", [canonicalize, url_key, article_id, host_of])
def test_what_is_no_web_address_is_refused_by_name(function: object, url: str) -> None:
    with pytest.raises(ValueError, match="not a web address") as caught:
        function(url)  # type: ignore[operator]  # each is a function of one URL
    assert repr(url[:200]) in str(caught.value)


HOSTS = [
    ("https://WWW.Akhbar.example/x", "www.akhbar.example"),
    ("http://akhbar.example:80/x", "akhbar.example"),
    ("http://127.0.0.1:8001/x", "127.0.0.1:8001"),
    ("https://الأخبار.example/x", "xn--igbhbd3au2k.example"),
    ("https://u:p@akhbar.example:443/", "akhbar.example"),
]


@pytest.mark.parametrize(("url", "host"), HOSTS)
def test_the_host_that_politeness_is_owed_to(url: str, host: str) -> None:
    assert host_of(url) == host


PAGE = "https://www.akhbar.example/news/12-title?utm_source=rss"
CLAIMS = {
    "itself": (PAGE, "https://www.akhbar.example/news/12-title", "https://www.akhbar.example/news/12-title"),
    "relative": (PAGE, "/news/12-title", "https://www.akhbar.example/news/12-title"),
    "scheme left out": (PAGE, "//akhbar.example/news/12-title", "https://akhbar.example/news/12-title"),
    "apex": (PAGE, "https://akhbar.example/other/12-title", "https://akhbar.example/other/12-title"),
    "subdomain of the site": (PAGE, "https://fr.akhbar.example/12-title", "https://fr.akhbar.example/12-title"),
    "AMP names its article": (PLAIN + "/amp", PLAIN, PLAIN),
    "short link": (PAGE, "https://www.akhbar.example/?p=12", "https://www.akhbar.example/?p=12"),
    "from a number to a title": ("https://a.example/?p=12", "https://a.example/12-title", "https://a.example/12-title"),
    "unknown tracker dropped": ("https://a.example/12-title?zz=1", "https://a.example/12-title", "https://a.example/12-title"),
    "second-level country domain": ("https://www.map.gov.ma/x-1", "https://other.gov.ma/x-1", None),
    "home": (PAGE, "https://www.akhbar.example/", None),
    "home without www": (PAGE, "https://akhbar.example", None),
    "home page file": (PAGE, "https://www.akhbar.example/index.php", None),
    "home with a tracker": (PAGE, "https://www.akhbar.example/?utm_source=x", None),
    "section above": (PAGE, "https://www.akhbar.example/news/", None),
    "another site": (PAGE, "https://elsewhere.example/news/12-title", None),
    "another blog of one host": ("https://a.blogspot.com/x-1", "https://b.blogspot.com/x-1", None),
    "another port": ("http://127.0.0.1:8001/x-1", "http://127.0.0.1:8002/x-1", None),
    "script without its number": ("https://a.example/story.php?id=12", "https://a.example/story.php", None),
    "empty": (PAGE, "", None),
    "blank": (PAGE, "  ", None),
    "nothing": (PAGE, None, None),
    "no address": (PAGE, "http://[", None),
    "other scheme": (PAGE, "javascript:void(0)", None),
}  # fmt: skip


@pytest.mark.parametrize("claim", CLAIMS.values(), ids=CLAIMS.keys())
def test_a_canonical_claim_is_believed_only_where_it_can_be_true(
    claim: tuple[str, str | None, str | None],
) -> None:
    page, claimed, expected = claim
    assert believable_canonical(page, claimed) == expected


LETTERS = st.text(
    alphabet=st.one_of(
        st.sampled_from("/.?&=#%;:+!@[]\\ amp0123456789ABFabcdef\u0301\u0654é"),
        st.sampled_from("الأمنوطيخبر"),
        st.characters(codec="utf-8"),
    ),
    max_size=40,
)
TRAPS = """
/amp /amp/ /print // /../ /./ %C3%A9 %E9 %2F %25 % ?amp=1 &utm_x=1 index.php /index.html .amp.html
;jsessionid=1 #!x &amp; ?p=1 www.google.com/amp/s/
""".split()
FRAGMENTS = st.lists(LETTERS | st.sampled_from(TRAPS), max_size=6).map("".join)
NAMES = """
a.example www.A.example m.amp.a.example:80 الأخبار.example [::1]:8080 x.cdn.ampproject.org www.google.com
""".split()
ADDRESSES = st.builds(
    lambda scheme, host, rest: scheme + host + ("" if rest.startswith(("/", "?", "#")) else "/") + rest,
    st.sampled_from(["http://", "HTTPS://"]),
    st.sampled_from(NAMES),
    FRAGMENTS,
)


@given(ADDRESSES)
@example("http://a.example/%E9e%CC%81")
@example("http://a.example/%%34%31")
@example("http://a.example/amp/print/index.php/amp")
@example("https://www.google.com/amp/s/a.example/x?a=1")
def test_canonical_twice_is_canonical_once(url: str) -> None:
    readable = canonicalize(url)
    assert canonicalize(readable) == readable
    assert readable.isascii()
    assert url_key(readable) == url_key(url)
    assert host_of(readable) == host_of(url)


@given(ADDRESSES)
def test_a_key_is_the_key_of_the_address_it_spells(url: str) -> None:
    key = url_key(url)
    assert url_key("https://" + key) == key


@given(st.one_of(LETTERS, ADDRESSES, FRAGMENTS.map("http://".__add__)), st.one_of(LETTERS, ADDRESSES))
def test_no_text_raises_anything_but_value_error(url: str, claimed: str) -> None:
    for function in (canonicalize, url_key, article_id, host_of):
        try:
            function(url)
        except ValueError:
            continue
    try:
        believed = believable_canonical(url, claimed)
    except ValueError:
        return
    assert believed is None or canonicalize(believed) == believed
