"""Small talk gets a fixed reply; whatever asks something else stays a question."""

from __future__ import annotations

import json

import pytest

from chatbot.answering.understanding.small_talk import kind_of, reply_to
from tests.support.places import GOLD


@pytest.mark.parametrize(
    ("utterance", "kind"),
    [
        ("hi", "greeting"),
        ("Good morning!", "greeting"),
        ("ok thanks!", "thanks"),
        ("Great, thank you so much", "thanks"),
        ("no, thank you", "goodbye"),
        ("bye for now", "goodbye"),
        ("OK.", "agreement"),
        ("what can you do?", "help"),
        ("Hello chatbot, can you help me please?", "help"),
        ("Hi! Who are you?", "who"),
        ("are you a bot or a human?", "machine"),
        ("Is this free?", "free"),
        ("What data do you keep about me?", "privacy"),
        ("I don't want to live anymore", "crisis"),
        ("hello, I want to die", "crisis"),
        ("I want to die. This is so stupid.", "crisis"),
        ("you are useless", "complaint"),
        ("This is stupid!", "complaint"),
        ("you're not helpful at all", "complaint"),
        ("fuck this stupid bot", "complaint"),
        ("Hi? You didn't answer my question", "complaint"),
        ("that's not what I asked for", "complaint"),
        ("?!", "wordless"),
        ("😡😡", "wordless"),
    ],
)
def test_small_talk_is_recognised(utterance: str, kind: str) -> None:
    assert kind_of(utterance) == kind


@pytest.mark.parametrize(
    "utterance",
    [
        "hi, how do I negotiate a salary?",
        "thanks, and what about salaries?",
        "Good. Why?",
        "help me write a cover letter",
        "what can you do with a maths degree?",
        "thank you letter after an interview",
        "goodbye email to colleagues",
        "I lost my job and want to die",
        "my boss is useless",
        "this is stupid, should I quit?",
        "I feel useless at work",
        "my job sucks",
        "how to answer stupid questions",
        "is a cover letter a waste of time",
        "C++?",
        "",
    ],
)
def test_a_question_stays_a_question(utterance: str) -> None:
    assert kind_of(utterance) is None


def test_it_means_the_chatbot_only_before_anything_else_was_talked_about() -> None:
    assert kind_of("How does it work?") == "help"
    assert kind_of("How does it work?", opening=False) is None
    assert kind_of("That's all, thanks!", opening=False) == "goodbye"
    assert kind_of("This is useless", opening=False) == "complaint"


def test_every_kind_has_a_sentence_for_the_visitor() -> None:
    kinds = ("greeting", "thanks", "goodbye", "agreement", "help", "who", "machine", "free", "privacy")
    assert all(reply_to(kind).endswith(".") for kind in (*kinds, "complaint", "wordless"))


def test_no_judged_question_is_taken_for_small_talk() -> None:
    files = ("answerable", "misspelt", "conversations")
    lines = [json.loads(line) for name in files for line in (GOLD / f"{name}.jsonl").read_text("utf-8").splitlines()]
    asked = [(line["question"], True) for line in lines if "question" in line]
    asked += [(turn["question"], not n) for line in lines for n, turn in enumerate(line.get("turns", ()))]
    assert [question for question, opening in asked if kind_of(question, opening=opening)] == []
