"""How one list of articles differs from another, noticed by content alone, and what a build makes of it."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Mapping, Set
from dataclasses import dataclass

from chatbot.indexing.gate import Effect

OnStep = Callable[[str, int, int], None]


@dataclass(frozen=True, slots=True)
class Changes:
    """Files by their paths under the corpus folder; `renamed` gives old and new path, `left_out` each one's reason."""

    added: tuple[str, ...]
    changed: tuple[str, ...]
    renamed: tuple[tuple[str, str], ...]
    deleted: tuple[str, ...]
    unchanged: int
    left_out: dict[str, str]

    @property
    def none(self) -> bool:
        """Whether every article is as it was."""
        return not (self.added or self.changed or self.renamed or self.deleted)


@dataclass(frozen=True, slots=True)
class BuildReport:
    """What a build did.

    `embedded` counts the passages whose vectors were computed rather than taken over. `published` is False where
    nothing had changed; `again` is True where the generation had been published before, as after a rollback.
    `expired` names pinned answers that have run out.
    `effect` is what happened to the judged questions, None where there are none or nothing was published.
    """

    generation: str
    published: bool
    again: bool
    changes: Changes
    articles: int
    passages: int
    embedded: int
    expired: tuple[str, ...]
    effect: Effect | None
    seconds: float


@dataclass(frozen=True, slots=True)
class Plan:
    """What a build would do.

    `embed` counts the passages that had to be embedded. `ready` says that all is written, so that a build has only to
    publish it; where it is not, `seconds` is about what the build takes, None where no build has measured that yet.
    `refused` says why it would not be published, and is empty where it would. `served` is the generation it would
    replace.
    """

    generation: str
    served: str | None
    changes: Changes
    articles: int
    passages: int
    embed: int
    ready: bool
    seconds: float | None
    effect: Effect | None
    refused: str


def compare(
    before: Mapping[str, str], now: Mapping[str, str], left_out: Mapping[str, str], relisted: Set[str] = frozenset()
) -> Changes:
    """From the SHA-256 of each file by its path, then and now. A file that is gone here and there again is renamed.

    `relisted` are files of which a sitemap says something else now; they are changed.
    """
    gone = sorted(before.keys() - now.keys())
    places: defaultdict[str, list[str]] = defaultdict(list)
    for path in sorted(now.keys() - before.keys(), reverse=True):
        places[now[path]].append(path)
    renamed = tuple((path, places[before[path]].pop()) for path in gone if places[before[path]])
    origins = {old for old, _ in renamed}
    both = now.keys() & before.keys()
    changed = tuple(sorted(path for path in both if now[path] != before[path] or path in relisted))
    return Changes(
        added=tuple(sorted(path for paths in places.values() for path in paths)),
        changed=changed,
        renamed=renamed,
        deleted=tuple(path for path in gone if path not in origins),
        unchanged=len(both) - len(changed),
        left_out=dict(left_out),
    )
