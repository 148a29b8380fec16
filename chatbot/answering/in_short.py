"""Which sentences stand above the passages of an answer: pure functions.

The rules for fragments are made for English, the language of the shipped articles.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from functools import lru_cache

from chatbot.answering.highlight import announces, is_row, quotes_whole
from chatbot.arrays import Scores, Vectors
from chatbot.content.markdown.plain import plain
from chatbot.indexing.words.tokens import words
from chatbot.records import Excerpt

HITS = 3  # the first of an answer, whose highlights are looked at
MOST = 3
MOST_OF_PASSAGE = 2
_NEAR = 0.95
_ALIKE = 0.8
_FEWEST_WORDS = 5
_LEANING = frozenset("it this that these they he she then therefore however but and so".split())
_FENCE = re.compile(r"^(?:`{3}|~{3})")
_BOLD = re.compile(r"^(\*\*|__)[^*_]+\1\W*$")
_ASKS = re.compile(r"[?？؟]\W*$")
_WORD = re.compile(r"[^\W\d_]+")


def choose(excerpts: Sequence[Excerpt], scores: Scores, vectors: Vectors) -> tuple[Excerpt, ...]:
    """Up to three sentences that together answer: first the best of the first passage, then others in their order.

    `excerpts` are in the order of the passages and of their texts. `scores` of shape (excerpts,) say how well each
    answers, `vectors` of shape (excerpts, dim) are unit vectors of its meaning. The others have at least 0.95 of the
    first one's score and a cosine below 0.8 to each other and to it; two at most are of one passage. Left out are
    fragments (below five words, rows of tables, code, what is bold throughout, what ends in a colon or question mark or
    begins with a small letter, half a quotation), and what begins with a word that leans on the text before it, unless
    nothing else is there.
    """
    read = [_read(excerpt.text) for excerpt in excerpts]
    whole = [n for n, (_, stands) in enumerate(read) if stands]
    usable = [n for n in whole if not leans(read[n][0])] or whole
    if not usable:
        return ()
    lead = max((n for n in usable if excerpts[n].rank == excerpts[usable[0]].rank), key=lambda n: scores[n])
    taken = [lead]
    for n in sorted(usable, key=lambda n: -scores[n]):
        if len(taken) == MOST or scores[n] < _NEAR * scores[lead]:
            break
        beside = sum(excerpts[other].rank == excerpts[n].rank for other in taken)
        if beside < MOST_OF_PASSAGE and (vectors[taken] @ vectors[n]).max() < _ALIKE:
            taken.append(n)
    return tuple(excerpts[n] for n in (lead, *sorted(taken[1:])))


# The same sentences are highlighted again and again.
@lru_cache(maxsize=8192)
def _read(raw: str) -> tuple[str, bool]:
    """A sentence as plain words, and whether it stands alone."""
    shown = plain(raw)
    return shown, stands_alone(raw, shown)


def stands_alone(raw: str, shown: str) -> bool:
    """Whether a sentence, raw and as plain words, is one: no row of a table, no code, no heading in all but name.

    What begins with a small letter is an item of a list, or the rest of a sentence.
    """
    if is_row(raw) or _FENCE.search(raw) or _BOLD.search(raw):
        return False
    # What somebody says goes on in the next sentence, or began in the one before.
    whole = quotes_whole(shown) and shown.count("(") == shown.count(")")
    if not whole or shown[:1].islower() or len(words(shown)) < _FEWEST_WORDS:
        return False
    return not announces(shown) and not _ASKS.search(shown)


def leans(shown: str) -> bool:
    """Whether plain words begin with one that points to the text before them."""
    first = _WORD.search(shown)
    return first is not None and first[0].casefold() in _LEANING
