"""The shipped articles in a real Milvus beside the same in files: what sending, following and a question take.

    python -m tests.benchmarks.milvus [QUESTIONS]

Builds an index of the shipped articles unless CHATBOT_INDEX_DIR names one, starts a Milvus of its own, and asks the
judged questions in one process for each kind of index, one at a time. Milvus has the cores that the questions have.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
from pathlib import Path

from tests.support.milvus import Standalone
from tests.support.places import ROOT

GOLD = ROOT / "tests" / "gold" / "answerable.jsonl"
ASK = """
import json, statistics, sys, time
from pathlib import Path
from chatbot import Chatbot
from chatbot.records import Filters
questions = json.loads(sys.argv[1])
began = time.perf_counter()
bot = Chatbot.open(threads=1)
opened = time.perf_counter() - began
first, again = [], []
for times in (first, again):
    for question in questions:
        began = time.perf_counter()
        bot.answerer.ask(question, 5, (), Filters())
        times.append((time.perf_counter() - began) * 1000)
memory = next(line for line in Path("/proc/self/status").read_text().splitlines() if line.startswith("VmRSS"))
p95 = sorted(again)[int(0.95 * len(again))]
print(json.dumps({"opened": opened, "first": statistics.median(first), "p50": statistics.median(again), "p95": p95,
    "memory": int(memory.split()[1]) / 1024}))
bot.close()
"""
SEND = """
import sys, time
from chatbot.indexing.generation.publication import current
from chatbot.indexing.milvus.sending import serve_from_milvus
from chatbot.settings import load_settings
settings = load_settings()
began = time.perf_counter()
serve_from_milvus(settings, current(settings.index_dir))
print(time.perf_counter() - began)
"""


def run(program: str, *arguments: str, **variables: str) -> str:
    environment = os.environ | variables
    command = [sys.executable, "-c", program, *arguments]
    return subprocess.run(command, env=environment, cwd=ROOT, check=True, stdout=subprocess.PIPE, text=True).stdout


def main(count: int) -> None:
    questions = [json.loads(line)["question"] for line in GOLD.read_text(encoding="utf-8").splitlines()][:count]
    with tempfile.TemporaryDirectory() as temporary:
        folder = Path(temporary)
        index = os.environ.get("CHATBOT_INDEX_DIR") or str(folder / "index")
        if "CHATBOT_INDEX_DIR" not in os.environ:
            build = "from chatbot.cli import main; main()"
            run(build, "build", CHATBOT_INDEX_DIR=index)
        with Standalone(folder / "milvus") as milvus:
            variables = {"CHATBOT_INDEX__STORE": "milvus", "CHATBOT_MILVUS__URI": milvus.uri}
            sent = float(run(SEND, CHATBOT_INDEX_DIR=index, **variables))
            elsewhere = {"CHATBOT_INDEX_DIR": str(folder / "server"), "CHATBOT_CORPUS_DIR": str(folder / "none")}
            print(f"sent in {sent:.1f} s")
            for name, chosen in (("files", {"CHATBOT_INDEX_DIR": index}), ("Milvus", variables | elsewhere)):
                told = json.loads(run(ASK, json.dumps(questions), **chosen))
                print(
                    f"{name:7} opened in {told['opened']:.1f} s, a question {told['first']:.1f} ms (p50), asked again "
                    f"{told['p50']:.1f} ms (p95 {told['p95']:.1f}), {told['memory']:.0f} MB"
                )
            print(f"Milvus itself: {sum(milvus.memory().values()):.0f} MB")


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else 200)
