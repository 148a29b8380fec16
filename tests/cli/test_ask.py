"""`chatbot ask` and `chatbot explain` on the shipped articles, in process."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import pytest
from typer.testing import CliRunner, Result

from chatbot.cli import app
from chatbot.errors import QuestionError


@pytest.fixture(scope="module")
def run(shipped: dict[str, str]) -> Callable[..., Result]:
    variables = {name: value for name, value in shipped.items() if name.startswith("CHATBOT_")}
    return lambda *arguments: CliRunner(env=variables).invoke(app, arguments)


def test_filters_limit_the_articles(run: Callable[..., Result]) -> None:
    found = json.loads(run("ask", "how do I prepare?", "--topic", "interviews", "--json").stdout)
    assert found["hits"]
    assert all("interviews" in hit["passage"]["topics"] for hit in found["hits"])


def test_an_unknown_topic_names_the_nearest(run: Callable[..., Result]) -> None:
    done = run("ask", "pay", "--topic", "interview")
    assert isinstance(done.exception, QuestionError)
    assert str(done.exception).startswith(
        "--topic 'interview' is the topic of no article; the nearest are 'interviews'"
    )


@pytest.mark.parametrize("command", ["ask", "explain"])
def test_a_number_of_passages_that_cannot_be_is_told_with_its_limits(run: Callable[..., Result], command: str) -> None:
    assert str(run(command, "pay", "-k", "0").exception) == "k is 0, expected 1 to 50"


def test_a_filter_that_leaves_nothing_says_so(run: Callable[..., Result]) -> None:
    assert "No article fits these filters" in run("ask", "pay", "--since", "2999-01-01").stdout


def test_a_question_is_asked_after_others(run: Callable[..., Result]) -> None:
    found = json.loads(
        run("ask", "how long does it take?", "--after", "How do I become a data scientist?", "--json").stdout
    )
    assert found["searched_as"] == "how long does it take? (about data scientist)"
    assert found["hits"][0]["passage"]["headings"] == ["How long does it take to become a data scientist?"]


def test_small_talk_gets_its_sentence_and_questions_of_the_corpus(run: Callable[..., Result]) -> None:
    found = json.loads(run("ask", "thanks!", "--json").stdout)
    assert (found["verdict"], found["hits"], found["message"]) == (
        "not_covered",
        [],
        "You are welcome. Ask on whenever you like.",
    )
    assert len(found["follow_ups"]) == 3


def test_somebody_in_despair_is_sent_to_people_and_offered_no_career_questions(run: Callable[..., Result]) -> None:
    found = json.loads(run("ask", "I want to die", "--json").stdout)
    assert "emergency number" in found["message"]
    assert found["follow_ups"] == []


def test_words_that_one_passage_has_are_not_refused_to_whoever_asks_for_them(run: Callable[..., Result]) -> None:
    for question in ("vesting cliff", "What is a vesting cliff?"):
        found = json.loads(run("ask", question, "--json").stdout)
        assert (found["verdict"], found["hits"][0]["passage"]["headings"]) == ("answered", ["Vesting cliff"])
    assert json.loads(run("ask", "vesting pizza", "--json").stdout)["verdict"] == "not_covered"


def test_an_explanation_shows_every_step(run: Callable[..., Result]) -> None:
    found = json.loads(run("explain", "salry and CV of a data enginer", "-k", "2", "--json").stdout)
    assert found["mended"] == found["searched_as"] == "salary and CV of a data engineer"
    assert {one["words"] for one in found["added"]} >= {"salary", "cv"}
    assert found["read_as"] == "standalone"
    assert found["thresholds"]["refuse_below"] < found["thresholds"]["answer_from"]
    for hit in found["hits"]:
        assert hit["score"] == pytest.approx(hit["meaning"] + hit["words"])
        assert set(hit["matched"]) <= {"salary", "cv", "data", "engineer"}
        assert hit["sentences"]


def test_literal_undoes_mending_and_vocabulary(run: Callable[..., Result]) -> None:
    found = json.loads(run("explain", "salry on my CV", "--after", "data engineers", "--literal", "--json").stdout)
    assert found["searched_as"] == found["question"]
    assert found["added"] == []
    assert set(found["terms"]) == {"salri", "on", "my", "cv"}


def test_an_explanation_reads_as_text(run: Callable[..., Result]) -> None:
    text = run("explain", "machin lerning").stdout
    assert "mended       machine learning" in text
    assert "score" in text
    assert "cosine" in text
    assert run("explain", "hello").stdout.splitlines()[1:3] == [
        "read as      small talk, which gets a fixed reply",
        "searched as  hello",
    ]


def test_a_question_needs_no_quotes_and_a_day_is_one(served_folder: Path) -> None:
    variables = {"CHATBOT_CORPUS_DIR": str(served_folder / "corpus"), "CHATBOT_INDEX_DIR": str(served_folder / "index")}
    runner = CliRunner(env=variables)
    found = json.loads(runner.invoke(app, ["ask", "better", "pay", "--since", "2024-02-29", "--json"]).stdout)
    assert found["question"] == "better pay"
    assert all(hit["passage"]["updated"] >= "2024-02-29" for hit in found["hits"])
    assert json.loads(runner.invoke(app, ["explain", "better", "pay", "--json"]).stdout)["question"] == "better pay"
    for day in ("2023-02-29", "yesterday", "2024-1-1"):
        done = runner.invoke(app, ["ask", "pay", "--since", day])
        assert (done.exit_code, done.stdout) == (2, "")
        assert f"'{day}' is no day" in " ".join(done.stderr.split())
