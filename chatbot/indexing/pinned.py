"""Pinned answers that have run out."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date
from pathlib import Path

from chatbot.indexing.store import Store
from chatbot.records import Article


def expired_pins(articles: Iterable[Article], today: date) -> tuple[str, ...]:
    """Each in words: the file, the question, and the last day it was for."""
    return tuple(
        f"{article.path}: '{pin.question}' was pinned until {pin.until}"
        for article in articles
        for pin in article.pins
        if pin.until and pin.until < today
    )


def expired_in(folder: Path) -> tuple[str, ...]:
    """Those of a generation, which is whole, today."""
    store = Store(folder / "passages.sqlite")
    try:
        return expired_pins(store.articles(), date.today())
    finally:
        store.close()
