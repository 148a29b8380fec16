"""A plain page to read an article on, for corpora that have no site of their own; the cited passage is marked."""

from __future__ import annotations

import base64
import hashlib

from chatbot.content.blocks import heading_slugs
from chatbot.records import Article, Passage
from chatbot.serving.assets import STATIC
from chatbot.serving.cards import fill
from chatbot.serving.render import article_html

STYLE = (STATIC / "article.css").read_text(encoding="utf-8")
_DIGEST = base64.b64encode(hashlib.sha256(STYLE.encode()).digest()).decode()
CSP = (
    f"default-src 'none'; style-src 'sha256-{_DIGEST}'; img-src 'self' data:; base-uri 'none'; form-action 'none'; "
    "frame-ancestors 'self'"
)


def article_page(article: Article, cited: Passage | None) -> str:
    """The page as HTML; it needs no script and fetches nothing but the icon."""
    root = _root(article.id)
    body = article_html(article, heading_slugs(article.text), cited, root)
    return fill("article.html", article=article, body=body, cited=cited, root=root, style=STYLE)


def missing_page(article_id: str) -> str:
    """What is shown where no article has this id."""
    return fill("missing.html", article_id=article_id, root=_root(article_id), style=STYLE)


def _root(article_id: str) -> str:
    # Relative, so that the page works under any path that a proxy puts in front.
    return "../" * (article_id.count("/") + 1)
