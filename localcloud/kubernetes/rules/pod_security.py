"""Pod security: what a namespace's label `pod-security.kubernetes.io/enforce` lets a pod do.

A workload that breaks it is accepted, and its pods are not.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import Any

from ...errors import Refusal
from ...values import at
from ..pods import Pods, pods_of
from ..view import Request, Status
from .book import DOCS, rule, with_pods

ENFORCE = "pod-security.kubernetes.io/enforce"
STANDARDS = f"{DOCS}/concepts/security/pod-security-standards/"
BASELINE_CAPABILITIES = frozenset(
    {
        *("AUDIT_WRITE", "CHOWN", "DAC_OVERRIDE", "FOWNER", "FSETID", "KILL", "MKNOD", "NET_BIND_SERVICE", "SETFCAP", "SETGID"),
        *("SETPCAP", "SETUID", "SYS_CHROOT"),
    }
)
SAFE_SYSCTLS = frozenset(
    {
        *("kernel.shm_rmid_forced", "net.ipv4.ip_local_port_range", "net.ipv4.ip_unprivileged_port_start"),
        *("net.ipv4.tcp_syncookies", "net.ipv4.ping_group_range", "net.ipv4.ip_local_reserved_ports"),
        *(
            "net.ipv4.tcp_keepalive_time",
            "net.ipv4.tcp_fin_timeout",
            "net.ipv4.tcp_keepalive_intvl",
            "net.ipv4.tcp_keepalive_probes",
        ),
        *("net.ipv4.tcp_rmem", "net.ipv4.tcp_wmem"),
    }
)
FREE_VOLUMES = frozenset(
    {"configMap", "csi", "downwardAPI", "emptyDir", "ephemeral", "persistentVolumeClaim", "projected", "secret", "image"}
)
PROFILES = ("RuntimeDefault", "Localhost")
Check = Callable[[Pods], Iterator[str]]


@rule("pod-security", *with_pods(), verbs=("ready",), source=STANDARDS)
def pod_security(request: Request) -> Refusal | None:
    """Pods keep to the profile that their namespace enforces."""
    pods = pods_of(request.kind, request.new)
    labels: Mapping[str, str] = request.view.namespace(request.namespace).get("labels") or {}
    level = labels.get(ENFORCE, "privileged")
    says = [text for check in CHECKS.get(level, ()) for text in check(pods)] if pods else []
    if not says or pods is None:
        return None
    version = labels.get(f"{ENFORCE}-version", "latest")
    return Status(
        403, f'pods "{pods.name}" is forbidden: violates PodSecurity "{level}:{version}": {", ".join(says)}', "Forbidden"
    )


def _host_namespaces(pods: Pods) -> Iterator[str]:
    used = [f"{name}=true" for name in ("hostNetwork", "hostPID", "hostIPC") if pods.spec.get(name) is True]
    if used:
        yield f"host namespaces ({', '.join(used)})"


def _privileged(pods: Pods) -> Iterator[str]:
    bad = _containers(pods, lambda own: own.get("privileged") is True)
    if bad:
        yield f"privileged ({bad} must not set securityContext.privileged=true)"


def _baseline_capabilities(pods: Pods) -> Iterator[str]:
    added = sorted({name for name in _added(pods) if name not in BASELINE_CAPABILITIES})
    bad = _containers(pods, lambda own: bool(set(_listed(own, "add")) & set(added)))
    if bad:
        yield f"non-default capabilities ({bad} must not include {_quoted(added)} in securityContext.capabilities.add)"


def _host_paths(pods: Pods) -> Iterator[str]:
    names = [volume["name"] for volume in pods.spec.get("volumes") or () if volume.get("hostPath")]
    if names:
        yield f"hostPath volumes (volume{'s' * (len(names) > 1)} {_quoted(names)})"


def _host_ports(pods: Pods) -> Iterator[str]:
    found = {c["name"]: [p["hostPort"] for p in c.get("ports") or () if p.get("hostPort")] for c in pods.containers()}
    bad = {name: ports for name, ports in found.items() if ports}
    if bad:
        ports = ", ".join(str(port) for port in sorted({port for listed in bad.values() for port in listed}))
        one = len(bad) == 1
        yield f"hostPort (container{'' if one else 's'} {_quoted(list(bad))} {'uses' if one else 'use'} hostPort {ports})"


def _sysctls(pods: Pods) -> Iterator[str]:
    bad = [entry["name"] for entry in at(pods.spec, "securityContext.sysctls") or () if entry["name"] not in SAFE_SYSCTLS]
    if bad:
        yield f"forbidden sysctls ({', '.join(bad)})"


def _unconfined(pods: Pods) -> Iterator[str]:
    bad = _setters(pods, lambda own: at(own, "seccompProfile.type") == "Unconfined")
    if bad:
        yield f'seccompProfile ({bad} must not set securityContext.seccompProfile.type to "Unconfined")'


def _volume_types(pods: Pods) -> Iterator[str]:
    bad = {v["name"]: kind for v in pods.spec.get("volumes") or () for kind in v if kind != "name" and kind not in FREE_VOLUMES}
    if bad:
        kinds = sorted(set(bad.values()))
        volumes, verb = ("volume", "uses") if len(bad) == 1 else ("volumes", "use")
        word = "restricted volume type" + "s" * (len(kinds) > 1)
        yield f"restricted volume types ({volumes} {_quoted(list(bad))} {verb} {word} {_quoted(kinds)})"


def _escalation(pods: Pods) -> Iterator[str]:
    bad = _containers(pods, lambda own: own.get("allowPrivilegeEscalation") is not False)
    if bad:
        yield f"allowPrivilegeEscalation != false ({bad} must set securityContext.allowPrivilegeEscalation=false)"


def _restricted_capabilities(pods: Pods) -> Iterator[str]:
    says: list[str] = []
    kept = _containers(pods, lambda own: "ALL" not in _listed(own, "drop"))
    if kept:
        says.append(f'{kept} must set securityContext.capabilities.drop=["ALL"]')
    added = sorted({name for name in _added(pods) if name != "NET_BIND_SERVICE"})
    if added:
        bad = _containers(pods, lambda own: bool(set(_listed(own, "add")) & set(added)))
        says.append(f"{bad} must not include {_quoted(added)} in securityContext.capabilities.add")
    if says:
        yield f"unrestricted capabilities ({'; '.join(says)})"


def _as_root(pods: Pods) -> Iterator[str]:
    bad = _setters(pods, lambda own: own.get("runAsNonRoot") is False)
    if bad:
        yield f"runAsNonRoot != true ({bad} must not set securityContext.runAsNonRoot=false)"
    elif at(pods.spec, "securityContext.runAsNonRoot") is not True:
        missing = _containers(pods, lambda own: own.get("runAsNonRoot") is not True)
        if missing:
            yield f"runAsNonRoot != true (pod or {missing} must set securityContext.runAsNonRoot=true)"


def _root_user(pods: Pods) -> Iterator[str]:
    bad = _setters(pods, lambda own: own.get("runAsUser") == 0)
    if bad:
        yield f"runAsUser=0 ({bad} must not set runAsUser=0)"


def _profile(pods: Pods) -> Iterator[str]:
    if at(pods.spec, "securityContext.seccompProfile.type") in PROFILES:
        return
    missing = _containers(pods, lambda own: at(own, "seccompProfile.type") not in (*PROFILES, "Unconfined"))
    if missing:
        yield f'seccompProfile (pod or {missing} must set securityContext.seccompProfile.type to "RuntimeDefault" or "Localhost")'


_BASELINE: tuple[Check, ...] = (
    _host_namespaces,
    _privileged,
    _baseline_capabilities,
    _host_paths,
    _host_ports,
    _sysctls,
    _unconfined,
)
CHECKS: Mapping[str, tuple[Check, ...]] = {
    "baseline": _BASELINE,
    "restricted": (
        *(check for check in _BASELINE if check not in (_baseline_capabilities,)),
        *(_volume_types, _escalation, _restricted_capabilities, _as_root, _root_user, _profile),
    ),
}
"""What each profile asks for. The restricted one asks for less capabilities than the other lets through."""


def _containers(pods: Pods, bad: Callable[[Mapping[str, Any]], bool]) -> str:
    """The containers of which something is true, as messages name them; nothing where there are none."""
    names = [container["name"] for container in pods.containers() if bad(container.get("securityContext") or {})]
    return f"container{'s' * (len(names) > 1)} {_quoted(names)}" if names else ""


def _setters(pods: Pods, bad: Callable[[Mapping[str, Any]], bool]) -> str:
    """Pod and containers that say something themselves."""
    pod = "pod" if bad(pods.spec.get("securityContext") or {}) else ""
    return " and ".join(part for part in (pod, _containers(pods, bad)) if part)


def _added(pods: Pods) -> list[str]:
    return [name for container in pods.containers() for name in _listed(container.get("securityContext") or {}, "add")]


def _listed(context: Mapping[str, Any], what: str) -> list[str]:
    return at(context, f"capabilities.{what}") or []


def _quoted(names: list[str]) -> str:
    return ", ".join(f'"{name}"' for name in names)
