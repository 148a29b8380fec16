"""Real Milvus servers: one process that is every role, or a cluster of one process a role.

All that a server writes is under a folder of the test. Its processes are killed when the thread that started them
ends, however it ends. They are reached on loopback; Milvus 2.3 listens on every interface and cannot be told otherwise.
"""

from __future__ import annotations

import json
import os
import random
import shutil
import signal
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Self

from tests.support import milvus_programs
from tests.support.places import ROOT
from tests.support.waiting import eventually

# Below the ports that the kernel gives to whoever connects: nobody gets one while its server is down.
PORTS = range(20_000, 32_000)
READY_IN_SECONDS = 90
# A Milvus that is asked to end waits for parts of itself that have ended before, half an hour long.
ENDED_IN_SECONDS = 1
LOG_LINES = 30

# The roles of a cluster, and what the configuration calls each.
SECTIONS = {
    "rootcoord": "rootCoord",
    "datacoord": "dataCoord",
    "querycoord": "queryCoord",
    "datanode": "dataNode",
    "indexnode": "indexNode",
    "querynode": "queryNode",
    "proxy": "proxy",
}
# A process that has not been heard of for so long is taken for dead, and does not work again after a longer pause. What
# was killed is only replaced then. Milvus itself has 30.
SESSION_SECONDS = 10
COMMON: dict[str, Any] = {
    "common": {"storageType": "local", "session": {"ttl": SESSION_SECONDS}},
    "log": {"level": "error"},
}

# A client that inserts faster is made to wait: the broker drops what a cluster has not read in time.
INSERTED_MB_PER_SECOND = 2

_given: set[int] = set()


def free_port() -> int:
    """A port of loopback that nothing listens on, and that was not given before."""
    port = next(port for port in random.sample(PORTS, len(PORTS)) if port not in _given and not listens(port))
    _given.add(port)
    return port


def listens(port: int) -> bool:
    """Whether somebody listens on a port of loopback."""
    with socket.socket() as caller:
        return caller.connect_ex(("127.0.0.1", port)) == 0


@dataclass
class Program:
    """A program that can be killed, and started again on the same ports with what it had written."""

    command: list[str]
    log: Path
    ready: Callable[[], bool]
    variables: dict[str, str] = field(default_factory=dict)
    process: subprocess.Popen[bytes] | None = None

    @property
    def running(self) -> bool:
        return self.process is not None and self.process.poll() is None

    def start(self) -> None:
        """Start it without waiting for it."""
        bound = ["setpriv", "--pdeathsig", "KILL", "--"] if shutil.which("setpriv") else []
        environment = {**os.environ, **self.variables}
        with self.log.open("wb") as log:
            self.process = subprocess.Popen(
                [*bound, *self.command], env=environment, cwd=ROOT, stdin=subprocess.DEVNULL, stdout=log, stderr=log
            )

    def wait_until_ready(self) -> None:
        """Return when it works; raises AssertionError with the end of its log where it ends or takes too long."""

        def ready() -> bool:
            assert self.running, f"{self.log.stem} has ended\n{self.said()}"
            return self.ready()

        eventually(ready, READY_IN_SECONDS, lambda: f"{self.log.stem} is not ready\n{self.said()}")

    def send(self, number: signal.Signals) -> None:
        assert self.process is not None, f"{self.log.stem} was never started"
        self.process.send_signal(number)

    def kill(self) -> None:
        """SIGKILL where it runs; returns when it is gone."""
        if self.process is not None:
            self.process.kill()
            self.process.wait(timeout=30)

    def said(self) -> str:
        """The end of its log since it was started, without the hundreds of stacks that a crash ends with."""
        text, _, _ = self.log.read_text("utf-8", errors="replace").partition("\ngoroutine ")
        return "\n".join(text.splitlines()[-LOG_LINES:])


class Servers:
    """The programs of one Milvus, by name. Entering starts them, leaving ends them."""

    uri: str

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.programs: dict[str, Program] = {}

    def __enter__(self) -> Self:
        for name in ("configuration", "data", "logs", "run"):
            (self.folder / name).mkdir(parents=True, exist_ok=True)
        try:
            self._start_all()
        except BaseException:
            self.close()
            raise
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """End every program that runs."""
        running = [program for program in self.programs.values() if program.running]
        for program in running:
            program.send(signal.SIGTERM)
        end = time.monotonic() + ENDED_IN_SECONDS
        while any(program.running for program in running) and time.monotonic() < end:
            time.sleep(0.02)
        for program in running:
            program.kill()

    def kill(self, name: str) -> None:
        """SIGKILL; returns when the process is gone."""
        self.programs[name].kill()

    def start(self, name: str) -> None:
        """Start a killed program again, on its ports and with its data; returns when it works."""
        assert not self.programs[name].running, f"{name} is running"
        self.programs[name].start()
        self.programs[name].wait_until_ready()

    def pause(self, name: str) -> None:
        """SIGSTOP: connections to it stay open, and nothing answers. After SESSION_SECONDS it is as good as dead."""
        self.programs[name].send(signal.SIGSTOP)

    def resume(self, name: str) -> None:
        self.programs[name].send(signal.SIGCONT)

    def memory(self) -> dict[str, float]:
        """MB of each running program. What they share counts for each by its part: the sum is what all use."""
        used = {}
        for name, program in self.programs.items():
            if program.process is not None and program.running:
                lines = Path(f"/proc/{program.process.pid}/smaps_rollup").read_text("utf-8").splitlines()
                (kilobytes,) = [line.split()[1] for line in lines if line.startswith("Pss:")]
                used[name] = int(kilobytes) / 1024
        return used

    def _start_all(self) -> None:
        raise NotImplementedError

    def _add(self, name: str, command: list[str | Path], ready: Callable[[], bool], **variables: str) -> None:
        self.programs[name] = Program([*map(str, command)], self._log(name), ready, variables)

    def _add_milvus(self, name: str, role: str, configuration: dict[str, Any]) -> None:
        """Add a process of Milvus with its configuration, over what all have."""
        program, health = milvus_programs.milvus(), free_port()
        own = self.folder / "configuration" / name
        own.mkdir(exist_ok=True)
        files = {"localStorage": {"path": str(self.folder / "data" / "files")}}
        (own / "milvus.yaml").write_text(json.dumps(COMMON | files | configuration, indent=1))  # JSON is YAML, too
        # 2 are errors. Without this file the libraries write down whatever they do, into /tmp.
        (own / "glog.conf").write_text(f"--minloglevel=2\n--log_dir={self.folder / 'logs'}\n")
        run = self.folder / "run" / name
        run.mkdir(exist_ok=True)
        variables = {
            "MILVUSCONF": str(own),
            "METRICS_PORT": str(health),
            "MILVUS_RUN_DIR": str(run),
            "DEPLOY_MODE": "STANDALONE" if role == "standalone" else "DISTRIBUTED",
            "DYLD_LIBRARY_PATH" if sys.platform == "darwin" else "LD_LIBRARY_PATH": str(program.parent),
        }
        listens = configuration.get("proxy", {}).get("port")

        def ready() -> bool:
            return _healthy(health) and (listens is None or _serves(listens))

        self._add(name, [program, "run", role], ready, **variables)

    def _log(self, name: str) -> Path:
        return self.folder / "logs" / f"{name}.log"

    def _etcd_options(self) -> dict[str, str]:
        client, peer = (f"http://127.0.0.1:{free_port()}" for _ in range(2))
        return {
            "data-dir": str(self.folder / "data" / "etcd"),
            "listen-client-urls": client,
            "advertise-client-urls": client,
            "listen-peer-urls": peer,
            "initial-advertise-peer-urls": peer,
            "initial-cluster": f"default={peer}",
        }


class Standalone(Servers):
    """One process, `standalone`, that is every role and etcd as well."""

    def _start_all(self) -> None:
        options = self._etcd_options()
        embedded = self.folder / "configuration" / "etcd.json"
        embedded.write_text(json.dumps(options))
        ports = {section: _address(role) for role, section in SECTIONS.items()}
        stores = {
            "etcd": {
                "endpoints": options["listen-client-urls"].removeprefix("http://"),
                "use": {"embed": True},
                "config": {"path": str(embedded)},
                "data": {"dir": options["data-dir"]},
                "log": {"level": "error", "path": str(self._log("etcd"))},
            },
            "mq": {"type": "rocksmq"},
            "rocksmq": {"path": str(self.folder / "data" / "rocksmq")},
        }
        self._add_milvus("standalone", "standalone", stores | ports)
        self.uri = f"http://127.0.0.1:{ports['proxy']['port']}"
        self.start("standalone")


@contextmanager
def standalone(folder: Path) -> Iterator[str]:
    """A server that keeps everything under a folder; gives its address, and ends it on leaving."""
    with Standalone(folder) as server:
        yield server.uri


class Cluster(Servers):
    """A process a role: `etcd`, `broker`, `rootcoord`, `datacoord`, `querycoord`, `datanode`, `indexnode`,
    `querynode1`, `querynode2`, `proxy1` and, where two are asked for, `proxy2`.

    A collection can have a replica on each query node. Milvus 2.3 asks a query node that was started again before it
    has loaded all: for some seconds searches find too little or nothing, without an error. Later ones do not
    (https://github.com/milvus-io/milvus/pull/36549).
    """

    def __init__(self, folder: Path, proxies: int = 1) -> None:
        super().__init__(folder)
        self.uris = [f"http://127.0.0.1:{free_port()}" for _ in range(proxies)]
        self.uri = self.uris[0]

    def start(self, name: str) -> None:
        assert name != "broker", "a broker that is started again has lost its messages and has another port"
        super().start(name)

    def _start_all(self) -> None:
        address = self._start_stores()
        for role, section in SECTIONS.items():
            single = role not in ("querynode", "proxy")
            for number in range(1, {"querynode": 2, "proxy": len(self.uris)}.get(role, 1) + 1):
                own = _address(role)
                if role == "proxy":
                    own["port"] = int(self.uris[number - 1].rpartition(":")[2])
                self._add_milvus(role if single else f"{role}{number}", role, address | {section: own})
        roles = [program for name, program in self.programs.items() if name not in ("etcd", "broker")]
        for program in roles:
            program.start()
        for program in roles:
            program.wait_until_ready()

    def _start_stores(self) -> dict[str, Any]:
        """Start what all roles talk to; returns what tells them where it is."""
        options = self._etcd_options()
        client = options["listen-client-urls"]
        # The disk need not survive the machine, only the process.
        flags = ["--log-level=error", "--logger=zap", "--unsafe-no-fsync"]
        flags += [f"--{name}={value}" for name, value in options.items()]
        self._add("etcd", [milvus_programs.etcd(), *flags], lambda: _answers(f"{client}/health"))
        address = self.folder / "run" / "broker"
        self._add("broker", [sys.executable, "-m", "tests.support.broker", address], address.exists)
        for name in ("etcd", "broker"):
            self.programs[name].start()
        for name in ("etcd", "broker"):
            self.programs[name].wait_until_ready()
        return {
            "etcd": {"endpoints": client.removeprefix("http://"), "use": {"embed": False}},
            "mq": {"type": "kafka"},
            "kafka": {"brokerList": address.read_text()},
            "quotaAndLimits": {
                "enabled": True,
                "dml": {"enabled": True, "insertRate": {"max": INSERTED_MB_PER_SECOND}},
                "limitWriting": {"memProtection": {"enabled": False}},  # what else fills the machine is no concern
            },
        }


def _address(role: str) -> dict[str, Any]:
    """Where a role listens and says that it does."""
    address: dict[str, Any] = {"ip": "127.0.0.1", "port": free_port()}
    return address | {"internalPort": free_port()} if role == "proxy" else address


def _answers(url: str) -> bool:
    with suppress(OSError), urllib.request.urlopen(url, timeout=2) as answer:
        return bool(answer.status == 200)
    return False


def _healthy(port: int) -> bool:
    """Whether a process of Milvus has roles, and all of them work; it is asked before it has any."""
    request = urllib.request.Request(f"http://127.0.0.1:{port}/healthz", headers={"Content-Type": "application/json"})
    with suppress(OSError), urllib.request.urlopen(request, timeout=2) as answer:
        return bool(json.load(answer)["detail"])
    return False


def _serves(port: int) -> bool:
    """Whether a client is answered; a proxy says that it works before it listens."""
    import grpc  # here, for whoever collects tests without running them: it comes with pandas
    from pymilvus import MilvusClient
    from pymilvus.exceptions import MilvusException

    if not listens(port):
        return False
    with suppress(grpc.RpcError, MilvusException):
        client = MilvusClient(f"http://127.0.0.1:{port}", dedicated=True, timeout=2)
        try:
            client.list_collections(timeout=2)
            return True
        finally:
            client.close()
    return False
