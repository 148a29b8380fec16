"""Writes that are whole or not there."""

from __future__ import annotations

import errno
from collections.abc import Callable
from pathlib import Path

import pytest

from chatbot.disk import replace_bytes, replace_whole


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="Linux has it")
@pytest.mark.parametrize("write", [replace_bytes, replace_whole])
def test_a_full_disk_is_told_with_the_place(tmp_path: Path, write: Callable[[Path, bytes], None]) -> None:
    (tmp_path / ".file.new").symlink_to("/dev/full")
    with pytest.raises(OSError, match="No space left on device") as caught:
        write(tmp_path / "file", b"1")
    assert (caught.value.errno, caught.value.filename) == (errno.ENOSPC, str(tmp_path / ".file.new"))
