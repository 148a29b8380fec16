"""What a reader is given and what it gives: the one place that says it.

A reader is a function `read_NAME(path, data)` in the module of its format. It gives `Part`s, of which
`registry.parse` makes the articles of a `Parsed`.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple

from chatbot.content.readers.sitemap import Sitemap
from chatbot.content.source.front_matter import FrontMatter
from chatbot.content.source.visibility import Due
from chatbot.records import Article


class Part(NamedTuple):
    """What becomes an article: a file, or one entry of it, whose `name` is then added to the article's id.

    `text` is Markdown; it is empty where an entry has no full text. `pages` are the offsets in it where the pages of
    the file begin, the first one's included. `unwanted` says in a word what an entry is that is no article for
    everybody: a draft, a comment.
    """

    front: FrontMatter
    text: str
    name: str = ""
    pages: tuple[int, ...] = ()
    unwanted: str = ""


Reader = Callable[[str, bytes], list[Part]]
"""From a path under the corpus folder and the file's bytes to the file as one part without a name, or to its entries.

It looks at nothing but the bytes, no other file and no network, and gives the same parts for the same bytes. Raises
ContentError with the path, where nothing in the file can be used.
"""


class Parsed(NamedTuple):
    """The articles of a file, and why something in it is none, "" where everything is; or what a sitemap lists.

    `withheld` says what is left out because the file itself says that it is not public, and `due` what will change
    about that by itself. `remark` says what an article had to be read without, which is published all the same.
    """

    articles: tuple[Article, ...]
    left_out: str
    sitemap: Sitemap | None = None
    withheld: str = ""
    due: Due | None = None
    remark: str = ""
