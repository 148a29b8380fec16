"""Gradio is imported where it reports nothing to other machines, whichever module imports it first."""

from __future__ import annotations

import os
import re
import subprocess
import sys

import pytest

from tests.support.places import PACKAGE, ROOT

IMPORTING = sorted(
    ".".join(path.relative_to(PACKAGE.parent).with_suffix("").parts)
    for path in PACKAGE.rglob("*.py")
    if re.search(r"^\s*(import|from) gradio\b", path.read_text(encoding="utf-8"), re.MULTILINE)
)
# Ends where Gradio would be imported, which takes seconds.
PROGRAM = """
import importlib, os, sys

class Watch:
    def find_spec(self, name, *_):
        if name == "gradio":
            print(os.environ.get("GRADIO_ANALYTICS_ENABLED"), os.environ.get("HF_HUB_OFFLINE"), flush=True)
            os._exit(0)

sys.meta_path.insert(0, Watch())
importlib.import_module(sys.argv[1])
"""


def test_only_modules_of_serving_import_gradio() -> None:
    assert IMPORTING
    assert [module for module in IMPORTING if not module.startswith("chatbot.serving.")] == []


@pytest.mark.parametrize("module", IMPORTING)
def test_gradio_is_told_to_stay_silent_before_it_is_imported(module: str) -> None:
    environment = {name: value for name, value in os.environ.items() if not name.startswith(("GRADIO_", "HF_"))}
    environment["PYTHONPATH"] = str(ROOT)
    run = [sys.executable, "-c", PROGRAM, module]
    assert subprocess.run(run, capture_output=True, text=True, check=True, env=environment).stdout == "False 1\n"


# What Gradio does with its stubs, while the page is built; no bot is needed to get so far.
STUBS = """
import contextlib, sys
stubs = []
sys.addaudithook(lambda event, given: event == "open" and str(given[0]).endswith(".pyi") and stubs.append(given[0]))
from chatbot.serving.loading import _page_app
with contextlib.suppress(AttributeError):
    _page_app(None)
print("gradio.components" in sys.modules, stubs)
"""


def test_the_page_is_imported_without_a_look_at_stubs() -> None:
    done = subprocess.run([sys.executable, "-c", STUBS], cwd=ROOT, capture_output=True, text=True, check=True)
    assert done.stdout == "True []\n"


# How often a mounted page looks for work while nobody asks; a page of nothing stands for ours.
IDLE = """
import asyncio
import gradio as gr
from fastapi import FastAPI
from chatbot.serving import gradio_app

async def looks(seconds):
    with gr.Blocks() as blocks:
        pass
    app = FastAPI()
    gradio_app._mount(app, blocks, "/chat")
    looked = 0
    async def count(delay, sleep=asyncio.sleep):
        nonlocal looked
        looked += 1
        await sleep(delay)
    asyncio.sleep, sleep = count, asyncio.sleep
    task = asyncio.create_task(blocks._queue.start_processing())
    await sleep(seconds)
    task.cancel()
    return looked

print(asyncio.run(looks(1.0)))
"""


def test_a_page_that_nobody_asks_looks_for_work_a_hundred_times_a_second_at_most() -> None:
    done = subprocess.run([sys.executable, "-c", IDLE], cwd=ROOT, capture_output=True, text=True, check=True)
    assert 1 <= int(done.stdout) <= 100
