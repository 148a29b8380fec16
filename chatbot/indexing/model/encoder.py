"""The encoder: the embedding model as one ONNX file and one tokenizer file. Neither asking nor building needs torch.

<index>/encoders/<fingerprint>/
  model.onnx        input_ids, attention_mask, ... of one text -> token vectors and the text's unit vector
  tokenizer.json
  encoder.json      name, fingerprint, dim, window, prompts, and the SHA-256 of the two files above
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from pathlib import Path
from typing import Any, Protocol

import numpy as np
import numpy.typing as npt

from chatbot.arrays import Vectors
from chatbot.errors import ModelError
from chatbot.indexing.model.encoder_card import read_card

Span = tuple[int, int]
MODEL_FILE = "model.onnx"
TOKENIZER_FILE = "tokenizer.json"


class QueryEmbedder(Protocol):
    """What turns a question into a vector: all that answering asks of a model."""

    @property
    def vocabulary(self) -> Collection[str]:
        """The pieces of words that the tokenizer knows."""
        ...

    def embed_query(self, text: str) -> Vectors:
        """The unit vector of a question, shape (dim,), float32."""
        ...


class QueryEncoder:
    """An exported encoder, opened. Safe to use from several threads."""

    def __init__(self, folder: Path, *, threads: int = 0) -> None:
        """Raises ModelError where a file is missing, altered or unusable.

        With one thread a question takes half the CPU time of two, and a server has other questions for other cores. 0
        threads are as many as there are cores.
        """
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
            self._session = onnxruntime.InferenceSession(
                str(folder / MODEL_FILE), options, providers=["CPUExecutionProvider"]
            )
            self._tokenizer = Tokenizer.from_file(str(folder / TOKENIZER_FILE))
        except Exception as error:  # both libraries raise bare exceptions of their own
            raise ModelError(f"the query encoder in {folder} cannot be opened: {error}; rebuild the index") from error
        self._tokenizer.no_padding()
        self._tokenizer.enable_truncation(self.card.window)
        self._inputs = [value.name for value in self._session.get_inputs()]

    @property
    def vocabulary(self) -> Collection[str]:
        """The pieces of words that the tokenizer knows."""
        pieces: Collection[str] = self._tokenizer.get_vocab().keys()
        return pieces

    def embed_query(self, text: str) -> Vectors:
        """The unit vector of a question, shape (dim,), float32."""
        vector, _, _ = self._run(self.card.query_prompt + text)
        return vector

    def embed_passage(self, text: str, spans: Sequence[Span]) -> tuple[Vectors, Vectors]:
        """The unit vectors of a text, shape (dim,), and of its spans (code point offsets), shape (spans, dim).

        A span's vector is the normalised mean of its tokens in the context of the whole text ("late chunking", arXiv
        2409.04701). A span without a token gets the vector of the whole. For encoders that average only.
        """
        prompt = self.card.passage_prompt
        whole, tokens, offsets = self._run(prompt + text)
        mask = span_mask(offsets, spans, len(prompt))
        sums: Vectors = mask.astype(np.float32) @ tokens
        lengths = np.linalg.norm(sums, axis=1, keepdims=True)
        return whole, np.where(mask.any(axis=1, keepdims=True), sums / np.maximum(lengths, 1e-12), whole)

    def _run(self, text: str) -> tuple[Vectors, Vectors, list[Span]]:
        """The vector of a text, those of its tokens, and where each token stands."""
        encoding = self._tokenizer.encode(text)
        values = {
            "input_ids": encoding.ids,
            "attention_mask": encoding.attention_mask,
            "token_type_ids": encoding.type_ids,
        }
        feed = {name: np.array([values[name]], dtype=np.int64) for name in self._inputs}
        vectors, tokens = self._session.run(["vector", "tokens"], feed)
        return vectors[0], tokens[0], encoding.offsets


def span_mask(offsets: Sequence[Span], spans: Sequence[Span], shift: int) -> npt.NDArray[np.bool_]:
    """Which tokens lie inside each span, shape (spans, tokens); `shift` is what stands in front of the spans' text."""
    first, last = (np.array(spans, dtype=np.int64).reshape(-1, 2) + shift).T[:, :, None]
    starts, ends = np.array(offsets, dtype=np.int64).reshape(-1, 2).T
    mask: npt.NDArray[np.bool_] = (starts < ends) & (first <= starts) & (ends <= last)
    return mask


def token_counter(folder: Path) -> Any:
    """A function from a text to its number of tokens, special tokens not counted, nothing cut off."""
    from tokenizers import Tokenizer

    tokenizer = Tokenizer.from_file(str(folder / TOKENIZER_FILE))
    tokenizer.no_padding()
    tokenizer.no_truncation()
    return lambda text: len(tokenizer.encode(text, add_special_tokens=False).ids)
