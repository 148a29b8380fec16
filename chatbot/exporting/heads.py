"""One vector a passage that says how close its meaning comes to a question, whatever questions lead to it.

A browser cannot hold every known question of a corpus. So for each passage a vector and a number are fitted by weighted
least squares to what the model says of all texts of a lesson: half that is like the passage itself, and what known
questions add. They choose which passages are opened, to be compared exactly.
"""

from __future__ import annotations

import hashlib

import numpy as np
import numpy.typing as npt

from chatbot.answering.ranking import formulas
from chatbot.arrays import Rows, Scores, Vectors, ranges, single
from chatbot.exporting.table_fit import Lesson
from chatbot.indexing.generation.editor_questions import three_nearest
from chatbot.indexing.generation.local_index import LocalIndex

_BLOCK = 128  # passages that are fitted at a time
_NEAREST, _OTHERS = 3000, 2000
_SHARPNESS = 0.1  # a text counts 1/e of the nearest one where it is so much further away
_LEAST = 0.02
_RIDGE = 5.0


def head_keys(index: LocalIndex) -> npt.NDArray[np.uint8]:
    """What the head of each passage is fitted to, its text and its questions, as digests, shape (passages, 16)."""
    starts, digests = index.questions.starts, index.questions.digests
    keys = [
        hashlib.sha256(own + digests[starts[row] : starts[row + 1]].tobytes()).digest()[:16]
        for row, own in enumerate(index.store.digests())
    ]
    return np.frombuffer(b"".join(keys), np.uint8).reshape(-1, 16)


def fit_heads(
    index: LocalIndex, rows: Rows, taught: Lesson, places: Rows, read: Vectors, basis: Vectors
) -> tuple[Vectors, Scores]:
    """A vector for some passages, shape (len(rows), DIM), and what is added to its product with a question's.

    `rows` ascend. `places`, shape (texts,), gives the place of each text of the lesson among the known questions, -1
    where it is none; `read`, shape (texts, DIM), what the table makes of the texts; `basis` is that of the table.
    """
    heads, added = np.zeros((len(rows), read.shape[1]), np.float32), np.zeros(len(rows), np.float32)
    others = np.arange(0, len(read), max(1, len(read) // _OTHERS))[:_OTHERS]
    for first in range(0, len(rows), _BLOCK):
        some = rows[first : first + _BLOCK]
        closeness = _closeness(index, taught, places, some)
        for place, start in enumerate(_starts(index, some, basis), first):
            heads[place], added[place] = start[:-1], start[-1]
            if not len(read):
                continue  # a corpus of hardly a word
            far = closeness[:, place - first]
            near = np.argpartition(-far, _NEAREST)[:_NEAREST] if len(far) > _NEAREST else np.arange(len(far))
            chosen = np.concatenate([near, others])
            counts = np.maximum(np.exp((far[chosen] - far.max()) / _SHARPNESS), _LEAST)
            known = np.column_stack([read[chosen], np.ones(len(chosen), np.float32)])
            weighed = known * counts[:, None]
            square = known.T @ weighed + _RIDGE * np.eye(known.shape[1])
            fitted = start + np.linalg.solve(square, weighed.T @ (far[chosen] - known @ start))
            heads[place], added[place] = fitted[:-1], fitted[-1]
    return heads, added


def _closeness(index: LocalIndex, taught: Lesson, places: Rows, rows: Rows) -> Vectors:
    """What the model says of each text and some rows, which ascend, shape (texts, rows).

    A known question is not held against itself: nobody asks in the very same words.
    """
    cosines = taught.vectors @ index.vectors(rows).T
    counts = index.questions.counts(rows)
    between = ranges(index.questions.starts[rows], counts)
    near = index.questions.near(taught.vectors @ single(index.questions.vectors[between]).T, between)
    own = np.flatnonzero(np.isin(places, between))
    near[own, np.searchsorted(between, places[own])] = -1.0
    asked = three_nearest(near, counts)
    return formulas.meaning(cosines, cosines, asked, counts, np.zeros(1, np.float32), index.hubs(rows))


def _starts(index: LocalIndex, rows: Rows, basis: Vectors) -> Vectors:
    """What the fit begins with, shape (rows, DIM + 1): passages with the mean of their questions, and their hubs."""
    own = index.vectors(rows)
    starts, weights = index.questions.starts, formulas.known_weight(index.questions.counts(rows))
    for place, row in enumerate(rows.tolist()):
        asked = single(index.questions.vectors[starts[row] : starts[row + 1]])
        if len(asked):
            own[place] += weights[place] * (asked.mean(axis=0) - own[place])
    nothing = np.zeros(1, np.float32)
    hubs = formulas.meaning(nothing, nothing, nothing, np.zeros(1, np.int64), nothing, index.hubs(rows))
    return np.column_stack([own @ basis, hubs])
