"""What is taken out of free text, and what the journal keeps and forgets."""

from __future__ import annotations

import sqlite3
import stat
import threading
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chatbot.errors import JournalError
from chatbot.insights import journal as journals
from chatbot.insights.journal import Feedback, Journal, today
from chatbot.insights.redaction import redact

SAID = Feedback(today(), "0123456789abcdef", "How long should a CV be?", "cv#1", "unhelpful", ("outdated",), "Too old.")


@pytest.mark.parametrize(
    ("text", "kept"),
    [
        ("write to ann.o'hara+cv@mail.example.org, please", "write to [e-mail], please"),
        ("ann (at) example (dot) org", "[e-mail]"),
        ("ann at example dot org", "[e-mail]"),
        ("call +44 20 7946 0958 now", "call [number] now"),
        ("(555) 123-4567 or 555-0123", "[number] or [number]"),
        ("0049 (0)30 / 123 456 78", "[number]"),
        ("my account is DE89 3704 0044 0532 0130 00", "my account is [number]"),
        ("card 4111 1111 1111 1111", "card [number]"),
        ("SSN 078-05-1120, NI QQ 12 34 56 C", "SSN [number], NI [number]"),
        ("see https://example.org/me?id=7 and www.example.org", "see [link] and [link]"),
        ("linkedin.com/in/ann-ohara", "[link]"),
        ("I am @ann_ohara there", "I am [handle] there"),
    ],
)
def test_what_tells_a_person_is_replaced_by_its_kind(text: str, kept: str) -> None:
    assert redact(text) == kept


@pytest.mark.parametrize(
    "text",
    [
        "I was there 2019-2023 and then 2024", "between 45,000 and 50,000 a year", "$120,000-150,000", "a 40-hour week",
        "updated on 2026-11-24", "10 to 12 weeks, 3 interviews", "C++, C# and 401(k)", "Is a 2:1 enough? 70% say so.",
        "I work at a bank and look at the data", "node.js and scikit-learn 1.9.1",
    ],
)  # fmt: skip
def test_years_salaries_and_ordinary_words_stay(text: str) -> None:
    assert redact(text) == text


@given(st.emails(), st.text(max_size=40), st.text(max_size=40))
def test_no_usual_address_survives(address: str, before: str, after: str) -> None:
    name, _, host = address.partition("@")
    if name.replace(".", "").isalnum() and host.replace(".", "").replace("-", "").isascii():
        assert address not in redact(f"{before} {address} {after}")


def test_redaction_of_hostile_text_takes_no_time() -> None:
    for piece in ("a@", "1 ", "a at ", "a dot ", "(", "AA11 ", "www.", "-1"):
        assert len(redact(piece * 500)) > 0


def test_an_entry_is_kept_redacted_and_readable_by_its_owner_alone(tmp_path: Path) -> None:
    journal = Journal(tmp_path / "made" / "journal.sqlite", 365)
    assert journal.entries() == []
    journal.add(SAID)
    journal.add(replace(SAID, rating="helpful", reasons=(), note="Mail ann@example.org", passage=None))
    assert journal.entries() == [
        replace(SAID, rating="helpful", reasons=(), note="Mail [e-mail]", passage=None), SAID,
    ]  # fmt: skip
    assert stat.S_IMODE(journal.path.stat().st_mode) == 0o600
    journal.close()
    assert b"ann@example" not in b"".join(path.read_bytes() for path in journal.path.parent.iterdir())


def test_old_entries_are_forgotten_and_nothing_is_kept_for_no_days(tmp_path: Path) -> None:
    journal = Journal(tmp_path / "journal.sqlite", 30)
    journal.add(replace(SAID, day=today() - timedelta(days=31)))
    journal.add(replace(SAID, day=today() - timedelta(days=30)))
    assert [entry.day for entry in journal.entries()] == [today() - timedelta(days=30)]
    nothing = Journal(tmp_path / "nothing.sqlite", 0)
    nothing.add(SAID)
    assert not nothing.path.exists()


def test_nobody_fills_the_disk(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(journals, "MOST_ENTRIES", 3)
    journal = Journal(tmp_path / "journal.sqlite", 30)
    for number in range(5):
        journal.add(replace(SAID, note=f"note {number}"))
    assert [entry.note for entry in journal.entries()] == ["note 4", "note 3", "note 2"]


def test_threads_and_processes_write_at_once(tmp_path: Path) -> None:
    one, other = (Journal(tmp_path / "journal.sqlite", 30) for _ in range(2))

    def write(journal: Journal) -> None:
        for _ in range(25):
            journal.add(SAID)

    threads = [threading.Thread(target=write, args=(journal,)) for journal in (one, other, one, other)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(one.entries()) == 100


def test_a_journal_that_cannot_be_used_says_what_to_do(tmp_path: Path) -> None:
    (tmp_path / "journal.sqlite").write_bytes(b"no database at all" * 100)
    with pytest.raises(JournalError, match=r"journal\.sqlite cannot be used.*set \[journal\] path"):
        Journal(tmp_path / "journal.sqlite", 30).add(SAID)


def test_the_file_holds_these_columns_and_no_others(tmp_path: Path) -> None:
    journal = Journal(tmp_path / "journal.sqlite", 30)
    journal.add(SAID)
    journal.close()
    with sqlite3.connect(journal.path) as database:
        tables = database.execute("SELECT name FROM sqlite_master WHERE type = 'table'").fetchall()
        columns = database.execute("SELECT name FROM pragma_table_info('feedback')").fetchall()
    database.close()
    assert tables == [("feedback",)]
    assert [name for (name,) in columns] == [
        "number", "day", "generation", "question", "passage", "rating", "reasons", "note",
    ]  # fmt: skip
