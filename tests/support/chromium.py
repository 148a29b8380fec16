"""The Chromium of the browser tests. `python -m tests.support.chromium` makes sure that there is one.

The one on the machine is taken first, then Debian's package, then the test tool's own download. One without windows
opens a page with a seventh of the work.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

from playwright.sync_api import sync_playwright

WITHOUT_WINDOWS = "chromium-headless-shell"
NAMES = (WITHOUT_WINDOWS, "chromium", "chromium-browser", "google-chrome", "google-chrome-stable")


def find() -> str | None:
    """The path of a Chromium on this machine."""
    for name in NAMES:
        if path := shutil.which(name):
            return path
    with sync_playwright() as playwright:
        path = playwright.chromium.executable_path
    return path if Path(path).exists() else None


def flags() -> list[str]:
    """What the browser is started with: nothing that calls home, and no sandbox only where root cannot have one."""
    quiet = ["--disable-background-networking", "--disable-component-update", "--disable-sync", "--no-first-run"]
    return quiet + (["--no-sandbox"] if os.geteuid() == 0 else [])


def install() -> str | None:
    """Install one and return its path; None when no way works."""
    if os.geteuid() == 0 and shutil.which("apt-get"):
        _try("apt-get", "update", "-qq")
        for name in (WITHOUT_WINDOWS, "chromium"):
            if not find():
                _try("apt-get", "install", "-y", "-qq", "--no-install-recommends", name)
    if not find():
        _try(sys.executable, "-m", "playwright", "install", "chromium")
    return find()


def _try(*command: str) -> None:
    subprocess.run(command, check=False, stdout=sys.stderr, env={**os.environ, "DEBIAN_FRONTEND": "noninteractive"})


if __name__ == "__main__":
    found = find() or install()
    if not found:
        sys.exit(
            "the browser tests need Chromium, and it could not be installed: install the package 'chromium' by hand"
        )
    print(found)
