"""Signing in to the editors' page, as a browser and as an attacker does it."""

from __future__ import annotations

import http.client
import itertools
import subprocess
import threading
import time
import urllib.parse
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import anyio
import httpx
import pytest
from fastapi import FastAPI

from chatbot.errors import SettingsError
from chatbot.serving.editor.sign_in import ALL_ATTEMPTS, ATTEMPTS, MOST_WAITING, Tries, routes
from chatbot.serving.middleware.routes import ROUTES
from chatbot.serving.middleware.sessions import Sessions, hash_password
from chatbot.settings import EditorSettings, PageSettings, Settings, load_settings
from tests.support.editors_page import PASSWORD
from tests.support.server import COMMAND, Server, start_server

HASH = hash_password(PASSWORD)
HOSTS = itertools.count(1)
ON = Settings(editor=EditorSettings(password_hash=HASH)).editor


@pytest.fixture(scope="module")
def editing(served_folder: Path) -> Iterator[Server]:
    running = start_server(served_folder, CHATBOT_EDITOR__PASSWORD=PASSWORD)
    yield running
    running.stop()


def send(server: Server, method: str, path: str, body: str = "", **headers: str) -> tuple[int, dict[str, str], str]:
    """One request without following redirects; header names in lower case."""
    link = http.client.HTTPConnection(urllib.parse.urlsplit(server.url).netloc, timeout=60)
    try:
        sent = {name.replace("_", "-"): value for name, value in headers.items()}
        link.request(method, path, body.encode() or None, sent)
        answer = link.getresponse()
        return answer.status, {name.lower(): value for name, value in answer.getheaders()}, answer.read().decode()
    finally:
        link.close()


def sign_in(server: Server, password: str = PASSWORD, **headers: str) -> tuple[int, dict[str, str], str]:
    # Each from an address of its own, since attempts are counted.
    form = {
        "Content_Type": "application/x-www-form-urlencoded",
        "X_Forwarded_For": f"198.51.100.{next(HOSTS)}",
    } | headers
    return send(server, "POST", "/edit/sign-in", urllib.parse.urlencode({"password": password}), **form)


PATHS = (
    "", "/", "/sign-in", "/sign-out", "/theme.css", "/assets/index.js", "/config", "/gradio_api/info",
    "/gradio_api/run/predict", "/gradio_api/upload",
)  # fmt: skip


def test_without_a_password_nothing_of_it_exists(server: Server) -> None:
    assert all(any(route.pattern.fullmatch(f"/edit{path}") for path in PATHS) for route in ROUTES if route.editors)
    for path in PATHS:
        for method in ("GET", "POST", "PUT"):
            assert send(server, method, f"/edit{path}")[0] == 404


def test_signing_in_gives_a_cookie_that_only_this_page_gets(editing: Server) -> None:
    status, headers, _ = sign_in(editing)
    assert (status, headers["location"], headers["cache-control"]) == (303, "./", "no-store")
    name, *attributes = headers["set-cookie"].split("; ")
    assert name.startswith("chatbot_editor=")
    assert set(attributes) == {"HttpOnly", "SameSite=strict", "Path=/edit", "Max-Age=28800"}
    assert send(editing, "GET", "/edit/sign-in", Cookie=name)[0] == 303


def test_a_form_with_many_fields_is_read_as_any_other(editing: Server) -> None:
    form = {"Content_Type": "application/x-www-form-urlencoded", "X_Forwarded_For": f"198.51.100.{next(HOSTS)}"}
    body = urllib.parse.urlencode({f"field{number}": "x" for number in range(20)} | {"password": PASSWORD})
    assert send(editing, "POST", "/edit/sign-in", body, **form)[0] == 303


def test_behind_a_proxy_with_https_the_cookie_is_secure_and_has_the_public_path(editing: Server) -> None:
    forwarded = {"X_Forwarded_Proto": "https", "X_Forwarded_Prefix": "/careers", "Host": "example.org"}
    status, headers, _ = sign_in(editing, **forwarded)
    assert status == 303
    assert {"Secure", "Path=/careers/edit"} <= set(headers["set-cookie"].split("; "))


@pytest.mark.parametrize("path", ["/edit/", "/edit/config", "/edit/theme.css", "/edit/assets/x.js"])
def test_nothing_is_shown_without_a_session(editing: Server, path: str) -> None:
    for cookie in ("", "chatbot_editor=1.2.3", "chatbot_editor=99999999999.x.", "chatbot_editor=\xff"):
        status, headers, body = send(editing, "GET", path, Cookie=cookie)
        assert status == (303 if path == "/edit/" else 401)
        assert "gradio" not in body
        if status == 303:
            assert headers["location"] == "sign-in"


def test_gestures_are_refused_before_their_body_is_read_and_there_is_no_upload(editing: Server) -> None:
    large = {"Content_Length": "5000000", "Content_Type": "application/json"}
    assert send(editing, "POST", "/edit/gradio_api/run/predict", **large)[0] == 401
    assert send(editing, "POST", "/edit/gradio_api/upload", **large)[0] == 404


@pytest.mark.parametrize(
    "path", ["queue/join", "queue/data", "file=/etc/passwd", "proxy=x", "component_server", "reset"]
)
def test_what_the_page_of_gradio_does_not_need_does_not_exist(editing: Server, path: str) -> None:
    cookie = sign_in(editing)[1]["set-cookie"].partition(";")[0]
    for method in ("GET", "POST"):
        assert send(editing, method, f"/edit/gradio_api/{path}", Cookie=cookie)[0] == 404


def test_signing_out_ends_the_session_for_whoever_kept_the_cookie(editing: Server) -> None:
    cookie = sign_in(editing)[1]["set-cookie"].partition(";")[0]
    assert send(editing, "GET", "/edit/config", Cookie=cookie)[0] != 401
    status, headers, _ = send(editing, "POST", "/edit/sign-out", Cookie=cookie)
    assert (status, headers["location"]) == (303, "sign-in")
    assert "Max-Age=0" in headers["set-cookie"]
    assert send(editing, "GET", "/edit/config", Cookie=cookie)[0] == 401


@pytest.mark.parametrize(
    "where",
    [
        {"Origin": "https://evil.example"},
        {"Origin": "https://evil.example.org"},
        {"Origin": "null"},
        {"Sec_Fetch_Site": "cross-site"},
        {"Sec_Fetch_Site": "same-site"},
        {"Origin": "https://chat.example.org", "Sec_Fetch_Site": "same-site"},
    ],
)
def test_a_page_of_another_site_can_do_nothing_even_with_the_cookie(editing: Server, where: dict[str, str]) -> None:
    here = {"Host": "chat.example.org", "X_Forwarded_Proto": "https"}
    cookie = sign_in(editing, **here)[1]["set-cookie"].partition(";")[0]
    assert sign_in(editing, **here, **where)[0] == 403
    for path in ("sign-out", "gradio_api/run/predict"):
        assert send(editing, "POST", f"/edit/{path}", "{}", Cookie=cookie, **here, **where)[0] == 403
    assert send(editing, "GET", "/edit/config", Cookie=cookie, **here)[0] != 401, "it was signed out all the same"


def test_no_password_is_asked_for_where_others_could_read_along(editing: Server) -> None:
    status, _, body = send(editing, "GET", "/edit/sign-in", Host="careers.example.org")
    assert status == 403
    assert "not encrypted" in body
    assert "<input" not in body
    status, headers, _ = sign_in(editing, Host="careers.example.org")
    assert (status, "set-cookie" in headers) == (403, False)
    cookie = sign_in(editing)[1]["set-cookie"].partition(";")[0]
    assert send(editing, "GET", "/edit/config", Cookie=cookie, Host="careers.example.org")[0] == 401


def test_the_page_cannot_be_framed_and_its_form_leads_nowhere_else(editing: Server) -> None:
    _, headers, body = send(editing, "GET", "/edit/sign-in")
    policy = headers["content-security-policy"]
    assert "frame-ancestors 'none'" in policy
    assert "form-action 'self'" in policy
    assert "script" not in body
    assert headers["cache-control"] == "no-store"


def test_guessing_is_stopped_for_one_address_and_not_for_another(editing: Server) -> None:
    guesser = {"X_Forwarded_For": "203.0.113.9"}
    tries = [sign_in(editing, f"guess number {n}", **guesser) for n in range(12)]
    assert [status for status, _, _ in tries] == [401] * 10 + [429] * 2
    assert "This is not the password." in tries[0][2]
    assert 0 < int(tries[-1][1]["retry-after"]) <= 60
    assert sign_in(editing, **guesser)[0] == 429
    assert sign_in(editing, X_Forwarded_For="203.0.113.10")[0] == 303


def test_right_passwords_are_no_tries(editing: Server) -> None:
    office = {"X_Forwarded_For": "203.0.113.20"}
    assert [sign_in(editing, **office)[0] for _ in range(12)] == [303] * 12
    assert sign_in(editing, "wrong", **office)[0] == 401


def test_tries_from_many_addresses_are_stopped_and_keep_nobody_else_waiting(served_folder: Path) -> None:
    server = start_server(served_folder, CHATBOT_EDITOR__PASSWORD=PASSWORD)
    try:
        with ThreadPoolExecutor(80) as guessers:
            guesses = [guessers.submit(sign_in, server, f"guess number {n}") for n in range(80)]
            waited = []
            while not all(guess.done() for guess in guesses) or not waited:
                began = time.monotonic()
                assert send(server, "GET", "/articles")[0] == 200
                waited.append(time.monotonic() - began)
        assert max(waited) < 5
        assert {guess.result()[0] for guess in guesses} <= {401, 503}
    finally:
        server.stop()


def test_one_is_hashed_a_few_wait_and_the_others_are_told_to_come_again() -> None:
    hashing, go_on = [], threading.Event()

    class Slow(Sessions):
        def knows(self, password: str) -> bool:
            hashing.append(password)
            return go_on.wait(30) and super().knows(password)

    app = FastAPI()
    app.include_router(routes(Slow(ON), PageSettings()))

    async def many() -> list[httpx.Response]:
        answers: list[httpx.Response] = []
        transport = httpx.ASGITransport(app, client=("127.0.0.1", 1))
        async with httpx.AsyncClient(transport=transport, base_url="http://127.0.0.1") as client:

            async def guess() -> None:
                answers.append(await client.post("/edit/sign-in", data={"password": "a guess"}))
                if len(answers) == 20 - 1 - MOST_WAITING:
                    go_on.set()

            async with anyio.create_task_group() as guesses:
                for _ in range(20):
                    guesses.start_soon(guess)
            answers.append(await client.post("/edit/sign-in", data={"password": "a guess"}))
        return answers

    *answers, later = anyio.run(many)
    assert [answer.status_code for answer in answers] == [503] * (20 - 1 - MOST_WAITING) + [401] * (1 + MOST_WAITING)
    assert later.status_code == 401, "the door did not open again"
    assert len(hashing) == 1 + MOST_WAITING + 1
    assert answers[0].headers["retry-after"] == "5"
    assert "Try again in a few seconds." in answers[0].text


def test_all_addresses_together_have_so_many_tries() -> None:
    tries = Tries()
    most = ALL_ATTEMPTS.questions
    for _ in range(3):
        assert tries.take("editor") == (0, "")
        tries.give_back("editor")
    assert [tries.take(str(number))[0] for number in range(most)] == [0] * most
    wait, told = tries.take("editor")
    assert (0 < wait <= 6, told) == (True, "Too many attempts. Try again in {time}.")
    assert [tries.take("0")[0] > 0 for _ in range(20)] == [True] * 20
    assert tries._of_address.take("editor", ATTEMPTS.questions) == 0, "a try that was not let through was counted"


def test_only_the_password_is_known() -> None:
    sessions = Sessions(ON)
    assert sessions.knows(PASSWORD)
    assert not any(map(sessions.knows, ("", PASSWORD + " ", PASSWORD.upper(), HASH, "\0", "é" * 5000)))


def test_a_session_counts_only_unaltered_in_time_and_in_its_own_process(monkeypatch: pytest.MonkeyPatch) -> None:
    sessions = Sessions(ON)
    cookie = sessions.start()
    assert sessions.holds(cookie)
    assert not Sessions(ON).holds(cookie)
    until, nonce, signature = cookie.split(".")
    for forged in (f"{int(until) + 1}.{nonce}.{signature}", f"{until}.{nonce}x.{signature}", f"{until}.{nonce}.", ""):
        assert not sessions.holds(forged)
    monkeypatch.setattr("chatbot.serving.middleware.sessions.time.time", lambda: int(until) - 0.5)
    assert sessions.holds(cookie)
    monkeypatch.setattr("chatbot.serving.middleware.sessions.time.time", lambda: int(until))
    assert not sessions.holds(cookie)


def test_a_session_that_was_ended_stays_ended_while_others_end(monkeypatch: pytest.MonkeyPatch) -> None:
    sessions = Sessions(ON)
    first, second, kept = (sessions.start() for _ in range(3))
    sessions.end(first)
    sessions.end(second)
    assert [sessions.holds(cookie) for cookie in (first, second, kept)] == [False, False, True]
    for forged in ("1.x.y", f"{kept}x", ""):
        sessions.end(forged)
    assert len(sessions._ended) == 2, "what is no session is not remembered"
    until = int(first.partition(".")[0])
    monkeypatch.setattr("chatbot.serving.middleware.sessions.time.time", lambda: until)
    assert not any(map(sessions.holds, (first, second, kept)))


@pytest.mark.index
def test_the_command_prints_a_hash_that_opens_the_page(tmp_path: Path) -> None:
    command = [*COMMAND, "password", "--print"]
    done = subprocess.run(command, input=f"{PASSWORD}\n{PASSWORD}\n", capture_output=True, text=True, timeout=120)
    assert (done.returncode, "Password" in done.stderr) == (0, True)
    # As 'chatbot password --print > chatbot.toml' does.
    (tmp_path / "chatbot.toml").write_text(done.stdout)
    assert Sessions(load_settings(tmp_path / "chatbot.toml").editor).knows(PASSWORD)
    for wrong in ("short", "x" * 1001):  # of which only the first thousand would be compared
        refused = subprocess.run(command, input=f"{wrong}\n{wrong}\n", capture_output=True, text=True, timeout=120)
        assert refused.returncode == 1
        assert f"the password has {len(wrong)} characters; choose one of 10 to 1000" in refused.stderr


def test_a_password_never_shows_in_the_file_or_in_an_error(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "chatbot.toml").write_text(f'[editor]\npassword = "{PASSWORD}"\n')
    with pytest.raises(SettingsError, match="readable in the file"):
        load_settings(tmp_path / "chatbot.toml")
    monkeypatch.chdir(tmp_path / "..")
    monkeypatch.setenv("CHATBOT_EDITOR__PASSWORD", "secret")
    with pytest.raises(SettingsError, match=r"editor\.password") as refused:
        load_settings()
    assert "secret" not in str(refused.value)
    monkeypatch.setenv("CHATBOT_EDITOR__PASSWORD", PASSWORD)
    monkeypatch.setenv("CHATBOT_EDITOR__PASSWORD_HASH", HASH)
    with pytest.raises(SettingsError, match="both set") as refused:
        load_settings()
    assert PASSWORD not in str(refused.value)
    monkeypatch.delenv("CHATBOT_EDITOR__PASSWORD_HASH")
    assert PASSWORD not in repr(load_settings())
