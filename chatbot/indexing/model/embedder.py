"""Texts to vectors, by the ONNX export of a sentence-transformers model wherever its tokens are averaged."""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable, Collection, Sequence
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple, Protocol

from chatbot.arrays import Vectors
from chatbot.errors import ModelError
from chatbot.indexing.model.encoder import Encoder, QueryEmbedder, ReadQuestion, Span, span_mask, token_counter
from chatbot.indexing.model.encoder_card import CARD_FILE, EncoderCard, read_card
from chatbot.indexing.model.onnx_export import export_apart, load_model
from chatbot.indexing.model.weights import fingerprint, locate_model
from chatbot.indexing.model.windows import Tokens, joined, windows

if TYPE_CHECKING:
    import torch
    from sentence_transformers import SentenceTransformer

# Pooling copies all tokens for each span: without a bound, a table of a thousand short rows would fill the memory.
_SPANS_AT_ONCE = 64


class PassageVectors(NamedTuple):
    """`passage` has shape (dim,), `sentences` (number of spans, dim); float32 unit rows."""

    passage: Vectors
    sentences: Vectors


class Embedder(QueryEmbedder, Protocol):
    """What turns text into vectors. `window` is the most tokens that it reads at once, special tokens counted."""

    @property
    def name(self) -> str: ...
    @property
    def fingerprint(self) -> str: ...
    @property
    def dim(self) -> int: ...
    @property
    def window(self) -> int: ...

    def count_tokens(self, text: str) -> int:
        """Tokens of `text` without special tokens."""
        ...

    def embed_passage(self, text: str, spans: Sequence[Span]) -> PassageVectors:
        """The vector of a text of any length and of each of its spans (code point offsets)."""
        ...


class ModelEmbedder:
    """A sentence-transformers model by name or folder.

    A process of its own loads torch once, to export the model. Models that do more than average their tokens need it
    for passages, too.
    """

    def __init__(self, name: str, encoders_dir: Path) -> None:
        """Exports the encoder where it is not there yet.

        Raises ModelError where the model cannot be found, NotInstalled where it takes packages that are not there.
        """
        self.name = name
        self._folder = locate_model(name)
        self.fingerprint = fingerprint(self._folder)
        self.encoder_dir = encoders_dir / self.fingerprint
        self._card = self._export_once()
        # torch uses all cores by itself, and a tokenizer of transformers serves one thread at a time.
        self._one_at_a_time = threading.Lock()
        self.dim = self._card.dim
        self.window = self._card.window

    def _export_once(self) -> EncoderCard:
        if (self.encoder_dir / CARD_FILE).exists():
            try:
                return read_card(self.encoder_dir)
            except ModelError:
                logging.getLogger(__name__).warning("the encoder is damaged and is exported anew")
        export_apart(self.name, self._folder, self.fingerprint, self.encoder_dir)
        return read_card(self.encoder_dir)

    @cached_property
    def _model(self) -> SentenceTransformer:
        return load_model(self.name, self._folder)

    @cached_property
    def count_tokens(self) -> Callable[[str], int]:
        """Tokens of a text without special tokens."""
        counter: Callable[[str], int] = token_counter(self.encoder_dir)
        return counter

    @cached_property
    def _encoder(self) -> Encoder:
        return Encoder(self.encoder_dir, threads=1)

    @property
    def vocabulary(self) -> Collection[str]:
        """The pieces of words that the tokenizer knows."""
        return self._encoder.vocabulary

    def embed_query(self, text: str) -> Vectors:
        """The unit vector of a question, shape (dim,), float32."""
        return self._encoder.embed_query(text)

    def read_query(self, text: str) -> ReadQuestion:
        """The unit vector of a question and its tokens."""
        return self._encoder.read_query(text)

    def embed_passage(self, text: str, spans: Sequence[Span]) -> PassageVectors:
        """The vector of a text and of each of its spans, from one forward pass a window.

        A span's vector is pooled from its tokens in the context of the whole text; see Encoder.embed_passage.
        """
        if self._card.averages:
            return PassageVectors(*self._encoder.embed_passage(text, spans))
        import torch

        prompt = self._card.passage_prompt
        with self._one_at_a_time, torch.inference_mode():
            encoding = self._model.tokenizer(
                prompt + text,
                return_offsets_mapping=True,
                return_special_tokens_mask=True,
                return_token_type_ids=True,
                verbose=False,
            )
            names = ("input_ids", "token_type_ids", "offset_mapping", "special_tokens_mask")
            table = Tokens(*(encoding[name] for name in names))
            places = windows(table.special, self.window)
            read = [self._read(table.only(some)) for some in places]
            whole = torch.nn.functional.normalize(sum(vector for vector, _ in read), dim=-1)
            tokens = torch.from_numpy(joined(places, [each.numpy() for _, each in read]))
            mask = span_mask(table.offsets, spans, len(prompt))
            sentences = self._pool(tokens[None], torch.from_numpy(mask)) if len(spans) else whole[None][:0]
        rows: Vectors = sentences.numpy()
        rows[~mask.any(axis=1)] = whole.numpy()
        return PassageVectors(whole.numpy(), rows)

    def _read(self, tokens: Tokens) -> tuple[torch.Tensor, torch.Tensor]:
        """The unit vector of a window, shape (dim,), and those of its tokens, shape (tokens, dim)."""
        import torch

        known = {"input_ids": tokens.ids, "token_type_ids": tokens.type_ids, "attention_mask": [1] * len(tokens.ids)}
        out = self._model({name: torch.tensor([known[name]]) for name in self._model.tokenizer.model_input_names})
        return torch.nn.functional.normalize(out["sentence_embedding"][0], dim=-1), out["token_embeddings"][0]

    def _pool(self, tokens: torch.Tensor, mask: torch.Tensor) -> torch.Tensor:
        import torch

        pooled = []
        for some in mask.split(_SPANS_AT_ONCE):
            features = {"token_embeddings": tokens.expand(len(some), -1, -1), "attention_mask": some.to(torch.int64)}
            for module in list(self._model)[1:]:
                features = module(features)
            pooled.append(torch.nn.functional.normalize(features["sentence_embedding"], dim=-1))
        return torch.cat(pooled)
