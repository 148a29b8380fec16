"""How many passages are shown: those that are near to the first, what else was found when more is asked for."""

from __future__ import annotations

import pytest

from chatbot.answering.answerer import Answerer
from chatbot.answering.ranking.searcher import reach
from chatbot.records import Filters, Turn
from tests.support.small_site import small_site

QUESTION = "better pay offer"
UNSURE = "Comment est-ce que je demande un pay et une offer dans une team ?"
ARTICLES = {
    "pay.md": "## Offers\n\nAsk for better pay when an offer comes.\n",
    "raise.md": "## Raises\n\nA better raise is pay.\n",
    "team.md": "## Teams\n\nA remote team may learn python.\n\n## Talk\n\nAn interview of a team is about pay.\n",
}


@pytest.fixture(scope="module")
def answerer(tmp_path_factory: pytest.TempPathFactory) -> Answerer:
    return small_site(tmp_path_factory.mktemp("shown"), ARTICLES)


def shown(answerer: Answerer, question: str, k: int = 5, *turns: Turn) -> list[str]:
    return [hit.passage.id for hit in answerer.ask(question, k, turns, Filters()).hits]


def test_there_are_three_to_choose_from_however_far_they_fall_behind_the_first(answerer: Answerer) -> None:
    trace = answerer.trace(QUESTION, 5, (), Filters())
    assert reach(trace.ranking.scores) == 1
    assert shown(answerer, QUESTION) == answerer.ranked(QUESTION)[:3]


def test_who_asks_for_more_gets_what_was_left_out(answerer: Answerer) -> None:
    turn = Turn(QUESTION, QUESTION, ("pay#1",))
    assert shown(answerer, "tell me more", 5, turn) == answerer.ranked(QUESTION)[1:]


@pytest.mark.parametrize(("k", "count"), [(5, 3), (2, 2), (1, 1)])
def test_where_it_is_uncertain_there_are_three_to_choose_from_and_never_more_than_asked_for(
    answerer: Answerer, k: int, count: int
) -> None:
    trace = answerer.trace(UNSURE, k, (), Filters())
    assert trace.verdict == "uncertain"
    assert len(shown(answerer, UNSURE, k)) == count
