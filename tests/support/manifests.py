"""The manifest of a generation as another version would have written it."""

from __future__ import annotations

import hashlib
import json
from pathlib import Path
from typing import Any

from chatbot.indexing.generation.manifest import MANIFEST


def alter(folder: Path, *gone: str, **values: Any) -> None:
    """Give a manifest other values, take some away, and let its digest fit."""
    read = json.loads((folder / MANIFEST).read_text()) | values
    kept = {name: value for name, value in read.items() if name not in {"digest", *gone}}
    digest = hashlib.sha256(json.dumps(kept, sort_keys=True).encode()).hexdigest()
    (folder / MANIFEST).write_text(json.dumps({**kept, "digest": digest}))
