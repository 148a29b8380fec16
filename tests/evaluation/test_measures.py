"""Judged questions: what is read, what is measured by hand-computed values, and the command over real texts."""

from __future__ import annotations

import json
import math
import os
from pathlib import Path

import numpy as np
import pytest
from typer.testing import CliRunner

from chatbot.cli import app
from chatbot.errors import JudgedSetError
from chatbot.evaluation.assessment import _make_room, differences, read_outside
from chatbot.evaluation.beir import corpus_reader, document_of, read_set
from chatbot.evaluation.measures import (
    Evaluation,
    auroc,
    interval,
    measure,
    measure_abstention,
    significance,
)
from chatbot.settings import Settings
from tests.support.keyword_embedder import KeywordEmbedder
from tests.support.places import TESTS


def write_set(folder: Path, corpus: list[dict[str, str]], queries: dict[str, str], qrels: str) -> Path:
    folder.mkdir()
    (folder / "corpus.jsonl").write_text("".join(json.dumps(line) + "\n" for line in corpus), encoding="utf-8")
    lines = [json.dumps({"_id": id_, "text": text}) for id_, text in queries.items()]
    (folder / "queries.jsonl").write_text("\n".join(lines) + "\n", encoding="utf-8")
    (folder / "qrels.tsv").write_text(f"query-id\tcorpus-id\tscore\n{qrels}", encoding="utf-8")
    return folder


def test_measures_are_those_of_trec_eval_worked_out_by_hand() -> None:
    run = {"q": ["a", "b", "c"], "none": ["b"]}
    values = measure(run, {"q": {"b": 2, "c": 1, "d": 1}, "none": {"a": 1}}, ["q", "none"])
    ideal = 2 / math.log2(2) + 1 / math.log2(3) + 1 / math.log2(4)
    assert values["nDCG@10"] == pytest.approx([(2 / math.log2(3) + 1 / math.log2(4)) / ideal, 0.0])
    assert values["MRR@10"] == pytest.approx([1 / 2, 0.0])
    assert values["R@5"] == pytest.approx([2 / 3, 0.0])


def test_auroc_counts_pairs_and_halves_ties() -> None:
    assert auroc(np.array([0.9, 0.5]), np.array([0.5, 0.1])) == (1 + 1 + 1 + 0.5) / 4


def test_abstention_is_measured_where_one_answerable_question_in_twenty_is_refused() -> None:
    known = [("answered", confidence / 100) for confidence in range(1, 101)]
    found = measure_abstention(known, [("answered", 0.5), ("not_covered", 0.01)])
    assert found.false_answers == 0.5
    assert (found.refused, found.uncertain, found.answered) == (0.0, 0.0, 0.5)


def test_a_confidence_interval_holds_its_mean_and_is_the_same_every_time() -> None:
    values = np.linspace(0, 1, 50)
    low, high = interval(values)
    assert low < 0.5 < high
    assert interval(values) == (low, high)


def test_equal_results_do_not_differ_and_clearly_better_ones_do() -> None:
    values = np.linspace(0, 0.5, 30)
    assert significance(values, values) == 1.0
    assert significance(values, values + 0.3) < 0.001


def test_two_evaluations_are_compared_over_the_questions_that_both_asked() -> None:
    def evaluation(asked: tuple[str, ...], values: list[float]) -> Evaluation:
        return Evaluation("set", "g", 1, asked, {"nDCG@10": np.array(values)}, None, np.zeros(1))

    found = differences(evaluation(("a", "b"), [0.5, 0.5]), evaluation(("c", "b"), [1.0, 0.75]))
    assert found["nDCG@10"]["difference"] == 0.25


def test_lines_end_with_a_newline_and_nothing_else(tmp_path: Path) -> None:
    folder = write_set(
        tmp_path / "set", [{"_id": "d", "title": "", "text": "a\u2028b"}], {"q": "one\u2028two\x85three"}, "q\td\t1\n"
    )
    assert read_set(folder).queries == {"q": "one\u2028two\x85three"}


@pytest.mark.parametrize(
    ("qrels", "reason"),
    [("q\td\n", "'q\\td' is no judgement"), ("q\td\tmuch\n", "is no judgement"), ("x\td\t1\n", "no question of")],
)
def test_a_judgement_that_cannot_be_used_is_named(tmp_path: Path, qrels: str, reason: str) -> None:
    folder = write_set(tmp_path / "set", [{"_id": "d", "title": "", "text": "pay"}], {"q": "pay"}, qrels)
    with pytest.raises(JudgedSetError, match=reason.replace("\\", "\\\\")):
        read_set(folder)


def test_a_text_is_one_passage_where_it_fits_and_counts_by_its_pieces_where_not(tmp_path: Path) -> None:
    long = " ".join(f"Pay number {number} is fair." for number in range(60))
    corpus = [
        {"_id": "guide#0", "title": "Pay", "text": "# A heading\n\nAsk for pay."},
        {"_id": "guide#1", "title": "Pay", "text": long},
        {"_id": "other", "title": "", "text": "remote work"},
    ]
    folder = write_set(tmp_path / "set", corpus, {"q": "pay"}, "q\tguide#0\t1\n")
    found = corpus_reader(folder)(Settings(), KeywordEmbedder(), None, lambda *_: None)
    assert [article.id for article in found.articles] == ["guide", "other"]
    assert found.passages[0].text == "# A heading\n\nAsk for pay."
    assert {document_of(passage.id) for passage in found.passages} == {"guide#0", "guide#1", "other"}
    texts = {article.id: article.text for article in found.articles}
    assert all(texts[p.article_id][p.start : p.end] == p.text for p in found.passages)
    assert len(found.passages) > 3


def test_comments_and_empty_lines_are_no_questions(tmp_path: Path) -> None:
    (tmp_path / "far.txt").write_text("# far\n\nhow tall is it? \n")
    assert read_outside(tmp_path / "far.txt") == ["how tall is it?"]


def test_the_command_measures_a_set_with_its_own_texts(tmp_path: Path, shipped: dict[str, str]) -> None:
    corpus = [
        {"_id": "pay", "title": "Salary", "text": "Ask what the role pays before you name a number."},
        {"_id": "cv", "title": "CV", "text": "A CV of one page lists what you did and what came of it."},
        {"_id": "remote", "title": "Remote work", "text": "Remote teams write things down and meet rarely."},
    ]
    queries = {"q1": "how do I negotiate my salary", "q2": "working from home", "q3": "how long should a resume be"}
    folder = write_set(tmp_path / "set", corpus, queries, "q1\tpay\t1\nq2\tremote\t1\nq3\tcv\t1\n")
    (tmp_path / "others.txt").write_text("how do I boil an egg\n", encoding="utf-8")
    conversation = [{"question": "how do I negotiate my salary"}, {"question": "and at home?", "gold": ["remote"]}]
    (folder / "conversations.jsonl").write_text(json.dumps({"id": "c", "turns": conversation}) + "\n", encoding="utf-8")
    found_by = tmp_path / "found.jsonl"
    options = ["--out-of-scope", str(tmp_path / "others.txt"), "--conversations", "--json", "--legs", "--no-keep"]
    options += ["--per-question", str(found_by)]
    arguments = ["--index", shipped["CHATBOT_INDEX_DIR"], "evaluate", str(folder), *options]
    done = CliRunner().invoke(app, arguments)
    assert done.exit_code == 0, done.output
    found = json.loads(done.stdout)
    assert (found["set"], found["queries"], found["passages"]) == ("set", 3, 3)
    assert set(found["metrics"]) == {"nDCG@10", "MRR@10", "R@5", "R@10", "R@100"} == set(found["ci95"])
    assert found["metrics"]["nDCG@10"] == 1.0
    assert found["abstention"]["others"] == 1
    assert found["latency_ms"]["p50"] > 0
    assert found["conversations"]["turns"] == 1
    assert set(found["legs"]) == {"meaning", "words"}
    asked = [json.loads(line) for line in found_by.read_text(encoding="utf-8").splitlines()]
    assert [line["id"] for line in asked] == ["q1", "q2", "q3"]
    assert [line["first"][0]["grade"] for line in asked] == [1, 1, 1]
    assert set(asked[0]["first"][0]) == {"passage", "grade", "score", "cosine", "bm25"}
    assert list((Path(shipped["CHATBOT_INDEX_DIR"]) / "evaluations").iterdir()) == []


@pytest.mark.parametrize(
    ("more", "said"),
    [
        (["--compare", "nowhere.toml"], "names 0 kept generations"),
        (["--conversations"], "leave --conversations out"),
        (["--out-of-scope", "none.txt"], "none.txt cannot be read"),
        (["--per-question", "no/such/file"], "cannot be written"),
    ],
)
def test_a_wrong_argument_is_told_before_anything_is_measured(tmp_path: Path, more: list[str], said: str) -> None:
    corpus = [{"_id": "d", "title": "", "text": "pay"}]
    folder = write_set(tmp_path / "set", corpus, {"q": "pay"}, "q\td\t1\n")
    done = CliRunner().invoke(app, ["--index", str(tmp_path / "index"), "evaluate", str(folder), *more])
    assert done.exit_code != 0
    assert said in " ".join(f"{done.output} {done.exception}".split())
    assert not (tmp_path / "index").exists()


def test_a_folder_that_is_not_there_is_told_as_such(tmp_path: Path) -> None:
    done = CliRunner().invoke(app, ["--index", str(tmp_path), "evaluate", str(tmp_path / "none")])
    assert f"there is no {tmp_path / 'none'}; name a folder" in f"{done.output} {done.exception}"


def test_indexes_of_judged_texts_that_were_used_least_recently_make_room(tmp_path: Path) -> None:
    for age, name in enumerate(["new", "old", "used", "oldest"]):
        (tmp_path / name).mkdir()
        (tmp_path / name / "file").write_bytes(bytes(400_000))
        os.utime(tmp_path / name, (1000 - age, 1000 - age))
    _make_room(tmp_path / "used", most_mb=1.0)
    assert sorted(one.name for one in tmp_path.iterdir()) == ["new", "used"]


def test_questions_whose_quotes_are_nowhere_are_named(tmp_path: Path, shipped: dict[str, str]) -> None:
    (line, *_) = (TESTS / "gold" / "answerable.jsonl").read_text(encoding="utf-8").split("\n")
    wrong = json.dumps({"question": "pay?", "answers": [{"article": "none", "quote": "pay"}]})
    (tmp_path / "questions.jsonl").write_text(f"{wrong}\n{line}\n", encoding="utf-8")
    (tmp_path / "others.txt").write_text("how do I boil an egg\n", encoding="utf-8")
    arguments = ["--index", shipped["CHATBOT_INDEX_DIR"], "evaluate", str(tmp_path / "questions.jsonl")]
    arguments += ["--out-of-scope", str(tmp_path / "others.txt")]
    said = "1 of 2 judged questions quote what no published article holds: line 1"
    assert said in CliRunner().invoke(app, arguments).stdout
    assert json.loads(CliRunner().invoke(app, [*arguments, "--json"]).stdout)["unmatched_lines"] == [1]


def test_the_command_measures_the_published_index_by_quotes_and_against_another_generation(
    tmp_path: Path, shipped: dict[str, str]
) -> None:
    lines = (TESTS / "gold" / "answerable.jsonl").read_text(encoding="utf-8").split("\n")[:6]
    (tmp_path / "questions.jsonl").write_text("\n".join(lines) + "\n", encoding="utf-8")
    index = Path(shipped["CHATBOT_INDEX_DIR"])
    generation = (index / "CURRENT").read_text(encoding="ascii").strip()
    arguments = ["--index", str(index), "evaluate", str(tmp_path / "questions.jsonl"), "--compare", generation[:8]]
    done = CliRunner().invoke(app, [*arguments, "--legs", "--json"])
    assert done.exit_code == 0, done.output
    found = json.loads(done.stdout)
    assert found["queries"] == 6
    ways = (found["metrics"], found["legs"]["meaning"], found["legs"]["words"])
    assert len({way["nDCG@10"] for way in ways}) == 3
    assert found["metrics"]["nDCG@10"] > 0.4
    assert found["differences"]["nDCG@10"] == {"difference": 0.0, "p": 1.0}
    (tmp_path / "others.txt").write_text("how do I boil an egg\n", encoding="utf-8")  # all that are known take long
    told = CliRunner().invoke(app, [*arguments, "--out-of-scope", str(tmp_path / "others.txt")])
    assert "95 % between" in told.stdout
