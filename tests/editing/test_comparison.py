"""Two versions of a text beside each other: nothing of either is lost, and what differs is marked."""

from __future__ import annotations

import time

from hypothesis import given
from hypothesis import strategies as st

from chatbot.editing.comparison import CONTEXT, MOST_LINES, Side, compare


def text_of(side: Side) -> str:
    return "".join(piece for piece, _ in side)


def marked(side: Side) -> list[str]:
    return [piece for piece, differs in side if differs]


def test_the_words_that_differ_are_marked_in_their_lines() -> None:
    lines = [f"line {number}" for number in range(20)]
    theirs, mine = [*lines, "One page is enough."], [*lines[:10], "new", *lines[10:], "One sheet is enough."]
    rows = compare("\n".join(theirs), "\n".join(mine))
    added, changed = (row for row in rows if row.differs)
    assert (added.theirs, added.mine) == ((), (("new", True),))
    assert (marked(changed.theirs), marked(changed.mine)) == (["page"], ["sheet"])
    assert text_of(changed.mine) == "One sheet is enough."
    assert [row.skipped for row in rows if row.skipped] == [10 - CONTEXT, 20 - (10 + CONTEXT) - CONTEXT]
    assert compare("same\n", "same\n") == ()


@given(st.lists(st.sampled_from("ab\n"), max_size=40), st.lists(st.sampled_from("ab\n"), max_size=40))
def test_every_line_that_differs_is_there_as_it_is(theirs: list[str], mine: list[str]) -> None:
    old, new = "".join(theirs), "".join(mine)
    rows = compare(old, new)
    assert bool(rows) == (old != new)
    for version, side in ((old, "theirs"), (new, "mine")):
        lines, place = version.split("\n"), 0
        for row in rows:
            place += row.skipped
            if getattr(row, side):
                assert text_of(getattr(row, side)) == lines[place]
                place += 1


def test_texts_that_are_too_long_to_be_compared_are_shown_as_they_are() -> None:
    began = time.process_time()
    (row,) = compare("a\n" * (MOST_LINES + 1), "b\n" * (MOST_LINES + 1))
    assert row.differs
    compare("\n" * (MOST_LINES - 1), "x\n" * (MOST_LINES - 1))
    compare("a b " * 100_000, "b a " * 100_000)
    assert time.process_time() - began < 20
