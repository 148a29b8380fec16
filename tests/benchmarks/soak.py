"""Memory of a server over time: clients that ask without a pause, while articles change and are published.

    python -m tests.benchmarks.soak [seconds] [publishes]

One real server on a copy of the shipped articles, 16 clients on loopback beside it, and so many publishes spread evenly
over the time, each of one changed article. Memory is what the process holds (RSS); it has to come to rest: the last
third of the time may not hold more than the middle third but by noise.
"""

from __future__ import annotations

import asyncio
import shutil
import statistics
import sys
import tempfile
import threading
import time
from pathlib import Path

import psutil

from tests.benchmarks.serving import load
from tests.support.places import ROOT
from tests.support.server import build, start_server

SECONDS, PUBLISHES = 300.0, 15


def publish_now_and_then(folder: Path, seconds: float, publishes: int) -> None:
    article = sorted((folder / "corpus").rglob("*.md"))[0]
    text = article.read_text(encoding="utf-8")
    for number in range(publishes):
        time.sleep(seconds / (publishes + 1))
        article.write_text(f"{text}\n\n## Note {number}\n\nA sentence that was added later, number {number}.\n")
        build(folder)


def main() -> None:
    seconds = float(sys.argv[1]) if sys.argv[1:] else SECONDS
    publishes = int(sys.argv[2]) if sys.argv[2:] else PUBLISHES
    with tempfile.TemporaryDirectory() as place:
        folder = Path(place)
        shutil.copytree(ROOT / "corpus", folder / "corpus")
        build(folder)
        server = start_server(folder, CHATBOT_ANSWERS__REMEMBERED="0")
        server.wait_until_ready()
        host, port = server.url.removeprefix("http://").split(":")
        process, held = psutil.Process(server.process.pid), []
        publisher = threading.Thread(target=publish_now_and_then, args=(folder, seconds, publishes), daemon=True)
        began = time.monotonic()
        print(f"   0 s {process.memory_info().rss / 2**20:4.0f} MB", flush=True)
        publisher.start()
        while time.monotonic() < began + seconds:
            times, errors = asyncio.run(load((host, int(port)), min(seconds / 15, 20)))
            held.append(process.memory_info().rss / 2**20)
            took = time.monotonic() - began
            print(f"{took:4.0f} s {held[-1]:4.0f} MB, {len(times)} answers, {errors} errors", flush=True)
        publisher.join()
        third = len(held) // 3
        middle, last = statistics.median(held[third : 2 * third]), statistics.median(held[2 * third :])
        print(f"middle third {middle:.0f} MB, last third {last:.0f} MB, {publishes} publishes")
        server.stop()


if __name__ == "__main__":
    main()
