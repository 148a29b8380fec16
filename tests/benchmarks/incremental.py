"""How long a build takes when nothing changed and when one article did, by default at 10,000 passages.

    python -m tests.benchmarks.incremental [PASSAGES]

The articles are made of sentences of the shipped ones, drawn at random with a fixed seed. The first build takes vectors
from the texts' digests, since the real model would need minutes; what changes afterwards is embedded by the real model,
and calibrated as from the command line. Builds in one warm process, and whole `chatbot build` processes; medians of
ROUNDS. Beside it, where `.venv-peers` is (see `tests.benchmarks.peers`): as many texts with drawn vectors, of which one
is replaced and brought to the disk; they neither verify what they wrote nor keep what was before.
"""

from __future__ import annotations

import json
import os
import random
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from tests.benchmarks.peer_programs import ONE_CHANGE
from tests.benchmarks.peers import PEERS
from tests.support.places import ROOT

ROUNDS = 5
PER_ARTICLE = 40
SENTENCES = 6

FIRST = """
import hashlib
import numpy as np
from chatbot.answering.verdict.calibration import calibrate
from chatbot.indexing.building.build import build
from chatbot.indexing.model.embedder import ModelEmbedder, PassageVectors
from chatbot.indexing.generation.publication import ENCODERS
from chatbot.settings import load_settings

class Drawn(ModelEmbedder):
    def embed_passage(self, text, spans):
        seed = int.from_bytes(hashlib.sha256(text.encode()).digest()[:8], "big")
        rows = np.random.default_rng(seed).standard_normal((len(spans) + 1, self.dim)).astype(np.float32)
        rows /= np.linalg.norm(rows, axis=1, keepdims=True)
        return PassageVectors(rows[0], rows[1:])

settings = load_settings()
print(build(settings, embedder=Drawn(settings.model, settings.index_dir / ENCODERS), calibrate=calibrate).passages)
"""

WARM = """
import json, sys, time
from chatbot.answering.verdict.calibration import calibrate
from chatbot.indexing.building.build import build
from chatbot.indexing.model.embedder import ModelEmbedder
from chatbot.indexing.generation.publication import ENCODERS
from chatbot.settings import load_settings

settings = load_settings()
embedder = ModelEmbedder(settings.model, settings.index_dir / ENCODERS)
for line in sys.stdin:
    began, used = time.perf_counter(), time.process_time()
    report = build(settings, embedder=embedder, calibrate=calibrate)
    seconds, processor = time.perf_counter() - began, time.process_time() - used
    print(json.dumps({"seconds": seconds, "processor": processor, "embedded": report.embedded}), flush=True)
"""


def write_articles(folder: Path, passages: int) -> list[Path]:
    """As many articles as give about so many passages."""
    from chatbot.content.passages import sentences
    from tests.support.reading import read_article

    pool = []
    for path in sorted((ROOT / "corpus").rglob("*.md")):
        article = read_article(str(path.relative_to(ROOT / "corpus")), ROOT / "corpus", 5)
        text = article.text if article else ""
        pool += [text[start:end].replace("\n", " ") for start, end in sentences(text) if 40 < end - start < 300]
    drawn = random.Random(1)  # noqa: S311 - articles, not secrets
    folder.mkdir()
    written = []
    for number in range(max(1, passages // PER_ARTICLE)):
        sections = (f"## Part {n}\n\n" + " ".join(drawn.sample(pool, SENTENCES)) for n in range(PER_ARTICLE))
        written.append(folder / f"article-{number:05}.md")
        written[-1].write_text(
            f"---\ntitle: Article {number}\n---\n\n" + "\n\n".join(sections) + "\n", encoding="utf-8"
        )
    return written


def run(command: list[str], environment: dict[str, str]) -> str:
    return subprocess.run(command, env=environment, cwd=ROOT, capture_output=True, text=True, check=True).stdout


def change(article: Path) -> None:
    with article.open("a", encoding="utf-8") as file:
        file.write(f"\nOne more sentence about pay, written {time.time()}.\n")


def main(passages: int) -> None:
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        articles = write_articles(folder / "corpus", passages)
        environment = {
            **os.environ,
            "CHATBOT_CORPUS_DIR": str(folder / "corpus"),
            "CHATBOT_INDEX_DIR": str(folder / "index"),
        }
        print(
            f"{int(run([sys.executable, '-c', FIRST], environment).split()[-1])} passages; seconds, medians of {ROUNDS}"
        )
        in_process(articles, environment)
        whole_process(articles, environment)
        if PEERS.exists():
            constants = f"PLACE = {str(folder)!r}\nTEXTS, ROUNDS = {passages}, {ROUNDS}\n"
            for peer, program in ONE_CHANGE.items():
                print(f"{peer:34}  {run([str(PEERS), '-c', constants + program], environment).split()[-1]:>8}")


def in_process(articles: list[Path], environment: dict[str, str]) -> None:
    """Builds of one process that has done some before."""
    command = [sys.executable, "-c", WARM]
    process = subprocess.Popen(
        command, env=environment, cwd=ROOT, text=True, stdin=subprocess.PIPE, stdout=subprocess.PIPE, bufsize=1
    )
    assert process.stdin
    assert process.stdout
    runs: dict[bool, list[dict[str, float]]] = {False: [], True: []}
    for number in range(2 * ROUNDS + 2):
        changed = number % 2 == 0
        if changed:
            change(articles[number % len(articles)])
        process.stdin.write("\n")
        found = json.loads(process.stdout.readline())
        if number > 1:
            runs[changed].append(found)
    process.stdin.close()
    process.wait(60)
    for changed, told in runs.items():
        wall, used = (statistics.median(one[key] for one in told) for key in ("seconds", "processor"))
        what = "one article changed" if changed else "nothing changed"
        print(f"{what + ', warm':34}  {wall:8.2f}  of processor time {used:.2f}")


def whole_process(articles: list[Path], environment: dict[str, str]) -> None:
    """Runs of the command, from its start to its end."""
    for changed in (False, True):
        took, used = [], []
        for number in range(ROUNDS):
            if changed:
                change(articles[number % len(articles)])
            began, before = time.perf_counter(), processor_of_children()
            run([sys.executable, "-m", "chatbot", "build"], environment)
            took.append(time.perf_counter() - began)
            used.append(processor_of_children() - before)
        what = "one article changed" if changed else "nothing changed"
        wall, processor = statistics.median(took), statistics.median(used)
        print(f"{what + ', chatbot build':34}  {wall:8.2f}  of processor time {processor:.2f}")


def processor_of_children() -> float:
    """Seconds of processor time, user and system, of the processes that have ended so far."""
    spent = os.times()
    return spent.children_user + spent.children_system


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else 10_000)
