"""A question more that a section of an article answers, written into the article's front matter."""

from __future__ import annotations

import json
import re
from typing import Any

import yaml

from chatbot.content.markdown.deep_links import is_markdown
from chatbot.content.source.fences import split_loose_front_matter
from chatbot.content.source.front_matter import FrontMatter
from chatbot.errors import ContentError, EditRefused

_BY_HAND = "has front matter that this cannot be added to; open it and write the question there by hand"
_FRONT = re.compile(r"(?:\ufeff?\s*)---[ \t]*(?:yaml)?[ \t]*\n(.*?)^---[ \t]*$", re.DOTALL | re.MULTILINE)


def with_question(path: str, text: str, question: str, heading: str) -> str:
    """The text of a Markdown file with one question more that its section `heading` answers, "" for none in particular.

    It joins those of the section where the file has some; everything else stays as it is. Raises EditRefused where the
    front matter is written in a way that cannot be added to.
    """
    question = " ".join(question.split())
    if not is_markdown(path):
        raise EditRefused(path, "takes no questions; only Markdown has a place for them")
    try:
        front, body = split_loose_front_matter(path, text)
        before = front.questions()
        if question in before:
            raise EditRefused(path, "has this question already")
        new = _added(text, question, heading)
        front_now, body_now = split_loose_front_matter(path, new)
        after = front_now.questions()
    except (ContentError, yaml.YAMLError) as error:
        raise EditRefused(path, _BY_HAND) from error
    # All else stays, each question under its heading: whatever the file looks like, this is checked.
    same = _others(front) == _others(front_now) and body.strip() == body_now.strip()
    if not same or after != {**before, question: heading}:
        raise EditRefused(path, _BY_HAND)
    return new


def _others(front: FrontMatter) -> dict[str, Any]:
    return {key: value for key, value in front.values().items() if key != "questions"}


def _added(text: str, question: str, heading: str) -> str:
    written = json.dumps(question, ensure_ascii=False)
    item = f"{{heading: {json.dumps(heading, ensure_ascii=False)}, questions: [{written}]}}" if heading else written
    front = _FRONT.match(text)
    if not front:
        return f"---\nquestions:\n  - {item}\n---\n{text}"
    source, start, end = front[1], front.start(1), front.end(1)
    root = yaml.compose(source, yaml.SafeLoader)
    listed = _value(root, "questions")
    if listed is None:
        return f"{text[:end]}questions:\n  - {item}\n{text[end:]}"
    groups = listed.value if isinstance(listed, yaml.SequenceNode) else []
    group = next((one for one in groups if heading and _text(_value(one, "heading")) == heading), None)
    joined = _value(group, "questions")
    if isinstance(joined, yaml.SequenceNode) and joined.value:
        listed, item = joined, written
    place, inserted = _place(source, listed, item)
    return text[: start + place] + inserted + text[start + place :]


def _place(source: str, listed: yaml.Node, item: str) -> tuple[int, str]:
    """Where in the front matter an item goes behind those of a list, and what is written there."""
    if not isinstance(listed, yaml.SequenceNode) or not listed.value:
        raise yaml.YAMLError("no list with items")
    if listed.flow_style:
        return listed.value[-1].end_mark.index, f", {item}"
    last = listed.value[-1]
    while not isinstance(last, yaml.ScalarNode) and last.value and not last.flow_style:
        last = last.value[-1][1] if isinstance(last, yaml.MappingNode) else last.value[-1]
    end = source.find("\n", last.end_mark.index)
    return (end + 1 or len(source)), f"{' ' * listed.start_mark.column}- {item}\n"


def _value(node: yaml.Node | None, key: str) -> yaml.Node | None:
    pairs = node.value if isinstance(node, yaml.MappingNode) else ()
    return next((value for name, value in pairs if _text(name) == key), None)


def _text(node: yaml.Node | None) -> str:
    return " ".join(str(node.value).split()) if isinstance(node, yaml.ScalarNode) else ""
