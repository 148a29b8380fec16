"""As much of kustomize as docs/deploying/kubernetes uses: resources and strategic merge patches."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import yaml

# The fields that tell which entries of two lists are the same one. Other lists are replaced.
_KEYS = {
    "containers": "name",
    "env": "name",
    "initContainers": "name",
    "topologySpreadConstraints": "topologyKey",
    "volumeMounts": "mountPath",
    "volumes": "name",
}

Resource = dict[str, Any]


def documents(path: Path) -> list[Resource]:
    return [one for one in yaml.safe_load_all(path.read_text(encoding="utf-8")) if one]


def render(folder: Path) -> list[Resource]:
    """The resources of a folder with its patches applied."""
    (kustomization,) = documents(folder / "kustomization.yaml")
    assert set(kustomization) <= {"apiVersion", "kind", "resources", "patches"}, "kustomize.py knows no other fields"
    found: list[Resource] = []
    for name in kustomization["resources"]:
        found += render(folder / name) if (folder / name).is_dir() else documents(folder / name)
    for entry in kustomization.get("patches", []):
        assert set(entry) == {"path"}, "kustomize.py knows no other patches"
        for patch in documents(folder / entry["path"]):
            (number,) = [n for n, one in enumerate(found) if identity(one) == identity(patch)]
            found[number] = _merged(found[number], patch, "")
    return found


def identity(resource: Resource) -> tuple[str, str]:
    return resource["kind"], resource["metadata"]["name"]


def _merged(old: Any, new: Any, key: str) -> Any:
    if isinstance(old, dict) and isinstance(new, dict):
        return old | {name: _merged(old.get(name), value, name) for name, value in new.items()}
    if isinstance(old, list) and key in _KEYS:
        name = _KEYS[key]
        entries = {one[name]: one for one in old}
        for one in new:
            if one.get("$patch") == "delete":
                del entries[one[name]]
            else:
                entries[one[name]] = _merged(entries.get(one[name], {}), one, "")
        return list(entries.values())
    return new
