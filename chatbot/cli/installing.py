"""Commands around an installation: starting a site, and finding out what is wrong."""

from __future__ import annotations

import json
from dataclasses import asdict
from pathlib import Path
from typing import Annotated

import typer

from chatbot.cli.app import EXIT_ERROR, JsonOption, app, example

_SIGNS = {"ok": "ok      ", "warning": "warning ", "problem": "PROBLEM "}


@app.command(epilog=example("chatbot init my-site"))
def init(
    folder: Annotated[Path, typer.Argument(help="The folder to start in; it is made where it is missing.")],
) -> None:
    """Start a site of your own: settings, one example article, a place for the index; nothing is replaced."""
    from chatbot.operating.new_site import start_site

    for path in start_site(folder):
        typer.echo(f"wrote {path}")
    typer.echo(f"next: cd {folder} && chatbot build && chatbot serve")


@app.command(epilog=example("chatbot doctor", "chatbot doctor --json"))
def doctor(context: typer.Context, as_json: JsonOption = False) -> None:
    """Check the installation, the articles and the index, and say what to do about what is wrong."""
    from chatbot.operating.doctor import examine

    found = examine(context.obj())
    if as_json:
        typer.echo(json.dumps([asdict(one) for one in found], indent=1, ensure_ascii=False))
    else:
        for one in found:
            typer.echo(f"{_SIGNS[one.state]} {one.name:<9} {one.found}" + (f"; {one.advice}" if one.advice else ""))
    if any(one.state == "problem" for one in found):
        raise typer.Exit(EXIT_ERROR)
