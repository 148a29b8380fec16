"""One order of all folders: what a module may import from, walked over the source of every module."""

from __future__ import annotations

import ast
import subprocess
import sys
from graphlib import TopologicalSorter

import pytest

from tests.support.places import PACKAGE

# A module imports from folders that stand before its own, and from its own folder; one a line. A folder's own modules
# stand above its sub-folders: they are its doors. The first is the package's own modules.
FOLDERS = """
chatbot
content/source
content/markdown
content/elements
content/readers
content
indexing/model
indexing/words
indexing/generation
indexing/milvus
indexing/building
indexing
answering/ranking
answering/understanding
answering/verdict
answering/static
answering
evaluation
insights
editing
serving/web
serving/middleware
serving/chat
serving/editor
serving/api
serving
operating
exporting
cli
""".split()

# Only formats may be more: they are all the same kind of thing.
MOST_MODULES = {"content/readers": 15}

MODULES = sorted(
    ".".join(path.relative_to(PACKAGE).with_suffix("").parts)
    for path in PACKAGE.rglob("*.py")
    if path.name not in {"__init__.py", "__main__.py"}
)


def folder_of(module: str) -> str:
    return "/".join(module.split(".")[:-1]) or "chatbot"


def imported(module: str) -> set[str]:
    """The modules that a module imports, wherever in it."""
    tree = ast.parse((PACKAGE / f"{module.replace('.', '/')}.py").read_text(encoding="utf-8"))
    names: set[str] = set()
    for node in ast.walk(tree):
        if isinstance(node, ast.ImportFrom) and node.module and node.module.startswith("chatbot"):
            for alias in node.names:
                whole, base = f"{node.module}.{alias.name}", node.module
                names.add((whole if whole.removeprefix("chatbot.") in MODULES else base).removeprefix("chatbot."))
        elif isinstance(node, ast.Import):
            names.update(a.name.removeprefix("chatbot.") for a in node.names if a.name.startswith("chatbot"))
    return names


def test_every_folder_has_its_place_in_the_order() -> None:
    assert sorted({folder_of(module) for module in MODULES}) == sorted(FOLDERS)


@pytest.mark.parametrize("module", MODULES)
def test_a_module_imports_only_from_its_folder_and_those_before_it(module: str) -> None:
    allowed = set(FOLDERS[: FOLDERS.index(folder_of(module)) + 1])
    beyond = sorted(name for name in imported(module) if name not in MODULES or folder_of(name) not in allowed)
    assert not beyond, f"{module} imports {beyond}"


def test_no_modules_import_each_other_in_a_circle() -> None:
    TopologicalSorter({module: imported(module) for module in MODULES}).prepare()  # raises CycleError


@pytest.mark.parametrize("folder", FOLDERS)
def test_a_folder_holds_at_most_a_dozen_modules(folder: str) -> None:
    names = [module for module in MODULES if folder_of(module) == folder]
    assert len(names) <= MOST_MODULES.get(folder, 12), f"{folder} holds {names}"


def run(program: str) -> str:
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    return done.stdout.strip()


def test_importing_the_package_loads_nothing_heavy() -> None:
    heavy = ["torch", "transformers", "gradio", "faiss", "onnxruntime", "sentence_transformers", "fastapi"]
    assert run(f"import chatbot, sys; print([name for name in {heavy} if name in sys.modules])") == "[]"


def test_the_root_exports_what_users_need_and_nothing_else() -> None:
    names = run("import chatbot; print(sorted(chatbot.__all__))")
    assert names == str(sorted(["Answer", "Chatbot", "ChatbotError", "Filters", "Hit", "Passage", "Settings", "Turn"]))
