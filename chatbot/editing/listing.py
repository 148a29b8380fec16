"""Every file of the corpus as an editor sees it: what it is, and how it differs from what is published."""

from __future__ import annotations

import hashlib
from collections import Counter, defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date
from typing import Literal

from chatbot.content.readers.registry import may_list
from chatbot.content.readers.sitemap import Page, Sitemap
from chatbot.content.sandbox import IsolatedReader
from chatbot.content.source.copies import marks, unmarked
from chatbot.content.source.files import find_files, oversize, read_bytes
from chatbot.errors import ContentError
from chatbot.indexing.building.corpus import (
    copied,
    cut,
    given_by,
    idle_sitemaps,
    left_out_of,
    reading_order,
    said_of,
    unusable,
    with_given,
)
from chatbot.indexing.generation.manifest import Kind, LeftOut, read_manifest
from chatbot.indexing.generation.passage_index import PassageStore
from chatbot.indexing.model.embedder import Embedder
from chatbot.records import Article, Passage
from chatbot.settings import Settings

State = Literal["new", "changed", "unchanged", "deleted", "left out"]
OLD_DAYS = 365


@dataclass(frozen=True, slots=True)
class Listed:
    """A file of the corpus, or one that is published and gone.

    `ids` are of its articles, more than one for a feed. `reason` says why all or some of it is not used; `sha256` is
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
    """What a file would become: articles with their passages; `reason` says why all or some of it is not used, with its
    line where it has one, and `kind` what that means. `sitemap` is what it lists where it is one, or a posts.csv.
    """

    path: str
    articles: tuple[tuple[Article, tuple[Passage, ...]], ...]
    reason: str
    line: int | None = None
    sitemap: Sitemap | None = None
    kind: Kind = "unusable"

    @property
    def problem(self) -> str:
        """The reason with its line."""
        return f"line {self.line}: {self.reason}" if self.line else self.reason


class Listing:
    """The files of the corpus beside what is published; only what differs is read, and that once."""

    def __init__(self, settings: Settings, embedder: Embedder) -> None:
        self._settings = settings
        self._embedder = embedder
        self._parsed: dict[tuple[str, str, Page | None], Preview] = {}
        self._sitemaps: dict[str, Sitemap] = {}

    def list(self, store: PassageStore, generation: str) -> tuple[Listed, ...]:
        """All files, and those that are published and gone, by their paths. Raises IndexDamaged."""
        manifest = read_manifest(self._settings.index_dir / generation)
        reasons = {path: one.reason for path, one in manifest.left_out.items()}
        counts = Counter(store.article_numbers())
        known = defaultdict[str, list[tuple[Article, int]]](list)
        for number, article in enumerate(store.articles()):
            known[article.path].append((article, counts[number]))
        parsed: dict[tuple[str, str, Page | None], Preview] = {}
        files: dict[str, Listed] = {}
        taken: dict[str, str] = {}
        sitemaps: dict[str, Sitemap] = {}
        pages: dict[str, Page] | None = None
        order = reading_order(find_files(self._settings.corpus_dir))
        for path in order:
            if pages is None and not may_list(path):
                pages = said_of(order, sitemaps)
            try:
                data = read_bytes(self._settings.corpus_dir, path, self._settings.max_file_mb)
            except ContentError as error:
                files[path] = _left_out(error.path, error.reason, "")
                continue
            digest = hashlib.sha256(data).hexdigest()
            page = pages.get(path) if pages else None
            if manifest.articles.get(path) == digest and path in known and not (page and page.withheld):
                file = _listed(path, known[path], "unchanged", digest, reasons.get(path, ""))
                sizes = [(article.id, count) for article, count in known[path]]
            else:
                key = path, digest, page
                read = parsed[key] = self._parsed.get(key) or self._parse(path, data, page)
                sitemaps.update({path: read.sitemap} if read.sitemap else {})
                file = _from_preview(read, manifest.articles, digest)
                sizes = _sizes(read)
            left_out = unusable(sizes, taken, self._settings)
            if not left_out and len(sizes) == 1 and marks(path):
                left_out = self._copied(path, data, files.values())
            if left_out:
                file = _left_out(path, left_out.reason, digest)
            taken.update(dict.fromkeys(file.ids, path))
            files[path] = file
        self._parsed = parsed
        self._sitemaps = sitemaps
        for path, reason in _idle(sitemaps, files).items():
            files[path] = replace(files[path], reason=reason)
        gone = [_listed(path, known[path], "deleted", "", "") for path in known.keys() - files.keys()]
        return tuple(sorted([*files.values(), *gone], key=lambda file: file.path.casefold()))

    def preview(self, path: str, data: bytes, files: Iterable[Listed]) -> Preview:
        """What a file of these bytes would become beside those that were listed last, as a build would read it."""
        others = {file.path: file for file in files if file.state != "deleted"}
        order = reading_order({*others, path})
        before = [others[one] for one in order[: order.index(path)]]
        read = self._parse(path, data, said_of(order, self._sitemaps).get(path))
        left_out = unusable(_sizes(read), {id_: file.path for file in before for id_ in file.ids}, self._settings)
        if not left_out and len(read.articles) == 1 and marks(path):
            left_out = self._copied(path, data, before)
        if left_out:
            return Preview(path, (), left_out.reason)
        if read.sitemap:
            idle = _idle({**self._sitemaps, path: read.sitemap}, order)
            return replace(read, reason=idle.get(path, read.reason))
        return read

    def _copied(self, path: str, data: bytes, before: Iterable[Listed]) -> LeftOut | None:
        """Why a file that is a copy by its name is left out, beside those that are read before it."""
        name, corpus_dir, most = unmarked(path), self._settings.corpus_dir, self._settings.max_file_mb
        namesakes = (file.path for file in before if len(file.ids) == 1 and unmarked(file.path) == name)
        # What is published holds no texts here, and copies are few.
        reads = (self._parse(other, read_bytes(corpus_dir, other, most)) for other in namesakes)
        ((article, _),) = self._parse(path, data).articles
        return copied(article, (other for read in reads for other, _ in read.articles))

    def _parse(self, path: str, data: bytes, page: Page | None = None) -> Preview:
        """What a file would become of which others say `page`, whatever else is beside it."""
        settings = self._settings
        if reason := oversize(len(data), settings.max_file_mb):
            return Preview(path, (), reason)
        if page and page.withheld:
            return Preview(path, (), page.withheld, kind="withheld")
        try:
            with IsolatedReader(settings.max_seconds_per_file, settings.max_memory_mb) as reader:
                parsed = reader.parse(path, data, hashlib.sha256(data).hexdigest())
            given = given_by(page, parsed.articles)
            articles = tuple(
                (article, tuple(passage for passage, _ in cut(article, settings, self._embedder)))
                for article in (with_given(one, given) for one in parsed.articles)
            )
        except ContentError as error:
            return Preview(path, (), error.reason, error.line)
        if parsed.sitemap:
            said = "is a sitemap or a list of posts, which gives other files what they lack"
            return Preview(path, (), said, sitemap=parsed.sitemap)
        left_out = left_out_of(parsed)
        return Preview(path, articles, left_out.reason, kind=left_out.kind) if left_out else Preview(path, articles, "")


def _idle(sitemaps: Mapping[str, Sitemap], paths: Collection[str]) -> dict[str, str]:
    """Why some sitemaps say nothing of the files at these paths."""
    idle = idle_sitemaps(sitemaps, said_of(paths, sitemaps).values())
    return {path: left_out.reason for path, left_out in idle.items()}


def _sizes(read: Preview) -> list[tuple[str, int]]:
    return [(article.id, len(passages)) for article, passages in read.articles]


def _from_preview(read: Preview, published: Mapping[str, str], digest: str) -> Listed:
    if not read.articles:
        return _left_out(read.path, read.problem, digest)
    articles = [(article, len(passages)) for article, passages in read.articles]
    return _listed(read.path, articles, "changed" if read.path in published else "new", digest, read.problem)


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
