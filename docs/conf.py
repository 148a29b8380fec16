"""How Sphinx makes a site of these pages: `make docs`. They stay plain Markdown, as hosts of repositories show it."""

from __future__ import annotations

import re
from pathlib import Path

from pygments.lexers.javascript import JavascriptLexer
from sphinx.application import Sphinx
from sphinx.highlighting import lexers

FOLDER = Path(__file__).parent
START = "index"
_LISTED = re.compile(r"^- \[[^\]]+\]\(([\w-]+)\.md\)", re.M)
_CHAPTER = re.compile(r"^## (.+)\n((?:(?!^## ).*\n)*)", re.M)
_NAMED_AFTER_FILE = re.compile(r"\[[\w-]+\.md\]\((?=[\w-]+\.md[)#])")
_LINK = re.compile(r"(?<!!)\[([^\]]+)\]\(([\w./-]+)\)")

project = "career-chatbot"
html_title = project
author = "the career-chatbot project"
extensions = ["myst_parser"]
exclude_patterns = ["*/**"]
myst_heading_anchors = 4
nitpicky = True
# The one block that no lexer fits is HTML with the marks of a template in it; blocks are tested by themselves.
suppress_warnings = ["misc.highlighting_failure"]

html_theme = "furo"
html_logo = html_favicon = "../chatbot/serving/web/static/favicon.svg"
html_static_path = ["site.css"]
html_css_files = ["site.css"]
html_copy_source = False
html_show_sourcelink = False
html_show_copyright = False
html_theme_options = {
    "top_of_page_buttons": [],
    "light_css_variables": {"color-brand-primary": "#12604e", "color-brand-content": "#12604e"},
    "dark_css_variables": {"color-brand-primary": "#77cdb2", "color-brand-content": "#77cdb2"},
}
pygments_style = "a11y-high-contrast-light"
pygments_dark_style = "a11y-high-contrast-dark"
lexers["jsx"] = JavascriptLexer()

MENDED = {
    '<p class="caption" role="heading">': '<p class="caption" role="heading" aria-level="2">',
    '<aside class="sidebar-drawer">': '<aside class="sidebar-drawer" aria-label="All pages">',
    '<aside class="toc-drawer">': '<aside class="toc-drawer" aria-label="This page">',
    '<aside class="toc-drawer no-toc">': '<aside class="toc-drawer no-toc" aria-label="This page">',
    "<pre>": '<pre tabindex="0">',
    '<div class="table-wrapper colwidths-auto docutils container">': '<div class="table-wrapper" tabindex="0">',
    '<th class="head"><p></p></th>': '<td class="head"></td>',
    '<div id="search-results">': '<h1>Search</h1>\n<div id="search-results">',
}


def with_navigation(_: Sphinx, page: str, source: list[str]) -> None:
    """The first page lists all others by reader; the navigation is made of that list."""
    text = _NAMED_AFTER_FILE.sub("[](", source[0])
    text = _LINK.sub(lambda link: link[1] if (FOLDER / link[2]).is_dir() else link[0], text)
    if page == START:
        for reader, chapter in _CHAPTER.findall(text):
            pages = "\n".join(_LISTED.findall(chapter))
            text += f"\n```{{toctree}}\n:hidden:\n:caption: {reader}\n\n{pages}\n```\n"
    source[0] = text


def mend(app: Sphinx, error: Exception | None) -> None:
    """What axe finds in the pages of Sphinx and its theme: regions without a name, or that no key can scroll."""
    for page in [] if error else Path(app.outdir).glob("*.html"):
        text = page.read_text(encoding="utf-8")
        for found, instead in MENDED.items():
            text = text.replace(found, instead)
        page.write_text(text, encoding="utf-8")


def setup(app: Sphinx) -> None:
    app.connect("source-read", with_navigation)
    app.connect("build-finished", mend)
