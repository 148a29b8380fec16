"""One small index twice, in Python and in JavaScript: the words of the shipped articles, and vectors made of words."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from functools import cached_property
from types import SimpleNamespace
from typing import Any

import numpy as np

from chatbot.answering.ranking.formulas import term_weights
from chatbot.answering.ranking.searcher import Query
from chatbot.answering.understanding import spelling
from chatbot.answering.understanding.vocabulary import read_vocabulary
from chatbot.indexing.words.tokens import stem, words
from tests.support.places import ROOT

DIMENSIONS = 24

SCRIPT = """
const hash = (word) => [...word].reduce((value, sign) => (Math.imul(value, 31) + sign.codePointAt(0)) >>> 0, 7);
export const twin = ({ length, frequencies, counts, common, english, passages }, { words, stem }) => {
  const dictionary = new Set(english), everyday = new Set(common), many = new Map(counts), terms = new Map(frequencies);
  const calls = { lexicon: 0, english: 0 }, loaded = new Set();
  const vector = (text) => {
    const sums = new Float64Array(DIMENSIONS);
    const part = (term, at) => (Math.imul(hash(term), Math.imul(2 * at + 1, 2654435761)) >>> 20) / 2048 - 1;
    for (const term of words(text).map(stem)) sums.forEach((_, at) => sums[at] += part(term, at));
    const norm = Math.sqrt(sums.reduce((sum, value) => sum + value * value, 0)) || 1;
    return Float32Array.from(sums, (value) => value / norm);
  };
  const rows = passages.map(({ title, headings }) => vector([title, ...headings].join(" ")));
  return {
    length, calls,
    load: async (wanted) => wanted.forEach((term) => loaded.add(term)),
    frequency: (term) => {
      if (!loaded.has(term)) throw new Error(`${term} was not loaded`);
      return terms.get(term) ?? 0;
    },
    vector: async (text) => vector(text),
    nearest: async (own) => rows.reduce((best, other, row) => {
      const cosine = other.reduce((sum, value, at) => sum + value * own[at], 0);
      return cosine > best.cosine ? { cosine, row } : best;
    }, { cosine: -2, row: -1 }),
    passage: async (row) => passages[row],
    known: async (word) => many.has(word) || everyday.has(word),
    isEnglish: async (word) => (calls.english++, dictionary.has(word)),
    lexicon: async () => (calls.lexicon++, { counts: many, common }),
  };
};
""".replace("DIMENSIONS", str(DIMENSIONS))


def _hash(word: str) -> int:
    value = 7
    for sign in word:
        value = (value * 31 + ord(sign)) & 0xFFFFFFFF
    return value


def vector(text: str) -> np.ndarray[Any, np.dtype[np.float32]]:
    sums = np.zeros(DIMENSIONS)
    for word in words(text):
        for place in range(DIMENSIONS):
            factor = (2 * place + 1) * 2654435761
            sums[place] += (((_hash(stem(word)) * factor) & 0xFFFFFFFF) >> 20) / 2048 - 1
    return (sums / (np.sqrt((sums * sums).sum()) or 1)).astype(np.float32)


class Twin:
    """Stands for `Searcher`, its index and its embedder at once."""

    def __init__(self) -> None:
        paragraphs = [
            (path.relative_to(ROOT / "corpus").with_suffix("").as_posix(), paragraph)
            for path in sorted((ROOT / "corpus").rglob("*.md"))
            for paragraph in path.read_text(encoding="utf-8").split("\n\n")
        ]
        said = [set(words(paragraph)) for _, paragraph in paragraphs]
        self.words = Counter(word for paragraph in said for word in paragraph)
        self.terms = Counter(term for paragraph in said for term in {stem(word) for word in paragraph})
        self.length = len(paragraphs)
        headed = [(article, text.strip("# \n")) for article, text in paragraphs if text.startswith("#")]
        self.passages_ = [
            SimpleNamespace(article_id=article, title=article.rpartition("/")[2].replace("-", " "), headings=(text,))
            for article, text in headed[::3]
        ]
        self.ids = [f"{article}#{number}" for number, (article, _) in enumerate(headed[::3], start=1)]
        self.embedder = SimpleNamespace(vocabulary=sorted(word for word in spelling.english() if _hash(word) % 5 == 0))
        self.index = self

    def __len__(self) -> int:
        return self.length

    def frequency(self, term: str) -> int:
        return self.terms.get(term, 0)

    def query(self, text: str, *, literal: bool = False) -> Query:
        return Query(text, vector(text if literal else read_vocabulary().spelt_out(text)), term_weights(text))

    def dense(self, own: Any, _most: int) -> tuple[Any, Any]:
        cosines = self._rows.astype(np.float64) @ own.astype(np.float64)
        row = int(cosines.argmax())
        return np.array([row]), cosines[[row]]

    def passages(self, rows: Sequence[int]) -> list[Any]:
        return [self.passages_[row] for row in rows]

    @cached_property
    def _rows(self) -> Any:
        return np.stack([vector(" ".join((one.title, *one.headings))) for one in self.passages_])

    def for_script(self) -> dict[str, Any]:
        return {
            "length": self.length,
            "frequencies": list(self.terms.items()),
            "counts": list(self.words.items()),
            "common": sorted(spelling.whole_words(self.embedder.vocabulary)),
            "english": sorted(spelling.english()),
            "passages": [vars(passage) for passage in self.passages_],
        }
