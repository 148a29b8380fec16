"""Texts that no visitor types on purpose, for what must not differ between Python and JavaScript."""

from __future__ import annotations

import json
import random
import unicodedata
from collections.abc import Iterator
from typing import Any

from tests.support.places import ROOT

WRITTEN = [
    "",
    " ",
    "...",
    "?!",
    "C++/C#/.NET/401(k)/U.S./Ph.D./R&D",
    "node.js a.b.c. u.s.a CI/CD UX/UI 1,000.5 3.5.6 F# c#x .netx",
    "résumés naïve ÅÉ e\u0301\u0345 q\u0307\u0323",
    "İstanbul ıI ſS K",
    "WHAT IS İT? thıs ıs İt and İs that ſo",
    "don’t 80's ❶'x ①'x o'’s x_y __ a_b's",
    "привет Ёж й как стать программистом",
    "Ｆｕｌｌ Ｗｉｄｔｈ ｐａｙ",
    "हिन्दी किताब",
    "𝐘𝐎𝐔𝐑 𝐘 ™ ℡ ㎏ ﬁne ΟΔΟΣ ς ẞ ß",
    "🙂 👩\u200d🔬 ok",
    "nego\u00adti\u200bate \ufeffyour\u2060 pay",
    "how\x1cdo\u2028I\x85ask\u00a0for\u3000more\n\n",
    "tell me more\n",
    "a" * 3000,
    "data " * 400,
]
_SIGNS = "aeiIİıſKszZ09.,()[]/&'’-_ \n\t+#éñüÅβςЯй中あ한ﬁ①²½Ⅷ٣०क्षि🙂\u0301\u0345\u200d\x1c\u2028\x85ＡＢ１"
_WORDS = (
    "and or but what which how is it the a better than vs between data engineer scientist salary tell me more second "
    "one thanks hi ok who are you can I my boss Python .NET remote job İt ı , . ? ! ; - ’s 's résumé machinelearning "
    'carrer programing quiero ganar mi wie viel der 3 (maybe) " “ ” compared to difference choose other something else'
).split()


def gold() -> list[dict[str, Any]]:
    """Every line of the judged questions."""
    files = sorted((ROOT / "tests" / "gold").glob("*.jsonl"))
    return [json.loads(line) for file in files for line in file.read_text(encoding="utf-8").splitlines()]


def asked() -> list[str]:
    """Every question of them, and what was meant by it."""
    found: dict[str, None] = {}
    for line in gold():
        for turn in line.get("turns", [line]):
            found |= dict.fromkeys(turn[key] for key in ("question", "rewrite", "meant") if key in turn)
    return list(found)


def odd(number: int, seed: int = 1) -> list[str]:
    """Those above, and others by chance: of odd signs, of any signs that Python knows, of words that rules look for."""
    chance = random.Random(seed)  # noqa: S311
    signs = ["".join(chance.choices(_SIGNS, k=chance.randint(1, 40))) for _ in range(number)]
    any_signs = ["".join(_any_sign(chance) for _ in range(20)) for _ in range(number // 5)]
    spoken = [" ".join(chance.choices(_WORDS, k=chance.randint(1, 12))) for _ in range(number)]
    return [*WRITTEN, *signs, *any_signs, *spoken]


def _any_sign(chance: random.Random) -> str:
    def signs() -> Iterator[str]:
        while True:
            yield chr(chance.choice((chance.randint(32, 0x2FFF), chance.randint(0xE000, 0x1FFFF))))

    return next(sign for sign in signs() if unicodedata.category(sign) not in {"Cn", "Co"})
