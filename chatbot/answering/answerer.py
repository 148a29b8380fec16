"""A question to an answer: what is searched, what is shown, and an honest word where nothing fits."""

from __future__ import annotations

import time
from collections.abc import Sequence
from functools import cached_property
from itertools import chain

import numpy as np
import numpy.typing as npt

from chatbot.answering import highlight
from chatbot.answering.calibration import Judge
from chatbot.answering.confidence import REFUSALS
from chatbot.answering.search import Query, Ranking, Searcher
from chatbot.answering.suggesting import LONGEST, Suggestion, Suggestions, can_be_meant, is_question
from chatbot.errors import QuestionError
from chatbot.indexing.encoder import QueryEncoder
from chatbot.indexing.store import Store
from chatbot.indexing.tokens import STOP_WORDS, stem, words
from chatbot.records import Answer, Article, Filters, Hit, Passage, Turn, Verdict

MOST_CHARACTERS = 1000
MOST_HITS = 50
_FOLLOW_UPS = 3
_PER_ARTICLE = 2
_MESSAGES: dict[Verdict, str] = {
    "answered": "",
    "uncertain": "These passages come close, but may not answer the question.",
    "not_covered": "The articles do not seem to cover this. You could ask about one of their topics instead.",
}


class Answerer:
    """Answers from one generation. Safe to use from several threads."""

    def __init__(self, searcher: Searcher, refusals: float = REFUSALS) -> None:
        """`refusals` is the share of the questions that the articles cover that may be refused."""
        self._searcher = searcher
        self._index = searcher.index
        self._judge = Judge(searcher.index, refusals)

    @property
    def generation(self) -> str:
        return self._index.generation

    @property
    def encoder(self) -> QueryEncoder:
        return self._searcher.encoder

    @property
    def store(self) -> Store:
        """The articles and passages."""
        return self._index.store

    @property
    def articles(self) -> tuple[Article, ...]:
        """All articles in the order of their ids, their texts left empty."""
        return self._searcher.articles

    def __len__(self) -> int:
        return len(self._index)

    def ask(self, question: str, k: int, history: Sequence[Turn], filters: Filters) -> Answer:
        """See Chatbot.ask."""
        began = time.perf_counter()
        asked = checked(question, k)
        query = self._searcher.query(asked)
        allowed = self._searcher.allowed(filters)
        ranking = self._searcher.rank(query, allowed)
        verdict, confidence = self._judge(query, ranking)
        message = _MESSAGES[verdict]
        if allowed is not None and not allowed.any():
            verdict, message = "not_covered", "No article fits these filters; take one of them away."
        places = [] if verdict == "not_covered" else spread(self._index.article_of[ranking.rows], k, _PER_ARTICLE)
        hits = self._hits(query, ranking, places)
        return Answer(
            question=asked,
            searched_as=asked,
            verdict=verdict,
            confidence=confidence,
            hits=hits,
            message=message,
            topics=() if verdict == "answered" else self._nearest_topics(ranking),
            follow_ups=self._follow_ups(asked, ranking, {turn.question for turn in history}),
            generation=self.generation,
            took_ms=(time.perf_counter() - began) * 1000,
        )

    def ranked(
        self,
        question: str,
        history: Sequence[Turn] = (),  # noqa: ARG002
        *,
        literal: bool = False,  # noqa: ARG002
    ) -> list[str]:
        """The ids of all candidates for a question, best first, before any is left out."""
        ranking = self._searcher.rank(self._searcher.query(checked(question, 1)))
        return self.store.ids(ranking.rows)

    def similar(self, passage_id: str, k: int) -> tuple[Hit, ...]:
        """See Chatbot.similar."""
        row = self._index.store.row(passage_id)
        if row is None:
            raise QuestionError(f"there is no passage {passage_id!r}; name the id of a passage that was shown")
        rows, cosines = self._index.dense(self._index.vectors(np.array([row]))[0], k + 1)
        others = [(int(other), float(cosine)) for other, cosine in zip(rows, cosines, strict=True) if other != row][:k]
        passages = self._index.passages(other for other, _ in others)
        return tuple(
            Hit(place, passage, cosine, cosine, 0.0, (), highlight.reason((), cosine, 0.0))
            for place, (passage, (_, cosine)) in enumerate(zip(passages, others, strict=True), start=1)
        )

    def article(self, article_id: str) -> Article | None:
        """One article with its text."""
        return self._index.store.article(article_id)

    def passage(self, passage_id: str) -> Passage | None:
        """One passage."""
        row = self._index.store.row(passage_id)
        return None if row is None else self._index.passages([row])[0]

    def starters(self, n: int) -> tuple[str, ...]:
        """The first question of articles spread evenly over the corpus."""
        questions = [article.questions[0] for article in self.articles if article.questions]
        step = max(1, len(questions) // max(n, 1))
        return tuple(questions[::step][:n])

    def suggest(self, text: str, n: int, filters: Filters) -> tuple[str, ...]:
        """See Chatbot.suggest."""
        typed = " ".join(text[:LONGEST].split())
        allowed = self._searcher.allowed(filters)
        articles = None if allowed is None else set(self._index.article_of[allowed].tolist())
        found = self._suggestions.starting(typed, n, articles)
        if len(found) < n and can_be_meant(typed):
            query = self._searcher.query(typed)
            ranking = self._searcher.rank(query, allowed)
            if self._judge(query, ranking)[0] != "not_covered":
                near = dict.fromkeys(self._index.article_of[ranking.rows[:10]].tolist())
                found += self._suggestions.near(typed, near)
        return tuple(dict.fromkeys(found))[:n]

    @cached_property
    def _suggestions(self) -> Suggestions:
        editors = (Suggestion(question, n) for n, article in enumerate(self.articles) for question in article.questions)
        headings = (
            Suggestion(heading, number)
            for number, path in self._index.store.headings()
            for heading in path
            if is_question(heading)
        )
        return Suggestions(chain(editors, headings))

    def _hits(self, query: Query, ranking: Ranking, places: Sequence[int]) -> tuple[Hit, ...]:
        weights = {term: weight * self._index.idf(term) for term, weight in query.weights.items()}
        hits = []
        passages = self._index.passages(ranking.rows[list(places)])
        for rank, (place, passage) in enumerate(zip(places, passages, strict=True), start=1):
            spans, vectors = self._index.sentences(int(ranking.rows[place]))
            shown = [passage.text[start:end] for start, end in spans]
            chosen = highlight.choose(vectors @ query.vector, highlight.coverage(shown, weights), spans)
            score, cosine = float(ranking.scores[place]), float(ranking.cosines[place])
            matched = highlight.matched_words(query.text, " ".join((passage.title, *passage.headings, passage.text)))
            share = float(ranking.words[place]) / score if score > 0 else 0.0
            why = highlight.reason(matched, cosine, min(max(share, 0.0), 1.0))
            hits.append(Hit(rank, passage, score, cosine, float(ranking.bm25[place]), chosen, why))
        return tuple(hits)

    def _nearest_topics(self, ranking: Ranking) -> tuple[str, ...]:
        numbers = dict.fromkeys(self._index.article_of[ranking.rows[:10]].tolist())
        topics = [topic for number in numbers for topic in self.articles[number].topics]
        return tuple(dict.fromkeys(topics))[:4]

    def _follow_ups(self, asked: str, ranking: Ranking, before: set[str]) -> tuple[str, ...]:
        """Editors' questions of the articles that were found, the ones that share most with the question first."""
        numbers = dict.fromkeys(self._index.article_of[ranking.rows[:10]].tolist())
        own = {stem(word) for word in words(asked) if word not in STOP_WORDS}
        found = []
        for place, number in enumerate(numbers):
            for question in self.articles[number].questions:
                if question.casefold() != asked.casefold() and question not in before:
                    shared = len(own & {stem(word) for word in words(question)})
                    found.append((place - shared, place, question))
        return tuple(dict.fromkeys(question for _, _, question in sorted(found)))[:_FOLLOW_UPS]


def spread(articles: npt.NDArray[np.int64], k: int, most: int) -> list[int]:
    """The first k places of a ranking in which no article comes more than `most` times, unless nothing else is left.

    `articles` gives the article of each place, best first.
    """
    count: dict[int, int] = {}
    first: list[int] = []
    rest: list[int] = []
    for place, article in enumerate(articles.tolist()):
        count[article] = count.get(article, 0) + 1
        (first if count[article] <= most else rest).append(place)
        if len(first) == k:
            return first
    return sorted(first + rest[: k - len(first)])


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
