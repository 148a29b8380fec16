"""What Milvus serves, and the files that were sent to it."""

from __future__ import annotations

import base64
import json
import shutil
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from chatbot.errors import IndexAway
from chatbot.indexing.milvus import layout

Ask = Callable[..., Any]
"""`Connection.ask` or `Connection.work`: who waits says for how long."""

_AT_ONCE = 32  # pieces: some 2 MB


@dataclass(frozen=True, slots=True)
class Listed:
    """The files of a collection, with the pieces of each, and the `stamp` that tells them from others sent there."""

    files: dict[str, int]
    stamp: str

    def piece(self) -> bytes:
        """As it is sent, last of all."""
        return json.dumps({"files": self.files, "stamp": self.stamp}).encode()


def served_by(ask: Ask, name: str) -> str | None:
    """The generation that the alias `name` leads to, None where there is no such alias. Raises IndexAway."""
    if not ask("has_collection", name):
        return None
    return layout.read_name(name, ask("describe_collection", name)["collection_name"])[1] or None


def read_list(ask: Ask, collection: str, **more: Any) -> Listed | None:
    """What was sent to a collection of files, None where not all has arrived. Raises IndexAway."""
    data = read_file(ask, collection, layout.LIST, **more)
    return Listed(**json.loads(data)) if data else None


def read_file(ask: Ask, collection: str, name: str, pieces: int | None = None, **more: Any) -> bytes:
    """A file that was sent, b"" where there is none of this name. Raises IndexAway.

    `pieces` says how many it has, None that all that there are belong to it.
    """
    data: list[bytes] = []
    while pieces is None or len(data) < pieces:
        last = len(data) + _AT_ONCE if pieces is None else min(len(data) + _AT_ONCE, pieces)
        wanted = f"name == {json.dumps(name, ensure_ascii=False)} and part >= {len(data)} and part < {last}"
        found = ask("query", collection, filter=wanted, output_fields=["part", "data"], **more)
        data += [base64.b64decode(one["data"]) for one in sorted(found, key=lambda one: int(one["part"]))]
        if pieces is None and len(found) < _AT_ONCE:
            break
        if pieces is not None and len(data) < last:
            raise IndexAway(f"Milvus gives {len(data)} of the {pieces} pieces of {name} in {collection} just now")
    return b"".join(data)


def take(ask: Ask, collection: str, aside: Path) -> None:
    """Write all listed files of a collection into a new folder. Raises IndexAway."""
    shutil.rmtree(aside, ignore_errors=True)
    aside.mkdir(parents=True)
    listed = read_list(ask, collection)
    if listed is None:
        raise IndexAway(f"the files of {collection} have not all arrived")
    for name, pieces in listed.files.items():
        path = aside / name
        if not path.resolve().is_relative_to(aside.resolve()):
            raise IndexAway(f"collection {collection} names a file outside of its folder: {name!r}; nothing was taken")
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(read_file(ask, collection, name, pieces))
