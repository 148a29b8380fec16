"""The programs of a Milvus cluster. `python -m tests.support.milvus_programs` makes sure that they are there.

Milvus itself comes packed in the Python package `milvus`; its message broker is tests.support.broker.
"""

from __future__ import annotations

import lzma
import os
import shutil
import subprocess
import sys
from importlib.metadata import PackageNotFoundError, distribution
from pathlib import Path
from tempfile import TemporaryDirectory

from filelock import FileLock

BIN = Path(sys.prefix) / "bin"


def milvus() -> Path:
    """The server, with the libraries that it needs beside it; raises FileNotFoundError without the package.

    It is unpacked into the environment once, which takes some seconds and 250 MB.
    """
    try:
        package = distribution("milvus")
    except PackageNotFoundError as error:
        raise FileNotFoundError(
            "the Python package 'milvus' is not installed: run \"pip install -e '.[test]'\"; "
            "it is there for Linux on x86-64 and for macOS"
        ) from error
    unpacked = Path(sys.prefix) / "share" / f"milvus-{package.version}"
    unpacked.parent.mkdir(exist_ok=True)
    with FileLock(f"{unpacked}.lock"):
        if not unpacked.exists():
            with TemporaryDirectory(dir=unpacked.parent) as beside:
                _unpack(Path(str(package.locate_file("milvus/data/bin"))), Path(beside) / "whole")
                (Path(beside) / "whole").rename(unpacked)
    return unpacked / "milvus"


def _unpack(packed: Path, into: Path) -> None:
    into.mkdir()
    for file in packed.glob("*.lzma"):
        program = into / file.stem
        program.write_bytes(lzma.decompress(file.read_bytes()))
        program.chmod(0o755)


def etcd() -> Path:
    """What a cluster keeps its metadata in; raises FileNotFoundError where there is none."""
    found = shutil.which("etcd", path=os.pathsep.join([str(BIN), os.environ.get("PATH", "")]))
    if found is None:
        raise FileNotFoundError(
            "there is no etcd: run 'python -m tests.support.milvus_programs' on Debian or Ubuntu, elsewhere install it"
        )
    return Path(found)


def fetch_etcd() -> None:
    """Put Debian's etcd into the environment. Installed as a package it would start a service of the machine."""
    with TemporaryDirectory() as folder:
        download = ["apt-get", "download", "-qq", "etcd-server"]
        if subprocess.run(download, cwd=folder, stdout=sys.stderr).returncode and os.geteuid() == 0:
            subprocess.run(["apt-get", "update", "-qq"], check=True, stdout=sys.stderr)
            subprocess.run(download, cwd=folder, check=True, stdout=sys.stderr)
        for package in Path(folder).glob("*.deb"):
            subprocess.run(["dpkg-deb", "--extract", package, folder], check=True)
            shutil.copy(Path(folder) / "usr" / "bin" / "etcd", BIN)


def main() -> None:
    try:
        etcd()
    except FileNotFoundError:
        if shutil.which("apt-get"):
            fetch_etcd()
    try:
        print(milvus(), etcd(), sep="\n")
    except FileNotFoundError as error:
        sys.exit(f"the tests with Milvus cannot run: {error}")


if __name__ == "__main__":
    main()
