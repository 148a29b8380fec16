"""Editors' choices: a pinned question gets the passage that its editors chose first, and one that they wrote down the
passage that it leads to.
"""

from __future__ import annotations

from array import array
from collections.abc import Iterable
from dataclasses import fields, replace
from datetime import date
from functools import cached_property

import numpy as np

from chatbot.answering.ranking.searcher import Query, Ranking, Searcher
from chatbot.arrays import Vectors
from chatbot.indexing.generation.editor_questions import Sections
from chatbot.indexing.generation.passage_index import Allowed
from chatbot.indexing.words.tokens import words
from chatbot.records import Filters, Pin
from chatbot.sorted_texts import SortedTexts

# A question is a pinned one where it has the same words, or a cosine of at least this: the same asked differently.
ALIKE = 0.9


class Pins:
    """The pins of one generation. Safe to use from several threads."""

    def __init__(self, searcher: Searcher) -> None:
        self._searcher = searcher

    def row(self, query: Query, allowed: Allowed | None, today: date) -> int | None:
        """The passage that is pinned to a question on a day, None where there is none or filters keep it away."""
        alive = [
            place
            for place, (pin, _) in enumerate(self._pins)
            if (pin.until is None or today <= pin.until)
            and (row := self._rows[place]) is not None
            and self._may_be_found(row, allowed)
        ]
        if not alive:
            return None
        asked = words(query.text)
        same = next((place for place in alive if self._worded[place] == asked), None)
        if same is not None:
            return self._rows[same]
        cosines = self._vectors[alive] @ query.vector
        best = int(np.argmax(cosines))
        return self._rows[alive[best]] if cosines[best] >= ALIKE else None

    def written(self, texts: Iterable[str], ranking: Ranking, allowed: Allowed | None) -> int | None:
        """The passage that leads an editors' question which has the very words of one of these texts.

        Where several articles answer it, the one whose passage is ranked best; None where filters keep all away.
        """
        texts_written, led = self._written
        rows = {led[place] for text in texts for place in texts_written.all(" ".join(words(text)))}
        kept = [row for row in rows if self._may_be_found(row, allowed)]
        return next((row for row in ranking.rows.tolist() if row in kept), min(kept, default=None))

    @property
    def placed(self) -> list[tuple[int, Pin, int | None]]:
        """Each pin with the number of its article before it and the row of its passage behind it."""
        return [(number, pin, row) for (pin, number), row in zip(self._pins, self._rows, strict=True)]

    def first(self, ranking: Ranking, row: int, query: Query) -> Ranking:
        """The ranking with a passage at its head, which scores at least as much as what follows."""
        rest = ranking.only(ranking.rows != row)
        own = ranking.only(ranking.rows == row)
        if not len(own.rows):
            alone = Allowed(Filters(), np.ones(len(self._searcher.articles), np.bool_), (row,))
            # Its words count in full beside nothing, and hardly beside all that was found for them.
            own = replace(self._searcher.rank(query, alone), words=np.zeros(1, np.float32))
        best = max(float(ranking.scores.max(initial=0.0)), 0.0)
        own = replace(own, scores=np.full(1, best, np.float32))
        return Ranking(*(np.concatenate([getattr(own, one.name), getattr(rest, one.name)]) for one in fields(Ranking)))

    def _may_be_found(self, row: int, allowed: Allowed | None) -> bool:
        return allowed is None or allowed.holds(row, self._searcher.index.article_of)

    @cached_property
    def _pins(self) -> list[tuple[Pin, int]]:
        return [(pin, number) for number, article in enumerate(self._searcher.articles) for pin in article.pins]

    @cached_property
    def _worded(self) -> list[list[str]]:
        return [words(pin.question) for pin, _ in self._pins]

    @cached_property
    def _written(self) -> tuple[SortedTexts, array[int]]:
        """The words of each question, and the row that it leads to."""
        written, led = [], array("i")
        for number, article in enumerate(self._searcher.articles):
            written += [" ".join(words(question)).encode() for question in article.questions]
            led.extend(self._searcher.leads(number, article.questions))
        return SortedTexts(written), led

    @cached_property
    def _vectors(self) -> Vectors:
        return np.array([self._searcher.query(pin.question).vector for pin, _ in self._pins], np.float32)

    @cached_property
    def _rows(self) -> list[int | None]:
        return [
            self._place(pin, number, vector) for (pin, number), vector in zip(self._pins, self._vectors, strict=True)
        ]

    def _place(self, pin: Pin, number: int, vector: Vectors) -> int | None:
        index = self._searcher.index
        rows = np.flatnonzero(index.article_of == number)
        begins = Sections(index.passages(rows)).begins(pin.heading) if pin.heading else None
        if begins is not None:
            return int(rows[begins])
        return int(rows[np.argmax(index.vectors(rows) @ vector)]) if len(rows) else None
