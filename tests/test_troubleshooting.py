"""Every error, every refusal and every reason is explained in docs/troubleshooting.md by its own words."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from functools import cache

import pytest

from chatbot import errors
from chatbot.errors import ChatbotError
from tests.support.places import PACKAGE, ROOT

PAGE = (ROOT / "docs" / "troubleshooting.md").read_text(encoding="utf-8")
ALL = sorted(str(path.relative_to(PACKAGE).with_suffix("")) for path in PACKAGE.rglob("*.py"))
EDITED = ("content/", "editing/", "serving/editor/")
EDITING = {"EditRefused", "NameTaken", "Conflict"}
# What is raised, and what is answered, with a text for people; what is damaged says so in its own words.
RAISED = {name for name, kind in vars(errors).items() if isinstance(kind, type) and issubclass(kind, ChatbotError)}
RAISED -= {"ContentError", "IndexDamaged", *EDITING}
STATUS_FIRST = {"problem", "HTTPException"}
ANSWERED = {*STATUS_FIRST, "BadParameter"}
READING = [module for module in ALL if module.startswith(EDITED) or module == "indexing/building/corpus"]
LEFT_OUT = {"ContentError", "_error", "Parsed"}


def explained(page: str) -> list[str]:
    """The texts that a page explains: in code, bold at the beginning of a paragraph or in the middle of a row."""
    bold = re.findall(r"\*\*(`.+?`)\*\*", page.replace("\n", " "))
    rows = re.findall(r"^\| [\d, ]+ \| (`.+?`) \|", page, re.M)
    return [text for one in [*bold, *rows] for text in re.findall(r"`([^`]+)`", one)]


EXPLAINED = explained(PAGE)


@cache
def parsed(module: str) -> ast.Module:
    return ast.parse((PACKAGE / f"{module}.py").read_text(encoding="utf-8"))


def fixed_parts(node: ast.AST) -> list[str]:
    """The words of a message that are the same whatever it is about."""
    if isinstance(node, ast.Constant) and isinstance(node.value, str):
        return [node.value]
    return [part for value in getattr(node, "values", []) for part in fixed_parts(value)]


@cache
def messages() -> list[tuple[str, list[str]]]:
    """What every module but those of editors raises or answers, with a name's texts where it is one."""
    found = []
    for module in ALL:
        tree = parsed(module)
        named: dict[str, list[ast.AST]] = {}
        for node in ast.walk(tree):
            if isinstance(node, ast.Assign):
                named.setdefault(name_of(node.targets[0]), []).append(node.value)
        for node in ast.walk(tree):
            called = name_of(node.func) if isinstance(node, ast.Call) else ""
            if called in RAISED | ANSWERED:
                for given in node.args[1:2] if called in STATUS_FIRST else node.args[:1]:
                    for text in named.get(name_of(given), []) if name_of(given) else [given]:
                        parts = [part for part in fixed_parts(text) if part.strip(" :.'")]
                        found += [(f"{module}:{text.lineno}", parts)] if parts else []
    return found


def name_of(node: ast.AST) -> str:
    return getattr(node, "id", "") or getattr(node, "attr", "")


class Texts:
    """What is said in the second argument of calls, through names and functions, over all of some modules."""

    def __init__(self, modules: list[str]) -> None:
        self.functions = [
            (module, node)
            for module in modules
            for node in ast.walk(parsed(module))
            if isinstance(node, ast.FunctionDef)
        ]

    def of_calls(self, names: set[str]) -> Iterator[tuple[str, list[str]]]:
        for module, function in self.functions:
            for node in ast.walk(function):
                if isinstance(node, ast.Call) and name_of(node.func) in names and len(node.args) > 1:
                    yield from self.of(node.args[1], function, module)

    def of_left_out(self) -> Iterator[tuple[str, list[str]]]:
        """What is written down of files that are left out, beside what is raised."""
        for module, function in self.functions:
            for node in ast.walk(function):
                if isinstance(node, ast.Dict):
                    for key, value in zip(node.keys, node.values, strict=True):
                        if isinstance(key, ast.Constant) and key.value == "reason":
                            yield from self.of(value, function, module)
                elif isinstance(node, ast.Call) and name_of(node.func) == "LeftOut":
                    yield from self.of(node.args[0], function, module)

    def of_what_is_not_public(self) -> Iterator[tuple[str, list[str]]]:
        """What is said of files that are left out by their own word."""
        for module, function in self.functions:
            for node in ast.walk(function):
                assigned = isinstance(node, ast.Assign) and name_of(node.targets[0]) == "withheld"
                returned = isinstance(node, ast.Return) and function.name == "hidden_by_path"
                if isinstance(node, ast.Call) and name_of(node.func) == "Visibility" and node.args:
                    yield from self.of(node.args[0], function, module)
                elif isinstance(node, ast.Assign | ast.Return) and node.value and (assigned or returned):
                    yield from self.of(node.value, function, module)

    def of(self, node: ast.AST, function: ast.FunctionDef, module: str) -> Iterator[tuple[str, list[str]]]:
        called = [one for one in self.functions if isinstance(node, ast.Call) and one[1].name == name_of(node.func)]
        if isinstance(node, ast.BoolOp | ast.IfExp):
            for one in node.values if isinstance(node, ast.BoolOp) else [node.body, node.orelse]:
                yield from self.of(one, function, module)
        elif isinstance(node, ast.Name):
            yield from self.of_name(node.id, function, module)
        elif called:
            for where, one in called:
                for said in [step.value for step in ast.walk(one) if isinstance(step, ast.Return) and step.value]:
                    yield from self.of(said, one, where)
        elif isinstance(node, ast.JoinedStr | ast.Constant):
            parts = [part for part in fixed_parts(node) if part.strip()]
            if parts and "error.reason" not in ast.unparse(node):
                yield f"{module}:{node.lineno}", parts
        else:  # handed on from where it was said
            assert isinstance(node, ast.Attribute | ast.Subscript), (
                f"{module}: what {ast.unparse(node)} says cannot be told"
            )

    def of_name(self, name: str, function: ast.FunctionDef, module: str) -> Iterator[tuple[str, list[str]]]:
        values, handed = [], name in {one.arg for one in function.args.args}
        constants = [node for node in parsed(module).body if isinstance(node, ast.Assign)]
        for node in [*ast.walk(function), *constants]:
            if isinstance(node, ast.Assign | ast.NamedExpr):
                target = node.target if isinstance(node, ast.NamedExpr) else node.targets[0]
                values += [node.value] if name_of(target) == name else []
                handed |= name in map(name_of, getattr(target, "elts", []))
        assert values or handed, f"{module}: what {name} says in {function.name} cannot be told"
        for value in values:
            yield from self.of(value, function, module)


TEXTS = Texts(READING)
REASONS = sorted(
    {
        (place, tuple(parts))
        for place, parts in [*TEXTS.of_calls(LEFT_OUT), *TEXTS.of_left_out(), *TEXTS.of_what_is_not_public()]
    }
)
REFUSALS = sorted({(place, tuple(parts)) for place, parts in TEXTS.of_calls(EDITING)})


def is_explained(parts: list[str], texts: list[str] = EXPLAINED) -> bool:
    text = "".join(parts)
    pieces = ([piece.strip() for piece in one.split("…") if len(piece.strip()) > 4] for one in texts)
    return any(words and all(word in text for word in words) for words in pieces)


def test_messages_are_found_at_all() -> None:
    assert len(messages()) >= 120
    assert len(REASONS) >= 60
    assert len(REFUSALS) >= 12


@pytest.mark.parametrize(("place", "parts"), messages(), ids=[place for place, _ in messages()])
def test_every_error_is_explained(place: str, parts: list[str]) -> None:
    assert is_explained(parts), f"{place}: docs/troubleshooting.md does not explain {parts}"


@pytest.mark.parametrize(("place", "parts"), [*REASONS, *REFUSALS])
def test_every_reason_to_leave_out_a_file_or_to_refuse_an_edit_is_explained(place: str, parts: tuple[str, ...]) -> None:
    assert is_explained(list(parts)), f"{place}: docs/troubleshooting.md does not explain {parts}"


@pytest.mark.parametrize("heading", ["Files that are left out", "On the editors' page"])
def test_no_reason_is_explained_that_nothing_gives(heading: str) -> None:
    section = re.search(rf"^## {heading}\n(.+?)(?=^## |\Z)", PAGE, re.M | re.S)
    assert section
    given = [list(parts) for _, parts in (*REASONS, *REFUSALS)]
    assert [text for text in explained(section[1]) if not any(is_explained(parts, [text]) for parts in given)] == []


@pytest.mark.parametrize("module", ["indexing/maintenance", "indexing/building/build", "indexing/building/corpus"])
def test_every_difference_that_is_named_is_explained(module: str) -> None:
    texts = [
        node.value
        for node in ast.walk(parsed(module))
        if isinstance(node, ast.Constant) and isinstance(node.value, str) and node.value.startswith("the file ")
    ]
    assert [text for text in texts if not is_explained([text])] == []
