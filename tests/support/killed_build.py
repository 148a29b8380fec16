"""Kill a build at every change of the disk; after each kill the old answers or the new ones must be served, whole.

Run as a program by test_crash.py: python -m tests.support.killed_build FOLDER. For n = 1, 2, ... a forked process
builds a changed corpus and sends itself SIGKILL before its n-th change of a file under the index folder, until a build
survives; what is only read changes nothing. Prints one line: the number of kills, and how many of them left the new
generation serving.
"""

from __future__ import annotations

import os
import shutil
import signal
import sys
from pathlib import Path
from typing import Any

import faiss  # noqa: F401 - loaded before the fork, so that only the build's own file operations are counted

from chatbot.indexing.building.build import build
from chatbot.indexing.generation.local_index import LocalIndex
from chatbot.indexing.generation.publication import candidates, current
from chatbot.indexing.words.tokens import stem
from chatbot.settings import Settings
from tests.support.keyword_embedder import KeywordEmbedder

CHANGES = {"os.rename", "os.remove", "os.mkdir", "os.rmdir", "shutil.rmtree"}


def main(folder: Path) -> None:
    site = Settings(corpus_dir=folder / "corpus", index_dir=folder / "index", keep_generations=1)
    site.corpus_dir.mkdir()
    (site.corpus_dir / "a.md").write_text("# Pay\n\nAsk for better pay when you get an offer from a team.\n")
    old = build(site, embedder=KeywordEmbedder()).generation
    pristine = shutil.copytree(site.index_dir, folder / "pristine")
    (site.corpus_dir / "a.md").write_text("# Degree\n\nLearn python without a degree, says the interview.\n")
    new = build(site.model_copy(update={"index_dir": folder / "elsewhere"}), embedder=KeywordEmbedder()).generation
    kills = switched = 0
    while killed_at(site, kills + 1):
        kills += 1
        served = check(site, old, new)
        switched += served == new
        rebuilt = build(site, embedder=KeywordEmbedder())
        left = sorted(path.name for path in site.index_dir.iterdir())
        if rebuilt.generation != new or left != sorted(["CURRENT", ".lock", "history", new]):
            raise SystemExit(f"after kill {kills} the next build left {left}")
        shutil.rmtree(site.index_dir)
        shutil.copytree(pristine, site.index_dir)
    print(kills, switched)


def killed_at(site: Settings, n: int) -> bool:
    """Build in a forked process that kills itself before its n-th change; False where it ended before."""
    child = os.fork()
    if child == 0:
        count = 0
        inside = str(site.index_dir)

        def count_down(event: str, values: tuple[Any, ...]) -> None:
            nonlocal count
            if changes(event, values) and str(values[0]).startswith(inside):
                count += 1
                if count == n:
                    os.kill(os.getpid(), signal.SIGKILL)

        sys.addaudithook(count_down)
        build(site, embedder=KeywordEmbedder())
        os._exit(0)
    _, status = os.waitpid(child, 0)
    if not os.WIFSIGNALED(status) and os.WEXITSTATUS(status) != 0:
        raise SystemExit(f"the build failed at change {n}")
    return os.WIFSIGNALED(status)


def changes(event: str, values: tuple[Any, ...]) -> bool:
    return event in CHANGES or (event == "open" and bool(values[2] & (os.O_WRONLY | os.O_RDWR)))


def check(site: Settings, old: str, new: str) -> str:
    """The generation that is served: named by CURRENT, whole, and giving its own answer."""
    served = current(site.index_dir)
    index = LocalIndex.open(site.index_dir / served)
    word = {old: "pay", new: "degree"}[served]
    rows, _ = index.dense(KeywordEmbedder().embed_query(word), 1)
    (passage,) = index.passages(rows)
    if word not in passage.text or not len(index.lexical({stem(word): 1.0}).highest(1)[0]):
        raise SystemExit(f"generation {served} does not answer {word}")
    if candidates(site.index_dir)[0] != served:
        raise SystemExit(f"generation {served} is not the first to be opened")
    return served


if __name__ == "__main__":
    main(Path(sys.argv[1]))
