"""The main content of a web page: what is left of its tree once navigation, banners and hidden parts are gone.

Extractors that score paragraphs keep the best-scored part alone: of pages that spread their text over tabs they lose
nine parts of ten. So what the page itself says comes first (landmarks, roles), and the scores only where it is silent.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import Any, NamedTuple

_DROPPED = frozenset(
    """script style noscript template iframe frame frameset object embed applet svg math canvas audio video map area
    button input select option textarea datalist progress meter nav aside dialog menu link meta""".split()
)
_DROPPED_ROLES = frozenset(
    "navigation banner contentinfo complementary search dialog alertdialog alert menu menubar toolbar tablist".split()
)
_KEPT = frozenset(
    ("html", "body", "main", "article", "h1", "h2", "h3", "h4", "h5", "h6", "p", "a", "strong", "em", "td")
)

# Words of a class or an id. The first are never an article's; the second may be, where they have prose of their own.
_BOILERPLATE = frozenset(
    """cookie cookies consent gdpr breadcrumb breadcrumbs newsletter disqus advert advertisement ads sponsored popup
    modal pagination pager sharing sharedaddy navbar sidebar skiplink masthead paywall onetrust comments commentlist
    noprint mw-editsection editsection visually-hidden sr-only screen-reader-text""".split()
)
_DOUBTFUL = frozenset(
    """share social related recommended recommendations banner promo promotion menu nav navigation footer header
    subscribe signup login follow tags toc metadata byline comment widget skip""".split()
)
_WORD = re.compile(r"[a-z]+(?:-[a-z]+)*|[A-Z][a-z]+")

_RUNNING = 60
"""Characters from which a block without many links counts as running text."""

_BLOCKS = frozenset(
    """p pre blockquote td th li dd dt div section article figcaption h1 h2 h3 h4 h5 h6 ul ol table main body
    form center header footer font""".split()
)


class Size(NamedTuple):
    """Of an element with all in it: characters, those in links, those of running text, and the number of links."""

    text: int
    linked: int
    running: int
    links: int


def main_content(document: Any) -> Any:
    """The element of `document` (an lxml tree, changed in place) that holds the content, without boilerplate."""
    body = next(document.iter("body"), document)
    _drop_controls(body)
    _drop_boilerplate(body)
    sizes = measure(body)
    _drop_link_lists(body, sizes)
    sizes = measure(body)
    landmark = _landmark(body, sizes)
    return _densest(body, sizes) if landmark is None else landmark


def measure(root: Any) -> dict[Any, Size]:
    """The size of every element under `root`, itself included."""
    sizes: dict[Any, Size] = {}
    loose: dict[Any, tuple[int, int]] = {}  # characters, and those in links, that no block inside has claimed
    for element in reversed(list(root.iter())):
        inside = [sizes[child] for child in element]
        own = len((element.text or "").strip()) + sum(len((child.tail or "").strip()) for child in element)
        text = own + sum(size.text for size in inside)
        linked, links = sum(size.linked for size in inside), sum(size.links for size in inside)
        free, free_linked = own + sum(loose[child][0] for child in element), sum(loose[child][1] for child in element)
        if element.tag == "a" and element.get("href"):
            linked, links, free_linked = text, links + 1, free
        running = sum(size.running for size in inside)
        if element.tag in _BLOCKS:
            running += free if free >= _RUNNING and free_linked < 0.4 * free else 0
            free = free_linked = 0
        loose[element] = (free, free_linked)
        sizes[element] = Size(text, linked, running, links)
    return sizes


def _drop_controls(body: Any) -> None:
    for link in list(body.iter("a")):
        href = (link.get("href") or "-").lower()
        button = not href.strip("#") or href.startswith("javascript:")
        if button or (href.startswith("#") and _is_beside_a_title(link)):
            link.drop_tree()
    for element in list(body.iterdescendants()):
        if element.getparent() is None:
            continue
        if element.tag in _DROPPED or (element.get("role") or "").lower() in _DROPPED_ROLES:
            element.drop_tree()


def _is_beside_a_title(link: Any) -> bool:
    """Whether it is the mark behind a heading that leads to that heading, or opens a note about it."""
    heading = next(link.iterancestors("h1", "h2", "h3", "h4", "h5", "h6"), None)
    return heading is not None and len(heading.text_content().strip()) > len(link.text_content().strip())


def _drop_boilerplate(body: Any) -> None:
    sizes = measure(body)
    whole = max(1, sizes[body].text)
    for element in list(body.iterdescendants()):
        size = sizes[element]
        if element.tag in _KEPT or size.text > 0.3 * whole:
            continue
        words = _words(element)
        part_of_page = element.tag in {"header", "footer"} and next(element.iterancestors("article"), None) is None
        thin = size.running < 200 or size.linked > 0.3 * size.text
        doubtful = part_of_page or (words & _DOUBTFUL and thin)
        if words & _BOILERPLATE or (doubtful and not _has_title(element)):
            element.drop_tree()


def _words(element: Any) -> set[str]:
    named = f"{element.get('class') or ''} {element.get('id') or ''}"
    words = {word.lower() for word in re.split(r"[\s_]+|-", named) if word}
    words |= {word.lower() for word in named.split()}
    return words | {word.lower() for word in _WORD.findall(named) if word[0].isupper()}


def _has_title(element: Any) -> bool:
    return next(element.iter("h1"), None) is not None


def _drop_link_lists(body: Any, sizes: dict[Any, Size]) -> None:
    for element in list(body.iter("ul", "ol", "div", "section", "table", "p")):
        size = sizes[element]
        many = size.links >= 4 and size.linked > 0.75 * size.text
        crumbs = element.tag != "p" and size.links >= 2 and size.linked > 0.9 * size.text and size.text < _RUNNING
        if (many or crumbs) and not size.running and not _has_title(element):
            element.drop_tree()


def _landmark(body: Any, sizes: dict[Any, Size]) -> Any | None:
    whole = sizes[body]
    mains = [one for one in body.iter() if one.tag == "main" or (one.get("role") or "").lower() == "main"]
    main = _largest(mains, sizes, 0.25 * whole.running)
    around = body if main is None else main
    articles = [one for one in around.iter("article", "div", "section") if _is_article(one)]
    inner = _largest(articles, sizes, 0.6 * sizes[around].running)
    return main if inner is None else inner


def _is_article(element: Any) -> bool:
    return element.tag == "article" or "articlebody" in (element.get("itemprop") or "").lower()


def _largest(elements: Iterable[Any], sizes: dict[Any, Size], least: float) -> Any | None:
    enough = [one for one in elements if one in sizes and sizes[one].running > 0 and sizes[one].running >= least]
    return max(enough, key=lambda one: sizes[one].running, default=None)


def _densest(body: Any, sizes: dict[Any, Size]) -> Any:
    """The smallest element with four fifths of the running text, a whole table rather than rows of it."""
    densest = smallest = body
    while True:
        inner = next((child for child in smallest if sizes[child].running > 0.8 * sizes[body].running), None)
        if inner is None or inner.tag in {"p", "pre", "li", "ul", "ol", "dl"}:
            return densest
        smallest = inner
        if inner.tag not in {"table", "thead", "tbody", "tfoot", "tr"}:
            densest = inner
