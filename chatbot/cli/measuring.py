"""Commands that measure: how good the answers are."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Annotated, Any

import typer

from chatbot.cli.app import JsonOption, app, example


@app.command(
    epilog=example(
        "chatbot evaluate tests/gold/answerable.jsonl",
        "chatbot evaluate scifact --json",
        "chatbot evaluate questions.jsonl --compare a27da5bd",
    )
)
def evaluate(
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
    as_json: JsonOption = False,
) -> None:
    """Measure ranking, abstention and latency on judged questions.

    The index of a folder's own texts is kept in the index folder, so that the next time is quick.
    """
    from chatbot.cli.output import Progress
    from chatbot.cli.tables import differences_text, evaluation_text
    from chatbot.evaluation.assessment import assess, differences, other_settings

    settings, others = context.obj(), tuple(out_of_scope or ())
    second = None
    with Progress() as on_step:
        first = assess(settings, judged, others=others, conversations=conversations, on_step=on_step)
        if compare:
            changed, generation = other_settings(settings, compare)
            second = assess(changed, judged, others=others, generation=generation, on_step=on_step)
    found: dict[str, Any] = first.to_json()
    if second:
        apart = differences(first.evaluation, second.evaluation)
        found |= {"compared_with": second.to_json(), "differences": apart}
    if as_json:
        typer.echo(json.dumps(found, indent=1, ensure_ascii=False))
        return
    typer.echo(evaluation_text(first.to_json()))
    if second:
        typer.echo(f"\nbeside it, {compare}:\n\n{evaluation_text(second.to_json())}\n\n{differences_text(apart)}")
