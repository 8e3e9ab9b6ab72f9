"""What changes in place and what needs a new resource, beyond what single properties say."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from .cases_clusters import CLUSTER, cluster, nodes, pool
from .cases_identities import AUDIT
from .parts import ACCOUNT, ADDRESS, INSTANCE, KEY, PROJECT_GRANT, SUBNET, instance, net, subnet
from .world import Res, World

P = "case-project"
PRIVATE = {"ipConfiguration": {"ipv4Enabled": True, "privateNetwork": net(P)}}
LEVEL: dict[str, Any] = {"name": "k", "keyRing": "r"}
GRANT = {"project": P, "role": "roles/cloudsql.client", "member": "group:readers@example.com"}


def audit(*kinds: str) -> Res:
    configs = [{"logType": kind} for kind in kinds]
    return Res("a", AUDIT, {"project": P, "service": "storage.googleapis.com", "auditLogConfigs": configs})


@pytest.mark.parametrize(
    ("before", "after", "replaced"),
    [
        (subnet(P, "s", "10.0.0.0/24"), subnet(P, "s", "10.0.0.0/23"), []),
        (subnet(P, "s", "10.0.0.0/24"), subnet(P, "s", "10.0.0.0/25"), ["ipCidrRange"]),
        (subnet(P, "s", "10.0.0.0/24"), subnet(P, "s", "10.0.1.0/24"), ["ipCidrRange"]),
        (instance(settings=PRIVATE), instance(settings={"ipConfiguration": {"ipv4Enabled": True}}), ["settings.ipConfiguration.privateNetwork"]),
        (instance(), instance(settings=PRIVATE), []),
        (instance(settings={"diskSize": 20}), instance(settings={"diskSize": 10}), []),
        (instance(settings={"diskSize": 20, "diskAutoresize": False}), instance(settings={"diskSize": 10, "diskAutoresize": False}), ["settings.diskSize"]),
        (instance(), instance(settings={"tier": "db-custom-4-15360"}), []),
        (instance(), instance(region="us-east1"), ["region"]),
        (instance(), instance(encryptionKeyName="k"), ["encryptionKeyName"]),
        (Res("k", KEY, LEVEL), Res("k", KEY, {**LEVEL, "versionTemplate": {"algorithm": "A", "protectionLevel": "HSM"}}), ["versionTemplate.protectionLevel"]),
        (Res("k", KEY, {**LEVEL, "rotationPeriod": "90000s"}), Res("k", KEY, {**LEVEL, "rotationPeriod": "100000s"}), []),
        (Res("s", ACCOUNT, {"accountId": "worker", "description": "a"}), Res("s", ACCOUNT, {"accountId": "worker", "description": "b"}), []),
        (Res("s", ACCOUNT, {"accountId": "worker"}), Res("s", ACCOUNT, {"accountId": "worker-2"}), ["accountId"]),
        (Res("g", PROJECT_GRANT, GRANT), Res("g", PROJECT_GRANT, {**GRANT, "role": "roles/cloudsql.viewer"}), ["role"]),
        (audit("DATA_READ"), audit("DATA_READ", "DATA_WRITE"), []),
        (pool(P), pool(P, nodeCount=2), []),
        (pool(P, **nodes()), pool(P, **nodes("n2-standard-8")), []),
        (pool(P, **nodes()), pool(P, **nodes(linuxNodeConfig={"sysctls": {"vm.max_map_count": "262144"}})), []),
        (pool(P, **nodes()), pool(P, **nodes(bootDiskKmsKey="k")), ["nodeConfig.bootDiskKmsKey"]),
        (pool(P), pool(P, maxPodsPerNode=16), ["maxPodsPerNode"]),
        (cluster(P), cluster(P, releaseChannel={"channel": "STABLE"}), []),
        (cluster(P), cluster(P, nodeLocations=["us-central1-a"]), []),
        (cluster(P), cluster(P, location="us-east1"), ["location"]),
        (cluster(P, datapathProvider="LEGACY_DATAPATH"), cluster(P, datapathProvider="ADVANCED_DATAPATH"), ["datapathProvider"]),
    ],
)  # fmt: skip
def test_what_is_replaced(tmp_path: Path, before: Res, after: Res, replaced: list[str]) -> None:
    from localcloud.plugin import State  # noqa: PLC0415

    difference = World(tmp_path).provider.diff(before.type, State("id", dict(before.inputs), {}), dict(after.inputs), [])
    assert [path for path, change in difference.changes.items() if change.replaces] == replaced
    assert difference.changes, "every pair differs"


def test_what_only_the_default_pool_has_does_not_replace_its_cluster(tmp_path: Path) -> None:
    from localcloud.plugin import State  # noqa: PLC0415

    before, after = (
        dict(cluster(P, nodeConfig={"serviceAccount": a}, initialNodeCount=n).inputs) for a, n in (("a", 1), ("b", 2))
    )
    provider = World(tmp_path).provider
    assert any(change.replaces for change in provider.diff(CLUSTER, State("id", before, {}), after, []).changes.values())
    assert not provider.diff(CLUSTER, State("id", before, {}), after, ["initialNodeCount", "nodeConfig"]).changes


@pytest.mark.parametrize(
    ("token", "before", "after", "first"),
    [
        (INSTANCE, instance().inputs, instance(region="us-east1").inputs, True),
        (INSTANCE, instance().inputs, instance("other", region="us-east1").inputs, False),
        (SUBNET, subnet(P, "s", "10.0.0.0/24").inputs, subnet(P, "s", "10.0.0.0/25").inputs, True),
        (ADDRESS, {"name": "a", "address": "10.0.0.0"}, {"name": "b", "address": "10.1.0.0"}, False),
    ],
)
def test_the_old_one_goes_first_where_the_new_one_has_its_name(
    tmp_path: Path, token: str, before: Any, after: Any, first: bool
) -> None:
    from localcloud.plugin import State  # noqa: PLC0415

    difference = World(tmp_path).provider.diff(token, State("id", dict(before), {}), dict(after), [])
    assert difference.delete_before_replace is first
