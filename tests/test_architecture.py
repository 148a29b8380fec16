"""The developers' pages are about this code: its tree, its files of the index and the places that they name exist."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from chatbot.answering.verdict.calibration import calibrate
from chatbot.content.markdown.blocks import blocks
from chatbot.indexing.building.build import build
from chatbot.indexing.generation.publication import current
from chatbot.settings import Settings
from tests.support.keyword_embedder import KeywordEmbedder
from tests.support.places import PACKAGE, ROOT
from tests.test_imports import FOLDERS, MODULES, folder_of

# Pages whose places begin below chatbot/.
PAGES = [ROOT / "docs" / f"{name}.md" for name in ("architecture", "tree", "index-files", "decisions", "contributing")]
DOCUMENTS = [ROOT / "README.md", *sorted((ROOT / "docs").glob("*.md"))]
MOST_CHARACTERS = 120


def chapter(heading: str) -> str:
    """What stands below a heading of the page about the files of the index, up to the next one."""
    text = (ROOT / "docs" / "index-files.md").read_text(encoding="utf-8")
    found = re.search(rf"^## {re.escape(heading)}\n(.+?)(?=^## |\Z)", text, re.M | re.S)
    assert found, heading
    return found[1]


def drawn() -> str:
    (found,) = re.findall(r"```\n(.+?)```", (ROOT / "docs" / "tree.md").read_text(encoding="utf-8"), re.S)
    return found


def tree() -> dict[str, list[str]]:
    """The entries of each folder of the tree, in its order."""
    entries: dict[str, list[str]] = {}
    for line in filter(None, drawn().split("\n")):
        name, said = line.split(maxsplit=1)
        if line.startswith(" "):
            entries[list(entries)[-1]].append(name)
        else:
            assert said.endswith("?"), line
            entries[name.rstrip("/")] = []
    return entries


def spans(document: Path) -> list[str]:
    """Whatever a document has in code outside of its blocks."""
    return sorted(set(re.findall(r"`([^`\n]+)`", re.sub(r"```.+?```", "", document.read_text("utf-8"), flags=re.S))))


def places(document: Path) -> list[str]:
    """Those that name a file or folder of this repository; a part in capitals stands for any name."""
    rooms = {"chatbot", "tests", "docs"} | (
        {folder.partition("/")[0] for folder in FOLDERS} if document in PAGES else set()
    )
    named = {span.partition(":")[0] for span in spans(document) if re.fullmatch(r"[\w./-]+(:[\w.]+)?", span)}
    found = {
        name for name in named if ("/" in name and name.partition("/")[0] in rooms) or re.fullmatch(r"\w+\.py", name)
    }
    return sorted(name for name in found if not Path(name).stem.isupper())


def defined(body: list[ast.stmt]) -> Iterator[tuple[str, list[ast.stmt]]]:
    """The names that a module or class defines, each with what stands inside it."""
    for node in body:
        if isinstance(node, ast.ClassDef | ast.FunctionDef | ast.AsyncFunctionDef):
            yield node.name, node.body
        for target in getattr(node, "targets", [getattr(node, "target", None)]):
            if isinstance(target, ast.Name):
                yield target.id, []


def test_every_folder_is_in_the_tree_in_the_order_of_imports() -> None:
    assert list(tree()) == FOLDERS


@pytest.mark.parametrize("folder", FOLDERS)
def test_the_tree_names_the_modules_of_a_folder_and_nothing_else(folder: str) -> None:
    entries = tree()[folder]
    modules = [f"{module.rpartition('.')[2]}.py" for module in MODULES if folder_of(module) == folder]
    assert sorted(entry for entry in entries if entry.endswith(".py")) == sorted(modules)
    inside = PACKAGE if folder == "chatbot" else PACKAGE / folder
    assert [entry for entry in entries if not (inside / entry).exists()] == []


def test_every_question_of_the_tree_is_asked_once() -> None:
    said = re.findall(r"^\S+ +(.+)$", drawn(), re.M)
    assert len(said) == len(set(said)) == len(FOLDERS)


def test_every_file_of_a_generation_is_explained_and_no_other(tmp_path: Path) -> None:
    settings = Settings(corpus_dir=tmp_path / "corpus", index_dir=tmp_path / "index")
    settings.corpus_dir.mkdir()
    (settings.corpus_dir / "pay.md").write_text("# Pay\n\nAsk for better pay when you get an offer.\n")
    build(settings, embedder=KeywordEmbedder(), calibrate=calibrate)
    folder = settings.index_dir / current(settings.index_dir)
    found = {path.relative_to(folder).as_posix() for path in folder.rglob("*") if path.is_file()}
    files, ways = chapter("One generation").split("| files |")
    nested = {name for name in found if name.startswith("questions/lexical/")}
    assert {name.partition("/")[2] for name in nested} == {name for name in found if name.startswith("lexical/")}
    assert set(re.findall(r"^\| `([\w./]+)` \|", files, re.M)) == found - nested | {"questions/lexical"}
    kinds = re.findall(r"^\| `([\w./]+)` \|", ways, re.M)
    assert set(kinds) == {name if "/" not in name else f"{name.partition('/')[0]}/" for name in found}
    beside = {path.name for path in settings.index_dir.iterdir()} - {folder.name}
    assert {name for name in beside if f"`{name}`" not in chapter("Beside the generations")} == set()


@pytest.mark.parametrize(("document", "name"), [(one.name, name) for one in DOCUMENTS for name in places(one)])
def test_every_place_that_is_named_exists(document: str, name: str) -> None:
    assert any((root / name).exists() for root in (ROOT, PACKAGE)), f"{document} names {name}"


@pytest.mark.parametrize(
    "span", [span for page in PAGES for span in spans(page) if re.fullmatch(r"[a-z_/]+\.py:[\w.]+", span)]
)
def test_every_name_in_the_code_is_defined_where_the_page_says(span: str) -> None:
    file, _, names = span.partition(":")
    body = ast.parse((PACKAGE / file).read_text(encoding="utf-8")).body
    for name in names.split("."):
        inside = dict(defined(body))
        assert name in inside, f"{file} does not define {names}"
        body = inside[name]


@pytest.mark.parametrize("document", DOCUMENTS, ids=lambda path: path.name)
def test_every_link_between_documents_leads_somewhere(document: Path) -> None:
    text = re.sub(r"```.+?```", "", document.read_text(encoding="utf-8"), flags=re.S)
    for target in re.findall(r"\]\(([^)\s]+)\)", text):
        if re.match(r"\w+:", target):
            continue
        path, _, anchor = target.partition("#")
        file = (document.parent / path).resolve() if path else document
        assert file.exists(), target
        anchors = {block.slug for block in blocks(file.read_text(encoding="utf-8"))} if anchor else {""}
        assert anchor in anchors, target


@pytest.mark.parametrize("page", PAGES, ids=lambda path: path.name)
def test_no_line_is_wider_than_an_editor(page: Path) -> None:
    assert [line for line in page.read_text(encoding="utf-8").split("\n") if len(line) > MOST_CHARACTERS] == []


def test_the_make_targets_exist() -> None:
    targets = set(re.findall(r"^([a-z]+):", (ROOT / "Makefile").read_text(encoding="utf-8"), re.M))
    page = (ROOT / "docs" / "contributing.md").read_text(encoding="utf-8")
    named = set(re.findall(r"^    make ([a-z]+)", page, re.M))
    assert named
    assert named <= targets
