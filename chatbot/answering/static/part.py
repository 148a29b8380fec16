"""What a generation needs to answer without the model, in one file: `index/static/GENERATION.npz`.

It is fitted where the model is (`exporting/making`), and read by an export and by a server that has none. What is
taken over for the next generation is in it, too, so that an edit changes few files of an export.

    meta                   JSON: format, generation, encoder, baseline, figures of the calibration
    words, pairs           UTF-8, a line each: those of the table
    weights                float32 (words,)
    basis                  float32 (dim of the model, DIM), orthonormal columns: the space of all vectors here
    rows, heads, passages, sentences, questions
                           `.codes` and `.scales` of vectors at four bits: of the table, of all that StaticArrays names
    added                  float32 (passages,)
    digests                uint8 (passages, bytes) of the embedded text of each passage
    keys                   uint8 (passages, 16) of what a head is fitted to
    slots                  int32 (passages,): the number of each passage in files of an export, the same as long as it
                           stays as it is
    lesson                 uint64 (texts,), ascending: the beginnings of the digests of what the table was fitted to
    calibration.*          the arrays of a calibration
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from chatbot.answering.static.packed import Packed
from chatbot.answering.static.static_index import Baseline, StaticArrays, StaticIndex
from chatbot.answering.static.word_table import WordTable
from chatbot.arrays import Scores, Vectors, read_arrays, replace_arrays
from chatbot.errors import StaticMissing
from chatbot.indexing.generation.calibration_data import Calibrated, array_names
from chatbot.indexing.generation.local_index import LocalIndex
from chatbot.indexing.words.bm25 import Totals

FOLDER = "static"
FORMAT = 1
_PACKED = ("heads", "passages", "sentences", "questions")


@dataclass(frozen=True, slots=True, eq=False)
class StaticPart:
    """What the file of this module's docstring holds."""

    generation: str
    encoder: str
    table: WordTable
    basis: Vectors
    arrays: StaticArrays
    baseline: Baseline
    digests: npt.NDArray[np.uint8]
    keys: npt.NDArray[np.uint8]
    slots: npt.NDArray[np.int32]
    lesson: npt.NDArray[np.uint64]
    calibrated: Calibrated

    @classmethod
    def read(cls, index_dir: Path, generation: str) -> StaticPart:
        """That of a generation. Raises StaticMissing where there is none that can be read."""
        path = place_of(index_dir, generation)
        try:
            return cls(**_read(read_arrays(path)))
        except FileNotFoundError:
            raise StaticMissing(generation, f"{path} is not there") from None
        except (OSError, ValueError, KeyError, TypeError) as error:
            raise StaticMissing(generation, f"{path} cannot be read: {error}") from error

    def write(self, index_dir: Path) -> None:
        """Write the file, whole or not at all. Raises OSError."""
        replace_arrays(place_of(index_dir, self.generation), dict(self._written()))

    def over(self, index: LocalIndex) -> StaticIndex:
        """What answers with it; `index` is its generation. Raises StaticMissing where they do not fit together."""
        starts, questions = index.sentence_vectors.starts, len(index.questions.digests)
        wanted = len(index), len(index), int(starts[-1]), questions
        found = tuple(len(getattr(self.arrays, name)) for name in _PACKED)
        if (self.generation, found) != (index.generation, wanted):
            raise StaticMissing(index.generation, f"what there is holds {found} vectors, expected {wanted}")
        static = StaticIndex(index, self.table, self.arrays, self.baseline)
        static.calibrate_by(self.calibrated)
        return static

    def _written(self) -> Iterator[tuple[str, npt.NDArray[Any]]]:
        meta = {
            "format": FORMAT,
            "generation": self.generation,
            "encoder": self.encoder,
            "baseline": asdict(self.baseline),
            "figures": self.calibrated.figures,
        }
        yield "meta", _bytes(json.dumps(meta, sort_keys=True))
        yield "words", _bytes("\n".join(self.table.words))
        yield "pairs", _bytes("\n".join(self.table.pairs))
        yield "weights", self.table.weights
        packs = {"rows": self.table.rows} | {name: getattr(self.arrays, name) for name in _PACKED}
        for name, pack in packs.items():
            yield f"{name}.codes", pack.codes
            yield f"{name}.scales", pack.scales
        yield "added", self.arrays.added
        for name in ("basis", "digests", "keys", "slots", "lesson"):
            yield name, getattr(self, name)
        for name in array_names():
            yield f"calibration.{name}", getattr(self.calibrated, name)


def place_of(index_dir: Path, generation: str) -> Path:
    """Where the file of a generation is or would be."""
    return index_dir / FOLDER / f"{generation}.npz"


def _read(arrays: dict[str, npt.NDArray[Any]]) -> dict[str, Any]:
    """The fields of a part. Raises ValueError or KeyError."""
    meta = json.loads(arrays["meta"].tobytes())
    if meta["format"] != FORMAT:
        raise ValueError(f"has format {meta['format']}, expected {FORMAT}")
    packs = {name: Packed(arrays[f"{name}.codes"], arrays[f"{name}.scales"]) for name in ("rows", *_PACKED)}
    words, pairs = (arrays[name].tobytes().decode().split("\n") for name in ("words", "pairs"))
    baseline = meta["baseline"]
    weights: Scores = arrays["weights"]
    return {
        "generation": meta["generation"],
        "encoder": meta["encoder"],
        "table": WordTable(words, [pair for pair in pairs if pair], weights, packs.pop("rows")),
        "arrays": StaticArrays(added=arrays["added"], **packs),
        "baseline": Baseline(Totals(**baseline["passages"]), Totals(**baseline["questions"]), baseline["hub"]),
        "calibrated": Calibrated(meta["figures"], *(arrays[f"calibration.{name}"] for name in array_names())),
        **{name: arrays[name] for name in ("basis", "digests", "keys", "slots", "lesson")},
    }


def _bytes(text: str) -> npt.NDArray[np.uint8]:
    return np.frombuffer(text.encode("utf-8", "surrogatepass"), np.uint8)
