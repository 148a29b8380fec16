"""Whether links lead where they say: the deep links of passages, and the links from one article to another.

Everything is looked up in the pages that this server shows; nothing is fetched.
"""

from __future__ import annotations

import difflib
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import cached_property
from typing import Any
from urllib.parse import unquote

from lxml import html
from markdown_it import MarkdownIt
from markdown_it.common.normalize_url import normalizeLink

from chatbot.content.markdown.deep_links import article_address
from chatbot.content.readers.markdown_files import lines_above
from chatbot.indexing.generation.local_index import LocalIndex
from chatbot.records import Article
from chatbot.serving.articles import article_page
from chatbot.serving.listing import is_read_here
from chatbot.serving.web.markdown_html import link_target
from chatbot.serving.web.templates import View
from chatbot.settings import Settings

_OWN = "/articles/"
_TEXT = ":~:text="
_PARSER = MarkdownIt("commonmark").enable("table")
_PARSER.normalizeLink = lambda url: url  # type: ignore[method-assign] # links are told as they were written


@dataclass(frozen=True, slots=True)
class BrokenLink:
    """`path` is the file under the corpus folder and `line` the line in it, counted from 1, where that is known."""

    path: str
    line: int | None
    link: str
    reason: str


@dataclass(frozen=True, slots=True)
class CheckedLinks:
    """How many links were looked up, and those that do not lead where they say, in the order of the articles."""

    articles: int
    passages: int
    links: int
    broken: tuple[BrokenLink, ...]


class _Page:
    """An article as it is shown."""

    def __init__(self, article: Article) -> None:
        self.article = article

    @cached_property
    def anchors(self) -> frozenset[str]:
        return frozenset(element.get("id") for element in self._tree.iter() if element.get("id"))

    @cached_property
    def words(self) -> str:
        return _one_line(self._tree.text_content())

    @cached_property
    def _tree(self) -> Any:
        return html.document_fromstring(article_page(self.article, None, View()))


def check_links(index: LocalIndex, settings: Settings) -> CheckedLinks:
    """Look up every link of the published articles and their passages."""
    pages = [_Page(article) for listed in index.store.articles() if (article := index.store.article(listed.id))]
    # As the server finds them: by their ids, and by addresses of their own that are no other's id.
    found = {_name(page.article.url): page for page in pages if page.article.url and is_read_here(page.article)}
    found |= {page.article.id: page for page in pages}
    broken: list[BrokenLink] = []
    passages = links = 0
    for page in pages:
        above = lines_above(settings.corpus_dir, page.article.path, settings.max_file_mb)
        for _, passage, _ in index.store.passages_of(page.article.id):
            passages += 1
            reason = _why_deep_link_fails(page, passage.url)
            if reason:
                line = page.article.text.count("\n", 0, passage.start)
                broken.append(_broken(page, line, above, passage.url, reason))
        for line, href in _links(page.article.text) if is_read_here(page.article) else ():
            target = link_target(article_address(page.article.id, page.article.url), normalizeLink(href))
            if target.startswith(_OWN):
                links += 1
                reason = _why_link_fails(found, target)
                if reason:
                    broken.append(_broken(page, line, above, href, reason))
    return CheckedLinks(len(pages), passages, links, tuple(broken))


def _why_deep_link_fails(page: _Page, url: str) -> str:
    fragment = url.partition("#")[2]
    anchor, _, words = fragment.partition(_TEXT)
    if url.startswith(_OWN) and anchor and unquote(anchor) not in page.anchors:
        return f"the page has no anchor '{unquote(anchor)}'"
    if words and _one_line(unquote(words)) not in page.words:
        return f"the page does not hold the words '{unquote(words)}'"
    return ""


def _why_link_fails(pages: dict[str, _Page], target: str) -> str:
    name, page = _name(target), pages.get(_name(target))
    if page is None:
        return f"there is no article '{name}'{_nearest(name, pages)}"
    anchor = unquote(target.partition("#")[2].partition(_TEXT)[0])
    if anchor and is_read_here(page.article) and anchor not in page.anchors:
        return f"'{name}' has no anchor '{anchor}'{_nearest(anchor, page.anchors)}"
    return ""


def _nearest(name: str, there: Iterable[str]) -> str:
    close = difflib.get_close_matches(name, sorted(there), n=1)
    return f"; the nearest is '{close[0]}'" if close else ""


def _name(address: str) -> str:
    return unquote(address.partition("#")[0].partition("?")[0].removeprefix(_OWN))


def _links(text: str) -> Iterator[tuple[int, str]]:
    """The line, counted from 0, and the address of each link of a Markdown text."""
    for token in _PARSER.parse(text):
        for child in token.children or ():
            if child.type == "link_open":
                yield (token.map or [0])[0], str(child.attrGet("href"))


def _broken(page: _Page, line: int, above: int | None, link: str, reason: str) -> BrokenLink:
    return BrokenLink(page.article.path, None if above is None else above + line + 1, link, reason)


def _one_line(text: str) -> str:
    return " ".join(text.split()).casefold()
