"""What is published, and how the corpus differs from it: read from manifests, articles and files."""

from __future__ import annotations

from contextlib import closing
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from chatbot.content.source.copies import look_alikes
from chatbot.content.source.visibility import Due
from chatbot.disk import size_mb
from chatbot.errors import ModelError, NotInstalled
from chatbot.indexing.building.freshness import corpus_digests, made_by
from chatbot.indexing.generation.manifest import Manifest, reasons, verify
from chatbot.indexing.generation.passage_store import Store, expired_in
from chatbot.indexing.generation.publication import ENCODERS, current, history, kept_history
from chatbot.settings import Settings


@dataclass(frozen=True, slots=True)
class Status:
    """`changes` says in words how the corpus or the settings differ from what is published, and is empty where they do
    not.

    `left_out` are files that cannot be used, `withheld` those that are not public, `waiting` what will change about
    that by itself, `remarks` what of published articles could not be used. `expired` names pinned answers that have
    run out, `alike` pairs of articles that say nearly the same.
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
    withheld: dict[str, str]
    remarks: dict[str, str]
    waiting: tuple[str, ...]
    calibration: dict[str, float]
    expired: tuple[str, ...]
    alike: tuple[str, ...]
    changes: str


def read_status(settings: Settings, now: datetime | None = None) -> Status:
    """Verify the published generation and compare it with the corpus, the settings and the moment `now`.

    Raises IndexMissing, IndexDamaged, IndexMismatch.
    """
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
        size_mb=size_mb(index_dir / name),
        encoder_mb=size_mb(index_dir / ENCODERS / manifest.encoder),
        kept=tuple(entry.generation for entry in kept_history(index_dir)),
        left_out=reasons(manifest.left_out, "unusable"),
        withheld=reasons(manifest.left_out, "withheld"),
        remarks=reasons(manifest.left_out, "remark"),
        waiting=tuple(f"{path} {due}" for due, path in sorted((due, path) for path, due in _due(manifest).items())),
        calibration=manifest.calibration,
        expired=expired_in(index_dir / name),
        alike=alike_in(index_dir / name),
        changes=_changes(settings, manifest, now or datetime.now().astimezone()),
    )


def alike_in(folder: Path) -> tuple[str, ...]:
    """The articles of a generation, which is whole, that say nearly the same to the same readers, in words."""
    with closing(Store(folder / "passages.sqlite")) as store:
        articles = {article.id: article for article in store.articles()}
        texts = {id_: whole.text for id_ in articles if (whole := store.article(id_))}
    readers = {id_: (article.country, article.audience) for id_, article in articles.items()}
    pairs = [pair for pair in look_alikes(texts) if readers[pair[0]] == readers[pair[1]]]
    return tuple(f"{one} and {other} ({share:.0%} the same)" for one, other, share in pairs)


def _due(manifest: Manifest) -> dict[str, Due]:
    return {path: Due(datetime.fromisoformat(moment), event) for path, (moment, event) in manifest.due.items()}


def _changes(settings: Settings, manifest: Manifest, now: datetime) -> str:
    if not settings.corpus_dir.is_dir():
        return f"folder {settings.corpus_dir} does not exist"
    now_there, then = corpus_digests(settings), {**manifest.articles, **manifest.others}
    added, deleted = len(now_there.keys() - then.keys()), len(then.keys() - now_there.keys())
    changed = sum(now_there[path] != then[path] for path in now_there.keys() & then.keys())
    differences = [f"+{added} ~{changed} -{deleted} files since"] if added + changed + deleted else []
    came = sum(manifest.is_due(path, now) for path in now_there)
    differences += [f"{came} to appear or to go since, by date"] if came else []
    # By its name alone, as where questions are answered: to look for a model that is not here might download it.
    if settings.model != manifest.model:
        differences.append(f"built with model '{manifest.model}', the settings name '{settings.model}'")
    try:
        kept_to = manifest.keeps_to(settings.max_passages_per_file)
        if not differences and not (kept_to and made_by(settings, manifest)):
            differences.append("other settings or another model since")
    except ModelError as error:
        return str(error)
    except NotInstalled:
        pass  # who serves alone has no model, nor any say in how the index is built
    return "; ".join([*differences, "run 'chatbot build'"]) if differences else ""
