"""See before you publish, the gate, and undo: with judged questions that a reader can work out by hand."""

from __future__ import annotations

import json
import re
from math import log2
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

from chatbot.cli.app import app
from chatbot.cli.build import plan_text
from chatbot.cli.pull_request import build_markdown
from chatbot.content.readers.contract import Parsed
from chatbot.content.sandbox import IsolatedReader
from chatbot.errors import (
    IndexAway,
    IndexDamaged,
    IndexLocked,
    IndexMismatch,
    NoSuchGeneration,
    PublishRefused,
    SettingsError,
)
from chatbot.evaluation.effect import measure_for, ndcg
from chatbot.indexing.building.assembly import pace
from chatbot.indexing.building.build import build, plan
from chatbot.indexing.building.report import BuildReport, Plan, compare
from chatbot.indexing.generation.local_index import LocalIndex
from chatbot.indexing.generation.manifest import LeftOut, read_manifest
from chatbot.indexing.generation.publication import current, history, writing
from chatbot.indexing.maintenance import check, list_kept, remove_old, rollback
from chatbot.indexing.model.encoder import Encoder
from chatbot.settings import AnswerSettings, IndexSettings, MilvusSettings, PublishSettings, Settings
from tests.support.keyword_embedder import KeywordEmbedder
from tests.support.places import TESTS

PAY = "# Pay\n\nAsk for better pay when you get an offer.\n"
DEGREE = "# Degree\n\nLearn python without a degree, in a team.\n"
QUESTIONS = [
    {"question": "better pay", "answers": [{"article": "pay", "quote": "Ask for better pay when you get an offer."}]},
    {"question": "python degree", "answers": [{"article": "degree", "quote": "Learn python without a degree"}]},
]


@pytest.fixture
def site(tmp_path: Path) -> Settings:
    """Two articles, published, and a judged question for each."""
    settings = Settings(corpus_dir=tmp_path / "corpus", index_dir=tmp_path / "index", model="keywords")
    settings.corpus_dir.mkdir()
    write(settings, "pay.md", PAY)
    write(settings, "degree.md", DEGREE)
    run(settings)
    return settings


def write(site: Settings, name: str, text: str) -> None:
    (site.corpus_dir / name).write_text(text, encoding="utf-8")


def judged(site: Settings, lines: list[dict[str, Any]] | None = None, **limits: Any) -> Settings:
    file = site.corpus_dir.parent / "questions.jsonl"
    file.write_text("\n".join(json.dumps(line) for line in lines or QUESTIONS), encoding="utf-8")
    publish = site.publish.model_copy(update={"questions": file, **limits})
    return site.model_copy(update={"publish": publish})


def run(site: Settings, **options: Any) -> BuildReport:
    return build(site, embedder=KeywordEmbedder(), measure=measure_for(site), **options)


def planned(site: Settings, embedder: KeywordEmbedder | None = None) -> Plan:
    return plan(site, embedder=embedder or KeywordEmbedder(), measure=measure_for(site))


def test_a_rename_is_a_file_that_is_gone_here_and_there_again() -> None:
    before = {"a": "1", "b": "2", "c": "3", "twin": "1", "gone": "9"}
    now = {"z": "1", "b": "5", "c": "3", "twin": "1", "new": "8"}
    unused = {"bad": LeftOut("why"), "draft": LeftOut("no", kind="withheld"), "z": LeftOut("day", kind="remark")}
    changes = compare(before, now, unused)
    assert (changes.added, changes.changed, changes.renamed) == (("new",), ("b",), (("a", "z"),))
    assert (changes.deleted, changes.unchanged, changes.left_out) == (("gone",), 2, {"bad": "why"})
    assert (changes.withheld, changes.remarks) == ({"draft": "no"}, {"z": "day"})


def test_two_files_of_one_content_are_paired_once() -> None:
    assert compare({"a": "1"}, {"x": "1", "y": "1"}, {}).renamed == (("a", "x"),)
    assert compare({"a": "1", "b": "1"}, {"x": "1"}, {}).deleted == ("b",)


def test_ndcg_counts_what_was_shown_against_the_best_order() -> None:
    assert ndcg(["a", "b"], {"a"}) == 1.0
    assert ndcg(["b", "a"], {"a"}) == pytest.approx(1 / log2(3))
    assert ndcg(["b", "a"], {"a", "c"}) == pytest.approx((1 / log2(3)) / (1 + 1 / log2(3)))
    assert ndcg(["b"], {"a"}) == ndcg(["b"], set()) == ndcg([], {"a"}) == 0.0


def test_a_dry_run_says_what_would_happen_and_publishes_nothing(site: Settings) -> None:
    before = current(site.index_dir)
    write(site, "new.md", "# Team\n\nA remote team.\n")
    (site.corpus_dir / "pay.md").rename(site.corpus_dir / "salary.md")
    embedder = KeywordEmbedder()
    found = planned(site, embedder)
    assert (found.changes.added, found.changes.renamed) == (("new.md",), (("pay.md", "salary.md"),))
    assert (found.served, found.articles, found.passages, found.embed) == (before, 3, 3, 1)
    assert embedder.embedded == []
    assert current(site.index_dir) == before
    assert [path.name for path in site.index_dir.iterdir() if len(path.name) == 16] == [before]
    assert run(site).generation == found.generation


def test_a_draft_that_was_judged_is_published_without_embedding_again(site: Settings) -> None:
    write(site, "new.md", "# Team\n\nA remote team.\n")
    with_questions = judged(site)
    embedder = KeywordEmbedder()
    found = planned(with_questions, embedder)
    assert (len(embedder.embedded), current(site.index_dir)) == (1, found.served)
    report = run(with_questions)
    assert (report.generation, report.embedded, report.published) == (found.generation, 0, True)


def test_a_draft_is_taken_over_by_the_next_and_then_removed(site: Settings) -> None:
    with_questions = judged(site)
    write(site, "new.md", "# Team\n\nA remote team.\n")
    first = planned(with_questions)
    write(site, "newer.md", "# Offer\n\nAn offer from a team.\n")
    embedder = KeywordEmbedder()
    second = planned(with_questions, embedder)
    assert (second.embed, len(embedder.embedded)) == (1, 1)
    assert set(second.changes.added) == {"new.md", "newer.md"}
    assert not (site.index_dir / first.generation).exists()
    fresh = site.model_copy(update={"index_dir": site.index_dir.with_name("fresh")})
    assert run(fresh).generation == second.generation == run(with_questions).generation


def test_a_dry_run_says_how_long_a_build_takes_where_one_has_measured_it(site: Settings) -> None:
    write(site, "new.md", "# Team\n\nA remote team.\n")
    last = read_manifest(site.index_dir / current(site.index_dir))
    found = planned(site)
    assert not found.ready
    assert found.seconds is not None
    assert found.seconds > last.pace * found.embed + last.writing > 0
    assert "; about 1 s" in plan_text(found)
    assert planned(site.model_copy(update={"index_dir": site.index_dir.with_name("none")})).seconds is None


def test_a_dry_run_that_wrote_the_index_says_that_it_is_ready(site: Settings) -> None:
    write(site, "new.md", "# Team\n\nA remote team.\n")
    with_questions = judged(site)
    for _ in range(2):
        found = planned(with_questions)
        assert (found.ready, found.seconds) == (True, None)
        assert "written already, to be published at once" in plan_text(found)


@pytest.mark.parametrize(
    ("seconds", "before", "expected"),
    [
        ([9.0, 1.0, 3.0], 0.0, 2.0),  # the first waits for the model
        ([9.0, 1.0, 3.0], 0.5, 0.5),  # too few to tell, and more was measured before
        ([9.0] + [1.0] * 10, 0.5, 1.0),
        ([9.0], 0.0, 0.0),
        ([], 0.5, 0.5),
    ],
)
def test_the_pace_is_measured_over_many_passages(seconds: list[float], before: float, expected: float) -> None:
    assert pace(seconds, before) == expected


def test_the_judged_questions_are_refused_as_often_as_the_settings_say(shipped: dict[str, str], tmp_path: Path) -> None:
    index_dir = Path(shipped["CHATBOT_INDEX_DIR"])
    index = LocalIndex.open(index_dir / current(index_dir))
    encoder = Encoder(index_dir / "encoders" / index.manifest.encoder)
    gold = tmp_path / "some.jsonl"  # all of them take half a minute, and say the same
    lines = (TESTS / "gold" / "answerable.jsonl").read_text(encoding="utf-8").splitlines()
    gold.write_text("\n".join(lines[::5]), encoding="utf-8")

    def quality(refusals: float) -> float:
        settings = Settings(
            corpus_dir=Path(shipped["CHATBOT_CORPUS_DIR"]),
            index_dir=index_dir,
            publish=PublishSettings(questions=gold),
            answers=AnswerSettings(refusals=refusals),
        )
        measure = measure_for(settings)
        assert measure
        effect = measure(None, index, encoder)
        assert effect
        return effect.ndcg_after

    assert quality(0.3) < quality(0.0) - 0.02


def test_a_vocabulary_that_cannot_be_read_is_said_before_anything_is_embedded(site: Settings) -> None:
    vocabulary = site.corpus_dir.parent / "words.toml"
    vocabulary.write_text("[", encoding="utf-8")
    with pytest.raises(SettingsError, match=r"words\.toml"):
        measure_for(judged(site).model_copy(update={"vocabulary": vocabulary}))


@pytest.mark.parametrize("option", [(), ("--dry-run",)])
def test_no_build_and_no_plan_passes_over_a_vocabulary_that_cannot_be_read(
    site: Settings, monkeypatch: pytest.MonkeyPatch, option: tuple[str, ...]
) -> None:
    monkeypatch.setenv("CHATBOT_VOCABULARY", str(site.corpus_dir.parent / "none.toml"))
    folders = ["--corpus", str(site.corpus_dir), "--index", str(site.index_dir)]
    done = CliRunner().invoke(app, [*folders, "build", *option])
    assert isinstance(done.exception, SettingsError)
    assert "none.toml cannot be read" in str(done.exception)


def test_a_plan_asks_whether_milvus_is_there_where_it_serves(site: Settings) -> None:
    milvus = MilvusSettings(uri="http://127.0.0.1:9", seconds=0.1)
    away = site.model_copy(update={"index": IndexSettings(store="milvus"), "milvus": milvus})
    with pytest.raises(IndexAway, match="cannot be asked"):
        plan(away, embedder=KeywordEmbedder())
    assert plan(away, embedder=KeywordEmbedder(), draft=True).articles == 2


def test_the_effect_names_the_questions_that_lose_their_answer(site: Settings) -> None:
    (site.corpus_dir / "degree.md").unlink()
    effect = planned(judged(site)).effect
    assert effect is not None
    assert (effect.questions, effect.ndcg_before, effect.ndcg_after) == (2, 1.0, 0.5)
    assert [one.question for one in effect.lost] == [one.question for one in effect.worse] == ["python degree"]
    assert [(one.first_before, one.ndcg_after) for one in effect.lost] == [("Degree", 0.0)]


def test_the_effect_names_the_questions_that_get_another_first_passage(site: Settings) -> None:
    write(site, "more.md", "# Better pay\n\nBetter pay, better pay, better pay.\n")
    effect = planned(judged(site)).effect
    assert effect is not None
    assert [(one.question, one.first_before, one.first_after) for one in effect.moved] == [
        ("better pay", "Pay", "Better pay")
    ]
    assert effect.lost == ()
    assert [one.ndcg_after for one in effect.worse] == [pytest.approx(1 / log2(3))]


def test_questions_whose_quotes_are_nowhere_are_named_by_their_lines(site: Settings) -> None:
    gone = [{"question": "x", "answers": [{"article": "none", "quote": "pay"}]}, QUESTIONS[0]]
    wrong = [*gone, {"question": "y", "answers": [{"article": "pay", "quote": "no such words"}]}]
    strict = judged(site, wrong, min_ndcg=0.9)
    write(site, "more.md", "# Better pay\n\nBetter pay, better pay, better pay.\n")
    found = planned(strict)
    said = "2 of 3 judged questions quote what no published article holds: line 1, 3"
    assert found.effect
    assert found.effect.unmatched == (1, 3)
    assert said in plan_text(found).splitlines()
    assert f"{said}." in build_markdown(found).splitlines()
    with pytest.raises(PublishRefused, match=re.escape(f"; {said}; what was served")):
        run(strict)


def test_a_question_that_loses_its_answer_is_named_once(site: Settings) -> None:
    (site.corpus_dir / "degree.md").unlink()
    found = planned(judged(site))
    assert found.effect
    assert [one.question for one in found.effect.moved] == ["python degree"]
    assert plan_text(found).count("python degree") == 1
    assert "get another first passage" not in plan_text(found)


def test_a_file_of_questions_that_is_not_there_is_said_so(site: Settings) -> None:
    with_questions = judged(site)
    assert with_questions.publish.questions
    with_questions.publish.questions.unlink()
    with pytest.raises(SettingsError, match=r"cannot be used: there is no file .*questions\.jsonl; name the file"):
        measure_for(with_questions)


def test_a_renamed_article_moves_no_question(site: Settings) -> None:
    lines = [{"question": "better pay", "answers": [{"article": "salary", "quote": "Ask for better pay"}]}]
    (site.corpus_dir / "pay.md").rename(site.corpus_dir / "salary.md")
    effect = planned(judged(site, lines)).effect
    assert effect is not None
    assert (effect.moved, [one.question for one in effect.found]) == ((), ["better pay"])


def test_nothing_is_judged_where_nothing_changes(site: Settings) -> None:
    assert planned(judged(site)).effect is None
    assert run(judged(site, min_ndcg=1.0)).published is False


@pytest.mark.parametrize(
    ("limits", "said"),
    [
        ({"min_ndcg": 0.9}, r"nDCG@10 would be 0\.500, below publish\.min_ndcg \(0\.9\)"),
        ({"max_lost_answers": 0}, r"1 judged questions would lose their answer, 0 may \(max_lost_answers\)"),
    ],
)
def test_the_gate_refuses_a_worse_index_and_names_the_question(
    site: Settings, limits: dict[str, float], said: str
) -> None:
    before = current(site.index_dir)
    (site.corpus_dir / "degree.md").unlink()
    strict = judged(site, **limits)
    with pytest.raises(PublishRefused, match=rf"{said}; worse: 'python degree'; .* 'chatbot build --force'") as caught:
        run(strict)
    assert caught.value.questions == ("python degree",)
    assert current(site.index_dir) == before
    assert planned(strict).refused
    report = run(strict, force=True)
    assert (report.published, current(site.index_dir)) == (True, report.generation)


def test_limits_that_are_kept_let_the_index_through(site: Settings) -> None:
    (site.corpus_dir / "degree.md").unlink()
    assert run(judged(site, min_ndcg=0.5, max_lost_answers=1)).published


def test_limits_without_questions_are_refused() -> None:
    with pytest.raises(ValueError, match=r"name their file in publish\.questions"):
        Settings.model_validate({"publish": {"min_ndcg": 0.5}})


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("", "holds no judged questions"),
        ('{"question": "x", "answers": []}', r":1: this is no judged question: it has no list of answers"),
        ('{"question": "x"}', r":1: .*: it has no list of answers"),
        ('{"answers": []}', r":1: .*: it has no question"),
        ('\n{"question"', r":2: this is no JSON"),
        (
            '{"question": "x", "answers": [{"article": "a", "quote": ""}]}',
            r":1: .* expected its 'article'",
        ),
    ],
)
def test_a_file_of_questions_that_cannot_be_used_is_named_with_its_line(site: Settings, text: str, said: str) -> None:
    with_questions = judged(site)
    assert with_questions.publish.questions
    with_questions.publish.questions.write_text(text)
    with pytest.raises(SettingsError, match=said):
        measure_for(with_questions)
    with_questions.publish.questions.unlink()
    with pytest.raises(SettingsError, match=r"publish\.questions cannot be used: there is no "):
        measure_for(with_questions)


@pytest.fixture
def three(site: Settings) -> tuple[Settings, list[str]]:
    """Three generations, oldest first; the last is served."""
    for number in range(2):
        write(site, f"more-{number}.md", f"# More {number}\n\nA remote team.\n")
        run(site)
    return site, [entry.generation for entry in history(site.index_dir)]


def test_the_history_lists_what_is_kept_and_marks_what_is_served(three: tuple[Settings, list[str]]) -> None:
    site, names = three
    kept = list_kept(site)
    assert [one.generation for one in kept] == names[::-1]
    assert [one.served for one in kept] == [True, False, False]
    assert [(one.articles, one.passages, one.damage) for one in kept] == [(4, 4, ""), (3, 3, ""), (2, 2, "")]
    (site.index_dir / names[0] / "hubs.npy").unlink()
    (site.index_dir / names[1] / "manifest.json").write_text("{}")
    assert [one.damage for one in list_kept(site)][::2] == ["", "hubs.npy is missing"]
    assert "manifest.json" in list_kept(site)[1].damage


def test_rolling_back_serves_the_one_before_and_building_returns(three: tuple[Settings, list[str]]) -> None:
    site, names = three
    done = rollback(site)
    assert (done.generation, done.before, current(site.index_dir)) == (names[1], names[2], names[1])
    report = run(site)
    assert (report.generation, report.published, report.again, report.embedded) == (names[2], True, True, 0)


def test_rolling_back_by_the_beginning_of_a_name(three: tuple[Settings, list[str]]) -> None:
    site, names = three
    assert rollback(site, names[0][:6]).generation == names[0]
    assert rollback(site, names[0]).before == names[0]
    with pytest.raises(NoSuchGeneration, match=r"no kept generation begins with 'xyz'; kept are .*chatbot history"):
        rollback(site, "xyz")
    with pytest.raises(NoSuchGeneration):
        rollback(site, "")
    assert current(site.index_dir) == names[0]


def test_a_damaged_generation_is_not_rolled_back_to(three: tuple[Settings, list[str]]) -> None:
    site, names = three
    with (site.index_dir / names[1] / "embeddings.npy").open("r+b") as file:
        file.seek(-1, 2)
        file.write(b"\x55")
    with pytest.raises(IndexDamaged, match=r"embeddings\.npy does not match its digest"):
        rollback(site)
    assert current(site.index_dir) == names[2]


def test_a_generation_of_another_model_is_not_rolled_back_to(three: tuple[Settings, list[str]]) -> None:
    site, _ = three
    with pytest.raises(IndexMismatch, match="was built with model 'keywords', the settings name 'other'"):
        rollback(site.model_copy(update={"model": "other"}))


def test_with_one_generation_there_is_nothing_to_go_back_to(site: Settings) -> None:
    with pytest.raises(NoSuchGeneration, match="there is no earlier generation"):
        rollback(site)


def test_the_lock_is_held_from_the_first_step_of_a_build_to_the_last(site: Settings) -> None:
    write(site, "new.md", "# Team\n\nA remote team.\n")
    steps = []

    def step(name: str, _done: int, _total: int) -> None:
        steps.append(name)
        with pytest.raises(IndexLocked), writing(site.index_dir):
            pass

    run(judged(site), on_step=step)
    assert steps[0] == "preparing"
    assert {"reading", "sealing", "verifying", "renaming", "judging", "publishing"} < set(steps)
    assert steps[-1] == "pruning"
    with writing(site.index_dir):
        pass


def test_what_a_disk_spoils_while_it_is_written_is_not_published(site: Settings) -> None:
    before = current(site.index_dir)
    write(site, "new.md", "# Team\n\nA remote team.\n")

    def spoil(name: str, _done: int, _total: int) -> None:
        if name == "verifying":
            (aside,) = site.index_dir.glob(".building-*")
            (aside / "words.txt").write_text("spoilt")

    with pytest.raises(IndexDamaged, match=r"words\.txt does not match its digest"):
        run(site, on_step=spoil)
    assert current(site.index_dir) == before
    assert list(site.index_dir.glob(".building-*")) == []
    assert run(site).published


def test_while_somebody_builds_nothing_is_rolled_back_or_removed(three: tuple[Settings, list[str]]) -> None:
    site, _ = three
    with writing(site.index_dir):
        with pytest.raises(IndexLocked):
            rollback(site)
        with pytest.raises(IndexLocked):
            remove_old(site)


def test_pruning_keeps_the_newest_and_always_what_is_served(three: tuple[Settings, list[str]]) -> None:
    site, names = three
    rollback(site, names[0])
    assert remove_old(site.model_copy(update={"keep_generations": 2})) == [names[1]]
    assert remove_old(site.model_copy(update={"keep_generations": 1})) == [names[2]]
    assert [one.generation for one in list_kept(site)] == [names[0]]


def test_verifying_counts_every_passage_cut_again(site: Settings) -> None:
    found = check(site, embedder=KeywordEmbedder())
    assert (found.kept, found.damaged, found.articles, found.passages, found.differing) == (1, {}, 2, 2, {})


def test_verifying_says_which_article_differs_and_how(site: Settings) -> None:
    for name, text in {"c": "Gone.", "d": "Left out.", "e": "Broken."}.items():
        write(site, f"{name}.md", f"# {name}\n\n{text}\n")
    run(site)
    write(site, "pay.md", PAY + "More.\n")
    (site.corpus_dir / "c.md").unlink()
    write(site, "d.md", "---\nexclude: true\n---\nLeft out.\n")
    (site.corpus_dir / "e.md").write_bytes(b"\xff")
    assert check(site, embedder=KeywordEmbedder()).differing == {
        "c.md": "the file is gone",
        "d.md": "the file is excluded by its front matter now",
        "e.md": "byte 0xff in column 1 is not UTF-8 and no other encoding is certain; save the file as UTF-8",
        "pay.md": "the file has changed since",
    }


def test_verifying_reads_each_file_once_however_many_articles_it_has(
    site: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    entries = "".join(
        f"<item><title>{title}</title><description>{'Learn python in a team. ' * 40}</description></item>"
        for title in ("Team", "Work")
    )
    write(site, "feed.xml", f'<rss version="2.0"><channel><title>Careers</title>{entries}</channel></rss>')
    write(site, "feed-2.md", PAY.replace("pay", "work"))
    run(site)
    read: list[str] = []
    parse = IsolatedReader.parse

    def noted(reader: IsolatedReader, path: str, data: bytes, sha256: str) -> Parsed:
        read.append(path)
        return parse(reader, path, data, sha256)

    monkeypatch.setattr(IsolatedReader, "parse", noted)
    found = check(site, embedder=KeywordEmbedder())
    assert (found.articles, found.differing) == (5, {})
    assert found.passages == read_manifest(site.index_dir / found.generation).passages
    assert sorted(read) == ["degree.md", "feed-2.md", "feed.xml", "pay.md"]


def test_verifying_finds_an_older_generation_that_is_damaged(three: tuple[Settings, list[str]]) -> None:
    site, names = three
    (site.index_dir / names[0] / "vectors.faiss").write_bytes(b"")
    found = check(site, embedder=KeywordEmbedder())
    assert list(found.damaged) == [names[0]]
    assert "vectors.faiss does not match its digest" in found.damaged[names[0]]


def test_verifying_ends_where_what_is_served_is_damaged(three: tuple[Settings, list[str]]) -> None:
    site, names = three
    (site.index_dir / names[-1] / "vectors.faiss").write_bytes(b"")
    with pytest.raises(IndexDamaged, match=r"vectors\.faiss does not match its digest"):
        check(site, embedder=KeywordEmbedder())
