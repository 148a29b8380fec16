"""The one door that page, widget, API, command line and Python share: the newest good index, opened and kept fresh."""

from __future__ import annotations

import logging
import threading
from collections.abc import Sequence
from pathlib import Path

from chatbot.answering.answerer import Answerer
from chatbot.answering.explanation import Explanation, explain
from chatbot.answering.ranking.searcher import Searcher
from chatbot.answering.understanding.vocabulary import read_vocabulary
from chatbot.errors import ChatbotError, IndexMismatch
from chatbot.indexing.generation.local_index import LocalIndex
from chatbot.indexing.generation.manifest import read_manifest
from chatbot.indexing.generation.publication import CURRENT, ENCODERS, candidates, current
from chatbot.indexing.model.encoder import QueryEmbedder, QueryEncoder
from chatbot.records import Answer, Article, Filters, Hit, Passage, Turn
from chatbot.settings import Settings, load_settings

_log = logging.getLogger(__name__)


class Chatbot:
    """Answers questions from the index that is published, and follows when another is. Safe to share by threads.

    A question that is under way when a generation is published ends on the one it began with.
    """

    def __init__(self, settings: Settings, answerer: Answerer, threads: int = 0) -> None:
        self.settings = settings
        self._threads = threads
        self._answerer = answerer
        self._swapping = threading.Lock()
        self._seen = _stamp(settings.index_dir)

    @classmethod
    def open(cls, settings: Settings | None = None, *, threads: int = 0) -> Chatbot:
        """Open the index that the settings name; without settings, those of `load_settings()`.

        `threads` embed a question, 0 as many as there are cores: the soonest answer. A server that answers many
        questions at a time is better off with 1.

        Raises IndexMissing, IndexDamaged (no generation is whole), IndexMismatch (other model or format), ModelError,
        SettingsError (the vocabulary cannot be used).
        """
        settings = settings or load_settings()
        return cls(settings, _open_newest(settings, threads=threads), threads)

    def ask(
        self,
        question: str,
        *,
        k: int = 5,
        history: Sequence[Turn] = (),
        filters: Filters = Filters(),
        literal: bool = False,
    ) -> Answer:
        """The best passages for a question, or an honest "not covered".

        `history` holds the earlier turns of the conversation, oldest first; `literal` searches the question as it
        stands, without completing follow-ups, mending spelling or adding words that mean the same. Raises
        QuestionError.
        """
        return self._fresh().ask(question, k, history, filters, literal=literal)

    def explain(
        self,
        question: str,
        *,
        k: int = 5,
        history: Sequence[Turn] = (),
        filters: Filters = Filters(),
        literal: bool = False,
    ) -> Explanation:
        """What `ask` does with a question: how it is read, what decides, and what makes up each score."""
        answerer = self._fresh()
        return explain(answerer, answerer.trace(question, k, history, filters, literal=literal))

    def similar(self, passage_id: str, k: int = 5, filters: Filters = Filters()) -> tuple[Hit, ...]:
        """Passages that are close in meaning to a passage, itself left out. Raises QuestionError for an unknown one."""
        return self._fresh().similar(passage_id, k, filters)

    def articles(self) -> tuple[Article, ...]:
        """All articles in the order of their ids, their texts left empty."""
        return self._fresh().articles

    def article(self, article_id: str) -> Article | None:
        """One article with its text."""
        return self._fresh().article(article_id)

    def passage(self, passage_id: str) -> Passage | None:
        """One passage."""
        return self._fresh().passage(passage_id)

    def starters(self, n: int = 4, filters: Filters = Filters()) -> tuple[str, ...]:
        """Questions to begin with, which the editors say their articles answer, from all over those articles."""
        return self._fresh().starters(n, filters)

    def suggest(self, text: str, n: int = 5, filters: Filters = Filters()) -> tuple[str, ...]:
        """At most n questions that the articles answer and that a text, as far as it is typed, may become."""
        return self._fresh().suggest(text, n, filters)

    @property
    def answerer(self) -> Answerer:
        """What answers from the generation that is published now."""
        return self._fresh()

    @property
    def generation(self) -> str:
        """The generation that the next question is answered from."""
        return self._fresh().generation

    def __len__(self) -> int:
        """Number of passages."""
        return len(self._fresh())

    def _fresh(self) -> Answerer:
        stamp = _stamp(self.settings.index_dir)
        if stamp != self._seen and self._swapping.acquire(blocking=False):
            try:
                self._swap()
                self._seen = stamp
            finally:
                self._swapping.release()
        return self._answerer

    def _swap(self) -> None:
        try:
            name, served = current(self.settings.index_dir), self._answerer
            manifest = read_manifest(self.settings.index_dir / name)
            if (name, manifest.calibration) != (served.generation, served.manifest.calibration):
                self._answerer = _open_newest(self.settings, self._answerer, threads=self._threads)
                _log.info("serving generation %s", self._answerer.generation)
        except ChatbotError as error:
            _log.warning("keeping generation %s: %s", self._answerer.generation, error)


def _stamp(index_dir: Path) -> tuple[int, int, int] | None:
    try:
        status = (index_dir / CURRENT).stat()
    except OSError:
        return None
    return status.st_mtime_ns, status.st_ino, status.st_size


def _open_newest(settings: Settings, old: Answerer | None = None, *, threads: int) -> Answerer:
    """The current generation, or the newest that is whole; damaged ones are named in the log."""
    index_dir = settings.index_dir
    read_vocabulary(settings.vocabulary)  # a bad line is no fault of the generations
    passed_over: list[ChatbotError] = []
    for name in candidates(index_dir):
        try:
            opened = open_generation(settings, index_dir / name, old, threads=threads)
        except ChatbotError as error:
            passed_over.append(error)
        else:
            for damage in passed_over:
                _log.warning("%s", damage)
            return opened
    if passed_over:
        raise passed_over[0]
    current(index_dir)  # raises IndexMissing with its advice
    raise AssertionError("CURRENT names a generation that is no candidate")


def open_generation(settings: Settings, folder: Path, old: Answerer | None = None, *, threads: int = 0) -> Answerer:
    """The answerer of a generation, with the embedder of `old` where it is the same.

    Raises IndexDamaged, IndexMismatch (another model or format), ModelError.
    """
    manifest = read_manifest(folder)
    if manifest.model != settings.model:
        raise IndexMismatch(
            f"generation {folder.name} was built with model '{manifest.model}', the settings name '{settings.model}'; "
            "run 'chatbot build', or set model back"
        )
    if old is not None and old.manifest.encoder == manifest.encoder:
        return open_answerer(settings, folder, old.embedder)
    encoder = QueryEncoder(settings.index_dir / ENCODERS / manifest.encoder, threads=threads)
    return open_answerer(settings, folder, encoder)


def open_answerer(settings: Settings, folder: Path, embedder: QueryEmbedder) -> Answerer:
    """The answerer of one generation. Raises IndexDamaged or IndexMismatch."""
    return answer_from(Searcher(LocalIndex.open(folder), embedder), settings)


def answer_from(searcher: Searcher, settings: Settings) -> Answerer:
    """What answers as the settings say. Raises SettingsError where their vocabulary cannot be read."""
    vocabulary, language = read_vocabulary(settings.vocabulary), settings.page.articles_language
    return Answerer(searcher, settings.answers.refusals, vocabulary, language)
