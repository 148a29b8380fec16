"""Commands of editors: bring the index up to the articles, and see what is published."""

from __future__ import annotations

import json
from dataclasses import asdict
from typing import Annotated

import typer

from chatbot.cli.app import EXIT_ERROR, EXIT_LEFT_OUT, JsonOption, app, example
from chatbot.indexing.changes import BuildReport
from chatbot.settings import Settings


@app.command(epilog=example("chatbot build", "chatbot build --dry-run", "chatbot --corpus articles --index new build"))
def build(
    context: typer.Context,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Say what would change; publish nothing.")] = False,
    force: Annotated[bool, typer.Option("--force", help="Publish even what the limits in [publish] forbid.")] = False,
    as_json: JsonOption = False,
) -> None:
    """Bring the index up to the articles and publish it; only new text is embedded."""
    if dry_run:
        _show_plan(context.obj(), as_json)
        return
    from chatbot.cli.changes import build_text

    report = build_with_progress(context.obj(), force=force)
    typer.echo(json.dumps(asdict(report), indent=1, ensure_ascii=False) if as_json else build_text(report))
    if report.changes.left_out:
        raise typer.Exit(EXIT_LEFT_OUT)


@app.command(epilog=example("chatbot status", "chatbot status --json"))
def status(context: typer.Context, as_json: JsonOption = False) -> None:
    """Say what is published, and whether the articles have changed since."""
    from chatbot.cli.output import status_text
    from chatbot.indexing.status import read_status

    found = read_status(context.obj())
    typer.echo(json.dumps(asdict(found), indent=1, ensure_ascii=False) if as_json else status_text(found))


def build_with_progress(settings: Settings, *, force: bool = False) -> BuildReport:
    """Build with a bar on stderr, judged by the questions that the settings name."""
    from chatbot.answering.calibration import calibrate
    from chatbot.answering.effect import measure_for
    from chatbot.cli.output import Progress
    from chatbot.indexing.build import build as build_index

    with Progress() as on_step:
        return build_index(settings, calibrate=calibrate, measure=measure_for(settings), force=force, on_step=on_step)


def _show_plan(settings: Settings, as_json: bool) -> None:
    from chatbot.answering.calibration import calibrate
    from chatbot.answering.effect import measure_for
    from chatbot.cli.changes import plan_text
    from chatbot.cli.output import Progress
    from chatbot.indexing.build import plan

    with Progress() as on_step:
        found = plan(settings, calibrate=calibrate, measure=measure_for(settings), on_step=on_step)
    typer.echo(json.dumps(asdict(found), indent=1, ensure_ascii=False) if as_json else plan_text(found))
    if found.refused:
        raise typer.Exit(EXIT_ERROR)
    if found.changes.left_out:
        raise typer.Exit(EXIT_LEFT_OUT)
