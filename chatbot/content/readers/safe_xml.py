"""XML that may come from anybody: without entities of its own, and with errors that say where it is broken."""

from __future__ import annotations

import re
from xml.etree.ElementTree import Element, ParseError

from defusedxml import DefusedXmlException
from defusedxml.ElementTree import fromstring

from chatbot.content.source.front_matter import one_line
from chatbot.errors import ContentError

_ROOT = re.compile(
    rb"""(?P<above>(?:[^<]++
    |   (?><!--.*?-->)
    |   (?><\?.*?>)
    |   (?><!DOCTYPE[^\[>]*+(?:\[.*?\]\s*+)?+>) )*+)
    <(?:[\w.-]+:)?(?P<name>[A-Za-z][\w.-]*)""",
    re.VERBOSE | re.DOTALL,
)


def parse_xml(path: str, data: bytes) -> Element:
    """The root of an XML document without entities of its own. Raises ContentError."""
    try:
        root: Element = fromstring(data)
    except DefusedXmlException as error:
        raise _entities(path) from error
    except ParseError as error:
        line, column = error.position
        reason = str(error).partition(":")[0]
        raise ContentError(
            path, f"is no well-formed XML: {reason} in column {column + 1}; export it again", line
        ) from error
    except (ValueError, LookupError) as error:
        raise ContentError(path, f"is no XML that can be read: {one_line(str(error))}; export it again") from error
    return root


def root_name(data: bytes) -> str:
    """The local name of the first element in lower case, whatever is broken behind it; "" where there is none."""
    root = _ROOT.match(_letters(data))
    return root["name"].decode().lower() if root else ""


def refuse_entities(path: str, data: bytes) -> None:
    """Raise ContentError where anything above the first element declares entities."""
    root = _ROOT.match(_letters(data))
    if root and b"<!ENTITY" in root["above"]:
        raise _entities(path)


def _letters(data: bytes) -> bytes:
    """The bytes of its ASCII letters, in any encoding that XML is written in."""
    return data.replace(b"\0", b"")


def _entities(path: str) -> ContentError:
    return ContentError(path, "declares entities, which are not read; remove them")
