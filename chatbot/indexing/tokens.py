"""Text to the terms that are counted.

Terms are lower case, without accents, and stemmed (Snowball's English stemmer), so that *résumés* and *resume* meet.
Names that a plain split on punctuation would destroy stay whole: C++, C#, F#, .NET, node.js, 401(k), CI/CD, $170,000.
"""

from __future__ import annotations

import re
import unicodedata
from functools import lru_cache
from threading import local

import Stemmer

_TOKEN = re.compile(
    r"""
      \d+\([a-z]\)                                       # 401(k)
    | \d+(?:[.,]\d+)*                                    # 170,000  3.5
    | \.net\b
    | [cfj]\#(?!\w) | c\+\+                              # c# f# c++
    | [^\W_]+(?:['’](?=[^\W_]))?[^\W_]*                  # words, with an apostrophe inside
    """,
    re.VERBOSE,
)
_DOTTED = re.compile(r"\b(?:[a-z]\.){2,}", re.IGNORECASE)  # U.S. -> US, Ph.D. stays two terms
_JOINED = re.compile(r"\b([a-z]+)\.(js|io|py|ai)\b")
_PAIR = re.compile(r"\b([a-z]{1,3})[/&]([a-z]{1,3})\b")

STOP_WORDS = frozenset(
    """a an and are as at be but by for if in into is it no not of on or such that the their then there these they this
    to was will with i me my we our you your he she his her its do does did doing have has had having am been being
    what which who whom how when where why can could should would may might must shall from about so than too very
    just some any""".split()
)

_stemmers = local()


def words(text: str) -> list[str]:
    """The words of a text, normalised but neither stemmed nor filtered, in order."""
    folded = _fold(text)
    folded = _DOTTED.sub(lambda match: match[0].replace(".", ""), folded)
    folded = _JOINED.sub(r"\1\2", folded)
    found = [word.replace(",", "") if word[0].isdigit() else _apostrophe(word) for word in _TOKEN.findall(folded)]
    # UX/UI and R&D are asked for both as a pair and by their parts.
    found.extend(match[1] + match[2] for match in _PAIR.finditer(folded))
    return found


def terms(text: str) -> list[str]:
    """The terms of a text: its words without stop words, stemmed, in order, with repetitions."""
    return [stem(word) for word in words(text) if word not in STOP_WORDS]


@lru_cache(maxsize=65_536)
def stem(word: str) -> str:
    """The Snowball English stem of one normalised word."""
    stemmer = getattr(_stemmers, "english", None)
    if stemmer is None:
        stemmer = _stemmers.english = Stemmer.Stemmer("english", 0)  # not safe to share between threads
    stemmed: str = stemmer.stemWord(word)
    return stemmed


def _fold(text: str) -> str:
    if text.isascii():
        return text.lower()
    decomposed = unicodedata.normalize("NFKD", text.lower())
    return "".join(char for char in decomposed if not unicodedata.combining(char))


def _apostrophe(word: str) -> str:
    for mark in ("'", "’"):
        head, found, tail = word.partition(mark)
        if found:
            return head if tail == "s" else head + tail
    return word
