"""The command line: thin commands over functions, grouped by who uses them."""

from __future__ import annotations

import gc
import logging

from chatbot.cli.app import EXIT_ERROR, app, line, of_system, say
from chatbot.errors import ChatbotError

# Importing a module of commands puts them on the application, in the order of the help page.
from chatbot.cli import ask, build, evaluate, history, serve, installation  # noqa: F401  # isort: skip

# Commands import much and drop little of it: to look through it after every 700 objects, Python's own number, was a
# quarter of what importing Gradio takes.
COLLECT_AFTER = 10_000


def main() -> None:
    """Run a command; an error that is meant for people, or the system's own, ends it with its text alone."""
    gc.set_threshold(COLLECT_AFTER)
    try:
        app()
    except ChatbotError as error:
        say(f"chatbot: {error}", err=True)
        raise SystemExit(EXIT_ERROR) from None
    except BrokenPipeError:
        raise SystemExit(0) from None
    except OSError as error:
        logging.getLogger(__name__).info("where it happened", exc_info=error)
        say(f"chatbot: {line(of_system(error))}", err=True)
        raise SystemExit(EXIT_ERROR) from None
    finally:
        gc.freeze()  # what is left ends with the process
