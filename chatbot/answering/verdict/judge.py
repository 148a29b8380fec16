"""The judge of one generation: whether it covers a question, and how sure that is."""

from __future__ import annotations

import numpy as np

from chatbot.answering.ranking.searcher import Query, Ranking
from chatbot.answering.verdict import evidence
from chatbot.answering.verdict.evidence import Evidence, Scale
from chatbot.indexing.generation.calibration_data import Calibrated
from chatbot.indexing.generation.passage_index import PassageIndex
from chatbot.indexing.words.tokens import content_words, stem
from chatbot.records import Verdict


class Judge:
    """Judges whether one generation covers a question. `refusals` is the share of covered ones it may refuse."""

    def __init__(
        self,
        index: PassageIndex,
        calibrated: Calibrated | None,
        refusals: float = evidence.REFUSALS,
    ) -> None:
        """`calibrated` is what a calibration of the generation gave, None where it was never calibrated."""
        self._index = index
        self._outside = np.empty((0, 0), np.float32)
        self._scale, self.thresholds = evidence.DEFAULT_SCALE, evidence.DEFAULT_THRESHOLDS
        self._known = index.known_share >= evidence.KNOWN_SHARE
        if calibrated is not None:
            self._outside = calibrated.vectors[calibrated.outside].astype(np.float32)
            self._scale = Scale(*(Evidence(*map(float, row)) for row in calibrated.scale))
            scores = calibrated.elsewhere, calibrated.own, calibrated.beyond
            self.thresholds = evidence.limits(*scores, refusals, known=self._known)
        elif self._known:
            self.thresholds = evidence.known_thresholds(self.thresholds, self.thresholds)

    def __call__(self, query: Query, ranking: Ranking) -> tuple[Verdict, float]:
        """The verdict and the confidence in [0, 1] behind it."""
        return self.verdict(self.weigh(query, ranking)[1])

    def verdict(self, strength: float) -> tuple[Verdict, float]:
        """The verdict on a score of evidence, and the confidence in [0, 1] behind it."""
        return evidence.judge(strength, self.thresholds)

    def weigh(self, query: Query, ranking: Ranking) -> tuple[Evidence, float]:
        """The evidence, and its score that is held against the thresholds.

        The score is at least `refuse_below` where the first passage holds the question to the letter.
        """
        near = self._outside @ query.vector if len(self._outside) else np.empty(0, np.float32)
        weighed = evidence.evidence(ranking, near)
        strength = evidence.score(weighed, self._scale)
        if self._known:
            strength += evidence.known_score(weighed, self._scale)
        if strength < self.thresholds.refuse_below and self._to_the_letter(query, ranking):
            strength = self.thresholds.refuse_below
        return weighed, strength

    def _to_the_letter(self, query: Query, ranking: Ranking) -> bool:
        """Whether the first passage has every content word, together as rare as a word that no other passage has."""
        terms = set(map(stem, content_words(query.text)))
        if not terms or not len(ranking.rows):
            return False
        rarity = sum(map(self._index.idf, terms))
        return rarity >= self._index.idf("") and self._index.holds(int(ranking.rows[0]), terms)
