"""Regular expressions match the same in both languages, or are refused."""

from __future__ import annotations

import re

import pytest

from chatbot.exporting.javascript import javascript
from tests.support import node, odd_texts

FOUND = """export default async ([patterns, texts]) => patterns.map(({ source, flags }) => {
  const pattern = new RegExp(source, flags + "g");
  return texts.map((text) => text.match(pattern) ?? []);
});"""
PATTERNS = [
    r"\w+",
    r"\W+",
    r"\d+",
    r"\S+\s",
    r"\bi\w*\b",
    r"\B.\B",
    r"[^\W_]+",
    r"[^\W\d_]+",
    r"[\W\d]+",
    r"[^\w']+$",
    r"[]a-]+",
    r"[^\sa-f]{2,3}",
    r"a{,2}b?\.",
    r"(?P<sign>[ab])+",
    r"(?<!\w)(?:is|it)(?=\s|$)",
    r"\Ahow|o\Z",
]


def test_patterns_find_the_same() -> None:
    texts = [text.replace("\u0345", "") for text in odd_texts.odd(400)]  # see javascript.py
    ways = [re.compile(source, flags) for source in PATTERNS for flags in (0, re.IGNORECASE, re.DOTALL)]
    ways.append(re.compile(r"[a-k]+ # a comment  \n | \# [ x]", re.VERBOSE | re.IGNORECASE))
    answers = node.run(FOUND, [[javascript(way) for way in ways], texts])
    for way, found in zip(ways, answers, strict=True):
        for text, got in zip(texts, found, strict=True):
            assert got == [match[0] for match in way.finditer(text)], (way, text)


@pytest.mark.parametrize(
    "source",
    [
        r"(?P<a>b)(?P=a)",
        r"(a)\1",
        r"(?i:a)",
        r"a++",
        r"(?>a)",
        r"(a)?(?(1)b|c)",
        r"[\x41]",
        r"\N{DIGIT ONE}",
        r"a{",
        r"{}",
    ],
)
def test_what_has_no_counterpart_is_refused(source: str) -> None:
    with pytest.raises(ValueError, match="has no counterpart"):
        javascript(re.compile(source))


@pytest.mark.parametrize("flag", [re.MULTILINE, re.ASCII])
def test_other_flags_are_refused(flag: re.RegexFlag) -> None:
    with pytest.raises(ValueError, match="no counterpart"):
        javascript(re.compile("a", flag))
