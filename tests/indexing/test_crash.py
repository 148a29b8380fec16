"""What a crash may leave: kills at every change of the disk, and what a failing power supply would have lost."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from chatbot.indexing.building.build import build
from chatbot.indexing.generation.calibration_data import Calibrated, array_names, store
from chatbot.indexing.generation.publication import current, history, prune, writing
from chatbot.indexing.model import onnx_export
from chatbot.indexing.model.encoder_card import read_card
from chatbot.settings import Settings
from tests.support.keyword_embedder import KeywordEmbedder
from tests.support.places import ROOT
from tests.support.recorded_disk import Rename, Sync, Touch, record


@pytest.mark.index
def test_a_build_killed_at_any_change_of_the_disk_leaves_whole_answers(tmp_path: Path) -> None:
    done = subprocess.run(
        [sys.executable, "-m", "tests.support.killed_build", str(tmp_path)],
        cwd=ROOT,
        capture_output=True,
        text=True,
        timeout=600,
        check=False,
    )
    assert done.returncode == 0, done.stderr + done.stdout
    kills, switched = map(int, done.stdout.split())
    assert kills >= 40, "too few file operations were seen for this test to mean anything"
    assert 0 < switched < kills, "kills must fall both before and after the switch to the new generation"


@pytest.fixture
def site(tmp_path: Path) -> Settings:
    settings = Settings(corpus_dir=tmp_path / "corpus", index_dir=tmp_path / "index")
    settings.corpus_dir.mkdir()
    (settings.corpus_dir / "a.md").write_text("# Pay\n\nAsk for better pay when you get an offer.\n")
    return settings


def calibration(*_: Any) -> Calibrated:
    arrays = [np.zeros((2, 2), np.float32) for _ in array_names()]
    return Calibrated({"covered": 0.5}, *arrays)


def replaced(name: str, held: str) -> list[Touch]:
    """What replacing a small file of the index folder must be: the content first, then its name, then the folder."""
    return [Sync(f".{name}.new", held.encode()), Rename(f".{name}.new", name), Sync(".", None)]


def whole_before_it_had_its_name(index_dir: Path, generation: str, touches: list[Touch]) -> int:
    """The place of the touch that gave the generation its name; all of it must have been on the disk before that."""
    aside, folder = f".building-{generation}", index_dir / generation
    named = touches.index(Rename(aside, generation))
    synced = {touch.path: touch.held for touch in touches[:named] if isinstance(touch, Sync)}
    for path in (folder, *folder.rglob("*")):
        was = (Path(aside) / path.relative_to(folder)).as_posix()
        assert was in synced, f"{was} was named before it was on the disk"
        assert synced[was] == (path.read_bytes() if path.is_file() else None), f"{was} was written to after that"
    return named


def test_a_generation_is_on_the_disk_before_anything_names_it(site: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    touches = record(monkeypatch, site.index_dir)
    generation = build(site, embedder=KeywordEmbedder(), calibrate=calibration).generation
    assert (site.index_dir / generation / "calibration").is_dir()
    named = whole_before_it_had_its_name(site.index_dir, generation, touches)
    (entry,) = history(site.index_dir)
    assert touches[named + 1 :] == [
        Sync(".", None),
        *replaced("history", f"{generation} {entry.at}\n"),
        *replaced("CURRENT", f"{generation}\n"),
    ]


def test_a_new_calibration_is_on_the_disk_before_anything_names_it(
    site: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    generation = build(site, embedder=KeywordEmbedder()).generation
    touches = record(monkeypatch, site.index_dir)
    with writing(site.index_dir):
        store(site.index_dir, generation, calibration())
    named = whole_before_it_had_its_name(site.index_dir, generation, touches)
    assert touches[named - 1] == Rename(generation, f".gone-{generation}")
    assert touches[named + 1 :] == [Sync(".", None), *replaced("CURRENT", f"{generation}\n")]


class Tokenizer:
    @property
    def backend_tokenizer(self) -> Tokenizer:
        return self

    def save(self, path: str) -> None:
        Path(path).write_text("{}", encoding="utf-8")


class Model(list[object]):
    """As much of a sentence-transformers model as its card is made of."""

    prompts, max_seq_length, tokenizer = None, 128, Tokenizer()

    def get_embedding_dimension(self) -> int:
        return 8


def test_an_encoder_is_on_the_disk_before_anything_names_it(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    # The export itself takes a minute and torch; here its files alone count.
    monkeypatch.setattr(onnx_export, "_export_onnx", lambda _, path: path.write_bytes(b"onnx"))
    monkeypatch.setattr(onnx_export, "_quantise", lambda _model, _whole, path: path.write_bytes(b"8 bits"))
    monkeypatch.setattr(onnx_export, "_narrow", lambda _path, _feeds: np.eye(8, dtype=np.float32))
    model: Any = Model()
    for _ in ("at first", "in place of one that is damaged"):
        monkeypatch.setattr(onnx_export, "_set_weights_apart", lambda path: path.with_suffix(".w").write_bytes(b"1"))
        touches = record(monkeypatch, tmp_path)
        onnx_export.export_encoder(model, "keywords", "0123456789abcdef", tmp_path / "0123456789abcdef")
        named = whole_before_it_had_its_name(tmp_path, "0123456789abcdef", touches)
        assert touches[named + 1 :] == [Sync(".", None)]
        monkeypatch.undo()
        monkeypatch.setattr(onnx_export, "_export_onnx", lambda _, path: path.write_bytes(b"other"))
        monkeypatch.setattr(onnx_export, "_quantise", lambda _model, _whole, path: path.unlink(missing_ok=True))
        monkeypatch.setattr(onnx_export, "_narrow", lambda _path, _feeds: np.eye(8, dtype=np.float32))
    assert read_card(tmp_path / "0123456789abcdef").window == 128


def test_what_is_pruned_is_gone_before_the_history_forgets_it(site: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    old = build(site, embedder=KeywordEmbedder()).generation
    (site.corpus_dir / "b.md").write_text("# Degree\n\nLearn python without a degree.\n")
    new = build(site, embedder=KeywordEmbedder()).generation
    _, entry = history(site.index_dir)
    touches = record(monkeypatch, site.index_dir)
    assert prune(site.index_dir, 1) == [old]
    assert touches == [Rename(old, f".gone-{old}"), *replaced("history", f"{new} {entry.at}\n")]
    assert current(site.index_dir) == new
