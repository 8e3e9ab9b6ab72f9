"""What Elastic's operator does not accept: its webhook says so, and the operator itself where there is none."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from typing import Any

from ...errors import Refusal
from ...values import at, every, list_at, object_at
from ..pods import quantity
from ..view import Request, Status
from .book import rule

ELASTICSEARCH = "kubernetes:elasticsearch.k8s.elastic.co/v1:Elasticsearch"
SOURCE = "https://github.com/elastic/cloud-on-k8s/blob/v3.5.0/pkg/controller/elasticsearch/validation/validations.go"
DATA_VOLUME = "elasticsearch-data"
LONGEST_NAME = 36
OLD_ROLES = ("data", "ingest", "master", "ml", "remote_cluster_client", "transform")
MAJORS = (8, 9)
"""The major versions that the operator in use knows."""
VERSION = re.compile(r"(\d+)\.(\d+)\.(\d+)(-[0-9A-Za-z.-]+)?")


@rule("es-version", ELASTICSEARCH, source=SOURCE, numbers=(29,))
def es_version(request: Request) -> Refusal | None:
    """A version is written x.y.z, is one that the operator knows, and is not below the one that runs."""
    version = str(request.get("spec.version"))
    known = VERSION.fullmatch(version)
    where = f"spec.version: Invalid value: {json.dumps(version)}"
    if known is None:
        says = "Cannot parse Elasticsearch version. String format must be {major}.{minor}.{patch}[-{label}]"
        return _denied(request, f"{where}: {says}")
    if int(known[1]) not in MAJORS:
        return _denied(request, f"{where}: Unsupported version")
    before = VERSION.fullmatch(str(request.was("spec.version", "")))
    if before and _number(known) < _number(before):
        return _denied(request, "spec.version: Forbidden: Downgrades are not supported")
    return None


@rule("es-name", ELASTICSEARCH, source=SOURCE, verbs=("create",))
def es_name(request: Request) -> Refusal | None:
    """A name leaves room for the suffixes of all that is made of it."""
    if len(request.name) <= LONGEST_NAME:
        return None
    says = "Elasticsearch configuration would generate resources with invalid names"
    return _denied(
        request,
        f'metadata.name: Invalid value: "{request.name}": {says}: name exceeds maximum allowed length of {LONGEST_NAME}',
    )


@rule("es-roles", ELASTICSEARCH, source=SOURCE, numbers=(29,))
def es_roles(request: Request) -> Refusal | None:
    """Some node can be elected master, and roles are given in one way."""
    electable = False
    for index, node_set in enumerate(list_at(request.object, "spec.nodeSets")):
        config = object_at(node_set, "config")
        roles, old = _setting(config, "roles"), [role for role in OLD_ROLES if _setting(config, role) is not None]
        if roles and old:
            says = f"Detected a combination of node.roles and {','.join(f'node.{role}' for role in old)}. Use only node.roles"
            return _denied(request, f"spec.nodeSets[{index}].config: Forbidden: {says}")
        master = "master" in roles if roles is not None else _setting(config, "master") is not False
        electable |= master and "voting_only" not in (roles or ()) and int(node_set.get("count") or 0) > 0
    if electable:
        return None
    return _denied(request, "spec.nodeSets: Required value: Elasticsearch needs to have at least one master node")


@rule("es-zones", ELASTICSEARCH, source=SOURCE)
def es_zones(request: Request) -> Refusal | None:
    """Node sets that know of zones tell them apart by the same label."""
    aware = every(request.object, "spec.nodeSets[].zoneAwareness")
    keys = {zones.get("topologyKey") or "topology.kubernetes.io/zone" for zones in aware}
    if len(keys) <= 1:
        return None
    return _denied(
        request, "spec.nodeSets.zoneAwareness.topologyKey: Invalid value: All zone-aware NodeSets must use the same topologyKey"
    )


@rule("es-claims", ELASTICSEARCH, source=SOURCE.replace("validations.go", "volume_validation.go"), numbers=(29,))
def es_claims(request: Request) -> Refusal | None:
    """A claim is mounted, or called elasticsearch-data; of a claim that is there only the size changes, upwards."""
    for index, node_set in enumerate(list_at(request.object, "spec.nodeSets")):
        mounted = every(node_set, "podTemplate.spec.containers[].volumeMounts[].name")
        for claim in list_at(node_set, "volumeClaimTemplates"):
            name = at(claim, "metadata.name")
            if name != DATA_VOLUME and name not in mounted:
                says = "volume claim declared but volume not mounted in any container. Note that the Elasticsearch data volume"
                return _denied(
                    request,
                    f"spec.nodeSets[{index}].volumeClaimTemplates: Invalid value: {says} should be named '{DATA_VOLUME}'",
                )
    changed = list(_changed_claims(request))
    return _denied(request, changed[0]) if changed else None


def _changed_claims(request: Request) -> Iterator[str]:
    before = {
        node_set.get("name"): list_at(node_set, "volumeClaimTemplates") for node_set in list_at(request.old, "spec.nodeSets")
    }
    for index, node_set in enumerate(list_at(request.new, "spec.nodeSets")):
        old, new = before.get(node_set.get("name")), list_at(node_set, "volumeClaimTemplates")
        if old is not None and ([_but_size(c) for c in old] != [_but_size(c) for c in new] or _shrinks(old, new)):
            yield (
                f"spec.nodeSets[{index}].volumeClaimTemplates: Invalid value: volume claim templates can only have their storage "
                "requests increased, if the storage class allows volume expansion. Any other change is forbidden"
            )


def _but_size(claim: Mapping[str, Any]) -> Any:
    spec = {name: value for name, value in object_at(claim, "spec").items() if name != "resources"}
    return at(claim, "metadata.name"), spec


def _shrinks(old: list[Any], new: list[Any]) -> bool:
    sizes = [[quantity(at(claim, "spec.resources.requests.storage") or 0) for claim in claims] for claims in (old, new)]
    return any(after < before for before, after in zip(*sizes, strict=False))


def _setting(config: Mapping[str, Any], name: str) -> Any:
    """A setting of a node, written `node.roles` or `node: {roles: …}`."""
    return config.get(f"node.{name}", object_at(config, "node").get(name))


def _number(version: re.Match[str]) -> tuple[int, ...]:
    return tuple(int(part) for part in version.groups()[:3])


def _denied(request: Request, says: str) -> Refusal:
    text = f'{request.kind.resource} "{request.name}" is invalid: {says}'
    return Status(403, f'admission webhook "elastic-es-validation-v1.k8s.elastic.co" denied the request: {text}', "Forbidden")
