"""XML that may come from anybody: without entities of its own, and with errors that say where it is broken."""

from __future__ import annotations

from xml.etree.ElementTree import Element, ParseError

from defusedxml import DefusedXmlException
from defusedxml.ElementTree import fromstring

from chatbot.content.source.front_matter import one_line
from chatbot.errors import ContentError


def parse_xml(path: str, data: bytes) -> Element:
    """The root of an XML document without entities of its own. Raises ContentError."""
    try:
        root: Element = fromstring(data)
    except DefusedXmlException as error:
        raise ContentError(path, "declares entities, which are not read; remove them") from error
    except ParseError as error:
        line, column = error.position
        reason = str(error).partition(":")[0]
        raise ContentError(
            path, f"is no well-formed XML: {reason} in column {column + 1}; export it again", line
        ) from error
    except (ValueError, LookupError) as error:
        raise ContentError(path, f"is no XML that can be read: {one_line(str(error))}; export it again") from error
    return root
