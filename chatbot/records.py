"""The records that flow through the rooms: frozen, slotted, plain values.

Offsets are counted in Unicode code points. Dates are calendar dates without a time zone. Every record turns into
plain JSON with `to_json`, its field names as keys.
"""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass
from datetime import date
from typing import Any, Literal

Verdict = Literal["answered", "uncertain", "not_covered"]
Closeness = Literal["very_close", "close", "loose"]
Kind = Literal["standalone", "follow_up", "more", "pick", "change"]
Notice = Literal[
    "", "uncertain", "not_covered", "no_article", "no_more", "no_such_passage", "other_language", "small_talk"
]


@dataclass(frozen=True, slots=True)
class Pin:
    """An editors' choice: a question whose answer begins with this article, up to and with the day `until`.

    `heading` names the section whose first passage it is; without it, or where there is none of that name, it is the
    passage nearest to the question.
    """

    question: str
    until: date | None
    heading: str | None


@dataclass(frozen=True, slots=True)
class Source:
    """Where an article's facts come from: `url` is an http(s) address, `year` that of the source, or None."""

    title: str
    url: str
    year: int | None = None


@dataclass(frozen=True, slots=True)
class Article:
    """One file of the corpus, read, or one entry of a feed.

    `id` is the path under the corpus folder without its suffix, with forward slashes; an entry's name follows. `text`
    is Markdown, without front matter. `questions` are what it answers and `aliases` are other names of its subject, by
    its editor. `sections`, side by side with them, are headings that answer, "" where none is named; empty where no
    question names one.
    `sha256` is the hex digest of the file's bytes. `pages` are the offsets in `text` where the pages of a PDF begin.
    `pins` are questions that its editors want answered with it first, `sources` where its facts come from.
    """

    id: str
    path: str
    title: str
    url: str | None
    text: str
    topics: tuple[str, ...]
    audience: tuple[str, ...]
    country: str | None
    published: date | None
    updated: date | None
    review_by: date | None
    questions: tuple[str, ...]
    sha256: str
    aliases: tuple[str, ...] = ()
    pages: tuple[int, ...] = ()
    pins: tuple[Pin, ...] = ()
    sections: tuple[str, ...] = ()
    sources: tuple[Source, ...] = ()


@dataclass(frozen=True, slots=True)
class Passage:
    """A slice of an article: `article.text[start:end] == text`, always.

    `id` is `article_id#n` with n counted from 1. `headings` run from the outermost to the innermost and leave the
    title out. `url` leads to this very place; it starts with `/` where the article has no site of its own. `columns`
    are the names of a table's columns where `text` begins below its head, in the middle of it; else there are none.
    """

    id: str
    article_id: str
    title: str
    headings: tuple[str, ...]
    start: int
    end: int
    text: str
    url: str
    topics: tuple[str, ...]
    audience: tuple[str, ...]
    country: str | None
    updated: date | None
    review_by: date | None
    columns: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Highlight:
    """A sentence of a passage that answers: `passage.text[start:end]`."""

    start: int
    end: int


@dataclass(frozen=True, slots=True)
class Why:
    """Why a passage is here.

    `words` are the question's own that it contains, in the question's order; `closeness` is that of the meanings.
    `share` in [0, 1] is the part of its score that comes from words. `pinned` says that the editors chose it, `on_page`
    that it is of the article on the page whose visitor asked.
    """

    words: tuple[str, ...]
    closeness: Closeness
    share: float
    pinned: bool = False
    on_page: bool = False


@dataclass(frozen=True, slots=True)
class Hit:
    """A passage that was found.

    `rank` counts from 1. `score` orders the hits of one answer and is comparable within that answer only.
    `cosine` in [-1, 1] and `bm25` >= 0 are the raw scores of the two searches. `reason` says `why` in plain English.
    """

    rank: int
    passage: Passage
    score: float
    cosine: float
    bm25: float
    highlights: tuple[Highlight, ...]
    why: Why
    reason: str


@dataclass(frozen=True, slots=True)
class Excerpt:
    """A sentence of the hit of this `rank`, word for word: `passage.text[start:end]` of one of its highlights."""

    rank: int
    text: str


@dataclass(frozen=True, slots=True)
class Side:
    """What a question compares with something else, in the question's words, and the ranks of the hits on it alone."""

    label: str
    ranks: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class Comparison:
    """How the hits speak of what a question compares.

    `sides` are those that a hit speaks of, two at least, in the question's order. `together` are the ranks of hits that
    speak of more than one. No rank is named twice; a hit on none of the sides is not named.
    """

    sides: tuple[Side, ...]
    together: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class Turn:
    """An earlier question of the conversation, what it was searched as, and the ids of the passages it showed."""

    question: str
    searched_as: str
    shown: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Filters:
    """What the passages are limited to; an empty field limits nothing.

    `topics`, `audience` and `countries` keep passages that carry one of the named values (an article without an
    audience or a country is for everybody). `updated_since` keeps articles updated on that day or later.
    """

    topics: tuple[str, ...] = ()
    audience: tuple[str, ...] = ()
    countries: tuple[str, ...] = ()
    updated_since: date | None = None


@dataclass(frozen=True, slots=True)
class Answer:
    """What a question found: hits, best first, or an honest "not covered".

    `searched_as` is the question after a follow-up was completed and spelling repaired. `confidence` in [0, 1] is the
    calibrated chance that the hits help with the question. `message` is a fixed sentence for the visitor where the hits
    do not speak for themselves, below it help lines where somebody needs them, each on a line of its own; `notice` is
    what it is about, and `message_language` the code of the language it is in: that of the question where that is not
    the articles'. `topics` are the nearest topics, followed by those of most articles where the question is not
    covered, and `follow_ups` are questions that the corpus answers. `contact` is the address of people who can be asked
    where the hits may not answer, or empty. `took_ms` is wall-clock time in milliseconds. `in_short` are up to three
    sentences of the first hits that together answer; none unless the verdict is "answered". `read_as` is how the
    question was taken in its conversation, and `follows` the earlier question that it was completed from, or empty.
    `comparison` sorts the hits of a question that compares ("A or B", "A vs B"); None where it compares nothing or the
    hits speak of one side only.
    """

    question: str
    searched_as: str
    verdict: Verdict
    confidence: float
    hits: tuple[Hit, ...]
    message: str
    topics: tuple[str, ...]
    follow_ups: tuple[str, ...]
    generation: str
    took_ms: float
    message_language: str = "en"
    notice: Notice = ""
    in_short: tuple[Excerpt, ...] = ()
    contact: str = ""
    read_as: Kind = "standalone"
    follows: str = ""
    comparison: Comparison | None = None


def to_pin(values: dict[str, Any]) -> Pin:
    """A pin from the plain JSON values of `to_json`."""
    until = values["until"]
    return Pin(values["question"], date.fromisoformat(until) if until else None, values["heading"])


def to_json(record: Answer | Article | Hit | Passage) -> dict[str, Any]:
    """The record as plain JSON values: tuples become lists, dates become ISO strings."""
    plain: dict[str, Any] = json.loads(json.dumps(record, default=jsonable))
    return plain


def jsonable(value: Any) -> Any:
    """What `json.dumps` is given as its `default`: a record as a mapping, a day or a moment in the form of ISO 8601."""
    return value.isoformat() if isinstance(value, date) else asdict(value)
