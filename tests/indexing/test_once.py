"""A build reads and hashes each file once, takes the lock once, and verifies each generation once."""

from __future__ import annotations

import hashlib
import os
from collections import Counter
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from filelock import FileLock

from chatbot.evaluation.effect import measure_for
from chatbot.indexing.building.build import build, plan
from chatbot.indexing.generation import manifest
from chatbot.indexing.generation.publication import current
from chatbot.settings import PublishSettings, Settings
from tests.support.keyword_embedder import KeywordEmbedder

FILES = {
    "degree.md": "# Degree\n\nLearn python without a degree, in a team.\n",
    "pay.html": "<main><h1>Pay</h1><p>Ask for better pay when you get an offer, and learn to say no.</p></main>",
    "pay.md": "# Pay\n\nAsk for better pay when you get an offer.\n",
    "hidden.md": "---\nexclude: true\n---\nA remote team.\n",
    "broken.pdf": "no PDF",
    "sitemap.xml": "<urlset><url><loc>https://site.example/degree</loc></url></urlset>",
    "other.xml": "<urlset/>",
    "team.md": "# Team\n\nA remote team learns.\n",
}
JUDGED = '{"question": "better pay", "answers": [{"article": "pay", "quote": "Ask for better pay"}]}'


class Counts:
    """How often each file of the corpus was read and hashed, the lock taken, each file of a generation digested."""

    def __init__(self, site: Settings, patch: pytest.MonkeyPatch) -> None:
        self.reads, self.hashes, self.digested = Counter[str](), Counter[str](), Counter[str]()
        self.locks = 0
        contents = {path.read_bytes(): path.name for path in site.corpus_dir.iterdir()}
        opened, sha256, file_digest, acquire = os.open, hashlib.sha256, manifest.file_digest, FileLock.acquire

        def reading(path: Any, *rest: Any, **named: Any) -> int:
            if Path(os.fspath(path)).parent == site.corpus_dir:
                self.reads[Path(os.fspath(path)).name] += 1
            return opened(path, *rest, **named)

        def hashing(data: bytes = b"", **named: Any) -> Any:
            self.hashes.update([contents[data]] if data in contents else [])
            return sha256(data, **named)

        def digesting(path: Path) -> str:
            self.digested[path.relative_to(site.index_dir).as_posix()] += 1
            return file_digest(path)

        def locking(lock: FileLock, *rest: Any, **named: Any) -> Any:
            self.locks += 1
            return acquire(lock, *rest, **named)

        patch.setattr(os, "open", reading)
        patch.setattr(hashlib, "sha256", hashing)
        patch.setattr(manifest, "file_digest", digesting)
        patch.setattr(FileLock, "acquire", locking)

    def of(self, generation: str) -> set[int]:
        """How often the files of a generation were digested under its name."""
        return {count for path, count in self.digested.items() if path.startswith(f"{generation}/")}


@pytest.fixture
def site(tmp_path: Path) -> Settings:
    (tmp_path / "judged.jsonl").write_text(JUDGED)
    publish = PublishSettings(questions=tmp_path / "judged.jsonl")
    site = Settings(corpus_dir=tmp_path / "corpus", index_dir=tmp_path / "index", publish=publish)
    site.corpus_dir.mkdir()
    for name, text in FILES.items():
        (site.corpus_dir / name).write_text(text)
    build(site, embedder=KeywordEmbedder())
    return site


def changed(name: str) -> Callable[[Settings], object]:
    return lambda site: (site.corpus_dir / name).write_text(FILES[name].replace("a", "an a", 1))


CHANGES: dict[str, Callable[[Settings], object]] = {
    "nothing": lambda _: None,
    "an article more": lambda site: (site.corpus_dir / "new.md").write_text("# Offer\n\nAn offer from a team.\n"),
    "an article less": lambda site: (site.corpus_dir / "degree.md").unlink(),
    "the first article": changed("degree.md"),
    "the last article": changed("team.md"),
    "one that is left out": changed("broken.pdf"),
    "one that has the name of another": changed("pay.md"),
    "one that is excluded": changed("hidden.md"),
    "a sitemap": changed("sitemap.xml"),
    "another sitemap": lambda site: (site.corpus_dir / "other.xml").write_text("<urlset></urlset>"),
}


@pytest.mark.parametrize("publishing", [True, False], ids=["build", "plan"])
@pytest.mark.parametrize("change", CHANGES.values(), ids=CHANGES)
def test_once(
    site: Settings, change: Callable[[Settings], object], publishing: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    old = current(site.index_dir)
    change(site)
    measure = measure_for(site)
    with monkeypatch.context() as patch:
        counts = Counts(site, patch)
        report = (build if publishing else plan)(site, embedder=KeywordEmbedder(), measure=measure)
    names = {path.name for path in site.corpus_dir.iterdir()}
    assert (counts.reads, counts.hashes) == (dict.fromkeys(names, 1), dict.fromkeys(names, 1))
    assert (counts.locks, counts.of(old)) == (1, {1})
    # A new one is digested when it is sealed and when it is verified, both under another name.
    assert report.generation == old or counts.of(report.generation) == set()
    assert set(counts.digested.values()) <= {1, 2}


def test_a_corpus_without_a_generation_is_read_once(site: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    elsewhere = site.model_copy(update={"index_dir": site.index_dir.with_name("elsewhere")})
    with monkeypatch.context() as patch:
        counts = Counts(elsewhere, patch)
        build(elsewhere, embedder=KeywordEmbedder())
    assert (counts.reads, counts.hashes) == (dict.fromkeys(FILES, 1), dict.fromkeys(FILES, 1))
    assert counts.locks == 1
