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

    def starters(self, n: int, filters: Filters) -> tuple[str, ...]:
        """The first question of articles spread evenly over those that the filters keep."""
        kept = (article for article in self._searcher.articles if keeps(filters, article))
        questions = [offered(article)[0] for article in kept if article.questions]
        count = min(n, len(questions))
        return tuple(questions[place * len(questions) // count] for place in range(count))

    def after(self, rows: npt.NDArray[np.int64], asked: Sequence[str], shown: Collection[int]) -> tuple[str, ...]:
        """At most three editors' questions of the articles that were found, closest to what was asked first.

        `rows` are rows, best first. `asked` is what was asked so far, the last of it last; none of that is offered
        again, nor a question whose answer is one of the rows `shown`.
        """
        numbers = list(dict.fromkeys(self._searcher.index.article_of[rows].tolist()))
        before = {_key(question) for question in asked}
        own = _key(asked[-1]) if asked else frozenset()
        ordered = sorted(
            (place - len(own & _key(question)), place, number, question)
            for place, number in enumerate(numbers)
            for question in offered(self._searcher.articles[number])
            if _key(question) not in before
        )
        chosen: dict[str, None] = {}
        for _, _, number, question in ordered:
            if len(chosen) == MOST:
                break
            if self._searcher.leads(number, [question])[0] not in shown:
                chosen[question] = None
        return tuple(chosen)

    def near(self, rows: npt.NDArray[np.int64], vector: Vectors, asked: Sequence[str]) -> tuple[str, ...]:
        """At most three editors' questions of the articles that rows belong to, nearest to a unit vector first.

        None is further from it than `NEAR`, and none was asked before.
        """
        before, numbers = set(map(_key, asked)), dict.fromkeys(self._searcher.index.article_of[rows].tolist())
        places: dict[int, str] = {}
        for number in numbers:
            own = [question for question in offered(self._searcher.articles[number]) if _key(question) not in before]
            places |= zip(self._searcher.question_places(number, own), own, strict=True)
        cosines = self._searcher.index.questions.cosines(vector, np.array(list(places), np.int64))
        ordered = sorted(zip((-cosines).tolist(), places.values(), strict=True))
        near = dict.fromkeys(question for cosine, question in ordered if -cosine >= NEAR)
        return tuple(near)[:MOST]

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
