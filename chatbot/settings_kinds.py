"""Kinds of values that settings are made of, each with the words for one that is wrong."""

from __future__ import annotations

import re
from ipaddress import ip_network
from pathlib import Path
from typing import Annotated

from pydantic import AfterValidator, BeforeValidator

from chatbot import catalogues

_HOST = r"[A-Za-z0-9:%_-]{1,63}(\.[A-Za-z0-9%_-]{1,63})*\.?"
_LABEL = r"[a-z0-9]([a-z0-9-]*[a-z0-9])?"
# A wildcard covers two labels or more: `https://*.org` would let half the world in.
_ORIGIN = re.compile(rf"https?://(({_LABEL}\.)*{_LABEL}|\*\.({_LABEL}\.)+{_LABEL}|\[[0-9a-f:.]+\])(:[1-9]\d{{0,4}})?")
_ADDRESS = r"(https?://[^\s<>\"'/]+|mailto:[^\s<>\"'@?]+@|tel:\+?\d)[^\s<>\"']*(?<!@)"
TAG = "a language tag, such as 'en' or 'pt-BR'"
_DEFAULT_PORT = re.compile(r"^(https://.+):443$|^(http://.+):80$")


def formed(pattern: str, expected: str) -> AfterValidator:
    """A check that the whole text is of a pattern, which says in words what that is."""

    def check(value: str) -> str:
        if not re.fullmatch(pattern, value):
            raise ValueError(f"expected {expected}")
        return value

    return AfterValidator(check)


def _place(value: object) -> object:
    if isinstance(value, str | Path) and (not str(value).strip() or "\0" in str(value)):
        raise ValueError("expected the name of a file or folder; leave the setting out for its default")
    return value


Place = Annotated[Path, BeforeValidator(_place)]


def _origin(value: str) -> str:
    if not _ORIGIN.fullmatch(value):
        raise ValueError(
            "expected an origin as browsers send it, such as 'https://example.org' or 'https://*.example.org': "
            "lower case, no path, no slash at the end"
        )
    return _DEFAULT_PORT.sub(r"\1\2", value)


def _network(value: str) -> str:
    try:
        return str(ip_network(value, strict=False))
    except ValueError:
        raise ValueError("expected an address or a network, such as '127.0.0.1' or '10.0.0.0/8'") from None


def _line(value: str) -> str:
    if not value.strip() or len(value) > 200 or not value.isprintable():
        raise ValueError("expected a line of 1 to 200 characters")
    return value.strip()


Line = Annotated[str, AfterValidator(_line)]
Origin = Annotated[str, AfterValidator(_origin)]
Network = Annotated[str, AfterValidator(_network)]


Rate = Annotated[
    str,
    formed(
        r"([1-9]\d{0,8}/(second|minute|hour|day))?",
        "a number for each second, minute, hour or day, such as '60/minute', or '' for any",
    ),
]


def _language_code(value: str) -> str:
    *others, last = map(repr, catalogues.codes())
    if value not in catalogues.codes():
        raise ValueError(f"expected {', '.join(others)} or {last}")
    return value


LanguageCode = Annotated[str, AfterValidator(_language_code)]


def _server(value: str) -> str:
    if value.endswith(".db") and "://" not in value:
        raise ValueError(
            "it names a file, as Milvus Lite has one, which a single process can open: a build and a server are two; "
            "expected the address of a server, such as 'http://localhost:19530'"
        )
    if not re.fullmatch(r"(https?|tcp|unix)://[^\s@]+", value):
        raise ValueError(
            "expected an address such as 'http://localhost:19530' or 'https://milvus.example.org', without a user; "
            "who asks is said by milvus.token"
        )
    return value


MilvusAddress = Annotated[str, AfterValidator(_server)]


Contact = Annotated[
    str,
    formed(rf"({_ADDRESS})?", "an address such as 'https://example.org/ask', 'mailto:a@example.org' or 'tel:+4930123'"),
]
Host = Annotated[str, formed(_HOST, "an address or a name of this machine, such as '127.0.0.1'")]
