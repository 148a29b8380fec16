"""Over how many passages can be searched on one machine: the shipped articles, hidden among so many others.

    python -m tests.benchmarks.scale [passages ...]        10000 100000 1000000 where none are named

The others are made of the published index's own passages: each again and again with a sixth of its words exchanged for
those of another and its vector turned by about 30 degrees, so that they are as near to each other as texts of one
subject are, and lead to no question. 240 judged questions are asked of each size, in a process of its own; recall is
how many of the ten nearest passages are found of those that comparing with every passage finds, and "exactly" is
nDCG@10 with the nearest hundred of every passage.
"""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
import tempfile
import time
from dataclasses import replace
from pathlib import Path

import numpy as np

from chatbot.arrays import HalfVectors, Rows
from chatbot.evaluation.measures import measure
from chatbot.evaluation.quotes import read_gold
from chatbot.indexing.generation.editor_questions import FOLDER, EditorsQuestions
from chatbot.indexing.generation.local_index import LocalIndex, Parts, SentenceVectors
from chatbot.indexing.generation.manifest import Manifest, write_manifest
from chatbot.indexing.generation.publication import ENCODERS, current
from chatbot.indexing.words.bm25 import LexicalIndex, Postings
from chatbot.settings import load_settings
from tests.support.places import ROOT

SIZES = (10_000, 100_000, 1_000_000)
GOLD = ROOT / "tests" / "gold" / "answerable.jsonl"
ASKED = 240
EXCHANGED = 6  # one word in so many
TURNED = 0.6  # the length of what is added to a unit vector
OTHER = "other-"

ASK = """
import json, statistics, sys, time
from pathlib import Path
import numpy as np
from chatbot.answering.chatbot import answer_from
from chatbot.answering.ranking.searcher import Searcher
from chatbot.arrays import single
from chatbot.indexing.generation.local_index import LocalIndex
from chatbot.indexing.generation.manifest import read_manifest
from chatbot.indexing.model.encoder import Encoder
from chatbot.records import Filters
from chatbot.settings import load_settings
folder, encoder, asked = Path(sys.argv[1]), Path(sys.argv[2]), json.load(sys.stdin)
questions = list(asked.values())
embedder = Encoder(encoder, threads=1)
began = time.perf_counter()
index = LocalIndex(folder, read_manifest(folder))
opened = time.perf_counter() - began
answerer = answer_from(Searcher(index, embedder), load_settings())
times = []
for turn in range(2):
    for question in questions:
        began = time.perf_counter()
        answerer.ask(question, 5, (), Filters())
        times.append(time.perf_counter() - began)
status = dict(line.split(":", 1) for line in Path("/proc/self/status").read_text().splitlines())
memory, anonymous = (int(status[name].split()[0]) / 1024 for name in ("VmRSS", "RssAnon"))
vectors = np.array([embedder.embed_query(question) for question in questions])
exact = [[] for _ in questions]
for first in range(0, len(index), 50_000):
    rows = single(np.asarray(index.embeddings[first : first + 50_000])) @ vectors.T
    for place in range(len(questions)):
        best = np.argpartition(-rows[:, place], 100)[:100]
        exact[place] = sorted([*exact[place], *((-float(rows[row, place]), first + int(row)) for row in best)])[:100]
near = [index.dense(vector, 10)[0].tolist() for vector in vectors]
recall = statistics.mean(len(set(one) & {row for _, row in other[:10]}) / 10 for one, other in zip(near, exact))
ranked = {id_: answerer.ranked(question) for id_, question in asked.items()}
known = {vector.tobytes(): np.array([row for _, row in each]) for vector, each in zip(vectors, exact)}
by_index = index._vectors.search
index._vectors.search = lambda vector, k, allowed=None: (
    (known[vector.tobytes()], None) if vector.tobytes() in known else by_index(vector, k, allowed)
)
exactly = {id_: answerer.ranked(question) for id_, question in asked.items()}
warm = sorted(times[len(questions):])
print(json.dumps({"open_s": opened, "p50_ms": statistics.median(warm) * 1000,
    "p95_ms": warm[int(len(warm) * 0.95)] * 1000, "memory_mb": memory, "own_mb": anonymous, "recall": recall,
    "ranked": ranked, "exactly": exactly}))
"""


def varied(base: LocalIndex, copies: Rows, rng: np.random.Generator) -> Postings:
    """The words of the base's passages, followed by those of its copies, which have some of another passage."""
    own = base.lexical_index.postings()
    order = np.argsort(own.row, kind="stable")
    term, count = own.term[order], own.count[order]
    starts = np.searchsorted(own.row[order], np.arange(len(base) + 1))
    others = rng.permutation(copies)
    terms, rows, counts = [term], [own.row[order]], [count]
    for number, (copied, other) in enumerate(zip(copies.tolist(), others.tolist(), strict=True), start=len(base)):
        kept = np.arange(starts[copied], starts[copied + 1])
        kept = kept[rng.random(len(kept)) > 1 / EXCHANGED]
        fresh = np.arange(starts[other], starts[other + 1])
        fresh = fresh[rng.random(len(fresh)) < 1 / EXCHANGED]
        fresh = fresh[~np.isin(term[fresh], term[kept])]
        both = np.concatenate([kept, fresh])
        terms.append(term[both])
        counts.append(count[both])
        rows.append(np.full(len(both), number))
    lengths = np.concatenate([own.lengths, own.lengths[copies]])
    return Postings(own.terms, np.concatenate(terms), np.concatenate(rows), np.concatenate(counts), lengths)


def turned(base: HalfVectors, copies: Rows, rng: np.random.Generator) -> HalfVectors:
    """The base's unit rows, followed by those of its copies, each turned in a direction of its own."""
    found = np.empty((len(base) + len(copies), base.shape[1]), np.float16)
    found[: len(base)] = base
    for first in range(0, len(copies), 20_000):
        some = base[copies[first : first + 20_000]].astype(np.float32)
        some += rng.normal(scale=TURNED / np.sqrt(some.shape[1]), size=some.shape).astype(np.float32)
        some /= np.linalg.norm(some, axis=1, keepdims=True)
        found[len(base) + first : len(base) + first + len(some)] = some
    return found


def sentences_of(base: SentenceVectors, copies: Rows) -> SentenceVectors:
    counts = np.diff(base.starts)
    rows = np.concatenate([np.arange(len(counts)), copies])
    ends = np.cumsum(counts[rows])
    places = np.arange(ends[-1]) + np.repeat(base.starts[rows] - ends + counts[rows], counts[rows])
    return SentenceVectors(
        base.codes[places], base.scales[places], base.spans[places], np.concatenate([[0], ends]).astype(np.int64)
    )


def make(base: LocalIndex, size: int, folder: Path) -> float:
    """Write a generation of so many passages; returns the seconds that writing took."""
    rng = np.random.default_rng(0)
    whole, rest = divmod(size - len(base), len(base))
    copies = np.concatenate([np.arange(len(base))] * whole + [np.arange(rest)]) if whole or rest else np.empty(0, int)
    articles, passages = base.store.articles(), base.passages(range(len(base)))
    numbers = np.concatenate(
        [base.article_of, base.article_of[copies] + (np.arange(len(copies)) // len(base) + 1) * len(articles)]
    )
    again = [
        replace(article, id=f"{OTHER}{turn}/{article.id}", questions=(), sections=(), pins=())
        for turn in range(whole + bool(rest))
        for article in articles
    ]
    copied = [
        replace(
            passages[row],
            id=f"{OTHER}{place // len(base)}/{passages[row].id}",
            article_id=f"{OTHER}{place // len(base)}/{passages[row].article_id}",
        )
        for place, row in enumerate(copies.tolist())
    ]
    told = base.questions
    starts = np.concatenate([told.starts, np.full(len(copies), told.starts[-1])])
    parts = Parts(
        articles=[*articles, *again],
        article_of=numbers,
        passages=[*passages, *copied],
        digests=[b"%016d" % row for row in range(size)],
        vectors=turned(np.asarray(base.embeddings), copies, rng),
        hubs=np.concatenate([base.hub_rows, base.hub_rows[copies]]),
        sentences=sentences_of(base.sentence_vectors, copies),
        questions=EditorsQuestions(told.digests, told.vectors, starts, told.hubs, told.tokens),
        asked=LexicalIndex(base._folder / FOLDER / "lexical").postings(),
        postings=varied(base, copies, rng),
        words=base.words,
    )
    folder.mkdir()
    began = time.perf_counter()
    parts.write(folder)
    took = time.perf_counter() - began
    shutil.copytree(base._folder / "calibration", folder / "calibration")
    manifest: Manifest = replace(base.manifest, generation=folder.name, passages=size)
    write_manifest(manifest, folder)
    return took


def main() -> None:
    settings = load_settings()
    base = LocalIndex.open(settings.index_dir / current(settings.index_dir))
    encoder = settings.index_dir / ENCODERS / base.manifest.encoder
    judged = read_gold(GOLD, base.store)
    asked = {id_: judged.queries[id_] for id_ in list(judged.qrels)[:ASKED]}

    def quality(run: dict[str, list[str]]) -> float:
        return float(measure(run, judged.qrels, list(asked))["nDCG@10"].mean())

    print("passages  write s  open s  p50 ms  p95 ms  MB (own)    recall  nDCG@10  exactly  disk MB")
    with tempfile.TemporaryDirectory() as place:
        for size in map(int, sys.argv[1:] or SIZES):
            folder = Path(place) / str(size)
            took = make(base, size, folder)
            command = [sys.executable, "-c", ASK, str(folder), str(encoder)]
            said = subprocess.run(
                command, check=True, stdout=subprocess.PIPE, text=True, input=json.dumps(asked)
            ).stdout
            told = json.loads(said)
            disk = sum(file.stat().st_size for file in folder.rglob("*") if file.is_file()) / 2**20
            memory = f"{told['memory_mb']:.0f} ({told['own_mb']:.0f})"
            print(
                f"{size:8d} {took:8.1f} {told['open_s']:7.2f} {told['p50_ms']:7.1f} {told['p95_ms']:7.1f}  {memory:11} "
                f"{told['recall']:6.3f} {quality(told['ranked']):8.3f} {quality(told['exactly']):8.3f} {disk:8.0f}",
                flush=True,
            )
            shutil.rmtree(folder)


if __name__ == "__main__":
    main()
