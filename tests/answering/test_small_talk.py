"""Small talk gets a fixed reply; whatever asks something else stays a question."""

from __future__ import annotations

import json
import re

import pytest

from chatbot.answering.understanding.small_talk import GRAVE, kind_of, reply_to
from tests.support.places import CORPUS, GOLD


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
        ("I lost my job and want to die", "crisis"),
        ("I want to end it all because of work", "crisis"),
        ("Since the layoff I feel suicidal, and nobody at the agency answers. " * 3, "crisis"),
        ("I want to quit my job and end it all", "crisis"),
        ("should I go back to work after my suicide attempt", "crisis"),
        ("i can't go on", "crisis"),
        ("I feel worthless", "crisis"),
        ("i'm a burden to everyone", "crisis"),
        ("I just feel so hopeless these days", "crisis"),
        ("what's the point of going on", "crisis"),
        ("I feel worthless in interviews, how do I get my confidence back?", None),
        ("is a worthless certificate better than none", None),
        ("i wanna kms", "crisis"),
        ("my boss hit me", "violence"),
        ("My manager hit me with a stick, can I quit?", "violence"),
        ("my husband beats me and I cannot go to work", "violence"),
        ("I am being abused at home", "violence"),
        ("I want to kill my boss", "violence"),
        ("my ex is stalking me at work", "violence"),
        ("someone at work threatened me with a knife", "violence"),
        ("I have depression", "illness"),
        ("I think I am having a heart attack", "illness"),
        ("I'm having chest pains", "illness"),
        ("which pills should I take for a headache?", "illness"),
        ("who made this", "who"),
        ("tell me a bit about yourself", "who"),
        ("tell me about yourself", None),  # what every interview begins with
        ("who do you work for?", "who"),
        ("what can I ask you about", "help"),
        ("how do you work", "help"),
        ("which topics do you know about", "help"),
        ("are you a real person or an AI?", "machine"),
        ("can I trust you", "machine"),
        ("what language model are you", "machine"),
        ("I want to talk to a human", "machine"),
        ("I'd rather speak with a real person please", "machine"),
        ("connect me to an agent", "machine"),
        ("Is there a person I can talk to?", "machine"),
        ("human please", "machine"),
        ("how can I contact you", "machine"),
        ("what's your phone number", "machine"),
        ("do you store my data", "privacy"),
        ("Are my questions stored anywhere?", "privacy"),
        ("shorter please", "wording"),
        ("Can you summarize that for me in one sentence?", "wording"),
        ("translate this into Spanish", "wording"),
        ("I don't understand", "wording"),
        ("TL;DR", "wording"),
        ("are you sure?", "certainty"),
        ("Is that still true?", "certainty"),
        ("source?", "certainty"),
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
        "I don't want to die in this job",
        "this job is killing me",
        "this deadline is killing me",
        "dead-end job",
        "is it career suicide to quit",
        "my boss is going to kill me",
        "my boss hit me with a PIP",
        "my manager kicked me off the project",
        "my boss attacked me in a meeting",
        "I don't want to live in London any more",
        "am I shooting myself in the foot by asking for more",
        "How do I explain a gap after cancer?",
        "Is burnout an illness?",
        "symptoms of burnout",
        "my AI startup fired me and I want to die of shame",
        "how do I kill a process in an interview task",
        "my manager threatened me with a PIP",
        "my partner threatened me with divorce if I take the job abroad",
        "I can't go on like this in sales, which jobs fit me?",
        "I am having a panic attack before my interview",
        "I am burnt out",
        "what should I ask in an interview",
        "who runs the interview",
        "how do I make a chatbot",
        "rewrite my résumé",
        "what do you mean by equity?",
        "explain vesting in simple words",
        "is it true that bootcamps are dead?",
        "are you sure I need a degree?",
        "translate my CV into German",
        "where do I find sources for salaries",
        "my boss is useless",
        "this is stupid, should I quit?",
        "I feel useless at work",
        "my job sucks",
        "how to answer stupid questions",
        "is a cover letter a waste of time",
        "should I talk to a career coach",
        "how do I talk to a recruiter",
        "how do I contact a hiring manager",
        "I want to talk to my boss",
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
    assert kind_of("summarize this", opening=False) == "wording"
    assert kind_of("is it accurate?", opening=False) == "certainty"
    assert kind_of("who made this?", opening=False) is None
    assert kind_of("is this a real person?", opening=False) == "machine"
    assert kind_of("this is bad, I want to end it all", opening=False) == "crisis"


def test_every_kind_has_a_sentence_for_the_visitor() -> None:
    kinds = ("greeting", "thanks", "goodbye", "agreement", "help", "who", "machine", "free", "privacy", *GRAVE)
    assert all(reply_to(kind).endswith(".") for kind in (*kinds, "wording", "certainty", "complaint", "wordless"))


def test_no_judged_question_is_taken_for_small_talk() -> None:
    files = ("answerable", "misspelt", "real", "conversations")
    lines = [json.loads(line) for name in files for line in (GOLD / f"{name}.jsonl").read_text("utf-8").splitlines()]
    asked = [(line["question"], True) for line in lines if "question" in line]
    asked += [(turn["question"], not n) for line in lines for n, turn in enumerate(line.get("turns", ()))]
    assert [question for question, opening in asked if kind_of(question, opening=opening)] == []


def test_no_question_of_the_shipped_articles_is_taken_for_small_talk() -> None:
    texts = [path.read_text(encoding="utf-8") for path in CORPUS.rglob("*.md")]
    asked = [line.strip(" -#'\"") for text in texts for line in text.splitlines() if re.match(r" *- .*\?|#", line)]
    assert len(asked) > 2000
    assert [line for line in asked if kind_of(line)] == []
