"""What people get, as arithmetic over a few answers, and from a file of questions whose coverage was judged."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from chatbot.answering.chatbot import answer_from
from chatbot.answering.ranking.searcher import Searcher
from chatbot.cli.evaluate import evaluation_text
from chatbot.errors import JudgedSetError
from chatbot.evaluation.quotes import outcomes, read_questions
from chatbot.evaluation.usefulness import Outcome, outcome, usefulness
from chatbot.indexing.building.build import build
from chatbot.indexing.generation.local_index import LocalIndex
from chatbot.indexing.generation.publication import current
from chatbot.settings import Settings
from tests.support.keyword_embedder import KeywordEmbedder

YES, NO = True, False
OUTCOMES = [
    Outcome("covered", "answered", 0.95, (YES, NO), (YES, YES)),
    Outcome("covered", "answered", 0.9, (NO, NO, YES, NO), (NO, NO, YES, NO)),
    Outcome("covered", "uncertain", 0.4, (NO, NO, NO, YES), (NO, NO, NO, YES)),
    Outcome("covered", "not_covered", 0.1, (), ()),
    Outcome("partly", "answered", 1.0, (NO,), (YES,)),
    Outcome("not_covered", "answered", 0.6, (NO, NO), (NO, NO)),
    Outcome("outside", "not_covered", 0.0, (), ()),
]


def test_useful_are_answers_at_the_first_place_and_among_three() -> None:
    found = usefulness(OUTCOMES)
    assert (found["covered"], found["useful@1"], found["useful@3"]) == (4, 0.25, 0.5)
    assert (found["refused"], found["uncertain"]) == (1, 1)


def test_what_is_answered_outright_is_counted_by_coverage() -> None:
    found = usefulness(OUTCOMES)
    assert found["answered"] == {"covered": [2, 4], "partly": [1, 1], "not_covered": [1, 1], "outside": [0, 1]}
    assert found["answered_useless"] == 0.25
    assert found["precision"] == pytest.approx((2 + 1 + 1 + 1) / (2 + 4 + 4 + 1), abs=1e-4)


def test_confidence_is_held_against_what_was_shown() -> None:
    told = [(one["from"], one["answers"], one["useful"]) for one in usefulness(OUTCOMES)["reliability"]]
    assert told == [(0.0, 1, 0.0), (0.5, 1, 0.0), (0.7, 0, None), (0.9, 3, 1.0)]


def test_a_passage_that_answers_is_useful_and_one_that_helps_does_not_answer() -> None:
    found = outcome("covered", ("answered", 0.8), ["a#1", "a#2", "a#3"], {"a#2"}, {"a#3"})
    assert (found.answers, found.useful) == ((NO, YES, NO), (NO, YES, YES))


def test_questions_of_a_file_are_asked_and_judged(tmp_path: Path) -> None:
    settings = Settings(corpus_dir=tmp_path / "corpus", index_dir=tmp_path / "index")
    settings.corpus_dir.mkdir()
    (settings.corpus_dir / "pay.md").write_text("# Pay\n\nAsk for better pay when you get an offer.\n")
    (settings.corpus_dir / "team.md").write_text("# Team\n\nA remote team helps you learn python.\n")
    build(settings, embedder=KeywordEmbedder())
    pay, team = ({"article": id_, "quote": quote} for id_, quote in (("pay", "better pay"), ("team", "remote team")))
    lines = [
        {"question": "better pay offer", "answers": [pay], "helps": [team], "coverage": "covered"},
        {"question": "remote team python", "answers": [team], "coverage": "partly"},
        {"question": "is it the weather", "answers": [], "coverage": "outside"},
        {"question": "pay", "answers": [pay]},
    ]
    file = tmp_path / "real.jsonl"
    file.write_text("".join(json.dumps(line) + "\n" for line in lines))
    index = LocalIndex.open(settings.index_dir / current(settings.index_dir))
    answerer = answer_from(Searcher(index, KeywordEmbedder()), settings)
    one, two, three = outcomes(read_questions(file), answerer)
    assert (one.coverage, one.answers[0], two.coverage, two.answers[0], two.useful[0]) == (
        *("covered", YES),
        *("partly", NO, YES),
    )
    assert three.coverage == "outside"
    assert not any(three.useful)


def test_a_coverage_that_is_none_is_named(tmp_path: Path) -> None:
    file = tmp_path / "real.jsonl"
    file.write_text(json.dumps({"question": "pay?", "answers": [], "coverage": "maybe"}) + "\n")
    with pytest.raises(JudgedSetError, match="coverage is 'maybe'; expected one of covered, partly, not_covered"):
        read_questions(file)
    file.write_text(json.dumps({"question": "pay?", "answers": []}) + "\n")
    with pytest.raises(JudgedSetError, match="it has no list of answers"):
        read_questions(file)


def test_it_reads_as_text() -> None:
    summary = {
        "set": "real",
        "queries": 5,
        "passages": 9,
        "metrics": {"nDCG@10": 0.5},
        "ci95": {"nDCG@10": [0.4, 0.6]},
        "abstention": None,
        "latency_ms": {"p50": 1.0, "p95": 2.0},
        "usefulness": usefulness(OUTCOMES),
    }
    text = evaluation_text(summary)
    assert "4 covered questions: the first passage answers 25%, one of three 50%; 1 refused, 1 answered with" in text
    assert "answered outright: 2 of 4 covered, 1 of 1 partly, 1 of 1 not covered, 0 of 1 outside; 25% of these" in text
    assert "0.9 to 1.0   100% of 3" in text
    assert "0.7 to 0.9      – of 0" in text
