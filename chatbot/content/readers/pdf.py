"""A PDF to front matter and Markdown: paragraphs put together again, headings by their size, pages remembered."""

from __future__ import annotations

import contextlib
import ctypes
import re
from collections.abc import Sequence
from typing import Any

import pypdfium2
import pypdfium2.raw as pdfium

from chatbot.content.readers.contract import Part
from chatbot.content.readers.pdf_layout import LaidOut, Line, lay_out
from chatbot.content.source.dates import calendar_day
from chatbot.content.source.front_matter import FrontMatter, one_line
from chatbot.errors import ContentError

MOST_PAGES = 2000

_LINE = re.compile("[^\r\n\x02\ufffe]+[\x02\ufffe]?")  # PDFium joins a line that ends in a hyphen to the next
_DATE = re.compile(r"D:(\d{4})(\d{2})(\d{2})")
_LOCKED = 4  # FPDF_ERR_PASSWORD

# Hyphens at the end of a line as PDFium marks them, and the ligatures of TeX's fonts (encoding T1) without a map.
_LETTERS = str.maketrans(
    {
        "\x02": "\u00ad",
        "\ufffe": "\u00ad",
        "\x1b": "ff",
        "\x1c": "fi",
        "\x1d": "fl",
        "\x1e": "ffi",
        "\x1f": "ffl",
        "\0": "",
    }
)


def read_pdf(path: str, data: bytes) -> list[Part]:
    """The article in a PDF file. Raises ContentError where it is locked, damaged, scanned or in unmapped letters."""
    try:
        document = pypdfium2.PdfDocument(data)
    except pypdfium2.PdfiumError as error:
        if getattr(error, "err_code", None) == _LOCKED or "password" in str(error).lower():
            raise ContentError(path, "is protected by a password; save it without one") from error
        raise ContentError(path, "is no PDF that can be read, or a damaged one; export it again") from error
    with contextlib.closing(document):
        if len(document) > MOST_PAGES:
            raise ContentError(path, f"has {len(document):,} pages; at most {MOST_PAGES:,} are read; split it")
        pages = [_lines(document, number) for number in range(len(document))]
        facts = _facts(document.get_metadata_dict())
    done = lay_out(pages)
    if not done.text:
        raise ContentError(path, "holds no text but pictures of it, as scans do; add a text layer (OCR) first")
    title = _title(facts.pop("title", ""), done, pages)
    return [
        Part(FrontMatter(path, {}).beside({"title": title, **facts} if title else facts), done.text, "", done.pages)
    ]


def _lines(document: Any, number: int) -> list[Line]:
    """The lines of a page in the order in which they were written."""
    try:
        page = document[number]
    except pypdfium2.PdfiumError:
        return []
    text_page = page.get_textpage()
    try:
        whole = "".join(chr(pdfium.FPDFText_GetUnicode(text_page.raw, at)) for at in range(text_page.count_chars()))
        lines = [_line(text_page.raw, match) for match in _LINE.finditer(whole)]
        return [line for line in lines if line.text]
    finally:
        text_page.close()
        page.close()


def _line(text_page: Any, match: re.Match[str]) -> Line:
    raw = match[0]
    first = match.start() + len(raw) - len(raw.lstrip())
    last = match.start() + len(raw.rstrip()) - 1
    box, end = pdfium.FS_RECTF(), pdfium.FS_RECTF()
    across, base = ctypes.c_double(), ctypes.c_double()
    pdfium.FPDFText_GetLooseCharBox(text_page, first, ctypes.byref(box))
    pdfium.FPDFText_GetLooseCharBox(text_page, max(first, last), ctypes.byref(end))
    pdfium.FPDFText_GetCharOrigin(text_page, first, ctypes.byref(across), ctypes.byref(base))
    paired = raw.encode("utf-16-le", "surrogatepass").decode("utf-16-le", "replace")
    text = " ".join(paired.translate(_LETTERS).split())
    return Line(text, round(box.top - box.bottom, 1), base.value, box.left, end.right)


def _facts(stated: dict[str, str]) -> dict[str, str]:
    facts = {"title": one_line(stated.get("Title", ""))}
    for name, key in (("CreationDate", "published"), ("ModDate", "updated")):
        day = _DATE.match(stated.get(name, ""))
        if day and calendar_day("-".join(day.groups())):
            facts[key] = "-".join(day.groups())
    return facts


def _title(stated: str, done: LaidOut, pages: Sequence[Sequence[Line]]) -> str:
    """The title that the file states, where the first page agrees; else its largest line. "" where neither is there."""
    first = " ".join(line.text for page in pages[:1] for line in page).casefold()
    if len(stated) > 3 and stated.casefold() in first:
        return stated
    return done.title
