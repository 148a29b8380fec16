"""The scripts of an export answer as Python does over the same numbers, in Node, over a real model and real files."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import asdict, replace
from pathlib import Path
from typing import Any

import pytest

from chatbot.answering.answerer import Answerer
from chatbot.answering.chatbot import static_answerer
from chatbot.answering.static.part import StaticPart
from chatbot.answering.verdict.calibration import calibrate
from chatbot.exporting import making
from chatbot.exporting.export import export
from chatbot.exporting.static_pages import passage_url
from chatbot.indexing.building.build import build
from chatbot.indexing.generation.local_index import LocalIndex
from chatbot.indexing.generation.publication import current
from chatbot.records import Filters, Hit, Turn, to_json
from chatbot.settings import Settings
from tests.support import copies
from tests.support.exported_site import FileHost
from tests.support.node import run
from tests.support.places import ROOT

GOLD = ROOT / "tests" / "gold"
ASK = """
export default async ([base, entry, asked, typed], load) => {
  const engine = await (await load(entry)).default(base);
  const answers = [];
  for (const one of asked) answers.push(await engine.ask(one));
  const suggested = [];
  for (const [text, filters] of typed) suggested.push(await engine.suggest(text, 5, filters));
  return { answers, suggested, site: await engine.site() };
};
"""
CLOSE = {"score": 1e-4, "cosine": 1e-4, "bm25": 1e-3, "share": 1e-4, "confidence": 1e-3}
TOPICS = Filters(topics=("pay and offers",))


@pytest.fixture(scope="module")
def reference(served_folder: Path) -> Iterator[Answerer]:
    """What answers in Python with the numbers that an export has."""
    settings = Settings(corpus_dir=served_folder / "corpus", index_dir=served_folder / "index")
    index = LocalIndex.open(settings.index_dir / current(settings.index_dir))
    yield static_answerer(StaticPart.read(settings.index_dir, index.generation).over(index), settings)
    index.close()


@pytest.fixture(scope="module")
def host(exported: Path) -> Iterator[FileHost]:
    running = FileHost(exported)
    yield running
    running.close()


def questions(reference: Answerer) -> list[str]:
    """Editors' own questions, changed ones, others, small talk, comparisons, and what is nobody's question."""
    written = [question for article in reference.articles for question in article.questions]
    files = ("answerable", "real", "out_of_scope", "misspelt")
    judged = [
        json.loads(line)["question"] for name in files for line in (GOLD / f"{name}.jsonl").open(encoding="utf-8")
    ]
    odd = ["hello!", "who are you?", "I want to die", "a CV or a letter?", "Was verdient man als Köchin?", "🙂", "C++?"]
    return [*written, *(f"so, {question.lower()}" for question in written), *odd, *judged[::12]]


def test_each_answer_is_the_same(reference: Answerer, host: FileHost) -> None:
    assert_same_answers(reference, host)


def test_each_answer_is_the_same_where_passages_have_slots_of_their_own(
    served_folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    copies.copy(served_folder, tmp_path / "site")
    settings = Settings(corpus_dir=tmp_path / "site" / "corpus", index_dir=tmp_path / "site" / "index")
    export(settings, tmp_path / "chat")
    monkeypatch.setattr(making, "SERVES", 0.5)  # one article more is much of these few
    (settings.corpus_dir / "a.md").write_text(
        "---\npinned: How do I pay for a ship?\n---\n"
        "# Lighthouses\n\n## Keepers\n\nThey keep them.\n\n## Ships\n\nThey pass."
    )
    build(settings, calibrate=calibrate)
    export(settings, tmp_path / "chat")
    index = LocalIndex.open(settings.index_dir / current(settings.index_dir))
    part = StaticPart.read(settings.index_dir, index.generation)
    assert part.slots.tolist() != sorted(part.slots.tolist())
    running = FileHost(tmp_path / "chat")
    try:
        assert_same_answers(static_answerer(part.over(index), settings), running)
    finally:
        running.close()
        index.close()


def assert_same_answers(reference: Answerer, host: FileHost) -> None:
    asked: list[dict[str, Any]] = [{"question": question} for question in questions(reference)]
    asked += [{"question": question, "k": 2, "literal": True} for question in questions(reference)[:10]]
    asked += [
        {"question": question, "filters": {"topics": list(TOPICS.topics)}} for question in questions(reference)[:10]
    ]
    asked += [
        {"question": question, "page": article.url}
        for article in reference.articles
        if article.url
        for question in article.questions[:1]
    ]
    asked += [{"question": pin.question} for article in reference.articles for pin in article.pins]
    asked += conversations(reference)
    typed = [
        (text, each)
        for text in ("how", "how do i expl", "what should I say about my pay")
        for each in ({}, asdict(TOPICS))
    ]
    entry = json.loads((host.folder / "manifest.json").read_text())["engine"]
    given = [host.url, entry, asked, [[text, {"topics": list(each.get("topics", ()))}] for text, each in typed]]

    found = run(ASK, given, host.folder)

    for one, answer in zip(asked, found["answers"], strict=True):
        assert_same(answer, expected(reference, one), f"asked {one}")
    suggested = [list(reference.suggest(text, 5, TOPICS if each else Filters())) for text, each in typed]
    assert found["suggested"] == suggested
    assert found["site"]["starters"] == list(reference.starters(6, Filters()))
    verdicts = [answer["verdict"] for answer in found["answers"]]
    assert {"answered", "uncertain", "not_covered"} <= set(verdicts)


def conversations(reference: Answerer) -> list[dict[str, Any]]:
    """Questions with the turns before them, as the answers to these report them."""
    talks = [
        ["How long should a CV be?", "and a letter?", "tell me more", "the second one", "the last one"],
        ["what is xyzzyplugh", "the last one"],
        ["How do I explain a gap in my CV?", "why?", "thanks", "different question: what about pay?"],
    ]
    asked: list[dict[str, Any]] = []
    for talk in talks:
        turns: list[Turn] = []
        for question in talk:
            asked.append({"question": question, "history": [asdict(turn) for turn in turns]})
            answer = reference.ask(question, 5, tuple(turns), Filters())
            turns.append(Turn(question, answer.searched_as, tuple(hit.passage.id for hit in answer.hits)))
    return asked


def expected(reference: Answerer, asked: dict[str, Any]) -> dict[str, Any]:
    turns = [Turn(**{**turn, "shown": tuple(turn["shown"])}) for turn in asked.get("history", ())]
    filters = Filters(topics=tuple(asked.get("filters", {}).get("topics", ())))
    more = {"literal": asked.get("literal", False), "page": asked.get("page", "")}
    answer = reference.ask(asked["question"], asked.get("k", 5), turns, filters, **more)
    return to_json(replace(answer, hits=tuple(map(moved, answer.hits))))


def moved(hit: Hit) -> Hit:
    return replace(hit, passage=replace(hit.passage, url=passage_url(hit.passage.url)))


def assert_same(found: Any, wanted: Any, where: str) -> None:
    """The same JSON, numbers within what rounding leaves; percentages of a reason may be rounded the other way."""
    if isinstance(wanted, dict):
        assert set(found) == set(wanted), where
        for name in wanted:
            if name not in ("took_ms", "reason"):
                assert_same(found[name], wanted[name], f"{where}, {name}")
    elif isinstance(wanted, list):
        assert len(found) == len(wanted), f"{where}: {found} is not {wanted}"
        for place, (one, other) in enumerate(zip(found, wanted, strict=True)):
            assert_same(one, other, f"{where}[{place}]")
    elif isinstance(wanted, float):
        assert found == pytest.approx(wanted, abs=CLOSE.get(where.rpartition(", ")[2], 1e-4)), where
    else:
        assert found == wanted, where
