"""What editors say that their articles answer: each question leads to one passage, whose sentences it is added to.

questions/
  digests.npy     uint8 (questions, 16)       of the text of each question
  vectors.npy     float16 (questions, dim)    unit rows, side by side those that lead to one passage
  vectors.faiss   the same, to be searched
  starts.npy      int64 (passages + 1,)       questions starts[i]:starts[i+1] lead to passage i
  hubs.npy        float32 (questions, 2)      how close each is to questions at large; see `hubs`
  tokens/         the tokens of each question; see `question_tokens`
  lexical/        the words of each question, counted as those of a passage: the files of `bm25`

Where a question leads: to the section that it names, else to one whose heading says the same, else to the passage that
is nearest in meaning, closer the more of its words stand in a heading. docs/retrieval.md says what was measured.

They have no place in the text, so that they are compared with visitors' questions and never highlighted.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Iterable, Sequence
from dataclasses import dataclass
from functools import cached_property
from itertools import zip_longest
from pathlib import Path

import numpy as np
import numpy.typing as npt

from chatbot.arrays import HalfVectors, Mask, Rows, Scores, Vectors, mapped, products, ranges
from chatbot.content.markdown.blocks import blocks
from chatbot.indexing.generation.calibration_data import text_digest
from chatbot.indexing.generation.hubs import Texts, hubness
from chatbot.indexing.generation.question_tokens import Codes, Ids, QuestionTokens, coded
from chatbot.indexing.generation.vectors import VectorIndex
from chatbot.indexing.model.encoder import ReadQuestion, Shares
from chatbot.indexing.words.bm25 import Postings, count_terms
from chatbot.indexing.words.row_scores import of_runs
from chatbot.indexing.words.tokens import content_words, stem, words
from chatbot.records import Article, Passage

FOLDER = "questions"
_ARRAYS = ("digests", "vectors", "starts", "hubs")
_TOKENS = "tokens"
OFFERED = 512  # how many questions are looked at for the passages that they lead to
_HUB = np.float32(0.3)
_SHARES = np.array([0.5, 0.3, 0.2], np.float32)
# A heading says what a question asks where they share so much of the words of both; else it adds so much of that.
_SAME, _HEADING = 2 / 3, 0.3
# What a small heading in the text of a passage begins with, or is underlined with.
_HEADING_MARK = re.compile(r"^[ >]*(#|=+\s*$|-+\s*$)", re.M)


@dataclass(frozen=True, slots=True)
class EditorsQuestions:
    """The arrays of this module's docstring."""

    digests: npt.NDArray[np.uint8]
    vectors: HalfVectors
    starts: Rows
    hubs: Scores
    tokens: QuestionTokens

    @classmethod
    def open(cls, folder: Path) -> EditorsQuestions:
        digests, vectors, starts, hubs = (mapped(folder / f"{name}.npy") for name in _ARRAYS)
        return cls(digests, vectors, starts, hubs, QuestionTokens.open(folder / _TOKENS))

    def write(self, folder: Path) -> None:
        folder.mkdir()
        for name in _ARRAYS:
            np.save(folder / f"{name}.npy", getattr(self, name))
        self.tokens.write(folder / _TOKENS)

    def counts(self, rows: Rows) -> Rows:
        """How many of them lead to each of some passages, shape (len(rows),)."""
        found: Rows = self.starts[rows + 1] - self.starts[rows]
        return found

    def rows(self, places: npt.ArrayLike) -> Rows:
        """The passages that the questions at these places lead to, shape (len(places),)."""
        found: Rows = np.searchsorted(self.starts, places, side="right") - 1
        return found

    def cosines(self, vector: Vectors, places: Rows) -> Scores:
        """Those of the questions at these places to a unit vector, shape (len(places),)."""
        return products(self.vectors, places, vector)

    def token_closeness(self, asked: Shares, rows: Rows) -> tuple[Scores, Scores]:
        """How close the tokens of the questions that lead to passages are to those of what is `asked`, shape
        (len(rows),): 0.5, 0.3 and 0.2 of the three closest of each passage; and how much of it all of them hold
        together; both -1 where none leads there.

        Several readings of what is asked count by their shares.
        """
        counts = self.counts(rows)
        places = ranges(self.starts[rows], counts)
        closeness, together = np.zeros(len(places), np.float32), np.zeros(len(rows), np.float32)
        for share, tokens in asked:
            ones, whole = self.tokens.closeness(tokens, places, counts)
            closeness += np.float32(share) * ones
            together += np.float32(share) * whole
        return three_nearest(closeness, counts), np.where(counts > 0, together, np.float32(-1))

    def near(self, cosines: Scores, places: Rows, mean: float | None = None) -> Scores:
        """Cosines to the questions at these places, shape (..., len(places)), less what hubs take from each.

        `mean` is how close questions are to questions at large, by default these.
        """
        mean = self.hubs[:, 0].mean() if mean is None and len(places) else mean
        hubs = self.hubs[places, 0] - np.float32(mean) if len(places) else np.empty(0, np.float32)
        less: Scores = cosines - _HUB * hubs
        return less


def three_nearest(near: Scores, counts: Rows) -> Scores:
    """0.5, 0.3 and 0.2 of the three highest of each run of so many, shape (..., len(counts)); -1 where one is empty.

    Where a run has fewer, the last stands for those that lack.
    """
    best = of_runs(near, counts)
    closeness, left = _SHARES[0] * best, best
    for share in _SHARES[1:]:
        near = np.where(near >= np.repeat(left, counts, axis=-1), np.float32(-2.0), near)
        following = of_runs(near, counts)
        left = np.where(following > -1, following, left)
        closeness += share * left
    found: Scores = np.where(counts > 0, closeness, best)
    return found


class QuestionScores:
    """How close the questions that lead to passages are to a unit vector.

    0.5, 0.3 and 0.2 of the three nearest of a passage, by their cosines less what closeness to questions at large takes
    from each, 0 in the mean: what is near to every question says little about one. Where there are fewer, the last
    stands for those that lack. Several that agree say more than one that may be near by chance.
    """

    def __init__(self, questions: EditorsQuestions, nearest: VectorIndex, vector: Vectors) -> None:
        self._questions = questions
        self._nearest = nearest
        self._vector = vector

    def of(self, rows: Rows) -> Scores:
        """That of passages, shape (len(rows),); -1 where no question leads there."""
        told = self._questions
        counts = told.counts(rows)
        places = ranges(told.starts[rows], counts)
        return three_nearest(told.near(told.cosines(self._vector, places), places), counts)

    def first(self, count: int, allowed: Mask | None = None) -> Rows:
        """The rows that the nearest questions lead to, at most `count`, that of the nearest question first.

        Questions with a cosine of 0 or less are not near. `allowed`, shape (passages,), limits the search to some rows.
        """
        kept = None if allowed is None else np.repeat(allowed, np.diff(self._questions.starts))
        places, cosines = self._nearest.search(self._vector, OFFERED, kept)
        rows = self._questions.rows(places[cosines > 0])
        return rows[np.sort(np.unique(rows, return_index=True)[1])][:count]


def lead(
    articles: Sequence[Article],
    article_of: Rows,
    passages: Sequence[Passage],
    vectors: HalfVectors,
    read: Callable[[Collection[str]], Iterable[ReadQuestion]],
    old: EditorsQuestions | None,
) -> tuple[EditorsQuestions, Postings]:
    """Each question's vector, taken over from `old` where it is known, and the passage of its article it leads to.

    Side by side with them the words of each.

    `article_of` gives the article of each of the `passages`, ascending, `vectors` their unit rows, shape
    (passages, dim). `read` gives the unit vector and the tokens of each of some questions.
    """
    known: dict[bytes, tuple[npt.NDArray[np.float16], tuple[Ids, Codes]]] = {}
    if old:
        for row, digest in enumerate(old.digests):
            known[digest.tobytes()] = old.vectors[row], old.tokens.of_question(row)
    unknown = {
        text_digest(question): question
        for article in articles
        for question in article.questions
        if text_digest(question) not in known
    }
    for digest, one in zip(unknown, read(unknown.values()), strict=True):
        known[digest] = one.vector.astype(np.float16), coded(one.tokens)
    firsts = np.searchsorted(article_of, np.arange(len(articles) + 1))
    digests: list[bytes] = []
    found: list[npt.NDArray[np.float16]] = []
    rows: list[int] = []
    asked: list[list[str]] = []
    for number, article in enumerate(articles):
        if not article.questions:
            continue
        first, last = int(firsts[number]), int(firsts[number + 1])
        own = vectors[first:last].astype(np.float32)
        own_sections = Sections(passages[first:last])
        for question, named in zip_longest(article.questions, article.sections, fillvalue=""):
            digests.append(text_digest(question))
            vector, _ = known[digests[-1]]
            found.append(vector)
            rows.append(first + own_sections.place(question, named, own @ vector.astype(np.float32)))
            asked.append([stem(word) for word in words(question)])
    places = np.array(rows, np.int64)
    order = np.argsort(places, kind="stable")
    texts = Texts(digests, np.array(found, np.float16).reshape(-1, vectors.shape[1]))
    before = (Texts([digest.tobytes() for digest in old.digests], old.vectors), old.hubs) if old else None
    questions = EditorsQuestions(
        np.frombuffer(b"".join(digests), np.uint8).reshape(-1, 16)[order],
        texts.vectors[order],
        np.searchsorted(places[order], np.arange(len(vectors) + 1)),
        hubness(texts, before)[order],
        QuestionTokens.of([known[digests[place]][1] for place in order]),
    )
    return questions, count_terms(asked[place] for place in order)


def sections(passage: Passage) -> list[str]:
    """The headings that a passage stands under, from the outermost, and those of small sections that share it."""
    if not _HEADING_MARK.search(passage.text):
        return list(passage.headings)
    return [*passage.headings, *(block.title for block in blocks(passage.text) if block.kind == "heading")]


class Sections:
    """The passages of an article by what their headings say."""

    def __init__(self, passages: Sequence[Passage]) -> None:
        self._headings = [sections(passage) for passage in passages]
        self._begins: dict[tuple[str, ...], int] = {}
        for place, headings in enumerate(self._headings):
            for heading in headings:
                self._begins.setdefault(tuple(words(heading)), place)

    @cached_property
    def _asked(self) -> list[list[frozenset[str]]]:
        return [[_content(heading) for heading in headings] for headings in self._headings]

    def begins(self, heading: str) -> int | None:
        """The place of the first passage of a section, whatever the case and marks of its heading; None without one."""
        return self._begins.get(tuple(words(heading)))

    def place(self, question: str, named: str, cosines: Scores) -> int:
        """The passage that a question leads to; `named` is the heading that it names, or "".

        `cosines` are those of the question to the passages.
        """
        begins = self.begins(named) if named else None
        if begins is not None:
            return begins
        asked = _content(question)
        shares = np.array([max((_share(asked, one) for one in heads), default=0.0) for heads in self._asked])
        # The first of equals is where the section begins.
        return int(np.argmax(shares if shares.max() >= _SAME else cosines + _HEADING * shares))


def _content(text: str) -> frozenset[str]:
    return frozenset(map(stem, content_words(text)))


def _share(one: frozenset[str], other: frozenset[str]) -> float:
    """The share of the words of both that both have (Jaccard, 1901)."""
    return len(one & other) / max(len(one | other), 1)
