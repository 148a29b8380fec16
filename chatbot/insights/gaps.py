"""What visitors missed, counted: what they said is missing, passages that did not help, questions asked in vain."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date

from chatbot.indexing.words.tokens import content_words, stem, terms
from chatbot.insights.journal import Feedback, Journal, Reason
from chatbot.records import Verdict

MOST_GROUPS = 500
SAME = 0.75
"""The share of common words, of all words of two questions, from which on they count as one."""


@dataclass(frozen=True, slots=True)
class Gap:
    """Questions that are nearly equal, asked `count` times: the most frequent wording, and the others.

    `notes` are what visitors added, `not_covered` how often the articles did not cover it at all.
    """

    question: str
    count: int
    last: date
    others: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()
    not_covered: int = 0


@dataclass(frozen=True, slots=True)
class Disliked:
    """How often visitors said that a passage did not help, with reasons, questions and notes, and that it did."""

    passage: str
    unhelpful: int
    helpful: int
    reasons: tuple[tuple[Reason, int], ...]
    questions: tuple[str, ...]
    notes: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Gaps:
    """What visitors missed, the most frequent first."""

    told: tuple[Gap, ...]
    disliked: tuple[Disliked, ...]
    asked: tuple[Gap, ...]


@dataclass(frozen=True, slots=True)
class _Asked:
    question: str
    day: date
    note: str = ""
    verdict: Verdict | None = None


def gaps_in(journal: Journal) -> Gaps:
    """What visitors missed, by a journal. Raises JournalError."""
    entries = journal.entries()
    missing = [entry for entry in entries if entry.passage is None and entry.rating == "unhelpful"]
    return Gaps(
        told=_gaps(_Asked(entry.question, entry.day, entry.note) for entry in missing),
        disliked=_disliked(entries),
        asked=_gaps(_Asked(one.question, one.day, verdict=one.verdict) for one in journal.missed()),
    )


def _gaps(asked: Iterable[_Asked]) -> tuple[Gap, ...]:
    """Questions with nearly the same words together; those of the same words first, since that is quick."""
    alike = defaultdict[frozenset[str], list[_Asked]](list)
    for one in asked:
        alike[_words(one.question)].append(one)
    groups: list[tuple[frozenset[str], list[_Asked]]] = []
    places = defaultdict[str, list[int]](list)
    for words, found in sorted(alike.items(), key=lambda item: -len(item[1])):
        shared = Counter(place for word in words for place in places[word])
        near = [place for place, both in shared.items() if both >= SAME * len(words | groups[place][0])]
        if near:
            groups[min(near)][1].extend(found)
        elif len(groups) < MOST_GROUPS:
            for word in words:
                places[word].append(len(groups))
            groups.append((words, found))
    return tuple(sorted(map(_gap, (group for _, group in groups)), key=lambda gap: (-gap.count, -gap.last.toordinal())))


def _words(question: str) -> frozenset[str]:
    return frozenset(map(stem, content_words(question))) or frozenset(terms(question)) or frozenset((question,))


def _gap(group: Sequence[_Asked]) -> Gap:
    wordings = [wording for wording, _ in Counter(one.question for one in group).most_common()]
    return Gap(
        wordings[0],
        len(group),
        max(one.day for one in group),
        tuple(wordings[1:]),
        _distinct(one.note for one in group),
        sum(one.verdict == "not_covered" for one in group),
    )


def _disliked(entries: Sequence[Feedback]) -> tuple[Disliked, ...]:
    of_passage = defaultdict[str, list[Feedback]](list)
    for entry in entries:
        if entry.passage is not None:
            of_passage[entry.passage].append(entry)
    found = []
    for passage, said in of_passage.items():
        bad = [entry for entry in said if entry.rating == "unhelpful"]
        reasons = Counter(reason for entry in bad for reason in entry.reasons)
        asked, notes = _distinct(entry.question for entry in bad), _distinct(entry.note for entry in bad)
        found.append(Disliked(passage, len(bad), len(said) - len(bad), tuple(reasons.most_common()), asked, notes))
    return tuple(sorted((one for one in found if one.unhelpful), key=lambda one: (-one.unhelpful, one.passage)))


def _distinct(texts: Iterable[str]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(filter(None, texts)))
