"""What a build does, or would do, in Markdown: for the comment of a pull request and for a job's summary."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

from chatbot.cli.app import visible
from chatbot.content.markdown.escape import code_span
from chatbot.errors import counted
from chatbot.indexing.building.report import BuildReport, Changes, Effect, Judged, Plan, unmatched_text

TITLE = "### What this does to the chatbot"
# A comment may have 65,536 characters, and seven lists of this length stay below.
_SHOWN = 20
_LONGEST = 120


def build_markdown(done: BuildReport | Plan) -> str:
    """The effect on judged questions, each that got worse by its name, files that are not used, and what changed.

    What articles, files and questions bring along is shown as code, so that it neither calls anybody nor links
    anywhere.
    """
    parts = [TITLE]
    refused = done.refused if isinstance(done, Plan) else ""
    parts += [f"**It would not be published:** {_code(refused, 3 * _LONGEST)}"] if refused else []
    parts += _effect(done.effect) if done.effect else []
    parts += _reasons("not used", done.changes.left_out)
    parts += _reasons("used, with a remark", done.changes.remarks)
    parts += _files(done.changes)
    parts.append(f"{counted(done.articles, 'article')}, {counted(done.passages, 'passage')}.")
    return "\n\n".join(parts)


def _effect(effect: Effect) -> list[str]:
    ndcg = f"{effect.ndcg_after:.3f}"
    if effect.ndcg_before is not None:
        apart = effect.ndcg_after - effect.ndcg_before
        ndcg = f"{effect.ndcg_before:.3f} → {effect.ndcg_after:.3f} ({apart:+.3f})"
    lost, found = ({one.question for one in each} for each in (effect.lost, effect.found))
    worse = [one for one in effect.worse if one.question not in lost]
    named = lost | found | {one.question for one in worse}
    moved = [one for one in effect.moved if one.question not in named]
    return [
        f"**{counted(effect.questions, 'judged question')}:** nDCG@10 {ndcg}",
        *([f"{unmatched_text(effect.unmatched, effect.questions)}."] if effect.unmatched else []),
        *_questions("lost the answer", effect.lost),
        *_questions("got worse", worse),
        *_questions("found an answer", effect.found),
        *_folded(_questions("where another passage comes first", moved)),
    ]


def _questions(what: str, questions: Sequence[Judged]) -> list[str]:
    if not questions:
        return []
    lines = map(_question, questions)
    return [f"**{counted(len(questions), 'question')} {what}**", _list(lines, len(questions))]


def _question(one: Judged) -> str:
    gain = f"{_code(one.question)}: {one.ndcg_before:.2f} → {one.ndcg_after:.2f}"
    if one.first_before == one.first_after:
        return gain
    return f"{gain}, first was {_place(one.first_before)}, is {_place(one.first_after)}"


def _reasons(what: str, reasons: Mapping[str, str]) -> list[str]:
    if not reasons:
        return []
    lines = (f"{_code(path)}: {_code(reason, 3 * _LONGEST)}" for path, reason in reasons.items())
    return [f"**{counted(len(reasons), 'file')} {what}**", _list(lines, len(reasons))]


def _files(changes: Changes) -> list[str]:
    lines = [
        *(f"added {_code(path)}" for path in changes.added),
        *(f"changed {_code(path)}" for path in changes.changed),
        *(f"renamed {_code(old)} → {_code(new)}" for old, new in changes.renamed),
        *(f"removed {_code(path)}" for path in changes.deleted),
        *(f"not public {_code(path)}: {_code(reason)}" for path, reason in changes.withheld.items()),
    ]
    return _folded([f"**{counted(len(lines), 'file')}**", _list(lines, len(lines))]) if lines else []


def _folded(parts: Sequence[str]) -> list[str]:
    """A heading and what stands below it, which is opened with a click."""
    if not parts:
        return []
    heading, rest = parts[0].strip("*"), parts[1:]
    return [f"<details><summary>{heading}</summary>", *rest, "</details>"]


def _list(lines: Iterable[str], number: int) -> str:
    shown = [f"- {line}" for line, _ in zip(lines, range(_SHOWN), strict=False)]
    return "\n".join([*shown, *([f"- and {number - _SHOWN} more"] if number > _SHOWN else [])])


def _place(first: str | None) -> str:
    return _code(first) if first else "nothing"


def _code(text: str, longest: int = _LONGEST) -> str:
    text = " ".join(visible(text).split())
    return code_span(text if len(text) <= longest else f"{text[: longest - 1]}…")
