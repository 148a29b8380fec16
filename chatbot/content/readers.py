"""One file of the corpus to an `Article`. Every way in which a file can be unusable is a ContentError.

find_files -> read_bytes -> parse          so that the digest of the bytes can decide whether parsing is needed
"""

from __future__ import annotations

import hashlib
import os
import re
import stat
import unicodedata
from collections.abc import Callable, Sequence
from pathlib import Path, PurePosixPath
from typing import NamedTuple

from chatbot.content.blocks import blocks
from chatbot.content.data_pages import data_text
from chatbot.content.dialects import clean
from chatbot.content.encoding import decode
from chatbot.content.frontmatter import one_line, split_front_matter
from chatbot.content.junk import junk
from chatbot.content.links import MARKDOWN
from chatbot.content.markdown import has_prose
from chatbot.content.part import Part
from chatbot.content.sitemap import Sitemap, may_be_sitemap, read_sitemap
from chatbot.errors import ContentError
from chatbot.records import Article

Reader = Callable[[str, bytes], Sequence[Part]]
"""From path and bytes to the file itself as one part, or to its entries."""

_PACKED = {".gz", ".zip", ".tar", ".tgz", ".bz2", ".xz", ".7z", ".rar"}

_SHORT = 1000
"""Characters of a body that may be nothing but markup around a page of data."""

_ASSETS = re.compile(
    r"\.(avif|bmp|gif|ico|jpe?g|png|svg|tiff?|webp|css|less|s[ac]ss|[cm]?[jt]s|[jt]sx|map|json|ya?ml|toml|lock"
    r"|woff2?|ttf|otf|eot|mp[34]|og[gv]|wav|web[mp]|mov|db|ini)",
    re.IGNORECASE,
)


class Parsed(NamedTuple):
    """The articles of a file, and why something in it is none, "" where everything is; or what a sitemap lists."""

    articles: tuple[Article, ...]
    left_out: str
    sitemap: Sitemap | None = None


def find_files(corpus_dir: Path) -> list[str]:
    """The files of the corpus by their paths under it, with forward slashes, in the same order on every machine.

    Hidden files and the assets of articles (images, styles, scripts, data) are passed over. Whatever else is there is
    in the list, also what cannot be read: `read_bytes` and `parse` say why. A folder that cannot be listed is in it
    too; a link to a folder is not followed.
    """
    found: list[str] = []
    folders = [corpus_dir]
    while folders:
        folder = folders.pop()
        try:
            entries = list(os.scandir(folder))
        except OSError:
            found.append(_relative(corpus_dir, folder))
            continue
        for entry in entries:
            if entry.name.startswith((".", "~$")) or entry.name.endswith("~"):
                continue
            if entry.is_dir(follow_symlinks=False):
                folders.append(Path(entry.path))
            elif not _ASSETS.fullmatch(Path(entry.name).suffix) or _is_json_feed(entry.name):
                found.append(_relative(corpus_dir, Path(entry.path)))
    return sorted(found, key=lambda path: (unicodedata.normalize("NFC", path), path))


def is_simple(path: str) -> bool:
    """Whether nothing more than Markdown is parsed in this file, or nothing at all."""
    suffix = PurePosixPath(path).suffix.lower()
    return suffix in MARKDOWN or not (suffix in READERS or may_be_sitemap(path) or _is_json_feed(path))


def read_article(path: str, corpus_dir: Path, max_file_mb: float) -> Article | None:
    """The article in one file of `find_files`, the first where it has several; see `read_bytes` and `parse`."""
    data = read_bytes(corpus_dir, path, max_file_mb)
    return next(iter(parse(path, data, hashlib.sha256(data).hexdigest()).articles), None)


def read_bytes(corpus_dir: Path, path: str, max_file_mb: float) -> bytes:
    """The bytes of one file of `find_files`.

    Raises ContentError where it is not a regular file inside the corpus folder, is too large, or cannot be read.
    """
    if not path.isprintable():
        raise ContentError(ascii(path)[1:-1], "its name holds characters that cannot be shown; rename it")
    file = corpus_dir / path
    try:
        target = file.resolve(strict=True)
        if not target.is_relative_to(corpus_dir.resolve()):
            raise ContentError(path, f"leads out of the corpus folder, to {target}; copy the file into the folder")
        return _read(path, target, max_file_mb)
    except RuntimeError as error:  # what Python 3.11 and 3.12 make of links in a circle
        raise ContentError(path, "is a link that leads to itself; remove it") from error
    except OSError as error:
        if isinstance(error, FileNotFoundError) and os.path.lexists(file):
            raise ContentError(path, "is a link that leads nowhere; remove it") from error
        raise ContentError(path, f"cannot be read: {error.strerror or error}") from error


def _read(path: str, target: Path, max_file_mb: float) -> bytes:
    limit = int(max_file_mb * 1_000_000)
    # Without O_NONBLOCK, opening a pipe waits for somebody to write.
    handle = os.open(target, os.O_RDONLY | getattr(os, "O_NONBLOCK", 0) | getattr(os, "O_BINARY", 0))
    try:
        status = os.fstat(handle)
        if stat.S_ISDIR(status.st_mode):
            raise ContentError(path, "is a link to a folder or a folder that cannot be listed; neither is followed")
        if not stat.S_ISREG(status.st_mode):
            raise ContentError(path, "is no regular file; remove it from the corpus folder")
        if status.st_size > limit:
            size = status.st_size / 1_000_000
            raise ContentError(path, f"has {size:,.1f} MB, above max_file_mb ({max_file_mb:g}); split it or raise that")
        with os.fdopen(handle, "rb", closefd=False) as file:
            return file.read()
    finally:
        os.close(handle)


def parse(path: str, data: bytes, sha256: str) -> Parsed:
    """The articles in `data`; none where front matter excludes it (`exclude`, `draft`, `published: false`).

    `path` is relative to the corpus folder. Raises ContentError where the file as a whole cannot be used.
    """
    if may_be_sitemap(path) and (sitemap := read_sitemap(path, data)):
        return Parsed((), "", sitemap)
    suffix = PurePosixPath(path).suffix.lower()
    reader = _json_feed if _is_json_feed(path) else READERS.get(suffix)
    if not reader:
        raise ContentError(path, _not_read(suffix))
    parts = reader(path, data)
    if len(parts) == 1 and not parts[0].name:
        article = _article(path, parts[0], sha256)
        return Parsed((article,) if article else (), "")
    articles, lacking = [], []
    for part in parts:
        try:
            article = _article(path, part, sha256) if part.text else None
            lacking += [] if part.text else [part]
            articles += [article] if article else []
        except ContentError:
            lacking.append(part)
    note = ""
    if lacking:
        title = lacking[0].front.text("title") or lacking[0].name
        note = f"{len(lacking)} of {len(parts)} entries hold no full text, such as '{title[:80]}'; export them in full"
    if not articles and lacking:
        raise ContentError(path, note)
    return Parsed(tuple(articles), note)


def _article(path: str, part: Part, sha256: str) -> Article | None:
    front, body = part.front, part.text
    published = front.truth("published")
    if front.flag("exclude") or front.flag("draft") or published is False:
        return None
    if reason := junk(body):
        raise ContentError(path, reason)
    found = blocks(body)
    if all(block.kind in {"heading", "noise"} for block in found):
        raise ContentError(path, "holds no text; add some, or remove the file")
    headings = [block for block in found if block.kind == "heading"]
    first = next((block.title for block in headings if block.level == 1), headings[0].title if headings else None)
    file_id = unicodedata.normalize("NFC", str(PurePosixPath(path).with_suffix("")))
    return Article(
        id=f"{file_id}/{part.name}" if part.name else file_id,
        path=path,
        title=front.text("title") or one_line(first or "") or _readable_name(path),
        url=front.address("url"),
        text=body,
        topics=front.texts("topics", commas=True) or front.texts("tags", commas=True) or front.texts("categories"),
        audience=front.texts("audience", commas=True),
        country=front.text("country"),
        published=front.day("date") if published else front.day("published", "date"),
        updated=front.day("updated", "last_modified_at", "lastmod", "last_update"),
        review_by=front.day("review_by"),
        questions=front.texts("questions"),
        aliases=front.texts("aliases", commas=True),
        sha256=sha256,
        pages=part.pages,
        pins=front.pins(),
    )


def _relative(corpus_dir: Path, path: Path) -> str:
    return path.relative_to(corpus_dir).as_posix()


def _readable_name(path: str) -> str:
    words = PurePosixPath(path).stem.replace("-", " ").replace("_", " ").split()
    name = " ".join(words) or path
    return name[:1].upper() + name[1:]


def _markdown(path: str, data: bytes) -> list[Part]:
    front, body = split_front_matter(path, decode(path, data))
    text = clean(body).strip("\n").rstrip()
    if len(text) < _SHORT and not has_prose(text):
        text = data_text(front.values()) or text
    return [Part(front, text)]


def lines_above(corpus_dir: Path, path: str, max_file_mb: float) -> int | None:
    """How many lines of a Markdown file stand above its article's text; None for other formats and files not there."""
    if PurePosixPath(path).suffix.lower() not in MARKDOWN:
        return None
    try:
        whole = decode(path, read_bytes(corpus_dir, path, max_file_mb))
        body = clean(split_front_matter(path, whole)[1])
    except ContentError:
        return None
    return whole.count("\n") - body.lstrip("\n").count("\n")


def _page(path: str, data: bytes) -> list[Part]:
    from chatbot.content.webpage import read_page

    return read_page(path, data)


def _pdf(path: str, data: bytes) -> list[Part]:
    from chatbot.content.pdf import read_pdf

    return read_pdf(path, data)


def _word(path: str, data: bytes) -> list[Part]:
    from chatbot.content.word import read_word

    return read_word(path, data)


def _book(path: str, data: bytes) -> list[Part]:
    from chatbot.content.book import read_book

    return read_book(path, data)


def _feed(path: str, data: bytes) -> list[Part]:
    from chatbot.content.feed import read_feed

    return read_feed(path, data)


def _json_feed(path: str, data: bytes) -> list[Part]:
    from chatbot.content.feed import read_json_feed

    return read_json_feed(path, data)


def _is_json_feed(path: str) -> bool:
    return PurePosixPath(path).name.lower() == "feed.json"


def _not_read(suffix: str) -> str:
    if suffix in _PACKED:
        return f"is packed ({suffix}); unpack it, and put in the files that are in it"
    if not suffix:
        return "has no suffix, so that what it is cannot be told; add .md or .txt where it is text"
    return f"has {suffix[:20]}, which is not read; open it where it was made and save it as .docx, .pdf, .html or .md"


READERS: dict[str, Reader] = {
    **dict.fromkeys(MARKDOWN, _markdown),
    **dict.fromkeys((".html", ".htm", ".xhtml"), _page),
    ".pdf": _pdf,
    ".docx": _word,
    ".epub": _book,
    **dict.fromkeys((".xml", ".rss", ".atom"), _feed),
}
