"""Commands that show what visitors said."""

from __future__ import annotations

from typing import Annotated

import typer

from chatbot.cli.app import JsonOption, app, example


@app.command(epilog=example("chatbot feedback", "chatbot feedback --unhelpful --json"))
def feedback(
    context: typer.Context,
    unhelpful: Annotated[bool, typer.Option("--unhelpful", help="Only what did not help.")] = False,
    as_json: JsonOption = False,
) -> None:
    """List what visitors said about answers, newest first."""
    import orjson

    from chatbot.cli.output import feedback_text
    from chatbot.insights.journal import open_journal

    kept = open_journal(context.obj()).entries()
    shown = [entry for entry in kept if not unhelpful or entry.rating == "unhelpful"]
    typer.echo(orjson.dumps(shown, option=orjson.OPT_INDENT_2).decode() if as_json else feedback_text(shown))
