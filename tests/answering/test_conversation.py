"""How a question is read after others, by hand-written conversations and hand-computed values."""

from __future__ import annotations

import numpy as np
import pytest

from chatbot.answering.understanding import conversation, phrases
from chatbot.answering.understanding.conversation import (
    Reading,
    blend,
    checked_history,
    continuity,
    origin,
    read,
    settle,
    shared,
    was_covered,
)
from chatbot.errors import QuestionError
from chatbot.indexing.model.encoder import TokenVectors
from chatbot.records import Turn

SHOWN = ("data-engineer#1", "data-engineer#4", "offers#2")
FIRST = Turn("What does a data engineer do?", "What does a data engineer do?", SHOWN)


def reading(question: str, *history: Turn) -> Reading:
    return read(question, history, lambda _term: 5, 100)


def test_the_first_question_stands_alone() -> None:
    assert reading("how long does that take?") == Reading("standalone", "how long does that take?")


@pytest.mark.parametrize(
    ("question", "searched_as"),
    [
        ("what about salaries?", "what about salaries? (about data engineer)"),
        ("and in healthcare?", "and in healthcare? (about data engineer)"),
        ("how long does that take?", "how long does that take? (about data engineer)"),
        ("why?", "why? (about data engineer)"),
    ],
)
def test_a_follow_up_is_completed_with_the_topic(question: str, searched_as: str) -> None:
    found = reading(question, FIRST)
    assert (found.kind, found.searched_as) == ("follow_up", searched_as)


def test_what_only_ties_a_question_to_the_last_is_not_embedded() -> None:
    assert reading("and what about salaries?", FIRST).embedded == "data engineer: salaries?"


def test_the_topic_is_handed_on_from_follow_up_to_follow_up() -> None:
    second = Turn("what about salaries?", "what about salaries? (about data engineer)", ("offers#2",))
    assert reading("and in healthcare?", FIRST, second).topic == "data engineer"


def test_a_follow_up_is_traced_to_the_latest_question_that_its_topic_is_of() -> None:
    junior = Turn("what about juniors?", "what about juniors? (about data engineer)", SHOWN)
    follow_up = Reading("follow_up", "and the salary?", "data engineer")
    assert origin(follow_up, (FIRST, junior)) == FIRST.question
    assert origin(Reading("follow_up", "and later?", "juniors, data engineer"), (FIRST, junior)) == junior.question
    assert origin(follow_up, (Turn("hm", "hm", ()),)) == "hm"


def test_more_and_a_pick_are_traced_to_the_question_that_is_asked_again() -> None:
    junior = Turn("what about juniors?", "what about juniors? (about data engineer)", SHOWN)
    mended = Turn("How do I wriet a CV?", "How do I write a CV?", SHOWN)
    history = (FIRST, junior, mended, Turn("more", mended.searched_as, SHOWN))
    assert origin(Reading("more", "How do I write a CV?"), history) == mended.question
    assert origin(Reading("pick", "what about juniors?", "data engineer"), history[:2]) == junior.question
    assert origin(Reading("pick", "x"), ()) == ""


def test_what_was_asked_of_one_is_asked_of_another_that_takes_its_place() -> None:
    first = Turn("What does a data engineer earn?", "What does a data engineer earn?", SHOWN)
    found = reading("and a data scientist?", first)
    assert found.searched_as == "and a data scientist? (about earn)"
    second = Turn("and a data scientist?", found.searched_as, ("data-scientist#1",))
    assert reading("what about remote?", first, second).topic == "data scientist, earn"
    assert reading("and a data scientist?", FIRST) == Reading("change", "and a data scientist?")


def test_when_something_happened_is_no_topic_and_laid_off_is_one() -> None:
    first = Turn("I was laid off last week", "I was laid off last week", ("job-search/after-a-layoff#1",))
    assert reading("what do I do about money", first).topic == "laid off"


def test_more_searches_the_same_and_leaves_out_what_was_shown() -> None:
    again = Turn("more", FIRST.searched_as, ("offers#3",))
    found = reading("any other tips?", FIRST, again)
    assert (found.kind, found.searched_as) == ("more", FIRST.searched_as)
    assert set(found.exclude) == {*SHOWN, "offers#3"}


@pytest.mark.parametrize(
    ("question", "picked"),
    [
        ("the second one", SHOWN[1]),
        ("2", SHOWN[1]),
        ("show me the last one please", SHOWN[2]),
        ("number 1", SHOWN[0]),
        ("the 3rd", SHOWN[2]),
    ],
)
def test_a_passage_is_asked_for_by_its_place(question: str, picked: str) -> None:
    found = reading(question, FIRST)
    assert (found.kind, found.picked) == ("pick", picked)


def test_a_place_counts_in_the_list_that_has_it_after_one_was_picked() -> None:
    picked = Turn("the second one", FIRST.searched_as, (SHOWN[1],))
    assert reading("and the third one", FIRST, picked).picked == SHOWN[2]


def test_a_place_that_was_not_shown_picks_nothing() -> None:
    for question in ("the fifth one", "the tenth passage", "9"):
        found = reading(question, FIRST)
        assert (found.kind, found.picked) == ("pick", None)


def test_a_place_picks_nothing_where_nothing_was_shown() -> None:
    for question in ("the last one", "the first one"):
        found = reading(question, Turn("what is xyzzy", "what is xyzzy", ()))
        assert (found.kind, found.picked) == ("pick", None)


def test_an_announced_change_of_topic_takes_nothing_over() -> None:
    found = reading("different question: how do I write a CV?", FIRST)
    assert (found.kind, found.searched_as) == ("change", "how do I write a CV?")


def test_a_question_that_finds_nearer_passages_by_itself_changes_the_topic() -> None:
    follow_up = Reading("follow_up", "what is a vesting cliff?", "data engineer", independence=4.0)
    # 11.5 - (4.0 + 10.0 (0.9 / 0.9)) = -2.5
    assert settle(follow_up, 0.9, 0.9).kind == "change"
    # 11.5 - (4.0 + 10.0 (0.3 / 0.9)) = 4.2
    assert settle(follow_up, 0.3, 0.9).kind == "follow_up"


@pytest.mark.parametrize(
    ("independence", "kind", "other"),
    [
        (4.0, "follow_up", None),  # leans by 11.5 - 4.0 - 3.0 = 4.5
        (5.5, "follow_up", "change"),
        (8.0, "follow_up", "change"),
        (9.0, "change", "follow_up"),
        (10.0, "change", "follow_up"),
        (11.0, "change", None),
    ],
)
def test_where_it_is_unsure_the_other_reading_is_searched_as_well(
    independence: float, kind: str, other: str | None
) -> None:
    follow_up = Reading("follow_up", "what is a vesting cliff?", "data engineer", independence=independence)
    found = settle(follow_up, 0.27, 0.9)
    assert (found.kind, found.other and found.other.kind) == (kind, other)
    assert [each.topic for each in (found, found.other) if each and each.kind == "follow_up"] in ([], ["data engineer"])
    assert found.leaning == pytest.approx(8.5 - independence)


@pytest.mark.parametrize(
    ("shown_for", "covered"),
    [
        ([("how do I become a welder", ())], False),
        ([("how do I become a welder", SHOWN)], True),
        ([("how do I write a CV", SHOWN), ("how do I become a welder", ())], False),
        ([("how do I write a CV", SHOWN), ("and in Welsh? (about CV)", ())], True),
        ([("how do I become a welder", ()), ("and the pay? (about welder)", ())], False),
    ],
)
def test_what_nothing_was_shown_for_was_not_covered(
    shown_for: list[tuple[str, tuple[str, ...]]], covered: bool
) -> None:
    assert was_covered([Turn(searched, searched, shown) for searched, shown in shown_for]) is covered


@pytest.mark.parametrize("question", ["what is a flarnbuckle?", "aaaaaaaa", "!!!???", "the of to and with"])
def test_what_the_corpus_knows_nothing_of_is_not_completed(question: str) -> None:
    found = read(question, [FIRST], lambda _term: 0, 100)
    assert (found.kind, found.searched_as) == ("change", question)


def test_what_leans_is_completed_though_its_words_are_unknown() -> None:
    assert read("is it flarnbuckled?", [FIRST], lambda _term: 0, 100).topic == "data engineer"


def test_the_questions_own_words_weigh_more_in_the_vector() -> None:
    mixed = blend(np.array([1, 0], np.float32), np.array([0, 1], np.float32))
    assert mixed == pytest.approx(np.array([0.7, 1.0]) / np.hypot(0.7, 1.0))


def test_the_questions_own_tokens_count_as_much_as_those_of_the_completed_one() -> None:
    own, completed = (TokenVectors(np.array([n], np.int32), np.ones((1, 1), np.float32)) for n in (1, 2))

    both = shared(((1.0, own),), ((1.0, completed),))

    assert [(share, tokens.ids.tolist()) for share, tokens in both] == [(0.5, [1]), (0.5, [2])]
    assert shared((), ()) == ()


def test_articles_gain_by_their_share_of_what_was_shown() -> None:
    assert continuity(SHOWN) == {"data-engineer": pytest.approx(0.1), "offers": pytest.approx(0.05)}


def test_only_the_last_thirty_turns_are_read() -> None:
    turns = [Turn(f"q{n}", f"q{n}", ()) for n in range(50)]
    assert checked_history(turns) == tuple(turns[-30:])


@pytest.mark.parametrize(
    "history",
    [
        [FIRST] * (conversation.MOST_SENT + 1),
        [("q", "q", ())],
        [Turn("", "q", ())],
        [Turn("q", "x" * 1501, ())],
        [Turn("q", "q", ("p#1",) * 51)],
    ],
)
def test_a_history_that_cannot_be_used_is_refused(history: list[Turn]) -> None:
    with pytest.raises(QuestionError):
        checked_history(history)


@pytest.mark.parametrize(
    ("question", "phrases_of_it"),
    [
        ("How do I become a data scientist without experience?", ["data scientist without experience"]),
        ("how do I ask for a raise", ["asking for a raise"]),
        ("what should I negotiate", ["negotiating"]),
        ("when do I plan to quit? Can they stop me?", ["planning to quit", "stopping"]),
        ("How much does a Data Engineer's job pay?", ["Data Engineer's job"]),
        ("How much does a data engineer earn?", ["data engineer"]),
        ("how much maths is needed for machine learning", ["maths", "machine learning"]),
        ("working in another country while employed", ["working in another country"]),
        ("Tell me about my first software developer job", ["first software developer job"]),
        ("I'm a nurse, can I get into IT?", ["nurse", "IT"]),
        ("Is it worth moving to the US?", ["moving to the US"]),
        ("how long will it take?", []),
    ],
)
def test_the_topic_is_told_in_phrases_as_they_were_typed(question: str, phrases_of_it: list[str]) -> None:
    assert phrases.topic(question, aspects=False) == phrases_of_it


def test_what_is_asked_of_a_job_belongs_to_the_topic_where_there_is_nothing_else() -> None:
    assert phrases.topic("What is the salary?", aspects=False) == ["salary"]
    assert phrases.topic("What salary does a data engineer get?", aspects=True) == ["salary", "data engineer"]


def test_a_pronoun_stands_for_what_was_put_in_the_place_of_the_first() -> None:
    first = Turn("do I need a degree to work in tech", "do I need a degree to work in tech", SHOWN)
    second = Turn("what about a bootcamp?", "what about a bootcamp? (about degree to work in tech)", SHOWN)
    assert reading("how do I choose a good one?", first, second).topic == "bootcamp, degree to work in tech"
    assert reading("and the cost?", first, second).topic == "degree to work in tech"


def test_no_phrase_is_cut_where_the_topic_is_long() -> None:
    long = "soldering " + "tiny " * 20 + "boards"
    first = Turn("x", f"how is that? (about data engineer, {long})", SHOWN)
    assert reading("and in healthcare?", first).topic == "data engineer"


@pytest.mark.parametrize(
    ("question", "leans"),
    [
        ("is it stressful?", True),
        ("what should I ask for that?", True),
        ("What are RSUs and how do they vest?", False),
        ("how do I write a CV?", False),
    ],
)
def test_a_pronoun_leans_on_what_came_before_unless_the_question_names_it(question: str, leans: bool) -> None:
    assert phrases.leans(question) is leans
