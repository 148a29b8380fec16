"""The embedding model as one ONNX file, so that neither asking nor building needs torch again."""

from __future__ import annotations

import json
import logging
import shutil
import warnings
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING

from chatbot.disk import file_digest, rename_folder, sync_tree
from chatbot.errors import ModelError
from chatbot.indexing.model.encoder import MODEL_FILE, TOKENIZER_FILE
from chatbot.indexing.model.encoder_card import CARD_FILE, EncoderCard

if TYPE_CHECKING:
    from sentence_transformers import SentenceTransformer


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
        sync_tree(aside)
        shutil.rmtree(folder, ignore_errors=True)
        rename_folder(aside, folder)
    finally:
        shutil.rmtree(aside, ignore_errors=True)


def _averages(model: SentenceTransformer) -> bool:
    kinds = [type(module).__name__ for module in model]
    return kinds in (["Transformer", "Pooling"], ["Transformer", "Pooling", "Normalize"]) and (
        model[1].get_config_dict().get("pooling_mode") == "mean"
    )


def _export_onnx(model: SentenceTransformer, path: Path) -> None:
    import torch

    example = model.preprocess(["what does a data engineer do?"] * 2)  # one alone would be taken for a fixed number
    names = [name for name in ("input_ids", "attention_mask", "token_type_ids") if name in example]

    class Whole(torch.nn.Module):  # type: ignore[misc]
        """All modules of the model as one: transformer, pooling, whatever follows, and a final normalisation."""

        def __init__(self) -> None:
            super().__init__()
            self.model = model

        def forward(self, *inputs: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
            out = self.model(dict(zip(names, inputs, strict=True)))
            return out["token_embeddings"], torch.nn.functional.normalize(out["sentence_embedding"], dim=-1)

    texts = torch.export.Dim("texts", min=1, max=1024)
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
                dynamic_shapes={"inputs": tuple({0: texts, 1: length} for _ in names)},
                input_names=names,
                output_names=["tokens", "vector"],
                verbose=False,
            )
            program.save(str(path))
    except Exception as error:  # torch.onnx raises many kinds
        raise ModelError(f"the model cannot be exported to ONNX: {error}") from error
    finally:
        logging.getLogger("torch.onnx").setLevel(level)
