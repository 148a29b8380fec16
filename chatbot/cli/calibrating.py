"""The command that finds out where to say "not covered"."""

from __future__ import annotations

import json
from dataclasses import asdict
from typing import TYPE_CHECKING

import typer

from chatbot.cli.app import JsonOption, app, example

if TYPE_CHECKING:
    from chatbot.answering.verdict.recalibration import CalibrationReport

_SHOWN = 5


@app.command(epilog=example("chatbot calibrate", "chatbot calibrate --json"))
def calibrate(context: typer.Context, as_json: JsonOption = False) -> None:
    """Measure when to answer and when to say "not covered"; a build does the same by itself."""
    from chatbot.answering.verdict.recalibration import recalibrate

    report = recalibrate(context.obj())
    typer.echo(json.dumps(asdict(report), indent=1, ensure_ascii=False) if as_json else calibration_text(report))


def calibration_text(report: CalibrationReport) -> str:
    """The error rates in words, and the questions that editors should look at."""
    found = report.figures
    state = "calibrated, stored" if report.stored else "calibrated like this already"
    lines = [f"{report.generation}: {state}"]
    if found["sentences"]:
        refused = f"{found['false_refusals']:.1%} of {found['sentences']:.0f} are refused; {report.refusals:.1%} may be"
        lines.append(f"questions like the articles' own   {refused}")
    else:
        lines.append("questions like the articles' own   too few passages to tell; only questions out of scope decide")
    through, outright = f"{found['false_answers']:.1%}", f"{found['answered_outright']:.1%}"
    lines.append(
        f"questions out of scope             {through} of {found['lines']:.0f} are shown passages, "
        f"{outright} without a warning"
    )
    if found["sentences"]:
        lines.append(f"told apart                         AUROC {found['auroc']:.3f} (1 is always, 0.5 is never)")
    if report.asked:
        lines.append(f"editors' questions                 {len(report.refused)} of {report.asked} are refused")
        lines += [f"  - {question}" for question in report.refused[:_SHOWN]]
    if report.let_through:
        lines.append("out of scope, likeliest to be shown passages:")
        lines += [f"  - {question}" for question in report.let_through[:_SHOWN]]
    return "\n".join(lines)
