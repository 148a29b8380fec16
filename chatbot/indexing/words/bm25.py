"""Word counts of every passage and of every article, as sorted arrays on disk, and BM25 over them.

Counted when the index is built, never per question. A term's passages lie side by side, so that a question reads only
what its own terms touch, and the exact score of any passage is there for the asking, not only the best few.

    terms.txt             one term a line, sorted by its UTF-8 bytes
    passage_starts.npy    int64 (terms + 1,)    term i owns postings starts[i]:starts[i + 1] of the next three
    passages.npy          int32 (postings,)     rows of passages, ascending within a term
    passage_counts.npy    uint16 (postings,)    occurrences in the passage with its title and headings
    passage_parts.npy     float32 (postings,)   what the term adds to the passage's score beside its article, but for
                                                the term's weight
    passage_limits.npy    float32 (terms,)      the most of these of each term
    passage_lengths.npy   int32 (passages,)     terms of the passage
    article_*             the same but limits for whole articles: what the term gives to every passage there
    first_rows.npy        int64 (articles + 1,) article j owns passages first_rows[j]:first_rows[j + 1]
"""

from __future__ import annotations

import copy
from array import array
from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt

from chatbot.arrays import Rows, Scores, loaded, mapped

Terms = list[tuple[int, np.float32]]

K1 = 0.9
B = 0.75
# How much a word counts that stands elsewhere in the passage's article, and how much rarity counts; docs/retrieval.md.
ARTICLE_WEIGHT = 0.2
IDF_POWER = 1.2


def idf(matching: npt.ArrayLike, total: float) -> npt.NDArray[np.float64]:
    """Inverse document frequency, > 0, of the shape of `matching`: ln(1 + (N - n + 0.5) / (n + 0.5)).

    Robertson and Spärck Jones's weight as Lucene computes it; Kamphuis et al., "Which BM25 do you mean?" (ECIR 2020).
    """
    there = np.asarray(matching)
    found: npt.NDArray[np.float64] = np.log1p((np.maximum(total - there, 0) + 0.5) / (there + 0.5))
    return found


def normalised(counts: Scores, lengths: Scores, mean_length: float) -> Scores:
    """Occurrences of a term divided by 1 - b + b length / mean length, shape (n,).

    The length normalisation of BM25 before saturation, as BM25F applies it to each field by itself; Robertson and
    Zaragoza, "The Probabilistic Relevance Framework: BM25 and Beyond" (2009), section 3.6.
    """
    shares: Scores = (counts / (1.0 - B + B * lengths / max(mean_length, 1e-9))).astype(np.float32)
    return shares


def saturated(counts: Scores) -> Scores:
    """X (k1 + 1) / (x + k1): more occurrences add less and less; the same source."""
    result: Scores = counts * np.float32(K1 + 1.0) / (counts + np.float32(K1))
    return result


@dataclass(frozen=True, slots=True)
class Totals:
    """What a score takes of a whole corpus: how many passages and articles there are, and the mean terms of each."""

    passages: int
    articles: int
    passage_terms: float
    article_terms: float


@dataclass(frozen=True, slots=True)
class Postings:
    """The words of some passages in any order: three parallel arrays, and the length of each passage in terms."""

    terms: tuple[str, ...]
    term: Rows
    row: Rows
    count: Rows
    lengths: Rows


def count_terms(passages: Iterable[Sequence[str]]) -> Postings:
    """Count the terms of each passage; rows are numbered from 0."""
    vocabulary: dict[str, int] = {}
    # Eight bytes a number, where a list takes five times as many.
    term, row, count, lengths = (array("q") for _ in range(4))
    for number, words in enumerate(passages):
        for word, occurrences in Counter(words).items():
            term.append(vocabulary.setdefault(word, len(vocabulary)))
            row.append(number)
            count.append(occurrences)
        lengths.append(len(words))
    return Postings(tuple(vocabulary), *(np.array(values, np.int64) for values in (term, row, count, lengths)))


def merge(parts: Sequence[tuple[Postings, Rows]], passages: int) -> Postings:
    """Postings of `passages` rows from several parts, each with the new row of its old rows (-1: gone)."""
    words = sorted({word for part, _ in parts for word in part.terms})
    vocabulary = {word: number for number, word in enumerate(words)}
    lengths = np.zeros(passages, np.int64)
    term: list[Rows] = []
    row: list[Rows] = []
    count: list[Rows] = []
    for part, new_rows in parts:
        kept = new_rows >= 0
        lengths[new_rows[kept]] = part.lengths[kept]
        numbers = np.array([vocabulary[word] for word in part.terms], np.int64)
        moved = new_rows[part.row]
        alive = moved >= 0
        term.append(numbers[part.term[alive]])
        row.append(moved[alive])
        count.append(part.count[alive])
    return Postings(tuple(words), np.concatenate(term), np.concatenate(row), np.concatenate(count), lengths)


def write_lexical(postings: Postings, article_of: Rows, folder: Path) -> None:
    """Write the files of this module's docstring; `article_of` is ascending and has shape (passages,).

    The same postings in any order give the same bytes.
    """
    used = np.flatnonzero(np.bincount(postings.term, minlength=len(postings.terms)))
    words = [postings.terms[number] for number in used]
    order = sorted(range(len(words)), key=lambda position: words[position].encode())
    place = np.zeros(len(postings.terms), np.int64)
    place[used[order]] = np.arange(len(order))
    passages, articles = len(article_of), int(article_of[-1]) + 1 if len(article_of) else 0
    # Stable, since that is quickest where most is in order, as after a merge.
    sorted_by = np.argsort(place[postings.term] * max(passages, 1) + postings.row, kind="stable")
    term, row, count = place[postings.term][sorted_by], postings.row[sorted_by], postings.count[sorted_by]
    folder.mkdir()
    (folder / "terms.txt").write_text("".join(f"{words[position]}\n" for position in order), encoding="utf-8")
    _write_side(folder, "passage", (term, row, count), postings.lengths, len(order))
    lengths = np.bincount(article_of, weights=postings.lengths, minlength=articles).astype(np.int64)
    _write_side(folder, "article", _joined(term, article_of[row], count), lengths, len(order))
    np.save(folder / "first_rows.npy", np.searchsorted(article_of, np.arange(articles + 1)))
    _write_parts(folder, article_of, len(order))


def _joined(term: Rows, article: Rows, count: Rows) -> tuple[Rows, Rows, Rows]:
    """The same with one posting for each term and article: those of an article's passages lie side by side."""
    if not len(term):
        return term, article, count
    firsts = np.flatnonzero(_first_of_each(term, article))
    return term[firsts], article[firsts], np.add.reduceat(count, firsts)


def _first_of_each(term: Rows, article: Rows) -> npt.NDArray[np.bool_]:
    """Which postings, in order, are the first of their term and article."""
    first = np.ones(len(term), np.bool_)
    first[1:] = (np.diff(term) != 0) | (np.diff(article) != 0)
    return first


def _write_side(folder: Path, name: str, columns: tuple[Rows, Rows, Rows], lengths: Rows, terms: int) -> None:
    """Write postings that are in order, by term and then by row."""
    term, row, count = columns
    starts = np.zeros(terms + 1, np.int64)
    np.cumsum(np.bincount(term, minlength=terms), out=starts[1:])
    np.save(folder / f"{name}_starts.npy", starts)
    np.save(folder / f"{name}s.npy", row.astype(np.int32))
    np.save(folder / f"{name}_counts.npy", np.minimum(count, np.iinfo(np.uint16).max).astype(np.uint16))
    np.save(folder / f"{name}_lengths.npy", lengths.astype(np.int32))


def _write_parts(folder: Path, article_of: Rows, terms: int) -> None:
    """Write what each posting adds, of postings that are written."""
    passages, articles = (_Side(folder, name, terms) for name in ("passage", "article"))
    of_articles, of_passages = _parts(passages, passages.shares(), articles.shares(), article_of)
    np.save(folder / "article_parts.npy", of_articles)
    np.save(folder / "passage_parts.npy", of_passages)
    np.save(folder / "passage_limits.npy", _limits(passages, of_passages))


def _parts(passages: _Side, of_passages: Scores, of_articles: Scores, article_of: Rows) -> tuple[Scores, Scores]:
    """What each posting of an article and of a passage adds, of the normalised counts of both."""
    weighed = np.float32(ARTICLE_WEIGHT) * of_articles
    term = np.repeat(np.arange(len(passages.starts) - 1), np.diff(passages.starts))
    below = weighed[np.cumsum(_first_of_each(term, article_of[passages.rows])) - 1]
    return saturated(weighed), saturated(below + of_passages) - saturated(below)


def _limits(passages: _Side, parts: Scores) -> Scores:
    limits: Scores = np.maximum.reduceat(parts, passages.starts[:-1]) if len(passages.starts) > 1 else parts
    return limits


class _Side:
    """The postings of passages or of articles."""

    def __init__(self, folder: Path, name: str, terms: int) -> None:
        self.starts: Rows = loaded(folder / f"{name}_starts.npy")
        self.rows: npt.NDArray[np.int32] = mapped(folder / f"{name}s.npy")
        self.counts: npt.NDArray[np.uint16] = mapped(folder / f"{name}_counts.npy")
        lengths = loaded(folder / f"{name}_lengths.npy")
        self.lengths: Scores = lengths.astype(np.float32)
        self.mean_length = float(lengths.mean()) if len(lengths) else 0.0
        if terms + 1 != len(self.starts) or not self.starts[-1] == len(self.rows) == len(self.counts):
            raise ValueError(f"holds {terms} terms and {len(self.rows)} {name} postings that do not fit together")

    def shares(self, mean_length: float | None = None) -> Scores:
        """The normalised count of each posting; those of another corpus have another mean length."""
        mean_length = self.mean_length if mean_length is None else mean_length
        return normalised(self.counts.astype(np.float32), self.lengths[self.rows], mean_length)

    def stepped(self) -> _Side:
        """The same with lengths in steps of an eighth of an octave."""
        same = copy.copy(self)
        same.lengths = np.exp2(np.rint(np.log2(np.maximum(self.lengths, 1)) * 8) / 8).astype(np.float32)
        return same

    def of(self, number: int) -> slice:
        """The postings of a term."""
        return slice(int(self.starts[number]), int(self.starts[number + 1]))


class TermWeights:
    """The terms of a corpus and how much each tells, without what they add to passages. Safe to use from threads.

    Of the files of this module's docstring it reads `terms.txt`, `first_rows.npy` and the two of starts.
    """

    def __init__(self, folder: Path) -> None:
        """Raises ValueError or OSError where the files do not fit together."""
        words = (folder / "terms.txt").read_text(encoding="utf-8").split("\n")[:-1]
        self.numbers: Mapping[str, int] = {word: number for number, word in enumerate(words)}
        self.first_rows: Rows = loaded(folder / "first_rows.npy")
        self.article_of = np.repeat(np.arange(len(self.first_rows) - 1), np.diff(self.first_rows))
        sides = [loaded(folder / f"{name}_starts.npy") for name in ("passage", "article")]
        if any(len(starts) != len(words) + 1 for starts in sides):
            raise ValueError(f"holds {len(words)} terms and starts of {len(sides[0]) - 1} and {len(sides[1]) - 1}")
        self._frequencies, self._articles_with = (np.diff(starts) for starts in sides)
        self._idf = self._rarity(len(self), len(self.first_rows) - 1)

    def _rarity(self, passages: int, articles: int) -> npt.NDArray[np.float64]:
        """The weight of every term in a corpus of so many, and last of one that occurs once."""
        sides = (self._frequencies, passages), (self._articles_with, articles)
        weights = [idf(np.append(own, min(1, total)), total) for own, total in sides]
        rarity: npt.NDArray[np.float64] = (sum(weights) / 2) ** IDF_POWER
        return rarity

    def __len__(self) -> int:
        """Number of passages."""
        return int(self.first_rows[-1])

    def frequency(self, term: str) -> int:
        """How many passages contain a term."""
        number = self.numbers.get(term)
        return 0 if number is None else int(self._frequencies[number])

    def idf(self, term: str) -> float:
        """The weight of a term: the mean of its idf over passages and over articles, to the power of IDF_POWER.

        A term that occurs nowhere weighs like one that occurs once.
        """
        return float(self._idf[self.numbers.get(term, -1)])

    def weighed(self, weights: Mapping[str, float]) -> Terms:
        """The number of each term that occurs, and its weight with that of its rarity."""
        # In one order, whatever that of the words: sums of floats depend on it to the last bit.
        known = sorted((self.numbers[term], weight) for term, weight in weights.items() if term in self.numbers)
        return [(number, np.float32(self._idf[number] * weight)) for number, weight in known]


class LexicalIndex(TermWeights):
    """All files of this module's docstring, opened. Safe to use from several threads."""

    def __init__(self, folder: Path) -> None:
        """Raises ValueError or OSError where the files do not fit together."""
        super().__init__(folder)
        terms = len(self.numbers)
        self._passages = _Side(folder, "passage", terms)
        self._articles = _Side(folder, "article", terms)
        if (len(self._passages.lengths), len(self._articles.lengths)) != (len(self), len(self.first_rows) - 1):
            raise ValueError(f"holds {len(self)} passages that do not fit its {len(self._articles.lengths)} articles")
        self._of_articles, self._of_passages = (mapped(folder / f"{name}_parts.npy") for name in ("article", "passage"))
        self.limits: Scores = loaded(folder / "passage_limits.npy")
        found = len(self._of_articles), len(self._of_passages), len(self.limits)
        if found != (len(self._articles.rows), len(self._passages.rows), terms):
            raise ValueError(f"holds {terms} terms and parts of scores that do not fit together")

    @property
    def totals(self) -> Totals:
        """Those of these passages."""
        lengths = self._passages.mean_length, self._articles.mean_length
        return Totals(len(self), len(self.first_rows) - 1, *lengths)

    def as_of(self, totals: Totals) -> LexicalIndex:
        """The same words, scored as in a corpus of other `totals`, lengths of articles in steps of 9 %.

        So an edit moves the scores of its own passages, and hardly ever another one's.
        """
        same = copy.copy(self)
        same._idf = self._rarity(totals.passages, totals.articles)
        shares = self._passages.shares(totals.passage_terms), self._articles.stepped().shares(totals.article_terms)
        same._of_articles, same._of_passages = _parts(self._passages, *shares, self.article_of)
        same.limits = _limits(self._passages, same._of_passages)
        return same

    def holds(self, row: int, term: str) -> bool:
        """Whether a passage contains a term."""
        number = self.numbers.get(term)
        if number is None:
            return False
        own = self._passages.rows[self._passages.of(number)]
        place = int(np.searchsorted(own, row))
        return place < len(own) and int(own[place]) == row

    def scores(self, weights: Mapping[str, float]) -> Scores:
        """BM25F of every passage, shape (passages,), for terms with their weights (1.0 for a plain word).

        A passage has two fields: itself, and its whole article at ARTICLE_WEIGHT.
        """
        terms = self.weighed(weights)
        total: Scores = self.article_scores(terms)[self.article_of]
        for number, weight in terms:
            rows, parts = self.own(number)
            total[rows] += weight * parts
        return total

    def article_scores(self, terms: Terms) -> Scores:
        """What terms of its article give to a passage, by articles, shape (articles,)."""
        of_articles = np.zeros(len(self._articles.lengths), np.float32)
        for number, weight in terms:
            own = self._articles.of(number)
            of_articles[self._articles.rows[own]] += weight * self._of_articles[own]
        return of_articles

    def own(self, number: int) -> tuple[npt.NDArray[np.int32], Scores]:
        """The rows of the passages that hold a term, ascending, and what it adds to each, but for its weight."""
        own = self._passages.of(number)
        return self._passages.rows[own], self._of_passages[own]

    def postings(self) -> Postings:
        """The counts of passages, for the next build to take over."""
        side = self._passages
        term = np.repeat(np.arange(len(self.numbers)), np.diff(side.starts))
        rows, counts, lengths = (values.astype(np.int64) for values in (side.rows, side.counts, side.lengths))
        return Postings(tuple(self.numbers), term, rows, counts, lengths)

    def by_row(self) -> Callable[[int], dict[int, float]]:
        """For a passage, by the number of each term of its article, what `scores` adds but for the term's weight."""
        ordered = []
        for side, parts, rows in (
            (self._passages, self._of_passages, len(self)),
            (self._articles, self._of_articles, len(self.first_rows) - 1),
        ):
            order = np.argsort(side.rows, kind="stable")
            terms = np.repeat(np.arange(len(self.numbers), dtype=np.int32), np.diff(side.starts))[order]
            ordered.append((np.searchsorted(side.rows[order], np.arange(rows + 1)), terms, parts[order]))

        def words(row: int) -> dict[int, float]:
            found: dict[int, float] = {}
            for (starts, terms, parts), one in zip(ordered, (row, int(self.article_of[row])), strict=True):
                own = slice(int(starts[one]), int(starts[one + 1]))
                for term, part in zip(terms[own].tolist(), parts[own].tolist(), strict=True):
                    found[term] = found.get(term, 0.0) + part
            return found or {len(self.numbers): 1.0}  # which no question asks for, and no vector can be empty

        return words
