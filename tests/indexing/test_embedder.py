"""The real model: its ONNX export beside sentence-transformers, and vectors of sentences in their passage."""

from __future__ import annotations

import shutil
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from chatbot.errors import ModelError
from chatbot.indexing.model.embedder import ModelEmbedder
from chatbot.indexing.model.weights import fingerprint, locate_model
from chatbot.settings import BUNDLED_MODEL

TEXTS = ("salaries", "How do I become a data engineer?", "C++ or C#? naïve résumé 🙂", "word " * 600)


@pytest.fixture(scope="module")
def embedder(encoders: Path) -> ModelEmbedder:
    return ModelEmbedder(BUNDLED_MODEL, encoders)


@pytest.mark.parametrize("text", TEXTS, ids=["one word", "question", "symbols", "beyond the window"])
def test_the_export_agrees_with_sentence_transformers(embedder: ModelEmbedder, text: str) -> None:
    from sentence_transformers import SentenceTransformer

    model = SentenceTransformer(str(locate_model(BUNDLED_MODEL)), device="cpu")
    ours, theirs = embedder.embed_query(text), model.encode(text, normalize_embeddings=True)
    assert float(ours @ theirs) >= 0.9999
    assert np.linalg.norm(ours) == pytest.approx(1.0, abs=1e-5)
    assert float(embedder.embed_passage(text, []).passage @ theirs) >= 0.9999


def test_a_sentence_vector_is_nearest_to_its_own_question(embedder: ModelEmbedder) -> None:
    text = "A data engineer builds pipelines. The cafeteria serves soup on Mondays."
    found = embedder.embed_passage(text, [(0, 33), (34, 71)])
    assert found.sentences.shape == (2, embedder.dim)
    assert int(np.argmax(found.sentences @ embedder.embed_query("what is for lunch?"))) == 1
    assert int(np.argmax(found.sentences @ embedder.embed_query("who makes data pipelines?"))) == 0


def test_a_span_without_a_token_gets_the_vector_of_the_whole(embedder: ModelEmbedder) -> None:
    found = embedder.embed_passage("Some text.", [(0, 0)])
    assert found.sentences[0] == pytest.approx(found.passage)


def test_spans_averaged_without_torch_agree_with_the_modules_of_the_model(embedder: ModelEmbedder) -> None:
    text, spans = (
        "Pay is more than salary. Résumés 🙂 matter. Shares count as well.",
        [(0, 24), (25, 43), (44, 65), (9, 9)],
    )
    by_modules = ModelEmbedder(BUNDLED_MODEL, embedder.encoder_dir.parent)
    by_modules._card = replace(embedder._card, averages=False)
    ours, theirs = embedder.embed_passage(text, spans), by_modules.embed_passage(text, spans)
    assert ours.passage == pytest.approx(theirs.passage, abs=1e-5)
    assert ours.sentences == pytest.approx(theirs.sentences, abs=1e-5)


def test_a_model_in_a_folder_works_and_a_changed_one_has_another_fingerprint(tmp_path: Path) -> None:
    folder = shutil.copytree(locate_model(BUNDLED_MODEL), tmp_path / "model")
    before = fingerprint(locate_model(str(folder)))
    assert before == fingerprint(locate_model(BUNDLED_MODEL))
    (folder / "config.json").write_text((folder / "config.json").read_text() + " ")
    assert fingerprint(folder) != before


def test_a_folder_without_a_model_is_said_so(tmp_path: Path) -> None:
    with pytest.raises(ModelError, match=r"holds no modules\.json"):
        locate_model(str(tmp_path))
