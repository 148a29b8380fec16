"""A question more in an article's front matter, and nothing else changed."""

from __future__ import annotations

import pytest

from chatbot.content.source.fences import split_loose_front_matter
from chatbot.editing.answered import with_question
from chatbot.errors import EditRefused
from tests.support.places import ROOT

NEW = 'what "about: this #one'
GROUPED = "---\ntitle: t\nquestions:\n  - heading: H\n    questions:\n      - a\n  - b\ntopics: [x]\n---\ntext\n"


@pytest.mark.parametrize(
    ("text", "heading", "line"),
    [
        ("text\n", "", "  - new?"),
        (GROUPED, "H", "      - new?"),
        (GROUPED, "", "  - new?"),
        (GROUPED, "Other", '  - {heading: "Other", questions: [new?]}'),
        ("---\ntitle: t\nquestions:\n- a # why\nurl: /x\n---\ntext\n", "", "- new?"),
    ],
)
def test_a_question_joins_those_of_its_section(text: str, heading: str, line: str) -> None:
    added = with_question("a.md", text, " new? ", heading).splitlines()
    line = line.replace("new?", '"new?"')
    assert line in added
    assert [each for each in text.splitlines() if each not in added] == []
    assert split_loose_front_matter("a.md", "\n".join(added))[0].questions()["new?"] == heading


@pytest.mark.parametrize("text", ["+++\ntitle = 't'\n+++\ntext\n", "---\ntitle: t\nquestions: one?\n---\ntext\n"])
def test_front_matter_that_cannot_be_added_to_is_left_alone(text: str) -> None:
    with pytest.raises(EditRefused, match="by hand"):
        with_question("a.md", text, "new?", "H")


def test_a_question_that_is_there_and_a_page_are_refused() -> None:
    with pytest.raises(EditRefused, match="already"):
        with_question("a.md", GROUPED, "a", "H")
    with pytest.raises(EditRefused, match="only Markdown"):
        with_question("a.html", "<p>text", "new?", "")


def test_every_shipped_article_takes_a_question() -> None:
    for path in sorted((ROOT / "corpus").rglob("*.md"))[::10]:
        text = path.read_text(encoding="utf-8")
        heading = next(iter(split_loose_front_matter(path.name, text)[0].questions().values()), "")
        added = with_question(path.name, text, NEW, heading)
        assert len(set(added.splitlines()) - set(text.splitlines())) == 1
