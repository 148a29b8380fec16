"""The corpus as articles and passages, what is unchanged taken over from the previous generation."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from dataclasses import dataclass

from chatbot.content.isolation import IsolatedReader
from chatbot.content.passages import embedded_text, split
from chatbot.content.readers import find_files, read_bytes
from chatbot.errors import ContentError
from chatbot.indexing.embedding import Embedder
from chatbot.indexing.passage_index import LocalIndex
from chatbot.records import Article, Passage
from chatbot.settings import Settings

_Cut = tuple[Article, list[tuple[Passage, bytes]]]


@dataclass(frozen=True, slots=True)
class Corpus:
    """Articles in the order of their ids, their passages in order, and the digest of each passage's embedded text.

    `left_out` gives the reason for each file that is not usable, by its path under the corpus folder.
    """

    articles: tuple[Article, ...]
    passages: tuple[Passage, ...]
    digests: tuple[bytes, ...]
    left_out: dict[str, str]


def read_corpus(
    settings: Settings, embedder: Embedder, old: LocalIndex | None, on_step: Callable[[str, int, int], None]
) -> Corpus:
    """Read every usable file of the corpus folder, which exists."""
    before: dict[str, list[Article]] = {}
    for article in old.store.articles() if old else ():
        before.setdefault(article.path, []).append(article)
    articles: dict[str, Article] = {}
    pieces: dict[str, list[tuple[Passage, bytes]]] = {}
    left_out: dict[str, str] = {}
    files = find_files(settings.corpus_dir)
    with IsolatedReader(settings.max_seconds_per_file, settings.max_memory_mb) as reader:
        for done, file in enumerate(files):
            on_step("reading", done, len(files))
            try:
                data = read_bytes(settings.corpus_dir, file, settings.max_file_mb)
                digest = hashlib.sha256(data).hexdigest()
                known = before.get(file, [])
                if old and known and known[0].sha256 == digest:
                    found, note = _taken_over(old, known), old.manifest.left_out.get(file, "")
                else:
                    parsed = reader.parse(file, data, digest)
                    found, note = [(one, cut(one, settings, embedder)) for one in parsed.articles], parsed.left_out
                _check(file, found, articles, settings.max_passages_per_file)
            except ContentError as error:
                left_out[error.path] = f"line {error.line}: {error.reason}" if error.line else error.reason
                continue
            if note:
                left_out[file] = note
            for article, cuts in found:
                articles[article.id] = article
                pieces[article.id] = cuts
    ids = sorted(articles)
    flat = [piece for id_ in ids for piece in pieces[id_]]
    passages, digests = zip(*flat, strict=True) if flat else ((), ())
    return Corpus(tuple(articles[id_] for id_ in ids), passages, digests, left_out)


def _check(file: str, found: list[_Cut], articles: dict[str, Article], most: int) -> None:
    for article, cuts in found:
        if article.id in articles:
            raise ContentError(file, f"has the same name as {articles[article.id].path}; rename one of them")
        if not cuts:
            raise ContentError(file, "holds no text to show; add some or remove the file")
    count = sum(len(cuts) for _, cuts in found)
    if count > most:
        raise ContentError(
            file, f"gives {count:,} passages, above max_passages_per_file ({most:,}); split it, or raise that"
        )


def _taken_over(old: LocalIndex, known: list[Article]) -> list[_Cut]:
    found = []
    for article in known:
        whole = old.store.article(article.id)
        if whole:
            cuts = [(passage, digest) for _, passage, digest in old.store.passages_of(article.id)]
            found.append((whole, cuts))
    return found


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
    return f"{settings.corpus_dir} holds no articles; put Markdown (.md) or text (.txt) files there"
