"""Answers a second of `POST /api/ask` on loopback: 16 clients at once, each asking its next question when answered.

    python -m tests.benchmarks.serving [seconds]

One real server process on the shipped articles, one load process beside it on the same cores. CPU time an answer tells
more than time on the clock where the machine has other things to do.
"""

from __future__ import annotations

import asyncio
import json
import os
import re
import statistics
import sys
import tempfile
import time
from pathlib import Path

import psutil

from tests.conftest import Server, build, start_server

ROOT = Path(__file__).parents[2]
CLIENTS = 16
SECONDS = 30.0
WARM_UP = 3.0
QUESTIONS = [
    "How do I explain a gap in my CV?",
    "What does a data engineer do all day?",
    "how much notice do i have to give",
    "Should I take a bootcamp or a degree?",
    "what do they ask in a machine learning interview",
    "How do I negotiate a salary offer?",
    "remote work with colleagues in other time zones",
    "What is the boiling point of tungsten?",
]
HEAD = b"POST /api/ask HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nContent-Length: %d\r\n\r\n"
LENGTH = re.compile(rb"content-length: (\d+)", re.IGNORECASE)


async def client(number: int, place: tuple[str, int], end: float, times: list[float]) -> int:
    """Ask until the end; returns how many answers were no answers."""
    reader, writer = await asyncio.open_connection(*place)
    errors = turn = 0
    while time.perf_counter() < end:
        body = json.dumps({"question": QUESTIONS[(number + turn) % len(QUESTIONS)]}).encode()
        head = HEAD % len(body)
        began = time.perf_counter()
        writer.write(head + body)
        answer = await reader.readuntil(b"\r\n\r\n")
        found = LENGTH.search(answer)
        content = await reader.readexactly(int(found[1])) if found else b""
        times.append(time.perf_counter() - began)
        errors += not (answer.startswith(b"HTTP/1.1 200") and content.startswith(b'{"question"'))
        turn += 1
    writer.close()
    return errors


async def load(place: tuple[str, int], seconds: float) -> tuple[list[float], int]:
    """Seconds of each answer, and how many were none."""
    times: list[float] = []
    end = time.perf_counter() + seconds
    errors = await asyncio.gather(*(client(number, place, end, times) for number in range(CLIENTS)))
    return times, sum(errors)


def measure(server: Server, seconds: float) -> None:
    host, port = server.url.removeprefix("http://").split(":")
    place, process = (host, int(port)), psutil.Process(server.process.pid)
    asyncio.run(load(place, WARM_UP))
    memory, used = process.memory_info().rss, sum(process.cpu_times()[:2])
    began = time.perf_counter()
    times, errors = asyncio.run(load(place, seconds))
    took = time.perf_counter() - began
    used = sum(process.cpu_times()[:2]) - used
    times.sort()
    print(f"{len(times) / took:.0f} answers/s, {errors} errors, {used / len(times) * 1000:.2f} CPU-ms an answer")
    print(f"p50 {statistics.median(times) * 1000:.0f} ms, p99 {times[int(len(times) * 0.99)] * 1000:.0f} ms")
    print(f"memory {memory / 2**20:.0f} MB before, {process.memory_info().rss / 2**20:.0f} MB after")


def main() -> None:
    seconds = float(sys.argv[1]) if len(sys.argv) > 1 else SECONDS
    print(f"{CLIENTS} clients, {seconds:.0f} s, {os.cpu_count()} cores, load before {os.getloadavg()[0]:.1f}")
    with tempfile.TemporaryDirectory() as folder:
        (Path(folder) / "corpus").symlink_to(ROOT / "corpus")
        build(Path(folder))
        server = start_server(Path(folder))
        try:
            server.wait_until_ready()
            measure(server, seconds)
        finally:
            server.stop()


if __name__ == "__main__":
    main()
