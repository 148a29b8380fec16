"""Full disks, missing permissions, several writers, clocks that go back: a clear error, and nothing is lost."""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

from chatbot.errors import IndexLocked
from chatbot.indexing.building.build import build
from chatbot.indexing.building.draft import newest_good
from chatbot.indexing.generation import publication
from chatbot.indexing.generation.local_index import LocalIndex
from chatbot.indexing.generation.manifest import Generations, LeftOut
from chatbot.indexing.generation.publication import candidates, current, history
from chatbot.indexing.maintenance import rollback
from chatbot.settings import Settings
from tests.support.keyword_embedder import KeywordEmbedder
from tests.support.places import ROOT

pytestmark = pytest.mark.index
NOBODY = 65534
WELL_READ = "# Pay {0}\n\nAsk for better pay when you get an offer from team {0}.\n"


@pytest.fixture
def folder() -> Iterator[Path]:
    """A folder that another user can reach, too."""
    with tempfile.TemporaryDirectory() as name:
        path = Path(name)
        path.chmod(0o755)
        (path / "corpus").mkdir()
        (path / "corpus" / "a.md").write_text(WELL_READ.format("a"))
        yield path


def site(folder: Path) -> Settings:
    return Settings(corpus_dir=folder / "corpus", index_dir=folder / "index", model="keywords")


def publish(folder: Path) -> str:
    return build(site(folder), embedder=KeywordEmbedder()).generation


def hindered(folder: Path, action: str = "build", **hindrances: int) -> str:
    """What came of it in a process that is hindered."""
    command = [sys.executable, "-m", "tests.support.hindered_build", str(folder), action]
    command += [f"{name}={value}" for name, value in hindrances.items()]
    environment = {**os.environ, "PYTHONPATH": str(ROOT), "PYTHONDONTWRITEBYTECODE": "1"}
    done = subprocess.run(command, cwd=ROOT, env=environment, capture_output=True, text=True, timeout=300)
    assert done.returncode == 0, done.stderr
    return done.stdout.strip()


def still_serves(folder: Path, generation: str) -> None:
    assert current(folder / "index") == generation
    assert Generations(folder / "index").whole(generation)
    LocalIndex.open(folder / "index" / generation).close()


def test_a_disk_that_fills_up_leaves_the_old_index_and_no_rubbish(folder: Path) -> None:
    """On a file system of 800 kB where one can be mounted, otherwise with a limit on the size of files."""
    index = folder / "index"
    index.mkdir()
    mount = ["mount", "-t", "tmpfs", "-o", "size=800k,mode=755", "tmpfs", str(index)]
    mounted = os.geteuid() == 0 and subprocess.run(mount, capture_output=True).returncode == 0
    try:
        before = publish(folder)
        for number in range(400):
            (folder / "corpus" / f"more-{number}.md").write_text(WELL_READ.format(number) * 20)
        said = hindered(folder) if mounted else hindered(folder, bytes=20_000)
        assert said.startswith("CorpusIndexError the index cannot be written: ")
        assert "the old index is untouched; free space or mend the permissions" in said
        still_serves(folder, before)
        assert [path.name for path in index.iterdir() if path.name.startswith(".building")] == []
        for path in (folder / "corpus").glob("more-*"):
            path.unlink()
        (folder / "corpus" / "b.md").write_text(WELL_READ.format("b"))
        assert hindered(folder).startswith("ok ")
    finally:
        if mounted:
            subprocess.run(["umount", str(index)], check=True)


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can become another user")
def test_a_folder_that_may_not_be_written_is_said_so_and_stays_as_it_is(folder: Path) -> None:
    before = publish(folder)
    (folder / "corpus" / "b.md").write_text(WELL_READ.format("b"))
    said = hindered(folder, uid=NOBODY)
    assert said.startswith("CorpusIndexError the index cannot be written: ")
    assert "Permission denied" in said
    assert hindered(folder, "rollback", uid=NOBODY).startswith("CorpusIndexError the index cannot be written: ")
    still_serves(folder, before)


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can become another user")
def test_an_article_that_may_not_be_read_is_left_out_with_its_reason(folder: Path) -> None:
    (folder / "corpus" / "secret.md").write_text(WELL_READ.format("secret"))
    (folder / "corpus" / "secret.md").chmod(0o600)
    (folder / "index").mkdir()
    os.chown(folder / "index", NOBODY, NOBODY)
    generation = hindered(folder, uid=NOBODY).removeprefix("ok ")
    left_out = LocalIndex.open(folder / "index" / generation).manifest.left_out
    reason = "cannot be read: Permission denied; mend its permissions or the disk"
    assert left_out == {"secret.md": LeftOut(reason, retry=True)}


def test_of_two_builds_one_publishes_and_the_other_is_told(folder: Path) -> None:
    inside, go_on = threading.Event(), threading.Event()

    def wait_inside(name: str, _done: int, _total: int) -> None:
        if name == "writing":
            inside.set()
            go_on.wait(60)

    first = threading.Thread(
        target=build, args=(site(folder),), kwargs={"embedder": KeywordEmbedder(), "on_step": wait_inside}
    )
    first.start()
    assert inside.wait(60)
    said = hindered(folder)
    with pytest.raises(IndexLocked):
        rollback(site(folder))
    go_on.set()
    first.join(60)
    assert said.startswith("IndexLocked another process is building ")
    assert said.endswith("wait for it to end and try again")
    still_serves(folder, current(folder / "index"))


def test_the_order_of_the_history_does_not_depend_on_the_clock(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    class Clock(publication.datetime):
        year_shown = 2030

        @classmethod
        def now(cls, _zone: object = None) -> Clock:
            return cls(cls.year_shown, 1, 1)

    monkeypatch.setattr(publication, "datetime", Clock)
    generations = []
    for year in (2030, 2020, 2025):
        Clock.year_shown = year
        (folder / "corpus" / f"{year}.md").write_text(WELL_READ.format(year))
        generations.append(publish(folder))
    assert [entry.at[:4] for entry in history(folder / "index")] == ["2030", "2020", "2025"]
    assert candidates(folder / "index") == generations[::-1]
    assert rollback(site(folder)).generation == generations[1]
    (folder / "index" / "CURRENT").unlink()
    good = newest_good(Generations(folder / "index"))
    assert good is not None
    assert good.generation == generations[1]
