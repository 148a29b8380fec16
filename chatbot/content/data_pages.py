"""Pages whose words are all in their front matter, as some sites keep transcripts or questions and answers."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from chatbot.content.frontmatter import one_line

_HEADINGS = ("header", "heading", "title", "name", "question", "q")
_TEXTS = ("line", "text", "body", "content", "answer", "a", "description", "paragraph", "summary")
_LEAST = 80
"""Characters of a text that stands for itself, beside the lists."""


def data_text(values: Mapping[str, Any]) -> str:
    """The lists of entries with a text as Markdown, each under its heading; "" where there are none."""
    pieces = [one_line(text) for key in _TEXTS if isinstance(text := values.get(key), str) and len(text) >= _LEAST]
    for value in values.values():
        if isinstance(value, list):
            pieces += _entries(value)
    return "\n\n".join(pieces)


def _entries(items: list[Any]) -> Iterator[str]:
    heading = ""
    for item in items:
        if not isinstance(item, dict):
            continue
        heading = next((one_line(item[key]) for key in _HEADINGS if isinstance(item.get(key), str)), heading)
        for key in _TEXTS:
            text = one_line(item[key]) if isinstance(item.get(key), str) else ""
            if text:
                if heading:
                    yield f"## {heading}"
                heading = ""
                yield text
