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
        searcher, before, wanted = self._searcher, set(map(_key, asked)), set(rows.tolist()) - set(shown)
        places: dict[int, str] = {}
        for number in dict.fromkeys(searcher.index.article_of[rows].tolist()):
            own = [question for question in offered(searcher.articles[number]) if _key(question) not in before]
            places |= zip(searcher.question_places(number, own), own, strict=True)
        told = searcher.index.questions
        led = [place for place, row in zip(places, told.rows(list(places)).tolist(), strict=True) if row in wanted]
        cosines = told.cosines(vector, np.array(led, np.int64)).tolist()
        ordered = sorted((-cosine, places[place]) for place, cosine in zip(led, cosines, strict=True))
        return tuple(dict.fromkeys(question for less, question in ordered if -less >= least))[:MOST]

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
