"""The plug-in for WordPress: what it makes of pages and of what was sent to it."""

from __future__ import annotations

import json
import re
import subprocess
from html.parser import HTMLParser
from importlib.metadata import version
from typing import Any

import pytest

from chatbot import catalogues
from tests.support.node import run as node
from tests.support.wordpress import PLUGIN, wordpress

pytestmark = pytest.mark.index  # whoever has no PHP can check a change all the same

SOURCE = PLUGIN.read_text(encoding="utf-8")
README = PLUGIN.with_name("readme.txt").read_text(encoding="utf-8")
HOME = "https://chat.example.org/"
HOSTILE = '" onclick=alert(1) x=""><img src=x onerror=alert(1)>\' $1 \\1 &amp; <b>bold</b>'
LOOKS = {"title": "Ask & learn", "color": "#123456", "theme": "dark", "language": "de"}

# As much of the block editor as the block takes.
EDITOR = """export default () => {
  const made = {}, set = {}, wp = {
    element: { createElement: (kind, props, ...children) => ({ kind, ...props, children }) },
    blockEditor: { InspectorControls: "panel", useBlockProps: () => ({}) },
    components: { PanelBody: "body", Placeholder: "place", SelectControl: "select", TextControl: "text" },
    blocks: { registerBlockType: (name, block) => Object.assign(made, { name, block }) },
  };
  CODE
  const setAttributes = (one) => Object.assign(set, one);
  const view = made.block.edit({ attributes: { title: "T" }, setAttributes });
  const fields = view.children[0].children[0].children;
  fields.forEach((field) => field.onChange(field.key + "!"));
  const languages = fields.find((field) => field.key === "language").options.map((one) => one.value);
  return [made.name, made.block.save(), set, languages, view.children[1].label];
}"""


def page(content: str = "", post_type: str = "page", **option: str) -> Tags:
    return Tags(wordpress("page", content=content, post_type=post_type, other=True, option={"address": HOME, **option}))


class Tags(HTMLParser):
    """The tags of a page as a browser reads them."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.html = html
        self.found: list[tuple[str, dict[str, str | None]]] = []
        self.feed(html)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.found.append((tag, dict(attrs)))

    def named(self, tag: str) -> list[dict[str, str | None]]:
        return [attributes for name, attributes in self.found if name == tag]

    @property
    def script(self) -> dict[str, str | None]:
        (script,) = [one for one in self.named("script") if one.get("id") == "career-chatbot-js"]
        return script


def data(attributes: dict[str, str | None]) -> dict[str, str | None]:
    return {name[5:]: value for name, value in attributes.items() if name.startswith("data-") and "-wp-" not in name}


def test_it_is_php() -> None:
    done = subprocess.run(["php", "-l", PLUGIN], capture_output=True, text=True)
    assert done.returncode == 0, done.stdout


def test_the_script_comes_with_what_the_settings_say() -> None:
    shown = page(**LOOKS)
    assert shown.script["src"] == f"{HOME}widget.js"
    assert "async" in shown.script
    assert data(shown.script) == LOOKS
    assert shown.named("a") == [{"href": f"{HOME}chat/"}]
    assert '<script src="https://example.org/other.js"></script>' in shown.html


def test_an_export_is_told_that_it_is_one() -> None:
    shown = page("[career_chatbot]", files="1")
    assert data(shown.script) == {"static": ""} == data(shown.named("career-chatbot")[0])
    assert shown.named("a") == [{"href": f"{HOME}search.html"}]


@pytest.mark.parametrize(
    ("where", "post_type", "shows"),
    [
        ("all", "page", True),
        ("all", "post", True),
        ("posts", "post", True),
        ("posts", "page", False),
        ("posts", "", False),
        ("none", "post", False),
    ],
)
def test_it_shows_where_it_was_chosen_to(where: str, post_type: str, shows: bool) -> None:
    assert ("widget.js" in page(post_type=post_type, where=where).html) == shows


def test_the_shortcode_works_everywhere_and_brings_no_launcher() -> None:
    shown = page("Words [career_chatbot] and more", where="none", **LOOKS)
    assert [data(one) for one in shown.named("career-chatbot")] == [LOOKS]
    assert data(shown.script) == {**LOOKS, "launcher": "no"}
    assert shown.named("noscript") == []
    assert shown.html.count("widget.js") == 1


def test_a_shortcode_has_looks_of_its_own_where_they_are_some() -> None:
    own = '[career_chatbot title="Ours" color="#abc" theme="light" language="fr" onclick="alert(1)" static="x"]'
    assert data(page(own, **LOOKS).named("career-chatbot")[0]) == {
        "title": "Ours",
        "color": "#abc",
        "theme": "light",
        "language": "fr",
    }
    wrong = '[career_chatbot title="" color="red;x" theme="pink" language="xx"]'
    assert data(page(wrong, **LOOKS).named("career-chatbot")[0]) == LOOKS


@pytest.mark.parametrize("where", ["all", "none"])
def test_the_block_is_the_same_in_a_wrapper(where: str) -> None:
    block = '<!-- wp:career-chatbot/chat {"title":"Block","evil":"x","color":["#fff"]} /-->'
    shown = page(block, where=where, **LOOKS)
    assert shown.named("div") == [{"class": "wp-block-career-chatbot-chat"}]
    assert shown.named("career-chatbot") == [
        {f"data-{name}": said for name, said in {**LOOKS, "title": "Block"}.items()}
    ]


def test_without_an_address_there_is_nothing() -> None:
    html = page("[career_chatbot]<!-- wp:career-chatbot/chat {} /-->", address="").html
    assert html == '<main></main>\n<script src="https://example.org/other.js"></script>\n'


@pytest.mark.parametrize("field", [*LOOKS, "address"])
def test_what_is_stored_or_typed_gets_out_of_no_attribute(field: str) -> None:
    """Also where something else wrote the option."""
    option = {"address": HOME, field: HOME + HOSTILE if field == "address" else HOSTILE}
    shown = page(f"[career_chatbot {field}='{HOSTILE.replace(chr(39), '')}']", **option)
    assert {tag for tag, _ in shown.found} == {"main", "career-chatbot", "script", "noscript", "a"}
    allowed = {"src", "id", "async", "href", "data-wp-strategy", "data-title"}
    assert {name for _, attributes in shown.found for name in attributes} <= allowed


def sanitized(sent: Any, may: bool = True, **option: str) -> tuple[dict[str, str], list[list[str]]]:
    done = json.loads(wordpress("sanitize", sent=sent, may=may, option=option))
    return done["kept"], done["errors"]


@pytest.mark.parametrize(
    ("typed", "kept"),
    [
        ("https://chat.example.org", HOME),
        (" https://chat.example.org/widget.js?v=1 ", HOME),
        ("https://example.org/chat/search.html#q=x", "https://example.org/chat/"),
        ("http://127.0.0.1:7860/chat", "http://127.0.0.1:7860/chat/"),
        ("", ""),
    ],
)
def test_an_address_is_kept_as_that_of_the_folder(typed: str, kept: str) -> None:
    stored, errors = sanitized({"address": typed, "where": "posts", "files": "on", **LOOKS})
    assert stored == {"address": kept, "where": "posts", "files": "1", **LOOKS}
    assert errors == []


@pytest.mark.parametrize(
    "typed",
    ["javascript:alert(1)", "chat.example.org", "//chat.example.org/", "https://", "data:x", "https://a:b@c.de/"],
)
def test_what_is_no_address_is_said_and_changes_none(typed: str) -> None:
    stored, errors = sanitized({"address": typed, "title": "New"}, address=HOME)
    assert (stored["address"], stored["title"]) == (HOME, "New")
    assert [(setting, code) for setting, code, _ in errors] == [("career_chatbot", "address")]


def test_what_was_sent_is_cleaned() -> None:
    stored, _ = sanitized(
        {
            "address": HOME,
            "title": "<script>x</script>A <b>t</b>",
            "color": "red",
            "theme": ["dark"],
            "where": "no",
            "x": "y",
        }
    )
    assert stored == dict.fromkeys(LOOKS, "") | {"address": HOME, "files": "", "title": "A t", "where": "all"}
    assert sanitized("text", address=HOME)[0]["address"] == HOME


def test_nobody_else_changes_settings_or_sees_them() -> None:
    assert sanitized({"address": "https://evil.example/"}, may=False, address=HOME)[0]["address"] == HOME
    assert wordpress("settings", may=False) == ""


def test_the_page_of_settings_is_one_that_wordpress_keeps() -> None:
    option = {"address": HOME + HOSTILE, "where": "posts", **LOOKS, "title": HOSTILE, "color": HOSTILE}
    shown = Tags(wordpress("settings", may=True, option=option))
    assert shown.named("form") == [{"action": "options.php", "method": "post"}]
    hidden = {one["name"]: one["value"] for one in shown.named("input") if one.get("type") == "hidden"}
    assert hidden == {"option_page": "career_chatbot", "_wpnonce": "n"}
    named = [one for tag in ("input", "select") for one in shown.named(tag) if one.get("id")]
    assert {one["id"] for one in named} == {one["for"] for one in shown.named("label") if "for" in one}
    assert {one["name"] for one in named} == {f"career_chatbot[{name}]" for name in (*option,)}
    assert [one["value"] for one in shown.named("option") if "selected" in one] == ["dark", "de", "posts"]
    assert shown.named("img") == []
    assert 'origins = ["https://example.org:8443"]' in shown.html


def test_every_word_can_be_translated() -> None:
    plain = wordpress("settings", may=True)
    translated = wordpress("settings", may=True, translated=True)
    said = re.findall(
        r">\s*([^<>\s][^<>]*?)\s*<", re.sub(r"<(pre|select id=\"career-chatbot-lang).*?</", "", plain, flags=re.S)
    )
    names = {
        "Career chatbot",
        *re.findall(r"=> '([^']+)',", SOURCE.split("CAREER_CHATBOT_LANGUAGES")[1].split(");")[0]),
    }
    assert [words for words in said if words not in names and f"&lt;{words}&gt;" not in translated] == []
    assert len(said) > 12


def test_what_is_registered_can_be_found() -> None:
    known = json.loads(wordpress("registered"))
    assert known["menu"][2:4] == ["manage_options", "career-chatbot"]
    assert known["registered"]["career_chatbot"]["group"] == "career_chatbot"
    assert known["registered"]["career_chatbot"]["show_in_rest"] is False
    assert known["links"][0].startswith('<a href="https://example.org:8443/blog/wp-admin/options-general.php?page=')
    assert known["blocks"]["career-chatbot/chat"]["editor_script"] in known["scripts"]


def test_the_block_registers_itself_in_the_editor() -> None:
    code = json.loads(wordpress("registered", translated=True))["scripts"]["career-chatbot-editor"]["code"]
    assert "<" not in code  # it stands in a script element
    program = EDITOR.replace("CODE", code)
    name, saved, fields, languages, label = node(program, None)
    assert (name, saved, label) == ("career-chatbot/chat", None, "T")
    assert fields == {each: f"{each}!" for each in LOOKS}
    assert languages == ["", *re.findall(r"^\t'(\w\w)' =>", SOURCE, re.M)]


def test_the_languages_are_those_of_the_widget() -> None:
    assert sorted(re.findall(r"^\t'(\w\w)' =>", SOURCE, re.M)) == sorted(catalogues.codes())


def test_nothing_stays_behind() -> None:
    assert json.loads(wordpress("uninstall")) == [[[1, "career_chatbot"]], 1]
    network = [[site, "career_chatbot"] for site in (1, 4, 7)]
    assert json.loads(wordpress("uninstall", sites=[1, 4, 7])) == [network, 1]


def test_the_server_asks_nobody() -> None:
    assert not re.search(
        r"wp_(safe_)?remote|curl_|fopen|file_get_contents|fsockopen|stream_|eval\(|\$_(GET|POST)", SOURCE
    )


def test_the_readme_is_in_the_form_of_the_directory_and_says_what_the_plugin_says() -> None:
    head = dict(re.findall(r"^([A-Z][\w ]+): (.+)$", README.split("\n\n")[0], re.M))
    ours = dict(re.findall(r"^ \* ([A-Z][\w ]+): +(.+)$", SOURCE, re.M))
    for name in ("Requires at least", "Requires PHP", "License", "License URI"):
        assert head[name] == ours[name]
    assert head["Stable tag"] == ours["Version"] == version("career-chatbot")
    assert f"= {ours['Version']} =" in README
    assert README.startswith(f"=== {ours['Plugin Name']} ===\n")
    assert "Tested up to" not in head  # until it was tried with a version that it asks for
    assert len(head["Tags"].split(", ")) <= 5
    assert len(README.split("\n\n")[1].replace("\n", " ")) <= 150
    assert set(re.findall(r"^== (.+) ==$", README, re.M)) == {
        "Description",
        "Installation",
        "Frequently Asked Questions",
        "Changelog",
    }
