"""Measures as plain text, aligned."""

from __future__ import annotations

from typing import Any


def evaluation_text(found: dict[str, Any]) -> str:
    """A summary of `chatbot evaluate` for people."""
    lines = [f"{found['set']}: {found['queries']} questions over {found['passages']} passages", ""]
    for name, value in found["metrics"].items():
        low, high = found["ci95"][name]
        lines.append(f"  {name:<9} {value:.3f}   95 % between {low:.3f} and {high:.3f}")
    abstention = found["abstention"]
    if abstention:
        lines += [
            "",
            f"  AUROC     {abstention['AUROC']:.3f}   {abstention['answerable']} answerable questions against "
            f"{abstention['others']} others",
            f"  {abstention['false_answers_at_5pct_refused']:6.1%} of the others would be answered if 5 % of the "
            "answerable ones were refused",
            f"  {abstention['refused']:6.1%} of the answerable ones are refused, {abstention['uncertain']:.1%} "
            "answered with reserve",
            f"  {abstention['answered_others']:6.1%} of the others are answered without reserve",
        ]
    latency = found["latency_ms"]
    lines += ["", f"  an answer takes {latency['p50']:.1f} ms (p50), {latency['p95']:.1f} ms (p95)"]
    if "conversations" in found:
        lines += ["", *_conversations(found["conversations"])]
    return "\n".join(lines)


def differences_text(found: dict[str, dict[str, float]]) -> str:
    """Differences of two evaluations for people."""
    return "\n".join(
        f"  {name:<9} {values['difference']:+.3f}   p = {values['p']:.3f}"
        + ("" if values["p"] < 0.05 else "   may be chance")
        for name, values in found.items()
    )


def _conversations(found: dict[str, Any]) -> list[str]:
    lines = [f"  {found['turns']} later turns of conversations"]
    names = {"conversation": "in conversation", "alone": "alone", "rewritten": "as rewritten"}
    for way, name in names.items():
        if found[way]:
            lines.append(f"  {name:<16} nDCG@10 {found[way]['nDCG@10']:.3f}   R@10 {found[way]['R@10']:.3f}")
    if "share_of_rewritten" in found and found["share_of_rewritten"]["nDCG@10"] is not None:
        lines.append(f"  {found['share_of_rewritten']['nDCG@10']:.0%} of what the rewritten questions find")
    if "overlap_with_rewritten@10" in found:
        lines.append(f"  {found['overlap_with_rewritten@10']:.0%} of the ten best passages are those of the rewrite")
    return lines
