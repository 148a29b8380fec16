"""Every page's HTML is a template filled with values: whom it is for, and what templates can call."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, timedelta
from pathlib import Path
from typing import Any
from urllib.parse import unquote, urlencode

import orjson
from jinja2 import Environment, FileSystemLoader, StrictUndefined
from markupsafe import Markup

from chatbot.answering.highlight import MOST_WORDS
from chatbot.content.markdown.plain import plain
from chatbot.records import Article, Hit, Passage, Why
from chatbot.serving.web.languages import ENGLISH, Language
from chatbot.serving.web.markdown_html import file_of, lead, passage_html, place, place_of, with_query

ROOT = "../"  # the chat page lives at /chat/
RECENT = timedelta(days=365)


@dataclass(frozen=True, slots=True)
class Files:
    """The pages as files, which no server answers for, seen from a folder that holds them all.

    `style` and `icon` are the names of these files, `policy` is what the pages say of what they fetch. `base` is the
    public address of the folder, ending with a slash, or empty where nobody knows it. `elsewhere` are the addresses of
    articles with a site of their own, by id.
    """

    style: str
    icon: str
    policy: str
    base: str = ""
    elsewhere: Mapping[str, str] = field(default_factory=dict)

    def place(self, url: str, root: str) -> str | None:
        """As `markdown_html.place`, to the file of an own page, or to the site of an article that has one."""
        if not url.startswith("/articles/"):
            return place(url, root)
        path, hash_, fragment = url.partition("#")
        away = self.elsewhere.get(unquote(path.removeprefix("/articles/")))
        if away:
            return away if "#" in away else away + hash_ + fragment
        return root + file_of(url)


def topic_file(topic: str) -> str:
    """The file of an export that lists the articles of a topic; topics differ whatever the case of their letters."""
    name = topic.casefold()
    said = re.sub(r"[^a-z0-9]+", "-", name).strip("-")
    plainly = re.fullmatch(r"[a-z0-9]+( [a-z0-9]+)*", name)
    digest = "" if plainly else "-" + hashlib.sha256(name.encode()).hexdigest()[:8]
    return f"topics/{said or 'topic'}{digest}.html"


@dataclass(frozen=True, slots=True)
class View:
    """Whom the HTML is for: the language of the page's own words, and that of the articles as a language tag.

    `brand` is what the installation calls itself. `kept` is what of the address goes on to other own pages: a language
    or a site that it asks for, as (name, value). `contact` is the address of people who can be asked instead, or empty.
    `files` says that the pages are files; without it a server answers for them.
    """

    language: Language = ENGLISH
    articles: str = "en"
    brand: str = ""
    kept: tuple[tuple[str, str], ...] = ()
    contact: str = ""
    files: Files | None = None

    def query(self, **more: str) -> str:
        """The query of a link to an own page: "?lang=fr", or empty."""
        pairs = [*self.kept, *more.items()]
        return f"?{urlencode(pairs)}" if pairs else ""

    def place(self, url: str, root: str) -> str | None:
        """The address as a link from a page of this visit; None where it leads to no web page."""
        if self.files:
            return self.files.place(url, root)
        href = place(url, root)
        return href and with_query(href, root, self.query())

    @property
    def icon(self) -> str:
        """Where the icon is, seen from the root."""
        return self.files.icon if self.files else "favicon.svg"

    def chat(self, question: str = "") -> str:
        """Where the chat is, or is asked a question, seen from the root."""
        if self.files:  # behind a hash, so that no server sees it
            return "search.html" + (f"#{urlencode({'q': question})}" if question else "")
        return "chat/" + (self.query(q=question) if question else self.query())

    def listed(self, topic: str = "") -> str:
        """Where the articles are listed, all or those of a topic, seen from the root."""
        if self.files:
            return topic_file(topic) if topic else "articles/index.html"
        return "articles" + (self.query(topic=topic) if topic else self.query())


def why(reason: Why, language: Language) -> str:
    """Why a passage is here, in the page's language."""
    if reason.pinned:
        return language("pinned")
    closeness = language(reason.closeness)
    if not reason.words:
        return closeness[:1].upper() + closeness[1:]
    words = language("comma").join(language("quoted", word=word) for word in reason.words[:MOST_WORDS])
    return language("matches", words=words, closeness=closeness)


def by_article(hits: Sequence[Hit]) -> list[list[Hit]]:
    """Hits that are in order, those of one article together; the article of the best comes first."""
    found: dict[str, list[Hit]] = {}
    for hit in hits:
        found.setdefault(hit.passage.article_id, []).append(hit)
    return list(found.values())


def aged(read: Article | Passage) -> bool:
    """Whether an article is so old that a visitor should know."""
    return read.updated is not None and read.updated < date.today() - RECENT


def overdue(read: Article | Passage) -> bool:
    """Whether an article should have been looked at again by now."""
    return read.review_by is not None and read.review_by < date.today()


def opening(href: str, language: Language) -> Markup:
    """The attributes of a link that leaves for another site: it opens a new tab, and says so."""
    if href.startswith(("http:", "https:")):
        return Markup(' target="_blank" rel="noopener" data-away="{}"').format(language("new_tab"))
    return Markup()


def as_script(value: Any) -> Markup:
    """A value as JSON that can stand inside a script element."""
    text = orjson.dumps(value).decode()
    for character in "<>&'\u2028\u2029":
        text = text.replace(character, f"\\u{ord(character):04x}")
    return Markup(text)  # noqa: S704 - nothing is left that could end the element


def fill(name: str, view: View, root: str = ROOT, **values: Any) -> str:
    """A template with its values; everything that is not Markup is escaped."""
    own = {"root": root, "view": view, "query": view.query(), "t": view.language, "tongue_of_articles": view.articles}
    return _TEMPLATES.get_template(name).render(**own, **values)


_TEMPLATES = Environment(
    loader=FileSystemLoader(Path(__file__).parent / "templates"),
    autoescape=True,
    undefined=StrictUndefined,
    trim_blocks=True,
    lstrip_blocks=True,
)

_TEMPLATES.globals.update(
    aged=aged,
    as_script=as_script,
    by_article=by_article,
    lead=lead,
    opening=opening,
    overdue=overdue,
    passage_html=passage_html,
    place_of=place_of,
    plain=plain,
    why=why,
)
