"""The blocks of a Markdown text, with their places in it: what articles are cut along."""

from __future__ import annotations

import re
from collections.abc import Iterator
from itertools import pairwise
from typing import Literal, NamedTuple

from markdown_it import MarkdownIt
from markdown_it.token import Token

from chatbot.content.markdown.plain import has_prose, plain, slugify
from chatbot.content.markdown.sentences import Span, strip_span

Kind = Literal["heading", "text", "table", "code", "noise"]

LONGEST_HEADING = 200
"""Characters; what is longer is a paragraph that happens to be marked as a heading."""
_QUESTION = 3  # words at least

_PARSER = MarkdownIt("commonmark", {"maxNesting": 60}).enable("table")
_PARSER.core.ruler.enableOnly(["normalize", "block"])
_KINDS: dict[str, Kind] = {
    "heading_open": "heading",
    "paragraph_open": "text",
    "html_block": "text",
    "table_open": "table",
    "fence": "code",
    "code_block": "code",
    "hr": "noise",
}

_LINE_END = re.compile(r"\r\n?|\n")
CUSTOM_ID = re.compile(r"\s*\{#([\w.:-]{1,200})\}\s*$")
"""The anchor that a heading names for itself."""

_TAG = re.compile(r"\s*</?[A-Za-z][^<>]*>\s*")
_SCAFFOLD = re.compile(r"[ \t>]*(?:::+[ \t]*[\w-]*[ \t]*|</?[A-Za-z][^<>]*>[ \t]*|<!--[^<>]*-->[ \t]*)*$")
_IN_PAGE_LINKS = re.compile(r"(?:[\s>*+,|·-]|\d+[.)]|\[[^\[\]]{0,300}\]\(#[^()\s]{0,300}\))+")


class Block(NamedTuple):
    """`text[start:end]`, in code points; `line` counts from 0.

    `depth` is the number of list items and quotes around it, `opens` says that it begins a list item. A heading
    carries its `level`, plain `title` and `slug`, and whether its text has `named` that itself; `noise` is markup
    without anything to read.
    """

    kind: Kind
    start: int
    end: int
    line: int = 0
    depth: int = 0
    opens: bool = False
    level: int = 0
    title: str = ""
    slug: str = ""
    named: bool = False


def blocks(text: str) -> list[Block]:
    """The leaf blocks of `text` in order. They never overlap, and between them is white space only."""
    starts = [0, *(match.end() for match in _LINE_END.finditer(text)), len(text)]
    leaves: list[Block] = []
    slugs: dict[str, int] = {}
    depth, opens = 0, False
    for token, following in pairwise([*_PARSER.parse(text), Token("", "", 0)]):
        if token.type in {"list_item_open", "blockquote_open"}:
            depth, opens = depth + 1, opens or token.type == "list_item_open"
        elif token.type in {"list_item_close", "blockquote_close"}:
            depth -= 1
        elif token.map and (kind := _KINDS.get(token.type)):
            first, last = token.map
            raw = text[starts[first] : starts[min(last, len(starts) - 1)]].rstrip()
            block = Block(kind, starts[first], starts[first] + len(raw), first, depth, opens)
            if kind == "heading":
                block = _heading(block, int(token.tag[1:]), following.content, slugs)
            leaves.append(_trimmed(block, text, token.type == "html_block"))
            opens = False
    return list(_without_gaps(text, leaves))


def is_question(heading: str) -> bool:
    """Whether a heading, or a title, asks something that can stand alone."""
    return heading.endswith(("?", "？", "؟")) and len(heading.split()) >= _QUESTION and len(heading) <= LONGEST_HEADING


def _heading(block: Block, level: int, raw: str, slugs: dict[str, int]) -> Block:
    custom = CUSTOM_ID.search(raw)
    title = " ".join(plain(CUSTOM_ID.sub("", raw)).split())
    base = slug = custom[1] if custom else slugify(title)
    while slug in slugs:
        slugs[base] += 1
        slug = f"{base}-{slugs[base]}"
    slugs[slug] = 0
    kind: Kind = "noise" if not title else "text" if block.depth or len(title) > LONGEST_HEADING else "heading"
    return block._replace(kind=kind, level=level, title=title, slug=slug, named=bool(custom))


def _trimmed(block: Block, text: str, html: bool) -> Block:
    """The block without scaffolding at its edges; noise where nothing else is left."""
    raw = text[block.start : block.end]
    if block.kind == "code":
        return block if any(map(str.isalnum, raw)) else block._replace(kind="noise")
    if block.kind not in {"text", "table"} or (raw[:1].isalnum() and not raw.startswith(("import", "export"))):
        return block
    if not has_prose(raw) or _IN_PAGE_LINKS.fullmatch(raw):
        return block._replace(kind="noise")
    start, end = block.start, block.end
    lines = raw.splitlines(keepends=True)
    while len(lines) > 1 and _SCAFFOLD.match(lines[0].rstrip()):
        start += len(lines.pop(0))
    while len(lines) > 1 and _SCAFFOLD.match(lines[-1].rstrip()):
        end -= len(lines.pop())
    if html:
        start, end = _between_tags(text, start, end)
    return block._replace(start=start, end=end)


def _between_tags(text: str, start: int, end: int) -> Span:
    while tag := _TAG.match(text, start, end):
        start = tag.end()
    while text.endswith(">", start, end) and _TAG.fullmatch(text, opening := text.rfind("<", start, end), end):
        start, end = strip_span(text, start, opening)
    return start, end


def _without_gaps(text: str, leaves: list[Block]) -> Iterator[Block]:
    """What no block claims (link definitions, trimmed scaffolding) is noise."""
    position = 0
    for block in [*leaves, Block("noise", len(text), len(text))]:
        start, end = strip_span(text, position, block.start)
        if start < end:
            yield Block("noise", start, end)
        if block.start < block.end:
            yield block
        position = block.end
