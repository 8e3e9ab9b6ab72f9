"""The environments as the program declares them, recorded once in each test process."""

from __future__ import annotations

import json
from collections.abc import Mapping
from functools import cache
from typing import Any

from localcloud.values import is_list, is_object
from tools.inventory import recorded as _recorded
from tools.recorder import Recorder, Registration

ENVIRONMENTS = ("dev", "staging", "prod")


@cache
def _cached(environment: str, over: str, preview: bool) -> Recorder:
    return _recorded(environment, json.loads(over), preview=preview)


def recorded(environment: str, over: Mapping[str, Any] | None = None, *, preview: bool = False) -> Recorder:
    """What the program registers for an environment, with other settings laid on top where given."""
    return _cached(environment, json.dumps(over or {}), preview)


def resources(environment: str, over: Mapping[str, Any] | None = None) -> dict[str, Registration]:
    """The registrations by logical name and type's last part: `main-db-primary`, or `x:SecretVersion` where x has two."""
    found: dict[str, Registration] = {}
    for known in recorded(environment, over).registrations:
        kind = known.type.rsplit(":", 1)[-1]
        found[known.name if known.name not in found else f"{known.name}:{kind}"] = known
        found[f"{known.name}:{kind}"] = known
    return found


def of_type(environment: str, kind: str) -> list[Registration]:
    """The registrations of a type, by the last part of its token."""
    return [known for known in recorded(environment).registrations if known.custom and known.type.endswith(f":{kind}")]


def kubernetes_clusters(environment: str) -> list[Registration]:
    """GKE's clusters; Redis has some too."""
    return [known for known in of_type(environment, "Cluster") if known.type.startswith("gcp:container/")]


def flat(value: Any, path: str = "") -> dict[str, Any]:
    """Every single value by its path."""
    if is_object(value):
        items = [(f"{path}.{key}" if path else key, inner) for key, inner in value.items()]
    elif is_list(value):
        items = [(f"{path}[{index}]", inner) for index, inner in enumerate(value)]
    else:
        return {path: value}
    return {key: single for where, inner in items for key, single in flat(inner, where).items()}
