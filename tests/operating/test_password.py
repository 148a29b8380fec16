"""The password is set in the file of settings whole and once, whatever is in it, and nothing else changes."""

from __future__ import annotations

import stat
import tomllib
from pathlib import Path

import pytest

from chatbot.errors import SettingsError
from chatbot.operating.password import set_hash
from chatbot.settings import load_settings

FIRST, SECOND = (f"scrypt:65536:8:1:{salt}:a2V5" for salt in ("b25l", "dHdv"))
FILES = {
    "empty": "",
    "no newline at its end": 'model = "m"  # ours',
    "an [editor] in the middle": "# ours\n[editor] # who\nsession_hours = 4\n\n[server]\nport = 1\n",
    "an [editor] at the end": '[server]\nport = 1 # one\n[editor]\nplain_http = true',
    "an inline table": "editor = { session_hours = 4 }\n[server]\nport = 1\n",
    "dotted keys": "editor.session_hours = 4\nkeep_generations = 2\n",
    "a list of tables at its end": '[[sites]]\norigins = ["https://a.example"]\n\n[[sites]]\norigins = ["https://b.example"]',
    "a password": f'[editor]\npassword_hash = "{SECOND}" # old\n',
    "lines of Windows": "[server]\r\nport = 1\r\n",
}  # fmt: skip


@pytest.mark.parametrize("text", FILES.values(), ids=FILES)
def test_the_hash_is_set_and_all_else_stays(tmp_path: Path, text: str) -> None:
    config = tmp_path / "chatbot.toml"
    config.write_bytes(text.encode())
    config.chmod(0o640)
    for password_hash in (FIRST, SECOND, FIRST):
        set_hash(config, password_hash)
        assert load_settings(config).editor.password_hash == password_hash
    after = config.read_bytes().decode()
    assert after.count("password_hash") == 1
    before, now = tomllib.loads(text), tomllib.loads(after)
    assert now.pop("editor") == {**before.pop("editor", {}), "password_hash": FIRST}
    assert now == before
    assert all(comment in after for comment in ("# ours", "# who", "# one", "# old") if comment in text)
    assert stat.S_IMODE(config.stat().st_mode) == 0o640
    assert [path.name for path in tmp_path.iterdir()] == ["chatbot.toml"]


def test_a_new_file_is_its_owners_alone_and_a_link_stays_one(tmp_path: Path) -> None:
    (tmp_path / "real").mkdir()
    link = tmp_path / "chatbot.toml"
    link.symlink_to(tmp_path / "real" / "chatbot.toml")
    assert set_hash(link, FIRST) == f"set editor.password_hash in {link}; start the server again, and sign in at /edit"
    assert link.is_symlink()
    assert stat.S_IMODE((tmp_path / "real" / "chatbot.toml").stat().st_mode) == 0o600
    link.chmod(0o644)
    assert set_hash(link, SECOND).startswith("replaced editor.password_hash")
    assert set_hash(link, SECOND).endswith(f"others may read the file (mode 644): 'chmod 600 {link}' ends that")


@pytest.mark.parametrize("text", ["[editor", "editor = 3", "a = 1\na = 2", "[[editor]]\nx = 1"])
def test_a_file_that_cannot_be_changed_safely_stays_as_it_is(tmp_path: Path, text: str) -> None:
    (tmp_path / "chatbot.toml").write_text(text)
    with pytest.raises(SettingsError, match=r"cannot be changed: .*--print"):
        set_hash(tmp_path / "chatbot.toml", FIRST)
    assert (tmp_path / "chatbot.toml").read_text() == text
