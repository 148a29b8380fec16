"""Every error text of the editors' side is explained in docs/troubleshooting.md by its own words."""

from __future__ import annotations

import ast
import re
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
PAGE = (ROOT / "docs" / "troubleshooting.md").read_text(encoding="utf-8")
EXPLAINED = re.findall(r"`([^`]+)`", PAGE.replace("\n", " "))
MODULES = ["indexing/snapshot", "indexing/build", "indexing/generations", "indexing/gate", "indexing/seen"]
MODULES += ["indexing/starting", "answering/effect", "answering/gold"]
RAISED = {"ChatbotError", "SettingsError", "CorpusIndexError", "IndexMissing", "IndexMismatch", "IndexLocked"}
RAISED |= {"PublishRefused", "NoSuchGeneration", "JudgedSetError"}


def fixed_parts(node: ast.expr) -> list[str]:
    """The words of a message that are the same whatever it is about."""
    if isinstance(node, ast.Constant) and isinstance(node.value, str):
        return [node.value]
    return [part for value in getattr(node, "values", []) for part in fixed_parts(value)]


def messages() -> list[tuple[str, list[str]]]:
    found = []
    for module in MODULES:
        tree = ast.parse((ROOT / "chatbot" / f"{module}.py").read_text(encoding="utf-8"))
        for node in ast.walk(tree):
            if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id in RAISED and node.args:
                parts = fixed_parts(node.args[0])
                if parts:
                    found.append((f"{module}:{node.lineno}", parts))
    return found


def is_explained(parts: list[str]) -> bool:
    text = "".join(parts)
    pieces = ([piece.strip() for piece in one.split("…") if len(piece.strip()) > 5] for one in EXPLAINED)
    return any(words and all(word in text for word in words) for words in pieces)


def test_messages_are_found_at_all() -> None:
    assert len(messages()) >= 15


@pytest.mark.parametrize(("place", "parts"), messages(), ids=[place for place, _ in messages()])
def test_every_error_of_the_editors_side_is_explained(place: str, parts: list[str]) -> None:
    assert is_explained(parts), f"{place}: docs/troubleshooting.md does not explain {parts}"


@pytest.mark.parametrize("module", ["indexing/generations", "indexing/build", "indexing/reading"])
def test_every_difference_that_is_named_is_explained(module: str) -> None:
    tree = ast.parse((ROOT / "chatbot" / f"{module}.py").read_text(encoding="utf-8"))
    texts = [
        node.value
        for node in ast.walk(tree)
        if isinstance(node, ast.Constant) and isinstance(node.value, str) and node.value.startswith("the file ")
    ]
    assert [text for text in texts if not is_explained([text])] == []
