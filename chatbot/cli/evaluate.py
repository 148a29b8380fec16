"""Commands that measure: how good the answers are, and where to say "not covered"."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from chatbot.cli.app import JsonOption, app, example, line, show
from chatbot.indexing.building.report import unmatched_text

if TYPE_CHECKING:
    from chatbot.answering.verdict.recalibration import CalibrationReport

_SHOWN = 5


@app.command(
    epilog=example(
        "chatbot evaluate tests/gold/answerable.jsonl",
        "chatbot evaluate scifact --json",
        "chatbot evaluate questions.jsonl --compare a27da5bd",
        "chatbot evaluate scifact --legs --per-question found.jsonl",
    )
)
def evaluate(  # noqa: PLR0913, PLR0917 - options
    context: typer.Context,
    judged: Annotated[
        Path,
        typer.Argument(
            help="A folder with queries.jsonl and qrels.tsv, and with corpus.jsonl where not the published index but "
            "its own texts are searched; or a file of questions with quotes that answer them.",
        ),
    ],
    out_of_scope: Annotated[
        list[Path] | None,
        typer.Option(help="Questions that the texts do not answer, one a line; default: those shipped."),
    ] = None,
    conversations: Annotated[bool, typer.Option(help="Play the folder's conversations.jsonl as well.")] = False,
    compare: Annotated[
        str | None, typer.Option(help="Compare with another settings file, or with another kept generation.")
    ] = None,
    legs: Annotated[bool, typer.Option(help="Measure each of the two searches alone as well.")] = False,
    per_question: Annotated[
        Path | None,
        typer.Option(help="Write each question with its verdict and first ten passages, as JSON Lines."),
    ] = None,
    keep: Annotated[bool, typer.Option(help="Keep the index of a folder's own texts for the next time.")] = True,
    as_json: JsonOption = False,
) -> None:
    """Measure ranking, abstention and latency on judged questions.

    The index of a folder's own texts is kept in `evaluations/` of the index folder, so that the next time is quick, at
    most 200 MB of them; those used least recently are removed.
    """
    from chatbot.cli.progress import Progress
    from chatbot.evaluation.assessment import (
        Wanted,
        assess,
        check,
        conversation_differences,
        differences,
        other_settings,
    )

    settings, second = context.obj(), None
    wanted = Wanted(tuple(out_of_scope or ()), conversations, legs, per_question is not None, keep)
    check(judged, wanted)
    changed, generation = other_settings(settings, compare) if compare else (settings, None)
    if per_question and (per_question.is_dir() or not per_question.absolute().parent.is_dir()):
        raise typer.BadParameter(f"{per_question} cannot be written; name a file in a folder that exists")
    with Progress() as on_step:
        first = assess(settings, judged, wanted, on_step=on_step)
        if compare:
            second = assess(changed, judged, replace(wanted, questions=False), generation=generation, on_step=on_step)
    if per_question:
        lines = (json.dumps(one, ensure_ascii=False) + "\n" for one in first.questions)
        per_question.write_text("".join(lines), encoding="utf-8")
    summary: dict[str, Any] = first.to_json()
    if second:
        apart = differences(first.evaluation, second.evaluation)
        if first.conversations and second.conversations:
            turns = conversation_differences(first.conversations, second.conversations)
            apart |= {f"{name} of turns": values for name, values in turns.items()}
        summary |= {"compared_with": second.to_json(), "differences": apart}
    show(summary, lambda summary: _compared_text(summary, compare), as_json=as_json)


def _compared_text(summary: dict[str, Any], other: str | None) -> str:
    parts = [evaluation_text(summary)]
    if "differences" in summary:
        parts += [f"beside it, {other}:", evaluation_text(summary["compared_with"])]
        parts.append(differences_text(summary["differences"]))
    return "\n\n".join(parts)


def evaluation_text(summary: dict[str, Any]) -> str:
    """A summary of `chatbot evaluate` for people."""
    lines = [f"{summary['set']}: {summary['queries']} questions over {summary['passages']} passages"]
    if lines_left := summary.get("unmatched_lines"):
        lines.append(f"  {unmatched_text(lines_left, summary['queries'] + len(lines_left))}")
    lines.append("")
    for name, value in summary["metrics"].items():
        low, high = summary["ci95"][name]
        lines.append(f"  {name:<9} {value:.3f}   95 % between {low:.3f} and {high:.3f}")
    for leg, means in summary.get("legs", {}).items():
        lines.append(f"  {leg} alone: " + "   ".join(f"{name} {value:.3f}" for name, value in means.items()))
    lines += _useful(summary["usefulness"]) if "usefulness" in summary else []
    abstention = summary["abstention"]
    if abstention:
        lines += [
            "",
            f"  AUROC     {abstention['AUROC']:.3f}   {abstention['answerable']} answerable questions against "
            f"{abstention['others']} others",
            f"  {abstention['false_answers_at_5pct_refused']:6.1%} of the others would be answered if 5 % of the "
            "answerable ones were refused",
            f"  {abstention['refused']:6.1%} of the answerable ones are refused, {abstention['uncertain']:.1%} "
            "answered with reserve",
            f"  {abstention['answered_others']:6.1%} of the others are answered without reserve",
        ]
    latency = summary["latency_ms"]
    lines += ["", f"  an answer takes {latency['p50']:.1f} ms (p50), {latency['p95']:.1f} ms (p95)"]
    if "conversations" in summary:
        lines += ["", *_conversations(summary["conversations"])]
    return "\n".join(lines)


def differences_text(differences: dict[str, dict[str, float]]) -> str:
    """Differences of two evaluations for people."""
    return "\n".join(
        f"  {name:<16} {values['difference']:+.3f}   p = {values['p']:.3f}"
        + ("" if values["p"] < 0.05 else "   may be chance")
        for name, values in differences.items()
    )


def _useful(summary: dict[str, Any]) -> list[str]:
    def share(value: float | None) -> str:
        return "–" if value is None else f"{value:.0%}"

    first, three = share(summary["useful@1"]), share(summary["useful@3"])
    answered = ", ".join(
        f"{count} of {total} {coverage.replace('_', ' ')}" for coverage, (count, total) in summary["answered"].items()
    )
    lines = [
        "",
        f"  {summary['covered']} covered questions: the first passage answers {first}, one of three {three}; "
        f"{summary['refused']} refused, {summary['uncertain']} answered with reserve",
        f"  answered outright: {answered}; {share(summary['answered_useless'])} of these answers show nothing useful",
        f"  {share(summary['precision'])} of the passages shown answer or help",
        "  confidence and how often something useful was shown:",
    ]
    return lines + [
        f"    {each['from']:.1f} to {each['to']:.1f}   {share(each['useful']):>4} of {each['answers']}"
        for each in summary["reliability"]
    ]


def _conversations(summary: dict[str, Any]) -> list[str]:
    lines = [f"  {summary['turns']} later turns of conversations"]
    names = {"conversation": "in conversation", "alone": "alone", "rewritten": "as rewritten"}
    for way, name in names.items():
        if summary[way]:
            lines.append(f"  {name:<16} nDCG@10 {summary[way]['nDCG@10']:.3f}   R@10 {summary[way]['R@10']:.3f}")
    if "share_of_rewritten" in summary and summary["share_of_rewritten"]["nDCG@10"] is not None:
        lines.append(f"  {summary['share_of_rewritten']['nDCG@10']:.0%} of what the rewritten questions find")
    if "overlap_with_rewritten@10" in summary:
        lines.append(f"  {summary['overlap_with_rewritten@10']:.0%} of the ten best passages are those of the rewrite")
    return lines


@app.command(epilog=example("chatbot calibrate", "chatbot calibrate --json"))
def calibrate(context: typer.Context, as_json: JsonOption = False) -> None:
    """Measure when to answer and when to say "not covered"; a build does the same by itself."""
    from chatbot.answering.verdict.recalibration import recalibrate

    report = recalibrate(context.obj())
    show(report, calibration_text, as_json=as_json)


def calibration_text(report: CalibrationReport) -> str:
    """The error rates in words, and the questions that editors should look at."""
    figures = report.figures
    state = "calibrated, stored" if report.stored else "calibrated like this already"
    lines = [f"{report.generation}: {state}"]
    if figures["sentences"]:
        refused = (
            f"{figures['false_refusals']:.1%} of {figures['sentences']:.0f} are refused; {report.refusals:.1%} may be"
        )
        lines.append(f"questions like the articles' own   {refused}")
    else:
        lines.append("questions like the articles' own   too few passages to tell; only questions out of scope decide")
    through, outright = f"{figures['false_answers']:.1%}", f"{figures['answered_outright']:.1%}"
    lines.append(
        f"questions out of scope             {through} of {figures['lines']:.0f} are shown passages, "
        f"{outright} without a warning"
    )
    if figures["sentences"]:
        lines.append(f"told apart                         AUROC {figures['auroc']:.3f} (1 is always, 0.5 is never)")
    if report.asked:
        lines.append(f"editors' questions                 {len(report.refused)} of {report.asked} are refused")
        lines += [f"  - {line(question)}" for question in report.refused[:_SHOWN]]
    if report.let_through:
        lines.append("out of scope, likeliest to be shown passages:")
        lines += [f"  - {line(question)}" for question in report.let_through[:_SHOWN]]
    return "\n".join(lines)
