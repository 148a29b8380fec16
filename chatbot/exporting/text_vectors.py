"""The model's vectors of words and of pieces of sentences, kept beside the index, so that fitting again is quick.

`index/static/texts.npz`: `encoder` the fingerprint of the model, `digests` uint8 (texts, 16), `vectors` float32
(texts, dim). It may be deleted at any time.
"""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path

import numpy as np
import numpy.typing as npt

from chatbot.arrays import Vectors, read_arrays, replace_arrays
from chatbot.exporting.table_fit import Embed
from chatbot.indexing.generation.calibration_data import text_digest


class TextVectors:
    """Embeds texts, each once."""

    def __init__(self, path: Path, encoder: str, dim: int, embed: Embed) -> None:
        """What is kept in the file at `path` is taken over where it is of this `encoder`."""
        self._path, self._encoder, self._dim, self._embed = path, encoder, dim, embed
        self._known: dict[bytes, npt.NDArray[np.float32]] = {}
        self._used: dict[bytes, npt.NDArray[np.float32]] = {}
        with suppress(OSError, ValueError, KeyError):
            kept = read_arrays(path)
            if kept["encoder"].tobytes().decode() == encoder:
                self._known = dict(zip(map(bytes, kept["digests"]), kept["vectors"], strict=True))

    def __call__(self, texts: Sequence[str]) -> Vectors:
        """The unit vectors of texts, shape (texts, dim), float32."""
        digests = [text_digest(text) for text in texts]
        unknown = {digest: text for digest, text in zip(digests, texts, strict=True) if digest not in self._known}
        self._known |= dict(zip(unknown, self._embed([*unknown.values()]), strict=True))
        self._used |= {digest: self._known[digest] for digest in digests}
        found = np.array([self._used[digest] for digest in digests], np.float32)
        return found.reshape(-1, self._dim)

    def keep(self) -> None:
        """Write those that were asked for, and no others. Raises OSError."""
        digests = np.frombuffer(b"".join(self._used), np.uint8).reshape(-1, 16)
        vectors = np.array([*self._used.values()], np.float32).reshape(-1, self._dim)
        encoder = np.frombuffer(self._encoder.encode(), np.uint8)
        replace_arrays(self._path, {"encoder": encoder, "digests": digests, "vectors": vectors})
