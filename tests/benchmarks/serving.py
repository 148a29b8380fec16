"""Answers a second over HTTP on loopback: 16 clients at once, each asking its next question when answered.

    python -m tests.benchmarks.serving [seconds] [--alone] [--workers=N]

One real server process on the shipped articles, one load process beside it on the same cores, alone and then with so
many workers; then the same passages in txtai's own API with the same model and the hybrid of vectors and words
(`--alone` leaves it out; it lives in `.venv-peers`, which `make bench` makes). The questions are 240 judged ones. CPU
time an answer tells more than time on the clock where the machine has other things to do.
"""

from __future__ import annotations

import asyncio
import json
import os
import re
import socket
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from urllib.parse import quote

import httpx
import psutil

from tests.support.places import ROOT
from tests.support.server import Server, build, start_server
from tests.support.waiting import eventually

PEERS = ROOT / ".venv-peers" / "bin" / "python"
GOLD = ROOT / "tests" / "gold" / "answerable.jsonl"
QUESTIONS = [json.loads(line)["question"] for line in GOLD.read_text(encoding="utf-8").splitlines()][:240]
CLIENTS = 16
SECONDS = 30.0
WARM_UP = 3.0
LENGTH = re.compile(rb"content-length: (\d+)", re.IGNORECASE)

TXTAI_BUILD = """
import json, sys
from txtai import Embeddings
texts, model, place = sys.argv[1:]
embeddings = Embeddings(path=model, hybrid=True, content=True, gpu=False)
embeddings.index(json.load(open(texts)))
embeddings.save(place)
"""

Request = Callable[[str], bytes]


def ours(question: str) -> bytes:
    body = json.dumps({"question": question}).encode()
    return b"POST /api/ask HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nContent-Length: %d\r\n\r\n%s" % (
        len(body),
        body,
    )


def txtai(question: str) -> bytes:
    return f"GET /search?query={quote(question)}&limit=5 HTTP/1.1\r\nHost: x\r\n\r\n".encode()


async def client(number: int, place: tuple[str, int], ask: Request, end: float, times: list[float]) -> int:
    """Ask until the end; returns how many answers were no answers."""
    reader, writer = await asyncio.open_connection(*place)
    errors, turn = 0, number * len(QUESTIONS) // CLIENTS
    while time.perf_counter() < end:
        sent = ask(QUESTIONS[turn % len(QUESTIONS)])
        began = time.perf_counter()
        writer.write(sent)
        answer = await reader.readuntil(b"\r\n\r\n")
        found = LENGTH.search(answer)
        content = await reader.readexactly(int(found[1])) if found else b""
        times.append(time.perf_counter() - began)
        errors += not (answer.startswith(b"HTTP/1.1 200") and content.startswith((b'{"question":', b'[{"id":')))
        turn += 1
    writer.close()
    return errors


async def load(place: tuple[str, int], seconds: float, ask: Request = ours) -> tuple[list[float], int]:
    """Seconds of each answer, and how many were none."""
    times: list[float] = []
    end = time.perf_counter() + seconds
    errors = await asyncio.gather(*(client(number, place, ask, end, times) for number in range(CLIENTS)))
    return times, sum(errors)


def measure(server: Server, seconds: float, ask: Request = ours) -> None:
    host, port = server.url.removeprefix("http://").split(":")
    place, process = (host, int(port)), psutil.Process(server.process.pid)
    asyncio.run(load(place, WARM_UP, ask))
    processes = [process, *process.children(recursive=True)]
    memory, used = process.memory_info().rss, sum(sum(one.cpu_times()[:2]) for one in processes)
    began = time.perf_counter()
    times, errors = asyncio.run(load(place, seconds, ask))
    took = time.perf_counter() - began
    used = sum(sum(one.cpu_times()[:2]) for one in processes) - used
    times.sort()
    print(f"{len(times) / took:.0f} answers/s, {errors} errors, {used / len(times) * 1000:.2f} CPU-ms an answer")
    print(f"p50 {statistics.median(times) * 1000:.0f} ms, p99 {times[int(len(times) * 0.99)] * 1000:.0f} ms")
    print(f"memory {memory / 2**20:.0f} MB before, {process.memory_info().rss / 2**20:.0f} MB after")


def start_txtai(folder: Path) -> Server:
    """Serve the passages of the index in a folder with the API of txtai."""
    from chatbot.content.passages import embedded_text
    from chatbot.indexing.generation.local_index import LocalIndex
    from chatbot.indexing.generation.publication import current
    from chatbot.indexing.model.weights import locate_model
    from chatbot.settings import BUNDLED_MODEL

    index = LocalIndex.open(folder / "index" / current(folder / "index"))
    texts = [embedded_text(passage) for passage in index.passages(range(len(index)))]
    (folder / "texts.json").write_text(json.dumps(texts), encoding="utf-8")
    environment = {**os.environ, "HF_HUB_OFFLINE": "1", "CONFIG": str(folder / "txtai.yml")}
    model = str(locate_model(BUNDLED_MODEL))
    settings = {"path": str(folder / "txtai"), "embeddings": {"path": model, "hybrid": True, "content": True}}
    (folder / "txtai.yml").write_text(json.dumps(settings), encoding="utf-8")  # which is YAML as well
    arguments = [str(folder / "texts.json"), model, str(folder / "txtai")]
    subprocess.run([PEERS, "-c", TXTAI_BUILD, *arguments], env=environment, check=True)
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    command = [str(PEERS), "-m", "uvicorn", "txtai.api:app", "--port", str(port), "--log-level", "warning"]
    process = subprocess.Popen(command, env=environment, cwd=folder, text=True)
    url = f"http://127.0.0.1:{port}"
    while process.poll() is None:
        with suppress(httpx.ConnectError):
            httpx.get(f"{url}/search?query=pay", timeout=60).raise_for_status()
            return Server(process, url)
        time.sleep(0.5)
    raise RuntimeError(f"txtai's API ended with {process.returncode}")


def serve_and_measure(folder: Path, workers: str, seconds: float) -> None:
    server = start_server(folder, CHATBOT_ANSWERS__REMEMBERED="0", CHATBOT_SERVER__WORKERS=workers)
    try:
        server.wait_until_ready()
        eventually(lambda: f"\nchatbot_workers {workers}.0\n" in server.get("/metrics")[2])
        measure(server, seconds)
    finally:
        server.stop()


def main() -> None:
    seconds = next((float(said) for said in sys.argv[1:] if not said.startswith("--")), SECONDS)
    workers = [said.partition("=")[2] for said in sys.argv[1:] if said.startswith("--workers=")]
    print(f"{CLIENTS} clients, {seconds:.0f} s, {os.cpu_count()} cores, load before {os.getloadavg()[0]:.1f}")
    with tempfile.TemporaryDirectory() as place:
        folder = Path(place)
        (folder / "corpus").symlink_to(ROOT / "corpus")
        build(folder)
        for count in ("0", *workers):
            print(f"{count} workers")
            serve_and_measure(folder, count, seconds)
        if "--alone" not in sys.argv:
            print("txtai's API")
            server = start_txtai(folder)
            try:
                measure(server, seconds, txtai)
            finally:
                server.stop()


if __name__ == "__main__":
    main()
