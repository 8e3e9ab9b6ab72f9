"""Which cluster of the cache serves is a setting: what follows from it, before a failover and after one."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from tools.inventory import entries
from tools.policy import judged
from tools.review.difference import compare

from ..environments import recorded, resources
from ..settings.refusals import refusal

HOME, AWAY = "redis-cluster-primary", "redis-cluster-secondary-us-east1"
NAMES = {HOME: "alphintra-redis-cluster", AWAY: "alphintra-redis-cluster-us-east1"}
OVER: dict[str, Any] = {"cache": {"cluster": {"serving": "secondary"}}}
stations = pytest.mark.parametrize(
    ("over", "serves", "follows"), [({}, HOME, AWAY), (OVER, AWAY, HOME)], ids=["before", "failed-over"]
)


@stations
def test_one_serves_and_the_other_follows_it(over: dict[str, Any], serves: str, follows: str) -> None:
    declared = resources("prod", over)
    assert "crossClusterReplicationConfig" not in declared[serves].inputs, "a switchover wrote its role"
    says = declared[follows].inputs["crossClusterReplicationConfig"]
    assert says["clusterRole"] == "SECONDARY"
    assert says["primaryCluster"]["cluster"].endswith(f"/clusters/{NAMES[serves]}")
    for known in (HOME, AWAY):
        assert declared[known].inputs["name"] == NAMES[known]
        assert declared[known].inputs["region"] in declared[known].inputs["kmsKey"], "a key of its own region"


@stations
def test_consumers_follow_the_one_that_serves(over: dict[str, Any], serves: str, follows: str) -> None:
    declared, outputs = resources("prod", over), recorded("prod", over).stack_outputs["caches"]["cluster"]
    names = {name: declared[f"redis-cluster-dns-{name}"] for name in ("primary", "us-east1")}
    assert names["primary"].inputs["name"] == "cache.alphintra.internal."
    leads = {name: [urn.rpartition("::")[2] for urn in known.property_dependencies["rrdatas"]] for name, known in names.items()}
    assert leads == {"primary": [serves], "us-east1": [AWAY]}
    job = declared["cache-archive-job"].inputs
    assert (job["name"], job["region"]) == (f"{NAMES[serves]}-archive", declared[serves].inputs["region"])
    assert job["httpTarget"]["uri"].endswith(f"/clusters/{NAMES[serves]}:backup")
    assert f'/clusters/{NAMES[serves]}"' in declared["cache-archive-grant"].inputs["condition"]["expression"]
    assert (outputs["region"], outputs["failedOver"]) == (job["region"], serves == AWAY)
    assert follows in {name for name, known in declared.items() if known.type == "gcp:redis/cluster:Cluster"}


@stations
def test_no_policy_stops_an_update_there(over: dict[str, Any], serves: str, follows: str) -> None:
    assert {serves, follows} == {HOME, AWAY}
    assert judged(recorded("prod", over), "prod").stopping == []


@pytest.mark.parametrize(("before", "after"), [({}, OVER), (OVER, {})], ids=["over", "back"])
def test_no_plan_between_the_two_loses_anything(before: dict[str, Any], after: dict[str, Any]) -> None:
    changes = compare(entries(recorded("prod", before)), entries(recorded("prod", after)))
    assert {HOME, AWAY} & {change.name for change in changes}
    assert [change.name for change in changes if change.loses] == []


@pytest.mark.parametrize(
    ("environment", "section", "says"),
    [
        ("dev", "cache: {cluster: {serving: secondary}}", "serving is secondary, but secondaries is empty"),
        ("dev", "cache: {cluster: {secondaries: {us-east1: {}}}}", "zone is us-central1-a, but secondaries are in other regions"),
        ("prod", "cache: {cluster: {serving: us-east1}}", "cache.cluster.serving: is \"us-east1\"; it should be 'primary' or 'secondary'"),
    ],
)  # fmt: skip
def test_what_cannot_be_is_refused(tmp_path: Path, environment: str, section: str, says: str) -> None:
    assert says in refusal(tmp_path, environment, section)
