"""Pinned answers that have run out."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date

from chatbot.records import Article


def expired_pins(articles: Iterable[Article], today: date) -> tuple[str, ...]:
    """Each in words: the file, the question, and the last day it was for."""
    return tuple(
        f"{article.path}: '{pin.question}' was pinned until {pin.until}"
        for article in articles
        for pin in article.pins
        if pin.until and pin.until < today
    )
