"""What to ask next: questions that editors say their articles answer, never invented.

Of several that name one section the first is offered; the others only help to find it.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Sequence
from functools import lru_cache
from itertools import zip_longest

import numpy as np
import numpy.typing as npt

from chatbot.answering.ranking.searcher import Searcher, keeps
from chatbot.arrays import Vectors
from chatbot.indexing.words.tokens import STOP_WORDS, stem, words
from chatbot.records import Article, Filters

MOST = 3
NEAR = 0.4
"""The cosine from which a question is near to one that is not covered: docs/conversation.md."""
_TOPICS, _MOST_COVERED = 4, 10


class FollowUps:
    """The questions of one generation. Safe to use from several threads."""

    def __init__(self, searcher: Searcher) -> None:
        self._searcher = searcher
        self._led: dict[int, dict[int, list[tuple[int, str]]]] = {}  # by article and row, of those asked for so far

    def starters(self, n: int, filters: Filters) -> tuple[str, ...]:
        """The first question of articles spread evenly over those that the filters keep."""
        kept = (article for article in self._searcher.articles if keeps(filters, article))
        questions = [offered(article)[0] for article in kept if article.questions]
        count = min(n, len(questions))
        return tuple(questions[place * len(questions) // count] for place in range(count))

    def after(
        self,
        rows: npt.NDArray[np.int64],
        vector: Vectors,
        asked: Sequence[str],
        shown: Collection[int] = (),
        least: float = -1.0,
    ) -> tuple[str, ...]:
        """At most three editors' questions that lead to rows, nearest to a unit vector first.

        None was asked before, none leads to one of the rows `shown`, and none has a cosine below `least`.
        """
        before, wanted = set(map(_key, asked)), dict.fromkeys(row for row in rows.tolist() if row not in shown)
        led = [one for row in wanted for one in self._leading(row) if _key(one[1]) not in before]
        cosines = self._searcher.index.questions.cosines(vector, np.array([place for place, _ in led], np.int64))
        ordered = sorted((-cosine, question) for (_, question), cosine in zip(led, cosines.tolist(), strict=True))
        return tuple(dict.fromkeys(question for less, question in ordered if -less >= least))[:MOST]

    def _leading(self, row: int) -> list[tuple[int, str]]:
        """The questions offered to visitors that lead to a row, each behind its place among the index's."""
        number = int(self._searcher.index.article_of[row])
        led = self._led.get(number)
        if led is None:
            led = {}
            questions = offered(self._searcher.articles[number])
            places = self._searcher.question_places(number, questions)
            rows = self._searcher.index.questions.rows(places).tolist()
            for one, place, question in zip(rows, places, questions, strict=True):
                led.setdefault(one, []).append((place, question))
            self._led[number] = led  # whole: other threads look it up meanwhile
        return led.get(row, [])

    def covered(self, filters: Filters) -> tuple[str, ...]:
        """The topics of the articles that filters keep, at most ten, those of most articles first."""
        kept = (article for article in self._searcher.articles if keeps(filters, article))
        counted = Counter(topic for article in kept for topic in article.topics)
        return tuple(topic for topic, _ in counted.most_common(_MOST_COVERED))

    def topics(self, rows: npt.NDArray[np.int64]) -> tuple[str, ...]:
        """The topics of the articles that rows belong to, the first rows' first, at most four."""
        numbers = dict.fromkeys(self._searcher.index.article_of[rows].tolist())
        topics = [topic for number in numbers for topic in self._searcher.articles[number].topics]
        return tuple(dict.fromkeys(topics))[:_TOPICS]


@lru_cache(maxsize=4096)
def offered(article: Article) -> tuple[str, ...]:
    """The questions of an article that are offered to visitors: those without a section, and each section's first."""
    firsts: dict[str, str] = {}
    for question, section in zip_longest(article.questions, article.sections, fillvalue=""):
        firsts.setdefault(section or question, question)
    return tuple(firsts.values())


@lru_cache(maxsize=16_384)
def _key(question: str) -> frozenset[str]:
    """What a question asks, whatever its wording: its stemmed words without stop words."""
    return frozenset(stem(word) for word in words(question) if word not in STOP_WORDS)
