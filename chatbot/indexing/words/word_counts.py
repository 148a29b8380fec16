"""The words of the corpus as they are written, for mending questions: in how many passages each occurs.

    words.txt             one word a line and its number of passages, a tab between them, sorted

Terms are stems, which nobody types. Only words of plain letters are kept; others are never mended.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Mapping
from pathlib import Path

FILE = "words.txt"
_WORD = re.compile(r"[a-z]{3,24}")


def count_words(passages: Iterable[Iterable[str]]) -> Counter[str]:
    """In how many passages each word occurs; a passage is its normalised words."""
    counts: Counter[str] = Counter()
    for passage in passages:
        counts.update(word for word in set(passage) if _WORD.fullmatch(word))
    return counts


def write_words(counts: Mapping[str, int], path: Path) -> None:
    """Write the file; words that no passage has any more are left out."""
    lines = (f"{word}\t{count}\n" for word, count in sorted(counts.items()) if count > 0)
    path.write_text("".join(lines), encoding="ascii")


def read_words(path: Path) -> dict[str, int]:
    """The words of the file and in how many passages each occurs. Raises ValueError or OSError where it is unusable."""
    found = {}
    for line in path.read_text(encoding="ascii").split("\n")[:-1]:
        word, count = line.split("\t")
        found[word] = int(count)
    return found
