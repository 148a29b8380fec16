"""What goes wrong in one process is told in another as it was."""

from __future__ import annotations

import pickle
from collections.abc import Iterator
from inspect import Parameter, signature

import pytest

from chatbot.errors import ChatbotError, ContentError


def kinds(above: type[ChatbotError] = ChatbotError) -> Iterator[type[ChatbotError]]:
    yield above
    for kind in above.__subclasses__():
        yield from kinds(kind)


def made(kind: type[ChatbotError]) -> ChatbotError:
    given = [one for one in signature(kind.__init__).parameters.values() if one.kind is not Parameter.VAR_KEYWORD]
    return kind(*(f"its {one.name}" for one in given[1:] if one.default is Parameter.empty))


@pytest.mark.parametrize(
    "error",
    [*map(made, kinds()), ContentError("a.md", "is wrong", 3, retry=True)],
    ids=lambda error: type(error).__name__,
)
def test_an_error_is_the_same_in_another_process(error: ChatbotError) -> None:
    again = pickle.loads(pickle.dumps(error))  # noqa: S301 - what was written here
    assert (type(again), str(again), vars(again)) == (type(error), str(error), vars(error))
