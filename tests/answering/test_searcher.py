"""The order of passages by value: a generation of thirteen, each score worked out beside it with plain numbers.

All stored vectors are exact in half precision and in 8-bit codes, so that their cosines can be read off.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import date
from math import exp, hypot
from pathlib import Path

import numpy as np
import pytest

from chatbot.answering.answerer import Answerer
from chatbot.answering.ranking.searcher import Query, Ranking, Searcher, keeps, reach, spread, together
from chatbot.indexing.building.build import build
from chatbot.indexing.generation.editor_questions import EditorsQuestions
from chatbot.indexing.generation.local_index import LocalIndex, Parts, SentenceVectors, quantise
from chatbot.indexing.generation.manifest import FORMAT, Manifest
from chatbot.indexing.generation.passage_index import Allowed, around
from chatbot.indexing.generation.publication import current
from chatbot.indexing.generation.question_tokens import QuestionTokens
from chatbot.indexing.model.encoder import TokenVectors
from chatbot.indexing.words.bm25 import LexicalIndex, count_terms, write_lexical
from chatbot.indexing.words.row_scores import KnownScores
from chatbot.records import Article, Filters, Passage
from chatbot.settings import Settings
from tests.support.keyword_embedder import KeywordEmbedder

Vector = tuple[float, ...]

E1, E2, E3, E4 = (1.0, 0.0, 0.0, 0.0), (0.0, 1.0, 0.0, 0.0), (0.0, 0.0, 1.0, 0.0), (0.0, 0.0, 0.0, 1.0)
BOTH, FIRST, SECOND, NOT_E1 = (0.5, 0.5, 0.5, 0.5), (0.5, -0.5, 0.5, 0.5), (-0.5, 0.5, 0.5, 0.5), (-1.0, 0.0, 0.0, 0.0)
# Its cosine to E1, E2, E3, E4 is .6, .8, 0, 0 and to BOTH, FIRST, SECOND, NOT_E1 it is .7, -.1, .1, -.6. The passage
# nearest to it has .6, halfway between a clear question and a vague one.
ASKED = (0.6, 0.8, 0.0, 0.0)
QUESTION = "team offer"
WEIGHTS = {"pay": 1.0, "team": 0.4, "unknown": 1.0}


@dataclass(frozen=True, slots=True)
class Row:
    """A passage, and what ASKED finds in it: its cosine, that of its best sentence, the mean of its neighbours, and the
    closeness of its questions.
    """

    article: str
    vector: Vector
    sentences: tuple[Vector, ...]
    questions: tuple[Vector, ...]
    hub: float
    words: str
    cosine: float = 0.0
    sentence: float = 0.0
    beside: float = 0.0
    asked: float = -1.0


ROWS = (
    Row("a", E1, (E3, BOTH), (), 0.30, "pay pay team", 0.6, 0.7, 0.0),
    Row("a", E3, (E3,), (), 0.10, "team", 0.0, 0.0, (0.6 + 0.1) / 2),
    Row("a", SECOND, (), (), 0.20, "pay", 0.1, 0.1, (0.0 + 0.6) / 2),
    Row("a", E1, (E1,), (), 0.50, "offer", 0.6, 0.6, 0.1),
    Row("b", E4, (E4,), (E3, E1), 0.25, "pay team", 0.0, 0.0, -0.1, 0.5 * 0.6),
    Row("b", FIRST, (FIRST, SECOND), (), 0.05, "offer", -0.1, 0.1, (0.0 - 0.6) / 2),
    Row("b", NOT_E1, (E3,), (), 0.00, "team", -0.6, 0.0, -0.1),
    Row("c", SECOND, (BOTH,), (), 0.40, "pay offer", 0.1, 0.7, 0.1),
    Row("d", E3, (E1,), (NOT_E1,), 0.15, "pay", 0.0, 0.6, 0.0, -0.6),
    Row("d", E3, (E1,), (), 0.15, "pay", 0.0, 0.6, 0.0),
    Row("d", E3, (E1,), (), 0.15, "pay", 0.0, 0.6, 0.0),
    Row("d", E3, (E1,), (), 0.15, "pay", 0.0, 0.6, 0.0),
    Row("d", E4, (E4,), (), 0.60, "offer", 0.0, 0.0, 0.0),
)


def article(id_: str) -> Article:
    return Article(id_, f"{id_}.md", id_, None, "", (), (), None, None, None, None, (), "0")


def generation(rows: tuple[Row, ...], folder: Path) -> LocalIndex:
    """These passages as files, opened."""
    ids = sorted({row.article for row in rows})
    passages = [
        Passage(f"{row.article}#{n}", row.article, "", (), 0, 0, row.words, "/", (), (), None, None, None)
        for n, row in enumerate(rows)
    ]
    codes, scales = quantise(np.array([one for row in rows for one in row.sentences], np.float32).reshape(-1, 4))
    ends = np.cumsum([0, *(len(row.sentences) for row in rows)])
    sentences = SentenceVectors(codes, scales, np.zeros((len(codes), 2), np.int32), ends)
    asked = np.array([one for row in rows for one in row.questions], np.float16).reshape(-1, 4)
    ends = np.cumsum([0, *(len(row.questions) for row in rows)])
    folder.mkdir()
    Parts(
        articles=[article(id_) for id_ in ids],
        article_of=np.array([ids.index(row.article) for row in rows]),
        passages=passages,
        digests=[b"%016d" % n for n in range(len(rows))],
        vectors=np.array([row.vector for row in rows], np.float16),
        # Ranking has no use for the second column, the cosine to the last of the nearest.
        hubs=np.array([(row.hub, 0.9) for row in rows], np.float32),
        sentences=sentences,
        questions=EditorsQuestions(
            np.zeros((len(asked), 16), np.uint8),
            asked,
            ends,
            np.zeros((len(asked), 2), np.float32),
            # One token each, which is like no other.
            QuestionTokens.of(
                [(np.full(1, n, np.int32), 127 * np.eye(1, len(asked), n, dtype=np.int8)) for n in range(len(asked))]
            ),
        ),
        asked=count_terms([QUESTION.split() for row in rows for _ in row.questions]),
        postings=count_terms([row.words.split() for row in rows]),
        words={},
    ).write(folder)
    return LocalIndex(
        folder, Manifest(FORMAT, "by-hand", "", "", "", 4, len(rows), 1, {}, {}, {}, {}, {}, {}, 0.0, 0.0, {})
    )


@pytest.fixture(scope="module")
def searcher(tmp_path_factory: pytest.TempPathFactory) -> Searcher:
    return Searcher(generation(ROWS, tmp_path_factory.mktemp("searcher") / "index"), KeywordEmbedder())


def query(vector: Vector = ASKED, weights: dict[str, float] = WEIGHTS, **favoured: float) -> Query:
    return Query("", np.array(vector, np.float32), weights, favoured)


def meaning(row: int) -> float:
    of = ROWS[row]
    own = (of.cosine + of.sentence) / 2 + 0.15 * of.beside
    weight = 0.8 * (0.0, 0.5, 0.8, 1.0)[min(len(of.questions), 3)]
    return own + weight * (of.asked - own) - 0.2 * of.hub


def word_shares(bm25: list[float]) -> list[float]:
    best, *others = sorted(bm25, reverse=True)
    return [(0.1 + 0.7 * (best - others[9]) / best) * score / best for score in bm25]


def with_expansion(scores: dict[int, float], vague: float) -> dict[int, float]:
    """The scores of these rows with what closeness to the ten best of them adds."""
    ten = sorted(scores, key=lambda row: -scores[row])[:10]
    weights = {row: exp((scores[row] - scores[ten[0]]) / 0.05) for row in ten}
    centre = [sum(weights[row] * ROWS[row].vector[place] for row in ten) for place in range(4)]
    length = hypot(*centre)
    return {
        row: score + 0.5 * vague * sum(a * b for a, b in zip(ROWS[row].vector, centre, strict=True)) / length
        for row, score in scores.items()
    }


def assert_ranked(found: Ranking, expected: dict[int, float]) -> None:
    """That these rows come with these scores, the best first, equal ones in the order of their rows."""
    assert found.rows.tolist() == sorted(expected, key=lambda row: (-round(expected[row], 6), row))
    assert found.scores == pytest.approx([expected[row] for row in found.rows.tolist()], abs=2e-6)


def bm25_of(searcher: Searcher) -> list[float]:
    return searcher.index.lexical(WEIGHTS).of(np.arange(len(ROWS))).tolist()


def test_a_score_is_meaning_and_words_and_closeness_to_the_ten_best(searcher: Searcher) -> None:
    bm25 = bm25_of(searcher)
    words = word_shares(bm25)
    assert len(set(sorted(bm25, reverse=True)[9:12])) == 3  # or the 10th or 12th would do for the 11th
    found = searcher.rank(query())
    expected = with_expansion({row: meaning(row) + words[row] for row in range(13)}, vague=0.5)
    assert_ranked(found, expected)
    assert [row for row in found.rows.tolist() if 8 <= row <= 11] == [9, 10, 11, 8]
    assert len({round(expected[row], 6) for row in (9, 10, 11)}) == 1
    rows = found.rows.tolist()
    assert found.words == pytest.approx([words[row] for row in rows], abs=1e-6)
    assert found.bm25.tolist() == [bm25[row] for row in rows]
    assert found.cosines == pytest.approx([ROWS[row].cosine for row in rows], abs=1e-6)
    assert found.sentences == pytest.approx([ROWS[row].sentence for row in rows], abs=1e-6)
    assert found.asked == pytest.approx([ROWS[row].asked for row in rows], abs=1e-6)


def test_a_clear_question_without_words_is_ranked_by_meaning_alone(searcher: Searcher) -> None:
    found = searcher.rank(query(E1, {}))
    scores = dict(zip(found.rows.tolist(), found.scores.tolist(), strict=True))
    assert scores[0] == pytest.approx((1.0 + 0.5) / 2 + 0.15 * 0.0 - 0.2 * 0.30)
    assert scores[2] == pytest.approx(-0.5 + 0.15 * (0.0 + 1.0) / 2 - 0.2 * 0.20)
    assert scores[3] == pytest.approx(1.0 + 0.15 * -0.5 - 0.2 * 0.50)
    assert scores[7] == pytest.approx((-0.5 + 0.5) / 2 + 0.15 * -0.5 - 0.2 * 0.40)
    assert found.words.tolist() == [0.0] * 13


def test_what_is_favoured_gains_after_all_else(searcher: Searcher) -> None:
    words = word_shares(bm25_of(searcher))
    expected = with_expansion({row: meaning(row) + words[row] for row in range(13)}, vague=0.5)
    gains = {"b": 0.3, "d": -0.1}
    found = searcher.rank(query(b=0.3, d=-0.1))
    assert_ranked(found, {row: score + gains.get(ROWS[row].article, 0.0) for row, score in expected.items()})


def test_of_the_best_forty_the_tokens_of_their_questions_are_looked_at(tmp_path: Path) -> None:
    row = Row("a", E1, (), (E3,), 0.0, "offer")
    index = generation((Row("a", E1, (), (), 0.0, "offer"),) + (row,) * 45, tmp_path / "index")
    plain = query(weights={})
    before = Searcher(index, KeywordEmbedder()).rank(plain)
    shared = np.zeros((1, 45), np.float32)
    shared[0, [38, 39]] = 0.8, 0.6  # the questions of rows 39 and 40; row 40 is the 41st
    asked = TokenVectors(np.array([99], np.int32), shared)

    found = Searcher(index, KeywordEmbedder()).rank(replace(plain, tokens=((1.0, asked),)))

    gained = dict(zip(found.rows.tolist(), found.scores.tolist(), strict=True))
    was = dict(zip(before.rows.tolist(), before.scores.tolist(), strict=True))
    assert before.rows[:40].tolist() == list(range(40))
    assert found.rows[0] == 39
    looked_at = {row: gained[row] - was[row] for row in was}
    assert looked_at[39] == pytest.approx(0.25 * 1.6 * (1 - 1 / 39), abs=5e-3)  # of one question
    assert looked_at[1] == pytest.approx(0.25 * -1.6 / 39, abs=5e-3)
    assert (looked_at[0], looked_at[40]) == (0, 0)  # without a question, and below the fortieth


def only(searcher: Searcher, rows: list[int]) -> Allowed:
    return Allowed(Filters(), np.ones(len(searcher.articles), np.bool_), tuple(rows))


def test_rows_that_are_not_allowed_neither_come_nor_measure_words_but_stay_neighbours(searcher: Searcher) -> None:
    kept = [place for place, row in enumerate(ROWS) if row.article != "a" and place not in {4, 9}]
    assert max(range(13), key=bm25_of(searcher).__getitem__) == 4
    words = word_shares([score if row in kept else 0.0 for row, score in enumerate(bm25_of(searcher))])
    # The nearest that is left has a cosine of .1.
    expected = with_expansion({row: meaning(row) + words[row] for row in kept}, vague=1.0)
    assert_ranked(searcher.rank(query(), only(searcher, kept)), expected)


def test_nothing_is_found_where_nothing_is_allowed(searcher: Searcher) -> None:
    assert len(searcher.rank(query(), only(searcher, [])).rows) == 0


def test_candidates_are_the_nearest_and_those_of_the_most_words(
    searcher: Searcher, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("chatbot.answering.ranking.searcher.CANDIDATES", 4)
    bm25 = bm25_of(searcher)
    near, worded = {0, 2, 3, 7}, set(sorted(range(13), key=lambda row: -bm25[row])[:4])
    assert worded == {0, 1, 4, 6}
    words = word_shares(bm25)  # as decided as among all passages
    expected = with_expansion({row: meaning(row) + words[row] for row in near | worded}, vague=0.5)
    assert_ranked(searcher.rank(query()), expected)


def test_a_hundred_of_each_search_are_candidates(tmp_path: Path) -> None:
    near, worded = Row("a", E1, (), (), 0.0, "offer"), Row("b", E3, (), (), 0.0, "pay")
    asked, opposed = Row("c", E3, (), (E1,), 0.0, "offer"), Row("d", E3, (), (NOT_E1,), 0.0, "offer")
    index = generation((near,) * 120 + (worded,) * 120 + (asked,) * 120 + (opposed,) * 9, tmp_path / "index")
    found = Searcher(index, KeywordEmbedder()).rank(query(weights={"pay": 1.0})).rows
    assert [int(((first <= found) & (found < first + 120)).sum()) for first in (0, 120, 240)] == [100] * 3
    assert len(found) == 300


def test_neighbours_stand_in_the_same_article(searcher: Searcher) -> None:
    rows = np.array([0, 2, 3, 4, 7, 8, 12])
    beside, there = around(rows, searcher.index.article_of)
    assert [beside[side][there[side]].tolist() for side in (0, 1)] == [[1, 2, 11], [1, 3, 5, 9]]
    assert there.tolist() == [
        [False, True, True, False, False, False, True],
        [True, True, False, True, False, True, False],
    ]


def test_the_best_sentences_and_questions_are_found_and_none_gives_minus_one(searcher: Searcher) -> None:
    found = searcher.index.best_sentences(np.array([12, 2, 4, 0, 8]), np.array(ASKED, np.float32))
    assert found == pytest.approx([0.0, -1.0, 0.0, 0.7, 0.6], abs=1e-6)
    found = searcher.index.known.closeness(np.array(ASKED, np.float32)).of(np.arange(len(ROWS)))
    assert found == pytest.approx([row.asked for row in ROWS], abs=1e-6)


def test_three_questions_that_agree_say_more_than_one_and_those_near_to_all_say_less(tmp_path: Path) -> None:
    one, some = Row("a", E4, (), (E1,), 0.0, "pay"), Row("b", E4, (), (E3, E2, BOTH, E1), 0.0, "pay")
    index = generation((one, some), tmp_path / "index")
    asked = np.array(ASKED, np.float32)
    near = [0.5 * 0.8 + 0.3 * 0.7 + 0.2 * 0.6]
    assert index.known.closeness(asked).of(np.arange(2)) == pytest.approx([0.6, *near], abs=1e-6)
    hubs = np.array([[0.3, 0.9], [0.3, 0.9], [0.8, 0.9], [0.3, 0.9], [0.3, 0.9]], np.float32)
    index = generation((one, some), tmp_path / "other")
    index.known.arrays = replace(index.questions, hubs=hubs)
    least = 0.3 * 0.4
    near = [0.5 * (0.7 + 0.03) + 0.3 * (0.8 - least) + 0.2 * (0.6 + 0.03)]
    assert index.known.closeness(asked).of(np.arange(2)) == pytest.approx([0.6 + 0.03, *near], abs=1e-6)


def test_the_words_of_the_best_question_count_half(tmp_path: Path) -> None:
    rows = tuple(Row("a", E1, (), questions, 0.0, "pay") for questions in ((), (E1, E2), (), (E1,)))
    index = generation(rows, tmp_path / "index")
    write_lexical(count_terms([QUESTION.split()] * 3), np.zeros(3, np.int64), tmp_path / "questions")
    alone = LexicalIndex(tmp_path / "questions").scores({"offer": 1.0})
    assert alone[0] > 0
    assert index.lexical({"offer": 1.0}).of(np.arange(4)) == pytest.approx([0.0, alone[0] / 2, 0.0, alone[0] / 2])
    assert index.lexical({"pay": 1.0}).of(np.arange(4)) == pytest.approx(index.lexical_index.scores({"pay": 1.0}))


@pytest.mark.parametrize(
    ("scores", "count", "rows"),
    [
        ((0.0, 3.0, 0.5, 2.0, 1.0), 2, [1, 3]),
        ((0.0, 3.0, 0.5, 2.0, 1.0), 3, [1, 3, 4]),
        ((0.0, 3.0, 0.0, 2.0), 3, [1, 3]),
        ((2.0, 1.0), 100, [0, 1]),
        ((0.0, 0.0), 1, []),
        ((), 5, []),
    ],
)
def test_the_highest_scores_are_those_above_nothing(scores: Vector, count: int, rows: list[int]) -> None:
    known = KnownScores(np.arange(len(scores)), np.array(scores, np.float32))
    found, highest = known.highest(count)
    assert sorted(found.tolist()) == rows
    assert highest.tolist() == sorted((scores[row] for row in rows), reverse=True)


def test_scores_that_are_not_known_are_nothing(tmp_path: Path) -> None:
    some = KnownScores(np.array([2, 5, 6]), np.array([0.5, 0.75, 0.75], np.float32))
    assert some.of(np.array([6, 0, 2, 9, 5])).tolist() == [0.75, 0.0, 0.5, 0.0, 0.75]
    assert [each.tolist() for each in some.highest(2)] == [[5, 6], [0.75, 0.75]]
    assert some.highest(9, np.arange(10) != 5)[0].tolist() == [6, 2]
    none = KnownScores(np.empty(0, np.int64), np.empty(0, np.float32))
    assert none.of(np.array([3])).tolist() == [0.0]


@pytest.mark.parametrize(
    ("articles", "k", "places"),
    [
        ([7, 7, 7, 8, 7, 9], 3, [0, 1, 3]),
        ([7, 7, 7, 8, 7, 9], 4, [0, 1, 3, 5]),
        ([7, 7, 7, 8, 7, 9], 5, [0, 1, 2, 3, 5]),
        ([7, 7, 7, 8, 7, 9], 9, [0, 1, 2, 3, 4, 5]),
        ([], 3, []),
    ],
)
def test_an_article_comes_twice_unless_nothing_else_is_left(articles: list[int], k: int, places: list[int]) -> None:
    assert spread(np.array(articles, np.int64), k) == places


@pytest.mark.parametrize(
    ("published", "updated", "kept"),
    [
        (None, date(2026, 1, 2), True),
        (date(2026, 1, 9), date(2026, 1, 1), False),
        (date(2026, 1, 2), None, True),
        (date(2026, 1, 1), None, False),
        (None, None, False),
    ],
)
def test_articles_of_the_very_day_are_kept(published: date | None, updated: date | None, kept: bool) -> None:
    one = replace(article("a"), published=published, updated=updated)
    assert keeps(Filters(updated_since=date(2026, 1, 2)), one) is kept


def test_codes_are_the_nearest_and_the_largest_number_has_the_largest() -> None:
    codes, scales = quantise(np.array([[1.27, 0.016, -0.016, -0.004], [-0.254, 0.0, 0.0029, 0.127]], np.float32))
    assert codes.tolist() == [[127, 2, -2, 0], [-127, 0, 1, 64]]
    assert scales == pytest.approx([0.01, 0.002])


SAME = "before you sign an offer read it with your team and ask what they pay for learning python after a degree"


def test_a_passage_that_repeats_a_better_one_of_another_article_is_passed_over(tmp_path: Path) -> None:
    def row(article: str, vector: Vector, text: str) -> Row:
        return Row(article, vector, (), (), 0.0, text, 0.0, 0.0, 0.0)

    rows = (
        row("a", E1, SAME),
        row("a", E1, SAME),
        row("b", E1, f"{SAME} now"),
        row("c", E1, "pay"),
        row("d", E2, SAME),
    )
    searcher = Searcher(generation(rows, tmp_path / "index"), KeywordEmbedder())
    nothing = np.empty(0, np.int64)
    # Of one article, of another text and of another meaning nothing is passed over.
    assert searcher.repeated(np.array([0, 1, 2, 3, 4]), nothing) == {2}
    assert searcher.repeated(np.array([3, 2, 1, 0]), nothing) == {2, 3}
    assert searcher.repeated(np.array([3, 2]), np.array([0])) == {1}
    assert searcher.repeated(nothing, nothing) == frozenset()
    assert spread(np.array([0, 0, 1, 2, 3]), 3, repeated={2}) == [0, 1, 3]
    assert spread(np.array([0, 1]), 3, repeated={1}) == [0]


def test_an_answer_shows_one_of_two_articles_that_say_the_same(tmp_path: Path) -> None:
    site = Settings(corpus_dir=tmp_path / "corpus", index_dir=tmp_path / "index")
    site.corpus_dir.mkdir()
    for name, text in {"one": SAME, "two": f"{SAME} now", "three": "Interviews with a remote team are quiet."}.items():
        (site.corpus_dir / f"{name}.md").write_text(text)
    build(site, embedder=KeywordEmbedder())
    index = LocalIndex.open(site.index_dir / current(site.index_dir))
    trace = Answerer(Searcher(index, KeywordEmbedder())).trace("pay for learning python", 5, (), Filters())
    shown = [one.article_id for one in index.passages(trace.ranking.rows[[*trace.places, *trace.unshown]])]
    assert shown in (["one", "three"], ["two", "three"])
    assert len(trace.ranking.rows) == 3


def ranking(*scored: tuple[int, float]) -> Ranking:
    """Rows with their scores; the cosines are the scores, too, so that it shows which of two were taken."""
    rows, scores = np.array([row for row, _ in scored], np.int64), np.array([s for _, s in scored], np.float32)
    return Ranking(rows, scores, *(scores for _ in range(6)))


def test_of_two_readings_each_passage_has_the_better_score_and_what_belongs_to_it() -> None:
    both = together(ranking((1, 0.9), (2, 0.5), (3, 0.4)), ranking((1, 0.6), (3, 0.8)), 0.0)
    assert both.rows.tolist() == [1, 3, 2]
    assert both.scores.tolist() == both.cosines.tolist() == pytest.approx([0.9, 0.8, 0.5])


def test_the_completed_question_gains_by_how_much_it_leans() -> None:
    completed, alone = ranking((1, 0.5), (2, 0.4)), ranking((3, 0.6), (4, 0.55))
    assert together(completed, alone, 0.0).rows.tolist() == [3, 4, 1, 2]
    assert together(completed, alone, 2.0).rows.tolist() == [1, 3, 4, 2]  # 0.5 + 0.06 * 2
    assert together(completed, alone, -2.0).rows.tolist() == [3, 4, 1, 2]


def test_what_the_words_alone_find_first_comes_second_at_the_latest() -> None:
    completed, alone = ranking((1, 0.9), (2, 0.8), (3, 0.7)), ranking((4, 0.2), (1, 0.1))
    assert together(completed, alone, 4.0).rows.tolist() == [1, 4, 2, 3]


@pytest.mark.parametrize("leaning", [-1.0, 3.0])
def test_where_one_reading_finds_nothing_the_other_stands(leaning: float) -> None:
    assert together(ranking(), ranking((1, 0.9)), leaning).rows.tolist() == [1]
    assert together(ranking((1, 0.9)), ranking(), leaning).rows.tolist() == [1]


@pytest.mark.parametrize(
    ("scores", "fewest", "shown"),
    [
        ([1.0, 0.95, 0.92, 0.9, 0.88], 1, 5),
        ([1.0, 0.51], 1, 2),
        ([1.0, 0.49], 1, 1),
        ([1.0, 0.9, 0.76], 1, 3),
        ([1.0, 0.9, 0.74], 1, 2),
        ([1.0, 0.1, 0.1, 0.1], 3, 3),
        ([1.0], 3, 1),
        ([], 3, 0),
    ],
)
def test_the_further_down_a_passage_is_the_nearer_it_is_to_the_first(
    scores: list[float], fewest: int, shown: int
) -> None:
    assert reach(np.array(scores, np.float32), fewest) == shown
