"""Build, roll back or verify as another user or with little room; run as a program by test_robust.py.

python -m tests.support.hindered_build FOLDER ACTION [uid=N] [bytes=N]
Prints "ok GENERATION" or the kind and text of the error for people.
"""

from __future__ import annotations

import os
import resource
import signal
import sys
from pathlib import Path

from chatbot.errors import ChatbotError
from chatbot.indexing.building.build import build
from chatbot.indexing.maintenance import rollback
from chatbot.settings import Settings
from tests.support.keyword_embedder import KeywordEmbedder


def main(folder: Path, action: str, hindrances: dict[str, int]) -> None:
    settings = Settings(corpus_dir=folder / "corpus", index_dir=folder / "index", model="keywords")
    if "bytes" in hindrances:
        signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
        resource.setrlimit(resource.RLIMIT_FSIZE, (hindrances["bytes"],) * 2)
    if "uid" in hindrances:
        # Whatever is imported late must be there before: the other user may not read where Python is installed.
        build(settings.model_copy(update={"index_dir": folder / "elsewhere"}), embedder=KeywordEmbedder())
        os.setgroups([])
        os.setgid(hindrances["uid"])
        os.setuid(hindrances["uid"])
    try:
        done = build(settings, embedder=KeywordEmbedder()) if action == "build" else rollback(settings)
        print("ok", done.generation)
    except ChatbotError as error:
        print(type(error).__name__, error)


if __name__ == "__main__":
    main(Path(sys.argv[1]), sys.argv[2], {name: int(n) for name, n in (one.split("=") for one in sys.argv[3:])})
