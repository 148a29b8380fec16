"""A site of one's own: a folder with settings, one example article, a place for the index, and a note on what to do."""

from __future__ import annotations

from pathlib import Path

from chatbot.errors import ChatbotError

_FILES = {
    "chatbot.toml": """\
# Settings of this site. All of them have defaults; docs/editing.md explains those that editors need.
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
    "corpus/asking-for-a-reference.md": """\
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

- `corpus/` holds the articles. Put Markdown, text or HTML files there; the example shows what can stand above a text.
- `chatbot.toml` holds the settings.
- `index/` is built from both.

In this folder:

    chatbot build      publish the articles; only new text is embedded
    chatbot serve      open the chat page; with --watch, an article that is saved is published at once
    chatbot doctor     say what is wrong, where something is
""",
}


def start_site(folder: Path) -> tuple[Path, ...]:
    """Write the files of a new site and return their paths. Raises ChatbotError where one of them would be replaced."""
    paths = {folder / name: text for name, text in _FILES.items()}
    there = [path for path in paths if path.exists()]
    if there:
        raise ChatbotError(f"{there[0]} exists already and is not replaced; name a new or an empty folder")
    try:
        for path, text in paths.items():
            path.parent.mkdir(parents=True, exist_ok=True)
            with path.open("x", encoding="utf-8", newline="\n") as file:
                file.write(text)
    except OSError as error:
        place = error.filename or folder
        raise ChatbotError(f"the site cannot be written: {place}: {error.strerror}; name another folder") from error
    return tuple(paths)
