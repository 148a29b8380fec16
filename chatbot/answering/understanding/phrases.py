"""What the wording of a question says, whatever it is about: closed lists of English phrases, no language model."""

from __future__ import annotations

import re
from collections.abc import Sequence, Set

from chatbot.indexing.words.tokens import STOP_WORDS, stem, words

OPENING = re.compile(
    r"^(?:(?:ok(?:ay)?|oh|wow|yes|no|hi|hello|thanks|thank you|great|good|cool|interesting|i see|right|well|so|sure|"
    r"got it|please|that'?s (?:fine|ok(?:ay)?|great|good|interesting))\b[\s,.!;:-]*)+",
    re.IGNORECASE,
)
NEW_TOPIC = re.compile(
    r"^(?:(?:ok(?:ay)?|and|so|now|but|well|thanks|thank you|great|alright|right)[\s,.!]+)*(?:now )?"
    r"(?:(?:for )?(?:a |one )?something (?:else|different)|(?:a |an |one |just )?"
    r"(?:different|another|new|other|unrelated|separate) (?:question|topic|subject)|chang(?:e|ing)(?: of)? (?:the )?"
    r"(?:topic|subject)|by the way|btw|on another note|forget (?:that|it))\b[\s,.:;!-]*",
    re.IGNORECASE,
)
_POLITE = (
    r"(?:(?:ok(?:ay)?|yes|thanks|great|please|and|so|are there|is there|do you have|can you|could you|i want|i'd like|"
    r"can i (?:have|get|see)|(?:please )?(?:give|show) me)[\s,.!]+)*"
)
_THINGS = (
    r"(?:results?|passages?|answers?|articles?|sources?|details?|info(?:rmation)?|ideas?|tips?|advice|suggestions?|"
    r"recommendations?|examples?|options?|thoughts?|points?|things?|reading|hints?)"
)
_OF_THIS = r"(?: (?:about|on|of|like) (?:it|this|that|them|these|those))?"
MORE = re.compile(
    rf"{_POLITE}(?:"
    rf"(?:tell|show|give) me (?:a (?:little |bit )|some |even |anything |something )?more{_OF_THIS}"
    rf"|(?:some |any |even |a few )?more(?: {_THINGS})?{_OF_THIS}"
    rf"|(?:show|see|load|read|know|hear|say|explain) (?:some |any )?more{_OF_THIS}"
    rf"|(?:what|anything|something) (?:else|more)(?: is there)?{_OF_THIS}"
    r"|(?:what|anything) else (?:(?:do|should|could|can) i (?:need to )?(?:know|do|consider|read)|to know)"
    rf"|(?:(?:any|some|what|which|a few) )?(?:others?|further|additional)(?: {_THINGS})?{_OF_THIS}"
    rf"|(?:another|one more)(?: (?:one|{_THINGS}))?"
    rf"|(?:go on|continue|carry on|keep going|elaborate|expand|explain){_OF_THIS}"
    r"|next|(?:go )?deeper|in more detail)"
    r"(?:[\s,]+(?:please|then|now))?[\s.!?]*",
    re.IGNORECASE,
)
_NAMES = "first second third fourth fifth sixth seventh eighth ninth tenth".split()
PLACES = {name: place for place, name in enumerate(_NAMES)} | {"1st": 0, "2nd": 1, "3rd": 2, "last": -1}
PLACES |= {f"{number}th": number - 1 for number in range(4, 11)}
_ORDINALS = "|".join(PLACES)
PICK = re.compile(
    r"(?:(?:ok(?:ay)?|and|yes|please)[\s,.!]+)*(?:(?:can you |could you |please )?(?:show|open|give|tell|read|expand|"
    r"explain|take|see|i mean|i meant|more (?:on|about)|what about|what is|what's)(?: me)?(?: more)?"
    r"(?: (?:about|on))? )?"
    rf"(?:the (?P<named>{_ORDINALS})|"
    r"(?P<bare>first|second|third|fourth|fifth|last)(?= one)|(?:number |no\.? ?|#)(?P<number>[1-9]))"
    r"(?: (?:one|result|passage|answer|article|hit))?(?: (?:again|please|about|in full|then))*[\s.!?]*"
    r"|(?P<digit>[1-9])[.)]?",
    re.IGNORECASE,
)
CONTINUING = re.compile(r"(?:and|or|but|also|then|what about|how about|what of)\b", re.IGNORECASE)
CONNECTION = re.compile(
    r"^(?:(?:and|or|but|also|so|then|ok(?:ay)?|(?:what|how) about|what of)\b[\s,]*)+(?=\w)", re.IGNORECASE
)
ASKING = re.compile(
    r"\b(?:why|how|what|what's|when|where|who|whom|whose|which|can|could|should|would|will|do|does|did|is|are|was|were|"
    r"have|has|am|may|might|must|any|really|example|examples)\b",
    re.IGNORECASE,
)
LEANING = re.compile(
    r"\b(?:it|its|it's|they|them|theirs|their|they're|this|that|that's|these|those|he|him|his|she|her|hers|ones?|there)\b",
    re.IGNORECASE,
)
LEANING_AFTER = re.compile(
    r"\b(?:for|of|to|about|with|in|on|from|at|into|by|like|than|without) "
    r"(?:it|that|this|these|those|them|there|one)\b",
    re.IGNORECASE,
)
CLAUSE = re.compile(r"[,;.?!]|\b(?:and|or|but|if|when|because|so|then|while|than)\b", re.IGNORECASE)
TOKEN = re.compile(r"[^\s,;:?!()]+|[,;:?!()]")
VERB = re.compile(
    r"\b(?:(?:do|does|did|can|could|should|would|will|must|may|might|shall)(?:n['’]t)? (?:i|you|we|they|people|one)|"
    r"(?:how|when|where|what|whether|want|need|ought|able) to)"
    r" (?:(?:really|actually|ever|even|best|just|not|also|still|have to|need to|want to) )*(?P<verb>\w{2,})",
    re.IGNORECASE,
)
DOUBLING = re.compile(r"[^aeiou]*[aeiou][bdgklmnprt]")  # "get" becomes "getting"
# Words at which a phrase ends, and those that may stand before its first noun.
BREAKS = frozenset(
    """what which who whom whose when where why how i me you he she it we us they him them this that these those am is
    are was were be been do does did have has had can could should would will shall may might must there if because so
    whether but then than let while please whats im dont put told said gave got worth""".split()
)
MODIFIERS = frozenset(
    "new old first last next other another different same own free full best good better bad big small".split()
)
ENDINGS = frozenset("job jobs career careers role roles off up out down over away".split())
WHEN = re.compile(r"\b(?:last|this|next|every) (?:week|month|year|day|night)\b", re.IGNORECASE)
EDGES = ".'’\"“”"


def _stems(text: str) -> frozenset[str]:
    return frozenset(stem(word) for word in text.split())


# Words that say how something is asked, not what about.
GENERIC = _stems(
    """become get start make need want know like tell explain describe give show find found look go going come take use
    used using work help thing way kind type sort example best better good great bad worse difference different compare
    pros cons important main key popular common others another else less least much many long often far big new old
    last next instead also again even still really actually please thanks thank ok okay hi hello yes may might must
    shall people person someone anyone everybody one ones lot bit say said mean happen think thought believe let
    interesting wow oh sorry question info details summary interested heard hear sure well every doing something
    anything everything since per via within without role reason cause purpose same read write try tried see saw
    understand consider recommend suggest advice tip currently today possible able available usually typically
    generally ever year years it its they them their theirs that this these those he him his she her hers there both so
    some any just about dont doesnt didnt isnt arent wont cant"""
)
# What is asked of a job, whichever job it is.
ASPECTS = _stems(
    """salary pay paid wage earn earnings income compensation median average hours duties duty outlook demand growing
    growth future prospects employment education training qualification skill environment conditions
    responsibilities task career job apply begin"""
)


def subjects(text: str) -> list[str]:
    """The words of a text that say what it is about, normalised, in order."""
    return [word for word in words(text) if word not in STOP_WORDS and stem(word) not in GENERIC]


def topic(text: str, *, aspects: bool) -> list[str]:
    """The phrases that say what a text is about, as they were typed: "data scientist without experience".

    What is asked of a subject ("salary") belongs to them only with `aspects`, or where there is nothing else.
    """
    told = VERB.sub(_as_noun, WHEN.sub(" ", text))
    runs: list[list[tuple[str, str]]] = [[]]
    for token in TOKEN.findall(told):
        role = _role(token.rstrip("."))
        if role:
            runs[-1].append((token.strip(EDGES), role))
        if not role or token.endswith("."):
            runs.append([])
    subject = any(role == "subject" for run in runs for _, role in run)
    wanted = {"subject"} if subject and not aspects else {"subject", "aspect"}
    found = (_phrase(run, wanted) for run in runs)
    return list(dict.fromkeys(phrase for phrase in found if phrase))


def _phrase(run: Sequence[tuple[str, str]], wanted: Set[str]) -> str:
    """The part of a run of words from its first to its last wanted one, with what is before the first noun."""
    places = [place for place, (_, role) in enumerate(run) if role in wanted]
    if not places:
        return ""
    start, end = places[0], places[-1] + 1
    start = 0 if run[0][0].endswith("ing") else start  # "working in another country"
    while start and run[start - 1][1] == "modifier":
        start -= 1
    if end < len(run) and run[end][0].lower() in ENDINGS:
        end += 1
    return re.sub(r"['’]s$", "", " ".join(token for token, _ in run[start:end]))


def _role(token: str) -> str:
    """What a word does in a phrase: "subject", "aspect", "modifier" or "between"; "" where it ends the phrase."""
    low = token.strip(EDGES).lower()
    named = token.isupper() and len(token) > 1  # "IT" and "US" are no pronouns
    if not re.search(r"\w", token) or (re.split(r"n?['’]", low)[0] in BREAKS and not named):
        return ""
    if low in MODIFIERS:
        return "modifier"
    stems = _stems(token.lower() if named else " ".join(subjects(token)))
    if not stems:
        return "between"
    return "aspect" if stems <= ASPECTS else "subject"


def _as_noun(asked: re.Match[str]) -> str:
    """A verb that was asked about as a noun: "how do I ask" as "how do I asking"."""
    verb = asked["verb"]
    if _role(verb) != "subject" or verb.endswith("ing") or not verb.islower():
        return asked[0]
    stem_ = verb
    if verb.endswith("e") and not verb.endswith(("ee", "oe", "ye")):
        stem_ = verb[:-1]
    elif DOUBLING.fullmatch(verb):
        stem_ = verb + verb[-1]
    return asked[0][: -len(verb)] + stem_ + "ing"


def aspects(text: str) -> list[str]:
    """What a text asks of its subject, word for word: "earn" of "What does a data engineer earn?"."""
    tokens = [token.strip(EDGES) for token in TOKEN.findall(text)]
    return [token for token in tokens if (stems := _stems(" ".join(words(token)))) and stems <= ASPECTS]


def without_opening(question: str) -> str:
    """The question without what only greets the last answer: "ok", "thanks!", "so"."""
    return OPENING.sub("", question)


def after_announcement(question: str) -> str | None:
    """What follows "different question:", "by the way" and the like; None where nothing of the kind was said."""
    announcement = NEW_TOPIC.match(question)
    return question[announcement.end() :] if announcement and subjects(question[announcement.end() :]) else None


def asks_for_more(question: str) -> bool:
    """Whether the question is "tell me more", "what else?" or the like, and nothing besides."""
    return bool(MORE.fullmatch(question.strip()))


def place_named(question: str) -> int | None:
    """The place in a list that the question names and nothing besides: 1 for "the second one", -1 for the last."""
    pick = PICK.fullmatch(question.strip())
    if not pick:
        return None
    digit = pick["number"] or pick["digit"]
    return int(digit) - 1 if digit else PLACES.get((pick["named"] or pick["bare"]).lower())


def without_connection(question: str) -> str:
    """The question without the words that only tie it to what came before: "and", "what about"."""
    return CONNECTION.sub("", question)


def asks(question: str) -> bool:
    """Whether a question has a question word or a helping verb in it: "why?", "how long?", "would you?"."""
    return bool(ASKING.search(question))


def continues(question: str) -> bool:
    """Whether the question begins like the rest of a sentence: "and", "or", "what about"."""
    return bool(CONTINUING.match(question))


def leans(question: str) -> bool:
    """Whether a pronoun of the question stands for something said before it."""
    if LEANING_AFTER.search(question):
        return True
    pronoun = LEANING.search(question)
    if not pronoun:
        return False
    before = question[: pronoun.start()]
    # In "What are RSUs and how do they vest?" the word that "they" stands for is in the question itself.
    return not (subjects(before) and CLAUSE.search(before))
