"""What deployments do to the folder that is watched: it is replaced, switched, unmounted, or not there yet."""

from __future__ import annotations

import os
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from chatbot.errors import ChatbotError
from chatbot.indexing.building.report import BuildReport
from chatbot.settings import Settings, WatchSettings
from tests.indexing.test_live import Watching
from tests.support.waiting import eventually

pytestmark = pytest.mark.index


@pytest.fixture(params=[False, True], ids=["told", "polling"])
def site(tmp_path: Path, request: pytest.FixtureRequest) -> Settings:
    """`corpus` is not there yet; `one` and `two` are folders that may become it."""
    for name in ("one", "two"):
        (tmp_path / name).mkdir()
        (tmp_path / name / "a.md").write_text(f"# Pay {name}\n\nAsk for pay.\n")
        os.utime(tmp_path / name / "a.md", (1, 1))
    return Settings(
        corpus_dir=tmp_path / "corpus",
        index_dir=tmp_path / "index",
        watch=WatchSettings(poll=request.param, poll_seconds=0.2, settle_seconds=0.2),
        model="keywords",
    )


@pytest.fixture
def started(site: Settings) -> Iterator[list[Watching]]:
    running: list[Watching] = []
    yield running
    for one in running:
        one.stop.set()
        one.thread.join(60)


def watching(site: Settings, started: list[Watching]) -> Watching:
    one = Watching(site)
    started.append(one)
    one.until(lambda: len(one.came) == 1)
    return one


def saved(one: Watching, name: str) -> None:
    """A file that is saved now is published."""
    (one.settings.corpus_dir / name).write_text(f"# Degree\n\nA degree helps, says {name}.\n")
    one.until(lambda: name in one.articles())


def test_a_folder_that_is_replaced_as_a_whole(site: Settings, started: list[Watching]) -> None:
    (site.corpus_dir.parent / "one").rename(site.corpus_dir)
    one = watching(site, started)
    shutil.copytree(site.corpus_dir, site.corpus_dir.with_name("new"))
    site.corpus_dir.rename(site.corpus_dir.with_name("old"))
    site.corpus_dir.with_name("new").rename(site.corpus_dir)
    one.until_seen()
    saved(one, "laptop.md")
    assert not [came for came in one.came if isinstance(came, ChatbotError) and "does not exist" not in str(came)]


def test_a_link_that_is_switched_to_another_release(site: Settings, started: list[Watching]) -> None:
    """Its file has the size and the time of the one before."""
    site.corpus_dir.symlink_to(site.corpus_dir.parent / "one")
    one = watching(site, started)
    before = one.articles()["a.md"]
    link = site.corpus_dir.with_name("link")
    link.symlink_to(site.corpus_dir.parent / "two")
    link.replace(site.corpus_dir)
    one.until(lambda: one.articles()["a.md"] != before)
    saved(one, "laptop.md")


def test_a_link_above_the_folder_that_is_switched(site: Settings, started: list[Watching]) -> None:
    for name in ("one", "two"):
        folder = site.corpus_dir.parent / f"release-{name}"
        folder.mkdir()
        (site.corpus_dir.parent / name).rename(folder / "articles")
    site.corpus_dir.symlink_to(site.corpus_dir.parent / "release-one")
    inside = site.model_copy(update={"corpus_dir": site.corpus_dir / "articles"})
    one = watching(inside, started)
    link = site.corpus_dir.with_name("link")
    link.symlink_to(site.corpus_dir.parent / "release-two")
    link.replace(site.corpus_dir)
    one.until_seen()
    saved(one, "laptop.md")


def test_a_folder_that_goes_is_said_and_waited_for(site: Settings, started: list[Watching]) -> None:
    (site.corpus_dir.parent / "one").rename(site.corpus_dir)
    one = watching(site, started)
    site.corpus_dir.rename(site.corpus_dir.with_name("gone"))
    one.until(lambda: len(one.came) == 2)
    assert "does not exist; create it" in str(one.came[1])
    site.corpus_dir.with_name("gone").rename(site.corpus_dir)
    one.until(lambda: len(one.came) == 3)
    assert isinstance(one.came[2], BuildReport)
    saved(one, "laptop.md")


def test_a_folder_that_is_not_there_yet_is_said_and_waited_for(site: Settings, started: list[Watching]) -> None:
    one = watching(site, started)
    assert "does not exist; create it" in str(one.came[0])
    (site.corpus_dir.parent / "one").rename(site.corpus_dir)
    one.until(lambda: len(one.came) == 2)
    saved(one, "laptop.md")


def test_folders_that_are_moved_in_are_watched_too(site: Settings, started: list[Watching]) -> None:
    (site.corpus_dir.parent / "one").rename(site.corpus_dir)
    one = watching(site, started)
    (site.corpus_dir.parent / "two").rename(site.corpus_dir / "inside")
    one.until(lambda: "inside/a.md" in one.articles())
    saved(one, "inside/laptop.md")


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can mount")
@pytest.mark.parametrize("place", ["", "inside"])
def test_a_mount_that_comes_and_goes(site: Settings, started: list[Watching], place: str) -> None:
    (site.corpus_dir.parent / "one").rename(site.corpus_dir)
    point = site.corpus_dir / place
    point.mkdir(exist_ok=True)
    one = watching(site, started)
    mount = subprocess.run(["mount", "-t", "tmpfs", "-o", "size=1m", "tmpfs", str(point)], capture_output=True)
    if mount.returncode:
        pytest.skip("nothing can be mounted here")
    try:
        one.until_seen()
        saved(one, str(Path(place) / "mounted.md"))
    finally:
        eventually(lambda: subprocess.run(["umount", str(point)], capture_output=True).returncode == 0, 20)
    one.until(lambda: set(one.articles()) == {"a.md"})
    saved(one, "laptop.md")


def test_a_name_that_is_no_text_ends_no_watch(site: Settings, started: list[Watching]) -> None:
    (site.corpus_dir.parent / "one").rename(site.corpus_dir)
    one = watching(site, started)
    Path(os.fsdecode(os.fsencode(site.corpus_dir) + b"/caf\xe9.md")).write_text("A team.\n")
    one.until(lambda: len(one.came) == 2)
    assert isinstance(one.came[1], BuildReport)
    assert list(one.came[1].changes.left_out) == ["caf\\udce9.md"]
    saved(one, "laptop.md")
