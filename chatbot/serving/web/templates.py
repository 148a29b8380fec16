"""Every page's HTML is a template filled with values: whom it is for, and what templates can call."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

import orjson
from jinja2 import Environment, FileSystemLoader, StrictUndefined
from markupsafe import Markup

from chatbot.answering.highlight import MOST_WORDS
from chatbot.content.markdown.plain import plain
from chatbot.records import Article, Passage, Why
from chatbot.serving.web.languages import ENGLISH, Language
from chatbot.serving.web.markdown_html import lead_html, passage_html, place_of

ROOT = "../"  # the chat page lives at /chat/


@dataclass(frozen=True, slots=True)
class View:
    """Whom the HTML is for: the language of the page's own words, and that of the articles as a language tag.

    `brand` is what the installation calls itself. `kept` is what of the address goes on to other own pages: a language
    or a site that it asks for, as (name, value).
    """

    language: Language = ENGLISH
    articles: str = "en"
    brand: str = ""
    kept: tuple[tuple[str, str], ...] = ()

    def query(self, **more: str) -> str:
        """The query of a link to an own page: "?lang=fr", or empty."""
        pairs = [*self.kept, *more.items()]
        return f"?{urlencode(pairs)}" if pairs else ""


def why(reason: Why, language: Language) -> str:
    """Why a passage is here, in the page's language."""
    if reason.pinned:
        return language("pinned")
    closeness = language(reason.closeness)
    if not reason.words:
        return closeness[:1].upper() + closeness[1:]
    shares = {"lexical": language.share(reason.share), "semantic": language.share(1 - reason.share)}
    words = language("comma").join(language("quoted", word=word) for word in reason.words[:MOST_WORDS])
    return language("contains", words=words, closeness=closeness, **shares)


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
    as_script=as_script,
    lead=lead_html,
    opening=opening,
    overdue=overdue,
    passage_html=passage_html,
    place_of=place_of,
    plain=plain,
    why=why,
)
