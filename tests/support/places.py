"""Where things are that several tests read."""

from __future__ import annotations

from pathlib import Path

TESTS = Path(__file__).parent.parent
ROOT = TESTS.parent
PACKAGE = ROOT / "chatbot"
CORPUS = ROOT / "corpus"
GOLD = TESTS / "gold"
ARTEFACTS = TESTS / "artefacts"
