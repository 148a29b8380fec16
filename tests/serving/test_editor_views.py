"""Markup in anything that the editors' page shows: every field of every view is escaped, each where it stands."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, date, datetime

import pytest

from chatbot.editing.build_job import Refused
from chatbot.editing.comparison import Row
from chatbot.editing.corpus_edits import Trashed
from chatbot.editing.corpus_map import CorpusMap, Pair, Point
from chatbot.editing.listing import Listed, Preview
from chatbot.indexing.building.report import Changes, Effect, Judged, Plan
from chatbot.indexing.maintenance import Kept, Verified
from chatbot.insights.gaps import Disliked, Gap, Gaps
from chatbot.records import Answer, Article, Highlight, Hit, Passage, Why
from chatbot.serving.editor import views
from chatbot.serving.web.languages import ENGLISH
from chatbot.serving.web.templates import View, fill
from tests.support.places import PACKAGE

TEMPLATES = PACKAGE / "serving" / "web" / "templates"
LONG_AGO = date(2020, 1, 2)
RAW = "<img src=x onerror=alert(1)>\"'&"
ESCAPED = "&lt;img src=x onerror=alert(1)&gt;&#34;&#39;&amp;"


def bad(field: str) -> str:
    """The value of a field: markup that says where it came from."""
    return f"[{field}]{RAW}"


def article(number: int = 1) -> Article:
    return Article(
        id=bad("id"),
        path=bad("path"),
        title=bad("title"),
        url=bad("url"),
        text="",
        topics=(bad("topic"), bad("topic")),
        audience=(bad("audience"), bad("audience")),
        country=bad("country"),
        published=LONG_AGO,
        updated=LONG_AGO,
        review_by=LONG_AGO,
        questions=(bad("question"),),
        sha256="",
        aliases=(bad("alias"), bad("alias")),
    )


def passage(*headings: str) -> Passage:
    return Passage(
        bad("id"), bad("article_id"), bad("title"), headings, 0, 0, bad("text"), "/", (), (), None, None, None
    )


def listed(state: str = "new", title: str = "title", ids: tuple[str, ...] = ()) -> Listed:
    named = bad(title) if title else ""
    topics = (bad("topic"), bad("topic"))
    return Listed(bad("path"), state, ids, named, topics, 1, LONG_AGO, LONG_AGO, bad("sha"), bad("reason"))  # type: ignore[arg-type]


def previewed(articles: int = 1, line: int | None = None) -> Preview:
    passages = (passage(bad("heading"), bad("heading")), passage())
    return Preview(bad("path"), ((article(), passages),) * articles, bad("reason"), line)


def way(name: str) -> dict[str, str]:
    return dict.fromkeys(("act", "value", "path", "sha256", "label"), bad(name))


def answer(*hits: Hit) -> Answer:
    return Answer(bad("question"), "", "answered", 0.5, hits, bad("message"), (), (), "", 1.0)


def planned() -> Plan:
    one = bad("changed")
    unused = {bad("left"): bad("out")}, {bad("with"): bad("held")}, {bad("kept"): bad("remark")}
    changes = Changes((one,), (one,), ((bad("old"), bad("new")),), (one,), 1, *unused)
    judged = (Judged(bad("question"), bad("before"), bad("after"), 1.0, 0.0),)
    effect = Effect(1, 1.0, 0.0, judged, judged, judged, judged)
    return Plan(bad("generation"), None, changes, 1, 1, 1, ready=False, seconds=9.0, effect=effect, refused=bad("gate"))


def mapped() -> CorpusMap:
    here = passage(bad("heading"), bad("heading"))
    points = (Point(0.5, 0.5, here, bad("topic")), Point(0.1, 0.1, passage(), ""))
    return CorpusMap(points, 9, (Pair(0.99, here, here),), ((bad("thin"), 1),))


TRASHED = [Trashed(bad("key"), bad("path"), datetime(2026, 1, 1, tzinfo=UTC), fate) for fate in ("deleted", "replaced")]
# An article that shows markup writes it so.
SHOWN = replace(passage(bad("heading"), bad("heading")), text=bad("text").replace("<", "&lt;"))
HIT = Hit(1, SHOWN, 1.0, 1.0, 1.0, (), Why((bad("word"),), "close", 0.5), bad("why"))
MARKED = replace(HIT, passage=replace(SHOWN, article_id="other"), highlights=(Highlight(0, len(SHOWN.text)),))
ROWS = [Row(((bad("theirs"), marked),), ((bad("mine"), marked),), differs=marked) for marked in (True, False)]
CHANGED = listed("changed", ids=(bad("id"),))
KEPT = [Kept(bad("generation"), bad("at"), False, 1, 1, bad("model"), 1.0, damage) for damage in (bad("damage"), "")]
KEPT += [Kept(bad("served"), bad("at"), True, 1, 1, bad("model"), 1.0, "")]
GAP = Gap(bad("question"), 2, LONG_AGO, (bad("other"),), (bad("note"),), 1)
DISLIKED = Disliked(bad("id"), 2, 1, (("wrong", 2),), (bad("disliked"),), (bad("note"),))
GAPS = Gaps((GAP,), (DISLIKED,), (GAP,))
PLACES = {bad("id"): views.Place(bad("shown"), bad("file"))}
SECTION = views.Section(bad("name"), bad("path"), hit=HIT, said=bad("said"), takes=True)
WAYS = way("again"), way("other")
CHECKED = Verified("", 1, {"": bad("whole")}, 1, 1, {bad("path"): bad("differs")})
VIEWS: dict[str, tuple[Callable[[], str], dict[str, int]]] = {
    "files": (
        lambda: views.files_html(ENGLISH, [listed()], [listed(), listed("changed", ""), listed("deleted")], TRASHED),
        {"title": 2, "path": 2 + 2 + 1 + 1 + 2 + 3, "reason": 3, "topic": 6, "key": 2, "sha": 2},
    ),
    "article": (
        lambda: views.article_html(ENGLISH, CHANGED, previewed(2, line=3), bad("sha"), editable=False),
        # A link has its own way of escaping, which is looked at below.
        {"title": 1, "path": 2, "sha": 1, "reason": 1},
    ),
    "passages of an article": (
        lambda: views.cut_html(ENGLISH, CHANGED, previewed(2)),
        {"title": 2 * (1 + 1 + 1), "topic": 2, "url": 1, "audience": 2}
        | {"country": 1, "alias": 2, "question": 1, "heading": 4},
    ),
    "questions": (
        lambda: views.questions_html(ENGLISH, GAPS, PLACES, {}, (bad("question"), [SECTION]), counted=True),
        {"question": 2 * (1 + 2 + 2), "other": 2, "note": 3, "name": 2 * 2, "path": 2 * 2, "said": 2, "text": 2}
        | {"disliked": 1, "shown": 1, "file": 1},
    ),
    "article without a title": (
        lambda: views.article_html(ENGLISH,
            listed("left out", ""), Preview("", (), bad("reason")), "", editable=True, unsaved=True
        ),
        {"path": 3 + 3, "reason": 1},
    ),
    "preview": (
        lambda: views.preview_html(ENGLISH, previewed(), over=(bad("over"), bad("sha"))),
        {"title": 3, "path": 1, "reason": 1, "topic": 2, "url": 1, "audience": 2, "country": 1, "alias": 2}
        | {"question": 1, "heading": 2, "over": 3, "sha": 1},
    ),
    "preview with a note": (lambda: views.preview_html(ENGLISH, Preview("", (), ""), note=bad("note")), {"note": 1}),
    "uploads": (
        lambda: views.uploads_html(ENGLISH, [(previewed(), bad("there"), bad("sha")), (previewed(), "", "")]),
        {"title": 2 * (1 + 2), "path": 2 + 1 + 2 + 2 * 2, "there": 3, "sha": 1, "reason": 2, "topic": 4, "url": 2}
        | {"audience": 4, "country": 2, "alias": 4, "question": 2, "heading": 4},
    ),
    "tried": (
        lambda: views.tried_html(ENGLISH, bad("asked"), answer(), answer(HIT, MARKED)),
        {"asked": 1, "message": 1, "title": 2, "heading": 4, "text": 2},
    ),
    "plan": (
        lambda: views.plan_html(ENGLISH, planned(), Refused(bad("refused"), (bad("worse"),)), stale=True),
        {"changed": 3, "old": 1, "new": 1, "left": 1, "out": 1, "with": 1, "held": 1, "kept": 1, "remark": 1,
         "question": 4, "before": 4, "after": 4, "gate": 1}
        | {"refused": 1, "worse": 1},
    ),
    "history": (
        lambda: views.history_html(ENGLISH, KEPT, CHECKED),
        {"at": 2 + 2 + 1, "served": 1, "damage": 1, "generation": 1, "whole": 1, "path": 1, "differs": 1},
    ),
    "map": (
        lambda: views.map_html(ENGLISH, mapped(), frozenset(), draft=True),
        {"title": 2 + 2 + 2, "heading": 2 + 4 + 2, "topic": 1 + 1 + 1, "thin": 1},
    ),
    "conflict": (
        lambda: views.conflict_html(ENGLISH, bad("path"), bad("reason"), ROWS, WAYS, edited=True),
        {"path": 1 + 2, "reason": 1, "theirs": 2, "mine": 2, "again": 5, "other": 3},
    ),
    "notice": (
        lambda: views.notice_html(bad("notice"), bad("kind"), bad("saved")), {"notice": 1, "kind": 1, "saved": 1}
    ),
    "header": (
        lambda: fill("edit/header.html", View(), title=bad("title"), installation=bad("installation")),
        {"title": 1, "installation": 1},
    ),
    "buttons": (
        lambda: fill("edit/buttons.html", View(), buttons=[tuple(map(bad, ("act", "label", "kind", "sure")))]),
        {"act": 1, "label": 1, "kind": 1, "sure": 1},
    ),
    "work": (
        lambda: fill("edit/work.html", View(), far=0.5, **{name: bad(name) for name in ("task", "label", "counted")}),
        {"task": 1, "label": 1, "counted": 1},
    ),
    "sign-in": (
        lambda: fill("sign-in.html", View(), problem=bad("problem"), closed=False, style=""),
        {"problem": 1},
    ),
}  # fmt: skip


@pytest.mark.parametrize("view", VIEWS)
def test_every_field_is_escaped_wherever_it_stands(view: str) -> None:
    make, places = VIEWS[view]
    html = make()
    assert "<img" not in html
    assert Counter(re.findall(rf"\[(\w+)\]{re.escape(ESCAPED)}", html)) == places


def test_a_plan_names_the_judged_questions_that_quote_no_article() -> None:
    def told(*lines: int) -> str:
        plan = planned()
        assert plan.effect
        plan = replace(plan, effect=replace(plan.effect, unmatched=lines))
        return views.plan_html(ENGLISH, plan, None, stale=False)

    said = "Questions that quote what no article holds, by their line in the file:"
    assert f"{said} 3, 7<" in told(3, 7)
    assert f"{said} {', '.join(map(str, range(1, 21)))} and 5 more<" in told(*range(1, 26))
    assert said not in told()


def test_no_template_of_the_editors_leaves_out_the_escaping() -> None:
    found = {path.name: path.read_text(encoding="utf-8") for path in (TEMPLATES / "edit").iterdir()}
    assert [name for name, text in found.items() if re.search(r"\|\s*safe|autoescape|Markup", text)] == []
