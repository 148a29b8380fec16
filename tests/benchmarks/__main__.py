"""Cold start, one warm question, build time, memory and index size, beside the plain dozen lines.

    python -m tests.benchmarks            (or: make bench)
    python -m tests.benchmarks 10000      questions only, over so many passages with drawn vectors

Each side runs in fresh processes on the shipped articles, turn by turn, so that a busy machine slows both. "plain" is
what tutorials show: SentenceTransformer.encode and faiss.IndexFlatIP over the same passages. The questions are 201
judged ones, each asked once. Medians of ROUNDS.
"""

from __future__ import annotations

import json
import os
import statistics
import subprocess
import sys
import tempfile
from pathlib import Path

from tests.benchmarks.incremental import FIRST, write_articles
from tests.support.places import ROOT

ROUNDS = 3
GOLD = ROOT / "tests" / "gold" / "answerable.jsonl"
QUESTIONS = [json.loads(line)["question"] for line in GOLD.read_text(encoding="utf-8").splitlines()][:201]

OURS_BUILD = """
import time; began = time.perf_counter()
from chatbot.settings import load_settings
from chatbot.answering.verdict.calibration import calibrate
from chatbot.indexing.building.build import build
build(load_settings(), calibrate=calibrate)
print(time.perf_counter() - began)
"""

OURS_ASK = """
import json, resource, statistics, time; began = time.perf_counter()
from chatbot import Chatbot
bot = Chatbot.open(); bot.ask(QUESTIONS[0])
cold = time.perf_counter() - began
times = []
for question in QUESTIONS[1:]:
    start = time.perf_counter(); bot.ask(question); times.append((time.perf_counter() - start) * 1000)
p50, p95 = statistics.median(times), sorted(times)[int(0.95 * len(times))]
memory = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
print(json.dumps({"cold_s": cold, "p50_ms": p50, "p95_ms": p95, "memory_mb": memory}))
"""

PLAIN_BUILD = """
import json, time; began = time.perf_counter()
import faiss
from sentence_transformers import SentenceTransformer
model = SentenceTransformer(MODEL)
vectors = model.encode(json.load(open(TEXTS)), normalize_embeddings=True)
index = faiss.IndexFlatIP(vectors.shape[1]); index.add(vectors); faiss.write_index(index, INDEX)
print(time.perf_counter() - began)
"""

PLAIN_ASK = """
import json, resource, statistics, time; began = time.perf_counter()
import faiss
from sentence_transformers import SentenceTransformer
model = SentenceTransformer(MODEL); texts = json.load(open(TEXTS)); index = faiss.read_index(INDEX)
def ask(question):
    _, rows = index.search(model.encode([question], normalize_embeddings=True), 5)
    return [texts[row] for row in rows[0]]
ask(QUESTIONS[0])
cold = time.perf_counter() - began
times = []
for question in QUESTIONS[1:]:
    start = time.perf_counter(); ask(question); times.append((time.perf_counter() - start) * 1000)
p50, p95 = statistics.median(times), sorted(times)[int(0.95 * len(times))]
memory = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
print(json.dumps({"cold_s": cold, "p50_ms": p50, "p95_ms": p95, "memory_mb": memory}))
"""


def run(program: str, environment: dict[str, str], **names: str | list[str]) -> str:
    """The last line that a program prints in a process of its own; `names` are constants it uses."""
    constants = "".join(f"{name} = {value!r}\n" for name, value in {"QUESTIONS": QUESTIONS, **names}.items())
    command = [sys.executable, "-c", constants + program]
    done = subprocess.run(command, env=environment, cwd=ROOT, capture_output=True, text=True, check=True)
    return done.stdout.strip().splitlines()[-1]


def main() -> None:
    with tempfile.TemporaryDirectory() as folder:
        rows = measured_over(int(sys.argv[1]), Path(folder)) if sys.argv[1:] else measured(Path(folder))
    width = max(len(name) for name in rows)
    print(f"{'':{width}}  {'ours':>9}  {'plain':>9}  ratio")
    for name, (ours, plain) in rows.items():
        print(f"{name:{width}}  {ours:9.2f}  {plain:9.2f}  {ours / plain:5.2f}")


def medians(ours: list[dict[str, float]], plain: list[dict[str, float]]) -> dict[str, tuple[float, float]]:
    rows = {
        "first answer from a cold start, s": "cold_s",
        "one warm question, p50, ms": "p50_ms",
        "one warm question, p95, ms": "p95_ms",
        "memory of an asking process, MB": "memory_mb",
    }
    return {
        name: (statistics.median(one[key] for one in ours), statistics.median(one[key] for one in plain))
        for name, key in rows.items()
    }


def measured_over(passages: int, folder: Path) -> dict[str, tuple[float, float]]:
    """The figures of asking over made articles, whose vectors are drawn: the time does not depend on what they say."""
    import faiss
    import numpy as np

    from chatbot.content.passages import embedded_text
    from chatbot.indexing.generation.local_index import LocalIndex
    from chatbot.indexing.generation.publication import current
    from chatbot.indexing.model.weights import locate_model
    from chatbot.settings import BUNDLED_MODEL

    write_articles(folder / "corpus", passages)
    variables = {"CHATBOT_CORPUS_DIR": str(folder / "corpus"), "CHATBOT_INDEX_DIR": str(folder / "index")}
    environment = {**os.environ, **variables, "HF_HUB_OFFLINE": "1", "CHATBOT_ANSWERS__REMEMBERED": "0"}
    run(FIRST, environment)
    index = LocalIndex.open(folder / "index" / current(folder / "index"))
    print(f"{len(index)} passages")
    names = {"MODEL": str(locate_model(BUNDLED_MODEL)), "TEXTS": str(folder / "t.json"), "INDEX": str(folder / "plain")}
    texts = [embedded_text(passage) for passage in index.passages(range(len(index)))]
    Path(names["TEXTS"]).write_text(json.dumps(texts))
    flat = faiss.IndexFlatIP(index.manifest.dim)
    flat.add(index.vectors(np.arange(len(index))))
    faiss.write_index(flat, names["INDEX"])
    asks: tuple[list[dict[str, float]], list[dict[str, float]]] = ([], [])
    for _ in range(ROUNDS):
        asks[0].append(json.loads(run(OURS_ASK, environment)))
        asks[1].append(json.loads(run(PLAIN_ASK, environment, **names)))
    return medians(*asks)


def measured(folder: Path) -> dict[str, tuple[float, float]]:
    """Each figure for ours and for plain."""
    from chatbot.content.passages import embedded_text
    from chatbot.indexing.generation.local_index import LocalIndex
    from chatbot.indexing.generation.publication import ENCODERS, current
    from chatbot.indexing.model.weights import locate_model
    from chatbot.settings import BUNDLED_MODEL

    index_dir = folder / "index"
    variables = {"CHATBOT_CORPUS_DIR": str(ROOT / "corpus"), "CHATBOT_INDEX_DIR": str(index_dir)}
    environment = {**os.environ, **variables, "HF_HUB_OFFLINE": "1", "CHATBOT_ANSWERS__REMEMBERED": "0"}
    names = {"MODEL": str(locate_model(BUNDLED_MODEL)), "TEXTS": str(folder / "t.json"), "INDEX": str(folder / "plain")}
    builds: tuple[list[float], list[float]] = ([], [])
    asks: tuple[list[dict[str, float]], list[dict[str, float]]] = ([], [])
    run(OURS_BUILD, environment)  # exports the encoder, which happens once for a model
    for _ in range(ROUNDS):
        for path in [*index_dir.glob("[0-9a-f]" * 16), index_dir / "CURRENT", index_dir / "history"]:
            subprocess.run(["rm", "-r", str(path)], check=True)
        builds[0].append(float(run(OURS_BUILD, environment)))
        index = LocalIndex.open(index_dir / current(index_dir))
        texts = [embedded_text(passage) for passage in index.passages(range(len(index)))]
        Path(names["TEXTS"]).write_text(json.dumps(texts))
        builds[1].append(float(run(PLAIN_BUILD, environment, **names)))
        asks[0].append(json.loads(run(OURS_ASK, environment)))
        asks[1].append(json.loads(run(PLAIN_ASK, environment, **names)))
    table = medians(*asks)
    table[f"build of {len(texts)} passages, s"] = (statistics.median(builds[0]), statistics.median(builds[1]))
    ours = sum(path.stat().st_size for path in index_dir.rglob("*") if path.is_file() and ENCODERS not in path.parts)
    plain = (folder / "plain").stat().st_size + Path(names["TEXTS"]).stat().st_size
    table["index without the encoder, MB"] = (ours / 1e6, plain / 1e6)
    return table


if __name__ == "__main__":
    main()
