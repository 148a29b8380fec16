"""Web pages whose answers are folded away, and what their readers never see: markup as the makers document it."""

from __future__ import annotations

import json

import pytest

from chatbot.content.readers.registry import parse

ASKED, ANSWER = "How long is a covering letter?", "Three or four paragraphs, and never more than a page of plain text."
NEXT, OTHER = "May I send it twice?", "No, since each firm notices when its name could be exchanged for another."


def text_of(body: str, head: str = "") -> str:
    page = f"<html><head><title>Letters</title>{head}</head><body><main><h1>Letters</h1>{body}</main></body></html>"
    (found,) = parse("letters.html", page.encode(), "0").articles
    return found.text.removeprefix("# Letters\n\n")


HEADED = [
    f'<h3><button aria-expanded="false" aria-controls="s" id="b">{ASKED}</button></h3>'
    f'<div id="s" role="region" aria-labelledby="b" hidden><p>{ANSWER}</p></div>',
    '<div class="accordion-item"><h3 class="accordion-header"><button class="accordion-button collapsed" '
    f'data-bs-toggle="collapse" data-bs-target="#c">{ASKED}</button></h3>'
    f'<div id="c" class="accordion-collapse collapse"><div class="accordion-body">{ANSWER}</div></div></div>',
    '<h3 class="accordion-item__title-wrapper" role="heading" aria-level="3"><button '
    'class="accordion-item__click-target" aria-expanded="false" aria-controls="d">'
    f'<span class="accordion-item__title">{ASKED}</span><div class="accordion-icon-container"><div class="plus"></div>'
    '</div></button></h3><div class="accordion-item__dropdown" role="region" id="d"><p>' + ANSWER + "</p></div>",
    f'<div role="heading" aria-level="3"><button aria-expanded="false" aria-controls="e">{ASKED}</button></div>'
    f'<div id="e" hidden="until-found"><p>{ANSWER}</p></div>',
    f'<h3 id="q" role="button">{ASKED}</h3><div role="region" aria-labelledby="q" hidden><p>{ANSWER}</p></div>',
    f'<h3><a href="#" class="toggle">{ASKED}</a></h3><div class="answer"><p>{ANSWER}</p></div>',
    f'<h3><a href="#f">{ASKED}</a></h3><div id="f" style="display: none"><p>{ANSWER}</p></div>',
    f'<button aria-expanded="false" aria-controls="g"><h3>{ASKED}</h3></button><div id="g" hidden>{ANSWER}</div>',
]


@pytest.mark.parametrize("body", HEADED)
def test_a_heading_that_folds_is_the_heading_of_its_answer(body: str) -> None:
    text = text_of(body)
    assert text.split(" {#")[0].split("\n")[0] == f"### {ASKED}"
    assert text.endswith(f"\n\n{ANSWER}")
    assert text.count("\n\n") == 1


BOLD = [
    '<div class="elementor-accordion" role="tablist"><div class="elementor-accordion-item"><div role="tab" '
    'id="t1" class="elementor-tab-title" data-tab="1" aria-controls="p1"><span aria-hidden="true">+</span>'
    f'<a class="elementor-accordion-title" href="">{ASKED}</a></div><div id="p1" class="elementor-tab-content" '
    f'data-tab="1" role="tabpanel" aria-labelledby="t1" style="display:none"><p>{ANSWER}</p></div></div></div>',
    f'<div class="elementor-tab-title" data-tab="1"><a tabindex="0">{ASKED}</a></div>'
    f'<div class="elementor-tab-content" data-tab="1" style="display:none"><p>{ANSWER}</p></div>',
    f'<div class="e-n-accordion"><details id="n" class="e-n-accordion-item"><summary aria-controls="n" '
    f'aria-expanded="false" tabindex="0"><div class="e-n-accordion-item-title-text">{ASKED}</div></summary>'
    f'<div role="region" aria-labelledby="n"><p>{ANSWER}</p></div></details></div>',
    '<div id="expander-1" class="expand-container"><div class="expand-control">'
    f'<span class="expand-control-text">{ASKED}</span></div>'
    f'<div class="expand-content" style="display:none"><p>{ANSWER}</p></div></div>',
    '<ac:structured-macro ac:name="expand"><ac:parameter ac:name="title">' + ASKED + "</ac:parameter>"
    f"<ac:rich-text-body><p>{ANSWER}</p></ac:rich-text-body></ac:structured-macro>",
    f'<dl><dt>{ASKED}</dt><dd style="display: none;">{ANSWER}</dd></dl>',
    f'<dl><dt><button aria-controls="h">{ASKED}</button></dt><dd id="h" hidden>{ANSWER}</dd></dl>',
    f'<button class="accordion">{ASKED}</button><div class="panel"><p>{ANSWER}</p></div>',
    f'<div class="card-header"><button data-toggle="collapse" data-target="#i">{ASKED}</button></div>'
    f'<div id="i" class="collapse">{ANSWER}</div>',
]


@pytest.mark.parametrize("body", BOLD)
def test_any_other_question_stands_above_its_answer_as_of_details(body: str) -> None:
    assert text_of(body) == f"**{ASKED}**\n\n{ANSWER}"


TABS = [
    '<ul class="nav nav-tabs" role="tablist"><li role="presentation"><button id="a-tab" data-bs-toggle="tab" '
    f'data-bs-target="#a" role="tab" aria-controls="a">{ASKED}</button></li><li role="presentation"><button id="b-tab" '
    f'data-bs-toggle="tab" data-bs-target="#b" role="tab" aria-controls="b">{NEXT}</button></li></ul>'
    f'<div class="tab-content"><div class="tab-pane active" id="a" role="tabpanel" aria-labelledby="a-tab">{ANSWER}'
    f'</div><div class="tab-pane" id="b" role="tabpanel" aria-labelledby="b-tab">{OTHER}</div></div>',
    '<div class="tabbed-set tabbed-alternate" data-tabs="1:2"><input checked id="__tabbed_1_1" type="radio">'
    '<input id="__tabbed_1_2" type="radio"><div class="tabbed-labels">'
    f'<label for="__tabbed_1_1">{ASKED}</label><label for="__tabbed_1_2">{NEXT}</label></div><div '
    f'class="tabbed-content"><div class="tabbed-block"><p>{ANSWER}</p></div><div class="tabbed-block"><p>{OTHER}</p>'
    "</div></div></div>",
    f'<div class="tabbed-set"><input id="x1" type="radio"><label for="x1">{ASKED}</label><div class="tabbed-content">'
    f'<p>{ANSWER}</p></div><input id="x2" type="radio"><label for="x2">{NEXT}</label><div class="tabbed-content">'
    f"<p>{OTHER}</p></div></div>",
]


@pytest.mark.parametrize("body", TABS)
def test_the_words_of_a_tab_stand_above_its_panel(body: str) -> None:
    assert text_of(body) == f"**{ASKED}**\n\n{ANSWER}\n\n**{NEXT}**\n\n{OTHER}"


QUESTION = {"@type": "Question", "name": ASKED, "acceptedAnswer": {"@type": "Answer", "text": f"<p>{ANSWER}</p>"}}
LINKED = [
    {"@context": "https://schema.org", "@type": "FAQPage", "mainEntity": [QUESTION]},
    {"@graph": [{"@type": ["WebPage", "FAQPage"], "mainEntity": QUESTION}]},
    [{"@type": "QAPage", "mainEntity": {**QUESTION, "acceptedAnswer": None, "suggestedAnswer": [{"text": ANSWER}]}}],
]


@pytest.mark.parametrize("data", LINKED)
def test_questions_that_stand_in_linked_data_alone_are_read(data: object) -> None:
    head = f'<script type="application/ld+json">{json.dumps(data)}</script>'
    assert text_of("<p>Ask us.</p>", head) == f"Ask us.\n\n## {ASKED}\n\n{ANSWER}"
    folded = f"<details><summary>{ASKED}</summary>{ANSWER}</details>"
    assert text_of(folded, head) == f"**{ASKED}**\n\n{ANSWER}"


@pytest.mark.parametrize(
    "data", [{"@type": "Article", "mainEntity": [QUESTION]}, {"@type": "FAQPage", "mainEntity": [3, {"name": 1}, None]}]
)
def test_other_linked_data_is_no_text(data: object) -> None:
    head = f'<script type="application/ld+json">{json.dumps(data)}</script>'
    assert text_of(f"<p>{ANSWER}</p>", head) == ANSWER


UNSEEN = [
    "<div hidden>Ask Dana.</div>",
    '<p style="visibility:hidden">Ask Dana.</p>',
    '<p aria-hidden="true">Ask Dana.</p>',
    '<button class="print">Print this page</button><div style="display:none">Ask Dana.</div>',
    "<p>Letters are read.</p><div style='display:none'>Ask Dana.</div>",
    '<button data-bs-toggle="modal" data-bs-target="#m">Us</button><div id="m" class="modal" hidden>Ask Dana.</div>',
    "<template><p>Ask Dana.</p></template>",
    "<p>Letters <del>Ask Dana.</del><ins>are read</ins><s>Ask Dana.</s></p>",
    '<section><aside class="notes">Ask Dana.</aside></section>',
    '<div class="pageSection group"><div class="pageSectionHeader"><h2 id="comments" class="pageSectionTitle">Comments:'
    f"</h2></div><table><tr><td>Ask Dana. {OTHER * 9}</td></tr></table></div>",
    f'<div id="comments" class="comments-area"><ol class="comment-list"><li>Ask Dana. {OTHER * 9}</li></ol></div>',
    '<p>Letters<sup><a href="#cmnt1" id="cmnt_ref1">[Ask Dana.]</a></sup></p><div class="c3"><p class="c11">'
    '<a href="#cmnt_ref1" id="cmnt1">[a]</a><span>Ask Dana.</span></p><p>Ask Dana.</p></div>',
    '<ac:structured-macro ac:name="excerpt"><ac:parameter ac:name="hidden">true</ac:parameter><ac:rich-text-body>'
    "<p>Ask Dana.</p></ac:rich-text-body></ac:structured-macro>",
    "<ac:placeholder>Ask Dana.</ac:placeholder>",
]


@pytest.mark.parametrize("body", UNSEEN)
def test_what_readers_never_see_is_no_text(body: str) -> None:
    text = text_of(f"<p>{ANSWER}</p>{body}")
    assert text.startswith(ANSWER)
    assert "Dana" not in text
    assert "Comments" not in text


def test_what_only_looks_like_it_stays() -> None:
    body = f'<p>{ANSWER}</p><div class="notes"><p>{OTHER}</p></div><p><ins>Add this line.</ins></p>'
    assert text_of(body) == f"{ANSWER}\n\n{OTHER}\n\nAdd this line."
    marked = f'<p>{ANSWER[:20]}<ac:inline-comment-marker ac:ref="1">{ANSWER[20:]}</ac:inline-comment-marker></p>'
    assert text_of(marked) == ANSWER


def test_of_a_picture_in_the_page_what_is_said_of_it_stays() -> None:
    data = "iVBORw0KGgoAAAANSUhEUgAA" * 500_000
    body = f'<p>Pay: <img src="data:image/png;base64,{data}" alt="the range"></p><p>{ANSWER}</p>'
    assert text_of(body) == f"Pay: ![the range]()\n\n{ANSWER}"
    assert text_of(body.replace("<img", '<img loading="lazy"')) == f"Pay:\n\n{ANSWER}"
