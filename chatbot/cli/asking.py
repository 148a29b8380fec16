"""Commands that answer questions."""

from __future__ import annotations

import json
from typing import Annotated

import typer

from chatbot.cli.app import JsonOption, app, example


@app.command(
    epilog=example('chatbot ask "Do I need a degree to become a data engineer?"', 'chatbot ask "pay" -k 3 --json')
)
def ask(
    context: typer.Context,
    question: Annotated[str, typer.Argument(help="The question, in quotes.")],
    k: Annotated[int, typer.Option("-k", min=1, max=50, help="How many passages at most.")] = 5,
    as_json: JsonOption = False,
) -> None:
    """Answer one question from the published index."""
    from chatbot.answering.chatbot import Chatbot
    from chatbot.cli.output import answer_text
    from chatbot.records import to_json

    answer = Chatbot.open(context.obj()).ask(question, k=k)
    typer.echo(json.dumps(to_json(answer), indent=1, ensure_ascii=False) if as_json else answer_text(answer))
