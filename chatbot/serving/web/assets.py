"""What is sent beside the HTML: static files, and the style and policy of plain pages, which fetch nothing.

A file of `static/` has an address that changes with its content, so that browsers may keep it for good.
"""

from __future__ import annotations

import base64
import hashlib
from functools import cache
from pathlib import Path

STATIC = Path(__file__).parent / "static"
FOREVER = "public, max-age=31536000, immutable"
STYLE = (STATIC / "article.css").read_text(encoding="utf-8")


def integrity(content: bytes) -> str:
    """As `integrity` of a tag has it (W3C, Subresource Integrity)."""
    return f"sha256-{base64.b64encode(hashlib.sha256(content).digest()).decode()}"


def style_source(style: str) -> str:
    """What a policy names to allow this style inside a page, and no other."""
    return f"'{integrity(style.encode())}'"


CSP = (
    f"default-src 'none'; style-src {style_source(STYLE)}; img-src 'self' data:; base-uri 'none'; form-action 'self'; "
    "frame-ancestors 'self'"
)


@cache
def link(name: str, root: str = "../") -> str:
    """The address of a file of `static/` as seen from a page one folder below the server's root."""
    digest = hashlib.sha256((STATIC / name).read_bytes()).hexdigest()[:12]
    return f"{root}static/{name}?v={digest}"
