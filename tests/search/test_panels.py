"""Several numbers over time in one picture: each on its own scale, holes hatched."""

from __future__ import annotations

from xml.etree import ElementTree

from search.chart import Panel, panels

WEEKS = ["2026-11-02", "2026-11-09", "2026-11-16"]
SVG = "{http://www.w3.org/2000/svg}"


def drawn(*rows: Panel) -> ElementTree.Element:
    picture = panels("Road toll <weekly>", rows)
    assert picture.replace("http://www.w3.org/2000/svg", "").count("http") == 0, (
        "it refers to nothing outside"
    )
    return ElementTree.fromstring(picture)


def bars(row: ElementTree.Element) -> dict[str, float]:
    """What each bar says of itself → its height."""
    return {
        said.text or "": float(rect.get("height", "0"))
        for rect in row.iter(f"{SVG}rect")
        for said in rect.iter(f"{SVG}title")
    }


def test_each_row_has_a_scale_of_its_own() -> None:
    accidents, dead = drawn(
        Panel("accidents", WEEKS, [1600, 800, 1600]), Panel("dead", WEEKS, [16, 8, 0])
    ).findall(f"{SVG}g")
    many, few = bars(accidents), bars(dead)
    assert many["2026-11-02: 1600"] == few["2026-11-02: 16"] == 2 * few["2026-11-09: 8"]
    assert "2026-11-16: 0" not in few, "nobody died: no bar"


def test_what_is_missing_is_hatched_and_said() -> None:
    picture = drawn(Panel("dead", WEEKS, [16, None, 8]))
    assert {"2026-11-02: 16", "2026-11-09: missing", "2026-11-16: 8"} == set(bars(picture))
    (said,) = picture.iter(f"{SVG}desc")
    assert said.text == "dead: 8 to 16 in 2 periods, 1 missing"


def test_the_days_of_an_edition_are_shaded() -> None:
    plain, marked = (
        len(list(drawn(Panel("fes", WEEKS, [1, 2, 1], span)).iter(f"{SVG}rect")))
        for span in (range(0), range(1, 2))
    )
    assert marked == plain + 1


def test_nothing_known_is_a_picture_too() -> None:
    assert "nothing known" in panels("t", [Panel("dead", WEEKS, [None, None, None])])
    assert "Nothing was found." in panels("t", [])
