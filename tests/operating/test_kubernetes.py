"""The manifests for Kubernetes: valid, locked down, and in step with image, settings and routes."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import kubernetes_validate
import pytest

from chatbot.serving.middleware.routes import find
from chatbot.serving.middleware.sessions import LOCAL_HOSTS
from chatbot.serving.server import LAST_SECONDS
from chatbot.settings import Settings, load_settings
from tests.support.dockerfile import declared
from tests.support.kustomize import Resource, documents, identity, render
from tests.support.places import ROOT

FOLDER = ROOT / "docs/deploying/kubernetes"
WAYS = {name: render(FOLDER / name) for name in ("one", "many", "milvus")}
HOME = "/srv/career-chatbot"


def pods(way: str) -> dict[str, Resource]:
    """What makes pods, with the pods' specification."""
    found: dict[str, Resource] = {}
    for resource in WAYS[way]:
        spec = resource.get("spec", {})
        spec = spec.get("jobTemplate", {}).get("spec", spec)
        if "template" in spec:
            found[resource["kind"]] = spec["template"]["spec"]
    return found


def containers(way: str) -> Iterator[tuple[Resource, Resource]]:
    """Each container with the pod that it is in."""
    for pod in pods(way).values():
        for container in [*pod.get("initContainers", []), *pod["containers"]]:
            yield pod, container


def resource(way: str, kind: str, name: str = "career-chatbot") -> Any:
    (found,) = [one for one in WAYS[way] if identity(one) == (kind, name)]
    return found["spec"]


def server(way: str) -> Resource:
    (found,) = [one for one in pods(way)["StatefulSet"]["containers"] if one["name"] == "server"]
    return found


def mounts(container: Resource) -> dict[str, bool]:
    return {one["mountPath"]: not one.get("readOnly", False) for one in container["volumeMounts"]}


@pytest.mark.parametrize("way", WAYS)
@pytest.mark.parametrize("version", ["1.33", "1.37"])
def test_they_keep_to_the_schemas_of_kubernetes(way: str, version: str) -> None:
    for one in WAYS[way]:
        kubernetes_validate.validate(one, version, strict=True)


@pytest.mark.parametrize("way", WAYS)
def test_no_container_may_more_than_it_must(way: str) -> None:
    for pod, container in containers(way):
        assert (pod["automountServiceAccountToken"], pod["enableServiceLinks"]) == (False, False)
        user = declared().user.partition(":")[0]
        assert {str(pod["securityContext"][key]) for key in ("runAsUser", "runAsGroup", "fsGroup")} == {user}
        assert pod["securityContext"]["runAsNonRoot"]
        assert pod["securityContext"]["seccompProfile"] == {"type": "RuntimeDefault"}
        assert container["securityContext"] == {
            "allowPrivilegeEscalation": False,
            "readOnlyRootFilesystem": True,
            "capabilities": {"drop": ["ALL"]},
        }
        assert container["resources"].keys() == {"requests", "limits"}


@pytest.mark.parametrize("way", WAYS)
def test_probes_reach_routes_whatever_hosts_there_are(way: str) -> None:
    container = server(way)
    ports = {port["name"]: port["containerPort"] for port in container["ports"]}
    assert list(ports.values()) == declared().ports
    probes = {name: container[f"{name}Probe"]["httpGet"] for name in ("startup", "liveness", "readiness")}
    assert {name: probe["path"] for name, probe in probes.items()} == {
        "startup": "/healthz",
        "liveness": "/healthz",
        "readiness": "/readyz",
    }
    for probe in probes.values():
        assert find(probe["path"], "GET")
        assert probe["port"] in ports
        assert [(one["name"], one["value"] in LOCAL_HOSTS) for one in probe["httpHeaders"]] == [("Host", True)]


@pytest.mark.parametrize("way", WAYS)
def test_what_a_server_writes_lies_in_volumes(way: str) -> None:
    places = mounts(server(way))
    assert {place for place, written in places.items() if written} == {*declared().volumes, "/tmp"}
    assert places.get(f"{HOME}/index") is (None if way == "milvus" else False)
    for pod, container in containers(way):
        made = {volume["name"] for volume in pod["volumes"]} | {"journal"}
        assert {mount["name"] for mount in container["volumeMounts"]} <= made
        assert mounts(container)[declared().environment["HOME"]]
    (claim,) = resource(way, "StatefulSet")["volumeClaimTemplates"]
    assert claim["metadata"]["name"] == "journal"


@pytest.mark.parametrize("way", WAYS)
def test_the_settings_can_be_read(way: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (found,) = [one for one in WAYS[way] if one["kind"] == "ConfigMap"]
    (tmp_path / "chatbot.toml").write_text(found["data"]["chatbot.toml"])
    settings = load_settings(tmp_path / "chatbot.toml")
    assert list(settings.server.hosts) == resource(way, "Ingress")["tls"][0]["hosts"]
    assert [rule["host"] for rule in resource(way, "Ingress")["rules"]] == list(settings.server.hosts)
    assert "server" in tomllib.loads(found["data"]["chatbot.toml"])
    tables = {f"CHATBOT_{name}".upper() for name in Settings.model_fields}
    for _, container in containers(way):
        for variable in container.get("env", []):
            assert variable["name"].partition("__")[0] in tables


@pytest.mark.parametrize("way", WAYS)
def test_one_name_leads_from_the_ingress_to_the_pods(way: str) -> None:
    labels = resource(way, "StatefulSet")["template"]["metadata"]["labels"]
    assert resource(way, "StatefulSet")["selector"]["matchLabels"] == labels
    assert resource(way, "Service")["selector"] == labels
    assert resource(way, "PodDisruptionBudget")["selector"]["matchLabels"] == labels
    assert resource(way, "NetworkPolicy")["podSelector"]["matchLabels"] == labels
    ports = [port["name"] for port in server(way)["ports"]]
    assert [port["targetPort"] for port in resource(way, "Service")["ports"]] == ports
    (path,) = resource(way, "Ingress")["rules"][0]["http"]["paths"]
    assert path["backend"]["service"] == {"name": "career-chatbot", "port": {"name": "http"}}


@pytest.mark.parametrize("way", WAYS)
def test_a_server_has_the_time_to_end_that_it_takes(way: str) -> None:
    grace = pods(way)["StatefulSet"]["terminationGracePeriodSeconds"]
    pause = int(server(way)["lifecycle"]["preStop"]["exec"]["command"][1])
    assert grace > pause + LAST_SECONDS


def test_one_server_builds_its_index_and_of_many_none_does() -> None:
    writers = {way: [one["name"] for _, one in containers(way) if mounts(one).get("/index")] for way in WAYS}
    assert writers == {"one": ["build", "watch"], "many": ["build"], "milvus": ["build"]}
    assert resource("many", "StatefulSet")["replicas"] > resource("one", "StatefulSet")["replicas"] == 1
    claims = {way: resource(way, "PersistentVolumeClaim", "career-chatbot-index")["accessModes"] for way in WAYS}
    assert claims == {"one": ["ReadWriteOnce"], "many": ["ReadWriteMany"], "milvus": ["ReadWriteOnce"]}
    (first, *_), (job,) = pods("one")["StatefulSet"]["initContainers"], pods("many")["CronJob"]["containers"]
    assert (first["command"], first["args"]) == (job["command"], job["args"])


def test_milvus_may_be_asked_where_the_settings_say() -> None:
    for name in ("StatefulSet", "CronJob"):
        (said,) = [
            one["value"]
            for container in pods("milvus")[name]["containers"]
            for one in container.get("env", [])
            if one["name"] == "CHATBOT_MILVUS__URI"
        ]
        match = re.fullmatch(r"http://milvus\.(\w+)\.svc:(\d+)", said)
        assert match
        rule = resource("milvus", "NetworkPolicy", "career-chatbot-milvus")["egress"][0]
        assert rule["to"][0]["namespaceSelector"]["matchLabels"] == {"kubernetes.io/metadata.name": match[1]}
        assert rule["ports"] == [{"port": int(match[2])}]


def test_no_manifest_is_left_out() -> None:
    for folder in FOLDER.iterdir():
        (kustomization,) = documents(folder / "kustomization.yaml")
        named = {*kustomization["resources"], *(one["path"] for one in kustomization.get("patches", []))}
        files = {path.name for path in folder.iterdir()} - {"kustomization.yaml"}
        assert files == {name for name in named if name.endswith(".yaml")}
