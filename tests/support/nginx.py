"""Debian's nginx as a process of its own, with the server block and more of a test."""

from __future__ import annotations

import os
import shutil
import socket
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from tests.support.waiting import eventually

CONFIG = """
daemon off;
pid {folder}/nginx.pid;
error_log {folder}/error.log;
{user}
events {{}}
http {{
    access_log off;
    client_body_temp_path {folder}/body;
    proxy_temp_path {folder}/proxy;
    fastcgi_temp_path {folder}/fastcgi;
    uwsgi_temp_path {folder}/uwsgi;
    scgi_temp_path {folder}/scgi;
    {around}
    server {{
        listen 127.0.0.1:{port};
        {server}
    }}
}}
"""


@contextmanager
def nginx(folder: Path, server: str, around: str = "") -> Iterator[tuple[subprocess.Popen[str], int]]:
    """Serve what a `server` block holds on a free port, with what stands `around` it; gives the process and the port.

    All that it writes lies in the folder, which is there.
    """
    program = shutil.which("nginx", path=f"{os.environ['PATH']}:/usr/sbin")
    assert program, "these tests need nginx: install the package 'nginx-light'"
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port = listener.getsockname()[1]
    user = "user root;" if os.geteuid() == 0 else ""
    config = folder / "nginx.conf"
    config.write_text(CONFIG.format(folder=folder, user=user, port=port, server=server, around=around))
    process = subprocess.Popen([program, "-c", config, "-p", folder, "-e", folder / "error.log"], text=True)

    def answers() -> bool:
        assert process.poll() is None, "nginx does not take the configuration"
        with socket.socket() as caller:
            return caller.connect_ex(("127.0.0.1", port)) == 0

    eventually(answers, 60)
    try:
        yield process, port
    finally:
        process.terminate()
        process.wait(30)
