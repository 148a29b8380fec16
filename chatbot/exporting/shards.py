"""Files that a script fetches one by one: a head in JSON and numbers behind it, compressed, each named by its content.

A file is gzip of: the length of the head as uint32, the head in UTF-8, and the arrays one after the other, all little
endian. Hosts need not know what it is, and whoever has it once never asks again.
"""

from __future__ import annotations

import gzip
import hashlib
import json
import math
from collections.abc import Callable, Iterable
from typing import Any

import numpy as np
import numpy.typing as npt

NAME_BYTES = 6
_FNV, _FNV_OTHER, _PRIME = 0x811C9DC5, 0x9747B28C, 0x01000193
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


def stretches(numbers: Array) -> list[list[int]]:
    """Numbers as stretches that count up: the first of each, and how many there are."""
    firsts = np.flatnonzero(np.diff(numbers, prepend=-2) != 1)
    counts = np.diff([*firsts, len(numbers)])
    return [[int(numbers[first]), int(count)] for first, count in zip(firsts, counts, strict=True)]


def hashes(text: str) -> tuple[int, int]:
    """Two numbers of 32 bits that stand for a text: FNV-1a (Fowler, Noll, Vo) of its UTF-8 from two beginnings."""
    return _hash(text, _FNV), _hash(text, _FNV_OTHER)


def _hash(text: str, value: int) -> int:
    for byte in text.encode("utf-8", "surrogatepass"):
        value = (value ^ byte) * _PRIME & 0xFFFFFFFF
    return value


def shards(keys: Iterable[str], most: int, write: Callable[[list[str]], bytes], folder: str, files: Files) -> list[str]:
    """The paths of files that hold keys by their hash, about `most` in each; `write` gives the bytes of some keys.

    A key more or less changes its own file alone, but where that many come together that there are more files.
    """
    told = sorted(set(keys))
    parts: list[list[str]] = [[] for _ in range(_roughly(len(told) / most))]
    for key in told:
        parts[_hash(key, _FNV) % len(parts)].append(key)
    return [put(write(part), folder, files) for part in parts]


def _roughly(number: float) -> int:
    """The next of the numbers that are three bits and zeros, at least 1."""
    step = 1 << max(math.ceil(math.log2(max(number, 1))) - 3, 0)
    return max(math.ceil(number / step) * step, 1)


def put(content: bytes, folder: str, files: Files) -> str:
    """The path at which a content is kept."""
    path = f"{folder}/{name_of(content).hex()}.bin"
    files[path] = content
    return path
