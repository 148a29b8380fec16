"""Where a visitor can go on from an answer: topics, questions to ask next, people who can be asked."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from chatbot.answering.follow_ups import MOST, NEAR, FollowUps
from chatbot.answering.question_trace import Trace
from chatbot.answering.ranking.searcher import Searcher
from chatbot.answering.understanding import small_talk
from chatbot.records import Filters

_NEAREST, _NEXT = 10, 20
_MOST_TOPICS = 10
_ABOUT_THE_CHATBOT = frozenset(("help", "who", "machine", "free", "privacy", "complaint", "wordless"))
_WANTING_PEOPLE = frozenset(("machine", "complaint"))


@dataclass(frozen=True, slots=True)
class People:
    """Who can help where articles do not: the `contact` of the site's people, and help lines with their countries."""

    contact: str = ""
    help_lines: tuple[tuple[str, str], ...] = ()

    def lines(self, countries: Sequence[str]) -> list[str]:
        """The help lines of some countries; all of them where none is named, or none has a line."""
        wanted = {country.casefold() for country in countries}
        own = [line for line in self.help_lines if line[0].casefold() in wanted]
        return [f"{country}: {text}" for country, text in own or self.help_lines]


NOBODY = People()


class NextSteps:
    """The ways on that one generation offers. Safe to use from several threads."""

    def __init__(self, searcher: Searcher, people: People) -> None:
        self._searcher = searcher
        self._follow_ups = FollowUps(searcher)
        self._people = people

    def starters(self, n: int, filters: Filters) -> tuple[str, ...]:
        """See Chatbot.starters."""
        return self._follow_ups.starters(n, filters)

    def topics(self, trace: Trace, filters: Filters) -> tuple[str, ...]:
        """The nearest topics, where the passages alone do not answer, and what is covered, where none of them does."""
        if trace.small_talk:
            return self._follow_ups.covered(filters) if trace.small_talk in _ABOUT_THE_CHATBOT else ()
        reading, language = trace.understood.reading, trace.understood.foreign
        if trace.verdict == "answered" or reading.kind in ("more", "pick") or language:
            return ()
        nearest = self._follow_ups.topics(trace.ranking.rows[:_NEAREST])
        if trace.notice != "not_covered":
            return nearest
        return tuple(dict.fromkeys((*nearest, *self._follow_ups.covered(filters))))[:_MOST_TOPICS]

    def contact(self, trace: Trace) -> str:
        """Where people can be asked, "" where nobody needs to be."""
        wanted = trace.small_talk in _WANTING_PEOPLE if trace.small_talk else trace.verdict != "answered"
        return self._people.contact if wanted else ""

    def questions(self, trace: Trace, filters: Filters) -> tuple[str, ...]:
        """What could be asked next and was not asked yet."""
        if trace.small_talk:
            before = {turn.question for turn in trace.turns}
            starters = () if trace.small_talk in small_talk.NOTHING_NEXT else self.starters(6, filters)
            return tuple(question for question in starters if question not in before)[:3]
        if trace.understood.foreign and not trace.places:
            return self.starters(MOST, filters)
        rows, vector = trace.ranking.rows, trace.understood.query.vector
        if trace.notice == "not_covered":
            return self._follow_ups.after(rows[:_NEXT], vector, [turn.question for turn in trace.turns], least=NEAR)
        earlier = self._searcher.rows_of(passage for turn in trace.turns for passage in turn.shown)
        shown = {int(row) for row in rows[list(trace.places)]} | set(earlier)
        said = [text for turn in trace.turns for text in (turn.question, turn.searched_as)]
        return self._follow_ups.after(rows[:_NEXT], vector, [*said, trace.understood.reading.searched_as], shown)
