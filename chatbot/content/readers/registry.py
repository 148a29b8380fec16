"""Which reader a file gets, and the articles that become of what it gives.

find_files -> read_bytes -> parse          so that the digest of the bytes can decide whether parsing is needed

Every way in which a file can be unusable is a ContentError.
"""

from __future__ import annotations

import unicodedata
from collections import Counter
from collections.abc import Sequence
from datetime import date, datetime
from importlib import import_module
from pathlib import PurePosixPath

from chatbot.content.markdown.blocks import blocks, is_question
from chatbot.content.markdown.deep_links import MARKDOWN, is_markdown
from chatbot.content.readers.contract import Parsed, Part, Reader
from chatbot.content.readers.sitemap import may_be_sitemap, read_sitemap
from chatbot.content.readers.substack import is_posts_csv, read_posts
from chatbot.content.source.files import is_json_feed
from chatbot.content.source.front_matter import FrontMatter, one_line
from chatbot.content.source.junk import junk
from chatbot.content.source.redirects import unwrapped
from chatbot.content.source.visibility import hidden_by_path, visibility
from chatbot.errors import ContentError
from chatbot.records import Article, Source

_KEYS = """
    title topics audience country published updated review_by questions sources aliases exclude draft pinned categories
""".split()
_NO_SLIPS = frozenset(("publisher", "question", "source"))
"""Keys of other programs that look like a slip of the pen in one of ours."""
_UPDATED = ("updated", "last_modified_at", "lastmod", "last_update", "modified")
_CONVERTED = {".org", ".rst", ".adoc", ".asciidoc", ".textile", ".mediawiki", ".tex"}
_PACKED = {".gz", ".zip", ".tar", ".tgz", ".bz2", ".xz", ".7z", ".rar"}


def _reader(module: str, name: str) -> Reader:
    """The reader of this name, imported when the first file needs it: what parses a format takes long to load."""

    def read(path: str, data: bytes) -> list[Part]:
        reader: Reader = getattr(import_module(f"chatbot.content.readers.{module}"), name)
        return reader(path, data)

    return read


_READ_JSON_FEED = _reader("feed", "read_json_feed")
READERS: dict[str, Reader] = {
    **dict.fromkeys(MARKDOWN, _reader("markdown_files", "read_markdown")),
    **dict.fromkeys((".html", ".htm", ".xhtml"), _reader("web_page", "read_web_page")),
    ".pdf": _reader("pdf", "read_pdf"),
    ".docx": _reader("docx", "read_docx"),
    ".epub": _reader("epub", "read_epub"),
    **dict.fromkeys((".xml", ".rss", ".atom"), _reader("feed", "read_feed")),
}
"""By suffix, in lower case."""


def is_simple(path: str) -> bool:
    """Whether nothing more than Markdown is parsed in this file, or nothing at all."""
    return is_markdown(path) or not (
        PurePosixPath(path).suffix.lower() in READERS or may_list(path) or is_json_feed(path)
    )


def may_list(path: str) -> bool:
    """Whether a file may say something of others: a sitemap, a posts.csv."""
    return may_be_sitemap(path) or is_posts_csv(path)


def parse(path: str, data: bytes, sha256: str, now: datetime | None = None) -> Parsed:
    """The articles in `data` that are public at the moment `now`, which has a time zone; by default at this one.

    `path` is relative to the corpus folder. Raises ContentError where the file as a whole cannot be used.
    """
    now = now or datetime.now().astimezone()
    if may_be_sitemap(path) and (sitemap := read_sitemap(path, data)):
        return Parsed((), "", sitemap)
    if is_posts_csv(path) and (posts := read_posts(path, data, now)):
        return posts
    suffix = PurePosixPath(path).suffix.lower()
    reader = _READ_JSON_FEED if is_json_feed(path) else READERS.get(suffix)
    if not reader:
        raise ContentError(path, _not_read(suffix))
    if reason := hidden_by_path(path):
        return Parsed((), "", withheld=reason)
    parts = reader(path, data)
    if len(parts) > 1 or parts[0].name:
        return _entries(path, parts, sha256, now)
    seen = visibility(parts[0].front, now)
    if seen.reason:
        return Parsed((), "", None, seen.reason, seen.due)
    article, remark = _article(path, parts[0], sha256)
    return Parsed((article,), "", due=seen.due, remark=remark)


def _entries(path: str, parts: Sequence[Part], sha256: str, now: datetime) -> Parsed:
    """The articles of a file with several, without those that cannot be used; raises where that is every one."""
    articles, lacking, unwanted, dues = [], [], Counter[str](), []
    for part in parts:
        try:
            seen = visibility(part.front, now)
            dues += [seen.due] if seen.due else []
            if part.unwanted or seen.reason:
                unwanted[part.unwanted or "not public"] += 1
            elif part.text:
                articles.append(_article(path, part, sha256)[0])
            else:
                lacking.append(part)
        except ContentError:
            lacking.append(part)
    note = withheld = ""
    if lacking:
        title = lacking[0].front.text("title") or lacking[0].name
        note = f"{len(lacking)} of {len(parts)} entries hold no full text, such as '{title[:80]}'; export them in full"
    if unwanted:
        kinds = ", ".join(f"{count} {kind}" for kind, count in sorted(unwanted.items()))
        withheld = f"{len(articles)} of {len(parts)} entries are read; not public or no articles are {kinds}"
        note += f"; {withheld}" if lacking else ""
    if not articles and lacking and not unwanted:
        raise ContentError(path, note)
    return Parsed(tuple(articles), note, None, withheld, min(dues, default=None))


def _article(path: str, part: Part, sha256: str) -> tuple[Article, str]:
    """The article, and what of its front matter it had to be read without; "" where that is nothing."""
    front, body = part.front, part.text
    if reason := junk(body):
        raise ContentError(path, reason)
    if not part.pages:  # which are places in the text
        body = unwrapped(body)
    inside = blocks(body)
    if all(block.kind in {"heading", "noise"} for block in inside):
        raise ContentError(path, "holds no text; add some, or remove the file")
    title = front.text("title") or untitled(path, body)
    questions = front.questions()
    known = set(map(_letters, questions))
    for heading in (title, *(block.title for block in inside if block.kind == "heading")):
        if is_question(heading) and _letters(heading) not in known:
            questions.setdefault(heading, "" if heading == title else heading)
    published = front.truth("published")
    notes = [_without(slip) for slip in front.slips(_KEYS, _NO_SLIPS)]
    file_id = unicodedata.normalize("NFC", str(PurePosixPath(path).with_suffix("")))
    article = Article(
        id=f"{file_id}/{part.name}" if part.name else file_id,
        path=path,
        title=title,
        url=front.address("url"),
        text=body,
        topics=front.texts("topics", commas=True) or front.texts("tags", commas=True) or front.texts("categories"),
        audience=front.texts("audience", commas=True),
        country=front.text("country"),
        published=_day(front, notes, *(("date",) if published else ("published", "date"))),
        updated=_day(front, notes, *_UPDATED),
        review_by=_day(front, notes, "review_by"),
        questions=tuple(questions),
        aliases=front.texts("aliases", commas=True),
        sha256=sha256,
        pages=part.pages,
        pins=front.pins(),
        sections=tuple(questions.values()) if any(questions.values()) else (),
        sources=_sources(front, notes),
    )
    try:
        _check_sections(article)
    except ContentError as error:
        notes.append(error.reason)
    return article, "; ".join(filter(None, notes))


def untitled(path: str, text: str) -> str:
    """The title of an article of this text that states none."""
    headings = [block for block in blocks(text) if block.kind == "heading"]
    first = next((block.title for block in headings if block.level == 1), headings[0].title if headings else "")
    return one_line(first) or _readable_name(path)


def _day(front: FrontMatter, notes: list[str], *keys: str) -> date | None:
    """The day that one of these keys states. One that is no date is noted: no reader asks for it, an editor does."""
    try:
        return front.day(*keys)
    except ContentError as error:
        notes.append(_without(error))
        return None


def _sources(front: FrontMatter, notes: list[str]) -> tuple[Source, ...]:
    """The sources that can be used; the others are noted."""
    stated = list(front.sources())
    notes += [_without(error) for error in stated if isinstance(error, ContentError)]
    return tuple(source for source in stated if isinstance(source, Source))


def _without(error: ContentError) -> str:
    return f"line {error.line}: {error.reason}; the article is shown without it" if error.line else ""


def _check_sections(article: Article) -> None:
    """Raises ContentError where a section that a question names, pinned or not, is not there."""
    named = [section for section in (*article.sections, *(pin.heading for pin in article.pins)) if section]
    there = {_letters(block.title) for block in blocks(article.text) if block.kind == "heading"} if named else set()
    missing = next((section for section in named if _letters(section) not in there), None)
    if missing is not None:
        raise ContentError(
            article.path,
            f"has no section '{missing[:80]}', which a question names; write one of its headings, or take heading away",
        )


def _letters(heading: str) -> str:
    return "".join(filter(str.isalnum, unicodedata.normalize("NFKD", heading).casefold()))


def _readable_name(path: str) -> str:
    words = PurePosixPath(path).stem.replace("-", " ").replace("_", " ").split()
    name = " ".join(words) or path
    return name[:1].upper() + name[1:]


def _not_read(suffix: str) -> str:
    if suffix in _PACKED:
        return f"is packed ({suffix}); unpack it, and put in the files that are in it"
    if suffix in _CONVERTED:
        return f"has {suffix}, which is not read; turn it into Markdown, as with pandoc -o article.md article{suffix}"
    if not suffix:
        return "has no suffix, so that what it is cannot be told; add .md or .txt where it is text"
    return f"has {suffix[:20]}, which is not read; open it where it was made and save it as .docx, .pdf, .html or .md"
