"""The judged questions of the shipped articles, asked of the real model: what was measured, to two thousandths.

One question of a set is more than that, and so is every change of the ranking that matters; whoever makes one on
purpose writes the new figures down here and in docs/retrieval.md.
"""

from __future__ import annotations

import numpy as np
import pytest

from chatbot import Answer, Chatbot
from chatbot.answering.verdict.calibration import auroc
from chatbot.evaluation.measures import measure
from chatbot.evaluation.quotes import outcomes, read_gold, read_questions
from chatbot.evaluation.usefulness import usefulness
from tests.support.gold import finds, read, shipped_bot
from tests.support.places import GOLD

CLOSE = 0.002


@pytest.fixture(scope="module")
def bot(shipped: dict[str, str]) -> Chatbot:
    return shipped_bot(shipped)


def test_the_passages_that_answer_come_where_they_came_when_it_was_measured(bot: Chatbot) -> None:
    judged = read_gold(GOLD / "answerable.jsonl", bot.answerer.store)
    asked = tuple(judged.qrels)
    values = measure({id_: bot.answerer.ranked(judged.queries[id_]) for id_ in asked}, judged.qrels, asked)
    measured = {"nDCG@10": 0.6664, "MRR@10": 0.6618, "R@5": 0.711, "R@10": 0.7941, "R@100": 0.9358}
    assert len(asked) == 936
    assert {name: float(each.mean()) for name, each in values.items()} == pytest.approx(measured, abs=CLOSE)


@pytest.fixture(scope="module")
def covered(bot: Chatbot) -> list[Answer]:
    """Answers to judged questions that the articles cover."""
    return [bot.ask(line["question"]) for line in read("answerable")]


@pytest.fixture(scope="module")
def strange(bot: Chatbot) -> dict[str, list[Answer]]:
    """Answers to judged questions that the articles do not cover, near ones and far ones."""
    lines = read("out_of_scope")
    kinds = {"near": ("near",), "far": ("far", "nonsense")}
    return {name: [bot.ask(line["question"]) for line in lines if line["kind"] in kind] for name, kind in kinds.items()}


def confidences(answers: list[Answer]) -> np.ndarray:
    return np.array([answer.confidence for answer in answers], np.float32)


def test_most_judged_questions_find_an_answer_in_five_passages(covered: list[Answer]) -> None:
    found = [finds(answer, line["answers"]) for answer, line in zip(covered, read("answerable"), strict=True)]
    assert (sum(found), len(found)) == (696, 936)


def test_few_judged_questions_are_refused(covered: list[Answer]) -> None:
    refused = [answer.verdict == "not_covered" for answer in covered]
    assert (sum(refused), len(refused)) == (35, 936)


@pytest.mark.parametrize(("kind", "figures"), [("far", (57, 59)), ("near", (44, 120))])
def test_most_questions_from_afar_are_refused_and_near_ones_less(
    strange: dict[str, list[Answer]], kind: str, figures: tuple[int, int]
) -> None:
    refused = [answer.verdict == "not_covered" for answer in strange[kind]]
    assert (sum(refused), len(refused)) == figures


def test_confidence_tells_covered_questions_from_others(
    covered: list[Answer], strange: dict[str, list[Answer]]
) -> None:
    inside = confidences(covered)
    assert auroc(inside, confidences(strange["far"])) == pytest.approx(0.9944, abs=CLOSE)
    assert auroc(inside, confidences(strange["near"])) == pytest.approx(0.7055, abs=CLOSE)


def test_what_people_get_for_real_questions_is_what_was_measured(bot: Chatbot) -> None:
    found = usefulness(outcomes(read_questions(GOLD / "real.jsonl"), bot.answerer))
    shares = {"useful@1": 0.6577, "useful@3": 0.795, "precision": 0.4737, "answered_useless": 0.0806}
    assert {name: found[name] for name in shares} == pytest.approx(shares, abs=CLOSE)
    assert (found["covered"], found["refused"], found["uncertain"]) == (444, 8, 48)
    assert found["answered"] == {
        "covered": [388, 444],
        "partly": [26, 41],
        "not_covered": [4, 8],
        "outside": [4, 14],
    }
    useful = [each["useful"] for each in found["reliability"]]
    assert useful == pytest.approx([0.6714, 0.875, 0.9158, 0.9609], abs=CLOSE)


def test_what_people_get_for_what_they_post_is_what_was_measured(bot: Chatbot) -> None:
    found = usefulness(outcomes(read_questions(GOLD / "posted.jsonl"), bot.answerer))
    shares = {"useful@1": 0.7644, "useful@3": 0.9295, "precision": 0.6733, "answered_useless": 0.0528}
    assert {name: found[name] for name in shares} == pytest.approx(shares, abs=CLOSE)
    assert (found["covered"], found["refused"], found["uncertain"]) == (624, 2, 51)


def test_a_plain_question_gets_the_section_first_that_was_judged_to_answer_it(bot: Chatbot) -> None:
    lines = read("plain")
    first = [(answer.hits[0].passage, answer.verdict) for answer in (bot.ask(line["question"]) for line in lines)]
    right = [
        passage.article_id == line["article"] and line["heading"] in passage.headings
        for (passage, _), line in zip(first, lines, strict=True)
    ]
    assert (sum(right), sum(verdict == "answered" for _, verdict in first), len(lines)) == (575, 577, 581)


def test_every_passage_shown_is_a_slice_of_its_file(bot: Chatbot) -> None:
    for line in read("answerable")[::12]:
        for hit in bot.ask(line["question"]).hits:
            article = bot.article(hit.passage.article_id)
            assert article is not None
            assert article.text[hit.passage.start : hit.passage.end] == hit.passage.text
            assert hit.passage.text in (bot.settings.corpus_dir / article.path).read_text(encoding="utf-8")
