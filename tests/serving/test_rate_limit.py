"""The arithmetic of the rate limit, and who counts as whom."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chatbot.serving.chat.conversation import Gesture, Step, Talk, cost
from chatbot.serving.middleware.forwarded import Forwarded
from chatbot.serving.middleware.rate_limit import MOST_CLIENTS, Limiter, Purse, Rate, _pay_more, network, parse, pay
from chatbot.serving.middleware.scope import TRUSTED, path_of


@pytest.mark.parametrize(
    ("text", "rate"), [("60/minute", Rate(60, 60)), ("1/second", Rate(1, 1)), ("9/day", Rate(9, 86400)), ("", None)]
)
def test_a_rate_is_written_as_questions_in_a_period(text: str, rate: Rate | None) -> None:
    assert parse(text) == rate


def test_the_allowance_of_a_period_may_be_used_at_once_and_comes_back_evenly() -> None:
    limiter = Limiter(Rate(3, 60))
    assert [limiter.take("a", now=100.0) for _ in range(4)] == [0, 0, 0, 20]
    assert limiter.take("a", now=119.5) == 1
    assert [limiter.take("a", now=120.0) for _ in range(2)] == [0, 20]
    assert [limiter.take("a", now=1000.0) for _ in range(4)] == [0, 0, 0, 20]


def test_a_refused_request_takes_nothing_and_clients_do_not_share() -> None:
    limiter = Limiter(Rate(1, 10))
    assert limiter.take("a", now=0.0) == 0
    assert [limiter.take("a", now=1.0) for _ in range(50)] == [9] * 50
    assert limiter.take("b", now=1.0) == 0
    assert limiter.take("a", now=10.0) == 0


def test_a_cheap_request_takes_a_tenth_of_a_question() -> None:
    limiter = Limiter(Rate(1, 60))
    assert [limiter.take("a", 0.1, now=0.0) for _ in range(11)] == [0] * 10 + [6]


def test_no_number_of_clients_fills_the_memory() -> None:
    limiter = Limiter(Rate(1, 3600))
    for number in range(MOST_CLIENTS + 100):
        limiter.take(str(number), now=0.0)
    assert len(limiter._whole_at) == MOST_CLIENTS
    assert limiter.take(str(MOST_CLIENTS + 99), now=1.0) == 3599
    assert limiter.take("0", now=1.0) == 0


@given(st.lists(st.floats(min_value=0, max_value=30), max_size=60), st.integers(1, 5))
def test_no_window_lets_more_through_than_twice_its_rate(gaps: list[float], questions: int) -> None:
    limiter, moment, passed = Limiter(Rate(questions, 10)), 0.0, []
    for gap in gaps:
        moment += gap
        if limiter.take("a", now=moment) == 0:
            passed.append(moment)
    for first in passed:
        assert sum(first <= other < first + 10 for other in passed) <= 2 * questions


def test_a_household_of_ipv6_is_one_client_and_an_ipv4_address_is_one() -> None:
    assert network("2001:db8:1:2::1") == network("2001:db8:1:2:ffff::9") != network("2001:db8:1:3::1")
    assert network("192.0.2.1") != network("192.0.2.2")


def test_a_conversation_brought_back_costs_its_questions_and_at_most_a_whole_allowance() -> None:
    purses = [Purse(Limiter(Rate(10, 60)), "a", "this address")]
    assert _pay_more(purses, 1, 4) == 0
    assert pay(purses, [5]) == (0, "")
    assert _pay_more(purses, 1, 11) == 48
    other = [Purse(purses[0].limiter, "b", "this address")]
    assert _pay_more(other, 1, 11) == 0
    assert pay(other, [2])[0] > 0


def test_what_a_site_has_too_little_for_costs_the_visitor_nothing() -> None:
    purses = [Purse(Limiter(Rate(3, 60)), "a", "this address"), Purse(Limiter(Rate(1, 60)), "", "the visitors")]
    assert pay(purses, [1, 1]) == (0, "")
    assert [pay(purses, [1, 1])[1] for _ in range(5)] == ["the visitors"] * 5
    assert _pay_more(purses, 0, 1) > 0
    assert [pay(purses[:1], [1])[0] == 0 for _ in range(3)] == [True, True, False]


def test_a_question_that_is_brought_back_costs_a_quarter_and_one_that_is_remembered_nothing() -> None:
    step = Step(kind="ask", value="How long should a CV be?")
    whole = Gesture(step=step, steps=(step,) * 12).model_dump_json()
    assert cost(Talk(), whole) == 4
    assert cost(Talk(steps=(step,) * 12), whole) == 1
    assert cost(Talk(steps=(step,) * 11), whole) == 4
    assert cost(Talk(steps=(step,) * 4), Gesture(steps=(step,) * 3).model_dump_json()) == 0.75
    assert cost(Talk(), "{") == 0


@pytest.mark.parametrize(
    ("peer", "said", "client", "trusted"),
    [
        ("10.0.0.1", "192.0.2.7", "192.0.2.7", False),
        ("10.0.0.1", "203.0.113.9, 192.0.2.7", "192.0.2.7", False),  # what a visitor puts in front is invented
        ("10.0.0.1", "192.0.2.7, 10.0.0.2", "192.0.2.7", False),
        ("10.0.0.1", "10.0.0.3, 10.0.0.2", "10.0.0.3", True),
        ("10.0.0.1", "", "10.0.0.1", True),
        ("10.0.0.1", " ", "10.0.0.1", True),
        # Some proxies write the port.
        ("10.0.0.1", "203.0.113.5:51234", "203.0.113.5", False),
        ("10.0.0.1", "192.0.2.7:1, 10.0.0.2:65535", "192.0.2.7", False),
        ("10.0.0.1", "[2001:db8::1]:443", "2001:db8::1", False),
        ("10.0.0.1", "[2001:db8::1]", "2001:db8::1", False),
        ("10.0.0.1", "2001:db8::1", "2001:db8::1", False),
        ("10.0.0.1", "[::ffff:192.0.2.7]:443", "192.0.2.7", False),
        ("10.0.0.1", "192.0.2.7,", "192.0.2.7", False),
        # What cannot be read is nobody, and nobody is believed beyond it.
        *(
            ("10.0.0.1", said, "", False)
            for said in (
                "unknown",
                "_hidden",
                "192.0.2.7, nonsense",
                "10.0.0.3, unknown, 10.0.0.2",
                ",",
                "[2001:db8::1",
                "10.0.0.3:",
                "10.0.0.3:x",
                "10.0.0.3:123456",
                "[10.0.0.3",
                "127.0.0.1.",
                "2001:db8::1]:443",
                "[]",
                ":80",
                '"10.0.0.3"',
            )
        ),
        ("::ffff:10.0.0.1", "::ffff:192.0.2.7", "192.0.2.7", False),
        ("192.0.2.66", "127.0.0.1", "192.0.2.66", False),
        ("127.0.0.1", "192.0.2.7", "127.0.0.1", True),  # this machine, where it is no trusted proxy
    ],
)
def test_a_visitor_is_the_last_address_that_no_trusted_proxy_has(
    peer: str, said: str, client: str, trusted: bool
) -> None:
    seen: dict[str, Any] = {}

    async def app(scope: Any, _receive: Any, _send: Any) -> None:
        seen.update(scope)

    scope = {"type": "http", "path": "/", "client": (peer, 1), "headers": [(b"x-forwarded-for", said.encode())]}
    work = Forwarded(app, ["10.0.0.0/8"], "")(scope, None, None)  # type: ignore[arg-type]
    with pytest.raises(StopIteration):
        work.send(None)  # type: ignore[attr-defined]
    assert ((seen["client"] or ("",))[0], seen[TRUSTED]) == (client, trusted)


@pytest.mark.parametrize(
    ("root", "sent", "path"),
    [
        ("/careers", "/chat/", "/chat/"),
        ("/careers", "/careers/chat/", "/chat/"),
        ("/articles", "/chat/", "/chat/"),
        ("/articles", "/articles/chat/", "/chat/"),
        ("/articles", "/articles/chat/gradio_api/run/predict", "/chat/gradio_api/run/predict"),
        ("/articles", "/articles/articles/pay/rise", "/articles/pay/rise"),
        ("/articles", "/articles/articles", "/articles"),
        ("/articles", "/articles/pay/rise", "/articles/pay/rise"),
        ("/articles", "/articles/", "/"),
        ("/chat", "/chat/chat/", "/chat/"),
        ("/chat", "/chat/", "/chat/"),
        ("/chat", "/chat/static/page.js", "/chat/static/page.js"),
    ],
)
def test_a_public_path_that_is_also_served_is_told_from_the_path_behind_it(root: str, sent: str, path: str) -> None:
    seen: dict[str, Any] = {}

    async def app(scope: Any, _receive: Any, _send: Any) -> None:
        seen.update(scope)

    scope = {"type": "http", "path": sent, "client": ("192.0.2.1", 1), "headers": []}
    with pytest.raises(StopIteration):
        Forwarded(app, [], root)(scope, None, None).send(None)  # type: ignore[arg-type, attr-defined]
    assert path_of(seen) == path


@pytest.mark.parametrize(("query", "place"), [(b"", b"/careers/"), (b"lang=de", b"/careers/?lang=de")])
def test_the_public_path_without_its_slash_leads_to_the_one_with_it(query: bytes, place: bytes) -> None:
    sent: list[Any] = []

    async def send(message: Any) -> None:
        sent.append(message)

    scope = {"type": "http", "path": "/careers", "query_string": query, "client": ("192.0.2.1", 1), "headers": []}
    with pytest.raises(StopIteration):
        Forwarded(None, [], "/careers")(scope, None, send).send(None)  # type: ignore[arg-type, attr-defined]
    assert (sent[0]["status"], dict(sent[0]["headers"])[b"location"]) == (307, place)


@pytest.mark.parametrize(
    ("said", "scheme"), [("https", "https"), ("https, http", "https"), ("ftp", "http"), ("", "http")]
)
def test_the_scheme_is_that_of_the_first_of_several_proxies(said: str, scheme: str) -> None:
    headers = [(b"x-forwarded-proto", said.encode())]
    scope = {"type": "http", "path": "/", "scheme": "http", "client": ("10.0.0.1", 1), "headers": headers}

    async def app(_scope: Any, _receive: Any, _send: Any) -> None: ...

    with pytest.raises(StopIteration):
        Forwarded(app, ["10.0.0.0/8"], "")(scope, None, None).send(None)  # type: ignore[arg-type, attr-defined]
    assert scope["scheme"] == scheme
