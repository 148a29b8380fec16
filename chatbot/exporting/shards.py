"""Files that a script fetches one by one: a head in JSON and numbers behind it, compressed, each named by its content.

A file is gzip of: the length of the head as uint32, the head in UTF-8, and the arrays one after the other, all little
endian. Hosts need not know what it is, and whoever has it once never asks again.
"""

from __future__ import annotations

import gzip
import hashlib
import json
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

NAME_BYTES = 6
Files = dict[str, bytes]
Array = npt.NDArray[Any]


def packed(head: Any, *arrays: Array) -> bytes:
    """The bytes of one file; the same of the same content."""
    text = json.dumps(head, ensure_ascii=False, separators=(",", ":")).encode()
    parts = (np.ascontiguousarray(each, each.dtype.newbyteorder("<")).tobytes() for each in arrays)
    whole = len(text).to_bytes(4, "little") + text + b"".join(parts)
    return gzip.compress(whole, 9, mtime=0)


def name_of(content: bytes) -> bytes:
    """NAME_BYTES bytes that stand for a content."""
    return hashlib.sha256(content).digest()[:NAME_BYTES]


def varints(numbers: Iterable[int]) -> npt.NDArray[np.uint8]:
    """Numbers >= 0 as LEB128: seven bits a byte, the lowest first, the eighth says that more follow."""
    out = bytearray()
    for number in numbers:
        left = number
        while left > 127:
            out.append(left & 127 | 128)
            left >>= 7
        out.append(left)
    return np.frombuffer(bytes(out), np.uint8)


def gaps(rows: Array) -> list[int]:
    """Ascending rows as the first and the differences."""
    steps: list[int] = np.diff(rows, prepend=0).tolist()
    return steps


@dataclass(frozen=True, slots=True)
class Shards:
    """Sorted keys in files: the first key of each file, and the names of all, NAME_BYTES each."""

    firsts: tuple[str, ...]
    names: bytes


def shards(keys: Sequence[str], most: int, write: Callable[[slice], bytes], folder: str, files: Files) -> Shards:
    """Write sorted keys into files of at most so many; `write` gives the bytes of some that follow each other."""
    firsts, names = [], []
    for start in range(0, len(keys), most):
        firsts.append(keys[start])
        names.append(_put(write(slice(start, min(start + most, len(keys)))), folder, files))
    return Shards(tuple(firsts), b"".join(names))


def put(content: bytes, folder: str, files: Files) -> str:
    """The path at which a content is kept."""
    return f"{folder}/{_put(content, folder, files).hex()}.bin"


def _put(content: bytes, folder: str, files: Files) -> bytes:
    name = name_of(content)
    files[f"{folder}/{name.hex()}.bin"] = content
    return name
