"""Feeds as they are in real life: broken XML, wrong encodings, and what must be read of them all the same."""

from __future__ import annotations

import json
import socket
import time
from datetime import date

import pytest

from chatbot.content.readers.registry import parse
from chatbot.content.sandbox import IsolatedReader
from chatbot.errors import ContentError
from tests.content.test_formats import ATOM, BOMB, FULL, OUTSIDE, RSS

TEXT = FULL.strip()
HEAD = '<?xml version="1.0"?>'


def item(title: str = "The talk", text: str = f"<![CDATA[<p>{FULL}</p>]]>", more: str = "") -> str:
    return f"<item><title>{title}</title><description>{text}</description>{more}</item>"


def rss(*items: str, head: str = HEAD) -> str:
    return f'{head}<rss version="2.0"><channel><title>Careers</title>\n{"".join(items)}</channel></rss>'


def read(feed: str | bytes) -> dict[str, str]:
    """The texts of the feed's articles by their titles."""
    data = feed.encode() if isinstance(feed, str) else feed
    return {article.title: article.text for article in parse("blog.xml", data, "0").articles}


BROKEN = {
    "lone ampersands": (rss(item("Q & A", f"<![CDATA[<p>R&D {FULL}</p>]]>")), {"Q & A": f"R&D {TEXT}"}),
    "an ampersand before a word": (rss(item("R&D")), {"R&D": TEXT}),
    "an address with parameters": (rss(item(more="<link>https://x.org/?a=1&b=2</link>")), {"The talk": TEXT}),
    "entities of HTML": (rss(item("A&nbsp;caf&eacute; &amp; more &bogus;")), {"A café & more &bogus;": TEXT}),
    "control characters": (rss(item("The\x0btalk\x1f", f"{FULL}\x08")), {"The talk": TEXT}),
    "references to no character": (rss(item("The&#8; talk&#xD800;&#99999999999999;&#147;")), {"The talk “": TEXT}),
    "lines above": (f"\n \n{rss(item())}", {"The talk": TEXT}),
    "words above": (f"Warning: cached\n{rss(item())}", {"The talk": TEXT}),
    "something behind": (f"{rss(item())}<!-- cached --><script>x</script>", {"The talk": TEXT}),
    "two roots": (rss(item()) + rss(item("The pay")), {"The talk": TEXT, "The pay": TEXT}),
    "no end": (rss(item(), item("The pay"))[:-40], {"The talk": TEXT}),
    "an item without an end": (rss(item()[:-7], item("The pay")), {"The talk": TEXT, "The pay": TEXT}),
    "HTML without end tags": (rss(item("A", f"<p>{FULL}<br>A <b>b"), item("B")), {"A": f"{TEXT}\nA **b**", "B": TEXT}),
    "a prefix without a namespace": (rss(item("A", "", f"<content:encoded>{FULL}</content:encoded>")), {"A": TEXT}),
    "words of a sitemap": (rss(item("Write & urlset")), {"Write & urlset": TEXT}),
    "an attribute twice": (rss(item()).replace("<rss", '<rss version="2.0"'), {"The talk": TEXT}),
}  # fmt: skip


@pytest.mark.parametrize("kind", BROKEN)
def test_a_feed_that_is_no_well_formed_xml_is_read(kind: str) -> None:
    feed, texts = BROKEN[kind]
    assert read(feed) == texts


def test_what_is_lost_in_a_broken_feed_is_named_with_its_line() -> None:
    with pytest.raises(ContentError, match="is no well-formed XML: mismatched tag") as caught:
        read(rss(item(), "\n<item><title>A</title><description>never closed</item>", item("Swallowed")))
    assert caught.value.line == 3
    left_out = parse("blog.xml", rss(item(), item("Cut off"))[:-100].encode(), "0").left_out
    assert left_out == "1 of 2 entries hold no full text, such as 'Cut off'; export them in full"


CAFE = "<p>" + "Au café, la paie était meilleure à côté de l'hôtel où nous étions. " * 9 + "</p>"
ENCODED = [
    ("utf-8", "utf-8"),
    ("iso-8859-1", "utf-8"),
    ("no-such-encoding", "utf-8"),
    ("iso-8859-1", "iso-8859-1"),
    ("windows-1252", "cp1252"),
    ("utf-16", "utf-16"),
    ("utf-8", "utf-16"),
    ("utf-8", "utf-8-sig"),
]


@pytest.mark.parametrize(("declared", "encoding"), ENCODED)
def test_the_encoding_is_the_one_that_fits_whatever_is_declared(declared: str, encoding: str) -> None:
    feed = rss(item("Le café", f"<![CDATA[{CAFE}]]>"), head=f'<?xml version="1.0" encoding="{declared}"?>')
    assert read(feed.encode(encoding)) == {"Le café": CAFE[3:-5]}


def test_bytes_that_no_encoding_is_certain_for_are_refused_with_their_place() -> None:
    data = rss(item(text=CAFE)).encode().replace("étions".encode(), b"\xe9tions", 1)
    with pytest.raises(ContentError, match=r"byte 0xe9 in column \d+ is not UTF-8") as caught:
        read(data)
    assert caught.value.line == 2


def test_dates_links_and_bases_are_those_that_the_feed_states() -> None:
    feed = f"""<feed xmlns="http://www.w3.org/2005/Atom" xml:base="https://example.org/blog/"><entry>
    <title type="html">A &amp;amp; B</title><id>https://example.org/not-a-page</id>
    <link rel="replies" href="https://example.org/replies"/><link href="pay"/>
    <published>2026-01-02T23:00:00-08:00</published><updated>2026-02-03</updated>
    <content type="html" xml:base="/files/">{FULL}
    &lt;a href="more"&gt;More&lt;/a&gt;&lt;a href="javascript:x"&gt; no&lt;/a&gt;</content>
    </entry></feed>"""
    (article,) = parse("blog.atom", feed.encode(), "0").articles
    assert (article.title, article.url) == ("A & B", "https://example.org/blog/pay")
    assert (article.published, article.updated) == (date(2026, 1, 2), date(2026, 2, 3))
    assert article.text == f"{FULL}[More](https://example.org/files/more) no"


def test_an_entry_whose_only_address_is_its_guid_is_found_there() -> None:
    guids = [("", "https://x.org/1"), ('isPermaLink="false"', "https://x.org/2"), ("", "tag:3")]
    feed = rss(*(item(f"{at}", more=f"<guid {said}>{guid}</guid>") for at, (said, guid) in enumerate(guids)))
    assert [one.url for one in parse("a.xml", feed.encode(), "0").articles] == ["https://x.org/1", None, None]
    entry = f"<entry><id>https://x.org/no-page</id><content type='html'>{FULL}</content></entry>"
    (article,) = parse("a.xml", f'<feed xmlns="http://www.w3.org/2005/Atom">{entry}</feed>'.encode(), "0").articles
    assert article.url is None


def test_an_old_feed_has_its_date_in_dublin_core() -> None:
    space = 'xmlns="http://purl.org/rss/1.0/" xmlns:dc="http://purl.org/dc/elements/1.1/"'
    rdf = 'xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#"'
    feed = f"<rdf:RDF {rdf} {space}>{item(more='<dc:date>2026-01-02T03:04:05Z</dc:date>')}</rdf:RDF>"
    (article,) = parse("a.rdf.xml", feed.encode(), "0").articles
    assert (article.published, article.updated) == (date(2026, 1, 2), None)


def test_plain_text_stays_plain_and_markup_stays_markup_in_a_feed_of_atom() -> None:
    text, markup = f"1 &lt; 2 and &lt;b&gt; {FULL}", f"&lt;p&gt;1 {FULL}&lt;/p&gt;"
    entries = "".join(f"<entry><title>{one[:8]}</title><content>{one}</content></entry>" for one in (text, markup))
    texts = list(read(f'<feed xmlns="http://www.w3.org/2005/Atom">{entries}</feed>').values())
    assert texts == [f"1 < 2 and \\<b> {TEXT}", f"1 {TEXT}"]


WXR = "http://wordpress.org/export/1.2/"
NAMES = f'xmlns:content="http://purl.org/rss/1.0/modules/content/" xmlns:excerpt="{WXR}excerpt/" xmlns:wp="{WXR}"'


def wxr(*items: str) -> str:
    return rss(*items, head=f"{HEAD}<!-- A <b>WXR</b> file -->").replace("<rss", f"<rss {NAMES}")


def post(
    title: str, status: str = "publish", kind: str = "post", *, text: str = f"<p>{FULL}</p>", more: str = ""
) -> str:
    said = f"<wp:status><![CDATA[{status}]]></wp:status><wp:post_type>{kind}</wp:post_type>{more}"
    return item(title, "", f"<content:encoded><![CDATA[{text}]]></content:encoded>{said}")


def test_an_export_of_wordpress_is_read() -> None:
    more = f"""<pubDate>Tue, 03 Feb 2026 23:30:00 -0800</pubDate><guid isPermaLink="false">https://x.org/?p=1</guid>
    <content:encoded><![CDATA[<!-- wp:paragraph --><p>{FULL}</p><!-- /wp:paragraph -->]]></content:encoded>
    <excerpt:encoded><![CDATA[]]></excerpt:encoded><wp:status><![CDATA[publish]]></wp:status>
    <wp:comment><wp:comment_content><![CDATA[{FULL * 2}]]></wp:comment_content></wp:comment>"""
    (article,) = parse("blog.xml", wxr(item(text="", more=more)).encode(), "0").articles
    assert (article.text, article.published, article.url) == (TEXT, date(2026, 2, 3), None)


LEFT_OUT = [
    (post("A", "draft"), "1 draft"),
    (post("A", "pending"), "1 pending"),
    (post("A", "private"), "1 private"),
    (post("A", "trash"), "1 in the trash"),
    (post("A", "future"), "1 scheduled"),
    (post("A", "publish", more="<wp:post_password>x</wp:post_password>"), "1 protected by a password"),
    (post("A", "inherit", "revision"), "1 revision"),
    (post("A", "inherit", "attachment"), "1 attachment"),
    (post("A", "publish", "nav_menu_item"), "1 menu item"),
    (post("A", "publish", "feedback"), "1 feedback"),
    (post("A", "publish", "shop_order"), "1 shop_order"),
    (post("A", "draft") + post("B", "draft") + post("C", "trash"), "2 draft, 1 in the trash"),
]


@pytest.mark.parametrize(("entries", "kinds"), LEFT_OUT)
def test_what_an_export_of_wordpress_does_not_publish_is_left_out_and_counted(entries: str, kinds: str) -> None:
    count = entries.count("<item>") + 1
    for feed in (wxr(post("Read"), entries), wxr(post("Read"), entries).replace("</channel>", " & <p></channel>")):
        parsed = parse("blog.xml", feed.encode(), "0")
        assert [article.title for article in parsed.articles] == ["Read"]
        assert (parsed.left_out, parsed.withheld) == (
            "",
            f"1 of {count} entries are read; not public or no articles are {kinds}",
        )
    nothing = parse("blog.xml", wxr(entries).encode(), "0")
    assert (nothing.articles, nothing.left_out) == ((), "")
    assert nothing.withheld == f"0 of {count - 1} entries are read; not public or no articles are {kinds}"


def test_other_types_of_posts_are_articles() -> None:
    assert read(wxr(post("A", kind="page"), post("B", kind="faq"), post("C", kind="knowledgebase"))).keys() == {*"ABC"}


GOOGLE = "scheme='http://schemas.google.com/g/2005#kind' term='http://schemas.google.com/blogger/2008/kind#"
ATOM_SAYS = [
    ("<app:control><app:draft>yes</app:draft></app:control>", "1 draft"),
    ("<control xmlns='http://purl.org/atom/app#'><draft>yes</draft></control>", "1 draft"),
    ("<app:control><app:draft>no</app:draft></app:control>", ""),
    (f"<category {GOOGLE}comment'/>", "1 comment"),
    (f"<category {GOOGLE}settings'/>", "1 settings"),
    (f"<category {GOOGLE}template'/>", "1 template"),
    (f"<category {GOOGLE}post'/>", ""),
    ("<thr:in-reply-to ref='x' href='https://x.org/a'/>", "1 comment"),
    ("<b:type>COMMENT</b:type><b:status>LIVE</b:status>", "1 comment"),
    ("<b:type>POST</b:type><b:status>DRAFT</b:status>", "1 draft"),
    ("<b:type>PAGE</b:type><b:status>SOFT_TRASHED</b:status>", "1 in the trash"),
    ("<b:type>POST</b:type><b:status>LIVE</b:status>", ""),
]


@pytest.mark.parametrize(("said", "kind"), ATOM_SAYS)
def test_drafts_and_visitors_comments_of_blogger_and_atom_are_no_articles(said: str, kind: str) -> None:
    names = (
        'xmlns="http://www.w3.org/2005/Atom" xmlns:app="http://www.w3.org/2007/app" '
        'xmlns:thr="http://purl.org/syndication/thread/1.0" xmlns:blogger="http://schemas.google.com/blogger/2018"'
    )
    said = said.replace("b:", "blogger:")
    entry = f"<entry><title>A</title>{said}<content type='html'>{FULL}</content></entry>"
    parsed = parse("blog.atom", f"<feed {names}>{entry}</feed>".encode(), "0")
    assert len(parsed.articles) == (not kind)
    assert parsed.withheld == (f"0 of 1 entries are read; not public or no articles are {kind}" if kind else "")


def test_a_feed_of_comments_holds_no_articles() -> None:
    comment = item("Comment on A by B", more="<link>https://x.org/a/#comment-12</link>")
    assert parse("blog.xml", rss(comment).encode(), "0").articles == ()


def test_a_draft_of_a_json_feed_is_left_out() -> None:
    items = [
        {"id": str(at), "title": f"T{at}", "content_html": f"<p>{FULL}</p>", **said}
        for at, said in enumerate([{}, {"draft": True}, {"status": "draft"}])
    ]
    data = json.dumps({"version": "https://jsonfeed.org/version/1.1", "items": items}).encode()
    parsed = parse("feed.json", data, "0")
    assert [article.title for article in parsed.articles] == ["T0"]
    assert parsed.withheld == "1 of 3 entries are read; not public or no articles are 2 draft"


def test_of_an_export_of_ghost_what_is_published_for_everybody_is_read() -> None:
    said: list[dict[str, object]] = [
        {"type": "page", "canonical_url": "https://x.org/pay/", "published_at": "2026-01-02T03:04:05.000Z"},
        {"status": "draft"},
        {"status": "scheduled"},
        {"status": "sent"},
        {"status": None},
        {"visibility": "members"},
        {"visibility": "paid"},
        {"visibility": "tiers"},
        {"visibility": None},
        {"html": None, "lexical": FULL},
    ]
    common = {"status": "published", "visibility": "public", "updated_at": "2026-02-03T00:00:00.000Z"}
    posts = [{"title": f"T{at}", "html": f"<p>{FULL}</p>", **common, **one} for at, one in enumerate(said)]
    data = json.dumps({"db": [{"meta": {"version": "5.9"}, "data": {"posts": posts, "tags": []}}]}).encode()
    parsed = parse("site.ghost.2026-11-26-10-00-00.json", data, "0")
    (article,) = parsed.articles
    assert (article.title, article.url, article.text) == ("T0", "https://x.org/pay/", TEXT)
    assert (article.published, article.updated) == (date(2026, 1, 2), date(2026, 2, 3))
    counts = "2 draft, 1 for members, 2 for paying members, 1 for some readers, 1 scheduled, 1 sent"
    assert parsed.left_out == (
        "1 of 10 entries hold no full text, such as 'T9'; export them in full; "
        f"1 of 10 entries are read; not public or no articles are {counts}"
    )


def test_of_a_post_of_ghost_what_only_members_see_is_not_read() -> None:
    begin, end = '<!--kg-gated-block:begin nonMember:{} memberSegment:"status:free" -->', "<!--kg-gated-block:end-->"
    hidden = f"{begin.format('false')}<p>Members only.</p>{end}"
    shown = f'{begin.format("true")}<p>For <a href="__GHOST_URL__/all/">all</a>.</p>{end}'
    open_end = f"{begin.format('false')}<p>Members only.</p>"
    post = {"title": "A", "status": "published", "html": f"{hidden}<p>{FULL}</p>{shown}{hidden}{open_end}"}
    data = json.dumps({"db": [{"data": {"posts": [post]}}]}).encode()
    (article,) = parse("a.ghost.2026.json", data, "0").articles
    assert article.text == f"{TEXT}\n\nFor [all](/all/)."


def test_a_post_of_the_classic_editor_keeps_its_paragraphs_and_has_no_shortcodes() -> None:
    text = f"""[et_pb_section fb_built="1"][et_pb_row][et_pb_text admin_label="A"]{FULL.strip()}

<strong>Before</strong>

[caption id="a_7" width="300"]<img src="x.jpg" /> A panel at work[/caption] One
two [sic] [your name].

<ul>
<li>a</li>

<li>b</li>
</ul>
[members]Only for members.[/members][contact-form-7 id="12" title="Ask"][gallery ids="1,2"]
<pre>x

y</pre>[embed]https://x.org/v[/embed][/et_pb_text][/et_pb_row][/et_pb_section]"""
    parts = read(wxr(post("A", text=text)))["A"].split("\n\n")
    assert parts == [TEXT, "**Before**", "A panel at work One two [sic] [your name].", "- a\n- b", "```\nx", "y\n```"]


@pytest.mark.parametrize("entities", [BOMB, OUTSIDE], ids=["bomb", "outside"])
@pytest.mark.parametrize("encoding", ["utf-8", "utf-16"])
def test_entities_are_refused_in_a_broken_feed_too(entities: str, encoding: str) -> None:
    feed = f"<!-- <a> -->{entities}]>{rss(item('&j; & more'), head='')}<two/>"
    with pytest.raises(ContentError, match="declares entities, which are not read; remove them"):
        read(feed.encode(encoding))


def test_nothing_that_a_feed_names_is_fetched_or_opened() -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:
        server.setblocking(False)
        address = f"http://127.0.0.1:{server.getsockname()[1]}"
        doctype = f'{HEAD}<!DOCTYPE rss PUBLIC "-//Netscape//DTD RSS 0.91//EN" "{address}/rss.dtd">'
        image = f'<![CDATA[<p>{FULL}<img src="{address}/i.png"></p>]]>'
        assert read(rss(item(text=image, more=f'<source url="{address}/s"/>'), head=doctype)) == {"The talk": TEXT}
        for data in (f"{address}/feed.xml", "/etc/passwd"):
            with pytest.raises(ContentError, match="is no well-formed XML"):
                read(data)
        with pytest.raises(BlockingIOError):
            server.accept()


def test_a_feed_that_takes_too_long_is_ended() -> None:
    feed = rss("<![CDATA[" * 3_000_000)
    start = time.monotonic()
    with IsolatedReader(1, 1024) as reader, pytest.raises(ContentError, match="takes longer to read"):
        reader.parse("blog.xml", feed.encode(), "0")
    assert time.monotonic() - start < 60


@pytest.mark.parametrize("whole", [RSS, ATOM], ids=["RSS", "Atom"])
def test_a_feed_that_is_cut_off_anywhere_is_read_or_refused(whole: str) -> None:
    for end in range(0, len(whole), 61):
        try:
            assert read(whole[:end])
        except ContentError as error:
            assert error.reason
