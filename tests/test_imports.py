"""The import order of the rooms, walked over the source of every module."""

from __future__ import annotations

import ast
import subprocess
import sys
from pathlib import Path

import pytest

PACKAGE = Path(__file__).parents[1] / "chatbot"

# A module imports only from what stands before it; one a line.
ORDER = """
records
errors
wrong_settings
settings
content.files
content.encoding
content.markdown
content.sentences
content.blocks
content.links
content.outline
content.packing
content.units
content.passages
content.frontmatter
content.data_pages
content.dialects
content.part
content.main_content
content.escaping
content.tree_markdown
content.webpage
content.archive
content.word
content.book
content.feed
content.sitemap
content.paragraphs
content.pdf
content.junk
content.readers
content.isolation
content.writing
content.composing
indexing.gate
indexing.changes
indexing.disk
indexing.model
indexing.card
indexing.encoder
indexing.embedding
indexing.tokens
indexing.arrays
indexing.lexical
indexing.spoken
indexing.vectors
indexing.hubs
indexing.store
indexing.pinned
indexing.manifest
indexing.snapshot
indexing.calibrated
indexing.questions
indexing.passage_index
indexing.seen
indexing.reading
indexing.unchanged
indexing.sources
indexing.reuse
indexing.build
indexing.status
indexing.generations
indexing.listing
indexing.watch
indexing.starting
answering.foreign
answering.ranking
answering.highlight
answering.small_talk
answering.vocabulary
answering.wording
answering.conversation
answering.spelling
answering.search
answering.pins
answering.understanding
answering.follow_ups
answering.confidence
answering.calibration
answering.recalibrate
answering.suggesting
answering.answerer
answering.explaining
answering.chatbot
answering.judged
answering.evaluation
answering.gold
answering.effect
answering.drafting
answering.mapping
answering.replay
answering.assessing
insights.redaction
insights.journal
serving.assets
serving.language
serving.render
serving.cards
serving.problems
serving.allowed
serving.forwarded
serving.signing
serving.guard
serving.origins
serving.rules
serving.looks
serving.article
serving.refused
serving.link_check
serving.logs
serving.metrics
serving.observed
serving.rates
serving.gestures
serving.document
serving.sign_in
serving.listening
serving.bodies
serving.api
serving.schema
serving.embed
serving.tool
serving.edit_views
serving.desk
serving.edit_shown
serving.edit_acts
serving.editor
serving.page
serving.lazy
serving.app
serving.doctor
cli.app
cli.output
cli.tables
cli.changes
cli.building
cli.calibrating
cli.keeping
cli.links
cli.explanation
cli.editors
cli.installing
cli.asking
cli.insights
cli.measuring
cli.serving
__main__
""".split()

MODULES = sorted(
    ".".join(path.relative_to(PACKAGE).with_suffix("").parts)
    for path in PACKAGE.rglob("*.py")
    if path.name != "__init__.py"
)


def imported(module: str) -> set[str]:
    tree = ast.parse((PACKAGE / f"{module.replace('.', '/')}.py").read_text(encoding="utf-8"))
    found = set()
    for node in ast.walk(tree):
        if isinstance(node, ast.ImportFrom) and node.module and node.module.startswith("chatbot"):
            names = [f"{node.module}.{alias.name}".removeprefix("chatbot.") for alias in node.names]
            found.update(name if name in MODULES else node.module.removeprefix("chatbot").lstrip(".") for name in names)
            found.discard("cli")  # the package is its commands, which are listed one by one
        elif isinstance(node, ast.Import):
            found.update(a.name.removeprefix("chatbot").lstrip(".") for a in node.names if a.name.startswith("chatbot"))
    return found


def test_every_module_has_its_place_in_the_order() -> None:
    assert sorted(ORDER) == MODULES


@pytest.mark.parametrize("module", MODULES)
def test_a_module_imports_only_from_what_stands_before_it(module: str) -> None:
    allowed = set(ORDER[: ORDER.index(module)])
    assert imported(module) <= allowed, f"{module} imports {sorted(imported(module) - allowed)}"


def run(program: str) -> str:
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    return done.stdout.strip()


def test_importing_the_package_loads_nothing_heavy() -> None:
    heavy = ["torch", "transformers", "gradio", "faiss", "onnxruntime", "sentence_transformers", "fastapi"]
    assert run(f"import chatbot, sys; print([name for name in {heavy} if name in sys.modules])") == "[]"


def test_the_root_exports_what_users_need_and_nothing_else() -> None:
    names = run("import chatbot; print(sorted(chatbot.__all__))")
    assert names == str(sorted(["Answer", "Chatbot", "ChatbotError", "Filters", "Hit", "Passage", "Settings", "Turn"]))
