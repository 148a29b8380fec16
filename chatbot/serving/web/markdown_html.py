"""Untrusted Markdown as safe HTML.

Raw HTML stays text, images become their alternative text, and a link keeps only an address that leads to a web page
or a mailbox. What comes out holds no script, no style, no form and nothing that is fetched by itself.
"""

from __future__ import annotations

import re
import textwrap
from collections.abc import Callable, Mapping, Sequence
from itertools import pairwise
from typing import Any
from urllib.parse import quote, unquote, urljoin

from markdown_it import MarkdownIt
from markdown_it.rules_core import StateCore
from markdown_it.token import Token
from markupsafe import Markup, escape

from chatbot.content.markdown.blocks import CUSTOM_ID
from chatbot.content.markdown.deep_links import article_address, page_anchor
from chatbot.content.markdown.plain import plain
from chatbot.content.markdown.tables import head, rows
from chatbot.records import Article, Highlight, Hit, Passage

# Where a marked sentence begins and ends, while the Markdown is parsed. Both count as punctuation, so that emphasis
# beside them is still read as emphasis; no living script uses them.
OPEN, CLOSE = "\U00010a7f", "\U00010af0"
_SENTINELS = re.compile(f"[{OPEN}{CLOSE}]")
LEAD_CHARACTERS = 240
Linked = Callable[[str, str], str | None]
"""An address, and the relative address of the root, to a link; None where it leads to no web page."""
_LINE_END = re.compile(r"\r\n?|\n")  # what the parser takes for the end of a line
_SCHEME = re.compile(r"[a-z][a-z0-9+.-]*:", re.IGNORECASE)
_WEB = re.compile(r"(https?|mailto):", re.IGNORECASE)
_LINE = re.compile(r"[^\n]+")
_FILE_SUFFIX = re.compile(r"\.(md|markdown|mdx|txt|x?html?|pdf|docx|epub)(?=#|$)", re.IGNORECASE)
_CITABLE = frozenset(("heading_open", "paragraph_open", "list_item_open", "tr_open", "fence", "code_block"))


def passage_html(
    passage: Passage,
    highlights: Sequence[Highlight],
    root: str,
    table: str = "Table",
    repeated: str = "",
    heading: str = "h4",
) -> Markup:
    """The passage with its highlights in `<mark>`; headings in it become `heading`.

    `root` is the relative address of the server's root, such as "../"; `table` is what a table is called, `repeated`
    says of the names of columns that they are from further up.
    """
    top = head(passage.columns, passage.text) if passage.columns else ""
    marks = [Highlight(mark.start + len(top), mark.end + len(top)) for mark in highlights]
    env = {"marks": marks, "base": passage.url, "root": root, "heading": heading, "table": table}
    body = _render(top + passage.text, env | {"repeated": repeated if top else ""})
    if top or not passage.columns:
        return body
    names = " · ".join(filter(None, passage.columns))
    return Markup('<p class="repeated">{}</p>\n{}').format(f"{repeated}: {names}" if repeated else names, body)


def lead(hit: Hit) -> str:
    """What a folded passage shows of itself, in plain words: the sentences that answer, or else its first ones.

    Of a table it is the whole row, with the names of its columns, and never the head alone.
    """
    text = hit.passage.text
    table = tuple(rows(text, hit.passage.columns))
    sentences = dict.fromkeys(_said(text, table, mark.start, mark.end) for mark in hit.highlights)
    shown = " … ".join(filter(None, sentences)) or _said(text, table, 0, len(text))
    return textwrap.shorten(shown, LEAD_CHARACTERS, placeholder=" …")


def article_html(
    article: Article,
    slugs: Mapping[int, str],
    cited: Passage | None,
    root: str,
    table: str = "Table",
    linked: Linked | None = None,
) -> Markup:
    """The whole article; the blocks of the cited passage carry the class `cited`.

    `slugs` are the anchors of its headings by their line, counted from 0. A first heading
    that repeats the title is left out. `linked` is how links without a scheme are written; without it as `place` does.
    """
    env = {"marks": (), "base": article_address(article.id, article.url), "root": root, "slugs": slugs}
    pages = [(article.text.count("\n", 0, start), number) for number, start in enumerate(article.pages, 1)]
    return _render(
        article.text,
        env | {"title": article.title, "cited": cited, "table": table, "pages": pages} | {"linked": linked or place},
    )


def place(url: str, root: str) -> str | None:
    """The address as a link from a page of this server; None where it leads to no web page."""
    if url.startswith("/") and not url.startswith(("//", "/\\")):
        return root + url[1:] if url.startswith("/articles/") else url
    return url if re.match(r"https?://", url, re.IGNORECASE) else None


def with_query(href: str, root: str, query: str) -> str:
    """A link with a query such as "?lang=fr" where it leads to an own article; others stay as they are."""
    path, hash_, fragment = href.partition("#")
    own = path.startswith(f"{root}articles/") and "?" not in path
    return f"{path}{query}{hash_}{fragment}" if own else href


def file_of(url: str) -> str:
    """The file that an export has of an own page, seen from its root: `/articles/cv#gap` is `articles/cv.html#gap`.

    `url` begins with `/articles/`. Nothing in it leads out of that folder, and none is the list of the articles.
    """
    path, hash_, fragment = url.partition("#")
    name = unquote(path.removeprefix("/articles/").partition("?")[0]).strip("/")
    parts = ["_" if part in ("", ".", "..") else part for part in name.split("/")]
    if re.fullmatch("index_*", name, re.IGNORECASE):
        parts[-1] += "_"
    return f"articles/{quote('/'.join(parts))}.html{hash_}{fragment}"


def link_target(base: str, href: str) -> str:
    """Where a link of an article leads that is read at `base`: between own articles, files are named by their ids."""
    target = href if _SCHEME.match(href) else urljoin(base, href)
    return _FILE_SUFFIX.sub("", target) if target.startswith("/articles/") else target


def place_of(passage: Passage, root: str) -> str | None:
    """The address of the passage; on this server's own pages it also names the passage that is to be marked."""
    path, hash_, fragment = passage.url.partition("#")
    if path.startswith("/articles/"):
        return f"{root}{path[1:]}?passage={quote(passage.id, safe='')}{hash_}{fragment}"
    return place(passage.url, root)


def _said(text: str, table: Sequence[tuple[int, int, str]], start: int, end: int) -> str:
    """The words of `text[start:end]`, rows of a table as a whole."""
    parts = []
    for row_start, row_end, said in table:
        if row_start < end and row_end > start:
            parts += [plain(text[start:row_start]), said]
            start = row_end
    return " · ".join(filter(None, [*parts, plain(text[start:end])]))


def _render(text: str, env: dict[str, Any]) -> Markup:
    source = _SENTINELS.sub("\ufffd", text)
    return Markup(_MARKDOWN.render(source, env | {"source": source}))  # noqa: S704 - the renderer escapes


def _allowed(url: str) -> bool:
    scheme = _SCHEME.match(url)
    return bool(_WEB.match(url)) if scheme else not url.startswith("//")


def _hide_anchors(state: StateCore) -> None:
    for before, token in pairwise(state.tokens):
        if before.type == "heading_open":
            token.content = CUSTOM_ID.sub("", token.content)


def _insert_sentinels(state: StateCore) -> None:
    marks, source = state.env["marks"], state.env["source"]
    if not marks:
        return
    starts = [0] + [match.end() for match in _LINE_END.finditer(source)]
    cursor = 0
    for token in state.tokens:
        if token.type == "inline" and token.map:
            cursor = max(cursor, starts[token.map[0]])
            token.content, cursor = _with_sentinels(token.content, source, cursor, marks)


def _with_sentinels(content: str, source: str, cursor: int, marks: Sequence[Highlight]) -> tuple[str, int]:
    """The inline content with sentinels around what the marks cover, line by line, and how far the source was read."""
    pieces, done = [], 0
    for line in _LINE.finditer(content):
        words = line[0].strip()
        at = source.find(words, cursor)
        if not words or at < 0:
            continue
        begin = line.start() + line[0].index(words)
        for mark in marks:
            start, end = max(mark.start, at), min(mark.end, at + len(words))
            if start < end:
                pieces += [
                    content[done : begin + start - at],
                    OPEN,
                    content[begin + start - at : begin + end - at],
                    CLOSE,
                ]
                done = begin + end - at
        cursor = at + len(words)
    return "".join([*pieces, content[done:]]), cursor


def _mark_leaves(state: StateCore) -> None:
    """Put `<mark>` around every leaf between sentinels, so that marks and other tags always nest."""
    for block in state.tokens:
        if block.type == "inline" and OPEN in block.content:
            on, leaves = False, []
            for token in block.children or []:
                for leaf in _split(token):
                    if leaf.content in (OPEN, CLOSE):
                        on = leaf.content == OPEN
                    elif on and leaf.nesting == 0:
                        leaves += [Token("mark_open", "mark", 1), leaf, Token("mark_close", "mark", -1)]
                    else:
                        leaves.append(leaf)
            block.children = leaves


def _split(token: Token) -> list[Token]:
    if token.type == "text":
        parts = re.split(f"([{OPEN}{CLOSE}])", token.content)
        return [Token("text", "", 0, content=part) for part in parts if part]
    token.content = _SENTINELS.sub("", token.content)
    return [token]


def _dress_blocks(state: StateCore) -> None:
    """Bring headings under those of the page, name them, and class the blocks of the cited passage."""
    env, tokens = state.env, state.tokens
    slugs, cited = env.get("slugs", {}), env.get("cited")
    starts = [0, *(match.end() for match in _LINE_END.finditer(env["source"])), len(env["source"])]
    for index, token in enumerate(tokens):
        if token.type == "heading_open":
            tokens[index + 2].tag = token.tag = env.get("heading") or f"h{max(2, int(token.tag[1]))}"
            token.attrs.update({"id": slugs[token.map[0]]} if token.map and token.map[0] in slugs else {})
        if cited and token.type in _CITABLE and token.map and not token.hidden:
            start, end = starts[token.map[0]], starts[token.map[1]]
            if start < cited.end and end > cited.start:
                token.attrJoin("class", "cited")
    if len(tokens) > 1 and tokens[0].type == "heading_open" and tokens[1].content.strip() == env.get("title"):
        del tokens[:3]


def _mark_pages(state: StateCore) -> None:
    """Put an anchor in front of the block that a page of a PDF begins in."""
    waiting = list(state.env.get("pages", ()))
    marked: list[Token] = []
    for token in state.tokens:
        while waiting and token.level == 0 and token.map and waiting[0][0] < token.map[1]:
            anchor = page_anchor(waiting.pop(0)[1])
            marked.append(Token("html_block", "", 0, content=f'<a id="{anchor}"></a>\n'))
        marked.append(token)
    state.tokens = marked


def _link_open(self: Any, tokens: Sequence[Token], index: int, options: Any, env: dict[str, Any]) -> str:
    token = tokens[index]
    href = str(token.attrGet("href"))
    if not _SCHEME.match(href):
        href = env.get("linked", place)(link_target(env["base"], href), env["root"]) or "#"
    leaves = {"target": "_blank", "rel": "noopener noreferrer"} if _SCHEME.match(href) else {}
    token.attrs = {"href": href, **leaves}
    return str(self.renderToken(tokens, index, options, env))


def _image(self: Any, tokens: Sequence[Token], index: int, options: Any, env: dict[str, Any]) -> str:
    alternative = self.renderInlineAsText(tokens[index].children, options, env)
    return f"<i>{escape(alternative)}</i>" if alternative else ""


def _cell_open(self: Any, tokens: Sequence[Token], index: int, options: Any, env: dict[str, Any]) -> str:
    token = tokens[index]
    # An alignment as a style attribute would need a weaker content security policy.
    token.attrs = {"class": str(style).removeprefix("text-align:")} if (style := token.attrGet("style")) else {}
    return str(self.renderToken(tokens, index, options, env))


def _table_open(self: Any, tokens: Sequence[Token], index: int, options: Any, env: dict[str, Any]) -> str:  # noqa: ARG001
    # Only of the first: the others have heads of their own.
    repeated = env.pop("repeated", "")
    caption = f'<caption class="repeated">{escape(repeated)}</caption>\n' if repeated else ""
    return f'<div class="table" role="group" aria-label="{escape(env["table"])}" tabindex="0"><table>\n{caption}'


def _table_close(*_: Any) -> str:
    return "</table></div>\n"


def _parser() -> MarkdownIt:
    markdown = MarkdownIt("commonmark", {"html": False}).enable(["table", "strikethrough"])
    normalize = markdown.normalizeLink
    markdown.normalizeLink = lambda url: normalize(_SENTINELS.sub("", url))  # type: ignore[method-assign]
    markdown.validateLink = _allowed  # type: ignore[method-assign]
    markdown.core.ruler.before("inline", "anchors", _hide_anchors)
    markdown.core.ruler.before("inline", "sentinels", _insert_sentinels)
    markdown.core.ruler.after("inline", "marks", _mark_leaves)
    markdown.core.ruler.push("dress", _dress_blocks)
    markdown.core.ruler.push("pages", _mark_pages)
    rules = {"link_open": _link_open, "image": _image, "th_open": _cell_open, "td_open": _cell_open}
    for name, rule in (rules | {"table_open": _table_open, "table_close": _table_close}).items():
        markdown.add_render_rule(name, rule)
    return markdown


_MARKDOWN = _parser()
