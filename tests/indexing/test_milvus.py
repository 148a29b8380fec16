"""One contract for both kinds of index: what Milvus gives is what the files give."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import date
from typing import Any

import numpy as np
import pytest

from chatbot.answering.ranking.formulas import term_weights
from chatbot.indexing.generation.local_index import LocalIndex
from chatbot.indexing.generation.passage_index import Allowed, Candidates, PassageIndex
from chatbot.indexing.milvus.connection import Connection
from chatbot.indexing.milvus.milvus_index import MilvusIndex
from chatbot.records import Answer, Filters, Turn, to_json
from tests.support.keyword_embedder import KEYWORDS, KeywordEmbedder
from tests.support.milvus_site import MilvusSite, articles

QUESTIONS = (
    "How do I ask for better pay in a remote interview?",
    "python degree",
    "zebra",
    "What does a squad5 learn?",
    "nothing of this is anywhere",
    "Is it usual to wait for an offer from the team?",
)
FILTERS = (
    Filters(topics=("pay",)),
    Filters(topics=("RÉSUMÉS", "none")),
    Filters(audience=("Managers",)),
    Filters(countries=("DE",)),
    Filters(updated_since=date(2026, 4, 13)),  # the very day of one
    Filters(topics=("interviews",), audience=("juniors",), countries=("us", "fr"), updated_since=date(2026, 1, 1)),
    Filters(topics=('no"such', "\\")),
)


@pytest.fixture(scope="module", params=["words in Milvus", "words with the servers"])
def both(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Any, ...]]:
    """The same generation in files and in Milvus, whose server has sparse vectors or has none."""
    folder = tmp_path_factory.mktemp("milvus")
    with pytest.MonkeyPatch.context() as patch:
        if request.param != "words in Milvus":
            patch.setattr(Connection, "sparse", False)
        site = MilvusSite(folder, str(folder / "milvus.db"))
        site.write(articles())
        site.publish()
        yield site, site.local(), site.remote()


def asked(question: str) -> tuple[np.ndarray[Any, np.dtype[np.float32]], dict[str, float]]:
    return KeywordEmbedder().embed_query(question), term_weights(question)


def same(found: Candidates, expected: Candidates) -> None:
    assert found.rows.tolist() == expected.rows.tolist()
    for name in ("vectors", "cosines", "sentences", "asked", "bm25", "hubs", "beside", "highest"):
        assert getattr(found, name) == pytest.approx(getattr(expected, name), abs=1e-5), name


def allowed_by(index: PassageIndex, filters: Filters, picked: tuple[int, ...] | None = None) -> Allowed:
    from chatbot.answering.ranking.searcher import keeps

    return Allowed(filters, np.array([keeps(filters, article) for article in index.store.articles()]), picked)


@pytest.mark.parametrize("k", [1, 3, 100])
def test_the_candidates_of_a_question_are_the_same(both: tuple[Any, LocalIndex, MilvusIndex], k: int) -> None:
    _, local, remote = both
    for question in QUESTIONS:
        if k == 100 or "zebra" in question:  # ties at the end of a list may fall either way
            same(remote.candidates(*asked(question), k), local.candidates(*asked(question), k))


def test_filters_and_picks_keep_the_same(both: tuple[Any, LocalIndex, MilvusIndex]) -> None:
    _, local, remote = both
    kept = set()
    for filters in FILTERS:
        allowed = allowed_by(local, filters)
        kept.add(int(allowed.articles.sum()))
        found = remote.candidates(*asked(QUESTIONS[0]), 100, allowed)
        same(found, local.candidates(*asked(QUESTIONS[0]), 100, allowed))
    assert 0 in kept
    assert len(kept) > 3
    for picked in ((), (3,), (3, 11)):
        allowed = allowed_by(local, Filters(), picked)
        found = remote.candidates(*asked(QUESTIONS[0]), 100, allowed)
        assert set(found.rows.tolist()) <= set(picked)
        same(found, local.candidates(*asked(QUESTIONS[0]), 100, allowed))


def test_words_that_questions_add_bring_in_what_has_few_of_its_own(both: tuple[Any, LocalIndex, MilvusIndex]) -> None:
    """The highest few are those of all, though Milvus knows nothing of what questions add."""
    _, local, remote = both
    for keyword in KEYWORDS:
        vector, weights = asked(f"Is {keyword} worth it?")
        for k in (1, 2, 5, 20):
            found, expected = (index.candidates(vector, weights, k) for index in (remote, local))
            assert found.highest == pytest.approx(expected.highest, abs=1e-5)


def test_what_is_asked_of_single_passages_is_the_same(both: tuple[Any, LocalIndex, MilvusIndex]) -> None:
    _, local, remote = both
    rows = np.array([7, 0, len(local) - 1])
    assert len(remote) == len(local) > 30
    assert (remote.vectors(rows) == local.vectors(rows)).all()
    assert remote.passages(rows) == local.passages(rows)
    assert remote.store.ids(rows) == local.store.ids(rows)
    for row in range(len(local)):
        for one, other in zip(remote.sentences(row), local.sentences(row), strict=True):
            assert (one == other).all()
        for terms in (["zebra"], ["squad5"], ["squad0", "about"], ["ask", "usual"], ["nowhere"]):
            assert remote.holds(row, terms) == local.holds(row, terms)
    for term in ("zebra", "ask", "nowhere"):
        assert (remote.frequency(term), remote.idf(term)) == (local.frequency(term), local.idf(term))
    vector = asked(QUESTIONS[0])[0]
    found, expected = remote.dense(vector, 4), local.dense(vector, 4)
    assert found[1] == pytest.approx(expected[1], abs=1e-6)
    assert remote.known_share == local.known_share > 0
    assert remote.words == local.words
    with pytest.raises(IndexError, match="no passage at row"):
        remote.passages([len(local)])


def test_articles_are_the_same_with_their_texts(both: tuple[Any, LocalIndex, MilvusIndex]) -> None:
    _, local, remote = both
    here, there = local.store, remote.store
    assert there.articles() == here.articles()
    assert there.headings() == here.headings()
    assert there.article_numbers() == here.article_numbers()
    for article in here.articles():
        assert there.article(article.id) == here.article(article.id)
        assert there.passages_of(article.id) == here.passages_of(article.id)
    assert there.article("nowhere") is None
    assert there.passages_of("nowhere") == []
    ids = [here.ids([row])[0] for row in range(len(here))]
    assert [there.row(one) for one in ids] == list(range(len(here)))
    for wrong in ("", "article00", "article00#0", "article00#2", "article01#01", "article00#x", "nowhere#1"):
        assert there.row(wrong) == here.row(wrong), wrong


def test_whole_answers_are_the_same(both: tuple[Any, LocalIndex, MilvusIndex]) -> None:
    site, local, remote = both
    ours, theirs = site.answers_from(local), site.answers_from(remote)

    def plain(answer: Answer) -> Any:
        return to_json(replace(answer, took_ms=0.0))

    turn = Turn(QUESTIONS[1], QUESTIONS[1], (local.store.ids([0])[0],))
    for question in QUESTIONS:
        for filters in (Filters(), *FILTERS[:3]):
            for history in ((), (turn,)):
                found, expected = (plain(one.ask(question, 5, history, filters)) for one in (theirs, ours))
                assert found == approximately(expected)
    follow = (Turn("python degree", "python degree", tuple(local.store.ids([3, 5]))),)
    for question in ("more", "tell me more about the second one"):
        found, expected = (plain(one.ask(question, 5, follow, Filters())) for one in (theirs, ours))
        assert found == approximately(expected)
    assert theirs.suggest("how does py", 5, Filters()) == ours.suggest("how does py", 5, Filters())


def approximately(value: Any) -> Any:
    if isinstance(value, dict):
        return {key: approximately(each) for key, each in value.items()}
    if isinstance(value, list | tuple):
        return type(value)(approximately(each) for each in value)
    return pytest.approx(value, abs=1e-5) if isinstance(value, float) else value
