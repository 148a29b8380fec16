"""Quality, latency, memory and cold start beside well-known libraries: same model, same texts, same questions, one run.

    python -m tests.benchmarks.peers            shipped articles and their judged questions
    python -m tests.benchmarks.peers --write    the same, and put the figures into the README
    python -m tests.benchmarks.peers FOLDER     a judged folder in the layout of BEIR

Each side indexes and saves in one process and answers from what it saved in others, turn by turn, so that a busy
machine slows all; times and memory are medians of ROUNDS. The libraries are used as their
own introductions show: dense vectors alone (plain, Chroma), or their hybrid of vectors and BM25 (txtai, LlamaIndex,
Haystack). They live in an environment of their own, `.venv-peers`, because some pin other versions than the tested set.
"""

from __future__ import annotations

import json
import os
import statistics
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Any

from tests.benchmarks.peer_programs import ASK, PROGRAMS
from tests.support.places import ROOT

ROUNDS = 3
README = ROOT / "README.md"
GOLD = ROOT / "tests" / "gold" / "answerable.jsonl"
PEERS = ROOT / ".venv-peers" / "bin" / "python"


# As the README calls them.
NAMES = {
    "chatbot": "**career-chatbot**",
    "plain": "sentence-transformers + FAISS, the plain dozen lines",
    "Chroma": "Chroma",
    "LlamaIndex fusion": "LlamaIndex, fusion of BM25 and vectors",
    "txtai hybrid": "txtai, hybrid",
    "Haystack joined": "Haystack, BM25 and vectors joined",
}
HEAD = "| | nDCG@10 | recall@10 | a question, p50 | first answer, cold | memory |\n|---|---|---|---|---|---|\n"


def main() -> None:
    said = [argument for argument in sys.argv[1:] if argument != "--write"]
    with tempfile.TemporaryDirectory() as place:
        rows = measured(Path(place), Path(said[0]) if said else None)
    print(f"{'':24}  nDCG@10    R@10   p50 ms   p95 ms  cold s     MB  index s")
    for name, row in rows.items():
        print(
            f"{name:24}  {row['nDCG@10']:7.3f}  {row['R@10']:6.3f}  {row['p50_ms']:7.1f}  {row['p95_ms']:7.1f}  "
            f"{row['cold_s']:6.1f}  {row['memory_mb']:5.0f}  {row['index_s']:7.1f}"
        )
    if "--write" in sys.argv:
        README.write_text(with_table(README.read_text(encoding="utf-8"), rows), encoding="utf-8")


def with_table(readme: str, rows: dict[str, dict[str, float]]) -> str:
    """The README with these figures in its table, ours first, then the best first; the best of each column is bold."""
    columns = ("nDCG@10", "R@10", "p50_ms", "cold_s", "memory_mb")
    best = {column: (max if column in columns[:2] else min)(row[column] for row in rows.values()) for column in columns}

    def shown(column: str, value: float) -> str:
        text = {
            "p50_ms": f"{value:.0f} ms",
            "cold_s": f"{value:.1f} s",
            "memory_mb": f"{value:.0f} MB",
        }.get(column, f"{value:.3f}".removeprefix("0"))
        return f"**{text}**" if value == best[column] else text

    lines = [
        f"| {NAMES[name]} | {' | '.join(shown(column, rows[name][column]) for column in columns)} |\n"
        for name in sorted(rows, key=lambda name: (name != "chatbot", -rows[name]["nDCG@10"]))
    ]
    before, _, after = readme.partition(HEAD)
    return before + HEAD + "".join(lines) + after[after.index("\n\n") + 1 :]


def measured(place: Path, folder: Path | None) -> dict[str, dict[str, float]]:
    """The figures of each side by its name."""
    from chatbot.evaluation.beir import document_of, read_set
    from chatbot.evaluation.measures import measure
    from chatbot.evaluation.quotes import read_gold
    from chatbot.indexing.generation.local_index import LocalIndex
    from chatbot.indexing.generation.publication import current
    from chatbot.indexing.model.weights import locate_model
    from chatbot.settings import BUNDLED_MODEL

    index_dir = place / "index"
    environment = {**os.environ, "CHATBOT_CORPUS_DIR": str(ROOT / "corpus"), "CHATBOT_INDEX_DIR": str(index_dir)}
    environment |= {"CHATBOT_ANSWERS__REMEMBERED": "0", "HF_HUB_OFFLINE": "1"}
    environment |= {"ANONYMIZED_TELEMETRY": "False", "HAYSTACK_TELEMETRY_ENABLED": "False"}
    constants = {"PLACE": str(place), "FOLDER": str(folder or ""), "MODEL": str(locate_model(BUNDLED_MODEL))}
    built = _run(sys.executable, "chatbot", "build", constants, environment)
    index = LocalIndex.open(index_dir / current(index_dir))
    judged = read_set(folder) if folder else read_gold(GOLD, index.store)
    asked = [query for query, grades in judged.qrels.items() if max(grades.values()) > 0]
    passages = index.passages(range(len(index)))
    texts = {passage.id: _text(passage) for passage in passages}
    (place / "texts.json").write_text(json.dumps(texts), encoding="utf-8")
    (place / "questions.json").write_text(json.dumps({query: judged.queries[query] for query in asked}))
    names = ("chatbot", *(other for other in PROGRAMS if other != "chatbot"))
    python = {name: sys.executable if name in ("chatbot", "plain") else str(PEERS) for name in names}
    reports = {"chatbot": built}
    reports |= {name: _run(python[name], name, "build", constants, environment) for name in names[1:]}
    rounds = [{name: _run(python[name], name, "ask", constants, environment) for name in names} for _ in range(ROUNDS)]
    rows = {}
    locate = document_of if folder else str
    for name in names:
        turns = [found[name] for found in rounds]
        run = {query: list(dict.fromkeys(map(locate, ids))) for query, ids in turns[0]["ranked"].items()}
        values = measure(run, judged.qrels, asked)
        times = [sorted(turn["ms"]) for turn in turns]
        rows[name] = {
            "nDCG@10": float(values["nDCG@10"].mean()),
            "R@10": float(values["R@10"].mean()),
            "p50_ms": statistics.median(map(statistics.median, times)),
            "p95_ms": statistics.median(each[int(0.95 * len(each))] for each in times),
            "cold_s": statistics.median(turn["cold_s"] for turn in turns),
            "memory_mb": statistics.median(turn["memory_mb"] for turn in turns),
            "index_s": reports[name]["index_s"],
        }
    return rows


def _text(passage: Any) -> str:
    from chatbot.content.passages import embedded_text

    return embedded_text(passage).strip()


def _run(python: str, name: str, phase: str, constants: dict[str, str], environment: dict[str, str]) -> dict[str, Any]:
    lines = "".join(f"{key} = {value!r}\n" for key, value in constants.items())
    build, ask = PROGRAMS[name]
    program = lines + (build if phase == "build" else ask + ASK)
    done = subprocess.run([python, "-c", program], env=environment, cwd=ROOT, capture_output=True, text=True)
    if done.returncode:
        raise SystemExit(f"{name} cannot {phase}:\n{done.stderr[-3000:]}\nrun 'make bench' to install the libraries")
    found: dict[str, Any] = json.loads(done.stdout.strip().splitlines()[-1])
    return found


if __name__ == "__main__":
    main()
