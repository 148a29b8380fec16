"""The files of the corpus folder: which there are, and their bytes. Loads nothing that parses them.

Every way in which a file cannot be read is a ContentError.
"""

from __future__ import annotations

import os
import re
import stat
import unicodedata
from pathlib import Path, PurePosixPath

from chatbot.errors import ContentError

_ASSETS = re.compile(
    r"\.(avif|bmp|gif|ico|jpe?g|png|svg|tiff?|webp|css|less|s[ac]ss|[cm]?[jt]s|[jt]sx|map|json|ya?ml|toml|lock"
    r"|woff2?|ttf|otf|eot|mp[34]|og[gv]|wav|web[mp]|mov|db|ini)",
    re.IGNORECASE,
)


def find_files(corpus_dir: Path) -> list[str]:
    """The files of the corpus by their paths under it, with forward slashes, in the same order on every machine.

    Hidden files and the assets of articles (images, styles, scripts, data) are passed over. Whatever else is there is
    in the list, also what cannot be read: `read_bytes` and `parse` say why. A folder that cannot be listed is in it
    too; a link to a folder is not followed.
    """
    paths: list[str] = []
    folders = [corpus_dir]
    while folders:
        folder = folders.pop()
        try:
            entries = list(os.scandir(folder))
        except OSError:
            paths.append(_relative(corpus_dir, folder))
            continue
        for entry in entries:
            if entry.name.startswith((".", "~$")) or entry.name.endswith("~"):
                continue
            if entry.is_dir(follow_symlinks=False):
                folders.append(Path(entry.path))
            elif not _ASSETS.fullmatch(Path(entry.name).suffix) or is_json_feed(entry.name):
                paths.append(_relative(corpus_dir, Path(entry.path)))
    return sorted(paths, key=lambda path: (unicodedata.normalize("NFC", path), path))


def read_bytes(corpus_dir: Path, path: str, max_file_mb: float) -> bytes:
    """The bytes of one file of `find_files`.

    Raises ContentError where it is not a regular file inside the corpus folder, is too large, or cannot be read.
    """
    if not path.isprintable():
        raise ContentError(ascii(path)[1:-1], "its name holds characters that cannot be shown; rename it")
    file = corpus_dir / path
    try:
        target = file.resolve(strict=True)
        if not target.is_relative_to(corpus_dir.resolve()):
            raise ContentError(path, f"leads out of the corpus folder, to {target}; copy the file into the folder")
        return _read(path, target, max_file_mb)
    except RuntimeError as error:  # what Python 3.11 and 3.12 make of links in a circle
        raise ContentError(path, "is a link that leads to itself; remove it") from error
    except OSError as error:
        if isinstance(error, FileNotFoundError) and os.path.lexists(file):
            raise ContentError(path, "is a link that leads nowhere; remove it") from error
        reason = f"cannot be read: {error.strerror or error}; mend its permissions or the disk"
        raise ContentError(path, reason) from error


def _read(path: str, target: Path, max_file_mb: float) -> bytes:
    # Without O_NONBLOCK, opening a pipe waits for somebody to write.
    handle = os.open(target, os.O_RDONLY | getattr(os, "O_NONBLOCK", 0) | getattr(os, "O_BINARY", 0))
    try:
        status = os.fstat(handle)
        if stat.S_ISDIR(status.st_mode):
            reason = "is a link to a folder, or a folder that cannot be listed; copy it here, or mend its permissions"
            raise ContentError(path, reason)
        if not stat.S_ISREG(status.st_mode):
            raise ContentError(path, "is no regular file; remove it from the corpus folder")
        if reason := oversize(status.st_size, max_file_mb):
            raise ContentError(path, reason)
        with os.fdopen(handle, "rb", closefd=False) as file:
            return file.read()
    finally:
        os.close(handle)


def oversize(size: int, max_file_mb: float) -> str:
    """Why a file of so many bytes is not read, "" where it is."""
    if size <= int(max_file_mb * 1_000_000):
        return ""
    return f"has {size / 1_000_000:,.1f} MB, above max_file_mb ({max_file_mb:g}); split it or raise that"


def is_json_feed(path: str) -> bool:
    """Whether a file is a JSON Feed (jsonfeed.org) or an export of Ghost, which are told by their names."""
    name = PurePosixPath(path).name.lower()
    return name == "feed.json" or (".ghost." in name and name.endswith(".json"))


def _relative(corpus_dir: Path, path: Path) -> str:
    return path.relative_to(corpus_dir).as_posix()
