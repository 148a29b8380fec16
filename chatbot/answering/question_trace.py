"""What became of a question, step by step: what every part of the answer is made from."""

from __future__ import annotations

from dataclasses import dataclass

from chatbot.answering.ranking.searcher import Ranking
from chatbot.answering.understanding.conversation import origin
from chatbot.answering.understanding.interpreter import Understood
from chatbot.answering.verdict.evidence import Evidence
from chatbot.records import Notice, Turn, Verdict


@dataclass(frozen=True, slots=True)
class Trace:
    """What became of a question, step by step; `Answer` and `Explanation` are two views of it.

    `turns` are the earlier ones that count, `small_talk` its kind where it is nothing else, or empty. `strength` is the
    score of `evidence`, which is None where nothing had to be judged. `places` are those of the ranking that the answer
    shows, `unshown` those that it would show as well if each helped. `pinned` says that the editors chose what comes
    first, `own` is the number of the article on the page whose visitor asks.
    """

    question: str
    turns: tuple[Turn, ...]
    understood: Understood
    ranking: Ranking
    evidence: Evidence | None
    strength: float
    verdict: Verdict
    confidence: float
    notice: Notice
    message: str
    message_language: str = "en"
    small_talk: str = ""
    places: tuple[int, ...] = ()
    unshown: tuple[int, ...] = ()
    pinned: bool = False
    own: int | None = None

    @property
    def follows(self) -> str:
        """The earlier question that this one was completed from, "" where it was not."""
        reading = self.understood.reading
        return origin(reading, self.turns) if reading.kind in ("follow_up", "more", "pick") else ""
