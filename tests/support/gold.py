"""The judged questions of the repository, and whether an answer holds what was judged to answer."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from chatbot import Answer, Chatbot, Settings
from tests.support.places import GOLD


def read(name: str) -> list[dict[str, Any]]:
    return [json.loads(line) for line in (GOLD / f"{name}.jsonl").read_text(encoding="utf-8").split("\n") if line]


def shipped_bot(shipped: dict[str, str]) -> Chatbot:
    """What answers from the shipped articles, in the environment of the fixture `shipped`."""
    return Chatbot.open(
        Settings(corpus_dir=Path(shipped["CHATBOT_CORPUS_DIR"]), index_dir=Path(shipped["CHATBOT_INDEX_DIR"]))
    )


def finds(answer: Answer, answers: list[dict[str, str]]) -> bool:
    """Whether a hit holds at least the first half of one of the quotes that answer."""
    return any(
        hit.passage.article_id == judged["article"] and judged["quote"][: len(judged["quote"]) // 2] in hit.passage.text
        for hit in answer.hits
        for judged in answers
    )
