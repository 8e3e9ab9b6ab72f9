"""What pods on a cluster may be reached by and may reach, beyond nothing, DNS and tokens, which `Namespaces` sees to."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import pulumi
import pulumi_kubernetes as k8s

from .namespaces import NAMESPACE_NAME

METRICS_COLLECTORS = ("gmp-system", "gke-gmp-system")
"""Where the collectors of Managed Service for Prometheus run, on older and newer clusters
(https://cloud.google.com/stackdriver/docs/managed-prometheus/setup-managed)."""


@dataclass(frozen=True, kw_only=True)
class Traffic:
    """Ports, and who is at the other end."""

    ports: Sequence[int | tuple[int, int]]
    """Each a port, or the first and the last of many."""
    labels: Mapping[str, str] | None = None
    """The labels of pods; all of the namespace where nothing is said."""
    namespace: pulumi.Input[str] | None = None
    """The namespace of these pods; the policy's own where nothing is said."""
    cidrs: Sequence[str] = ()
    """Or addresses."""


def from_collectors(*ports: int) -> list[Traffic]:
    """What the collectors of metrics come by."""
    return [Traffic(ports=ports, namespace=namespace) for namespace in METRICS_COLLECTORS]


def allow(
    resource_name: str,
    name: str,
    *,
    namespace: pulumi.Input[str],
    labels: Mapping[str, str],
    incoming: Sequence[Traffic] = (),
    outgoing: Sequence[Traffic] = (),
    opts: pulumi.ResourceOptions,
) -> k8s.networking.v1.NetworkPolicy:
    """Declares a network policy for the pods with some labels; what it does not say of a direction stays as it is."""
    n = k8s.networking.v1
    return n.NetworkPolicy(
        resource_name,
        metadata=k8s.meta.v1.ObjectMetaArgs(name=name, namespace=namespace),
        spec=n.NetworkPolicySpecArgs(
            pod_selector=k8s.meta.v1.LabelSelectorArgs(match_labels=labels),
            policy_types=[*(["Ingress"] if incoming else []), *(["Egress"] if outgoing else [])],
            ingress=[n.NetworkPolicyIngressRuleArgs(from_=_peers(known), ports=_ports(known)) for known in incoming] or None,
            egress=[n.NetworkPolicyEgressRuleArgs(to=_peers(known), ports=_ports(known)) for known in outgoing] or None,
        ),
        opts=opts,
    )


def let_out(
    resource_name: str,
    name: str,
    *,
    clients: Mapping[str, pulumi.Input[str] | None],
    to: Traffic,
    opts: pulumi.ResourceOptions,
) -> None:
    """Opens the clients' end: what may come in at a store must be let out where it comes from.

    Args:
        clients: the namespaces of clients, by name; None for one that the cluster does not have.
    """
    for client, namespace in clients.items():
        if namespace is not None:
            allow(f"{resource_name}-{client}", name, namespace=namespace, labels={}, outgoing=[to], opts=opts)


def _peers(known: Traffic) -> list[k8s.networking.v1.NetworkPolicyPeerArgs]:
    n, selector = k8s.networking.v1, k8s.meta.v1.LabelSelectorArgs
    if known.cidrs:
        return [n.NetworkPolicyPeerArgs(ip_block=n.IPBlockArgs(cidr=cidr)) for cidr in known.cidrs]
    return [
        n.NetworkPolicyPeerArgs(
            namespace_selector=None if known.namespace is None else selector(match_labels={NAMESPACE_NAME: known.namespace}),
            pod_selector=selector(match_labels=known.labels) if known.labels or known.namespace is None else None,
        )
    ]


def _ports(known: Traffic) -> list[k8s.networking.v1.NetworkPolicyPortArgs]:
    one = k8s.networking.v1.NetworkPolicyPortArgs
    return [
        one(protocol="TCP", port=port) if isinstance(port, int) else one(protocol="TCP", port=port[0], end_port=port[1])
        for port in known.ports
    ]
