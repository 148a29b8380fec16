"""What is published, and how the corpus differs from it: read from manifests, articles and files."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from chatbot.indexing.pinned import expired_in
from chatbot.indexing.seen import corpus_digests
from chatbot.indexing.snapshot import ENCODERS, current, history, verify
from chatbot.settings import Settings


@dataclass(frozen=True, slots=True)
class Status:
    """`changes` says in words how the corpus differs from what is published; it is empty where it does not.

    `expired` names pinned answers that have run out.
    """

    generation: str
    published_at: str
    articles: int
    passages: int
    model: str
    dim: int
    size_mb: float
    encoder_mb: float
    kept: tuple[str, ...]
    left_out: dict[str, str]
    calibration: dict[str, float]
    expired: tuple[str, ...]
    changes: str


def read_status(settings: Settings) -> Status:
    """Verify the published generation and compare it with the corpus. Raises IndexMissing, IndexDamaged."""
    index_dir = settings.index_dir
    name = current(index_dir)
    manifest = verify(index_dir / name)
    entries = history(index_dir)
    return Status(
        generation=name,
        published_at=next((entry.at for entry in entries if entry.generation == name), "at an unknown time"),
        articles=len(manifest.articles),
        passages=manifest.passages,
        model=manifest.model,
        dim=manifest.dim,
        size_mb=_size_mb(index_dir / name),
        encoder_mb=_size_mb(index_dir / ENCODERS / manifest.encoder),
        kept=tuple(entry.generation for entry in entries if (index_dir / entry.generation).is_dir()),
        left_out=manifest.left_out,
        calibration=manifest.calibration,
        expired=expired_in(index_dir / name),
        changes=_changes(settings, manifest.articles, manifest.others),
    )


def _changes(settings: Settings, published: dict[str, str], others: dict[str, str]) -> str:
    if not settings.corpus_dir.is_dir():
        return f"folder {settings.corpus_dir} does not exist"
    now = {path: digest for path, digest in corpus_digests(settings).items() if digest}
    added = len(now.keys() - published.keys() - others.keys())
    deleted = len(published.keys() - now.keys())
    changed = sum(now[path] != published[path] for path in now.keys() & published.keys())
    if not added + changed + deleted:
        return ""
    return f"+{added} ~{changed} -{deleted} files since; run 'chatbot build'"


def _size_mb(folder: Path) -> float:
    return sum(path.stat().st_size for path in folder.rglob("*") if path.is_file()) / 1e6
