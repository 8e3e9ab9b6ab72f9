"""The namespaces of a cluster: what runs in them starts with nothing, and is given what it needs."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

import pulumi
import pulumi_kubernetes as k8s

import settings.workspaces as spec

POD_SECURITY = "pod-security.kubernetes.io"
WORKLOAD_IDENTITY = "iam.gke.io/gcp-service-account"
METADATA_SERVER = "169.254.169.254/32"
"""Where pods of a cluster with Dataplane V2 ask for their identity's token
(https://cloud.google.com/kubernetes-engine/docs/how-to/network-policy#network-policy-and-workload-identity)."""
LOCAL_DNS = "169.254.20.10/32"
"""Where the nodes' DNS cache answers (https://cloud.google.com/kubernetes-engine/docs/how-to/nodelocal-dns-cache)."""
NAMESPACE_NAME = "kubernetes.io/metadata.name"


@dataclass(frozen=True, kw_only=True)
class NamespacesArgs:
    """What `Namespaces` takes."""

    namespaces: Mapping[str, spec.Namespace]
    priorities: Mapping[str, spec.Priority]
    accounts: Mapping[str, pulumi.Input[str]]
    """The e-mail of the Google service account that each Kubernetes one acts as, by namespace/name."""
    protect: bool
    """Whether the namespaces, with which everything in them would go, refuse to be deleted."""


class Namespaces(pulumi.ComponentResource):
    """Namespaces with pod security, quotas, defaults for containers, no traffic but what is allowed, and identities; and the
    cluster's priorities. What runs on the cluster depends on its namespace here."""

    namespaces: dict[str, k8s.core.v1.Namespace]
    """Namespaces by name."""
    accounts: dict[str, k8s.core.v1.ServiceAccount]
    """Service accounts by namespace/name. They mount no token: a pod that talks to the API server says so itself."""
    priorities: dict[str, k8s.scheduling.v1.PriorityClass]
    """Priority classes by name."""
    governing: dict[str, list[pulumi.Resource]]
    """What holds for the pods of each namespace, and must be there before the first: quota, limits and traffic."""

    def __init__(self, name: str, args: NamespacesArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        super().__init__("alphintra:platform:Namespaces", name, {}, opts)
        self._name = name
        self.priorities = {
            known: k8s.scheduling.v1.PriorityClass(
                f"{name}-priority-{known}",
                metadata=_named(known),
                value=priority.value,
                preemption_policy="PreemptLowerPriority" if priority.preempts else "Never",
                global_default=False,
                description=priority.purpose,
                opts=pulumi.ResourceOptions(parent=self),
            )
            for known, priority in args.priorities.items()
        }
        self.namespaces = {
            known: k8s.core.v1.Namespace(
                f"{name}-{known}",
                metadata=_named(
                    known,
                    labels={
                        f"{POD_SECURITY}/enforce": settings.pod_security,
                        f"{POD_SECURITY}/warn": "restricted",
                        f"{POD_SECURITY}/audit": "restricted",
                    },
                ),
                opts=pulumi.ResourceOptions(parent=self, protect=args.protect),
            )
            for known, settings in args.namespaces.items()
        }
        self.governing = {
            known: [
                *self._limits(known, settings),
                *self._traffic(known, any(account.startswith(f"{known}/") for account in args.accounts)),
            ]
            for known, settings in args.namespaces.items()
        }
        self.accounts = {
            account: self._account(account, email)
            for account, email in args.accounts.items()
            if account.partition("/")[0] in self.namespaces
        }
        self.register_outputs({"namespaces": list(self.namespaces), "accounts": list(self.accounts)})

    def named(self, namespaces: Iterable[str]) -> dict[str, pulumi.Output[str] | None]:
        """The names of namespaces once they are there; None for one that this cluster does not have."""
        known = self.namespaces
        return {name: known[name].metadata.name if name in known else None for name in namespaces}

    def _inside(self, namespace: str) -> tuple[pulumi.Output[str], pulumi.ResourceOptions]:
        return self.namespaces[namespace].metadata.name, pulumi.ResourceOptions(parent=self)

    def _limits(self, name: str, settings: spec.Namespace) -> Iterable[pulumi.Resource]:
        namespace, inside = self._inside(name)
        quota, container = settings.quota, settings.container
        yield k8s.core.v1.ResourceQuota(
            f"{self._name}-{name}-quota",
            metadata=_named("quota", namespace),
            spec=k8s.core.v1.ResourceQuotaSpecArgs(
                hard={
                    "requests.cpu": f"{quota.cpu * 1000:.0f}m",
                    "requests.memory": f"{quota.memory_gib}Gi",
                    "limits.memory": f"{quota.memory_gib}Gi",
                    "requests.storage": f"{quota.storage_gib}Gi",
                    "pods": str(quota.pods),
                    "services.nodeports": "0",  # nothing is reached by a node's own address
                }
            ),
            opts=inside,
        )
        memory = f"{container.memory_mib}Mi"
        yield k8s.core.v1.LimitRange(
            f"{self._name}-{name}-limits",
            metadata=_named("limits", namespace),
            spec=k8s.core.v1.LimitRangeSpecArgs(
                limits=[
                    k8s.core.v1.LimitRangeItemArgs(
                        type="Container",
                        default={"memory": memory},
                        default_request={"cpu": f"{container.cpu_millis}m", "memory": memory},
                    )
                ]
            ),
            opts=inside,
        )

    def _traffic(self, name: str, identities: bool) -> Iterable[pulumi.Resource]:
        """Nothing comes in and nothing goes out, but questions to DNS, and for tokens where there are identities."""
        n = k8s.networking.v1
        system = k8s.meta.v1.LabelSelectorArgs(match_labels={NAMESPACE_NAME: "kube-system"})
        resolvers = [
            n.NetworkPolicyPeerArgs(
                namespace_selector=system, pod_selector=k8s.meta.v1.LabelSelectorArgs(match_labels={"k8s-app": resolver})
            )
            for resolver in ("kube-dns", "node-local-dns")
        ]
        ports = [n.NetworkPolicyPortArgs(protocol=protocol, port=53) for protocol in ("UDP", "TCP")]
        dns = n.NetworkPolicyEgressRuleArgs(
            to=[*resolvers, n.NetworkPolicyPeerArgs(ip_block=n.IPBlockArgs(cidr=LOCAL_DNS))], ports=ports
        )
        tokens = n.NetworkPolicyEgressRuleArgs(
            to=[n.NetworkPolicyPeerArgs(ip_block=n.IPBlockArgs(cidr=METADATA_SERVER))],
            ports=[n.NetworkPolicyPortArgs(protocol="TCP", port=80)],
        )
        allowed = {"dns": [dns], **({"identity": [tokens]} if identities else {})}
        for policy, egress in {"deny": [], **allowed}.items():
            namespace, inside = self._inside(name)
            yield n.NetworkPolicy(
                f"{self._name}-{name}-{policy}",
                metadata=_named(f"allow-{policy}" if egress else "deny-all", namespace),
                spec=n.NetworkPolicySpecArgs(
                    pod_selector=k8s.meta.v1.LabelSelectorArgs(),
                    policy_types=["Egress"] if egress else ["Ingress", "Egress"],
                    egress=egress or None,
                ),
                opts=inside,
            )

    def _account(self, account: str, email: pulumi.Input[str]) -> k8s.core.v1.ServiceAccount:
        name, account_name = account.split("/")
        namespace, inside = self._inside(name)
        return k8s.core.v1.ServiceAccount(
            f"{self._name}-{name}-account-{account_name}",
            metadata=_named(account_name, namespace, annotations={WORKLOAD_IDENTITY: email}),
            automount_service_account_token=False,
            opts=inside,
        )


def _named(
    name: str,
    namespace: pulumi.Input[str] | None = None,
    labels: Mapping[str, str] | None = None,
    annotations: Mapping[str, pulumi.Input[str]] | None = None,
) -> k8s.meta.v1.ObjectMetaArgs:
    return k8s.meta.v1.ObjectMetaArgs(name=name, namespace=namespace, labels=labels, annotations=annotations)
