"""A generation whose files arrive after its name, as sync tools bring them, is served as soon as it is whole."""

from __future__ import annotations

import logging
import shutil
import sys
from pathlib import Path

import pytest

from chatbot.answering.chatbot import Chatbot, answer_from
from chatbot.answering.ranking.searcher import Searcher
from chatbot.indexing.building.build import build
from chatbot.indexing.generation.local_index import LocalIndex
from chatbot.indexing.generation.publication import CURRENT, HISTORY, current
from chatbot.settings import Settings
from tests.support.keyword_embedder import KeywordEmbedder
from tests.support.waiting import eventually


class Copied:
    """A site that is built elsewhere and served from a copy of its index."""

    def __init__(self, folder: Path) -> None:
        self.source = Settings(corpus_dir=folder / "corpus", index_dir=folder / "built", model="keywords")
        self.site = self.source.model_copy(update={"index_dir": folder / "served"})
        self.source.corpus_dir.mkdir()
        self.first = self.publish("Ask for better pay when you get an offer.")
        shutil.copytree(self.source.index_dir, self.site.index_dir)
        index = LocalIndex.open(self.site.index_dir / self.first)
        self.bot = Chatbot(self.site, answer_from(Searcher(index, KeywordEmbedder()), self.site))

    def publish(self, text: str) -> str:
        (self.source.corpus_dir / "pay.md").write_text(f"# Pay\n\n{text}\n")
        return build(self.source, embedder=KeywordEmbedder()).generation

    def bring(self, name: str) -> None:
        source, target = self.source.index_dir / name, self.site.index_dir / name
        shutil.copytree(source, target, dirs_exist_ok=True) if source.is_dir() else shutil.copy(source, target)

    def answers_from(self) -> str:
        return self.bot.ask("better pay").generation


@pytest.fixture
def copied(tmp_path: Path) -> Copied:
    return Copied(tmp_path)


def test_what_the_pointer_names_before_it_is_there_is_served_when_it_is(
    copied: Copied, caplog: pytest.LogCaptureFixture
) -> None:
    new = copied.publish("Ask for better pay and for a degree.")
    caplog.set_level(logging.WARNING)
    copied.bring(CURRENT)
    assert {copied.answers_from() for _ in range(20)} == {copied.first}
    copied.bring(new)
    assert copied.answers_from() == new
    (line,) = caplog.messages
    assert line.startswith(f"keeping generation {copied.first} until it can be read: generation {new} is damaged: ")


def test_files_that_arrive_one_by_one_are_waited_for_and_spoken_of_once(
    copied: Copied, caplog: pytest.LogCaptureFixture
) -> None:
    new = copied.publish("Ask for better pay and for a degree.")
    caplog.set_level(logging.WARNING)
    copied.bring(HISTORY)
    copied.bring(CURRENT)
    files = sorted(path for path in (copied.source.index_dir / new).rglob("*") if path.is_file())
    for file in files:
        assert copied.answers_from() == copied.first
        target = copied.site.index_dir / file.relative_to(copied.source.index_dir)
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_bytes(file.read_bytes()[:-1])
        assert copied.answers_from() == copied.first
        shutil.copy(file, target)
    eventually(lambda: copied.answers_from() == new, 20)
    assert len(caplog.messages) == 1


@pytest.mark.skipif(sys.platform != "linux", reason="open files are counted in /proc")
def test_a_passing_lack_of_file_handles_keeps_nothing_from_being_served(copied: Copied) -> None:
    import resource

    assert copied.answers_from() == copied.first
    new = copied.publish("Ask for better pay and for a degree.")
    copied.bring(new)
    copied.bring(CURRENT)
    limits = resource.getrlimit(resource.RLIMIT_NOFILE)
    opened = max(int(path.name) for path in Path("/proc/self/fd").iterdir() if path.exists())
    fillers = [Path("/dev/null").open() for _ in range(opened)]  # noqa: SIM115 - every number below the limit is taken
    resource.setrlimit(resource.RLIMIT_NOFILE, (max(file.fileno() for file in fillers) + 1, limits[1]))
    try:
        with pytest.raises(OSError, match="Too many open files"):
            Path("/dev/null").open().close()
        assert copied.answers_from() == copied.first
    finally:
        resource.setrlimit(resource.RLIMIT_NOFILE, limits)
        for file in fillers:
            file.close()
    eventually(lambda: copied.answers_from() == new, 20)


def test_another_pointer_is_followed_at_once_whatever_is_waited_for(copied: Copied) -> None:
    copied.publish("Ask for better pay and for a degree.")
    copied.bring(CURRENT)
    assert copied.answers_from() == copied.first
    newest = copied.publish("Ask for better pay, python and a degree.")
    copied.bring(newest)
    copied.bring(CURRENT)
    assert copied.answers_from() == newest


def test_a_pointer_that_goes_and_comes_changes_nothing(copied: Copied, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.WARNING)
    (copied.site.index_dir / CURRENT).unlink()
    assert {copied.answers_from() for _ in range(5)} == {copied.first}
    copied.bring(CURRENT)
    assert copied.answers_from() == copied.first == current(copied.site.index_dir)
    assert len(caplog.messages) == 1
