"""Text to the terms that are counted.

Terms are lower case, without accents, and stemmed (Snowball's English stemmer), so that *résumés* and *resume* meet.
Names that a plain split on punctuation would destroy stay whole: C++, C#, F#, .NET, node.js, 401(k), CI/CD, $170,000.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Sequence
from functools import lru_cache
from threading import local

import Stemmer

from chatbot.content.markdown.escape import UNSEEN
from chatbot.content.markdown.plain import plain
from chatbot.records import Passage

TOKEN = re.compile(
    r"""
      \d+\([a-z]\)                                       # 401(k)
    | \d+(?:[.,]\d+)+                                    # 170,000  3.5
    | \.net\b
    | [cfj]\#(?!\w) | c\+\+                              # c# f# c++
    | [^\W_]+(?:['’](?=[^\W_]))?[^\W_]*                  # words, with an apostrophe inside
    """,
    re.VERBOSE,
)
NUMBER_MARKS = re.compile(r"[,()]")  # 401(k) and 401k are one word
DOTTED = re.compile(r"\b(?:[a-z]\.){2,}", re.IGNORECASE)  # U.S. -> US, Ph.D. stays two terms
JOINED = re.compile(r"\b([a-z]+)\.(js|io|py|ai)\b")
PAIR = re.compile(r"\b([a-z]{1,3})[/&]([a-z]{1,3})\b")

# Snowball's English list and "please". They are counted like other words, but a question gives them less weight.
STOP_WORDS = frozenset(
    """i me my myself we our ours ourselves you your yours yourself yourselves he him his himself she her hers herself
    it its itself they them their theirs themselves what which who whom this that these those am is are was were be been
    being have has had having do does did doing would should could ought im would will can cannot shall may might must
    a an the and but if or because as until while of at by for with about against between into through during before
    after above below to from up down in out on off over under again further then once here there when where why how
    all any both each few more most other some such no nor not only own same so than too very s t just dont now d ll m
    o re ve please pls plz""".split()
)

_stemmers = local()


def words(text: str) -> list[str]:
    """The words of a text, normalised but neither stemmed nor filtered, in order."""
    folded = _fold(text)
    if folded.find(".", 0, -1) >= 0:  # most sentences have none but the last
        folded = DOTTED.sub(lambda match: match[0].replace(".", ""), folded)
        folded = JOINED.sub(r"\1\2", folded)
    found = [word if word.isalpha() else _bare(word) for word in TOKEN.findall(folded)]
    # UX/UI and R&D are asked for both as a pair and by their parts.
    if "/" in folded or "&" in folded:
        found.extend(match[1] + match[2] for match in PAIR.finditer(folded))
    return found


def passage_words(passage: Passage, aliases: Sequence[str] = ()) -> list[str]:
    """The words that are counted of a passage; `aliases` are those of an article, with its first passage."""
    said = (passage.title, *passage.headings, *aliases, *passage.columns, plain(passage.text))
    return words("\n".join(said))


def terms(text: str) -> list[str]:
    """The terms of a text: its words, stemmed, in order, with repetitions and stop words."""
    return list(map(stem, words(text)))


def content_words(text: str) -> list[str]:
    """The words of a text that are not stop words, in order, with repetitions."""
    return [word for word in words(text) if word not in STOP_WORDS]


# The same passages are shown again and again, and splitting their sentences took a fifth of an answer.
@lru_cache(maxsize=8192)
def stems(text: str) -> frozenset[str]:
    """The different terms of a text, kept for texts that are asked for again, such as sentences of passages."""
    return frozenset(map(stem, words(text)))


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
    decomposed = unicodedata.normalize("NFKD", UNSEEN.sub("", text.lower()))
    return "".join(char for char in decomposed if not unicodedata.combining(char))


def _bare(word: str) -> str:
    if word[0].isdigit():
        return NUMBER_MARKS.sub("", word)
    for mark in ("'", "’"):
        head, found, tail = word.partition(mark)
        if found:
            return head if tail == "s" else head + tail
    return word
