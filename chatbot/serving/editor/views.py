"""The HTML of the editors' page. Everything that comes from articles is escaped by the templates."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from functools import partial
from typing import Any

from markupsafe import Markup

from chatbot.content.readers.registry import READERS
from chatbot.editing.build_job import Refused, Work
from chatbot.editing.comparison import Row
from chatbot.editing.corpus_edits import Trashed
from chatbot.editing.corpus_map import NEAR, THIN, CorpusMap
from chatbot.editing.listing import Listed, Preview
from chatbot.indexing.building.report import Changes, Plan
from chatbot.indexing.maintenance import Kept, Verified
from chatbot.insights.gaps import Gaps
from chatbot.records import Answer, Hit
from chatbot.serving.web.languages import Language
from chatbot.serving.web.markdown_html import lead, passage_html
from chatbot.serving.web.templates import ROOT, View, fill

MOST_ROWS = 500
STATES = ("All", "New", "Changed", "Deleted", "Left out", "Look again")
COLOURS = 8
SHAPES = (
    "M-5,0a5,5 0 1,0 10,0a5,5 0 1,0 -10,0z",
    "M-4.5,-4.500h9v9h-9z",
    "M0,-6L6,0L0,6L-6,0z",
    "M0,-6L5.500,4.500h-11z",
)
WIDTH, HEIGHT, MARGIN = 960, 560, 18
STEPS = {
    "starting": "Starting",
    "preparing": "Preparing",
    "reading": "Reading the articles",
    "embedding": "Embedding new passages",
    "questions": "Embedding new questions",
    "counting": "Counting words",
    "writing": "Writing",
    "calibrating": "Calibrating",
    "sealing": "Sealing",
    "verifying": "Checking what was written",
    "renaming": "Finishing",
    "judging": "Asking the judged questions",
    "publishing": "Publishing",
    "pruning": "Clearing up",
    "digests": "Checking files",
    "articles": "Comparing articles",
}
TASKS = {"draft": "Preparing the draft", "publish": "Publishing", "verify": "Checking"}


def files_html(t: Language, files: Sequence[Listed], chosen: Sequence[Listed], trash: Sequence[Trashed]) -> str:
    """The table of those that were chosen, counts of all, and the trash."""
    today = date.today()
    counts = Counter(one.state for one in files)
    due = sum(bool(one.freshness(today)) for one in files if one.state != "deleted")
    values = {"counts": counts, "due": due, "passages": sum(one.passages for one in files if one.state != "deleted")}
    shown = chosen[:MOST_ROWS]
    digests = {one.path: one.sha256 for one in files}
    return _fill(
        t,
        "files.html",
        digests=digests,
        shown=shown,
        chosen=len(chosen),
        total=len(files),
        today=today,
        trash=trash,
        **values,
    )


def article_html(t: Language, one: Listed, read: Preview, sha256: str, *, editable: bool, unsaved: bool = False) -> str:
    """An article that is opened: its facts, and the passages that it gives. `unsaved` text stands in the box below."""
    return _fill(t, "article.html", one=one, read=read, sha256=sha256, editable=editable, unsaved=unsaved)


def cut_html(t: Language, one: Listed, read: Preview) -> str:
    """The passages that an article gives, and its facts."""
    return _fill(t, "cut.html", one=one, read=read)


def publishing_html(t: Language, *, news: bool) -> str:
    """The buttons above the plan; there is no publishing without news."""
    return _fill(t, "publishing.html", news=news)


@dataclass(frozen=True, slots=True)
class Place:
    """Where something stands: how it is called, and the file that can be opened, or empty."""

    name: str
    path: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Section(Place):
    """A section that may answer a question: its best passage, what its button says, whether its file takes any."""

    hit: Hit
    said: str
    takes: bool


def questions_html(
    t: Language,
    gaps: Gaps,
    places: Mapping[str, Place],
    known: Mapping[str, Place],
    nearest: tuple[str, Sequence[Section]],
    *,
    counted: bool,
) -> str:
    """What visitors missed. `places` are those of passages by their ids, `known` those of questions that articles list.

    `nearest` is a question with the sections that come nearest to it; `counted` where questions asked in vain are kept.
    """
    asked, sections = nearest
    values = {"places": places, "known": known, "counted": counted, "asked": asked, "sections": sections}
    return _fill(t, "questions.html", gaps=gaps, **values)


def conflict_html(
    t: Language,
    path: str,
    reason: str,
    rows: Sequence[Row] | None,
    ways: tuple[Mapping[str, str], Mapping[str, str]],
    *,
    edited: bool,
) -> str:
    """Both versions of a file beside each other; None for rows where one of them is no text.

    `ways` are the act that was refused, and what leaves it, each with its label; `edited` where the editor's text
    stands in the box below.
    """
    return _fill(t, "conflict.html", path=path, reason=reason, rows=rows, again=ways[0], other=ways[1], edited=edited)


def preview_html(t: Language, read: Preview, *, note: str = "", over: tuple[str, str] | None = None) -> str:
    """What a file would become; `over` is the path of an article that it may replace, and that one's digest."""
    return _fill(t, "preview.html", read=read, note=note, over=over)


def uploads_html(t: Language, reads: Sequence[tuple[Preview, str, str]]) -> str:
    """Files that were chosen, each with the article that it would replace, empty where it is new, and its digest."""
    return _fill(t, "uploads.html", reads=reads, types=",".join(READERS))


def tried_html(t: Language, question: str, published: Answer, draft: Answer) -> str:
    """Two answers side by side, and how each passage moved."""
    return _fill(t, "tried.html", question=question, columns=_columns(t, published, draft))


def plan_html(t: Language, plan: Plan | None, refused: Refused | None, *, stale: bool) -> str:
    """What would be published, or why it was not."""
    signs = _signs(plan.changes) if plan else []
    return _fill(t, "plan.html", plan=plan, refused=refused, stale=stale, signs=signs)


def history_html(t: Language, kept: Sequence[Kept], verified: Verified | None) -> str:
    """The generations, the one published last first."""
    served = next((one.generation for one in kept if one.served), "")
    return _fill(t, "history.html", kept=kept, verified=verified, served=served)


def work_html(t: Language, work: Work | None) -> str:
    """How far a build is."""
    if work is None:
        return ""
    steps = list(STEPS)
    part = work.done / work.total if work.total else 0.0
    far = (steps.index(work.step) + part) / len(steps) if work.step in steps else 0.5
    label = t.tell(STEPS.get(work.step, work.step))
    counted = f"{work.done} / {work.total}" if work.total > 1 else ""
    return _fill(t, "work.html", task=t.tell(TASKS[work.kind]), label=label, counted=counted, far=far)


def notice_html(text: str, kind: str = "good", saved: str | None = None) -> str:
    """One sentence about what was done, or what was not. `saved` names the file whose text is on the disk now."""
    if not text:
        return ""
    mark = "" if saved is None else Markup(' data-saved="{}"').format(saved)
    return _shown(Markup('<p class="notice {}" tabindex="-1" dir="auto"{}>{}</p>').format(kind, mark, text))


def map_html(t: Language, drawn: CorpusMap, fresh: frozenset[str], *, draft: bool) -> str:
    """The picture, its legend, its table, near-duplicates and thin topics."""
    topics = Counter(point.topic for point in drawn.points if point.topic)
    named = [topic for topic, _ in topics.most_common(COLOURS)]
    looks = {topic: (number, SHAPES[number % len(SHAPES)]) for number, topic in enumerate(named)}
    legend = [(topic, topics[topic], *looks[topic]) for topic in named]
    others = len(drawn.points) - sum(count for _, count, _, _ in legend)
    marks = [
        {
            "x": round(MARGIN + point.x * (WIDTH - 2 * MARGIN), 1),
            "y": round(MARGIN + (1 - point.y) * (HEIGHT - 2 * MARGIN), 1),
            "look": looks.get(point.topic, (COLOURS, SHAPES[0])),
            "fresh": point.passage.article_id in fresh,
            "place": " › ".join((point.passage.title, *point.passage.headings)),
            "topic": point.topic,
        }
        for point in drawn.points
    ]
    marks.sort(key=lambda mark: bool(mark["fresh"]))  # what is new is drawn on top
    values: dict[str, Any] = {"width": WIDTH, "height": HEIGHT, "near": NEAR, "thin": THIN, "colours": COLOURS}
    return _fill(t, "map.html", drawn=drawn, marks=marks, legend=legend, others=others, draft=draft, **values)


def _columns(t: Language, published: Answer, draft: Answer) -> list[dict[str, Any]]:
    def places(answer: Answer) -> dict[tuple[str, str], int]:
        return {(hit.passage.article_id, hit.passage.text): hit.rank for hit in answer.hits}

    before, now = places(published), places(draft)
    return [
        {"name": t.tell("Published"), "answer": published, "moves": [_gone(t, key, now) for key in before]},
        {
            "name": t.tell("Draft"),
            "answer": draft,
            "moves": [_moved(t, key, rank, before) for key, rank in now.items()],
        },
    ]


def _gone(t: Language, key: tuple[str, str], now: dict[tuple[str, str], int]) -> str:
    return "" if key in now else t.tell("not in the draft")


def _moved(t: Language, key: tuple[str, str], rank: int, before: dict[tuple[str, str], int]) -> str:
    if key not in before:
        return t.tell("new here")
    by = before[key] - rank
    return t.tell("up {n}", n=str(by)) if by > 0 else t.tell("down {n}", n=str(-by)) if by < 0 else ""


def _signs(changes: Changes) -> list[tuple[str, str, list[str]]]:
    renamed = [f"{old} → {new}" for old, new in changes.renamed]
    rows = (
        ("+", "New", list(changes.added)),
        ("~", "Changed", list(changes.changed)),
        ("→", "Renamed", renamed),
        ("−", "Deleted", list(changes.deleted)),
        ("!", "Left out", _named(changes.left_out)),
        ("×", "Not public", _named(changes.withheld)),
        ("i", "Kept, with a remark", _named(changes.remarks)),
    )
    return [row for row in rows if row[2]]


def _named(reasons: Mapping[str, str]) -> list[str]:
    return [f"{path}: {reason}" for path, reason in reasons.items()]


def _when(value: str | datetime) -> str:
    """A moment in UTC, as people write it."""
    try:
        at = datetime.fromisoformat(value) if isinstance(value, str) else value
    except ValueError:
        return str(value)
    return f"{at:%Y-%m-%d %H:%M} UTC"


def _fill(t: Language, template: str, **values: Any) -> str:
    tools: dict[str, Any] = {"when": _when, "lead_of": lead, "rendered": partial(_rendered, t)}
    return _shown(fill(f"edit/{template}", View(t), **(tools | values)))


def _shown(html: str) -> str:
    """HTML that can be sent: a name on the disk may hold bytes that are no text."""
    return html.encode("utf-8", "backslashreplace").decode()


def _rendered(t: Language, passage: Any) -> Markup:
    return passage_html(passage, (), ROOT, t("table"), t("repeated"))
