"""A model's products in 8 bits, all but the few channels whose values are far above all others.

What goes into a product has some such channels, beside which 8 bits leave nothing of the rest. They are multiplied by
themselves, in full precision, as in "LLM.int8()" (arXiv 2208.07339).
"""

from __future__ import annotations

import logging
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

from chatbot.arrays import Vectors

if TYPE_CHECKING:
    import onnx

Feed = Mapping[str, npt.NDArray[np.int64]]
# How many of them: 4 leave .9980 of the cosine to the whole model's vectors, 16 .9984, and 32 the same.
_APART = 16


def quantise(whole: Path, path: Path, feeds: Sequence[Feed]) -> None:
    """Write the model in `whole` with 8-bit products to `path`. `feeds` are texts as it takes them.

    Weights have 7 bits, since without VNNI the sums of two products of 8 would not fit. What goes into a product is
    scaled by its own largest value, so that a vector depends on whatever goes through the model with its text.
    Raises what onnx and onnxruntime raise, of many kinds, where they do not know what the model is made of.
    """
    import onnx
    from onnxruntime.quantization import QuantType, quantize_dynamic

    model = onnx.load(whole)
    in_full = _set_apart(model, feeds)
    level = logging.root.manager.disable
    logging.disable(logging.WARNING)
    try:
        quantize_dynamic(
            model,
            path,
            op_types_to_quantize=["MatMul"],
            per_channel=True,
            reduce_range=True,
            weight_type=QuantType.QInt8,
            nodes_to_exclude=in_full,
        )
    finally:
        logging.disable(level)


def _set_apart(model: onnx.ModelProto, feeds: Iterable[Feed]) -> list[str]:
    """Make two products of each, of the few channels and of the rest; the names of the former.

    Products that share what goes into them share its two parts.
    """
    from onnx.helper import make_node
    from onnx.numpy_helper import from_array, to_array

    graph = model.graph
    weights = {tensor.name: tensor for tensor in graph.initializer if len(tensor.dims) == 2}
    products = {
        node.output[0]: node.input[0] for node in graph.node if node.op_type == "MatMul" and node.input[1] in weights
    }
    largest = _largest(model, list(dict.fromkeys(products.values())), feeds)
    nodes, split, in_full = [], set(), []
    for node in graph.node:
        nodes.append(node)
        if node.output[0] not in products:
            continue
        (value, weight), (result,) = node.input, node.output
        few = np.sort(np.argsort(-largest[value], kind="stable")[:_APART])
        if value not in split:
            split.add(value)
            is_rest = np.ones(len(largest[value]), np.float32)
            is_rest[few] = 0
            graph.initializer.extend((from_array(is_rest, f"{value}_is_rest"), from_array(few, f"{value}_is_few")))
            nodes[-1:-1] = (
                make_node("Mul", [value, f"{value}_is_rest"], [f"{value}_rest"], f"{value}_rest"),
                make_node("Gather", [value, f"{value}_is_few"], [f"{value}_few"], f"{value}_few", axis=-1),
            )
        of_rest = to_array(weights[weight]).copy()
        of_few = of_rest[few]
        of_rest[few] = 0  # else they count for how the others are scaled
        names = [f"{result}_of_rest", f"{result}_of_few"]
        graph.initializer.extend(
            from_array(part, f"{name}_weight") for part, name in zip((of_rest, of_few), names, strict=True)
        )
        node.input[:], node.output[0] = (f"{value}_rest", f"{names[0]}_weight"), names[0]
        nodes += (
            make_node("MatMul", [f"{value}_few", f"{names[1]}_weight"], [names[1]], names[1]),
            make_node("Add", names, [result], result),
        )
        in_full.append(names[1])
    del graph.node[:]
    graph.node.extend(nodes)
    used = {name for node in nodes for name in node.input}
    kept = [tensor for tensor in graph.initializer if tensor.name in used]
    del graph.initializer[:]
    graph.initializer.extend(kept)
    return in_full


def _largest(model: onnx.ModelProto, values: Sequence[str], feeds: Iterable[Feed]) -> dict[str, Vectors]:
    """The largest absolute value of each channel over all tokens, for each of the named values of the model."""
    import onnx
    import onnxruntime

    told = onnx.ModelProto()
    told.CopyFrom(model)
    told.graph.output.extend(
        onnx.helper.make_tensor_value_info(value, onnx.TensorProto.FLOAT, None) for value in values
    )
    session = onnxruntime.InferenceSession(told.SerializeToString(), providers=["CPUExecutionProvider"])
    found: dict[str, list[Vectors]] = defaultdict(list)
    for feed in feeds:
        for value, array in zip(values, session.run(values, feed), strict=True):
            found[value].append(np.abs(array).reshape(-1, array.shape[-1]).max(axis=0))
    return {value: np.max(rows, axis=0) for value, rows in found.items()}
