"""The widget on a page that React 18 hydrates as a whole, as Next.js and Remix do: is it there, and is React content?

    npm install --prefix FOLDER react@18.3.1 react-dom@18.3.1
    python -m tests.benchmarks.hydration FOLDER

React hydrates at once, and late: 2.5 seconds after the page has loaded, when the widget is there and React, which did
not render it, puts up the document anew.
"""

from __future__ import annotations

import json
import sys
import tempfile
from pathlib import Path

from playwright.sync_api import sync_playwright

from tests.support import chromium, serving_corpus
from tests.support.host_site import HostSite, SiteVisitor
from tests.support.server import build, start_server
from tests.support.serving_corpus import QUESTION

TREE = """const e = React.createElement; window.recovered = [];
const page = e('html', {lang: 'en'}, e('head', null, e('title', null, 'A site about work'),
  e('script', {src: '%(widget)s', async: true})), e('body', null, e('main', null, e('h1', null, 'Careers'))));
const hydrate = () => ReactDOM.hydrateRoot(document, page, {
  onRecoverableError: (error) => recovered.push(String(error))});
if (%(late)s) addEventListener('load', () => setTimeout(hydrate, 2500)); else hydrate();"""
HTML = """<!DOCTYPE html><html lang="en"><head><title>A site about work</title>
<script src="%(widget)s" async=""></script></head><body><main><h1>Careers</h1></main></body></html>"""


def main() -> None:
    modules, site = Path(sys.argv[1]) / "node_modules", HostSite()
    scripts = [
        (modules / package / "umd" / f"{package}.production.min.js").read_text(encoding="utf-8")
        for package in ("react", "react-dom")
    ]
    with tempfile.TemporaryDirectory() as name, sync_playwright() as playwright:
        serving_corpus.write(Path(name) / "corpus")
        build(Path(name))
        chatbot = start_server(Path(name), CHATBOT_SITES=json.dumps([{"origins": [site.origin]}]))
        browser = playwright.chromium.launch(executable_path=chromium.find(), args=chromium.flags())
        for late in (False, True):
            words = {"widget": f"{chatbot.url}/widget.js", "late": str(late).lower()}
            site.pages[f"/{late}"] = ("", (HTML % words).replace("\n", ""))
            visitor = SiteVisitor(browser, site, chatbot.url)
            for script in (*scripts, TREE % words):
                visitor.page.add_init_script(f"addEventListener('DOMContentLoaded', () => {{ {script} }});")
            visitor.page.goto(f"{site.origin}/{late}")
            visitor.page.wait_for_timeout(5000)
            visitor.open()
            found = visitor.ask(QUESTION).locator(".card").count()
            print(json.dumps({"late": late, "passages": found, "recovered": visitor.page.evaluate("recovered")}))
            visitor.context.close()
        browser.close()
        chatbot.stop()
    site.close()


if __name__ == "__main__":
    main()
