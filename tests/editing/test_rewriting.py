"""A file that is edited keeps its encoding, its mark, its line ends, and every byte of what was not changed."""

from __future__ import annotations

import codecs

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chatbot.content.source.encoding import declared_charset, decode
from chatbot.editing.rewriting import read_text, rewrite
from chatbot.errors import EditRefused

GERMAN = """# Gehälter und Zulagen

Über das Gehalt spricht man früh genug: für Überstunden, Zulagen und das Übrige gilt, was im Vertrag vereinbart wurde.
Männer und Frauen fragen unterschiedlich häufig danach, später ärgern sich beide. Wer möchte, kann die Gründe für eine
höhere Vergütung vorher aufschreiben und mit Freunden üben, denn die größten Fehler geschehen, während man überlegt.
Natürlich hängt es auch von der Größe des Betriebs ab, und davon, ob die Stelle schon länger unbesetzt geblieben wäre.
""".replace("\n", "\r\n")
JAPANESE = (
    "<html><head><meta charset=shift_jis><title>給料</title></head>\n<body><p>給料の話</p>\n<p>～①</p></body></html>"
)
FILES = {
    "UTF-8": ("a.md", "# Title\n\nWords – of it.\n".encode()),
    "UTF-8 with a mark": ("a.md", codecs.BOM_UTF8 + b"# Title\r\n\r\nWords of it.\r\n"),
    "UTF-16": ("a.txt", codecs.BOM_UTF16_BE + "Title\r\nWords of it".encode("utf-16-be")),
    "CRLF and no newline at the end": ("a.md", b"# Title\r\n\r\nWords of it."),
    "CR": ("a.md", b"# Title\r\rWords of it.\r"),
    "mixed line ends": ("a.md", b"# Title\r\n\nWords of it.\rMore.\n\r\nLast\n\n"),
    "cp1252": ("a.md", GERMAN.encode("cp1252")),
    "declared windows-1252": (
        "a.html", "<meta charset='windows-1252'>\r\n<p>Caf\xe9 \x80</p>\r\n".encode("latin-1") + b"<p>words</p>"
    ),
    "declared shift_jis": ("a.htm", JAPANESE.encode("cp932")),
    # One text in two ways: NEC's row 13 has a sign that Python would write as JIS has it.
    "declared shift_jis, another byte for a sign": (
        "a.html", b"<meta charset=shift_jis>\n<p>\x87\x90 and \x81\xe0</p>\n<p>words</p>\n"
    ),
    "declared iso-2022-jp": (
        "a.html", "<meta charset=iso-2022-jp>\n<p>給料の話</p>\n<p>words</p>".encode("iso2022_jp")
    ),
    "UTF-8 that declares another": ("a.html", "<meta charset=windows-1252>\n<p>Café</p>\n<p>words</p>".encode()),
}  # fmt: skip


@pytest.mark.parametrize("name", FILES)
def test_a_text_that_was_not_changed_gives_the_file_as_it_was(name: str) -> None:
    path, data = FILES[name]
    assert rewrite(path, data, read_text(path, data)).data == data


@pytest.mark.parametrize("name", FILES)
def test_a_word_that_was_changed_changes_its_line_alone(name: str) -> None:
    path, data = FILES[name]
    text = read_text(path, data)
    word = next(word for word in ("Title", "words", "Zulagen", "title") if word in text)
    found = rewrite(path, data, text.replace(word, "Other", 1))
    wide = "utf-16-be" if path.endswith(".txt") else "ascii"
    assert found.data == data.replace(word.encode(wide), "Other".encode(wide), 1) != data
    assert found.before == found.now


def test_a_line_that_is_added_ends_as_the_others_do() -> None:
    assert rewrite("a.md", b"one\r\ntwo\r\n", "one\nnew\ntwo\n").data == b"one\r\nnew\r\ntwo\r\n"
    assert rewrite("a.md", b"one\r\ntwo\n", "one\ntwo\nthree\n").data == b"one\r\ntwo\nthree\r\n"
    assert rewrite("a.md", b"one", "one\ntwo").data == b"one\ntwo"


def test_what_does_not_fit_makes_the_file_utf_8_and_is_told() -> None:
    data = GERMAN.encode("cp1252")
    found = rewrite("a.md", data, read_text("a.md", data) + "Łódź → 給料\n")
    assert found.data == (GERMAN + "Łódź → 給料\r\n").encode()
    assert (found.before, found.now) == ("cp1252", "utf-8")


def test_a_page_that_becomes_utf_8_declares_it() -> None:
    path, data = FILES["declared windows-1252"]
    text = read_text(path, data).replace("words", "給料")
    found = rewrite(path, data, text)
    assert found.data == text.replace("windows-1252", "utf-8").replace("\n", "\r\n").encode()
    assert declared_charset(found.data) == "utf-8"


def test_a_page_is_written_as_what_it_declares_now() -> None:
    path, data = FILES["declared windows-1252"]
    text = read_text(path, data).replace("windows-1252", "utf-8")
    assert rewrite(path, data, text).data.decode() == text.replace("\n", "\r\n")
    back = rewrite(path, text.encode(), text.replace("utf-8", "windows-1252"))
    assert back.data == text.replace("utf-8", "windows-1252").encode("cp1252")


def test_an_encoding_in_which_the_text_would_not_be_found_again_is_left() -> None:
    data = GERMAN.encode("cp1252")
    found = rewrite("a.md", data, "né\n")  # too little to tell an encoding by
    assert (found.data, found.now) == ("né\r\n".encode(), "utf-8")


@pytest.mark.parametrize(("text", "sign"), [("one\ntwo\ud83d", r"line 2 holds '\\ud83d'"), ("\0", r"'\\x00'")])
def test_what_is_no_text_is_refused_with_its_line(text: str, sign: str) -> None:
    with pytest.raises(EditRefused, match=sign):
        rewrite("a.md", b"one\n", text)


def test_a_kept_line_end_and_a_new_one_do_not_become_one() -> None:
    for old, typed in ((b"x\ry\n", "\n\n"), ("ß b\n\r".encode(), "\n\né")):
        assert decode("a.md", rewrite("a.md", old, typed).data) == typed


@given(
    lines=st.lists(
        st.tuples(st.sampled_from(["", "a", "é", "ß b"]), st.sampled_from(["\n", "\r\n", "\r"])), max_size=8
    ),
    typed=st.text(st.sampled_from("aé\n€"), max_size=20),
    mark=st.sampled_from([b"", codecs.BOM_UTF8]),
)
def test_whatever_is_typed_is_read_back(lines: list[tuple[str, str]], typed: str, mark: bytes) -> None:
    data = mark + "".join(line + end for line, end in lines).encode()
    found = rewrite("a.md", data, typed).data
    assert decode("a.md", found) == typed
    assert found.startswith(mark)
    assert rewrite("a.md", data, decode("a.md", data)).data == data
