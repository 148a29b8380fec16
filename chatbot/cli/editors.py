"""Commands around the editors' page."""

from __future__ import annotations

from typing import Annotated

import typer

from chatbot.cli.app import app, example

_GIVEN = typer.Option("--password", help="Better typed.")


@app.command(epilog=example("chatbot password"))
def password(given: Annotated[str | None, _GIVEN] = None) -> None:
    """Turn a password into the lines of chatbot.toml that open the editors' page at /edit."""
    from chatbot.errors import SettingsError
    from chatbot.serving.middleware.sessions import hash_password

    if given is None:
        # On stderr, so that the lines can be appended to the file.
        given = str(typer.prompt("Password", hide_input=True, confirmation_prompt=True, err=True))
    if len(given) < 10:
        raise SettingsError(f"the password has {len(given)} characters; choose one of 10 or more")
    typer.echo(f'[editor]\npassword_hash = "{hash_password(given)}"')
