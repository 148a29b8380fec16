"""A generation that is damaged in any way is named and refused, and the newest whole one serves."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import pytest

from chatbot.errors import IndexDamaged, IndexMismatch, IndexMissing
from chatbot.indexing.building.build import build
from chatbot.indexing.building.draft import newest_good
from chatbot.indexing.generation.local_index import LocalIndex
from chatbot.indexing.generation.manifest import FORMAT, MANIFEST, Generations, read_manifest
from chatbot.indexing.generation.publication import CURRENT, HISTORY, candidates, current, history, prune, publish
from chatbot.settings import Settings
from tests.support import copies
from tests.support.keyword_embedder import KeywordEmbedder
from tests.support.manifests import alter

FILES = """
passages.sqlite embeddings.npy hubs.npy vectors.faiss words.txt manifest.json
sentences/codes.npy sentences/scales.npy sentences/spans.npy sentences/starts.npy
questions/digests.npy questions/hubs.npy questions/starts.npy questions/vectors.npy questions/vectors.faiss
questions/tokens/codes.npy questions/tokens/ids.npy questions/tokens/starts.npy questions/tokens/held.npy
lexical/terms.txt lexical/first_rows.npy
lexical/passage_starts.npy lexical/passages.npy lexical/passage_counts.npy lexical/passage_lengths.npy
lexical/article_starts.npy lexical/articles.npy lexical/article_counts.npy lexical/article_lengths.npy
lexical/passage_parts.npy lexical/passage_limits.npy lexical/article_parts.npy
""".split()
FILES += [f"questions/{file}" for file in FILES if file.startswith("lexical/")]


def settings_of(folder: Path) -> Settings:
    return Settings(corpus_dir=folder / "corpus", index_dir=folder / "index")


@pytest.fixture(scope="module")
def whole(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with two generations, the first about pay, the second about pay and degrees."""
    folder = tmp_path_factory.mktemp("whole")
    settings = settings_of(folder)
    settings.corpus_dir.mkdir()
    front = "---\nquestions: [better pay]\n---\n"
    (settings.corpus_dir / "a.md").write_text(f"{front}# Pay\n\nAsk for better pay when you get an offer.\n")
    build(settings, embedder=KeywordEmbedder())
    (settings.corpus_dir / "b.md").write_text("# Degree\n\nLearn python without a degree.\n")
    build(settings, embedder=KeywordEmbedder())
    return folder


@pytest.fixture
def site(whole: Path, tmp_path: Path) -> Settings:
    """A copy of it that may be damaged."""
    return settings_of(copies.copy(whole, tmp_path))


def newest(site: Settings) -> Path:
    return site.index_dir / current(site.index_dir)


def test_these_are_all_files_of_a_generation(site: Settings) -> None:
    folder = newest(site)
    found = {path.relative_to(folder).as_posix() for path in folder.rglob("*") if path.is_file()}
    assert found == set(FILES)
    assert set(read_manifest(folder).files) == found - {"manifest.json"}


def truncate(path: Path, _other: Path) -> None:
    path.write_bytes(path.read_bytes()[:-1])


def flip_a_bit(path: Path, _other: Path) -> None:
    data = bytearray(path.read_bytes())
    data[len(data) // 2] ^= 1
    path.write_bytes(data)


def empty(path: Path, _other: Path) -> None:
    path.write_bytes(b"")


def remove(path: Path, _other: Path) -> None:
    path.unlink()


def make_a_folder(path: Path, _other: Path) -> None:
    path.unlink()
    path.mkdir()


def swap(path: Path, other: Path) -> None:
    shutil.copyfile(other, path)


@pytest.mark.parametrize("damage", [truncate, flip_a_bit, empty, remove, make_a_folder, swap])
@pytest.mark.parametrize("file", FILES)
def test_a_damaged_file_is_named_and_the_older_generation_serves(site: Settings, file: str, damage) -> None:  # type: ignore[no-untyped-def]
    whole = candidates(site.index_dir)[1]
    folder = newest(site)
    before = (folder / file).read_bytes()
    damage(folder / file, site.index_dir / whole / file)
    if (folder / file).is_file() and (folder / file).read_bytes() == before:
        pytest.fail(f"{file} is the same in both generations, this test proves nothing") if damage is not swap else None
        return
    if file == "manifest.json" and damage is swap:
        # A whole manifest of another generation: its digests do not fit the other files.
        with pytest.raises(IndexDamaged, match="does not match its digest"):
            LocalIndex.open(folder)
    else:
        with pytest.raises(IndexDamaged) as caught:
            LocalIndex.open(folder)
        assert (caught.value.generation, caught.value.file) == (folder.name, file)
        assert "chatbot build" in str(caught.value)
    good = newest_good(Generations(site.index_dir))
    assert good is not None
    assert good.generation == whole


def test_building_again_replaces_a_damaged_generation(site: Settings) -> None:
    folder = newest(site)
    flip_a_bit(folder / "passages.sqlite", folder)
    report = build(site, embedder=KeywordEmbedder())
    assert (report.generation, report.published) == (folder.name, True)
    assert len(LocalIndex.open(folder)) == 2


def test_a_generation_of_another_format_says_what_to_do(site: Settings) -> None:
    alter(newest(site), format=99)
    with pytest.raises(IndexMismatch, match=f"has format 99, this version reads {FORMAT}; run 'chatbot build'"):
        LocalIndex.open(newest(site))


def test_a_manifest_without_a_field_is_of_another_version(site: Settings) -> None:
    alter(newest(site), "pace")
    with pytest.raises(IndexMismatch, match="was written by another version") as refused:
        LocalIndex.open(newest(site))
    assert "pace" not in str(refused.value)
    path = newest(site) / MANIFEST
    undigested = {name: value for name, value in json.loads(path.read_text()).items() if name != "digest"}
    for text in (json.dumps(undigested), "[]", "7", '"x"', "{", ""):
        path.write_text(text)
        with pytest.raises(IndexDamaged, match=r"manifest\.json is no manifest; run 'chatbot build'"):
            LocalIndex.open(newest(site))


@pytest.mark.parametrize("pointer", ["", "../../etc", "0" * 15, "g" * 16, "\x00", "é" * 16])
def test_a_pointer_that_names_no_generation_is_refused_but_the_history_serves(site: Settings, pointer: str) -> None:
    before = current(site.index_dir)
    (site.index_dir / CURRENT).write_text(pointer, encoding="utf-8")
    with pytest.raises(IndexMissing, match="run 'chatbot build'"):
        current(site.index_dir)
    good = newest_good(Generations(site.index_dir))
    assert good is not None
    assert good.generation == before


def test_without_an_index_the_next_step_is_named(tmp_path: Path) -> None:
    with pytest.raises(IndexMissing, match=r"there is no index in .* yet; run 'chatbot build'"):
        current(tmp_path)


def test_a_spoilt_history_loses_nothing_that_is_served(site: Settings) -> None:
    served = current(site.index_dir)
    (site.index_dir / HISTORY).write_bytes(b"\xff\xff nonsense\n\n../.. 2026\n")
    assert history(site.index_dir) == []
    prune(site.index_dir, keep=1)
    good = newest_good(Generations(site.index_dir))
    assert good is not None
    assert good.generation == served


def test_publishing_an_older_generation_moves_it_to_the_end_of_the_history(site: Settings) -> None:
    second, first = candidates(site.index_dir)
    publish(site.index_dir, first)
    assert current(site.index_dir) == first
    assert [entry.generation for entry in history(site.index_dir)] == [second, first]


def test_what_the_pointer_names_goes_before_a_newer_line_of_the_history(site: Settings) -> None:
    """As a crash leaves it between the two."""
    first, second = [entry.generation for entry in history(site.index_dir)]
    (site.index_dir / CURRENT).write_text(f"{first}\n")
    assert candidates(site.index_dir) == [first, second]
    index = newest_good(Generations(site.index_dir))
    assert index
    assert index.generation == first
