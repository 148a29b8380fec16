"""Which sentences of a passage answer, and why the passage is here: pure functions."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from typing import NamedTuple

import numpy as np

from chatbot.arrays import Scores
from chatbot.content.markdown.sentences import Span
from chatbot.indexing.words.tokens import STOP_WORDS, stem, stems, words
from chatbot.records import Closeness, Highlight, Why

MOST = 2
MOST_WORDS = 4  # that a reason names
_NEAR = 0.92
_WORDS = 0.3
_FIRST = 0.08
_NAMES_ROW = 0.1
_LONGEST_QUOTATION = 6
_CELLS = re.compile(r"(?<!\\)\|")
_TABLE_HEAD = re.compile(r"[ \t>]*\r?\n[ \t>]*(?=[^\n]*-)(?=[^\n]*\|)[|:\- \t]+(?:\r?\n|$)")
_LINK = re.compile(r"\[[^\]]*\]\([^)]*\)")
_SEE = re.compile(r"\W*(?:[^\W_]+\W+){0,9}?see (?:also )?\[", re.IGNORECASE)
_FEW_BESIDE = 8
_ANNOUNCES = re.compile(r"[:：]\W*$")
_QUOTATION = re.compile(r"\"[^\"]*\"|„[^“”]*[“”]|“[^“”]*”|”[^“”]*”|«[^«»]*»|»[^«»]*«")
_QUOTATION_MARK = re.compile(r"[\"„“”«»]")
_PARAGRAPH_END = re.compile(r"\S|\n\s*\n")
_CLOSENESS: dict[Closeness, str] = {"very_close": "very close", "close": "close", "loose": "loosely related"}


def scores(cosines: Scores, coverage: Scores) -> Scores:
    """How well each sentence of a passage answers, comparable between passages; all have shape (sentences,).

    `cosines` are its closeness in meaning to the question, `coverage` the share of the question's word weight that it
    contains, in [0, 1]. The first of a passage, which says most often what it is about, has 0.08 more.
    """
    found = cosines + np.float32(_WORDS) * coverage
    found[:1] += np.float32(_FIRST)
    return found


class Marked(NamedTuple):
    """What is highlighted, and the number of the sentence in it that answers best."""

    highlight: Highlight
    sentence: int


def choose(text: str, spans: Sequence[Span], scores: Scores, coverage: Scores) -> tuple[Marked, ...]:
    """What answers of a passage, in the order of its text: the best sentence, and another that comes close to it.

    `spans` are those of the sentences in `text`; `scores` and `coverage` have shape (sentences,). What cannot be
    understood by itself is left out, so there may be none: the head of a table, a row that holds less than a tenth of
    the question's word weight, a sentence that ends in a colon or leads elsewhere. Of a quotation all sentences are
    one.
    """
    values = scores.tolist()
    found = [(max(range(first, last + 1), key=values.__getitem__), first, last) for first, last in wholes(text, spans)]
    marked: list[Marked] = []
    # Best first, so that few have to be read.
    for best, first, last in sorted(found, key=lambda one: -values[one[0]]):
        if len(marked) == MOST or (marked and scores[best] < _NEAR * scores[marked[0].sentence]):
            break
        if coverage[first] >= (0.0 if last > first else least_coverage(text, spans[first])):
            marked.append(Marked(Highlight(spans[first][0], spans[last][1]), best))
    return tuple(sorted(marked, key=lambda one: one.sentence))


def quotes_whole(text: str) -> bool:
    """Whether every quotation that begins in a text ends there, and the other way round."""
    return not _QUOTATION_MARK.search(text) or not _QUOTATION_MARK.search(_QUOTATION.sub("", text))


def is_row(text: str) -> bool:
    """Whether a sentence is a row of a table."""
    return _CELLS.search(text) is not None


def announces(text: str) -> bool:
    """Whether a sentence ends in a colon: what it says comes after it."""
    return _ANNOUNCES.search(text) is not None


def leads_elsewhere(text: str) -> bool:
    """Whether what a sentence says is behind a link: few words are beside it, or it soon says "see"."""
    linked = _LINK.search(text) is not None
    return linked and (len(words(_LINK.sub(" ", text))) <= _FEW_BESIDE or _SEE.match(text) is not None)


def wholes(text: str, spans: Sequence[Span]) -> Iterator[tuple[int, int]]:
    """The numbers of the first and last of the sentences that belong together; half a quotation is none of them."""
    first = 0
    while first < len(spans):
        last = _quotation_end(text, spans, first)
        if last is not None:
            yield first, last
        first = first + 1 if last is None else last + 1


def _quotation_end(text: str, spans: Sequence[Span], first: int) -> int | None:
    """The sentence of the same paragraph in which all quotations have ended; None where they do not soon."""
    for last in range(first, min(first + _LONGEST_QUOTATION, len(spans))):
        if last > first and _apart(text[spans[last - 1][1] : spans[last][0]]):
            return None
        if quotes_whole(text[spans[first][0] : spans[last][1]]):
            return last
    return None


def _apart(between: str) -> bool:
    """Whether what is between two sentences, a list mark or an empty line, parts them."""
    return _PARAGRAPH_END.search(between) is not None


def least_coverage(text: str, span: Span) -> float:
    """The share of the question's word weight that a sentence needs to be understood alone; 2 where it never is."""
    start, end = span
    if is_row(text[start:end]):
        return 2.0 if _TABLE_HEAD.match(text, end) else _NAMES_ROW
    return 2.0 if announces(text[start:end]) or leads_elsewhere(text[start:end]) else 0.0


def coverage(sentences: Sequence[str], weights: dict[str, float]) -> Scores:
    """For each sentence the share of the question's term weights that it contains, in [0, 1], shape (sentences,)."""
    total = sum(weights.values())
    if not total:
        return np.zeros(len(sentences), np.float32)
    asked = frozenset(weights)
    shares = [sum(map(weights.__getitem__, stems(sentence) & asked)) / total for sentence in sentences]
    return np.array(shares, np.float32)


def closeness(cosine: float) -> Closeness:
    """How close two meanings are, by their cosine."""
    return "very_close" if cosine >= 0.6 else "close" if cosine >= 0.4 else "loose"


def reason(why: Why) -> str:
    """Why a passage is here, in plain English."""
    if why.pinned:
        return "chosen by the editors"
    close = _CLOSENESS[why.closeness]
    if not why.words:
        return f"{close} in meaning".capitalize()
    named = ", ".join(f"“{word}”" for word in why.words[:MOST_WORDS])
    return f"Contains {named}; {close} in meaning (words {why.share:.0%}, meaning {1 - why.share:.0%})"


def matched_words(question: str, texts: Iterable[str]) -> list[str]:
    """The question's own words, in order, whose stems occur in one of some texts."""
    there = frozenset().union(*map(stems, texts))
    matched = [word for word in words(question) if word not in STOP_WORDS and stem(word) in there]
    return list(dict.fromkeys(matched))
