"""A build that has nothing to do loads nothing heavy; neither it nor `chatbot status` overlooks a change."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Callable
from dataclasses import replace
from datetime import date, timedelta
from pathlib import Path

import pytest

from chatbot.errors import IndexLocked, SettingsError
from chatbot.indexing.building.build import build, plan
from chatbot.indexing.building.freshness import check
from chatbot.indexing.generation.publication import CURRENT, ENCODERS, current, history, writing
from chatbot.indexing.model.embedder import ModelEmbedder
from chatbot.indexing.status import read_status
from chatbot.settings import Settings
from tests.support import copies

HEAVY = ["numpy", "faiss", "onnxruntime", "tokenizers", "torch", "scipy", "sklearn", "markdown_it", "lxml", "rich"]
RUN_OUT = date.today() - timedelta(days=1)


@pytest.fixture
def site(served_folder: Path, tmp_path: Path) -> Settings:
    """A copy of a folder whose index was built by the real model, with a file that is left out."""
    copies.copy(served_folder, tmp_path)
    settings = Settings(corpus_dir=tmp_path / "corpus", index_dir=tmp_path / "index")
    (settings.corpus_dir / "song.mp9").write_bytes(b"1234")
    pinned = f"---\npinned:\n  - question: How to go on?\n    until: {RUN_OUT}\n---\n\nGo on as before, day by day.\n"
    (settings.corpus_dir / "pinned.md").write_text(pinned, encoding="utf-8")
    build(settings)
    return settings


def unchanged(site: Settings) -> bool:
    """Whether a build would find nothing to do."""
    return check(site, None).unchanged is not None


def test_it_reports_what_a_build_that_looks_closer_reports(site: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    report = build(site)
    monkeypatch.setattr(
        "chatbot.indexing.building.build.check",
        lambda *given: replace(check(*given), unchanged=None),
    )
    assert replace(report, seconds=0.0) == replace(build(site), seconds=0.0)
    assert list(report.changes.left_out) == ["song.mp9"]
    assert report.expired == (f"pinned.md: 'How to go on?' was pinned until {RUN_OUT}",)


def test_old_generations_are_pruned_all_the_same(site: Settings) -> None:
    assert len(history(site.index_dir)) == 2
    build(site.model_copy(update={"keep_generations": 1}))
    assert [entry.generation for entry in history(site.index_dir)] == [current(site.index_dir)]


def test_the_command_loads_nothing_heavy(site: Settings) -> None:
    program = (
        "import sys\nfrom chatbot.cli import main\nsys.argv = ['chatbot', 'build']\n"
        f"try:\n    main()\nfinally:\n    print([name for name in {HEAVY} if name in sys.modules])"
    )
    variables = {"CHATBOT_CORPUS_DIR": str(site.corpus_dir), "CHATBOT_INDEX_DIR": str(site.index_dir)}
    done = subprocess.run([sys.executable, "-c", program], env=os.environ | variables, capture_output=True, text=True)
    assert done.returncode == 3, done.stderr
    assert "nothing to do, still serving" in done.stdout
    assert done.stdout.splitlines()[-1] == "[]"


def article(site: Settings) -> Path:
    return sorted(site.corpus_dir.glob("*.md"))[0]


CHANGES: dict[str, Callable[[Settings], object]] = {
    "an article changed": lambda site: article(site).write_text("Another text about another thing."),
    "an article is gone": lambda site: article(site).unlink(),
    "an article was renamed": lambda site: article(site).rename(site.corpus_dir / "renamed.md"),
    "a file was added": lambda site: (site.corpus_dir / "new.md").write_text("A new text."),
    "a left-out file is gone": lambda site: (site.corpus_dir / "song.mp9").unlink(),
    "nothing is published": lambda site: (site.index_dir / CURRENT).unlink(),
    "the generation is damaged": lambda site: (site.index_dir / current(site.index_dir) / "hubs.npy").write_bytes(b""),
    "the encoder is damaged": lambda site: next((site.index_dir / ENCODERS).glob("*/model.onnx")).write_bytes(b""),
}


@pytest.mark.parametrize("change", CHANGES.values(), ids=CHANGES)
def test_a_change_is_left_to_a_build(site: Settings, change: Callable[[Settings], object]) -> None:
    change(site)
    assert not unchanged(site)


def test_other_settings_and_limits_are_left_to_a_build(site: Settings) -> None:
    sizes = site.passages.model_copy(update={"target_tokens": 40})
    assert not unchanged(site.model_copy(update={"passages": sizes}))
    (site.corpus_dir / "large.md").write_text("Much to say. " * 100_000, encoding="utf-8")
    limited = site.model_copy(update={"max_file_mb": 1.0})
    build(limited)
    assert not unchanged(limited)  # the limit may be another one the next time


def test_a_file_of_too_many_passages_is_tried_again_where_the_limit_is_another(site: Settings) -> None:
    sections = (f"## Part {n}\n\n" + f"Much to say of it, part {n}. " * 20 for n in range(40))
    (site.corpus_dir / "long.md").write_text("\n\n".join(sections), encoding="utf-8")
    few, more = (site.model_copy(update={"max_passages_per_file": limit}) for limit in (20, 30))
    report = build(few)
    assert "max_passages_per_file (20)" in report.changes.left_out["long.md"]
    assert unchanged(few)
    assert not unchanged(more)
    assert "max_passages_per_file (30)" in build(more).changes.left_out["long.md"]


def test_a_draft_beside_it_changes_nothing(site: Settings) -> None:
    before = article(site).read_bytes()
    article(site).write_text("Another text about another thing.", encoding="utf-8")
    embedder = ModelEmbedder(site.model, site.index_dir / ENCODERS)
    drafted = plan(site, embedder=embedder, draft=True).generation
    assert not unchanged(site)
    article(site).write_bytes(before)
    assert not build(site).published
    assert not (site.index_dir / drafted).exists()


def test_another_writer_and_a_missing_folder_are_errors(site: Settings) -> None:
    with writing(site.index_dir), pytest.raises(IndexLocked):
        build(site)
    with pytest.raises(SettingsError, match="does not exist"):
        build(site.model_copy(update={"corpus_dir": site.corpus_dir / "none"}))


BUILD = "; run 'chatbot build'"


def test_nothing_changed_since(site: Settings) -> None:
    assert read_status(site).changes == ""
    assert list(read_status(site).left_out) == ["song.mp9"]


COUNTED: dict[str, tuple[Callable[[Settings], object], str]] = {
    "an article changed": (lambda site: article(site).write_text("Another text."), "+0 ~1 -0 files since"),
    "an article is gone": (lambda site: article(site).unlink(), "+0 ~0 -1 files since"),
    "a file was added": (lambda site: (site.corpus_dir / "new.md").write_text("New."), "+1 ~0 -0 files since"),
    "a left-out file is gone": (lambda site: (site.corpus_dir / "song.mp9").unlink(), "+0 ~0 -1 files since"),
    "a left-out file changed": (lambda site: (site.corpus_dir / "song.mp9").write_bytes(b"5"), "+0 ~1 -0 files since"),
    "a file that will be left out came": (
        lambda site: (site.corpus_dir / "more.mp9").write_bytes(b"6"),
        "+1 ~0 -0 files since",
    ),
}


@pytest.mark.parametrize(("change", "said"), COUNTED.values(), ids=COUNTED)
def test_a_change_is_counted(site: Settings, change: Callable[[Settings], object], said: str) -> None:
    change(site)
    assert read_status(site).changes == said + BUILD
    assert not unchanged(site)
    build(site)
    assert read_status(site).changes == ""


def test_a_file_that_could_not_be_read_then_and_cannot_now_is_no_change(site: Settings) -> None:
    (site.corpus_dir / "nowhere.md").symlink_to("gone.md")
    assert read_status(site).changes == "+1 ~0 -0 files since" + BUILD
    build(site)
    assert read_status(site).changes == ""


def test_other_settings_are_a_change(site: Settings) -> None:
    sizes = site.passages.model_copy(update={"target_tokens": 40})
    smaller = site.model_copy(update={"passages": sizes})
    assert read_status(smaller).changes == "other settings or another model since" + BUILD


def test_another_model_is_told_beside_changed_files_and_not_looked_for(site: Settings) -> None:
    other = site.model_copy(update={"model": "nobody/has-this"})
    told = f"built with model '{site.model}', the settings name 'nobody/has-this'"
    assert read_status(other).changes == told + BUILD
    (site.corpus_dir / "more.md").write_text("# More\n\nMore words.\n")
    assert read_status(other).changes == f"+1 ~0 -0 files since; {told}{BUILD}"
