"""What is counted, for Prometheus: requests by route, answers by verdict, the index. Never what was asked.

What was asked in vain goes to the journal, where the settings say so.
"""

from __future__ import annotations

import logging
from collections.abc import Iterator
from contextvars import ContextVar

from prometheus_client import (
    CollectorRegistry,
    Counter,
    Histogram,
    PlatformCollector,
    ProcessCollector,
    generate_latest,
)
from prometheus_client.metrics_core import GaugeMetricFamily, InfoMetricFamily, Metric
from prometheus_client.registry import Collector
from starlette.types import ASGIApp, Receive, Scope, Send

from chatbot.answering.chatbot import Chatbot
from chatbot.answering.understanding.small_talk import kind_of
from chatbot.errors import JournalError
from chatbot.insights.journal import Journal, Missed, today
from chatbot.records import Answer

log = logging.getLogger(__name__)

CONTENT_TYPE = "text/plain; version=0.0.4; charset=utf-8"
REGISTRY = CollectorRegistry()
REQUESTS = Counter("chatbot_requests", "Requests answered.", ["route", "method", "status"], registry=REGISTRY)
SECONDS = Histogram(
    "chatbot_request_seconds",
    "Time to the end of the response.",
    ["route"],
    buckets=(0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10),
    registry=REGISTRY,
)
ANSWERS = Counter("chatbot_answers", "Questions answered.", ["verdict"], registry=REGISTRY)
FEEDBACK = Counter("chatbot_feedback", "Feedback received.", ["rating"], registry=REGISTRY)
_journal: ContextVar[Journal | None] = ContextVar("journal", default=None)


class MissedQuestions:
    """Around the application where the settings want questions that were asked in vain to be kept in a journal."""

    def __init__(self, app: ASGIApp, journal: Journal) -> None:
        self.app = app
        self.journal = journal

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        _journal.set(self.journal)
        await self.app(scope, receive, send)


class IndexCollector(Collector):
    """The index that questions are answered from, read when it is asked for."""

    def __init__(self, bot: Chatbot) -> None:
        self.bot = bot

    def collect(self) -> Iterator[Metric]:
        yield InfoMetricFamily("chatbot_index", "The generation that serves.", {"generation": self.bot.generation})
        yield GaugeMetricFamily("chatbot_passages", "Passages that can be found.", len(self.bot))
        yield GaugeMetricFamily("chatbot_articles", "Articles that can be found.", len(self.bot.articles()))
        yield GaugeMetricFamily("chatbot_index_away", "Whether the index's server cannot be asked.", self.bot.away)
        yield GaugeMetricFamily("chatbot_workers", "Processes that answer beside the server's own.", self.bot.workers)


def count_answer(answer: Answer) -> None:
    """One more answer with its verdict, whichever door it left through. May write to the disk."""
    ANSWERS.labels(answer.verdict).inc()
    journal = _journal.get()
    # Who speaks of despair, violence or illness is not to be read by anybody, and was not looking for an article.
    if journal and answer.notice in {"uncertain", "not_covered"} and not kind_of(answer.question):
        try:
            journal.add_missed(Missed(today(), answer.verdict, answer.question))
        except JournalError as error:
            log.warning("%s", error)


def exposition(bot: Chatbot) -> bytes:
    """Everything as Prometheus reads it."""
    own = CollectorRegistry()
    own.register(IndexCollector(bot))
    return generate_latest(REGISTRY) + generate_latest(own)


ProcessCollector(registry=REGISTRY)
PlatformCollector(registry=REGISTRY)
