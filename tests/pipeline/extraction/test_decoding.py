"""Bytes to characters: marks, labels, lies and guesses."""

# ruff: noqa: E501 -- a row of a table is one page or string, kept on its line

from __future__ import annotations

import codecs

import pytest

from pipeline.extraction.decoding import codec, decode

ARABIC = "<p>أعلنت المديرية العامة للأمن الوطني، اليوم، عن توقيف شخصين في إطار البحث الذي يجرى تحت إشراف النيابة العامة المختصة من أجل تحديد ما إذا كانت لهما صلة بالقضية</p>"
FRENCH = "<p>La sûreté nationale a démenti, à Fès, les rumeurs relayées « hier » : l'enquête a été confiée à la préfecture, où l’agent présumé a été entendu.</p>"
LABEL = '<meta http-equiv="Content-Type" content="text/html; charset={}">'

CASES = [
    # bytes, Content-Type, languages of the outlet, codec
    (ARABIC.encode("cp1256"), "text/html; charset=utf-8", ("ar",), "cp1256"),
    (ARABIC.encode("cp1256"), None, ("ar",), "cp1256"),
    (ARABIC.encode("cp1256"), "text/html; charset=x-cp1256", ("ar",), "cp1256"),
    (ARABIC.encode("cp1256"), "text/html; charset=iso-8859-1", ("ar",), "cp1256"),
    (ARABIC.encode("cp1256"), "text/html", (), "cp1256"),
    (ARABIC.encode("iso8859_6", "replace"), None, ("ar",), "iso8859_6"),
    (ARABIC.encode("iso8859_6", "replace"), "text/html; charset=windows-1256", ("ar",), "iso8859_6"),
    ((LABEL.format("windows-1256") + ARABIC).encode("cp1256"), None, (), "cp1256"),
    ((LABEL.format("windows-1256") + ARABIC).encode("utf-8"), None, ("ar",), "utf-8"),
    (ARABIC.encode("utf-8"), "text/html; charset=iso-8859-1", ("ar",), "utf-8"),
    (codecs.BOM_UTF8 + ARABIC.encode(), "text/html; charset=windows-1256", ("ar",), "utf-8"),
    (codecs.BOM_UTF16_LE + ARABIC.encode("utf-16-le"), "text/html; charset=utf-8", ("ar",), "utf-16-le"),
    (codecs.BOM_UTF16_BE + FRENCH.encode("utf-16-be"), None, ("fr",), "utf-16-be"),
    (FRENCH.encode("utf-16-le"), None, ("fr",), "utf-16-le"),
    (FRENCH.encode("cp1252"), None, ("fr",), "cp1252"),
    (FRENCH.encode("cp1252"), "text/html; charset=utf-8", ("fr",), "cp1252"),
    (FRENCH.encode("cp1252"), "text/html; charset=ISO-8859-1", ("fr",), "cp1252"),
    (FRENCH.encode("cp1252"), None, ("ar", "fr"), "cp1252"),
    (b"<p>plain</p>", None, (), "utf-8"),
    (
        "<p>Привет, мир, это новости</p>".encode("cp1251"),
        "text/html; charset=windows-1251",
        ("ru",),
        "cp1251",
    ),
]


@pytest.mark.parametrize(("body", "content_type", "languages", "expected"), CASES)
def test_encoding_is_found(
    body: bytes, content_type: str | None, languages: tuple[str, ...], expected: str
) -> None:
    got = decode(body, content_type, languages)
    assert got.encoding == expected
    assert "\ufffd" not in got.text
    assert not got.text.startswith("\ufeff")


def test_wrong_label_is_flagged() -> None:
    assert (
        "charset_label_ignored"
        in decode(ARABIC.encode("cp1256"), "text/html; charset=iso-8859-1", ("ar",)).flags
    )
    assert "charset_guessed" in decode(ARABIC.encode("cp1256"), "text/html; charset=utf-8", ("ar",)).flags


def test_utf8_cut_in_the_middle_stays_utf8() -> None:
    got = decode(ARABIC.encode()[:-9] + b"\xd8", None, ("ar",))
    assert (got.encoding, got.flags) == ("utf-8", ("invalid_bytes_replaced",))


@pytest.mark.parametrize("text", [ARABIC, FRENCH, ARABIC + FRENCH])
@pytest.mark.parametrize("wrong", ["cp1252", "cp1256"])
def test_mojibake_is_repaired_and_flagged(text: str, wrong: str) -> None:
    table = {value: chr(value) for value in range(256)}
    for value in range(128, 256):
        char = bytes([value]).decode(wrong, "replace")
        table[value] = chr(value) if char == "\ufffd" else char
    twice = "".join(table[byte] for byte in text.encode())
    got = decode(twice.encode(), "text/html; charset=utf-8")
    assert got.text == text
    assert got.flags == ("mojibake_repaired",)


@pytest.mark.parametrize(
    "text", [ARABIC, FRENCH, "<p>São João, Ângela, CORAÇÃO à côté ; Øystein, Ûbersee</p>" * 3]
)
def test_sound_text_is_left_alone(text: str) -> None:
    got = decode(text.encode(), None)
    assert (got.text, got.flags) == (text, ())


def test_nul_and_controls_are_dropped() -> None:
    got = decode(b"<p>one\x00 two\x07 three\x1b[31m</p>\n", None)
    assert got.text == "<p>one two three[31m</p>\n"
    assert got.flags == ("control_characters_dropped",)


@pytest.mark.parametrize(
    ("label", "expected"),
    [
        ("x-cp1256", "cp1256"),
        ("Windows-1256", "cp1256"),
        ("ISO-8859-1", "cp1252"),
        ("latin1", "cp1252"),
        ("ISO-8859-6", "iso8859-6"),
        ("UTF8", "utf-8"),
        ("nonsense", None),
        ("base64", None),
    ],
)
def test_labels_are_read_as_the_web_reads_them(label: str, expected: str | None) -> None:
    assert codec(label) == expected


@pytest.mark.parametrize(
    "body",
    [
        b"",
        "<p>أمن é \ufffd</p>".encode(),
        codecs.BOM_UTF8 + "<p>é</p>".encode(),
        codecs.BOM_UTF8 * 2 + b"<p>x</p>",
        codecs.BOM_UTF8 + b"<p>\xff\xd8</p>",
        b"<p>one\x00 two\x85</p>",
        "<p>un mot de \x85 trop</p>".encode(),
        ARABIC.encode()[:-9] + b"\xd8",
        ARABIC.encode("cp1256"),
        ARABIC.encode("utf-16"),
        ARABIC.encode("utf-16-le"),
        ("La sûreté a démenti à côté " * 3).encode().decode("cp1252").encode(),
    ],
)
def test_the_parser_is_given_the_same_text_as_utf8(body: bytes) -> None:
    got = decode(body, None, ("ar",))
    assert got.raw == got.text.encode()
