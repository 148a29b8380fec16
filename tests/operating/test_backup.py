"""What is backed up comes back as it was, whatever is in the way, and nothing else comes with it."""

from __future__ import annotations

import io
import json
import shutil
import stat
import tarfile
from dataclasses import dataclass
from pathlib import Path

import pytest

from chatbot.answering.chatbot import Chatbot
from chatbot.errors import ChatbotError, IndexMismatch
from chatbot.indexing.building.build import build
from chatbot.indexing.generation.manifest import FORMAT, MANIFEST
from chatbot.indexing.generation.publication import current
from chatbot.insights.journal import Feedback, open_journal, today
from chatbot.operating.backup import back_up, restore
from chatbot.operating.new_site import start_site
from chatbot.settings import Settings, load_settings
from tests.support.keyword_embedder import KeywordEmbedder
from tests.support.manifests import alter

SAID = Feedback(today(), "0" * 16, "How long should a CV be?", None, "unhelpful", ("other",), "Too old.")


@dataclass
class Site:
    config: Path
    archive: Path

    @property
    def settings(self) -> Settings:
        return load_settings(self.config)


@pytest.fixture
def site(tmp_path: Path) -> Site:
    """A site with feedback, an article in the trash, and an index."""
    start_site(tmp_path / "site")
    made = Site(tmp_path / "site" / "chatbot.toml", tmp_path / "backup.tar.gz")
    (made.settings.corpus_dir / ".trash").mkdir()
    (made.settings.corpus_dir / ".trash" / "old.md").write_text("# Old\n\nOnce said.\n")
    build(made.settings, embedder=KeywordEmbedder())
    journal = open_journal(made.settings)
    for _ in range(101):
        journal.add(SAID)
    return made


def contents(folder: Path) -> dict[str, bytes]:
    return {
        str(path.relative_to(folder)): path.read_bytes()
        for path in folder.rglob("*")
        if path.is_file() and path.name not in {"journal.sqlite", ".lock", "README.md"}
    }


@pytest.mark.parametrize("index", [False, True])
def test_a_site_comes_back_in_an_empty_folder(site: Site, tmp_path: Path, index: bool) -> None:
    done = back_up(site.settings, site.archive, site.config, index=index)
    assert (done.corpus, done.journal, done.index) == (2, True, index)
    assert stat.S_IMODE(site.archive.stat().st_mode) == 0o600
    new = tmp_path / "new" / "chatbot.toml"
    new.parent.mkdir()
    assert restore(load_settings, site.archive, new) == done
    before, after = contents(site.config.parent), contents(new.parent)
    assert after == {name: data for name, data in before.items() if index or not name.startswith("index/")}
    assert open_journal(load_settings(new)).entries() == [SAID] * 101
    assert build(load_settings(new), embedder=KeywordEmbedder()).generation == current(site.settings.index_dir)


def test_nothing_that_is_there_is_replaced_unasked(site: Site) -> None:
    back_up(site.settings, site.archive, site.config)
    with pytest.raises(ChatbotError, match="exists already and is not replaced"):
        back_up(site.settings, site.archive, site.config)
    article = site.settings.corpus_dir / "asking-for-a-reference.md"
    article.write_text("mine")
    before = contents(site.config.parent)
    with pytest.raises(ChatbotError, match="nothing was restored; restore into an empty folder"):
        restore(load_settings, site.archive, site.config)
    assert contents(site.config.parent) == before
    (site.settings.corpus_dir / "newer.md").write_text("newer")
    restore(load_settings, site.archive, site.config, force=True)
    assert article.read_text() != "mine"
    assert (site.settings.corpus_dir / "newer.md").read_text() == "newer"


def test_files_that_the_settings_name_come_back_where_these_say(site: Site, tmp_path: Path) -> None:
    more = "vocabulary = 'words.toml'\n" + site.config.read_text() + "\n[publish]\nquestions = 'judged/asked.jsonl'\n"
    site.config.write_text(more)
    (site.config.parent / "judged").mkdir()
    (site.config.parent / "judged" / "asked.jsonl").write_text('{"question": "…", "answers": []}\n')
    (site.config.parent / "words.toml").write_text('[short]\nCV = "curriculum vitae"\n')
    back_up(site.settings, site.archive, site.config)
    new = tmp_path / "new" / "chatbot.toml"
    new.parent.mkdir()
    restore(load_settings, site.archive, new)
    for name in ("words.toml", "judged/asked.jsonl"):
        assert (new.parent / name).read_bytes() == (site.config.parent / name).read_bytes()


@pytest.mark.parametrize("at", [0.1, 0.5, 0.9])
@pytest.mark.parametrize("cut", [False, True])
def test_a_damaged_archive_restores_nothing(site: Site, tmp_path: Path, at: float, cut: bool) -> None:
    back_up(site.settings, site.archive, site.config)
    data = bytearray(site.archive.read_bytes())
    place = int(len(data) * at)
    data[place] ^= 255
    site.archive.write_bytes(data[:place] if cut else data)
    (tmp_path / "new").mkdir()
    with pytest.raises(ChatbotError, match="is no whole backup"):
        restore(load_settings, site.archive, tmp_path / "new" / "chatbot.toml")
    assert list((tmp_path / "new").iterdir()) == []


@pytest.mark.parametrize(
    "name",
    [
        "../evil",
        "corpus/../../evil",
        "/etc/evil",
        "corpus/a/../../../evil",
        "evil",
        "corpus",
        "corpus\\..\\evil",
        "vocabulary.toml",
    ],
)
def test_a_name_that_leads_elsewhere_is_refused(tmp_path: Path, name: str) -> None:
    archive = packed(tmp_path, {name: b"evil"})
    (tmp_path / "new").mkdir()
    with pytest.raises(ChatbotError, match=r"leads elsewhere|is no whole backup"):
        restore(lambda _: here(tmp_path), archive, tmp_path / "new" / "chatbot.toml", force=True)
    assert not list(tmp_path.rglob("*evil*"))


def test_a_link_that_leads_elsewhere_is_not_followed(tmp_path: Path) -> None:
    archive = packed(tmp_path, {"corpus/inside/a.md": b"evil"})
    (tmp_path / "outside").mkdir()
    (tmp_path / "new" / "corpus").mkdir(parents=True)
    (tmp_path / "new" / "corpus" / "inside").symlink_to(tmp_path / "outside")
    with pytest.raises(ChatbotError, match="is a link that leads elsewhere"):
        restore(lambda _: here(tmp_path), archive, tmp_path / "new" / "chatbot.toml", force=True)
    assert list((tmp_path / "outside").iterdir()) == []


def here(folder: Path) -> Settings:
    return Settings(corpus_dir=folder / "new" / "corpus", index_dir=folder / "new" / "index")


def packed(folder: Path, files: dict[str, bytes]) -> Path:
    """An archive as 'chatbot backup' writes it, of any names."""
    import hashlib

    listed = {name: hashlib.sha256(data).hexdigest() for name, data in files.items()}
    whole = files | {"contents.json": json.dumps({"format": 1, "version": "0", "files": listed}).encode()}
    with tarfile.open(folder / "made.tar.gz", "w:gz") as archive:
        for name, data in whole.items():
            member = tarfile.TarInfo(name)
            member.size = len(data)
            archive.addfile(member, io.BytesIO(data))
    return folder / "made.tar.gz"


@pytest.mark.parametrize("written", [7, 8, FORMAT - 1])
def test_an_index_of_an_earlier_format_is_built_anew(site: Site, written: int) -> None:
    folder = site.settings.index_dir / current(site.settings.index_dir)
    alter(folder, format=written)
    with pytest.raises(IndexMismatch, match=f"has format {written}, this version reads {FORMAT}; run 'chatbot"):
        Chatbot.open(site.settings)
    report = build(site.settings, embedder=KeywordEmbedder())
    assert (report.published, report.embedded) == (True, report.passages)
    assert json.loads((folder / MANIFEST).read_text())["format"] == FORMAT
    shutil.rmtree(site.settings.index_dir)
    assert build(site.settings, embedder=KeywordEmbedder()).generation == folder.name


def test_a_place_that_is_not_there_is_named(tmp_path: Path) -> None:
    settings = Settings(corpus_dir=tmp_path / "corpus", index_dir=tmp_path / "index")
    with pytest.raises(ChatbotError, match=f"there is no folder {tmp_path / 'none'}; make it"):
        back_up(settings, tmp_path / "none" / "backup.tar.gz")
    with pytest.raises(ChatbotError, match=r"there is no file .+; name one that 'chatbot backup' wrote"):
        restore(load_settings, tmp_path / "none.tar.gz", tmp_path / "chatbot.toml")
    assert list(tmp_path.iterdir()) == []
