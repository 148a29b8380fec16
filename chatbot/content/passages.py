"""Articles to passages: slices of the article's own text, cut along headings, blocks and sentences.

split                  blocks of the text -> sections -> units -> pieces (`packing`) -> passages
embedded_text          what of a passage the model sees
sentences              what of a passage is highlighted
"""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Iterator, Sequence
from functools import cache
from typing import NamedTuple

from chatbot.content.markdown.blocks import Block, Kind, blocks
from chatbot.content.markdown.deep_links import (
    article_address,
    deep_link,
    is_markdown,
    line_marks_end,
    page_at,
    page_link,
)
from chatbot.content.markdown.sentences import Span, cut_to_size, sentence_spans, strip_span
from chatbot.content.markdown.tables import column_names, named, rows_start
from chatbot.content.packing import Layout, Piece, Unit, pack
from chatbot.records import Article, Passage

Tokens = Callable[[str], int]
"""The number of the model's tokens in a text, special tokens not counted."""

CONTEXT_BYTES = 200
"""Of title and headings in front of a passage. A token is a byte at least, so this bounds their tokens too."""

_CHARACTERS_PER_TOKEN = 16

_NAMES_SHARE = 1 / 3
"""Of a passage's room that the names of columns may take which are repeated in front of it."""
_SHORTEST_NAME = 4
"""Bytes. Where names would have to be shorter to have room, none is repeated."""

_LARGEST_NOISE = 30
"""Tokens of markup that a passage may carry along between two units of prose."""

_FEW_CHARACTERS = 20
"""A sentence or line shorter than this is not cut off from the next one."""

# What it costs to cut before a sentence, a line of code or table, what was announced, and an item by its depth;
# what it saves to cut at markup and before a line that is bold throughout, a heading in all but name.
_SENTENCE_TIE, _LINE_TIE, _ANNOUNCED_TIE = 0.3, 0.4, 0.4
_ITEM_TIES = (0.0, 0.25, 0.45)
_MARKUP_TIE, _BOLD_LINE_TIE = -0.2, -0.4

_LINE = re.compile(r"[^\n]*\S[^\n]*")
_BOLD_LINE = re.compile(r"\s*(\*\*|__)[^*_]+\1\W*")
_COLON_LAST = re.compile(r"[:：]\W*$")


class _Section(NamedTuple):
    """What stands under a heading, numbered in document order from 0, the article itself.

    `parent` is the number of the section around it, `path` the headings from the outermost to its own.
    """

    parent: int
    level: int
    path: tuple[str, ...]
    slug: str


class _PlacedUnit(NamedTuple):
    """A unit, its place `text[start:end]`, the kind of block it is from, and the columns that it stands in."""

    unit: Unit
    start: int
    end: int
    kind: Kind
    columns: tuple[str, ...] = ()


def split(article: Article, tokens: Tokens, *, target_tokens: int, max_tokens: int) -> list[Passage]:
    """The passages of an article, in order: about `target_tokens` each, never above `max_tokens`.

    All prose is in exactly one passage, headings only where small sections share one. An article without prose has no
    passages.
    """

    @cache
    def size(raw: str) -> int:
        # Some models see an endless word as a single unknown token, and it must be cut all the same.
        return max(tokens(raw), len(raw) // _CHARACTERS_PER_TOKEN, 1)

    leaves = blocks(article.text)
    if article.url and not is_markdown(article.path):
        leaves = [block if block.named else block._replace(slug="") for block in leaves]
    sections, owners = _outline(leaves, article.title)
    placed = _placed_units(article.text, leaves, owners, max_tokens, size)
    pieces = _packed(article.text, placed, sections, (target_tokens, max_tokens), tokens)
    return [
        _passage(article, number, placed[piece.first : piece.last + 1], sections, piece.section)
        for number, piece in enumerate(pieces, 1)
    ]


def embedded_text(passage: Passage) -> str:
    """What a passage is embedded as: title and headings on one line, columns on another, and its raw text, which ends
    it.
    """
    return _context(passage.title, passage.headings) + named(passage.columns) + passage.text


def sentences(text: str) -> list[Span]:
    """The spans of a passage's sentences, table rows and blocks of code, in order, without the marks in front.

    Headings and spans without a letter or digit are left out.
    """
    spans = (span for block in blocks(text) for span in _readable_spans(text, block))
    return [(start, end) for start, end in spans if any(map(str.isalnum, text[start:end]))]


def _outline(leaves: Sequence[Block], title: str) -> tuple[list[_Section], list[int]]:
    """The sections, and for every block the number of its section; a heading belongs to the one it opens.

    A first heading that repeats the title opens no section.
    """
    sections = [_Section(0, 0, (), "")]
    owners: list[int] = []
    current = 0
    for block in leaves:
        if block.kind == "heading":
            if len(sections) == 1 and block.title.casefold() == title.casefold():
                sections[0] = sections[0]._replace(slug=block.slug)
            else:
                while sections[current].level >= block.level:
                    current = sections[current].parent
                sections.append(_Section(current, block.level, (*sections[current].path, block.title), block.slug))
                current = len(sections) - 1
        owners.append(current)
    return sections, owners


def _last_subsections(sections: Sequence[_Section]) -> list[int]:
    """For every section the number of the last one inside it, itself included."""
    last = list(range(len(sections)))
    for number in range(len(sections) - 1, 0, -1):
        parent = sections[number].parent
        last[parent] = max(last[parent], last[number])
    return last


def _placed_units(
    text: str, leaves: Sequence[Block], owners: Sequence[int], room: int, size: Callable[[str], int]
) -> list[_PlacedUnit]:
    """The units of an article in order; no prose unit is above `room` tokens."""
    placed: list[_PlacedUnit] = []
    announced = False
    for block, owner in zip(leaves, owners, strict=True):
        raw = text[block.start : block.end]
        if block.kind == "heading" or block.kind == "noise":  # noqa: PLR1714 - narrows the type
            weight = size(raw)
            unit = Unit(
                block.kind, math.inf if block.kind == "noise" and weight > _LARGEST_NOISE else weight, owner, 0.0
            )
            placed.append(_PlacedUnit(unit, block.start, block.end, block.kind))
            continue
        bold = block.kind == "text" and not block.depth and bool(_BOLD_LINE.fullmatch(raw))
        tie = _ITEM_TIES[min(block.depth + (block.depth > 0 and not block.opens), 2)]
        tie += _ANNOUNCED_TIE * announced + _BOLD_LINE_TIE * bold
        tie += _MARKUP_TIE if placed and placed[-1].unit.kind == "noise" and not block.depth else 0
        columns, below = _columns_of(text, block, room, size)
        lead = size(named(columns)) if columns else 0
        for start, end in _spans(text, block, room, size, lead):
            own = (lead, columns) if start >= below else (0, ())
            unit = Unit("prose", size(text[start:end]), owner, tie, own[0])
            placed.append(_PlacedUnit(unit, start, end, block.kind, own[1]))
            tie = _SENTENCE_TIE if block.kind == "text" else _LINE_TIE
        announced = bold or (block.kind == "text" and bool(_COLON_LAST.search(raw[-99:])))
    return placed


def _columns_of(text: str, block: Block, room: int, size: Callable[[str], int]) -> tuple[tuple[str, ...], int]:
    """The names of columns for whoever sees only the rest of a table, and where its rows begin.

    No names where the block is no table, is not cut, or names no column.
    """
    raw = text[block.start : block.end]
    if block.kind != "table" or size(raw) <= room:
        return (), block.end
    return _shortened(column_names(raw), room * _NAMES_SHARE, size), rows_start(text, block.start, block.end)


def _shortened(names: tuple[str, ...], most: float, size: Callable[[str], int]) -> tuple[str, ...]:
    """The names, the longest cut off until all together have at most so many tokens; none where they never do."""
    longest = max((len(name.encode()) for name in names), default=0)
    while names and size(named(names)) > most:
        longest = longest * 3 // 4
        if longest < _SHORTEST_NAME:
            return ()
        names = tuple(name if len(name.encode()) <= longest else f"{_clipped(name, longest)}…" for name in names)
    return names


def _spans(text: str, block: Block, room: int, size: Callable[[str], int], lead: int = 0) -> Iterator[Span]:
    """The places of a block's units, in order, none above the room; where it is cut, `lead` of that is taken."""
    if block.kind == "text":
        spans = sentence_spans(text, block.start, block.end)
    elif size(text[block.start : block.end]) <= room:
        spans = [(block.start, block.end)]
    else:
        spans, room = _line_spans(text, block), room - lead
    for span in _joined(spans):
        yield from cut_to_size(text, span, size, room)


def _joined(spans: Sequence[Span]) -> Iterator[Span]:
    """Spans of a few characters ("Yes.", a closing bracket) go with the one that follows."""
    start = None
    for begin, end in spans:
        start = begin if start is None else start
        if end - start >= _FEW_CHARACTERS or end == spans[-1][1]:
            yield start, end
            start = None


def _line_spans(text: str, block: Block) -> list[Span]:
    """Lines that are not blank. What opens a table or fence stays with its first line, what closes it with its last."""
    spans = [match.span() for match in _LINE.finditer(text, block.start, block.end)]
    opening = 3 if block.kind == "table" else 2
    spans[:opening] = [(spans[0][0], spans[min(opening, len(spans)) - 1][1])]
    if block.kind == "code" and len(spans) > 1:
        spans[-2:] = [(spans[-2][0], spans[-1][1])]
    return spans


def _packed(
    text: str,
    placed: Sequence[_PlacedUnit],
    sections: Sequence[_Section],
    sizes: tuple[int, int],
    tokens: Tokens,
) -> list[Piece]:
    """The pieces of an article, none above the limit, also as a whole; `sizes` are target and limit, in tokens."""
    target, limit = sizes
    units = [one.unit for one in placed]
    parents, lasts = [section.parent for section in sections], _last_subsections(sections)
    pieces: list[Piece] = []
    for share in (1.0, 0.9, 0.75, 0.5, 0.0):
        pieces = pack(Layout(units, parents, lasts, share * limit), target)
        # The whole can have more tokens than its parts, where a model counts the space between them.
        if all(
            tokens(named(placed[one.first].columns) + text[placed[one.first].start : placed[one.last].end]) <= limit
            for one in pieces
        ):
            break
    return pieces


def _passage(
    article: Article, number: int, inside: Sequence[_PlacedUnit], sections: Sequence[_Section], section: int
) -> Passage:
    start, end = strip_span(article.text, inside[0].start, inside[-1].end)
    prose = (line for one in inside for line in _elements(article.text[one.start : one.end], one.kind))
    address = article_address(article.id, article.url)
    return Passage(
        id=f"{article.id}#{number}",
        article_id=article.id,
        title=article.title,
        headings=sections[section].path,
        start=start,
        end=end,
        text=article.text[start:end],
        url=page_link(address, page_at(article.pages, start))
        if article.pages
        else deep_link(address, sections[inside[0].unit.section].slug, prose),
        topics=article.topics,
        audience=article.audience,
        country=article.country,
        updated=article.updated,
        review_by=article.review_by,
        columns=inside[0].columns,
    )


def _elements(raw: str, kind: Kind) -> list[str]:
    """What stands in one element of the rendered page each: a sentence, a cell of a table."""
    if kind == "table":
        return re.split(r"[|\n]", raw)
    return [raw] if kind == "text" else []


def _context(title: str, headings: Sequence[str]) -> str:
    """Title and headings in one line of at most CONTEXT_BYTES: the outermost headings go first."""
    names = [title, *(heading for heading in headings if heading != title)]
    while len(names) > 2 and len(" > ".join(names).encode()) > CONTEXT_BYTES:
        del names[1]
    if len(" > ".join(names).encode()) > CONTEXT_BYTES:
        names = [_clipped(name, CONTEXT_BYTES // len(names) - len(" > ")) for name in names]
    return " > ".join(names) + "\n"


def _clipped(name: str, most: int) -> str:
    kept = name.encode()[:most].decode(errors="ignore")
    return kept if kept == name or " " not in kept else kept.rsplit(" ", 1)[0]


def _readable_spans(text: str, block: Block) -> Iterator[Span]:
    if block.kind == "text":
        for start, end in sentence_spans(text, block.start, block.end):
            yield strip_span(text, line_marks_end(text, start, end), end)
    elif block.kind == "table":
        start = block.start
        for line in text[block.start : block.end].splitlines(keepends=True):
            yield strip_span(text, start, start + len(line))
            start += len(line)
    elif block.kind == "code":
        yield strip_span(text, block.start, block.end)
