"""Articles and passages in one SQLite file: row i of the vectors is passage i."""

from __future__ import annotations

import errno
import json
import sqlite3
import threading
from collections.abc import Iterable, Sequence
from contextlib import closing
from datetime import date
from functools import lru_cache
from pathlib import Path
from typing import Any

from chatbot.records import Article, Passage, Source, to_json, to_pin

_SCHEMA = """
CREATE TABLE articles (
    number INTEGER PRIMARY KEY, id TEXT NOT NULL UNIQUE, path TEXT NOT NULL, title TEXT NOT NULL, url TEXT,
    text TEXT NOT NULL, topics TEXT NOT NULL, audience TEXT NOT NULL, country TEXT,
    published TEXT, updated TEXT, review_by TEXT, questions TEXT NOT NULL,
    aliases TEXT NOT NULL, sha256 TEXT NOT NULL, pages TEXT NOT NULL, pins TEXT NOT NULL,
    sections TEXT NOT NULL, sources TEXT NOT NULL
) STRICT;
CREATE TABLE passages (
    row INTEGER PRIMARY KEY, id TEXT NOT NULL, article INTEGER NOT NULL REFERENCES articles,
    headings TEXT NOT NULL, "start" INTEGER NOT NULL, "end" INTEGER NOT NULL, text TEXT NOT NULL, url TEXT NOT NULL,
    columns TEXT NOT NULL, digest BLOB NOT NULL
) STRICT;
"""
# Made when all rows are there, which is quicker.
_INDEXES = """
CREATE UNIQUE INDEX passages_by_id ON passages (id);
CREATE INDEX passages_by_article ON passages (article);
"""
_ARTICLE = (
    "id, path, title, url, text, topics, audience, country, published, updated, review_by, questions, aliases, sha256, "
    "pages, pins, sections, sources"
)
_PASSAGE = """SELECT p.row, p.id, a.id, a.title, p.headings, p."start", p."end", p.text, p.url, a.topics, a.audience,
    a.country, a.updated, a.review_by, p.columns FROM passages p JOIN articles a ON a.number = p.article"""
_VARIABLES = 500  # in one statement


def write_store(articles: Sequence[Article], passages: Iterable[tuple[Passage, bytes]], path: Path) -> None:
    """Write the file. `passages` come in the order of their rows, each with the digest of its embedded text.

    Raises OSError where the disk refuses.
    """
    try:
        _write(articles, passages, path)
    except sqlite3.OperationalError as error:  # what SQLite makes of a full disk
        raise OSError(errno.EIO, str(error), str(path)) from error


def _write(articles: Sequence[Article], passages: Iterable[tuple[Passage, bytes]], path: Path) -> None:
    numbers = {article.id: number for number, article in enumerate(articles)}
    columns = f"number, {_ARTICLE}"
    with closing(sqlite3.connect(path)) as database, database:
        # Whoever writes a generation brings it to the disk whole, or not at all.
        database.executescript(f"PRAGMA journal_mode = OFF; PRAGMA synchronous = OFF; {_SCHEMA}")
        database.executemany(
            f"INSERT INTO articles ({columns}) VALUES ({','.join('?' for _ in columns.split(','))})",  # noqa: S608
            ((number, *_from_article(article)) for number, article in enumerate(articles)),
        )
        database.executemany(
            "INSERT INTO passages VALUES (?,?,?,?,?,?,?,?,?,?)",
            (
                (
                    *(row, p.id, numbers[p.article_id], json.dumps(p.headings), p.start, p.end, p.text, p.url),
                    *(json.dumps(p.columns), digest),
                )
                for row, (p, digest) in enumerate(passages)
            ),
        )
        for statement in _INDEXES.strip().splitlines():
            database.execute(statement)


class Store:
    """The file, opened for reading. Safe to use from several threads."""

    def __init__(self, path: Path) -> None:
        """Raises sqlite3.Error where the file is unusable."""
        # Immutable: no journal is looked for and nothing is ever written beside the file.
        self._database = sqlite3.connect(
            f"{path.resolve().as_uri()}?mode=ro&immutable=1", uri=True, check_same_thread=False
        )
        self._one_at_a_time = threading.Lock()
        self._query("SELECT count(*) FROM passages")

    def close(self) -> None:
        self._database.close()

    def __len__(self) -> int:
        """Number of passages."""
        count: int = self._query("SELECT count(*) FROM passages")[0][0]
        return count

    def passages(self, rows: Iterable[int]) -> list[Passage]:
        """The passages at these rows, in the order asked for. Raises IndexError for a row that does not exist."""
        wanted = [int(row) for row in rows]
        passages: dict[int, Passage] = {}
        for first in range(0, len(wanted), _VARIABLES):
            some = wanted[first : first + _VARIABLES]
            marks = ",".join("?" * len(some))
            passages.update(
                (row[0], _to_passage(row)) for row in self._query(f"{_PASSAGE} WHERE p.row IN ({marks})", some)
            )
        try:
            return [passages[row] for row in wanted]
        except KeyError as error:
            raise IndexError(f"there is no passage at row {error}") from None

    def ids(self, rows: Iterable[int]) -> list[str]:
        """The ids of the passages at these rows, in the order asked for."""
        return [self._query("SELECT id FROM passages WHERE row = ?", (int(row),))[0][0] for row in rows]

    def row(self, passage_id: str) -> int | None:
        """The row of a passage."""
        rows = self._query("SELECT row FROM passages WHERE id = ?", (passage_id,))
        return rows[0][0] if rows else None

    def article_numbers(self) -> list[int]:
        """For each row, the position of its article in `articles()`."""
        return [number for (number,) in self._query("SELECT article FROM passages ORDER BY row")]

    def articles(self) -> tuple[Article, ...]:
        """All articles in the order of their ids, texts left empty."""
        columns = _ARTICLE.replace(" text,", " '',")
        return tuple(map(_to_article, self._query(f"SELECT {columns} FROM articles ORDER BY number")))  # noqa: S608

    def article(self, article_id: str) -> Article | None:
        """One article with its text."""
        rows = self._query(f"SELECT {_ARTICLE} FROM articles WHERE id = ?", (article_id,))  # noqa: S608
        return _to_article(rows[0]) if rows else None

    def headings(self) -> list[tuple[int, tuple[str, ...]]]:
        """Each article's place in `articles()` with the headings of its passages, outermost first, in order."""
        rows = self._query("SELECT article, headings FROM passages GROUP BY article, headings ORDER BY min(row)")
        return [(number, _strings(headings)) for number, headings in rows]

    def passages_of(self, article_id: str) -> list[tuple[int, Passage, bytes]]:
        """Row, passage and digest of each passage of an article, in order."""
        rows = self._query(
            f"{_PASSAGE.replace('FROM', ', p.digest FROM', 1)} WHERE a.id = ? ORDER BY p.row", (article_id,)
        )
        return [(row[0], _to_passage(row), row[-1]) for row in rows]

    def digests(self) -> list[bytes]:
        """The digest of each row's embedded text."""
        return [digest for (digest,) in self._query("SELECT digest FROM passages ORDER BY row")]

    def _query(self, statement: str, values: Sequence[Any] = ()) -> list[tuple[Any, ...]]:
        # A connection keeps its statements, and two threads that run the same one read each other's rows.
        with self._one_at_a_time:
            return self._database.execute(statement, values).fetchall()


def _from_article(article: Article) -> tuple[Any, ...]:
    values = to_json(article)
    columns = (values[name] for name in _ARTICLE.split(", "))
    return tuple(json.dumps(value) if isinstance(value, list) else value for value in columns)


def _to_article(row: tuple[Any, ...]) -> Article:
    values = dict(zip(_ARTICLE.split(", "), row, strict=True))
    for name in ("topics", "audience", "questions", "aliases", "sections"):
        values[name] = _strings(values[name])
    for name in ("published", "updated", "review_by"):
        values[name] = _day(values[name])
    values["pages"] = tuple(map(int, json.loads(values["pages"])))
    values["pins"] = tuple(map(to_pin, json.loads(values["pins"])))
    values["sources"] = tuple(Source(**source) for source in json.loads(values["sources"]))
    return Article(**values)


def _to_passage(row: tuple[Any, ...]) -> Passage:
    _, id_, article, title, headings, start, end, text, url, topics, audience = row[:11]
    country, updated, review_by, columns = row[11:15]
    return Passage(
        *(id_, article, title, _strings(headings), start, end, text, url, _strings(topics), _strings(audience)),
        *(country, _day(updated), _day(review_by), _strings(columns)),
    )


# Most passages have the lists of their article or of the passage before.
@lru_cache(maxsize=4096)
def _strings(value: str) -> tuple[str, ...]:
    return tuple(json.loads(value))


def _day(value: str | None) -> date | None:
    return date.fromisoformat(value) if value else None


def expired_in(folder: Path) -> tuple[str, ...]:
    """The pins of a generation, which is whole, that have run out: the file, the question, the last day it was for."""
    today = date.today()
    with closing(Store(folder / "passages.sqlite")) as store:
        return tuple(
            f"{article.path}: '{pin.question}' was pinned until {pin.until}"
            for article in store.articles()
            for pin in article.pins
            if pin.until and pin.until < today
        )
