"""The pages of an export: the chat, the articles and their lists, and what machines read, as files by path.

They are the templates of the server, told that a page is a file. Every link is relative, so that the folder may lie
anywhere. Nothing is read and nothing written here: the same articles and settings give the same bytes, until the day
after one on which an article was to be looked at again.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from functools import cache
from itertools import chain
from urllib.parse import unquote

from chatbot.content.markdown.deep_links import article_address
from chatbot.records import Article
from chatbot.serving.articles import Around, Link, article_page, links_of, list_page
from chatbot.serving.discovery import day_of, llms_text, sitemap_text
from chatbot.serving.listing import as_markdown, by_first_topic, canonical, first_sentences, is_read_here, text_file
from chatbot.serving.search_page import search_html
from chatbot.serving.web.assets import STATIC
from chatbot.serving.web.languages import LANGUAGES
from chatbot.serving.web.markdown_html import file_of
from chatbot.serving.web.templates import Files, View, fill, topic_file
from chatbot.settings import Settings
from chatbot.sites import topics_of

# A page says so itself, since a host of files may not let its owner say it in a header.
POLICY = "default-src 'none'; style-src 'self'; img-src 'self' data:; base-uri 'none'; form-action 'none'"
CHAT_POLICY = f"{POLICY}; script-src 'self'; connect-src 'self'"
ASSETS = ("article.css", "search.css", "search.js", "favicon.svg")


def pages(
    articles: Sequence[Article],
    settings: Settings,
    base: str = "",
    related: Mapping[str, Sequence[str]] | None = None,
) -> dict[str, bytes]:
    """All pages of an export, by their paths below its folder, with forward slashes.

    `articles` are whole, `base` is the public address of the folder or empty, in which case there is no sitemap and no
    robots.txt. `related` names the articles that are nearest to one, by their ids.
    """
    return _Export(articles, settings, base, related or {}).files()


def passage_url(url: str) -> str:
    """The `url` of a passage as it is in an export: that of an own page is relative to the folder.

    `/articles/pay/cv#gap:~:text=one` is `articles/pay/cv.html#gap:~:text=one`; every other address stays as it is.
    """
    return file_of(url) if url.startswith("/articles/") else url


class _Export:
    """One export: what its pages have in common."""

    def __init__(
        self, articles: Sequence[Article], settings: Settings, base: str, related: Mapping[str, Sequence[str]]
    ) -> None:
        page = settings.page
        self.articles = sorted(articles, key=lambda each: each.id)
        self.by_id = {article.id: article for article in self.articles}
        # An address that two articles have is that of the one whose id it is.
        own = {path_of(one): one for one in self.articles if is_read_here(one)}
        own |= {path_of(one): one for one in self.articles if is_read_here(one) and not one.url}
        self.own = own
        self.related = related
        self.base = f"{base.rstrip('/')}/" if base else ""
        self.topics = topics_of(None, self.articles)
        self.openings = cache(lambda article_id: first_sentences(self.by_id[article_id].text))
        away = {article.id: article.url for article in self.articles if article.url and not is_read_here(article)}
        files = Files(named("article.css"), named("favicon.svg"), POLICY, self.base, away)
        tongue = LANGUAGES[page.language]
        self.view = View(tongue, page.articles_language, page.title, contact=page.contact, files=files)
        self.chat_view = replace(self.view, files=replace(files, policy=CHAT_POLICY))

    def files(self) -> dict[str, bytes]:
        """Every file by its path, in the order of their paths."""
        assets = {named(name): (STATIC / name).read_bytes() for name in ASSETS}
        written = chain(self._chat(), self._lists(), self._reading(), self._machines())
        made = assets | {path: text.encode() for path, text in written}
        return dict(sorted(made.items()))

    def _chat(self) -> Iterable[tuple[str, str]]:
        html = search_html(
            *(self.chat_view, self._groups(""), self.topics, len(self.articles)),
            root="",
            sheet=named("search.css"),
            script=named("search.js"),
        )
        yield "search.html", html
        yield "index.html", html
        # A host shows it at any depth, from where only a whole address leads anywhere.
        lost = {"status": 404, "until": "", "detail": "", "topics": self.topics}
        yield "404.html", fill("refused.html", self.view, self.base, **lost)

    def _lists(self) -> Iterable[tuple[str, str]]:
        yield "articles/index.html", list_page(self._groups("../"), self.view, topics=self.topics, root="../")
        names: dict[str, str] = {}
        for topic, _ in self.topics:
            names.setdefault(topic_file(topic), topic)
        for path, topic in names.items():
            group = [one for one in self.articles if path in map(topic_file, one.topics)]
            group.sort(key=lambda each: each.title.casefold())
            groups = [(topic, self._links(group, "../"))]
            yield path, list_page(groups, self.view, topics=self.topics, topic=topic, root="../")

    def _reading(self) -> Iterable[tuple[str, str]]:
        for path, article in self.own.items():
            root = "../" * path.count("/")
            near = [self.by_id[each] for each in self.related.get(article.id, ())]
            around = Around(
                self.base or root, self.openings(article.id), self._links(near, root), tuple(article.topics)
            )
            yield path, article_page(article, None, self.view, around, at=path.removeprefix("articles/"))
            yield unquote(text_file(article)), as_markdown(article, self._address(article))

    def _machines(self) -> Iterable[tuple[str, str]]:
        lines = [
            (one, self.base + text_file(one) if is_read_here(one) else self._address(one), self.openings(one.id))
            for one in self.articles
        ]
        yield "llms.txt", llms_text(self.view, None, lines)
        if self.base:
            dated = [(self._address(article), day_of(article)) for article in self.own.values()]
            front = [(f"{self.base}{name}", None) for name in ("search.html", "articles/index.html")]
            yield "sitemap.xml", sitemap_text(self.view, [*front, *dated])
            yield "robots.txt", f"User-agent: *\nAllow: /\n\nSitemap: {self.base}sitemap.xml\n"

    def _groups(self, root: str) -> list[tuple[str, tuple[Link, ...]]]:
        return [(topic, self._links(group, root)) for topic, group in by_first_topic(None, self.articles)]

    def _links(self, articles: Iterable[Article], root: str) -> tuple[Link, ...]:
        return links_of(articles, self.view, root, self.openings)

    def _address(self, article: Article) -> str:
        return canonical(article, self.base, self.view.place)


def path_of(article: Article) -> str:
    """The path of the reading page of an article without a site of its own."""
    return unquote(file_of(article_address(article.id, article.url)).partition("#")[0])


@cache
def named(asset: str) -> str:
    """The name of a static file in an export, which changes with its content: `article.0123456789ab.css`."""
    stem, _, suffix = asset.rpartition(".")
    return f"{stem}.{hashlib.sha256((STATIC / asset).read_bytes()).hexdigest()[:12]}.{suffix}"
