"""What a build would do and what it did: changed files, their effect on judged questions, and when that forbids it."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Mapping, Sequence, Set
from dataclasses import dataclass

from chatbot.errors import PublishRefused
from chatbot.indexing.generation.manifest import LeftOut, reasons
from chatbot.settings import PublishSettings

_NAMED, _LINES = 5, 20
OnStep = Callable[[str, int, int], None]


@dataclass(frozen=True, slots=True)
class Judged:
    """One judged question, asked of the index that is served and of the new one.

    `first_*` is the place of the first passage, None where there was none; `ndcg_*` is nDCG@10 of what was shown, in
    [0, 1], 0 where no passage that answers was among ten.
    """

    question: str
    first_before: str | None
    first_after: str | None
    ndcg_before: float
    ndcg_after: float


@dataclass(frozen=True, slots=True)
class Effect:
    """What changes for the judged questions: `moved` get another first passage, `lost` no answer any more, `found` one
    for the first time, `worse` a lower nDCG@10, the greatest loss first.

    `ndcg_before` and `ndcg_after` are means over all questions; `ndcg_before` is None where nothing was served.
    `unmatched` are the lines of those whose quotes the new index holds none of.
    """

    questions: int
    ndcg_before: float | None
    ndcg_after: float
    moved: tuple[Judged, ...]
    lost: tuple[Judged, ...]
    found: tuple[Judged, ...]
    worse: tuple[Judged, ...]
    unmatched: tuple[int, ...] = ()


def unmatched_text(lines: Sequence[int], questions: int) -> str:
    """Which of so many judged questions have quotes that no published article holds, by the lines of their file."""
    more = f" and {len(lines) - _LINES} more" if len(lines) > _LINES else ""
    named = ", ".join(map(str, lines[:_LINES]))
    return f"{len(lines)} of {questions} judged questions quote what no published article holds: line {named}{more}"


def objection(effect: Effect, limits: PublishSettings) -> str:
    """Why the settings forbid to publish this, in words; empty where they do not."""
    broken = []
    if limits.min_ndcg is not None and effect.ndcg_after < limits.min_ndcg:
        broken.append(f"nDCG@10 would be {effect.ndcg_after:.3f}, below publish.min_ndcg ({limits.min_ndcg:g})")
    if limits.max_lost_answers is not None and len(effect.lost) > limits.max_lost_answers:
        allowed = limits.max_lost_answers
        broken.append(f"{len(effect.lost)} judged questions would lose their answer, {allowed} may (max_lost_answers)")
    return " and ".join(broken)


def refuse(effect: Effect, limits: PublishSettings) -> None:
    """Raises PublishRefused where the settings forbid to publish this."""
    reason = objection(effect, limits)
    if not reason:
        return
    worse = [one.question for one in effect.worse]
    named = "; ".join(f"'{question}'" for question in worse[:_NAMED])
    more = f" and {len(worse) - _NAMED} more" if len(worse) > _NAMED else ""
    got_worse = f"; worse: {named}{more}" if worse else ""
    unmatched = f"; {unmatched_text(effect.unmatched, effect.questions)}" if effect.unmatched else ""
    raise PublishRefused(
        f"not published: {reason}{got_worse}{unmatched}; what was served before is served still; mend the articles or "
        "the judged questions, or publish all the same with 'chatbot build --force'",
        tuple(worse),
    )


@dataclass(frozen=True, slots=True)
class Changes:
    """Files by their paths under the corpus folder; `renamed` gives old and new path, `left_out` each one's reason.

    `withheld` gives that of files that are not public, where nothing is wrong, `remarks` what of published articles
    could not be used.
    """

    added: tuple[str, ...]
    changed: tuple[str, ...]
    renamed: tuple[tuple[str, str], ...]
    deleted: tuple[str, ...]
    unchanged: int
    left_out: dict[str, str]
    withheld: dict[str, str]
    remarks: dict[str, str]


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
    before: Mapping[str, str], now: Mapping[str, str], left_out: Mapping[str, LeftOut], relisted: Set[str] = frozenset()
) -> Changes:
    """From the SHA-256 of each file by its path, then and now. A file that is gone here and there again is renamed.

    `relisted` are files of which a sitemap or a posts.csv says something else now; they are changed.
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
        left_out=reasons(left_out, "unusable"),
        withheld=reasons(left_out, "withheld"),
        remarks=reasons(left_out, "remark"),
    )
