"""What is known about an exported encoder, read without loading it."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from chatbot.disk import file_digest
from chatbot.errors import ModelError
from chatbot.indexing.model.weights import read_json

CARD_FILE = "encoder.json"


@dataclass(frozen=True, slots=True)
class EncoderCard:
    """What `encoder.json` says. `window` is the most tokens of one text, with special tokens.

    `averages` says whether a text's vector is the mean of its token vectors, so that a part of a text has one, too.
    """

    name: str
    fingerprint: str
    dim: int
    window: int
    query_prompt: str
    passage_prompt: str
    averages: bool
    digests: dict[str, str]


def read_card(folder: Path) -> EncoderCard:
    """The card of an exported encoder whose files are whole. Raises ModelError."""
    values = read_json(folder / CARD_FILE)
    try:
        card = EncoderCard(**values)  # type: ignore[arg-type]
    except TypeError as error:
        raise ModelError(f"{folder / CARD_FILE} is of another version; rebuild the index") from error
    for name, digest in card.digests.items():
        path = folder / name
        if not path.is_file() or file_digest(path) != digest:
            raise ModelError(f"{path} is missing or altered; rebuild the index")
    return card
