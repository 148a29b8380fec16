"""The judged questions in tests/gold are well formed and their quotes are still in the corpus word for word."""

import json
import re
from collections import Counter
from collections.abc import Callable, Iterable
from difflib import SequenceMatcher
from functools import cache
from typing import Any

import pytest

from chatbot.content.markdown.blocks import blocks
from chatbot.evaluation.usefulness import COVERAGES
from tests.support.library import articles
from tests.support.places import GOLD

COPIED = 6
"""So many words in a row are copied from an article; fewer may be a coincidence."""

Line = dict[str, Any]


def lines(name: str) -> list[Line]:
    return [json.loads(line) for line in (GOLD / name).read_text(encoding="utf-8").splitlines()]


ANSWERABLE = lines("answerable.jsonl")
MISSPELT = lines("misspelt.jsonl")
EVERY = [*ANSWERABLE, *MISSPELT]
REAL = lines("real.jsonl")
POSTED = lines("posted.jsonl")
PLAIN = lines("plain.jsonl")


def words(text: str) -> list[str]:
    return re.findall(r"[^\W_]+", text.lower().replace("’", "'").replace("'", ""))


@cache
def written() -> frozenset[tuple[str, ...]]:
    """The words of every question in the front matter of an article."""
    return frozenset(tuple(words(question)) for article in articles().values() for question in article.questions)


def runs(text: str) -> set[tuple[str, ...]]:
    found = words(text)
    return {tuple(found[at : at + COPIED]) for at in range(len(found) - COPIED + 1)}


def intended(line: Line) -> str:
    """The question as its writer meant to type it."""
    return str(line.get("meant", line["question"]))


def failing(chosen: Iterable[Line], holds: Callable[[Line], bool]) -> list[str]:
    """The ids of the lines for which something that should hold does not."""
    return [line["id"] for line in chosen if not holds(line)]


def test_there_are_enough_judged_questions() -> None:
    assert len(ANSWERABLE) >= 180
    assert len(MISSPELT) >= 45


def test_every_article_answers_at_least_three_questions() -> None:
    judged = [*ANSWERABLE, *POSTED]
    answering = [article for line in judged for article in {answer["article"] for answer in line["answers"]}]

    assert [article for article in articles() if answering.count(article) < 3] == []


def test_ids_number_the_lines() -> None:
    assert [line["id"] for line in ANSWERABLE] == [f"a{n:03}" for n in range(1, len(ANSWERABLE) + 1)]
    assert [line["id"] for line in MISSPELT] == [f"m{n:03}" for n in range(1, len(MISSPELT) + 1)]


def test_no_question_is_asked_twice() -> None:
    asked = [" ".join(words(intended(line))) for line in EVERY]

    assert sorted(asked) == sorted(set(asked))


def test_every_line_has_the_documented_fields() -> None:
    assert failing(ANSWERABLE, lambda line: set(line) == {"id", "question", "answers"}) == []
    assert failing(MISSPELT, lambda line: set(line) == {"id", "question", "meant", "answers"}) == []


def test_every_question_has_an_answer_and_none_is_listed_twice() -> None:
    def whole(line: Line) -> bool:
        places = [(answer["article"], answer["quote"]) for answer in line["answers"]]
        return 0 < len(places) == len(set(places))

    assert failing(EVERY, whole) == []


def test_every_quote_is_found_exactly_once_in_its_article() -> None:
    def found(line: Line) -> bool:
        return all(articles()[answer["article"]].text.count(answer["quote"]) == 1 for answer in line["answers"])

    assert failing(EVERY, found) == []


def test_questions_have_three_to_twenty_five_words() -> None:
    assert failing(EVERY, lambda line: 3 <= len(intended(line).split()) <= 25) == []


def test_halves_and_first_judgements_are_told() -> None:
    assert {line["half"] for line in REAL} == {"learn", "test"}
    assert {line["before"] for line in POSTED} == set(COVERAGES)


@pytest.mark.parametrize(("judged", "letter"), [(REAL, "r"), (POSTED, "p")], ids=["real", "posted"])
def test_questions_of_people_are_judged_whole(judged: list[Line], letter: str) -> None:
    assert [line["id"] for line in judged] == [f"{letter}{n:03}" for n in range(1, len(judged) + 1)]
    assert {line["coverage"] for line in judged} == set(COVERAGES)
    for line in judged:
        places = [*line["answers"], *line.get("helps", [])]
        assert bool(line["answers"]) == (line["coverage"] in {"covered", "partly"}), line["id"]
        assert len({(place["article"], place["quote"]) for place in places}) == len(places), line["id"]
        assert all(articles()[place["article"]].text.count(place["quote"]) == 1 for place in places), line["id"]
        assert tuple(words(line["question"])) not in written(), line["id"]
    asked = [" ".join(words(line["question"])) for line in judged]
    assert len(asked) == len(set(asked))


def test_no_question_repeats_one_from_the_front_matter() -> None:
    assert failing(EVERY, lambda line: tuple(words(intended(line))) not in written()) == []


def test_no_question_copies_the_words_of_an_article() -> None:
    copied = {run for article in articles().values() for run in runs(article.text)}

    assert failing(EVERY, lambda line: not runs(intended(line)) & copied) == []


def test_misspelt_questions_differ_from_what_was_meant_by_a_few_letters() -> None:
    def slightly_different(line: Line) -> bool:
        typed, meant = line["question"].lower(), line["meant"].lower()
        return words(typed) != words(meant) and SequenceMatcher(None, typed, meant, autojunk=False).ratio() > 0.85

    assert failing(MISSPELT, slightly_different) == []


def test_every_question_of_an_article_names_a_heading_of_it_and_stands_there_once() -> None:
    for article in articles().values():
        headings = [block.title for block in blocks(article.text) if block.kind == "heading"]
        assert len(article.questions) == len(article.sections), article.id
        led = zip(article.questions, article.sections, strict=True)
        assert [one for asked, one in led if asked != article.title and headings.count(one) != 1] == [], article.id
    asked = Counter(" ".join(words(question)) for article in articles().values() for question in article.questions)
    assert [question for question, times in asked.items() if times > 1] == []


def test_plain_questions_name_sections_and_stand_in_no_front_matter() -> None:
    headings = {id_: {block.title for block in blocks(one.text) if block.title} for id_, one in articles().items()}

    assert [line["id"] for line in PLAIN] == [f"q{n:03}" for n in range(1, len(PLAIN) + 1)]
    assert failing(PLAIN, lambda line: line["heading"] in headings[line["article"]]) == []
    assert failing(PLAIN, lambda line: tuple(words(line["question"])) not in written()) == []
