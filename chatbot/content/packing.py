"""Which neighbouring units make a passage: the cheapest way to cut a whole article, by dynamic programming."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Literal, NamedTuple

CRUMB = 0.25
"""Below this share of the target, text is too little to stand alone."""

# A passage at the target costs 0, one of half the target 0.25, one of almost nothing 1.
_CRUMB_COST = 1.0
_MIXED_COST = 0.3
_FULL_SECTION_COST = 0.6
_TORN_SECTION_COST = 0.4


class Unit(NamedTuple):
    """The smallest piece: `weight` in tokens, the number of its section, `tie` the cost of a cut before it."""

    kind: Literal["heading", "prose", "noise"]
    weight: float
    section: int
    tie: float


class Piece(NamedTuple):
    """Units `first` to `last`, both included; `section` is the innermost one around all of them."""

    first: int
    last: int
    section: int


@dataclass(frozen=True, slots=True)
class Layout:
    """Units in order, and the sections they belong to, numbered in document order from 0, the article.

    By section: `parents`, `lasts` (the last section inside it) and `limits` (the most tokens of a piece of it).
    """

    units: Sequence[Unit]
    parents: Sequence[int]
    lasts: Sequence[int]
    limits: Sequence[float]


def pack(layout: Layout, target: int) -> list[Piece]:
    """Every prose unit in exactly one piece, no piece of several units above its limit, at the least total cost.

    Cost grows with the squared distance from the target, so that pieces come out balanced; a crumb, a torn paragraph
    or list, and a mix of sections cost more. A heading is part of a piece only where it divides it. Linear: a unit
    weighs 1 at least, so a piece holds at most `limit` units.
    """
    units = layout.units
    sizes = [0.0] * len(layout.parents)
    for unit in units:
        sizes[unit.section] += unit.weight if unit.kind == "prose" else 0
    best = [0.0] + [math.inf] * len(units)
    came: list[Piece | None] = [None] * (len(units) + 1)
    for first, unit in enumerate(units):
        if unit.kind != "prose" and best[first] < best[first + 1]:
            best[first + 1], came[first + 1] = best[first], None
        if unit.kind != "noise":
            for piece, cost in _pieces_from(first, layout, sizes, target):
                total = best[first] + unit.tie + cost
                if total < best[piece.last + 1]:
                    best[piece.last + 1], came[piece.last + 1] = total, piece
    found: list[Piece] = []
    position = len(units)
    while position:
        came_by = came[position]
        if came_by:
            found.append(came_by)
        position = came_by.first if came_by else position - 1
    return found[::-1]


def _pieces_from(first: int, layout: Layout, sizes: Sequence[float], target: int) -> Iterator[tuple[Piece, float]]:
    """The pieces that may begin with this unit, and what each costs.

    A piece that begins with a heading must reach beyond that heading's section, or it would begin below it.
    """
    units, own = layout.units, layout.units[first].section
    titled = units[first].kind == "heading"
    around = layout.parents[own] if titled else own
    weight, spanned, full, current = 0.0, 0, 0, -1
    for last in range(first, len(units)):
        unit = units[last]
        weight += unit.weight
        if unit.section > layout.lasts[around] or (weight > layout.limits[around] and last > first):
            return
        if unit.kind != "prose":
            continue
        if unit.section != current:
            current, spanned = unit.section, spanned + 1
            full += sizes[current] >= CRUMB * target
        if titled and current <= layout.lasts[own]:
            continue
        cost = ((weight - target) / target) ** 2 + _CRUMB_COST * (weight < CRUMB * target)
        if spanned > 1:
            torn = last + 1 < len(units) and units[last + 1].kind == "prose" and units[last + 1].section == current
            cost += _MIXED_COST + _FULL_SECTION_COST * full + _TORN_SECTION_COST * torn
        yield Piece(first, last, around), cost
