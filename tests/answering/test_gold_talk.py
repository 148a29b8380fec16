"""The judged conversations and misspelt questions, asked of the real model: exactly what was measured.

Whoever changes the ranking on purpose writes the new figures down here and in docs/conversation.md.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from chatbot import Answer, Chatbot, Turn
from tests.support.gold import finds, read, shipped_bot
from tests.support.places import GOLD


@pytest.fixture(scope="module")
def bot(shipped: dict[str, str]) -> Chatbot:
    return shipped_bot(shipped)


def turn_of(answer: Answer) -> Turn:
    return Turn(answer.question, answer.searched_as, tuple(hit.passage.id for hit in answer.hits))


@pytest.fixture(scope="module")
def played(bot: Chatbot) -> list[tuple[dict[str, Any], tuple[Turn, ...], Answer]]:
    """Every judged turn behind the first of its conversation, with the history it came after, and its answer."""

    def play() -> Iterator[tuple[dict[str, Any], tuple[Turn, ...], Answer]]:
        for conversation in read("conversations"):
            history: tuple[Turn, ...] = ()
            for turn in conversation["turns"]:
                answer = bot.ask(turn["question"], history=history)
                if history:
                    yield turn, history, answer
                history = (*history, turn_of(answer))

    return list(play())


def test_follow_ups_find_nine_tenths_of_what_a_persons_rewriting_finds(
    bot: Chatbot, played: list[tuple[dict[str, Any], tuple[Turn, ...], Answer]]
) -> None:
    judged = [(turn, answer) for turn, _, answer in played if turn["answers"]]
    found = sum(finds(answer, turn["answers"]) for turn, answer in judged)
    rewritten = sum(finds(bot.ask(turn["rewrite"], literal=True), turn["answers"]) for turn, _ in judged)
    assert (found, rewritten, len(judged)) == (131, 141, 149)


@pytest.mark.parametrize(("kind", "figures"), [("follow_up", (109, 119)), ("change", (21, 22)), ("more", (1, 8))])
def test_each_kind_of_turn_finds_its_share(
    played: list[tuple[dict[str, Any], tuple[Turn, ...], Answer]], kind: str, figures: tuple[int, int]
) -> None:
    found = [finds(answer, turn["answers"]) for turn, _, answer in played if turn["kind"] == kind]
    assert (sum(found), len(found)) == figures


def test_what_the_words_alone_find_first_is_never_lost_where_it_is_unsure(
    bot: Chatbot, played: list[tuple[dict[str, Any], tuple[Turn, ...], Answer]]
) -> None:
    unsure = 0
    for turn, history, answer in played:
        if bot.explain(turn["question"], history=history).also_searched_as:
            alone = bot.ask(turn["question"])
            first = [hit.passage.id for hit in alone.hits[:1]]
            assert not answer.hits or set(first) <= {hit.passage.id for hit in answer.hits[:2]}, turn["question"]
            unsure += 1
    assert unsure >= 30


def test_nothing_of_the_old_topic_is_searched_after_a_change(
    played: list[tuple[dict[str, Any], tuple[Turn, ...], Answer]],
) -> None:
    changed = [answer for turn, _, answer in played if turn["kind"] == "change"]
    leaning = [answer.question for answer in changed if "(about" in answer.searched_as]
    assert leaning == ["What about retrieval engineers, what do they do?"]


def test_more_shows_nothing_that_was_shown(
    played: list[tuple[dict[str, Any], tuple[Turn, ...], Answer]],
) -> None:
    for turn, history, answer in played:
        if turn["kind"] == "more":
            assert answer.hits or answer.message.startswith("That is all")
            assert not {hit.passage.id for hit in answer.hits} & set(history[-1].shown)


def test_rare_words_are_seldom_mended_into_others(bot: Chatbot) -> None:
    rare = (GOLD / "rare_words.txt").read_text(encoding="utf-8").split()
    mended = [word for word in rare if bot.ask(f"how does {word} work").searched_as != f"how does {word} work"]
    assert (len(mended), len(rare)) == (46, 400), mended


def test_misspelt_questions_find_most_of_what_the_meant_ones_find(bot: Chatbot) -> None:
    lines = read("misspelt")
    mended = sum(finds(bot.ask(line["question"]), line["answers"]) for line in lines)
    meant = sum(finds(bot.ask(line["meant"]), line["answers"]) for line in lines)
    assert (mended, meant, len(lines)) == (58, 67, 69)
