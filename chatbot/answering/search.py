"""One open generation and its query encoder: a question in, an answer out."""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np
import numpy.typing as npt

from chatbot.answering import highlight
from chatbot.answering.ranking import decidedness, fuse
from chatbot.errors import QuestionError
from chatbot.indexing.encoder import QueryEncoder
from chatbot.indexing.passage_index import LocalIndex
from chatbot.indexing.tokens import terms
from chatbot.records import Answer, Article, Filters, Hit, Passage, Turn
from chatbot.settings import Settings

MOST_CHARACTERS = 1000
MOST_HITS = 50
_CANDIDATES = 200

Rows = npt.NDArray[np.int64]
Scores = npt.NDArray[np.float32]


@dataclass(frozen=True, slots=True)
class Ranking:
    """Rows of passages, best first, with their fused score, cosine and BM25, all of one length."""

    rows: Rows
    scores: Scores
    cosines: Scores
    bm25: Scores


class Searcher:
    """Answers from one generation. Safe to use from several threads."""

    def __init__(self, index: LocalIndex, encoder: QueryEncoder, settings: Settings) -> None:
        self.index = index
        self.encoder = encoder
        self.settings = settings

    @property
    def generation(self) -> str:
        return self.index.generation

    def __len__(self) -> int:
        return len(self.index)

    def ask(self, question: str, *, k: int, history: Sequence[Turn], filters: Filters, literal: bool) -> Answer:
        """See Chatbot.ask."""
        began = time.perf_counter()
        asked = checked(question, k)
        ranking = self.rank(asked)
        hits = self._hits(asked, ranking, k)
        return Answer(
            question=asked,
            searched_as=asked,
            verdict="answered",
            confidence=1.0,
            hits=hits,
            message="",
            topics=(),
            follow_ups=(),
            generation=self.generation,
            took_ms=(time.perf_counter() - began) * 1000,
        )

    def rank(self, text: str) -> Ranking:
        """All candidates for a text, best first."""
        vector = self.encoder.embed_query(text)
        near, _ = self.index.dense(vector, _CANDIDATES)
        weights = dict.fromkeys(terms(text), 1.0)
        words = self.index.lexical(weights)
        count = min(_CANDIDATES, len(words))
        often = np.argpartition(-words, count - 1)[:count]
        rows = np.union1d(near, often[words[often] > 0])
        cosines = self.index.vectors(rows) @ vector
        bm25 = words[rows]
        scores = fuse(cosines, bm25, float(words.max(initial=0.0)), decidedness(words))
        order = np.lexsort((rows, -scores))
        return Ranking(rows[order], scores[order], cosines[order], bm25[order])

    def _hits(self, text: str, ranking: Ranking, k: int) -> tuple[Hit, ...]:
        vector = self.encoder.embed_query(text)
        weights = {term: self._idf(term) for term in dict.fromkeys(terms(text))}
        hits = []
        for place, passage in enumerate(self.index.passages(ranking.rows[:k])):
            spans, vectors = self.index.sentences(int(ranking.rows[place]))
            shown = [passage.text[start:end] for start, end in spans]
            chosen = highlight.choose(vectors @ vector, highlight.coverage(shown, weights), spans)
            cosine, bm25 = float(ranking.cosines[place]), float(ranking.bm25[place])
            score = float(ranking.scores[place])
            matched = highlight.matched_words(text, " ".join((passage.title, *passage.headings, passage.text)))
            why = highlight.reason(matched, cosine, max(0.0, 1 - cosine / score) if score > 0 else 0.0)
            hits.append(Hit(place + 1, passage, score, cosine, bm25, chosen, why))
        return tuple(hits)

    def _idf(self, term: str) -> float:
        from chatbot.indexing.lexical import idf

        return idf(self.index.frequency(term), len(self.index))

    def similar(self, passage_id: str, k: int) -> tuple[Hit, ...]:
        """See Chatbot.similar."""
        row = self.index.store.row(passage_id)
        if row is None:
            raise QuestionError(f"there is no passage {passage_id!r}; name the id of a passage that was shown")
        rows, cosines = self.index.dense(self.index.vectors(np.array([row]))[0], k + 1)
        others = [(int(r), float(c)) for r, c in zip(rows, cosines, strict=True) if r != row][:k]
        passages = self.index.passages(r for r, _ in others)
        return tuple(
            Hit(place, passage, cosine, cosine, 0.0, (), highlight.reason((), cosine, 0.0))
            for place, (passage, (_, cosine)) in enumerate(zip(passages, others, strict=True), start=1)
        )

    @cached_property
    def articles(self) -> tuple[Article, ...]:
        """All articles in the order of their ids, their texts left empty."""
        return self.index.store.articles()

    def article(self, article_id: str) -> Article | None:
        """One article with its text."""
        return self.index.store.article(article_id)

    def passage(self, passage_id: str) -> Passage | None:
        """One passage."""
        row = self.index.store.row(passage_id)
        return None if row is None else self.index.passages([row])[0]

    def starters(self, n: int) -> tuple[str, ...]:
        """The first question of articles spread evenly over the corpus."""
        questions = [article.questions[0] for article in self.articles if article.questions]
        step = max(1, len(questions) // max(n, 1))
        return tuple(questions[::step][:n])


def checked(question: str, k: int) -> str:
    """The question with its white space put in order. Raises QuestionError where it or k cannot be used."""
    text = " ".join("".join(char if char.isprintable() else " " for char in question).split())
    if not text:
        raise QuestionError("the question is empty; type what you want to know")
    if len(text) > MOST_CHARACTERS:
        raise QuestionError(f"the question has {len(text)} characters, at most {MOST_CHARACTERS} are read; shorten it")
    if not 1 <= k <= MOST_HITS:
        raise QuestionError(f"k is {k}, expected 1 to {MOST_HITS}")
    return text
