"""What a lean server takes of memory and how fast it answers, beside the full one.

    python -m tests.benchmarks.lean                  of the published index; 'chatbot build --lean' first
    python -m tests.benchmarks.lean --questions 500

Both serve the same index over loopback, one after the other. Memory is what Linux says of the process and those it
started (Pss: what several share is divided among them), at first, after the questions one after the other, and after
every page. Answers are not remembered, so that each is found anew.
"""

from __future__ import annotations

import argparse
import json
import os
import re
import statistics
import subprocess
import sys
import time
import urllib.request
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np

from tests.support.places import ROOT
from tests.support.server import COMMAND, Server

PAGES = ("/chat/", "/articles", "/llms.txt", "/feed.xml", "/sitemap.xml", "/metrics", "/embed", "/widget.js")
CLIENTS = 4


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--questions", type=int, default=200)
    count = parser.parse_args().questions
    asked = _questions(count)
    print(f"{len(asked)} questions; megabytes (2^20 bytes)\n")
    print(f"{'':24} {'lean':>10} {'full':>10}")
    lean, full = (_measured(asked, *options) for options in (["--lean"], []))
    for name in lean:
        print(f"{name:24} {lean[name]:10.1f} {full[name]:10.1f}")


def _questions(count: int) -> list[str]:
    lines = (ROOT / "tests" / "gold" / "answerable.jsonl").read_text(encoding="utf-8").splitlines()
    questions = [json.loads(line)["question"] for line in lines]
    return questions[:: max(len(questions) // count, 1)][:count]


def _measured(asked: Sequence[str], *options: str) -> dict[str, float]:
    environment = {**os.environ, "CHATBOT_SERVER__RATE": "", "CHATBOT_ANSWERS__REMEMBERED": "0"}
    began = time.perf_counter()
    process = subprocess.Popen(
        [*COMMAND, "serve", "--port", "0", *options], env=environment, stdout=subprocess.PIPE, text=True
    )
    assert process.stdout is not None
    server = Server(process, process.stdout.readline().strip())
    if not server.url:
        sys.exit("the server did not start; see above")
    told = {"seconds to an address": time.perf_counter() - began}
    server.wait_until_ready()
    told |= {f"{name}, at first": size for name, size in _memory(process.pid).items()}
    seconds = [_ask(server.url, question) for question in asked]
    told |= {"ms, median": 1000 * statistics.median(seconds), "ms, p95": 1000 * float(np.percentile(seconds, 95))}
    told |= {f"{name}, after questions": size for name, size in _memory(process.pid).items()}
    began = time.perf_counter()
    with ThreadPoolExecutor(CLIENTS) as clients:
        list(clients.map(lambda question: _ask(server.url, question), asked))
    told[f"a second, {CLIENTS} clients"] = len(asked) / (time.perf_counter() - began)
    for page in PAGES:
        urllib.request.urlopen(server.url + page, timeout=60).read()
    told |= {f"{name}, after all pages": size for name, size in _memory(process.pid).items()}
    server.stop()
    return told


def _ask(url: str, question: str) -> float:
    body = json.dumps({"question": question}).encode()
    request = urllib.request.Request(f"{url}/api/ask", body, {"Content-Type": "application/json"})
    began = time.perf_counter()
    urllib.request.urlopen(request, timeout=60).read()
    return time.perf_counter() - began


def _memory(process: int) -> dict[str, float]:
    said = Path(f"/proc/{process}/smaps_rollup").read_text(encoding="utf-8")
    return {name: int(re.findall(rf"^{name}: +(\d+)", said, re.M)[0]) / 1024 for name in ("Rss", "Pss", "Anonymous")}


if __name__ == "__main__":
    main()
