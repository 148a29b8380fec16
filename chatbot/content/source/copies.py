"""Copies that programs leave behind: told by a file's name and by its text, never by one alone."""

from __future__ import annotations

import re
import unicodedata
from collections import defaultdict
from collections.abc import Iterable, Mapping
from itertools import combinations, pairwise
from pathlib import PurePosixPath
from zlib import crc32

ALIKE = 0.8
"""The share of their pairs of words that two texts have in common from which they say nearly the same."""

_SKETCH = 24
"""The smallest hashes of its pairs of words that stand for a text: two alike share one all but surely."""
_MOST_SHARING = 50
"""Texts with one hash in common, above which it is boilerplate."""
_WORD = re.compile(r"\w+")
_MARKS = re.compile(
    r"[ _]*\([^()]*conflicted copy[^()]*\)$"  # Dropbox
    r"|\.sync-conflict-\d{8}-\d{6}(?:-\w+)?$"  # Syncthing
    r"|-(?=[A-Z0-9-]*[A-Z])(?:DESKTOP|LAPTOP|PC|[A-Z0-9]{5,})(?:-[A-Z0-9]+)*$"  # OneDrive: the name of a computer
    r"|(?i: - copy| - kopie| copy|_copy)(?: ?\(?\d{1,2}\)?)?$"
    r"| ?\(\d{1,2}\)$"  # browsers, Google Drive
    r"| \d{1,2}$"  # iCloud
    r"|^(?i:copy of |kopie von )"
)


def unmarked(path: str) -> str:
    """The path without the marks that programs put into the names of copies; itself where there are none.

    "pay (1).md" and "pay 2.md" may be copies of "pay.md"; whether they are is for their texts to say.
    """
    whole = PurePosixPath(unicodedata.normalize("NFC", path))
    stem = whole.stem
    while (shorter := _MARKS.sub("", stem, count=1).strip()) not in {stem, ""}:
        stem = shorter
    return str(whole.with_name(stem + whole.suffix))


def marks(path: str) -> int:
    """How many characters of the path are marks of a copy: 0 where its name is its own."""
    return len(unicodedata.normalize("NFC", path)) - len(unmarked(path))


def resemblance(one: str, other: str) -> float:
    """The share of their distinct pairs of neighbouring words that two texts have in common, in [0, 1] (Jaccard)."""
    pairs, others = _pairs(one), _pairs(other)
    return len(pairs & others) / max(len(pairs | others), 1)


def look_alikes(texts: Mapping[str, str]) -> list[tuple[str, str, float]]:
    """The names of all pairs of texts that say nearly the same, with their resemblance, in order.

    Linear but for pairs that may be alike: those that share one of the smallest hashes (Broder 1997).
    """
    sharing = defaultdict[int, list[str]](list)
    hashes: dict[str, int] = {}
    for name, text in texts.items():
        for value in _sketch(text, hashes):
            sharing[value].append(name)
    pairs = {pair for names in sharing.values() if len(names) <= _MOST_SHARING for pair in combinations(names, 2)}
    found = ((one, other, resemblance(texts[one], texts[other])) for one, other in sorted(pairs))
    return [pair for pair in found if pair[2] >= ALIKE]


def _pairs(text: str) -> set[tuple[str, ...]]:
    words = ["", *_WORD.findall(text.casefold()), ""]
    return set(pairwise(words))


def _sketch(text: str, hashes: dict[str, int]) -> Iterable[int]:
    values = []
    for word in _WORD.findall(text.casefold()):
        if word not in hashes:
            hashes[word] = crc32(word.encode())
        values.append(hashes[word])
    return sorted({(one * 0x9E3779B1 ^ other * 0x85EBCA6B) & 0xFFFFFFFF for one, other in pairwise([0, *values])})[
        :_SKETCH
    ]
