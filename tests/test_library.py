"""The shipped articles are checked like code: front matter, structure, links, copies, spelling, ease and figures."""

from __future__ import annotations

import re
from collections import Counter, defaultdict
from collections.abc import Iterator
from datetime import date
from itertools import combinations, pairwise

import pytest

from chatbot.answering.follow_ups import offered
from chatbot.content.markdown.blocks import blocks
from chatbot.content.markdown.plain import plain
from chatbot.content.passages import sentences
from chatbot.content.source.copies import ALIKE, resemblance
from chatbot.records import Article
from tests.support.library import IDS, articles

TOPICS = {
    "career growth",
    "data",
    "fairness at work",
    "freelancing",
    "interviews",
    "job search",
    "learning",
    "leaving a job",
    "machine learning",
    "pay and offers",
    "roles",
    "software",
    "ways of working",
    "working abroad",
}
AUDIENCES = {"career changers", "job seekers", "managers", "professionals", "students"}

BRITISH = (
    r"\w*(?:behaviour|colour|favour|flavour|honour|labour|neighbour|rumour|humour|endeavour|harbour)\w*",
    r"(?:analy|cataly|paraly)s(?:e|ed|er|ers|ing)",
    r"\w*(?:apolog|author|categor|central|character|capital|critic|custom|digit|emphas|equal|final|formal|general"
    r"|global|harmon|initial|item|legal|local|maxim|memor|minim|modern|monet|natural|normal|optim|organ|patron"
    r"|penal|personal|popular|priorit|quant|random|real|recogn|regular|social|special|stabil|standard|subsid|summar"
    r"|symbol|sympath|synchron|util|vectoris|visual)is(?:e|ed|er|ers|es|ing|ation|ations|ational)",
    r"(?:cancel|channel|counsel|dial|fuel|label|level|marvel|model|quarrel|signal|total|travel|tunnel)l(?:ed|er|ers|ing)",
    r"(?:centre|fibre|litre|metre|theatre|calibre)(?:s|d)?",
    r"(?:licence|defence|offence|pretence|cheque|programme|catalogue|analogue|artefact|tyre|mould|plough|storey)s?",
    r"(?:practis(?:e|ed|es|ing)|ageing|judgement|acknowledgement|sceptic\w*|maths|grey|cosy|whilst|amongst|learnt|burnt)",
    r"(?:spelt|dreamt|enrol|enrols|enrolment|fulfil|fulfils|fulfilment|skilful\w*|wilful\w*|instalments?|towards)",
    r"(?:afterwards|manoeuvre\w*|aluminium|orientated|per cent|pyjamas|enquir(?:e|es|y|ies))",
)
SPELT_SO = re.compile(rf"\b(?:{'|'.join(BRITISH)})\b", re.IGNORECASE)
NAMES = re.compile(
    r"https?://\S+|/articles/\S+|Canadian Anti-Fraud Centre|Employees' Provident Fund Organisation"
    r"|Immigration and Naturalisation Service|International Labour Organization|Labour Force Survey"
    r"|Labour Market Impact Assessment"
    r"|Ministry of Labour|called behavioural"
)
"""What keeps the spelling that others gave it."""

FIGURE = re.compile(
    r"\d[\d,.]*\s?(?:%|percent\b)|[$€£]\s?\d{1,3}(?:,\d{3})+|[$€£]\s?\d[\d.]*\s?(?:million|billion|k\b)"
    r"|\b(?:\d+|one|two|three|four|five|six|seven|eight|nine) (?:in|out of) (?:\d+|three|four|five|ten) [a-z]+s\b"
)
SUPPOSED = re.compile(r"\b(?:say \$?\d|suppose|invented|imagine)", re.IGNORECASE)
ACCOUNTED = {
    # A table that calls its shares rules of thumb.
    ("at-work/a-normal-day-in-tech-jobs", "What do people in tech jobs do all day?"),
    # A threshold of the reader's own.
    ("at-work/bored-or-underused", "Could I get another job at 80 percent"),
    # Arithmetic with what is given in the same section.
    ("interviews/case-study-and-product-sense-interviews", '"Orders fell by 8 percent.'),
    ("roles/mlops-engineer-career", "no more than 70% busy"),
}
"""Figures without a source and what they are: article, and heading or words of the sentence."""

EASE_OF_AN_ARTICLE = (40, 82)
EASE_OF_THE_LIBRARY = (58, 70)
"""Flesch's reading ease; articles had 44 to 76, with a mean of 63, when this was written."""

LONGEST_OVERLAP = 0.4
"""The share of its runs of eight words that a paragraph may have in common with another; 0.33 was the most."""

Section = tuple[str, str]

EACH = pytest.mark.parametrize("article", IDS, indirect=True)


@pytest.fixture
def article(request: pytest.FixtureRequest) -> Article:
    return articles()[request.param]


def sections(article: Article) -> Iterator[Section]:
    """The headings of an article, each with the text down to the next one."""
    headings = [block for block in blocks(article.text) if block.kind == "heading"]
    for heading, following in pairwise([*headings, None]):
        if heading:
            yield heading.title, article.text[heading.end : following.start if following else None].strip()


def paragraphs(article: Article) -> list[str]:
    return [part for part in re.split(r"\n\s*\n", article.text) if not re.match(r"\s*(?:#|\||```|[-*] |\d+\.)", part)]


def words(text: str) -> list[str]:
    return re.findall(r"[^\W_]+", text.lower())


def runs_of_eight(text: str) -> set[tuple[str, ...]]:
    found = words(text)
    return {tuple(found[at : at + 8]) for at in range(len(found) - 7)}


def syllables(word: str) -> int:
    """A count by groups of vowels, as programs that measure reading ease make it."""
    silent = word.endswith("e") and not word.endswith(("le", "ee"))
    return max(len(re.findall(r"[aeiouy]+", word)) - silent, 1)


def reading_ease(article: Article) -> float:
    text = plain(" ".join(paragraphs(article)))
    found = re.findall(r"[a-z']+", text.lower())
    ends = len(re.findall(r"[.!?](?=[\"”)]*(?:\s|$))", text))
    return 206.835 - 1.015 * len(found) / ends - 84.6 * sum(map(syllables, found)) / len(found)


@EACH
def test_front_matter_is_whole(article: Article) -> None:
    assert article.url == f"/articles/{article.id.rpartition('/')[2]}"
    assert article.topics
    assert set(article.topics) <= TOPICS
    assert article.audience
    assert set(article.audience) <= AUDIENCES
    assert article.published
    assert article.updated
    assert article.published <= article.updated
    dated = article.country or any(source.year for source in article.sources)
    assert article.review_by or not dated
    assert article.review_by is None or article.review_by > article.updated


@EACH
def test_questions_that_are_offered_are_whole_and_short(article: Article) -> None:
    """What stands first under a heading is offered to visitors; how else people put it only helps to find it."""
    assert [one for one in offered(article) if not re.fullmatch(r"[A-Z0-9].{8,110}\?\"?", one) or ". " in one] == []


def test_every_topic_and_audience_is_in_use() -> None:
    assert {topic for article in articles().values() for topic in article.topics} == TOPICS
    assert {one for article in articles().values() for one in article.audience} == AUDIENCES
    assert len({article.url for article in articles().values()}) == len(articles())


@EACH
def test_sources_are_addresses_with_a_year_and_named_once(article: Article) -> None:
    assert [one.url for one in article.sources if not re.match(r"https?://[^/\s]+\.[^/\s]+", one.url)] == []
    assert [one.url for one in article.sources if not 1850 <= (one.year or 0) <= date.today().year] == []
    assert len({one.url for one in article.sources}) == len(article.sources)


@EACH
def test_headings_have_text_and_questions_are_answered_in_prose(article: Article) -> None:
    found = list(sections(article))

    assert len({heading for heading, _ in found}) == len(found)
    assert [heading for heading, text in found if not text] == []
    listed = [heading for heading, text in found if re.match(r"[-*>|] ?|\d+\. |```", text)]
    assert [heading for heading in listed if heading.endswith("?")] == []


def test_links_between_articles_lead_to_an_article_and_a_heading() -> None:
    anchors = {a.url: {b.slug for b in blocks(a.text) if b.kind == "heading"} for a in articles().values()}
    linked = [
        (article.id, address, anchor)
        for article in articles().values()
        for address, anchor in re.findall(r"\]\((/[^)#\s]*)(?:#([^)\s]*))?\)", article.text)
    ]

    assert len(linked) > 100
    assert [one for one in linked if one[1] not in anchors or (one[2] and one[2] not in anchors[one[1]])] == []


def test_no_two_paragraphs_lists_or_tables_say_nearly_the_same() -> None:
    parts = [(a.id, n, part) for a in articles().values() for n, part in enumerate(a.text.split("\n\n"))]
    texts = {f"{article} {n}": part for article, n, part in parts}
    runs = {name: runs_of_eight(text) for name, text in texts.items() if len(words(text)) >= 20}
    places = defaultdict(list)
    for name, ones in runs.items():
        for run in ones:
            places[run].append(name)
    shared = Counter(pair for names in places.values() for pair in combinations(sorted(names), 2))

    overlaps = {pair: n / min(len(runs[name]) for name in pair) for pair, n in shared.items()}
    assert {pair: overlap for pair, overlap in overlaps.items() if overlap > LONGEST_OVERLAP} == {}
    assert [(one, other) for one, other in shared if resemblance(texts[one], texts[other]) >= ALIKE] == []


def test_articles_do_not_end_alike() -> None:
    names = Counter(list(sections(article))[-1][0] for article in articles().values())

    assert [name for name, times in names.items() if times > len(articles()) / 5] == []
    assert [name for name, times in names.items() if times > 1] == []


@EACH
def test_spelling_is_american(article: Article) -> None:
    text = NAMES.sub(" ", "\n".join([article.title, *article.sections, article.text]))

    assert SPELT_SO.findall(text) == []


def test_british_spelling_is_told_from_american() -> None:
    british = "organisations recognise modelling labour centres practised maths analysing skilful licences Sceptical"
    american = "organizations recognize modeling labor centers practiced math analyses skillful license exercise advise"

    assert SPELT_SO.findall(british) == british.split()
    assert SPELT_SO.findall(american) == []


def test_articles_are_easy_to_read() -> None:
    eases = {article.id: reading_ease(article) for article in articles().values()}
    least, most = EASE_OF_AN_ARTICLE

    assert {name: ease for name, ease in eases.items() if not least <= ease <= most} == {}
    assert EASE_OF_THE_LIBRARY[0] <= sum(eases.values()) / len(eases) <= EASE_OF_THE_LIBRARY[1]


def unsourced(article: Article) -> Iterator[tuple[str, str]]:
    """The heading and the sentence of each figure that is neither supposed nor accounted for."""
    for heading, text in sections(article):
        for start, end in sentences(text):
            sentence = text[start:end]
            if FIGURE.search(sentence) and not SUPPOSED.search(text):
                yield heading, sentence


def test_figures_have_a_source_or_are_accounted_for() -> None:
    found = {(a.id, *place) for a in articles().values() if not a.sources for place in unsourced(a)}

    def accounts(account: Section, place: tuple[str, str, str]) -> bool:
        return account[0] == place[0] and (account[1] == place[1] or account[1] in place[2])

    assert [place for place in sorted(found) if not any(accounts(one, place) for one in ACCOUNTED)] == []
    assert [one for one in sorted(ACCOUNTED) if not any(accounts(one, place) for place in found)] == []
