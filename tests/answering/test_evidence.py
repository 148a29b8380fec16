"""Whether the corpus covers a question: the arithmetic, by hand."""

from __future__ import annotations

from math import exp, log

import numpy as np
import pytest

from chatbot.answering.verdict.calibration import auroc
from chatbot.answering.verdict.evidence import Evidence, Scale, Thresholds, evidence, judge, score, thresholds


def floats(*values: float) -> np.ndarray:
    return np.array(values, np.float32)


def test_evidence_takes_the_best_hit_of_each_kind_and_the_three_nearest_lines() -> None:
    found = evidence(floats(0.2, 0.6), floats(0.7, 0.5), floats(3.0, 0.0), floats(0.1, 0.5, 0.3, 0.4))
    assert found.meaning == pytest.approx(0.55)
    assert found.words == pytest.approx(log(4))
    assert found.astray == pytest.approx(0.4)


def test_where_nothing_was_found_nothing_is_covered() -> None:
    nothing = evidence(floats(), floats(), floats(), floats(0.1))
    assert nothing == Evidence(-1.0, 0.0, 1.0)
    assert judge(score(nothing, Scale(Evidence(0.2, 2.0, 0.3), Evidence(0.1, 0.5, 0.1))), Thresholds(1.0, 2.0)) == (
        "not_covered",
        pytest.approx(0.0, abs=1e-6),
    )


def test_the_score_counts_standard_deviations_and_words_only_add() -> None:
    scale = Scale(Evidence(0.2, 2.0, 0.3), Evidence(0.1, 0.5, 0.1))
    assert score(Evidence(0.2, 2.0, 0.3), scale) == 0
    assert score(Evidence(0.4, 2.0, 0.3), scale) == pytest.approx(2.0)
    assert score(Evidence(0.2, 2.0, 0.4), scale) == pytest.approx(-0.4)
    assert score(Evidence(0.2, 3.0, 0.3), scale) == pytest.approx(1.0)
    assert score(Evidence(0.2, 0.0, 0.3), scale) == 0


def test_thresholds_are_quantiles_of_what_is_known() -> None:
    inside = np.arange(101, dtype=np.float32) / 10
    limits = thresholds(inside, inside + 1, floats(-2, -1, 0))
    assert limits.refuse_below == pytest.approx(0.5)
    # The greatest of 15 % elsewhere, 5 % with their own passage, and 98 % out of scope.
    assert limits.answer_from == pytest.approx(1.5)
    assert thresholds(inside, inside + 1, floats(-2, -1, 0), 0.1).refuse_below == pytest.approx(1.0)
    assert thresholds(inside, inside + 1, floats(-2, -1, 0), 0.0).refuse_below == pytest.approx(0.0)


def test_a_corpus_that_says_nothing_twice_still_refuses_nine_in_ten_out_of_scope() -> None:
    alone, own, beyond = np.full(100, -3.0, np.float32), np.full(100, 4.0, np.float32), np.arange(11, dtype=np.float32)
    assert thresholds(alone, own, beyond / 5).refuse_below == pytest.approx(1.8)
    assert thresholds(alone, own - 3, beyond / 5).refuse_below == pytest.approx(1.0)  # never its own sentences


def test_without_sentences_the_lines_alone_decide() -> None:
    limits = thresholds(floats(), floats(), np.arange(101, dtype=np.float32))
    assert (limits.refuse_below, limits.answer_from) == (pytest.approx(90.0), pytest.approx(98.0))


def test_verdict_and_confidence_agree() -> None:
    limits = Thresholds(1.0, 2.0)
    assert judge(2.0, limits) == ("answered", 0.5)
    assert judge(1.0, limits) == ("uncertain", pytest.approx(1 / (1 + exp(1.4))))
    assert judge(0.999, limits)[0] == "not_covered"
    assert judge(-1e9, limits) == ("not_covered", pytest.approx(0.0))


def test_auroc_is_the_share_of_pairs_in_order_ties_counting_half() -> None:
    assert auroc(floats(1, 2), floats(0, 1)) == 0.875
    assert auroc(floats(3, 4), floats(1, 2)) == 1.0
    assert auroc(floats(), floats(1)) == 0.5
