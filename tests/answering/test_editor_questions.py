"""`questions` and `aliases` in front matter: what they find, and that they are never shown as text of the passage."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest

from chatbot import Chatbot, Settings
from chatbot.evaluation.effect import side
from chatbot.indexing.building.build import build
from chatbot.indexing.generation.local_index import LocalIndex
from chatbot.records import Answer, Filters
from chatbot.settings import PassageSettings
from tests.support.keyword_embedder import KeywordEmbedder

PAY = "---\ntitle: Pay\n---\n\n## Offers\n\nAsk for better pay when you get an offer.\n"
TEAM = """## Joining

A team likes people who learn python and say so at the interview, wherever they are.

## Leaving

People leave a remote team because nobody there would learn a thing about them.
"""


class Site:
    def __init__(self, folder: Path) -> None:
        self.settings = Settings(
            corpus_dir=folder / "corpus",
            index_dir=folder / "index",
            passages=PassageSettings(target_tokens=32, max_tokens=48),
        )
        self.settings.corpus_dir.mkdir()
        (self.settings.corpus_dir / "pay.md").write_text(PAY)
        self.embedder = KeywordEmbedder()

    def publish(self, **more: list[str]) -> LocalIndex:
        lines = "".join(f"{key}: {json.dumps(values)}\n" for key, values in more.items())
        (self.settings.corpus_dir / "team.md").write_text(f"---\ntitle: Team\n{lines}---\n\n{TEAM}")
        report = build(self.settings, embedder=self.embedder)
        return LocalIndex.open(self.settings.index_dir / report.generation)

    def ask(self, index: LocalIndex, question: str) -> Answer:
        return side(index, self.embedder, self.settings).answerer.ask(question, 5, (), Filters())


@pytest.fixture
def site(tmp_path: Path) -> Site:
    return Site(tmp_path)


def test_an_alias_finds_its_article(site: Site) -> None:
    assert site.publish().frequency("squad") == 0
    index = site.publish(aliases=["squad", "crew"])
    assert site.ask(index, "squad").hits[0].passage.id == "team#1"
    scores = index.lexical({"squad": 1.0})
    assert [passage.article_id for passage in index.passages(np.flatnonzero(scores))] == ["team", "team"]
    assert index.lexical({"squad": 1.0}).argmax() == index.store.row("team#1")


def test_an_alias_is_a_word_that_questions_are_mended_to(site: Site) -> None:
    assert "squad" not in site.publish().words
    assert site.publish(aliases=["squad"]).words["squad"] == 1
    assert "squad" not in site.publish().words


def test_a_question_lifts_the_passage_nearest_to_it(site: Site) -> None:
    question, vague = "Is a remote team a reason to go?", "remote, or not remote?"
    rows = np.arange(3)
    plain = site.publish()
    led = site.publish(questions=[question])
    row = led.store.row("team#2")
    vector = site.embedder.embed_query(question)
    before, after = plain.best_sentences(rows, vector), led.best_sentences(rows, vector)
    assert after[row] == pytest.approx(1.0, abs=1e-3)
    assert before[row] < 0.9
    assert np.flatnonzero(before != after).tolist() == [row]
    gain = [site.ask(index, vague).hits[0] for index in (plain, led)]
    assert [hit.passage.id for hit in gain] == ["team#2", "team#2"]
    assert gain[1].score > gain[0].score


def test_a_known_question_is_not_embedded_again_and_a_changed_one_gives_another_generation(site: Site) -> None:
    first = site.publish(questions=["How do I learn python?"])
    site.embedder.asked.clear()
    second = site.publish(questions=["How do I learn python?", "Who leaves?"])
    assert site.embedder.asked.count("How do I learn python?") == 0
    assert site.embedder.asked.count("Who leaves?") == 1
    assert first.generation != second.generation
    assert first.embeddings[:].tobytes() == second.embeddings[:].tobytes()


def test_highlights_are_sentences_of_the_passage(site: Site) -> None:
    index = site.publish(questions=["Is a remote team a reason to go?", "remote team"], aliases=["squad"])
    for question in ("Is a remote team a reason to go?", "remote team", "squad"):
        for hit in site.ask(index, question).hits:
            text = hit.passage.text
            assert hit.highlights
            assert all(text[mark.start : mark.end].endswith(".") for mark in hit.highlights), question
            assert all(mark.end - mark.start > 20 for mark in hit.highlights)


def test_the_shipped_articles_answer_their_own_questions_first(shipped: dict[str, str]) -> None:
    folders = {"corpus_dir": Path(shipped["CHATBOT_CORPUS_DIR"]), "index_dir": Path(shipped["CHATBOT_INDEX_DIR"])}
    bot = Chatbot.open(Settings(**folders))
    asked = [(question, article.id) for article in bot.articles() for question in article.questions]
    first = [bot.ask(question, k=1).hits for question, _ in asked]
    found = [bool(hits) and hits[0].passage.article_id == id_ for hits, (_, id_) in zip(first, asked, strict=True)]
    assert len(asked) > 200
    assert sum(found) / len(found) >= 0.95
