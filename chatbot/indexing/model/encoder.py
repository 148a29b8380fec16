"""The encoder: the embedding model as an ONNX file and one tokenizer file. Neither asking nor building needs torch.

<index>/encoders/<fingerprint>/
  model.onnx        input_ids, attention_mask, ... of a text -> the vectors of its tokens and its unit vector
  model.weights     what the processes of a machine share
  tokenizer.json
  narrow.npy        float32 (token dim, few), what is left of the vector of a token where single ones are compared
  encoder.json      name, fingerprint, dim, window, prompts, and the SHA-256 of the files above

Products are in 8 bits (quantisation.py) but where a model would say something else with them.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Collection, Iterable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple, Protocol, TypeVar

import numpy as np
import numpy.typing as npt

from chatbot.arrays import Vectors
from chatbot.errors import ModelError
from chatbot.indexing.model.encoder_card import read_card
from chatbot.indexing.model.windows import Tokens, joined, windows

if TYPE_CHECKING:
    from tokenizers import Encoding, Tokenizer

Span = tuple[int, int]
MODEL_FILE = "model.onnx"
TOKENIZER_FILE = "tokenizer.json"
NARROW_FILE = "narrow.npy"
WEIGHTS_SUFFIX = ".weights"
# Slower than adding and normalising apart: 5 instead of 1 ms for a text of 220 tokens.
_NO_FUSION_OF = ["SkipLayerNormFusion"]
_Text = TypeVar("_Text")
_Vectors = TypeVar("_Vectors")


class TokenVectors(NamedTuple):
    """The tokens of a question: their numbers in the tokenizer's vocabulary, shape (tokens,), and their unit vectors in
    few dimensions, shape (tokens, few), float32.
    """

    ids: npt.NDArray[np.int32]
    vectors: Vectors


class ReadQuestion(NamedTuple):
    """What a model makes of a question: its unit vector, shape (dim,), float32, and its tokens."""

    vector: Vectors
    tokens: TokenVectors

    @property
    def shares(self) -> Shares:
        """The tokens of a question that has one reading."""
        return ((1.0, self.tokens),) if len(self.tokens.ids) else ()


NO_TOKENS = TokenVectors(np.empty(0, np.int32), np.empty((0, 0), np.float32))
Shares = tuple[tuple[float, TokenVectors], ...]
"""The tokens of several readings of a question, each with its share; together the shares are 1."""


class QueryEmbedder(Protocol):
    """What turns a question into a vector: all that answering asks of a model."""

    @property
    def vocabulary(self) -> Collection[str]:
        """The pieces of words that the tokenizer knows."""
        ...

    def embed_query(self, text: str) -> Vectors:
        """The unit vector of a question, shape (dim,), float32."""
        ...

    def read_query(self, text: str) -> ReadQuestion:
        """The same, and the tokens of the question; none where the model has none."""
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


class Encoder:
    """An exported encoder, opened. Safe to use from several threads.

    Each text goes through the model by itself, without padding: on a CPU this is as fast as batches, and its vector
    does not depend on others, so that a partial build and a full one agree to the last bit.
    """

    def __init__(self, folder: Path, *, threads: int = 0) -> None:
        """Raises ModelError where a file is missing, altered or unusable.

        With one thread a text takes half the CPU time of two, and there are others for other cores. 0 threads are as
        many as there are cores.
        """
        import onnxruntime
        from tokenizers import Tokenizer

        self._folder = folder
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
            self._session = onnxruntime.InferenceSession(
                str(folder / MODEL_FILE),
                options,
                providers=["CPUExecutionProvider"],
                disabled_optimizers=_NO_FUSION_OF,
            )
            self._tokenizer = Tokenizer.from_file(str(folder / TOKENIZER_FILE))
        except Exception as error:  # both libraries raise bare exceptions of their own
            raise ModelError(f"the encoder in {folder} cannot be opened: {error}; rebuild the index") from error
        self._tokenizer.no_padding()
        self._tokenizer.enable_truncation(self.card.window)
        self._narrow = np.load(folder / NARROW_FILE)
        self._inputs = [value.name for value in self._session.get_inputs()]

    @cached_property
    def _whole_tokenizer(self) -> Tokenizer:
        return _whole_tokenizer(self._folder)

    @property
    def vocabulary(self) -> Collection[str]:
        """The pieces of words that the tokenizer knows."""
        pieces: Collection[str] = self._tokenizer.get_vocab().keys()
        return pieces

    def embed_query(self, text: str) -> Vectors:
        """The unit vector of a question, shape (dim,), float32."""
        return self.read_query(text).vector

    def read_query(self, text: str) -> ReadQuestion:
        """The unit vector of a question, and its tokens but special ones and those of the model's prompt."""
        prompt = self.card.query_prompt
        encoding = self._tokenizer.encode(prompt + text)
        vector, tokens = self._run(encoding)
        own = np.array([start >= len(prompt) for start, _ in encoding.offsets]) & ~np.array(
            encoding.special_tokens_mask, bool
        )
        return ReadQuestion(
            vector, TokenVectors(np.array(encoding.ids, np.int32)[own], _unit(tokens[own] @ self._narrow))
        )

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
        read = [self._run(table.only(some)) for some in places]
        (whole,) = _unit(np.sum([vector for vector, _ in read], axis=0, keepdims=True))
        mask = span_mask(table.offsets, spans, len(prompt))
        pooled = _unit(mask.astype(np.float32) @ joined(places, [tokens for _, tokens in read]))
        return whole, np.where(mask.any(axis=1, keepdims=True), pooled, whole)

    def _run(self, text: Encoding | Tokens) -> tuple[Vectors, Vectors]:
        """The unit vector of a text, shape (dim,), and those of its tokens, shape (tokens, dim)."""
        values = {"input_ids": text.ids, "attention_mask": [1] * len(text.ids), "token_type_ids": text.type_ids}
        feed = {name: np.array([values[name]], dtype=np.int64) for name in self._inputs}
        (vector,), (tokens,) = self._session.run(["vector", "tokens"], feed)
        return vector, tokens


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
