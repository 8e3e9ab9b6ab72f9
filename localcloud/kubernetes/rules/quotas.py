"""Limit ranges and resource quotas: what a namespace lets its containers and all its objects ask for."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from dataclasses import replace
from fractions import Fraction
from typing import Any

from ...errors import Refusal
from ...rulebook import EVERY_TYPE
from ...values import at, merge, object_at
from ..kinds import Kind, complete, kinds
from ..pods import Amounts, Pods, pods_of, quantity, shown
from ..view import Request, Status
from .book import DOCS, rule, with_pods

QUOTA = "kubernetes:core/v1:ResourceQuota"
LIMITS = "kubernetes:core/v1:LimitRange"
CLAIM = "kubernetes:core/v1:PersistentVolumeClaim"
STATEFUL_SET = "kubernetes:apps/v1:StatefulSet"
ENDED = ("kubernetes:batch/v1:Job", "kubernetes:batch/v1:CronJob")
"""Their pods come and go; a quota that has room for one run is enough."""
COMPUTE = ("cpu", "memory", "ephemeral-storage")


@rule("limit-range", *with_pods(), verbs=("ready",), source=f"{DOCS}/concepts/policy/limit-range/")
def limit_range(request: Request) -> Refusal | None:
    """Containers ask for no less and no more than the limit ranges of their namespace allow."""
    pods = _with_defaults(request, pods_of(request.kind, request.new))
    says = [text for limits in _limits(request) for text in _out_of_range(pods, limits)] if pods else []
    return _pod_forbidden(pods, f"[{', '.join(says)}]" if len(says) > 1 else says[0]) if says and pods else None


@rule("resource-quota", *with_pods(), verbs=("ready",), source=f"{DOCS}/concepts/policy/resource-quotas/")
def resource_quota(request: Request) -> Refusal | None:
    """What the pods of a namespace ask for fits into its quotas, and is said where a quota counts it."""
    pods = _with_defaults(request, pods_of(request.kind, request.new))
    if pods is None:
        return None
    for quota in request.view.all(QUOTA, request.namespace):
        if quota.config.get("spec", {}).get("scopes") or quota.config.get("spec", {}).get("scopeSelector"):
            continue
        hard = {name: quantity(value) for name, value in object_at(quota.config, "spec.hard").items()}
        name = str(at(quota.config, "metadata.name"))
        unsaid = list(_unsaid(pods, hard))
        if unsaid:
            return _pod_forbidden(pods, f"failed quota: {name}: must specify {'; '.join(unsaid)}")
        used = _used(request, other_than=request.name)
        wanted = _charge(request.kind, request.new, pods, _claimed(request))
        refusal = _exceeded(name, hard, used, wanted)
        if refusal:
            return _pod_forbidden(pods, refusal)
    return None


@rule("object-quota", EVERY_TYPE, verbs=("create",), source=f"{DOCS}/concepts/policy/resource-quotas/#object-count-quota")
def object_quota(request: Request) -> Refusal | None:
    """A namespace holds no more objects and claims no more storage than its quotas allow."""
    if not request.kind.namespaced or request.kind.pods:
        return None
    for quota in request.view.all(QUOTA, request.namespace):
        hard = {name: quantity(value) for name, value in object_at(quota.config, "spec.hard").items()}
        wanted = _charge(request.kind, request.new, None, ())
        refusal = _exceeded(str(at(quota.config, "metadata.name")), hard, _used(request, other_than=""), wanted)
        if refusal:
            return request.forbidden(refusal)
    return None


def _limits(request: Request) -> Iterator[Mapping[str, Any]]:
    for row in request.view.all(LIMITS, request.namespace):
        yield from (entry for entry in at(row.config, "spec.limits") or () if entry["type"] == "Container")


def _with_defaults(request: Request, pods: Pods | None) -> Pods | None:
    """The pods with what the limit ranges of their namespace fill in."""
    if pods is None:
        return None
    default: dict[str, Any] = {}
    for entry in _limits(request):
        limits, requests = object_at(entry, "default"), object_at(entry, "defaultRequest")
        default = merge(default, {"limits": limits, "requests": {**limits, **requests}})
    spec = dict(pods.spec)
    for group in ("initContainers", "containers"):
        if spec.get(group):
            spec[group] = [merge({"resources": _fitting(default, container)}, container) for container in spec[group]]
    return replace(pods, spec=spec)


def _fitting(default: Mapping[str, Any], container: Mapping[str, Any]) -> Mapping[str, Any]:
    """Default requests apply where neither a request nor a limit of the container's own says anything."""
    own: Mapping[str, Any] = at(container, "resources.limits") or {}
    requests = {name: value for name, value in default.get("requests", {}).items() if name not in own}
    return {"limits": default.get("limits", {}), "requests": requests}


def _out_of_range(pods: Pods, entry: Mapping[str, Any]) -> Iterator[str]:
    for container in pods.containers():
        limits: Mapping[str, Any] = at(container, "resources.limits") or {}
        requests: Mapping[str, Any] = {**limits, **(at(container, "resources.requests") or {})}
        for name, value in object_at(entry, "max").items():
            if name not in limits:
                yield f"maximum {name} usage per Container is {value}.  No limit is specified"
            elif quantity(limits[name]) > quantity(value):
                yield f"maximum {name} usage per Container is {value}, but limit is {limits[name]}"
        for name, value in object_at(entry, "min").items():
            if name not in requests:
                yield f"minimum {name} usage per Container is {value}.  No request is specified"
            elif quantity(requests[name]) < quantity(value):
                yield f"minimum {name} usage per Container is {value}, but request is {requests[name]}"


def _unsaid(pods: Pods, hard: Amounts) -> Iterator[str]:
    """What a quota counts and a container does not say."""
    for resource in hard:
        which, _, name = resource.rpartition(".")
        which = which or "requests"
        if name not in COMPUTE or which not in ("requests", "limits"):
            continue
        lacking = [
            container["name"]
            for container in pods.containers()
            if name not in (at(container, f"resources.{which}") or {}) and name not in (at(container, "resources.limits") or {})
        ]
        if lacking:
            yield f"{resource} for: {','.join(lacking)}"


def _claims_of_a_set(given: Mapping[str, Any], count: int) -> Iterator[Mapping[str, Any]]:
    """The claims that a StatefulSet makes where they are not there, under the names that it gives them."""
    for number in range(count):
        for template in at(given, "spec.volumeClaimTemplates") or ():
            name = f"{at(template, 'metadata.name')}-{at(given, 'metadata.name')}-{number}"
            yield {**template, "metadata": {"name": name}}


def _charge(kind: Kind, given: Mapping[str, Any], pods: Pods | None, there: Collection[str]) -> Amounts:
    """What an object counts for: itself, its pods, and the storage that it claims beside the claims that are there."""
    charged: Amounts = {f"count/{kind.resources}": Fraction(1)}
    if kind.group == "":
        charged[kind.plural] = Fraction(1)
    claims = [given] if kind.token == CLAIM else []
    if pods:
        for which in ("requests", "limits"):
            charged |= {f"{which}.{name}": value * pods.count for name, value in pods.amounts(which).items()}
        charged |= {name: charged[f"requests.{name}"] for name in COMPUTE if f"requests.{name}" in charged}
        charged["pods"] = Fraction(pods.count)
        claims = [claim for claim in _claims_of_a_set(given, pods.count) if claim["metadata"]["name"] not in there]
    if claims:
        charged["persistentvolumeclaims"] = Fraction(len(claims))
        sizes = [quantity(at(claim, "spec.resources.requests.storage") or 0) for claim in claims]
        charged["requests.storage"] = sum(sizes, start=Fraction())
    return charged


def _claimed(request: Request) -> set[str]:
    """The names of the claims that are objects of their own: a StatefulSet takes them over."""
    return {str(at(row.config, "metadata.name")) for row in request.view.all(CLAIM, request.namespace)}


def _used(request: Request, other_than: str) -> Amounts:
    """What the other objects of the namespace count for."""
    total: Amounts = {}
    there = _claimed(request)
    for row in request.view.objects(namespace=request.namespace):
        kind = kinds().get(row.type)
        same = row.type == request.token and at(row.config, "metadata.name") == other_than
        if kind is None or same or row.type in ENDED:
            continue
        given = complete(kind, row.config)
        for name, value in _charge(kind, given, _with_defaults(request, pods_of(kind, given)), there).items():
            total[name] = total.get(name, Fraction()) + value
    return total


def _exceeded(quota: str, hard: Amounts, used: Amounts, wanted: Amounts) -> str | None:
    over = [name for name, limit in hard.items() if wanted.get(name) and used.get(name, Fraction()) + wanted[name] > limit]
    if not over:
        return None
    told = {
        what: ",".join(f"{name}={shown(name, amounts.get(name, Fraction()))}" for name in over)
        for what, amounts in (("requested", wanted), ("used", used), ("limited", hard))
    }
    return f"exceeded quota: {quota}, requested: {told['requested']}, used: {told['used']}, limited: {told['limited']}"


def _pod_forbidden(pods: Pods, says: str) -> Refusal:
    return Status(403, f'pods "{pods.name}" is forbidden: {says}', "Forbidden")
