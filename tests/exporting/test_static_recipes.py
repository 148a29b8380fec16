"""docs/static.md: what it tells site owners to write down, on sites of the shapes that generators make."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml
from check_jsonschema.builtin_schemas import get_builtin_schema
from jsonschema import Draft7Validator
from playwright.sync_api import Browser

from tests.support.exported_site import AT, FileHost, FileVisitor
from tests.support.places import ROOT
from tests.support.serving_corpus import QUESTION

PAGE = (ROOT / "docs" / "static.md").read_text(encoding="utf-8")
WORKFLOW = ROOT / "docs" / "static" / "github-pages.yml"
ACTION = ROOT / "action.yml"
HOOK = ROOT / "docs" / "static" / "mkdocs_hook.py"
# Writes a folder that is there already to where `python -m chatbot export OUT` is asked to write one.
STAND_IN = (
    "import shutil, sys; shutil.copytree({made!r}, sys.argv[2]); open({told!r}, 'w').write(' '.join(sys.argv[1:]))"
)


def after(heading: str, language: str) -> list[str]:
    """The blocks of a language below a heading."""
    chapter = re.search(rf"^## {heading}\n(.+?)(?=^## |\Z)", PAGE, re.M | re.S)
    assert chapter
    return re.findall(rf"```{language}\n(.+?)```", chapter[1], re.S)


@pytest.fixture
def site(tmp_path: Path) -> Iterator[FileHost]:
    """A web site of files alone."""
    (tmp_path / "site").mkdir()
    running = FileHost(tmp_path / "site")
    yield running
    running.close()


def is_answered(browser: Browser, site: FileHost, address: str) -> None:
    """Whether a visitor of a page opens the widget and gets an answer from below the site's path."""
    visitor = FileVisitor(browser, site)
    visitor.page.goto(address)
    visitor.widget.locator(".launcher").click()
    visitor.widget.locator(".chip").first.wait_for()
    visitor.ask(QUESTION).locator(".card").first.wait_for()
    assert any(one.startswith("engine/") for one in visitor.loaded())
    visitor.context.close()
    assert visitor.foreign() == []
    assert visitor.errors == []


def test_the_commands_are_two() -> None:
    commands = re.findall(r"^\$ (chatbot .+)$", PAGE, re.M)
    assert commands == ["chatbot build", "chatbot export public/chat --base https://example.org/chat/"]


def test_the_workflow_is_one_of_github_and_pins_its_actions() -> None:
    workflow: dict[Any, Any] = yaml.safe_load(WORKFLOW.read_text(encoding="utf-8"))
    # YAML 1.1 reads the key `on` as true.
    named = {"on" if key is True else key: value for key, value in workflow.items()}
    assert [
        str(error) for error in Draft7Validator(get_builtin_schema("vendor.github-workflows")).iter_errors(named)
    ] == []
    (job,) = named["jobs"].values()
    assert all(re.fullmatch(r"actions/[\w-]+@v\d+", step["uses"]) for step in job["steps"] if "uses" in step)
    runs = [step["run"] for step in job["steps"] if "run" in step]
    assert [run.split()[:2] for run in runs] == [
        ["make", ".venv/.installed"],
        [".venv/bin/chatbot", "build"],
        [".venv/bin/chatbot", "export"],
    ]
    assert re.search(r"^\.venv/\.installed|^\$\(VENV\)/\.installed:", (ROOT / "Makefile").read_text(), re.M)
    (out,) = [step["with"]["path"] for step in job["steps"] if "upload-pages-artifact" in step.get("uses", "")]
    assert runs[-1].split()[2] == out


@pytest.mark.parametrize(
    ("recipe", "index"), [(WORKFLOW, "index"), (ACTION, "${{ runner.temp }}/career-chatbot/index")]
)
def test_what_was_fitted_is_there_for_the_next_run(recipe: Path, index: str) -> None:
    read = yaml.safe_load(recipe.read_text(encoding="utf-8"))
    steps: list[dict[str, Any]] = read["runs"]["steps"] if "runs" in read else read["jobs"]["publish"]["steps"]
    (kept,) = [step for step in steps if step.get("uses", "").startswith("actions/cache@")]
    # The whole folder, `static/` with what was fitted included; under a name that no run had, else nothing is written.
    assert kept["with"]["path"] == index
    assert "github.run_id" in kept["with"]["key"]
    assert kept["with"]["key"].startswith(kept["with"]["restore-keys"])
    assert not any("run" in step for step in steps[: steps.index(kept)])


@pytest.mark.parametrize(
    ("generator", "path"),
    [
        ("Jekyll", "2026/01/01/a-post.html"),
        ("Hugo", "posts/a-post/index.html"),
        ("Docusaurus", "docs/intro/index.html"),
    ],
)
def test_the_widget_answers_on_pages_as_generators_write_them(
    generator: str, path: str, browser: Browser, site: FileHost, exported: Path
) -> None:
    shutil.copytree(exported, site.folder / AT)
    if generator == "Docusaurus":
        (config,) = after(generator, "js")
        src, flag = re.findall(r'src: "(.+?)", async: true, "(data-static)"', config)[0]
        tag = f'<script src="{src}" async {flag}="yes"></script>'
    else:
        (tag,) = after(generator, "html")
        # What the generator makes of it for a site whose base is /repo/.
        tag = re.sub(r"\{\{ ['\"]/?(.+?)['\"] \| \w+ \}\}", r"/repo/\1", tag)
    assert 'src="/repo/chat/widget.js"' in tag
    is_answered(browser, site, site.page(f"repo/{path}", tag))


def test_a_site_of_mkdocs_is_built_with_the_chat_in_it(
    browser: Browser, site: FileHost, exported: Path, tmp_path: Path
) -> None:
    project, told = tmp_path / "project", tmp_path / "told"
    (project / "docs" / "guide").mkdir(parents=True)
    (project / "docs" / "index.md").write_text("# A site about work\n\nSome words.\n")
    (project / "docs" / "guide" / "deep.md").write_text("# Deep\n\nMore words.\n")
    shutil.copy(HOOK, project)
    (hooks,) = after("MkDocs", "yaml")
    # Without a theme's own scripts: what they load is theirs.
    (project / "theme").mkdir()
    (project / "theme" / "main.html").write_text(
        '<!doctype html><html lang="en"><head><meta charset="utf-8"><title>{{ page.title }}</title>'
        '<link rel="icon" href="data:,"></head><body><main>{{ page.content }}</main></body></html>'
    )
    (project / "mkdocs.yml").write_text(
        f"site_name: Work\nsite_url: {site.url}repo/\ntheme:\n  name: null\n  custom_dir: theme\n{hooks}"
    )
    stand_in = tmp_path / "stand-in" / "chatbot"
    stand_in.mkdir(parents=True)
    (stand_in / "__main__.py").write_text(STAND_IN.format(made=str(exported), told=str(told)))
    (stand_in / "__init__.py").touch()
    path = os.pathsep.join(filter(None, [str(stand_in.parent), os.environ.get("PYTHONPATH", "")]))
    out = site.folder / "repo"
    command = [sys.executable, "-m", "mkdocs", "build", "--strict", "--site-dir", str(out)]
    subprocess.run(command, cwd=project, env={**os.environ, "PYTHONPATH": path}, check=True, timeout=120)
    assert told.read_text() == f"export {out / 'chat'} --base {site.url}repo/chat/"
    assert '<script src="../../chat/widget.js" data-static async></script>' in (
        out / "guide" / "deep" / "index.html"
    ).read_text(encoding="utf-8")
    for page in ("", "guide/deep/"):
        is_answered(browser, site, f"{site.url}repo/{page}")


def test_the_page_names_the_policy_that_the_tests_of_the_widget_have() -> None:
    assert "\n    script-src 'self'; connect-src 'self'; style-src 'self'\n" in PAGE
