"""What visitors missed: counted, nearly equal questions as one, and only kept where that is wanted."""

from __future__ import annotations

import random
import time
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from types import SimpleNamespace
from typing import Any, cast

import pytest

from chatbot.insights.gaps import MOST_GROUPS, SAME, _Asked, _gaps, gaps_in
from chatbot.insights.journal import Feedback, Journal, Missed, today
from chatbot.serving.middleware import metrics

SAID = Feedback(today(), "g", "How do I become an astronaut?", None, "unhelpful", ("incomplete",), "Space!")


@pytest.fixture
def journal(tmp_path: Path) -> Journal:
    return Journal(tmp_path / "journal.sqlite", 30)


def test_nearly_equal_questions_are_one(journal: Journal) -> None:
    for entry in (
        SAID,
        replace(SAID, question="how to become an astronaut", note=""),
        replace(SAID, question="cv photo?"),
    ):
        journal.add(entry)
    told = gaps_in(journal).told
    assert [(gap.count, gap.notes) for gap in told] == [(2, ("Space!",)), (1, ("Space!",))]
    assert {told[0].question, *told[0].others} == {"How do I become an astronaut?", "how to become an astronaut"}


def test_thumbs_down_are_counted_by_passage_with_their_reasons(journal: Journal) -> None:
    down = replace(SAID, passage="cv#1", reasons=("outdated", "wrong"))
    for entry in (down, replace(down, reasons=("outdated",)), replace(down, rating="helpful", reasons=())):
        journal.add(entry)
    (one,) = gaps_in(journal).disliked
    assert (one.unhelpful, one.helpful, one.reasons) == (2, 1, (("outdated", 2), ("wrong", 1)))
    assert gaps_in(journal).told == ()


def test_questions_are_redacted_and_forgotten_with_the_rest(journal: Journal) -> None:
    journal.add_missed(Missed(today(), "uncertain", "ask ann@example.org about tax"))
    journal.add_missed(Missed(today() - timedelta(31), "not_covered", "too old"))
    assert [one.question for one in journal.missed()] == ["ask [e-mail] about tax"]
    assert Journal(journal.path, 0).missed() == []


@pytest.mark.parametrize(
    ("question", "notice", "kept"),
    [
        ("best pizza in Naples", "not_covered", 1),
        ("best pizza in Naples", "no_article", 0),
        ("best pizza in Naples", "", 0),
        ("I want to die, what now", "not_covered", 0),
        ("my husband hits me", "uncertain", 0),
    ],
)
def test_what_is_asked_in_vain_is_kept_but_not_despair(journal: Journal, question: str, notice: str, kept: int) -> None:
    answer = cast("Any", SimpleNamespace(question=question, notice=notice, verdict="not_covered"))
    metrics.count_answer(answer)
    assert journal.missed() == []
    token = metrics._journal.set(journal)
    try:
        metrics.count_answer(answer)
    finally:
        metrics._journal.reset(token)
    assert len(journal.missed()) == kept


def test_thousands_of_different_questions_are_grouped_without_comparing_each_with_each() -> None:
    few = random.Random(1)  # noqa: S311
    words = [f"word{number}" for number in range(1000)]
    asked = [_Asked(" ".join(few.sample(words, few.randint(4, 12))), today()) for _ in range(4000)]
    began = time.process_time()
    assert len(_gaps(asked)) == MOST_GROUPS
    took = time.process_time() - began
    sets = [frozenset(one.question.split()) for one in asked]
    began = time.process_time()
    assert sum(len(one & other) >= SAME * len(one | other) for one in sets for other in sets[:MOST_GROUPS])
    assert took < (time.process_time() - began) / 2
