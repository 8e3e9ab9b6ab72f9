"""How the members of a site are reached, and whom they reach: Services, network policies, and what Patroni may do."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import pulumi
import pulumi_kubernetes as k8s

from ..allowed_traffic import Traffic, allow, from_collectors, let_out
from ..firewall import PRIVATE_GOOGLE_RANGE
from ..pods import SKIP_AWAIT, metadata
from .places import APP, METRICS_PORT, NAMESPACE, PORT, PORT_NAME, REST_PORT, SITE_LABEL, selector


@dataclass(frozen=True, kw_only=True)
class TimescaleDbAccessArgs:
    """What `TimescaleDbAccess` takes."""

    scope: str
    """The site's name: Patroni's scope, and the Service of the leader."""
    namespace: pulumi.Input[str]
    account: pulumi.Input[str]
    """The Kubernetes service account that members run as."""
    clients: Mapping[str, pulumi.Input[str] | None]
    """The namespaces whose pods may connect, by name; None for one that this cluster does not have."""
    nodes: str
    """The range of the region's nodes, in which the control plane has its address."""


class TimescaleDbAccess(pulumi.ComponentResource):
    """Services without a selector where Patroni says who is behind them; and nothing open but what is listed."""

    services: dict[str, k8s.core.v1.Service]
    """leader, config, standbys, members."""

    def __init__(self, name: str, args: TimescaleDbAccessArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        super().__init__("alphintra:data:TimescaleDbAccess", name, {}, opts)
        self._name, self._args, self._inside = name, args, pulumi.ResourceOptions(parent=self)
        self.services = {
            # Patroni writes leader and addresses into the Endpoints of this name in one step; nobody else declares them.
            "leader": self._service("leader", args.scope),
            # Keeps the Endpoints that hold Patroni's settings from being collected as leftovers.
            "config": self._service("config", f"{args.scope}-config", cluster_ip="None"),
            "standbys": self._service("standbys", f"{args.scope}-repl", members=selector(args.scope, role="replica")),
            "members": self._service(
                "members", f"{args.scope}-pods", members=selector(args.scope), cluster_ip="None", publish_not_ready_addresses=True
            ),
        }
        self._rights()
        self._traffic()
        everyone = k8s.meta.v1.LabelSelectorArgs(match_labels=selector(args.scope))
        k8s.policy.v1.PodDisruptionBudget(
            f"{name}-disruption",
            metadata=metadata(args.scope, args.namespace),
            # One over all members: one for the leader alone would block every drain of its node.
            spec=k8s.policy.v1.PodDisruptionBudgetSpecArgs(max_unavailable=1, selector=everyone),
            opts=self._inside,
        )
        self.register_outputs({"leader": self.services["leader"].metadata.name})

    def _service(
        self,
        role: str,
        service_name: str,
        *,
        members: dict[str, str] | None = None,
        cluster_ip: str | None = None,
        publish_not_ready_addresses: bool | None = None,
    ) -> k8s.core.v1.Service:
        annotations = SKIP_AWAIT if members and cluster_ip is None else {}
        return k8s.core.v1.Service(
            f"{self._name}-{role}",
            metadata=metadata(service_name, self._args.namespace, selector(self._args.scope), **annotations),
            spec=k8s.core.v1.ServiceSpecArgs(
                type="ClusterIP",
                cluster_ip=cluster_ip,
                selector=members,
                publish_not_ready_addresses=publish_not_ready_addresses,
                ports=[k8s.core.v1.ServicePortArgs(name=PORT_NAME, port=PORT, target_port=PORT, protocol="TCP")],
            ),
            opts=self._inside,
        )

    def _rights(self) -> None:
        """Patroni keeps its state in Endpoints, and writes each member's role onto its pod."""
        everything = ["create", "get", "list", "patch", "update", "watch", "delete", "deletecollection"]
        role = k8s.rbac.v1.Role(
            f"{self._name}-role",
            metadata=metadata(self._args.scope, self._args.namespace),
            rules=[
                k8s.rbac.v1.PolicyRuleArgs(api_groups=[""], resources=["endpoints"], verbs=everything),
                k8s.rbac.v1.PolicyRuleArgs(
                    api_groups=[""], resources=["pods"], verbs=["get", "list", "patch", "update", "watch"]
                ),
            ],
            opts=self._inside,
        )
        k8s.rbac.v1.RoleBinding(
            f"{self._name}-binding",
            metadata=metadata(self._args.scope, self._args.namespace),
            role_ref=k8s.rbac.v1.RoleRefArgs(api_group="rbac.authorization.k8s.io", kind="Role", name=role.metadata.name),
            subjects=[k8s.rbac.v1.SubjectArgs(kind="ServiceAccount", name=self._args.account, namespace=self._args.namespace)],
            opts=self._inside,
        )

    def _traffic(self) -> None:
        scope, own = self._args.scope, Traffic(ports=[PORT, REST_PORT])
        allow(
            f"{self._name}-jobs",
            f"{scope}-jobs",
            namespace=self._args.namespace,
            labels={"app": APP, SITE_LABEL: scope},
            outgoing=[own],
            opts=self._inside,
        )
        allow(
            f"{self._name}-traffic",
            scope,
            namespace=self._args.namespace,
            labels=selector(scope),
            # Whoever reaches Patroni can ask it to do things: members and their jobs may, clients may not.
            incoming=[
                own,
                *(Traffic(ports=[PORT], namespace=client) for client in self._args.clients),
                *from_collectors(REST_PORT, METRICS_PORT),
            ],
            # Beside each other the API server, without which a leader steps down, and the bucket.
            outgoing=[own, Traffic(ports=[443], cidrs=[self._args.nodes, PRIVATE_GOOGLE_RANGE])],
            opts=self._inside,
        )
        let_out(
            f"{self._name}-traffic",
            f"allow-{scope}",
            clients=self._args.clients,
            to=Traffic(ports=[PORT], namespace=NAMESPACE, labels=selector(scope)),
            opts=self._inside,
        )
