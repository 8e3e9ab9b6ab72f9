"""What is inside a workload: its pods' labels, volumes, resources, and how they restart."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from typing import Any

from ...errors import Refusal
from ...values import at, list_at
from ..pods import pods_of, quantity
from ..selectors import selects
from ..view import Request
from .book import CODE, DOCS, rule, with_pods

JOB, CRON_JOB = "kubernetes:batch/v1:Job", "kubernetes:batch/v1:CronJob"
SELECTING = tuple(f"kubernetes:apps/v1:{kind}" for kind in ("StatefulSet", "Deployment", "DaemonSet"))
PRIORITY = "kubernetes:scheduling.k8s.io/v1:PriorityClass"
HIGHEST = 1_000_000_000
PODS = f"{CODE}/pkg/apis/core/validation/validation.go"


@rule("selector-labels", *SELECTING, source=f"{CODE}/pkg/apis/apps/validation/validation.go")
def selector_labels(request: Request) -> Refusal | None:
    """A workload selects the pods that it makes."""
    labels: Mapping[str, Any] = request.get("spec.template.metadata.labels", {})
    if selects(request.get("spec.selector", {}), labels):
        return None
    return request.invalid(
        f"spec.template.metadata.labels: Invalid value: {json.dumps(labels)}: `selector` does not match template `labels`"
    )


@rule("volume-mounts", *with_pods(), source=PODS)
def volume_mounts(request: Request) -> Refusal | None:
    """What a container mounts is a volume of its pod, or a claim of its StatefulSet."""
    spec = _spec(request)
    names = {*request.every(f"{spec}volumes[].name"), *request.every("spec.volumeClaimTemplates[].metadata.name")}
    missing = [
        f'{spec}{group}[{index}].volumeMounts[{number}].name: Not found: "{mount.get("name")}"'
        for group in ("initContainers", "containers")
        for index, container in enumerate(list_at(request.new, f"{spec}{group}"))
        for number, mount in enumerate(list_at(container, "volumeMounts"))
        if mount.get("name") not in names
    ]
    return request.invalid(*missing) if missing else None


@rule("container-resources", *with_pods(), source=PODS)
def container_resources(request: Request) -> Refusal | None:
    """A request is not above its limit, and huge pages come with memory or CPU and with the same limit."""
    pods = pods_of(request.kind, request.new)
    says = [text for container in (pods.containers() if pods else ()) for text in _resources(container)]
    return request.invalid(*says) if says else None


def _resources(container: Mapping[str, Any]) -> Iterator[str]:
    limits: Mapping[str, Any] = at(container, "resources.limits") or {}
    requests: Mapping[str, Any] = at(container, "resources.requests") or {}
    where = f"spec.containers[{container.get('name')}].resources"
    for name, value in requests.items():
        if name in limits and quantity(value) > quantity(limits[name]):
            yield f'{where}.requests: Invalid value: "{value}": must be less than or equal to {name} limit of {limits[name]}'
    huge = [name for name in {**limits, **requests} if name.startswith("hugepages-")]
    if huge and not {"cpu", "memory"} & {**limits, **requests}.keys():
        yield f"{where}: Forbidden: HugePages require cpu or memory"
    for name in huge:
        if name in requests and requests[name] != limits.get(name):
            yield f'{where}.requests: Invalid value: "{requests[name]}": must be equal to {name} limit of {limits.get(name)}'


@rule("restart-policy", *SELECTING, JOB, CRON_JOB, source=f"{DOCS}/concepts/workloads/pods/pod-lifecycle/#restart-policy")
def restart_policy(request: Request) -> Refusal | None:
    """Pods of jobs restart OnFailure or Never, all others Always."""
    job = request.token in (JOB, CRON_JOB)
    path = f"{_spec(request)}restartPolicy"
    value = request.get(path, "Always")
    allowed = ("OnFailure", "Never") if job else ("Always",)
    if value in allowed:
        return None
    listed = ", ".join(f'"{name}"' for name in allowed)
    return request.invalid(f'{path}: Unsupported value: "{value}": supported values: {listed}')


@rule("disruption-budget", "kubernetes:policy/v1:PodDisruptionBudget", source=f"{CODE}/pkg/apis/policy/validation/validation.go")
def disruption_budget(request: Request) -> Refusal | None:
    """A disruption budget says how many stay or how many go, not both."""
    if request.get("spec.minAvailable") is None or request.get("spec.maxUnavailable") is None:
        return None
    return request.invalid(
        f"spec: Invalid value: {json.dumps(request.get('spec'))}: minAvailable and maxUnavailable cannot be both set"
    )


@rule("priority-value", PRIORITY, source=f"{DOCS}/concepts/scheduling-eviction/pod-priority-preemption/#priorityclass")
def priority_value(request: Request) -> Refusal | None:
    """A priority of one's own is at most a thousand million, and its name does not begin with `system-`."""
    if request.name.startswith("system-"):
        return request.invalid(
            "metadata.name: Forbidden: priority class names with 'system-' prefix are reserved for system use only"
        )
    if int(request.get("value", 0)) > HIGHEST:
        return request.invalid(f"value: Forbidden: maximum allowed value of a user defined priority is {HIGHEST}")
    return None


def _spec(request: Request) -> str:
    """Where the pods' spec begins, with a dot at the end."""
    template = request.kind.pods or "."
    return "spec." if template == "." else f"{template}.spec."
