"""The embedding model as one ONNX file, so that neither asking nor building needs torch again."""

from __future__ import annotations

import json
import logging
import os
import shutil
import subprocess
import sys
import warnings
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from chatbot.arrays import Vectors
from chatbot.disk import file_digest, rename_folder, sync_tree
from chatbot.errors import ModelError
from chatbot.indexing.model.encoder import MODEL_FILE, NARROW_FILE, TOKENIZER_FILE, WEIGHTS_SUFFIX
from chatbot.indexing.model.encoder_card import CARD_FILE, EncoderCard
from chatbot.indexing.model.quantisation import Feed, quantise
from chatbot.installation import require

if TYPE_CHECKING:
    from sentence_transformers import SentenceTransformer

_PROGRAM = "from chatbot.indexing.model.onnx_export import main; main()"
_SAID, _REFUSED = 3, 4  # how the process ends where it says why it cannot export, and where the system refused
_EXPORTS = ("torch", "sentence_transformers", "onnx", "onnxscript")
_INPUTS = ("input_ids", "attention_mask", "token_type_ids")
_ALIKE = 0.99
_FEW = 64  # dimensions of a token: 32 lose a little, 96 and all 384 gain nothing
_TEXTS = (
    "what does a data engineer do?",
    "salary",
    "I was laid off after eleven years as a tester and don't know whether to study again. Is it too late at 47?",
    "C++ or Java, which one first",
    "Interviews > Before the day\nRead the advert again and write an example of your own beside each thing that it "
    "asks for: what the situation was, what you did, and what came of it. Most people prepare answers; few prepare "
    "questions. If a date does not suit you, say so (politely!) and offer two others.\n- 09:30, room 2.14; bring a "
    "photo ID.",
)


def load_model(name: str, folder: Path) -> SentenceTransformer:
    """The model whose files are in a folder; `name` is for messages. Raises ModelError, NotInstalled."""
    require(*_EXPORTS)
    os.environ.setdefault("TOKENIZERS_PARALLELISM", "false")
    # Threads that wait for each other by spinning make a build many times slower on a busy machine.
    os.environ.setdefault("OMP_WAIT_POLICY", "PASSIVE")
    # Before faiss in every process that needs both: the other order crashes on macOS.
    from sentence_transformers import SentenceTransformer
    from transformers.utils import logging as transformers_logging

    transformers_logging.disable_progress_bar()
    try:
        model = SentenceTransformer(str(folder), device="cpu", local_files_only=True)
    except Exception as error:  # a folder of unknown origin can fail in any way
        raise ModelError(f"model '{name}' cannot be loaded from {folder}: {error}") from error
    if not getattr(model.tokenizer, "is_fast", False):
        raise ModelError(f"model '{name}' has no fast tokenizer, which is needed to find sentences in tokens")
    return model.eval()


def export_apart(name: str, source: Path, fingerprint: str, folder: Path) -> None:
    """Write the encoder of the model in `source` to `folder`, see `export_encoder`, by a process of its own.

    torch takes a gigabyte, which the process that builds, or serves for months what it built, need not keep. Raises
    ModelError, NotInstalled, and OSError where the disk refuses.
    """
    require(*_EXPORTS)
    done = subprocess.run(  # noqa: S603 - our own interpreter and program
        # -P: the folder it is started in, which may be the corpus, is no place for modules.
        [sys.executable, "-P", "-c", _PROGRAM, name, str(source), fingerprint, str(folder)],
        capture_output=True,
        check=False,
        encoding="utf-8",
        errors="replace",
        env=os.environ | {"PYTHONPATH": os.pathsep.join(filter(None, sys.path)), "PYTHONIOENCODING": "utf-8"},
    )
    if done.returncode == _SAID:
        raise ModelError(done.stdout.strip())
    if done.returncode == _REFUSED:
        raise OSError(*json.loads(done.stdout.strip().splitlines()[-1]))
    if done.returncode:
        last = (done.stderr.strip().splitlines() or ["nothing was said"])[-1]
        raise ModelError(
            f"model '{name}' cannot be exported to ONNX: the process for it ended with {done.returncode}, {last}; "
            "it takes some 1.2 GB of memory, and is started again by the next build"
        )


def main() -> None:
    """What the process of `export_apart` does: its arguments are those."""
    name, source, fingerprint, folder = sys.argv[1:]
    try:
        export_encoder(load_model(name, Path(source)), name, fingerprint, Path(folder))
    except ModelError as error:
        sys.stdout.write(str(error))
        raise SystemExit(_SAID) from error
    except OSError as error:
        sys.stdout.write(json.dumps([error.errno, error.strerror or str(error), error.filename or folder]))
        raise SystemExit(_REFUSED) from error


def export_encoder(model: SentenceTransformer, name: str, fingerprint: str, folder: Path) -> None:
    """Write the encoder of `model` to `folder`, complete or not at all."""
    aside = folder.with_name(f".building-{folder.name}")
    shutil.rmtree(aside, ignore_errors=True)
    aside.mkdir(parents=True)
    try:
        _export_onnx(model, aside / MODEL_FILE)
        feeds = _quantise(model, name, aside / MODEL_FILE)
        np.save(aside / NARROW_FILE, _narrow(aside / MODEL_FILE, feeds))
        _set_weights_apart(aside / MODEL_FILE)
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
            digests={path.name: file_digest(path) for path in sorted(aside.iterdir())},
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

    example = model.preprocess([_TEXTS[0]] * 2)  # one alone would be taken for a fixed number
    names = [name for name in _INPUTS if name in example]

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
        with warnings.catch_warnings(), torch.inference_mode(), _nothing_masked():
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
    except OSError:  # a full disk says nothing of the model
        raise
    except Exception as error:  # torch.onnx raises many kinds
        raise ModelError(f"the model cannot be exported to ONNX: {error}") from error
    finally:
        logging.getLogger("torch.onnx").setLevel(level)


def _quantise(model: SentenceTransformer, name: str, path: Path) -> Sequence[Feed]:
    """Give the model in `path` 8-bit products, unless it cannot have any or says something else with them.

    Returns the texts that it was tried on, as the model takes them.
    Raises ModelError where even without them it says something else than the model that it was made of.
    """
    import torch

    features = [model.preprocess([text]) for text in _TEXTS]
    feeds = [{key: each[key].numpy() for key in _INPUTS if key in each} for each in features]
    with torch.inference_mode():
        rows = torch.cat([model(dict(each))["sentence_embedding"] for each in features])
    vectors: Vectors = torch.nn.functional.normalize(rows, dim=-1).numpy()
    cosine = _least_cosine(path, feeds, vectors)
    if cosine < _ALIKE:
        raise ModelError(f"the model '{name}' and its export to ONNX differ: a cosine of {cosine:.4f} for one text")
    quantised = path.with_suffix(".quantised")
    try:
        quantise(path, quantised, feeds)
        if _least_cosine(quantised, feeds, vectors) >= _ALIKE:
            quantised.replace(path)
    except OSError:  # a full disk says nothing of the model
        raise
    except Exception as error:  # kinds of models that ONNX Runtime does not know
        logging.getLogger(__name__).info("no 8-bit products for '%s': %s", name, error)
    finally:
        quantised.unlink(missing_ok=True)
    return feeds


@contextmanager
def _nothing_masked() -> Iterator[None]:
    """Leave out what hides padding, of which there is none, as transformers does by itself but where it exports."""
    from transformers.masking_utils import AttentionMaskInterface, sdpa_mask

    def mask(*args: Any, allow_is_bidirectional_skip: bool = False, local_size: int | None = None, **rest: Any) -> Any:
        if allow_is_bidirectional_skip and local_size is None:
            return None
        return sdpa_mask(*args, local_size=local_size, **rest)

    AttentionMaskInterface.register("sdpa", mask)
    try:
        yield
    finally:
        AttentionMaskInterface.register("sdpa", sdpa_mask)


def _set_weights_apart(path: Path) -> None:
    """Write the weights of a model to a file beside it, which is mapped into the memory of every process once.

    Left out is from where in torch's code each part came: paths of this machine, more than the model itself.
    """
    import onnx

    model, weights = onnx.load(path), path.with_suffix(WEIGHTS_SUFFIX)
    graph = model.graph
    for part in (model, graph, *graph.node, *graph.value_info, *graph.input, *graph.output, *graph.initializer):
        del part.metadata_props[:]
    onnx.save_model(model, path, save_as_external_data=True, location=weights.name, size_threshold=16 * 1024)
    weights.chmod(path.stat().st_mode)  # it was made for its owner alone
    path.with_name(f"{path.name}.data").unlink(missing_ok=True)  # where torch put those of a large model


def _narrow(path: Path, feeds: Sequence[Feed]) -> Vectors:
    """The directions in which the tokens of some texts differ most, shape (token dim, few), so that they lie side by
    side in few dimensions as they do in all; docs/retrieval.md.
    """
    import onnxruntime

    session = onnxruntime.InferenceSession(path, providers=["CPUExecutionProvider"])
    tokens = np.concatenate([session.run(["tokens"], feed)[0][0] for feed in feeds])
    tokens /= np.maximum(np.linalg.norm(tokens, axis=1, keepdims=True), 1e-12)
    _, _, directions = np.linalg.svd(tokens, full_matrices=False)
    narrow: Vectors = np.ascontiguousarray(directions[:_FEW].T.astype(np.float32))
    return narrow


def _least_cosine(path: Path, feeds: Sequence[Feed], vectors: Vectors) -> float:
    """The least cosine of what an export makes of each of some texts to `vectors`, shape (texts, dim)."""
    import onnxruntime

    session = onnxruntime.InferenceSession(path, providers=["CPUExecutionProvider"])
    found = [session.run(["vector"], feed)[0][0] for feed in feeds]
    return float((np.array(found) * vectors).sum(axis=1).min())
