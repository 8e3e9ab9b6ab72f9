"""Whether there is a node for each pod: what the scheduler would say, on the nodes that the cluster's pools may have."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from ...errors import Refusal
from ...values import at
from ..kinds import complete, kinds
from ..nodes import Node, nodes
from ..pods import Pods, pods_of
from ..selectors import holds, selects
from ..view import ClusterView, Request, Status
from .book import DOCS, rule, with_pods

ENDED = ("kubernetes:batch/v1:Job", "kubernetes:batch/v1:CronJob")
"""Their pods make room again."""
DAEMON_SET = "kubernetes:apps/v1:DaemonSet"
CLOSED = ("NoSchedule", "NoExecute")


@rule("pod-fits", *with_pods(), verbs=("ready",), source=f"{DOCS}/concepts/scheduling-eviction/kube-scheduler/", numbers=(32,))
def pod_fits(request: Request) -> Refusal | None:
    """There is a node for every pod: large enough, with the labels it asks for, and without a taint that it does not tolerate."""
    pods = pods_of(request.kind, request.new)
    if pods is None or request.token == DAEMON_SET or request.view.cluster.properties.get("enableAutopilot") is True:
        return None
    found = nodes(request.view)
    if not found:
        return Status(409, f'pod "{pods.name}": no nodes available to schedule pods', "Unschedulable")
    for other in _others(request):
        for _ in range(other.count):
            _place(other, found)
    for _ in range(pods.count):
        why = _place(pods, found)
        if why:
            return Status(409, f'pod "{pods.name}": {why}', "Unschedulable")
    return None


def _others(request: Request) -> Iterator[Pods]:
    """The pods that are on the nodes already."""
    view: ClusterView = request.view
    for row in view.objects(*with_pods()):
        kind = kinds().get(row.type)
        same = row.type == request.token and row.name == view.full_name(request.kind, request.namespace, request.name)
        if kind is None or same or row.type in (*ENDED, DAEMON_SET):
            continue
        pods = pods_of(kind, complete(kind, row.config))
        if pods:
            yield pods


def _place(pods: Pods, found: list[Node]) -> str | None:
    """Puts one pod on the first node that takes it; else why none does."""
    eligible = [node for node in found if not _closed(pods, node)]
    reasons: Counter[str] = Counter()
    for node in found:
        against = _closed(pods, node) or list(_against(pods, node, eligible))
        if not against:
            node.pods.append(pods)
            return None
        reasons.update(against)
    listed = ", ".join(f"{count} {why}" for why, count in sorted(reasons.items()))
    return f"0/{len(found)} nodes are available: {listed}"


def _closed(pods: Pods, node: Node) -> list[str]:
    """Why a node is not for these pods, whatever runs on it."""
    taint = next((taint for taint in node.taints if taint.get("effect") in CLOSED and not _tolerated(pods, taint)), None)
    if taint:
        return [f"node(s) had untolerated taint {{{taint.get('key')}: {taint.get('value') or ''}}}"]
    if not _chosen(pods.spec, node.labels):
        return ["node(s) didn't match Pod's node affinity/selector"]
    return []


def _against(pods: Pods, node: Node, eligible: list[Node]) -> Iterator[str]:
    lacking = [name for name, amount in pods.requests.items() if amount > node.free(name)]
    if lacking:
        yield from (f"Insufficient {name}" for name in lacking)
    elif not _spread(pods, node, eligible):
        yield "node(s) didn't match pod topology spread constraints"
    elif _kept_apart(pods, node, eligible):
        yield "node(s) didn't match pod anti-affinity rules"


def _tolerated(pods: Pods, taint: Mapping[str, Any]) -> bool:
    return any(
        toleration.get("key") in (None, taint.get("key"))
        and (toleration.get("operator") == "Exists" or (toleration.get("value") or "") == (taint.get("value") or ""))
        and toleration.get("effect") in (None, "", taint.get("effect"))
        for toleration in pods.spec.get("tolerations") or ()
    )


def _chosen(spec: Mapping[str, Any], labels: Mapping[str, str]) -> bool:
    """Whether a node has the labels that a pod asks for."""
    exact: Mapping[str, str] = spec.get("nodeSelector") or {}
    terms: Any = at(spec, "affinity.nodeAffinity.requiredDuringSchedulingIgnoredDuringExecution.nodeSelectorTerms")
    return all(labels.get(key) == value for key, value in exact.items()) and (
        terms is None or any(all(holds(entry, labels) for entry in term.get("matchExpressions") or ()) for term in terms)
    )


@dataclass(frozen=True)
class _Term:
    """Pods that a rule is about, and the label whose values are the places it tells apart."""

    key: str
    selector: Mapping[str, Any]
    namespace: str

    def count(self, place: str, found: list[Node]) -> int:
        """How many such pods are in a place."""
        return sum(
            pods.namespace == self.namespace and selects(self.selector, pods.labels)
            for node in found
            if node.labels.get(self.key) == place
            for pods in node.pods
        )


def _spread(pods: Pods, node: Node, eligible: list[Node]) -> bool:
    for entry in pods.spec.get("topologySpreadConstraints") or ():
        term = _Term(entry["topologyKey"], entry.get("labelSelector") or {}, pods.namespace)
        if entry.get("whenUnsatisfiable") != "DoNotSchedule" or term.key not in node.labels:
            continue
        counts = {
            place: term.count(place, eligible)
            for place in {known.labels[term.key] for known in eligible if term.key in known.labels}
        }
        own = counts.get(node.labels[term.key], 0) + 1
        if own - min(counts.values(), default=0) > int(entry.get("maxSkew") or 1):
            return False
    return True


def _kept_apart(pods: Pods, node: Node, eligible: list[Node]) -> bool:
    rules: Any = at(pods.spec, "affinity.podAntiAffinity.requiredDuringSchedulingIgnoredDuringExecution") or ()
    terms = [_Term(entry["topologyKey"], entry.get("labelSelector") or {}, pods.namespace) for entry in rules]
    return any(term.key in node.labels and term.count(node.labels[term.key], eligible) > 0 for term in terms)
