"""What a log line may hold, and how it is written."""

from __future__ import annotations

import io
import json
import logging
import sys
from pathlib import Path
from typing import Any

import pytest
import structlog

import config
from config.logs import JsonLines, as_json, configure, last_fault, without_secrets


@pytest.mark.parametrize(
    ("said", "shown"),
    [
        ("https://me:pass@a.example/x", "https://***@a.example/x"),
        ("postgresql+psycopg://u:p@db/marsad failed", "postgresql+psycopg://u:***@db/marsad failed"),
        ("postgresql://u:p/w@db/x", "postgresql://u:***@db/x"),
        ("postgresql://u:p@ss@db/x", "postgresql://u:***@db/x"),
        ("https://a.example:8080/@user/x", "https://a.example:8080/@user/x"),
        ("notify --token abc --to me", "notify --token *** --to me"),
        ("api_key=abc def", "api_key=*** def"),
        ("Authorization: Bearer abc.def", "Authorization: Bearer ***"),
        ("Authorization: ApiKey abc==", "Authorization: ApiKey ***"),
        ('{"password": "a b"}', '{"password": ***}'),
        ("https://a.example/?token=abc&page=2", "https://a.example/?token=***&page=2"),
        ("the token of a lease was lost", "the token of a lease was lost"),
        ({"secret": "s", "url": "https://u:p@h/", "deep": [{"token": "t"}]},
         {"secret": "***", "url": "https://***@h/", "deep": [{"token": "***"}]}),
        (7, 7),
    ],
)  # fmt: skip
def test_90_no_secret_stands_in_a_line(said: Any, shown: Any) -> None:
    assert without_secrets(said) == shown


@pytest.mark.parametrize(
    ("asked", "terminal", "expected"),
    [("auto", True, False), ("auto", False, True), ("text", False, False), ("json", True, True)],
)
def test_lines_are_for_whoever_reads_them(
    asked: str, terminal: bool, expected: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sys, "stderr", io.StringIO())
    monkeypatch.setattr(sys.stderr, "isatty", lambda: terminal)
    assert as_json(config.load(environ={}, overrides={"log.format": asked}).settings) is expected


def test_90_every_line_of_ours_is_redacted_and_bears_its_run(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("MARSAD_RUN_ID", "12")
    configure(config.load(environ={}, overrides={"log.format": "json"}).settings)
    try:
        structlog.get_logger("marsad.test").warning("failed", url="https://u:p@h/", source="akhbar")
    finally:
        structlog.reset_defaults()
        structlog.contextvars.clear_contextvars()
    line = json.loads(capsys.readouterr().err)
    assert (line["url"], line["source"], line["run_id"]) == ("https://***@h/", "akhbar", 12)


@pytest.mark.parametrize("message", ["a\nb", "\x1b[31mred", "{{ 7*7 }}", "title: ../../etc/passwd"])
def test_47_a_line_stays_a_line_whatever_a_page_says(message: str) -> None:
    record = logging.LogRecord("x", logging.WARNING, "f", 1, message, None, None)
    text = JsonLines().format(record)
    assert len(text.splitlines()) == 1
    assert "\x1b" not in text
    assert json.loads(text)["event"] == message


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ('{"event": "a"}\n{"event": "indexing_ended", "fault": "no room"}\n', "no room"),
        ('{"event": "e", "exception": "Traceback …\\n  File x\\nKeyError: 7"}\n', "KeyError: 7"),
        ('{"fault": "before"}\n{"event": "went on"}\n', None),
        ("Killed\n", None),
        ("[1]\n", None),
        ("", None),
    ],
)
def test_what_a_process_said_of_its_end(tmp_path: Path, text: str, said: str | None) -> None:
    log = tmp_path / "log"
    log.write_text(text)
    assert last_fault(log) == said
    assert last_fault(tmp_path / "none") is None
