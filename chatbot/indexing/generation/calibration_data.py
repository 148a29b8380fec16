"""What a generation remembers of its calibration, so that questions can be judged and the next build can reuse it.

calibration/
  digests.npy     uint8 (questions, 16)      of the text of each question that was asked
  vectors.npy     float16 (questions, dim)   unit rows
  outside.npy     int64 (lines,)             which of them are out of scope here
  scale.npy       float32 (2, 5)             mean and standard deviation of each kind of evidence over those
  elsewhere.npy   float32 (sentences, 2)     `score` and `known_score` of the corpus's own sentences, their own passage
                                             left out
  own.npy         float32 (sentences, 2)     the same with their own passage
  beyond.npy      float32 (asked lines, 2)   the same of questions out of scope
  tokens/         the tokens of these, in scope here or not; see `question_tokens`
"""

from __future__ import annotations

import hashlib
import os
import shutil
from dataclasses import dataclass, field, fields, replace
from pathlib import Path

import numpy as np
import numpy.typing as npt

from chatbot.arrays import Scores, Vectors, loaded
from chatbot.disk import rename_folder, replace_text
from chatbot.indexing.generation.manifest import MANIFEST, read_manifest, write_manifest
from chatbot.indexing.generation.publication import CURRENT, current, discard
from chatbot.indexing.generation.question_tokens import Codes, Ids, QuestionTokens

FOLDER = "calibration"
_TOKENS = "tokens"


@dataclass(frozen=True, slots=True)
class Calibrated:
    """The files of this module's docstring, and the `figures` that the manifest shows to people."""

    figures: dict[str, float]
    digests: npt.NDArray[np.uint8]
    vectors: npt.NDArray[np.float16] | Vectors
    outside: npt.NDArray[np.int64]
    scale: Scores
    elsewhere: Scores
    own: Scores
    beyond: Scores
    tokens: QuestionTokens = field(default_factory=lambda: QuestionTokens.of(()), kw_only=True)

    @classmethod
    def open(cls, folder: Path, figures: dict[str, float]) -> Calibrated | None:
        """What `folder`, a generation, remembers; None where it was never calibrated."""
        if not (folder / FOLDER).is_dir():
            return None
        arrays = (loaded(folder / FOLDER / f"{name}.npy") for name in array_names())
        return cls(figures, *arrays, tokens=QuestionTokens.open(folder / FOLDER / _TOKENS))

    def write(self, folder: Path) -> None:
        """Write the files into a generation."""
        (folder / FOLDER).mkdir()
        for name in array_names():
            np.save(folder / FOLDER / f"{name}.npy", getattr(self, name))
        self.tokens.write(folder / FOLDER / _TOKENS)

    def vector_of(self) -> dict[bytes, npt.NDArray[np.float16]]:
        """The vector of each question by the digest of its text."""
        return {digest.tobytes(): vector for digest, vector in zip(self.digests, self.vectors, strict=True)}

    def tokens_of(self) -> dict[bytes, tuple[Ids, Codes]]:
        """The tokens of each question out of scope by the digest of its text."""
        return {self.digests[row].tobytes(): self.tokens.of_question(row) for row in range(len(self.tokens.starts) - 1)}


def text_digest(text: str) -> bytes:
    """16 bytes that stand for a text."""
    return hashlib.sha256(text.encode()).digest()[:16]


def store(index_dir: Path, generation: str, calibrated: Calibrated) -> None:
    """Put a new calibration into a whole generation, all else unchanged. For the holder of the lock only.

    Servers that run take it up as they take up a new generation.
    """
    final, aside = index_dir / generation, index_dir / f".building-{generation}"
    shutil.rmtree(aside, ignore_errors=True)
    try:
        shutil.copytree(final, aside, copy_function=_link, ignore=shutil.ignore_patterns(FOLDER, MANIFEST))
        calibrated.write(aside)
        write_manifest(replace(read_manifest(final), calibration=calibrated.figures), aside)
        discard(final)
        rename_folder(aside, final)
    finally:
        shutil.rmtree(aside, ignore_errors=True)
    if current(index_dir) == generation:
        replace_text(index_dir / CURRENT, f"{generation}\n")


def _link(source: str, target: str) -> None:
    try:
        os.link(source, target)
    except OSError:
        shutil.copy2(source, target)


def array_names() -> list[str]:
    """The arrays, in the order of the fields."""
    return [one.name for one in fields(Calibrated) if one.name not in ("figures", _TOKENS)]
