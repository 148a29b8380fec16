"""Files that are zip archives (DOCX, EPUB), opened with limits. Nothing is ever unpacked to the disk."""

from __future__ import annotations

import io
import zipfile

from chatbot.content.source.front_matter import one_line
from chatbot.errors import ContentError

MOST_MEMBERS = 10_000
MOST_BYTES = 200_000_000
"""Of all members together, unpacked."""

_OLE = b"\xd0\xcf\x11\xe0"
"""What Office files begin with that are older than zip archives, or encrypted."""

_MOST_RATIO = 200
_RATIO_FROM = 1_000_000
"""A member of more bytes than this is refused where it unpacks to more than _MOST_RATIO times its packed size."""


def open_archive(path: str, data: bytes) -> zipfile.ZipFile:
    """The archive in `data`. Raises ContentError where it is none, is locked, or unpacks to more than is sensible."""
    if data.startswith(_OLE):
        raise ContentError(path, "is protected by a password or has an older format; save it again without either")
    try:
        archive = zipfile.ZipFile(io.BytesIO(data))
    except (zipfile.BadZipFile, ValueError, NotImplementedError) as error:
        raise ContentError(path, f"is damaged: {one_line(str(error))}; save it again") from error
    members = archive.infolist()
    whole = sum(member.file_size for member in members)
    if len(members) > MOST_MEMBERS or whole > MOST_BYTES:
        size = f"{len(members):,} files with {whole / 1e6:,.0f} MB"
        raise ContentError(
            path, f"unpacks to {size}; at most {MOST_MEMBERS:,} with {MOST_BYTES / 1e6:,.0f} MB are read; split it"
        )
    for member in members:
        if member.file_size > max(_RATIO_FROM, _MOST_RATIO * member.compress_size):
            raise ContentError(path, f"holds {member.file_size / 1e6:,.0f} MB packed into almost nothing; remove it")
        if member.flag_bits & 1:
            raise ContentError(path, "is protected by a password; save it without one")
    return archive


def read_member(path: str, archive: zipfile.ZipFile, name: str) -> bytes:
    """The bytes of one member. Raises ContentError where it is missing or damaged."""
    try:
        return archive.read(name)
    except KeyError as error:
        raise ContentError(path, f"is damaged: {one_line(name)[:200]} is missing in it; save it again") from error
    except Exception as error:  # beside those of zipfile, zlib and lzma have errors of their own
        raise ContentError(path, f"is damaged: {one_line(str(error))}; save it again") from error
