"""Which neighbouring units make a passage: the cheapest way to cut a whole article, by dynamic programming."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Literal, NamedTuple

CRUMB = 0.15
"""Below this share of the target, text is too little to stand alone."""

# A passage at the target costs 0, one of half the target 0.25, one of almost nothing 1.
_CRUMB_COST = 1.0
_MIXED_COST = 0.3
_FULL_SECTION_COST = 1.0
_TORN_SECTION_COST = 0.4


class Unit(NamedTuple):
    """What is never cut: `weight` in tokens, the number of its section, `tie` the cost of a cut before it.

    `lead` is the weight of what is repeated in front of a piece that begins with it, such as the head of a table.
    """

    kind: Literal["heading", "prose", "noise"]
    weight: float
    section: int
    tie: float
    lead: float = 0.0


class Piece(NamedTuple):
    """Units `first` to `last`, both included; `section` is the innermost one around all of them."""

    first: int
    last: int
    section: int


@dataclass(frozen=True, slots=True)
class Layout:
    """Units in order, and the sections they belong to, numbered in document order from 0, the article.

    By section: `parents` and `lasts` (the last section inside it). `limit` is the most tokens of a piece.
    """

    units: Sequence[Unit]
    parents: Sequence[int]
    lasts: Sequence[int]
    limit: float


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
    came: list[tuple[int, int] | None] = [None] * (len(units) + 1)
    for first, unit in enumerate(units):
        if unit.kind != "prose" and best[first] < best[first + 1]:
            best[first + 1], came[first + 1] = best[first], None
        if unit.kind != "noise":
            around = layout.parents[unit.section] if unit.kind == "heading" else unit.section
            for last, cost in _ends(first, around, layout, sizes, target):
                total = best[first] + unit.tie + cost
                if total < best[last + 1]:
                    best[last + 1], came[last + 1] = total, (first, around)
    pieces: list[Piece] = []
    position = len(units)
    while position:
        came_by = came[position]
        if came_by:
            pieces.append(Piece(came_by[0], position - 1, came_by[1]))
        position = came_by[0] if came_by else position - 1
    return pieces[::-1]


def _ends(first: int, around: int, layout: Layout, sizes: Sequence[float], target: int) -> Iterator[tuple[int, float]]:
    """Where a piece that begins with this unit may end, and what it costs by itself.

    A piece that begins with a heading must reach beyond that heading's section, or it would begin below it.
    """
    units, beyond, lead = layout.units, layout.lasts[around], layout.units[first].lead
    limit, room = layout.limit - lead, target - lead
    within = layout.lasts[units[first].section] if units[first].kind == "heading" else -1
    crumb = CRUMB * target
    weight, spanned, full, current = 0.0, 0, 0, -1
    for last in range(first, len(units)):
        kind, own, section, *_ = units[last]
        weight += own
        if section > beyond or (weight > limit and last > first):
            return
        if kind != "prose":
            continue
        if section != current:
            current, spanned = section, spanned + 1
            full += sizes[section] >= crumb
        if section <= within:
            continue
        cost = ((weight - room) / target) ** 2 + (_CRUMB_COST if weight < crumb else 0)
        if spanned > 1:
            torn = last + 1 < len(units) and units[last + 1].kind == "prose" and units[last + 1].section == section
            cost += _MIXED_COST + _FULL_SECTION_COST * full + _TORN_SECTION_COST * torn
        yield last, cost
