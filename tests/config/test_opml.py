"""OPML in and out: what comes from anywhere is read with care, what we write comes back."""

from __future__ import annotations

import pytest

import config
from config import opml
from config.model import EntryPoint, Source
from config.opml import Assumed, NotOpml

FRENCH = Assumed("FR", "fr")


def document(*outlines: str) -> bytes:
    return f"<opml version='1.0'><head/><body>{''.join(outlines)}</body></opml>".encode()


def made(*outlines: str, assumed: Assumed = FRENCH) -> tuple[list[Source], list[str]]:
    """The outlets of an OPML file, and the reasons of the refusals."""
    found, refused, _ = opml.read(document(*outlines))
    sources, more = opml.outlets(found, assumed)
    return sources, [refusal.reason for refusal in [*refused, *more]]


def test_a_feed_becomes_an_outlet_with_id_country_zone_and_homepage() -> None:
    outline = (
        "<outline type='rss' text='L’Économiste' xmlUrl='https://www.leco.example/rss'"
        " htmlUrl='https://www.leco.example/' language='fr-FR'/>"
    )
    (source,), refused = made(outline, assumed=Assumed("MA"))
    assert not refused
    assert source == Source(
        id="l-economiste",
        name={"fr": "L’Économiste"},
        country="MA",
        languages=("fr",),
        scope="national",
        homepage="https://www.leco.example/",
        timezone="Africa/Casablanca",
        entry_points=(EntryPoint("feed", "https://www.leco.example/rss"),),
        domains=("leco.example",),
    )


GUESSES = [
    # (attributes of the outline, what is assumed, the outlet's id, country, languages and scope)
    ("text='A B' xmlUrl='https://a.es/f' language='es'", Assumed(), ("a-b", "ES", ("es",), "international")),
    (
        "text='هسبريس' xmlUrl='https://www.hes.ma/f' language='ar'",
        Assumed(),
        ("hes", "MA", ("ar",), "national"),
    ),
    (
        "text='A' xmlUrl='https://a.co.uk/f' language='en_GB'",
        Assumed(),
        ("a", "GB", ("en",), "international"),
    ),
    (
        "text='A' xmlUrl='https://a.com/f' language='unknown'",
        Assumed("DZ", "fr", "agency"),
        ("a", "DZ", ("fr",), "agency"),
    ),
    ("xmlUrl='https://a.fr/f'", Assumed(None, "fr"), ("a", "FR", ("fr",), "international")),
    (
        "title='Title' text='Text' xmlUrl='https://a.fr/f'",
        Assumed(None, "fr"),
        ("title", "FR", ("fr",), "international"),
    ),
]


@pytest.mark.parametrize(("attributes", "assumed", "expected"), GUESSES)
def test_what_the_file_does_not_say_comes_from_the_address_or_the_caller(
    attributes: str, assumed: Assumed, expected: tuple[object, ...]
) -> None:
    (source,), refused = made(f"<outline type='rss' {attributes}/>", assumed=assumed)
    assert not refused
    assert (source.id, source.country, source.languages, source.scope) == expected


REFUSED = [
    ("<outline type='rss' text='A' xmlUrl='ftp://a.fr/f'/>", "expected http or https"),
    ("<outline type='rss' text='A' xmlUrl='file:///etc/passwd'/>", "expected http or https"),
    ("<outline type='rss' text='A' xmlUrl='javascript:alert(1)'/>", "expected http or https"),
    ("<outline type='rss' text='A' xmlUrl='https://u:p@a.fr/f'/>", "expected a URL without user or password"),
    ("<outline type='rss' text='A'/>", "no xmlUrl"),
    ("<outline type='rss' text='A' xmlUrl='https://a.fr/f'/>" * 2, "the same feed again"),
]


@pytest.mark.parametrize(("outlines", "reason"), REFUSED)
def test_an_outline_that_cannot_be_visited_is_refused_with_the_reason(outlines: str, reason: str) -> None:
    assert made(outlines)[1] == [reason]


def test_what_cannot_be_known_is_not_invented() -> None:
    outline = "<outline type='rss' text='A' xmlUrl='https://a.com/f'/>"
    assert made(outline, assumed=Assumed(None, "fr"))[1] == ["its country is not known: say --country"]
    assert made(outline, assumed=Assumed("FR"))[1] == ["its language is not known: say --language"]
    assert made(outline, assumed=Assumed("XX", "fr"))[1] == [
        "country: 'XX', not an ISO 3166-1 country code in capitals, like MA"
    ]


def test_folders_are_walked_at_any_depth_and_are_no_feeds() -> None:
    outline = "<outline text='A' xmlUrl='https://a.fr/f'/>"
    for _ in range(50):
        outline = f"<outline text='folder'>{outline}</outline>"
    sources, refused = made(outline, "<outline text='a note'/>")
    assert [source.id for source in sources] == ["a"]
    assert not refused


def test_feeds_of_one_homepage_are_entry_points_of_one_outlet() -> None:
    outlines = [
        f"<outline text='A' xmlUrl='https://a.fr/{feed}' htmlUrl='https://www.a.fr/' language='{language}'/>"
        for feed, language in (("one", "fr"), ("two", "ar"))
    ]
    (source,), _ = made(*outlines)
    assert [(entry.url, entry.language) for entry in source.entry_points] == [
        ("https://a.fr/one", None),
        ("https://a.fr/two", "ar"),
    ]


def test_outlets_of_one_name_are_told_apart() -> None:
    sources, _ = made(*(f"<outline text='News' xmlUrl='https://{host}.fr/f'/>" for host in "abc"))
    assert [source.id for source in sources] == ["news", "news-2", "news-3"]


def test_an_id_is_never_a_path() -> None:
    ours = f"xmlns:m='{opml.NAMESPACE}' m:id='../../x' m:country='FR' m:languages='fr'"
    sources, refused = made(f"<outline text='A' xmlUrl='https://a.fr/f' {ours}/>")
    assert not sources
    assert refused[0].startswith("id: '../../x', not small letters")


ENTITY = b"""<?xml version="1.0"?><!DOCTYPE opml [%s]><opml><body><outline text="&x;" xmlUrl="https://a.fr/f"/>
</body></opml>"""

NOT_OPML = [
    (b"", "not XML"),
    (b"\x00\x01", "not XML"),
    (b"id,url\n1,https://a.fr", "not XML"),
    (b"<rss><channel/></rss>", "not OPML"),
    (ENTITY % b'<!ENTITY x SYSTEM "file:///etc/passwd">', "it declares XML entities"),
    (ENTITY % (b'<!ENTITY y "ha"><!ENTITY x "' + b"&y;" * 10 + b'">'), "it declares XML entities"),
    (b" " * (opml.MAX_BYTES + 1), "larger than 16 MB"),
]


@pytest.mark.parametrize(("data", "reason"), NOT_OPML)
def test_another_kind_of_file_is_refused_as_a_whole(data: bytes, reason: str) -> None:
    with pytest.raises(NotOpml, match=reason):
        opml.read(data)


def test_a_bare_ampersand_is_passed_over_and_counted() -> None:
    data = document(
        "<outline text='A' xmlUrl='https://a.fr/f?a=1&b=2'/><outline text='B' xmlUrl='https://b.fr/f'/>"
    )
    outlines, _, passed_over = opml.read(data)
    assert [outline.title for outline in outlines] == ["A", "B"]
    assert passed_over > 0


def test_other_encodings_and_namespaces_are_read() -> None:
    outline = "<outline text='سلام' xmlUrl='https://a.ma/f'/>"
    text = f"<?xml version='1.0' encoding='windows-1256'?><opml><body>{outline}</body></opml>"
    assert opml.read(text.encode("windows-1256"))[0][0].title == "سلام"
    spaced = (
        b"<opml xmlns='http://opml.org/spec2'><body><outline text='A' xmlUrl='https://a.fr/f'/></body></opml>"
    )
    assert len(opml.read(spaced)[0]) == 1


def test_what_is_exported_comes_back_with_ids_and_feeds() -> None:
    exported = [source for source in config.load(environ={}).sources.values() if any(opml.feeds(source))]
    outlines, refused, passed_over = opml.read(opml.write(exported))
    back, more = opml.outlets(outlines, Assumed())
    assert (refused, more, passed_over) == ([], [], 0)

    def what(sources: list[Source]) -> dict[str, object]:
        return {
            source.id: (
                source.country,
                source.languages,
                source.scope,
                source.homepage,
                source.timezone,
                [(entry.url, entry.language) for entry in opml.feeds(source)],
            )
            for source in sources
        }

    assert what(back) == what(exported)
