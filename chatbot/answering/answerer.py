"""A question to an answer: what is searched, what is shown, and an honest word where nothing fits."""

from __future__ import annotations

import hashlib
import time
from collections.abc import Sequence
from dataclasses import replace
from datetime import date
from operator import itemgetter

import numpy as np

from chatbot.answering.hits import Hits, sentences_in_short
from chatbot.answering.next_steps import NOBODY, NextSteps, People
from chatbot.answering.question_trace import Trace
from chatbot.answering.ranking import own_page
from chatbot.answering.ranking.comparison import compared
from chatbot.answering.ranking.pins import Pins
from chatbot.answering.ranking.searcher import NOTHING, Query, Ranking, Searcher, together
from chatbot.answering.suggestions import Typed
from chatbot.answering.understanding import foreign_language, small_talk
from chatbot.answering.understanding.conversation import Reading, checked_history, was_covered
from chatbot.answering.understanding.interpreter import Understanding, Understood
from chatbot.answering.understanding.vocabulary import Vocabulary, read_vocabulary
from chatbot.answering.verdict.evidence import REFUSALS
from chatbot.answering.verdict.judge import Judge
from chatbot.arrays import Rows
from chatbot.content.markdown.escape import UNSEEN
from chatbot.errors import QuestionError
from chatbot.indexing.generation.manifest import Manifest
from chatbot.indexing.generation.passage_index import Allowed, PassageStore
from chatbot.indexing.model.encoder import QueryEmbedder
from chatbot.records import Answer, Article, Filters, Hit, Notice, Passage, Turn, Verdict

State = tuple[str, tuple[tuple[str, float], ...], str]

MOST_CHARACTERS = 1000
MOST_HITS = 50
_UNSURE = 0.49  # "answered" begins at one half
MESSAGES: dict[Notice, str] = {
    "": "",
    "uncertain": "These passages come close, but may not answer the question.",
    "not_covered": "The articles do not seem to cover this. You could ask about one of their topics instead.",
    "no_article": "No article fits these filters; take one of them away.",
    "no_more": "That is all the articles have on this; there is nothing more to show.",
    "no_such_passage": "There is no such passage among those just shown. Ask for another one, or ask a question.",
}


class Answerer:
    """Answers from one generation. Safe to use from several threads."""

    def __init__(
        self,
        searcher: Searcher,
        refusals: float = REFUSALS,
        vocabulary: Vocabulary | None = None,
        language: str = "en",
        people: People = NOBODY,
    ) -> None:
        """`refusals` is the share of covered questions that may be refused. Without a vocabulary, the shipped one.

        `language` is the tag of the articles' language.
        """
        vocabulary = vocabulary or read_vocabulary()
        self._searcher = searcher = Searcher(searcher.index, searcher.embedder, vocabulary.spelt_out)
        self._index = index = searcher.index
        self.judge = Judge(index, index.calibrated, refusals)
        self._words = hashlib.sha256(repr((vocabulary.also, vocabulary.short)).encode()).hexdigest()
        self._understanding = Understanding(searcher, vocabulary, language)
        self._people = people
        self._hits = Hits(searcher)
        self._next_steps = NextSteps(searcher, people)
        self._pins = Pins(searcher)
        self._typed = Typed(searcher, self.judge)

    @property
    def generation(self) -> str:
        return self._index.generation

    @property
    def manifest(self) -> Manifest:
        """What the generation says of itself."""
        return self._index.manifest

    @property
    def state(self) -> State:
        """What answers depend on: the generation, its calibration, which may be learned anew, and the vocabulary."""
        return self.generation, tuple(sorted(self.manifest.calibration.items())), self._words

    @property
    def away(self) -> bool:
        """Whether its passages are kept elsewhere and could not be asked for when that was last tried."""
        return self._index.away

    @property
    def embedder(self) -> QueryEmbedder:
        return self._searcher.embedder

    @property
    def store(self) -> PassageStore:
        """The articles and passages."""
        return self._index.store

    @property
    def articles(self) -> tuple[Article, ...]:
        """All articles in the order of their ids, their texts left empty."""
        return self._searcher.articles

    def __len__(self) -> int:
        return len(self._index)

    def ask(
        self,
        question: str,
        k: int,
        history: Sequence[Turn],
        filters: Filters,
        *,
        literal: bool = False,
        page: str = "",
    ) -> Answer:
        """See Chatbot.ask."""
        began = time.perf_counter()
        answer = self._answer(self.trace(question, k, history, filters, literal=literal, page=page), filters)
        return replace(answer, took_ms=(time.perf_counter() - began) * 1000)

    def _answer(self, trace: Trace, filters: Filters) -> Answer:
        read = self._hits.read(trace, trace.places)
        return Answer(
            question=trace.question,
            searched_as=trace.understood.reading.searched_as,
            verdict=trace.verdict,
            confidence=trace.confidence,
            hits=tuple(hit for hit, _ in read),
            message=trace.message,
            topics=self._next_steps.topics(trace, filters),
            follow_ups=self._next_steps.questions(trace, filters),
            generation=self.generation,
            took_ms=0.0,
            message_language=trace.message_language,
            notice=trace.notice,
            in_short=sentences_in_short(read, trace.understood.forms) if trace.verdict == "answered" else (),
            contact=self._next_steps.contact(trace),
            read_as=trace.understood.reading.kind,
            follows=trace.follows,
            comparison=self._hits.comparison(trace),
        )

    def trace(
        self,
        question: str,
        k: int,
        history: Sequence[Turn],
        filters: Filters,
        *,
        literal: bool = False,
        page: str = "",
    ) -> Trace:
        """Everything that decides the answer to a question. Raises QuestionError."""
        asked = checked(question, k)
        turns = small_talk.without(checked_history(history))
        kind = None if literal else small_talk.kind_of(asked, opening=not turns)
        if kind:
            query = Query(asked, np.empty(0, np.float32), {})
            understood = Understood(asked, Reading("standalone", asked), query)
            verdict: Verdict = "not_covered"
            nothing = (NOTHING, None, 0.0, verdict, 0.0)
            lines = self._people.lines(filters.countries) if kind in small_talk.GRAVE else []
            message = "\n".join((small_talk.reply_to(kind), *lines))
            return Trace(asked, turns, understood, *nothing, "small_talk", message, small_talk=kind)
        return self._searched(asked, k, turns, filters, literal=literal, page=page)

    def _searched(
        self, asked: str, k: int, turns: tuple[Turn, ...], filters: Filters, *, literal: bool, page: str = ""
    ) -> Trace:
        understood = self._understanding.read(asked, turns, literal=literal)
        reading, query, language = understood.reading, understood.query, understood.foreign
        allowed = self._allowed(reading, filters)
        before = np.array(self._searcher.rows_of(reading.exclude), np.int64)
        ranking = self._unshown(query, allowed, before)
        evidence, strength = self.judge.weigh(query, ranking)
        if understood.other:
            other = self._unshown(understood.other, allowed, before)
            if reading.kind == "follow_up":  # what stands by itself is covered or not by its own words
                weighed = self.judge.weigh(understood.other, other)
                evidence, strength = max((evidence, strength), weighed, key=itemgetter(1))
            completed, alone = (ranking, other) if reading.kind == "follow_up" else (other, ranking)
            ranking = together(completed, alone, reading.leaning)
        if understood.sides and len(ranking.rows):
            ranking = compared(ranking, self._index, understood.forms)
        verdict, confidence = self.judge.verdict(strength)
        if reading.topic and verdict == "answered" and not was_covered(turns):
            # "How much do they earn?" after a job that no article knows: what is found is about others.
            verdict, confidence = "uncertain", min(confidence, _UNSURE)
        verdict, notice = self._noticed(reading, verdict, nothing=not len(ranking.rows))
        message, message_language = MESSAGES[notice], "en"
        again = reading.kind in ("pick", "more")
        pinned = None if again else self._pins.row(query, allowed, date.today())
        # An editors' question is one by itself, also where the conversation would complete it.
        chosen = self._pins.written((asked, query.text), ranking, allowed) if pinned is None and not again else pinned
        if chosen is not None:
            ranking, verdict, notice, message = self._pins.first(ranking, chosen, query), "answered", "", ""
        elif language and len(ranking.rows):
            # Never answered outright: names in common, or chance, may have found its passages.
            verdict = "uncertain" if verdict == "answered" else verdict
            confidence, notice = min(confidence, _UNSURE), "other_language"
            message, message_language = foreign_language.message_for(language)
        found, places = self._hits.places(ranking, k, before, verdict, more=reading.kind == "more")
        own = own_page.article_of(page, (article.url for article in self.articles)) if page else None
        if own is not None and places:
            places = self._hits.own_first(places, found, ranking, own, int(chosen is not None))
        return Trace(
            question=asked,
            turns=turns,
            understood=understood,
            ranking=ranking,
            evidence=evidence,
            strength=strength,
            verdict=verdict,
            confidence=confidence,
            notice=notice,
            message=message,
            message_language=message_language,
            places=tuple(places),
            unshown=tuple(place for place in found if place not in places),
            pinned=pinned is not None,
            own=own,
        )

    def _unshown(self, query: Query, allowed: Allowed | None, shown: Rows) -> Ranking:
        ranking = self._searcher.rank(query, allowed)
        return ranking.only(~np.isin(ranking.rows, shown)) if len(shown) else ranking

    def _allowed(self, reading: Reading, filters: Filters) -> Allowed | None:
        """The passages that may be found; None where all may. Filters hold for what is picked, too."""
        if reading.kind != "pick":
            return self._searcher.allowed(filters)
        return self._searcher.picked([reading.picked] if reading.picked else [], filters)

    def _noticed(self, reading: Reading, verdict: Verdict, *, nothing: bool) -> tuple[Verdict, Notice]:
        """The verdict on a question in its conversation and what is told with it, where `nothing` was found or some."""
        if nothing:
            gone = reading.kind == "pick" and not self._searcher.rows_of([reading.picked or ""])
            return "not_covered", "no_more" if reading.kind == "more" else "no_such_passage" if gone else "no_article"
        if reading.kind == "pick":
            return "answered", ""
        if reading.kind == "more" and reading.exclude and verdict == "not_covered":
            return verdict, "no_more"
        return verdict, "" if verdict == "answered" else verdict

    def sides(self, trace: Trace, places: Sequence[int]) -> list[list[int]]:
        """For some places of a ranking the numbers of the sides that each speaks of, where the question compares."""
        return self._hits.sides(trace, places)

    def ranked(self, question: str, history: Sequence[Turn] = (), *, literal: bool = False) -> list[str]:
        """The ids of all candidates for a question, best first, before any is left out."""
        turns = small_talk.without(checked_history(history))
        trace = self._searched(checked(question, 1), 1, turns, Filters(), literal=literal)
        return self.store.ids(trace.ranking.rows)

    def similar(self, passage_id: str, k: int, filters: Filters) -> tuple[Hit, ...]:
        """See Chatbot.similar."""
        check_number("k", k)
        row = self.store.row(passage_id)
        if row is None:
            raise QuestionError(f"there is no passage {passage_id!r}; name the id of a passage that was shown")
        return self._hits.similar(row, k, self._searcher.allowed(filters))

    def article(self, article_id: str) -> Article | None:
        """One article with its text."""
        return self.store.article(article_id)

    def passage(self, passage_id: str) -> Passage | None:
        """One passage."""
        row = self.store.row(passage_id)
        return None if row is None else self._index.passages([row])[0]

    def starters(self, n: int, filters: Filters) -> tuple[str, ...]:
        """See Chatbot.starters."""
        return self._next_steps.starters(n, filters)

    def suggest(self, text: str, n: int, filters: Filters) -> tuple[str, ...]:
        """See Chatbot.suggest."""
        check_number("n", n)
        return self._typed.suggest(text, n, filters)

    def hits(self, trace: Trace, places: Sequence[int]) -> tuple[Hit, ...]:
        """The passages at some places of a ranking, with the sentences that answer and the reason."""
        return tuple(hit for hit, _ in self._hits.read(trace, places))


def checked(question: str, k: int) -> str:
    """The question with its white space put in order. Raises QuestionError where it or k cannot be used."""
    visible = UNSEEN.sub("", question)
    text = " ".join("".join(char if char.isprintable() else " " for char in visible).split())
    if not text:
        raise QuestionError("the question is empty; type what you want to know")
    if len(text) > MOST_CHARACTERS:
        raise QuestionError(f"the question has {len(text)} characters, at most {MOST_CHARACTERS} are read; shorten it")
    check_number("k", k)
    return text


def check_number(name: str, wanted: int) -> None:
    """Raises QuestionError where so many passages or questions cannot be asked for."""
    if not 1 <= wanted <= MOST_HITS:
        raise QuestionError(f"{name} is {wanted}, expected 1 to {MOST_HITS}")
