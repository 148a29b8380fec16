"""The editors' password in the file of settings: set whole and once, everything else in the file as it was."""

from __future__ import annotations

import os
import stat
import tomllib
from pathlib import Path

import tomlkit
from tomlkit.exceptions import TOMLKitError

from chatbot.disk import beside, sync, write
from chatbot.errors import SettingsError


def set_hash(config: Path, password_hash: str) -> str:
    """Set `editor.password_hash` in a file of settings, made where there is none; says what was done.

    Comments, order, mode and owner stay. Raises SettingsError where the file cannot be read or written.
    """
    file = config.resolve()  # a link stays one
    try:
        before = file.read_bytes().decode() if file.exists() else ""
        document = tomlkit.parse(before)
        editor = document.setdefault("editor", tomlkit.table())
        was = str(editor.get("password_hash", ""))
        editor["password_hash"] = password_hash
        after = tomlkit.dumps(document)
        expected = tomllib.loads(before)
        expected["editor"] = {**expected.get("editor", {}), "password_hash": password_hash}
        if tomllib.loads(after) != expected:
            raise ValueError("it is written in a way that cannot be changed safely")
        mode = _replace(file, after)
    except (OSError, ValueError, TypeError, AttributeError, TOMLKitError) as error:
        raise SettingsError(
            f"{config} cannot be changed: {error}; mend it, or write the lines that 'chatbot password --print' prints"
        ) from error
    done = (
        f"{'replaced' if was else 'set'} editor.password_hash in {config}; start the server again, and sign in at /edit"
    )
    return done + (
        f"; others may read the file (mode {mode:o}): 'chmod 600 {config}' ends that" if mode & 0o077 else ""
    )


def _replace(file: Path, text: str) -> int:
    """Replace the file in one step with its mode and owner; returns the mode."""
    status = file.stat() if file.exists() else None
    mode = stat.S_IMODE(status.st_mode) if status else 0o600
    with beside(file) as aside:
        write(aside, text.encode(), 0o600)
        if status and hasattr(os, "chown"):
            os.chown(aside, status.st_uid, status.st_gid)
        aside.chmod(mode)
    sync(file.parent)
    return mode
