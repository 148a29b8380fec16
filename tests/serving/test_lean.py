"""`chatbot serve --lean`: an export's answers over HTTP, from a process that never loads the model or its libraries."""

from __future__ import annotations

import json
import os
import shutil
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser

from chatbot.answering.answerer import Answerer
from chatbot.answering.chatbot import static_answerer
from chatbot.answering.static.part import StaticPart, place_of
from chatbot.errors import SettingsError
from chatbot.indexing.generation.local_index import LocalIndex
from chatbot.indexing.generation.manifest import FORMAT, MANIFEST
from chatbot.indexing.generation.publication import current
from chatbot.records import Filters, to_json
from chatbot.settings import Settings
from tests.support import copies
from tests.support.host_site import ask
from tests.support.manifests import alter
from tests.support.milvus import free_port
from tests.support.places import ARTEFACTS
from tests.support.server import COMMAND, Server, build, start_server
from tests.support.waiting import eventually

HEAVY = ("gradio", "onnxruntime", "torch", "sentence_transformers", "scipy", "faiss", "transformers", "tokenizers")
QUESTIONS = (
    "How do I explain a gap in my CV?",
    "How long should a CV be?",
    "what to say about my salary",
    "wage expectaions",
    "a CV or a letter?",
    "hello!",
    "I want to die",
    "Was verdient man als Köchin?",
    "how do I bake bread",
    "machinelearning job",
    "what is xyzzyplugh",
    "remote work, is it for me",
    "C++?",
)
# The server itself, and beside it a thread that asks over the socket and then says what was loaded.
PROGRAM = """
import json, os, signal, sys, threading, time, urllib.request
port, questions, heavy = sys.argv[1], json.loads(sys.argv[2]), json.loads(sys.argv[3])

def send(path, body=None):
    data = body and json.dumps(body).encode()
    request = urllib.request.Request(f"http://127.0.0.1:{port}{path}", data, {"Content-Type": "application/json"})
    with urllib.request.urlopen(request, timeout=60) as answer:
        return answer.read().decode()

def visit():
    answers = None
    for _ in range(600):
        try:
            send("/readyz")
            break
        except OSError:
            time.sleep(.1)
    answers = [json.loads(send("/api/ask", {"question": question})) for question in questions]
    for path in ("/chat/", "/articles", "/llms.txt", "/feed.xml", "/metrics", "/api/site", "/widget.js", "/embed"):
        assert send(path), path
    loaded = sorted({name.partition(".")[0] for name in sys.modules} & set(heavy))
    print(json.dumps({"answers": answers, "loaded": loaded}), flush=True)
    os.kill(os.getpid(), signal.SIGTERM)

threading.Thread(target=visit, daemon=True).start()
sys.argv[1:] = ["serve", "--lean", "--port", port]
from chatbot.cli import main
main()
"""


@pytest.fixture(scope="module")
def lean(served_folder: Path) -> Iterator[Server]:
    """A lean server whose settings have a password for editors."""
    variables = {"CHATBOT_SERVER__LEAN": "true", "CHATBOT_EDITOR__PASSWORD": "correct horse"}
    running = start_server(served_folder, **variables)
    running.wait_until_ready()
    yield running
    running.stop()


def reference(folder: Path) -> tuple[LocalIndex, Answerer]:
    """What answers in Python with the numbers of an export of what is published."""
    settings = Settings(corpus_dir=folder / "corpus", index_dir=folder / "index")
    index = LocalIndex.open(settings.index_dir / current(settings.index_dir))
    return index, static_answerer(StaticPart.read(settings.index_dir, index.generation).over(index), settings)


def test_it_answers_as_an_export_and_loads_nothing_heavy(served_folder: Path) -> None:
    places = {name: str(served_folder / name.lower()) for name in ("CORPUS", "INDEX")}
    variables = {f"CHATBOT_{name}_DIR": place for name, place in places.items()} | {"CHATBOT_SERVER__RATE": ""}
    given = [str(free_port()), json.dumps(QUESTIONS), json.dumps(HEAVY)]
    done = subprocess.run(
        [sys.executable, "-c", PROGRAM, *given],
        env={**os.environ, **variables},
        cwd=served_folder,
        capture_output=True,
        text=True,
        check=False,
        timeout=300,
    )
    assert done.returncode == 0, done.stderr
    said: dict[str, Any] = json.loads(done.stdout.strip().splitlines()[-1])
    assert said["loaded"] == []
    index, answerer = reference(served_folder)
    with closing(index):
        for question, found in zip(QUESTIONS, said["answers"], strict=True):
            wanted = to_json(answerer.ask(question, 5, (), Filters()))
            for answer in (found, wanted):
                answer.pop("took_ms")
            assert found == json.loads(json.dumps(wanted)), question
    verdicts = {answer["verdict"] for answer in said["answers"]}
    assert verdicts == {"answered", "uncertain", "not_covered"}


def test_editors_are_told_where_to_work(lean: Server) -> None:
    status, _, page = lean.get("/edit", {"Accept": "text/html"})
    assert status == 403
    assert "editors work where &#39;chatbot serve&#39; runs without --lean" in page
    assert lean.post("/edit/sign-in", b"password=correct+horse")[0] == 403


def test_what_is_gradios_is_not_there(lean: Server) -> None:
    assert [lean.get(path)[0] for path in ("/chat/config", "/chat/theme.css")] == [404, 404]
    assert lean.post("/chat/talk", {})[0] in {404, 405}


def test_the_page_may_load_its_own_alone(lean: Server) -> None:
    status, headers, page = lean.get("/chat/", {"Accept-Language": "de"})
    policy = headers["content-security-policy"]
    assert (status, headers["content-language"]) == (200, "de")
    assert "default-src 'none'; script-src 'self'; style-src 'self' 'sha256-" in policy
    assert "frame-ancestors 'self'" in policy
    assert "unsafe" not in policy
    assert "data-static" not in page


def test_a_conversation_in_a_browser(lean: Server, browser: Browser) -> None:
    for name, options in {
        "desk": {"viewport": {"width": 1280, "height": 800}},
        "phone": {"viewport": {"width": 390, "height": 844}, "color_scheme": "dark"},
    }.items():
        context = browser.new_context(**options)  # type: ignore[arg-type]
        page = context.new_page()
        page.set_default_timeout(30_000)
        troubles: list[str] = []
        page.on("pageerror", lambda error, seen=troubles: seen.append(str(error)))
        page.on("console", lambda said, seen=troubles: seen.append(said.text) if said.type == "error" else None)
        page.goto(f"{lean.url}/chat/?q=How+long+should+a+CV+be%3F&lang=en")
        widget = page.locator("career-chatbot")
        widget.locator(".card").first.wait_for()
        assert page.url == f"{lean.url}/chat/?lang=en"
        ask(widget, "and a letter?").locator(".card").first.wait_for()
        page.screenshot(path=ARTEFACTS / f"lean-{name}.png")
        assert widget.get_by_role("link", name="Open the full chat").count() == 0
        assert troubles == []
        context.close()


def test_what_is_published_next_is_followed_once_it_can_be(served_folder: Path, tmp_path: Path) -> None:
    folder = tmp_path / "site"
    copies.copy(served_folder, folder)
    running = start_server(folder, tmp_path / "log", CHATBOT_SERVER__LEAN="true")
    try:
        running.wait_until_ready()
        before = current(folder / "index")
        (folder / "corpus" / "giraffes.md").write_text("# Giraffes\n\nA giraffe keeper measures giraffes at noon.")
        build(folder)
        after = current(folder / "index")
        assert after != before
        assert json.loads(running.get("/readyz")[2])["generation"] == before
        assert f"keeping generation {before}" in (tmp_path / "log").read_text()
        build(folder, "--lean")
        eventually(lambda: json.loads(running.get("/readyz")[2])["generation"] == after, 20)
        answer = json.loads(running.post("/api/ask", {"question": "who measures giraffes"})[2])
        assert answer["hits"][0]["passage"]["article_id"] == "giraffes"
    finally:
        running.stop()


def without_the_model(folder: Path) -> str:
    """What a lean server says that ends at once."""
    places = {"CHATBOT_INDEX_DIR": str(folder / "index"), "CHATBOT_MODEL": str(folder / "gone")}
    done = subprocess.run(
        [*COMMAND, "serve", "--lean", "--port", "0"],
        env={**os.environ, **places},
        capture_output=True,
        text=True,
        check=False,
        timeout=300,
    )
    assert done.returncode == 1
    assert "Traceback" not in done.stderr
    return done.stderr


def test_without_the_model_it_says_what_to_run_where(served_folder: Path, tmp_path: Path) -> None:
    copies.copy(served_folder, tmp_path / "site")
    shutil.rmtree(tmp_path / "site" / "index" / "static", ignore_errors=True)
    said = without_the_model(tmp_path / "site")
    assert "run 'chatbot build --lean' where the model is, and bring the index folder here" in said


def test_an_index_of_another_version_is_made_anew_where_the_model_is(served_folder: Path, tmp_path: Path) -> None:
    folder = tmp_path / "site"
    copies.copy(served_folder, folder)
    generation = current(folder / "index")
    alter(folder / "index" / generation, format=FORMAT - 1)
    said = without_the_model(folder).splitlines()[-1]
    differs = f"it has format {FORMAT - 1}, this version reads {FORMAT}; run 'chatbot build --lean' where the model is"
    assert said.startswith(f"chatbot: generation {generation} cannot answer without the model: {differs}")
    running = start_server(folder, CHATBOT_SERVER__LEAN="true")
    try:
        running.wait_until_ready()
        assert json.loads((folder / "index" / generation / MANIFEST).read_text())["format"] == FORMAT
    finally:
        running.stop()


@pytest.mark.index
@pytest.mark.skipif(not Path("/proc/self/task").exists(), reason="Linux has it")
def test_what_makes_it_ready_ends_with_it(tmp_path: Path) -> None:
    (tmp_path / "corpus").mkdir()
    (tmp_path / "corpus" / "pay.md").write_text("# Pay\n\nAsk for better pay before you sign.\n")
    command = [*COMMAND, "serve", "--lean", "--port", "0"]
    with subprocess.Popen(command, cwd=tmp_path, stderr=subprocess.PIPE, text=True) as process:
        assert process.stderr
        assert "it is made now" in process.stderr.readline()
        own = Path(f"/proc/{process.pid}/task/{process.pid}/children")
        eventually(lambda: len(own.read_text().split()) == 2)  # what builds, and what Python starts beside it
        beside = [Path("/proc", number) for number in own.read_text().split()]
        process.terminate()
        assert process.wait(30) == 128 + signal.SIGTERM
        eventually(lambda: not any(each.exists() for each in beside), 20)


@pytest.mark.index
def test_a_lean_server_builds_nothing(tmp_path: Path) -> None:
    command = [*COMMAND, "serve", "--lean", "--watch"]
    done = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, check=False, timeout=60)
    assert done.returncode == 2
    assert "a lean server builds nothing" in done.stderr


def test_milvus_has_no_place_beside_it() -> None:
    with pytest.raises((SettingsError, ValueError), match="a lean server reads files of its own"):
        Settings(index={"store": "milvus"}, server={"lean": True})  # type: ignore[arg-type]
    assert place_of(Path("index"), "0" * 16) == Path(f"index/static/{'0' * 16}.npz")
