"""Vectors and word counts of a corpus: taken over where a passage is known, computed where it is new."""

from __future__ import annotations

import time
from collections.abc import Collection, Iterator, Mapping, Sequence

import numpy as np
import numpy.typing as npt

from chatbot.arrays import Rows, Vectors, ranges
from chatbot.content.passages import embedded_text, sentences
from chatbot.indexing.building.corpus import Corpus
from chatbot.indexing.building.report import OnStep
from chatbot.indexing.generation.editor_questions import lead
from chatbot.indexing.generation.hubs import Texts, hubness
from chatbot.indexing.generation.local_index import LocalIndex, Parts, SentenceVectors, quantise
from chatbot.indexing.model.embedder import Embedder, PassageVectors
from chatbot.indexing.model.encoder import ReadQuestion, Span, concurrently
from chatbot.indexing.words.bm25 import Postings, count_terms, merge
from chatbot.indexing.words.tokens import passage_words, stem
from chatbot.indexing.words.word_counts import count_words
from chatbot.records import Article

_FEW = 10
_QUESTIONS = 512  # at once: a second of work, and enough to find many of one length


def to_embed(corpus: Corpus, old: LocalIndex | None) -> set[bytes]:
    """The digests of the distinct texts whose vectors are not in the old generation."""
    return set(corpus.digests).difference(old.store.digests() if old else ())


def gather(corpus: Corpus, embedder: Embedder, old: LocalIndex | None, on_step: OnStep) -> tuple[Parts, int, float]:
    """Everything that a generation is written from, how many texts had to be embedded, and the seconds for each.

    Where few had to be embedded, the seconds are those that the old generation remembers.
    """
    known = {digest: row for row, digest in enumerate(old.store.digests())} if old else {}
    sources = np.array([known.get(digest, -1) for digest in corpus.digests], np.int64)
    fresh, places = _embed(corpus, np.flatnonzero(sources < 0), embedder, on_step)
    embedded = fresh.vectors()
    vectors = np.empty((len(sources), embedder.dim), np.float16)
    vectors[sources < 0] = embedded[places[sources < 0]]
    if old:
        vectors[sources >= 0] = old.embeddings[sources[sources >= 0]]
    before = (Texts(old.store.digests(), old.embeddings), old.hub_rows) if old else None
    hubs = hubness(Texts(corpus.digests, vectors), before)
    sentences = _join(sources, old.sentence_vectors if old else None, places, fresh.sentences())
    article_of = corpus.article_of()

    def read(questions: Collection[str]) -> Iterator[ReadQuestion]:
        texts = list(questions)
        for first in range(0, len(texts), _QUESTIONS):
            some = texts[first : first + _QUESTIONS]
            yield from concurrently(embedder.read_query, some)
            on_step("questions", first + len(some), len(texts))

    questions, asked = lead(corpus.articles, article_of, corpus.passages, vectors, read, old.questions if old else None)
    postings, spoken = _count(corpus, article_of, sources, old, on_step)
    parts = Parts(
        *(corpus.articles, article_of, corpus.passages, corpus.digests, vectors, hubs, sentences),
        *(questions, asked, postings, spoken),
    )
    return parts, len(embedded), pace(fresh.seconds, old.manifest.pace if old else 0.0)


def pace(seconds: Sequence[float], before: float) -> float:
    """The mean over all texts but the first, which waits for the model; of a few only where `before` knows nothing.

    0.0 where nothing can be known.
    """
    if len(seconds) > _FEW or not before:
        return sum(seconds[1:]) / max(len(seconds) - 1, 1)
    return before


def titled(title: Vectors, sentences: Vectors) -> Vectors:
    """Unit rows: each sentence's vector plus its title's, so that a sentence knows what its article is about."""
    sums = sentences + title
    rows: Vectors = (sums / np.maximum(np.linalg.norm(sums, axis=1, keepdims=True), 1e-9)).astype(np.float32)
    return rows


class _Fresh:
    """Vectors computed in this build, in the order of computing."""

    def __init__(self, dim: int) -> None:
        self._vectors: list[npt.NDArray[np.float16]] = []
        self._codes, self._scales = [np.empty((0, dim), np.int8)], [np.empty(0, np.float32)]
        self._spans, self._starts = [np.empty((0, 2), np.int32)], [0]
        self._dim = dim
        self.seconds: list[float] = []

    def add(self, spans: Sequence[Span], embedded: PassageVectors) -> None:
        """What was made of a passage: the spans of its sentences, and vectors of it, its title and these sentences."""
        codes, scales = quantise(titled(embedded.sentences[0], embedded.sentences[1:]))
        self._vectors.append(embedded.passage.astype(np.float16))
        self._codes.append(codes)
        self._scales.append(scales)
        self._spans.append(np.array(spans, np.int32).reshape(-1, 2))
        self._starts.append(self._starts[-1] + len(spans))

    def vectors(self) -> npt.NDArray[np.float16]:
        return np.array(self._vectors, np.float16).reshape(-1, self._dim)

    def sentences(self) -> SentenceVectors:
        return SentenceVectors(
            np.concatenate(self._codes),
            np.concatenate(self._scales),
            np.concatenate(self._spans),
            np.array(self._starts, np.int64),
        )


def _embed(corpus: Corpus, rows: Rows, embedder: Embedder, on_step: OnStep) -> tuple[_Fresh, Rows]:
    """Embed each distinct text of these rows once; for each row of the corpus, where its vector is."""
    fresh = _Fresh(embedder.dim)
    places = np.full(len(corpus.passages), -1, np.int64)
    first: dict[bytes, int] = {}
    for row in rows:
        first.setdefault(corpus.digests[row], int(row))
    number = {digest: place for place, digest in enumerate(first)}
    places[rows] = [number[corpus.digests[row]] for row in rows]

    def embed(row: int) -> tuple[Sequence[Span], PassageVectors]:
        passage = corpus.passages[row]
        text, spans = embedded_text(passage), sentences(passage.text)
        shift, title = len(text) - len(passage.text), (0, len(passage.title))
        return spans, embedder.embed_passage(text, [title, *((start + shift, end + shift) for start, end in spans)])

    began = time.perf_counter()
    for done, (spans, embedded) in enumerate(concurrently(embed, first.values())):
        on_step("embedding", done, len(first))
        fresh.add(spans, embedded)
        fresh.seconds.append(-began + (began := time.perf_counter()))
    on_step("embedding", len(first), len(first))
    return fresh, places


def _join(sources: Rows, old: SentenceVectors | None, places: Rows, fresh: SentenceVectors) -> SentenceVectors:
    """The sentences of all passages: row i takes over those of row sources[i], or fresh ones of places[i]."""
    counts = np.where(sources < 0, np.diff(fresh.starts)[places], 0) if len(fresh.starts) > 1 else np.zeros_like(places)
    if old is not None:
        counts = np.where(sources >= 0, np.diff(old.starts)[sources], counts)
    starts = np.zeros(len(sources) + 1, np.int64)
    np.cumsum(counts, out=starts[1:])
    codes = np.empty((starts[-1], fresh.codes.shape[1]), np.int8)
    scales, spans = np.empty(starts[-1], np.float32), np.empty((starts[-1], 2), np.int32)
    for source, rows, chosen in ((fresh, places, sources < 0), (old, sources, sources >= 0)):
        if source is not None and chosen.any():
            there = ranges(starts[:-1][chosen], counts[chosen])
            here = ranges(source.starts[rows[chosen]], counts[chosen])
            codes[there], scales[there], spans[there] = source.codes[here], source.scales[here], source.spans[here]
    return SentenceVectors(codes, scales, spans, starts)


def _count(
    corpus: Corpus, article_of: Rows, sources: Rows, old: LocalIndex | None, on_step: OnStep
) -> tuple[Postings, Mapping[str, int]]:
    """Word counts of all passages; an old row can be taken over once, twins of it are counted anew."""
    on_step("counting", 0, 1)
    named, once = _named(corpus.articles, article_of), _named(old.store.articles(), old.article_of) if old else {}
    total = len(corpus.passages)
    moved = np.full(len(old) if old else 0, -1, np.int64)
    anew = []
    for row, source in enumerate(sources):
        if source >= 0 and moved[source] < 0 and named.get(row) == once.get(int(source)):
            moved[source] = row
        else:
            anew.append(row)
    said = [passage_words(corpus.passages[row], named.get(row, ())) for row in anew]
    spoken = count_words(said)
    parts = [(count_terms([stem(word) for word in passage] for passage in said), np.array(anew, np.int64))]
    if old:
        parts.append((old.lexical_index.postings(), moved))
        spoken.update(old.words)
        gone = [int(row) for row in np.flatnonzero(moved < 0)]
        unsaid = zip(old.passages(gone), gone, strict=True)
        spoken.subtract(count_words(passage_words(passage, once.get(row, ())) for passage, row in unsaid))
    return merge(parts, total), spoken


def _named(articles: Sequence[Article], article_of: Rows) -> dict[int, tuple[str, ...]]:
    """The aliases of each article that has some, by the row of its first passage, among whose words they count."""
    firsts = np.searchsorted(article_of, np.arange(len(articles)))
    return {int(row): one.aliases for row, one in zip(firsts, articles, strict=True) if one.aliases}
