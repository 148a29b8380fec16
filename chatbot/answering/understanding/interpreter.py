"""From what a visitor typed to what is searched: spelling mended, follow-up completed, vocabulary added.

`literal` leaves all three out; so does a question in another language. docs/conversation.md says how each was measured.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from functools import cache, cached_property

from chatbot.answering.ranking import formulas
from chatbot.answering.ranking.searcher import Query, Searcher
from chatbot.answering.understanding import comparison, conversation, foreign_language, spelling
from chatbot.answering.understanding.conversation import Reading
from chatbot.answering.understanding.spelling import Lexicon
from chatbot.answering.understanding.vocabulary import Added, Vocabulary, widened
from chatbot.indexing.words.tokens import stem, words
from chatbot.records import Turn


@dataclass(frozen=True, slots=True)
class Understood:
    """A question as it is searched. `mended` is what was typed with its spelling mended.

    `foreign` is the code of the language that it is plainly in where the articles are in English, None elsewhere; see
    `foreign_language.language_of`. `sides` are what the question compares, in its own words, and `forms` the ways in
    which a text may name each; see `comparison.sides`.
    """

    mended: str
    reading: Reading
    query: Query
    added: tuple[Added, ...] = ()
    other: Query | None = None
    foreign: str | None = None
    sides: tuple[str, ...] = ()
    forms: tuple[tuple[frozenset[str], ...], ...] = ()


class Understanding:
    """Reads the questions that are put to one generation. Safe to use from several threads."""

    def __init__(self, searcher: Searcher, vocabulary: Vocabulary, language: str) -> None:
        """`language` is the tag of the articles' language."""
        self._searcher = searcher
        self._index = searcher.index
        self._vocabulary = vocabulary
        # Articles in other languages have a model for them, which may well match languages with each other.
        self._in_english = foreign_language.in_english(language)

    def read(self, question: str, history: Sequence[Turn], *, literal: bool) -> Understood:
        """What a question asks for after `history`, which holds no small talk."""
        language = foreign_language.language_of(question) if self._in_english else None
        if literal or language:
            query = self._searcher.query(question, literal=True)
            return Understood(question, Reading("standalone", question), query, foreign=language)
        mended = spelling.repair(question, self.lexicon)
        reading = conversation.read(mended, history, self._frequency, len(self._index))
        ready = cache(self._searcher.query)  # the same texts are read for several purposes
        if reading.kind == "follow_up":
            reading = self._settled(reading, ready)
        query, added = self._query(reading, history, ready)
        other = self._query(reading.other, history, ready)[0] if reading.other else None
        asks = reading.kind not in ("more", "pick")
        sides = comparison.sides(reading.question, self._vocabulary) if asks and self._in_english else ()
        forms = comparison.forms(sides, self._vocabulary)
        return Understood(mended, reading, query, added, other, sides=sides, forms=forms)

    def _query(
        self, reading: Reading, history: Sequence[Turn], ready: Callable[[str], Query]
    ) -> tuple[Query, tuple[Added, ...]]:
        """What is searched for a reading, and what the vocabulary added to it."""
        query = ready(reading.question)
        if reading.topic:
            completed = ready(reading.embedded)
            vector = conversation.blend(query.vector, completed.vector)
            weights = conversation.add_topic(query.weights, formulas.term_weights(reading.topic))
            tokens = conversation.shared(query.tokens, completed.tokens)
            query = replace(query, text=reading.searched_as, vector=vector, weights=weights, tokens=tokens)
        if reading.kind in ("follow_up", "more"):
            query = replace(query, favoured=conversation.continuity(history[-1].shown))
        weights, added = widened(query.weights, words(reading.searched_as), self._vocabulary, self._index.frequency)
        return replace(query, weights=weights), added

    def _settled(self, reading: Reading, ready: Callable[[str], Query]) -> Reading:
        raw, completed = (self._index.dense(ready(text).vector, 1)[1] for text in (reading.question, reading.embedded))
        return conversation.settle(reading, float(raw[0]), float(completed[0])) if len(raw) else reading

    def _frequency(self, term: str) -> int:
        """How many passages contain a term; at least one where the vocabulary knows it."""
        return self._index.frequency(term) or int(term in self._elsewise)

    @cached_property
    def _elsewise(self) -> frozenset[str]:
        return frozenset(map(stem, self._vocabulary.words))

    @cached_property
    def lexicon(self) -> Lexicon:
        """The words that a question may contain; made when the first question comes."""
        everyday = spelling.whole_words(self._searcher.embedder.vocabulary)
        return spelling.lexicon(self._index.words, everyday | self._vocabulary.words)
