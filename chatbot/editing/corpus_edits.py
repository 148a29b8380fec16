"""Safe writes to the corpus: by safe names only, whole or not at all, and nothing is ever lost.

What is deleted or replaced goes to the hidden folder `.trash` of the corpus, which `find_files` passes over, and can
be put back. What changes a file names the digest of what the editor was shown, empty where nothing was there, and is
refused as a Conflict where something else is there now. Every function here raises EditRefused where it does not do
what it was asked, OSError where the disk does not let it.
"""

from __future__ import annotations

import hashlib
import os
import re
import shutil
import threading
import unicodedata
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path, PurePosixPath
from typing import Literal

from chatbot.content.readers.registry import READERS
from chatbot.content.source.files import find_files
from chatbot.disk import beside, file_digest, sync, write
from chatbot.errors import Conflict, EditRefused, NameTaken

TRASH = ".trash"
LONGEST_STEM = 80  # bytes in UTF-8
# Windows opens devices by these names, whatever stands behind the dot.
_PORTS = (f"{port}{number}" for port in ("com", "lpt") for number in range(10))
_DEVICES = frozenset(("con", "prn", "aux", "nul", *_PORTS))
_KEY = re.compile(r"\d{8}T\d{6}Z-\d{1,6}-(deleted|replaced)")
_WRITING = threading.Lock()

Fate = Literal["deleted", "replaced"]


@dataclass(frozen=True, slots=True)
class Trashed:
    """A file in the trash: `key` names it there, `path` is where it was in the corpus, `at` when it went, in UTC."""

    key: str
    path: str
    at: datetime
    fate: Fate


def file_name(title: str, suffix: str = ".md") -> str:
    """A safe name for a new article: letters and digits of any script in lower case, joined by hyphens.

    It has no path, no hidden file and no device in it, whatever the title is. `suffix` must be one that is read.
    """
    suffix = suffix.lower()
    if suffix not in READERS:
        shown = suffix if suffix.isprintable() and suffix else "no suffix"
        raise EditRefused("", f"files with {shown[:20]} are not read; use one of {', '.join(READERS)}")
    stem = _stem(title)
    if not stem:
        raise EditRefused("", "a file needs a name with a letter or digit in it; write a title")
    return (f"{stem}-article" if stem in _DEVICES else stem) + suffix


def write_new(corpus_dir: Path, name: str, data: bytes, max_file_mb: float) -> None:
    """Write a new article into the corpus folder itself. Raises NameTaken where one has this name already.

    `name` must be one that `file_name` gives.
    """
    stem, suffix = PurePosixPath(name).stem, PurePosixPath(name).suffix
    if not name.isprintable() or file_name(stem, suffix) != name:
        raise EditRefused("", f"{ascii(name)[:80]} is no safe file name; use letters, digits and hyphens")
    _check_size(name, data, max_file_mb)
    with _WRITING:
        for path in find_files(corpus_dir):
            if identity(path) == identity(name):
                raise NameTaken(path, "an article has this name already; choose another title, or replace it")
        if os.path.lexists(corpus_dir / name):
            raise EditRefused(name, "something that is no article has this name; choose another title")
        _write(corpus_dir / name, data)


def replace(corpus_dir: Path, path: str, data: bytes, sha256: str, max_file_mb: float) -> None:
    """Replace an article that was shown with this digest; the old one goes to the trash."""
    _check_size(path, data, max_file_mb)
    with _WRITING:
        there = _as_shown(corpus_dir, path, sha256, data)
        if there == data:
            return
        if there is None:
            _make_folder(corpus_dir, PurePosixPath(path).parent)
        else:
            shutil.copy2(corpus_dir / path, _to_trash(corpus_dir, path, "replaced"))
        _write(corpus_dir / path, data)


def delete(corpus_dir: Path, path: str, sha256: str) -> None:
    """Move an article that was shown with this digest to the trash."""
    with _WRITING:
        if _as_shown(corpus_dir, path, sha256, None) is None:
            raise EditRefused(path, "is deleted already; it can be put back below the list of articles")
        (corpus_dir / path).replace(_to_trash(corpus_dir, path, "deleted"))


def list_trash(corpus_dir: Path) -> tuple[Trashed, ...]:
    """What is in the trash, the latest first."""
    trash = corpus_dir / TRASH
    if trash.is_symlink() or not trash.is_dir():
        return ()
    trashed = []
    for folder in trash.iterdir():
        if not _KEY.fullmatch(folder.name) or folder.is_symlink():
            continue
        stamp, _, fate = folder.name.split("-")
        at = datetime.strptime(stamp, "%Y%m%dT%H%M%SZ").replace(tzinfo=UTC)
        files = find_files(folder)
        if len(files) == 1 and not (folder / files[0]).is_symlink():
            trashed.append(Trashed(folder.name, files[0], at, "deleted" if fate == "deleted" else "replaced"))
    return tuple(sorted(trashed, key=lambda one: (one.at, int(one.key.split("-")[1])), reverse=True))


def put_back(corpus_dir: Path, key: str, sha256: str) -> str:
    """Put a file of the trash back to where it was, and return its path.

    What is there now goes to the trash; it must have the digest with which it was shown, empty where nothing was there.
    """
    with _WRITING:
        trashed = next((one for one in list_trash(corpus_dir) if one.key == key), None)
        if trashed is None:
            raise EditRefused("", "this is not in the trash any more; somebody else may have put it back")
        target = corpus_dir / trashed.path
        there = [path for path in find_files(corpus_dir) if identity(path) == identity(trashed.path)]
        if there and there != [trashed.path]:
            raise NameTaken(there[0], f"has the name that {trashed.path} had; delete it first")
        if not there:
            _make_folder(corpus_dir, PurePosixPath(trashed.path).parent)
        kept = corpus_dir / TRASH / key / trashed.path
        if _as_shown(corpus_dir, trashed.path, sha256, kept.read_bytes()) is not None:
            shutil.copy2(target, _to_trash(corpus_dir, trashed.path, "replaced"))
        kept.replace(target)
        shutil.rmtree(corpus_dir / TRASH / key)
        return trashed.path


def _stem(title: str) -> str:
    text = unicodedata.normalize("NFKC", title).lower()
    kept = "".join(c if unicodedata.category(c)[0] in "LNM" else "-" for c in text)
    stem = unicodedata.normalize("NFC", "-".join(filter(None, kept.split("-"))))
    while len(stem.encode()) > LONGEST_STEM:
        stem = stem.rpartition("-")[0] or stem[:-1]
    # A few letters change once more when they are lowered or composed again; a name must not.
    return stem if stem == unicodedata.normalize("NFC", unicodedata.normalize("NFKC", stem).lower()) else _stem(stem)


def identity(path: str) -> str:
    """What two files may not share: the id of their article, on a disk that does not tell upper case from lower."""
    return unicodedata.normalize("NFC", str(PurePosixPath(path).with_suffix(""))).casefold()


def _check_size(path: str, data: bytes, max_file_mb: float) -> None:
    if not data.strip():
        raise EditRefused(path, "there is nothing to write; add some text")
    if len(data) > max_file_mb * 1_000_000:
        raise EditRefused(path, f"has {len(data) / 1e6:,.1f} MB, at most {max_file_mb:g} are read (max_file_mb)")


def digest_of(corpus_dir: Path, path: str) -> str:
    """The digest of an article whatever its size, empty where it is not one that can be changed."""
    try:
        return file_digest(_inside(corpus_dir, path))
    except (EditRefused, OSError):
        return ""


def _inside(corpus_dir: Path, path: str) -> Path:
    """The file of an article that is there. Only what `find_files` lists has one, and no link has."""
    if path not in find_files(corpus_dir):
        raise EditRefused("", f"{ascii(path)[1:81]} is no article of the corpus; it may have been deleted meanwhile")
    file = corpus_dir / path
    if file.is_symlink() or not file.is_file():
        raise EditRefused(path, "is a link or no regular file; change what it leads to instead")
    return file


def _as_shown(corpus_dir: Path, path: str, sha256: str, mine: bytes | None) -> bytes | None:
    """What is at a path where it is what the editor was shown; None where nothing is and nothing was."""
    if _could_be(corpus_dir, path) and not os.path.lexists(corpus_dir / path):
        if sha256:
            raise Conflict(path, "was deleted by somebody else since it was shown to you", None, mine)
        return None
    there = _inside(corpus_dir, path).read_bytes()
    if hashlib.sha256(there).hexdigest() != sha256:
        raise Conflict(path, "was changed by somebody else since it was shown to you", there, mine)
    return there


def _could_be(corpus_dir: Path, path: str) -> bool:
    """Whether a file of this path would be an article, with no link on the way to it."""
    pure = PurePosixPath(path)
    if not path.isprintable() or str(pure) != path or set("\\:") & set(path) or pure.suffix.lower() not in READERS:
        return False
    hidden = any(part.startswith((".", "~$", "/")) or part.endswith("~") for part in pure.parts)
    return not hidden and not any((corpus_dir / folder).is_symlink() for folder in list(pure.parents)[:-1])


def _to_trash(corpus_dir: Path, path: str, fate: Fate) -> Path:
    """A place in the trash for a file, its folders made."""
    trash = corpus_dir / TRASH
    if trash.is_symlink():
        raise EditRefused(TRASH, "is a link; remove it, so that deleted articles stay inside the corpus folder")
    stamp = f"{datetime.now(UTC):%Y%m%dT%H%M%SZ}"
    number = 1 + max((int(folder.name.split("-")[1]) for folder in trash.glob(f"{stamp}-*-*")), default=0)
    place = trash / f"{stamp}-{number}-{fate}" / path
    place.parent.mkdir(parents=True)
    return place


def _make_folder(corpus_dir: Path, folder: PurePosixPath) -> None:
    place = corpus_dir
    for part in folder.parts:
        place /= part
        if place.is_symlink():
            raise EditRefused(str(folder), "is a link now; nothing is written through links")
        place.mkdir(exist_ok=True)


def _write(file: Path, data: bytes) -> None:
    with beside(file) as aside:
        write(aside, data)
        if file.exists():
            shutil.copymode(file, aside)
    sync(file.parent)
