"""How many passages are shown: those that are near to the first, what else was found when more is asked for."""

from __future__ import annotations

from pathlib import Path

import pytest

from chatbot.answering.answerer import Answerer
from chatbot.answering.ranking.searcher import reach
from chatbot.errors import QuestionError
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


def test_characters_that_are_not_seen_are_not_read(answerer: Answerer) -> None:
    answer = answerer.ask("bet\u00adter \ufeffpay\u2060 of\u200bfer", 5, (), Filters())
    assert answer.question == QUESTION
    with pytest.raises(QuestionError, match="the question is empty"):
        answerer.ask("\u00ad\u200b", 5, (), Filters())


@pytest.mark.parametrize("number", [-1, 0, 51])
def test_passages_like_another_and_suggestions_are_asked_for_within_limits(answerer: Answerer, number: int) -> None:
    with pytest.raises(QuestionError, match=f"k is {number}, expected 1 to 50"):
        answerer.similar("pay#1", number, Filters())
    with pytest.raises(QuestionError, match=f"n is {number}, expected 1 to 50"):
        answerer.suggest("pay", number, Filters())


@pytest.mark.parametrize(("n", "asked"), [(4, "0135"), (3, "024"), (7, "0123456"), (9, "0123456"), (0, ""), (-1, "")])
def test_questions_to_begin_with_come_from_all_over_the_articles(tmp_path: Path, n: int, asked: str) -> None:
    articles = {f"{place}.md": f"---\nquestions: [{place}]\n---\n\nA team of {place}.\n" for place in range(7)}
    assert small_site(tmp_path, articles).starters(n, Filters()) == tuple(asked)


def test_a_follow_up_has_each_text_read_once(answerer: Answerer) -> None:
    asked = answerer.embedder.asked  # type: ignore[attr-defined]  # which a keyword embedder keeps
    before = len(asked)
    answer = answerer.ask("and in a team?", 5, (Turn(QUESTION, QUESTION, ("pay#1",)),), Filters())
    assert answer.read_as == "follow_up"
    assert len(asked[before:]) == len(set(asked[before:])) == 2
