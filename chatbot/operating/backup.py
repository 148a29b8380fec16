"""What cannot be built again, in one archive: settings with the vocabulary and the judged questions that they name,
articles with their trash, and what visitors said.

The index is built again from them, so that it is in it only where it is asked for.
"""

from __future__ import annotations

import hashlib
import io
import json
import os
import shutil
import sqlite3
import tarfile
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from tempfile import TemporaryDirectory
from typing import BinaryIO

from chatbot.disk import beside, file_digest, opened, sync
from chatbot.errors import ChatbotError, JournalError
from chatbot.indexing.generation.publication import CURRENT, ENCODERS, HISTORY, current, history
from chatbot.insights.journal import copy, open_file, open_journal
from chatbot.installation import VERSION
from chatbot.settings import Settings

_CONTENTS = "contents.json"
_FORMAT = 1
_JOURNAL, _SETTINGS, _VOCABULARY, _QUESTIONS = "journal.sqlite", "chatbot.toml", "vocabulary.toml", "questions.jsonl"


@dataclass(frozen=True, slots=True)
class Backup:
    """What an archive holds: its files, how many of them are articles and what lies beside, and their bytes."""

    files: int
    corpus: int
    journal: bool
    index: bool
    size: int


def back_up(settings: Settings, archive: Path, config: Path | None = None, *, index: bool = False) -> Backup:
    """Write everything that cannot be built again to a new file, read back and compared before it has its name.

    `config` is the file of settings, which may hold the hash of a password: the archive is for its owner alone.
    Raises ChatbotError.
    """
    if archive.exists():
        raise ChatbotError(f"{archive} exists already and is not replaced; name a new file")
    if not archive.parent.is_dir():
        raise ChatbotError(f"there is no folder {archive.parent}; make it, or name a file elsewhere")
    try:
        with TemporaryDirectory(dir=archive.parent) as folder, beside(archive) as aside:
            files = dict(_files(settings, config, Path(folder), index=index))
            with opened(aside, 0o600) as file:
                digests = _write(file, files)
            if _read_back(aside) != digests:
                raise ChatbotError(
                    f"{archive} does not hold what was written to it; look after the disk, and try again"
                )
            sync(aside)
        sync(archive.parent)
    except (OSError, tarfile.TarError, sqlite3.Error) as error:
        raise ChatbotError(f"the backup cannot be written: {error}; free space or name another file") from error
    return _summary(archive, digests)


def restore(load: Callable[[Path], Settings], archive: Path, config: Path, *, force: bool = False) -> Backup:
    """Put back what an archive holds, to where its settings say; nothing is written before all of it was verified.

    `load` reads settings from a file: the archive's own, or `config`, where they belong, if it has none.
    Without `force` nothing that is there is replaced; with it files are, and none is deleted. Raises ChatbotError.
    """
    if not archive.exists():
        raise ChatbotError(f"there is no file {archive}; name one that 'chatbot backup' wrote")
    try:
        digests = _read_back(archive)
    except (OSError, EOFError, tarfile.TarError, ValueError, KeyError) as error:
        raise ChatbotError(f"{archive} is no whole backup: {error}; name another one") from error
    settings = _settings_of(archive, load, config) if _SETTINGS in digests else load(config)
    targets = {name: _target(name, settings, config) for name in digests}
    there = [path for path in targets.values() if os.path.lexists(path)]
    if there and not force:
        raise ChatbotError(
            f"{there[0]} is there, and {len(there)} of {len(targets)} files are; nothing was restored; restore into an "
            "empty folder, or replace them with --force"
        )
    try:
        with tarfile.open(archive) as packed:
            for name, digest in sorted(digests.items(), key=lambda one: one[0] == f"index/{CURRENT}"):
                _put(packed, name, digest, targets[name])
    except (OSError, tarfile.TarError) as error:
        raise ChatbotError(
            f"the backup cannot be restored: {error}; mend that and run it again with --force"
        ) from error
    return _summary(archive, digests)


def _settings_of(archive: Path, load: Callable[[Path], Settings], config: Path) -> Settings:
    aside = config.with_name(f".{config.name}.restored")
    try:
        with tarfile.open(archive) as packed, aside.open("wb") as file:
            content = packed.extractfile(_SETTINGS)
            file.write(content.read() if content else b"")
        return load(aside)
    except OSError as error:
        raise ChatbotError(f"the backup cannot be restored: {error}; mend that and try again") from error
    finally:
        aside.unlink(missing_ok=True)


def _files(settings: Settings, config: Path | None, folder: Path, *, index: bool) -> Iterator[tuple[str, Path]]:
    """The files by their names in the archive."""
    if config and config.is_file():
        yield _SETTINGS, config
    journal = open_journal(settings).path
    if journal.exists():
        with _opened(journal) as database:
            copy(database, folder / _JOURNAL)
        yield _JOURNAL, folder / _JOURNAL
    for name, path in _named(settings).items():
        if path.is_file():
            yield name, path
    yield from _tree(settings.corpus_dir, "corpus")
    if index:
        name = current(settings.index_dir)
        for part in (CURRENT, HISTORY):
            yield f"index/{part}", settings.index_dir / part
        for kept in {name, *(entry.generation for entry in history(settings.index_dir))}:
            yield from _tree(settings.index_dir / kept, f"index/{kept}")
        yield from _tree(settings.index_dir / ENCODERS, f"index/{ENCODERS}")


def _named(settings: Settings) -> dict[str, Path]:
    """The files without which settings that name them publish nothing, by their names in the archive."""
    named = {_VOCABULARY: settings.vocabulary, _QUESTIONS: settings.publish.questions}
    return {name: path for name, path in named.items() if path}


@contextmanager
def _opened(journal: Path) -> Iterator[sqlite3.Connection]:
    try:
        database = open_file(journal)
    except sqlite3.Error as error:
        raise JournalError(f"the journal {journal} cannot be used: {error}; mend it or move it away") from error
    with closing(database):
        yield database


def _tree(folder: Path, name: str) -> Iterator[tuple[str, Path]]:
    for path in sorted(folder.rglob("*")) if folder.is_dir() else ():
        if path.is_file() and path.resolve().is_relative_to(folder.resolve()):
            yield f"{name}/{path.relative_to(folder).as_posix()}", path


def _write(file: BinaryIO, files: dict[str, Path]) -> dict[str, str]:
    """Pack the files and the list of their digests, which comes last; returns that list."""
    digests = {}
    with tarfile.open(fileobj=file, mode="w:gz", format=tarfile.PAX_FORMAT) as packed:
        for name, path in files.items():
            data = path.read_bytes()
            digests[name] = hashlib.sha256(data).hexdigest()
            _add(packed, name, data)
        contents = {"format": _FORMAT, "version": VERSION, "files": digests}
        _add(packed, _CONTENTS, json.dumps(contents, indent=1).encode())
    return digests


def _add(packed: tarfile.TarFile, name: str, data: bytes) -> None:
    member = tarfile.TarInfo(name)
    member.size, member.mode = len(data), 0o600
    packed.addfile(member, io.BytesIO(data))


def _read_back(archive: Path) -> dict[str, str]:
    """The digest of each file of a whole archive. Raises ValueError, KeyError, OSError or TarError for any other."""
    found = {}
    contents = None
    with tarfile.open(archive, mode="r:gz") as packed:
        for member in packed:
            content = packed.extractfile(member) if member.isreg() else None
            if content is None or member.name in found:
                raise ValueError(f"{member.name!r} is no file of a backup")
            if member.name == _CONTENTS:
                contents = json.load(content)
            else:
                found[member.name] = hashlib.file_digest(content, "sha256").hexdigest()  # type: ignore[arg-type]
    if not contents or contents["format"] != _FORMAT:
        raise ValueError("it has no list of contents that this version reads")
    if contents["files"] != found:
        raise ValueError("its files are not those of its list")
    return found


def _target(name: str, settings: Settings, config: Path) -> Path:
    """Where a file goes. Raises ChatbotError for a name that leads anywhere else than a backup's names do."""
    if name == _SETTINGS:
        return config
    if name == _JOURNAL:
        return open_journal(settings).path
    if alone := _named(settings).get(name):
        return alone
    top, *parts = PurePosixPath(name).parts
    folder = {"corpus": settings.corpus_dir, "index": settings.index_dir}.get(top)
    path = folder.joinpath(*parts) if folder else None
    if not (folder and path and parts) or ".." in parts or "\\" in name or "\0" in name:
        raise ChatbotError(f"the backup holds {name!r}, which leads elsewhere; nothing was restored")
    if not path.resolve().is_relative_to(folder.resolve()):
        raise ChatbotError(f"{path} is a link that leads elsewhere; nothing was restored; take the link away")
    return path


def _put(packed: tarfile.TarFile, name: str, digest: str, path: Path) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    content = packed.extractfile(name)
    assert content  # noqa: S101 - it was read before
    with beside(path) as aside:
        with opened(aside, 0o600 if name in {_SETTINGS, _JOURNAL} else 0o644) as file:
            shutil.copyfileobj(content, file)
        if file_digest(aside) != digest:
            raise OSError(f"{path} differs from the backup after it was written")
        sync(aside)


def _summary(archive: Path, digests: dict[str, str]) -> Backup:
    corpus = sum(name.startswith("corpus/") for name in digests)
    index = any(name.startswith("index/") for name in digests)
    return Backup(len(digests), corpus, _JOURNAL in digests, index, archive.stat().st_size)
