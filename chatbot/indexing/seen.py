"""What the corpus folder holds now, by content: whether anything changed is decided here, never by time stamps."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping

from chatbot.content.readers import find_files, read_bytes
from chatbot.errors import ContentError, SettingsError
from chatbot.settings import Settings


def corpus_digests(settings: Settings) -> dict[str, str]:
    """The SHA-256 of each file by its path under the corpus folder, empty where it cannot be read.

    Raises SettingsError where there is no such folder.
    """
    if not settings.corpus_dir.is_dir():
        wrong = "is no folder" if settings.corpus_dir.exists() else "does not exist"
        raise SettingsError(
            f"corpus folder {settings.corpus_dir} {wrong}; create it or set corpus_dir to the folder of articles"
        )
    return {path: _digest(settings, path) for path in find_files(settings.corpus_dir)}


def same_files(now: Mapping[str, str], articles: Mapping[str, str], others: Mapping[str, str]) -> bool:
    """Whether a generation with these articles and these other files was read from what is there now.

    A file that cannot be read may be readable the next time and is never the same.
    """
    return all(now.values()) and dict(now) == {**articles, **others}


def _digest(settings: Settings, path: str) -> str:
    try:
        return hashlib.sha256(read_bytes(settings.corpus_dir, path, settings.max_file_mb)).hexdigest()
    except ContentError:
        return ""
