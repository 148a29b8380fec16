"""Questions that compare: what stands on either side of "or", "vs", "than", "difference between".

Closed lists of English words, no language model. A question that is taken for a comparison by mistake is shown oddly,
one that is missed as ever: where the wording leaves a doubt it is no comparison.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Sequence
from itertools import permutations

from chatbot.answering.understanding.phrases import aspects, subjects
from chatbot.answering.understanding.vocabulary import Form, Vocabulary, form_of
from chatbot.indexing.words.tokens import STOP_WORDS, stem

MOST = 5
LONGEST, LONGEST_LISTED, LONGEST_CLAUSE = 7, 3, 30  # words: of a side, of one in a list, of its sentence


def _any(phrases: str) -> str:
    """A pattern of one of some phrases, parted by white space, with `_` for a space in a phrase."""
    return "(?:" + "|".join(one.replace("_", " ") for one in phrases.split()) + ")"


def _pattern(text: str) -> re.Pattern[str]:
    return re.compile(text, re.IGNORECASE)


SENTENCE = re.compile(r"(?<!\bvs)[.?!;:\n](?=\s|$)|\s*[-–—]+\s+|\s+[-–—]+")
ASIDE = re.compile(r"\([^()]*\)|\[[^\[\]]*\]")
QUOTES = " ,'\"“”‘’"
VERSUS = _pattern(r"(?:\s*,)?\s+(?:vs\.?|versus)\s+")
LIST = _pattern(r"\s*,\s*(?:(?:or|and|vs\.?|versus)\s+)?|\s+(?:or|and|vs\.?|versus|with|to|from)\s+")
OR = _pattern(r"\s*,?\s+or\s+(?:(?:else|rather|instead|just|simply)\s+)*")
_TELLING = _any(
    "difference differences differentiate distinction distinctions distinguish compare comparing comparison choose "
    "choosing choice decide deciding pick picking torn stuck hesitate hesitating tell"
)
BETWEEN = _pattern(
    rf"\b{_TELLING}\b[\w\s']*?\bbetween\s+(?P<list>.+)"
    r"|^(?:\W*(?:please|pls|can you|could you|how do i|help me))*\W*compar(?:e|ing|ison of)\s+(?P<compared>.+)"
    r"|\bhow (?:do|does|is|are|would) (?P<one>.+?) (?:differ(?:ent)? from|compared? (?:to|with|against)) (?P<other>.+)"
    r"|\bhow (?:do|does|are) (?P<both>.+? and .+?) (?:differ|compare)\b"
    r"|^(?P<this>.+?) (?:as )?(?:compared|opposed) (?:to|with) (?P<that>.+)"
)
_COMPARATIVE = _any(
    "better worse more less bigger smaller higher lower harder easier safer riskier faster slower quicker cheaper "
    "smarter wiser longer shorter wider older younger earlier sooner tougher stronger weaker closer nearer richer "
    "happier greater calmer busier healthier"
)
THAN = _pattern(
    r"^(?:.*,\s*)?(?:(?:and|so|but) )?(?:is|are|does|do|will|would) (?:it \w+ to )?(?P<one>.+?)"
    r"(?: (?:really|actually|usually|still|generally))?"
    r"(?: (?:pay|earn|make|get|give|have|need|help|grow|look|count|take|bring|cost|last)s?\b[\w\s]*?| an?)?"
    rf" (?:much )?{_COMPARATIVE}\b[\w\s]*?\bthan (?:just )?(?P<other>.+)"
)
CHOOSES = _pattern(
    rf"\b(?:should|shall|rather|best|worst|which|whether|choose|choosing|pick|decide|prefer|would you|most|first|"
    rf"{_COMPARATIVE})\b"
)
ASKS = _pattern(
    r"\b"
    + _any(
        "why how what what's when where who can could would will do does did is are was were am have has had i i'm "
        "i've you we they he she it my there any anybody anyone someone somebody everyone"
    )
    + r"\b"
)
_BETTER = (
    rf"(?:\w+ )?(?:best|right|ok|okay|worth|wise|{_COMPARATIVE})"
    r"(?: (?:for|in|at) (?:an? )?\w+)?\s+(?:to|as|at)?\s*"
)
FRAME = _pattern(
    r"^(?:(?:so|ok|okay|hi|hello|hey|please|pls|and|but|well|what about|how about|help me decide)\b[\s,]*)*"
    rf"(?:(?:is|are|was|would|will) (?:it|they|there|that)(?: be)?\s+{_BETTER}"
    r"|(?:should|shall|do|would|could|can|must) (?:(?:i|we|you|one|they|he|she|somebody|someone)\s+"
    r"|an? .{3,30}? (?=get|learn|do|take|choose|study|become|use|join|go|start))(?:(?:rather|really|even|now|first) )*"
    rf"|(?:which|what|who)(?:'s| is| are)? {_BETTER}"
    r"|(?:is|are|whether to|whether|to)\s+)"
)
VERB = _pattern(
    "^(?:"
    + _any(
        "be being become becoming do doing take taking choose choosing pick learn learning study studying get getting "
        "have use using want try join joining accept prefer know go going start begin work working apply"
    )
    + r"\b(?: (?:as|for|in|at|into|with|to|up))?\s+)+"
)
DETERMINER = _pattern(r"^(?:to\s+)?(?:an?|the|to)\s+")
LAST_DETERMINER = _pattern(r"^.*\b(?:an?|the)\s+(?=\S)")
FOR_ALL = _pattern(
    r"\s+(?:worth|better|best|which|what|who|how|if|when|because|since|while|whether|and (?:which|what|how|who|why)|"
    r"the (?:better|best|right|bigger)|(?:pay|earn)s? (?:more|better|less|best|most)|differ|differences?|useful|"
    r"compared|enough)\b.*$|\s+first(?:\s+(?:if|for|with|as)\b.*)?$"
)
LISTED = re.compile(r",.*?\b(?:and|or)\s+\w")
ASKED_AFTER = re.compile(r",\s*(?:which|what|how|who|is|do|should)\b")
SHARED = _pattern(r"\s+(?P<word>for|as|after|before|in|at|to|on)\b.*$")
LISTING = _pattern(
    r"\b(?:no|not|without|never|any|neither|nor|every|each|all|those|these|such as|like|dont|don't|can't|cant)\b"
    r"|(?:^|,)\W*(?:which|what|good|best|tips)\s+\S+$"
)
NO_SIDE = _pattern(
    "^"
    + _any(
        "not no so none nothing now later never ever whether average usual both neither something anything somewhere "
        "anywhere wherever someone anyone whatever else otherwise similar other others any more less nay i i'm they he "
        "she it it's we you if because even at_least maybe those perhaps what how who why when where which that this "
        "am is are was"
    )
    + r"\b|^(?:do|does|did|will|would|can|could|should|have|has) (?:i|you|we|they|it|he|she|people|there|the)\b"
    r"|\s(?:i|is|are|was|do|does|would|will|should|can|you)\b"
)
NUMBERS = _pattern(
    r"\b(?:\d+|one|two|three|four|five|six|seven|eight|nine|ten|once|sooner|right|true|rain|male|day|most)\s+or\s+"
    r"(?:\d+|two|three|four|five|six|seven|eight|nine|ten|twice|later|wrong|false|shine|female|night|least)\b"
)


def sides(question: str, vocabulary: Vocabulary) -> tuple[str, ...]:
    """What a question compares, in its own words, two to five of them; none where it compares nothing."""
    for sentence in map(str.strip, SENTENCE.split(ASIDE.sub(" ", question))):
        if len(sentence.split()) <= LONGEST_CLAUSE:
            found = _cleaned(_compared(sentence))
            if _are_sides(found, vocabulary):
                return tuple(found)
    return ()


def _compared(sentence: str) -> list[str]:
    """The pieces on either side of the words that compare, with whatever else is around them."""
    between = BETWEEN.search(sentence)
    if between:
        named = between["list"] or between["compared"] or between["both"]
        if named:
            return LIST.split(_without_rest(named))
        one, other = between["one"] or between["this"], between["other"] or between["that"]
        return [FRAME.sub("", one), *OR.split(_without_rest(other))]
    if VERSUS.search(sentence):
        return _alternatives(VERSUS.split(sentence))
    than = THAN.match(sentence)
    if than:
        return [than["one"], _without_rest(than["other"])]
    pieces = OR.split(sentence)
    choosing = CHOOSES.search(sentence) or not ASKS.search(pieces[0])
    if len(pieces) < 2 or not choosing or LISTING.search(pieces[0]) or NUMBERS.search(sentence):
        return []
    return _alternatives(pieces)


def _alternatives(pieces: Sequence[str]) -> list[str]:
    """Pieces between "or" or "vs" with the lists in them told apart: "MERN, Java" | ".NET, which is better"."""
    first, *others = pieces
    listed: list[str] = []
    for piece in map(str.strip, reversed(first.split(","))):
        if listed and (ASKS.match(piece) or CHOOSES.match(piece)) and not FRAME.match(piece):
            break
        own = FRAME.sub("", piece)
        if listed and (len(own.split()) > LONGEST_LISTED or (VERB.match(listed[0]) and not VERB.match(own))):
            break
        listed.insert(0, own)
        if own != piece:
            break
    last = _without_rest(others[-1])
    return [*listed, *(part for piece in others[:-1] for part in piece.split(",")), last]


def _without_rest(text: str) -> str:
    """What is before a comma, unless it parts a list that ends in "and" or "or"."""
    if LISTED.search(text) and not ASKED_AFTER.search(text):
        return text
    return text.partition(",")[0]


def _cleaned(pieces: Sequence[str]) -> list[str]:
    """Sides without what introduces the first of them or goes for all of them after the last."""
    if len(pieces) < 2:
        return []
    first, *others = (piece.strip(QUOTES) for piece in pieces)
    if DETERMINER.match(others[-1]):
        first = LAST_DETERMINER.sub("", first)
    elif not VERB.match(others[-1]):
        first = VERB.sub("", first) or first
    before = " ".join([first, *others[:-1]]).lower().split()
    cut = [_shortened(side, FOR_ALL) for side in (first, *others)]
    shared = SHARED.search(cut[-1])
    if shared and shared["word"].lower() not in before:
        cut[-1] = _shortened(cut[-1], SHARED)
    found = [DETERMINER.sub("", side.strip()).strip(QUOTES) for side in cut]
    return list(dict.fromkeys(side for side in found if side))


def _shortened(side: str, end: re.Pattern[str]) -> str:
    """A side without its end, unless nothing would be left that says what it is about."""
    shorter = end.sub("", side)
    return shorter if subjects(shorter) else side


def _are_sides(found: Sequence[str], vocabulary: Vocabulary) -> bool:
    if not 2 <= len(found) <= MOST:
        return False
    if any(len(side.split()) > LONGEST or not subjects(side) or NO_SIDE.search(side) for side in found):
        return False
    if ASKS.match(found[0]):
        return False
    named = [form_of(side) for side in found]
    same = any(one == other or _ends_in_the_same(one, other, vocabulary) for one, other in permutations(named, 2))
    return all(forms(found, vocabulary)) and not same


def _ends_in_the_same(one: Form, other: Form, vocabulary: Vocabulary) -> bool:
    """Whether a side ends in other words for the other one, and those in turn stand for it: "send a CV", "resume"."""
    ways = vocabulary.also.get(other, ())
    return any(one[-len(way) :] == way and other in vocabulary.also.get(way, ()) for way in ways)


def forms(found: Sequence[str], vocabulary: Vocabulary) -> tuple[tuple[frozenset[str], ...], ...]:
    """For each side the ways in which a text may name it, each as the stems of its words.

    What is asked of a side ("pay") is no part of its name, where it has another.
    What all sides end in says nothing of one of them: of "data analyst interview" and "ML engineer interview" that both
    are interviews. Nor does what the vocabulary has for more than one: AWS and Azure both stand for "cloud".
    """
    named = [_subject(form_of(side)) for side in found]
    while all(len(form) > 1 for form in named) and len({form[-1] for form in named}) == 1:
        named = [form[:-1] for form in named]
    ways = [_ways(form, vocabulary) for form in named]
    counted = Counter(way for side in ways for way in side)
    return tuple(tuple(way for way in side if counted[way] == 1) for side in ways)


def _subject(form: Form) -> Form:
    asked = set(aspects(" ".join(form)))
    return tuple(word for word in form if word not in asked) or form


def _ways(form: Form, vocabulary: Vocabulary) -> tuple[frozenset[str], ...]:
    ways = [form]
    for match in vocabulary.matches(form):
        ways += [(*form[: match.start], *other, *form[match.end :]) for other in match.forms]
    content = (frozenset(stem(word) for word in way if word not in STOP_WORDS) for way in ways)
    return tuple(dict.fromkeys(way for way in content if way))
