"""A site of one's own: settings, an example article or all that are shipped, a place for the index, what to do next."""

from __future__ import annotations

from pathlib import Path

from chatbot.errors import ChatbotError
from chatbot.installation import LEAN, WHOLE

_EXAMPLE = "corpus/asking-for-a-reference.md"
_FILES = {
    "chatbot.toml": """\
# Settings of this site. All of them have defaults; 'chatbot doctor' says whether something is wrong.
corpus_dir = "corpus"
index_dir = "index"
keep_generations = 5

[server]
host = "127.0.0.1"
port = 7860

# [publish]
# questions = "questions.jsonl"   # judged questions: an index that answers them worse is refused
# max_lost_answers = 0

# [watch]
# poll = true                     # where articles lie on a network drive
""",
    _EXAMPLE: """\
---
title: Asking for a reference
topics: [job search]
updated: 2026-11-24
questions:
  - Whom should I ask for a reference?
  - How do I ask somebody for a reference?
---
## Whom to ask

Ask somebody who has seen you work in the last two years: a manager, a teacher, a client or a senior colleague. One
person who knows your work well is worth more than a famous name who does not.

## How to ask

Ask before you give anybody the name, and leave an easy way out: "Would you feel able to give me a good reference?"
Send the job advertisement and three things you would like to be mentioned, so that the reference fits the job.

## Afterwards

Say thank you whatever comes of it, and tell the person whether you got the job.
""",
    "index/README.md": """\
`chatbot build` writes the index here. Nothing in this folder is worth a backup: it is built again from the articles.
""",
    "README.md": """\
# A career chatbot

- `corpus/` holds the articles: Markdown, text, HTML, PDF, Word, e-books, feeds. What stands between the two `---` above
  a text is optional; it says title, topics, and questions that the text answers.
- `chatbot.toml` holds the settings.
- `index/` is built from both.

In this folder:

    chatbot serve      open the chat page; with --watch, an article that is saved is published at once
    chatbot build      publish what changed in the articles, also while the server runs
    chatbot password   let editors write in a browser, at /edit
    chatbot doctor     say what is wrong, where something is

`chatbot COMMAND --help` explains each.
""",
}


_LIBRARY_README = """
The articles that this site began with came with career-chatbot, under the Apache License 2.0.
"""


def start_site(folder: Path, *, with_library: bool = False) -> tuple[Path, ...]:
    """Write the files of a new site and return their paths; with the library, the shipped articles for the example.

    Raises ChatbotError where one of them would be replaced, or there is no library.
    """
    texts = {name: text.encode() for name, text in _FILES.items()}
    if with_library:
        del texts[_EXAMPLE]
        texts["README.md"] += _LIBRARY_README.encode()
        shipped = library()
        articles = sorted(path for path in shipped.rglob("*.md") if ".trash" not in path.parts)
        texts |= {f"corpus/{path.relative_to(shipped).as_posix()}": path.read_bytes() for path in articles}
    paths = {folder / name: text for name, text in texts.items()}
    there = [path for path in paths if path.exists()]
    if there:
        raise ChatbotError(f"{there[0]} exists already and is not replaced; name a new or an empty folder")
    made: list[Path] = []
    try:
        for path, text in paths.items():
            path.parent.mkdir(parents=True, exist_ok=True)
            with path.open("xb") as file:
                made.append(path)
                file.write(text)
    except OSError as error:
        for path in made:  # else the next try would find them there
            path.unlink()
        place = error.filename or folder
        raise ChatbotError(f"the site cannot be written: {place}: {error.strerror}; name another folder") from error
    return tuple(paths)


def library() -> Path:
    """The folder of the shipped articles: in the package, where a build puts them, or beside it in the repository.

    Raises ChatbotError where neither is.
    """
    package = Path(__file__).parent.parent
    inside, beside = package / "library", package.parent / "corpus"
    if inside.is_dir():
        return inside
    if beside.is_dir() and (package.parent / "pyproject.toml").is_file():
        return beside
    raise ChatbotError(
        f"the shipped articles are not part of this installation, as of {LEAN}; run 'pip install {WHOLE}' in an "
        "environment of its own, or leave --with-library out"
    )
