"""How long a build takes when nothing changed and when one article did, by default at 10,000 passages.

    python -m tests.benchmarks.incremental [PASSAGES]

The articles are made of sentences of the shipped ones, drawn at random with a fixed seed, embedded by the real model.
Each build runs in a process of its own, as from the command line; its start is told apart. Medians of ROUNDS.
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

ROOT = Path(__file__).parents[2]
ROUNDS = 5
PER_ARTICLE = 40
SENTENCES = 6

BUILD = """
import json, time
from chatbot.settings import load_settings
from chatbot.indexing.build import build
began, used = time.perf_counter(), time.process_time()
report = build(load_settings())
seconds, processor = time.perf_counter() - began, time.process_time() - used
print(json.dumps({"seconds": seconds, "processor": processor, "passages": report.passages,
                  "embedded": report.embedded, "published": report.published}))
"""


def write_articles(folder: Path, passages: int) -> list[Path]:
    """As many articles as give about so many passages."""
    from chatbot.content.passages import sentences
    from chatbot.content.readers import read_article

    pool = []
    for path in sorted((ROOT / "corpus").glob("*.md")):
        article = read_article(path.name, ROOT / "corpus", 5)
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


def build(environment: dict[str, str]) -> dict[str, float]:
    """One build in a process of its own, and the seconds that the whole process took."""
    began = time.perf_counter()
    done = subprocess.run(
        [sys.executable, "-c", BUILD], env=environment, cwd=ROOT, capture_output=True, text=True, check=True
    )
    found: dict[str, float] = json.loads(done.stdout.splitlines()[-1])
    return found | {"process": time.perf_counter() - began}


def main(passages: int) -> None:
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        articles = write_articles(folder / "corpus", passages)
        environment = {
            **os.environ,
            "CHATBOT_CORPUS_DIR": str(folder / "corpus"),
            "CHATBOT_INDEX_DIR": str(folder / "index"),
        }
        rows = {"the first build": [build(environment)], "nothing changed": [], "one article changed": []}
        for number in range(ROUNDS):
            rows["nothing changed"].append(build(environment))
            with articles[number % len(articles)].open("a", encoding="utf-8") as file:
                file.write(f"\nOne more sentence about pay, number {number}.\n")
            rows["one article changed"].append(build(environment))
    print(f"{rows['the first build'][0]['passages']} passages{'':12}build s  processor s  whole process s  embedded")
    for name, runs in rows.items():
        figures = [
            statistics.median(one[key] for one in runs) for key in ("seconds", "processor", "process", "embedded")
        ]
        print(f"{name:24}  {figures[0]:9.2f}  {figures[1]:11.2f}  {figures[2]:15.2f}  {figures[3]:8.0f}")


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else 10_000)
