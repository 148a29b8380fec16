"""What a reader makes of a file."""

from __future__ import annotations

from typing import NamedTuple

from chatbot.content.frontmatter import FrontMatter


class Part(NamedTuple):
    """What becomes an article: a file, or one entry of it, whose `name` is then added to the article's id.

    `text` is Markdown; it is empty where an entry has no full text. `pages` are the offsets in it where the pages of
    the file begin, the first one's included.
    """

    front: FrontMatter
    text: str
    name: str = ""
    pages: tuple[int, ...] = ()
