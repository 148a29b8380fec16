"""Calibration: it adapts to the corpus, is the same every time, and is taken up by servers that run."""

from __future__ import annotations

import json
import os
import subprocess
from pathlib import Path

import numpy as np
import pytest

from chatbot import Chatbot
from chatbot.answering.verdict.calibration import _scale as scale_of
from chatbot.answering.verdict.calibration import calibrate, outside_lines
from chatbot.answering.verdict.evidence import Evidence
from chatbot.indexing.building.build import build
from chatbot.indexing.generation.calibration_data import Calibrated, store
from chatbot.indexing.generation.local_index import LocalIndex
from chatbot.indexing.generation.manifest import read_manifest
from chatbot.indexing.generation.publication import current, writing
from chatbot.settings import Settings
from tests.support import copies
from tests.support.keyword_embedder import KEYWORDS, KeywordEmbedder
from tests.support.places import CORPUS
from tests.support.server import COMMAND


@pytest.fixture
def site(tmp_path: Path) -> Settings:
    (tmp_path / "corpus").mkdir()
    return Settings(corpus_dir=tmp_path / "corpus", index_dir=tmp_path / "index")


def write(site: Settings, number: int, words: tuple[str, str]) -> None:
    sentence = f"When you think of {words[0]} in year {number}, never forget {words[1]} at all. "
    section = (
        f"\n\n## Number {number}\n\n{sentence}\n\nAnd {words[1]} in year {number} again needs {words[0]} a little.\n"
    )
    (site.corpus_dir / f"{number:02}.md").write_text(f"---\ntitle: Year {number}\n---\n{section}", encoding="utf-8")


def write_all(site: Settings) -> None:
    for number in range(24):
        write(site, number, (KEYWORDS[number % 4], KEYWORDS[(number + 1) % 4]))


def opened(site: Settings) -> LocalIndex:
    return LocalIndex.open(site.index_dir / current(site.index_dir))


def arrays(found: Calibrated | None) -> dict[str, bytes]:
    assert found is not None
    return {
        name: np.asarray(getattr(found, name)).tobytes() for name in ("vectors", "outside", "scale", "elsewhere", "own")
    }


class Counting(KeywordEmbedder):
    def __init__(self) -> None:
        super().__init__()
        self.asked: list[str] = []

    def embed_query(self, text: str) -> np.ndarray:
        self.asked.append(text)
        return super().embed_query(text)


def test_questions_that_the_last_build_asked_are_not_embedded_again(site: Settings) -> None:
    write_all(site)
    build(site, embedder=KeywordEmbedder(), calibrate=calibrate)
    write(site, 24, ("offer", "team"))
    embedder = Counting()
    report = build(site, embedder=embedder, calibrate=calibrate)
    assert report.embedded < 5
    assert not set(embedder.asked) & set(outside_lines())
    assert len(embedder.asked) < 20


def test_a_partial_build_is_calibrated_like_a_full_one(site: Settings, tmp_path: Path) -> None:
    write_all(site)
    build(site, embedder=KeywordEmbedder(), calibrate=calibrate)
    write(site, 3, ("offer", "team"))
    build(site, embedder=KeywordEmbedder(), calibrate=calibrate)
    full = Settings(corpus_dir=site.corpus_dir, index_dir=tmp_path / "full")
    build(full, embedder=KeywordEmbedder(), calibrate=calibrate)
    assert opened(site).generation == opened(full).generation
    assert arrays(opened(site).calibrated) == arrays(opened(full).calibrated)
    assert opened(site).manifest.calibration == opened(full).manifest.calibration


def test_the_name_of_a_generation_does_not_depend_on_its_calibration(site: Settings, tmp_path: Path) -> None:
    write_all(site)
    plain = Settings(corpus_dir=site.corpus_dir, index_dir=tmp_path / "plain")
    names = {build(site, embedder=KeywordEmbedder(), calibrate=calibrate).generation}
    names.add(build(plain, embedder=KeywordEmbedder()).generation)
    assert len(names) == 1
    assert opened(plain).calibrated is None


def test_thresholds_follow_the_corpus(site: Settings, tmp_path: Path) -> None:
    """The same lines are outside of a corpus on pay and teams, but not to one that is made of them."""
    write_all(site)
    build(site, embedder=KeywordEmbedder(), calibrate=calibrate)
    other = Settings(corpus_dir=tmp_path / "other", index_dir=tmp_path / "index2")
    other.corpus_dir.mkdir()
    for number, line in enumerate(outside_lines()[:40]):
        (other.corpus_dir / f"{number}.md").write_text(f"{line}, and how often people ask themselves {line}.\n")
    build(other, embedder=KeywordEmbedder(), calibrate=calibrate)
    ours, theirs = opened(site).manifest.calibration, opened(other).manifest.calibration
    assert ours["auroc"] > 0.9
    assert theirs["lines_ignored"] > ours["lines_ignored"]
    assert ours["lines"] == len(outside_lines()) - ours["lines_ignored"]  # the scale stands on all that are left
    assert ours["refuse_below"] != theirs["refuse_below"]


def test_a_few_passages_are_judged_by_the_lines_alone(site: Settings) -> None:
    write(site, 1, ("pay", "team"))
    build(site, embedder=KeywordEmbedder(), calibrate=calibrate)
    figures = opened(site).manifest.calibration
    assert figures["sentences"] == 0
    assert figures["false_answers"] <= 0.14  # a tenth, and the lines that score just like the last of them


def test_a_new_calibration_is_stored_in_the_same_generation(site: Settings) -> None:
    write_all(site)
    name = build(site, embedder=KeywordEmbedder()).generation
    before = read_manifest(site.index_dir / name)
    with writing(site.index_dir):
        store(site.index_dir, name, calibrate(opened(site), KeywordEmbedder()))
    after = opened(site)
    assert after.generation == name == current(site.index_dir)
    assert after.calibrated is not None
    assert before.calibration == {}
    assert {file: after.manifest.files[file] for file in before.files} == before.files


def test_calibrate_says_what_it_measured_and_a_running_chatbot_takes_it_up(encoders: Path, tmp_path: Path) -> None:
    corpus = tmp_path / "corpus"
    corpus.mkdir()
    for name in ("job-search/after-a-layoff", "ai-and-work/automl-and-your-job", "roles/become-a-data-scientist"):
        text = (CORPUS / f"{name}.md").read_text(encoding="utf-8")
        # Without its known questions, which have limits of their own.
        (corpus / f"{Path(name).name}.md").write_text(text.split("\n---\n", 1)[1], encoding="utf-8")
    settings = Settings(corpus_dir=corpus, index_dir=tmp_path / "index")
    copies.copy(encoders, settings.index_dir / encoders.name)
    build(settings)
    bot = Chatbot.open(settings)
    before = bot.ask("How do I boil an egg?").confidence
    variables = {"CHATBOT_CORPUS_DIR": str(corpus), "CHATBOT_INDEX_DIR": str(settings.index_dir)}
    environment = {**os.environ, **variables}

    def run(*arguments: str) -> str:
        done = subprocess.run([*COMMAND, *arguments], env=environment, capture_output=True, text=True, timeout=600)
        assert done.returncode == 0, done.stderr
        return done.stdout

    assert "run 'chatbot calibrate'" in run("status")
    found = json.loads(run("calibrate", "--json"))
    assert found["stored"] is True
    assert found["figures"]["auroc"] > 0.95
    assert len(found["refused"]) <= found["asked"] / 10
    # Of all lines as many get through as of those that were measured, give or take what chance does.
    kept = len(outside_lines()) - found["figures"].get("lines_ignored", 0)
    assert abs(len(found["let_through"]) / kept - found["figures"]["false_answers"]) <= 0.06
    assert "calibrated like this already" in run("calibrate")
    assert "calibration  refuses" in run("status")
    assert bot.ask("How do I boil an egg?").confidence != before


def test_lines_whose_first_passage_no_question_leads_to_say_nothing_of_what_is_held() -> None:
    lines = [Evidence(0.2, 2.0, 0.3, 0.3, held) for held in (0.5, 0.7, -1.0)]
    scale = scale_of(lines)
    assert (scale.mean.held, scale.deviation.held) == (pytest.approx(0.6), pytest.approx(0.1))
    assert scale_of(lines[2:]).mean.held == -1
