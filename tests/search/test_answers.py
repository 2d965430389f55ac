"""What a search shows: keys, order, highlights, reasons; and every match exported."""

from __future__ import annotations

import csv
import io
import json
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Literal

import pytest

from search.answers import Searcher
from search.embedded import EmbeddedEngine
from search.engine import IndexMissing
from search.export import COLUMNS
from search.indexer import drain
from search.query import QueryFault
from store.records import (
    ArticleKind,
    Attributed,
    Attribution,
    Evidence,
    Figure,
    Image,
    KindLabel,
    Partner,
    Quotation,
    StoredArticle,
    Video,
)
from tests.search.press import NOW, SEEN, FakeLedger, analysis, config, stored


def searcher(home: Path, *articles: StoredArticle, ledger: FakeLedger | None = None) -> Searcher:
    ledger = ledger or FakeLedger()
    ledger.put(*articles)
    settings = config(home)
    with EmbeddedEngine(home, settings, analysis=analysis()) as engine:
        drain(ledger, engine, settings, analysis=analysis())  # type: ignore[arg-type]  # a ledger in memory
    made = Searcher(settings, home)
    made.__dict__["ledger"] = made.__dict__["_glance"] = ledger
    return made


ARABIC = stored(
    "ولاية أمن فاس توضح",
    "نفت المديرية العامة للأمن الوطني صحة الخبر. وأوقفت عناصر الشرطة ثمانية أشخاص بمدينة وجدة.\n"
    "جملة أخرى لا علاقة لها بالموضوع.",
    source_id="sabah",
    language="ar",
    institutions=("dgsn",),
    places=("fes", "oujda"),
    evidence=(Evidence("dgsn", "text", 4, 32, "المديرية العامة للأمن الوطني"),),
)
FRENCH = stored(
    "La police de Fès dément",
    "Les policiers ont arrêté huit personnes. La DGSN a démenti l’information.\nUne phrase sans rapport.",
    subtitle="Un communiqué de la Sûreté nationale",
    at=SEEN - timedelta(hours=1),
)


def test_keys_of_an_answer_are_the_contract(tmp_path: Path) -> None:
    answer = searcher(tmp_path, ARABIC, FRENCH).search("dgsn", facets=["lang"], now=NOW)
    written = answer.to_json()
    assert list(written) == ["query", "total", "took_ms", "hits", "facets", "partial"]
    assert list(written["hits"][0]) == [
        "article_id", "url", "source", "title", "language", "published_at", "score", "highlights", "matched",
    ]  # fmt: skip
    assert written["facets"] == {"lang": [{"value": "ar", "count": 1}, {"value": "fr", "count": 1}]}
    assert written["hits"][0]["published_at"] == "2026-11-24T09:00:00Z"
    json.dumps(written)


def test_hits_say_which_words_met_the_query(tmp_path: Path) -> None:
    made = searcher(tmp_path, ARABIC, FRENCH)
    matched = {hit.source: hit.matched for hit in made.search("dgsn", now=NOW).hits}
    assert [(m.term, m.via) for m in matched["sabah"]] == [("dgsn", "equivalent")]
    assert matched["sabah"][0].words[0] in ("المديرية العامة للأمن الوطني", "للأمن الوطني")
    assert ("dgsn", "exact", ("DGSN",)) in [(m.term, m.via, m.words) for m in matched["matin"]]
    (hit,) = made.search("policier", now=NOW).hits
    assert [(m.via, m.words) for m in hit.matched] == [("form", ("policiers",))]


def test_label_shows_its_evidence(tmp_path: Path) -> None:
    (hit,) = searcher(tmp_path, ARABIC).search("institution:dgsn", now=NOW).hits
    assert [m.to_json() for m in hit.matched] == [
        {"term": "institution:dgsn", "via": "label", "words": ["المديرية العامة للأمن الوطني"]}
    ]
    assert hit.highlights[0].text.startswith("نفت المديرية") and hit.highlights[0].marks == ()


@pytest.mark.parametrize(
    ("query", "marked"),
    [
        ("للأمن", {"أمن", "للأمن"}),
        ("وجدة", {"وجدة"}),
        ('"الأمن الوطني"', set()),
        ('"للامن الوطني"', {"للأمن الوطني"}),
        ("شرط*", set()),
        ("الشرط*", {"الشرطة"}),
        ('"أشخاص ثمانية"~3', {"ثمانية أشخاص"}),
        ("title:أمن", {"أمن"}),
        ("أشخاص -police", {"أشخاص"}),
    ],
)
def test_marks_cut_arabic_where_the_words_stand(query: str, marked: set[str], tmp_path: Path) -> None:
    hits = searcher(tmp_path, ARABIC).search(query, now=NOW).hits
    found = {
        highlight.text[start:end]
        for hit in hits
        for highlight in hit.highlights
        for start, end in highlight.marks
    }
    assert found == marked


def test_long_text_gives_its_best_sentences_in_order(tmp_path: Path) -> None:
    filler = "Une phrase qui ne dit rien de ce que l'on cherche ici. "
    text = (
        filler * 5
        + "La saisie seule. "
        + filler * 5
        + "La saisie de Tanger. "
        + filler * 5
        + "Tanger. "
        + "mot " * 400
    )
    (hit,) = searcher(tmp_path, stored("Titre", text)).search("saisie tanger", now=NOW).hits
    assert [h.text for h in hit.highlights] == ["La saisie seule.", "La saisie de Tanger.", "Tanger."]
    long = stored("Long", "mot " * 300 + "saisie " + "mot " * 300, name="long")
    (hit,) = searcher(tmp_path / "2", long).search("saisie", now=NOW).hits
    (highlight,) = hit.highlights
    assert len(highlight.text) <= 280 and [highlight.text[a:b] for a, b in highlight.marks] == ["saisie"]


def test_removed_article_is_found_and_says_so(tmp_path: Path) -> None:
    (hit,) = searcher(tmp_path, stored("Retiré", removed_at=NOW)).search("has:removed", now=NOW).hits
    assert hit.removed_at == NOW


def test_what_pictures_tell_is_found_where_they_tell_the_story(tmp_path: Path) -> None:
    images = (Image("https://matin.example/1.jpg", "La police montée sur l’esplanade."),)
    videos = (Video("https://matin.example/1.mp4", "html5"),)
    made = searcher(
        tmp_path,
        stored("En images", images=images, kind=ArticleKind.PHOTO, name="photo"),
        stored("Un texte", images=images, videos=videos, name="text"),
        stored("Sans image", name="bare"),
    )
    found = {
        query: sorted(hit.title for hit in made.search(query, now=NOW).hits)
        for query in ("esplanade", "has:photo", "has:caption", "has:image", "has:video", "has:live")
    }
    assert found == {
        "esplanade": ["En images"],
        "has:photo": ["En images"],
        "has:caption": ["En images", "Un texte"],
        "has:image": ["En images", "Un texte"],
        "has:video": ["Un texte"],
        "has:live": [],
    }
    (hit,) = made.search("esplanade", now=NOW).hits
    assert hit.highlights[0].text == "La police montée sur l’esplanade."


def test_article_without_a_date_is_null_and_sorted_by_first_capture(tmp_path: Path) -> None:
    made = searcher(
        tmp_path,
        stored("Sans date", at=None, first_seen_at=NOW - timedelta(hours=2)),
        stored("Neuf", at=NOW - timedelta(hours=1)),
        stored("Vieux", at=NOW - timedelta(hours=3)),
    )
    hits = made.search("", now=NOW).hits
    assert [hit.title for hit in hits] == ["Neuf", "Sans date", "Vieux"]
    assert hits[1].to_json()["published_at"] is None


def test_article_that_left_the_ledger_is_not_shown(tmp_path: Path) -> None:
    ledger = FakeLedger()
    made = searcher(tmp_path, stored("Un"), stored("Deux"), ledger=ledger)
    ledger.held.pop(stored("Un").article_id)
    assert [hit.title for hit in made.search("", now=NOW).hits] == ["Deux"]


def test_faults_come_as_themselves(tmp_path: Path) -> None:
    with pytest.raises(IndexMissing):
        Searcher(config(tmp_path), tmp_path).search("police", now=NOW)
    made = searcher(tmp_path, stored("Un"))
    with pytest.raises(QueryFault):
        made.search("police OR", now=NOW)
    with pytest.raises(QueryFault):
        made.export("place:atlantis")
    with pytest.raises(ValueError, match="no facet 'colour'"):
        made.search("police", facets=["colour"], now=NOW)


# -- export -------------------------------------------------------------------------------------------------

FULL = stored(
    '=HYPERLINK("http://evil.example")',
    '@SUM(1)\nsuite, avec "guillemets"',
    name="full",
    authors=("-Nom", "Autre"),
    images=(Image("https://e.example/1.jpg", None),),
    videos=(Video("https://e.example/v", "html5", "Légende"),),
    section="+1",
    tags=("a", "b"),
    evidence=(Evidence("dgsn", "title", 0, 4, "DGSN"),),
    institutions=("dgsn",),
)
BARE = stored(
    "Titre", "Corps", name="bare", at=None, source_id="elsewhere", language="und", first_seen_at=SEEN
)


def test_jsonl_has_every_key_absent_is_null_and_none_is_empty(tmp_path: Path) -> None:
    made = searcher(tmp_path, FULL, BARE)
    rows = {row["url"]: row for row in map(json.loads, made.export("", now=NOW))}
    bare = rows["https://elsewhere.example/bare"]
    assert list(bare) == [
        "article_id", "revision", "url", "canonical_url", "source", "country", "scope", "language",
        "language_confidence", "languages", "kind", "title", "subtitle", "alternative_title", "authors",
        "desks", "agencies", "published", "modified_at", "first_seen_at", "last_seen_at", "removed_at",
        "text", "word_count", "text_sha256", "section", "tags", "images", "videos", "entries",
        "official_accounts", "access", "relevance", "institutions", "kinds", "attribution", "unit",
        "places", "other_places", "foreign_places", "partners", "figures", "quotes", "claim", "hearsay",
        "story_id", "copy_of", "copy_share", "relation", "voice", "capture",
    ]  # fmt: skip
    assert [bare[key] for key in ("country", "scope", "subtitle", "published", "removed_at", "section")] == [
        None
    ] * 6
    lists = (
        "languages authors desks agencies tags images videos entries official_accounts institutions".split()
    )
    assert all(bare[key] == [] for key in lists)
    assert (bare["kind"], bare["word_count"], bare["alternative_title"]) == ("text", 1, None)
    full = rows["https://matin.example/full"]
    assert full["published"] == {
        "at": "2026-11-24T09:00:00Z", "local_date": "2026-11-24", "precision": "minute", "origin": "meta",
        "earliest": "2026-11-24T09:00:00Z", "latest": "2026-11-24T09:01:00Z",
    }  # fmt: skip
    assert full["title"].startswith("=HYPERLINK"), "the apostrophe is for spreadsheets alone"
    assert full["images"] == [{"url": "https://e.example/1.jpg", "caption": None}]
    assert full["relevance"]["evidence"] == [
        {"label": "dgsn", "field": "title", "start": 0, "end": 4, "words": "DGSN"}
    ]
    assert full["capture"] == {"file": "a.warc.gz", "offset": 0, "sha256": "0" * 64}


TOLD = stored(
    "Ahmed Benani placé en garde à vue",
    "La DGSN annonce que Ahmed Benani et deux complices ont été arrêtés à Fès.\n"
    "« Nous avons saisi 2,5 kg », dit-elle.",
    name="told",
    tags=("Ahmed Benani", "Fès"),
    places=("fes",),
    labels={
        "kinds": (KindLabel("operation", (Evidence("operation", "text", 57, 64, "arrêtés"),)),),
        "attribution": Attributed(Attribution.OFFICIAL, Evidence("official", "text", 3, 15, "DGSN annonce")),
        "unit": "wilaya-fes",
        "partners": (Partner("Gendarmerie royale", "gendarmerie"),),
        "figures": (
            Figure("arrests", 3.0, "deux complices", "text", 37, 51),
            Figure("cannabis_kg", 2.5, "2,5 kg", "text", 94, 100, True, ("2026-11-16", "2026-11-22")),
        ),
        "quotations": (Quotation("", "dit-elle", "Nous avons saisi 2,5 kg", True, "text", 77, 100),),
        "claim": Evidence("claim", "text", 20, 32, "Ahmed Benani"),
        "masks": (
            Evidence("person", "title", 0, 12, "Ahmed Benani"),
            Evidence("person", "text", 20, 32, "Ahmed Benani"),
        ),
    },
)  # fmt: skip


def test_labels_are_exported_with_the_words_that_made_them(tmp_path: Path) -> None:
    (row,) = map(json.loads, searcher(tmp_path, TOLD).export("", unmasked=True, now=NOW))
    cue = {"text": "arrêtés", "field": "text", "start": 57, "end": 64}
    assert row["kinds"] == [{"id": "operation", "cues": [cue]}]
    assert row["attribution"]["value"] == "official" and row["attribution"]["cue"]["text"] == "DGSN annonce"
    assert (row["unit"], row["places"], row["other_places"]) == ("wilaya-fes", ["fes"], [])
    assert row["partners"] == [{"id": "gendarmerie", "name": "Gendarmerie royale"}]
    assert [(one["what"], one["value"], one["recalled"], one["period"]) for one in row["figures"]] == [
        ("arrests", 3, False, None),
        ("cannabis_kg", 2.5, True, ["2026-11-16", "2026-11-22"]),
    ]
    assert row["quotes"][0]["speaker"] is None and row["claim"]["text"] == "Ahmed Benani"


@pytest.mark.parametrize(
    "query",
    ["kind:operation", "attribution:official", "unit:wilaya-fes", "partner:gendarmerie", "figure:arrests>=3"],
)
def test_labels_find_and_say_why(query: str, tmp_path: Path) -> None:
    (hit,) = searcher(tmp_path, TOLD).search(query, now=NOW).hits
    (matched,) = hit.matched
    assert matched.via == "label" and matched.words


@pytest.mark.parametrize(
    "query",
    ["figure:cannabis_kg", "figure:arrests>3", "kind:denial", "-figure:arrests"],
)
def test_labels_that_it_has_not_do_not_find_it(query: str, tmp_path: Path) -> None:
    assert searcher(tmp_path, TOLD).search(query, now=NOW).total == 0


@pytest.mark.parametrize("form", ["jsonl", "csv"])
def test_names_to_mask_leave_only_unmasked(form: Literal["jsonl", "csv"], tmp_path: Path) -> None:
    made = searcher(tmp_path, TOLD)
    shown, open_ = ("".join(made.export("", form, unmasked=unmasked, now=NOW)) for unmasked in (False, True))
    assert "Benani" in open_ and "Benani" not in shown
    assert "A•••• B•••••" in shown and "DGSN annonce" in shown
    (hit,) = made.search("garde vue", now=NOW).hits
    assert "Benani" not in repr(hit)


@pytest.mark.parametrize(
    ("text", "hidden"),
    [
        ("سلم لعماد الزهراوي رسالة", "سلم لع••• ا••••••• رسالة"),
        ("عماد الزهراوي، ومعه وعماد الزهراوي", "ع••• ا•••••••، ومعه وع••• ا•••••••"),
        ("الزهراوي", "الزهراوي"),
        ("عماد الزهراويين", "عماد الزهراويين"),
    ],
)
def test_names_are_hidden_with_what_is_joined_to_them(text: str, hidden: str, tmp_path: Path) -> None:
    masks = (Evidence("person", "caption:0", 0, 13, "عماد الزهراوي"),)
    one = stored("Titre", text, name="x", labels={"masks": masks})
    (row,) = map(json.loads, searcher(tmp_path, one).export("", now=NOW))
    assert row["text"] == hidden


def test_masking_keeps_every_place(tmp_path: Path) -> None:
    (row,) = map(json.loads, searcher(tmp_path, TOLD).export("", now=NOW))
    for one in (*row["figures"], *row["quotes"], *row["kinds"][0]["cues"]):
        assert len(row["text"]) >= one["end"]
    assert len(row["text"]) == len(TOLD.article.text)
    assert row["claim"]["text"] == row["text"][20:32] == "A•••• B•••••"
    assert row["tags"] == ["A•••• B•••••", "Fès"]


def test_csv_is_read_back_whole_and_no_cell_is_a_formula(tmp_path: Path) -> None:
    made = searcher(tmp_path, FULL, BARE)
    text = "".join(made.export("", "csv", now=NOW))
    assert text.startswith("\ufeffarticle_id,")
    rows = list(csv.DictReader(io.StringIO(text.removeprefix("\ufeff"), newline="")))
    assert tuple(rows[0]) == COLUMNS
    row = next(row for row in rows if row["url"].endswith("full"))
    assert row["title"] == '\'=HYPERLINK("http://evil.example")'
    assert row["text"] == '\'@SUM(1)\nsuite, avec "guillemets"'
    assert (row["authors"], row["section"], row["tags"]) == ("'-Nom | Autre", "'+1", "a | b")
    assert (row["revision"], row["capture_offset"], row["removed_at"]) == ("1", "0", "")
    assert json.loads(row["videos"]) == [
        {"url": "https://e.example/v", "kind": "html5", "caption": "Légende"}
    ]


@pytest.mark.parametrize(
    "cell", ["=1", "+1", "-1", "@a", "\t=1", "\r=1", " =1", "\u200f=1", "＝1", "\u00a0-1"]
)
def test_cells_that_spreadsheets_would_run_begin_with_an_apostrophe(cell: str, tmp_path: Path) -> None:
    made = searcher(tmp_path, stored(cell, name="x", section=cell))
    (row,) = csv.DictReader(
        io.StringIO("".join(made.export("", "csv", now=NOW)).removeprefix("\ufeff"), newline="")
    )
    assert row["title"] == row["section"] == "'" + cell


@pytest.mark.parametrize("form", ["jsonl", "csv"])
def test_same_export_twice_gives_the_same_bytes_in_order_of_id(form: str, tmp_path: Path) -> None:
    made = searcher(tmp_path, *(stored("Un", name=str(n), at=SEEN - timedelta(days=n)) for n in range(30)))
    once, again = ("".join(made.export("", form, now=NOW)).encode() for _ in range(2))  # type: ignore[arg-type]
    assert once == again
    if form == "jsonl":
        ids = [json.loads(line)["article_id"] for line in once.decode().splitlines()]
        assert ids == sorted(ids) and len(ids) == 30


def test_export_is_uncapped_and_lazy(tmp_path: Path) -> None:
    made = searcher(tmp_path, *(stored("Un", "x", name=str(n)) for n in range(12_000)))
    lines = made.export("", now=NOW)
    next(lines)
    assert sum(1 for _ in lines) == 11_999


def test_half_a_surrogate_pair_is_written_as_valid_text(tmp_path: Path) -> None:
    made = searcher(tmp_path, stored("Un \ud83d", name="x", at=datetime(2026, 1, 1, tzinfo=UTC)))
    (line,) = made.export("", now=NOW)
    assert json.loads(line.encode())["title"] == "Un \ud83d"
    "".join(made.export("", "csv", now=NOW)).encode()
