"""One connection to Milvus, with a time limit on everything that is asked of it."""

from __future__ import annotations

import logging
import re
import threading
import time
from functools import cache
from typing import Any, Literal

from chatbot.errors import IndexAway, SettingsError
from chatbot.installation import extra
from chatbot.settings import MilvusSettings

_log = logging.getLogger(__name__)

_REST_SECONDS = 2.0
"""After something hung nothing is asked for so long: who waits for a server that is gone keeps others waiting."""
_TRIES, _PAUSE_SECONDS = 3, 0.15
"""What fails at once is tried again: another node may have what one that ended had."""
_SPARSE_FROM = (2, 4)


class Connection:
    """Asks Milvus and says in one way when it cannot be asked. Safe to use from several threads.

    One that `tells` logs when Milvus goes away and when it is back: for servers, which do not end with the error.
    """

    def __init__(self, settings: MilvusSettings) -> None:
        self.settings = settings
        self.tells = False
        self._client: Any = None
        self._connecting, self._resting = threading.Lock(), threading.Lock()
        self._resting_until = 0.0
        self._trouble, self._hung = "", False

    def ask(self, method: str, *args: Any, **named: Any) -> Any:
        """What a method of MilvusClient gives within the seconds of the settings. Raises IndexAway.

        For what visitors wait for: what fails at once is tried three times. After something hung it fails at once for
        two seconds, and then until one has tried.
        """
        limit, tries = self.settings.seconds, _TRIES
        with self._resting:
            now = time.monotonic()
            if now < self._resting_until:
                raise IndexAway(self._trouble)
            if self._trouble:
                tries = 1
                if self._hung:
                    self._resting_until = now + limit
        while True:
            try:
                return self._asked(method, args, named, limit)
            except IndexAway:
                tries -= 1
                if self._hung or not tries:
                    raise
            time.sleep(_PAUSE_SECONDS)

    def work(self, method: str, *args: Any, seconds: float = 60.0, **named: Any) -> Any:
        """The same for what a build waits for, at length. Raises IndexAway."""
        return self._asked(method, args, named, seconds)

    @property
    def away(self) -> bool:
        """Whether the last that was asked of it failed."""
        return bool(self._trouble)

    @property
    def version(self) -> str:
        """What the server calls itself, such as "v2.5.4". Raises IndexAway."""
        return str(self.ask("get_server_version"))

    @property
    def sparse(self) -> bool:
        """Whether it has sparse vectors, as Milvus has from 2.4 on. Raises IndexAway."""
        numbers = re.findall(r"\d+", self.version)
        return tuple(map(int, numbers[:2])) >= _SPARSE_FROM

    def _asked(self, method: str, args: tuple[Any, ...], named: dict[str, Any], seconds: float) -> Any:
        began = time.monotonic()
        try:
            found = getattr(self._connected(), method)(*args, timeout=seconds, **named)
        except SettingsError:
            raise
        except Exception as error:  # gRPC, pymilvus and the client's own time limits each raise their own
            trouble = (
                f"Milvus at {self.settings.uri} cannot be asked: {_reason(error)}; see that it runs and can be "
                "reached, and that milvus.uri and milvus.token of the settings are right"
            )
            if self.tells and not self._trouble:
                _log.warning("%s", trouble)
            now = time.monotonic()
            self._trouble, self._hung = trouble, now - began > seconds / 2
            self._resting_until = now + _REST_SECONDS if self._hung else 0.0
            raise IndexAway(trouble) from error
        if self.tells and self._trouble:
            _log.warning("Milvus at %s answers again", self.settings.uri)
        self._trouble, self._hung, self._resting_until = "", False, 0.0
        return found

    def _connected(self) -> Any:
        waited = self._resting_until
        with self._connecting:
            if self._client is None:
                if self._resting_until > max(waited, time.monotonic()):  # who was here before found that it hangs
                    raise TimeoutError(self._trouble)
                self._client = _client(self.settings)
            return self._client


Purpose = Literal["answering", "following", "sending"]


@cache
def connection_to(settings: MilvusSettings, purpose: Purpose) -> Connection:
    """The connection that all of this process share for one purpose: what fails one of them says little of another."""
    del purpose
    return Connection(settings)


def _client(settings: MilvusSettings) -> Any:
    try:
        from pymilvus import MilvusClient
    except ImportError as error:
        raise SettingsError(
            f"index.store is 'milvus', and the package for it is missing ({error.name}); run \"{extra('milvus')}\""
        ) from error
    logging.getLogger("pymilvus").setLevel(logging.CRITICAL)  # what it logs is raised as well
    token = settings.token.get_secret_value() if settings.token else ""
    more = {"server_pem_path": str(settings.ca)} if settings.ca else {}
    return MilvusClient(settings.uri, token=token, db_name=settings.database, timeout=settings.seconds, **more)


def _reason(error: Exception) -> str:
    """What went wrong, in a line."""
    said = str(getattr(error, "message", "") or error) or type(error).__name__
    return " ".join(said.split())[:300].rstrip(". ")
