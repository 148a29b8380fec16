"""What the settings rule for a site, whichever door its visitors come through: the page in a frame, widget or API.

A site's topics are what its visitors are shown. They are no secret: who asks without a site sees all articles.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from starlette.datastructures import Headers, QueryParams
from starlette.types import Scope

from chatbot.records import Answer, Article, Filters, Passage
from chatbot.serving.language import Language, choose
from chatbot.serving.origins import SITE
from chatbot.settings import PageSettings, SiteSettings

if TYPE_CHECKING:
    from chatbot.answering.chatbot import Chatbot


def site_of(scope: Scope) -> SiteSettings | None:
    """The site that a request comes from or names."""
    found: SiteSettings | None = scope.get(SITE)
    return found


def asked_for(scope: Scope, name: str) -> str:
    """What the address of a request says of `lang` or `site`, or nothing."""
    return QueryParams(scope.get("query_string", b"")).get(name, "")


def language_of(scope: Scope, page: PageSettings) -> Language:
    """The language of a visit: the address's, the site's, the browser's or the setting's, the first that there is."""
    site = site_of(scope)
    wanted = asked_for(scope, "lang") or (site.language if site else "")
    return choose(wanted, Headers(scope=scope).get("accept-language", ""), page.language)


def within(site: SiteSettings | None, filters: Filters = Filters()) -> Filters:  # noqa: B008 - frozen
    """The filters, narrowed to the topics that a site may ask about."""
    if site is None or not site.topics:
        return filters
    asked = {topic.casefold() for topic in filters.topics}
    kept = tuple(topic for topic in site.topics if not asked or topic.casefold() in asked)
    # A topic that no article can have: the site asked for none of its own.
    return replace(filters, topics=kept or ("\0",))


def own_topics(site: SiteSettings | None, topics: tuple[str, ...]) -> tuple[str, ...]:
    """Those of some topics that a site may ask about."""
    if site is None or not site.topics:
        return topics
    own = {topic.casefold() for topic in site.topics}
    return tuple(topic for topic in topics if topic.casefold() in own)


def shows(site: SiteSettings | None, read: Article | Passage) -> bool:
    """Whether a site may ask about an article or a passage."""
    return site is None or not site.topics or bool(own_topics(site, read.topics))


def articles_of(bot: Chatbot, site: SiteSettings | None) -> list[Article]:
    """The articles that a site may ask about, in the order of their ids, their texts left empty."""
    return [article for article in bot.articles() if shows(site, article)]


def for_site(site: SiteSettings | None, answer: Answer) -> Answer:
    """An answer that offers none but the site's topics; its articles may have others as well."""
    return replace(answer, topics=own_topics(site, answer.topics))
