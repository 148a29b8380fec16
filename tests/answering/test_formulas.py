"""The formulas of the ranking, worked out by hand."""

from __future__ import annotations

import math

import numpy as np
import pytest

from chatbot import arrays
from chatbot.answering.ranking import formulas


def scores(*values: float) -> arrays.Scores:
    return np.array(values, np.float32)


def test_a_stop_word_weighs_less_and_a_repeated_word_more() -> None:
    assert formulas.term_weights("the pay, the pays") == pytest.approx({"the": 0.8, "pay": 2.0})


def test_words_are_decided_by_how_far_the_best_is_above_the_eleventh() -> None:
    assert formulas.decidedness(scores(*[8.0] + [2.0] * 20), 21) == pytest.approx((8 - 2) / 8)
    assert formulas.decidedness(scores(*[5.0] * 20), 20) == 0.0
    assert formulas.decidedness(scores(*[5.0] * 10), 11) == 1.0


@pytest.mark.parametrize(("count", "rank"), [(10, 10), (11, 11), (12, 11), (20, 11)])
def test_the_eleventh_is_neither_the_tenth_nor_the_twelfth(count: int, rank: int) -> None:
    falling = np.arange(30, 30 - count, -1).astype(np.float32)
    assert formulas.decidedness(falling, count) == pytest.approx((30 - (31 - rank)) / 30)


def test_with_few_passages_the_last_stands_for_the_eleventh() -> None:
    assert formulas.decidedness(scores(4.0, 1.0), 2) == 0.75


def test_words_that_nothing_matches_decide_nothing_and_add_nothing() -> None:
    assert formulas.decidedness(scores(), 2) == formulas.decidedness(scores(), 0) == 0.0
    assert formulas.word_share(scores(0.0), 0.0, 0.0).tolist() == [0.0]


def test_meaning_weighs_passage_sentence_neighbours_and_closeness_to_all() -> None:
    for known, weight in ((0, 0.0), (1, 0.8 * 0.5), (2, 0.8 * 0.8), (3, 0.8), (9, 0.8)):
        asked = scores(0.9 if known else -1.0)
        found = formulas.meaning(scores(0.4), scores(0.8), asked, np.array([known]), scores(0.2), scores(0.6))
        assert found == pytest.approx([(1 - weight) * (0.6 + 0.15 * 0.2) + weight * 0.9 - 0.2 * 0.6])


def test_words_add_a_tenth_and_up_to_seven_more_where_they_are_decided() -> None:
    assert formulas.word_share(scores(6.0, 3.0), 6.0, 0.0) == pytest.approx([0.1, 0.05])
    assert formulas.word_share(scores(6.0, 3.0), 6.0, 1.0) == pytest.approx([0.8, 0.4])


def test_closeness_of_tokens_counts_as_far_as_it_is_above_the_mean_of_what_is_known() -> None:
    counts = np.array([3, 0, 9, 1, 2])
    found = formulas.token_share(scores(0.9, -1.0, 0.5, 0.8, 0.6), counts)
    assert found == pytest.approx([0.2, 0.0, -0.2, 0.25 * 0.1, 0.8 * -0.1])
    assert formulas.token_share(scores(-1.0, -1.0), np.array([0, 0])).tolist() == [0.0, 0.0]


@pytest.mark.parametrize(("cosine", "vague"), [(0.9, 0.0), (0.7, 0.0), (0.6, 0.5), (0.5, 1.0), (0.1, 1.0)])
def test_a_question_far_from_every_passage_is_vague(cosine: float, vague: float) -> None:
    assert formulas.vagueness(cosine) == pytest.approx(vague)


def test_expansion_pulls_towards_the_first_hits_by_their_scores() -> None:
    vectors = np.eye(2, dtype=np.float32)
    second = math.exp((0.45 - 0.5) / 0.05)
    length = math.hypot(1.0, second)
    found = formulas.expansion(vectors, scores(0.5, 0.45), 1.0)
    assert found == pytest.approx([0.5 / length, 0.5 * second / length])


def test_expansion_comes_from_the_ten_best_wherever_they_stand() -> None:
    """Thirteen candidates, each with a direction of its own: the three worst are no part of the centre."""
    order = [4, 12, 0, 9, 11, 2, 7, 5, 10, 1, 8, 3, 6]
    found = formulas.expansion(np.eye(13, dtype=np.float32), scores(*(0.6 - 0.02 * rank for rank in order)), 0.8)
    weights = [math.exp(-0.02 * rank / 0.05) if rank < 10 else 0.0 for rank in order]
    assert found == pytest.approx([0.5 * 0.8 * weight / math.hypot(*weights) for weight in weights], rel=1e-4)


def test_a_single_candidate_is_not_expanded() -> None:
    assert formulas.expansion(np.eye(1, dtype=np.float32), scores(0.5), 1.0).tolist() == [0.0]


def test_a_clear_question_is_not_expanded() -> None:
    assert formulas.expansion(np.eye(2, dtype=np.float32), scores(0.5, 0.4), 0.0).tolist() == [0.0, 0.0]


def test_please_says_how_something_is_asked_and_not_what_about() -> None:
    weights = formulas.term_weights("interview tips please")
    assert weights == {"interview": 1.0, "tip": 1.0, "pleas": formulas.STOP_WEIGHT}
