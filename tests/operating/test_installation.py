"""Starting a site of one's own, and a doctor who finds what is wrong with it."""

from __future__ import annotations

import socket
from pathlib import Path

import pytest

from chatbot.errors import ChatbotError
from chatbot.indexing.building.build import build
from chatbot.indexing.generation.publication import HISTORY, current
from chatbot.operating.doctor import Finding, examine
from chatbot.operating.new_site import start_site
from chatbot.settings import JournalSettings, PublishSettings, ServerSettings, Settings, SiteSettings, load_settings
from tests.support.keyword_embedder import KeywordEmbedder


@pytest.fixture
def site(tmp_path: Path) -> Settings:
    start_site(tmp_path / "site")
    settings = load_settings(tmp_path / "site" / "chatbot.toml")
    return settings.model_copy(update={"server": ServerSettings(port=0)})


def states(settings: Settings) -> dict[str, Finding]:
    return {one.name: one for one in examine(settings)}


def test_a_new_site_can_be_built_and_its_article_has_nothing_left_out(site: Settings) -> None:
    report = build(site, embedder=KeywordEmbedder())
    assert report.changes.added == ("asking-for-a-reference.md",)
    assert (report.changes.left_out, report.passages >= 1) == ({}, True)


def test_a_second_start_replaces_nothing(tmp_path: Path) -> None:
    (tmp_path / "index").mkdir()
    (tmp_path / "index" / "README.md").write_text("mine")
    with pytest.raises(ChatbotError, match=r"README\.md exists already and is not replaced; name a new or an empty"):
        start_site(tmp_path)
    assert not (tmp_path / "chatbot.toml").exists()
    assert (tmp_path / "index" / "README.md").read_text() == "mine"


def test_a_folder_that_cannot_be_written_is_said_so(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(ChatbotError, match=r"the site cannot be written: .*; name another folder"):
        start_site(tmp_path / "file")
    folder = tmp_path / "half"
    folder.mkdir()
    (folder / "corpus").write_text("no folder")
    with pytest.raises(ChatbotError, match="the site cannot be written"):
        start_site(folder)
    assert [path.name for path in folder.iterdir()] == ["corpus"]  # so that the next try finds nothing in its way


def test_all_is_well_with_a_new_site_but_that_nothing_is_built(site: Settings) -> None:
    found = states(site)
    assert {name: one.state for name, one in found.items()} == {
        **dict.fromkeys(("python", "packages", "model", "corpus", "folders", "journal", "disk", "port", "clock"), "ok"),
        "index": "warning",
    }
    assert found["index"].advice == "run 'chatbot build'"
    assert "its digest is the published one" in found["model"].found


def test_an_index_of_another_model_and_a_damaged_one_are_problems(site: Settings) -> None:
    build(site, embedder=KeywordEmbedder())
    assert "was built with model 'keywords'" in states(site)["index"].found
    (site.index_dir / current(site.index_dir) / "hubs.npy").write_bytes(b"")
    damaged = states(site)["index"]
    assert (damaged.state, "hubs.npy" in damaged.found) == ("problem", True)
    assert damaged.advice == "run 'chatbot build' to replace it"


def test_a_corpus_that_is_missing_or_empty_is_a_problem(site: Settings) -> None:
    for path in site.corpus_dir.iterdir():
        path.unlink()
    assert states(site)["corpus"].state == "problem"
    site.corpus_dir.rmdir()
    assert "does not exist" in states(site)["corpus"].found


def test_a_taken_port_and_a_clock_set_back_are_warnings(site: Settings) -> None:
    site.index_dir.mkdir(exist_ok=True)
    (site.index_dir / HISTORY).write_text("0123456789abcdef 2999-01-01T00:00:00Z\n")
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        found = states(site.model_copy(update={"server": ServerSettings(port=port)}))
    assert (found["port"].state, str(port) in found["port"].found) == ("warning", True)
    assert found["port"].advice.startswith("fine where that is this chatbot; otherwise stop what uses it")
    assert (found["clock"].state, "2999-01-01" in found["clock"].found) == ("warning", True)


def test_a_host_that_is_not_this_machine_is_a_problem(site: Settings) -> None:
    found = states(site.model_copy(update={"server": ServerSettings(host="203.0.113.7", port=0)}))["port"]
    assert (found.state, found.advice.partition(":")[0]) == (
        "problem",
        "set [server] host to an address of this machine",
    )


def test_files_that_the_settings_name_are_looked_at(site: Settings, tmp_path: Path) -> None:
    vocabulary, questions, journal = (tmp_path / name for name in ("words.toml", "questions.jsonl", "feedback"))
    wrong = site.model_copy(
        update={
            "vocabulary": vocabulary,
            "publish": PublishSettings(questions=questions),
            "journal": JournalSettings(path=journal),
        }
    )
    journal.mkdir()
    found = states(wrong)
    assert [found[name].state for name in ("words", "questions", "journal")] == ["problem"] * 3
    assert str(vocabulary) in found["words"].found
    assert str(questions) in found["questions"].found
    assert found["journal"].advice == f"name a file in it, such as {journal / 'journal.sqlite'}, as [journal] path"
    (tmp_path / "file").touch()
    nowhere = site.model_copy(update={"journal": JournalSettings(path=tmp_path / "file" / "journal.sqlite")})
    assert states(nowhere)["journal"].state == "problem"
    vocabulary.write_text("[same]\n")
    questions.write_text('{"question": "q", "answers": [{"article": "a", "quote": "b"}]}\n')
    journal.rmdir()
    found = states(wrong)
    assert [found[name].state for name in ("words", "questions", "journal")] == ["ok"] * 3
    build(site, embedder=KeywordEmbedder())
    asked = states(wrong)["questions"]
    assert (
        asked.state,
        asked.found.endswith("1 of 1 judged questions quote what no published article holds: line 1"),
    ) == (
        "warning",
        True,
    )
    vocabulary.unlink()
    assert [one.name for one in examine(wrong) if str(vocabulary) in one.found] == ["words"]
    assert not journal.exists()
    assert "journal" not in states(site.model_copy(update={"journal": JournalSettings(keep_days=0)}))


def test_a_model_that_is_not_there_is_a_problem(site: Settings, tmp_path: Path) -> None:
    (tmp_path / "model").mkdir()
    found = states(site.model_copy(update={"model": str(tmp_path / "model")}))["model"]
    assert (found.state, "holds no modules.json" in found.found) == ("problem", True)


def test_sites_are_checked_for_topics_that_no_article_has_and_for_names_that_two_share(site: Settings) -> None:
    build(site, embedder=KeywordEmbedder())
    plain = SiteSettings(origins=("https://a.example",))
    named = SiteSettings(origins=("https://b.example",), name="B", topics=("Job Search",))
    wrong = SiteSettings(origins=("https://c.example",), topics=("job search", "hiring"))
    found = [one for one in examine(site.model_copy(update={"sites": (plain, named, wrong)})) if one.name == "sites"]
    assert [(one.state, one.found, one.advice) for one in found] == [
        ("ok", "https://a.example: all topics", ""),
        ("ok", "B: Job Search", ""),
        ("warning", "https://c.example: no article has the topic 'hiring'", "the nearest are 'job search'"),
    ]
    (shared,) = [
        one for one in examine(site.model_copy(update={"sites": (named, named.model_copy())})) if one.name == "sites"
    ]
    assert (shared.state, shared.found) == ("problem", "two [[sites]] have the name 'B'")
    assert "sites" not in states(site)
