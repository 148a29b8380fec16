"""What exports of whole sites (WordPress, Blogger, Ghost) write into a feed beside its articles.

An export holds everything: what is not public yet or any more, what visitors wrote, and the parts that pages are made
of. An entry is an article only where nothing says that it is something else.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

_PUBLISHED = {"", "publish", "published", "live"}
_STATES = {
    "future": "scheduled",
    "soft_trashed": "in the trash",
    "soft-trashed": "in the trash",
    "trash": "in the trash",
    "auto-draft": "draft",
    "inherit": "revision",
}
# Post types of WordPress and its plugins that visitors write, or that pages are made of.
_NO_ARTICLE = re.compile(
    r"attachment|revision|template|layout|block|changeset|cache|css|font|popup|library|global_styles|navigation|coupon"
    r"|order|payment|form|feedback|inbound|contact|message|request|ticket|topic|reply|comment|field|log$|subscri|elementor"
)
_KINDS = {"nav_menu_item": "menu item"}
_GOOGLE_KIND = "schemas.google.com/blogger/2008/kind#"
_READERS = {"members": "for members", "paid": "for paying members", "tiers": "for paying members"}
_GATED = re.compile(
    r"<!--\s*kg-gated-block:begin(?!(?:(?!-->).)*nonMember:\s*true).*?-->.*?(?:<!--\s*kg-gated-block:end\s*-->|\Z)",
    re.DOTALL,
)
"""A block of a post of Ghost that only its members see."""
_OF_A_COMMENT = re.compile(r"#comment-\d+$|/comments/default/\d+$|[?&]showComment=")

# Square brackets that a plugin would act on, by what only these look like.
_SHORTCODE = re.compile(
    r"""(?<!\[)\[(?P<closing>/?)(?P<name>[A-Za-z][\w-]*)"""
    r"""(?P<rest>(?:\s+(?:[^\[\]"'<>]|"[^"<>]*"|'[^'<>]*')*)?)/?\](?!\]|\()"""
)
_WITH_CONTENT = re.compile(
    r"""\[(?P<name>embed|video|audio|playlist|gallery|iframe|[\w-]*(?:private|member|restrict|protect|s2if|paywall)[\w-]*)"""
    r"""(?:\s[^\[\]]*)?\].*?\[/(?P=name)\]""",
    re.IGNORECASE | re.DOTALL,
)
_PLUGINS = re.compile(
    r"(?:et_pb|vc|fusion|av|su|wp|ninja|gravity|mc4wp|elementor|fl|tve|kc|cs|x|dt|mk)_\w+|contact-form\S*"
)
_PLAIN_NAMES = frozenset(
    "caption gallery embed audio video playlist toc ez-toc gravityform ninja_form wpforms contact-form".split()
)
_KEPT_WHOLE = re.compile(r"(<(pre|table|ul|ol|script|style|textarea)\b.*?</\2>)", re.IGNORECASE | re.DOTALL)
_EMPTY_LINES = re.compile(r"\n[ \t\r]*\n\s*")


def unwanted(entry: Mapping[str, Any]) -> str:
    """What an entry is that is no article for everybody, in a word; "" where it is one.

    `entry` has the elements of an entry under their names, a prefix and an underscore in front.
    """
    said = {key.casefold(): value.strip() for key, value in entry.items() if isinstance(value, str)}
    kind = (said.get("wp_post_type") or said.get("blogger_type") or _google_kind(entry)).casefold()
    if kind in _KINDS or _NO_ARTICLE.search(kind) or kind == "settings":
        return _KINDS.get(kind, kind)
    if "thr_in-reply-to" in entry or _OF_A_COMMENT.search(said.get("link", "")):
        return "comment"
    if said.get("wp_post_password"):
        return "protected by a password"
    states = [said.get(key, "").casefold() for key in ("wp_status", "blogger_status", "status")]
    if state := next((one for one in states if one not in _PUBLISHED), ""):
        return _STATES.get(state, state)
    draft = [value.casefold() for key, value in said.items() if key.rpartition("_")[2] == "draft"]
    if any(value in {"yes", "true", "1"} for value in draft) or entry.get("draft") is True:
        return "draft"
    readers = str(entry.get("visibility", "public")).casefold()
    return "" if readers == "public" else _READERS.get(readers, "for some readers")


def from_ghost(source: str) -> str:
    """The HTML of a post of Ghost as everybody sees it, with links on its own site as paths."""
    return _GATED.sub("", source).replace("__GHOST_URL__", "")


def from_classic_editor(source: str) -> str:
    """The HTML of a post as WordPress shows it: empty lines are paragraphs, shortcodes are no words."""
    source = without_shortcodes(source)
    if "<!-- wp:" in source:
        return source
    parts = _KEPT_WHOLE.split(source)
    # Every third part is the name of the element before it, every second one that element.
    return "".join(
        part if at % 3 == 1 else _EMPTY_LINES.sub("<br><br>", part) for at, part in enumerate(parts) if at % 3 != 2
    )


def without_shortcodes(source: str) -> str:
    """The text without shortcodes; what stands between two of them stays, unless it is an address or not public."""
    source = _WITH_CONTENT.sub("", source)
    closed = {match["name"] for match in _SHORTCODE.finditer(source) if match["closing"]}

    def shown(match: re.Match[str]) -> str:
        name = match["name"]
        known = name in closed or name.lower() in _PLAIN_NAMES or _PLUGINS.fullmatch(name) or "=" in match["rest"]
        return "" if known else match[0]

    return _SHORTCODE.sub(shown, source)


def _google_kind(entry: Mapping[str, Any]) -> str:
    """The kind of a Blogger entry, which is one of its categories; "" for a post or a page."""
    terms = [str(tag.get("term") or "") for tag in entry.get("tags") or () if isinstance(tag, Mapping)]
    return next((term.rpartition("#")[2] for term in terms if _GOOGLE_KIND in term), "")
