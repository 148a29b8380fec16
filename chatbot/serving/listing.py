"""What a list of articles says of each: its address, its group and its first sentences, word for word."""

from __future__ import annotations

import textwrap
from collections.abc import Iterable, Sequence
from urllib.parse import quote, urljoin

from chatbot.answering.chatbot import Chatbot
from chatbot.content.markdown.blocks import blocks
from chatbot.content.markdown.deep_links import article_address
from chatbot.content.markdown.plain import plain
from chatbot.content.markdown.sentences import sentence_spans
from chatbot.errors import IndexAway
from chatbot.records import Article
from chatbot.serving.web.markdown_html import Linked, file_of, place
from chatbot.settings import SiteSettings
from chatbot.sites import own_topics

MOST_DESCRIBED = 160  # characters: what search engines show
_BEGINNING = 5000  # characters: as much of an article as is looked at for its first sentences


class Openings:
    """The first sentences of articles, by id; each article is read once for each generation."""

    def __init__(self, bot: Chatbot) -> None:
        self._bot = bot
        self._known: tuple[str, dict[str, tuple[str, ...]]] = ("", {})

    def __call__(self, article_id: str) -> tuple[str, ...]:
        """The sentences of the first paragraph; none where there is nothing to read just now."""
        generation = self._bot.generation
        if self._known[0] != generation:
            self._known = (generation, {})
        known = self._known[1]
        if article_id not in known:
            try:
                article = self._bot.article(article_id)
            except IndexAway:  # a list without them is better than none
                return ()
            known[article_id] = first_sentences(article.text) if article else ()
        return known[article_id]


def first_sentences(text: str) -> tuple[str, ...]:
    """The sentences of the first paragraph of a Markdown text, as plain words."""
    beginning = text[:_BEGINNING]
    for block in blocks(beginning):
        if block.kind == "text":
            spans = sentence_spans(beginning, block.start, block.end)
            if sentences := tuple(filter(None, (" ".join(plain(beginning[a:b]).split()) for a, b in spans))):
                return sentences
    return ()


def described(sentences: Sequence[str]) -> str:
    """As many whole sentences as fit into a description; of the first, where it is too long, the first words."""
    if not sentences:
        return ""
    text = textwrap.shorten(sentences[0], MOST_DESCRIBED, placeholder=" …")
    for sentence in sentences[1:]:
        if len(text) + 1 + len(sentence) > MOST_DESCRIBED:
            break
        text = f"{text} {sentence}"
    return text


def by_first_topic(site: SiteSettings | None, articles: Iterable[Article]) -> list[tuple[str, list[Article]]]:
    """The articles by title, each under the first of its topics that a site may ask about; those without come last."""
    groups: dict[str, list[Article]] = {}
    for article in sorted(articles, key=lambda each: each.title.casefold()):
        groups.setdefault(next(iter(own_topics(site, article.topics)), ""), []).append(article)
    return sorted(groups.items(), key=lambda each: (not each[0], each[0].casefold()))


def canonical(article: Article, base: str, linked: Linked = place) -> str:
    """The one public address of an article; `base` is that of this server, ending with a slash, or relative to it."""
    stated = linked(article_address(article.id, article.url), base) or f"{base}articles/{quote(article.id)}"
    return urljoin(base, stated) if "://" in base else stated


def markdown_address(article: Article, base: str) -> str:
    """Where an article's Markdown is; `base` as above, or a relative address."""
    return f"{base}articles/{quote(article.id)}.md"


def text_file(article: Article) -> str:
    """The file that an export has of an article's Markdown, seen from its root.

    Hosts that make pages of Markdown would make one over the article's own; they leave plain text alone.
    """
    return file_of(article_address(article.id, article.url)).removesuffix("html") + "txt"


def is_read_here(article: Article) -> bool:
    """Whether an article has no site of its own."""
    return article_address(article.id, article.url).startswith("/articles/")


def as_markdown(article: Article, address: str) -> str:
    """An article as Markdown: its title, its text as it is, and below it where it is from."""
    title = "" if article.text.lstrip().startswith("# ") else f"# {article.title}\n\n"
    updated = f" · {article.updated.isoformat()}" if article.updated else ""
    return f"{title}{article.text.strip()}\n\n---\n\n<{address}>{updated}\n"
