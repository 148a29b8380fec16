"""The pages of docs/ are a site that holds together, and every command, setting and block on them exists."""

from __future__ import annotations

import ast
import json
import re
import shlex
import shutil
import subprocess
import sys
import tomllib
from collections.abc import Callable
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import pytest
import yaml
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser
from typer.main import get_command

from chatbot.cli import app
from chatbot.serving.middleware.sessions import COOKIE
from chatbot.settings import Settings, load_settings
from tests.support.exported_site import FileHost
from tests.support.node import NODE
from tests.support.places import ROOT
from tests.support.settings_page import PAGE as SETTINGS_PAGE
from tests.support.settings_page import page as settings_page

DOCS = ROOT / "docs"
PAGES = [ROOT / "README.md", *sorted(DOCS.glob("*.md"))]
TEXTS = {page.name: page.read_text(encoding="utf-8") for page in PAGES}
_BLOCK = re.compile(r"^```(\w*)\n(.*?)^```$", re.M | re.S)
BLOCKS = [(name, language, text) for name, page in TEXTS.items() for language, text in _BLOCK.findall(page)]
# Run as a whole by tests/test_walkthroughs.py, and by tests/operating/test_distributions.py.
WALKED = ("start.md", "cookbook.md", "installing.md")
# What is no block of a language: drawings, and what is said of a file or a table of another program.
DRAWN = {"": ("architecture.md", "tree.md"), "text": (*WALKED, "widget.md")}
COMMANDS = get_command(app).commands  # type: ignore[attr-defined]


def built(source: Path, out: Path) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "sphinx", "--fail-on-warning", "--keep-going", "--quiet"]
    return subprocess.run([*command, str(source), str(out)], capture_output=True, text=True, timeout=300)


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The pages as a site, as `make docs` makes it."""
    out = tmp_path_factory.mktemp("site")
    done = built(DOCS, out)
    assert done.returncode == 0, done.stderr
    return out


class Asked(HTMLParser):
    """The addresses that a browser fetches by itself when it shows a page."""

    def __init__(self) -> None:
        super().__init__()
        self.addresses: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        said = dict(attrs)
        fetched = tag != "a" and not (tag == "link" and said.get("rel") not in ("stylesheet", "icon", "preload"))
        self.addresses += [said[name] or "" for name in ("src", "href") if name in said and fetched]


def test_the_site_asks_no_other_server(site: Path) -> None:
    pages = [*site.glob("*.html")]
    assert {path.stem for path in pages} >= {Path(name).stem for name in TEXTS if name != "README.md"}
    for page in pages:
        asked = Asked()
        asked.feed(page.read_text(encoding="utf-8"))
        assert len(asked.addresses) > 5
        assert [one for one in asked.addresses if re.match(r"(\w+:)?//", one)] == [], page.name
    styles = [path.read_text(encoding="utf-8") for path in site.rglob("*.css")]
    assert [found for text in styles for found in re.findall(r"(?:@import|url\()[^;)]*//[^;)]*", text)] == []


def test_the_site_is_searched_without_a_server(site: Path) -> None:
    index = (site / "searchindex.js").read_text(encoding="utf-8")
    assert index.startswith("Search.setIndex(")
    assert '"notic"' in index or "notic:" in index


def test_every_page_is_in_the_navigation_of_its_readers(site: Path) -> None:
    text = (site / "index.html").read_text(encoding="utf-8")
    (navigation,) = re.findall(r'<div class="sidebar-tree">(.+?)</div>', text, re.S)
    captions = re.findall(r'<span class="caption-text">(.+?)</span>', navigation)
    assert captions == re.findall(r"^## (.+)$", TEXTS["index.md"], re.M)
    linked = set(re.findall(r'href="(\w[\w-]*)\.html"', navigation))
    assert linked == {Path(name).stem for name in TEXTS} - {"README", "index"}


def test_what_leads_nowhere_and_what_nobody_is_led_to_fails(tmp_path: Path) -> None:
    shutil.copytree(DOCS, tmp_path / "docs", ignore=lambda _, names: {one for one in names if one.endswith(".png")})
    (tmp_path / "docs" / "index.md").write_text(
        "# Start\n\n## Readers\n\n- [Scale](scale.md): a\n- [Gone](gone.md): b\n\n[Nowhere](scale.md#nowhere-at-all)\n"
    )
    for page in tmp_path.glob("docs/*.md"):
        if page.stem not in ("index", "scale", "widget"):
            page.unlink()
    (tmp_path / "docs" / "scale.md").write_text("# Scale\n\n[Missing](missing.md)\n")
    (tmp_path / "docs" / "widget.md").write_text("# Widget\n")
    done = built(tmp_path / "docs", tmp_path / "out")
    assert done.returncode != 0
    for fault in ("gone", "nowhere-at-all", "missing.md", "widget.md: WARNING: document isn't included in any toctree"):
        assert fault in done.stderr, fault


@pytest.mark.parametrize("page", sorted(ROOT.glob("*.md")), ids=lambda page: page.name)
def test_links_of_the_pages_beside_the_code_lead_somewhere(page: Path) -> None:
    """Sphinx reads those of docs/ alone."""
    text = re.sub(r"```.*?```|`[^`\n]*`", "", page.read_text(encoding="utf-8"), flags=re.S)
    for name, anchor in re.findall(r"\]\((?!\w+:)([^)#\s]*)#?([^)\s]*)\)", text):
        place = ROOT / name if name else page
        assert place.exists(), name
        if anchor:
            heads = re.findall(r"^#+ (.+)$", place.read_text(encoding="utf-8"), re.M)
            assert anchor in {re.sub(r"[^\w -]", "", head.lower()).replace(" ", "-") for head in heads}, name


ANY_SCHEME = ("index", "cookbook")  # what frames every page, and code of every language
ONE_SCHEME = ("settings", "troubleshooting", "widget", "retrieval", "search")


@pytest.mark.parametrize(
    ("scheme", "width", "names"),
    [
        ("light", 1280, ANY_SCHEME + ONE_SCHEME),
        ("dark", 390, ANY_SCHEME + ONE_SCHEME),
        ("light", 390, ANY_SCHEME),
        ("dark", 1280, ANY_SCHEME),
    ],
)
def test_the_site_has_no_flaw_in_its_accessibility(
    site: Path, browser: Browser, scheme: Any, width: int, names: tuple[str, ...]
) -> None:
    host = FileHost(site)
    flaws = []
    page = browser.new_page(color_scheme=scheme, viewport={"width": width, "height": 844})
    for name in names:
        page.goto(f"{host.url}{name}.html")
        flaws += [(name, one["id"]) for one in Axe().run(page).response["violations"]]
        assert page.evaluate("(scrollTo(200, 0), scrollX)") == 0, f"{name} is wider than its window"
    page.close()
    host.close()
    assert flaws == []


def test_a_word_is_found_in_the_browser(site: Path, browser: Browser) -> None:
    host = FileHost(site)
    page = browser.new_page()
    page.goto(f"{host.url}search.html?q=notice")
    page.locator("#search-results a", has_text="A privacy notice to copy").wait_for()
    page.close()
    host.close()


def test_the_page_of_settings_is_made_from_the_code() -> None:
    assert SETTINGS_PAGE.read_text(encoding="utf-8") == settings_page(), "run 'python -m tests.support.settings_page'"


def test_every_setting_has_its_line() -> None:
    lines = re.findall(r"^\| `(\w+)`.+\| (.+?) \|$", TEXTS["settings.md"], re.M)
    tables = [field.default for field in Settings.model_fields.values() if hasattr(field.default, "model_fields_set")]
    top = [name for name, field in Settings.model_fields.items() if field.default not in tables and name != "sites"]
    assert [name for name, _ in lines[: len(top)]] == top
    assert {name for name, _ in lines} >= {name for table in tables for name in type(table).model_fields}
    assert [name for name, said in lines if not re.fullmatch(r"\S.*\.", said)] == []


def test_the_privacy_notice_says_what_the_code_does() -> None:
    notice, settings = " ".join(TEXTS["privacy.md"].replace("\n> ", " ").split()), Settings()
    said = re.findall(r"last (\d+) different questions|for (\d+) days", notice)
    assert said == [(str(settings.answers.remembered), "")] + [("", str(settings.journal.keep_days))] * 2
    assert "for an hour after its last question" in notice
    assert "SESSION_SECONDS = 3600" in (ROOT / "chatbot/serving/chat/page.py").read_text(encoding="utf-8")
    assert f"`{COOKIE}`" in notice
    assert settings.journal.questions is False


# --- blocks


def is_understood(line: str) -> None:
    """Whether chatbot has this command with these options; nothing is done."""
    name, *given = shlex.split(line)
    assert name in COMMANDS, name
    COMMANDS[name].make_context(name, given)


def is_a_target(line: str) -> None:
    targets = set(re.findall(r"^([a-z]+):", (ROOT / "Makefile").read_text(encoding="utf-8"), re.M))
    assert set(shlex.split(line)) <= targets


def is_an_address(line: str) -> None:
    assert re.search(r"http://127\.0\.0\.1:7860/\w", line)


def installs_an_extra(line: str) -> None:
    extras = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]["optional-dependencies"]
    (extra,) = re.fullmatch(r"install '?career-chatbot\[(\w+)\]'?", line).groups()  # type: ignore[union-attr]
    assert extra in extras


def is_a_module(line: str) -> None:
    module = line.split()[1]
    assert module == "http.server" or (ROOT / (module.replace(".", "/") + ".py")).exists(), module


def runs_elsewhere(_: str) -> None:
    """What is beside these commands is held against the programs' own schemas in tests/operating."""


PROGRAMS: dict[str, Callable[[str], None]] = {
    "chatbot": is_understood,
    ".venv/bin/chatbot": is_understood,
    "make": is_a_target,
    "curl": is_an_address,
    "pip": installs_an_extra,
    "python": is_a_module,
    "docker": runs_elsewhere,
    "kubectl": runs_elsewhere,
    "helm": runs_elsewhere,
    "git": runs_elsewhere,
    "cp": runs_elsewhere,
}


def command_is_known(line: str) -> None:
    line = re.sub(r"\s+# .*$", "", line)
    while re.match(r"[A-Z_]+=\S+ ", line):
        variable, line = line.split(" ", 1)
        assert variable.partition("=")[0] in TEXTS["settings.md"]
    program, _, rest = line.partition(" ")
    PROGRAMS[program](rest)


def console(text: str, _: Path) -> None:
    lines = [line.removeprefix("$ ") for line in text.splitlines() if line.startswith(("$ ", "curl "))]
    assert lines
    for line in lines:
        command_is_known(line)


def settings(text: str, folder: Path) -> None:
    (folder / "chatbot.toml").write_text(text, encoding="utf-8")
    load_settings(folder / "chatbot.toml")


def variables(text: str, _: Path) -> None:
    for name in re.findall(r"^(CHATBOT_\w+)=", text, re.M):
        assert name == "CHATBOT_CONFIG" or f"`{name}`" in TEXTS["settings.md"], name


def page_of_html(text: str, _: Path) -> None:
    known = set(re.findall(r"^\| `(data-[a-z-]+)`", TEXTS["widget.md"] + TEXTS["static.md"], re.M))
    assert set(re.findall(r"\s(data-[a-z-]+)", text)) <= known
    HTMLParser().feed(text)


def script(text: str, folder: Path) -> None:
    (folder / "block.mjs").write_text(text, encoding="utf-8")
    subprocess.run([NODE, "--check", str(folder / "block.mjs")], check=True, timeout=60)


def component(text: str, folder: Path) -> None:
    assert "<" not in text, "JSX needs a compiler; what Node reads is checked"
    script(text, folder)


def front_matter(text: str, _: Path) -> None:
    assert text.startswith("---\n")
    assert yaml.safe_load(text.split("---\n")[1])["title"]


CHECKED: dict[str, Callable[[str, Path], Any]] = {
    "console": console,
    "toml": settings,
    "shell": variables,
    "yaml": lambda text, _: yaml.safe_load(text),
    "json": lambda text, _: [json.loads(line) for line in text.splitlines()],
    "python": lambda text, _: ast.parse(text),
    "html": page_of_html,
    "js": script,
    "jsx": component,
    "markdown": front_matter,
}


@pytest.mark.parametrize(
    ("language", "text"),
    [
        pytest.param(language, text, id=f"{page}:{language}")
        for page, language, text in BLOCKS
        if page not in WALKED and page not in DRAWN.get(language, ())
    ],
)
def test_a_block_is_what_it_says(language: str, text: str, tmp_path: Path) -> None:
    CHECKED[language](text, tmp_path)


SPANS = sorted(
    {
        (page, span)
        for page, text in TEXTS.items()
        for span in re.findall(r"`([^`\n]+)`", re.sub(r"```.+?```", "", text, flags=re.S))
    }
)


@pytest.mark.parametrize(("page", "span"), [one for one in SPANS if re.match(r"chatbot [a-z]+( |$)", one[1])])
def test_a_command_in_a_sentence_exists_with_its_options(page: str, span: str) -> None:
    name, *given = shlex.split(span)[1:]
    options = {option for parameter in COMMANDS[name].params for option in parameter.opts}
    assert {one for one in given if one.startswith("-")} <= options


@pytest.mark.parametrize(("page", "span"), [one for one in SPANS if re.match(r"\[\[?\w+\]\]? \w+", one[1])])
def test_a_setting_in_a_sentence_exists(page: str, span: str) -> None:
    table, name = re.match(r"\[+(\w+)\]+ (\w+)", span).groups()  # type: ignore[union-attr]
    assert name in type(getattr(Settings(), table)).model_fields if table != "sites" else name


@pytest.mark.parametrize(("page", "name"), [one for one in SPANS if re.fullmatch(r"CHATBOT_\w+(=.*)?", one[1])])
def test_a_variable_in_a_sentence_exists(page: str, name: str) -> None:
    assert (
        name.partition("=")[0] in {"CHATBOT_CONFIG", "CHATBOT_", "CHATBOT_SITES"}
        or f"`{name.partition('=')[0]}`" in TEXTS["settings.md"]
    )
