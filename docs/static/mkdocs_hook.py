"""The chatbot on a site of MkDocs: put this beside mkdocs.yml, and name it there under `hooks`.

After each build the export is written into the folder `chat` of the site, and every page gets the widget. The chatbot
has to be installed beside MkDocs, and its index built.
"""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path
from typing import Any

from mkdocs.utils import get_relative_url

FOLDER = "chat"


def on_post_page(output: str, page: Any, config: Any) -> str:  # noqa: ARG001 - MkDocs names what it gives
    """The page with the tag before its end, which finds the folder from wherever the page lies."""
    address = get_relative_url(f"{FOLDER}/widget.js", page.url)
    before, end, after = output.rpartition("</body>")
    return f'{before}<script src="{address}" data-static async></script>\n{end}{after}' if end else output


def on_post_build(config: Any) -> None:
    """Write the export into the site. Raises subprocess.CalledProcessError where it cannot be written."""
    base = ["--base", f"{config['site_url'].rstrip('/')}/{FOLDER}/"] if config["site_url"] else []
    out = str(Path(config["site_dir"]) / FOLDER)
    subprocess.run([sys.executable, "-m", "chatbot", "export", out, *base], check=True)  # noqa: S603 - fixed words
