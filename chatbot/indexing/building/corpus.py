"""The corpus as articles and passages, what is unchanged taken over from the previous generation."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from datetime import date

import numpy as np
import numpy.typing as npt

from chatbot.content.passages import embedded_text, split
from chatbot.content.readers.registry import READERS
from chatbot.content.readers.sitemap import Page, Sitemap, listed, may_be_sitemap, unused
from chatbot.content.sandbox import IsolatedReader
from chatbot.content.source.files import find_files, read_bytes
from chatbot.errors import ContentError
from chatbot.indexing.building.freshness import is_tried_again
from chatbot.indexing.generation.local_index import LocalIndex
from chatbot.indexing.model.embedder import Embedder
from chatbot.records import Article, Passage
from chatbot.settings import Settings

_Cut = tuple[Article, list[tuple[Passage, bytes]]]


@dataclass(frozen=True, slots=True)
class Corpus:
    """Articles in the order of their ids, their passages in order, and the digest of each passage's embedded text.

    `left_out` gives the reason for each file that is not usable, by its path under the corpus folder, and `listed`
    what an article has from a sitemap: `url`, `updated`.
    """

    articles: tuple[Article, ...]
    passages: tuple[Passage, ...]
    digests: tuple[bytes, ...]
    left_out: dict[str, str]
    listed: dict[str, dict[str, str]]

    def article_of(self) -> npt.NDArray[np.int64]:
        """For each passage the place of its article among the articles, ascending, shape (passages,)."""
        numbers = {article.id: number for number, article in enumerate(self.articles)}
        return np.array([numbers[passage.article_id] for passage in self.passages], np.int64)


@dataclass(slots=True)
class _Reading:
    """What was read so far.

    `before` are the articles of the previous generation by their files, `same` those of unchanged files by their ids.
    """

    settings: Settings
    embedder: Embedder
    old: LocalIndex | None
    reader: IsolatedReader
    before: dict[str, list[Article]] = field(default_factory=dict)
    same: dict[str, Article] = field(default_factory=dict)
    found: dict[str, _Cut] = field(default_factory=dict)
    left_out: dict[str, str] = field(default_factory=dict)
    listed: dict[str, dict[str, str]] = field(default_factory=dict)
    sitemaps: dict[str, Sitemap] = field(default_factory=dict)

    def read(self, file: str, page: Page | None) -> None:
        """Read one file, of which a sitemap says `page`."""
        try:
            articles, note = self._parsed(file)
            given = given_by(page, articles[0]) if page and articles else {}
            found = [(one, self._pieces(one)) for one in (with_given(article, given) for article in articles)]
            self._check(file, found)
        except ContentError as error:
            self.left_out[error.path] = f"line {error.line}: {error.reason}" if error.line else error.reason
            return
        if note:
            self.left_out[file] = note
        if given:
            self.listed[file] = given
        self.found.update((article.id, (article, pieces)) for article, pieces in found)

    def _parsed(self, file: str) -> tuple[list[Article], str]:
        """The articles as their file alone makes them, and a note."""
        data = read_bytes(self.settings.corpus_dir, file, self.settings.max_file_mb)
        digest = hashlib.sha256(data).hexdigest()
        known = self.before.get(file, [])
        if self.old and known and known[0].sha256 == digest:
            given = self.old.manifest.listed.get(file, {})
            wholes = [whole for one in known if (whole := self.old.store.article(one.id))]
            self.same.update((whole.id, whole) for whole in wholes)
            return [without_given(whole, given) for whole in wholes], self.old.manifest.left_out.get(file, "")
        if reason := self._known_reason(file, digest):
            raise ContentError(file, reason)
        parsed = self.reader.parse(file, data, digest)
        if parsed.sitemap:
            self.sitemaps[file] = parsed.sitemap
        return list(parsed.articles), parsed.left_out

    def _known_reason(self, file: str, digest: str) -> str:
        """Why the same file was left out before, where nothing but the file decides that; else ""."""
        if not self.old or self.old.manifest.others.get(file) != digest or may_be_sitemap(file):
            return ""
        reason = self.old.manifest.left_out.get(file, "")
        return "" if "has the same name as" in reason or is_tried_again(reason, self.settings) else reason

    def _pieces(self, article: Article) -> list[tuple[Passage, bytes]]:
        if self.old and self.same.get(article.id) == article:
            return [(passage, digest) for _, passage, digest in self.old.store.passages_of(article.id)]
        return cut(article, self.settings, self.embedder)

    def _check(self, file: str, found: list[_Cut]) -> None:
        for article, pieces in found:
            if article.id in self.found:
                raise ContentError(file, f"has the same name as {self.found[article.id][0].path}; rename one of them")
            if not pieces:
                raise ContentError(file, "holds no text to show; add some or remove the file")
        count, most = sum(len(pieces) for _, pieces in found), self.settings.max_passages_per_file
        if count > most:
            raise ContentError(
                file, f"gives {count:,} passages, above max_passages_per_file ({most:,}); split it, or raise that"
            )


def read_corpus(
    settings: Settings, embedder: Embedder, old: LocalIndex | None, on_step: Callable[[str, int, int], None]
) -> Corpus:
    """Read every usable file of the corpus folder, which exists."""
    files = find_files(settings.corpus_dir)
    with IsolatedReader(settings.max_seconds_per_file, settings.max_memory_mb) as reader:
        reading = _Reading(settings, embedder, old, reader)
        for article in old.store.articles() if old else ():
            reading.before.setdefault(article.path, []).append(article)
        first = [file for file in files if may_be_sitemap(file)]
        for done, file in enumerate(first):
            on_step("reading", done, len(files))
            reading.read(file, None)
        pages = listed(files, (page for sitemap in reading.sitemaps.values() for page in sitemap.pages))
        for done, file in enumerate((file for file in files if not may_be_sitemap(file)), len(first)):
            on_step("reading", done, len(files))
            reading.read(file, pages.get(file))
    left_out = reading.left_out
    for file, sitemap in reading.sitemaps.items():
        if reason := unused(file, sitemap, reading.sitemaps, pages.values()):
            left_out[file] = reason
    found = [reading.found[id_] for id_ in sorted(reading.found)]
    flat = [piece for _, pieces in found for piece in pieces]
    passages, digests = zip(*flat, strict=True) if flat else ((), ())
    left_out = {file: left_out[file] for file in sorted(left_out)}
    return Corpus(tuple(article for article, _ in found), passages, digests, left_out, reading.listed)


def given_by(page: Page, article: Article) -> dict[str, str]:
    """What the article lacks and a sitemap's page states: `url`, `updated`."""
    url = {} if article.url else {"url": page.url}
    return url if article.updated or not page.updated else url | {"updated": page.updated}


def with_given(article: Article, given: Mapping[str, str]) -> Article:
    """The article with what a sitemap gave it."""
    updated = date.fromisoformat(given["updated"]) if "updated" in given else article.updated
    return replace(article, url=given.get("url", article.url), updated=updated)


def without_given(article: Article, given: Mapping[str, str]) -> Article:
    """The article without what a sitemap gave it."""
    url, updated = None if "url" in given else article.url, None if "updated" in given else article.updated
    return replace(article, url=url, updated=updated)


def cut(article: Article, settings: Settings, embedder: Embedder) -> list[tuple[Passage, bytes]]:
    """The passages of an article, each with the digest of its embedded text."""
    sizes = settings.passages
    passages = split(
        article,
        embedder.count_tokens,
        target_tokens=sizes.target_tokens,
        max_tokens=sizes.max_tokens,
        window=embedder.window,
    )
    return [(passage, hashlib.sha256(embedded_text(passage).encode()).digest()[:16]) for passage in passages]


def why_nothing(settings: Settings, corpus: Corpus) -> str:
    """Why a corpus has no passages, in words."""
    if corpus.left_out:
        reasons = "; ".join(f"{path}: {reason}" for path, reason in list(corpus.left_out.items())[:3])
        return f"none of the {len(corpus.left_out)} files in {settings.corpus_dir} can be used ({reasons})"
    return f"{settings.corpus_dir} holds no articles; put files there that end in {', '.join(READERS)}"
