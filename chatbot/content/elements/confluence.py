"""The storage format of Confluence as HTML: macros are elements of their own names there, with text in CDATA.

storage_format         before parsing: text in CDATA as text
read_macros            after it: titles above what they head, code as code, what is not shown taken out
"""

from __future__ import annotations

import html
import re
from typing import Any

_CDATA = re.compile(r"<!\[CDATA\[(.*?)\]\]>", re.DOTALL)
_UNSHOWN = frozenset(
    """toc toc-zone children jira attachments gallery pagetree recently-updated contentbylabel blog-posts livesearch
    create-from-template comments profile popular-labels labels-list anchor""".split()
)
_TITLE = "title"
_BODIES = ("ac:rich-text-body", "ac:plain-text-body")


def storage_format(source: str) -> str:
    """The source with its CDATA as text, where it is in the storage format; any other as it is."""
    return _CDATA.sub(lambda match: html.escape(match[1]), source) if "<ac:" in source else source


def read_macros(body: Any) -> None:
    """Change the macros under `body` (an lxml tree) to elements of HTML."""
    for macro in [*body.iter("ac:structured-macro", "ac:macro")]:
        if body in macro.iterancestors():
            _read(macro)
    for parameter in [*body.iter("ac:parameter")]:
        parameter.drop_tree()
    for plain in [*body.iter("ac:plain-text-body")]:
        plain.tag = "pre"
    for rich in [*body.iter("ac:rich-text-body")]:
        rich.tag = "div"


def _read(macro: Any) -> None:
    told = {one.get("ac:name") or "": (one.text or "").strip() for one in macro.iterchildren("ac:parameter")}
    if macro.get("ac:name") in _UNSHOWN or (macro.get("ac:name") == "excerpt" and told.get("hidden") == "true"):
        macro.drop_tree()
        return
    inside = next(macro.iterchildren(*_BODIES), None)
    if inside is not None and told.get(_TITLE):
        title = macro.makeelement("summary")
        title.text = told[_TITLE]
        inside.addprevious(title)
