"""Folded answers beside their questions: accordions, tabs, expanders. What a control opens is shown, under its words.

A panel is what `aria-controls`, `aria-labelledby`, `data-target`, a link or its place behind a control says. A control
in a heading makes that heading one; any other becomes a `summary`, as that of `<details>`, right above its panel.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator, Mapping
from itertools import zip_longest
from typing import Any

from chatbot.content.elements.unseen import is_hidden

_HEADINGS = ("h1", "h2", "h3", "h4", "h5", "h6")
_OPENING_ROLES = frozenset(("button", "tab"))
_PANEL_ROLES = frozenset(("region", "tabpanel"))
_TARGETS = ("data-bs-target", "data-target", "data-mdb-target", "data-uk-toggle", "href")
_NO_FOLDS = frozenset(("modal", "dropdown", "offcanvas", "tooltip", "popover"))
_NO_PANELS = frozenset(("nav", "dialog", "menu", "form", "input", "select", "svg", "body", "main", "header", "footer"))
_NO_PANEL_ROLES = frozenset(("dialog", "alertdialog", "menu", "listbox", "navigation", "search", "tooltip", "status"))

# Words of a class that say of a thing without an ARIA attribute that it folds.
_FOLDING = frozenset(
    """accordion accordions collapse collapsed collapsible expand expander expandable expanded faq question answer
    toggle toggler disclosure spoiler tab tabs""".split()
)
_ANY_WORDS = re.compile(
    r"\W*(?:(?:show|read|see|learn|view)(?: (?:more|less|all|details))?|more|less|details|expand|collapse|toggle|open"
    r"|close|menu|next|previous|print|share)?\W*",
    re.IGNORECASE,
)
_LONGEST_QUESTION = 300


def unfold(body: Any) -> None:
    """Show every folded panel under `body` (an lxml tree, changed in place), the words of its control above it."""
    _name_headings(body)
    named = {one.get("id"): one for one in body.iter() if isinstance(one.tag, str) and one.get("id")}
    pairs: dict[Any, Any] = {}
    for control, panel in [*_stated(body, named), *_neighbours(body), *_labelled_tabs(body)]:
        if panel not in pairs and _may_open(control, panel):
            pairs[panel] = control
    counts = _counted(set(pairs.values()))
    for panel, control in pairs.items():
        _show(panel)
        if control.getparent() is not None:
            _put_above(control, panel, counts)
    for heading in [*body.iter(*_HEADINGS, "dt", "summary")]:
        _unwrap(heading)


def _name_headings(body: Any) -> None:
    for one in [*body.iter()]:
        if isinstance(one.tag, str) and (one.get("role") or "").lower() == "heading" and one.tag not in _HEADINGS:
            level = one.get("aria-level") or "2"
            one.tag = f"h{level}" if f"h{level}" in _HEADINGS else "h2"


def _stated(body: Any, named: dict[str, Any]) -> Iterator[tuple[Any, Any]]:
    """Controls and panels that name one another."""
    for one in body.iter():
        if not isinstance(one.tag, str):
            continue
        controlled = (one.get("aria-controls") or "").split()
        targets = [value[1:] for key in _TARGETS if (value := one.get(key) or "").startswith("#")]
        for name in controlled + targets:
            panel = named.get(name)
            if panel is not None and (_is_folded(panel) or one.get("aria-expanded") or _role(one) == "tab"):
                yield one, panel
        if _role(one) in _PANEL_ROLES or is_hidden(one):
            for name in (one.get("aria-labelledby") or "").split():
                if name in named and (is_hidden(one) or _role(one) == "tabpanel" or _opens(named[name])):
                    yield named[name], one


def _neighbours(body: Any) -> Iterator[tuple[Any, Any]]:
    """What folds only by a script: a hidden panel behind what looks like its control, or the answer to a `dt`."""
    for one in body.iter():
        before = one.getprevious() if isinstance(one.tag, str) else None
        if before is None or not isinstance(before.tag, str):
            continue
        if (
            (one.tag == "dd" and before.tag == "dt" and (is_hidden(one) or _opens(before)))
            or (is_hidden(one) and _opens(before) and _words(before, one, one.getparent()) & _FOLDING)
            or (before.tag == "button" and _words(before) & _FOLDING and one.tag in {"div", "section", "p", "ul"})
        ):
            yield before, one


def _labelled_tabs(body: Any) -> Iterator[tuple[Any, Any]]:
    """Tabs of Python-Markdown, which fold by radio buttons alone."""
    for one in body.iter("div"):
        if "tabbed-set" not in (one.get("class") or "").split():
            continue
        labels = [label for group in [one, *_of_class(one, "tabbed-labels")] for label in group.iterchildren("label")]
        blocks = [b for group in _of_class(one, "tabbed-content") for b in _of_class(group, "tabbed-block") or [group]]
        for label, block in zip_longest(labels, blocks):
            if label is not None and block is not None:
                yield label, block


def _of_class(element: Any, name: str) -> list[Any]:
    return [one for one in element if isinstance(one.tag, str) and name in (one.get("class") or "").split()]


def _role(element: Any) -> str:
    return (element.get("role") or "").lower()


def _words(*elements: Any) -> set[str]:
    """Words of the classes of these elements and of what is in the first of them."""
    named = [*elements, *elements[0].iterdescendants()]
    classes = " ".join((one.get("class") or "") for one in named if one is not None and isinstance(one.tag, str))
    return set(re.split(r"[\s_-]+", classes.lower()))


def _is_folded(panel: Any) -> bool:
    return is_hidden(panel) or _role(panel) in _PANEL_ROLES or "collapse" in (panel.get("class") or "").split()


def _opens(element: Any) -> bool:
    """Whether this is, or holds, something to press."""
    for one in element.iter():
        if isinstance(one.tag, str) and (
            one.tag == "button"
            or _role(one) in _OPENING_ROLES
            or one.get("aria-expanded")
            or one.get("tabindex")
            or (one.tag == "a" and not (one.get("href") or "#").strip("#"))
            or set(re.split(r"[\s_-]+", (one.get("class") or "").lower())) & _FOLDING
        ):
            return True
    return False


def _may_open(control: Any, panel: Any) -> bool:
    kinds = set((control.get("data-bs-toggle") or control.get("data-toggle") or "").split())
    if control.tag in {"input", "select", "textarea", "body"} or control.get("aria-haspopup") or kinds & _NO_FOLDS:
        return False
    if panel.tag in _NO_PANELS or _role(panel) in _NO_PANEL_ROLES or panel.get("aria-modal"):
        return False
    return panel not in control.iterancestors() and control not in panel.iterancestors() and control is not panel


def _show(panel: Any) -> None:
    for name in ("hidden", "aria-hidden", "style"):
        panel.attrib.pop(name, None)
    for around in panel.iterancestors():
        if _role(around) == "tablist":
            del around.attrib["role"]


def _put_above(control: Any, panel: Any, counts: Mapping[Any, int]) -> None:
    """Make the control a heading where it stands, or words right above its panel where it stands among others."""
    words = " ".join(_text(control).split())
    around = set(panel.iterancestors())
    holder = control
    while holder.getparent() is not None and holder.getparent() not in around:
        holder = holder.getparent()
    heads = next((one for one in [control, *control.iterancestors()] if one.tag in {*_HEADINGS, "dt", "summary"}), None)
    heads = heads if heads is not None else next(control.iter(*_HEADINGS), None)
    alone = counts[holder] < 2
    if not words or len(words) > _LONGEST_QUESTION or (_ANY_WORDS.fullmatch(words) and heads is None):
        return
    if alone and heads is not None and (heads is holder or heads in holder.iter()):
        return
    if (not alone or (control.get("href") or "").strip("#")) and _begins_with_heading(panel):
        return
    summary = panel.makeelement("summary")
    summary.text = words
    panel.addprevious(summary)
    (holder if alone and _is_same(holder, words) else control).drop_tree()


def _counted(controls: set[Any]) -> Counter[Any]:
    """How many controls each element holds, itself included."""
    return Counter(around for control in controls for around in [control, *control.iterancestors()])


def _text(control: Any) -> str:
    """The words of a control, without its icons."""
    skipped = {one for icon in control.iter() if is_hidden(icon) for one in icon.iter()}
    parts = [control.text or ""]
    for one in control.iterdescendants():
        parts += ["" if one in skipped else one.text or "", one.tail or "" if one.getparent() not in skipped else ""]
    return "".join(parts)


def _is_same(holder: Any, words: str) -> bool:
    return " ".join(_text(holder).split()) == words


def _begins_with_heading(panel: Any) -> bool:
    for one in panel.iterdescendants():
        if one.tag in _HEADINGS:
            return True
        if (one.text or "").strip():
            return False
    return False


def _unwrap(heading: Any) -> None:
    """A heading in a button, or all of whose words are in one, is a heading."""
    for around in [*heading.iterancestors("button")]:
        around.tag = "div"
    words = heading.text_content().split()
    for one in [*heading.iter("button", "a", "label")]:
        if words and one.text_content().split() == words and not (one.get("href") or "#").lstrip("#"):
            one.tag = "span"
            one.attrib.pop("href", None)
        elif one.tag == "button" and one.text_content().split() == words:
            one.tag = "span"
