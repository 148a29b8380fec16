"""An embedder that a reader can compute: one dimension for each keyword, the unit vector of their counts.

The tokens of a question are its keywords, each a dimension of its own.
"""

from __future__ import annotations

import re
from collections.abc import Sequence

import numpy as np

from chatbot.arrays import Vectors
from chatbot.indexing.model.embedder import PassageVectors
from chatbot.indexing.model.encoder import ReadQuestion, TokenVectors

KEYWORDS = ("pay", "remote", "degree", "python", "interview", "team", "learn", "offer")


class KeywordEmbedder:
    name = "keywords"
    fingerprint = "0123456789abcdef"
    dim = len(KEYWORDS)
    window = 256
    vocabulary = KEYWORDS

    def __init__(self) -> None:
        self.embedded: list[str] = []
        self.asked: list[str] = []

    def count_tokens(self, text: str) -> int:
        return len(text.split())

    def embed_passage(self, text: str, spans: Sequence[tuple[int, int]]) -> PassageVectors:
        self.embedded.append(text)
        sentences = np.array([self.embed_query(text[start:end]) for start, end in spans], np.float32)
        return PassageVectors(self.embed_query(text), sentences.reshape(-1, self.dim))

    def embed_query(self, text: str) -> Vectors:
        self.asked.append(text)
        words = re.findall(r"\w+", text.lower())
        counts = np.array([words.count(keyword) + 1e-3 for keyword in KEYWORDS], np.float32)
        return counts / np.float32(np.linalg.norm(counts))

    def read_query(self, text: str) -> ReadQuestion:
        ids = [KEYWORDS.index(word) for word in re.findall(r"\w+", text.lower()) if word in KEYWORDS]
        vectors = np.eye(self.dim, dtype=np.float32)[ids]
        return ReadQuestion(self.embed_query(text), TokenVectors(np.array(ids, np.int32), vectors))


def embed(texts: Sequence[str]) -> Vectors:
    """The vectors of questions, shape (texts, dim)."""
    return np.array([*map(KeywordEmbedder().embed_query, texts)], np.float32).reshape(-1, KeywordEmbedder.dim)
