"""Blocks to units: sentences, list items, whole tables and code, or their lines where they are too large."""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Iterator, Sequence
from typing import NamedTuple

from chatbot.content.blocks import Block
from chatbot.content.packing import Unit
from chatbot.content.sentences import Span, cut_to_size, sentence_spans

_LARGEST_NOISE = 30
"""Tokens of markup that a passage may carry along between two pieces of prose."""

# What it costs to cut before a sentence, a line of code or table, what was announced, and an item by its depth.
_SENTENCE_TIE, _LINE_TIE, _ANNOUNCED_TIE = 0.3, 0.4, 0.3
_ITEM_TIES = (0.0, 0.15, 0.4)

_LINE = re.compile(r"[^\n]*\S[^\n]*")
_ANNOUNCING = re.compile(r"[:：]\W*$|^\W*(\*\*|__)[^*_]+\1\W*$")


class PlacedUnit(NamedTuple):
    """A unit and its place: `text[start:end]`."""

    unit: Unit
    start: int
    end: int


def place_units(
    text: str, found: Sequence[Block], owners: Sequence[int], rooms: Sequence[int], size: Callable[[str], int]
) -> list[PlacedUnit]:
    """The units of an article in order; no prose unit is above the room of its section."""
    placed: list[PlacedUnit] = []
    before = ""
    for block, owner in zip(found, owners, strict=True):
        raw = text[block.start : block.end]
        if block.kind in {"heading", "noise"}:
            weight: float = size(raw)
            weight = math.inf if block.kind == "noise" and weight > _LARGEST_NOISE else weight
            placed.append(
                PlacedUnit(
                    Unit("heading" if block.kind == "heading" else "noise", weight, owner, 0.0), block.start, block.end
                )
            )
        else:
            tie = _ITEM_TIES[min(block.depth + (block.depth > 0 and not block.opens), 2)]
            tie += _ANNOUNCED_TIE if before and _ANNOUNCING.search(before[-300:]) else 0
            for start, end in _pieces(text, block, rooms[owner], size):
                placed.append(PlacedUnit(Unit("prose", size(text[start:end]), owner, tie), start, end))
                tie = _SENTENCE_TIE if block.kind == "text" else _LINE_TIE
        before = raw if block.kind == "text" else ""
    return placed


def _pieces(text: str, block: Block, room: int, size: Callable[[str], int]) -> Iterator[Span]:
    if block.kind == "text":
        spans = sentence_spans(text, block.start, block.end)
    elif size(text[block.start : block.end]) <= room:
        spans = [(block.start, block.end)]
    else:
        spans = _lines(text, block)
    for span in spans:
        yield from cut_to_size(text, span, size, room)


def _lines(text: str, block: Block) -> list[Span]:
    """Lines that are not blank. What opens a table or fence stays with its first line, what closes it with its last."""
    spans = [match.span() for match in _LINE.finditer(text, block.start, block.end)]
    opening = 3 if block.kind == "table" else 2
    spans[:opening] = [(spans[0][0], spans[min(opening, len(spans)) - 1][1])]
    if block.kind == "code" and len(spans) > 1:
        spans[-2:] = [(spans[-2][0], spans[-1][1])]
    return spans
