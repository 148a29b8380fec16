"""Packages of the tests' environment, lent to another one by links: to install them all takes a minute of a core."""

from __future__ import annotations

import shutil
from collections.abc import Iterable
from importlib.metadata import Distribution, distribution, distributions
from pathlib import Path

from packaging.requirements import Requirement
from packaging.utils import canonicalize_name


def needed(requirements: Iterable[str]) -> dict[str, Distribution]:
    """The distributions that requirements come to here, with all that these need, by their names."""
    found: dict[str, Distribution] = {}
    seen: set[tuple[str, frozenset[str]]] = set()
    rest = list(map(Requirement, requirements))
    while rest:
        one = rest.pop()
        name, extras = canonicalize_name(one.name), frozenset(one.extras)
        if (name, extras) not in seen:
            seen.add((name, extras))
            found[name] = distribution(one.name)
            inner = map(Requirement, found[name].requires or ())
            rest += [each for each in inner if _holds(each, extras)]
    return found


def _holds(requirement: Requirement, extras: Iterable[str]) -> bool:
    return not requirement.marker or any(requirement.marker.evaluate({"extra": extra}) for extra in ("", *extras))


def lend(environment: Path, requirements: Iterable[str]) -> None:
    """Let an environment have what requirements come to, and nothing else, as if pip had put it there."""
    (packages,) = environment.glob("lib/python3*/site-packages")
    own = {canonicalize_name(one.name): one for one in distributions(path=[str(packages)])}
    for name, one in needed(requirements).items():
        for top in _tops(own[name]) if name in own else ():  # a new environment of Python 3.11 has an old setuptools
            path = packages / top
            shutil.rmtree(path) if path.is_dir() else path.unlink()
        for top in _tops(one):
            if not (packages / top).exists():  # folders that several share
                (packages / top).symlink_to(str(one.locate_file(top)))


def _tops(one: Distribution) -> set[str]:
    """The files and folders of a distribution in the folder of all packages."""
    return {path.parts[0] for path in one.files or ()} - {"..", "__pycache__"}
