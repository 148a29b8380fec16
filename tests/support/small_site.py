"""A few small articles, cut by their headings, and what answers from them by words that a reader can count."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from chatbot.answering.answerer import Answerer
from chatbot.evaluation.effect import side
from chatbot.indexing.building.build import build
from chatbot.indexing.generation.local_index import LocalIndex
from chatbot.settings import PassageSettings, Settings
from tests.support.keyword_embedder import KeywordEmbedder


def small_settings(folder: Path) -> Settings:
    """The settings of a site in a folder, whose passages have 48 words at most."""
    passages = PassageSettings(target_tokens=32, max_tokens=48)
    return Settings(corpus_dir=folder / "corpus", index_dir=folder / "index", passages=passages)


def small_site(folder: Path, articles: Mapping[str, str]) -> Answerer:
    """Write the articles, by their file names, into a folder, build, and answer from them."""
    settings = small_settings(folder)
    settings.corpus_dir.mkdir(exist_ok=True)
    for name, text in articles.items():
        (settings.corpus_dir / name).write_text(text)
    report = build(settings, embedder=KeywordEmbedder())
    return side(LocalIndex.open(settings.index_dir / report.generation), KeywordEmbedder(), settings).answerer
