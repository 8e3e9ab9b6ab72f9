"""Cases about networks: for every rule a program that breaks it, and its twin."""

from __future__ import annotations

from typing import Any

from .parts import (
    ADDRESS,
    ASSOCIATION,
    NAT,
    NETWORK,
    POLICY,
    RECORD,
    ROUTER,
    ZONE,
    Case,
    api,
    instance,
    net,
    network,
    private_services,
    project_of,
    subnet,
)
from .world import REGION, Res


def _network() -> list[Case]:
    cases: list[Case] = []

    def add(rule: str, says: str, setup: list[Res], bad: Res, good: Res) -> None:
        cases.append(Case(rule=rule, project=project_of(rule), setup=setup, bad=[*setup, bad], good=[*setup, good], says=says))

    p = project_of("subnet-overlap")
    add(
        "subnet-overlap",
        "Invalid IPCidrRange: 10.0.0.128/25 conflicts",
        [*network(p), subnet(p, "a", "10.0.0.0/24")],
        subnet(p, "b", "10.0.0.128/25"),
        subnet(p, "b", "10.0.1.0/24"),
    )

    p = project_of("peering-range-overlap")
    peering = {"purpose": "VPC_PEERING", "addressType": "INTERNAL", "prefixLength": 16, "network": net(p), "name": "psa"}
    setup = [*network(p), subnet(p, "a", "10.0.0.0/24")]
    add(
        "peering-range-overlap",
        "conflicts with other resources",
        setup,
        Res("psa", ADDRESS, {**peering, "address": "10.0.0.0"}),
        Res("psa", ADDRESS, {**peering, "address": "10.1.0.0"}),
    )

    def nat(**extra: Any) -> Res:
        given = {
            "name": "nat",
            "router": "router",
            "region": REGION,
            "sourceSubnetworkIpRangesToNat": "ALL_SUBNETWORKS_ALL_IP_RANGES",
        }
        return Res("nat", NAT, {**given, "natIpAllocateOption": "AUTO_ONLY", "enableDynamicPortAllocation": True, **extra})

    for rule, says, wrong, right in (
        ("nat-mapping", "mutually exclusive", {"enableEndpointIndependentMapping": True}, {}),
        ("nat-ports", "must be a power of 2", {"minPortsPerVm": 100}, {"minPortsPerVm": 128}),
    ):
        p = project_of(rule)
        setup = [*network(p), Res("router", ROUTER, {"name": "router", "region": REGION, "network": net(p)})]
        add(rule, says, setup, nat(**wrong), nat(**right))

    p = project_of("one-firewall-policy")
    first = {"name": "first", "firewallPolicy": "one", "attachmentTarget": net(p)}
    setup = [
        *network(p),
        Res("one", POLICY, {"name": "one"}),
        Res("two", POLICY, {"name": "two"}),
        Res("first", ASSOCIATION, first),
    ]
    other = Res("net-two", NETWORK, {"name": "net-two", "autoCreateSubnetworks": False})
    second = {"name": "second", "firewallPolicy": "two"}
    cases.append(
        Case(
            rule="one-firewall-policy",
            project=p,
            setup=[*setup, other],
            bad=[*setup, other, Res("second", ASSOCIATION, {**second, "attachmentTarget": net(p)})],
            good=[*setup, other, Res("second", ASSOCIATION, {**second, "attachmentTarget": f"{net(p)}-two"})],
            says="Association already exists",
        )
    )

    p = project_of("peering-in-use")
    private = instance(settings={"ipConfiguration": {"ipv4Enabled": False, "privateNetwork": net(p)}})
    whole = [*private_services(p), api("sqladmin"), private]
    without = [res for res in whole if res.name != "connection"]
    cases.append(
        Case(
            rule="peering-in-use",
            project=p,
            setup=whole,
            bad=without,
            good=[r for r in without if r.name != "db"],
            says="Producer services .* are still using",
        )
    )

    p = project_of("record-in-zone")
    setup = [
        api("dns"),
        Res("zone", ZONE, {"name": "zone", "dnsName": "a.internal.", "description": "names", "visibility": "private"}),
    ]
    record = {"managedZone": "zone", "type": "A", "ttl": 60, "rrdatas": ["10.0.0.1"]}
    add(
        "record-in-zone",
        "It is not in zone 'a.internal.'",
        setup,
        Res("r", RECORD, {**record, "name": "x.b.internal."}),
        Res("r", RECORD, {**record, "name": "x.a.internal."}),
    )
    return cases


NETWORK_CASES: tuple[Case, ...] = (*_network(),)
