"""What is no language: encoded data, minified code, letters without meaning, lists of words without a sentence."""

from __future__ import annotations

import re
import unicodedata
import zlib
from collections import Counter

from chatbot.errors import ContentError

LONGEST = 2_000_000
"""Characters of one article, some thousand pages."""

_SAMPLE = 200_000
_UNBROKEN = re.compile(r"[!-~]{80,}")
_ADDRESS = re.compile(r"https?://|www\.|\]\(|mailto:")
_TABLE_LINE = re.compile(r"[|\s:=*_-]+")
_WORD = re.compile(r"[A-Za-z]+")
_MOST_UNBROKEN = 0.4
_FEWEST_LETTERS = 0.35
_MOST_UNREADABLE = 0.01
_MOST_PRIVATE = 0.1
_MOST_PACKED = 60
_FEW_SIGNS = 100
_FEW_WORDS = 400
_FEWEST_SENTENCES = 0.004


_CONFLICT = re.compile(r"(<<<<<<<|>>>>>>>)(?: .*)?|(=======)|[ \t>]*(`{3,}|~{3,}).*")


def refuse_conflict(path: str, text: str) -> None:
    """Raise ContentError where a merge of two versions was left unfinished, outside of blocks of code."""
    if ">>>>>>>" not in text:
        return
    wanted, first, fenced = "<<<<<<<", 0, False
    for number, line in enumerate(text.split("\n"), 1):
        mark = _CONFLICT.fullmatch(line)
        fenced ^= bool(mark and mark[3])
        if not mark or fenced or (mark[1] or mark[2]) != wanted:
            continue
        first = first or number
        if wanted == ">>>>>>>":
            raise ContentError(
                path, "holds two versions with the marks of an unfinished merge; keep one of them", first
            )
        wanted = "=======" if wanted == "<<<<<<<" else ">>>>>>>"


def junk(text: str) -> str:
    """Why this text is not worth a place in an index; "" where nothing speaks against it."""
    if len(text) > LONGEST:
        return f"has {len(text):,} characters; at most {LONGEST:,} are read; split it"
    sample = text[:_SAMPLE]
    signs = [c for c in sample if not c.isspace()]
    if _unreadable(signs):
        return "has letters without a meaning outside of their own font, or is damaged; export it again"
    if len(signs) < _FEW_SIGNS:
        return ""
    return _unbroken(sample, len(signs)) or _figures(signs) or _repeated(sample) or _salad(sample)


def _unbroken(sample: str, signs: int) -> str:
    runs = [run[0] for run in _UNBROKEN.finditer(sample)]
    unbroken = sum(len(run) for run in runs if not _ADDRESS.search(run) and not _TABLE_LINE.fullmatch(run))
    if unbroken > _MOST_UNBROKEN * signs:
        return "is mostly unbroken strings, such as encoded data or minified code; remove them"
    return ""


def _figures(signs: list[str]) -> str:
    letters = sum(c.isalpha() or unicodedata.category(c).startswith("M") for c in signs)
    if letters < _FEWEST_LETTERS * sum(not _TABLE_LINE.fullmatch(c) for c in signs):
        return "is mostly figures and signs rather than words; remove it or describe it in words"
    return ""


def _repeated(sample: str) -> str:
    if len(sample) > 20_000 and len(sample) > _MOST_PACKED * len(zlib.compress(sample.encode("utf-8", "replace"), 1)):
        return "repeats itself over and over; remove the repetitions"
    return ""


def _unreadable(signs: list[str]) -> bool:
    kinds = Counter(unicodedata.category(c) for c in signs)
    bad = kinds["Cc"] + kinds["Cn"] + kinds["Cs"] + signs.count("\ufffd")
    return bad > _MOST_UNREADABLE * len(signs) or kinds["Co"] > _MOST_PRIVATE * len(signs)


def _salad(sample: str) -> str:
    """Words in Latin letters by the hundred, and neither a sentence's end nor a list's or a table's lines."""
    words = len(_WORD.findall(sample))
    ends = len(re.findall(r"[.!?:;,…](?=\s|$)|[。！？]", sample)) + sample.count("\n")
    if words >= _FEW_WORDS and ends < _FEWEST_SENTENCES * words:
        return "is a long row of words without a sentence; remove it"
    return ""
