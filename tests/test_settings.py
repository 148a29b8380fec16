from __future__ import annotations

from pathlib import Path

import pytest

from chatbot import catalogues
from chatbot.errors import SettingsError
from chatbot.settings import load_settings

LANGUAGES = f"{', '.join(map(repr, catalogues.codes()[:-1]))} or {catalogues.codes()[-1]!r}"


@pytest.fixture(autouse=True)
def empty_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    for variable in ("CHATBOT_CORPUS_DIR", "CHATBOT_INDEX_DIR", "CHATBOT_CONFIG"):
        monkeypatch.delenv(variable, raising=False)
    return tmp_path


def test_without_a_file_the_defaults_hold() -> None:
    settings = load_settings()
    assert (settings.corpus_dir, settings.index_dir, settings.server.port) == (Path("corpus"), Path("index"), 7860)


def test_the_command_line_beats_the_environment_and_the_environment_beats_the_file(
    empty_folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (empty_folder / "chatbot.toml").write_text(
        'model = "from-file"\nkeep_generations = 2\n[server]\nport = 1\nhost = "file"\n'
        "[passages]\ntarget_tokens = 100\n"
    )
    monkeypatch.setenv("CHATBOT_SERVER__PORT", "2")
    monkeypatch.setenv("CHATBOT_KEEP_GENERATIONS", "3")
    settings = load_settings(server={"host": "line"}, keep_generations=4)
    assert (settings.model, settings.keep_generations) == ("from-file", 4)
    assert (settings.server.port, settings.server.host) == (2, "line")
    assert (settings.passages.target_tokens, settings.passages.max_tokens) == (100, 384)


def test_paths_in_the_file_are_relative_to_the_file_and_others_to_the_working_folder(
    empty_folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    site = empty_folder / "site"
    site.mkdir()
    (site / "chatbot.toml").write_text('corpus_dir = "articles"\n[journal]\npath = "said.sqlite"\n')
    monkeypatch.setenv("CHATBOT_INDEX_DIR", "elsewhere")
    settings = load_settings(site / "chatbot.toml")
    assert (settings.corpus_dir, settings.index_dir) == (site / "articles", Path("elsewhere"))
    assert settings.journal.path == site / "said.sqlite"


def test_none_on_the_command_line_means_not_said() -> None:
    assert load_settings(corpus_dir=None).corpus_dir == Path("corpus")


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("corpus_dri = 'x'", "'corpus_dri' is no setting; did you mean 'corpus_dir'?"),
        ("keep_generations = 0", "setting 'keep_generations' is 0"),
        ("[server]\nport = 70000", "setting 'server.port' is 70000"),
        ("[server]\nprot = 1", "'server.prot' is no setting; did you mean 'port'?"),
        ("[server]\nport = 'abc'", "setting 'server.port' is 'abc': expected a whole number"),
        ("[server]\nrate = '60 per minute'", "setting 'server.rate' is '60 per minute': expected a number for each"),
        ("[page]\nlanguage = 'xx'", f"setting 'page.language' is 'xx': expected {LANGUAGES}"),
        ("[[sites]]\norigins = 'https://a.org'", "setting 'sites.0.origins' is 'https://a.org': expected a list"),
        (
            "[[sites]]\norigin = ['https://a.org']",
            "setting 'sites.0.origins' is missing; 'sites.0.origin' is no setting",
        ),
        ("[passages]\ntarget_tokens = 400", "target_tokens is 400, above max_tokens (384)"),
        ("[server]\nroot_path = 'app/'", "expected a path such as '/careers'"),
        ("corpus_dir = [", "cannot be read"),
        ("corpus_dir = ''", "setting 'corpus_dir' is '': expected the name of a file or folder; leave the setting out"),
        ('[journal]\npath = "a\\u0000"', "expected the name of a file or folder"),
        ('[milvus]\nfolder = "a\\u0000"', "expected the name of a file or folder"),
        ("index_dir = 3", "setting 'index_dir' is 3: expected the name of a file or folder in quotes"),
        ("model = ''", "setting 'model' is '': expected 1 or more characters"),
        ("keep_generations = inf", "setting 'keep_generations' is inf: expected a number"),
        ("help_lines = 'x'", "setting 'help_lines' is 'x': expected a table, such as { name = \"...\" }"),
        ("[server]\nhost = ''", "setting 'server.host' is '': expected an address or a name of this machine"),
        ("[server]\nhost = 'http://127.0.0.1'", "expected an address or a name of this machine"),
        ("[server]\nhosts = ['https://a.org']", "expected a name such as 'careers.example.org', in lower case"),
        ("[page]\narticles_language = 'English!'", "expected a language tag, such as 'en' or 'pt-BR'"),
        ("[sites]\norigins = ['https://a.org']", "expected a list of tables, each begun by [[sites]]"),
        ("[milvus]\nreplicas = 0", "setting 'milvus.replicas' is 0: expected at least 1"),
        (
            "[editor]\npassword_hash = 'mine'",
            "setting 'editor.password_hash' is not shown: expected what 'chatbot pass",
        ),
        ("port = 80", "'port' is no setting; write it below [server]"),
        ("language = 'de'", "'language' is no setting; write it below [page]"),
    ],
)
def test_a_wrong_setting_in_the_file_is_named_with_its_value(empty_folder: Path, text: str, said: str) -> None:
    (empty_folder / "chatbot.toml").write_text(text)
    with pytest.raises(SettingsError) as caught:
        load_settings()
    assert said in str(caught.value)


def test_a_list_with_one_wrong_entry_is_not_said_to_be_empty_as_well(empty_folder: Path) -> None:
    (empty_folder / "chatbot.toml").write_text("[[sites]]\norigins = ['example.org/']\n")
    with pytest.raises(SettingsError, match="expected an origin as browsers send it") as caught:
        load_settings()
    assert "'sites.0.origins' is" not in str(caught.value)


def test_an_unknown_variable_is_an_error_that_names_the_nearest(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CHATBOT_CORPUS", "x")
    with pytest.raises(SettingsError, match="CHATBOT_CORPUS is no setting; did you mean 'CHATBOT_CORPUS_DIR'"):
        load_settings()


@pytest.mark.parametrize(
    ("variable", "value", "said"),
    [
        ("CHATBOT_PORT", "1", "CHATBOT_PORT is no setting; did you mean 'CHATBOT_SERVER__PORT'?"),
        ("CHATBOT_SERVER_PORT", "1", "CHATBOT_SERVER_PORT is no setting; did you mean 'CHATBOT_SERVER__PORT'?"),
        ("CHATBOT_SERVER__HOSTS", "a.org", "variable CHATBOT_SERVER__HOSTS is 'a.org': expected JSON, such as"),
        ("CHATBOT_EDITOR", "hunter2", "variable CHATBOT_EDITOR is not shown: expected JSON"),
        ("CHATBOT_EDITOR__PASSWORD", "short", "'editor.password' is not shown: expected 10 or more characters"),
        ("CHATBOT_JOURNAL__PATH", "", "setting 'journal.path' is '': expected the name of a file or folder"),
    ],
)
def test_a_wrong_variable_is_told_with_what_is_right(
    variable: str, value: str, said: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(variable, value)
    with pytest.raises(SettingsError) as caught:
        load_settings()
    assert said in str(caught.value)


def test_a_variable_of_the_wrong_kind_is_an_error(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CHATBOT_KEEP_GENERATIONS", "many")
    with pytest.raises(SettingsError, match="setting 'keep_generations' is 'many'"):
        load_settings()


def test_a_settings_file_that_is_named_must_exist(empty_folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(SettingsError, match=r"missing\.toml does not exist; .* leave --config out"):
        load_settings(empty_folder / "missing.toml")
    monkeypatch.setenv("CHATBOT_CONFIG", "nope.toml")
    with pytest.raises(SettingsError, match=r"nope\.toml does not exist; .* leave CHATBOT_CONFIG out"):
        load_settings()


@pytest.mark.parametrize(("corpus", "index"), [(".", "index"), ("corpus", "corpus"), ("index/..", "."), ("a", "a/b/c")])
def test_no_index_lies_where_articles_are(corpus: str, index: str) -> None:
    with pytest.raises(SettingsError, match=rf"^index_dir is {index}, inside corpus_dir .* name a folder elsewhere"):
        load_settings(corpus_dir=corpus, index_dir=index)


@pytest.mark.parametrize(("corpus", "index"), [(".", ".index"), ("corpus", "."), ("corpus", "corpus-index")])
def test_an_index_may_lie_beside_articles_or_be_hidden_among_them(corpus: str, index: str) -> None:
    assert load_settings(corpus_dir=corpus, index_dir=index).index_dir == Path(index)


def test_settings_that_do_not_go_together_are_named_and_no_secret_is_shown(
    empty_folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (empty_folder / "chatbot.toml").write_text("index_dir = 'a'\n[index]\nstore = 'milvus'\n[milvus]\nfolder = 'a'\n")
    monkeypatch.setenv("CHATBOT_MILVUS__TOKEN", "root:secret")
    monkeypatch.setenv("CHATBOT_EDITOR__PASSWORD", "a secret sentence")
    with pytest.raises(SettingsError, match=r"^milvus\.folder is a, where builds are") as caught:
        load_settings()
    assert "secret" not in str(caught.value)
    monkeypatch.setenv("CHATBOT_EDITOR__PASSWORD_HASH", "scrypt:1:2:3:4:5")
    with pytest.raises(SettingsError, match=r"^\[editor\]: password and password_hash are both set") as caught:
        load_settings()
    assert "secret" not in str(caught.value)
