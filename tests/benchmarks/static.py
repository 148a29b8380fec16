"""What an export weighs, how fast it is on a slow phone, and how good it is beside the server, BM25 and Pagefind.

    python -m tests.benchmarks.static                       of the published index, which is exported for it
    python -m tests.benchmarks.static EXPORT                EXPORT is one of the published index, made before
    python -m tests.benchmarks.static --sets FOLDER ...     and ratio of export to server over judged folders like BEIR
    python -m tests.benchmarks.static --only bytes time     some of the tables

Bytes are what a host of files sends, headers included, text compressed. Times are those of Chromium at a quarter of the
processor, over loopback. Quality is measured in Python, by what the script is held to; Pagefind is asked in Chromium.
Fitting takes minutes for each set.
"""

from __future__ import annotations

import argparse
import json
import statistics
import tempfile
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from playwright.sync_api import Browser, sync_playwright
from scipy import sparse

from chatbot.answering.answerer import Answerer
from chatbot.answering.chatbot import open_answerer, static_answerer
from chatbot.answering.static.static_index import StaticIndex
from chatbot.content.passages import embedded_text
from chatbot.evaluation import quotes
from chatbot.evaluation.beir import JudgedSet, corpus_reader, document_of, read_set
from chatbot.evaluation.measures import measure
from chatbot.evaluation.quotes import read_gold
from chatbot.evaluation.usefulness import usefulness
from chatbot.exporting.export import export
from chatbot.exporting.making import make_static
from chatbot.indexing.building.build import build_from
from chatbot.indexing.generation.local_index import LocalIndex
from chatbot.indexing.generation.publication import ENCODERS, current
from chatbot.indexing.model.embedder import ModelEmbedder
from chatbot.indexing.model.encoder import Encoder
from chatbot.indexing.words.tokens import STOP_WORDS, stem, words
from chatbot.records import Filters, Passage
from chatbot.settings import Settings, load_settings
from tests.benchmarks.static_browser import (
    ExportInBrowser,
    PagefindInBrowser,
    Sent,
    by_kind,
    pagefind,
    spread,
    total,
    weighed,
)
from tests.support import chromium
from tests.support.places import ROOT

GOLD = ROOT / "tests" / "gold"
ASKED = 40
MOST_OF_A_SET = 300
_DEPTH = 100
_K1, _B = 1.2, 0.75
_TABLES = ("bytes", "time", "offline", "quality", "wrong", "sets")
Ranked = Callable[[str], list[str]]


def main() -> None:
    said = _arguments()
    settings = load_settings()
    with tempfile.TemporaryDirectory() as name, sync_playwright() as playwright:
        place = Path(name)
        browser = playwright.chromium.launch(executable_path=chromium.find(), args=chromium.flags())
        if {"bytes", "time", "offline"} & said.only:
            folder = said.export or place / "export"
            if said.export is None:
                export(settings, folder)
            in_browser(browser, folder, place, said.only)
        if {"quality", "wrong"} & said.only:
            with_own_questions(browser, settings, place, said.only)
        browser.close()
        if said.sets:
            print("\n6. Judged folders: nDCG@10\n")
            print(f"{'':16} {'passages':>8} {'asked':>5} {'server':>7} {'export':>7} {'BM25':>7} {'export/server':>14}")
        for folder in said.sets:
            print(_set_line(settings, folder, place), flush=True)


@dataclass(frozen=True, slots=True)
class Said:
    """What the command was told."""

    export: Path | None
    sets: tuple[Path, ...]
    only: frozenset[str]


def _arguments() -> Said:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("export", nargs="?", type=Path)
    parser.add_argument("--sets", nargs="+", type=Path, default=[])
    parser.add_argument("--only", nargs="+", choices=_TABLES, default=list(_TABLES))
    told = parser.parse_args()
    return Said(told.export, tuple(told.sets), frozenset(told.only))


def in_browser(browser: Browser, folder: Path, place: Path, only: frozenset[str]) -> None:
    """Bytes, times and the answer without a network."""
    site = place / "site"
    site.mkdir()
    questions = _some(ASKED)
    there = ExportInBrowser(browser, folder, site)
    if "bytes" in only:
        _print_bytes(weighed(folder), there.bytes(questions))
    if "time" in only:
        print(f"\n2. Milliseconds in Chromium at a quarter of the processor; {ASKED - 1} questions\n")
        print(f"{'':28} {'median':>8} {'p95':>8}")
        for name, each in there.times(questions).items():
            print(f"{name:28} {statistics.median(each):8.0f} {np.percentile(each, 95):8.0f}", flush=True)
    if "offline" in only:
        print(f"\n3. Without a network, a question that was asked before: {there.offline(questions[0])}", flush=True)
    there.close()


def _print_bytes(parts: dict[str, int], told: dict[str, list[Sent]]) -> None:
    before, first, again = (told.pop(name) for name in ("before the click", "first answer", "asked again"))
    print(f"\n1. Bytes; {ASKED} questions in one page, one after the other\n")
    print(f"{'':36} {'bytes':>9} {'requests':>8}")
    for name, size in parts.items():
        print(f"  {name:34} {size:9,d}")
    print(f"{'before the click, page and script':36} {total(before):9,d} {len(before):8d}")
    print(f"{'from the click to the first answer':36} {total(first):9,d} {len(first):8d}")
    _print_kinds([first])
    print(f"{'the same question again':36} {total(again):9,d} {len(again):8d}")
    middle, worst, requests, most = spread([*told.values()])
    print(f"{'a following question, median':36} {middle:9,.0f} {requests:8.0f}")
    print(f"{'a following question, worst':36} {worst:9,.0f} {most:8d}")
    print("of all following questions, in the mean")
    _print_kinds([*told.values()])


def _print_kinds(each: Sequence[Sequence[Sent]]) -> None:
    for kind, (size, count) in by_kind([one for told in each for one in told]).items():
        print(f"  {kind:34} {size / len(each):9,.0f} {count / len(each):8.1f}", flush=True)


def with_own_questions(browser: Browser, settings: Settings, place: Path, only: frozenset[str]) -> None:
    """Quality and wrong answers over the published index, with the questions of this repository."""
    generation = settings.index_dir / current(settings.index_dir)
    embedder = ModelEmbedder(settings.model, settings.index_dir / ENCODERS)
    server = open_answerer(settings, generation, Encoder(embedder.encoder_dir))
    index = LocalIndex.open(generation)
    static = make_static(index, embedder).over(index)
    exported = static_answerer(static, settings)
    if "quality" in only:
        judged = read_gold(GOLD / "answerable.jsonl", index.store)
        passages = index.passages(range(len(index)))
        asked = [query for query in judged.queries if query in judged.qrels]
        rows: dict[str, Ranked] = {
            "server": server.ranked,
            "export": exported.ranked,
            "words of the export alone": _by_own_words(static, exported),
            "BM25": bm25(passages),
        }
        print(f"\n4. Quality: {len(asked)} judged questions, {len(passages)} passages\n")
        print(f"{'':32} {'nDCG@10':>8} {'recall@10':>9}")
        for name, ranked in rows.items():
            _print_quality(name, judged, asked, ranked)
        _ask_pagefind(browser, judged, asked, passages, place)
    if "wrong" in only:
        _print_wrong(server, exported)


def _by_own_words(static: StaticIndex, exported: Answerer) -> Ranked:
    """By words of passages and of the questions that lead to them, spelling mended and other words added as ever."""

    def ranked(question: str) -> list[str]:
        query = exported.trace(question, 1, (), Filters()).understood.query
        scores = static.static_words.scored(query.weights).of(np.arange(len(static)))
        order = np.argsort(-scores, kind="stable")[:_DEPTH]
        return static.store.ids(order[scores[order] > 0])

    return ranked


def bm25(passages: Sequence[Passage]) -> Ranked:
    """BM25 as in textbooks over what a passage is embedded as: stems, without stop words."""
    ids = [passage.id for passage in passages]
    texts = [_terms(embedded_text(passage)) for passage in passages]
    numbers = {term: number for number, term in enumerate(sorted({term for text in texts for term in text}))}
    lengths = np.array([len(text) for text in texts], np.float64)
    rows = np.repeat(np.arange(len(texts)), lengths.astype(np.int64))
    columns = np.array([numbers[term] for text in texts for term in text], np.int64)
    counts = sparse.coo_matrix((np.ones(len(rows)), (rows, columns)), shape=(len(texts), len(numbers))).tocsr()
    counts.sum_duplicates()
    norms = np.repeat(_K1 * (1 - _B + _B * lengths / lengths.mean()), np.diff(counts.indptr))
    held = np.bincount(counts.indices, minlength=len(numbers))
    idf = np.log1p((len(texts) - held + 0.5) / (held + 0.5))
    counts.data = counts.data * (_K1 + 1) / (counts.data + norms) * idf[counts.indices]
    by_term = counts.tocsc()

    def ranked(question: str) -> list[str]:
        known = [numbers[term] for term in _terms(question) if term in numbers]
        scores = np.asarray(by_term[:, known].sum(axis=1)).ravel()
        order = np.argsort(-scores, kind="stable")[:_DEPTH]
        return [ids[row] for row in order.tolist() if scores[row] > 0]

    return ranked


def _terms(text: str) -> list[str]:
    return [stem(word) for word in words(text) if word not in STOP_WORDS]


def _ask_pagefind(
    browser: Browser, judged: JudgedSet, asked: Sequence[str], passages: Sequence[Passage], place: Path
) -> None:
    command = pagefind()
    if command is None:
        print("Pagefind is not installed: pip install 'pagefind[bin]'")
        return
    folder = place / "pagefind"
    folder.mkdir()
    there = PagefindInBrowser(browser, passages, folder, command)
    _print_quality("Pagefind, question as it is", judged, asked, lambda question: there.ranked(question, 10))
    _print_quality("Pagefind, without stop words", judged, asked, lambda question: there.ranked(_told(question), 10))
    there.close()
    told = []
    again = PagefindInBrowser(browser, passages, folder, command)
    for question in _some(ASKED):
        again.ranked(_told(question), 5)
        told.append(again.taken())
    again.close()
    middle, worst, requests, most = spread(told[1:])
    print("\nBytes of Pagefind, without stop words, the first five passages shown\n")
    print(f"{'first question':36} {total(told[0]):9,d} {len(told[0]):8d}")
    print(f"{'a following question, median':36} {middle:9,.0f} {requests:8.0f}")
    print(f"{'a following question, worst':36} {worst:9,.0f} {most:8d}", flush=True)


def _told(question: str) -> str:
    """A question without its stop words."""
    return " ".join(word for word in words(question) if word not in STOP_WORDS) or question


def _print_quality(name: str, judged: JudgedSet, asked: Sequence[str], ranked: Ranked) -> None:
    values = measure({query: ranked(judged.queries[query]) for query in asked}, judged.qrels, asked)
    print(f"{name:32} {values['nDCG@10'].mean():8.3f} {values['R@10'].mean():9.3f}", flush=True)


def _print_wrong(server: Answerer, exported: Answerer) -> None:
    outside = [record["question"] for record in _records("out_of_scope.jsonl")]
    real = quotes.read_questions(GOLD / "real.jsonl")
    print(f"\n5. Verdicts: {len(outside)} questions out of scope, {len(real)} that people asked\n")
    print(f"{'':44} {'server':>9} {'export':>9}")
    answered, told = [], []
    for answerer in (server, exported):
        verdicts = [answerer.ask(question, 1, (), Filters()).verdict for question in outside]
        answered.append(sum(verdict == "answered" for verdict in verdicts))
        told.append(usefulness(quotes.outcomes(real, answerer)))
    rows: dict[str, Iterable[object]] = {"out of scope, answered": [f"{one / len(outside):.3f}" for one in answered]}
    rows |= {name: [f"{one[name]:.3f}" for one in told] for name in ("useful@1", "useful@3", "answered_useless")}
    for coverage in ("covered", "partly", "not_covered", "outside"):
        rows[f"answered, {coverage}"] = ["/".join(map(str, one["answered"][coverage])) for one in told]
    rows |= {f"covered, {name}": [one[name] for one in told] for name in ("refused", "uncertain")}
    for name, (one, other) in rows.items():
        print(f"{name:44} {one!s:>9} {other!s:>9}", flush=True)


def _set_line(settings: Settings, folder: Path, place: Path) -> str:
    """Server, export and BM25 over the texts of a judged folder, which have no known questions."""
    embedder = ModelEmbedder(settings.model, settings.index_dir / ENCODERS)
    apart = Settings(index_dir=place / folder.resolve().name, model=settings.model, keep_generations=1)
    build_from(corpus_reader(folder), apart, embedder=embedder)
    generation = apart.index_dir / current(apart.index_dir)
    server = open_answerer(apart, generation, Encoder(embedder.encoder_dir))
    index = LocalIndex.open(generation)
    static = make_static(index, embedder).over(index)
    exported = static_answerer(static, apart)
    judged = read_set(folder)
    relevant = [query for query in judged.queries if max(judged.qrels.get(query, {"": 0}).values()) > 0]
    asked = relevant[:: -(-len(relevant) // MOST_OF_A_SET)]
    found = [
        _ndcg(judged, asked, ranked)
        for ranked in (server.ranked, exported.ranked, bm25(index.passages(range(len(index)))))
    ]
    figures = " ".join(f"{one:7.3f}" for one in found)
    return f"{folder.resolve().name:16} {len(index):8,d} {len(asked):5d} {figures} {found[1] / found[0]:14.3f}"


def _ndcg(judged: JudgedSet, asked: Sequence[str], ranked: Ranked) -> float:
    run = {query: list(dict.fromkeys(map(document_of, ranked(judged.queries[query])))) for query in asked}
    return float(measure(run, judged.qrels, asked)["nDCG@10"].mean())


def _records(name: str) -> list[dict[str, str]]:
    return [json.loads(line) for line in (GOLD / name).read_text(encoding="utf-8").split("\n") if line]


def _some(count: int) -> list[str]:
    """So many of the judged questions, from all over the file."""
    questions = [record["question"] for record in _records("answerable.jsonl")]
    return questions[:: len(questions) // count][:count]


if __name__ == "__main__":
    main()
