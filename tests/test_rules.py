"""What holds for the name and the size of every module."""

from __future__ import annotations

import sys
from itertools import groupby

import pytest

from tests.support.places import PACKAGE

MODULES = {
    ".".join(path.relative_to(PACKAGE).with_suffix("").parts): path
    for path in sorted(PACKAGE.rglob("*.py"))
    if path.name not in {"__init__.py", "__main__.py"}
}
FEWEST_LINES = 40

# A module of fewer lines stands behind a wall: what would be wrong if it were a part of another one.
WALLS = {
    "catalogues": "settings, answers and pages read it; in any of their rooms the others could not",
    "content.markdown.escape": "readers of every format and the editors' forms need it without the parser of blocks",
    "indexing.words.word_counts": "a kind of file of a generation, and each has its module",
    "serving.api.openapi": "made once at the start; the routes and their bodies do not know how they are described",
    "serving.chat.turns": "a route from the first moment on; its neighbors come with Gradio, which takes seconds",
    "serving.web.assets": "reads files and digests at import; templates and languages are used without",
}


def lines(module: str) -> int:
    return len(MODULES[module].read_text(encoding="utf-8").splitlines())


def test_a_small_module_stands_behind_a_wall() -> None:
    small = {module for module in MODULES if lines(module) < FEWEST_LINES}
    assert sorted(small) == sorted(WALLS), "a module this small is part of another one, or WALLS says why it is not"


@pytest.mark.parametrize("module", MODULES)
def test_no_module_is_named_like_one_of_python(module: str) -> None:
    assert module.rsplit(".", maxsplit=1)[-1] not in sys.stdlib_module_names


def singular(name: str) -> str:
    """Good enough to compare two names: "boxes", "copies" and "pages" lose their ends."""
    for end, instead in (("ies", "y"), ("xes", "x"), ("sses", "ss"), ("s", "")):
        if name.endswith(end) and not name.endswith("ss"):
            return name.removesuffix(end) + instead
    return name


def test_no_module_is_the_plural_of_another() -> None:
    names = sorted({module.split(".")[-1] for module in MODULES}, key=singular)
    alike = [sorted(group) for _, group in groupby(names, key=singular)]
    assert [group for group in alike if len(group) > 1] == []
