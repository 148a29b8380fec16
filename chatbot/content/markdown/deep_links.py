"""The link to the very place of a passage: the article's address, a heading's anchor and a text fragment."""

from __future__ import annotations

import re
from bisect import bisect_right
from collections.abc import Iterable, Sequence
from itertools import islice
from pathlib import PurePosixPath
from urllib.parse import quote

from chatbot.content.markdown.plain import plain

MARKDOWN = (".md", ".markdown", ".mdx", ".txt")

_MOST_WORDS = 8
_FEWEST_WORDS = 3
_DISTINCT_WORDS = 5
_SENTENCES_TRIED = 4
_SEARCHED = 600
_LINE_MARKS = re.compile(
    r"(?:[ \t]*(?:>|[-*+](?=[ \t])|#{1,6}(?=[ \t])|\d{1,9}[.)](?=[ \t])))*[ \t]*(?:\[[ xX]\][ \t]+)?"
)
_UNLIKE_PLAIN = re.compile(r"\[\^|\|")
_WORD = r"[^\W_]+(?:[-,./+][^\W_]+)*[,.;:?]?(?!\S)"
_RUN = re.compile(rf"(?<!\S){_WORD}(?:\s+{_WORD}){{{_FEWEST_WORDS - 1},{_MOST_WORDS - 1}}}")


def article_address(article_id: str, url: str | None) -> str:
    """Where an article is read: on its own site, or else on this server."""
    return url or f"/articles/{quote(article_id)}"


def is_markdown(path: str) -> bool:
    """Whether a file of this name is Markdown: sites make its anchors of its headings, other formats name theirs."""
    return PurePosixPath(path).suffix.lower() in MARKDOWN


def deep_link(address: str, slug: str, prose: Iterable[str]) -> str:
    """`address#slug:~:text=words`, either part left out where there is none.

    `prose` are the passage's sentences as raw Markdown. The words are the first three to eight of one sentence that
    every renderer leaves as they are, so that browsers find them in the page (WICG, URL fragment text directives).
    An address that names a place of its own keeps it.
    """
    runs = [run for run in map(_plain_run, islice(prose, _SENTENCES_TRIED)) if run]
    # A short run may stand further up in the page as well, and a browser goes to the first.
    words = next((run for run in runs if run.count(" ") >= _DISTINCT_WORDS - 1), runs[0] if runs else "")
    anchor = "" if "#" in address else quote(slug)
    directive = f":~:text={_encoded(words)}" if words else ""
    mark = "#" if (anchor or directive) and "#" not in address else ""
    return address + mark + anchor + directive


def page_at(pages: Sequence[int], offset: int) -> int:
    """The number, counted from 1, of the page that the character at `offset` stands on."""
    return max(1, bisect_right(pages, offset))


def page_link(address: str, page: int) -> str:
    """`address#page=N`, as viewers of PDF files understand it (RFC 8118)."""
    return address if "#" in address else f"{address}#{page_anchor(page)}"


def page_anchor(page: int) -> str:
    return f"page={page}"


def line_marks_end(text: str, start: int, end: int) -> int:
    """Where the words begin in `text[start:end]`, behind the marks of quotes and list items."""
    marks = _LINE_MARKS.match(text, start, end)
    return marks.end() if marks else start


def _plain_run(sentence: str) -> str:
    # A footnote's mark is shown as a number, and a line between words as a line; plain words tell neither.
    run = _RUN.search(plain(_UNLIKE_PLAIN.split(sentence[:_SEARCHED], maxsplit=1)[0]))
    return " ".join(run[0].split()).rstrip(",.;:?") if run else ""


def _encoded(words: str) -> str:
    # A hyphen, comma or ampersand is syntax inside a text directive; quote() leaves the hyphen alone.
    return quote(words, safe="").replace("-", "%2D")
