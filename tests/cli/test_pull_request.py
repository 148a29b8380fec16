"""What a pull request is told of its effect: `chatbot build --markdown`."""

from __future__ import annotations

from dataclasses import replace

import pytest
from markdown_it import MarkdownIt
from typer.testing import CliRunner

from chatbot.cli import app
from chatbot.cli.pull_request import TITLE, build_markdown
from chatbot.indexing.building.report import Changes, Effect, Judged, Plan

NOTHING = Changes((), (), (), (), 3, {}, {}, {})
PLAN = Plan("new", "old", NOTHING, 3, 12, 0, True, None, None, "")
MOVED = Judged("which cv is best", "CV > Form", "CV > Length", 1.0, 1.0)
WORSE = Judged("how do I ask for a raise", "Pay > Asking", "Offers", 1.0, 0.63)
LOST = Judged("do I need a degree", "Degree", None, 0.5, 0.0)
FOUND = Judged("what is a notice period", None, "Contracts", 0.0, 1.0)
EFFECT = Effect(40, 0.7, 0.6875, (MOVED, WORSE, LOST, FOUND), (LOST,), (FOUND,), (LOST, WORSE))


def test_questions_are_named_once_under_what_happened_to_them() -> None:
    changes = replace(NOTHING, added=("new.md",), renamed=(("a.md", "b.md"),), left_out={"bad.md": "holds no text"})
    assert build_markdown(replace(PLAN, changes=changes, effect=EFFECT)) == "\n\n".join(
        [
            TITLE,
            "**40 judged questions:** nDCG@10 0.700 → 0.688 (-0.012)",
            "**1 question lost the answer**",
            "- `do I need a degree`: 0.50 → 0.00, first was `Degree`, is nothing",
            "**1 question got worse**",
            "- `how do I ask for a raise`: 1.00 → 0.63, first was `Pay > Asking`, is `Offers`",
            "**1 question found an answer**",
            "- `what is a notice period`: 0.00 → 1.00, first was nothing, is `Contracts`",
            "<details><summary>1 question where another passage comes first</summary>",
            "- `which cv is best`: 1.00 → 1.00, first was `CV > Form`, is `CV > Length`",
            "</details>",
            "**1 file not used**",
            "- `bad.md`: `holds no text`",
            "<details><summary>2 files</summary>",
            "- added `new.md`\n- renamed `a.md` → `b.md`",
            "</details>",
            "3 articles, 12 passages.",
        ]
    )


def test_where_nothing_was_served_there_is_no_before() -> None:
    first = replace(EFFECT, ndcg_before=None, moved=(), lost=(), found=(), worse=())
    assert "**40 judged questions:** nDCG@10 0.688\n" in build_markdown(replace(PLAN, effect=first))


def test_a_refusal_stands_at_the_top() -> None:
    text = build_markdown(replace(PLAN, refused="1 judged questions would lose their answer, 0 may"))
    assert text.split("\n\n")[1] == "**It would not be published:** `1 judged questions would lose their answer, 0 may`"


@pytest.mark.parametrize(
    "hostile",
    [
        "@everybody",
        "<img src=x>",
        "`` `@you` ``",
        "x\n\n# Top\n\n@you",
        "[a](https://evil.example)",
        "</details>",
        "`",
    ],
)
def test_what_others_wrote_calls_nobody_and_links_nowhere(hostile: str) -> None:
    changes = replace(NOTHING, added=(hostile,), left_out={hostile: hostile}, remarks={hostile: hostile})
    judged = Judged(hostile, hostile, hostile[::-1], 1.0, 0.5)
    effect = Effect(1, 1.0, 0.5, (judged,), (), (), (judged,))
    plain = build_markdown(replace(PLAN, changes=changes, effect=effect, refused=hostile))
    tokens = MarkdownIt("commonmark").enable("table").parse(plain)
    inline = [child for token in tokens for child in token.children or []]
    assert {child.type for child in inline} <= {"text", "strong_open", "strong_close", "code_inline", "softbreak"}
    said = "".join(child.content for child in inline if child.type == "text")
    assert set(said.replace("nDCG@10", "")).isdisjoint("@`<[#")
    blocks = [token.content.strip() for token in tokens if token.type == "html_block"]
    assert blocks == ["<details><summary>1 file</summary>", "</details>"]
    assert len([token for token in tokens if token.type == "heading_open"]) == 1


def test_the_largest_comment_is_one_that_github_takes() -> None:
    long = "wörd " * 200
    many = tuple(Judged(f"{n} {long}", long, f"{n} {long}", 1.0, 0.5) for n in range(500))
    found = tuple(replace(one, ndcg_before=0.0) for one in many)
    lost = tuple(replace(one, question=f"l{one.question}", ndcg_after=0.0) for one in many)
    other = tuple(replace(one, question=f"m{one.question}") for one in many)
    effect = Effect(9, 1.0, 0.5, other, lost, tuple(replace(one, question=f"f{one.question}") for one in found), many)
    reasons = {f"{n} {long}": long for n in range(500)}
    changes = Changes(tuple(reasons), tuple(reasons), (), tuple(reasons), 0, reasons, reasons, reasons)
    text = build_markdown(replace(PLAN, changes=changes, effect=effect, refused=long))
    assert len(text) < 65_000
    assert text.count("\n- and 480 more") == 6
    assert "\n- and 1980 more" in text


def test_two_forms_at_once_are_wrong_usage() -> None:
    done = CliRunner().invoke(app, ["build", "--markdown", "--json"])
    assert done.exit_code == 2
    assert "take one of --markdown and --json" in done.output
