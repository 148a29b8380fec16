"""Everything that can go wrong, as one tree.

    ChatbotError                 whatever this package raises on purpose
    ├── SettingsError            a setting is unknown, malformed or out of range
    ├── QuestionError            a question, k, filter or history that cannot be used
    ├── ContentError             one file of the corpus cannot be read (has .path, .line, .reason)
    ├── EditRefused              what an editor asked for and may not do (has .path)
    │   ├── NameTaken            a new article has the name of one that is there
    │   └── Conflict             a file is not what the editor was shown (has .theirs, .mine)
    ├── JudgedSetError           judged questions that cannot be used
    ├── ModelError               the embedding model is missing, altered or unusable
    ├── NotInstalled             what was asked for needs packages that are not installed here
    ├── JournalError             the file of the visitors' feedback cannot be used
    ├── ExportRefused            a folder cannot be exported to
    └── CorpusIndexError         the index as a whole
        ├── IndexMissing         nothing has been built yet
        ├── IndexDamaged         a generation fails its checks (has .generation, .file)
        ├── IndexMismatch        the index was built by another format or model
        │   └── IndexOutdated    its files are those of another version of this package (has .generation, .reason)
        ├── IndexLocked          another process is building
        ├── IndexAway            the index is kept elsewhere, and cannot be asked just now
        ├── StaticMissing        a generation cannot answer without the model (has .generation)
        ├── NothingToIndex       the corpus has no usable article
        ├── PublishRefused       the new index is worse than the settings allow (has .questions)
        └── NoSuchGeneration     no kept generation has this name

Every message says what is wrong with its value, what was expected, and what to do next.
"""

from __future__ import annotations

import difflib
from collections.abc import Iterable
from typing import Any


class ChatbotError(Exception):
    """Whatever this package raises on purpose; its text is meant for people."""

    def __reduce__(self) -> tuple[Any, ...]:
        # Between processes: made of its text as it is, since most are made of other values than that.
        return _again, (type(self), self.args), self.__dict__


class SettingsError(ChatbotError):
    """A setting is unknown, malformed or out of range."""


class QuestionError(ChatbotError):
    """A question, k, filter or history that cannot be used."""


class ContentError(ChatbotError):
    """One file of the corpus cannot be read; the others are not affected.

    `retry` says that the same file may be readable the next time.
    """

    def __init__(self, path: str, reason: str, line: int | None = None, *, retry: bool = False) -> None:
        self.path = path
        self.reason = reason
        self.line = line
        self.retry = retry
        super().__init__(f"{path}:{line}: {reason}" if line else f"{path}: {reason}")


class EditRefused(ChatbotError):
    """What an editor asked for and may not do; nothing was written."""

    def __init__(self, path: str, reason: str) -> None:
        self.path = path
        self.reason = reason
        super().__init__(f"{path}: {reason}" if path else reason)


class NameTaken(EditRefused):
    """A new article has the name of one that is there; `path` is the one that is there."""


class Conflict(EditRefused):
    """A file is not what the editor was shown: `theirs` is what is there now, None where it is gone.

    `mine` is what would have been written, None where nothing would.
    """

    def __init__(self, path: str, reason: str, theirs: bytes | None, mine: bytes | None) -> None:
        self.theirs = theirs
        self.mine = mine
        super().__init__(path, reason)


class JudgedSetError(ChatbotError):
    """Judged questions that cannot be used."""


class ModelError(ChatbotError):
    """The embedding model is missing, altered or unusable."""


class NotInstalled(ChatbotError):
    """What was asked for needs packages that are not installed here."""


class JournalError(ChatbotError):
    """The file of the visitors' feedback cannot be used."""


class ExportRefused(ChatbotError):
    """A folder cannot be exported to."""


class CorpusIndexError(ChatbotError):
    """The index as a whole."""


class IndexMissing(CorpusIndexError):
    """Nothing has been built yet."""


class IndexDamaged(CorpusIndexError):
    """A generation fails its checks; `generation` and `file` name the place."""

    def __init__(self, generation: str, file: str, reason: str) -> None:
        self.generation = generation
        self.file = file
        super().__init__(f"generation {generation} is damaged: {file} {reason}; run 'chatbot build' to replace it")


class IndexMismatch(CorpusIndexError):
    """The index was built by another format or model than the settings name."""


class IndexOutdated(IndexMismatch):
    """The index was written by a version of this package that writes other files; a build makes it anew.

    `generation` and `reason` say which and how they differ.
    """

    def __init__(self, generation: str, reason: str) -> None:
        self.generation = generation
        self.reason = reason
        super().__init__(f"generation {generation} {reason}; run 'chatbot build'")


class IndexLocked(CorpusIndexError):
    """Another process is building."""


class IndexAway(CorpusIndexError):
    """The index is kept by a server that cannot be asked just now, or not as it should."""


class StaticMissing(CorpusIndexError):
    """A generation has nothing to answer with without the model, or nothing that can be read."""

    def __init__(self, generation: str, reason: str) -> None:
        self.generation = generation
        super().__init__(
            f"generation {generation} cannot answer without the model: {reason}; run 'chatbot build --lean' where the "
            "model is, and bring the index folder here"
        )


class NothingToIndex(CorpusIndexError):
    """The corpus has no usable article."""


class PublishRefused(CorpusIndexError):
    """The new index is worse than the settings allow; `questions` are the judged questions that got worse."""

    def __init__(self, message: str, questions: tuple[str, ...]) -> None:
        self.questions = questions
        super().__init__(message)


class NoSuchGeneration(CorpusIndexError):
    """No kept generation has this name, or there is none to go back to."""


def _again(kind: type[ChatbotError], args: tuple[object, ...]) -> ChatbotError:
    return kind.__new__(kind, *args)


def nearest(name: str, there: Iterable[str]) -> str:
    """For a message about a name that is not there: the nearest that are, or the first eight where none is near."""
    names = {each.casefold(): each for each in there}
    close = difflib.get_close_matches(name.casefold(), sorted(names), cutoff=0.4) or sorted(names)[:8]
    return ", ".join(repr(names[each]) for each in close)


def counted(number: int, thing: str) -> str:
    """A number and what it counts: "1 article", "2 articles"."""
    return f"{number} {thing}{'' if number == 1 else 's'}"
