"""Settings: plain frozen values from four places, later ones winning.

A table of the file a class, so that all that can be set is read in one place; most of its lines are these. What stands
below a setting is also its line in docs/settings.md (`python -m tests.support.settings_page`).
"""

from __future__ import annotations

import os
import tomllib
from pathlib import Path
from typing import Annotated, Any, Literal

from pydantic import (
    BaseModel,
    ConfigDict,
    Field,
    SecretStr,
    ValidationError,
    model_validator,
)
from pydantic_settings import (
    BaseSettings,
    EnvSettingsSource,
    PydanticBaseSettingsSource,
    SettingsConfigDict,
)
from pydantic_settings import SettingsError as SourceError

from chatbot.errors import SettingsError
from chatbot.settings_errors import belonging, explained, nearest, shown, tables
from chatbot.settings_kinds import (
    TAG,
    Contact,
    Host,
    LanguageCode,
    Line,
    MilvusAddress,
    Network,
    Origin,
    Place,
    Rate,
    formed,
)

ENV_PREFIX = "CHATBOT_"
CONFIG_VARIABLE = "CHATBOT_CONFIG"
CONFIG_FILE = "chatbot.toml"
BUNDLED_MODEL = "all-MiniLM-L6-v2"


class Group(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class PassageSettings(Group):
    """How articles are cut, in tokens of the embedding model."""

    target_tokens: Annotated[int, Field(ge=32, le=4096)] = 256
    """What a passage should have."""
    max_tokens: Annotated[int, Field(ge=48, le=8192)] = 384
    """What no passage exceeds."""

    @model_validator(mode="after")
    def _ordered(self) -> PassageSettings:
        if self.target_tokens > self.max_tokens:
            raise ValueError(f"target_tokens is {self.target_tokens}, above max_tokens ({self.max_tokens})")
        return self


class ServerSettings(Group):
    """Where the web server listens, whom it believes and how much it answers."""

    host: Host = "127.0.0.1"
    """The address to listen on; 127.0.0.1 is this machine only."""
    port: Annotated[int, Field(ge=0, le=65535)] = 7860
    """0 takes any free one."""
    root_path: Annotated[
        str,
        formed(
            r"(/[A-Za-z0-9._~/-]*[A-Za-z0-9._~-])?", "a path such as '/careers', with a slash before and none after"
        ),
    ] = ""
    """The public path that a proxy puts in front, such as `/careers`, where it does not send it."""
    rate: Rate = "60/minute"
    """What one client address may ask; "" for any number."""
    trusted_proxies: tuple[Network, ...] = ("127.0.0.1", "::1")
    """Addresses or networks that are believed about who asks."""
    hosts: tuple[
        Annotated[
            str,
            formed(
                r"[a-z0-9.-]+|\[[0-9a-f:.]+\]",
                "a name such as 'careers.example.org', in lower case and without 'https://' or a port",
            ),
        ],
        ...,
    ] = ()
    """The names to answer to; empty, any name."""
    mcp: bool = False
    """Serve the Model Context Protocol at `/mcp`, for the names of this machine and those of `hosts`."""
    log: Literal["text", "json"] = "text"
    """Lines for people, or one JSON object a line with every request."""
    open_metrics: bool = False
    """Show `/metrics` to everybody instead of to this machine and trusted proxies alone."""
    lean: bool = False
    """Answer without the model, as an export does, in a third of the memory; builds then prepare for it."""
    # No more than 61 processes can be waited for on Windows.
    workers: Annotated[int, Field(ge=0, le=61)] = 0
    """Processes that answer questions beside the server's own; 0 leaves them to it."""


class AnswerSettings(Group):
    """When to say "not covered", and what is answered from memory."""

    refusals: Annotated[float, Field(ge=0, le=0.3)] = 0.05
    """The share of covered questions that may be refused; less is laxer."""
    remembered: Annotated[int, Field(ge=0, le=100_000)] = 500
    """So many answers are kept, in memory alone and until another index is published, to be given again at once."""


class SiteSettings(Group):
    """A site that may ask from its visitors' browsers: a table `[[sites]]` each."""

    origins: Annotated[tuple[Origin, ...], Field(min_length=1)]
    """Written as browsers send them, `https://example.org`, or `https://*.example.org` for every subdomain."""
    name: str = ""
    """What the chat page in a frame may say instead of an origin, `?site=`; no two sites share one."""
    rate: Rate = ""
    """What all its visitors together may ask; "" for any number."""
    topics: tuple[str, ...] = ()
    """What its visitors may ask about; empty, everything."""
    language: Annotated[str, formed(r"([A-Za-z]{2,3}(-[A-Za-z0-9]{2,8})*)?", TAG)] = ""
    """The language of its chat page; the widget follows the page that it is on."""
    greeting: Annotated[str, Field(max_length=500)] = ""
    """The first line of its chat page and widget."""


class IndexSettings(Group):
    """Where what is published is searched."""

    store: Literal["files", "milvus"] = "files"
    """In its `files` on this machine, or in Milvus (table `[milvus]`)."""


class MilvusSettings(Group):
    """The Milvus that has the passages where `index.store` is "milvus"."""

    uri: MilvusAddress = "http://localhost:19530"
    """Its address; https needs a certificate that the system trusts, or one of `ca`."""
    token: SecretStr | None = None
    """Who asks, "user:password" or a key; from the environment alone, it is refused in the file."""
    ca: Place | None = None
    """A file of certificates that its own is signed by."""
    database: str = ""
    """One of the server's databases; empty, the default one."""
    collection: Annotated[
        str,
        formed(
            r"[A-Za-z](_?[A-Za-z0-9]){0,99}", "letters, digits and single '_' between them, beginning with a letter"
        ),
    ] = "career_chatbot"
    """Begins the names of the collections."""
    seconds: Annotated[float, Field(gt=0, le=60)] = 3.0
    """How long each thing that a question asks of it, two to ten of them, waits at most."""
    replicas: Annotated[int, Field(ge=1, le=16)] = 1
    """So many copies of each passage are held by different nodes, from the next generation on."""
    folder: Place | None = None
    """Where a server keeps what it takes of what is served, small files without passages; else `milvus` in the index
    folder."""


class JournalSettings(Group):
    """Where feedback is kept and for how long."""

    path: Place | None = None
    """Its file; else `journal.sqlite` beside the index folder."""
    questions: bool = False
    """Keep questions that were not covered or uncertain as well, without anything about who asked."""
    keep_days: Annotated[int, Field(ge=0, le=3650)] = 365
    """After so many days entries are forgotten; 0 keeps nothing."""


class PublishSettings(Group):
    """What a new index must not fall below, measured on judged questions."""

    questions: Place | None = None
    """Their file, JSON Lines."""
    min_ndcg: Annotated[float | None, Field(ge=0, le=1)] = None
    """The least mean nDCG@10."""
    max_lost_answers: Annotated[int | None, Field(ge=0)] = None
    """The most questions that may lose their answer."""

    @model_validator(mode="after")
    def _measurable(self) -> PublishSettings:
        if self.questions is None and (self.min_ndcg is not None or self.max_lost_answers is not None):
            raise ValueError("a limit needs judged questions to measure it on; name their file in publish.questions")
        return self


class PageSettings(Group):
    """The visitors' page."""

    title: Annotated[str, Field(min_length=1, max_length=80)] = "Career chatbot"
    """Its title."""
    language: LanguageCode = "en"
    """The language of its own words where the browser wants none that there is."""
    articles_language: Annotated[str, formed(r"[A-Za-z]{2,8}(-[A-Za-z0-9]{1,8})*", TAG)] = "en"
    """The language of the articles as a language tag, for screen readers."""
    contact: Contact = ""
    """Where people can be asked: an http(s) address, `mailto:` or `tel:`, which every answer names that may not answer.
    """


class WatchSettings(Group):
    """How `chatbot watch` notices changes."""

    poll: bool = False
    """Look by itself instead of being told by the system, as network drives need it."""
    poll_seconds: Annotated[float, Field(ge=0.05, le=3600)] = 2.0
    """How often it looks then."""
    settle_seconds: Annotated[float, Field(ge=0.05, le=60)] = 0.3
    """A file is read when it has been at rest for so long."""


class EditorSettings(Group):
    """The editors' page at /edit, which exists only where a password is set."""

    password: Annotated[SecretStr | None, Field(min_length=10, max_length=1000)] = None
    """For the environment alone; it is refused in the file."""
    password_hash: Annotated[
        str, formed(r"(scrypt(:[A-Za-z0-9_=-]+){5})?", "what 'chatbot password --print' prints, in one line")
    ] = ""
    """What `chatbot password` sets."""
    session_hours: Annotated[int, Field(ge=1, le=168)] = 8
    """How long a session lasts."""
    plain_http: bool = False
    """Let passwords through over http on any address, not only on this machine itself."""

    @property
    def on(self) -> bool:
        return self.password is not None or bool(self.password_hash)

    @model_validator(mode="after")
    def _one(self) -> EditorSettings:
        if self.password is not None and self.password_hash:
            raise ValueError("password and password_hash are both set; take one of them away")
        return self


class Settings(BaseSettings):
    """Everything that can be set. See `load_settings`."""

    model_config = SettingsConfigDict(
        env_prefix=ENV_PREFIX, env_nested_delimiter="__", extra="forbid", frozen=True, validate_default=True
    )

    corpus_dir: Place = Path("corpus")
    """The folder of articles."""
    index_dir: Place = Path("index")
    """The folder of the index."""
    model: Annotated[str, Field(min_length=1)] = BUNDLED_MODEL
    """The embedding model: a sentence-transformers model by name, or a folder that holds one."""
    max_file_mb: Annotated[float, Field(gt=0, le=1024)] = 20.0
    """A larger file is left out."""
    max_seconds_per_file: Annotated[float, Field(gt=0, le=3600)] = 30.0
    """A file that takes longer to read is left out."""
    max_memory_mb: Annotated[int, Field(ge=256, le=65536)] = 1024
    """A file whose reader needs more is left out, on Linux."""
    max_passages_per_file: Annotated[int, Field(ge=1, le=1_000_000)] = 1000
    """A file that gives more is left out, so that one export cannot crowd out the rest."""
    vocabulary: Place | None = None
    """A file of your own words that mean the same."""
    keep_generations: Annotated[int, Field(ge=1, le=1000)] = 5
    """So many published indexes are kept, to go back to."""
    passages: PassageSettings = PassageSettings()
    answers: AnswerSettings = AnswerSettings()
    index: IndexSettings = IndexSettings()
    milvus: MilvusSettings = MilvusSettings()
    server: ServerSettings = ServerSettings()
    sites: tuple[SiteSettings, ...] = ()
    journal: JournalSettings = JournalSettings()
    publish: PublishSettings = PublishSettings()
    page: PageSettings = PageSettings()
    help_lines: dict[Line, Line] = {}
    """Told to who speaks of despair, violence or illness: by country, a telephone number or an address."""
    watch: WatchSettings = WatchSettings()
    editor: EditorSettings = EditorSettings()

    @model_validator(mode="after")
    def _apart(self) -> Settings:
        corpus, index = self.corpus_dir.resolve(), self.index_dir.resolve()
        # What is hidden is never taken for an article.
        if index.is_relative_to(corpus) and not any(part[0] == "." for part in index.relative_to(corpus).parts):
            raise ValueError(
                f"index_dir is {self.index_dir}, inside corpus_dir ({self.corpus_dir}), where its files would be taken "
                "for articles; name a folder elsewhere, or one that begins with a dot"
            )
        if self.index.store == "milvus" and self.served_dir.resolve() == self.index_dir.resolve():
            raise ValueError(f"milvus.folder is {self.served_dir}, where builds are; name another folder")
        if self.index.store == "milvus" and self.server.lean:
            raise ValueError('server.lean is true and index.store is "milvus"; a lean server reads files of its own')
        return self

    @property
    def served_dir(self) -> Path:
        """The folder whose generation is served: what a build published, or what a server took from Milvus."""
        if self.index.store == "files":
            return self.index_dir
        return self.milvus.folder or self.index_dir / "milvus"

    @classmethod
    def settings_customise_sources(  # type: ignore[override]
        cls, _: type[BaseSettings], init_settings: PydanticBaseSettingsSource, **__: Any
    ) -> tuple[PydanticBaseSettingsSource, ...]:
        # load_settings merges the sources itself, so that constructing Settings reads nothing from outside.
        return (init_settings,)


def load_settings(config: Path | None = None, **overrides: Any) -> Settings:
    """The settings in force for this process.

    `config` names the file; without it CHATBOT_CONFIG does, and without that `chatbot.toml` is read where it exists.
    `overrides` are what the command line said; None means "not said". Raises SettingsError.
    """
    said = {key: value for key, value in overrides.items() if value is not None}
    file, values = _from_file(config)
    try:
        merged = _merge(_merge(values, _from_environment()), said)
        return Settings(**merged)
    except ValidationError as error:
        raise SettingsError(_explain(error, file)) from error


def settings_file(config: Path | None = None) -> Path:
    """The file that settings are read from and written to, which need not be there; `config` is what was named."""
    return config or Path(os.environ.get(CONFIG_VARIABLE) or CONFIG_FILE)


def _from_file(config: Path | None) -> tuple[Path | None, dict[str, Any]]:
    named, file = config or os.environ.get(CONFIG_VARIABLE), settings_file(config)
    if not file.exists():
        if named:
            source = "--config" if config else CONFIG_VARIABLE
            raise SettingsError(f"settings file {file} does not exist; name an existing one or leave {source} out")
        return None, {}
    try:
        values = tomllib.loads(file.read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
        raise SettingsError(f"settings file {file} cannot be read: {error}") from error
    _refuse_unknown(values, str(file))
    kinds: list[tuple[Any, type[BaseModel]]] = [(values, Settings)]
    kinds += [(values.get(name), kind) for name, kind in tables(Settings).items()]
    for table, kind in kinds:
        for key, field in kind.model_fields.items():
            place = isinstance(table, dict) and field.annotation in (Path, Place | None) and table.get(key)
            # What is relative in the file is so to the file's own folder.
            if isinstance(place, str) and place.strip():
                table[key] = file.parent / Path(place).expanduser()
    for group, key, instead in _SECRETS:
        if isinstance(values.get(group), dict) and key in values[group]:
            raise SettingsError(f"{file}: {group}.{key} would be readable in the file; take it out and {instead}")
    return file, values


def _from_environment() -> dict[str, Any]:
    known = {f"{ENV_PREFIX}{name}".upper() for name in Settings.model_fields} | {CONFIG_VARIABLE}
    for variable in os.environ:
        if variable.upper().startswith(ENV_PREFIX) and variable.upper().split("__")[0] not in known:
            name = variable.upper().removeprefix(ENV_PREFIX)
            table = belonging(name.lower(), Settings)
            meant = f"{ENV_PREFIX}{table}__{name}".upper() if table else ""
            advice = f"; did you mean '{meant}'?" if meant else nearest(variable.upper(), known | _nested())
            raise SettingsError(f"environment variable {variable} is no setting{advice}")
    source = EnvSettingsSource(Settings)
    try:
        found = source()
    except SourceError:
        variable, value = _unreadable(source)
        raise SettingsError(
            f"environment variable {variable} is {shown(variable.removeprefix(ENV_PREFIX), value)}: expected JSON, "
            """such as ["…"] for a list and {"…": "…"} for a table"""
        ) from None
    return {name: value for name, value in found.items() if value is not None}


def _nested() -> set[str]:
    """The variables of settings in tables."""
    return {
        f"{ENV_PREFIX}{table}__{name}".upper() for table, kind in tables(Settings).items() for name in kind.model_fields
    }


def _unreadable(source: EnvSettingsSource) -> tuple[str, str]:
    """The variable that is no JSON where it has to be, in capitals, and its value."""
    for name, value in dict(source.env_vars).items():
        if name.upper().startswith(ENV_PREFIX):
            source.env_vars = {name: value}
            try:
                source()
            except SourceError:
                return name.upper(), value or ""
    raise AssertionError("one of them cannot be read")


def _refuse_unknown(values: dict[str, Any], where: str) -> None:
    for key in values:
        if key not in Settings.model_fields:
            table = belonging(key, Settings)
            advice = f"; write it below [{table}]" if table else nearest(key, set(Settings.model_fields))
            raise SettingsError(f"{where}: '{key}' is no setting{advice}")


def _merge(low: dict[str, Any], high: dict[str, Any]) -> dict[str, Any]:
    merged = dict(low)
    for key, value in high.items():
        old = merged.get(key)
        merged[key] = _merge(old, value) if isinstance(old, dict) and isinstance(value, dict) else value
    return merged


def _explain(error: ValidationError, file: Path | None) -> str:
    where = f" (from {file}, the environment or the command line)" if file else ""
    return explained(error, Settings) + where


_SECRETS = (
    ("editor", "password", "run 'chatbot password', which sets its hash, or set CHATBOT_EDITOR__PASSWORD"),
    ("milvus", "token", "set CHATBOT_MILVUS__TOKEN"),
)
