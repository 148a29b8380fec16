"""The link to the very place of a passage: the article's address, a heading's anchor and a text fragment."""

from __future__ import annotations

import re
from collections.abc import Iterable
from urllib.parse import quote

_MOST_WORDS = 8
_FEWEST_WORDS = 3
_SEARCHED = 600
_LINE_MARKS = re.compile(r"(?:[ \t]*(?:>|[-*+](?=[ \t])|\d{1,9}[.)](?=[ \t])))*[ \t]*")
_WORD = r"[^\W_]+(?:[-,./+][^\W_]+)*[,.;:?]?(?!\S)"
_RUN = re.compile(rf"(?<!\S){_WORD}(?:\s+{_WORD}){{{_FEWEST_WORDS - 1},{_MOST_WORDS - 1}}}")


def article_address(article_id: str, url: str | None) -> str:
    """Where an article is read: on its own site, or else on this server."""
    return url or f"/articles/{quote(article_id)}"


def deep_link(address: str, slug: str, prose: Iterable[str]) -> str:
    """`address#slug:~:text=words`, either part left out where there is none.

    `prose` are the passage's sentences as raw Markdown. The words are the first three to eight of one sentence that
    stand there without markup, so that browsers find them in the rendered page (WICG, URL fragment text directives).
    An address that names a place of its own keeps it.
    """
    words = next(filter(None, map(_plain_run, prose)), "")
    anchor = "" if "#" in address else quote(slug)
    directive = f":~:text={_encoded(words)}" if words else ""
    mark = "#" if (anchor or directive) and "#" not in address else ""
    return address + mark + anchor + directive


def line_marks_end(text: str, start: int, end: int) -> int:
    """Where the words begin in `text[start:end]`, behind the marks of quotes and list items."""
    marks = _LINE_MARKS.match(text, start, end)
    return marks.end() if marks else start


def _plain_run(sentence: str) -> str:
    run = _RUN.search(sentence[:_SEARCHED], line_marks_end(sentence, 0, len(sentence)))
    return " ".join(run[0].split()).rstrip(",.;:?") if run else ""


def _encoded(words: str) -> str:
    # A hyphen, comma or ampersand is syntax inside a text directive; quote() leaves the hyphen alone.
    return quote(words, safe="").replace("-", "%2D")
