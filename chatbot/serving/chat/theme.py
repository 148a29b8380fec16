"""How the chat page looks where its address says so, as that of a frame does: light or dark, and in a site's colour."""

from __future__ import annotations

import re

from starlette.types import Scope

from chatbot.serving.middleware.scope import asked_for

THEMES = ("light", "dark")
LEAST_CONTRAST = 4.5  # WCAG 2.2, 1.4.3
PAPERS = {"light": (250, 249, 247), "dark": (28, 32, 36)}
SOFT = 0.1  # how much of the accent is in what is shaded with it
_COLOUR = re.compile(r"#([0-9a-fA-F]{2})([0-9a-fA-F]{2})([0-9a-fA-F]{2})")
_BLACK, _WHITE = (0, 0, 0), (255, 255, 255)

Colour = tuple[int, int, int]


def theme_of(scope: Scope) -> str:
    """`light` or `dark`, or nothing where the visitor's system decides."""
    asked = asked_for(scope, "theme")
    return asked if asked in THEMES else ""


def tints_of(scope: Scope) -> dict[str, dict[str, str]]:
    """The custom properties of page.css that a colour in the address changes, by theme; none without such a colour."""
    colour = _COLOUR.fullmatch(asked_for(scope, "color"))
    if not colour:
        return {}
    red, green, blue = (int(part, 16) for part in colour.groups())
    return {theme: tint((red, green, blue), theme) for theme in THEMES}


def tint(colour: Colour, theme: str) -> dict[str, str]:
    """What is drawn in a colour, made lighter or darker until it can be read in a theme."""
    paper, end = PAPERS[theme], _WHITE if theme == "dark" else _BLACK
    steps = (_mixed(colour, end, part / 20) for part in range(21))
    accent = next(step for step in steps if contrast(step, _mixed(paper, step, SOFT)) >= LEAST_CONTRAST)
    drawn = {
        "accent": accent,
        "accent-ink": _on(accent),
        "accent-soft": _mixed(paper, accent, SOFT),
        "asked": colour,
        "asked-ink": _on(colour),
    }
    return {name: "#{:02x}{:02x}{:02x}".format(*value) for name, value in drawn.items()}


def contrast(first: Colour, second: Colour) -> float:
    """The ratio of two colours' luminances in [1, 21], by WCAG 2.2."""
    dark, light = sorted(map(_luminance, (first, second)))
    return (light + 0.05) / (dark + 0.05)


def _on(colour: Colour) -> Colour:
    """White or black, whichever can be read on a colour; one of them always can."""
    return _WHITE if contrast(colour, _WHITE) >= LEAST_CONTRAST else _BLACK


def _mixed(first: Colour, second: Colour, part: float) -> Colour:
    red, green, blue = (round(a + (b - a) * part) for a, b in zip(first, second, strict=True))
    return red, green, blue


def _luminance(colour: Colour) -> float:
    linear = [c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in (part / 255 for part in colour)]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]
