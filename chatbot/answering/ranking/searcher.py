"""One open generation and its encoder: a text to ranked passages."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Set
from dataclasses import dataclass, field, fields, replace
from functools import cached_property

import numpy as np
import numpy.typing as npt

from chatbot.answering.ranking import formulas
from chatbot.arrays import Rows, Scores, Vectors
from chatbot.content.source.copies import ALIKE, resemblance
from chatbot.indexing.generation.calibration_data import text_digest
from chatbot.indexing.generation.passage_index import Allowed, PassageIndex
from chatbot.indexing.model.encoder import QueryEmbedder, Shares
from chatbot.records import Article, Filters, Passage

CANDIDATES = 100
SECOND_LOOK = 40
"""How many of the best are compared token by token."""
PER_ARTICLE = 2
_LEANING_GAIN = 0.06
_FALLS = 0.5
_SAME_MEANING = np.float32(0.95)
"""The cosine from which two passages are compared word by word."""


@dataclass(frozen=True, slots=True)
class Query:
    """A text made ready: its unit vector, and its stemmed terms with their weights.

    `favoured` says what the passages of some articles, named by their ids, gain in score. `embedded` is what the model
    read of the question itself, `tokens` what it read it in; those of several readings have their shares, together 1.
    """

    text: str
    vector: Vectors
    weights: dict[str, float]
    favoured: Mapping[str, float] = field(default_factory=dict)
    embedded: str = ""
    tokens: Shares = ()


@dataclass(frozen=True, slots=True)
class Ranking:
    """Rows of passages, best first, with what they scored; all arrays have one length.

    `scores` is the fused score, `words` the part of it that comes from words; `cosines` and `bm25` are raw. `asked` is
    how close the questions that lead to each are, and `held` how much of what is asked they hold together, token by
    token, in [0, 1]; both -1 where there is none, and `held` where the tokens were not compared.
    """

    rows: Rows
    scores: Scores
    words: Scores
    cosines: Scores
    sentences: Scores
    asked: Scores
    bm25: Scores
    held: Scores

    def only(self, kept: npt.NDArray[np.bool_] | npt.NDArray[np.intp]) -> Ranking:
        """The places that `kept`, a mask or places in a new order, selects."""
        return Ranking(*(getattr(self, each.name)[kept] for each in fields(self)))


NOTHING = Ranking(np.empty(0, np.int64), *(np.empty(0, np.float32) for _ in range(7)))


class Searcher:
    """Finds passages in one generation. Safe to use from several threads."""

    def __init__(self, index: PassageIndex, embedder: QueryEmbedder, spelt_out: Callable[[str], str] = str) -> None:
        """`spelt_out` makes of a question what the model reads; see Vocabulary."""
        self.index = index
        self.embedder = embedder
        self._spelt_out = spelt_out

    def query(self, text: str, *, literal: bool = False) -> Query:
        """A text made ready to be ranked; the model reads it as it stands where it is `literal`."""
        read = text if literal else self._spelt_out(text)
        question = self.embedder.read_query(read)
        return Query(text, question.vector, formulas.term_weights(text), embedded=read, tokens=question.shares)

    def rank(self, query: Query, allowed: Allowed | None = None) -> Ranking:
        """The candidates of all searches in one order; `allowed` limits them to some passages."""
        found = self.index.candidates(query.vector, query.weights, CANDIDATES, allowed)
        best = np.where(found.sentences > -1, found.sentences, found.cosines).astype(np.float32)
        known = self.index.questions.counts(found.rows)
        meaning = formulas.meaning(found.cosines, best, found.asked, known, found.beside, found.hubs)
        decided = formulas.decidedness(found.highest, len(self.index))
        words = formulas.word_share(found.bm25, float(found.highest.max(initial=0.0)), decided)
        scores = meaning + words
        nearest = float(np.maximum(found.cosines, found.asked).max(initial=0.0))
        scores += formulas.expansion(found.vectors, scores, formulas.vagueness(nearest))
        if query.favoured:
            scores += self._gain(found.rows, query.favoured)
        order = np.lexsort((found.rows, -scores))
        held = np.full(len(order), -1, np.float32)
        if query.tokens:
            looked_at = order[:SECOND_LOOK]
            closeness, held[looked_at] = self.index.questions.token_closeness(query.tokens, found.rows[looked_at])
            scores[looked_at] += formulas.token_share(closeness + held[looked_at], known[looked_at])
            order = np.lexsort((found.rows, -scores))
        return Ranking(found.rows, scores, words, found.cosines, best, found.asked, found.bm25, held).only(order)

    def repeated(self, rows: Rows, shown: Rows) -> frozenset[int]:
        """The places of `rows` that say nearly what a row before them says, or one of `shown`, in another article.

        What is for other readers (audience, country) is not the same.
        """
        whole = np.concatenate([shown, rows])
        vectors, articles = self.index.vectors(whole), self.index.article_of[whole]
        near = np.triu(vectors @ vectors.T >= _SAME_MEANING, 1) & (articles[:, None] != articles)
        if not near.any():
            return frozenset()
        ones, others = np.nonzero(near)
        places = sorted({*ones.tolist(), *others.tolist()})
        named = dict(zip(places, self.index.passages(whole[places]), strict=True))
        found: set[int] = set()
        for one, other in zip(ones.tolist(), others.tolist(), strict=True):
            if other >= len(shown) and one not in found and _says_the_same(named[one], named[other]):
                found.add(other)
        return frozenset(place - len(shown) for place in found)

    def _gain(self, rows: Rows, favoured: Mapping[str, float]) -> Scores:
        articles = self.articles
        gains: Scores = np.array([favoured.get(articles[n].id, 0.0) for n in self.index.article_of[rows]], np.float32)
        return gains

    @cached_property
    def articles(self) -> tuple[Article, ...]:
        """All articles in the order of their ids, their texts left empty."""
        return self.index.store.articles()

    def leads(self, number: int, questions: Iterable[str]) -> list[int]:
        """The rows that some questions of an article lead to; `number` is its place among the articles."""
        return self.index.questions.rows(self.question_places(number, questions)).tolist()  # type: ignore[no-any-return]

    def question_places(self, number: int, questions: Iterable[str]) -> list[int]:
        """The places of some questions of an article among the index's."""
        first, last = self._asked_from[number : number + 2].tolist()
        digests = self.index.questions.digests[first:last].view("V16").ravel().tolist()
        places = dict(zip(digests, range(first, last), strict=True))
        return [places[text_digest(question)] for question in questions]

    @cached_property
    def _asked_from(self) -> Rows:
        """Where the questions of each article begin, and where the last ends."""
        first_rows = np.searchsorted(self.index.article_of, np.arange(len(self.articles) + 1))
        begins: Rows = self.index.questions.starts[first_rows]
        return begins

    def rows_of(self, passage_ids: Iterable[str]) -> list[int]:
        """The rows of some passages, without those that are not in this generation."""
        rows = map(self.index.store.row, passage_ids)
        return [row for row in rows if row is not None]

    def allowed(self, filters: Filters) -> Allowed | None:
        """The passages that filters keep; None where they keep all."""
        return None if filters == Filters() else self._kept(filters)

    def picked(self, passage_ids: Iterable[str], filters: Filters) -> Allowed:
        """Some passages alone, as far as filters keep them."""
        return replace(self._kept(filters), picked=tuple(self.rows_of(passage_ids)))

    def _kept(self, filters: Filters) -> Allowed:
        return Allowed(filters, np.array([keeps(filters, article) for article in self.articles], np.bool_))


def together(completed: Ranking, alone: Ranking, leaning: float) -> Ranking:
    """The rankings of a question completed by the conversation and of its words alone as one.

    A passage has the better of its two scores, where those of the completed question gain 0.06 by each unit of
    `leaning`. What the words alone found first comes second at the latest, so that it is shown whatever the other
    reading brings.
    """
    if not (len(completed.rows) and len(alone.rows)):
        return completed if len(completed.rows) else alone
    names = [each.name for each in fields(Ranking)]
    both = Ranking(*(np.concatenate([getattr(completed, name), getattr(alone, name)]) for name in names))
    gain = np.repeat(np.array([_LEANING_GAIN * leaning, 0.0], np.float32), [len(completed.rows), len(alone.rows)])
    both = both.only(np.argsort(-(both.scores + gain), kind="stable"))
    _, first = np.unique(both.rows, return_index=True)
    both = both.only(np.sort(first))
    place = int(np.flatnonzero(both.rows == alone.rows[0])[0])
    order = np.delete(np.arange(len(both.rows)), place)
    return both.only(np.insert(order, min(place, 1), place))


def keeps(filters: Filters, article: Article) -> bool:
    """Whether an article is one of those that filters keep."""

    def meets(wanted: tuple[str, ...], own: tuple[str, ...]) -> bool:
        return bool({value.casefold() for value in wanted} & {value.casefold() for value in own})

    if filters.topics and not meets(filters.topics, article.topics):
        return False
    if filters.audience and article.audience and not meets(filters.audience, article.audience):
        return False
    if filters.countries and article.country and not meets(filters.countries, (article.country,)):
        return False
    day = article.updated or article.published
    return not (filters.updated_since and (day is None or day < filters.updated_since))


def _says_the_same(one: Passage, other: Passage) -> bool:
    readers = (one.country, one.audience) == (other.country, other.audience)
    return readers and one.columns == other.columns and resemblance(one.text, other.text) >= ALIKE


def spread(
    articles: npt.NDArray[np.int64], k: int, most: int = PER_ARTICLE, repeated: Set[int] = frozenset()
) -> list[int]:
    """The first k places of a ranking in which no article comes more than `most` times, unless nothing else is left.

    `articles` gives the article of each place, best first; the places in `repeated` are passed over.
    """
    count: dict[int, int] = {}
    first: list[int] = []
    rest: list[int] = []
    for place, article in enumerate(articles.tolist()):
        if place in repeated:
            continue
        count[article] = count.get(article, 0) + 1
        (first if count[article] <= most else rest).append(place)
        if len(first) == k:
            return first
    return sorted(first + rest[: k - len(first)])


def reach(scores: Scores, fewest: int = 1) -> int:
    """How many passages of an answer are worth showing, at least `fewest`, by their scores, best first.

    The second may score 0.5 less than the first, the third half of that, the fourth a third, and so on: the further
    down a passage is, the less often it helps, and the nearer it has to be. docs/retrieval.md says what this gives.
    """
    falls = (scores[:1] - scores) * np.arange(len(scores))
    return max(int(np.count_nonzero(falls <= _FALLS)), min(fewest, len(scores)))
