"""Where front matter ends and the text begins: fences, JSON on top, lines of keys, and what only looks like them."""

from __future__ import annotations

import json
import re
import textwrap

from chatbot.content.source.front_matter import FrontMatter, Value, folded, one_line, parse_keys, values_of
from chatbot.errors import ContentError

LONGEST = 256 * 1024
"""Characters of front matter."""
# What nobody sees may stand above it: white space, byte order marks, letters without a width, comments.
_ABOVE = r"(?:[\s\ufeff\u200b-\u200f\u2060]|(?><!--.*?-->))*+"
_OPENING = re.compile(rf"{_ABOVE}(---|\+\+\+)[ \t]*(yaml|toml|json)?[ \t]*\n", re.DOTALL)
_CLOSING = {
    "---": re.compile(r"^[ \t]*(?:---|\.\.\.)[ \t]*$", re.MULTILINE),
    "+++": re.compile(r"^[ \t]*\+\+\+[ \t]*$", re.MULTILINE),
}
_OBJECT = re.compile(rf'{_ABOVE}(?=\{{\s*(?:"|\}}))', re.DOTALL)
_KEY = re.compile(r"""[ \t]*["']?\w[\w .-]{0,60}["']?[ \t]*:(?:[ \t]|$)""")
_KNOWN = frozenset(
    """alias aliases author authors categories category date description draft exclude expirydate hidden
    keywords lang language layout modified pinned private public publish publishdate published questions slug status
    summary tags template title topics unlisted updated url""".split()
)
_LINES_OF_KEYS = re.compile(
    rf"{_ABOVE}((?:[A-Za-z][\w -]{{0,40}}::?[ \t][^\n]*+(?:\n|\Z)(?:[ \t]{{4,}}\S[^\n]*+(?:\n|\Z))*)+)(?:[ \t]*\n|\Z)",
    re.DOTALL,
)
_FEW_WORDS = 3
_TITLE_LINE = re.compile(r"# [^\n]+\n+")
_LINE_OF_KEY = re.compile(r"([A-Za-z][\w -]{0,40}?)(::?)[ \t]([^\n]*(?:\n[ \t]{4,}\S[^\n]*)*)")


def split_front_matter(path: str, text: str) -> tuple[FrontMatter, str]:
    """The front matter of a file and the text below it. Raises ContentError where it is open-ended or unreadable.

    Whatever looks like the fence of front matter is one; a rule (`---`) that text follows is text.
    """
    opening = _OPENING.match(text)
    if not opening:
        return FrontMatter(path, {}), text
    above = text.count("\n", 0, opening.start(1)) + 1
    end = _CLOSING[opening[1]].search(text, opening.end())
    if (
        opening[1] == "---"
        and not opening[2]
        and not _holds_keys(text[opening.end() :], end and end.start() - opening.end())
    ):
        return FrontMatter(path, {}), text
    if not end:
        raise ContentError(path, f"the front matter is not closed; put a line with {opening[1]} below it", above)
    source = text[opening.end() : end.start()]
    if len(source) > LONGEST:
        raise ContentError(
            path, f"the front matter has {len(source):,} characters; at most {LONGEST:,} are read; shorten it", above
        )
    language = opening[2] or ("yaml" if opening[1] == "---" else "toml")
    return FrontMatter(path, parse_keys(path, language, textwrap.dedent(source), above + 1)), text[end.end() :]


def split_loose_front_matter(path: str, text: str) -> tuple[FrontMatter, str]:
    """`split_front_matter` for Markdown, where JSON (Hugo) and lines of keys may stand on top, too.

    Pelican and Logseq write such lines first, Notion below the title.
    """
    opening = _OBJECT.match(text)
    if opening:
        return _split_object(path, text, opening.end())
    front, body = split_front_matter(path, text)
    title = _TITLE_LINE.match(text)
    keys = None if front.values() else _LINES_OF_KEYS.match(text, title.end() if title else 0)
    found = list(_LINE_OF_KEY.finditer(keys[1])) if keys else []
    if not keys or not _are_keys(found, below_title=bool(title)):
        return front, body
    first = text.count("\n", 0, keys.start(1)) + 1
    values = {
        line[1].strip().lower(): Value(one_line(line[3]), first + keys[1].count("\n", 0, line.start()))
        for line in found
    }
    above = title[0] if title else ""
    return FrontMatter(path, values), above + "\n" * keys[0].count("\n") + text[keys.end() :]


def _are_keys(found: list[re.Match[str]], *, below_title: bool) -> bool:
    """Whether lines like `Title: a` are keys and no text: where several are known, or one says a word or two."""
    known = [line for line in found if folded(line[1]) in _KNOWN]
    if len(known) > 1 or (known and all(line[2] == "::" for line in found)):
        return True
    alone = folded(known[0][1]) if known else ""
    if alone == "title":
        return not below_title
    return alone in {"status", "draft"} and len(known[0][3].split()) <= _FEW_WORDS


def _split_object(path: str, text: str, start: int) -> tuple[FrontMatter, str]:
    line = text.count("\n", 0, start) + 1
    try:
        values, end = json.JSONDecoder().raw_decode(text, start)
    except json.JSONDecodeError as error:
        raise ContentError(
            path, f"the front matter is no JSON: {error.msg}; correct that line", error.lineno
        ) from error
    except RecursionError as error:
        raise ContentError(path, "the front matter is nested too deeply; make it simpler", line) from error
    return FrontMatter(path, values_of(values, text[start:end], line)), text[end:]


def _holds_keys(below: str, end: int | None) -> bool:
    """Whether what stands below a `---`, up to `end`, is meant as keys rather than as text under a rule."""
    source = below[:end] if end is not None else below.lstrip("\n").partition("\n\n")[0][:LONGEST]
    lines = source.split("\n")
    directly = bool(below.partition("\n")[0].strip())
    keys = [line for line in lines if _KEY.match(line)]
    if any(folded(line.partition(":")[0].strip(" \t\"'")) in _KNOWN for line in keys):
        return True
    first = next((line for line in lines if line.strip() and not line.lstrip().startswith("#")), "")
    return (directly and first in keys) or (end is not None and not any(not line.strip() for line in lines[:-1]))
