"""Checks of pods and their containers, wherever a workload has them."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any

from ..rule import Check
from .properties import at, items_at, must_be, must_not_be

TEMPLATES = ("spec.template.spec", "spec.jobTemplate.spec.template.spec")
SECURE = "securityContext"
VOLUMES = ("configMap", "csi", "downwardAPI", "emptyDir", "ephemeral", "persistentVolumeClaim", "projected", "secret")
"""https://kubernetes.io/docs/concepts/security/pod-security-standards/#restricted"""
HOST = ("hostPID", "hostIPC", "hostNetwork")
GRACE_SECONDS = 120


def pods(properties: Mapping[str, Any]) -> Iterator[tuple[str, Mapping[str, Any]]]:
    """The specs of a workload's pods, each with its path."""
    for path in TEMPLATES:
        if found := at(properties, path):
            yield path, found
    if at(properties, "spec.containers"):
        yield "spec", at(properties, "spec")
    for index, nodes in enumerate(items_at(properties, "spec.nodeSets")):
        if found := at(nodes, "podTemplate.spec"):
            yield f"spec.nodeSets[{index}].podTemplate.spec", found


def containers(pod: Mapping[str, Any], *, init: bool = True) -> Iterator[tuple[str, Mapping[str, Any]]]:
    """The containers of a pod, each with its path."""
    for kind in ("containers", "initContainers") if init else ("containers",):
        for container in items_at(pod, kind):
            yield f"{kind}[{at(container, 'name')}]", container


def each_pod(check: Check) -> Check:
    """Every pod of a workload."""

    def checked(properties: Mapping[str, Any]) -> str | None:
        found = ((path, check(pod)) for path, pod in pods(properties))
        return next((f"{path}.{wrong}" for path, wrong in found if wrong), None)

    return checked


def each_container(check: Check) -> Check:
    """Every container of every pod."""

    def checked(pod: Mapping[str, Any]) -> str | None:
        found = ((path, check(container)) for path, container in containers(pod))
        return next((f"{path}.{wrong}" for path, wrong in found if wrong), None)

    return each_pod(checked)


def on_pod_or_container(path: str, *allowed: Any) -> Check:
    """The pod has one of the values, or each of its containers; what a container says goes over what its pod says."""

    def checked(pod: Mapping[str, Any]) -> str | None:
        on_pod = at(pod, path) in allowed
        for where, container in containers(pod):
            if not (at(container, path) in allowed or (on_pod and at(container, path) is None)):
                return f"{where}.{path} is not {' or '.join(map(repr, allowed))}, on it or on its pod"
        return None

    return each_pod(checked)


not_privileged = each_container(must_not_be(f"{SECURE}.privileged", True))
no_escalation = each_container(must_be(f"{SECURE}.allowPrivilegeEscalation", False))
not_root = on_pod_or_container(f"{SECURE}.runAsNonRoot", True)
reads_only = each_container(must_be(f"{SECURE}.readOnlyRootFilesystem", True))
seccomp = on_pod_or_container(f"{SECURE}.seccompProfile.type", "RuntimeDefault", "Localhost")


def _drops_all(container: Mapping[str, Any]) -> str | None:
    return None if "ALL" in list(items_at(container, f"{SECURE}.capabilities.drop")) else f"{SECURE}.capabilities.drop lacks ALL"


def _adds_none(container: Mapping[str, Any]) -> str | None:
    added = [str(name) for name in items_at(container, f"{SECURE}.capabilities.add") if name != "NET_BIND_SERVICE"]
    return f"{SECURE}.capabilities.add has {', '.join(added)}" if added else None


def _own_confinement(container: Mapping[str, Any]) -> str | None:
    set_ = [name for name in ("seLinuxOptions", "procMount") if at(container, f"{SECURE}.{name}")]
    unconfined = at(container, f"{SECURE}.appArmorProfile.type") == "Unconfined"
    wrong = [*set_, *(["appArmorProfile"] if unconfined else [])]
    return f"{SECURE}.{wrong[0]} changes the confinement that the node gives" if wrong else None


drops_all_capabilities = each_container(_drops_all)
adds_no_capabilities = each_container(_adds_none)
keeps_confinement = each_container(_own_confinement)


def _host_namespaces(pod: Mapping[str, Any]) -> str | None:
    return next((f"{name} is True" for name in HOST if at(pod, name) is True), None)


def _volumes(pod: Mapping[str, Any]) -> str | None:
    for volume in items_at(pod, "volumes"):
        kinds = [kind for kind in list(volume) if kind != "name"]
        if strange := [kind for kind in kinds if kind not in VOLUMES]:
            return f"volumes[{at(volume, 'name')}] is a {strange[0]}"
    return None


def _sysctls(pod: Mapping[str, Any]) -> str | None:
    names = [str(at(known, "name")) for known in items_at(pod, f"{SECURE}.sysctls")]
    unsafe = [name for name in names if not name.startswith(("net.ipv4.", "kernel.shm_rmid_forced"))]
    return f"{SECURE}.sysctls has {', '.join(unsafe)}" if unsafe else None


READ_ONLY = frozenset({"csi", "secret", "configMap", "projected"})
"""Volumes that hold what somebody else writes."""


def _read_only(pod: Mapping[str, Any]) -> str | None:
    for volume in items_at(pod, "volumes"):
        if at(volume, "csi") and at(volume, "csi.readOnly") is not True:
            return f"volumes[{at(volume, 'name')}].csi.readOnly is not true"
    given = {at(volume, "name") for volume in items_at(pod, "volumes") if READ_ONLY & set(volume)}
    for path, container in containers(pod):
        for mount in items_at(container, "volumeMounts"):
            if at(mount, "name") in given and at(mount, "readOnly") is not True:
                return f"{path}.volumeMounts[{at(mount, 'name')}].readOnly is not true"
    return None


mounts_read_only = each_pod(_read_only)
no_host_namespaces = each_pod(_host_namespaces)
no_host_paths = each_pod(_volumes)
safe_sysctls = each_pod(_sysctls)


def _ports(container: Mapping[str, Any]) -> str | None:
    host = [at(port, "hostPort") for port in items_at(container, "ports") if at(port, "hostPort")]
    return f"ports has the hostPort {host[0]:g}" if host else None


def _low_ports(container: Mapping[str, Any]) -> str | None:
    low = [port for port in (at(known, "containerPort") for known in items_at(container, "ports")) if port and port < 1024]
    return f"ports has the port {low[0]:g}, which only root may open" if low else None


no_host_ports = each_container(_ports)
no_privileged_ports = each_container(_low_ports)


def _requests(container: Mapping[str, Any]) -> str | None:
    missing = [name for name in ("cpu", "memory") if not at(container, f"resources.requests.{name}")]
    return f"resources.requests lacks {' and '.join(missing)}" if missing else None


def _memory_limit(container: Mapping[str, Any]) -> str | None:
    return None if at(container, "resources.limits.memory") else "resources.limits lacks memory"


def _probed(pod: Mapping[str, Any]) -> str | None:
    """What a pod is for, its first container, says whether it lives and can serve; a companion says one of the two."""
    for index, (path, container) in enumerate(containers(pod, init=False)):
        missing = [name for name in ("livenessProbe", "readinessProbe") if not at(container, name)]
        if missing and (index == 0 or len(missing) == 2):
            return f"{path}.{missing[0]} is not set"
    return None


def _pinned(container: Mapping[str, Any]) -> str | None:
    image = str(at(container, "image"))
    tagged = re.search(r":([^:/@]+)(@|$)", image)
    return None if tagged and tagged[1] != "latest" else f"image is {image!r}, which names no version"


def _digest(container: Mapping[str, Any]) -> str | None:
    image = str(at(container, "image"))
    return None if re.search(r"@sha256:[0-9a-f]{64}$", image) else f"image is {image!r}, which names no digest"


def _registry(container: Mapping[str, Any]) -> str | None:
    image = str(at(container, "image"))
    return None if re.match(r"[a-z0-9-]+-docker\.pkg\.dev/", image) else f"image is {image!r}, from a registry that is not ours"


def _secret_env(container: Mapping[str, Any]) -> str | None:
    named = [str(at(known, "name")) for known in items_at(container, "env") if at(known, "valueFrom.secretKeyRef")]
    whole = [known for known in items_at(container, "envFrom") if at(known, "secretRef")]
    return f"env has the secret {named[0]}" if named else "envFrom has a secret" if whole else None


def _env_once(container: Mapping[str, Any]) -> str | None:
    names = [str(at(known, "name")) for known in items_at(container, "env")]
    twice = sorted({name for name in names if names.count(name) > 1})
    return f"env has {', '.join(twice)} twice" if twice else None


has_requests = each_container(_requests)
has_memory_limit = each_container(_memory_limit)
has_probes = each_pod(_probed)
image_is_pinned = each_container(_pinned)
image_has_digest = each_container(_digest)
image_is_ours = each_container(_registry)
no_secret_in_env = each_container(_secret_env)
env_is_once = each_container(_env_once)
no_token = each_pod(must_be("automountServiceAccountToken", False))
in_a_namespace = must_not_be("metadata.namespace", None, "", "default", "kube-system", "kube-public", "gke-managed-system")


def _own_account(pod: Mapping[str, Any]) -> str | None:
    account = at(pod, "serviceAccountName")
    return f"serviceAccountName is {account!r}; give it one of its own" if account in (None, "", "default") else None


def _spread(pod: Mapping[str, Any]) -> str | None:
    spread = at(pod, "topologySpreadConstraints") or at(pod, "affinity.podAntiAffinity")
    return None if spread else "topologySpreadConstraints and affinity.podAntiAffinity are not set"


def _priority(pod: Mapping[str, Any]) -> str | None:
    return None if at(pod, "priorityClassName") else "priorityClassName is not set"


def _grace(pod: Mapping[str, Any]) -> str | None:
    seconds = at(pod, "terminationGracePeriodSeconds") or 30
    return (
        None if seconds >= GRACE_SECONDS else f"terminationGracePeriodSeconds is {seconds:g}; it must be {GRACE_SECONDS} or more"
    )


has_own_account = each_pod(_own_account)
is_spread = each_pod(_spread)
has_priority = each_pod(_priority)
ends_in_peace = each_pod(_grace)
