"""The one door that page, widget, API, command line and Python share: the newest good index, opened and kept fresh."""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date
from functools import partial
from pathlib import Path

from chatbot.answering.answerer import Answerer, checked
from chatbot.answering.explanation import Explanation, explain
from chatbot.answering.next_steps import People
from chatbot.answering.ranking.searcher import Searcher
from chatbot.answering.remembered import Remembered
from chatbot.answering.static.part import StaticPart, place_of
from chatbot.answering.static.static_index import StaticIndex
from chatbot.answering.understanding.conversation import checked_history
from chatbot.answering.understanding.vocabulary import read_vocabulary
from chatbot.answering.verdict import evidence
from chatbot.answering.verdict.judge import Judge
from chatbot.answering.workers import Asked, Workers
from chatbot.errors import (
    ChatbotError,
    IndexAway,
    IndexDamaged,
    IndexLocked,
    IndexMismatch,
    IndexOutdated,
    StaticMissing,
)
from chatbot.indexing.generation.local_index import LocalIndex
from chatbot.indexing.generation.manifest import MANIFEST, read_manifest
from chatbot.indexing.generation.passage_index import PassageIndex
from chatbot.indexing.generation.publication import CURRENT, ENCODERS, candidates, current, served
from chatbot.indexing.model.encoder import Encoder, QueryEmbedder
from chatbot.records import Answer, Article, Filters, Hit, Passage, Turn
from chatbot.settings import Settings, load_settings

_log = logging.getLogger(__name__)

Stamp = tuple[int, int, int] | None

_SHORTEST_WAIT, _LONGEST_WAIT = 0.1, 10.0
# A try reads what is there of a generation: it may take a fifth of the time.
_REST = 4.0


@dataclass(frozen=True, slots=True)
class _Waiting:
    """For what CURRENT names and cannot be opened yet: its stamps, until when, and how long that is, in seconds."""

    stamp: Stamp
    arrived: tuple[Stamp, ...]
    until: float
    seconds: float


class Chatbot:
    """Answers questions from the index that is published, and follows when another is. Safe to share by threads.

    A question that is under way when a generation is published ends on the one it began with. One that cannot be
    opened, since its files arrive after CURRENT or the system lacks something for a moment, is tried again.
    """

    def __init__(self, settings: Settings, answerer: Answerer, threads: int = 0) -> None:
        self.settings = settings
        self._threads = threads
        self._answerer = answerer
        self._remembered: Remembered[Answer] = Remembered(settings.answers.remembered)
        self._workers: Workers | None = None
        self._swapping = threading.Lock()
        self._stop = threading.Event()
        self._seen = _stamp(settings.served_dir / CURRENT)
        self._waiting: _Waiting | None = None
        if served(settings.served_dir) != answerer.generation:
            self._wait(self._seen, _arrived(settings.served_dir), 0.0)

    @classmethod
    def open(cls, settings: Settings | None = None, *, threads: int = 0, workers: int = 0) -> Chatbot:
        """Open the index that the settings name; without settings, those of `load_settings()`.

        `threads` embed a question, 0 as many as there are cores: the soonest answer. A server that answers many
        questions at a time is better off with 1. So many `workers`, processes beside this one, answer questions where
        there are some, in programs that begin under `if __name__ == "__main__"`; they end with `close`, or with this
        process.

        Raises IndexMissing, IndexDamaged (no generation is whole), IndexMismatch (other model or format), ModelError,
        StaticMissing (`server.lean`, and no generation can do without the model), SettingsError (the vocabulary cannot
        be used).
        """
        settings = settings or load_settings()
        if settings.index.store == "milvus":
            _take_what_is_served(settings)
        try:
            answerer = _open_newest(settings, threads=threads)
        except IndexDamaged:
            if settings.index.store == "files":
                raise
            _take_what_is_served(settings, anew=True)
            answerer = _open_newest(settings, threads=threads)
        bot = cls(settings, answerer, threads)
        if settings.index.store == "milvus":
            from chatbot.indexing.milvus.following import keep_following

            keep_following(settings, bot._stop)
        bot.start_workers(workers)
        return bot

    def ask(
        self,
        question: str,
        *,
        k: int = 5,
        history: Sequence[Turn] = (),
        filters: Filters = Filters(),
        literal: bool = False,
        page: str = "",
    ) -> Answer:
        """The best passages for a question, or an honest "not covered".

        `history` holds the earlier turns of the conversation, oldest first; `literal` searches the question as it
        stands, without completing follow-ups, mending spelling or adding words that mean the same. Passages of the
        article whose `url` is `page`, the address of the page that is read, come first among those that are shown.
        Raises QuestionError.
        """
        began, answerer = time.perf_counter(), self._fresh()
        asked = Asked(checked(question, k), k, checked_history(history), filters, literal, page)

        def make() -> Answer:
            workers = self._workers
            elsewhere = workers.ask(answerer.state, asked) if workers else None
            return elsewhere or asked.of(answerer)

        answer = self._remembered.get((answerer.state, repr(asked), date.today()), make)
        return replace(answer, took_ms=(time.perf_counter() - began) * 1000)

    def explain(
        self,
        question: str,
        *,
        k: int = 5,
        history: Sequence[Turn] = (),
        filters: Filters = Filters(),
        literal: bool = False,
        page: str = "",
    ) -> Explanation:
        """What `ask` does with a question: how it is read, what decides, and what makes up each score."""
        answerer = self._fresh()
        return explain(answerer, answerer.trace(question, k, history, filters, literal=literal, page=page))

    def similar(self, passage_id: str, k: int = 5, filters: Filters = Filters()) -> tuple[Hit, ...]:
        """Passages that are close in meaning to a passage, itself left out.

        Raises QuestionError for an unknown one and for a k that cannot be.
        """
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
        """At most n questions that the articles answer and that a text, as far as it is typed, may become.

        Raises QuestionError for an n that cannot be.
        """
        return self._fresh().suggest(text, n, filters)

    @property
    def answerer(self) -> Answerer:
        """What answers from the generation that is published now."""
        return self._fresh()

    @property
    def generation(self) -> str:
        """The generation that the next question is answered from."""
        return self._fresh().generation

    @property
    def away(self) -> bool:
        """Whether the passages are kept elsewhere, in Milvus, and could not be asked for when that was last tried."""
        return self._fresh().away

    def __len__(self) -> int:
        """Number of passages."""
        return len(self._fresh())

    def start_workers(self, count: int) -> None:
        """Let so many processes beside this one answer; none for 0."""
        self._end_workers()
        self._workers = Workers(partial(_opened, self.settings), count) if count else None

    @property
    def workers(self) -> int:
        """How many processes answer beside this one just now."""
        workers = self._workers
        return workers.ready if workers else 0

    def close(self) -> None:
        """End the workers, where there are some, and follow no more what Milvus serves."""
        self._stop.set()
        self._end_workers()

    def _end_workers(self) -> None:
        if self._workers:
            self._workers.close()

    def _fresh(self) -> Answerer:
        stamp = _stamp(self.settings.served_dir / CURRENT)
        if (stamp != self._seen or self._waiting) and self._swapping.acquire(blocking=False):
            try:
                self._follow(stamp)
            finally:
                self._swapping.release()
        return self._answerer

    def _follow(self, stamp: Stamp) -> None:
        """Serve what is published; where that cannot be opened, say so once and try again later."""
        arrived, waiting, began = _arrived(self.settings.served_dir), self._waiting, time.monotonic()
        known = waiting if waiting and waiting.stamp == stamp else None
        if known and known.arrived == arrived and began < known.until:
            return
        self._seen = stamp
        trouble = self._swap()
        if not trouble:
            self._waiting = None
            return
        self._wait(stamp, arrived, max(2 * known.seconds if known else 0.0, _REST * (time.monotonic() - began)))
        if known is None:
            _log.warning("keeping generation %s until it can be read: %s", self._answerer.generation, trouble)

    def _wait(self, stamp: Stamp, arrived: tuple[Stamp, ...], seconds: float) -> None:
        seconds = min(max(seconds, _SHORTEST_WAIT), _LONGEST_WAIT)
        self._waiting = _Waiting(stamp, arrived, time.monotonic() + seconds, seconds)

    def _swap(self) -> str:
        """Why the generation that is published is not served now, "" where it is."""
        try:
            served_dir, before = self.settings.served_dir, self._answerer
            folder = served_dir / current(served_dir)
            calibration = read_manifest(folder).calibration
            if (folder.name, calibration) != (before.generation, before.manifest.calibration):
                self._answerer = open_generation(self.settings, folder, before, threads=self._threads)
                _log.info("serving generation %s", folder.name)
        except Exception as error:  # whatever the new one lacks, what is served goes on answering
            return str(error) or repr(error)
        return ""


def _opened(settings: Settings) -> Chatbot:
    """What a worker answers with; what is asked again it is not asked."""
    answers = settings.answers.model_copy(update={"remembered": 0})
    settings = settings.model_copy(update={"answers": answers})
    return Chatbot(settings, _open_newest(settings, threads=1), 1)


def _take_what_is_served(settings: Settings, *, anew: bool = False) -> None:
    """From Milvus; where that is away, what was taken before does. Raises IndexAway, IndexLocked, IndexMissing."""
    from chatbot.indexing.milvus.following import follow_milvus

    until = time.monotonic() + _LONGEST_WAIT
    try:
        while True:
            try:
                return follow_milvus(settings, anew=anew)
            except IndexLocked:
                if time.monotonic() > until:
                    raise
            time.sleep(_SHORTEST_WAIT)  # another server of this machine takes it
    except (IndexAway, IndexLocked) as error:
        if served(settings.served_dir) is None:
            raise
        _log.warning("%s; the generation that was taken before is served", error)


def _stamp(path: Path) -> Stamp:
    try:
        status = path.stat()
    except OSError:
        return None
    return status.st_mtime_ns, status.st_ino, status.st_size


def _arrived(index_dir: Path) -> tuple[Stamp, ...]:
    """What changes when files of the published generation come after CURRENT."""
    name = served(index_dir)
    places = (index_dir / name, index_dir / name / MANIFEST, place_of(index_dir, name)) if name else ()
    return tuple(map(_stamp, places))


def _open_newest(settings: Settings, *, threads: int) -> Answerer:
    """The current generation, or the newest that is whole; damaged ones are named in the log."""
    index_dir = settings.served_dir
    read_vocabulary(settings.vocabulary)  # a bad line is no fault of the generations
    passed_over: list[ChatbotError] = []
    for name in candidates(index_dir):
        try:
            opened = open_generation(settings, index_dir / name, threads=threads)
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

    Raises IndexDamaged, IndexMismatch (another model or format), ModelError; StaticMissing where the settings want to
    do without the model, and the generation cannot or is of another format.
    """
    if settings.server.lean:
        part = StaticPart.read(settings.index_dir, folder.name)
        try:
            index = LocalIndex.open(folder, searched=False)
        except IndexOutdated as error:
            raise StaticMissing(folder.name, f"it {error.reason}") from error
        return static_answerer(part.over(index), settings)
    manifest = read_manifest(folder)
    if manifest.model != settings.model:
        raise IndexMismatch(
            f"generation {folder.name} was built with model '{manifest.model}', the settings name '{settings.model}'; "
            "run 'chatbot build', or set model back"
        )
    if old is not None and old.manifest.encoder == manifest.encoder:
        return open_answerer(settings, folder, old.embedder)
    places = [place / ENCODERS / manifest.encoder for place in (settings.index_dir, settings.served_dir)]
    encoder = Encoder(next(filter(Path.is_dir, places), places[0]), threads=threads)
    return open_answerer(settings, folder, encoder)


def open_answerer(settings: Settings, folder: Path, embedder: QueryEmbedder) -> Answerer:
    """The answerer of one generation. Raises IndexDamaged or IndexMismatch."""
    return answer_from(Searcher(_opened_index(settings, folder), embedder), settings)


def _opened_index(settings: Settings, folder: Path) -> PassageIndex:
    if settings.index.store == "files" or (folder / "passages.sqlite").exists():  # of a build, or a draft
        return LocalIndex.open(folder)
    from chatbot.indexing.milvus.connection import connection_to
    from chatbot.indexing.milvus.milvus_index import MilvusIndex

    return MilvusIndex.open(folder, connection_to(settings.milvus, "answering"), settings.milvus.collection)


def answer_from(searcher: Searcher, settings: Settings) -> Answerer:
    """What answers as the settings say. Raises SettingsError where their vocabulary cannot be read."""
    people = People(settings.page.contact, tuple(settings.help_lines.items()))
    language = settings.page.articles_language
    vocabulary = read_vocabulary(settings.vocabulary, language)
    return Answerer(searcher, settings.answers.refusals, vocabulary, language, people)


def static_answerer(index: StaticIndex, settings: Settings) -> Answerer:
    """What answers without the model as the settings say, no more questions out of scope outright than with it."""
    answerer = answer_from(Searcher(index, index.table), settings)
    server, own = index.server.calibrated, index.calibrated
    if server is not None and own is not None:
        known = index.known_share >= evidence.KNOWN_SHARE
        limits = Judge(index.server, server, settings.answers.refusals).thresholds
        theirs, ours = (evidence.strengths(each.beyond, known=known) for each in (server, own))
        answerer.judge.thresholds = evidence.carried_over(limits, theirs, ours)
    return answerer
