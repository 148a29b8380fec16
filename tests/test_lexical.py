from __future__ import annotations

from math import log
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from chatbot.indexing.lexical import LexicalIndex, bm25, count_terms, idf, merge, write_lexical

PASSAGES = [
    (["pay"], ["data", "pays", "data"]),
    ([], ["data"]),
    (["work"], ["remote", "work", "work", "home"]),
]


def opened(tmp_path: Path, passages: list[tuple[list[str], list[str]]]) -> LexicalIndex:
    write_lexical(count_terms(passages), tmp_path / "lexical")
    return LexicalIndex(tmp_path / "lexical")


def test_idf_is_the_lucene_formula() -> None:
    assert idf(2, 10) == pytest.approx(log(1 + (10 - 2 + 0.5) / (2 + 0.5)))
    assert idf(10, 10) > 0


def test_bm25_of_one_term_is_the_lucene_formula() -> None:
    added = bm25(np.array([3.0, 1.0], np.float32), np.array([10.0, 5.0], np.float32), 8.0)
    assert added == pytest.approx([3 / (3 + 1.2 * (0.25 + 0.75 * 10 / 8)), 1 / (1 + 1.2 * (0.25 + 0.75 * 5 / 8))])


def test_a_passage_scores_the_sum_of_its_terms(tmp_path: Path) -> None:
    index = opened(tmp_path, PASSAGES)
    lengths = [4, 1, 5]
    mean = sum(lengths) / 3

    def part(tf: int, length: int, matching: int) -> float:
        return log(1 + (3 - matching + 0.5) / (matching + 0.5)) * tf / (tf + 1.2 * (0.25 + 0.75 * length / mean))

    expected = [part(2, 4, 2), part(1, 1, 2), 0.5 * part(3, 5, 1)]
    assert index.scores({"data": 1.0, "work": 0.5, "unknown": 1.0}) == pytest.approx(expected, rel=1e-6)


def test_frequency_counts_passages_not_occurrences(tmp_path: Path) -> None:
    index = opened(tmp_path, PASSAGES)
    assert [index.frequency(term) for term in ("data", "work", "unknown")] == [2, 1, 0]


def test_files_that_do_not_fit_together_are_refused(tmp_path: Path) -> None:
    opened(tmp_path, PASSAGES)
    np.save(tmp_path / "lexical" / "rows.npy", np.array([1], np.int32))
    with pytest.raises(ValueError, match="do not fit together"):
        LexicalIndex(tmp_path / "lexical")


term = st.sampled_from([*"abcdef", "é", "zz"])
fields = st.tuples(st.lists(term, max_size=3), st.lists(term, max_size=8))


@settings(max_examples=60, deadline=None)
@given(st.lists(fields, min_size=1, max_size=12), st.data())
def test_taking_over_old_counts_gives_the_same_bytes_as_counting_anew(
    tmp_path_factory: pytest.TempPathFactory, passages: list[tuple[list[str], list[str]]], data: st.DataObject
) -> None:
    """Some passages are kept from an old index that also held others, in another order."""
    folder = tmp_path_factory.mktemp("lexical")
    kept = data.draw(st.lists(st.sampled_from(range(len(passages))), unique=True))
    gone = data.draw(st.lists(fields, max_size=4))
    old_rows = data.draw(st.permutations([*kept, *([-1] * len(gone))]))
    others = iter(gone)
    write_lexical(count_terms([passages[row] if row >= 0 else next(others) for row in old_rows]), folder / "old")
    anew = [row for row in range(len(passages)) if row not in kept]
    merged = merge(
        [
            (count_terms([passages[row] for row in anew]), np.array(anew, np.int64)),
            (LexicalIndex(folder / "old").postings(), np.array(old_rows, np.int64)),
        ],
        len(passages),
    )
    write_lexical(merged, folder / "merged")
    write_lexical(count_terms(passages), folder / "full")
    for file in sorted((folder / "full").iterdir()):
        assert (folder / "merged" / file.name).read_bytes() == file.read_bytes(), file.name
