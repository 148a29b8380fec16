"""Blocks to units: sentences, list items, whole tables and code, or their lines where they are too large."""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Iterator, Sequence
from typing import NamedTuple

from chatbot.content.blocks import Block, Kind
from chatbot.content.packing import Unit
from chatbot.content.sentences import Span, cut_to_size, sentence_spans

_LARGEST_NOISE = 30
"""Tokens of markup that a passage may carry along between two pieces of prose."""

# What it costs to cut before a sentence, a line of code or table, what was announced, and an item by its depth;
# what it saves to cut at markup and before a line that is bold throughout, a heading in all but name.
_SENTENCE_TIE, _LINE_TIE, _ANNOUNCED_TIE = 0.3, 0.4, 0.4
_ITEM_TIES = (0.0, 0.25, 0.45)
_MARKUP_TIE, _BOLD_LINE_TIE = -0.2, -0.4

_FEW_CHARACTERS = 20
"""A sentence or line shorter than this is not cut off from the next one."""

_LINE = re.compile(r"[^\n]*\S[^\n]*")
_BOLD_LINE = re.compile(r"\s*(\*\*|__)[^*_]+\1\W*")
_COLON_LAST = re.compile(r"[:：]\W*$")


class PlacedUnit(NamedTuple):
    """A unit, its place `text[start:end]`, and the kind of block it is from."""

    unit: Unit
    start: int
    end: int
    kind: Kind


def place_units(
    text: str, found: Sequence[Block], owners: Sequence[int], rooms: Sequence[int], size: Callable[[str], int]
) -> list[PlacedUnit]:
    """The units of an article in order; no prose unit is above the room of its section."""
    placed: list[PlacedUnit] = []
    announced = False
    for block, owner in zip(found, owners, strict=True):
        raw = text[block.start : block.end]
        if block.kind == "heading" or block.kind == "noise":  # noqa: PLR1714 - narrows the type
            weight = size(raw)
            unit = Unit(
                block.kind, math.inf if block.kind == "noise" and weight > _LARGEST_NOISE else weight, owner, 0.0
            )
            placed.append(PlacedUnit(unit, block.start, block.end, block.kind))
            continue
        bold = block.kind == "text" and not block.depth and bool(_BOLD_LINE.fullmatch(raw))
        tie = _ITEM_TIES[min(block.depth + (block.depth > 0 and not block.opens), 2)]
        tie += _ANNOUNCED_TIE * announced + _BOLD_LINE_TIE * bold
        tie += _MARKUP_TIE if placed and placed[-1].unit.kind == "noise" and not block.depth else 0
        for start, end in _pieces(text, block, rooms[owner], size):
            placed.append(PlacedUnit(Unit("prose", size(text[start:end]), owner, tie), start, end, block.kind))
            tie = _SENTENCE_TIE if block.kind == "text" else _LINE_TIE
        announced = bold or (block.kind == "text" and bool(_COLON_LAST.search(raw[-99:])))
    return placed


def _pieces(text: str, block: Block, room: int, size: Callable[[str], int]) -> Iterator[Span]:
    if block.kind == "text":
        spans = sentence_spans(text, block.start, block.end)
    elif size(text[block.start : block.end]) <= room:
        spans = [(block.start, block.end)]
    else:
        spans = _lines(text, block)
    for span in _gathered(spans):
        yield from cut_to_size(text, span, size, room)


def _gathered(spans: Sequence[Span]) -> Iterator[Span]:
    """Spans of a few characters ("Yes.", a closing bracket) go with the one that follows."""
    start = None
    for begin, end in spans:
        start = begin if start is None else start
        if end - start >= _FEW_CHARACTERS or end == spans[-1][1]:
            yield start, end
            start = None


def _lines(text: str, block: Block) -> list[Span]:
    """Lines that are not blank. What opens a table or fence stays with its first line, what closes it with its last."""
    spans = [match.span() for match in _LINE.finditer(text, block.start, block.end)]
    opening = 3 if block.kind == "table" else 2
    spans[:opening] = [(spans[0][0], spans[min(opening, len(spans)) - 1][1])]
    if block.kind == "code" and len(spans) > 1:
        spans[-2:] = [(spans[-2][0], spans[-1][1])]
    return spans
