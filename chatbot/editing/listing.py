"""Every file of the corpus as an editor sees it: what it is, and how it differs from what is published."""

from __future__ import annotations

import hashlib
from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Literal

from chatbot.content.sandbox import IsolatedReader
from chatbot.content.source.files import find_files, read_bytes
from chatbot.errors import ContentError
from chatbot.indexing.building.corpus import cut
from chatbot.indexing.generation.manifest import read_manifest
from chatbot.indexing.generation.passage_store import Store
from chatbot.indexing.model.embedder import Embedder
from chatbot.records import Article, Passage
from chatbot.settings import Settings

State = Literal["new", "changed", "unchanged", "deleted", "left out"]
OLD_DAYS = 365


@dataclass(frozen=True, slots=True)
class Listed:
    """A file of the corpus, or one that is published and gone.

    `ids` are of its articles, more than one for a feed. `reason` says why all or some of it is left out; `sha256` is
    of the file that is there now.
    """

    path: str
    state: State
    ids: tuple[str, ...]
    title: str
    topics: tuple[str, ...]
    passages: int
    updated: date | None
    review_by: date | None
    sha256: str
    reason: str

    def freshness(self, today: date) -> Literal["", "review", "old"]:
        """Whether its day of review has passed, or its last update is more than a year ago."""
        if self.review_by and self.review_by < today:
            return "review"
        return "old" if self.updated and (today - self.updated).days > OLD_DAYS else ""


@dataclass(frozen=True, slots=True)
class Preview:
    """What a file would become: articles with their passages; `reason` says why all or some of it is left out, with its
    line where it has one.
    """

    path: str
    articles: tuple[tuple[Article, tuple[Passage, ...]], ...]
    reason: str
    line: int | None = None

    @property
    def problem(self) -> str:
        """The reason with its line."""
        return f"line {self.line}: {self.reason}" if self.line else self.reason


def preview(path: str, data: bytes, settings: Settings, embedder: Embedder) -> Preview:
    """Read a file as a build would, without writing anything."""
    try:
        with IsolatedReader(settings.max_seconds_per_file, settings.max_memory_mb) as reader:
            parsed = reader.parse(path, data, hashlib.sha256(data).hexdigest())
    except ContentError as error:
        return Preview(path, (), error.reason, error.line)
    found = [
        (article, tuple(passage for passage, _ in cut(article, settings, embedder))) for article in parsed.articles
    ]
    if not found:
        return Preview(path, (), parsed.left_out or "its front matter says that it is not to be published")
    if not all(passages for _, passages in found):
        return Preview(path, (), "holds no text to show; add some")
    return Preview(path, tuple(found), parsed.left_out)


class Listing:
    """The files of the corpus beside what is published; only what differs is read, and that once."""

    def __init__(self, settings: Settings, embedder: Embedder) -> None:
        self._settings = settings
        self._embedder = embedder
        self._read: dict[tuple[str, str], Preview] = {}

    def list(self, store: Store, generation: str) -> tuple[Listed, ...]:
        """All files, and those that are published and gone, by their paths. Raises IndexDamaged."""
        manifest = read_manifest(self._settings.index_dir / generation)
        counts = Counter(store.article_numbers())
        known = defaultdict[str, list[tuple[Article, int]]](list)
        for number, article in enumerate(store.articles()):
            known[article.path].append((article, counts[number]))
        found: list[Listed] = []
        seen: dict[tuple[str, str], Preview] = {}
        owners: dict[str, str] = {}
        for path in find_files(self._settings.corpus_dir):
            try:
                data = read_bytes(self._settings.corpus_dir, path, self._settings.max_file_mb)
            except ContentError as error:
                found.append(_left_out(error.path, error.reason, ""))
                continue
            digest = hashlib.sha256(data).hexdigest()
            if manifest.articles.get(path) == digest and path in known:
                one = _listed(path, known[path], "unchanged", digest, manifest.left_out.get(path, ""))
            else:
                key = (path, digest)
                seen[key] = self._read.get(key) or preview(path, data, self._settings, self._embedder)
                one = _from_preview(seen[key], manifest.articles, digest)
            found.append(_first_of_its_name(one, owners))
        self._read = seen
        there = {one.path for one in found}
        found += [_listed(path, known[path], "deleted", "", "") for path in known.keys() - there]
        return tuple(sorted(found, key=lambda one: one.path.casefold()))


def _from_preview(read: Preview, published: Mapping[str, str], digest: str) -> Listed:
    if not read.articles:
        return _left_out(read.path, read.problem, digest)
    articles = [(article, len(passages)) for article, passages in read.articles]
    return _listed(read.path, articles, "changed" if read.path in published else "new", digest, read.problem)


def _first_of_its_name(one: Listed, owners: dict[str, str]) -> Listed:
    """As a build does it: of two files that give the same article, the first is read."""
    taken = next((id_ for id_ in one.ids if id_ in owners), None)
    if taken is not None:
        return _left_out(one.path, f"has the same name as {owners[taken]}; rename one of them", one.sha256)
    owners.update(dict.fromkeys(one.ids, one.path))
    return one


def _listed(path: str, articles: Sequence[tuple[Article, int]], state: State, digest: str, reason: str) -> Listed:
    first = articles[0][0]
    title = first.title if len(articles) == 1 else f"{first.title} and {len(articles) - 1} more"
    topics = tuple(dict.fromkeys(topic for article, _ in articles for topic in article.topics))
    days = [day for article, _ in articles if (day := article.updated or article.published)]
    reviews = [article.review_by for article, _ in articles if article.review_by]
    return Listed(
        path=path,
        state=state,
        ids=tuple(article.id for article, _ in articles),
        title=title,
        topics=topics,
        passages=sum(count for _, count in articles),
        updated=min(days, default=None),
        review_by=min(reviews, default=None),
        sha256=digest,
        reason=reason,
    )


def _left_out(path: str, reason: str, digest: str) -> Listed:
    return Listed(path, "left out", (), "", (), 0, None, None, digest, reason)
