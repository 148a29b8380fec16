"""The encoder: the embedding model as ONNX files and one tokenizer file. Neither asking nor building needs torch.

<index>/encoders/<fingerprint>/
  model.onnx        input_ids, attention_mask, ... of texts of one length -> token vectors and the texts' unit vectors
  question.onnx     the same with 8-bit products, for what visitors ask; not where they would say something else
  *.weights         the weights of each, which the processes of a machine share
  tokenizer.json
  encoder.json      name, fingerprint, dim, window, prompts, and the SHA-256 of the files above
"""

from __future__ import annotations

import json
import os
from collections import defaultdict
from collections.abc import Callable, Collection, Iterable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol, TypeVar

import numpy as np
import numpy.typing as npt

from chatbot.arrays import Vectors
from chatbot.errors import ModelError
from chatbot.indexing.model.encoder_card import CARD_FILE, read_card
from chatbot.indexing.model.windows import Tokens, joined, windows

if TYPE_CHECKING:
    from tokenizers import Encoding, Tokenizer

Span = tuple[int, int]
MODEL_FILE = "model.onnx"
QUESTION_FILE = "question.onnx"
TOKENIZER_FILE = "tokenizer.json"
WEIGHTS_SUFFIX = ".weights"
# Texts of one length go through the model together: none is padded, so that each gets the vector that it gets alone.
_TOGETHER = 16
_Text = TypeVar("_Text")
_Vectors = TypeVar("_Vectors")


class QueryEmbedder(Protocol):
    """What turns a question into a vector: all that answering asks of a model."""

    @property
    def vocabulary(self) -> Collection[str]:
        """The pieces of words that the tokenizer knows."""
        ...

    def embed_query(self, text: str) -> Vectors:
        """The unit vector of a question, shape (dim,), float32."""
        ...


def concurrently(embed: Callable[[_Text], _Vectors], texts: Iterable[_Text]) -> Iterator[_Vectors]:
    """What `embed` makes of each text, in their order, worked on by as many threads as there are cores.

    A text on one core each is half as much again in a second as one text on two, and the vectors are the same.
    """
    threads = ThreadPoolExecutor(os.cpu_count() or 2)
    try:
        yield from threads.map(embed, texts)
    finally:
        threads.shutdown(cancel_futures=True)


class _Encoder:
    """An exported encoder, one of its models opened. Safe to use from several threads."""

    def __init__(self, folder: Path, files: Sequence[str], threads: int) -> None:
        """Opens the first of the files that there is. Raises ModelError where one is missing, altered or unusable."""
        import onnxruntime
        from tokenizers import Tokenizer

        self.card = read_card(folder)
        options = onnxruntime.SessionOptions()
        options.log_severity_level = 3
        options.intra_op_num_threads = threads
        # Threads hand a question to each other a hundred times. Spinning for a moment, and never between questions, is
        # a quarter sooner than sleeping and costs no more; spinning for long costs several times the work itself.
        options.add_session_config_entry("session.intra_op.allow_spinning", "1")
        options.add_session_config_entry("session.intra_op.spin_duration_us", "20")
        options.add_session_config_entry("session.force_spinning_stop", "1")
        try:
            model = next(file for file in files if file in self.card.digests)
            self._session = onnxruntime.InferenceSession(
                str(folder / model), options, providers=["CPUExecutionProvider"]
            )
            self._tokenizer = Tokenizer.from_file(str(folder / TOKENIZER_FILE))
        except Exception as error:  # both libraries raise bare exceptions of their own
            raise ModelError(f"the query encoder in {folder} cannot be opened: {error}; rebuild the index") from error
        self._tokenizer.no_padding()
        self._tokenizer.enable_truncation(self.card.window)
        self._inputs = [value.name for value in self._session.get_inputs()]

    def _run(self, encodings: Sequence[Encoding | Tokens]) -> tuple[Vectors, Vectors]:
        """The vectors of texts of the same number of tokens, shape (texts, dim), and those of their tokens."""
        values = {
            "input_ids": [encoding.ids for encoding in encodings],
            "attention_mask": [[1] * len(encoding.ids) for encoding in encodings],
            "token_type_ids": [encoding.type_ids for encoding in encodings],
        }
        feed = {name: np.array(values[name], dtype=np.int64) for name in self._inputs}
        vectors, tokens = self._session.run(["vector", "tokens"], feed)
        if self.card.averages:
            # The same as the model's own mean but for the last bit, which there depends on how many texts there are.
            vectors = _unit(tokens.sum(axis=1))
        return vectors, tokens


class QueryEncoder(_Encoder):
    """Embeds what visitors ask, with 8-bit products where there are some: half the time, docs/decisions.md."""

    def __init__(self, folder: Path, *, threads: int = 0) -> None:
        """Raises ModelError where a file is missing, altered or unusable.

        With one thread a question takes half the CPU time of two, and a server has other questions for other cores. 0
        threads are as many as there are cores.
        """
        super().__init__(folder, (QUESTION_FILE, MODEL_FILE), threads)

    @property
    def vocabulary(self) -> Collection[str]:
        """The pieces of words that the tokenizer knows."""
        pieces: Collection[str] = self._tokenizer.get_vocab().keys()
        return pieces

    def embed_query(self, text: str) -> Vectors:
        """The unit vector of a question, shape (dim,), float32."""
        vectors, _ = self._run([self._tokenizer.encode(self.card.query_prompt + text)])
        vector: Vectors = vectors[0]
        return vector


def question_files(folder: Path) -> dict[str, bytes]:
    """The files of an encoder that a question takes, which are an encoder by themselves, by their names.

    Raises ModelError where one is missing or altered.
    """
    card = read_card(folder)
    model = QUESTION_FILE if QUESTION_FILE in card.digests else MODEL_FILE
    wanted = [model, Path(model).with_suffix(WEIGHTS_SUFFIX).name, TOKENIZER_FILE]
    own = card.only(wanted)
    files = {name: (folder / name).read_bytes() for name in own.digests}
    return {**files, CARD_FILE: json.dumps(asdict(own), indent=1).encode()}


def keep_question_files(folder: Path) -> None:
    """Leave of an encoder what a question takes alone, for servers that build nothing. Raises ModelError."""
    kept = question_files(folder)
    for path in folder.iterdir():
        if path.name not in kept:
            path.unlink()
    (folder / CARD_FILE).write_bytes(kept[CARD_FILE])


class PassageEncoder(_Encoder):
    """Embeds what an index holds, one thread a text."""

    def __init__(self, folder: Path) -> None:
        """Raises ModelError where a file is missing, altered or unusable."""
        super().__init__(folder, (MODEL_FILE,), 1)
        self._whole_tokenizer = _whole_tokenizer(folder)
        takes_many = isinstance(self._session.get_inputs()[0].shape[0], str)  # earlier exports take one
        self._together = _TOGETHER if takes_many and self.card.averages else 1

    def embed_queries(self, texts: Sequence[str]) -> Vectors:
        """The unit vectors of questions that are known, shape (texts, dim), float32."""
        encodings = [self._tokenizer.encode(self.card.query_prompt + text) for text in texts]
        by_length: dict[int, list[int]] = defaultdict(list)
        for place, encoding in enumerate(encodings):
            by_length[len(encoding)].append(place)
        step = self._together
        batches = [places[at : at + step] for places in by_length.values() for at in range(0, len(places), step)]

        def embed(places: list[int]) -> Vectors:
            vectors, _ = self._run([encodings[place] for place in places])
            return vectors

        found = np.empty((len(texts), self.card.dim), np.float32)
        for places, vectors in zip(batches, concurrently(embed, batches), strict=True):
            found[places] = vectors
        return found

    def embed_passage(self, text: str, spans: Sequence[Span]) -> tuple[Vectors, Vectors]:
        """The unit vectors of a text, shape (dim,), and of its spans (code point offsets), shape (spans, dim).

        A span's vector is the normalised mean of its tokens in the context of the whole text ("late chunking", arXiv
        2409.04701). A span without a token gets the vector of the whole. A text of more tokens than the window is read
        in several, and its vector is the normalised mean of theirs. For encoders that average only.
        """
        prompt = self.card.passage_prompt
        encoding = self._whole_tokenizer.encode(prompt + text)
        table = Tokens(encoding.ids, encoding.type_ids, encoding.offsets, encoding.special_tokens_mask)
        places = windows(table.special, self.card.window)
        read = [self._run([table.only(some)]) for some in places]
        (whole,) = _unit(np.sum([vectors for vectors, _ in read], axis=0))
        mask = span_mask(table.offsets, spans, len(prompt))
        pooled = _unit(mask.astype(np.float32) @ joined(places, [tokens[0] for _, tokens in read]))
        return whole, np.where(mask.any(axis=1, keepdims=True), pooled, whole)


def _unit(rows: Vectors) -> Vectors:
    """Rows of length 1; a row of zeros stays one."""
    lengths: Vectors = np.maximum(np.linalg.norm(rows, axis=1, keepdims=True), 1e-12)
    return rows / lengths


def span_mask(offsets: Sequence[Span], spans: Sequence[Span], shift: int) -> npt.NDArray[np.bool_]:
    """Which tokens lie inside each span, shape (spans, tokens); `shift` is what stands in front of the spans' text."""
    first, last = (np.array(spans, dtype=np.int64).reshape(-1, 2) + shift).T[:, :, None]
    starts, ends = np.array(offsets, dtype=np.int64).reshape(-1, 2).T
    mask: npt.NDArray[np.bool_] = (starts < ends) & (first <= starts) & (ends <= last)
    return mask


def token_counter(folder: Path) -> Any:
    """A function from a text to its number of tokens, special tokens not counted, nothing cut off."""
    tokenizer = _whole_tokenizer(folder)
    return lambda text: len(tokenizer.encode(text, add_special_tokens=False).ids)


def _whole_tokenizer(folder: Path) -> Tokenizer:
    from tokenizers import Tokenizer

    tokenizer = Tokenizer.from_file(str(folder / TOKENIZER_FILE))
    tokenizer.no_padding()
    tokenizer.no_truncation()
    return tokenizer
