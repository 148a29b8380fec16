"""One vector a passage that says how close its meaning comes to a question, whatever questions lead to it.

A browser cannot hold every known question of a corpus. So for each passage a vector and a number are fitted by weighted
least squares to what the model says of all texts of a lesson: half that is like the passage itself, and what known
questions add. They choose which passages are opened, to be compared exactly.
"""

from __future__ import annotations

import numpy as np

from chatbot.answering.ranking import formulas
from chatbot.arrays import Rows, Scores, Vectors, single
from chatbot.exporting.word_table import Lesson
from chatbot.indexing.generation.editor_questions import three_nearest
from chatbot.indexing.generation.local_index import LocalIndex

_BLOCK = 128  # passages that are fitted at a time
_NEAREST, _OTHERS = 3000, 2000
_SHARPNESS = 0.1  # a text counts 1/e of the nearest one where it is so much further away
_LEAST = 0.02
_RIDGE = 5.0
_OWN = 0.2  # of a passage with known questions, beside their mean


def fit_heads(index: LocalIndex, taught: Lesson, places: Rows, read: Vectors, basis: Vectors) -> tuple[Vectors, Scores]:
    """A vector for each passage, shape (passages, DIM), and what is added to its product with a question's.

    `places`, shape (texts,), gives the place of each text of the lesson among the known questions, -1 where it is none;
    `read`, shape (texts, DIM), what the table makes of the texts; `basis` is that of the table.
    """
    passages = len(index)
    heads, added = np.zeros((passages, read.shape[1]), np.float32), np.zeros(passages, np.float32)
    others = np.arange(0, len(read), max(1, len(read) // _OTHERS))[:_OTHERS]
    for first in range(0, passages, _BLOCK):
        rows = np.arange(first, min(first + _BLOCK, passages))
        closeness = _closeness(index, taught, places, rows)
        for row, start in zip(rows.tolist(), _starts(index, rows, basis), strict=True):
            heads[row], added[row] = start[:-1], start[-1]
            if not len(read):
                continue  # a corpus of hardly a word
            far = closeness[:, row - first]
            near = np.argpartition(-far, _NEAREST)[:_NEAREST] if len(far) > _NEAREST else np.arange(len(far))
            chosen = np.concatenate([near, others])
            counts = np.maximum(np.exp((far[chosen] - far.max()) / _SHARPNESS), _LEAST)
            known = np.column_stack([read[chosen], np.ones(len(chosen), np.float32)])
            weighed = known * counts[:, None]
            square = known.T @ weighed + _RIDGE * np.eye(known.shape[1])
            fitted = start + np.linalg.solve(square, weighed.T @ (far[chosen] - known @ start))
            heads[row], added[row] = fitted[:-1], fitted[-1]
    return heads, added


def _closeness(index: LocalIndex, taught: Lesson, places: Rows, rows: Rows) -> Vectors:
    """What the model says of each text and some rows that follow each other, shape (texts, rows).

    A known question is not held against itself: nobody asks in the very same words.
    """
    cosines = taught.vectors @ index.vectors(rows).T
    starts = index.questions.starts
    first, last = int(starts[rows[0]]), int(starts[rows[-1] + 1])
    between = np.arange(first, last)
    near = index.questions.near(taught.vectors @ single(index.questions.vectors[first:last]).T, between)
    own = np.flatnonzero((places >= first) & (places < last))
    near[own, places[own] - first] = -1.0
    asked = three_nearest(near, np.diff(starts[rows[0] : rows[-1] + 2]))
    return formulas.meaning(cosines, cosines, asked, np.zeros(1, np.float32), index.hubs(rows))


def _starts(index: LocalIndex, rows: Rows, basis: Vectors) -> Vectors:
    """What the fit begins with, shape (rows, DIM + 1): passages with the mean of their questions, and their hubs."""
    own = index.vectors(rows)
    starts = index.questions.starts
    for place, row in enumerate(rows.tolist()):
        asked = single(index.questions.vectors[starts[row] : starts[row + 1]])
        if len(asked):
            own[place] = _OWN * own[place] + (1 - _OWN) * asked.mean(axis=0)
    hubs = formulas.meaning(*(np.zeros(1, np.float32),) * 4, index.hubs(rows))
    return np.column_stack([own @ basis, hubs])
