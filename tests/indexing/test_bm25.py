from __future__ import annotations

from math import log
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from chatbot.indexing.words.bm25 import (
    IDF_POWER,
    LexicalIndex,
    Totals,
    count_terms,
    idf,
    merge,
    normalised,
    saturated,
    write_lexical,
)

# Two articles: the first owns two passages, the second one.
PASSAGES = [["pay", "data", "pay", "data"], ["data"], ["work", "remote", "work", "work", "home"]]
ARTICLES = [0, 0, 1]


def opened(tmp_path: Path, passages: list[list[str]], articles: list[int]) -> LexicalIndex:
    tmp_path.mkdir(exist_ok=True)
    write_lexical(count_terms(passages), np.array(articles, np.int64), tmp_path / "lexical")
    return LexicalIndex(tmp_path / "lexical")


def test_idf_is_the_lucene_formula() -> None:
    assert idf(2, 10) == pytest.approx(log(1 + (10 - 2 + 0.5) / (2 + 0.5)))
    assert idf(10, 10) > 0


def test_counts_are_normalised_by_length() -> None:
    shares = normalised(np.array([3.0, 1.0], np.float32), np.array([10.0, 5.0], np.float32), 8.0)
    assert shares == pytest.approx([3 / (0.25 + 0.75 * 10 / 8), 1 / (0.25 + 0.75 * 5 / 8)])


def test_saturation_starts_at_one_for_one_and_never_reaches_its_limit() -> None:
    assert saturated(np.array([0.0, 1.0, 3.0], np.float32)) == pytest.approx([0.0, 1.0, 3 * 1.9 / 3.9])


def test_a_passage_scores_the_sum_of_its_terms_over_both_fields(tmp_path: Path) -> None:
    index = opened(tmp_path, PASSAGES, ARTICLES)

    def share(count: int, length: int, mean: float) -> float:
        return count / (0.25 + 0.75 * length / mean)

    def part(in_passage: float, in_article: float, passages: int, articles: int) -> float:
        weight = (
            log(1 + (3 - passages + 0.5) / (passages + 0.5)) + log(1 + (2 - articles + 0.5) / (articles + 0.5))
        ) / 2
        count = in_passage + 0.2 * in_article
        return weight**1.2 * count * 1.9 / (count + 0.9)

    data_in_first = share(3, 5, 5.0)
    expected = [
        part(share(2, 4, 10 / 3), data_in_first, 2, 1),
        part(share(1, 1, 10 / 3), data_in_first, 2, 1),
        0.5 * part(share(3, 5, 10 / 3), share(3, 5, 5.0), 1, 1),
    ]
    assert index.scores({"data": 1.0, "work": 0.5, "unknown": 1.0}) == pytest.approx(expected, rel=1e-5)


def test_the_scores_of_terms_add_up(tmp_path: Path) -> None:
    index = opened(tmp_path, PASSAGES, ARTICLES)
    weights = {"data": 1.0, "unknown": 1.0, "work": 0.5, "pay": 2.0, "home": 0.3, "remote": 0.7}
    alone = sum(index.scores({term: weight}) for term, weight in weights.items())
    assert index.scores(weights) == pytest.approx(alone, rel=1e-5)


def test_a_term_that_stands_in_a_passage_more_often_than_can_be_counted_keeps_the_highest_count(
    tmp_path: Path,
) -> None:
    index = opened(tmp_path, [["pay"] * 70_000, ["data"]], [0, 1])
    assert index.postings().count.tolist() == [1, 65_535]


def test_a_word_elsewhere_in_the_article_counts_a_little(tmp_path: Path) -> None:
    scores = opened(tmp_path, PASSAGES, ARTICLES).scores({"pay": 1.0})
    assert scores[0] > scores[1] > scores[2] == 0


def test_frequency_counts_passages_not_occurrences(tmp_path: Path) -> None:
    index = opened(tmp_path, PASSAGES, ARTICLES)
    assert [index.frequency(term) for term in ("data", "work", "unknown")] == [2, 1, 0]


def test_a_passage_holds_the_terms_that_stand_in_it(tmp_path: Path) -> None:
    index = opened(tmp_path, PASSAGES, ARTICLES)
    assert [[index.holds(row, term) for row in range(3)] for term in ("pay", "data", "home", "unknown")] == [
        [True, False, False],
        [True, True, False],
        [False, False, True],
        [False, False, False],
    ]


def test_an_unknown_term_weighs_as_much_as_the_rarest(tmp_path: Path) -> None:
    index = opened(tmp_path, PASSAGES, ARTICLES)
    assert index.idf("unknown") == pytest.approx(index.idf("work"))
    assert index.idf("work") > index.idf("data")


def test_words_are_scored_as_in_a_corpus_of_other_totals(tmp_path: Path) -> None:
    index = opened(tmp_path, PASSAGES, ARTICLES)
    assert index.totals == Totals(3, 2, 10 / 3, 5.0)
    other = index.as_of(Totals(30, 20, 10 / 3, 5.0))
    assert other.idf("data") == pytest.approx(((idf(2, 30) + idf(1, 20)) / 2) ** IDF_POWER)
    # But for the length of the articles, which is rounded.
    assert other.own(index.numbers["data"])[1] == pytest.approx(index.own(index.numbers["data"])[1], rel=0.05)
    longer = index.as_of(Totals(3, 2, 30.0, 5.0)).own(index.numbers["data"])[1]
    assert (longer > index.own(index.numbers["data"])[1]).all()  # these are short beside that mean
    assert index.idf("data") == pytest.approx(((idf(2, 3) + idf(1, 2)) / 2) ** IDF_POWER)
    assert index.as_of(Totals(1, 1, 1.0, 1.0)).idf("data") > 0  # in more passages than there were


def test_an_article_that_grows_a_little_scores_its_other_passages_as_before(tmp_path: Path) -> None:
    article = [["pay"] * 9 + ["data"] * 31, ["work"] * 60]
    before, after = (
        opened(tmp_path / name, [*article, ["home"] * more, ["a"]], [0, 0, 0, 1])
        for name, more in (("b", 20), ("a", 22))
    )
    totals = before.totals
    one, other = (index.as_of(totals).scores({"pay": 1.0})[:2] for index in (before, after))
    assert one.tolist() == other.tolist()
    assert before.scores({"pay": 1.0})[0] != after.scores({"pay": 1.0})[0]


def test_files_that_do_not_fit_together_are_refused(tmp_path: Path) -> None:
    opened(tmp_path, PASSAGES, ARTICLES)
    np.save(tmp_path / "lexical" / "passages.npy", np.array([1], np.int32))
    with pytest.raises(ValueError, match="do not fit together"):
        LexicalIndex(tmp_path / "lexical")


term = st.sampled_from([*"abcdef", "é", "zz"])
words = st.lists(term, max_size=8)


@settings(max_examples=60, deadline=None)
@given(st.lists(words, min_size=1, max_size=12), st.data())
def test_taking_over_old_counts_gives_the_same_bytes_as_counting_anew(
    tmp_path_factory: pytest.TempPathFactory, passages: list[list[str]], data: st.DataObject
) -> None:
    """Some passages are kept from an old index that also held others, in another order."""
    folder = tmp_path_factory.mktemp("lexical")
    kept = data.draw(st.lists(st.sampled_from(range(len(passages))), unique=True))
    gone = data.draw(st.lists(words, max_size=4))
    old_rows = data.draw(st.permutations([*kept, *([-1] * len(gone))]))
    article_of = np.sort(np.array(data.draw(st.lists(st.just(0), min_size=len(passages), max_size=len(passages)))))
    others = iter(gone)
    old = count_terms([passages[row] if row >= 0 else next(others) for row in old_rows])
    write_lexical(old, np.arange(len(old_rows)), folder / "old")
    anew = [row for row in range(len(passages)) if row not in kept]
    merged = merge(
        [
            (count_terms([passages[row] for row in anew]), np.array(anew, np.int64)),
            (LexicalIndex(folder / "old").postings(), np.array(old_rows, np.int64)),
        ],
        len(passages),
    )
    write_lexical(merged, article_of, folder / "merged")
    write_lexical(count_terms(passages), article_of, folder / "full")
    for file in sorted((folder / "full").iterdir()):
        assert (folder / "merged" / file.name).read_bytes() == file.read_bytes(), file.name


def test_the_order_of_the_words_does_not_change_a_bit(tmp_path: Path) -> None:
    passages = [[word for word in "abcdefghijkl" for _ in range(1 + (n * ord(word)) % 5)] for n in range(40)]
    index = opened(tmp_path, passages, [n // 3 for n in range(40)])
    weights = {word: 1 / (3 + place) for place, word in enumerate("lakebjcdhgfi")}
    turned = dict(reversed(weights.items()))
    assert index.scores(weights).tobytes() == index.scores(turned).tobytes()
