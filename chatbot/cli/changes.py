"""What the commands of editors print: changes, their effect on judged questions, generations."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING

from chatbot.cli.app import counted
from chatbot.indexing.building.report import BuildReport, Changes, Effect, Judged, Plan

if TYPE_CHECKING:
    from chatbot.indexing.maintenance import Kept, Verified

_SHOWN = 20


def build_text(report: BuildReport) -> str:
    """The articles that changed, the files left out with their reasons, the effect, and one line of counts."""
    verb = "nothing to do, still serving"
    if report.published:
        verb = "published again" if report.again else "published"
    size = f"{counted(report.articles, 'article')}, {counted(report.passages, 'passage')}, {report.embedded} embedded"
    lines = [*_changed(report.changes), *(f"run out: {one}" for one in report.expired), *_effect(report.effect)]
    lines.append(f"{verb} {report.generation}: {_counts(report.changes)}; {size}; {report.seconds:.1f} s")
    return "\n".join(lines)


def plan_text(plan: Plan) -> str:
    """The same of a build that was not made."""
    lines = [*_changed(plan.changes), *_effect(plan.effect)]
    size = f"{counted(plan.articles, 'article')}, {counted(plan.passages, 'passage')}"
    if plan.generation == plan.served:
        lines.append(f"nothing to publish, {plan.generation} is served already; {size}")
    else:
        work = "written already, to be published at once" if plan.ready else f"{plan.embed} to embed"
        about = "" if plan.seconds is None else f"; about {max(plan.seconds, 1):.0f} s"
        lines.append(f"would publish {plan.generation}: {_counts(plan.changes)}; {size}, {work}{about}")
    if plan.refused:
        lines.append(f"but it would be refused: {plan.refused}")
    return "\n".join(lines)


def history_text(kept: Sequence[Kept]) -> str:
    """A generation a line, the one published last first."""
    if not kept:
        return "nothing has been published yet; run 'chatbot build'"
    return "\n".join(
        f"{'*' if one.served else ' '} {one.generation}  {one.published_at}  "
        + (f"{counted(one.articles, 'article')}, {counted(one.passages, 'passage')}, " if one.articles else "")
        + f"{one.size_mb:.1f} MB"
        + (f"  ! {one.damage}" if one.damage else "")
        for one in kept
    )


def verified_text(found: Verified) -> str:
    """What is damaged, what differs, and a line of counts."""
    lines = [f"! {reason}" for reason in found.damaged.values()]
    lines += [f"~ {path}: {reason}" for path, reason in found.differing.items()]
    whole = found.kept - len(found.damaged)
    lines.append(
        f"{whole} of {counted(found.kept, 'kept generation')} {'is' if whole == 1 else 'are'} whole; "
        f"{found.passages} passages of {found.articles - len(found.differing)} articles are what their files say"
        + (f", {counted(len(found.differing), 'article')} differing from {found.generation}" if found.differing else "")
    )
    return "\n".join(lines)


def _changed(changes: Changes) -> list[str]:
    lines = []
    renamed = [f"{old} -> {new}" for old, new in changes.renamed]
    for sign, names in (("+", changes.added), ("~", changes.changed), (">", renamed), ("-", changes.deleted)):
        lines += _first(sign, names)
    if changes.left_out:
        lines.append("left out:")
        lines += [f"  ! {path}: {reason}" for path, reason in changes.left_out.items()]
    return lines


def _effect(effect: Effect | None) -> list[str]:
    if effect is None:
        return []
    before = "" if effect.ndcg_before is None else f"{effect.ndcg_before:.3f} -> "
    lines = [f"judged questions: {effect.questions}, nDCG@10 {before}{effect.ndcg_after:.3f}"]
    named = {one.question for one in (*effect.lost, *effect.found)}
    for title, found in (
        ("lose their answer", effect.lost),
        ("find an answer now", effect.found),
        ("get another first passage", [one for one in effect.moved if one.question not in named]),
    ):
        if found:
            lines.append(f"{len(found)} {title}:")
            lines += _first("?", [_judged(one) for one in found])
    return lines


def _judged(one: Judged) -> str:
    return f"{one.question}  [{one.first_before or 'nothing'} -> {one.first_after or 'nothing'}]"


def _first(sign: str, names: Iterable[str]) -> list[str]:
    every = list(names)
    more = [f"  {sign} and {len(every) - _SHOWN} more"] if len(every) > _SHOWN else []
    return [*(f"  {sign} {name}" for name in every[:_SHOWN]), *more]


def _counts(changes: Changes) -> str:
    moved = f" >{len(changes.renamed)}" if changes.renamed else ""
    counts = f"+{len(changes.added)} ~{len(changes.changed)}{moved} -{len(changes.deleted)}"
    return f"{counts}, {changes.unchanged} unchanged"
