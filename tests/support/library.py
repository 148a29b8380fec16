"""The shipped articles, read once for all tests that check them."""

from __future__ import annotations

from functools import cache

from chatbot.content.source.files import find_files
from chatbot.records import Article
from tests.support.places import CORPUS
from tests.support.reading import read_article

_PATHS = tuple(path for path in find_files(CORPUS) if path.endswith(".md"))
IDS = tuple(path.removesuffix(".md") for path in _PATHS)


@cache
def articles() -> dict[str, Article]:
    """The articles by their ids. Collecting tests reads none: all of them take seconds."""
    return {article.id: article for path in _PATHS if (article := read_article(path, CORPUS, 1))}
