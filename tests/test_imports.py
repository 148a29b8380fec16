"""The import order of the rooms, walked over the source of every module."""

from __future__ import annotations

import ast
import subprocess
import sys
from pathlib import Path

import pytest

PACKAGE = Path(__file__).parents[1] / "chatbot"

# A module imports only from what stands before it; modules of one line are in order, too.
ORDER = """
records errors settings
content.encoding content.markdown content.sentences content.blocks content.links content.outline content.packing
content.units content.passages content.frontmatter content.main_content content.tree_markdown content.webpage
content.readers
indexing.gate indexing.changes
