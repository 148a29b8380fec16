"""`chatbot links`: what it finds in a small site, and that what this server makes itself is whole."""

from __future__ import annotations

import json
import re
import subprocess
import sys
from pathlib import Path

import pytest

from chatbot.content.readers.registry import READERS
from chatbot.indexing.building.build import build
from chatbot.indexing.generation.local_index import LocalIndex
from chatbot.indexing.generation.publication import current
from chatbot.operating.link_check import BrokenLink, check_links
from chatbot.settings import Settings
from tests.support.keyword_embedder import KeywordEmbedder
from tests.support.office_files import pdf
from tests.support.places import ROOT

GUIDE = """---
title: Pay
---

# Pay

Learn to ask: [the talk](talks/first.md#before), [its end](talks/first.md#after), [here](#pay), [there](#nowhere).

- A [lost page](gone.md) and [another site](https://example.org/#x) and [a file](talks/paper.pdf#page=2)
"""
TALK = "## Before\n\nWrite to a team [about pay](../pay.md#pay) in **your own** words, and `learn` its name first.\n"
# It is read elsewhere than its file lies, and its links are seen from there.
RAISE = (
    "---\nurl: /articles/more\n---\nTo a [team](pay.md#nowhere), [this](/articles/more), [no page](/articles/less).\n"
)
PAPER = pdf([[(700, 10, "You learn to ask for pay.")], [(700, 10, "A remote team learns to write.")]])


@pytest.fixture
def site(tmp_path: Path) -> Settings:
    (tmp_path / "corpus" / "talks").mkdir(parents=True)
    (tmp_path / "corpus" / "pay.md").write_text(GUIDE)
    (tmp_path / "corpus" / "talks" / "first.md").write_text(TALK)
    (tmp_path / "corpus" / "talks" / "paper.pdf").write_bytes(PAPER)
    (tmp_path / "corpus" / "talks" / "raise.md").write_text(RAISE)
    (tmp_path / "corpus" / "public.md").write_text("---\nurl: https://example.org/a\n---\nTo a [team](gone.md) page.\n")
    site = Settings(corpus_dir=tmp_path / "corpus", index_dir=tmp_path / "index", max_seconds_per_file=120)
    build(site, embedder=KeywordEmbedder())
    return site


def test_broken_links_are_named_with_file_line_and_reason(site: Settings) -> None:
    index = LocalIndex.open(site.index_dir / current(site.index_dir))
    found = check_links(index, site)
    assert found.broken == (
        BrokenLink("pay.md", 7, "talks/first.md#after", "'talks/first' has no anchor 'after'"),
        BrokenLink("pay.md", 7, "#nowhere", "'pay' has no anchor 'nowhere'"),
        BrokenLink("pay.md", 9, "gone.md", "there is no article 'gone'"),
        BrokenLink("talks/raise.md", 4, "pay.md#nowhere", "'pay' has no anchor 'nowhere'"),
        BrokenLink("talks/raise.md", 4, "/articles/less", "there is no article 'less'"),
    )
    assert (found.articles, found.passages, found.links) == (5, len(index), 10)


def test_a_broken_link_is_told_as_it_was_written_with_what_is_nearest(site: Settings) -> None:
    text = "# Lost\n\nTo a team: [one](talks/frist.md), [two](pay.md#pai), [three]([broken).\n"
    (site.corpus_dir / "lost.md").write_text(text)
    build(site, embedder=KeywordEmbedder())
    found = check_links(LocalIndex.open(site.index_dir / current(site.index_dir)), site)
    assert [(one.link, one.reason) for one in found.broken if one.path == "lost.md"] == [
        ("talks/frist.md", "there is no article 'talks/frist'; the nearest is 'talks/first'"),
        ("pay.md#pai", "'pay' has no anchor 'pai'; the nearest is 'pay'"),
        ("[broken", "there is no article '[broken'"),
    ]


@pytest.mark.index
def test_the_command_ends_with_3_where_a_link_is_broken(site: Settings, tmp_path: Path) -> None:
    command = [sys.executable, "-m", "chatbot", "--corpus", site.corpus_dir, "--index", site.index_dir, "links"]
    done = subprocess.run([*command], capture_output=True, text=True, timeout=300)
    assert done.returncode == 3
    assert done.stdout.splitlines()[0] == "pay.md:7: talks/first.md#after: 'talks/first' has no anchor 'after'"
    assert done.stdout.splitlines()[-1].endswith("10 links of 5 articles: 5 broken")
    done = subprocess.run([*command, "--json"], capture_output=True, text=True, timeout=300)
    assert [one["line"] for one in json.loads(done.stdout)["broken"]] == [7, 7, 9, 4, 4]


def test_the_limits_in_the_documentation_are_the_defaults() -> None:
    docs = (ROOT / "docs" / "articles.md").read_text(encoding="utf-8")
    rows = re.findall(r"^\| `(max_\w+)` \| `([\d.]+)` \|", docs, re.MULTILINE)
    assert len(rows) == 4
    assert [str(getattr(Settings(), name)) for name, _ in rows] == [default for _, default in rows]


def test_the_formats_in_the_documentation_are_those_that_are_read() -> None:
    docs = (ROOT / "docs" / "articles.md").read_text(encoding="utf-8")
    cells = re.findall(r"^\| ((?:`\.\w+` ?)+)\|", docs, re.MULTILINE)
    assert sorted(re.findall(r"\.\w+", " ".join(cells))) == sorted(READERS)
