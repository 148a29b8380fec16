"""Misspelt words of a question, mended against the words of the corpus.

Only a word is touched that is found neither in the corpus nor among the tokenizer's words nor in an English dictionary,
that is not formed of such words as English forms new ones, and only where one candidate wins clearly: a name that
nobody has heard of must stay what it is. docs/conversation.md says what was measured.

A candidate is found by the letters it shares with the typed word, then weighed by the edits between them
(Damerau, "A technique for computer detection and correction of spelling errors", 1964, with the weights below) against
how common it is: the noisy channel of Kernighan, Church and Gale (1990), with its probabilities rounded.
"""

from __future__ import annotations

import gzip
import math
import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from importlib.resources import files

import numpy as np
import numpy.typing as npt

from chatbot.indexing.words.tokens import STOP_WORDS, stem, words
from chatbot.sorted_texts import SortedTexts

SHORTEST = 4
LONGEST = 24
LONG = 8
MARGIN = 0.2
NAME = 6
COMMON = 0.12
ABBREVIATION = 5
# How English forms words that no dictionary lists, each ending with what it replaces: "aesthetical" of "aesthetic".
# What slips of the fingers often look like is none of them: "enginer" is no word of "engine", "desing" none of "sing".
BASE = 4
ENDINGS = tuple(
    (ending, replaced)
    for replaced, endings in {
        "": "s al ally ical ically ist ists ism isms ize izes ized izing ly less like ness nesses ship wise able ably",
        "e": "ability al ally ism isms ist ists ize ized izing",
        "y": "ies iness inesses ical ically",
        "able": "ability abilities ably",
    }.items()
    for ending in endings.split()
)
VERBAL = ("ed", "ing", "er", "ers")
PREFIXES = tuple(
    "anti auto bio counter cross cyber dis electro geo hyper hypo inter intra macro mega micro mid mini mis mono "
    "multi nano neo neuro non out over para photo poly post pre proto pseudo psycho self semi socio sub super "
    "techno tele thermo trans tri ultra un under up".split()
)
# The parts of learned words, of which medicine and the sciences make more than any list has.
LEARNED = re.compile(
    "(?:a|an|adeno|angio|arthro|bacterio|bio|broncho|cardio|cephalo|chemo|chole|chondro|chromo|cranio|cryo|cyto|dermato|"
    "dys|electro|encephalo|endo|entero|epi|erythro|fibro|gastro|geo|glosso|glyco|gyneco|hemato|hemo|hepato|hetero|histo|"
    "homo|hydro|hyper|hypo|hystero|immuno|kerato|laparo|laryngo|leuko|lipo|litho|lympho|macro|mega|micro|mono|morpho|"
    "myco|myelo|myo|nano|necro|nephro|neuro|onco|ophthalmo|ortho|osteo|oto|paleo|patho|peri|pharmaco|phono|photo|phyto|"
    "pneumo|poly|procto|proto|pseudo|psycho|pyro|radio|retino|rhino|sclero|spectro|spleno|stereo|thermo|thrombo|thyro|"
    "toxico|tracheo|uro|vaso|xeno|zoo)+"
    "(?:blast|centesis|cyte|derm|ectom(?:y|ies)|(?:em|aem)ia|gen(?:esis|ic)?|gram|graph(?:y|ic|er)?|i(?:tis|asis)|"
    "log(?:y|ies|ic|ical|ist|ists)|lys(?:is|ate)|lith|malacia|meg(?:aly)|met(?:er|ry|ric)|morph|o?ma|op(?:ia|sy)|osis|"
    "path(?:y|ies|ic)|pen(?:ia)|phag(?:e|y)|phil(?:ia|ic)|phob(?:ia|ic)|phyte|plast(?:y|ic)|plasm|ptosis|rrhea|"
    "scler(?:osis)|scop(?:e|y|ic)|stas(?:is)|stom(?:y|ies)|therap(?:y|ist)|tom(?:y|ies)|toxi(?:c|n|city)|troph(?:y|ic))s?"
)
BRITISH = re.compile(r"(?<=.)our|is(?=e|ing|ation|able)")
BEGINS = re.compile(r"(?:^|[.!?:\n])\W*$")
WORD = re.compile(r"(?<![\w.@/'’-])[^\W\d_]+(?![\w@/'’]|[.-]\w)")
LETTERS = re.compile(r"[a-z]+")
VOWELS = frozenset("aeiouy")
_ROWS = ("qwertyuiop", "asdfghjkl", "zxcvbnm")
SOUNDS = frozenset(map(frozenset, ("ck", "cs", "sz", "fv", "gj", "iy", "dt", "kq", "bp", "mn")))
BESIDE = frozenset(
    frozenset((left, right))
    for place, row in enumerate(_ROWS)
    for i, left in enumerate(row)
    for right in (*row[i + 1 : i + 2], *("".join(_ROWS[place + 1 : place + 2])[max(i - 1, 0) : i + 1]))
)


@dataclass(frozen=True, slots=True)
class Lexicon:
    """The words that a question may contain, made ready by `lexicon`.

    `known` holds the words that are right as they stand. `candidates` are the words to mend to, sorted;
    `letters`, int8 (candidates, 26), counts the letters of each and `weights`, float32 (candidates,), says how common
    each is, 0 to 1. Row range `firsts[letter]` holds the candidates that begin with a letter.
    """

    known: frozenset[str]
    candidates: tuple[str, ...]
    letters: npt.NDArray[np.int8]
    weights: npt.NDArray[np.float32]
    firsts: Mapping[str, slice]
    counts: Mapping[str, int]


def lexicon(counts: Mapping[str, int], common: Iterable[str]) -> Lexicon:
    """The lexicon of a corpus.

    `counts` gives the number of passages of each normalised word of the corpus, `common` are words of the language
    that are right although the corpus lacks them, such as `whole_words` of the model's tokenizer.
    """
    everyday = {word for word in common if LETTERS.fullmatch(word)}
    known = frozenset(counts) | everyday
    candidates = tuple(
        sorted(
            word for word in everyday.union(counts) if LETTERS.fullmatch(word) and SHORTEST - 1 <= len(word) <= LONGEST
        )
    )
    most = math.log1p(max(counts.values(), default=1))
    weights = np.array([COMMON + (1 - COMMON) * math.log1p(counts.get(word, 0)) / most for word in candidates])
    letters = np.zeros((len(candidates), 26), np.int8)
    firsts: dict[str, slice] = {}
    for row, word in enumerate(candidates):
        letters[row] = _letters(word)
        firsts[word[0]] = slice(firsts[word[0]].start if word[0] in firsts else row, row + 1)
    return Lexicon(known, candidates, letters, weights.astype(np.float32), firsts, dict(counts))


def whole_words(vocabulary: Iterable[str]) -> set[str]:
    """The whole words of a subword vocabulary: WordPiece marks what continues a word by ##, others what begins one."""
    pieces = list(vocabulary)
    marked = [piece[1:] for piece in pieces if piece[:1] in "▁Ġ" and len(piece) > 1]
    plain = marked or [piece for piece in pieces if not piece.startswith("##")]
    return {piece.lower() for piece in plain if len(piece) >= SHORTEST - 1 and piece.isalpha()}


@cache
def english() -> SortedTexts:
    """The words of an English dictionary with their inflections, 160,000; read when the first unknown word is met."""
    # Its own reader takes fifty megabytes for what are three.
    packed = (files("spellchecker") / "resources" / "en.json.gz").read_bytes()
    return SortedTexts(re.findall(rb'"([^"\\]+)": ?\d', gzip.decompress(packed)))


def repair(question: str, lexicon: Lexicon) -> str:
    """The question with its misspelt words mended; the very same text where there is nothing to mend."""

    def mended(match: re.Match[str]) -> str:
        typed = match[0]
        normal = words(typed)
        # Capitals inside a word, and short words of capitals, are names and abbreviations.
        if len(normal) != 1 or (not typed[1:].islower() and not (typed.isupper() and len(typed) > ABBREVIATION)):
            return typed
        if is_known(normal[0], lexicon):
            return typed
        name = typed[0].isupper() and not typed.isupper() and not BEGINS.search(question[: match.start()])
        found = split(normal[0], lexicon) or nearest(normal[0], lexicon, name=name)
        return typed if not found else found.capitalize() if typed[0].isupper() else found

    return WORD.sub(mended, question)


def is_known(word: str, lexicon: Lexicon) -> bool:
    """Whether a normalised word needs no mending: known itself or as an inflection, too short, or not of letters."""
    if not SHORTEST <= len(word) <= LONGEST or not LETTERS.fullmatch(word) or word in lexicon.known:
        return True
    if _is_word(word, lexicon):
        return True
    return bool(LEARNED.fullmatch(word)) or _is_formed(word, lexicon)


def _is_formed(word: str, lexicon: Lexicon) -> bool:
    """Whether a word is formed regularly of one that is known, by a prefix or an ending."""
    unprefixed = (word[len(prefix) :] for prefix in PREFIXES if word.startswith(prefix))
    return any(len(base) >= BASE and _is_word(base, lexicon) for base in (*unprefixed, *_bases(word, lexicon)))


def _bases(word: str, lexicon: Lexicon) -> Iterator[str]:
    """What a word may be formed of by an ending, whether such a base exists or not."""
    for ending, replaced in ENDINGS:
        base = word.removesuffix(ending) + replaced
        if word.endswith(ending) and not base.endswith("s") and base not in STOP_WORDS:
            yield base
    # The dictionary has the inflections of its own words; this is for those of others: "dataframes".
    for ending in VERBAL:
        base = word.removesuffix(ending)
        if base != word and base in lexicon.known and base not in english():
            yield base


def _is_word(word: str, lexicon: Lexicon) -> bool:
    return word in lexicon.known or word in english() or _american(word) in english()


def _american(word: str) -> str:
    return BRITISH.sub(lambda match: match[0].replace("ou", "o").replace("is", "iz"), word)


def nearest(word: str, lexicon: Lexicon, *, name: bool = False) -> str | None:
    """The one word that an unknown, normalised word was clearly meant to be; None where none is or two may be.

    What may be a `name` is mended to words of the corpus alone; short words to others only where they are common slips.
    """
    if name and len(word) < NAME:
        return None
    limit, slip = (2 if len(word) >= LONG else 1), (0.6 if len(word) < NAME else 0.7)
    own = _letters(word)
    scored = []
    for rows in (lexicon.firsts.get(first) for first in dict.fromkeys(word[:2])):
        if rows is None:
            continue
        near = np.flatnonzero(np.abs(lexicon.letters[rows] - own).sum(axis=1, dtype=np.int16) <= 2 * limit)
        for row in near + rows.start:
            candidate = lexicon.candidates[row]
            cost = edit_cost(word, candidate, limit)
            if cost <= limit and (candidate in lexicon.counts or (not name and cost <= slip)):
                scored.append((cost - 0.6 * float(lexicon.weights[row]), candidate))
    scored.sort()
    if not scored:
        return None
    best, found = scored[0]
    rivals = [score for score, candidate in scored[1:] if stem(candidate) != stem(found)]
    return found if not rivals or rivals[0] - best >= MARGIN else None


def split(word: str, lexicon: Lexicon) -> str | None:
    """Two words of the corpus that were typed as one: "machinelearning"; None where there are none."""
    best: tuple[int, str] | None = None
    for place in range(SHORTEST, len(word) - SHORTEST + 1):
        count = min(lexicon.counts.get(word[:place], 0), lexicon.counts.get(word[place:], 0))
        if count >= 2 and (best is None or count > best[0]):
            best = (count, f"{word[:place]} {word[place:]}")
    return best[1] if best else None


def edit_cost(typed: str, meant: str, limit: int) -> float:
    """The weight of the edits that turn `meant` into `typed`; above `limit` where there are more than `limit` edits.

    An edit weighs 1; less where it is a common slip: a letter doubled or halved 0.5, two letters swapped 0.6, a vowel
    for a vowel or a like sound 0.7, a neighbouring key 0.8. The first letter weighs 0.5 more.
    """
    if abs(len(typed) - len(meant)) > limit:
        return limit + 1.0
    before: list[tuple[int, float]] = []
    row = [(j, float(j)) for j in range(len(meant) + 1)]
    for i, letter in enumerate(typed, start=1):
        older, before = before, row
        row = [(i, float(i))]
        for j, other in enumerate(meant, start=1):
            first = 0.5 if min(i, j) == 1 else 0.0
            ways = [
                before[j - 1] if letter == other else _add(before[j - 1], _swap_cost(letter, other) + first),
                _add(before[j], (0.5 if i > 1 and typed[i - 2] == letter else 1.0) + first),
                _add(row[j - 1], (0.5 if j > 1 and meant[j - 2] == other else 1.0) + first),
            ]
            if i > 1 and j > 1 and letter == meant[j - 2] and typed[i - 2] == other:
                ways.append(_add(older[j - 2], 0.6 + (0.5 if min(i, j) == 2 else 0.0)))
            row.append(min(ways))
    edits, cost = row[-1]
    return cost if edits <= limit else limit + 1.0


def _add(way: tuple[int, float], cost: float) -> tuple[int, float]:
    return way[0] + 1, way[1] + cost


def _swap_cost(typed: str, meant: str) -> float:
    pair = frozenset((typed, meant))
    if pair <= VOWELS or pair in SOUNDS:
        return 0.7
    return 0.8 if pair in BESIDE else 1.0


def _letters(word: str) -> npt.NDArray[np.int8]:
    counts = np.zeros(26, np.int8)
    for letter in word:
        counts[ord(letter) - 97] += 1
    return counts
