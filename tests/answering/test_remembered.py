"""Answers that are given again: only for the very same question of the same generation, and made once."""

from __future__ import annotations

import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path

import pytest

from chatbot.answering.chatbot import Chatbot, answer_from
from chatbot.answering.ranking.searcher import Searcher
from chatbot.answering.remembered import Remembered
from chatbot.errors import QuestionError
from chatbot.indexing.generation.local_index import LocalIndex
from chatbot.indexing.generation.publication import current
from chatbot.records import Filters, Turn
from chatbot.settings import AnswerSettings
from tests.support.keyword_embedder import KeywordEmbedder
from tests.support.small_site import small_settings, small_site

ARTICLES = {
    "pay.md": "---\ntitle: Pay\nurl: https://a.example/pay\ntopics: [pay]\n---\n\nAsk for better pay with an offer.\n",
    "team.md": "---\ntitle: Team\ntopics: [team]\n---\n\nA remote team learns python before an interview.\n",
}
TURN = Turn("python", "python", ("team#1",))


def answering(folder: Path, remembered: int) -> Chatbot:
    small_site(folder, ARTICLES)
    settings = small_settings(folder).model_copy(update={"answers": AnswerSettings(remembered=remembered)})
    index = LocalIndex.open(settings.index_dir / current(settings.index_dir))
    return Chatbot(settings, answer_from(Searcher(index, KeywordEmbedder()), settings))


@pytest.fixture
def bot(tmp_path: Path, request: pytest.FixtureRequest) -> Chatbot:
    return answering(tmp_path, getattr(request, "param", 3))


@pytest.fixture
def made(bot: Chatbot, monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """What was really asked, in this order."""
    asked: list[str] = []
    trace: Callable[..., object] = bot.answerer.trace

    def traced(question: str, *rest: object, **more: object) -> object:
        asked.append(question)
        return trace(question, *rest, **more)

    monkeypatch.setattr(bot.answerer, "trace", traced)
    return asked


def test_what_is_asked_again_is_given_again_with_the_time_it_took_now(bot: Chatbot, made: list[str]) -> None:
    first, again = (bot.ask(text) for text in ("better pay?", "  better   pay? "))
    assert made == ["better pay?"]
    assert again.took_ms < first.took_ms
    assert replace(again, took_ms=first.took_ms) == first
    assert first.hits


@pytest.mark.parametrize("bot", [50], indirect=True)
def test_whatever_may_change_an_answer_makes_another(bot: Chatbot, made: list[str]) -> None:
    ways = [
        bot.ask("pay"),
        bot.ask("pay", k=1),
        bot.ask("pay", history=(TURN,)),
        bot.ask("pay", history=(replace(TURN, shown=()),)),
        bot.ask("pay", filters=Filters(topics=("team",))),
        bot.ask("pay", literal=True),
        bot.ask("pay", page="https://a.example/pay"),
        bot.ask("Pay"),
    ]
    assert made == ["pay"] * 7 + ["Pay"]
    assert ways[4].hits != ways[0].hits


def test_the_last_ones_are_kept_and_a_bad_question_is_none(bot: Chatbot, made: list[str]) -> None:
    for question in ("pay", "team", "python", "pay", "offer", "pay", "team"):
        bot.ask(question)
    assert made == ["pay", "team", "python", "offer", "team"]
    for _ in range(2):
        with pytest.raises(QuestionError, match="k is 0"):
            bot.ask("pay", k=0)


def test_equal_questions_at_once_are_answered_once() -> None:
    remembered: Remembered[int] = Remembered(10)
    waiting, made = threading.Event(), []

    def make() -> int:
        made.append(1)
        assert waiting.wait(30)
        return 7

    with ThreadPoolExecutor(4) as threads:
        given = [threads.submit(remembered.get, "key", make) for _ in range(4)]
        waiting.set()
        assert [each.result(30) for each in given] == [7] * 4
    assert len(made) == 1


def test_what_failed_is_told_to_all_who_wait_and_tried_again() -> None:
    remembered: Remembered[int] = Remembered(10)
    with pytest.raises(ZeroDivisionError):
        remembered.get("key", lambda: 1 // 0)
    assert len(remembered) == 0
    assert remembered.get("key", lambda: 3) == 3


@pytest.mark.parametrize("bot", [0], indirect=True)
def test_none_is_kept_where_the_settings_say_so(bot: Chatbot, made: list[str]) -> None:
    for _ in range(2):
        bot.ask("pay")
    assert made == ["pay", "pay"]
