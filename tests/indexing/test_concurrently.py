"""Embedding on all cores: the order stays, and a text that fails ends the others."""

from __future__ import annotations

import os
import threading
import time

import pytest

from chatbot.indexing.model.encoder import concurrently


@pytest.fixture(autouse=True)
def two_cores(monkeypatch: pytest.MonkeyPatch) -> None:
    """Whatever the machine has: with one core, nothing is embedded at the same time."""
    monkeypatch.setattr(os, "cpu_count", lambda: 2)


def test_vectors_come_in_the_order_of_their_texts_and_from_several_threads() -> None:
    both = threading.Barrier(2, timeout=30)

    def embed(number: int) -> int:
        if number < 2:  # neither goes on without the other
            both.wait()
            time.sleep(0.05 * (1 - number))
        return number * number

    assert list(concurrently(embed, range(20))) == [number * number for number in range(20)]
    assert list(concurrently(embed, [])) == []


def test_a_text_that_fails_ends_the_others() -> None:
    done: list[int] = []

    def embed(number: int) -> int:
        if number == 1:
            raise ValueError("text 1")
        done.append(number)
        time.sleep(0.01)
        return number

    with pytest.raises(ValueError, match="text 1"):
        list(concurrently(embed, range(1000)))
    assert len(done) < 500
