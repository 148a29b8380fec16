"""What a new index does to judged questions, and when that keeps it from being published."""

from __future__ import annotations

from dataclasses import dataclass

from chatbot.errors import PublishRefused
from chatbot.settings import PublishSettings

_NAMED = 5


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
    """

    questions: int
    ndcg_before: float | None
    ndcg_after: float
    moved: tuple[Judged, ...]
    lost: tuple[Judged, ...]
    found: tuple[Judged, ...]
    worse: tuple[Judged, ...]


def objection(effect: Effect, limits: PublishSettings) -> str:
    """Why the settings forbid to publish this, in words; empty where they do not."""
    reasons = []
    if limits.min_ndcg is not None and effect.ndcg_after < limits.min_ndcg:
        reasons.append(f"nDCG@10 would be {effect.ndcg_after:.3f}, below publish.min_ndcg ({limits.min_ndcg:g})")
    if limits.max_lost_answers is not None and len(effect.lost) > limits.max_lost_answers:
        allowed = limits.max_lost_answers
        reasons.append(f"{len(effect.lost)} judged questions would lose their answer, {allowed} may (max_lost_answers)")
    return " and ".join(reasons)


def refuse(effect: Effect, limits: PublishSettings) -> None:
    """Raises PublishRefused where the settings forbid to publish this."""
    reason = objection(effect, limits)
    if not reason:
        return
    worse = [one.question for one in effect.worse]
    named = "; ".join(f"'{question}'" for question in worse[:_NAMED])
    more = f" and {len(worse) - _NAMED} more" if len(worse) > _NAMED else ""
    got_worse = f"; worse: {named}{more}" if worse else ""
    raise PublishRefused(
        f"not published: {reason}{got_worse}; what was served before is served still; mend the articles or the judged "
        "questions, or publish all the same with 'chatbot build --force'",
        tuple(worse),
    )
