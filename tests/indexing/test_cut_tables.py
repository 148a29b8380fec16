"""Long tables: every passage of one is found and shown with the names of its columns."""

from __future__ import annotations

from pathlib import Path

import pytest

from chatbot.answering.chatbot import Chatbot
from chatbot.cli.ask import answer_text
from chatbot.indexing.building.build import build
from chatbot.indexing.generation.local_index import LocalIndex
from chatbot.indexing.generation.publication import current
from chatbot.records import Answer, Hit, Passage, Why
from chatbot.serving.api.mcp_server import sources
from chatbot.settings import PassageSettings, Settings
from tests.support import copies
from tests.support.keyword_embedder import KeywordEmbedder

LEVELS = ("Junior", "Regular", "Senior", "Lead", "Principal", "Chief")
WORK = ("analyst", "engineer", "designer", "writer", "tester", "planner", "buyer", "auditor", "surveyor", "chemist")
ROLES = [f"{level} {work}" for level in LEVELS for work in WORK]
PAY, LEAVE = ("Salary in Norway", "Salary in Poland", "Salary in Spain"), ("Notice", "Holiday", "Hours of work")
QUESTIONS = {
    "What is the salary of a {} in Spain?": PAY,
    "What salary does a {} get in Poland?": PAY,
    "How much notice does a {} have to give?": LEAVE,
    "How much holiday does a {} get?": LEAVE,
}


def table(columns: tuple[str, ...], first: int) -> str:
    rows = [f"| {role} | {first + n}.1 | {first + n + 7}.2 | {first + n + 14}.3 |" for n, role in enumerate(ROLES)]
    return "\n".join([f"| Role | {' | '.join(columns)} |", "|---|---|---|---|", *rows])


TEXT = f"# Tables for the staff\n\nValid from January.\n\n{table(PAY, 30)}\n\nThe second one.\n\n{table(LEAVE, 4)}\n"


@pytest.fixture
def site(tmp_path: Path) -> Settings:
    corpus = tmp_path / "corpus"
    corpus.mkdir()
    (corpus / "tables.md").write_text(TEXT)
    (corpus / "asking.md").write_text(
        "# Asking for pay\n\nAsk for a higher salary before you sign an offer. Give one reason.\n"
    )
    sizes = PassageSettings(target_tokens=160, max_tokens=200)
    return Settings(corpus_dir=corpus, index_dir=tmp_path / "index", passages=sizes)


def opened(site: Settings) -> LocalIndex:
    return LocalIndex.open(site.index_dir / current(site.index_dir))


def test_the_columns_are_stored_counted_and_embedded_with_every_passage_of_a_table(site: Settings) -> None:
    embedder = KeywordEmbedder()
    build(site, embedder=embedder)
    index = opened(site)
    passages = [passage for _, passage, _ in index.store.passages_of("tables")]
    below = [passage for passage in passages if passage.columns]
    assert {passage.columns for passage in below} == {("Role", *PAY), ("Role", *LEAVE)}
    assert all(TEXT[passage.start : passage.end] == passage.text for passage in passages)
    told = [text for text in embedder.embedded if text.startswith("Tables for the staff\nRole | Salary in Norway | ")]
    assert len(told) == sum(passage.columns == ("Role", *PAY) for passage in passages) > 2
    counted = 2 + len(told)  # with the head itself, and with the other article
    assert index.frequency("salari") == counted
    again = KeywordEmbedder()
    (site.corpus_dir / "more.md").write_text("# Pay\n\nPay is paid at the end of a month.\n")
    build(site, embedder=again)
    assert len([text for text in again.embedded if "Role" in text]) == 0
    assert opened(site).frequency("salari") == counted


def test_programs_and_terminals_are_told_the_columns() -> None:
    passage = Passage(
        *("tables#2", "tables", "Tables", (), 0, 7, "| a | b |", "/articles/tables", (), (), None, None, None),
        columns=("One", "Two"),
    )
    hit = Hit(1, passage, 1.0, 1.0, 0.0, (), Why((), "close", 0.0), "")
    answer = Answer("a?", "a?", "answered", 0.9, (hit,), "", (), (), "0", 1.0)
    assert answer_text(answer) == (
        "1. Tables\n   (columns repeated from above) One | Two\n   | a | b |\n   /articles/tables"
    )
    assert sources(answer).passages[0].columns == ("One", "Two")


def test_a_question_for_one_cell_finds_the_passage_of_its_row(site: Settings, encoders: Path) -> None:
    """Of 52 passages 31 come first, at a mean reciprocal rank of .60; without the columns none, at .21."""
    copies.copy(encoders, site.index_dir / encoders.name)
    build(site)
    bot, reciprocal = Chatbot.open(site), []
    for question, columns in QUESTIONS.items():
        for role in ROLES[10::4]:
            hits = bot.ask(question.format(role.lower()), k=20, literal=True).hits
            row = TEXT.index(f"| {role} |", TEXT.index(f"| {columns[0]} |"))
            ranks = [hit.rank for hit in hits if hit.passage.start <= row < hit.passage.end]
            reciprocal.append(1 / ranks[0] if ranks else 0.0)
    assert sum(one == 1 for one in reciprocal) >= 26
    assert sum(reciprocal) / len(reciprocal) >= 0.5
