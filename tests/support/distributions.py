"""Both distributions as source archive and wheel: the same bytes wherever and whenever the same files are built.

    python -m tests.support.distributions dist

SOURCE_DATE_EPOCH is the time of every file in them. Owners, modes and times of the files here leave no trace; what
does is the version of setuptools, which constraints.txt names, and that of zlib.
"""

from __future__ import annotations

import gzip
import os
import shutil
import subprocess
import sys
import tarfile
from pathlib import Path
from tempfile import TemporaryDirectory

from tests.support.places import ROOT

SOURCES = ("LICENSE", "MANIFEST.in", "README.md", "chatbot", "corpus", "pyproject.toml", ".serve", "setup.py")
_OLDEST = 315_532_800  # 1980, before which no archive of the kind that a wheel is can go


def build_all(out: Path, root: Path = ROOT) -> list[Path]:
    """Build into a folder from the files of `root`: of each distribution the source archive, and from it the wheel."""
    out.mkdir(parents=True, exist_ok=True)
    built = []
    with TemporaryDirectory() as temporary:
        tree = _copied(root, Path(temporary, "tree"))
        for number, project in enumerate((tree, tree / ".serve")):
            archive = out / _made("build_sdist", project, out)
            _make_plain(archive)
            with tarfile.open(archive) as packed:
                packed.extractall(Path(temporary, str(number)), filter="data")
            (unpacked,) = Path(temporary, str(number)).iterdir()
            built += [archive, out / _made("build_wheel", unpacked, out)]
    return built


def _copied(root: Path, tree: Path) -> Path:
    """The sources without what lies beside them; links become what they lead to."""
    unwanted = shutil.ignore_patterns("__pycache__", "*.egg-info", "build", ".trash")
    tree.mkdir()
    for name in SOURCES:
        if (root / name).is_dir():
            shutil.copytree(root / name, tree / name, ignore=unwanted)
        else:
            shutil.copy(root / name, tree / name)
    return tree


def _made(hook: str, project: Path, out: Path) -> str:
    """The name of what setuptools makes of a project."""
    program = f"import sys; from setuptools import build_meta as made; print(made.{hook}(sys.argv[1]))"
    done = subprocess.run(
        [sys.executable, "-c", program, out.absolute()],
        cwd=project,
        env={**os.environ, "SOURCE_DATE_EPOCH": str(_epoch())},
        umask=0o022,
        capture_output=True,
        text=True,
    )
    if done.returncode:
        raise RuntimeError(f"{hook} of {project}: {done.stderr[-4000:]}")
    return done.stdout.splitlines()[-1]


def _make_plain(archive: Path) -> None:
    """Write a source archive anew, its members in order and without what is this machine's."""
    plain = archive.with_suffix(".plain")
    with (
        tarfile.open(archive) as old,
        plain.open("wb") as file,
        gzip.GzipFile("", "wb", fileobj=file, mtime=_epoch()) as zipped,
        tarfile.open(fileobj=zipped, mode="w", format=tarfile.GNU_FORMAT) as new,
    ):
        for member in sorted(old.getmembers(), key=lambda member: member.name):
            member.mtime, member.uid, member.gid, member.uname, member.gname = _epoch(), 0, 0, "", ""
            member.mode, member.pax_headers = 0o755 if member.isdir() else 0o644, {}
            new.addfile(member, old.extractfile(member) if member.isfile() else None)
    plain.replace(archive)


def _epoch() -> int:
    return max(int(os.environ.get("SOURCE_DATE_EPOCH") or _OLDEST), _OLDEST)


if __name__ == "__main__":
    for made in build_all(Path(sys.argv[1])):
        print(f"{made} ({made.stat().st_size / 1e6:.1f} MB)")
