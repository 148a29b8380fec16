"""The encoder: the embedding model as one ONNX file and one tokenizer file. Neither asking nor building needs torch.

<index>/encoders/<fingerprint>/
  model.onnx        input_ids, attention_mask, ... of one text -> token vectors and the text's unit vector
  tokenizer.json
  encoder.json      name, fingerprint, dim, window, prompts, and the SHA-256 of the two files above
"""

from __future__ import annotations

import json
import logging
import shutil
import warnings
from collections.abc import Collection, Sequence
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from chatbot.arrays import Vectors
from chatbot.disk import file_digest, sync
from chatbot.errors import ModelError
from chatbot.indexing.card import CARD_FILE, EncoderCard, read_card

if TYPE_CHECKING:
    from sentence_transformers import SentenceTransformer

Span = tuple[int, int]
MODEL_FILE = "model.onnx"
TOKENIZER_FILE = "tokenizer.json"


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


def export_encoder(model: SentenceTransformer, name: str, fingerprint: str, folder: Path) -> None:
    """Write the encoder of `model` to `folder`, complete or not at all."""
    aside = folder.with_name(f".building-{folder.name}")
    shutil.rmtree(aside, ignore_errors=True)
    aside.mkdir(parents=True)
    try:
        _export_onnx(model, aside / MODEL_FILE)
        model.tokenizer.backend_tokenizer.save(str(aside / TOKENIZER_FILE))
        prompts = model.prompts or {}
        card = EncoderCard(
            name=name,
            fingerprint=fingerprint,
            dim=int(model.get_embedding_dimension() or 0),
            window=int(model.max_seq_length or 512),
            query_prompt=prompts.get("query", ""),
            passage_prompt=prompts.get("document", prompts.get("passage", "")),
            averages=_averages(model),
            digests={file: file_digest(aside / file) for file in (MODEL_FILE, TOKENIZER_FILE)},
        )
        (aside / CARD_FILE).write_text(json.dumps(asdict(card), indent=1), encoding="utf-8")
        for file in aside.iterdir():
            sync(file)
        shutil.rmtree(folder, ignore_errors=True)
        aside.rename(folder)
    finally:
        shutil.rmtree(aside, ignore_errors=True)


def _averages(model: SentenceTransformer) -> bool:
    kinds = [type(module).__name__ for module in model]
    return kinds in (["Transformer", "Pooling"], ["Transformer", "Pooling", "Normalize"]) and (
        model[1].get_config_dict().get("pooling_mode") == "mean"
    )


def _export_onnx(model: SentenceTransformer, path: Path) -> None:
    import torch

    example = model.preprocess(["what does a data engineer do?"])
    names = [name for name in ("input_ids", "attention_mask", "token_type_ids") if name in example]

    class Whole(torch.nn.Module):  # type: ignore[misc]
        """All modules of the model as one: transformer, pooling, whatever follows, and a final normalisation."""

        def __init__(self) -> None:
            super().__init__()
            self.model = model

        def forward(self, *inputs: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
            out = self.model(dict(zip(names, inputs, strict=True)))
            return out["token_embeddings"], torch.nn.functional.normalize(out["sentence_embedding"], dim=-1)

    length = torch.export.Dim("length", min=2, max=int(model.max_seq_length or 512))
    level = logging.getLogger("torch.onnx").level
    logging.getLogger("torch.onnx").setLevel(logging.ERROR)
    try:
        with warnings.catch_warnings(), torch.inference_mode():
            warnings.simplefilter("ignore")
            program = torch.onnx.export(
                Whole().eval(),
                tuple(example[name] for name in names),
                dynamo=True,
                dynamic_shapes={"inputs": tuple({1: length} for _ in names)},
                input_names=names,
                output_names=["tokens", "vector"],
                verbose=False,
            )
            program.save(str(path))
    except Exception as error:  # torch.onnx raises many kinds
        raise ModelError(f"the model cannot be exported to ONNX: {error}") from error
    finally:
        logging.getLogger("torch.onnx").setLevel(level)
