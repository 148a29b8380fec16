"""Generated Markdown: documents of every kind of block, each word unique, so that a lost word is seen."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field

from hypothesis import strategies as st

Draw = Callable[[st.SearchStrategy], object]

SEPARATORS = ["\n\n", "\n\n\n", "\n \n", "\n\t\n"]
DECORATIONS = [
    "{}",
    "**{}**",
    "_{}_",
    "`{}`",
    "[{}](https://example.org/a_b?c=d)",
    "~~{}~~",
    "{}.",
    "“{}”",
    "{}, ",
    "😀 {}",
]
SCRIPTS = ["word{}", "élan{}", "слово{}", "词{}", "كلمة{}", "e\u0301t{}", "Straße{}"]
NOISE = [
    "import Ad from './Ad';",
    "<Ad kind='banner' />",
    "<!-- a comment -->",
    "{{< youtube abc >}}",
    "![](picture.png)",
    "---",
    "[ref]: https://example.org 'Title'",
    ":::",
    "<br/>",
    "- [Part](#part)\n- [Other](#other)",
]


@dataclass
class Document:
    """A text, the words of its prose in order, and the words of its headings."""

    text: str = ""
    prose: list[str] = field(default_factory=list)
    headings: list[str] = field(default_factory=list)
    counter: int = 0


class _Writer:
    def __init__(self, draw: Draw) -> None:
        self.draw = draw
        self.document = Document()

    def word(self) -> str:
        self.document.counter += 1
        return self.draw(st.sampled_from(SCRIPTS)).format(f"{self.document.counter}x")

    def words(self, most: int) -> str:
        found = []
        for _ in range(self.draw(st.integers(1, most))):
            word = self.word()
            self.document.prose.append(word)
            found.append(self.draw(st.sampled_from(DECORATIONS)).format(word))
        return " ".join(found)

    def sentences(self) -> str:
        ends = st.sampled_from([". ", "! ", "? ", "… ", ".\n", "  \n", "; "])
        count = self.draw(st.integers(1, 6))
        return "".join(self.words(9) + self.draw(ends) for _ in range(count)).rstrip()

    def heading(self) -> str:
        word = self.word()
        self.document.headings.append(word)
        level = self.draw(st.integers(1, 6))
        if level < 3 and self.draw(st.booleans()):
            return f"{word}\n{'=-'[level - 1] * 4}"
        return f"{'#' * level} {word}{self.draw(st.sampled_from(['', ' #', ' {#own}']))}"

    def listing(self, depth: int = 0) -> str:
        mark = self.draw(st.sampled_from(["-", "*", "+", "1.", "7)"]))
        lines = []
        for _ in range(self.draw(st.integers(1, 5))):
            lines.append(f"{mark} {self.words(8)}")
            indent = " " * (len(mark) + 1)
            if depth < 2 and self.draw(st.integers(0, 3)) == 0:
                nested = self.listing(depth + 1)
                lines.extend(indent + line for line in nested.split("\n"))
            elif self.draw(st.integers(0, 5)) == 0:
                lines.extend(["", indent + self.words(6)])
        return "\n".join(lines)

    def table(self) -> str:
        columns = self.draw(st.integers(1, 3))
        rows = [[self.words(2) for _ in range(columns)] for _ in range(self.draw(st.integers(1, 12)))]
        lines = [f"| {' | '.join(row)} |" for row in rows]
        return "\n".join([lines[0], "|---" * columns + "|", *lines[1:]])

    def code(self) -> str:
        fence = self.draw(st.sampled_from(["```", "~~~~", "```python"]))
        lines = [self.words(4).replace("`", "") for _ in range(self.draw(st.integers(1, 12)))]
        return "\n".join([fence, *lines, fence[:3] * (fence[0] == "`") or fence])

    def quote(self) -> str:
        return "\n".join(f"> {line}" for line in self.sentences().split("\n"))

    def html(self) -> str:
        tag = self.draw(st.sampled_from(["div", "aside", "p"]))
        return f"<{tag} class='a'>\n{self.words(6)}\n</{tag}>"

    def noise(self) -> str:
        return self.draw(st.sampled_from(NOISE))


@st.composite
def documents(draw: Draw) -> Document:
    """Documents of up to a dozen blocks, in any order, with any kind of line end."""
    writer = _Writer(draw)
    makers = [writer.sentences, writer.sentences, writer.heading, writer.listing, writer.table]
    makers += [writer.code, writer.quote, writer.html, writer.noise]
    text = ""
    for _ in range(draw(st.integers(0, 12))):
        text += draw(st.sampled_from(makers))() + draw(st.sampled_from(SEPARATORS))
    writer.document.text = text.replace("\n", draw(st.sampled_from(["\n", "\r\n", "\r"])))
    return writer.document
