"""Articles and passages in their file, read by many at once."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from chatbot.indexing.generation.local_index import LocalIndex
from chatbot.indexing.generation.publication import current
from tests.support.small_site import small_settings, small_site


@pytest.fixture
def often_switched() -> Iterator[None]:
    before = sys.getswitchinterval()
    sys.setswitchinterval(1e-5)
    yield
    sys.setswitchinterval(before)


def test_threads_do_not_read_each_others_rows(tmp_path: Path, often_switched: None) -> None:
    """From Python 3.12 on, threads with one connection and no lock get rows of others, or errors, one time in seven."""
    texts = {f"a{number}.md": f"# Pay {number}\n\nAsk for better pay {number} times.\n" for number in range(30)}
    small_site(tmp_path, texts)
    settings = small_settings(tmp_path)
    store = LocalIndex.open(settings.index_dir / current(settings.index_dir)).store
    alone = [passage.text for passage in store.passages(range(len(store)))]

    def read(first: int) -> int:
        """How many of 300 readings give something else than one thread gets."""
        wrong = 0
        for turn in range(first, first + 300):
            rows = [turn % 30, (turn * 7) % 30]
            try:
                wrong += [passage.text for passage in store.passages(rows)] != [alone[row] for row in rows]
            except Exception:  # an error of the library is another way to go wrong
                wrong += 1
        return wrong

    with ThreadPoolExecutor(8) as threads:
        assert sum(threads.map(read, range(0, 2400, 300))) == 0
