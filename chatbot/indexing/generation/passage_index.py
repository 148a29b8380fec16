"""What a searcher reads of a generation, wherever its passages are kept: in files of this machine, or in Milvus."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Protocol

import numpy as np
import numpy.typing as npt

from chatbot.arrays import Mask, Rows, Scores, Vectors
from chatbot.indexing.generation.calibration_data import Calibrated
from chatbot.indexing.generation.editor_questions import EditorsQuestions
from chatbot.indexing.generation.manifest import Manifest
from chatbot.records import Article, Filters, Passage

HIGHEST = 20


@dataclass(frozen=True, slots=True, eq=False)
class Allowed:
    """Which passages may be found: those of articles that `filters` keep, or of these the `picked` rows alone.

    `articles`, shape (articles,), says which articles the filters keep.
    """

    filters: Filters
    articles: Mask
    picked: tuple[int, ...] | None = None

    def holds(self, row: int, article_of: Rows) -> bool:
        """Whether a passage may be found; `article_of` gives the article of each row."""
        return bool(self.articles[article_of[row]]) and (self.picked is None or row in self.picked)

    def rows(self, article_of: Rows) -> Mask:
        """The same for all passages, shape (passages,)."""
        mask: Mask = self.articles[article_of]
        if self.picked is None:
            return mask
        picked = np.zeros(len(mask), np.bool_)
        picked[list(self.picked)] = True
        return mask & picked


@dataclass(frozen=True, slots=True)
class Candidates:
    """Passages that may answer a question, with all that is measured of them.

    All but `highest` have one length; `rows` ascend. `vectors`, shape (n, dim), are unit rows, and `cosines` theirs to
    the question's; `sentences` the highest cosine of a passage's sentences, -1 without any; `asked` how close the
    questions that lead to a passage are, -1 without any; `bm25` what its words score; `hubs` how close it is to
    passages at large; `beside` the mean cosine of the passages around it in its article, its own where it is alone.
    `highest` are the highest scores of words among all passages that are allowed, HIGHEST at least, best first.
    """

    rows: Rows
    vectors: Vectors
    cosines: Scores
    sentences: Scores
    asked: Scores
    bm25: Scores
    hubs: Scores
    beside: Scores
    highest: Scores


class PassageStore(Protocol):
    """Articles and passages by their names and rows. Safe to use from several threads."""

    def passages(self, rows: Iterable[int]) -> list[Passage]:
        """The passages at these rows, in the order asked for. Raises IndexError for a row that does not exist."""
        ...

    def ids(self, rows: Iterable[int]) -> list[str]:
        """The ids of the passages at these rows, in the order asked for."""
        ...

    def row(self, passage_id: str) -> int | None:
        """The row of a passage."""
        ...

    def article_numbers(self) -> list[int]:
        """For each row, the position of its article in `articles()`."""
        ...

    def articles(self) -> tuple[Article, ...]:
        """All articles in the order of their ids, texts left empty."""
        ...

    def article(self, article_id: str) -> Article | None:
        """One article with its text."""
        ...

    def headings(self) -> list[tuple[int, tuple[str, ...]]]:
        """Each article's place in `articles()` with the headings of its passages, outermost first, in order."""
        ...

    def passages_of(self, article_id: str) -> list[tuple[int, Passage, bytes]]:
        """Row, passage and digest of each passage of an article, in order."""
        ...


class PassageIndex(Protocol):
    """One generation, opened: one consistent view of all its passages, whose rows count from 0.

    Safe to use from several threads. What is asked of it raises IndexAway where it is kept elsewhere and cannot be
    reached just now.
    """

    generation: str
    manifest: Manifest
    calibrated: Calibrated | None

    @property
    def store(self) -> PassageStore:
        """The articles and passages."""
        ...

    @property
    def questions(self) -> EditorsQuestions:
        """The questions that lead to passages."""
        ...

    @property
    def words(self) -> Mapping[str, int]:
        """In how many passages each word of the corpus occurs, as it is written but normalised."""
        ...

    @property
    def article_of(self) -> Rows:
        """For each row, the position of its article in `store.articles()`, ascending."""
        ...

    @property
    def known_share(self) -> float:
        """The share of the passages that questions lead to, in [0, 1]."""
        ...

    @property
    def away(self) -> bool:
        """Whether it is kept elsewhere and could not be asked when that was last tried."""
        ...

    def __len__(self) -> int: ...

    def candidates(
        self, vector: Vectors, weights: Mapping[str, float], k: int, allowed: Allowed | None = None
    ) -> Candidates:
        """The best k by meaning, by words and by the questions that lead to them, with all that is measured of them.

        `vector` is the question's unit vector, shape (dim,), `weights` its stemmed terms with their weights.
        """
        ...

    def dense(self, vector: Vectors, k: int, allowed: Allowed | None = None) -> tuple[Rows, Scores]:
        """The rows nearest to a unit vector of shape (dim,) and their cosines, best first, at most k."""
        ...

    def frequency(self, term: str) -> int:
        """How many passages contain a stemmed term."""
        ...

    def idf(self, term: str) -> float:
        """How much a stemmed term tells, >= 0."""
        ...

    def holds(self, row: int, terms: Iterable[str]) -> bool:
        """Whether a passage contains all of some stemmed terms."""
        ...

    def vectors(self, rows: Rows) -> Vectors:
        """Unit vectors of passages, shape (len(rows), dim)."""
        ...

    def sentences(self, row: int) -> tuple[npt.NDArray[np.int32], Vectors]:
        """Spans (sentences, 2) in the text of a passage, and their unit vectors (sentences, dim)."""
        ...

    def passages(self, rows: Iterable[int]) -> list[Passage]:
        """The passages at these rows, in the order asked for."""
        ...


def around(rows: Rows, article_of: Rows) -> tuple[Rows, Mask]:
    """The rows just before and just after in the article, shape (2, len(rows)), and which of them exist."""
    beside = np.stack([rows - 1, rows + 1])
    inside = np.clip(beside, 0, len(article_of) - 1)
    return inside, (inside == beside) & (article_of[inside] == article_of[rows])


def mean_beside(near: Scores, there: Mask, cosines: Scores) -> Scores:
    """The mean cosine of the passages around each, of those that are `there`; its own where it is alone.

    `near` and `there` have the shape (2, n), `cosines` (n,), as the result.
    """
    count = there.sum(axis=0)
    mean: Scores = np.where(count > 0, (near * there).sum(axis=0) / np.maximum(count, 1), cosines).astype(np.float32)
    return mean


def united(*found: Sequence[int] | Rows) -> Rows:
    """The rows of several searches, each once, ascending."""
    rows: Rows = np.unique(np.concatenate([np.asarray(one, np.int64) for one in found]))
    return rows
