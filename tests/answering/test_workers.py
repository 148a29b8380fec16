"""Processes that answer beside this one: the same answers, of what is published, whatever becomes of them."""

from __future__ import annotations

import logging
import os
import signal
from collections.abc import Iterator
from contextlib import closing
from functools import partial
from pathlib import Path

import pytest

from chatbot.answering import workers
from chatbot.answering.chatbot import Chatbot, answer_from
from chatbot.answering.ranking.searcher import Searcher
from chatbot.answering.workers import Asked, Workers
from chatbot.indexing.generation.local_index import LocalIndex
from chatbot.indexing.generation.publication import current
from chatbot.records import Answer, Filters, Turn
from chatbot.settings import Settings
from tests.support.keyword_embedder import KeywordEmbedder
from tests.support.small_site import small_settings, small_site
from tests.support.waiting import eventually

ARTICLES = {
    "pay.md": "---\ntitle: Pay\ntopics: [pay]\n---\n\nAsk for better pay with an offer.\n",
    "team.md": "---\ntitle: Team\ntopics: [team]\n---\n\nA remote team learns python before an interview.\n",
}


def opened(settings: Settings) -> Chatbot:
    """A chatbot on what is published, as a worker opens it."""
    index = LocalIndex.open(settings.index_dir / current(settings.index_dir))
    return Chatbot(settings, answer_from(Searcher(index, KeywordEmbedder()), settings))


def asked(question: str, **more: object) -> Asked:
    return Asked(question, **{"k": 5, "history": (), "filters": Filters(), "literal": False, "page": ""} | more)


class Site:
    """Two workers on a small site, and a chatbot of this process beside them."""

    def __init__(self, folder: Path) -> None:
        small_site(folder, ARTICLES)
        self.folder = folder
        self.settings = small_settings(folder).model_copy(update={"model": KeywordEmbedder().name})
        self.bot = opened(self.settings)
        self.workers = Workers(partial(opened, self.settings), 2)

    def ask(self, question: str) -> Answer | None:
        return self.workers.ask(self.bot.answerer.state, asked(question))

    def processes(self) -> set[int]:
        return set(self.workers._pool.processes._processes) if self.workers._pool else set()


def is_there(process: int) -> bool:
    try:
        os.kill(process, 0)
    except ProcessLookupError:
        return False
    return True


@pytest.fixture
def site(tmp_path: Path) -> Iterator[Site]:
    site = Site(tmp_path)
    with closing(site.workers):
        eventually(lambda: site.workers.ready == 2)
        yield site


def test_they_answer_as_this_process_does(site: Site) -> None:
    turn = Turn("python", "python", ("team#1",))
    ways = [asked("better pay?"), asked("and before it?", history=(turn,)), asked("pay", k=1, literal=True)]
    for way in (*ways, asked("pay", filters=Filters(topics=("team",)))):
        answer, own = site.workers.ask(site.bot.answerer.state, way), way.of(site.bot.answerer)
        assert answer is not None
        assert repr(answer).replace(repr(answer.took_ms), "") == repr(own).replace(repr(own.took_ms), "")
    assert len(site.processes()) == 2
    assert os.getpid() not in site.processes()


def test_none_answers_from_anything_but_what_this_process_answers_from(site: Site) -> None:
    old = site.bot.answerer.state
    small_site(site.folder, ARTICLES | {"offer.md": "---\ntitle: Offer\n---\n\nCompare a salary offer in writing.\n"})
    before = site.workers.ask(old, asked("salary offer"))
    assert before is None or before.generation == old[0]  # who still answers from the old one gets nothing else
    eventually(lambda: site.workers.ask(old, asked("salary offer")) is None)
    answers: list[Answer | None] = [None]

    def answered() -> bool:
        answers.append(site.ask("salary offer"))  # the other of them may still be behind
        return answers[-1] is not None

    eventually(answered)
    answer = answers[-1]
    assert answer is not None
    assert (answer.generation, answer.hits[0].passage.id) == (site.bot.generation, "offer#1")


def test_one_that_is_killed_costs_no_answer_and_all_are_started_again(
    site: Site, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    before = site.processes()
    os.kill(min(before), signal.SIGKILL)
    with caplog.at_level(logging.WARNING):
        eventually(lambda: site.ask("pay") is None)
    assert site.workers.ready == 0
    assert site.ask("pay") is None  # they rest before others are started
    assert site.processes() == set()
    monkeypatch.setattr(workers, "_REST_SECONDS", 0.0)
    eventually(lambda: site.ask("pay") is not None)
    assert not site.processes() & before
    (line,) = {line for line in caplog.messages if "answer questions" in line}
    assert line.startswith("processes that answer questions are given up: A ")


def test_those_that_do_not_answer_in_time_are_given_up_and_ended(site: Site, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(workers, "_PATIENCE_SECONDS", 0.5)
    stopped = site.processes()
    for process in stopped:
        os.kill(process, signal.SIGSTOP)
    try:
        assert site.ask("pay") is None
        assert site.workers.ready == 0
        eventually(lambda: not any(map(is_there, stopped)), seconds=20)
    finally:
        for process in filter(is_there, stopped):
            os.kill(process, signal.SIGCONT)


def test_none_answer_any_more_where_there_are_to_be_none(site: Site) -> None:
    site.bot._workers = site.workers
    assert site.bot.workers == 2
    site.bot.start_workers(0)
    assert site.bot.workers == 0
    assert site.processes() == set()


def test_an_index_that_cannot_be_opened_is_tried_again(site: Site, monkeypatch: pytest.MonkeyPatch) -> None:
    away = site.folder / "away"
    site.settings.index_dir.rename(away)
    with closing(Workers(partial(opened, site.settings), 1)) as late:
        eventually(lambda: late.ask(site.bot.answerer.state, asked("pay")) is None and late._pool is None)
        assert late.ready == 0
        away.rename(site.settings.index_dir)
        monkeypatch.setattr(workers, "_REST_SECONDS", 0.0)
        eventually(lambda: late.ask(site.bot.answerer.state, asked("pay")) is not None)
    assert late.ask(site.bot.answerer.state, asked("pay")) is None
