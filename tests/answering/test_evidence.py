"""Whether the corpus covers a question: the arithmetic, by hand."""

from __future__ import annotations

from math import exp, log
from pathlib import Path

import numpy as np
import pytest

from chatbot.answering.chatbot import answer_from
from chatbot.answering.ranking.searcher import NOTHING, Ranking, Searcher
from chatbot.answering.verdict.calibration import auroc, calibrate, figures
from chatbot.answering.verdict.evidence import (
    Evidence,
    Scale,
    Thresholds,
    evidence,
    judge,
    known_score,
    known_thresholds,
    score,
    thresholds,
)
from chatbot.indexing.building.build import build
from chatbot.indexing.generation.local_index import LocalIndex
from chatbot.indexing.generation.publication import current
from chatbot.settings import Settings
from tests.support.keyword_embedder import KeywordEmbedder


def floats(*values: float) -> np.ndarray:
    return np.array(values, np.float32)


def ranking(
    cosines: np.ndarray, sentences: np.ndarray, asked: np.ndarray, bm25: np.ndarray, held: np.ndarray | None = None
) -> Ranking:
    scores = np.zeros(len(cosines), np.float32)
    rows = np.arange(len(cosines))
    return Ranking(rows, scores, scores, cosines, sentences, asked, bm25, scores - 1 if held is None else held)


def test_evidence_takes_the_best_hit_of_each_kind_and_the_three_nearest_lines() -> None:
    none = floats(-1, -1)
    hits = ranking(floats(0.2, 0.6), floats(0.7, 0.5), none, floats(3.0, 0.0), floats(0.4, 0.9))
    found = evidence(hits, floats(0.1, 0.5, 0.3, 0.4))
    assert found.meaning == pytest.approx(0.55)
    assert found.known == -1
    assert found.held == pytest.approx(0.4)  # of the first, which is what people read
    assert found.words == pytest.approx(log(4))
    assert found.astray == pytest.approx(0.4)


def test_where_nothing_was_found_nothing_is_covered() -> None:
    nothing = evidence(NOTHING, floats(0.1))
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


def test_known_questions_are_the_three_nearest_of_different_passages() -> None:
    near, words = floats(0.1), floats(0, 0, 0, 0, 0)
    asked = floats(0.9, -1, 0.3, 0.6, 0.5)
    found = evidence(ranking(floats(0.2, 0.4, 0, 0, 0), floats(0.2, 0.4, 0, 0, 0), asked, words), near)
    assert found.known == pytest.approx((0.9 + 0.6 + 0.5) / 3)
    assert found.meaning == pytest.approx((0.2 + 0.9) / 2)
    two = ranking(floats(0, 0), floats(0, 0), floats(-1, 0.4), floats(0, 0))
    assert evidence(two, near).known == pytest.approx(0.4)


def test_closeness_to_known_questions_is_added_where_two_in_five_passages_have_some() -> None:
    scale = Scale(Evidence(0.2, 2.0, 0.3, 0.3), Evidence(0.1, 0.5, 0.1, 0.05))
    assert known_score(Evidence(0, 0, 0, 0.4), scale) == pytest.approx(2.0)
    assert known_score(Evidence(0, 3.0, 0, 0.4), scale) == pytest.approx(3.0)  # and half of what words are above 0
    # And by what known questions hold of what is asked, where tokens were compared.
    scale = Scale(Evidence(0.2, 2.0, 0.3, 0.3, 0.5), Evidence(0.1, 0.5, 0.1, 0.05, 0.1))
    assert [known_score(Evidence(0, 0, 0, 0.3, held), scale) for held in (-1, 0.9, 0.6, 0.58, 0.1)] == pytest.approx(
        [0, 6.0, 0, -0.4, -0.5]
    )
    usual = Thresholds(1.5, 2.5)
    assert known_thresholds(usual, usual) == Thresholds(2.9, 6.1, 0.4)
    assert known_thresholds(Thresholds(2.0, 2.5), usual) == Thresholds(pytest.approx(3.4), 6.1, 0.4)
    assert judge(6.1, Thresholds(2.9, 6.1, 0.4)) == ("answered", 0.5)
    assert judge(8.1, Thresholds(2.9, 6.1, 0.4))[1] == pytest.approx(1 / (1 + exp(-0.8)))


@pytest.mark.parametrize(("questions", "known"), [(4, True), (3, False)])
def test_two_in_five_passages_are_enough(tmp_path: Path, questions: int, known: bool) -> None:
    settings = Settings(corpus_dir=tmp_path / "corpus", index_dir=tmp_path / "index")
    settings.corpus_dir.mkdir()
    for number in range(10):
        front = f"---\nquestions: [pay number {number}]\n---\n" if number < questions else ""
        (settings.corpus_dir / f"{number}.md").write_text(f"{front}# Part {number}\n\nYour pay {'x' * number}.\n")
    build(settings, embedder=KeywordEmbedder(), calibrate=calibrate)
    index = LocalIndex.open(settings.index_dir / current(settings.index_dir))
    bot = answer_from(Searcher(index, KeywordEmbedder()), settings)
    assert (bot.judge.thresholds.slope == 0.4) == known
    assert index.manifest.calibration["answer_from"] == pytest.approx(bot.judge.thresholds.answer_from, abs=1e-4)
    query = Searcher(index, KeywordEmbedder()).query("pay")
    weighed, strength = bot.judge.weigh(query, Searcher(index, KeywordEmbedder()).rank(query))
    scale = Scale(*(Evidence(*map(float, row)) for row in index.calibrated.scale))
    assert strength == pytest.approx(score(weighed, scale) + (known_score(weighed, scale) if known else 0), abs=1e-4)


def test_what_people_are_told_is_what_is_held_against_the_limits() -> None:
    inside = np.array([(score, 4.0) for score in range(-3, 7)], np.float32)
    beyond = np.array([(2.0, -1.0), (2.0, 1.0), (2.0, 6.0), (2.0, -2.0)], np.float32)
    told = figures(inside, inside, beyond, known=True)
    assert (told["refuse_below"], told["answer_from"]) == (2.9, 6.1)
    assert told["false_refusals"] == pytest.approx(0.2)  # -3 + 4 and -2 + 4 lie below 2.9
    assert (told["false_answers"], told["answered_outright"]) == (0.5, 0.25)
    assert figures(inside, inside, beyond, known=False)["false_answers"] == 1.0


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
