"""A question to an answer: what is searched, what is shown, and an honest word where nothing fits."""

from __future__ import annotations

import time
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import date
from functools import cached_property
from itertools import chain

import numpy as np
import numpy.typing as npt

from chatbot.answering import highlight
from chatbot.answering.follow_ups import FollowUps
from chatbot.answering.ranking.pins import Pins, marked
from chatbot.answering.ranking.searcher import PER_ARTICLE, Ranking, Searcher, spread
from chatbot.answering.suggestions import LONGEST, Suggestion, Suggestions, can_be_meant, is_question
from chatbot.answering.understanding import foreign_language, small_talk
from chatbot.answering.understanding.conversation import checked_history
from chatbot.answering.understanding.interpreter import Understanding, Understood
from chatbot.answering.understanding.vocabulary import Vocabulary, read_vocabulary
from chatbot.answering.verdict.evidence import REFUSALS
from chatbot.answering.verdict.judge import Judge
from chatbot.errors import QuestionError
from chatbot.indexing.generation.manifest import Manifest
from chatbot.indexing.generation.passage_store import Store
from chatbot.indexing.model.encoder import QueryEmbedder
from chatbot.records import Answer, Article, Filters, Hit, Passage, Turn, Verdict

MOST_CHARACTERS = 1000
MOST_HITS = 50
_PER_ARTICLE_OF_MORE = 4
_UNSURE = 0.49  # "answered" begins at one half
_MESSAGES: dict[Verdict, str] = {
    "answered": "",
    "uncertain": "These passages come close, but may not answer the question.",
    "not_covered": "The articles do not seem to cover this. You could ask about one of their topics instead.",
}
NO_ARTICLE = "No article fits these filters; take one of them away."
_NO_MORE = "That is all the articles have on this; there is nothing more to show."
_NO_SUCH_PLACE = "There is no such passage among those just shown. Ask for another one, or ask a question."


@dataclass(frozen=True, slots=True)
class Found:
    """What was found for a question as it was understood, before any of it is cut to fit an answer."""

    understood: Understood
    ranking: Ranking
    verdict: Verdict
    confidence: float
    message: str
    pinned: bool = False
    message_language: str = "en"


class Answerer:
    """Answers from one generation. Safe to use from several threads."""

    def __init__(
        self,
        searcher: Searcher,
        refusals: float = REFUSALS,
        vocabulary: Vocabulary | None = None,
        language: str = "en",
    ) -> None:
        """`refusals` is the share of covered questions that may be refused. Without a vocabulary, the shipped one.

        `language` is the tag of the articles' language.
        """
        self._searcher = searcher
        self._index = searcher.index
        self.judge = Judge(searcher.index.lexical_index, searcher.index.calibrated, refusals)
        self._understanding = Understanding(searcher, vocabulary or read_vocabulary(), language)
        self._follow_ups = FollowUps(searcher)
        self._pins = Pins(searcher)

    @property
    def generation(self) -> str:
        return self._index.generation

    @property
    def manifest(self) -> Manifest:
        """What the generation says of itself."""
        return self._index.manifest

    @property
    def embedder(self) -> QueryEmbedder:
        return self._searcher.embedder

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

    def ask(self, question: str, k: int, history: Sequence[Turn], filters: Filters, *, literal: bool = False) -> Answer:
        """See Chatbot.ask."""
        began = time.perf_counter()
        asked = checked(question, k)
        turns = small_talk.without(checked_history(history))
        kind = None if literal else small_talk.kind_of(asked, opening=not turns)
        if kind:
            return self._reply(asked, kind, turns, filters, began)
        found = self.find(asked, turns, filters, literal=literal)
        more, picked = (found.understood.reading.kind == kind for kind in ("more", "pick"))
        no_topics = found.verdict == "answered" or more or picked or found.understood.foreign
        most = _PER_ARTICLE_OF_MORE if more else PER_ARTICLE
        places = [] if found.verdict == "not_covered" else spread(self.articles_of(found.ranking), k, most)
        hits = marked(self.hits(found, places), found.pinned)
        shown = {int(row) for row in found.ranking.rows[places]} | set(self._rows(turns))
        said = [text for turn in turns for text in (turn.question, turn.searched_as)]
        near = found.ranking.rows[:10]
        return Answer(
            question=asked,
            searched_as=found.understood.reading.searched_as,
            verdict=found.verdict,
            confidence=found.confidence,
            hits=hits,
            message=found.message,
            topics=() if no_topics else self._follow_ups.topics(near),
            follow_ups=self._follow_ups.after(near, [*said, found.understood.reading.searched_as], shown),
            generation=self.generation,
            took_ms=(time.perf_counter() - began) * 1000,
            message_language=found.message_language,
        )

    def find(self, asked: str, turns: Sequence[Turn], filters: Filters, *, literal: bool) -> Found:
        """Everything that was found for a question after `turns`, which hold no small talk."""
        understood = self._understanding.read(asked, turns, literal=literal)
        reading = understood.reading
        allowed = self._searcher.allowed(filters)
        if reading.kind == "pick":
            # The history names what was shown; filters hold for it, too.
            picked = self._only(reading.picked)
            allowed = picked if allowed is None else picked & allowed
        ranking = self._searcher.rank(understood.query, allowed)
        if reading.exclude:
            ranking = ranking.only(~np.isin(ranking.rows, self._rows_of(reading.exclude)))
        verdict, confidence = self.judge(understood.query, ranking)
        message = _MESSAGES[verdict]
        if not len(ranking.rows):
            verdict = "not_covered"
            gone = not self._rows_of([reading.picked or ""])
            message = _NO_SUCH_PLACE if reading.kind == "pick" and gone else NO_ARTICLE
            message = _NO_MORE if reading.kind == "more" else message
        elif reading.kind == "pick":
            verdict, message = "answered", ""
        elif reading.kind == "more" and reading.exclude and verdict == "not_covered":
            message = _NO_MORE
        pinned = None
        if reading.kind not in ("pick", "more"):
            pinned = self._pins.row(understood.query, allowed, date.today())
        if pinned is not None:
            ranking, verdict, message = self._pins.first(ranking, pinned, understood.query), "answered", ""
        found = Found(understood, ranking, verdict, confidence, message, pinned is not None)
        return found if found.pinned or not len(ranking.rows) else _doubted(found)

    def ranked(self, question: str, history: Sequence[Turn] = (), *, literal: bool = False) -> list[str]:
        """The ids of all candidates for a question, best first, before any is left out."""
        turns = small_talk.without(checked_history(history))
        return self.store.ids(self.find(checked(question, 1), turns, Filters(), literal=literal).ranking.rows)

    def similar(self, passage_id: str, k: int, filters: Filters) -> tuple[Hit, ...]:
        """See Chatbot.similar."""
        row = self.store.row(passage_id)
        if row is None:
            raise QuestionError(f"there is no passage {passage_id!r}; name the id of a passage that was shown")
        vector, allowed = self._index.vectors(np.array([row]))[0], self._searcher.allowed(filters)
        rows, cosines = self._index.dense(vector, k + 1, allowed)
        others = [(int(other), float(cosine)) for other, cosine in zip(rows, cosines, strict=True) if other != row][:k]
        passages = self._index.passages(other for other, _ in others)
        return tuple(
            Hit(place, passage, cosine, cosine, 0.0, (), highlight.reason((), cosine, 0.0))
            for place, (passage, (_, cosine)) in enumerate(zip(passages, others, strict=True), start=1)
        )

    def article(self, article_id: str) -> Article | None:
        """One article with its text."""
        return self.store.article(article_id)

    def passage(self, passage_id: str) -> Passage | None:
        """One passage."""
        row = self.store.row(passage_id)
        return None if row is None else self._index.passages([row])[0]

    def starters(self, n: int, filters: Filters) -> tuple[str, ...]:
        """See Chatbot.starters."""
        return self._follow_ups.starters(n, filters)

    def suggest(self, text: str, n: int, filters: Filters) -> tuple[str, ...]:
        """See Chatbot.suggest."""
        typed = " ".join(text[:LONGEST].split())
        allowed = self._searcher.allowed(filters)
        articles = None if allowed is None else set(self._index.article_of[allowed].tolist())
        found = self._suggestions.starting(typed, n, articles)
        if len(found) < n and can_be_meant(typed):
            query = self._searcher.query(typed)
            ranking = self._searcher.rank(query, allowed)
            if self.judge(query, ranking)[0] != "not_covered":
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

    def hits(self, found: Found, places: Sequence[int]) -> tuple[Hit, ...]:
        """The passages at some places of the ranking, with the sentences that answer and the reason."""
        query, ranking = found.understood.query, found.ranking
        weights = {term: weight * self._index.idf(term) for term, weight in query.weights.items()}
        hits = []
        passages = self._index.passages(ranking.rows[list(places)])
        for rank, (place, passage) in enumerate(zip(places, passages, strict=True), start=1):
            spans, vectors = self._index.sentences(int(ranking.rows[place]))
            shown = [passage.text[start:end] for start, end in spans.tolist()]
            chosen = highlight.choose(vectors @ query.vector, highlight.coverage(shown, weights), spans)
            score, cosine = float(ranking.scores[place]), float(ranking.cosines[place])
            matched = highlight.matched_words(query.text, (passage.title, *passage.headings, *shown))
            share = float(ranking.words[place]) / score if score > 0 else 0.0
            why = highlight.reason(matched, cosine, min(max(share, 0.0), 1.0))
            hits.append(Hit(rank, passage, score, cosine, float(ranking.bm25[place]), chosen, why))
        return tuple(hits)

    def _reply(self, asked: str, kind: str, turns: Sequence[Turn], filters: Filters, began: float) -> Answer:
        before = {turn.question for turn in turns}
        others = () if kind == "crisis" else self.starters(6, filters)
        return Answer(
            question=asked,
            searched_as=asked,
            verdict="not_covered",
            confidence=0.0,
            hits=(),
            message=small_talk.reply_to(kind),
            topics=(),
            follow_ups=tuple(question for question in others if question not in before)[:3],
            generation=self.generation,
            took_ms=(time.perf_counter() - began) * 1000,
        )

    def articles_of(self, ranking: Ranking) -> npt.NDArray[np.int64]:
        """The position in `articles` of each place's article."""
        return self._index.article_of[ranking.rows]

    def _only(self, passage_id: str | None) -> npt.NDArray[np.bool_]:
        mask = np.zeros(len(self), np.bool_)
        mask[self._rows_of([passage_id] if passage_id else [])] = True
        return mask

    def _rows(self, turns: Sequence[Turn]) -> list[int]:
        return self._rows_of(dict.fromkeys(passage for turn in turns for passage in turn.shown))

    def _rows_of(self, passage_ids: Iterable[str]) -> list[int]:
        rows = map(self.store.row, passage_ids)
        return [row for row in rows if row is not None]


def _doubted(found: Found) -> Found:
    """What was found, never `answered` if the question is in another language: by names in common, or by chance."""
    language = found.understood.foreign
    if language is None:
        return found
    verdict: Verdict = "uncertain" if found.verdict == "answered" else found.verdict
    message, told_in = foreign_language.message_for(language)
    confidence = min(found.confidence, _UNSURE)
    return replace(found, verdict=verdict, confidence=confidence, message=message, message_language=told_in)


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
