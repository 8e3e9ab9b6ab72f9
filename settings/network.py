"""The network."""

from __future__ import annotations

from collections.abc import Iterator
from ipaddress import IPv4Network, collapse_addresses
from itertools import combinations
from typing import Annotated, Literal

from pydantic import Field, StringConstraints, model_validator

from .section import Cidr, ResourceName, Section, setting

POWERS_OF_TWO = frozenset(1 << n for n in range(5, 17))
PRIVATE = (
    IPv4Network("10.0.0.0/8"),
    IPv4Network("172.16.0.0/12"),
    IPv4Network("192.168.0.0/16"),
    IPv4Network("100.64.0.0/10"),
)


class SubnetRanges(Section):
    """The address ranges of one region."""

    nodes: Cidr
    """Machines: the subnetwork's primary range."""
    pods: Cidr
    """Pods of the region's GKE cluster: a secondary range. GKE gives each node a /24 of it."""
    services: Cidr
    """Kubernetes services: a secondary range."""


class Nat(Section):
    """Cloud NAT: how machines without public addresses reach the internet."""

    min_ports_per_vm: int = setting(64, "https://cloud.google.com/nat/docs/ports-and-addresses", unit="ports", ge=32, le=32768)
    """Ports that a machine always has; a power of two."""
    max_ports_per_vm: int = setting(4096, "https://cloud.google.com/nat/docs/ports-and-addresses", unit="ports", ge=64, le=65536)
    """Ports that a machine can grow to; a power of two."""

    @model_validator(mode="after")
    def _ports(self) -> Nat:
        for name, value in (("min_ports_per_vm", self.min_ports_per_vm), ("max_ports_per_vm", self.max_ports_per_vm)):
            if value not in POWERS_OF_TWO:
                raise ValueError(f"{name} is {value}, but dynamic port allocation takes powers of two only (32, 64, 128...)")
        if self.max_ports_per_vm <= self.min_ports_per_vm:
            raise ValueError(
                f"max_ports_per_vm ({self.max_ports_per_vm}) must be more than min_ports_per_vm ({self.min_ports_per_vm})"
            )
        return self


class FlowLogs(Section):
    """VPC flow logs of every subnetwork."""

    interval: Literal["INTERVAL_5_SEC", "INTERVAL_30_SEC", "INTERVAL_1_MIN", "INTERVAL_5_MIN", "INTERVAL_10_MIN"] = setting(
        "INTERVAL_5_SEC", "§13.2, CIS GCP 3.8"
    )
    """How long flows are put together before they are logged."""
    sampling: float = setting(0.5, "§13.2, CIS GCP 3.8", unit="share of flows", gt=0, le=1)
    """The share of flows that is logged."""


class FirewallRule(Section):
    """Traffic that is allowed; everything else is denied and logged."""

    priority: int = Field(ge=100, le=60000)
    """Lower numbers are looked at first; unique within the policy."""
    direction: Literal["INGRESS", "EGRESS"]
    """Seen from the platform's machines and pods."""
    peers: tuple[Literal["platform", "managed-services", "google-apis", "health-checks", "internet"], ...] = Field(min_length=1)
    """Who is at the other end. platform: nodes and pods of both regions; managed-services: Cloud SQL and what else lives
    behind private services access; google-apis: Google's own APIs; health-checks: Google's load balancers."""
    ports: tuple[Annotated[str, StringConstraints(pattern=r"^\d+(-\d+)?$")], ...] = Field(min_length=1)
    """TCP ports or ranges of them."""
    udp_ports: tuple[Annotated[str, StringConstraints(pattern=r"^\d+(-\d+)?$")], ...] = ()
    """UDP ports or ranges of them."""
    purpose: Annotated[str, StringConstraints(min_length=10, max_length=200)]
    """What the traffic is for; becomes the rule's description."""


DATA_PORTS = ("3307", "5432", "6378-6379", "6432", "8008", "9200", "9300", "11000-13047")
"""Cloud SQL Auth Proxy, PostgreSQL, Redis with TLS and without, PgBouncer, Patroni, Elasticsearch (HTTP, transport), and the
node ports of a Redis Cluster."""

CLUSTER_PORTS = ("53", "443", "8132", "9101-9199", "9443", "9854", "10250")
"""Names, the API server, the control plane's tunnel to the nodes
(https://cloud.google.com/kubernetes-engine/docs/concepts/firewall-rules), exporters of metrics, admission webhooks, kubelets.
GKE makes its own rules for what comes in to nodes, but none for what goes out."""


def _default_firewall() -> dict[str, FirewallRule]:
    return {
        "allow-platform-ingress": FirewallRule(
            priority=1000, direction="INGRESS", peers=("platform",), ports=DATA_PORTS,
            purpose="Applications and data stores among themselves",
        ),
        "allow-health-checks": FirewallRule(
            priority=1100, direction="INGRESS", peers=("health-checks",), ports=("443", "8008", "9200"),
            purpose="Health checks of Google's load balancers",
        ),
        "allow-platform-egress": FirewallRule(
            priority=2000, direction="EGRESS", peers=("platform", "managed-services"), ports=DATA_PORTS,
            purpose="Applications to data stores, replication between the regions",
        ),
        "allow-cluster-egress": FirewallRule(
            priority=2050, direction="EGRESS", peers=("platform",), ports=CLUSTER_PORTS, udp_ports=("53",),
            purpose="Nodes and pods to each other and to their control plane",
        ),
        "allow-google-apis": FirewallRule(
            priority=2100, direction="EGRESS", peers=("google-apis",), ports=("443",),
            purpose="Cloud KMS, Secret Manager, Cloud Storage and other Google APIs",
        ),
        "allow-internet-https": FirewallRule(
            priority=2200, direction="EGRESS", peers=("internet",), ports=("443",),
            purpose="Exchanges, brokers and alert channels, through Cloud NAT",
        ),
    }  # fmt: skip


class Network(Section):
    """The virtual private cloud, in both regions."""

    name: ResourceName = setting("alphintra-vpc", "design")
    """The network's name."""
    primary: SubnetRanges = setting(
        SubnetRanges(nodes=Cidr("10.0.0.0/20"), pods=Cidr("10.4.0.0/14"), services=Cidr("10.0.32.0/20")),
        "design: disjoint ranges",
    )
    """Ranges in the primary region."""
    secondary: SubnetRanges = setting(
        SubnetRanges(nodes=Cidr("10.0.16.0/20"), pods=Cidr("10.8.0.0/14"), services=Cidr("10.0.48.0/20")),
        "design: disjoint ranges",
    )
    """Ranges in the secondary region."""
    managed_services: Cidr = setting(
        Cidr("10.16.0.0/16"), "https://cloud.google.com/sql/docs/postgres/private-ip#allocated_range_size"
    )
    """The range that managed services take their private addresses from: a /24 for each region and service."""
    nat: Nat = Nat()
    """Cloud NAT."""
    flow_logs: FlowLogs = FlowLogs()
    """VPC flow logs."""
    firewall: dict[ResourceName, FirewallRule] = setting(_default_firewall(), "§9.2 VPC firewall rules restricting access")
    """What may talk to what; the rest is denied."""
    dns_zone: Annotated[str, StringConstraints(pattern=r"^([a-z0-9]([a-z0-9-]*[a-z0-9])?\.)+$")] = setting(
        "alphintra.internal.", "design: names that survive a failover"
    )
    """The private zone in which data stores have names; ends with a dot."""
    dns_ttl_seconds: int = setting(60, "§10.2: clients must follow a failover", unit="seconds", ge=5, le=3600)
    """How long clients may keep a data store's address."""

    def ranges(self) -> Iterator[tuple[str, IPv4Network]]:
        """Every range with the setting that says it."""
        for name, ranges in (("primary", self.primary), ("secondary", self.secondary)):
            for kind in ("nodes", "pods", "services"):
                yield f"{name}.{kind}", getattr(ranges, kind)
        yield "managed_services", self.managed_services

    @property
    def platform_ranges(self) -> tuple[str, ...]:
        """The ranges of nodes and pods, put together where they touch."""
        parts = [r for name, r in self.ranges() if name.endswith((".nodes", ".pods"))]
        return tuple(str(network) for network in collapse_addresses(parts))

    @model_validator(mode="after")
    def _disjoint(self) -> Network:
        for (left, one), (right, other) in combinations(self.ranges(), 2):
            if one.overlaps(other):
                raise ValueError(f"{left} ({one}) and {right} ({other}) overlap; every range must have addresses of its own")
        for name, one in self.ranges():
            if not any(one.subnet_of(private) for private in PRIVATE):
                raise ValueError(
                    f"{name} ({one}) is not a private range; take one of 10.0.0.0/8, 172.16.0.0/12, 192.168.0.0/16, 100.64.0.0/10"
                )
        return self

    @model_validator(mode="after")
    def _large_enough(self) -> Network:
        limits = {
            "nodes": (24, "a /24 or larger"),
            "pods": (20, "a /20 or larger: GKE gives each node a /24"),
            "services": (24, "a /24 or larger"),
        }
        for name, one in self.ranges():
            longest, wanted = limits.get(
                name.rpartition(".")[2], (20, "a /20 or larger: each service takes a /24 in each region")
            )
            if one.prefixlen > longest:
                raise ValueError(f"{name} ({one}) is too small; it needs {wanted}")
        return self

    @model_validator(mode="after")
    def _priorities(self) -> Network:
        seen: dict[int, str] = {}
        for name, rule in self.firewall.items():
            if rule.priority in seen:
                raise ValueError(f"firewall.{name} and firewall.{seen[rule.priority]} have the same priority {rule.priority}")
            seen[rule.priority] = name
        return self
