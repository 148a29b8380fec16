"""The plug-in for WordPress run by PHP over wordpress.php beside this file, which says what it can be told."""

from __future__ import annotations

import json
import shutil
import subprocess
from pathlib import Path
from typing import Any

from tests.support.places import ROOT

PLUGIN = ROOT / "docs" / "wordpress" / "career-chatbot.php"


def wordpress(do: str, **job: Any) -> str:
    php = shutil.which("php")
    assert php, "the plug-in is tested with PHP: install the package 'php-cli'"
    command = [php, Path(__file__).with_suffix(".php"), PLUGIN]
    done = subprocess.run(command, input=json.dumps({"do": do, **job}), capture_output=True, text=True, timeout=60)
    assert (done.returncode, done.stderr) == (0, ""), done.stdout + done.stderr
    return done.stdout
