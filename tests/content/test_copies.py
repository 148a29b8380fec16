"""Which files may be copies by their names, and which texts say nearly the same."""

from __future__ import annotations

import random
import time

import pytest

from chatbot.content.source.copies import look_alikes, marks, resemblance, unmarked

COPIES = [
    "dress (Jo's conflicted copy 2026-03-02)",
    "dress (conflicted copy 2026-03-02)",
    "dress (Jo's conflicted copy)",
    "dress.sync-conflict-20260302-101112-ABCDEFG",
    "dress-DESKTOP-7Q2",
    "dress-LAPTOP-AB12CD",
    "dress 2",
    "dress (1)",
    "dress - Copy",
    "dress - Copy (2)",
    "dress copy 3",
    "Copy of dress",
    "copy of dress (1)",
]


@pytest.mark.parametrize("name", COPIES)
def test_the_marks_of_programs_are_known(name: str) -> None:
    assert unmarked(f"a/{name}.md") == "a/dress.md"
    assert marks(f"{name}.md")


@pytest.mark.parametrize("name", ["dress", "top-10", "pay-UK", "2026", "(1)", "copy", "photocopy", "dress-code", "a b"])
def test_other_names_are_no_copies(name: str) -> None:
    assert not marks(f"a/{name}.md")


def test_resemblance_is_the_share_of_pairs_of_words() -> None:
    assert resemblance("One two three.", "one, two three") == 1
    # Pairs: (start, a), (a, b), (b, end) and (start, a), (a, c), (c, end).
    assert resemblance("a b", "a c") == pytest.approx(1 / 5)
    assert resemblance("", "a") == 0


def test_texts_that_are_nearly_the_same_are_found_among_thousands_at_once() -> None:
    drawn = random.Random(7)  # noqa: S311
    words = [f"word{n}" for n in range(5000)]
    texts = {f"{n:04}": " ".join(drawn.choices(words, k=150)) for n in range(3000)}
    copy = texts["0042"].split()
    copy[70] = "changed"
    texts["copy"] = " ".join(copy)
    began = time.process_time()
    assert [pair[:2] for pair in look_alikes(texts)] == [("0042", "copy")]
    assert time.process_time() - began < 10


@pytest.mark.parametrize(("changed", "alike"), [(3, True), (10, False), (40, False)])
def test_texts_that_share_much_but_say_other_things_are_not_alike(changed: int, alike: bool) -> None:
    words = [f"word{n}" for n in range(100)]
    other = [f"other{n}" if n % 2 == 0 and n < 2 * changed else word for n, word in enumerate(words)]
    assert bool(look_alikes({"a": " ".join(words), "b": " ".join(other)})) is alike
