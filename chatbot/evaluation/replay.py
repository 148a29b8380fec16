"""Judged conversations, played as a visitor would: every turn is asked with what was said before.

    conversations.jsonl    {"id", "turns": [{"question", "rewrite", "gold"}]}, a conversation a line

`rewrite` is the question as a person completed it, `gold` are the ids that answer; both may be missing.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from typing import Any

import numpy as np

from chatbot.answering.answerer import Answerer
from chatbot.errors import JudgedSetError
from chatbot.evaluation.beir import records
from chatbot.evaluation.measures import Floats, interval, measure
from chatbot.evaluation.quotes import quoted, to_quote
from chatbot.indexing.building.report import OnStep
from chatbot.indexing.generation.passage_index import PassageStore
from chatbot.records import Filters, Turn

CONVERSATIONS = "conversations.jsonl"
_SHOWN = 5
_DEPTH = 10


@dataclass(frozen=True, slots=True)
class JudgedTurn:
    """A question of a conversation, what it means by itself ("" where nobody said), and what answers it."""

    question: str
    rewrite: str
    gold: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Replay:
    """Measures of three ways to ask the same turns: in their conversation, by themselves, and as rewritten.

    Each maps a measure to its values over the judged turns behind the first of each conversation; `rewritten` covers
    those that have a rewrite, `same` the same turns asked in their conversation. `overlap` is the share of the ten
    best passages that conversation and rewrite have in common, for every rewritten turn behind the first.
    """

    turns: int
    together: dict[str, Floats]
    alone: dict[str, Floats]
    rewritten: dict[str, Floats]
    same: dict[str, Floats]
    overlap: Floats

    def to_json(self) -> dict[str, Any]:
        """The means as plain JSON values."""
        ways = {"conversation": self.together, "alone": self.alone, "rewritten": self.rewritten, "same": self.same}
        summary: dict[str, Any] = {"turns": self.turns}
        for way, values in ways.items():
            summary[way] = {name: round(float(each.mean()), 4) for name, each in values.items() if len(each)}
        if len(self.together["nDCG@10"]):
            summary["ci95"] = {name: [round(end, 4) for end in interval(each)] for name, each in self.together.items()}
        if len(self.rewritten["nDCG@10"]):
            summary["share_of_rewritten"] = {
                name: round(float(self.same[name].mean() / each.mean()), 4) if each.mean() else None
                for name, each in self.rewritten.items()
            }
        if len(self.overlap):
            summary["overlap_with_rewritten@10"] = round(float(self.overlap.mean()), 4)
        return summary


def read_conversations(folder: Path, store: PassageStore) -> list[list[JudgedTurn]]:
    """The conversations of a folder; quotes in `answers` are looked up in the index. Raises JudgedSetError."""
    conversations = []
    for place, record in records(folder / CONVERSATIONS):
        turns = record.get("turns")
        if not isinstance(turns, list) or not all(isinstance(t, dict) and t.get("question") for t in turns):
            raise JudgedSetError(f"{place}: 'turns' is no list of objects with a 'question'")
        conversations.append([_turn(turn, store, place) for turn in turns])
    return conversations


def replay(
    answerer: Answerer,
    conversations: list[list[JudgedTurn]],
    document_of: Callable[[str], str],
    on_step: OnStep,
) -> Replay:
    """Play every conversation and measure the turns behind the first."""

    def documents(question: str, history: tuple[Turn, ...], *, literal: bool = False) -> list[str]:
        ranked = answerer.ranked(question, history, literal=literal)
        return list(dict.fromkeys(document_of(passage) for passage in ranked))

    runs: dict[str, dict[str, list[str]]] = {"together": {}, "alone": {}, "rewritten": {}}
    qrels: dict[str, dict[str, int]] = {}
    overlap, count = [], 0
    for number, turns in enumerate(conversations):
        on_step("asking", number, len(conversations))
        for turn, history in islice(_played(answerer, turns), 1, None):
            count += 1
            together = documents(turn.question, history)
            meant = documents(turn.rewrite, (), literal=True) if turn.rewrite else []
            if meant:
                overlap.append(len(set(together[:_DEPTH]) & set(meant[:_DEPTH])) / min(len(meant), _DEPTH))
            if turn.gold:
                id_ = str(count)
                qrels[id_] = dict.fromkeys(turn.gold, 1)
                runs["together"][id_] = together
                runs["alone"][id_] = documents(turn.question, ())
                runs["rewritten"] |= {id_: meant} if meant else {}
    both = list(runs["rewritten"])
    return Replay(
        count,
        measure(runs["together"], qrels, list(qrels)),
        measure(runs["alone"], qrels, list(qrels)),
        measure(runs["rewritten"], qrels, both),
        measure(runs["together"], qrels, both),
        np.array(overlap, np.float64),
    )


def _played(answerer: Answerer, turns: Iterable[JudgedTurn]) -> Iterator[tuple[JudgedTurn, tuple[Turn, ...]]]:
    """Each turn of a conversation with what was said before it."""
    history: tuple[Turn, ...] = ()
    for turn in turns:
        yield turn, history
        answer = answerer.ask(turn.question, _SHOWN, history, Filters())
        shown = tuple(hit.passage.id for hit in answer.hits)
        history = (*history, Turn(answer.question, answer.searched_as, shown))


def _turn(turn: dict[str, Any], store: PassageStore, place: str) -> JudgedTurn:
    gold = [str(id_) for id_ in turn.get("gold") or ()]
    gold += quoted([to_quote(answer, place) for answer in turn.get("answers") or ()], store)
    return JudgedTurn(str(turn["question"]), str(turn.get("rewrite") or ""), tuple(gold))
