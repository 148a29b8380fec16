"""Misspelt words are mended against the words of the corpus; right ones are left alone."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chatbot.answering.understanding.spelling import (
    Lexicon,
    edit_cost,
    is_known,
    lexicon,
    nearest,
    repair,
    split,
    whole_words,
)

COUNTS = {"career": 20, "machine": 9, "learning": 12, "salary": 7, "interview": 8, "vest": 1, "mlops": 4, "what": 30}
KNOWN = [*COUNTS, "question", "please", "how", "the", "is"]


@pytest.fixture(scope="module")
def corpus() -> Lexicon:
    return lexicon(COUNTS, ["question", "please", "carrier"])


@pytest.mark.parametrize(
    ("typed", "meant"),
    [
        ("machin lerning carrer", "machine learning career"),
        ("sallary", "salary"),
        ("intervew questoin", "interview question"),
        ("Interveiw?", "Interview?"),
        ("machinelearning", "machine learning"),
    ],
)
def test_common_slips_are_mended(typed: str, meant: str, corpus: Lexicon) -> None:
    assert repair(typed, corpus) == meant


@pytest.mark.parametrize(
    "question",
    [
        "What does Mistral pay in Wolverhampton?",  # names
        "labour organisations",  # British spelling
        "k8s, C++, node.js and GCSEs",
        "email jane.salry@example.org",
        "xq",
    ],
)
def test_what_is_right_or_unknown_is_left_alone(question: str, corpus: Lexicon) -> None:
    assert repair(question, corpus) == question


@pytest.mark.parametrize(
    "word",
    # Formed of known words, then learned ones.
    ["elses", "aesthetical", "careerwise", "interviewless", "unsalaried", "myelopathy", "hepatology", "cardiomegaly"],
)
def test_a_word_that_is_formed_regularly_is_none_to_mend(word: str, corpus: Lexicon) -> None:
    near = lexicon({**COUNTS, word[:-1]: 9, f"{word[:3]}{word[4:]}": 9}, ["question"])
    assert is_known(word, corpus)
    assert repair(word, near) == word


@pytest.mark.parametrize("typed", ["enginer", "desing", "biass", "tecnology"])
def test_what_slips_look_like_is_no_formation(typed: str) -> None:
    assert not is_known(typed, lexicon({"engineer": 9, "design": 9, "technology": 9}, []))


def test_a_word_of_the_language_alone_takes_a_commoner_slip_than_one_of_the_corpus() -> None:
    one = lexicon({"position": 9}, ["distracted"])
    assert nearest("posotion", one) == "position"
    assert (nearest("distraccted", one), nearest("distrazted", one)) == ("distracted", None)


def test_a_name_is_mended_to_words_of_the_corpus_alone(corpus: Lexicon) -> None:
    assert nearest("questoin", corpus) == "question"
    assert nearest("questoin", corpus, name=True) is None
    assert nearest("intervew", corpus, name=True) == "interview"


@pytest.mark.parametrize(
    ("typed", "meant", "cost"),
    [
        ("career", "career", 0.0),
        ("carreer", "career", 0.5),  # a letter doubled
        ("carer", "career", 0.5),  # a letter halved
        ("acreer", "career", 1.1),  # two letters swapped, one of them the first
        ("corear", "career", 1.4),  # two vowels for vowels
        ("xareer", "career", 1.3),  # a neighbouring key instead of the first letter
    ],
)
def test_an_edit_weighs_by_how_common_the_slip_is(typed: str, meant: str, cost: float) -> None:
    assert edit_cost(typed, meant, 2) == pytest.approx(cost)


def test_more_edits_than_the_limit_cost_more_than_it() -> None:
    assert edit_cost("xareex", "career", 1) == 2.0
    assert edit_cost("care", "career", 1) == 2.0


def test_two_words_are_split_where_the_corpus_has_both_twice(corpus: Lexicon) -> None:
    assert split("machinelearning", corpus) == "machine learning"
    assert split("learningvest", corpus) is None


def test_whole_words_of_a_tokenizer_are_those_that_begin_a_word() -> None:
    assert whole_words(["career", "##er", "[CLS]", "an", "c3po"]) == {"career"}
    assert whole_words(["▁Career", "er", "▁a"]) == {"career"}


@given(st.lists(st.sampled_from(KNOWN), max_size=8), st.sampled_from([" ", ", ", " - ", "  "]))
def test_a_text_of_known_words_is_never_changed(chosen: list[str], between: str) -> None:
    text = between.join(chosen)
    assert repair(text, lexicon(COUNTS, ["question", "please"])) == text


@given(st.text(max_size=60))
def test_any_text_comes_back_and_a_second_time_unchanged(text: str) -> None:
    one = lexicon(COUNTS, ["question", "please"])
    mended = repair(text, one)
    assert repair(mended, one) == mended


@given(st.from_regex(r"[a-z]{4,20}", fullmatch=True))
def test_only_an_unknown_word_is_mended_and_only_to_known_words(word: str) -> None:
    one = lexicon(COUNTS, ["question", "please"])
    mended = repair(word, one)
    assert (
        mended == word
        if is_known(word, one)
        else all(is_known(part, one) for part in mended.split()) or (mended == word)
    )
