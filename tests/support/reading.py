"""What tests read of a file or of a Markdown text at once."""

from __future__ import annotations

import hashlib
from pathlib import Path

import pytest

from chatbot.content.markdown.blocks import blocks
from chatbot.content.readers.registry import parse
from chatbot.content.source.files import read_bytes
from chatbot.errors import ContentError
from chatbot.records import Article


def read_article(path: str, corpus_dir: Path, max_file_mb: float) -> Article | None:
    """The article in one file of `find_files`, the first where it has several; see `read_bytes` and `parse`."""
    data = read_bytes(corpus_dir, path, max_file_mb)
    return next(iter(parse(path, data, hashlib.sha256(data).hexdigest()).articles), None)


def refusal(path: str, data: bytes) -> str:
    """Why a file cannot be read."""
    with pytest.raises(ContentError) as caught:
        parse(path, data, "0")
    assert caught.value.path == path
    return caught.value.reason


def heading_slugs(text: str) -> dict[int, str]:
    """The anchor of every heading, by the line it begins on, from 0."""
    return {block.line: block.slug for block in blocks(text) if block.slug}
