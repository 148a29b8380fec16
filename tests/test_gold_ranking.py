"""The judged questions of the shipped articles, asked of the real model: floors under what was measured."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from chatbot import Answer, Chatbot, Settings
from chatbot.answering.calibration import auroc

GOLD = Path(__file__).parent / "gold"


def read(name: str) -> list[dict[str, Any]]:
    return [json.loads(line) for line in (GOLD / f"{name}.jsonl").read_text(encoding="utf-8").split("\n") if line]


@pytest.fixture(scope="module")
def bot(shipped: dict[str, str]) -> Chatbot:
    folders = {"corpus_dir": shipped["CHATBOT_CORPUS_DIR"], "index_dir": shipped["CHATBOT_INDEX_DIR"]}
    return Chatbot.open(Settings(**{name: Path(folder) for name, folder in folders.items()}))


def finds(answer: Answer, answers: list[dict[str, str]]) -> bool:
    """Whether a hit holds at least the first half of one of the quotes that answer."""
    return any(
        hit.passage.article_id == judged["article"] and judged["quote"][: len(judged["quote"]) // 2] in hit.passage.text
        for hit in answer.hits
        for judged in answers
    )


def test_most_judged_questions_find_an_answer_in_five_passages(bot: Chatbot) -> None:
    found = [finds(bot.ask(line["question"]), line["answers"]) for line in read("answerable")]
    assert sum(found) / len(found) >= 0.65


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


def test_few_judged_questions_are_refused(covered: list[Answer]) -> None:
    refused = [answer.verdict == "not_covered" for answer in covered]
    assert sum(refused) / len(refused) <= 0.05


def test_most_questions_from_afar_are_refused(strange: dict[str, list[Answer]]) -> None:
    refused = [answer.verdict == "not_covered" for answer in strange["far"]]
    assert sum(refused) / len(refused) >= 0.9


def test_confidence_tells_covered_questions_from_others(
    covered: list[Answer], strange: dict[str, list[Answer]]
) -> None:
    inside = confidences(covered)
    assert auroc(inside, confidences(strange["far"])) >= 0.97
    assert auroc(inside, confidences(strange["near"])) >= 0.87


def test_confidence_is_a_chance(covered: list[Answer], strange: dict[str, list[Answer]]) -> None:
    """The expected calibration error over ten bins (Guo et al., arXiv 1706.04599)."""
    others = strange["near"] + strange["far"]
    stated = confidences(covered + others)
    true = np.arange(len(stated)) < len(covered)
    bins = np.minimum((stated * 10).astype(int), 9)
    errors = [abs(float((stated - true)[bins == number].sum())) for number in range(10)]
    assert sum(errors) / len(stated) <= 0.08


def test_every_passage_shown_is_a_slice_of_its_file(bot: Chatbot) -> None:
    for line in read("answerable")[::12]:
        for hit in bot.ask(line["question"]).hits:
            article = bot.article(hit.passage.article_id)
            assert article is not None
            assert article.text[hit.passage.start : hit.passage.end] == hit.passage.text
            assert hit.passage.text in (bot.settings.corpus_dir / article.path).read_text(encoding="utf-8")
