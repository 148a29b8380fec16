"""Personal data out of free text, before anything is stored: better a word too many than an address too few."""

from __future__ import annotations

import re

_EMAIL = re.compile(r"[^\s@<>()\[\],;:\"]+\s?@\s?[^\s@<>()\[\],;:\"']+\.[^\W\d_]{2,}")
# An "at" between brackets needs no more than a dot; a plain "at" is also an everyday word, and needs a spelled one.
_BRACKETED_DOT = r"\s*[(\[{<]\s*(?:dot|punkt|point|punto|\.)\s*[)\]}>]\s*"
_SPELLED_DOT = rf"(?:{_BRACKETED_DOT}|\s+dot\s+)"
_ANY_DOT = rf"(?:{_SPELLED_DOT}|\.)"
_BRACKETED_AT = r"\s*[(\[{<]\s*(?:at|ät|arroba|arobase|@)\s*[)\]}>]\s*"
_SPELLED_EMAIL = re.compile(
    rf"(?<![\w.+-])[\w.+-]+(?:{_BRACKETED_AT}[\w-]+(?:{_ANY_DOT}[\w-]+)*?{_ANY_DOT}"
    rf"|(?:\s+at\s+|\s?@\s?)[\w-]+(?:{_ANY_DOT}[\w-]+)*?{_SPELLED_DOT})[^\W\d_]{{2,}}(?:{_ANY_DOT}[^\W\d_]{{2,}})*",
    re.IGNORECASE,
)
_ADDRESS = re.compile(
    r"(?:\b[a-z][a-z0-9+.-]*://|\bwww\.)\S+|\b[\w.-]+\.[^\W\d_]{2,}/(?:in|pub|u|user|profile)/\S+", re.IGNORECASE
)
_HANDLE = re.compile(r"(?<![\w@])@[^\W_][\w.-]+")
# Account and identity numbers mix letters and digits: an IBAN, a passport, a national insurance number.
_ACCOUNT = re.compile(
    r"\b[A-Z]{2}\d{2}(?:[ -]?[A-Z0-9]{4}){2,7}(?:[ -]?[A-Z0-9]{1,4})?\b|\b[A-Z]{1,3} ?\d{6,9}[A-Z]?\b"
)
_NATIONAL = re.compile(r"\b\d{3}-\d{2}-\d{4}\b|\b[A-Z]{2} ?(?:\d{2} ?){3}[A-D]\b", re.IGNORECASE)
# Nine digits or more, grouped as people group them, or a short local number. Years, dates and salaries have fewer
# digits or commas between them.
_NUMBER = re.compile(r"(?<![\w,.])(?:\+|\()?\d(?:[\s()./–-]{0,3}\d){8,}(?![\w])|(?<![\w,.-])\d{3}[ .-]\d{4}(?![\w,-])")


def redact(text: str) -> str:
    """The text with addresses of any kind, and telephone, account and identity numbers, replaced by what they were."""
    for pattern, kind in (
        (_ADDRESS, "[link]"),
        (_EMAIL, "[e-mail]"),
        (_SPELLED_EMAIL, "[e-mail]"),
        (_HANDLE, "[handle]"),
        (_NATIONAL, "[number]"),
        (_ACCOUNT, "[number]"),
        (_NUMBER, "[number]"),
    ):
        text = pattern.sub(kind, text)
    return text
