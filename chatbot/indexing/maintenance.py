"""The kept generations: what each is, going back to one, removing old ones, and comparing one with its sources."""

from __future__ import annotations

import hashlib
from contextlib import closing
from dataclasses import dataclass
from functools import lru_cache, partial
from operator import attrgetter
from pathlib import Path

from chatbot.content.sandbox import IsolatedReader
from chatbot.content.source.files import read_bytes
from chatbot.disk import size_mb
from chatbot.errors import ContentError, IndexDamaged, IndexMismatch, NoSuchGeneration
from chatbot.indexing.building.corpus import cut, with_given
from chatbot.indexing.building.draft import own_embedder
from chatbot.indexing.building.report import OnStep
from chatbot.indexing.generation.local_index import LocalIndex
from chatbot.indexing.generation.manifest import read_manifest, verify
from chatbot.indexing.generation.publication import current, kept_history, prune, publish, served, writing
from chatbot.indexing.model.embedder import Embedder
from chatbot.records import Article
from chatbot.settings import Settings


@dataclass(frozen=True, slots=True)
class Kept:
    """A kept generation. `published_at` is UTC; `damage` says what is wrong with it and is empty where nothing is."""

    generation: str
    published_at: str
    served: bool
    articles: int
    passages: int
    model: str
    size_mb: float
    damage: str


@dataclass(frozen=True, slots=True)
class RolledBack:
    """`generation` is served from now on, `before` was until now."""

    generation: str
    before: str | None


@dataclass(frozen=True, slots=True)
class Verified:
    """`damaged` says what is wrong with each kept generation that is not whole; `differing` in what way each article
    is not what was published, by its path; `passages` were cut again from the corpus and found the same.
    """

    generation: str
    kept: int
    damaged: dict[str, str]
    articles: int
    passages: int
    differing: dict[str, str]


def list_kept(settings: Settings) -> tuple[Kept, ...]:
    """The kept generations, the one published last first. Only manifests are read; `check` compares digests."""
    index_dir = settings.index_dir
    now = served(index_dir)
    found = []
    for entry in reversed(kept_history(index_dir)):
        folder = index_dir / entry.generation
        damage, articles, passages, model = "", 0, 0, ""
        try:
            manifest = read_manifest(folder)
            articles, passages, model = len(manifest.articles), manifest.passages, manifest.model
            missing = [name for name in manifest.files if not (folder / name).is_file()]
            damage = f"{missing[0]} is missing" if missing else ""
        except (IndexDamaged, IndexMismatch) as error:
            damage = str(error)
        about = (articles, passages, model, size_mb(folder), damage)
        found.append(Kept(entry.generation, entry.at, entry.generation == now, *about))
    return tuple(found)


def rollback(settings: Settings, name: str | None = None) -> RolledBack:
    """Serve an earlier generation again, by default the one published before the current one.

    `name` may be the beginning of a generation's name. The generation is checked digest by digest first. Raises
    NoSuchGeneration, IndexDamaged, IndexMismatch, IndexLocked.
    """
    index_dir = settings.index_dir
    with writing(index_dir):
        before = served(index_dir)
        chosen = _chosen(index_dir, name, before)
        manifest = verify(index_dir / chosen)
        if manifest.model != settings.model:
            raise IndexMismatch(
                f"generation {chosen} was built with model '{manifest.model}', the settings name '{settings.model}'; "
                "set model back first, or choose another generation"
            )
        LocalIndex(index_dir / chosen, manifest).close()
        if settings.index.store == "milvus":
            from chatbot.indexing.milvus.sending import serve_from_milvus

            serve_from_milvus(settings, chosen)
        if chosen != before:
            publish(index_dir, chosen)
    return RolledBack(chosen, before)


def remove_old(settings: Settings) -> list[str]:
    """Remove all but the newest `keep_generations`, never the one that is served.

    Returns the names of those removed. Raises IndexMissing, IndexLocked.
    """
    with writing(settings.index_dir):
        current(settings.index_dir)
        return prune(settings.index_dir, settings.keep_generations)


def check(
    settings: Settings,
    *,
    embedder: Embedder | None = None,
    on_step: OnStep = lambda _name, _done, _total: None,
) -> Verified:
    """Compare every file of every kept generation with its digest, and the served passages with the corpus.

    Each article is read and cut again from its file. Raises IndexMissing, and IndexDamaged where the generation that
    is served is damaged.
    """
    index_dir = settings.index_dir
    now = current(index_dir)
    names = list(dict.fromkeys([now, *(entry.generation for entry in kept_history(index_dir))]))
    damaged, whole = {}, {}
    for done, name in enumerate(names):
        on_step("digests", done, len(names))
        try:
            whole[name] = verify(index_dir / name)
        except (IndexDamaged, IndexMismatch) as error:
            if name == now:
                raise
            damaged[name] = str(error)
    with closing(LocalIndex(index_dir / now, whole[now])) as index:
        model = embedder or own_embedder(settings)
        differing, same = {}, 0
        articles = sorted(index.store.articles(), key=attrgetter("path"))
        with IsolatedReader(settings.max_seconds_per_file, settings.max_memory_mb) as reader:
            read = lru_cache(maxsize=1)(partial(_read, settings, reader))
            for done, article in enumerate(articles):
                on_step("articles", done, len(articles))
                reason = _difference(settings, index, article, read(article.path), model)
                if reason:
                    differing[article.path] = reason
                else:
                    same += len(index.store.passages_of(article.id))
    return Verified(now, len(names), damaged, len(articles), same, differing)


def _read(settings: Settings, reader: IsolatedReader, path: str) -> tuple[str, tuple[Article, ...]] | str:
    """The digest of a file and its articles, or why it has none."""
    try:
        data = read_bytes(settings.corpus_dir, path, settings.max_file_mb)
        digest = hashlib.sha256(data).hexdigest()
        articles = reader.parse(path, data, digest).articles
    except ContentError as error:
        return error.reason if (settings.corpus_dir / path).exists() else "the file is gone"
    return (digest, articles) if articles else "the file is excluded by its front matter now"


def _difference(
    settings: Settings,
    index: LocalIndex,
    published: Article,
    read: tuple[str, tuple[Article, ...]] | str,
    embedder: Embedder,
) -> str:
    """In what way an article is not what was published; empty where it is."""
    stored = index.store.article(published.id)
    pieces = [(passage, digest) for _, passage, digest in index.store.passages_of(published.id)]
    if stored is None or any(stored.text[one.start : one.end] != one.text for one, _ in pieces):
        return "a published passage is no slice of the published article"
    if isinstance(read, str):
        return read
    digest, articles = read
    given = index.manifest.listed.get(published.path, {})
    article = next((with_given(one, given) for one in articles if one.id == published.id), None)
    try:
        same = article is not None and cut(article, settings, embedder) == pieces
    except ContentError as error:
        return error.reason
    if digest != published.sha256:
        return "the file has changed since"
    return "" if same else "the file is the same, but gives other passages; the settings or the version changed"


def _chosen(index_dir: Path, name: str | None, served: str | None) -> str:
    names = [entry.generation for entry in kept_history(index_dir)]
    if name is None:
        earlier = [one for one in names if one != served]
        if not earlier:
            kept = "only one is kept" if names else "nothing has been published yet"
            raise NoSuchGeneration(f"there is no earlier generation in {index_dir} to go back to; {kept}")
        return earlier[-1]
    matching = [one for one in names if one.startswith(name)] if name else []
    if len(matching) != 1:
        what = f"{len(matching)} kept generations begin" if matching else "no kept generation begins"
        raise NoSuchGeneration(f"{what} with '{name}'; kept are {', '.join(names) or 'none'}; see 'chatbot history'")
    return matching[0]
