"""The real model: its ONNX export beside sentence-transformers, and vectors of sentences in their passage."""

from __future__ import annotations

import errno
import shutil
import sys
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from chatbot.errors import ModelError
from chatbot.indexing.model import onnx_export
from chatbot.indexing.model.embedder import ModelEmbedder
from chatbot.indexing.model.encoder import (
    MODEL_FILE,
    NARROW_FILE,
    TOKENIZER_FILE,
    WEIGHTS_SUFFIX,
    Encoder,
    concurrently,
)
from chatbot.indexing.model.encoder_card import CARD_FILE
from chatbot.indexing.model.onnx_export import export_encoder
from chatbot.indexing.model.quantisation import quantise
from chatbot.indexing.model.weights import fingerprint, locate_model
from chatbot.indexing.model.windows import Tokens, joined, windows
from chatbot.settings import BUNDLED_MODEL

TEXTS = ("salaries", "How do I become a data engineer?", "C++ or C#? naïve résumé 🙂", "word " * 600)


@pytest.fixture(scope="module")
def embedder(encoders: Path) -> ModelEmbedder:
    return ModelEmbedder(BUNDLED_MODEL, encoders)


@pytest.fixture(scope="module")
def in_full(embedder: ModelEmbedder, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder of an encoder whose products are in full precision."""
    folder = tmp_path_factory.mktemp("encoders") / embedder.fingerprint
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(onnx_export, "_ALIKE", 0.99999)
        export_encoder(embedder._model, "in full", embedder.fingerprint, folder)
    return folder


@pytest.mark.parametrize("text", TEXTS, ids=["one word", "question", "symbols", "beyond the window"])
def test_the_export_agrees_with_sentence_transformers(embedder: ModelEmbedder, in_full: Path, text: str) -> None:
    from sentence_transformers import SentenceTransformer

    model = SentenceTransformer(str(locate_model(BUNDLED_MODEL)), device="cpu")
    theirs = model.encode(text, normalize_embeddings=True)
    asked = embedder.embed_query(text)
    assert 0.9999 > float(asked @ theirs) >= 0.997  # 8-bit products
    assert float(Encoder(in_full).embed_query(text) @ theirs) >= 0.9999
    assert np.linalg.norm(asked) == pytest.approx(1.0, abs=1e-5)
    if len(text) < 1000:  # of what is longer, sentence-transformers reads the beginning
        assert float(embedder.embed_passage(text, []).passage @ theirs) >= 0.997


QUESTIONS = [
    f"{start} {topic}{end}" for start in ("how do", "What is", "is") for topic in TEXTS[:3] for end in ("", " now?")
]


def test_a_known_question_gets_the_same_vector_whatever_is_embedded_beside_it(embedder: ModelEmbedder) -> None:
    """To the last bit: else a build of all articles would differ from builds of one after the other."""
    questions = [*QUESTIONS, *(f"how does a data engineer in team {number} begin" for number in range(40))]
    for question, vector in zip(questions, concurrently(embedder.embed_query, questions), strict=True):
        assert vector.shape == (embedder.dim,)
        assert np.array_equal(vector, embedder.embed_query(question)), question


def test_the_tokens_of_a_question_are_its_own_and_keep_what_they_mean(
    embedder: ModelEmbedder, monkeypatch: pytest.MonkeyPatch
) -> None:
    encoder = Encoder(embedder.encoder_dir)
    asked, python = encoder.read_query("what salary can I expect?"), encoder.read_query("is python hard")

    assert np.array_equal(asked.vector, encoder.embed_query("what salary can I expect?"))
    assert len(asked.tokens.ids) == 6  # nothing before and behind it, the question mark counted
    assert asked.tokens.vectors.shape == (6, 64)
    assert np.linalg.norm(asked.tokens.vectors, axis=1) == pytest.approx(np.ones(6), abs=1e-5)
    pay = encoder.read_query("how much pay do they give").tokens.vectors[2]
    assert asked.tokens.vectors[1] @ pay > python.tokens.vectors[1] @ pay + 0.2
    monkeypatch.setattr(encoder, "card", replace(encoder.card, query_prompt="query: "))
    assert encoder.read_query("what salary can I expect?").tokens.ids.tolist() == asked.tokens.ids.tolist()


def test_products_of_8_bits_are_left_out_where_they_say_something_else(embedder: ModelEmbedder, in_full: Path) -> None:
    weights = f"{Path(MODEL_FILE).stem}{WEIGHTS_SUFFIX}"
    names = sorted(path.name for path in in_full.iterdir())
    assert names == [CARD_FILE, MODEL_FILE, weights, NARROW_FILE, TOKENIZER_FILE]
    assert len({(in_full / name).stat().st_mode for name in names}) == 1
    assert not any(sys.prefix.encode() in (in_full / name).read_bytes() for name in names)
    assert (in_full / weights).stat().st_size > 1.3 * (embedder.encoder_dir / weights).stat().st_size


@pytest.fixture
def exported(in_full: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Spares what torch takes for an export."""
    import onnx

    whole = onnx.load(in_full / MODEL_FILE)
    monkeypatch.setattr(onnx_export, "_export_onnx", lambda _, path: onnx.save(whole, path))


@pytest.mark.usefixtures("exported")
def test_a_model_that_cannot_have_8_bits_keeps_its_products(
    embedder: ModelEmbedder, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(onnx_export, "quantise", lambda *_: 1 / 0)
    export_encoder(embedder._model, "odd", "0123456789abcdef", tmp_path / "odd")
    assert len(list((tmp_path / "odd").iterdir())) == 5
    assert Encoder(tmp_path / "odd").embed_query("pay") @ embedder.embed_query("pay") >= 0.997


@pytest.mark.usefixtures("exported")
def test_an_export_that_says_something_else_is_an_error(
    embedder: ModelEmbedder, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(onnx_export, "_ALIKE", 1.1)
    with pytest.raises(ModelError, match=r"the model 'odd' and its export to ONNX differ: a cosine of 1\.0000"):
        export_encoder(embedder._model, "odd", "0123456789abcdef", tmp_path / "odd")
    assert not list(tmp_path.iterdir())


def test_nothing_is_masked_in_an_export_and_everything_as_before_after_it(in_full: Path) -> None:
    import onnx
    from transformers.masking_utils import ALL_MASK_ATTENTION_FUNCTIONS, sdpa_mask

    operators = {node.op_type for node in onnx.load(in_full / MODEL_FILE, load_external_data=False).graph.node}
    assert "Softmax" in operators
    assert not operators & {"Where", "IsNaN"}
    assert ALL_MASK_ATTENTION_FUNCTIONS["sdpa"] is sdpa_mask


@pytest.mark.index
def test_channels_with_large_values_do_not_blur_the_others(tmp_path: Path) -> None:
    """Two products share what goes into them; one channel in it is two hundred times as large as the rest."""
    import onnx
    import onnxruntime
    from onnx.helper import make_graph, make_model, make_node, make_opsetid, make_tensor_value_info

    draw = np.random.default_rng(7)
    weights = draw.normal(size=(2, 64, 48)).astype(np.float32)
    shapes = [("x", ["texts", "tokens", 64]), *((name, ["texts", "tokens", 48]) for name in "ab")]
    x, *results = (make_tensor_value_info(name, onnx.TensorProto.FLOAT, shape) for name, shape in shapes)
    nodes = [make_node("MatMul", ["x", f"w{name}"], [name], f"to_{name}") for name in "ab"]
    held = [onnx.numpy_helper.from_array(each, f"w{name}") for each, name in zip(weights, "ab", strict=True)]
    graph = make_graph(nodes, "two", [x], results, held)
    onnx.save(make_model(graph, opset_imports=[make_opsetid("", 20)], ir_version=10), tmp_path / "whole.onnx")
    values = draw.normal(size=(1, 9, 64)).astype(np.float32)
    values[..., 5] = 200
    quantise(tmp_path / "whole.onnx", tmp_path / "small.onnx", [{"x": values}])
    session = onnxruntime.InferenceSession(tmp_path / "small.onnx", providers=["CPUExecutionProvider"])
    for found, weight in zip(session.run(["a", "b"], {"x": values}), weights, strict=True):
        rest = values.copy()
        rest[..., 5] = 0
        assert np.abs(found - values @ weight).max() < 0.03 * np.abs(rest @ weight).max()
    assert {node.op_type for node in onnx.load(tmp_path / "small.onnx").graph.node} >= {"MatMulInteger", "Gather"}
    assert (tmp_path / "small.onnx").stat().st_size < (tmp_path / "whole.onnx").stat().st_size


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="Linux has it")
def test_a_full_disk_is_no_fault_of_the_model(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    full = "it.load_model = print; it.export_encoder = lambda *_: it.os.write(it.os.open('/dev/full', 1), b'1')"
    monkeypatch.setattr(onnx_export, "_PROGRAM", f"import chatbot.indexing.model.onnx_export as it; {full}; it.main()")
    with pytest.raises(OSError, match="No space left on device") as caught:
        onnx_export.export_apart("keywords", tmp_path, "0123456789abcdef", tmp_path / "encoders")
    assert (caught.value.errno, caught.value.filename) == (errno.ENOSPC, str(tmp_path / "encoders"))


def test_weights_that_torch_kept_apart_are_taken_over(tmp_path: Path) -> None:
    """As it does where a model is too large for one file."""
    import onnx

    weight = onnx.numpy_helper.from_array(np.arange(9000, dtype=np.float32), "weight")
    graph = onnx.helper.make_graph([], "large", [], [], [weight])
    path = tmp_path / MODEL_FILE
    onnx.save_model(
        onnx.helper.make_model(graph), path, save_as_external_data=True, location=f"{MODEL_FILE}.data", size_threshold=0
    )
    onnx_export._set_weights_apart(path)
    names = sorted(file.name for file in tmp_path.iterdir())
    assert names == [MODEL_FILE, f"{Path(MODEL_FILE).stem}{WEIGHTS_SUFFIX}"]
    (found,) = onnx.load(path).graph.initializer
    assert np.array_equal(onnx.numpy_helper.to_array(found), np.arange(9000, dtype=np.float32))


def test_a_sentence_vector_is_nearest_to_its_own_question(embedder: ModelEmbedder) -> None:
    text = "A data engineer builds pipelines. The cafeteria serves soup on Mondays."
    found = embedder.embed_passage(text, [(0, 33), (34, 71)])
    assert found.sentences.shape == (2, embedder.dim)
    assert int(np.argmax(found.sentences @ embedder.embed_query("what is for lunch?"))) == 1
    assert int(np.argmax(found.sentences @ embedder.embed_query("who makes data pipelines?"))) == 0


def test_a_span_without_a_token_gets_the_vector_of_the_whole(embedder: ModelEmbedder) -> None:
    found = embedder.embed_passage("Some text.", [(0, 0)])
    assert found.sentences[0] == pytest.approx(found.passage)


LONG = "Pay is more than salary. " * 60 + "The cafeteria serves soup on Mondays."


def test_a_text_beyond_the_window_is_read_to_its_end(embedder: ModelEmbedder) -> None:
    spans = [(0, 24), (1500, len(LONG))]
    found = embedder.embed_passage(LONG, spans)
    lunch = embedder.embed_query("what is for lunch?")
    assert found.sentences[1] @ lunch > 0.15 + max(found.sentences[0] @ lunch, found.passage @ lunch)
    halves = [embedder.embed_passage(part, []).passage for part in (LONG[:775], LONG[775:])]
    assert found.passage @ np.mean(halves, axis=0) / np.linalg.norm(np.mean(halves, axis=0)) > 0.999
    assert np.linalg.norm((found.passage, *found.sentences), axis=1) == pytest.approx([1.0] * 3, abs=1e-5)


@pytest.mark.parametrize("most", [12, 13, 40, 510])
def test_windows_are_as_few_and_as_alike_as_can_be(most: int) -> None:
    special = [1] + [0] * 510 + [1]
    found = windows(special, most)
    assert len(found) == -(-510 // (most - 2))
    assert {len(places) for places in found} <= {len(found[0]), len(found[0]) - 1}
    assert max(map(len, found)) <= most
    assert all(places[0] == 0 and places[-1] == 511 for places in found)
    assert [place for places in found for place in places.tolist()[1:-1]] == list(range(1, 511))
    table = Tokens(range(512), [0] * 512, [(n, n + 1) for n in range(512)], special)
    rows = joined(found, [np.array(table.only(places).ids, np.float32)[:, None] for places in found])
    assert rows[:, 0].tolist() == list(range(512))


def test_a_text_that_fits_is_one_window() -> None:
    assert [places.tolist() for places in windows([1, 0, 0, 1], 4)] == [[0, 1, 2, 3]]
    assert [places.tolist() for places in windows([1, 1], 4)] == [[0, 1]]
    assert len(windows([1, 0, 0, 0, 1], 4)) == 2


@pytest.mark.parametrize(
    ("text", "spans"),
    [
        ("Pay is more than salary. Résumés 🙂 matter. Shares count as well.", [(0, 24), (25, 43), (44, 65), (9, 9)]),
        (LONG, [(0, 24), (700, 824), (1500, len(LONG)), (9, 9)]),
    ],
    ids=["short", "beyond the window"],
)
def test_spans_averaged_without_torch_agree_with_the_modules_of_the_model(
    in_full: Path, text: str, spans: list[tuple[int, int]]
) -> None:
    averaged, by_modules = (ModelEmbedder(BUNDLED_MODEL, in_full.parent) for _ in range(2))
    by_modules._card = replace(averaged._card, averages=False)
    ours, theirs = (each.embed_passage(text, spans) for each in (averaged, by_modules))
    assert ours.passage == pytest.approx(theirs.passage, abs=1e-5)
    assert ours.sentences == pytest.approx(theirs.sentences, abs=1e-5)


def test_an_encoder_that_is_made_in_another_way_has_another_fingerprint(monkeypatch: pytest.MonkeyPatch) -> None:
    folder = locate_model(BUNDLED_MODEL)
    before = fingerprint(folder)
    monkeypatch.setattr("chatbot.indexing.model.weights._EXPORT", 0)
    assert fingerprint(folder) != before


def test_a_model_in_a_folder_works_and_a_changed_one_has_another_fingerprint(tmp_path: Path) -> None:
    folder = shutil.copytree(locate_model(BUNDLED_MODEL), tmp_path / "model")
    before = fingerprint(locate_model(str(folder)))
    assert before == fingerprint(locate_model(BUNDLED_MODEL))
    (folder / "config.json").write_text((folder / "config.json").read_text() + " ")
    assert fingerprint(folder) != before


def test_a_folder_without_a_model_is_said_so(tmp_path: Path) -> None:
    with pytest.raises(ModelError, match=r"holds no modules\.json"):
        locate_model(str(tmp_path))


def test_the_process_that_builds_leaves_torch_to_another(
    embedder: ModelEmbedder, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The process that builds may be a server, which keeps what it loads for months."""
    copy = f"import shutil, sys; shutil.copytree({str(embedder.encoder_dir)!r}, sys.argv[4])"
    monkeypatch.setattr(onnx_export, "_PROGRAM", copy)
    monkeypatch.setattr("chatbot.indexing.model.embedder.load_model", lambda *_: pytest.fail("it was loaded here"))
    monkeypatch.setattr(onnx_export, "load_model", lambda *_: pytest.fail("it was loaded here"))
    made = ModelEmbedder(BUNDLED_MODEL, tmp_path)
    assert np.array_equal(made.embed_query("pay"), embedder.embed_query("pay"))


@pytest.mark.index
def test_why_a_model_cannot_be_exported_is_said(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    folder = shutil.copytree(locate_model(BUNDLED_MODEL), tmp_path / "model")
    (folder / "config.json").write_text("{}")
    with pytest.raises(ModelError, match=r"model '.*model' cannot be loaded from .*model: "):
        ModelEmbedder(str(folder), tmp_path / "encoders")
    monkeypatch.setattr(onnx_export, "_PROGRAM", "import os; os.kill(os.getpid(), 9)")
    with pytest.raises(ModelError, match=r"the process for it ended with -9, nothing was said; it takes some .* GB"):
        ModelEmbedder(str(folder), tmp_path / "encoders")
    assert not list((tmp_path / "encoders").glob("*/*"))
