"""An explanation as plain text."""

from __future__ import annotations

import textwrap

from chatbot.answering.explanation import ExplainedHit, Explanation
from chatbot.cli.output import WIDTH

_READ_AS = {
    "standalone": "a question of its own",
    "follow_up": "goes on with what was asked before",
    "more": "asks for more of what was asked before",
    "pick": "asks for one of the passages just shown",
    "change": "begins another topic",
    "small_talk": "small talk, which gets a fixed reply",
}


def explanation_text(found: Explanation) -> str:
    """How a question was read, the verdict with its evidence, and each passage with the parts of its score."""
    lines = [f"asked        {found.question}"]
    if found.mended != found.question:
        lines.append(f"mended       {found.mended}")
    lines += [f"read as      {_READ_AS[found.read_as]}", f"searched as  {found.searched_as}"]
    lines += [f"vocabulary   {added.words} = {', '.join(added.forms)}" for added in found.added]
    if found.terms:
        lines.append(f"words        {', '.join(f'{term} {weight:.2g}' for term, weight in found.terms.items())}")
    lines.append(f"verdict      {found.verdict.replace('_', ' ')}, confidence {found.confidence:.2f}")
    if found.evidence:
        limits, evidence = found.thresholds, found.evidence
        lines += [
            f"evidence     {found.strength:.2f}; refused below {limits.refuse_below:.2f}, "
            f"answered from {limits.answer_from:.2f}",
            f"             best meaning {evidence.meaning:.3f}, best words {evidence.words:.2f}, "
            f"nearness to questions out of scope {evidence.astray:.3f}",
        ]
    if found.message:
        lines.append(textwrap.fill(found.message, WIDTH, initial_indent="message      ", subsequent_indent=" " * 13))
    return "\n\n".join(("\n".join(lines), *map(_hit_text, found.hits)))


def _hit_text(hit: ExplainedHit) -> str:
    lines = [
        f"{hit.rank}. {hit.place}  [{hit.passage_id}]",
        f"   {hit.reason}",
        f"   matched words  {', '.join(hit.matched) or 'none'}",
        f"   score          {hit.score:.3f} = meaning {hit.meaning:.3f} + words {hit.words:.3f}",
        f"   raw            cosine {hit.cosine:.3f}, best sentence {hit.sentence:.3f}, BM25 {hit.bm25:.2f}",
    ]
    for sentence in hit.sentences:
        text = " ".join(sentence.split())
        lines.append(textwrap.fill(text, WIDTH, initial_indent="   > ", subsequent_indent="     "))
    return "\n".join(lines)
