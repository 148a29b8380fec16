"""Questions that compare: which they are, what they compare, and how their answers are ordered and sorted."""

from __future__ import annotations

import time

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from chatbot.answering.answerer import Answerer
from chatbot.answering.explanation import explain
from chatbot.answering.ranking.comparison import compared, names_each
from chatbot.answering.ranking.searcher import Ranking
from chatbot.answering.understanding.comparison import MOST, forms, sides
from chatbot.answering.understanding.vocabulary import read_vocabulary
from chatbot.cli.ask import answer_text, explanation_text
from chatbot.records import Answer, Comparison, Filters, Side
from tests.support.small_site import small_site

VOCABULARY = read_vocabulary()


@pytest.mark.parametrize(
    ("question", "found"),
    [
        ("data engineer vs data scientist", ["data engineer", "data scientist"]),
        ("Data engineer vs. data scientist?", ["Data engineer", "data scientist"]),
        ("nurse versus teacher, who is home earlier", ["nurse", "teacher"]),
        ("cloud vs network vs storage engineer", ["cloud", "network", "storage engineer"]),
        ("should I do a bootcamp or a degree?", ["bootcamp", "degree"]),
        ("Should I take the small firm or the bank?", ["small firm", "bank"]),
        ("should i learn rust or cobol for backend work", ["rust", "cobol"]),
        ("cobol or fortran first if I like old machines", ["cobol", "fortran"]),
        ("Should I negotiate or accept the first offer?", ["negotiate", "accept the first offer"]),
        ("Should I resign or take unpaid leave?", ["resign", "take unpaid leave"]),
        ("Should a beginner learn Perl, Ruby or Lua first?", ["Perl", "Ruby", "Lua"]),
        ("Which pays more, auditing or consulting?", ["auditing", "consulting"]),
        (
            "Which suits a parent: evening classes or a full-time course",
            ["evening classes", "full-time course"],
        ),
        ("is hourly or monthly billing better", ["hourly", "monthly billing"]),
        ("law degree or coding course after the army", ["law degree", "coding course"]),
        (
            "difference between analyst, analytics engineer and data engineer",
            ["analyst", "analytics engineer", "data engineer"],
        ),
        ("What's the difference between a mentor and a coach?", ["mentor", "coach"]),
        ("compare payroll work and accounting", ["payroll work", "accounting"]),
        ("I can't choose between nursing and teaching.", ["nursing", "teaching"]),
        ("How is a mentor different from a coach?", ["mentor", "coach"]),
        ("how does a tester compare to a developer", ["tester", "developer"]),
        ("How do a union and a guild differ?", ["union", "guild"]),
        ("Is nursing harder than teaching?", ["nursing", "teaching"]),
        ("Do testers earn less than developers?", ["testers", "developers"]),
        ("I have two children. Night shifts or weekends?", ["Night shifts", "weekends"]),
    ],
)
def test_what_stands_on_either_side_is_told_in_the_words_of_the_question(question: str, found: list[str]) -> None:
    assert list(sides(question, VOCABULARY)) == found


@pytest.mark.parametrize(
    "question",
    [
        "Should I quit, yes or no?",
        "Will they find out sooner or later?",
        "is this normal or not",
        "Should I send a CV or resume?",
        "Should I ask for two or three days?",
        "How do I become a nurse without a degree or experience?",
        "Can I work as a nurse or midwife abroad?",
        "Which books or courses are good?",
        "Does anyone work in a brewery or distillery?",
        "What counts as bullying or harassment?",
        "My boss or somebody above him wants me gone. What now?",
        "Should I tell them now or later?",
        "Is it slow here too, or is it just me?",
        "Should I sign or what?",
        "can I push for a better package than the one on the table",
        "Do they know more than I do?",
        "I would rather leave than stay",
        "How do I compare offers?",
        "What is the difference?",
        "vs",
        "or",
        "A or B or C or D or E or F or G, which letter?",
        "",
    ],
)
def test_what_only_looks_like_a_comparison_is_none(question: str) -> None:
    assert sides(question, VOCABULARY) == ()


@given(st.lists(st.sampled_from("or vs than better is a the which , and between difference X nurse ? ( you".split())))
def test_sides_are_words_of_the_question_and_two_at_least(parts: list[str]) -> None:
    found = sides(" ".join(parts), VOCABULARY)
    assert len(found) == 0 or 2 <= len(found) <= MOST
    assert {word for side in found for word in side.split()} <= set(parts)


@pytest.mark.parametrize("part", ["is a ", "or, ", "between and ", "x" * 30 + " than ", ", and ", "how is "])
def test_the_longest_question_is_read_at_once(part: str) -> None:
    began = time.perf_counter()
    sides((part * 1000)[:1000], VOCABULARY)
    assert time.perf_counter() - began < 0.2


def named(*labels: str) -> list[set[str]]:
    return [{" ".join(sorted(form)) for form in side} for side in forms(labels, VOCABULARY)]


def test_a_side_is_also_named_by_what_the_vocabulary_has_for_it() -> None:
    assert named("DE", "nurse") == [{"de", "data engin"}, {"nurs"}]


def test_what_both_sides_end_in_or_stand_for_names_none_of_them() -> None:
    assert named("nurse interview", "pilot interview") == [{"nurs"}, {"pilot"}]
    assert named("AWS", "Azure") == [{"aw"}, {"azur"}]
    assert named("nurse pay", "pilot") == [{"nurs"}, {"pilot"}]


ARTICLES = {
    "nurse.md": "## Nurses\n\nA nurse may ask for better pay and an offer.\n",
    "pilot.md": "## Pilots\n\nA pilot may ask for pay.\n",
    "roles.md": "## Jobs\n\nPay is told here.\n\n| Job | Hours |\n|---|---|\n| Nurse | nights |\n| Pilot | days |\n",
    "both.md": "## Uniforms\n\nA nurse and a pilot wear one.\n",
    "long.md": "## Hours\n\n"
    + "A shift of the day begins with the sun, and it ends with the sun, too.\n\n" * 3
    + "A nurse and a pilot have others, of which no more than this can be said here in so few words.\n",
    "team.md": "## Teams\n\nBetter pay is an offer in a team.\n",
}


@pytest.fixture(scope="module")
def answerer(tmp_path_factory: pytest.TempPathFactory) -> Answerer:
    return small_site(tmp_path_factory.mktemp("comparison"), ARTICLES)


def ask(answerer: Answerer, question: str, *, literal: bool = False) -> Answer:
    return answerer.ask(question, 5, (), Filters(), literal=literal)


def shown(answer: Answer) -> list[str]:
    return [hit.passage.article_id for hit in answer.hits]


def test_the_table_that_names_all_sides_comes_first_and_the_others_are_sorted_by_side(answerer: Answerer) -> None:
    answer = ask(answerer, "better pay offer, nurse or pilot")
    assert shown(answer) == ["roles", "nurse", "team", "pilot"]
    sorted_ = (Side("nurse", (2,)), Side("pilot", (4,)))
    assert answer.comparison == Comparison(sorted_, together=(1,))


def test_only_what_names_all_sides_is_said_in_short() -> None:
    told = forms(sides("data nurse or pilot", VOCABULARY), VOCABULARY)
    said = {
        "A data nurse earns more than a pilot.": True,
        "Pilots fly with data nurses.": True,
        "Choose a pilot if you like data, and a nurse if not.": False,
        "A pilot flies, see [what others do](/data-nurse).": False,
    }
    assert {sentence: names_each(sentence, told) for sentence in said} == said
    assert names_each("anything", ())


def test_a_comparison_is_said_in_short_only_by_sentences_that_name_all_sides(answerer: Answerer) -> None:
    one_sided, both = (ask(answerer, question) for question in ("better pay offer, nurse or pilot", "nurse or pilot"))
    assert (one_sided.verdict, one_sided.in_short) == ("answered", ())
    assert [each.text for each in both.in_short] == ["A nurse and a pilot wear one."]


def test_the_terminal_names_the_passages_of_each_side(answerer: Answerer) -> None:
    text = answer_text(ask(answerer, "better pay offer, nurse or pilot"))
    assert "Compared:\n  More than one: 1\n  nurse: 2\n  pilot: 4\n\n" in text


@pytest.mark.parametrize(
    ("ids", "behind", "first"),
    [
        (["team#1", "nurse#1"], 0.04, "nurse#1"),  # one of two sides: half of 0.1
        (["team#1", "nurse#1"], 0.06, "team#1"),
        (["team#1", "both#1"], 0.09, "both#1"),
        (["team#1", "both#1"], 0.11, "team#1"),
        (["team#1", "roles#1"], 0.11, "roles#1"),  # a table about both leads
        (["long#1", "long#2"], 0.01, "long#1"),  # of one section the second part alone names a side
    ],
)
def test_a_passage_gains_by_the_sides_that_it_speaks_of(
    answerer: Answerer, ids: list[str], behind: float, first: str
) -> None:
    rows = np.array([answerer.store.row(id_) for id_ in ids], np.int64)
    zero = np.zeros(2, np.float32)
    ranking = Ranking(rows, np.array([1.0, 1.0 - behind], np.float32), *[zero] * 6)
    found = compared(ranking, answerer._index, forms(("nurse", "pilot"), VOCABULARY))
    assert answerer.store.ids(found.rows)[0] == first


def test_a_question_that_compares_nothing_is_answered_as_ever(answerer: Answerer) -> None:
    answer = ask(answerer, "better pay offer nurse pilot")
    assert shown(answer)[0] == "nurse"
    assert answer.comparison is None


def test_what_is_searched_word_for_word_is_not_read_as_a_comparison(answerer: Answerer) -> None:
    assert ask(answerer, "better pay offer, nurse or pilot", literal=True).comparison is None


def test_there_is_no_comparison_where_passages_speak_of_one_side_only(answerer: Answerer) -> None:
    answer = ask(answerer, "better pay offer, nurse or astronaut")
    assert answer.hits
    assert answer.comparison is None


def test_the_verdict_is_that_of_the_words_alone(answerer: Answerer) -> None:
    compared, plain = (ask(answerer, question) for question in ("pay: nurse or pilot", "pay: nurse for pilot"))
    assert (compared.verdict, compared.confidence) == (plain.verdict, plain.confidence)


def test_an_explanation_names_the_sides_and_what_each_passage_speaks_of(answerer: Answerer) -> None:
    explanation = explain(answerer, answerer.trace("better pay offer, nurse or pilot", 5, (), Filters()))
    assert explanation.sides == ("nurse", "pilot")
    assert "compares     nurse | pilot\n" in explanation_text(explanation)
    assert "   speaks of      nurse | pilot\n" in explanation_text(explanation)
    assert [hit.sides for hit in explanation.hits] == [("nurse", "pilot"), ("nurse",), (), ("pilot",)]
