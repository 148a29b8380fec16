"""Commands of editors: bring the index up to the articles, and see what is published."""

from __future__ import annotations

import gc
import json
import os
import signal
import threading
from dataclasses import asdict
from typing import TYPE_CHECKING, Annotated

import typer

from chatbot.cli.app import EXIT_ERROR, EXIT_LEFT_OUT, JsonOption, app, example
from chatbot.errors import ChatbotError
from chatbot.indexing.building.report import BuildReport
from chatbot.settings import Settings

if TYPE_CHECKING:
    from chatbot.indexing.building.build import Measure


@app.command(epilog=example("chatbot build", "chatbot build --dry-run", "chatbot --corpus articles --index new build"))
def build(
    context: typer.Context,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Say what would change; publish nothing.")] = False,
    force: Annotated[bool, typer.Option("--force", help="Publish even what the limits in [publish] forbid.")] = False,
    as_json: JsonOption = False,
) -> None:
    """Bring the index up to the articles and publish it; only new text is embedded."""
    _make_ready()
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


@app.command(epilog=example("chatbot watch", "CHATBOT_WATCH__POLL=true chatbot watch"))
def watch(context: typer.Context) -> None:
    """Build whenever an article is saved, until Ctrl-C; set watch.poll for articles on a network drive."""
    _make_ready()
    settings: Settings = context.obj()
    stop = threading.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: stop.set())
    watch_until(settings, stop)


def watch_until(settings: Settings, stop: threading.Event) -> None:
    """Build at every change until `stop` is set; what happens is said on stderr, a line or a few each."""
    from chatbot.answering.verdict.calibration import calibrate
    from chatbot.cli.changes import build_text
    from chatbot.indexing.building.build import build as build_index
    from chatbot.indexing.building.watch import rolled_back
    from chatbot.indexing.building.watch import watch as changes
    from chatbot.indexing.generation.publication import ENCODERS, writing
    from chatbot.indexing.model.embedder import ModelEmbedder

    with writing(settings.index_dir, create=True):
        embedder = ModelEmbedder(settings.model, settings.index_dir / ENCODERS)
    measure = _measure_for(settings)
    if rolled_back(settings):
        typer.echo("an earlier index was rolled back to; it stays until an article changes", err=True)
    typer.echo(f"watching {settings.corpus_dir}", err=True)
    for came in changes(
        settings, lambda: build_index(settings, embedder=embedder, calibrate=calibrate, measure=measure), stop
    ):
        typer.echo(f"chatbot: {came}" if isinstance(came, ChatbotError) else build_text(came), err=True)


def build_with_progress(settings: Settings, *, force: bool = False) -> BuildReport:
    """Build with a bar on stderr, judged by the questions that the settings name."""
    from chatbot.indexing.building.freshness import nothing_to_do

    measure = _measure_for(settings)
    if report := nothing_to_do(settings):
        return report
    from chatbot.answering.verdict.calibration import calibrate
    from chatbot.cli.output import Progress
    from chatbot.indexing.building.build import build as build_index

    with Progress() as on_step:
        return build_index(settings, calibrate=calibrate, measure=measure, force=force, on_step=on_step)


def _make_ready() -> None:
    """Spare a small build a tenth of its processor time; before NumPy is loaded."""
    # Products of a build are small: threads that wait for each other cost more than they save.
    os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")
    # What a build makes stays until its end; looking through all of it for cycles again and again finds none.
    gc.set_threshold(100_000, 50, 100)


def _measure_for(settings: Settings) -> Measure | None:
    if settings.publish.questions is None:
        return None  # before anything is loaded that asks questions
    from chatbot.evaluation.effect import measure_for

    return measure_for(settings)


def _show_plan(settings: Settings, as_json: bool) -> None:
    from chatbot.answering.verdict.calibration import calibrate
    from chatbot.cli.changes import plan_text
    from chatbot.cli.output import Progress
    from chatbot.indexing.building.build import plan

    with Progress() as on_step:
        found = plan(settings, calibrate=calibrate, measure=_measure_for(settings), on_step=on_step)
    typer.echo(json.dumps(asdict(found), indent=1, ensure_ascii=False) if as_json else plan_text(found))
    if found.refused:
        raise typer.Exit(EXIT_ERROR)
    if found.changes.left_out:
        raise typer.Exit(EXIT_LEFT_OUT)
