"""The shipped articles, read once for all tests that check them."""

from __future__ import annotations

from chatbot.content.readers.registry import read_article
from chatbot.content.source.files import find_files
from tests.support.places import CORPUS

ARTICLES = {a.id: a for a in (read_article(p, CORPUS, 1) for p in find_files(CORPUS) if p.endswith(".md")) if a}
