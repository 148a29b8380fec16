"""text.js counts the very words that Python counts."""

from __future__ import annotations

import random

from chatbot.answering.ranking.formulas import term_weights
from chatbot.answering.understanding import spelling
from chatbot.answering.understanding.vocabulary import read_vocabulary
from chatbot.exporting.rules import rules
from chatbot.indexing.words.tokens import stem, stems, words
from tests.support import node, odd_texts
from tests.support.places import ROOT

ENDINGS = (
    "tional enci anci abli entli izer ization ational ation ator alism aliti alli fulness ousli ousness iveness iviti "
    "biliti bli ogist ogi fulli lessli li alize icate iciti ical ful ness ative ance ence er ic able ible ant ement "
    "ment ent ism ate iti ous ive ize ion eed eedly ed edly ing ingly sses ied ies us ss s e l ll y 's ' 's'"
).split()
STEM = "export default async ({rules, words}, from) => { const t = await from('text.js'); t.init(rules);"
SPELT = f"{STEM} return words.map(t.stem); }}"
COUNTED = f"{STEM} return words.map((text) => [t.words(text), [...t.weights(text)], [...t.stems(text)].sort()]); }}"


def same_words(texts: list[str]) -> None:
    answers = node.run(COUNTED, {"rules": rules(read_vocabulary()), "words": texts})
    for text, (found, weights, stemmed) in zip(texts, answers, strict=True):
        assert found == words(text), text
        assert weights == [list(item) for item in term_weights(text).items()], text
        # By code units, as JavaScript sorts.
        assert stemmed == sorted(stems(text), key=lambda term: term.encode("utf-16-be")), text


def test_every_english_word_has_the_same_stem() -> None:
    chance = random.Random(1)  # noqa: S311
    made = [
        "".join(chance.choices("aeiouyysttlngdxwzbl'Y", k=chance.randint(1, 7))) + chance.choice(ENDINGS)
        for _ in range(40_000)
    ]
    rare = (ROOT / "tests" / "gold" / "rare_words.txt").read_text(encoding="utf-8").split()
    listed = [*sorted(spelling.english()), *rare, *made, "éing", "ıng", "яблоки", "𝐘y", "80's", "'ll"]
    stemmed = node.run(SPELT, {"rules": rules(read_vocabulary()), "words": listed})
    assert [(word, got) for word, got in zip(listed, stemmed, strict=True) if got != stem(word)] == []


def test_the_words_of_questions_and_articles_are_the_same() -> None:
    articles = [path.read_text(encoding="utf-8") for path in sorted((ROOT / "corpus").rglob("*.md"))]
    same_words([*odd_texts.asked(), *(line for article in articles for line in article.split("\n"))])


def test_the_words_of_odd_texts_are_the_same() -> None:
    same_words(odd_texts.odd(10_000))
