"""The judged questions of the shipped articles, asked of the real model: floors under what was measured."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from chatbot import Answer, Chatbot, Settings

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


def test_few_judged_questions_are_refused(bot: Chatbot) -> None:
    refused = [bot.ask(line["question"]).verdict == "not_covered" for line in read("answerable")]
    assert sum(refused) / len(refused) <= 0.05


def test_most_questions_from_afar_are_refused(bot: Chatbot) -> None:
    far = [line for line in read("out_of_scope") if line["kind"] in ("far", "nonsense")]
    refused = [bot.ask(line["question"]).verdict == "not_covered" for line in far]
    assert sum(refused) / len(refused) >= 0.9


def test_every_passage_shown_is_a_slice_of_its_file(bot: Chatbot) -> None:
    for line in read("answerable")[::12]:
        for hit in bot.ask(line["question"]).hits:
            article = bot.article(hit.passage.article_id)
            assert article is not None
            assert article.text[hit.passage.start : hit.passage.end] == hit.passage.text
            assert hit.passage.text in (bot.settings.corpus_dir / article.path).read_text(encoding="utf-8")
