"""What of a tree of elements readers are not meant to see: hidden text, comments, notes, what was struck through.

drop_unseen            before it, `folded.unfold` has shown whatever a control opens
"""

from __future__ import annotations

import re
from typing import Any

_HIDDEN = re.compile(r"(?:^|;)\s*(?:display\s*:\s*none|visibility\s*:\s*hidden)", re.IGNORECASE)
_UNSHOWN = frozenset("template del s strike ac:placeholder ac:task-id ac:task-uuid ac:task-status".split())
_NOTES = frozenset(("notes", "speaker-notes"))
_COMMENT_SECTIONS = frozenset(
    """comments comments-area comments-section comments-wrapper comment-section comment-list commentlist
    disqus_thread page-comments""".split()
)
_HOLDERS = frozenset(("div", "section", "aside", "ol", "ul", "footer"))
_SECTIONS_OF_CONFLUENCE = frozenset(("comments", "attachments"))
_COMMENT_OF_GOOGLE = re.compile(r"#cmnt_ref\d+")
_MARK_OF_GOOGLE = re.compile(r"#cmnt\d+")


def is_hidden(element: Any) -> bool:
    """Whether the element says of itself that it is not shown. What the browser's search may find is not hidden."""
    hidden = element.get("hidden")
    if hidden is not None and hidden.lower() != "until-found":
        return True
    unseen = (element.get("aria-hidden") or "").lower() == "true"
    return unseen or bool(_HIDDEN.search(element.get("style") or ""))


def drop_unseen(body: Any) -> None:
    """Take all of it out of the tree under `body`; the text behind an element stays."""
    for element in list(body.iterdescendants()):
        if isinstance(element.tag, str) and body in element.iterancestors() and _is_unseen(element):
            element.drop_tree()


def _is_unseen(element: Any) -> bool:
    return (
        element.tag in _UNSHOWN
        or is_hidden(element)
        or (element.tag == "aside" and bool(_NOTES & _names(element)))
        or (element.tag in _HOLDERS and _holds_comments(element))
        or _is_mark(element)
    )


def _names(element: Any) -> set[str]:
    return {*(element.get("class") or "").split(), element.get("id") or ""}


def _holds_comments(element: Any) -> bool:
    if "pageSection" in _names(element):
        heads = [one.get("id") for one in element.iter("h2") if "pageSectionTitle" in _names(one)]
        return bool(_SECTIONS_OF_CONFLUENCE & set(heads))
    if _COMMENT_SECTIONS & _names(element):
        return next(element.iter("h1", "main", "article"), None) is None or element.tag in {"ol", "ul"}
    if _NOTES & _names(element) and element.tag in {"div", "section"}:
        return "role" not in element.attrib and next(element.iter("h1"), None) is None and _is_slide(element)
    return _is_comment_of_google(element)


def _is_slide(element: Any) -> bool:
    """Whether it stands in a section of slides, so that its class `notes` means the speaker's."""
    return any({"slide", "slides", "reveal", "remark-slide"} & _names(one) for one in element.iterancestors())


def _is_comment_of_google(element: Any) -> bool:
    """Whether it begins with the anchor of a comment, as the sections that a Google document ends with do."""
    if element.tag != "div" or (element.text or "").strip():
        return False
    first = next(iter(element), None)
    link = next(first.iter("a"), None) if first is not None and isinstance(first.tag, str) else None
    return link is not None and bool(_COMMENT_OF_GOOGLE.match(link.get("href") or "")) and _is_only_comments(element)


def _is_only_comments(element: Any) -> bool:
    return next(element.iter("h1", "h2", "h3", "h4", "h5", "h6", "table"), None) is None


def _is_mark(element: Any) -> bool:
    if element.tag in {"p", "li"}:
        link = next(element.iter("a"), None)
        return link is not None and bool(_COMMENT_OF_GOOGLE.match(link.get("href") or ""))
    return element.tag == "a" and bool(_MARK_OF_GOOGLE.match(element.get("href") or ""))
