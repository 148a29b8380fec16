"""Files of complex formats are parsed in a process of their own, with a limit of time and memory for each file.

One process reads many files; one that hangs, fails or needs too much ends it, and the next file starts a new one. It
speaks JSON over its pipes, so that nothing a file contains is ever executed here.
"""

from __future__ import annotations

import json
import os
import re
import signal
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from datetime import datetime
from functools import cache
from types import TracebackType
from typing import TYPE_CHECKING, Any

from chatbot.content.readers.contract import Parsed
from chatbot.content.readers.registry import is_simple, parse
from chatbot.content.source.front_matter import one_line
from chatbot.errors import ChatbotError, ContentError
from chatbot.records import jsonable

if TYPE_CHECKING:
    from pydantic import TypeAdapter

PROGRAM = "from chatbot.content.sandbox import serve; serve()"
_NEEDED = re.compile(r"PATH|SYSTEMROOT|TZ|LANG|(?:LC|LD|DYLD)_.*|PYTHON.*", re.IGNORECASE)
"""Variables of the environment that the process gets; passwords and keys are none of its business."""

_GRACE = 5.0
"""Seconds after which the process ends itself, where nobody is left to end it."""

_STARTING = 60.0
"""Seconds that the process may take to start."""


class IsolatedReader:
    """Parses files, each within `max_seconds` and `max_memory_mb` (of address space, where the system limits it).

    `program` is what the process runs, `now` the moment at which what it gives is public.
    """

    def __init__(
        self, max_seconds: float, max_memory_mb: int, *, program: str = PROGRAM, now: datetime | None = None
    ) -> None:
        self._max_seconds = max_seconds
        self._max_memory_mb = max_memory_mb
        self._program = program
        self._now = now or datetime.now().astimezone()
        self._process: subprocess.Popen[bytes] | None = None

    def __enter__(self) -> IsolatedReader:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._end()

    def parse(self, path: str, data: bytes, sha256: str) -> Parsed:
        """See `registry.parse`. Raises ContentError, also for a file that passes a limit.

        Raises ChatbotError where the process cannot be started.
        """
        if is_simple(path):
            return blaming(path)(parse)(path, data, sha256, self._now)
        reply = self._reply(path, data, sha256)
        if "reason" in reply:
            if reply.get("spent"):
                self._end()
            raise ContentError(path, reply["reason"], reply.get("line"), retry=reply.get("retry", False))
        return _parsed_type().validate_python(reply)

    def _reply(self, path: str, data: bytes, sha256: str) -> dict[str, Any]:
        if self._process and self._process.poll() is not None:  # it ended between two files: neither is to blame
            self._end()
        process = self._process = self._process or self._start()
        assert process.stdin  # noqa: S101 - a pipe
        assert process.stdout  # noqa: S101 - a pipe
        line = b""
        with _ended_after(self._max_seconds, process) as late, suppress(OSError):
            job = {"path": path, "sha256": sha256, "size": len(data), "now": self._now.isoformat()}
            process.stdin.write(json.dumps(job).encode() + b"\n" + data)
            process.stdin.flush()
            line = process.stdout.readline()
        if late.is_set() or not line.endswith(b"\n"):
            self._end()
        if line.endswith(b"\n"):
            reply: dict[str, Any] = json.loads(line)
            return reply
        if late.is_set():
            limit = f"max_seconds_per_file ({self._max_seconds:g})"
            raise ContentError(path, f"takes longer to read than {limit}; simplify it, or raise that", retry=True)
        limit = f"max_memory_mb ({self._max_memory_mb})"
        reason = f"made its reader fail, or needs more than {limit}; save it again, or raise that"
        raise ContentError(path, reason, retry=True)

    def _start(self) -> subprocess.Popen[bytes]:
        process = subprocess.Popen(  # noqa: S603 - our own interpreter and program
            # -P: the folder it is started in, which may be the corpus, is no place for modules.
            [sys.executable, "-P", "-c", self._program, str(self._max_memory_mb), str(self._max_seconds + _GRACE)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            env={name: value for name, value in os.environ.items() if _NEEDED.fullmatch(name)}
            | {"PYTHONPATH": os.pathsep.join(filter(None, sys.path))},
        )
        assert process.stdout  # noqa: S101 - a pipe
        with _ended_after(_STARTING, process):
            ready = process.stdout.readline()  # until here no file is to blame for the time
        if ready != b"ready\n":
            process.kill()
            process.communicate()
            raise ChatbotError(
                f"the process that reads files cannot be started (exit code {process.returncode}); free some memory, "
                "or see what 'python -c \"import chatbot.content.sandbox\"' says"
            )
        return process

    def _end(self) -> None:
        if self._process:
            process, self._process = self._process, None
            process.kill()
            process.communicate()


@contextmanager
def _ended_after(seconds: float, process: subprocess.Popen[bytes]) -> Iterator[threading.Event]:
    """End a process that takes longer for what is inside, and tell so."""
    late = threading.Event()

    def end() -> None:
        late.set()
        process.kill()

    timer = threading.Timer(seconds, end)
    timer.start()
    try:
        yield late
    finally:
        timer.cancel()
        timer.join()  # it may be ending the process just now


@contextmanager
def blaming(path: str) -> Iterator[None]:
    """Whatever is raised inside is this file's reason: one bad file never stops others. Raises ContentError."""
    try:
        yield
    except ChatbotError:
        raise
    except Exception as error:
        raise ContentError(path, _unforeseen(error), retry=isinstance(error, MemoryError)) from error


@cache
def _parsed_type() -> TypeAdapter[Parsed]:
    from pydantic import TypeAdapter  # here alone: the process that reads files imports this module too, and needs none

    return TypeAdapter(Parsed)


def _unforeseen(error: Exception) -> str:
    return f"cannot be read: {one_line(repr(error))[:200]}; save it again"


def serve() -> None:
    """The process: a line of JSON and the file's bytes on stdin, a line of JSON on stdout, until stdin ends."""
    _limit(int(sys.argv[1]))
    seconds = float(sys.argv[2])
    source, sink = sys.stdin.buffer, os.fdopen(os.dup(1), "wb")
    os.dup2(2, 1)  # whatever a library prints must not mix with the replies
    sink.write(b"ready\n")
    sink.flush()
    while header := source.readline():
        job = json.loads(header)
        _end_after(seconds)
        reply = _outcome(job["path"], source.read(job["size"]), job["sha256"], datetime.fromisoformat(job["now"]))
        _end_after(0)
        sink.write(json.dumps(reply, default=jsonable).encode() + b"\n")
        sink.flush()


def _outcome(path: str, data: bytes, sha256: str, now: datetime) -> dict[str, Any]:
    try:
        parsed = parse(path, data, sha256, now)
    except ContentError as error:
        return {"reason": error.reason, "line": error.line}
    except MemoryError:
        reason = "needs more memory than max_memory_mb to be read; split it, or raise that"
        return {"reason": reason, "spent": True, "retry": True}
    except Exception as error:  # one bad file never stops a build, whatever its format's library makes of it
        return {"reason": _unforeseen(error), "spent": True}
    return parsed._asdict()


def _limit(memory_mb: int) -> None:
    try:
        import resource
    except ImportError:  # Windows has no such limits
        return
    signal.signal(signal.SIGALRM, signal.SIG_DFL)
    resource.setrlimit(resource.RLIMIT_FSIZE, (0, 0))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    if sys.platform == "linux":
        resource.setrlimit(resource.RLIMIT_AS, (memory_mb * 1_000_000, memory_mb * 1_000_000))


def _end_after(seconds: float) -> None:
    """End this process then, whatever it is busy with; 0 calls that off."""
    if sys.platform != "win32":
        signal.setitimer(signal.ITIMER_REAL, seconds)
