"""What stands above the passages of an answer: which sentences, when, and that they are word for word."""

from __future__ import annotations

import numpy as np
import pytest

from chatbot.answering import in_short
from chatbot.cli.ask import answer_text
from chatbot.records import Answer, Excerpt, Filters, to_json
from tests.support.small_site import small_site

ONE, TWO, THREE, FOUR = (f"{name} names one figure and waits." for name in ("Ann", "Bob", "Cem", "Dai"))


def chosen(*candidates: tuple[int, str, float], vectors: list[list[float]] | None = None) -> list[str]:
    """The texts taken of candidates (rank, text, score); without vectors, none is like another."""
    excerpts = [Excerpt(rank, text) for rank, text, _ in candidates]
    scores = np.array([score for *_, score in candidates], np.float32)
    unlike = np.eye(len(candidates)) if vectors is None else vectors
    taken = in_short.choose(excerpts, scores, np.array(unlike, np.float32))
    assert set(taken) <= set(excerpts)
    return [excerpt.text for excerpt in taken]


def test_the_best_of_the_first_passage_leads_and_the_others_follow_in_their_order() -> None:
    assert chosen((1, ONE, 0.5), (1, TWO, 0.6), (2, THREE, 0.7)) == [TWO, THREE]
    assert chosen((1, ONE, 0.58), (1, TWO, 0.6), (2, THREE, 0.7)) == [TWO, ONE, THREE]


@pytest.mark.parametrize(("score", "taken"), [(0.96, [ONE, TWO]), (0.94, [ONE])])
def test_another_has_most_of_the_score_of_the_first(score: float, taken: list[str]) -> None:
    assert chosen((1, ONE, 1.0), (2, TWO, score)) == taken


def test_three_at_most_the_best_of_them() -> None:
    assert chosen((1, ONE, 1.0), (2, TWO, 0.96), (2, THREE, 0.97), (3, FOUR, 0.98)) == [ONE, THREE, FOUR]


def test_two_at_most_of_one_passage() -> None:
    assert chosen((1, ONE, 1.0), (1, TWO, 0.99), (1, THREE, 0.98), (2, FOUR, 0.97)) == [ONE, TWO, FOUR]


@pytest.mark.parametrize(("cosine", "taken"), [(0.81, [ONE]), (0.79, [ONE, TWO])])
def test_no_two_say_the_same(cosine: float, taken: list[str]) -> None:
    vectors = [[1.0, 0.0], [cosine, (1 - cosine**2) ** 0.5]]
    assert chosen((1, ONE, 1.0), (2, TWO, 1.0), vectors=vectors) == taken


def test_what_is_like_the_second_is_left_out_too() -> None:
    vectors = [[1.0, 0.0], [0.0, 1.0], [0.1, 0.995]]
    assert chosen((1, ONE, 1.0), (2, TWO, 0.98), (3, THREE, 0.97), vectors=vectors) == [ONE, TWO]


@pytest.mark.parametrize(
    "fragment",
    [
        "Name a single figure.",
        "[Name a single figure](https://a.example/one-two-three).",
        "Here is what to write down:",
        "Here is what to write down:**",
        "How do I ask for more pay?",
        "| Illness | Time away for health, now resolved |",
        "Illness and what to write | Time away for health",
        "```python\nprint(1, 2, 3, 4, 5)\n```",
        "**Continuous integration and its delivery.**",
        'Say what you would prefer: "I have an offer at 80,000.',
        "I would rather work with your team.”",
        "Take the longer course (the one with exercises.",
        "the dates, the last working day and the last pay day",
    ],
)
def test_fragments_are_left_out(fragment: str) -> None:
    assert chosen((1, fragment, 1.0)) == []
    assert chosen((1, fragment, 1.0), (1, ONE, 0.5), (2, fragment, 1.0)) == [ONE]


@pytest.mark.parametrize(
    "whole", [r"Write a \| b and wait for it.", "**Name** one figure and **wait**.", 'Say "I have an offer" and wait.']
)
def test_what_only_looks_like_a_fragment_stays(whole: str) -> None:
    assert chosen((1, whole, 1.0)) == [whole]


@pytest.mark.parametrize("word", ["It", "**This**", "That", "These", "They're", "“However,”", "1. Then", "And", "So"])
def test_what_leans_on_the_text_before_it_is_taken_only_where_nothing_else_is_there(word: str) -> None:
    leaning = f"{word} names one figure and waits."
    assert chosen((1, leaning, 1.0), (2, ONE, 0.3)) == [ONE]
    assert chosen((1, leaning, 1.0), (1, "Too short.", 1.0)) == [leaning]


def test_a_word_that_only_begins_like_one_leans_on_nothing() -> None:
    assert chosen((1, "Items on the list are paid.", 1.0), (2, ONE, 0.1)) == ["Items on the list are paid."]


PAY = """---
title: Pay
pinned: [Better pay offer]
---

## Offers

Ask for better pay when an offer comes. A team can learn python in a remote interview.

## Raises

Ask for better *pay* as soon as an offer comes.
"""


@pytest.fixture(scope="module")
def answers(tmp_path_factory: pytest.TempPathFactory) -> list[Answer]:
    answerer = small_site(tmp_path_factory.mktemp("short"), {"pay.md": PAY})
    questions = ("Better pay offer", "Comment est-ce que je demande un pay et une offer dans une team ?")
    return [answerer.ask(question, 5, (), Filters()) for question in questions]


def test_an_answer_begins_with_sentences_of_its_passages_word_for_word(answers: list[Answer]) -> None:
    answered = answers[0]
    assert (answered.verdict, len(answered.hits)) == ("answered", 2)
    assert answered.in_short == (Excerpt(1, "Ask for better *pay* as soon as an offer comes."),)
    for excerpt in answered.in_short:
        hit = answered.hits[excerpt.rank - 1]
        assert excerpt.text in [hit.passage.text[mark.start : mark.end] for mark in hit.highlights]


def test_nothing_stands_above_what_may_not_answer(answers: list[Answer]) -> None:
    assert answers[1].hits
    assert (answers[1].verdict, answers[1].in_short) == ("uncertain", ())


def test_programs_get_it_as_it_is_and_terminals_as_plain_words(answers: list[Answer]) -> None:
    (said,) = to_json(answers[0])["in_short"]
    assert said == {"rank": 1, "text": "Ask for better *pay* as soon as an offer comes."}
    assert answer_text(answers[0]).startswith(
        "In short:\n  Ask for better pay as soon as an offer comes. [1]\n\n1. Pay > Raises\n"
    )
    assert "In short" not in answer_text(answers[1])
