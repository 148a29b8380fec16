"""The editors' desk: what all editors who are signed in share, without anything of the page that shows it."""

from __future__ import annotations

import threading
from contextlib import closing
from functools import cached_property

from chatbot.answering.answerer import Answerer
from chatbot.answering.chatbot import Chatbot, open_generation
from chatbot.content.source.files import read_bytes
from chatbot.editing.build_job import Kind, Outcome, Refused, Work
from chatbot.editing.corpus_map import CorpusMap, draw_map
from chatbot.editing.listing import Listed, Listing, Preview
from chatbot.editing.rewriting import TEXT, read_text
from chatbot.errors import ChatbotError, ContentError, EditRefused
from chatbot.indexing.building.draft import own_embedder
from chatbot.indexing.building.report import BuildReport, Plan
from chatbot.indexing.generation.local_index import LocalIndex
from chatbot.indexing.generation.manifest import read_manifest
from chatbot.indexing.maintenance import Verified
from chatbot.indexing.model.embedder import ModelEmbedder
from chatbot.insights.journal import open_journal


class Desk:
    """The files, the draft, and the one build that is under way. Safe to share by threads."""

    def __init__(self, bot: Chatbot) -> None:
        self.bot = bot
        self.settings = bot.settings
        self.journal = open_journal(bot.settings)
        self.work: Work | None = None
        self.outcome: Outcome | None = None
        self.refused: Refused | None = None
        self.plan: Plan | None = None
        self.verified: Verified | None = None
        self._draft: Answerer | None = None
        self._maps: dict[str, CorpusMap] = {}
        self._lock = threading.Lock()

    def files(self) -> tuple[Listed, ...]:
        """All files of the corpus beside what is published."""
        answerer = self.bot.answerer
        with self._lock:
            return self._listing.list(answerer.store, answerer.generation)

    def read(self, path: str) -> tuple[bytes, str | None]:
        """The bytes of a file of the corpus, and its text where it can be edited as one. Raises ContentError."""
        data = read_bytes(self.settings.corpus_dir, path, self.settings.max_file_mb)
        return data, self.text(path, data)

    def text(self, path: str, data: bytes) -> str | None:
        """The text of a file where it can be edited as one."""
        try:
            return read_text(path, data) if path.lower().endswith(TEXT) else None
        except ContentError:
            return None  # its preview says why

    def preview(self, path: str, data: bytes) -> Preview:
        """What a file would become beside the others of the corpus."""
        return self._listing.preview(path, data, self.files())

    @property
    def news(self) -> bool:
        """Whether there may be something to publish: files that differ, or a draft of them that does."""
        if self.plan and self.draft():
            return self.plan.generation != self.bot.generation
        return any(one.state in {"new", "changed", "deleted"} for one in self.files())

    @property
    def busy(self) -> bool:
        return self.work is not None and self.work.running

    def start(self, kind: Kind, *, force: bool = False) -> None:
        """Begin a build; one at a time. Raises EditRefused where one is under way."""
        with self._lock:
            if self.busy:
                raise EditRefused("", "a build is under way already; wait until it has ended")
            self.refused = self.outcome = None
            self.work = Work(self.settings, kind, force=force)

    def settle(self) -> None:
        """Take over what a build that has ended gave, and open the draft where it was one."""
        with self._lock:
            if self.work is None or self.work.running:
                return
            outcome, self.work = self.work.outcome, None
            self.outcome = outcome
            if isinstance(outcome, Plan):
                self.plan = outcome
                self._draft = self._opened(outcome)
            elif isinstance(outcome, BuildReport):
                self.plan, self._draft = None, None
            elif isinstance(outcome, Verified):
                self.verified = outcome
            elif isinstance(outcome, Refused):
                self.refused = outcome

    def draft(self) -> Answerer | None:
        """What answers from the draft; None where there is none, or the articles have changed since."""
        if self._draft is None or not self._is_of_now(self._draft.generation):
            return None
        return self._draft

    def map(self, *, draft: bool) -> tuple[CorpusMap, frozenset[str]]:
        """The map of the draft or of what is published, and the ids of articles that the draft adds or changes."""
        served = self.bot.answerer
        chosen = (self.draft() if draft else None) or served
        fresh = frozenset[str]()
        if chosen is not served:
            before = read_manifest(self.settings.index_dir / served.generation).articles
            now = read_manifest(self.settings.index_dir / chosen.generation).articles
            changed = {path for path, digest in now.items() if before.get(path) != digest}
            fresh = frozenset(article.id for article in chosen.articles if article.path in changed)
        return self._map(chosen.generation), fresh

    def _map(self, generation: str) -> CorpusMap:
        if generation not in self._maps:
            with closing(LocalIndex.open(self.settings.index_dir / generation)) as index:
                self._maps = {**dict(list(self._maps.items())[-1:]), generation: draw_map(index)}
        return self._maps[generation]

    def _opened(self, plan: Plan) -> Answerer | None:
        served = self.bot.answerer
        try:
            return open_generation(self.settings, self.settings.index_dir / plan.generation, served)
        except ChatbotError as error:
            self.refused = Refused(str(error))
            return None

    def _is_of_now(self, generation: str) -> bool:
        try:
            drafted = read_manifest(self.settings.index_dir / generation).articles
        except ChatbotError:
            return False  # it was published, replaced and pruned by somebody else
        now = {one.path: one.sha256 for one in self.files() if one.state not in {"deleted", "left out"}}
        return drafted == now

    @cached_property
    def _embedder(self) -> ModelEmbedder:
        return own_embedder(self.settings)

    @cached_property
    def _listing(self) -> Listing:
        return Listing(self.settings, self._embedder)
