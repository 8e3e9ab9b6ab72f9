"""Checks of objects on clusters that are not pods, and of what they have to do with one another."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any

from ..resources import Resource, Stack
from ..tokens import (
    BUDGET,
    CONFIG_MAP,
    KUBERNETES_ACCOUNT,
    LIMITS,
    NETWORK_POLICY,
    QUOTA,
    SECRET_FILES,
    SERVICE,
)
from .pods import containers, pods
from .properties import at, is_object, items_at, object_at

INTERNAL = "networking.gke.io/load-balancer-type"
ADMINISTRATORS = ("cluster-admin", "admin", "edit")
EVERYBODY = ("system:masters", "system:anonymous", "system:unauthenticated", "system:authenticated")
DANGEROUS = ("bind", "escalate", "impersonate")
DANGEROUS_RESOURCES = ("nodes/proxy", "pods/exec", "certificatesigningrequests/approval", "services/status")
CREDENTIAL = re.compile(r"(?i)(password|passwd|secret|token|api[_-]?key|private[_-]?key)")
PRIVATE_KEY = re.compile(r"-----BEGIN [A-Z ]*PRIVATE KEY-----")


def service_is_internal(properties: Mapping[str, Any]) -> str | None:
    """Nothing outside of the network reaches the service."""
    kind = at(properties, "spec.type")
    if kind == "NodePort" or at(properties, "spec.externalIPs"):
        return f"spec.type is {kind!r}, or spec.externalIPs is set: nodes would answer for it"
    annotations = object_at(properties, "metadata.annotations")
    internal = INTERNAL in list(annotations) and annotations[INTERNAL] == "Internal"
    return (
        f"spec.type is LoadBalancer without the annotation {INTERNAL}: Internal"
        if kind == "LoadBalancer" and not internal
        else None
    )


def _rules(properties: Mapping[str, Any]) -> Iterator[tuple[list[str], list[str], list[str]]]:
    for rule in items_at(properties, "rules"):
        groups, kinds, verbs = (list(items_at(rule, name)) for name in ("apiGroups", "resources", "verbs"))
        yield groups, kinds, verbs


def role_has_no_wildcard(properties: Mapping[str, Any]) -> str | None:
    """A role says what it is for."""
    wild = any("*" in part for rule in _rules(properties) for part in rule)
    return "rules has a *" if wild else None


def role_reads_no_secrets(properties: Mapping[str, Any]) -> str | None:
    """No role reads every secret of a namespace."""
    for rule in items_at(properties, "rules"):
        if "secrets" in list(items_at(rule, "resources")) and not items_at(rule, "resourceNames"):
            return "rules has secrets without resourceNames"
    return None


def role_does_not_escalate(properties: Mapping[str, Any]) -> str | None:
    """No role is a way to more rights."""
    for _, kinds, verbs in _rules(properties):
        found = [name for name in (*verbs, *kinds) if name in DANGEROUS or name in DANGEROUS_RESOURCES]
        if found:
            return f"rules has {', '.join(found)}"
        if "pods" in kinds and "create" in verbs:
            return "rules may create pods, which run with any account of the namespace"
    return None


def binding_is_narrow(properties: Mapping[str, Any]) -> str | None:
    """No binding gives everything, or to everybody."""
    role = at(properties, "roleRef.name")
    if role in ADMINISTRATORS:
        return f"roleRef.name is {role!r}"
    names = [str(at(subject, "name")) for subject in items_at(properties, "subjects")]
    everybody = [name for name in names if name in EVERYBODY]
    return f"subjects has {', '.join(everybody)}" if everybody else None


def config_has_no_secret(properties: Mapping[str, Any]) -> str | None:
    """No key of the map is named like a credential, no value is a private key."""
    data = at(properties, "data")
    if not is_object(data):
        return None
    for key in list(data):
        if CREDENTIAL.fullmatch(key) or PRIVATE_KEY.search(str(data[key])):
            return f"data.{key} looks like a credential"
    return None


def namespace_is_restricted(properties: Mapping[str, Any]) -> str | None:
    """The API server turns away pods that break the restricted standard."""
    labels = object_at(properties, "metadata.labels")
    name = "pod-security.kubernetes.io/enforce"
    level = labels[name] if name in list(labels) else None
    return None if level == "restricted" else f"metadata.labels.{name} is {level!r}; it must be 'restricted'"


def api_is_stable(properties: Mapping[str, Any]) -> str | None:
    """The version of the API will be there tomorrow."""
    version = str(at(properties, "apiVersion"))
    return f"apiVersion is {version!r}" if re.search(r"v\d+(alpha|beta)\d+$", version) else None


def policy_says_its_directions(properties: Mapping[str, Any]) -> str | None:
    """A policy lists the directions that it is about, and has rules of no other: Kubernetes would pass over those."""
    listed = list(items_at(properties, "spec.policyTypes"))
    if not listed:
        return "spec.policyTypes is not set"
    for rules, direction in (("ingress", "Ingress"), ("egress", "Egress")):
        if items_at(properties, f"spec.{rules}") and direction not in listed:
            return f"spec.{rules} has rules, but spec.policyTypes lacks {direction}"
    return None


def cron_job_is_sane(properties: Mapping[str, Any]) -> str | None:
    """One run at a time, which gives up, and does not pile up."""
    if at(properties, "spec.concurrencyPolicy") != "Forbid":
        return "spec.concurrencyPolicy is not 'Forbid'"
    deadline = at(properties, "spec.startingDeadlineSeconds")
    return None if deadline else "spec.startingDeadlineSeconds is not set"


def stored_where_we_say(properties: Mapping[str, Any]) -> str | None:
    """Claims of a set name our own storage class."""
    claims = [*items_at(properties, "spec.volumeClaimTemplates")]
    for nodes in items_at(properties, "spec.nodeSets"):
        claims += items_at(nodes, "volumeClaimTemplates")
    strange = [at(claim, "spec.storageClassName") for claim in claims]
    wrong = [name for name in strange if not str(name).startswith("alphintra-")]
    return f"volumeClaimTemplates has the storage class {wrong[0]!r}" if wrong else None


# -- relations


def _of(resource: Resource) -> tuple[str, str]:
    """The cluster, as its provider, and the namespace that an object is in."""
    return resource.provider, str(at(resource.properties, "metadata.namespace"))


def _within(namespace: Resource, stack: Stack, type_: str) -> list[Resource]:
    where = (namespace.provider, str(at(namespace.properties, "metadata.name")))
    return [known for known in stack.of(type_) if _of(known) == where]


def namespace_denies_by_default(namespace: Resource, stack: Stack) -> str | None:
    """A policy of the namespace is about all pods, and lets nothing through."""
    directions: set[str] = set()
    for policy in _within(namespace, stack, NETWORK_POLICY):
        spec = at(policy.properties, "spec")
        everything = not list(object_at(spec, "podSelector"))
        if everything and not items_at(spec, "ingress") and not items_at(spec, "egress"):
            directions |= set(items_at(spec, "policyTypes"))
    missing = {"Ingress", "Egress"} - directions
    return f"nothing denies {' and '.join(sorted(missing)).lower()} to all of its pods" if missing else None


def namespace_has_limits(namespace: Resource, stack: Stack) -> str | None:
    """The namespace has a quota, and defaults for containers."""
    missing = [kind.rpartition(":")[2] for kind in (QUOTA, LIMITS) if not _within(namespace, stack, kind)]
    return f"there is no {' and no '.join(missing)} in it" if missing else None


def _selects(selector: object, labels: Mapping[str, Any]) -> bool:
    wanted = at(selector, "matchLabels") if is_object(selector) else None
    return is_object(wanted) and all(name in list(labels) and labels[name] == wanted[name] for name in list(wanted))


def can_be_disrupted(workload: Resource, stack: Stack) -> str | None:
    """A set of several pods says how many of them may be away."""
    replicas = at(workload.properties, "spec.replicas")
    if replicas is None or replicas < 2:
        return None
    labels = object_at(workload.properties, "spec.template.metadata.labels")
    mine = [known for known in stack.of(BUDGET) if _of(known) == _of(workload)]
    fitting = [known for known in mine if _selects(at(known.properties, "spec.selector"), labels)]
    return None if fitting else "no PodDisruptionBudget is about its pods"


def has_headless_service(workload: Resource, stack: Stack) -> str | None:
    """The service that gives the pods their names is there, and is headless."""
    name = at(workload.properties, "spec.serviceName")
    mine = [known for known in stack.of(SERVICE) if _of(known) == _of(workload)]
    named = [known for known in mine if at(known.properties, "metadata.name") == name]
    headless = any(at(known.properties, "spec.clusterIP") == "None" for known in named)
    return None if headless else f"spec.serviceName is {name!r}, and there is no headless Service of that name"


def references_resolve(workload: Resource, stack: Stack) -> str | None:
    """What pods mount or read is declared: config maps, files of secrets, the account."""
    names = {
        kind: {at(known.properties, "metadata.name") for known in stack.of(kind) if _of(known) == _of(workload)}
        for kind in (CONFIG_MAP, SECRET_FILES, KUBERNETES_ACCOUNT)
    }
    for path, pod in pods(workload.properties):
        for kind, name in _references(pod):
            if name and name not in names[kind]:
                return f"{path} refers to the {kind.rpartition(':')[2]} {name!r}, which nothing declares in its namespace"
    return None


def _references(pod: Mapping[str, Any]) -> Iterator[tuple[str, Any]]:
    yield KUBERNETES_ACCOUNT, at(pod, "serviceAccountName")
    for volume in items_at(pod, "volumes"):
        yield CONFIG_MAP, at(volume, "configMap.name")
        yield SECRET_FILES, at(volume, "csi.volumeAttributes.secretProviderClass")
        for source in items_at(volume, "projected.sources"):
            yield CONFIG_MAP, at(source, "configMap.name")
    for _, container in containers(pod):
        for known in items_at(container, "env"):
            yield CONFIG_MAP, at(known, "valueFrom.configMapKeyRef.name")
        for known in items_at(container, "envFrom"):
            yield CONFIG_MAP, at(known, "configMapRef.name")
