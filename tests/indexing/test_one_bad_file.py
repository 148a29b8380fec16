"""One bad file stops nothing: whatever its name, its front matter and its dates are, the others are published."""

from __future__ import annotations

import os
import tempfile
import threading
from collections.abc import Mapping
from pathlib import Path

import pytest
from hypothesis import HealthCheck, example, given
from hypothesis import settings as examples
from hypothesis import strategies as st

from chatbot.cli.build import build_text, plan_text, status_text
from chatbot.editing.listing import Listed, Listing
from chatbot.errors import ChatbotError
from chatbot.indexing.building.build import build, plan
from chatbot.indexing.building.report import BuildReport
from chatbot.indexing.building.watch import watch
from chatbot.indexing.generation.local_index import LocalIndex
from chatbot.indexing.generation.publication import current
from chatbot.indexing.maintenance import check
from chatbot.indexing.status import read_status
from chatbot.settings import Settings, WatchSettings
from tests.support.keyword_embedder import KeywordEmbedder

pytestmark = pytest.mark.index
BODY = b"A team of people who ask for pay before they name a number.\n"
GOOD = {b"good.md": b"# Pay\n\n" + BODY}

KEYS = "title url topics tags audience country published date updated review_by questions aliases pinned draft exclude"
ODD = [
    '"\\U00110000"', '"\\UFFFFFFFF"', '"\\ud800"', "0x" + "f" * 5000, "9" * 5000, "2026-02-30", "0000-00-00",
    "99999-1-1", "2026-01-01T99:99:99+99:99", "\u0662\u0660\u0662\u0666-01-01", "{date: [1]}", "[[[]]]", "*a",
    "&a [*a]", "!!timestamp 1", "!!python/name:os.system", "{question: {}}", "- {question: a, until: 2026-13-01}", "~",
    "|\n  text", "'", '"\\x00"',
    "1979-05-27T07:32:00Z", "inf", "nan", "''", "http://[::1", "https://a.b\u2028c", "? [a]", "%", "\t", "= 1e999999",
    "\u202e",
]  # fmt: skip
VALUES = st.sampled_from(ODD) | st.text(max_size=20) | st.dates().map(str) | st.datetimes().map(str)
LINES = st.tuples(st.sampled_from(KEYS.split()), st.sampled_from([": ", " = ", ":\n  - "]), VALUES).map("".join)
FRONT = st.tuples(st.sampled_from(["---", "+++"]), st.lists(LINES, max_size=4)).map(
    lambda made: "\n".join((made[0], *made[1], made[0], "")).encode("utf-8", "replace")
)
NAMES = st.tuples(
    st.binary(min_size=1, max_size=12).filter(lambda name: not {b"/", b"\0"} & {bytes([byte]) for byte in name}),
    st.sampled_from([b".md", b".txt", b"", b".MD", b".exe", b".md\n", b"\xff.md"]),
).map(b"".join)


def written(folder: Path, files: Mapping[bytes, bytes]) -> Settings:
    site = Settings(
        corpus_dir=folder / "corpus", index_dir=folder / "index", watch=WatchSettings(settle_seconds=0.05, poll=True)
    )
    site.corpus_dir.mkdir()
    for name, data in (files | GOOD).items():
        Path(os.fsdecode(os.path.join(os.fsencode(site.corpus_dir), name))).write_bytes(data)  # noqa: PTH118 - bytes
    return site


def watched(site: Settings) -> list[BuildReport | ChatbotError]:
    stop = threading.Event()
    publish = lambda: build(site, embedder=KeywordEmbedder())  # noqa: E731
    return list(watch(site, publish, stop, stop.set))


def listed(site: Settings) -> tuple[Listed, ...]:
    index = LocalIndex.open(site.index_dir / current(site.index_dir))
    try:
        return Listing(site, KeywordEmbedder()).list(index.store, index.generation)
    finally:
        index.close()


def every_door_says(files: Mapping[bytes, bytes]) -> dict[str, str]:
    """The reason of each file that is left out, as all doors give it; what is said of it can be printed."""
    with tempfile.TemporaryDirectory() as folder:
        site = written(Path(folder), files)
        planned = plan(site, embedder=KeywordEmbedder())
        (came,) = watched(site)
        assert isinstance(came, BuildReport), came
        assert came.changes == planned.changes
        assert "good.md" in came.changes.added
        again = build(site, embedder=KeywordEmbedder())
        status = read_status(site.model_copy(update={"model": "keywords"}))
        shown = "\n".join((plan_text(planned), build_text(came), build_text(again), status_text(status)))
        assert shown.encode().decode() == shown
        reasons = {file.path: file.reason for file in listed(site) if file.reason and not file.ids}
        assert check(site, embedder=KeywordEmbedder()).differing == {}
        assert reasons == again.changes.left_out | {
            path: reasons[path] for path in reasons if "not to be" in reasons[path]
        }
        assert came.changes.left_out == again.changes.left_out == status.left_out
    return came.changes.left_out


@examples(max_examples=15, deadline=None, derandomize=True, suppress_health_check=list(HealthCheck))
@given(st.dictionaries(NAMES, st.binary(max_size=30) | FRONT.map(lambda front: front + BODY), max_size=3))
@example({b"caf\xe9.md": BODY, b"\xff\xfe": BODY})
@example({b"line\nbreak.md": BODY, b"\x1b[31m.md": BODY, "\u202e.md".encode(): BODY})
def test_files_of_any_name_stop_nothing(files: dict[bytes, bytes]) -> None:
    every_door_says(files)


@examples(max_examples=25, deadline=None, derandomize=True, suppress_health_check=list(HealthCheck))
@given(FRONT)
def test_front_matter_of_any_kind_stops_nothing(front: bytes) -> None:
    every_door_says({b"bad.md": front + BODY})


@pytest.mark.parametrize(
    ("front", "reason"),
    [
        ('---\ntitle: "\\U00110000"\n---\n', "line 2: the front matter is no YAML: "),
        ('---\ntitle: "\\UFFFFFFFF"\n---\n', "line 2: the front matter is no YAML: "),
        (f"+++\na = 0x{'f' * 5000}\n+++\n", "line 2: the front matter is no TOML: "),
        ("---\nurl: [a, b]\n---\n", "line 2: "),
    ],
)
def test_the_reason_names_the_place(front: str, reason: str) -> None:
    assert every_door_says({b"bad.md": front.encode() + BODY})["bad.md"].startswith(reason)


def test_a_name_in_an_old_encoding_is_shown_with_escapes() -> None:
    reasons = every_door_says({b"caf\xe9.md": BODY})
    assert reasons == {"caf\\udce9.md": "its name holds characters that cannot be shown; rename it"}


class _Failing(KeywordEmbedder):
    def count_tokens(self, text: str) -> int:
        if "number" in text:
            raise OverflowError("this text")
        return super().count_tokens(text)


def test_what_cutting_raises_is_the_reason_of_that_file(tmp_path: Path) -> None:
    site = written(tmp_path, {b"bad.md": BODY, b"fine.md": b"A degree is no must.\n", b"good.md": b""})
    (site.corpus_dir / "good.md").write_text("Nothing but pay.\n")
    report = build(site, embedder=_Failing())
    assert report.changes.left_out == {"bad.md": "cannot be read: OverflowError('this text'); save it again"}
    assert report.articles == 2
