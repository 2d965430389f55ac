"""Fault 33: robots.txt as others read it: Google's cases in our words, Protego's and feedparser's own tests.

The tests of the two packages come from their source distributions (``python -m tests.expectations.fetch``);
what we read otherwise stands in ``expectations.yml``, with the reason.
"""

# ruff: noqa: E501 -- a row of a table is one robots.txt, kept on its line

from __future__ import annotations

import ast
import html
import re
import shutil
import subprocess
import sys
import warnings
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit
from xml.etree import ElementTree

import pytest
import yaml

from config.model import Source
from crawlers.discovery import discover
from crawlers.robots import Rules
from tests.expectations.fetch import folder

ROOT = Path(__file__).resolve().parents[2]
KNOWN = yaml.safe_load(Path(__file__).with_name("expectations.yml").read_text())
NOW = datetime(2026, 11, 24, tzinfo=UTC)

# robots.txt, path, whether it may be fetched
GOOGLE: dict[str, tuple[str, str, bool]] = {
    "an empty file": ("", "/x", True),
    "nothing but comments": ("# no\n#User-agent: *\n#Disallow: /\n", "/x", True),
    "rules before any group": ("Disallow: /\nUser-agent: Other\nDisallow: /\n", "/x", True),
    "all": ("User-agent: *\nDisallow: /\n", "/x", False),
    "an empty disallow": ("User-agent: *\nDisallow:\n", "/x", True),
    "robots.txt itself may always be fetched": ("User-agent: *\nDisallow: /\n", "/robots.txt", True),
    "keys in any case": ("uSeR-aGeNt: *\ndISALLOW: /x\n", "/x", False),
    "no blank after the colon": ("User-agent:*\nDisallow:/x\n", "/x", False),
    "blanks everywhere": ("  User-agent :  *  \n\t Disallow :  /x \n", "/x", False),
    "a comment at the end of a line": ("User-agent: * # all\nDisallow: /x # that\n", "/x", False),
    "CRLF": ("User-agent: *\r\nDisallow: /x\r\n", "/x", False),
    "CR alone": ("User-agent: *\rDisallow: /x\r", "/x", False),
    "a BOM": ("\ufeffUser-agent: *\nDisallow: /x\n", "/x", False),
    "half a BOM's worth of junk": ("\x00User-agent: *\nDisallow: /x\n", "/x", False),
    "our name": ("User-agent: Marsad\nDisallow: /x\n", "/x", False),
    "our name in any case": ("User-agent: MARSAD\nDisallow: /x\n", "/x", False),
    "our name with a version": ("User-agent: Marsad/1.0\nDisallow: /x\n", "/x", False),
    "another's name": ("User-agent: Googlebot\nDisallow: /\n", "/x", True),
    "a longer name than ours": ("User-agent: MarsadNews\nDisallow: /\n", "/x", True),
    "our group goes before all": ("User-agent: *\nDisallow: /\nUser-agent: Marsad\nDisallow: /y\n", "/x", True),
    "an empty group of ours": ("User-agent: *\nDisallow: /\n\nUser-agent: Marsad\nDisallow:\n", "/x", True),
    "two groups of ours are one": ("User-agent: Marsad\nDisallow: /a\n\nUser-agent: x\nDisallow: /\n\nUser-agent: Marsad\nDisallow: /x\n", "/x", False),
    "several names, one group": ("User-agent: a\nUser-agent: Marsad\nUser-agent: b\nDisallow: /x\n", "/x", False),
    "a blank line does not end a group": ("User-agent: Marsad\n\nDisallow: /x\n", "/x", False),
    "an unknown line does not end a group": ("User-agent: Marsad\nSitemap: https://a.example/s.xml\nDisallow: /x\n", "/x", False),
    "the longest rule wins: allow": ("User-agent: *\nDisallow: /x\nAllow: /x/page\n", "/x/page.html", True),
    "the longest rule wins: disallow": ("User-agent: *\nAllow: /x\nDisallow: /x/page\n", "/x/page.html", False),
    "order is nothing": ("User-agent: *\nAllow: /\nDisallow: /x\n", "/x", False),
    "allow wins a tie": ("User-agent: *\nDisallow: /x\nAllow: /x\n", "/x", True),
    "a path is a prefix": ("User-agent: *\nDisallow: /fish\n", "/fishheads/yummy.html", False),
    "a path is no infix": ("User-agent: *\nDisallow: /fish\n", "/catfish", True),
    "paths mind their case": ("User-agent: *\nDisallow: /Fish\n", "/fish", True),
    "a folder": ("User-agent: *\nDisallow: /fish/\n", "/fish", True),
    "a trailing star is nothing": ("User-agent: *\nDisallow: /fish*\n", "/fishes", False),
    "a star inside": ("User-agent: *\nDisallow: /*.php\n", "/folder/any.php.file.html", False),
    "a star and an end": ("User-agent: *\nDisallow: /*.php$\n", "/filename.php?parameters", True),
    "an end that is met": ("User-agent: *\nDisallow: /*.php$\n", "/folder/filename.php", False),
    "a dollar inside is a dollar": ("User-agent: *\nDisallow: /a$b\n", "/a$b", False),
    "the home page alone": ("User-agent: *\nDisallow: /\nAllow: /$\n", "/", True),
    "all but the home page": ("User-agent: *\nDisallow: /\nAllow: /$\n", "/page.htm", False),
    "the query counts": ("User-agent: *\nDisallow: /*?print\n", "/a?print=1", False),
    "UTF-8 in the rule": ("User-agent: *\nDisallow: /أخبار\n", "/%D8%A3%D8%AE%D8%A8%D8%A7%D8%B1", False),
    "escapes in the rule": ("User-agent: *\nDisallow: /%D8%A3%D8%AE%D8%A8%D8%A7%D8%B1\n", "/أخبار", False),
    "small escapes": ("User-agent: *\nDisallow: /%d8%a3\n", "/%D8%A3x", False),
    "an escaped plain letter": ("User-agent: *\nDisallow: /foo/bar/%62%61%7A\n", "/foo/bar/baz", False),
    "a line of 20,000 characters": (f"User-agent: *\nDisallow: /{'a' * 20_000}\nDisallow: /x\n", "/x", False),
    "a thousand stars": (f"User-agent: *\nDisallow: /{'*a' * 20}b\n", "/" + "a" * 60, True),
    "no colon": ("User-agent *\nDisallow /x\n", "/x", False),
    "a misspelt rule": ("User-agent: *\nDissallow: /x\n", "/x", False),
    "a misspelt group": ("useragent: *\nDisallow: /x\n", "/x", False),
    "a rule without a slash": ("User-agent: *\nDisallow: x\n", "/x", True),
    "HTML": ("<!doctype html><html><body>Disallow: /</body></html>", "/x", True),
}  # fmt: skip


def allowed(text: str, path: str) -> bool:
    return Rules(200, text.encode()).allowed(f"https://outlet.example{path}")


@pytest.mark.parametrize("name", GOOGLE)
def test_33_robots_as_google_reads_it(name: str) -> None:
    text, path, expected = GOOGLE[name]
    assert allowed(text, path) is expected


def expectations_of(package: str) -> Path:
    """The package's own tests; skips, loudly, where they were not fetched."""
    found = folder(package)
    if found is None:
        pytest.skip(
            f"the tests of {package} are absent (python -m tests.expectations.fetch): nothing was compared"
        )
    return found


def test_33_protegos_own_tests_pass_on_our_rules(tmp_path: Path) -> None:
    theirs = expectations_of("protego")
    report = tmp_path / "report.xml"
    files = [shutil.copy(theirs / name, tmp_path) for name in ("test_protego.py", "test_on_google_spec.py")]
    subprocess.run(
        [
            *(sys.executable, "-m", "pytest", "-q", "-p", "tests.expectations.as_ours"),
            *("-p", "no:cacheprovider", "-c", "/dev/null", f"--rootdir={tmp_path}", f"--junitxml={report}"),
            *map(str, files),
        ],
        cwd=ROOT,
        capture_output=True,
        timeout=120,
    )
    ended: dict[str, list[str]] = {"passed": [], "failure": [], "error": [], "skipped": []}
    for case in ElementTree.parse(report).getroot().iter("testcase"):
        kinds = [child.tag for child in case if child.tag in ended]
        ended[kinds[0] if kinds else "passed"].append(str(case.get("name")))
    print({kind: len(names) for kind, names in ended.items()}, "skipped:", ended["skipped"])
    assert set(ended["failure"] + ended["error"]) == set(KNOWN["protego"])
    assert len(ended["passed"]) > 60


def test_33_four_thousand_real_robots_txt_are_read() -> None:
    files = sorted((expectations_of("protego") / "test_data").iterdir())
    assert len(files) > 4000
    refused = 0
    for path in files:
        rules = Rules(200, path.read_bytes())
        refused += not rules.allowed(f"https://{path.name}/")
        assert rules.crawl_delay_s is None or rules.crawl_delay_s >= 0
    print(f"{refused} of {len(files)} refuse us their home page")
    assert 0 < refused < len(files) / 10


# -- feeds -------------------------------------------------------------------------------------------------

TITLE = re.compile(r"entries\[0\]\['(?:title|title_detail'\]\['value)'\] == (.+?)\s*$", re.MULTILINE)
ITEM = re.compile(rb"<(?:\w+:)?(item|entry)\b[^>]*(?<!/)>")
INJECTED = "http://example.com/2026/une-nouvelle-du-jour"


def found(body: bytes, *hosts: str) -> Any:
    source = Source(
        id="x",
        name={"en": "x"},
        country="MA",
        languages=("en",),
        scope="national",
        homepage="http://home.example/",
        timezone="UTC",
        domains=hosts,
    )
    return discover(body, kind="feed", url="http://home.example/f", content_type=None, source=source, now=NOW)


def plain(text: str) -> str:
    return " ".join(html.unescape(re.sub(r"<[^<>]*>", "", text)).split())


def test_59_the_links_of_feedparsers_test_files_are_found() -> None:
    import feedparser

    root = expectations_of("feedparser")
    files, agreed, differ = 0, 0, set()
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        for path in sorted(root.rglob("*.xml")):
            body, name = path.read_bytes(), path.relative_to(root).as_posix()
            entries = [entry.get("link", "") for entry in feedparser.parse(body).entries]
            links = {each.partition("#")[0] for each in entries if each.startswith("http")}
            ours = {
                link.url for link in found(body, *(urlsplit(each).hostname or "" for each in links)).links
            }
            files += 1
            pages = {each for each in links if urlsplit(each).path.strip("/")}
            if pages:
                agreed += pages == ours
                differ |= {name} if pages != ours else set()
    print(f"{files} files read, links of {agreed} of {agreed + len(differ)} feeds agree")
    assert files > 2000
    assert differ == set(KNOWN["feedparser"]["links"])


def test_59_the_titles_that_feedparser_expects_are_read() -> None:
    root = expectations_of("feedparser")
    agreed, differ = 0, set()
    for path in sorted(root.rglob("*.xml")):
        body, name = path.read_bytes(), path.relative_to(root).as_posix()
        expected, item = TITLE.search(body.decode("utf-8", "replace")), ITEM.search(body)
        if expected is None or item is None:
            continue
        try:
            wanted = ast.literal_eval(expected[1])
        except (ValueError, SyntaxError):
            continue
        if not isinstance(wanted, str) or not plain(wanted):
            continue
        mark = f"<link>{INJECTED}</link>" if item[1] == b"item" else f'<link href="{INJECTED}"/>'
        if b"<link" not in body[item.end() :]:
            body = body[: item.end()] + mark.encode() + body[item.end() :]
        hosts = {each.decode() for each in re.findall(rb"https?://([\w.-]+)", body)}
        (first, *_) = [*found(body, *hosts).links, None]
        if first is not None and plain(first.hint.title or "") == plain(wanted):
            agreed += 1
        else:
            print(name, repr(wanted), first and first.hint.title)
            differ.add(name)
    print(f"{agreed} of {agreed + len(differ)} titles agree")
    assert agreed > 100
    assert differ == set(KNOWN["feedparser"]["titles"])
