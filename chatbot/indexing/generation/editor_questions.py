"""What editors say that their articles answer: each question leads to one passage, whose sentences it is added to.

questions/
  digests.npy     uint8 (questions, 16)       of the text of each question
  vectors.npy     float16 (questions, dim)    unit rows, side by side those that lead to one passage
  starts.npy      int64 (passages + 1,)       questions starts[i]:starts[i+1] lead to passage i

They have no place in the text, so that they are compared with visitors' questions and never highlighted.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt

from chatbot.arrays import HalfVectors, Rows
from chatbot.indexing.generation.calibration_data import text_digest
from chatbot.indexing.model.embedder import Embedder
from chatbot.records import Article

FOLDER = "questions"


@dataclass(frozen=True, slots=True)
class EditorsQuestions:
    """The files of this module's docstring."""

    digests: npt.NDArray[np.uint8]
    vectors: HalfVectors
    starts: Rows

    @classmethod
    def open(cls, folder: Path) -> EditorsQuestions:
        return cls(*(np.load(folder / f"{name}.npy") for name in cls.__slots__))

    def write(self, folder: Path) -> None:
        folder.mkdir()
        for name in self.__slots__:
            np.save(folder / f"{name}.npy", getattr(self, name))


def lead(
    articles: Sequence[Article],
    article_of: Rows,
    vectors: HalfVectors,
    embedder: Embedder,
    old: EditorsQuestions | None,
) -> EditorsQuestions:
    """Each question's vector, taken over from `old` where it is known, and the passage of its article nearest to it.

    `article_of` gives the article of each passage, ascending, `vectors` their unit rows, shape (passages, dim).
    """
    known = {digest.tobytes(): row for row, digest in enumerate(old.digests)} if old else {}
    firsts = np.searchsorted(article_of, np.arange(len(articles) + 1))
    digests: list[bytes] = []
    found: list[npt.NDArray[np.float16]] = []
    rows: list[int] = []
    for number, article in enumerate(articles):
        own = vectors[firsts[number] : firsts[number + 1]].astype(np.float32) if article.questions else vectors[:0]
        for question in article.questions:
            digests.append(text_digest(question))
            row = known.get(digests[-1])
            vector = old.vectors[row] if old and row is not None else embedder.embed_query(question).astype(np.float16)
            found.append(vector)
            rows.append(int(firsts[number]) + int(np.argmax(own @ vector.astype(np.float32))))
    places = np.array(rows, np.int64)
    order = np.argsort(places, kind="stable")
    return EditorsQuestions(
        np.frombuffer(b"".join(digests), np.uint8).reshape(-1, 16)[order],
        np.array(found, np.float16).reshape(-1, embedder.dim)[order],
        np.searchsorted(places[order], np.arange(len(vectors) + 1)),
    )
