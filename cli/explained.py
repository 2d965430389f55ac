"""An explanation of how a page was read, for the terminal and as a page in colours."""

from __future__ import annotations

from collections.abc import Iterator
from html import escape
from typing import TYPE_CHECKING

import click

from config.wording import counted

if TYPE_CHECKING:
    from pipeline.extraction.explain import Explanation

_WIDTH = 100
_KEPT = "text"


def as_lines(explanation: Explanation) -> Iterator[str]:
    """One line a find and one a block; what won or was kept is bright."""
    yield f"result      {_result(explanation)}"
    for field, tried in explanation.fields.items():
        yield ""
        if not tried:
            yield f"{field:<12}nothing was found"
        for number, one in enumerate(tried):
            head = f"{'' if number else field:<12}{'→' if one.won else ' '}"
            line = f"{head} {one.origin:<10} {_short(one.found)}"
            yield click.style(line, bold=True) if one.won else line
    yield ""
    for number, block in enumerate(explanation.blocks):
        line = f"{number:>4} {block.tag:<10} {block.why or _KEPT:<28} {_short(block.text)}"
        yield click.style(line, dim=True) if block.why else click.style(line, bold=True)


def as_html(explanation: Explanation, url: str) -> str:
    """One file without script or reference: finds in tables, the page's blocks in colours, top to bottom."""
    tables = "".join(
        f"<h2>{escape(field)}</h2><table>"
        + "".join(
            f"<tr{' class=won' if one.won else ''}><td>{escape(one.origin)}<td dir=auto>{escape(one.found)}"
            for one in tried
        )
        + "</table>"
        for field, tried in explanation.fields.items()
    )
    blocks = "".join(
        f"<p class={'out' if block.why else 'in'} dir=auto><small>{escape(block.tag)} · "
        f"{escape(block.why or _KEPT)}</small>{escape(block.text)}"
        for block in explanation.blocks
    )
    return (
        f"<!doctype html><html><meta charset=utf-8><title>How {escape(url)} was read</title>"
        f"<style>{_STYLE}</style><h1 dir=auto>{escape(url)}</h1>"
        f"<p>{escape(_result(explanation))}{tables}<h2>text</h2>{blocks}</html>\n"
    )


_STYLE = (
    "body{font:16px/1.5 sans-serif;max-width:60em;margin:2em auto;padding:0 1em;color:#1b1b1b}"
    "h1{font-size:1.1em;overflow-wrap:anywhere}h2{font-size:1em;margin:1.5em 0 .3em}"
    "td{padding:.1em .8em .1em 0;vertical-align:top}.won{font-weight:bold;background:#dff3e3}"
    "p.in{background:#dff3e3;border-inline-start:4px solid #1b7f3b;padding:.3em .6em}"
    "p.out{background:#f6eeee;border-inline-start:4px solid #b9a4a4;padding:.3em .6em;color:#665}"
    "small{display:block;color:#555;font-weight:normal}"
)


def _result(explanation: Explanation) -> str:
    from store.records import Article

    result = explanation.result
    if not isinstance(result, Article):
        return f"no article: {result.reason} {result.detail}".rstrip()
    origin = dict(result.origins).get("paragraphs", "")
    flags = f"; {', '.join(result.flags)}" if result.flags else ""
    size = counted(len(result.paragraphs), "paragraph")
    return f"an article of {size} ({origin}), in {result.language}{flags}"


def _short(text: str) -> str:
    flat = " ".join(text.split())
    return flat if len(flat) <= _WIDTH else flat[: _WIDTH - 1] + "…"
