"""The routes under /api as programs and the pages of other sites meet them."""

from __future__ import annotations

import json
import os
import subprocess
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import quote
from urllib.request import Request

import pytest

from tests.support.server import COMMAND, Server, start_server
from tests.support.serving_corpus import QUESTION

SITES = """
[[sites]]
origins = ["https://careers.example", "https://*.school.example"]
name = "School"
topics = ["pay and offers"]
language = "de"
greeting = "Hallo!"
"""


@pytest.fixture(scope="module")
def sited(served_folder: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """A server with a site that may ask about pay alone, and a journal of its own."""
    folder = tmp_path_factory.mktemp("sited")
    (folder / "chatbot.toml").write_text(f'{SITES}\n[journal]\npath = "journal.sqlite"\n')
    running = start_server(served_folder, CHATBOT_CONFIG=str(folder / "chatbot.toml"))
    yield running
    assert running.stop() == 0


def test_the_articles_are_listed_in_the_order_of_their_ids(server: Server) -> None:
    status, _, body = server.get("/api/articles")
    found = json.loads(body)
    assert (status, found["total"]) == (200, 5)
    assert [article["id"] for article in found["articles"]] == ["cv", "interview", "money/pay", "rtl", "zebra"]
    assert found["articles"][0] == {
        "id": "cv", "title": "Writing a CV", "url": None, "topics": ["job search", "writing"], "audience": [],
        "country": None, "published": None, "updated": "2025-01-15", "review_by": None,
        "questions": ["How do I explain a gap in my CV?", "How long should a CV be?", "How do I explain a gap?"],
    }  # fmt: skip


def test_a_list_of_articles_can_be_narrowed_and_read_in_parts(server: Server) -> None:
    found = json.loads(server.get("/api/articles?topic=Job%20search&limit=1&offset=1")[2])
    assert (found["total"], [article["id"] for article in found["articles"]]) == (2, ["rtl"])
    assert server.get("/api/articles?limit=201")[0] == 422


def test_an_article_comes_with_its_text_and_the_anchors_of_its_headings(server: Server) -> None:
    article = json.loads(server.get("/api/articles/money/pay")[2])
    assert article["text"].startswith("## How do I ask for a higher salary?")
    assert article["headings"][1:] == [
        {"title": "What belongs to the package?", "level": 2, "anchor": "what-belongs-to-the-package", "line": 5}
    ]


@pytest.mark.parametrize("name", ["none", "../../etc/passwd", "%2e%2e%2fcv", "cv%00", "cv.md"])
def test_an_article_that_does_not_exist_is_a_problem(server: Server, name: str) -> None:
    status, headers, body = server.get(f"/api/articles/{name}")
    assert (status, headers["content-type"]) == (404, "application/problem+json")
    assert "root:" not in body


@pytest.mark.parametrize(
    ("typed", "expected"),
    [
        ("how l", ["How long should a CV be?"]),
        ("cv gap", ["How do I explain a gap in my CV?"]),
        ("HOW DO I ASK", ["How do I ask for a higher salary?"]),
        ("what belo", ["What belongs to the package?"]),
        ("", []),
        ("xyzzy", []),
    ],
)
def test_questions_are_suggested_while_typing(server: Server, typed: str, expected: list[str]) -> None:
    assert json.loads(server.get(f"/api/suggest?q={quote(typed)}")[2]) == {"suggestions": expected}
    assert json.loads(server.post("/api/suggest", {"q": typed})[2]) == {"suggestions": expected}


def test_a_longer_text_suggests_questions_of_the_same_meaning(server: Server) -> None:
    text = "they should pay me more money"
    for answer in (server.get(f"/api/suggest?q={quote(text)}&n=1"), server.post("/api/suggest", {"q": text, "n": 1})):
        assert json.loads(answer[2]) == {"suggestions": ["How do I ask for a higher salary?"]}
    for body in ({"q": "x" * 1001}, {"n": 0}, {"n": "1"}, {"n": 11}, {"more": 1}, {"q": None}):
        assert server.post("/api/suggest", body)[0] == 422


def test_an_answer_begins_with_sentences_of_the_passages_that_it_shows(server: Server) -> None:
    answer = json.loads(server.post("/api/ask", {"question": QUESTION})[2])
    assert answer["verdict"] == "answered"
    assert answer["in_short"][0] == {
        "rank": 1,
        "text": "Explain a gap in your CV in one plain line with the dates and the reason.",
    }
    assert all(said["text"] in answer["hits"][said["rank"] - 1]["passage"]["text"] for said in answer["in_short"])


def test_an_answer_to_a_comparison_says_which_passages_speak_of_which_side(server: Server) -> None:
    answer = json.loads(server.post("/api/ask", {"question": "compare a CV and a salary"})[2])
    (cv, salary), together = answer["comparison"]["sides"], answer["comparison"]["together"]
    assert (cv["label"], salary["label"]) == ("CV", "salary")
    articles = {hit["rank"]: hit["passage"]["article_id"] for hit in answer["hits"]}
    assert {articles[rank] for rank in cv["ranks"]} == {"cv"}
    assert {articles[rank] for rank in salary["ranks"]} == {"money/pay"}
    assert sorted([*cv["ranks"], *salary["ranks"], *together]) == list(articles)
    assert json.loads(server.post("/api/ask", {"question": QUESTION})[2])["comparison"] is None


def test_passages_of_the_page_that_is_read_come_first_and_say_so(server: Server) -> None:
    def asked(page: str) -> list[tuple[int, str, bool]]:
        answer = server.post("/api/ask", {"question": "How do I prepare before I name my figure?", "page": page})[2]
        found = json.loads(answer)["hits"][:2]
        return [(hit["rank"], hit["passage"]["article_id"], hit["why"]["on_page"]) for hit in found]

    assert asked("") == [(1, "interview", False), (2, "money/pay", False)]
    assert asked("https://articles.example/") == asked("")
    assert asked("http://www.articles.example/pay/?utm_source=mail") == [
        (1, "money/pay", True),
        (2, "interview", False),
    ]
    assert server.post("/api/ask", {"question": QUESTION, "page": "javascript:alert(1)"})[0] == 422


def test_a_listed_site_may_ask_and_is_kept_to_its_topics(sited: Server) -> None:
    sent = {"Origin": "https://careers.example", "Sec-Fetch-Site": "cross-site"}
    status, headers, body = sited.post("/api/ask", {"question": QUESTION}, **sent)
    assert (status, headers["access-control-allow-origin"]) == (200, "https://careers.example")
    assert "Origin" in headers["vary"]
    assert {hit["passage"]["article_id"] for hit in json.loads(body)["hits"]} <= {"money/pay"}
    body = {"question": QUESTION, "filters": {"topics": ["writing"]}}
    assert json.loads(sited.post("/api/ask", body, **sent)[2])["hits"] == []
    assert json.loads(sited.get("/api/articles", sent)[2])["total"] == 1
    assert sited.get("/api/articles/cv", sent)[0] == 404
    assert json.loads(sited.get("/api/suggest?q=cv", sent)[2]) == {"suggestions": []}
    assert json.loads(sited.post("/api/suggest", {"q": "cv"}, **sent)[2]) == {"suggestions": []}
    assert json.loads(sited.get("/api/suggest?q=cv")[2]) != {"suggestions": []}


def test_a_site_is_told_its_language_greeting_topics_and_starters(sited: Server) -> None:
    assert json.loads(sited.get("/api/site", {"Origin": "https://a.b.school.example"})[2]) == {
        "name": "School",
        "language": "de",
        "greeting": "Hallo!",
        "topics": ["pay and offers"],
        "starters": ["How do I ask for a higher salary?"],
        "articles_language": "en",
        "contact": "",
    }
    assert json.loads(sited.get("/api/site")[2])["topics"] == []


@pytest.mark.parametrize(
    "origin",
    [
        "https://evil.example", "http://careers.example", "https://careers.example.evil.example",
        "https://careers.example:444", "https://evilcareers.example", "https://CAREERS.example", "null",
        "https://school.example", "https://evilschool.example", "https://x.school.example.evil.example",
        "https://careers.example@evil.example", "https://evil.example/.school.example", "https://x@.school.example",
        "https://.school.example", "file://", "", "https://careers.example https://evil.example",
    ],
)  # fmt: skip
def test_an_origin_that_is_not_listed_is_refused_on_every_route(sited: Server, origin: str) -> None:
    for path in ("/api/site", "/api/articles", "/api/articles/cv", "/api/suggest?q=x", "/healthz", "/chat/config"):
        assert sited.get(path, {"Origin": origin})[0] == 403
    for path in ("/api/ask", "/api/feedback", "/chat/gradio_api/run/predict"):
        assert sited.post(path, {"question": QUESTION}, Origin=origin)[0] == 403


def test_a_refused_page_reads_the_lines_that_let_it_in(sited: Server) -> None:
    origin = "https://new.example"
    status, headers, body = sited.post("/api/ask", {"question": QUESTION}, Origin=origin)
    assert (status, headers["access-control-allow-origin"]) == (403, origin)
    problem = json.loads(body)
    assert problem["origin"] == origin
    assert problem["add"] == '[[sites]]\norigins = ["https://new.example"]'
    assert problem["add"] in problem["detail"]


def test_a_post_of_another_site_that_hides_its_origin_is_refused(sited: Server) -> None:
    for said in ("cross-site", "same-site"):
        assert sited.post("/api/ask", {"question": QUESTION}, **{"Sec-Fetch-Site": said})[0] == 403


def test_the_page_itself_may_post_under_any_public_name(sited: Server) -> None:
    sent = {"Origin": "https://chat.example", "Sec-Fetch-Site": "same-origin"}
    assert sited.post("/api/ask", {"question": QUESTION}, **sent)[0] == 200
    assert sited.post("/api/ask", {"question": QUESTION}, Origin=sited.url)[0] == 200


def test_only_listed_sites_may_show_the_page_in_a_frame(sited: Server) -> None:
    sited.wait_until_ready()
    policy = sited.get("/chat/")[1]["content-security-policy"]
    assert policy.endswith("frame-ancestors 'self' https://careers.example https://*.school.example")
    assert sited.get("/articles/cv")[1]["content-security-policy"].endswith("frame-ancestors 'self'")


def test_feedback_is_kept_without_what_tells_a_person_and_listed(sited: Server, served_folder: Path) -> None:
    passage = json.loads(sited.post("/api/ask", {"question": QUESTION})[2])["hits"][0]["passage"]["id"]
    said = {
        "question": f"{QUESTION} Write to ann@example.org",
        "passage_id": passage,
        "rating": "unhelpful",
        "reasons": ["outdated", "other"],
        "note": "Call +44 20 7946 0958.",
    }
    assert sited.post("/api/feedback", said, Origin="https://careers.example")[0] == 204
    config = next(value for key, value in _environment(sited) if key == "CHATBOT_CONFIG")
    environment = {**os.environ, "CHATBOT_INDEX_DIR": str(served_folder / "index"), "CHATBOT_CONFIG": config}
    command = [*COMMAND, "feedback", "--json"]
    (entry,) = json.loads(subprocess.run(command, env=environment, capture_output=True, check=True, timeout=120).stdout)
    assert (entry["question"], entry["note"]) == (f"{QUESTION} Write to [e-mail]", "Call [number].")
    assert (entry["passage"], entry["rating"], entry["reasons"]) == (passage, "unhelpful", ["outdated", "other"])
    assert set(entry) == {"day", "generation", "question", "passage", "rating", "reasons", "note"}


@pytest.mark.parametrize(
    "change",
    [
        {"rating": "great"}, {"reasons": ["ugly"]}, {"note": "x" * 1001}, {"passage_id": ""}, {"email": "a@b.c"},
        {"question": ""}, {"reasons": ["other"] * 7},
    ],
)  # fmt: skip
def test_feedback_outside_of_the_closed_lists_is_refused(sited: Server, change: dict[str, object]) -> None:
    said = {"question": QUESTION, "rating": "unhelpful", **change}
    assert sited.post("/api/feedback", said)[0] == 422


def test_feedback_is_taken_back_once_and_by_its_key_alone(sited: Server) -> None:
    key = "0123456789-abcdefghij"
    said = {"question": QUESTION, "rating": "helpful", "key": key}
    assert sited.post("/api/feedback", said)[0] == 204

    def take_back(key: str) -> int:
        return sited.send(Request(f"{sited.url}/api/feedback/{key}", method="DELETE"))[0]

    assert [take_back(one) for one in ("9876543210-abcdefghij", "short", key, key)] == [404, 422, 204, 404]


def test_feedback_on_a_passage_that_does_not_exist_is_refused(sited: Server) -> None:
    said = {"question": QUESTION, "rating": "unhelpful", "passage_id": "none#1"}
    assert sited.post("/api/feedback", said)[0] == 404


def _environment(server: Server) -> list[tuple[str, str]]:
    raw = Path(f"/proc/{server.process.pid}/environ").read_bytes()
    return [(key, value) for key, _, value in (pair.partition("=") for pair in raw.decode().split("\0")) if key]


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"question": "a" * 1234}, "/question: the question has 1234 characters, at most 1000 are read; shorten it"),
        ({"question": ""}, "/question: the question is empty; type what you want to know"),
        ({"question": "\u00a0 \n"}, "/question: the question is empty; type what you want to know"),
        ({"k": 0}, "/k: k is 0, expected at least 1"),
        ({"k": 21}, "/k: k is 21, expected at most 20"),
        ({"k": "five"}, "/k: expected a number"),
        ({"page": "x" * 2001}, "/page: expected at most 2000 characters, it has 2001"),
        ({"kk": 1}, "/kk: is no field of the body; /api/openapi.json lists those that are"),
    ],
)
def test_what_cannot_be_asked_is_refused_in_the_words_of_all_doors(
    sited: Server, change: dict[str, object], said: str
) -> None:
    status, _, body = sited.post("/api/ask", {"question": QUESTION, **change})
    assert (status, json.loads(body)["detail"]) == (422, said)


def test_a_body_that_is_not_called_json_is_told_so(server: Server) -> None:
    form = {"Content-Type": "application/x-www-form-urlencoded"}
    status, _, body = server.post("/api/ask", b'{"question": "better pay"}', **form)
    expected = "the body: expected a JSON object, sent with the header Content-Type: application/json"
    assert (status, json.loads(body)["detail"]) == (422, expected)
