"""``marsad gold``: a page kept with what is right on it, and read again."""

from __future__ import annotations

import gzip
import json
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result

import config
from cli.main import main
from pipeline.annotation import Annotator
from pipeline.rules import Known, Rules
from pipeline.run import read
from search.export import article_record
from store.records import Annotated, FetchedPage
from tests.pipeline.extraction.pages import GOLD, GOLD_NAMES, NOW

URL = "https://www.hespress.com/%D9%85%D9%8A%D9%86%D8%A7%D8%A1-1234.html"
TEXT = (
    "The council opened the new library on Monday, said the mayor, who promised longer hours to all readers."
)
MORE = "Readers waited in the square since the morning, and the first of them took home a book about the sea."
PAGE = f"<html lang=en><title>Library opens</title><h1>Library opens</h1><p>{TEXT}</p><p>{MORE}</p></html>"


@pytest.fixture
def home(tmp_path: Path) -> Path:
    (tmp_path / "page.html").write_text(PAGE, encoding="utf-8")
    return tmp_path


def run(home: Path, *arguments: str) -> Result:
    return CliRunner().invoke(main, ["--home", str(home), "gold", *arguments])


def add(home: Path, *more: str, page: str = "page.html") -> Path:
    done = run(home, "add", str(home / page), URL, *more)
    assert done.exit_code == 0, done.output
    return Path(done.stdout.strip())


def edited(path: Path, **expected: Any) -> None:
    told = json.loads(path.read_text(encoding="utf-8"))
    told["expected"] |= expected
    path.write_text(json.dumps(told), encoding="utf-8")


def test_a_page_is_kept_as_it_came_below_its_outlet(home: Path) -> None:
    path = add(home)
    assert path == home / "gold" / "hespress" / "ميناء-1234.json"
    told = json.loads(path.read_text(encoding="utf-8"))
    assert told["expected"]["title"] == "Library opens" and told["expected"]["text"][0] == TEXT
    assert gzip.decompress(path.with_suffix(".html.gz").read_bytes()) == PAGE.encode()
    done = run(home, "check")
    assert (done.exit_code, done.stdout) == (0, "hespress/ميناء-1234: ok\n")


def test_what_is_read_otherwise_is_told_field_by_field(home: Path) -> None:
    path = add(home)
    edited(path, title="The library opens", text=[TEXT, "Another line."])
    done = run(home, "check", "hespress")
    assert done.exit_code == 1
    assert "  - The library opens\n    + Library opens\n" in done.stdout
    assert "- Another line." in done.stdout and TEXT not in done.stdout, "of a text the lines that differ"
    (row,) = map(json.loads, run(home, "check", "--json").stdout.splitlines())
    assert [one["field"] for one in row["differences"]] == ["title", "text"]


def test_a_key_taken_out_is_not_compared(home: Path) -> None:
    path = add(home)
    told = json.loads(path.read_text(encoding="utf-8"))
    told["expected"] = {"language": "en"}
    path.write_text(json.dumps(told), encoding="utf-8")
    assert run(home, "check").exit_code == 0


def test_a_page_that_is_no_article_must_stay_none(home: Path) -> None:
    (home / "none.html").write_text("<title>404 Not Found</title><h1>Page not found</h1><p>Nothing here.</p>")
    path = add(home, "--name", "missing", page="none.html")
    assert json.loads(path.read_text(encoding="utf-8"))["expected"]["rejected"] == "soft_404"
    assert run(home, "check", "missing").exit_code == 0
    edited(add(home, "--name", "whole"), rejected="soft_404")
    assert run(home, "check", "whole").exit_code == 1


def test_a_rule_of_the_outlet_is_what_a_check_reads_by(home: Path, tmp_path: Path) -> None:
    edited(add(home), title="Opening")
    overlay = tmp_path / "config" / "sources" / "ma"
    overlay.mkdir(parents=True)
    (overlay / "hespress.yml").write_text(
        "id: hespress\nname: {ar: هسبريس}\ncountry: MA\nlanguages: [ar]\nscope: national\n"
        "timezone: Africa/Casablanca\nhomepage: https://www.hespress.com/\n"
        "entry_points: [{kind: feed, url: https://www.hespress.com/feed}]\n"
        "rules: [{title: p + p}]\n",
        encoding="utf-8",
    )
    done = CliRunner().invoke(
        main, ["--config", str(tmp_path / "config"), "--home", str(home), "gold", "check"]
    )
    assert f"+ {MORE}" in done.stdout


WRONG = [
    (["add", "{page}", "nowhere"], 2, "URL: "),
    (["add", "{page}", URL, "--fetched-at", "yesterday"], 2, "--fetched-at: "),
    (["check"], 3, "no gold page. Next: "),
    (["check", "someone"], 3, "no gold page of someone"),
]


@pytest.mark.parametrize(("arguments", "code", "said"), WRONG)
def test_wrong_use_names_what_was_seen(arguments: list[str], code: int, said: str, home: Path) -> None:
    done = run(home, *(one.format(page=home / "page.html") for one in arguments))
    assert (done.exit_code, said in done.output) == (code, True), done.output


def test_a_gold_page_is_not_replaced_unasked(home: Path) -> None:
    path = add(home)
    edited(path, title="Mine")
    assert run(home, "add", str(home / "page.html"), URL).exit_code == 2
    assert json.loads(path.read_text(encoding="utf-8"))["expected"]["title"] == "Mine"
    add(home, "--force")
    assert json.loads(path.read_text(encoding="utf-8"))["expected"]["title"] == "Library opens"


def test_a_misspelt_name_is_told_though_others_are_known(home: Path) -> None:
    add(home, "--name", "good")
    done = run(home, "check", "good", "godo")
    assert (done.exit_code, "no gold page of godo." in done.output) == (3, True), done.output


NOT_GOLD = [
    "{",
    "{}",
    '{"url": 1, "expected": {}, "fetched_at": "x"}',
    f'{{"url": "{URL}", "expected": [], "fetched_at": "2026-11-24T08:00:00Z"}}',
    f'{{"url": "{URL}", "expected": {{}}, "fetched_at": "2026-11-24T08:00:00"}}',
]


@pytest.mark.parametrize("broken", NOT_GOLD)
def test_a_broken_gold_page_harms_no_other(broken: str, home: Path) -> None:
    add(home, "--name", "good")
    add(home, "--name", "bad").write_text(broken, encoding="utf-8")
    done = run(home, "check")
    assert done.exit_code == 1
    assert "hespress/bad: differs" in done.stdout and "hespress/good: ok" in done.stdout


def test_extract_answers_as_the_pipeline_reads(home: Path) -> None:
    """Whole pages through the command's list, and through the step that a crawl and a replay take."""
    config_ = config.load(environ={})
    rules, annotator = Rules.default(known=Known.of(config_)), Annotator(config_)
    rows, read_by_pipeline = [], []
    for name in GOLD_NAMES:
        expected = json.loads((GOLD / f"{name}.json").read_text("utf-8"))
        path = GOLD / f"{name}.html"
        rows.append({"path": str(path), "url": expected["url"], "fetched_at": NOW.isoformat()})
        page = FetchedPage.of(expected["url"], path.read_bytes(), fetched_at=NOW)
        annotated = read(page, rules, annotator, None)
        assert isinstance(annotated, Annotated), name
        read_by_pipeline.append(article_record(annotated.article))
    (home / "list.jsonl").write_text("\n".join(map(json.dumps, rows)), encoding="utf-8")
    done = CliRunner().invoke(main, ["extract", "--list", str(home / "list.jsonl"), "--json"])
    answers = [json.loads(line) for line in done.stdout.splitlines()]
    for answer in answers:
        answer.pop("origins")
    assert answers == read_by_pipeline
