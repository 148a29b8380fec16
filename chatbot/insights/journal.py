"""What visitors said about answers, and asked in vain, in one SQLite file: no address, no session, no time of day.

Free text is redacted before it is written. Entries older than `keep_days` are gone after the next write or read, or
the next hour of a server, and never more than MOST_ENTRIES are kept, so that nobody can fill the disk. What is
forgotten is in no file any more: it is overwritten, what pages keep beside their entries is packed away, and there is
no file beside the database that would hold it still.
"""

from __future__ import annotations

import json
import logging
import os
import sqlite3
import threading
from collections.abc import Iterator
from contextlib import closing, contextmanager, suppress
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any, Literal

from chatbot.errors import JournalError
from chatbot.insights.redaction import redact
from chatbot.records import Verdict
from chatbot.settings import Settings

log = logging.getLogger(__name__)

MOST_ENTRIES = 100_000
_LOOK_AGAIN = 3600.0
FILE = "journal.sqlite"
Rating = Literal["helpful", "unhelpful"]
Reason = Literal["off_topic", "outdated", "incomplete", "wrong", "hard_to_read", "other"]

_SCHEMA = """
CREATE TABLE IF NOT EXISTS feedback (
    number INTEGER PRIMARY KEY, day TEXT NOT NULL, generation TEXT NOT NULL, question TEXT NOT NULL, passage TEXT,
    rating TEXT NOT NULL, reasons TEXT NOT NULL, note TEXT NOT NULL
) STRICT;
CREATE INDEX IF NOT EXISTS feedback_by_day ON feedback (day);
CREATE TABLE IF NOT EXISTS questions (
    number INTEGER PRIMARY KEY, day TEXT NOT NULL, verdict TEXT NOT NULL, question TEXT NOT NULL
) STRICT;
CREATE INDEX IF NOT EXISTS questions_by_day ON questions (day);
"""
_TABLES = ("feedback", "questions")
_INSERT = (
    "INSERT INTO feedback (day, generation, question, passage, rating, reasons, note) VALUES (?, ?, ?, ?, ?, ?, ?)"
)
_SELECT = "SELECT day, generation, question, passage, rating, reasons, note FROM feedback ORDER BY number DESC"


@dataclass(frozen=True, slots=True)
class Feedback:
    """What a visitor said about an answer, or about one passage of it. `day` is in UTC."""

    day: date
    generation: str
    question: str
    passage: str | None
    rating: Rating
    reasons: tuple[Reason, ...] = ()
    note: str = ""


@dataclass(frozen=True, slots=True)
class Missed:
    """A question that the articles did not cover, or may not have. `day` is in UTC."""

    day: date
    verdict: Verdict
    question: str


class Journal:
    """The file. Safe to use from several threads and processes; nothing is opened before the first use."""

    def __init__(self, path: Path, keep_days: int, former: Path | None = None) -> None:
        """`former` is where an earlier version kept it, from where it is moved once where nothing is at `path`."""
        self._path = path
        self._former = former
        self.keep_days = keep_days
        self._lock = threading.Lock()
        self._database: sqlite3.Connection | None = None
        self._untidy = True
        self._closed = threading.Event()

    @property
    def path(self) -> Path:
        """Where it is kept, moved there first where it lies at its former place."""
        left = self._former and self._former.exists() and not self._path.exists()
        return self._former if left and self._former and not _moved(self._former, self._path) else self._path

    def add(self, feedback: Feedback) -> int | None:
        """Keep one entry, its free text redacted; returns its number, None where 0 days keep nothing.

        Raises JournalError.
        """
        question, reasons, note = redact(feedback.question), json.dumps(feedback.reasons), redact(feedback.note)
        about = (feedback.generation, question, feedback.passage, feedback.rating, reasons, note)
        return self._insert(_INSERT, (feedback.day.isoformat(), *about))

    def take_back(self, number: int, day: date) -> None:
        """Forget the entry of that number, which another day may have given to another one. Raises JournalError."""
        with self._opened() as database:
            database.execute("DELETE FROM feedback WHERE number = ? AND day = ?", (number, day.isoformat()))
            self._untidy = True

    def add_missed(self, missed: Missed) -> None:
        """Keep a question, redacted. With 0 days nothing is kept. Raises JournalError."""
        entry = (missed.day.isoformat(), missed.verdict, redact(missed.question))
        self._insert("INSERT INTO questions (day, verdict, question) VALUES (?, ?, ?)", entry)

    def forget(self) -> None:
        """Forget what is too old. Raises JournalError."""
        if self.path.exists():
            with self._opened() as database:
                self._forget(database)

    def forget_as_days_pass(self) -> None:
        """Forget now and every hour until `close`, in a thread of its own, whatever is written or read."""

        def run() -> None:
            pause = 0.0
            while not self._closed.wait(pause):
                pause = _LOOK_AGAIN
                try:
                    self.forget()
                except JournalError as error:
                    log.warning("%s", error)

        threading.Thread(target=run, name="journal", daemon=True).start()

    def entries(self) -> list[Feedback]:
        """The feedback that is kept, newest first. Raises JournalError."""
        return [_feedback(row) for row in self._rows(_SELECT)]

    def missed(self) -> list[Missed]:
        """The questions that are kept, newest first. Raises JournalError."""
        rows = self._rows("SELECT day, verdict, question FROM questions ORDER BY number DESC")
        return [Missed(date.fromisoformat(day), verdict, question) for day, verdict, question in rows]

    def _insert(self, statement: str, entry: tuple[str | None, ...]) -> int | None:
        if not self.keep_days:
            self.forget()
            return None
        with self._opened() as database:
            number = database.execute(statement, entry).lastrowid
            self._forget(database)
        return number

    def _rows(self, select: str) -> list[tuple[Any, ...]]:
        if not self.path.exists():
            return []
        with self._opened() as database:
            self._forget(database)
            return database.execute(select).fetchall()

    def close(self) -> None:
        self._closed.set()
        with self._lock:
            if self._database is not None:
                self._database.close()
                self._database = None

    def _forget(self, database: sqlite3.Connection) -> None:
        oldest = (today() - timedelta(days=self.keep_days)).isoformat()
        for table in _TABLES:
            old = database.execute(f"DELETE FROM {table} WHERE day < ? OR NOT ?", (oldest, self.keep_days))  # noqa: S608
            self._untidy = self._untidy or old.rowcount > 0
            beyond = f"DELETE FROM {table} WHERE number <= (SELECT max(number) FROM {table}) - ?"  # noqa: S608
            database.execute(beyond, (MOST_ENTRIES,))

    @contextmanager
    def _opened(self) -> Iterator[sqlite3.Connection]:
        with self._lock:
            try:
                if self._database is None:
                    self._database = open_file(self.path)
                with self._database:
                    yield self._database
                if self._untidy:
                    # Once a day at most, and at the start: an entry that was moved in a page leaves its bytes there.
                    self._database.execute("VACUUM")
                    self._database.execute("PRAGMA wal_checkpoint(TRUNCATE)")
                    self._untidy = False
            except (OSError, sqlite3.Error) as error:
                raise JournalError(
                    f"the journal {self.path} cannot be used: {error}; give the server a folder that it may write to, "
                    "or set [journal] path"
                ) from error


def open_journal(settings: Settings) -> Journal:
    """The journal that the settings name: beside the index folder, which may be deleted, where they name none."""
    named, days = settings.journal.path, settings.journal.keep_days
    if named:
        return Journal(named, days)
    return Journal(settings.index_dir.parent / FILE, days, settings.index_dir / FILE)


def _moved(former: Path, path: Path) -> bool:
    """Move a journal. It stays where a server of an earlier version has it open, or where there is no room."""
    aside = path.with_name(f".{path.name}.{os.getpid()}.new")
    try:
        with closing(open_file(former, patience=0)) as database:
            if database.execute("PRAGMA journal_mode").fetchone() != ("delete",):
                raise sqlite3.OperationalError("a server of an earlier version has it open")
            copy(database, aside)
        os.link(aside, path)  # fails where another process was first
        former.unlink()
    except (OSError, sqlite3.Error) as error:
        log.info("the journal stays at %s and cannot be moved to %s: %s", former, path, error)
        return path.exists()
    finally:
        aside.unlink(missing_ok=True)
    log.warning("the journal was moved from %s to %s", former, path)
    return True


def copy(database: sqlite3.Connection, path: Path) -> None:
    """Write all of an open journal to a new file that its owner alone can read."""
    os.close(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600))
    database.execute("VACUUM INTO ?", (str(path),))


def today() -> date:
    """The day in UTC."""
    return datetime.now(UTC).date()


def open_file(path: Path, patience: float = 10) -> sqlite3.Connection:
    """The database, made where there is none; others are waited for so many seconds. Raises OSError, sqlite3.Error."""
    path.parent.mkdir(parents=True, exist_ok=True)
    os.close(os.open(path, os.O_RDWR | os.O_CREAT, 0o600))
    path.chmod(0o600)
    database = sqlite3.connect(path, timeout=patience, check_same_thread=False)
    try:
        # What is deleted is overwritten; a write-ahead log beside the file would keep it.
        database.execute("PRAGMA secure_delete = ON")
        with suppress(sqlite3.OperationalError):  # while somebody has it open who keeps such a log
            database.execute("PRAGMA journal_mode = DELETE")
        database.executescript(_SCHEMA)
    except sqlite3.Error:
        database.close()
        raise
    return database


def _feedback(row: tuple[Any, ...]) -> Feedback:
    day, generation, question, passage, rating, reasons, note = row
    return Feedback(date.fromisoformat(day), generation, question, passage, rating, tuple(json.loads(reasons)), note)
