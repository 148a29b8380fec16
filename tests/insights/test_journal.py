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
from chatbot.insights.journal import Feedback, Journal, open_journal, today
from chatbot.insights.redaction import redact
from chatbot.settings import Settings
from tests.support.waiting import eventually

SAID = Feedback(today(), "0123456789abcdef", "How long should a CV be?", "cv#1", "unhelpful", ("outdated",), "Too old.")


@pytest.mark.parametrize(
    ("text", "kept"),
    [
        ("write to ann.o'hara+cv@mail.example.org, please", "write to [e-mail], please"),
        ("ann (at) example (dot) org", "[e-mail]"),
        ("ann at example dot org", "[e-mail]"),
        ("ann(at)example.com, thanks", "[e-mail], thanks"),
        ("ann [at] example [dot] com", "[e-mail]"),
        ("ann.o@example[.]co[.]uk or ann@example dot com", "[e-mail] or [e-mail]"),
        ("anna(ät)firma(punkt)de oder ana {arroba} mail.example.es", "[e-mail] oder [e-mail]"),
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


def test_one_entry_is_taken_back_and_none_that_has_its_number_on_another_day(tmp_path: Path) -> None:
    journal = Journal(tmp_path / "journal.sqlite", 365)
    first, last = journal.add(SAID), journal.add(replace(SAID, note="Unforgettable"))
    assert first
    assert last
    journal.take_back(last, today() - timedelta(days=1))
    assert len(journal.entries()) == 2
    journal.take_back(last, today())
    assert journal.entries() == [SAID]
    journal.close()
    assert b"Unforgettable" not in (tmp_path / "journal.sqlite").read_bytes()


@pytest.mark.parametrize(
    "text",
    [
        "I was there 2019-2023 and then 2024", "between 45,000 and 50,000 a year", "$120,000-150,000", "a 40-hour week",
        "updated on 2026-11-24", "10 to 12 weeks, 3 interviews", "C++, C# and 401(k)", "Is a 2:1 enough? 70% say so.",
        "I work at a bank and look at the data", "node.js and scikit-learn 1.9.1",
        "I worked at example.com", "meet at some point when free", "Reach me @ work. Yes", "(at) noon. Then we met",
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


def left_of(marker: str, journal: Journal) -> int:
    """How often a text stands in any file of the journal."""
    return sum(path.read_bytes().count(marker.encode()) for path in journal.path.parent.iterdir())


@pytest.mark.parametrize("keep_days", [0, 30])
def test_what_is_forgotten_is_in_no_file_while_the_server_runs(tmp_path: Path, keep_days: int) -> None:
    """Long and short entries, old and new ones in turn, so that pages are split and packed as they fill."""
    path = tmp_path / "journal.sqlite"
    before = Journal(path, 60)
    for number in range(300):
        text = f"Unforgettable {'and more ' * (number % 7 * 12)}"
        old, new = replace(SAID, day=today() - timedelta(days=31), question=text, note=text), replace(SAID, note="kept")
        before.add(old)
        before.add(new)
    assert left_of("Unforgettable", before) >= 600
    before.close()
    journal = Journal(path, keep_days)
    journal.add(SAID)
    assert left_of("Unforgettable", journal) == 0
    assert len(journal.entries()) == (301 if keep_days else 0)
    assert bool(left_of("kept", journal)) is bool(keep_days)


def test_a_server_forgets_as_days_pass_without_anybody_asking(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(journals, "_LOOK_AGAIN", 0.05)
    journal = Journal(tmp_path / "journal.sqlite", 30)
    journal.add(replace(SAID, note="Unforgettable"))
    journal.forget_as_days_pass()
    assert left_of("Unforgettable", journal) == 1
    later = today() + timedelta(days=31)
    monkeypatch.setattr(journals, "today", lambda: later)
    eventually(lambda: left_of("Unforgettable", journal) == 0, 20)
    journal.close()


def test_a_journal_of_an_earlier_version_is_tidied_when_it_is_opened(tmp_path: Path) -> None:
    path = tmp_path / "journal.sqlite"
    Journal(path, 365).add(SAID)
    with sqlite3.connect(path) as earlier:
        earlier.execute("PRAGMA journal_mode = WAL")
        earlier.execute("PRAGMA secure_delete = OFF")
        earlier.execute("UPDATE feedback SET note = 'Unforgettable'")
        earlier.commit()
        earlier.execute("DELETE FROM feedback")
        earlier.commit()
        copy = {one.name: one.read_bytes() for one in tmp_path.iterdir()}
    earlier.close()
    for name, data in copy.items():  # as a server that was killed leaves it
        (tmp_path / name).write_bytes(data)
    journal = Journal(path, 365)
    assert left_of("Unforgettable", journal) > 0
    assert journal.entries() == []
    assert left_of("Unforgettable", journal) == 0


def test_a_journal_in_the_index_folder_is_moved_beside_it_once(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    settings = Settings(index_dir=tmp_path / "index")
    former = Journal(tmp_path / "index" / "journal.sqlite", 365)
    former.add(SAID)
    former.close()
    with sqlite3.connect(former.path) as earlier:
        earlier.execute("PRAGMA journal_mode = WAL")
    earlier.close()
    for _ in range(2):
        journal = open_journal(settings)
        assert journal.entries() == [SAID]
        journal.close()
    assert journal.path == tmp_path / "journal.sqlite"
    assert stat.S_IMODE(journal.path.stat().st_mode) == 0o600
    assert list((tmp_path / "index").iterdir()) == []
    assert [message for message in caplog.messages if "was moved" in message] == [
        f"the journal was moved from {former.path} to {journal.path}"
    ]


def test_a_journal_that_a_server_of_an_earlier_version_has_open_stays(tmp_path: Path) -> None:
    former = Journal(tmp_path / "index" / "journal.sqlite", 365)
    former.add(SAID)
    former.close()
    with sqlite3.connect(former.path) as earlier:
        earlier.execute("PRAGMA journal_mode = WAL")
        earlier.execute("UPDATE feedback SET note = 'newer'")
        earlier.commit()
        journal = open_journal(Settings(index_dir=tmp_path / "index"))
        assert journal.path == former.path
    earlier.close()
    assert [entry.note for entry in journal.entries()] == ["newer"]
    assert journal.path == tmp_path / "journal.sqlite"


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
        asked = database.execute("SELECT name FROM pragma_table_info('questions')").fetchall()
    database.close()
    assert tables == [("feedback",), ("questions",)]
    assert [name for (name,) in asked] == ["number", "day", "verdict", "question"]
    assert [name for (name,) in columns] == [
        "number", "day", "generation", "question", "passage", "rating", "reasons", "note",
    ]  # fmt: skip
