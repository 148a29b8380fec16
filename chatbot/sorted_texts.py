"""Many short texts in little memory: side by side in one block of bytes, found by halving."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Collection, Iterator, Sequence

import numpy as np
import numpy.typing as npt


class SortedTexts(Collection[str]):
    """Texts in the order of their UTF-8 bytes, of which several may be the same. Safe to use from several threads.

    A set of them takes six times the memory.
    """

    def __init__(self, texts: Sequence[str] | Sequence[bytes]) -> None:
        """Bytes are UTF-8."""
        encoded = [text if isinstance(text, bytes) else _utf8(text) for text in texts]
        order = sorted(range(len(encoded)), key=encoded.__getitem__)
        #: For each place in this order, which of the texts it is.
        self.order: npt.NDArray[np.int32] = np.array(order, np.int32)
        self._ends = np.cumsum([len(encoded[number]) for number in order], dtype=np.uint32)
        self._block = b"".join(encoded[number] for number in order)

    def __len__(self) -> int:
        return len(self.order)

    def __contains__(self, text: object) -> bool:
        return isinstance(text, str) and self.first(text) is not None

    def __iter__(self) -> Iterator[str]:
        return (self._at(place).decode("utf-8", "surrogatepass") for place in range(len(self)))

    def first(self, text: str) -> int | None:
        """Which of the texts it is, the first in order of those that are the same; None where it is not there."""
        return next(self.all(text), None)

    def all(self, text: str) -> Iterator[int]:
        """All that are the same."""
        wanted = _utf8(text)
        place = bisect_left(range(len(self)), wanted, key=self._at)
        while place < len(self) and self._at(place) == wanted:
            yield int(self.order[place])
            place += 1

    def _at(self, place: int) -> bytes:
        return self._block[self._ends[place - 1] if place else 0 : self._ends[place]]


def _utf8(text: str) -> bytes:
    return text.encode("utf-8", "surrogatepass")
