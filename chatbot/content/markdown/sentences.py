"""Where sentences end, and where to cut what is still too long."""

from __future__ import annotations

import math
import re
import unicodedata
from collections.abc import Callable
from itertools import pairwise

Span = tuple[int, int]

_END = re.compile(
    r"""(?<![.!?…؟۔।॥]) [.!?…؟۔।॥]++ ["'”’»)\]*_`~]*+ (?=\s)   # scripts with spaces
    |   [。！？｡]++ [」』”’）》】"'*_]*+                            # scripts without
    |   (?:(?<![ ])[ ]{2,}+|\\)(?=\n)                            # a hard line break""",
    re.VERBOSE,
)
_OPENING = re.compile(r"[\s\"'“‘«(\[*_`~>]*")
_LAST_WORD = re.compile(r"[^\s(\[\"'“‘*_/]+$")
_NEVER_LAST = re.compile(
    r"(?:[^\W\d_]\.)*[^\W\d_]|ph\.d|mrs?|m[sx]|dr|prof|st|vs|eg|ie|cf|viz|ca|approx|dept|gen|col|lt|sgt|rev|hon|gov|sen|rep",
    re.IGNORECASE,
)
_LAST_UNLESS_NUMBER = re.compile(
    r"nos?|figs?|vol|pp?|ch|sec|eq|art|jan|feb|mar|apr|jun|jul|aug|sept?|oct|nov|dec", re.IGNORECASE
)
_CLAUSE = re.compile(r"[;:,—–)]\s")
_SPACE = re.compile(r"\s")


def sentence_spans(text: str, start: int, end: int) -> list[Span]:
    """The sentences of one paragraph, `text[start:end]`: in order, without the white space between them."""
    spans, first = [], start
    for match in _END.finditer(text, start, end):
        if match.end() > first and _ends_sentence(text, first, match, end):
            spans.append((first, match.start() if match[0] == "\\" else match.end()))
            first = match.end()
    spans.append((first, end))
    stripped = (strip_span(text, *span) for span in spans)
    return [span for span in stripped if span[0] < span[1]]


def strip_span(text: str, start: int, end: int) -> Span:
    """The span without white space at its ends."""
    raw = text[start:end]
    return start + len(raw) - len(raw.lstrip()), start + len(raw.rstrip())


def cut_to_size(text: str, span: Span, size: Callable[[str], int], limit: int) -> list[Span]:
    """Spans of about equal length and at most `limit`, cut at clauses where possible, else words, else characters."""
    start, end = strip_span(text, *span)
    if start >= end:
        return []
    weight = size(text[start:end])
    if weight <= limit or end - start == 1:
        return [(start, end)]
    count = min(max(2, math.ceil(weight / (0.9 * limit))), end - start)
    step = (end - start) / count
    edges = [start]
    for number in range(1, count):
        edges.append(
            _cut_near(
                text,
                round(start + number * step),
                max(edges[-1] + 1, round(start + (number - 0.4) * step)),
                round(start + (number + 0.4) * step),
            )
        )
    edges.append(end)
    return [
        shorter
        for low, high in pairwise(edges)
        if low < high
        for shorter in cut_to_size(text, (low, high), size, limit)
    ]


def _cut_near(text: str, wanted: int, low: int, high: int) -> int:
    for pattern in (_CLAUSE, _SPACE):
        places = [match.end() for match in pattern.finditer(text, low, high)]
        if places:
            return min(places, key=lambda place: abs(place - wanted))
    place = max(low, wanted)
    while place > low and (
        unicodedata.combining(text[place]) or text[place] in "\u200d\ufe0f" or text[place - 1] == "\u200d"
    ):
        place -= 1
    return place


def _ends_sentence(text: str, first: int, match: re.Match[str], end: int) -> bool:
    mark = match[0]
    if mark[0] in "。！？｡ \\":
        return True
    opening = _OPENING.match(text, match.end(), end)
    following = text[opening.end() : opening.end() + 1] if opening else ""
    if following.islower():
        return False
    if mark[0] != ".":
        return True
    before = _LAST_WORD.search(text[max(first, match.start() - 24) : match.start()])
    word = before[0] if before else ""
    if _NEVER_LAST.fullmatch(word):
        return False
    if _LAST_UNLESS_NUMBER.fullmatch(word):
        return not following.isdigit()
    return not (
        word.isdigit() and len(word) < 3 and not text[first : match.start()].strip(" \t>*_-").rstrip("0123456789")
    )
