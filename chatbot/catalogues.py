"""The catalogues of languages as data: which there are, and the tables of each.

They lie with the pages that say most of their texts. This module stands before all rooms, because the settings name a
language and an answer says one sentence in the language of its question, long before any page is there.
"""

from __future__ import annotations

import tomllib
from functools import cache
from pathlib import Path
from typing import Any

FOLDER = Path(__file__).parent / "serving" / "web" / "languages"


@cache
def codes() -> tuple[str, ...]:
    """The codes of the languages that have a catalogue, in the order of the alphabet."""
    return tuple(sorted(path.stem for path in FOLDER.glob("*.toml")))


@cache
def tables(code: str) -> dict[str, Any]:
    """The tables of a language's catalogue by name; serving/web/languages.py says what each holds."""
    return tomllib.loads((FOLDER / f"{code}.toml").read_text(encoding="utf-8"))
