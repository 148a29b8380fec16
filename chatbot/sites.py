"""The web sites that carry the chatbot, and what the settings let each of them see.

A site's topics are what its visitors are shown. They are no secret: who asks without a site sees all articles.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import replace

from chatbot.errors import SettingsError
from chatbot.records import Answer, Article, Filters, Passage
from chatbot.settings import SiteSettings

ORIGIN = re.compile(r"https?://(?:[a-z0-9._-]+|\[[0-9a-f:.]+\])(?::\d{1,5})?")


def within(site: SiteSettings | None, filters: Filters = Filters()) -> Filters:
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


def articles_of(site: SiteSettings | None, articles: Iterable[Article]) -> list[Article]:
    """Those of some articles that a site may ask about, in their order."""
    return [article for article in articles if shows(site, article)]


def topics_of(site: SiteSettings | None, articles: Iterable[Article]) -> list[tuple[str, int]]:
    """The topics of some articles that a site may ask about, each with the number of its articles, largest first."""
    counted = Counter(topic for article in articles for topic in own_topics(site, article.topics))
    return sorted(counted.items(), key=lambda each: (-each[1], each[0].casefold()))


def for_site(site: SiteSettings | None, answer: Answer) -> Answer:
    """An answer that offers none but the site's topics; its articles may have others as well."""
    return replace(answer, topics=own_topics(site, answer.topics))


class Sites:
    """The sites of the settings, by origin and by name."""

    def __init__(self, sites: Sequence[SiteSettings]) -> None:
        """Raises SettingsError where two have one name."""
        self._named = {site.name: site for site in sites if site.name}
        twice = [site.name for site in sites if site.name and self._named[site.name] is not site]
        if twice:
            raise SettingsError(f"two [[sites]] have the name {twice[0]!r}; give each a name of its own, or none")
        self._exact = {origin: site for site in sites for origin in site.origins if "*" not in origin}
        self._wildcards = [
            (origin.partition("*")[0], origin.partition("*")[2], site)
            for site in sites
            for origin in site.origins
            if "*" in origin
        ]
        #: What the page's policy says about frames: this server, and the pages that are listed.
        self.frame_ancestors = frame_ancestors(*sites)

    def named(self, text: str) -> SiteSettings | None:
        """The site that has a name, or that an origin belongs to."""
        return self._named.get(text) or self.of(text)

    def of(self, origin: str) -> SiteSettings | None:
        """The site of an origin as a browser sends it; an exact origin goes before a wildcard."""
        if not ORIGIN.fullmatch(origin):
            return None
        if origin in self._exact:
            return self._exact[origin]
        for scheme, rest, site in self._wildcards:
            if origin.startswith(scheme) and origin.endswith(rest) and len(origin) > len(scheme) + len(rest):
                return site
        return None


def frame_ancestors(*sites: SiteSettings) -> str:
    """The sources whose pages may show the chat page of these sites in a frame."""
    return " ".join(("'self'", *(origin for site in sites for origin in site.origins)))
