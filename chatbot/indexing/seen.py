"""Whether anything changed since a generation was built: decided by content, never by time stamps.

Loads nothing that reads articles, so that an unchanged corpus costs no more than its digests.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from importlib.metadata import version

from chatbot.content.source.files import find_files, read_bytes
from chatbot.errors import ContentError, SettingsError
from chatbot.indexing.manifest import Manifest
from chatbot.settings import Settings

# Part of every generation's name: raise it when the same files would give other passages, terms, vectors or reasons.
RECIPE = 7


def recipe_of(settings: Settings, window: int) -> str:
    """16 hex digits of everything but the articles and the model that decides passages, terms and vectors.

    `window` is the most tokens of one text that the model reads.
    """
    made_of = {
        "recipe": RECIPE,
        "version": version("career-chatbot"),
        "passages": settings.passages.model_dump(),
        "window": window,
    }
    return hashlib.sha256(json.dumps(made_of, sort_keys=True).encode()).hexdigest()[:16]


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


def same_files(now: Mapping[str, str], manifest: Manifest) -> bool:
    """Whether a generation was read from what is there now.

    A file that cannot be read may be readable the next time and is never the same.
    """
    return all(now.values()) and dict(now) == {**manifest.articles, **manifest.others}


def nothing_new(now: Mapping[str, str], manifest: Manifest, settings: Settings) -> bool:
    """Whether reading the files again could not give anything else than a generation has."""
    return same_files(now, manifest) and not any(
        is_tried_again(reason, settings) for reason in manifest.left_out.values()
    )


def is_tried_again(reason: str, settings: Settings) -> bool:
    """Whether a file that was left out for this reason may be usable now, though it is the same.

    The limit that kept it out may be another one, and so may the load of the machine.
    """
    return "max_" in reason and f"max_passages_per_file ({settings.max_passages_per_file:,})" not in reason


def _digest(settings: Settings, path: str) -> str:
    try:
        return hashlib.sha256(read_bytes(settings.corpus_dir, path, settings.max_file_mb)).hexdigest()
    except ContentError:
        return ""
