"""Writes that are whole or not there."""

from __future__ import annotations

import errno
from pathlib import Path

import pytest

from chatbot.disk import replace_whole


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="Linux has it")
@pytest.mark.parametrize("durable", [False, True])
def test_a_full_disk_is_told_with_the_place(tmp_path: Path, durable: bool) -> None:
    (tmp_path / ".file.new").symlink_to("/dev/full")
    with pytest.raises(OSError, match="No space left on device") as caught:
        replace_whole(tmp_path / "file", b"1", durable=durable)
    assert (caught.value.errno, caught.value.filename) == (errno.ENOSPC, str(tmp_path / ".file.new"))
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("durable", [False, True])
def test_a_name_of_the_most_bytes_is_replaced_too(tmp_path: Path, durable: bool) -> None:
    replace_whole(tmp_path / ("é" * 127), b"1", durable=durable)
    assert [path.read_bytes() for path in tmp_path.iterdir()] == [b"1"]
