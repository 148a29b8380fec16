"""Commands of editors: bring the index up to the articles, and see what is published; and what these print."""

from __future__ import annotations

import gc
import os
import signal
import threading
from collections.abc import Iterable, Mapping, Sequence
from typing import TYPE_CHECKING, Annotated

import typer

from chatbot.cli.app import EXIT_ERROR, EXIT_LEFT_OUT, JsonOption, app, example, line, say, show
from chatbot.errors import ChatbotError, counted
from chatbot.indexing.building.report import unmatched_text

if TYPE_CHECKING:
    from chatbot.indexing.building.draft import Measure
    from chatbot.indexing.building.report import BuildReport, Changes, Effect, Judged, Plan
    from chatbot.indexing.generation.calibration_data import Calibrated
    from chatbot.indexing.generation.local_index import LocalIndex
    from chatbot.indexing.model.embedder import Embedder
    from chatbot.indexing.status import Status
    from chatbot.settings import Settings

_SHOWN = 20


@app.command(
    epilog=example(
        "chatbot build",
        "chatbot build --dry-run",
        "chatbot build --dry-run --markdown > comment.md",
        "chatbot --corpus articles --index new build",
    )
)
def build(
    context: typer.Context,
    dry_run: Annotated[
        bool,
        typer.Option(
            "--dry-run", help="Say what would change; publish nothing. The model's encoder is made where it is missing."
        ),
    ] = False,
    force: Annotated[bool, typer.Option("--force", help="Publish even what the limits in [publish] forbid.")] = False,
    markdown: Annotated[bool, typer.Option("--markdown", help="Print Markdown, for a pull request's comment.")] = False,
    lean: Annotated[bool, typer.Option("--lean", help="Prepare it for `chatbot serve --lean`, too.")] = False,
    as_json: JsonOption = False,
) -> None:
    """Bring the index up to the articles and publish it; only new text is embedded."""
    if markdown and as_json:
        raise typer.BadParameter("take one of --markdown and --json")
    _make_ready()
    settings: Settings = context.obj()
    if settings.vocabulary:
        from chatbot.answering.understanding.vocabulary import read_vocabulary

        read_vocabulary(settings.vocabulary)  # with a wrong one nothing that is published can be asked
    form = "markdown" if markdown else "json" if as_json else "text"
    if dry_run:
        _show_plan(settings, form)
        return

    report = build_with_progress(settings, force=force)
    if lean or settings.server.lean:
        make_lean(settings)
    _say_in_form(form, report, build_text(report))
    if report.changes.left_out:
        raise typer.Exit(EXIT_LEFT_OUT)


@app.command(epilog=example("chatbot status", "chatbot status --json"))
def status(context: typer.Context, as_json: JsonOption = False) -> None:
    """Say what is published, and whether the articles have changed since; ends with 0 where they have, too."""
    from chatbot.indexing.status import read_status

    published = read_status(context.obj())
    show(published, status_text, as_json=as_json)


@app.command(epilog=example("chatbot watch", "CHATBOT_WATCH__POLL=true chatbot watch"))
def watch(context: typer.Context) -> None:
    """Build whenever an article is saved, until Ctrl-C; set watch.poll for articles on a network drive."""
    _make_ready()
    settings: Settings = context.obj()
    stop = threading.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: stop.set())
    watch_until(settings, stop, measure_for(settings))


def watch_until(settings: Settings, stop: threading.Event, measure: Measure | None) -> None:
    """Build at every change until `stop` is set; what happens is said on stderr, a line or a few each."""
    from chatbot.answering.verdict.calibration import calibrate
    from chatbot.indexing.building.build import build as build_index
    from chatbot.indexing.building.draft import own_embedder
    from chatbot.indexing.building.watch import rolled_back
    from chatbot.indexing.building.watch import watch as changes
    from chatbot.indexing.generation.publication import writing

    with writing(settings.index_dir, create=True):
        embedder = own_embedder(settings)
    if rolled_back(settings):
        say("an earlier index was rolled back to; it stays until an article changes", err=True)
    say(f"watching {settings.corpus_dir}", err=True)

    def built() -> BuildReport:
        report = build_index(settings, embedder=embedder, calibrate=calibrate, measure=measure)
        if settings.server.lean:
            make_lean(settings)
        return report

    for came in changes(settings, built, stop):
        say(f"chatbot: {came}" if isinstance(came, ChatbotError) else build_text(came), err=True)


def build_with_progress(settings: Settings, *, force: bool = False) -> BuildReport:
    """Build with a bar on stderr, judged by the questions that the settings name."""
    from chatbot.cli.progress import Progress
    from chatbot.indexing.building.build import build as build_index

    measure = measure_for(settings)
    with Progress() as on_step:
        return build_index(settings, calibrate=_calibrate, measure=measure, force=force, on_step=on_step)


def make_lean(settings: Settings) -> None:
    """Make what is published ready for a server without the model, with a bar on stderr."""
    from chatbot.cli.progress import Progress
    from chatbot.exporting.making import build_lean

    with Progress() as on_step:
        build_lean(settings, on_step)


def _calibrate(new: LocalIndex, embedder: Embedder, old: LocalIndex | None) -> Calibrated:
    """What asks questions of a new generation, loaded only where there is one."""
    from chatbot.answering.verdict.calibration import calibrate

    return calibrate(new, embedder, old)


def _make_ready() -> None:
    """Spare a small build a tenth of its processor time; before NumPy is loaded."""
    # Products of a build are small: threads that wait for each other cost more than they save.
    os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")
    # What a build makes stays until its end; looking through all of it for cycles again and again finds none.
    gc.set_threshold(100_000, 50, 100)


def measure_for(settings: Settings) -> Measure | None:
    """What judges builds, where the settings name questions. Raises SettingsError where these cannot be read."""
    if settings.publish.questions is None:
        return None  # before anything is loaded that asks questions
    from chatbot.evaluation import effect

    return effect.measure_for(settings)


def _say_in_form(form: str, done: BuildReport | Plan, text: str) -> None:
    if form == "markdown":
        from chatbot.cli.pull_request import build_markdown

        text = build_markdown(done)
    show(done, lambda _: text, as_json=form == "json")


def _show_plan(settings: Settings, form: str) -> None:
    from chatbot.answering.verdict.calibration import calibrate
    from chatbot.cli.progress import Progress
    from chatbot.indexing.building.build import plan

    with Progress() as on_step:
        planned = plan(settings, calibrate=calibrate, measure=measure_for(settings), on_step=on_step)
    _say_in_form(form, planned, plan_text(planned))
    if planned.refused:
        raise typer.Exit(EXIT_ERROR)
    if planned.changes.left_out:
        raise typer.Exit(EXIT_LEFT_OUT)


def status_text(status: Status) -> str:
    """What is published and what has changed since, a fact a line."""
    lines = [
        f"generation   {status.generation}, published {status.published_at}",
        f"articles     {status.articles}",
        f"passages     {status.passages}",
        f"model        {status.model}, {status.dim} dimensions",
        f"size         {status.size_mb:.1f} MB and {status.encoder_mb:.1f} MB for the encoder",
        f"kept         {counted(len(status.kept), 'generation')}",
        f"left out     {counted(len(status.left_out), 'file')}",
        *_named("!", status.left_out),
    ]
    lines += [f"not public   {counted(len(status.withheld), 'file')}"] if status.withheld else []
    lines += _named("x", status.withheld)
    lines += [f"remarks      on {counted(len(status.remarks), 'article')}"] if status.remarks else []
    lines += _named("i", status.remarks)
    lines += [f"waiting      {line(one)}" for one in status.waiting]
    lines += [f"run out      {line(one)}" for one in status.expired]
    lines += [f"alike        {line(one)}" for one in _shortened(status.alike)]
    lines.append(f"calibration  {_calibration_line(status.calibration)}")
    changes = status.changes
    lines.append(f"corpus       {changes}" if changes else "corpus       unchanged since")
    return "\n".join(lines)


def _shortened(names: Sequence[str]) -> list[str]:
    more = [f"and {len(names) - _SHOWN} more"] if len(names) > _SHOWN else []
    return [*names[:_SHOWN], *more]


def _calibration_line(rates: dict[str, float]) -> str:
    if not rates:
        return "none; run 'chatbot calibrate'"
    return (
        f"refuses {rates['false_refusals']:.1%} of questions like the articles' own, shows passages for "
        f"{rates['false_answers']:.1%} of those out of scope"
    )


def build_text(report: BuildReport) -> str:
    """The articles that changed, what is not used with its reasons, the effect, and one line of counts."""
    verb = "nothing to do, still serving"
    if report.published:
        verb = "published again" if report.again else "published"
    size = f"{counted(report.articles, 'article')}, {counted(report.passages, 'passage')}, {report.embedded} embedded"
    lines = [*_changed(report.changes), *(f"run out: {line(one)}" for one in report.expired), *_effect(report.effect)]
    lines.append(f"{verb} {report.generation}: {_counts(report.changes)}; {size}; {report.seconds:.1f} s")
    return "\n".join(lines)


def plan_text(plan: Plan) -> str:
    """As `build_text` of a build that was not made, and why it would be refused."""
    lines = [*_changed(plan.changes), *_effect(plan.effect)]
    size = f"{counted(plan.articles, 'article')}, {counted(plan.passages, 'passage')}"
    if plan.generation == plan.served:
        lines.append(f"nothing to publish, {plan.generation} is served already; {size}")
    else:
        work = "written already, to be published at once" if plan.ready else f"{plan.embed} to embed"
        about = "" if plan.seconds is None else f"; about {max(plan.seconds, 1):.0f} s"
        lines.append(f"would publish {plan.generation}: {_counts(plan.changes)}; {size}, {work}{about}")
    if plan.refused:
        lines.append(f"but it would be refused: {plan.refused}")
    return "\n".join(lines)


def _changed(changes: Changes) -> list[str]:
    lines = []
    renamed = [f"{old} -> {new}" for old, new in changes.renamed]
    for sign, names in (("+", changes.added), ("~", changes.changed), (">", renamed), ("-", changes.deleted)):
        lines += _first(sign, names)
    for heading, sign, reasons in (
        ("left out", "!", changes.left_out),
        ("not public", "x", changes.withheld),
        ("kept, with a remark", "i", changes.remarks),
    ):
        lines += [f"{heading}:", *_named(sign, reasons)] if reasons else []
    return lines


def _named(sign: str, reasons: Mapping[str, str]) -> list[str]:
    return [f"  {sign} {line(path)}: {line(reason)}" for path, reason in reasons.items()]


def _effect(effect: Effect | None) -> list[str]:
    if effect is None:
        return []
    before = "" if effect.ndcg_before is None else f"{effect.ndcg_before:.3f} -> "
    lines = [f"judged questions: {effect.questions}, nDCG@10 {before}{effect.ndcg_after:.3f}"]
    lines += [unmatched_text(effect.unmatched, effect.questions)] if effect.unmatched else []
    named = {one.question for one in (*effect.lost, *effect.found)}
    for title, questions in (
        ("lose their answer", effect.lost),
        ("find an answer now", effect.found),
        ("get another first passage", [one for one in effect.moved if one.question not in named]),
    ):
        if questions:
            lines.append(f"{len(questions)} {title}:")
            lines += _first("?", [_judged(one) for one in questions])
    return lines


def _judged(one: Judged) -> str:
    return f"{line(one.question)}  [{one.first_before or 'nothing'} -> {one.first_after or 'nothing'}]"


def _first(sign: str, names: Iterable[str]) -> list[str]:
    return [f"  {sign} {line(name)}" for name in _shortened(list(names))]


def _counts(changes: Changes) -> str:
    moved = f" >{len(changes.renamed)}" if changes.renamed else ""
    counts = f"+{len(changes.added)} ~{len(changes.changed)}{moved} -{len(changes.deleted)}"
    return f"{counts}, {changes.unchanged} unchanged"
