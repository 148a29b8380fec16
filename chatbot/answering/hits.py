"""What an answer shows of a ranking: which places, where it stops, and each as a hit with its marks and its reason."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from chatbot.answering import highlight, in_short
from chatbot.answering.question_trace import Trace
from chatbot.answering.ranking import own_page
from chatbot.answering.ranking.comparison import Forms, names_each, spoken
from chatbot.answering.ranking.searcher import PER_ARTICLE, Ranking, Searcher, reach, spread
from chatbot.arrays import Rows, Scores, Vectors
from chatbot.indexing.generation.passage_index import Allowed
from chatbot.records import Comparison, Excerpt, Hit, Side, Verdict, Why

_PER_ARTICLE_OF_MORE = 4
_COMPARED = 4  # candidates for each passage of an answer, among which one may repeat another
_FEWEST = 3  # to choose from, also where the first seems to answer


@dataclass(frozen=True, slots=True)
class Marks:
    """Of each highlight of a hit how well its best sentence answers, shape (highlights,), and its unit vector."""

    scores: Scores
    vectors: Vectors


class Hits:
    """The hits of one generation. Safe to use from several threads."""

    def __init__(self, searcher: Searcher) -> None:
        self._searcher = searcher
        self._index = searcher.index

    def places(
        self, ranking: Ranking, k: int, before: Rows, verdict: Verdict, *, more: bool
    ) -> tuple[list[int], list[int]]:
        """The k best places of a ranking, and how many of them are shown; who asks for `more` gets them all.

        What repeats another place, or one of the rows shown `before`, is passed over.
        """
        most = _PER_ARTICLE_OF_MORE if more else PER_ARTICLE
        repeated = self._searcher.repeated(ranking.rows[: _COMPARED * k], before)
        found = spread(self._index.article_of[ranking.rows], k, most, repeated)
        if verdict == "not_covered":
            return found, []
        return found, found if more else found[: reach(ranking.scores[found], _FEWEST)]

    def own_first(self, places: list[int], found: Sequence[int], ranking: Ranking, own: int, kept: int) -> list[int]:
        """Some places with those of `found` in front that are of the article `own`, behind the first `kept`."""
        near = own_page.near(found, self._index.article_of[ranking.rows], ranking.scores, own)
        return list(dict.fromkeys([*places[:kept], *near, *places]))

    def read(self, trace: Trace, places: Sequence[int]) -> list[tuple[Hit, Marks]]:
        """The passages at some places of a ranking, with the sentences that answer and the reason."""
        query, ranking = trace.understood.query, trace.ranking
        weights = {term: weight * self._index.idf(term) for term, weight in query.weights.items()}
        read = []
        passages = self._index.passages(ranking.rows[list(places)])
        for rank, (place, passage) in enumerate(zip(places, passages, strict=True), start=1):
            spans, vectors = self._index.sentences(int(ranking.rows[place]))
            sentences = [passage.text[start:end] for start, end in spans.tolist()]
            coverage = highlight.coverage(sentences, weights)
            scores = highlight.scores(vectors @ query.vector, coverage)
            marked = highlight.choose(passage.text, spans.tolist(), scores, coverage)
            best = [one.sentence for one in marked]
            score, cosine = float(ranking.scores[place]), float(ranking.cosines[place])
            matched = highlight.matched_words(
                query.text, (passage.title, *passage.headings, *passage.columns, *sentences)
            )
            share = float(ranking.words[place]) / score if score > 0 else 0.0
            pinned = trace.pinned and place == 0
            on_page = trace.own == self._index.article_of[ranking.rows[place]]
            why = Why(tuple(matched), highlight.closeness(cosine), min(max(share, 0.0), 1.0), pinned, bool(on_page))
            chosen, reason = tuple(one.highlight for one in marked), highlight.reason(why)
            hit = Hit(rank, passage, score, cosine, float(ranking.bm25[place]), chosen, why, reason)
            read.append((hit, Marks(scores[best], vectors[best])))
        return read

    def sides(self, trace: Trace, places: Sequence[int]) -> list[list[int]]:
        """For some places of a ranking the numbers of the sides that each speaks of, where the question compares."""
        if not trace.understood.sides:
            return [[] for _ in places]
        of = spoken(self._index, trace.ranking.rows[list(places)], trace.understood.forms).of
        return [np.flatnonzero(own).tolist() for own in of]

    def comparison(self, trace: Trace) -> Comparison | None:
        """The hits of an answer sorted by what the question compares."""
        ranked = list(enumerate(self.sides(trace, trace.places), start=1))
        sides = tuple(
            Side(label, tuple(rank for rank, own in ranked if own == [number]))
            for number, label in enumerate(trace.understood.sides)
            if any(number in own for _, own in ranked)
        )
        together = tuple(rank for rank, own in ranked if len(own) > 1)
        return Comparison(sides, together) if len(sides) > 1 else None

    def similar(self, row: int, k: int, allowed: Allowed | None) -> tuple[Hit, ...]:
        """The passages that are closest in meaning to the one of a row, itself left out."""
        vector = self._index.vectors(np.array([row]))[0]
        rows, cosines = self._index.dense(vector, k + 1, allowed)
        others = [(int(other), float(cosine)) for other, cosine in zip(rows, cosines, strict=True) if other != row][:k]
        passages = self._index.passages(other for other, _ in others)
        hits = []
        for rank, (passage, (_, cosine)) in enumerate(zip(passages, others, strict=True), start=1):
            why = Why((), highlight.closeness(cosine), 0.0)
            hits.append(Hit(rank, passage, cosine, cosine, 0.0, (), why, highlight.reason(why)))
        return tuple(hits)


def sentences_in_short(read: Sequence[tuple[Hit, Marks]], forms: Forms) -> tuple[Excerpt, ...]:
    """The sentences of the first hits that together answer; of a comparison those that name all sides.

    `forms` are the ways in which a text may name each side of what the question compares, empty where it does not.
    """
    first = read[: in_short.HITS]
    marked = [Excerpt(hit.rank, hit.passage.text[one.start : one.end]) for hit, _ in first for one in hit.highlights]
    kept = [n for n, one in enumerate(marked) if names_each(one.text, forms)]
    if not kept:
        return ()
    scores, vectors = (np.concatenate([getattr(marks, name) for _, marks in first]) for name in ("scores", "vectors"))
    return in_short.choose([marked[n] for n in kept], scores[kept], vectors[kept])
