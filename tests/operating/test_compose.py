"""compose.yaml and its Caddyfile: valid, in step with image and settings, and the real Caddy before a real server."""

from __future__ import annotations

import json
import re
import socket
import subprocess
import sysconfig
from collections.abc import Iterator
from contextlib import contextmanager
from importlib import resources
from pathlib import Path
from typing import Any

import httpx
import pytest
import yaml
from jsonschema import Draft7Validator

from chatbot.settings import Settings, load_settings
from tests.support import copies
from tests.support.dockerfile import declared, instructions
from tests.support.places import ROOT
from tests.support.server import Server, start_server
from tests.support.serving_corpus import QUESTION
from tests.support.waiting import eventually

COMPOSE: dict[str, Any] = yaml.safe_load((ROOT / "compose.yaml").read_text(encoding="utf-8"))
SERVICES: dict[str, dict[str, Any]] = COMPOSE["services"]
SUBNET = COMPOSE["networks"]["default"]["ipam"]["config"][0]["subnet"]
CADDYFILE = (ROOT / "docs/deploying/Caddyfile").read_text(encoding="utf-8")
CADDY = Path(sysconfig.get_path("scripts")) / "caddy"


def mounts(service: str) -> dict[str, bool]:
    """The places of a service's volumes, with whether they can be written."""
    volumes = [volume.removesuffix(":ro") for volume in SERVICES[service]["volumes"]]
    places = [volume.rpartition(":")[2] for volume in volumes]
    return {
        place: whole == volume
        for place, whole, volume in zip(places, SERVICES[service]["volumes"], volumes, strict=True)
    }


def test_it_keeps_to_the_schema_of_compose() -> None:
    schema = json.loads((resources.files("check_jsonschema") / "builtin_schemas/vendor/compose-spec.json").read_text())
    assert [error.message for error in Draft7Validator(schema).iter_errors(COMPOSE)] == []


@pytest.mark.parametrize("service", ["app", "index"])
def test_its_variables_are_settings(service: str, monkeypatch: pytest.MonkeyPatch) -> None:
    tables = {f"CHATBOT_{name}".upper() for name in Settings.model_fields}
    environment = SERVICES[service]["environment"]
    assert {name.partition("__")[0] for name in environment} <= tables
    said = {name: value for name, value in environment.items() if value is not None}
    for name, value in said.items():
        monkeypatch.setenv(name, value)
    load_settings()
    trusted = json.loads(said["CHATBOT_SERVER__TRUSTED_PROXIES"])
    assert trusted == [*Settings().server.trusted_proxies, SUBNET]


def test_what_a_server_writes_lies_in_volumes_or_in_memory() -> None:
    image, app = declared(), SERVICES["app"]
    assert app["read_only"]
    assert [app["tmpfs"]] == [image.environment["HOME"]]
    assert [place for place, written in mounts("app").items() if written] == image.volumes
    assert [place for place, written in mounts("index").items() if written] == ["/srv/career-chatbot/index"]
    assert mounts("app").keys() & mounts("index").keys() == {
        "/srv/career-chatbot/index",
        "/srv/career-chatbot/chatbot.toml",
    }


def test_a_server_starts_once_the_index_is_there_and_shows_itself_to_this_machine_alone() -> None:
    assert SERVICES["app"]["depends_on"] == {"index": {"condition": "service_completed_successfully"}}
    (port,) = SERVICES["app"]["ports"]
    assert re.fullmatch(rf"127\.0\.0\.1:7860-\d+:{declared().ports[0]}", port)
    stages = [value.split()[2] for name, value in instructions(ROOT / "Dockerfile") if name == "FROM"]
    assert {SERVICES[name]["build"]["target"] for name in ("app", "index")} <= set(stages)


def test_the_override_for_editors_changes_what_is_there() -> None:
    (text,) = re.findall(r"```yaml\n(services:.+?)```", (ROOT / "docs/deploying.md").read_text(), re.DOTALL)
    ((name, changes),) = yaml.safe_load(text)["services"].items()
    places = [volume.rpartition(":")[2] for volume in changes["volumes"]]
    assert places == [place for place in mounts("index") if not place.endswith(".toml")]
    assert SERVICES[name].keys() >= changes.keys()
    assert (changes["image"], changes["build"]["target"]) == (SERVICES["index"]["image"], "build")


def test_images_of_others_are_pinned() -> None:
    images = {name: service["image"] for name, service in SERVICES.items() if "build" not in service}
    assert [image for image in images.values() if not re.search(r":v?\d+\.\d+\.\d+(-\w+)?$", image)] == []
    said = subprocess.run([CADDY, "version"], capture_output=True, text=True, check=True, timeout=60).stdout
    assert images["proxy"].removeprefix("caddy:").partition("-")[0] == said.split()[0].removeprefix("v")
    milvus = re.findall(r"v(\d+)\.(\d+)\.", images["milvus"])[0]
    assert tuple(map(int, milvus)) >= (2, 5)


def test_the_proxy_asks_the_servers() -> None:
    assert re.findall(r"dynamic a (\w+) (\d+)", CADDYFILE) == [("app", str(declared().ports[0]))]
    assert re.findall(r"\{\$(\w+)\}", CADDYFILE) == list(SERVICES["proxy"]["environment"])
    written = {place for place, can in mounts("proxy").items() if can} | {SERVICES["proxy"]["tmpfs"]}
    assert written == {"/data", "/config"}, "where the image of Caddy writes"


@contextmanager
def caddy(folder: Path, config: str) -> Iterator[tuple[subprocess.Popen[str], str]]:
    """Caddy with a configuration, logging beside it, and its address."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        url = f"http://127.0.0.1:{listener.getsockname()[1]}"
    log = folder / f"{config}.log"
    with log.open("w") as told:
        process = subprocess.Popen(
            [CADDY, "run", "--adapter", "caddyfile", "--config", folder / config],
            env={"DOMAIN": url, "HOME": str(folder), "PATH": "/usr/bin"},
            stderr=told,
            text=True,
        )

    def serves() -> bool:
        assert process.poll() is None, log.read_text()
        return "serving initial configuration" in log.read_text()

    eventually(serves, 60)
    yield process, url
    process.terminate()
    process.wait(30)


@pytest.fixture(scope="module")
def proxied(served_folder: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Server, Path]]:
    """Caddy with the very Caddyfile in front of a server, and the file of its log."""
    folder = tmp_path_factory.mktemp("caddy")
    copies.copy(served_folder, folder / "served")
    server = start_server(folder / "served", CHATBOT_SERVER__LOG="json", log=folder / "server.log")
    server.wait_until_ready()
    assert CADDYFILE.count("dynamic a app 7860") == 1
    config = CADDYFILE.replace("dynamic a app 7860", f"dynamic a localhost {server.url.rpartition(':')[2]}")
    (folder / "Caddyfile").write_text(config.replace("{\n", "{\n\tadmin off\n", 1))
    with caddy(folder, "Caddyfile") as (process, url):
        yield Server(process, url), folder
    server.stop()


def test_a_visitor_is_answered_behind_the_proxy(proxied: tuple[Server, Path]) -> None:
    server, _ = proxied
    assert json.loads(server.post("/api/ask", {"question": QUESTION})[2])["verdict"] == "answered"
    assert 'id="gradio"' in server.get("/chat/")[2]


def test_metrics_are_not_shown_through_the_proxy(proxied: tuple[Server, Path]) -> None:
    assert proxied[0].get("/metrics")[0] == 404


def test_what_visitors_say_of_themselves_is_not_believed(proxied: tuple[Server, Path]) -> None:
    server, folder = proxied
    said = {"X-Forwarded-For": "203.0.113.7", "X-Request-Id": "invented-by-me"}
    told = httpx.get(f"{server.url}/healthz", headers=said, timeout=60).headers["x-request-id"]
    assert re.fullmatch(r"[0-9a-f-]{36}", told)
    eventually(lambda: told in (folder / "server.log").read_text(), 30)
    assert "invented" not in (folder / "server.log").read_text()


def test_what_visitors_type_stands_in_no_log_of_the_proxy(proxied: tuple[Server, Path]) -> None:
    server, folder = proxied
    assert server.get("/api/suggest?q=zanzibar")[0] == 200
    # A second proxy whose server is away has something to say of a request.
    away = re.sub(r"dynamic a localhost \d+", "dynamic a localhost 9", (folder / "Caddyfile").read_text())
    (folder / "away").write_text(away.replace("lb_try_duration 5s", "lb_try_duration 0s"))
    with caddy(folder, "away") as (_, url):
        headers = {"Referer": "https://zanzibar.example"}
        assert httpx.get(f"{url}/api/suggest?q=zanzibar", headers=headers, timeout=60).status_code in {502, 503}
    assert "127.0.0.1:9" in (folder / "away.log").read_text()
    assert "zanzibar" not in (folder / "away.log").read_text() + (folder / "Caddyfile.log").read_text()
