"""The files of `static/`, by addresses that change with their content, so that browsers may keep them for good."""

from __future__ import annotations

import hashlib
from functools import cache
from pathlib import Path

STATIC = Path(__file__).parent / "static"


@cache
def link(name: str, root: str = "../") -> str:
    """The address of a file of `static/` as seen from a page one folder below the server's root."""
    digest = hashlib.sha256((STATIC / name).read_bytes()).hexdigest()[:12]
    return f"{root}static/{name}?v={digest}"
