"""The manifest of a generation: what it was built from, and the SHA-256 of every file in it."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass, replace
from datetime import datetime
from pathlib import Path
from typing import Any, Literal

from chatbot.disk import file_digest, replace_text, sync_tree
from chatbot.errors import IndexDamaged, IndexMismatch, IndexOutdated

FORMAT = 16

MANIFEST = "manifest.json"
Kind = Literal["unusable", "withheld", "remark"]


@dataclass(frozen=True, slots=True)
class LeftOut:
    """Why a file, or a part of it, is not used.

    `retry` says that the same file may be usable the next time, though nothing else is different: what could not be
    opened, or needed more time or memory than there was. `beside` says that the other files decide it. `limit` is the
    max_passages_per_file that the file is above; another one may let it in. `copy_of` is the file that stands for it.

    `kind` is "unusable" where something of the file should be published and is not; "withheld" where nothing is wrong:
    the file itself is not to be public, or parts of it are not; "remark" where the whole article is published, and
    what is said beside it could not be used, such as a date.
    """

    reason: str
    retry: bool = False
    beside: bool = False
    limit: int | None = None
    kind: Kind = "unusable"
    copy_of: str | None = None

    def is_tried_again(self, most_passages: int) -> bool:
        """Whether a build may find the file usable though no file has changed, under this max_passages_per_file."""
        return self.retry or self.limit not in {None, most_passages}


@dataclass(frozen=True, slots=True)
class Manifest:
    """What a generation holds. `settings` is a digest of the settings that shape passages.

    `largest` is the most passages that one file gave. `articles` gives the SHA-256 of each article's file by its path
    under the corpus folder; `left_out` why a file, or a part of it, was not usable; `due` when the same file gives
    something else, a moment with its time zone, and what happens then; `listed` what an article got from a sitemap or a
    posts.csv (`url`, `updated`, `title`, `published`); `others` the SHA-256 of each file that gave no article;
    `calibration` the thresholds and error rates of `answering.verdict.calibration.figures`, or nothing; `pace` the
    seconds that embedding one passage took when last measured, 0 for never, `writing` those that everything after it
    took; `files` the SHA-256 of each file of the generation, by its path inside it.
    """

    format: int
    generation: str
    settings: str
    model: str
    encoder: str
    dim: int
    passages: int
    largest: int
    articles: dict[str, str]
    left_out: dict[str, LeftOut]
    due: dict[str, tuple[str, str]]
    listed: dict[str, dict[str, str]]
    others: dict[str, str]
    calibration: dict[str, float]
    pace: float
    writing: float
    files: dict[str, str]

    def keeps_to(self, most_passages: int) -> bool:
        """Whether no file would be left out, or let in, because this is max_passages_per_file."""
        limits = {one.limit for one in self.left_out.values()}
        return self.largest <= most_passages and limits <= {None, most_passages}

    def is_due(self, path: str, now: datetime) -> bool:
        """Whether a file gives something else at this moment, though it is the same."""
        return path in self.due and datetime.fromisoformat(self.due[path][0]) <= now

    def next_due(self) -> datetime | None:
        """The first moment at which a file gives something else, None where there is none."""
        return min((datetime.fromisoformat(moment) for moment, _ in self.due.values()), default=None)


def reasons(left_out: Mapping[str, LeftOut], kind: Kind) -> dict[str, str]:
    """Those of one kind in words, by the paths of their files."""
    return {path: one.reason for path, one in left_out.items() if one.kind == kind}


def generation_name(manifest: Manifest) -> str:
    """16 hex digits from everything that decides a generation's content, none of it from derived files."""
    same = replace(manifest, generation="", others={}, due={}, calibration={}, pace=0.0, writing=0.0, files={})
    content = asdict(same)
    return hashlib.sha256(json.dumps(content, sort_keys=True).encode()).hexdigest()[:16]


def write_manifest(manifest: Manifest, folder: Path) -> None:
    """Digest every file of `folder`, write its manifest, and bring all of it to the disk."""
    files = sorted(path for path in folder.rglob("*") if path.is_file())
    whole = replace(manifest, files={path.relative_to(folder).as_posix(): file_digest(path) for path in files})
    (folder / MANIFEST).write_text(_with_digest(whole), encoding="utf-8")
    sync_tree(folder)


def remember(folder: Path, same: Manifest) -> None:
    """Note in a whole generation which files gave no article and what is due, all else unchanged, as `same` has it.

    For the holder of the lock only. What a left-out file says may change while the reason stays, and with it the
    generation.
    """
    manifest = read_manifest(folder)
    if (manifest.others, manifest.due) != (same.others, same.due):
        replace_text(folder / MANIFEST, _with_digest(replace(manifest, others=same.others, due=same.due)))


def read_manifest(folder: Path) -> Manifest:
    """The manifest of a generation. Raises IndexDamaged, or IndexOutdated for one of another format."""
    try:
        values: dict[str, Any] = json.loads((folder / MANIFEST).read_text(encoding="utf-8"))
        digest = values.pop("digest")
    except OSError as error:
        raise IndexDamaged(folder.name, MANIFEST, f"cannot be read ({error.strerror})") from error
    except (ValueError, KeyError, AttributeError, TypeError) as error:
        raise IndexDamaged(folder.name, MANIFEST, "is no manifest") from error
    if digest != _own_digest(values):
        raise IndexDamaged(folder.name, MANIFEST, "does not match its own digest")
    if values.get("format") != FORMAT:
        written = values.get("format")
        raise IndexOutdated(folder.name, f"has format {written}, this version reads {FORMAT}")
    try:
        left_out = {path: LeftOut(**one) for path, one in values["left_out"].items()}
        due = {path: (moment, event) for path, (moment, event) in values["due"].items()}
        return Manifest(**{**values, "left_out": left_out, "due": due})
    except (TypeError, KeyError, ValueError) as error:
        raise IndexOutdated(folder.name, "was written by another version, which notes other things") from error


def verify(folder: Path) -> Manifest:
    """The manifest of a generation after every file was compared with its digest.

    Nothing but the manifest is parsed before this has passed. Raises IndexDamaged or IndexOutdated.
    """
    manifest = read_manifest(folder)
    for name, digest in manifest.files.items():
        path = folder / name
        try:
            actual = file_digest(path)
        except OSError as error:
            raise IndexDamaged(folder.name, name, f"cannot be read ({error.strerror})") from error
        if actual != digest:
            raise IndexDamaged(folder.name, name, "does not match its digest")
    return manifest


class Generations:
    """The generations of an index folder, each verified once. For the holder of the lock only."""

    def __init__(self, index_dir: Path) -> None:
        self.index_dir = index_dir
        self._verified: dict[str, Manifest | None] = {}

    def whole(self, name: str) -> Manifest | None:
        """The manifest of a generation, None where it is not there or fails `verify`."""
        if name not in self._verified:
            try:
                self._verified[name] = verify(self.index_dir / name)
            except (IndexDamaged, IndexMismatch):
                self._verified[name] = None
        return self._verified[name]

    def wrote(self, manifest: Manifest) -> None:
        """A generation was written that has passed `verify`."""
        self._verified[manifest.generation] = manifest


def _with_digest(manifest: Manifest) -> str:
    values = asdict(manifest)
    # In ASCII: the name of a file may hold bytes that are no text, which UTF-8 cannot say and an escape can.
    return json.dumps({**values, "digest": _own_digest(values)}, indent=1)


def _own_digest(values: dict[str, Any]) -> str:
    return hashlib.sha256(json.dumps(values, sort_keys=True).encode()).hexdigest()
