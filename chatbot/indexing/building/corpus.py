"""The corpus as articles and passages, what is unchanged taken over from the previous generation."""

from __future__ import annotations

import unicodedata
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date
from typing import Any

import numpy as np
import numpy.typing as npt

from chatbot.content.passages import embedded_text, split
from chatbot.content.readers.contract import Parsed
from chatbot.content.readers.registry import READERS, may_list, untitled
from chatbot.content.readers.sitemap import Page, Sitemap, listed, unused
from chatbot.content.readers.substack import listed_posts
from chatbot.content.sandbox import IsolatedReader, blaming
from chatbot.content.source.copies import ALIKE, marks, resemblance, unmarked
from chatbot.errors import ContentError
from chatbot.indexing.building.freshness import CorpusFiles, is_parsed_again
from chatbot.indexing.building.report import OnStep
from chatbot.indexing.generation.calibration_data import text_digest
from chatbot.indexing.generation.local_index import LocalIndex
from chatbot.indexing.generation.manifest import LeftOut
from chatbot.indexing.model.embedder import Embedder
from chatbot.records import Article, Passage
from chatbot.settings import Settings

_Cut = tuple[Article, list[tuple[Passage, bytes]]]


@dataclass(frozen=True, slots=True)
class Corpus:
    """Articles in the order of their ids, their passages in order, and the digest of each passage's embedded text.

    `left_out` says why a file is not usable, by its path under the corpus folder, `listed` what an article has
    from a sitemap or a posts.csv: `url`, `updated`, `title`, `published`, and `due` when a file gives something else
    though it is the same, and what.
    """

    articles: tuple[Article, ...]
    passages: tuple[Passage, ...]
    digests: tuple[bytes, ...]
    left_out: dict[str, LeftOut]
    listed: dict[str, dict[str, str]]
    due: dict[str, tuple[str, str]]

    def article_of(self) -> npt.NDArray[np.int64]:
        """For each passage the place of its article among the articles, ascending, shape (passages,)."""
        numbers = {article.id: number for number, article in enumerate(self.articles)}
        return np.array([numbers[passage.article_id] for passage in self.passages], np.int64)


def unusable(articles: Sequence[tuple[str, int]], taken: Mapping[str, str], settings: Settings) -> LeftOut | None:
    """Why a file is left out as a whole that gives these articles, ids with their counts of passages; else None.

    `taken` gives the file of each id that the files before it have.
    """
    if twin := next((taken[id_] for id_, _ in articles if id_ in taken), None):
        return LeftOut(f"has the same name as {twin}; rename one of them", beside=True)
    if not all(count for _, count in articles):
        return LeftOut("holds no text to show; add some or remove the file")
    count, most = sum(count for _, count in articles), settings.max_passages_per_file
    if count > most:
        reason = f"gives {count:,} passages, above max_passages_per_file ({most:,}); split it, or raise that"
        return LeftOut(reason, limit=most)
    return None


def copied(article: Article, others: Iterable[Article]) -> LeftOut | None:
    """Why an article is left out whose file is, by its name, a copy of these others: it says nearly the same as one.

    None where it does not, or is for other readers.
    """
    for other in others:
        readers = (article.country, article.audience) == (other.country, other.audience)
        if readers and resemblance(article.text, other.text) >= ALIKE:
            reason = f"is a copy of {other.path} and says nearly the same; merge them and delete one"
            return LeftOut(reason, beside=True, copy_of=other.path)
    return None


def said(error: ContentError) -> str:
    """Why a file cannot be read, with its line."""
    return f"line {error.line}: {error.reason}" if error.line else error.reason


def left_out_of(parsed: Parsed) -> LeftOut | None:
    """What of a file that was read is not used, None where all of it is."""
    if parsed.left_out:
        return LeftOut(parsed.left_out)
    if parsed.withheld:
        return LeftOut(parsed.withheld, kind="withheld")
    return LeftOut(parsed.remark, kind="remark") if parsed.remark else None


def said_of(paths: Collection[str], sitemaps: Mapping[str, Sitemap]) -> dict[str, Page]:
    """What sitemaps and posts.csv say of each file that they mean."""
    pages = [page for sitemap in sitemaps.values() for page in sitemap.pages]
    return listed(paths, pages) | listed_posts(paths, pages)


def idle_sitemaps(sitemaps: Mapping[str, Sitemap], pages: Collection[Page]) -> dict[str, LeftOut]:
    """The sitemaps that say nothing of the corpus; `pages` are those that are meant by files."""
    return {
        path: LeftOut(reason, beside=True)
        for path, sitemap in sitemaps.items()
        if (reason := unused(path, sitemap, sitemaps, pages))
    }


@dataclass(slots=True)
class _Reading:
    """What was read so far.

    `before` are the articles of the previous generation by their files, `same` those of unchanged files by their ids,
    `taken` the file of each article that is used, `namesakes` the articles that are used by what their files are called
    without the marks of copies.
    """

    settings: Settings
    embedder: Embedder
    old: LocalIndex | None
    files: CorpusFiles
    reader: IsolatedReader
    before: dict[str, list[Article]] = field(default_factory=dict)
    same: dict[str, Article] = field(default_factory=dict)
    used: dict[str, _Cut] = field(default_factory=dict)
    taken: dict[str, str] = field(default_factory=dict)
    namesakes: dict[str, list[Article]] = field(default_factory=dict)
    left_out: dict[str, LeftOut] = field(default_factory=dict)
    listed: dict[str, dict[str, str]] = field(default_factory=dict)
    sitemaps: dict[str, Sitemap] = field(default_factory=dict)
    due: dict[str, tuple[str, str]] = field(default_factory=dict)

    def read(self, file: str, page: Page | None) -> None:
        """Read one file, of which a sitemap or a posts.csv says `page`."""
        try:
            articles, note = self._parsed(file, page.withheld if page else "")
            given = given_by(page, articles)
            pieces = [(one, self._pieces(one)) for one in (with_given(article, given) for article in articles)]
        except ContentError as error:
            retry = error.retry or not self.files.digest(file)
            self.left_out[error.path] = LeftOut(said(error), retry)
            return
        reason = unusable([(article.id, len(cut)) for article, cut in pieces], self.taken, self.settings)
        if not reason and marks(file) and len(articles) == 1:
            reason = copied(articles[0], self.namesakes.get(unmarked(file), ()))
        if left_out := reason or note:
            self.left_out[file] = left_out
        if reason:
            return
        if given:
            self.listed[file] = given
        self.used.update((article.id, (article, cut)) for article, cut in pieces)
        self.taken.update((article.id, file) for article in articles)
        if len(articles) == 1:
            self.namesakes.setdefault(unmarked(file), []).append(articles[0])

    def _parsed(self, file: str, withheld: str) -> tuple[list[Article], LeftOut | None]:
        """The articles as their file alone makes them, and why these are not all. Raises ContentError."""
        digest = self.files.digest(file, keep=True)
        if withheld and digest:
            self.files.forget(file)
            return [], LeftOut(withheld, beside=True, kind="withheld")
        manifest = self.old.manifest if self.old and digest else None
        known = self.before.get(file, [])
        if manifest and manifest.is_due(file, self.files.now):
            manifest = None  # what it gave then is not what it gives now
        elif manifest and file in manifest.due:
            self.due[file] = manifest.due[file]
        if self.old and manifest and known and known[0].sha256 == digest:
            self.files.forget(file)
            given = manifest.listed.get(file, {})
            wholes = [whole for one in known if (whole := self.old.store.article(one.id))]
            self.same.update((whole.id, whole) for whole in wholes)
            return [without_given(whole, given) for whole in wholes], manifest.left_out.get(file)
        if manifest and manifest.others.get(file) == digest and not is_parsed_again(file, manifest, self.settings):
            self.files.forget(file)
            return [], manifest.left_out[file]
        data = self.files.read(file)
        parsed = self.reader.parse(file, data, self.files.digest(file))
        if parsed.sitemap:
            self.sitemaps[file] = parsed.sitemap
        self.due.pop(file, None)
        if parsed.due:
            self.due[file] = parsed.due.moment.isoformat(), parsed.due.event
        return list(parsed.articles), left_out_of(parsed)

    def _pieces(self, article: Article) -> list[tuple[Passage, bytes]]:
        if self.old and self.same.get(article.id) == article:
            return [(passage, digest) for _, passage, digest in self.old.store.passages_of(article.id)]
        return cut(article, self.settings, self.embedder)


def read_corpus(
    files: CorpusFiles, settings: Settings, embedder: Embedder, old: LocalIndex | None, on_step: OnStep
) -> Corpus:
    """Read every usable file; what the digests of `files` say is unchanged is taken over from `old`."""
    paths = files.paths
    with IsolatedReader(settings.max_seconds_per_file, settings.max_memory_mb, now=files.now) as reader:
        reading = _Reading(settings, embedder, old, files, reader)
        for article in old.store.articles() if old else ():
            reading.before.setdefault(article.path, []).append(article)
        order = reading_order(paths)
        first = sum(map(may_list, paths))
        for done, path in enumerate(order[:first]):
            on_step("reading", done, len(paths))
            reading.read(path, None)
        pages = said_of(paths, reading.sitemaps)
        for done, path in enumerate(order[first:], first):
            on_step("reading", done, len(paths))
            reading.read(path, pages.get(path))
    left_out = {**reading.left_out, **idle_sitemaps(reading.sitemaps, pages.values())}
    used = [reading.used[id_] for id_ in sorted(reading.used)]
    flat = [piece for _, pieces in used for piece in pieces]
    passages, digests = zip(*flat, strict=True) if flat else ((), ())
    left_out = {path: left_out[path] for path in sorted(left_out)}
    return Corpus(tuple(article for article, _ in used), passages, digests, left_out, reading.listed, reading.due)


def reading_order(paths: Iterable[str]) -> list[str]:
    """What may list others before all that it may speak of; what is a copy by its name after all others.

    Of two files of one name, and of an article and its copies, the first is used: the one with the least marks.
    """
    names = ((not may_list(path), marks(path), unicodedata.normalize("NFC", path), path) for path in paths)
    return [path for *_, path in sorted(names)]


def given_by(page: Page | None, articles: Sequence[Article]) -> dict[str, str]:
    """What the first of a file's articles lacks and its page states: `url`, `updated`, `title`, `published`."""
    if not page or not articles:
        return {}
    article = articles[0]
    lacking = {key for key in ("url", "updated", "published") if not getattr(article, key)}
    if page.title and article.title == untitled(article.path, article.text):
        lacking.add("title")
    return {key: value for key, value in page._asdict().items() if value and key in lacking}


def with_given(article: Article, given: Mapping[str, str]) -> Article:
    """The article with what its page gave it."""
    values: dict[str, Any] = dict(given)
    values.update({key: date.fromisoformat(given[key]) for key in ("updated", "published") if key in given})
    return replace(article, **values)


def without_given(article: Article, given: Mapping[str, str]) -> Article:
    """The article without what its page gave it."""
    values: dict[str, Any] = dict.fromkeys(given)
    return replace(article, **values | ({"title": untitled(article.path, article.text)} if "title" in given else {}))


def cut(article: Article, settings: Settings, embedder: Embedder) -> list[tuple[Passage, bytes]]:
    """The passages of an article, each with the digest of its embedded text. Raises ContentError."""
    sizes = settings.passages
    with blaming(article.path):
        passages = split(article, embedder.count_tokens, target_tokens=sizes.target_tokens, max_tokens=sizes.max_tokens)
        digests = [text_digest(embedded_text(passage)) for passage in passages]
    return list(zip(passages, digests, strict=True))


def why_nothing(settings: Settings, corpus: Corpus) -> str:
    """Why a corpus has no passages, in words."""
    if corpus.left_out:
        reasons = "; ".join(f"{path}: {one.reason}" for path, one in list(corpus.left_out.items())[:3])
        return f"none of the {len(corpus.left_out)} files in {settings.corpus_dir} can be used ({reasons})"
    return f"{settings.corpus_dir} holds no articles; put files there that end in {', '.join(READERS)}"
