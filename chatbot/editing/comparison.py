"""Two versions of a text beside each other: which lines differ, and which words in them."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from difflib import SequenceMatcher
from itertools import zip_longest

CONTEXT = 2
"""Lines that are shown around those that differ."""
MOST_LINES = 2000
"""Lines of one version above which no line is looked for in the other."""
_LONGEST_LINE = 4000
_WORD = re.compile(r"\s+|\w+|[^\w\s]")

Side = tuple[tuple[str, bool], ...]
"""A line in pieces, each with whether the other version lacks it."""


@dataclass(frozen=True, slots=True)
class Row:
    """A line of each version; one that has no such line has no pieces. Above it `skipped` lines are the same."""

    theirs: Side
    mine: Side
    differs: bool
    skipped: int = 0


def compare(theirs: str, mine: str) -> tuple[Row, ...]:
    """The lines that differ with a few around them; nothing where the texts are the same."""
    old, new = theirs.split("\n"), mine.split("\n")
    if max(len(old), len(new)) > MOST_LINES:
        return (Row(((theirs, False),), ((mine, False),), differs=theirs != mine),)
    rows: list[Row] = []
    last = 0
    for group in SequenceMatcher(None, old, new).get_grouped_opcodes(CONTEXT):
        found = [row for run in group for row in _rows(old, new, run)]
        skipped = group[0][1] - last
        rows += [Row(found[0].theirs, found[0].mine, found[0].differs, skipped), *found[1:]]
        last = group[-1][2]
    return tuple(rows)


def _rows(old: list[str], new: list[str], run: tuple[str, int, int, int, int]) -> Iterator[Row]:
    tag, first, last, start, stop = run
    for there, here in zip_longest(old[first:last], new[start:stop]):
        if tag == "equal":
            yield Row(((there, False),), ((here, False),), differs=False)
        else:
            yield Row(*_words(there, here), differs=True)


def _words(there: str | None, here: str | None) -> tuple[Side, Side]:
    """Both lines with the words marked that the other lacks."""
    if there is None or here is None or max(len(there), len(here)) > _LONGEST_LINE:
        return tuple(() if line is None else ((line, True),) for line in (there, here))  # type: ignore[return-value]
    old, new = _WORD.findall(there), _WORD.findall(here)
    runs = SequenceMatcher(None, old, new, autojunk=False).get_opcodes()
    theirs = tuple(("".join(old[a:b]), tag != "equal") for tag, a, b, _, _ in runs if b > a) or (("", True),)
    mine = tuple(("".join(new[a:b]), tag != "equal") for tag, _, _, a, b in runs if b > a) or (("", True),)
    return theirs, mine
