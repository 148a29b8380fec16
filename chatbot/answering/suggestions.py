"""Questions to offer while somebody types: those that editors wrote down, and headings that ask one."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np

from chatbot.answering.follow_ups import offered
from chatbot.answering.ranking.searcher import Searcher
from chatbot.answering.verdict.judge import Judge
from chatbot.content.markdown.blocks import is_question
from chatbot.indexing.generation.passage_index import PassageStore
from chatbot.indexing.words.tokens import STOP_WORDS, stem, words
from chatbot.records import Article, Filters

LONGEST = 200
_WORDS, _TELLING_WORDS = 4, 2


@dataclass(frozen=True, slots=True)
class Suggestion:
    """A question and the number of the article that answers it, by its place in the order of articles."""

    question: str
    article: int


class Suggestions:
    """The questions of one generation, found by the beginnings of their words."""

    def __init__(self, suggestions: Iterable[Suggestion]) -> None:
        """Of questions that read alike, the first is kept."""
        kept: dict[str, Suggestion] = {}
        for suggestion in suggestions:
            kept.setdefault(" ".join(words(suggestion.question)), suggestion)
        self._texts = list(kept)
        self._suggestions = list(kept.values())
        self._pairs = sorted({(word, number) for number, text in enumerate(self._texts) for word in text.split()})
        self._of_article: dict[int, list[str]] = {}
        for suggestion in self._suggestions:
            self._of_article.setdefault(suggestion.article, []).append(suggestion.question)

    def starting(self, text: str, n: int, articles: Collection[int] | None) -> list[str]:
        """At most n questions in which every word of the text begins a word.

        Questions that begin as the text does come first, then those in which its words stand whole, shorter ones
        before longer ones. `articles` limits them to some articles. An empty text finds nothing.
        """
        typed = words(text)
        # Half of a word may be a stop word by chance, so the last one always counts.
        telling = [word for word in typed[:-1] if word not in STOP_WORDS] + typed[-1:]
        if not telling:
            return []
        rarest = min((self._with_prefix(word) for word in telling), key=len)
        fitting = {
            number
            for _, number in self._pairs[rarest.start : rarest.stop]
            if (articles is None or self._suggestions[number].article in articles)
            and all(f" {word}" in f" {self._texts[number]}" for word in telling)
        }
        beginning = " ".join(typed)
        ordered = sorted(fitting, key=lambda number: self._order(number, beginning, telling))
        return [self._suggestions[number].question for number in ordered[:n]]

    def near(self, text: str, articles: Iterable[int]) -> list[str]:
        """The questions of these articles, best article first, those that share more words with the text before."""
        own = {stem(word) for word in words(text) if word not in STOP_WORDS}
        ranked = [
            (place - len(own & {stem(word) for word in words(question)}), place, question)
            for place, article in enumerate(articles)
            for question in self._of_article.get(article, ())
        ]
        return [question for _, _, question in sorted(ranked)]

    def _order(self, number: int, beginning: str, telling: Sequence[str]) -> tuple[bool, int, int, int]:
        text = self._texts[number]
        missing = len(set(telling) - set(text.split()))
        return not text.startswith(beginning), missing, len(text), number

    def _with_prefix(self, prefix: str) -> range:
        """Which of the sorted pairs of word and question begin with a prefix."""
        first = bisect_left(self._pairs, (prefix, -1))
        return range(first, bisect_left(self._pairs, (prefix + "\U0010ffff", -1)))


def can_be_meant(text: str) -> bool:
    """Whether a text says enough to be searched by its meaning."""
    typed = words(text)
    return len(typed) >= _WORDS and sum(word not in STOP_WORDS for word in typed) >= _TELLING_WORDS


class Typed:
    """What one generation suggests for a text that is being typed. Safe to use from several threads."""

    def __init__(self, searcher: Searcher, judge: Judge) -> None:
        self._searcher = searcher
        self._judge = judge

    def suggest(self, text: str, n: int, filters: Filters) -> tuple[str, ...]:
        """See Chatbot.suggest."""
        index = self._searcher.index
        typed = " ".join(text[:LONGEST].split())
        allowed = self._searcher.allowed(filters)
        articles = None if allowed is None else set(np.flatnonzero(allowed.articles).tolist())
        questions = self._suggestions.starting(typed, n, articles)
        if len(questions) < n and can_be_meant(typed):
            query = self._searcher.query(typed)
            ranking = self._searcher.rank(query, allowed)
            if self._judge(query, ranking)[0] != "not_covered":
                near = dict.fromkeys(index.article_of[ranking.rows[:10]].tolist())
                questions += self._suggestions.near(typed, near)
        return tuple(dict.fromkeys(questions))[:n]

    @cached_property
    def _suggestions(self) -> Suggestions:
        return Suggestions(all_suggestions(self._searcher.articles, self._searcher.index.store))


def all_suggestions(articles: Sequence[Article], store: PassageStore) -> Iterator[Suggestion]:
    """What may be suggested of a generation: what editors offer, then the headings that ask."""
    for number, article in enumerate(articles):
        for question in offered(article):
            yield Suggestion(question, number)
    for number, path in store.headings():
        for heading in path:
            if is_question(heading):
                yield Suggestion(heading, number)
