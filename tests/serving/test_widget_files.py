"""What is served for sites: the widget's files, the playground, and the command that prints the tag."""

from __future__ import annotations

import json
import re
import subprocess
from pathlib import Path

import pytest
from playwright.sync_api import Browser, expect

from chatbot.serving.web.languages import LANGUAGES
from chatbot.serving.widget import packed, parts_version, version
from tests.support.host_site import accessible
from tests.support.places import ARTEFACTS, PACKAGE
from tests.support.server import COMMAND, Server
from tests.support.serving_corpus import QUESTION

WIDGET = PACKAGE / "serving" / "web" / "static" / "widget.js"


def test_the_file_may_be_loaded_by_any_page_and_kept_where_its_version_is_named(chatbot: Server) -> None:
    status, headers, _ = chatbot.get("/widget.js", {"Origin": "https://anywhere.example"})
    assert (status, headers["content-type"]) == (200, "text/javascript; charset=utf-8")
    assert headers["access-control-allow-origin"] == "*"
    assert headers["cross-origin-resource-policy"] == "cross-origin"
    assert headers["cache-control"] == "public, max-age=600, stale-while-revalidate=86400"
    pinned = chatbot.get(f"/widget.js?v={version()}")[1]
    assert pinned["cache-control"] == "public, max-age=31536000, immutable"
    assert "immutable" not in chatbot.get("/widget.js?v=older")[1]["cache-control"]
    assert chatbot.get("/widget.js", {"If-None-Match": headers["etag"]})[0] == 304
    status, parts, _ = chatbot.get(
        f"/widget-parts.js?v={parts_version()}&try=1", {"Origin": "https://anywhere.example"}
    )
    assert (status, parts["access-control-allow-origin"]) == (200, "*")
    assert (parts["cache-control"], parts["content-type"]) == (pinned["cache-control"], headers["content-type"])
    assert chatbot.get("/widget-parts.js")[1]["cache-control"] == headers["cache-control"]
    assert (
        chatbot.get("/widget/es.json", {"Origin": "https://anywhere.example"})[1]["access-control-allow-origin"] == "*"
    )
    for unknown in ("xx", "en"):
        status, headers, body = chatbot.get(f"/widget/{unknown}.json")
        assert (status, headers["content-type"]) == (404, "application/problem+json")
        assert json.loads(body)["detail"] == f"there is nothing at /widget/{unknown}.json"


def test_what_is_sent_is_the_file_without_what_only_its_readers_need(chatbot: Server) -> None:
    sent = chatbot.get("/widget.js")[2]
    ours = packed(WIDGET.read_text(encoding="utf-8")).replace("$PARTS", parts_version())
    before, after = ours.split("$LANGUAGES")
    assert sent.startswith(before)
    assert sent.endswith(after)
    assert len(sent) < 0.9 * WIDGET.stat().st_size


def test_packing_changes_nothing_that_a_script_says() -> None:
    source = """/* What it is. */
    class A {
      // Why it is.
      #colour = "#fff, #colour  of   { a }";
      say(text = `two  words, ${ text }`) { return text.replace(/ , [/ ]{2}/g, ", ") || (this.#colour === '  '); }
      #say() { return 4 / 2 / this.#colour - -1; }
    }
    """
    assert packed(source) == (
        """class A{#a="#fff, #colour  of   { a }";"""
        """say(text=`two  words, ${ text }`){return text.replace(/ , [/ ]{2}/g,", ")||(this.#a==='  ')}"""
        """#say(){return 4 / 2 / this.#a - -1}}"""
    )


@pytest.mark.parametrize("code", LANGUAGES)
def test_the_words_of_the_widget_come_from_the_catalogues(code: str, chatbot: Server) -> None:
    launchers = json.loads(re.findall(r"const LANGUAGES=(.*?});", chatbot.get("/widget.js")[2])[0])
    assert list(launchers) == list(LANGUAGES)
    words = LANGUAGES[code].widget
    assert launchers[code] == [
        words["Ask a question"],
        LANGUAGES[code].direction,
        words["The chatbot cannot be reached."],
    ]
    status, headers, sent = chatbot.get(f"/widget/{code}.json")
    if code == "en":
        assert status == 404  # the script speaks English by itself
        return
    assert (status, json.loads(sent)) == (200, words)
    assert headers["cache-control"] == "public, max-age=600, stale-while-revalidate=86400"
    assert chatbot.get(f"/widget/{code}.json", {"If-None-Match": headers["etag"]})[0] == 304


def test_the_playground_writes_code_and_shows_it_live(browser: Browser, server: Server) -> None:
    context = browser.new_context(viewport={"width": 1280, "height": 800})
    page = context.new_page()
    errors: list[str] = []
    page.on("pageerror", lambda error: errors.append(str(error)))
    page.on("console", lambda said: errors.append(said.text) if said.type == "error" else None)
    page.goto(f"{server.url}/embed")
    live = page.frame_locator("#preview")
    launcher = live.get_by_role("button", name="Ask a question")
    expect(launcher).to_have_attribute("aria-expanded", "false")  # as "At first: Closed" says
    expect(launcher).to_be_in_viewport(ratio=1)
    launcher.click()
    live.get_by_role("dialog", name="Career chatbot").wait_for()
    accessible(page)
    page.get_by_label("Title").fill('Ask "Jo" <b>')
    live.get_by_role("dialog", name='Ask "Jo" <b>').wait_for()
    page.get_by_label("Whom to ask instead").scroll_into_view_if_needed()
    expect(live.get_by_label("Your question")).to_be_in_viewport(ratio=1)
    page.get_by_label("Width and height").fill("360x500")
    page.get_by_label("Header").select_option("In the colour")
    page.get_by_label("Opened by").select_option("k")
    page.get_by_label("Page whose article comes first").fill("https://example.org/pay")
    page.get_by_label("Element to show it in").fill("#chat")
    page.get_by_label("At first").select_option("Open")
    page.get_by_label("Address of your site").fill("Example.org/about")
    code = page.locator("#code")
    expect(code).to_contain_text('data-open="yes"')
    live.get_by_role("dialog", name='Ask "Jo" <b>').wait_for()
    assert 'data-title="Ask &quot;Jo&quot; &lt;b&gt;"' in code.inner_text()
    for said in (
        'size="360x500',
        'header="accent',
        'key="k',
        'page="https://example.org/pay',
        'target="#chat',
        'open="yes',
    ):
        assert f'data-{said}"' in code.inner_text()
    assert page.locator("#settings").inner_text() == '[[sites]]\norigins = ["https://example.org"]'
    for kind, sign in (
        ("React", "useEffect"),
        ("WordPress", f'Address: {server.url}/\nTitle: Ask "Jo" <b>'),
        ("Docusaurus", "scripts: ["),
        ("MkDocs", "super()"),
    ):
        page.get_by_text(kind, exact=True).click()
        assert sign in code.inner_text()
    expect(page.locator("#obstacle")).to_contain_text("127.0.0.1 is this machine alone")
    live.get_by_label("Your question").fill(QUESTION)
    live.get_by_label("Your question").press("Enter")
    live.locator(".card").first.wait_for()
    ARTEFACTS.mkdir(exist_ok=True)
    page.screenshot(path=ARTEFACTS / "widget-playground.png", full_page=True)
    context.close()
    assert errors == []


def test_the_playground_says_that_https_needs_a_chatbot_over_https(browser: Browser, server: Server) -> None:
    page = browser.new_page()
    page.goto(f"{server.url.replace('127.0.0.1', 'chat.localhost')}/embed")
    expect(page.locator("#obstacle")).to_be_hidden()
    page.get_by_label("Address of your site").fill("https://example.org")
    expect(page.locator("#obstacle")).to_contain_text("serve it over https")
    page.get_by_label("Address of your site").fill("http://example.org")
    expect(page.locator("#obstacle")).to_be_hidden()
    page.close()


@pytest.mark.index
def test_the_command_prints_the_tag_and_the_lines_of_the_settings(tmp_path: Path) -> None:
    def run(*options: str) -> str:
        return subprocess.run(
            [*COMMAND, "embed", *options], capture_output=True, text=True, check=True, cwd=tmp_path
        ).stdout

    assert run("--url", "https://chat.example.org/careers/", "--site", "Example.org/about", "--title", 'A "b"') == (
        '<script src="https://chat.example.org/careers/widget.js" data-title="A &quot;b&quot;" async></script>\n'
        '<noscript><a href="https://chat.example.org/careers/chat/">Ask a question</a></noscript>\n'
        '[[sites]]\norigins = ["https://example.org"]\n'
    )
    (tmp_path / "chatbot.toml").write_text('[[sites]]\norigins = ["https://example.org"]\nlanguage = "de"\n')
    assert 'data-language="de" async' in run("--site", "https://example.org")


@pytest.mark.index
@pytest.mark.parametrize(
    ("options", "code", "said"),
    [
        (("--url", "chat.example.org"), 1, "'chat.example.org' is no address of a chatbot"),
        (("--language", "xx"), 2, f"none of {', '.join(LANGUAGES)}"),
    ],
)
def test_the_command_refuses_what_would_not_work_on_a_site(
    options: tuple[str, str], code: int, said: str, tmp_path: Path
) -> None:
    done = subprocess.run([*COMMAND, "embed", *options], capture_output=True, text=True, cwd=tmp_path)
    assert (done.returncode, done.stdout, said in done.stderr) == (code, "", True)
