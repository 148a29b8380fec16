"""Passages that speak of what a question compares, brought to the front."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from itertools import chain

import numpy as np

from chatbot.answering.ranking.searcher import Ranking
from chatbot.arrays import Mask, Rows
from chatbot.content.markdown.tables import cells
from chatbot.indexing.generation.passage_index import PassageIndex
from chatbot.indexing.words.tokens import stems, terms
from chatbot.records import Passage

Forms = Sequence[Sequence[frozenset[str]]]
"""For each side of a comparison the ways in which it may be named, each as the stems of its words."""

_CANDIDATES = 6
_GAIN = 0.1
_FIRST = 3
_CELLS = "|"
_TARGET = re.compile(r"\]\([^)]*\)")


@dataclass(frozen=True, slots=True)
class Spoken:
    """Which passages speak of which sides.

    `of`, shape (passages, sides), says whether a passage names the side in a heading (in its title where it has none),
    a sentence or a row; `about`, shape (passages,), whether it is about all of them: its headings name each, or the
    rows and columns of a table do.
    """

    of: Mask
    about: Mask


def spoken(index: PassageIndex, rows: Rows, forms: Forms) -> Spoken:
    """What the passages of some rows speak of."""
    of = np.zeros((len(rows), len(forms)), np.bool_)
    about = np.zeros(len(rows), np.bool_)
    for place, (row, passage) in enumerate(zip(rows.tolist(), index.passages(rows), strict=True)):
        spans, _ = index.sentences(row)
        said = [stems(passage.text[start:end]) for start, end in spans.tolist()]
        headed = _named(passage.headings or (passage.title,), forms)
        of[place] = headed | [any(form <= there for form in side for there in said) for side in forms]
        about[place] = headed.all() or _named(names_in(passage), forms).all()
    return Spoken(of, about)


def names_each(sentence: str, forms: Forms) -> bool:
    """Whether the words of a sentence, where its links lead left aside, name every side."""
    return not forms or bool(_named([_TARGET.sub("]", sentence)], forms).all())


def compared(ranking: Ranking, index: PassageIndex, forms: Forms) -> Ranking:
    """A ranking with what speaks of the sides of a comparison brought forward.

    Each of the first six gains 0.1 of the share of the sides that its section speaks of, as far as that is among the
    six, so that parts of a section keep their order. A section about all sides comes first where it then is among the
    first three.
    """
    rows = ranking.rows[:_CANDIDATES]
    first = spoken(index, rows, forms)
    sections = [(passage.article_id, passage.headings) for passage in index.passages(rows)]
    same = np.array([[one == other for other in sections] for one in sections], np.bool_)
    of, about = same @ first.of, same @ first.about
    scores = ranking.scores.copy()
    scores[: len(rows)] += np.float32(_GAIN) * of.mean(axis=1, dtype=np.float32)
    order = np.argsort(-scores[: len(rows)], kind="stable")
    lead = order[:_FIRST][about[order[:_FIRST]]][:1]
    order = np.concatenate([lead, order[~np.isin(order, lead)], np.arange(len(rows), len(scores))])
    return replace(ranking, scores=scores).only(order)


def _named(texts: Iterable[str], forms: Forms) -> Mask:
    """Which sides have their words side by side in one of some short texts, shape (sides,)."""
    there = [terms(text) for text in texts]
    return np.array([any(_beside(form, own) for form in side for own in there) for side in forms], np.bool_)


def _beside(form: frozenset[str], there: Sequence[str]) -> bool:
    return any(form == set(there[start : start + len(form)]) for start in range(len(there) - len(form) + 1))


def names_in(passage: Passage) -> list[str]:
    """What rows and columns of the tables in a passage are called."""
    rows = [cells(line) for line in passage.text.splitlines() if _CELLS in line]
    return [*(passage.columns or chain.from_iterable(rows[:1])), *(row[0] for row in rows)]
