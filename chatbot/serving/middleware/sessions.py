"""Who is an editor: one password, kept as a slow hash, and a session that a signed cookie stands for.

The key that signs lives as long as the process, so a restart signs everybody out. Nothing about an editor is stored.
"""

from __future__ import annotations

import hashlib
import hmac
import re
import secrets
import threading
import time
from base64 import urlsafe_b64decode, urlsafe_b64encode

from starlette.datastructures import Headers
from starlette.requests import cookie_parser
from starlette.types import Scope

from chatbot.settings import EditorSettings

COOKIE = "chatbot_editor"
LOCAL_HOSTS = frozenset(("localhost", "127.0.0.1", "[::1]"))
# RFC 7914, with what OWASP's password storage cheat sheet asks for: 64 MiB and about 0.2 s a try.
_N, _R, _P = 2**16, 8, 1
_PORT = re.compile(r":\d{1,5}$")


def hash_password(password: str) -> str:
    """What `editor.password_hash` is set to: `scrypt:n:r:p:salt:key`, salt and key in base64."""
    salt = secrets.token_bytes(16)
    return ":".join(("scrypt", str(_N), str(_R), str(_P), _b64(salt), _b64(_scrypt(password, salt, (_N, _R, _P)))))


class Sessions:
    """Checks the password and keeps the sessions. Safe to use from several threads."""

    def __init__(self, settings: EditorSettings) -> None:
        """`settings.on` must be true."""
        given = settings.password.get_secret_value() if settings.password else ""
        self.settings = settings
        self._hash = settings.password_hash or hash_password(given)
        self._key = secrets.token_bytes(32)
        self._ended: dict[str, int] = {}
        self._one_at_a_time = threading.Lock()

    def knows(self, password: str) -> bool:
        """Whether this is the password; compared in constant time."""
        _, n, r, p, salt, key = self._hash.split(":")
        with self._one_at_a_time:  # a try takes 64 MiB; many at once must not fill the memory
            key_given = _scrypt(password[:1000], urlsafe_b64decode(salt), (int(n), int(r), int(p)))
        return hmac.compare_digest(key_given, urlsafe_b64decode(key))

    def start(self) -> str:
        """The value of the cookie of a new session."""
        said = f"{int(time.time()) + self.seconds}.{secrets.token_urlsafe(16)}"
        return f"{said}.{self._signature(said)}"

    def end(self, cookie: str) -> None:
        """Let a session count no more, also where somebody kept its cookie."""
        if self.holds(cookie):
            now = int(time.time())
            self._ended = {one: until for one, until in self._ended.items() if until > now}
            self._ended[cookie] = int(cookie.partition(".")[0])

    def holds(self, cookie: str) -> bool:
        """Whether this is the cookie of a session that goes on."""
        said, _, signature = cookie.rpartition(".")
        if not hmac.compare_digest(signature.encode(), self._signature(said).encode()):
            return False
        return int(said.partition(".")[0]) > time.time() and cookie not in self._ended

    def signed_in(self, scope: Scope) -> bool:
        """Whether the request comes from a session that goes on."""
        return self.holds(cookie_of(scope)) and self.safe(scope)

    def safe(self, scope: Scope) -> bool:
        """Whether nobody on the way can read along: https, this machine itself, or settings that allow it."""
        host = _PORT.sub("", Headers(scope=scope).get("host", "").lower())
        return scope["scheme"] == "https" or host in LOCAL_HOSTS or self.settings.plain_http

    @property
    def seconds(self) -> int:
        """How long a session lasts."""
        return self.settings.session_hours * 3600

    def _signature(self, said: str) -> str:
        return _b64(hmac.digest(self._key, said.encode(), "sha256")).rstrip("=")


def cookie_of(scope: Scope) -> str:
    """The session cookie of a request, empty where it has none."""
    return cookie_parser(Headers(scope=scope).get("cookie", "")).get(COOKIE, "")


def _scrypt(password: str, salt: bytes, cost: tuple[int, int, int]) -> bytes:
    n, r, p = cost
    return hashlib.scrypt(password.encode(), salt=salt, n=n, r=r, p=p, maxmem=256 * n * r + 2**20, dklen=32)


def _b64(data: bytes) -> str:
    return urlsafe_b64encode(data).decode()
