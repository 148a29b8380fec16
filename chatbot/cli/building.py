"""Commands of editors: bring the index up to the articles, and see what is published."""

from __future__ import annotations

import json
from dataclasses import asdict
from typing import Any

import typer

from chatbot.cli.app import EXIT_LEFT_OUT, JsonOption, app, example
from chatbot.settings import Settings


@app.command(epilog=example("chatbot build", "chatbot --corpus articles --index built build"))
def build(context: typer.Context, as_json: JsonOption = False) -> None:
    """Bring the index up to the articles and publish it; only new text is embedded."""
    from chatbot.cli.output import build_report

    report = build_with_progress(context.obj())
    typer.echo(json.dumps(asdict(report), indent=1, ensure_ascii=False) if as_json else build_report(report))
    if report.left_out:
        raise typer.Exit(EXIT_LEFT_OUT)


@app.command(epilog=example("chatbot status", "chatbot status --json"))
def status(context: typer.Context, as_json: JsonOption = False) -> None:
    """Say what is published, and whether the articles have changed since."""
    from chatbot.cli.output import status_text
    from chatbot.indexing.status import read_status

    found = read_status(context.obj())
    typer.echo(json.dumps(asdict(found), indent=1, ensure_ascii=False) if as_json else status_text(found))


def build_with_progress(settings: Settings) -> Any:
    from chatbot.cli.output import Progress
    from chatbot.indexing.build import build as build_index

    with Progress() as on_step:
        return build_index(settings, on_step=on_step)
