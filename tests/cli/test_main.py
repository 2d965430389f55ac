"""The door of the command line: help that teaches, errors that end with their own code."""

from __future__ import annotations

import errno
import importlib
import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from html import escape
from pathlib import Path
from types import SimpleNamespace

import click
import pytest
from click.testing import CliRunner

from cli.ask import _sink
from cli.collect import Follower
from cli.main import _COMMANDS, main
from store.ledger import Ledger
from tests.house.test_imports import ROOT


def commands() -> Iterator[tuple[str, click.Command]]:
    """Every command and subcommand, by its words."""
    for name, (where, _) in _COMMANDS.items():
        module, _, attribute = where.partition(":")
        command: click.Command = getattr(importlib.import_module(module), attribute)
        yield name, command
        if isinstance(command, click.Group):
            yield from ((f"{name} {sub}", below) for sub, below in command.commands.items())


ALL = dict(commands())


@pytest.mark.parametrize("words", ALL)
def test_every_command_has_help_with_an_example(words: str) -> None:
    shown = CliRunner().invoke(main, [*words.split(), "--help"])
    assert shown.exit_code == 0
    command = ALL[words]
    assert command.help or command.short_help
    if not isinstance(command, click.Group):
        assert "marsad " in shown.output.replace("Usage: main", "").replace("Usage: marsad", "")


@pytest.mark.parametrize("words", ALL)
def test_every_option_says_what_it_does(words: str) -> None:
    silent = [
        option.name
        for option in ALL[words].params
        if isinstance(option, click.Option) and not (option.help or isinstance(option.type, click.Choice))
    ]
    assert not silent


def test_the_one_line_of_help_is_the_commands_own() -> None:
    """The list is kept apart so that ``marsad --help`` imports nothing: it must not drift."""
    for name, (_, line) in _COMMANDS.items():
        assert line.endswith("."), name
        assert len(line) <= 70, name


def test_help_imports_no_room() -> None:
    """``marsad --help`` answers at once because it loads none of what the commands need."""
    code = (
        "import sys; from cli.main import main\n"
        "try: main(['--help'])\n"
        "except SystemExit: pass\n"
        "heavy = {'scrapy', 'sqlalchemy', 'pydantic', 'tantivy', 'lxml', 'yaml'} & set(sys.modules)\n"
        "print(sorted(heavy), file=sys.stderr)"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, cwd=ROOT)
    assert done.stderr.strip() == "[]"


REFUSED = [
    pytest.param(["serach", "x"], 2, "Did you mean 'search'?", id="unknown command"),
    pytest.param(["--set", "crawl", "status"], 2, "expected section.key=value", id="setting without a value"),
    pytest.param(["--set", "crawl.backfil_days=3", "status"], 4, "backfill_days", id="unknown setting"),
    pytest.param(["--config", "nowhere", "config", "check"], 4, "nowhere", id="no such configuration"),
    pytest.param(["search", "x"], 3, "marsad crawl", id="nothing collected yet"),
    pytest.param(["status"], 3, "nothing has been collected", id="no ledger"),
    pytest.param(["crawl", "hespres"], 2, "Nearest: ", id="unknown source"),
    pytest.param(["extract"], 2, "--list", id="nothing to extract"),
    pytest.param(["import", "absent.warc.gz"], 2, "absent.warc.gz", id="no such file"),
    pytest.param(
        ["--home", "/dev/null/home", "crawl"],
        5,
        "/dev/null/home: Not a directory",
        id="a home that cannot be",
    ),
    pytest.param(
        ["sources", "export", "--opml", "--output", "/dev/null/x"],
        2,
        "/dev/null/x: Not a directory",
        id="an output that cannot be written",
    ),
    pytest.param(["crawl", "--since", "2999-01-01"], 2, "'--since': 2999-01-01 is yet", id="a future day"),
    pytest.param(["crawl", "map"], 2, "map is not visited, it is disabled: ", id="disabled source"),
    pytest.param(
        ["extract", "/dev/null", "--url", "https://a.example/x", "--join"], 2, "two FILES", id="one to join"
    ),
    pytest.param(["extract", "/dev/null", "--url", "notaurl"], 2, "--url: ", id="no address"),
    pytest.param(
        ["extract", "/dev/null", "--url", "https://a.example/x", "--html", "y"],
        2,
        "--explain",
        id="colours of nothing",
    ),
    pytest.param(
        ["extract", "--list", "/dev/null", "--explain"], 2, "reads one FILE", id="an explanation of a list"
    ),
    pytest.param(
        ["extract", "/dev/null", "--url", "https://a.example/x", "--explain", "--html", "/dev/null/y"],
        2,
        "/dev/null/y: Not a directory",
        id="an explanation that cannot be written",
    ),
]


@pytest.mark.parametrize(("arguments", "code", "words"), REFUSED)
def test_a_refusal_says_why_and_what_next(
    arguments: list[str], code: int, words: str, tmp_path: Path
) -> None:
    done = CliRunner().invoke(main, ["--home", str(tmp_path / "home"), *arguments])
    assert done.exit_code == code, done.output
    assert words in done.output
    assert not done.stdout, "messages go to stderr"


def test_a_catalogue_in_which_nothing_can_be_due_says_so(tmp_path: Path) -> None:
    overlay = tmp_path / "overlay"
    (overlay / "sources").mkdir(parents=True)
    call = ["--home", str(tmp_path / "home"), "--config", str(overlay), "crawl"]
    done = CliRunner().invoke(main, call)
    assert done.exit_code == 4
    assert f"{overlay / 'sources'}: it holds no outlet" in done.stderr
    (overlay / "sources" / "a.yml").write_text(
        "id: a\nname: {en: A}\ncountry: MA\nlanguages: [en]\nscope: national\nhomepage: https://a.example/\n"
        "timezone: Africa/Casablanca\nenabled: false\nreason: it asks us to stay away\n"
        "entry_points: [{kind: feed, url: 'https://a.example/feed'}]\n"
    )
    done = CliRunner().invoke(main, call)
    assert done.exit_code == 4, done.output
    assert "none of 1 outlet is enabled" in done.stderr
    done = CliRunner().invoke(main, [*call[:-1], "sources", "list"])
    assert done.stderr == "1 outlet, 0 enabled\n"


@pytest.mark.parametrize("shell", ["bash", "zsh", "fish"])
def test_completion_is_printed_for_each_shell(shell: str) -> None:
    done = CliRunner().invoke(main, ["completion", shell])
    assert done.exit_code == 0
    assert "_MARSAD_COMPLETE" in done.output


_ROW = {"path": "page.html", "url": "https://a.example/news/a-title-of-it"}
LISTED = [
    pytest.param("", [], id="empty"),
    pytest.param('{"path": "gone.html", "url": "https://a.example/x"}', ["unreadable"], id="no file"),
    pytest.param("{", ["unreadable"], id="no JSON"),
    pytest.param("[1]", ["unreadable"], id="no object"),
    pytest.param('{"url": "https://a.example/x"}', ["unreadable"], id="no path"),
    pytest.param('{"path": "page.html", "url": "https://a.example/news/a-title-of-it"}', [None], id="a page"),
    pytest.param('{"path": "page.html", "url": "ftp://a.example/x"}', ["unreadable"], id="no web address"),
    *(
        pytest.param(json.dumps({**_ROW, key: value}), ["unreadable"], id=f"{key} is {value!r}")
        for key, value in (
            ("path", 5),
            ("url", [1]),
            ("content_type", 1),
            ("fetched_at", 7),
            ("language", {}),
        )
    ),
    pytest.param("\ufeff" + json.dumps(_ROW), [None], id="a byte order mark"),
    pytest.param(
        '{"path": "page.html", "url": "https://a.example/x", "fetched_at": "2026-11-24T10:00:00"}',
        ["unreadable"],
        id="a time without a zone",
    ),
]


@pytest.mark.parametrize(("lines", "rejected"), LISTED)
def test_extract_answers_each_line_of_a_list(
    lines: str, rejected: list[str | None], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    text = "The council opened the new library on Monday, said the mayor, who promised longer hours. " * 4
    (tmp_path / "page.html").write_text(
        f"<html lang=en><title>Library opens</title><h1>Library opens</h1><p>{text}</p></html>",
        encoding="utf-8",
    )
    (tmp_path / "list.jsonl").write_text(lines, encoding="utf-8")
    done = CliRunner().invoke(main, ["extract", "--list", "list.jsonl", "--json"])
    answers = [json.loads(line) for line in done.stdout.splitlines()]
    assert [answer.get("rejected") for answer in answers] == rejected
    assert done.exit_code == (1 if any(rejected) else 0)
    assert "Errno" not in done.stdout, "details are words for a person"


def test_pages_of_one_article_are_joined(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    for number, word in enumerate(("first", "second"), 1):
        text = f"The {word} part tells of the new library, which the council opened on Monday at noon. " * 2
        (tmp_path / f"{number}.html").write_text(
            f"<title>Library opens</title><h1>Library opens</h1><p>{text}</p>"
        )
    row = {"path": "1.html", "url": "https://a.example/x", "pages": ["2.html"]}
    (tmp_path / "list.jsonl").write_text(json.dumps(row) + "\n" + json.dumps({**row, "pages": ["gone.html"]}))
    asked = ["extract", "1.html", "2.html", "--join", "--url", "https://a.example/x", "--json"]
    (joined,) = map(json.loads, CliRunner().invoke(main, asked).stdout.splitlines())
    assert "The first part" in joined["text"] and "The second part" in joined["text"]
    listed, gone = map(
        json.loads,
        CliRunner().invoke(main, ["extract", "--list", "list.jsonl", "--json"]).stdout.splitlines(),
    )
    assert listed == joined
    assert gone["rejected"] == "unreadable" and "gone.html" in gone["detail"]


def test_an_explanation_is_printed_or_written_as_a_page(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    text = "The council opened the new library on Monday, said the <mayor>, who promised longer hours. " * 4
    (tmp_path / "page.html").write_text(
        f"<html lang=en><title>Library opens</title><h1>Library opens</h1><p>{escape(text)}</p></html>"
    )
    asked = ["extract", "page.html", "--url", "https://a.example/x", "--explain"]
    printed = CliRunner().invoke(main, asked)
    assert printed.exit_code == 0, printed.output
    assert "→ title      Library opens" in printed.stdout and "p          text" in printed.stdout
    written = CliRunner().invoke(main, [*asked, "--html", "why.html"])
    assert (written.exit_code, written.stdout) == (0, "")
    page = (tmp_path / "why.html").read_text(encoding="utf-8")
    assert "Library opens" in page and "&lt;mayor&gt;" in page and "<script" not in page


def test_a_list_in_another_encoding_harms_its_lines_only(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "list.jsonl").write_bytes(b'\xff\xfe{"a"\n{"path": "gone", "url": "https://a.example/x"}\n')
    done = CliRunner().invoke(main, ["extract", "--list", "list.jsonl", "--json"])
    assert [json.loads(line)["rejected"] for line in done.stdout.splitlines()] == ["unreadable"] * 2


@pytest.mark.parametrize("name", ["noise.warc.gz", "empty.warc.gz"])
def test_a_file_without_pages_is_told_apart_from_one_that_was_read(name: str, tmp_path: Path) -> None:
    file = tmp_path / name
    file.write_bytes(b"no archive at all" * 50 if name.startswith("noise") else b"")
    done = CliRunner().invoke(main, ["--home", str(tmp_path / "home"), "import", str(file), "--json"])
    assert done.exit_code == (3 if name.startswith("noise") else 2), done.output
    assert json.loads(done.stdout)["indexed"] == 0
    assert "files" in done.stderr


@pytest.mark.parametrize(
    ("words", "query"),
    [
        (["-rumeur"], " -rumeur"),
        (["DGSN", "-طنجة", "--json"], "DGSN  -طنجة"),
        (["توقيف", "طنجة"], "توقيف طنجة"),
        (["-has:date", "--limit", "3"], " -has:date"),
    ],
)
def test_words_of_a_query_may_begin_with_a_minus_sign(words: list[str], query: str) -> None:
    command = ALL["search"]
    with command.make_context("search", list(words), help_option_names=["-h", "--help"]) as context:
        assert " ".join(context.params["query"]) == query


@pytest.mark.parametrize(
    ("query", "hint"),
    [
        ("source:hespresss", "No outlet 'hespresss' is in the catalogue: 'hespress'?"),
        ("-source:(hespress OR le360-fr)", None),
        ("story:x OR voice:independent", "story: and voice: ask for what `marsad link` works out"),
        ("relevance:any توقيف", None),
        ("توقيف", "relevance:any"),
    ],
)
def test_nothing_found_says_what_may_be_the_reason(query: str, hint: str | None, tmp_path: Path) -> None:
    Ledger.open(tmp_path).close()
    done = CliRunner().invoke(main, ["--home", str(tmp_path), "index", "rebuild"])
    assert done.exit_code == 0, done.output
    done = CliRunner().invoke(main, ["--home", str(tmp_path), "search", query])
    assert done.exit_code == 3, done.output
    if hint is None:
        assert not {"catalogue", "link"} & set(done.stderr.replace("`", " ").split())
    else:
        assert hint in done.stderr


@pytest.mark.parametrize("command", ["show", "export"])
def test_names_as_printed_are_for_those_whom_the_operator_allows(
    command: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    Ledger.open(tmp_path).close()
    asked = ["--home", str(tmp_path), command, "0" * 32, "--unmasked"]
    done = CliRunner().invoke(main, asked)
    assert (done.exit_code, "privacy.unmasked = true" in done.stderr) == (2, True), done.output
    monkeypatch.setenv("MARSAD_PRIVACY__UNMASKED", "true")
    assert "not allowed" not in CliRunner().invoke(main, asked).stderr


@pytest.mark.parametrize("words", [["-h"], ["-rumeur", "--help"]])
@pytest.mark.parametrize("command", ["search", "trend", "export"])
def test_help_of_a_question_is_still_help(command: str, words: list[str]) -> None:
    done = CliRunner().invoke(main, [command, *words])
    assert done.exit_code == 0
    assert "Usage" in done.stdout


STOPPED = [
    pytest.param(["crawl"], "cli.collect.collect", "are kept", id="crawl"),
    pytest.param(["replay"], "pipeline.replay.replay_pages", "is kept", id="replay"),
    pytest.param(["import", "/dev/null"], "pipeline.replay.replay_pages", "is kept", id="import"),
    pytest.param(["index", "rebuild"], "search.indexer.rebuild", "the one before it stands", id="rebuild"),
    pytest.param(["export", "x"], "search.answers.Searcher.count", "no file", id="export"),
    pytest.param(["search", "x"], "search.answers.Searcher.search", "nothing was changed", id="search"),
    pytest.param(["demo"], "cli.demo.run", "begins anew", id="demo"),
]


@pytest.mark.parametrize(("arguments", "where", "left"), STOPPED)
def test_ctrl_c_says_what_it_leaves_behind(
    arguments: list[str], where: str, left: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def interrupted(*_: object, **__: object) -> None:
        raise KeyboardInterrupt

    Ledger.open(tmp_path).close()
    monkeypatch.setattr(where, interrupted)
    done = CliRunner().invoke(main, ["--home", str(tmp_path), *arguments])
    assert done.exit_code == 1, done.output
    (line,) = done.stderr.splitlines()
    assert line.startswith("stopped; ")
    assert left in line


@pytest.mark.parametrize(
    ("arguments", "code", "left"),
    [
        (["backup"], 1, "stopped; nothing was changed"),
        (["verify"], 1, "stopped; what was mended so far is kept"),
        (["index", "rebuild"], 1, "stopped; a rebuild is dropped"),
        (["crawl"], 1, "stopped; the links and pages found so far are kept"),
        (["up"], 0, ""),
        (["worker"], 0, ""),
    ],
    ids=lambda value: value[0] if isinstance(value, list) else "",
)
@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_a_signal_at_any_instant_ends_a_command_in_order(
    arguments: list[str], code: int, left: str, number: signal.Signals, tmp_path: Path
) -> None:
    Ledger.open(tmp_path).close()
    # Once it reads the configuration: there it stands still, at a pipe from which nothing comes.
    overlay = tmp_path / "overlay"
    (overlay / "sources").mkdir(parents=True)
    os.mkfifo(overlay / "marsad.toml")
    command = [
        sys.executable,
        "-m",
        "cli.main",
        "--home",
        str(tmp_path),
        "--config",
        str(overlay),
        *arguments,
    ]
    process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, cwd=ROOT)
    try:
        end = time.monotonic() + 60
        while (pipe := opened(overlay / "marsad.toml")) is None:
            assert time.monotonic() < end and process.poll() is None
            time.sleep(0.02)
        process.send_signal(number)
        _, said = process.communicate(timeout=60)
        os.close(pipe)
    finally:
        process.kill()
        process.communicate()
    assert process.returncode == code, said
    assert left in said and "Traceback" not in said


@pytest.mark.parametrize("name", ["ledger.sqlite", "notes.txt"])
@pytest.mark.parametrize("command", ["backup", "restore"])
def test_a_file_that_is_no_backup_is_a_wrong_word_not_a_fault(
    command: str, name: str, tmp_path: Path
) -> None:
    Ledger.open(tmp_path).close()
    (tmp_path / "notes.txt").write_text("mine")
    done = CliRunner().invoke(main, ["--home", str(tmp_path), command, str(tmp_path / name)])
    assert done.exit_code == 2, done.output
    assert str(tmp_path / name) in done.stderr and "Next: name" in done.stderr
    assert (tmp_path / "notes.txt").read_text() == "mine"


def opened(pipe: Path) -> int | None:
    """*pipe*, opened to be written to; ``None`` while nobody reads it."""
    try:
        return os.open(pipe, os.O_WRONLY | os.O_NONBLOCK)
    except OSError as fault:
        if fault.errno == errno.ENXIO:
            return None
        raise


@pytest.mark.parametrize(("free", "said"), [(1000, "is full"), (1 << 30, "reader.log")])
def test_a_process_beside_the_crawl_that_ends_badly_is_told_with_the_reason(
    free: int,
    said: str,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.setattr("shutil.disk_usage", lambda _: SimpleNamespace(free=free))
    process = subprocess.Popen(
        [sys.executable, "-c", "import sys; sys.stdin.read(); sys.exit(1)"], stdin=subprocess.PIPE
    )
    with pytest.raises(SystemExit) as ended:
        Follower("pipeline.reader", process, tmp_path / "reader.log").finish(lambda: None)
    assert ended.value.code == 1
    shown = capsys.readouterr().err
    assert said in shown and "Nothing is lost" in shown


def test_an_export_that_finds_no_room_names_its_file_and_leaves_the_old_one(tmp_path: Path) -> None:
    output = tmp_path / "all.jsonl"
    output.write_text("of yesterday\n")
    with pytest.raises(OSError, match=r"all\.jsonl"), _sink(output) as write:
        write("{}\n")
        raise OSError(errno.ENOSPC, "No space left on device")
    assert output.read_text() == "of yesterday\n"
    assert list(tmp_path.iterdir()) == [output]


@pytest.mark.parametrize("form", ["text", "json"])
def test_log_lines_go_to_stderr_as_the_settings_say(form: str, capsys: pytest.CaptureFixture[str]) -> None:
    import structlog

    import config
    from config.logs import configure

    configure(config.load(environ={}, overrides={"log.format": form, "log.level": "warning"}).settings)
    try:
        log = structlog.get_logger("marsad.test")
        log.info("left_out")
        log.warning("page_quarantined", url="https://a.example/طنجة")
    finally:
        structlog.reset_defaults()
    shown = capsys.readouterr()
    assert not shown.out
    (line,) = shown.err.splitlines()
    assert "page_quarantined" in line
    assert "طنجة" in line
    if form == "json":
        assert json.loads(line)["level"] == "warning"
