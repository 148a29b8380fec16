from __future__ import annotations

import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).parents[1]


def test_a_build_killed_at_any_touch_of_the_disk_leaves_whole_answers(tmp_path: Path) -> None:
    done = subprocess.run(
        [sys.executable, "-m", "tests.killed_build", str(tmp_path)],
        cwd=ROOT,
        capture_output=True,
        text=True,
        timeout=600,
        check=False,
    )
    assert done.returncode == 0, done.stderr + done.stdout
    kills, switched = map(int, done.stdout.split())
    assert kills >= 40, "too few file operations were seen for this test to mean anything"
    assert 0 < switched < kills, "kills must fall both before and after the switch to the new generation"
