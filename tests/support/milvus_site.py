"""A small site whose generations are in Milvus, beside the same generations in files."""

from __future__ import annotations

from pathlib import Path

from chatbot.answering.answerer import Answerer
from chatbot.answering.chatbot import Chatbot, answer_from
from chatbot.answering.ranking.searcher import Searcher
from chatbot.indexing.building.build import build
from chatbot.indexing.generation.local_index import LocalIndex
from chatbot.indexing.generation.passage_index import PassageIndex
from chatbot.indexing.generation.publication import current
from chatbot.indexing.milvus.connection import Connection, connection_to
from chatbot.indexing.milvus.following import follow_milvus
from chatbot.indexing.milvus.milvus_index import MilvusIndex
from chatbot.settings import MilvusSettings, PassageSettings, Settings
from tests.support.keyword_embedder import KEYWORDS, KeywordEmbedder

TOPICS = ("Pay", "Interviews", "Résumés")
COUNTRIES = ("us", "de", "")
AUDIENCES = ("[Juniors]", "[juniors, managers]", "[]")


def articles(count: int = 12) -> dict[str, str]:
    """Articles of two to six passages with all that front matter says, by their file names."""
    made = {}
    for number in range(count):
        words = [KEYWORDS[(number * step + step) % len(KEYWORDS)] for step in (1, 3, 5)]
        head = {
            "title": f"About {words[0]} {number}",
            "topics": f"[{TOPICS[number % 3]}, common]",
            "country": COUNTRIES[number % len(COUNTRIES)],
            "audience": AUDIENCES[number // 3 % 3],
            "updated": f"2026-0{number % 9 + 1}-1{number % 5}" if number % 4 else "",
            "aliases": f"[squad{number}]" if number % 5 == 0 else "[]",
            "questions": f"['How does {words[1]} help with {words[2]}?', 'Is {words[2]} worth it?']",
        }
        front = "".join(f"{key}: {value}\n" for key, value in head.items() if value)
        body = "".join(
            f"## Part {part} of {words[part % 3]}\n\n"
            f"Ask for {words[part % 3]} when part {part} comes. "
            f"It is {'zebra' if part == number else 'usual'} to wait, "
            f"and then {words[(part + 1) % 3]} follows soon. Nobody should hurry.\n\n"
            for part in range(number % 5 + 1)
        )
        made[f"article{number:02}.md"] = f"---\n{front}---\n\n# About {words[0]} {number}\n\n{body}"
    return made


class MilvusSite:
    """A folder of articles, built into files and sent to the Milvus of an address."""

    def __init__(self, folder: Path, uri: str, **milvus: object) -> None:
        self.settings = Settings(
            corpus_dir=folder / "corpus",
            index_dir=folder / "index",
            model=KeywordEmbedder.name,
            passages=PassageSettings(target_tokens=32, max_tokens=48),
            index={"store": "milvus"},  # type: ignore[arg-type]
            # A file, which the client serves within this process, is no address that settings take.
            milvus=MilvusSettings.model_validate({"seconds": 30.0, **milvus}).model_copy(update={"uri": uri}),
        )
        self.settings.corpus_dir.mkdir(parents=True)

    @property
    def milvus(self) -> Connection:
        return connection_to(self.settings.milvus, "answering")

    def write(self, files: dict[str, str]) -> None:
        for name, text in files.items():
            (self.settings.corpus_dir / name).write_text(text, encoding="utf-8")

    def publish(self) -> str:
        """Build and send; the generation."""
        return build(self.settings, embedder=KeywordEmbedder()).generation

    def local(self) -> LocalIndex:
        """What was built, from its files."""
        return LocalIndex.open(self.settings.index_dir / current(self.settings.index_dir))

    def remote(self) -> MilvusIndex:
        """What is served, as a server opens it."""
        follow_milvus(self.settings)
        folder = self.settings.served_dir / current(self.settings.served_dir)
        return MilvusIndex.open(folder, self.milvus, self.settings.milvus.collection)

    def answers_from(self, index: PassageIndex) -> Answerer:
        return answer_from(Searcher(index, KeywordEmbedder()), self.settings)

    def chatbot(self) -> Chatbot:
        """What a server answers with."""
        return Chatbot(self.settings, self.answers_from(self.remote()))
