"""Which store in Memorystore serves is a setting: what follows from it, before a failover and after one."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from tools.inventory import entries
from tools.policy import judged
from tools.review.difference import compare

from ..environments import recorded, resources
from ..settings.refusals import refusal


@dataclass(frozen=True)
class Pair:
    """Two that exchange their roles: the names of their resources, and what is said of them."""

    part: str
    home: str
    away: str
    name: str
    called: str
    named: str
    place: str
    config: str
    role: str
    primary: str
    """Where it says whom it follows."""
    names: tuple[str, ...]
    """The roles of the names that lead to the one that serves."""
    host: str

    @property
    def over(self) -> dict[str, Any]:
        return {"cache": {self.part: {"serving": "secondary"}}}

    @property
    def physical(self) -> dict[str, str]:
        return {self.home: self.name, self.away: f"{self.name}-us-east1"}


CLUSTER = Pair(
    "cluster", "redis-cluster-primary", "redis-cluster-secondary-us-east1", "alphintra-redis-cluster", "clusters", "name", "region",
    "crossClusterReplicationConfig", "clusterRole", "primaryCluster.cluster", ("primary",), "cache",
)  # fmt: skip
SESSIONS = Pair(
    "sessions", "redis-sessions-store", "redis-sessions-secondary-us-east1", "alphintra-redis-sessions", "instances", "instanceId",
    "location", "crossInstanceReplicationConfig", "instanceRole", "primaryInstance.instance", ("primary", "read"), "sessions",
)  # fmt: skip
pairs = pytest.mark.parametrize("of", [CLUSTER, SESSIONS], ids=lambda of: of.part)
stations = pytest.mark.parametrize("failed_over", [False, True], ids=["before", "failed-over"])


def station(of: Pair, failed_over: bool) -> tuple[dict[str, Any], str, str]:
    """What is laid on top, who serves and who follows."""
    return (of.over, of.away, of.home) if failed_over else ({}, of.home, of.away)


@pairs
@stations
def test_one_serves_and_the_other_follows_it(of: Pair, failed_over: bool) -> None:
    over, serves, follows = station(of, failed_over)
    declared = resources("prod", over)
    assert of.config not in declared[serves].inputs, "a switchover wrote its role"
    says = declared[follows].inputs[of.config]
    reference, leaf = of.primary.split(".")
    assert says == {of.role: "SECONDARY", reference: {leaf: says[reference][leaf]}}
    assert says[reference][leaf].endswith(f"/{of.called}/{of.physical[serves]}")
    for known in (of.home, of.away):
        assert declared[known].inputs[of.named] == of.physical[known]
        assert declared[known].inputs[of.place] in declared[known].inputs["kmsKey"], "a key of its own region"


@pairs
@stations
def test_consumers_follow_the_one_that_serves(of: Pair, failed_over: bool) -> None:
    over, serves, _ = station(of, failed_over)
    declared, outputs = resources("prod", over), recorded("prod", over).stack_outputs["caches"][of.part]
    names = {name: declared[f"redis-{of.part}-dns-{name}"] for name in (*of.names, "us-east1")}
    assert names["primary"].inputs["name"] == f"{of.host}.alphintra.internal."
    leads = {name: [urn.rpartition("::")[2] for urn in known.property_dependencies["rrdatas"]] for name, known in names.items()}
    assert leads == {**{name: [serves] for name in of.names}, "us-east1": [of.away]}
    assert (outputs["region"], outputs["failedOver"]) == (declared[serves].inputs[of.place], failed_over)
    assert outputs["name"].endswith(f"/{of.called}/{of.physical[serves]}")
    admitted = declared[f"redis-{of.part}-auth-service-connect"].inputs["condition"]["expression"]
    for name in of.physical.values():
        assert f'/{of.called}/{name}"' in admitted, "who may connect to one may connect to the other"


@stations
def test_the_archive_is_of_the_one_that_serves(failed_over: bool) -> None:
    over, serves, _ = station(CLUSTER, failed_over)
    declared, name = resources("prod", over), CLUSTER.physical[serves]
    job = declared["cache-archive-job"].inputs
    assert (job["name"], job["region"]) == (f"{name}-archive", declared[serves].inputs["region"])
    assert job["httpTarget"]["uri"].endswith(f"/clusters/{name}:backup")
    assert f'/clusters/{name}"' in declared["cache-archive-grant"].inputs["condition"]["expression"]


@stations
def test_what_arrives_is_compared_with_what_is_written_where_it_is(failed_over: bool) -> None:
    over, serves, follows = station(SESSIONS, failed_over)
    condition = resources("prod", over)["alerts-sessions-region-behind"].inputs["conditions"][0]
    arrived, written = condition["conditionPrometheusQueryLanguage"]["query"].split(" / ")
    assert f'instance_id="{SESSIONS.physical[follows]}"' in arrived
    assert f'instance_id="{SESSIONS.physical[serves]}"' in written


@pairs
@stations
def test_no_policy_stops_an_update_there(of: Pair, failed_over: bool) -> None:
    over, serves, follows = station(of, failed_over)
    assert {serves, follows} == {of.home, of.away}
    assert judged(recorded("prod", over), "prod").stopping == []


@pairs
@stations
def test_no_plan_between_the_two_loses_anything(of: Pair, failed_over: bool) -> None:
    before, after = (of.over, {}) if failed_over else ({}, of.over)
    changes = compare(entries(recorded("prod", before)), entries(recorded("prod", after)))
    assert {of.home, of.away} & {change.name for change in changes}
    assert [change.name for change in changes if change.loses] == []


def test_what_there_was_before_there_was_a_second_session_store_stays() -> None:
    alone = {"cache": {"sessions": {"secondaries": {"us-east1": None}}}}
    changes = compare(entries(recorded("prod", alone)), entries(recorded("prod")))
    assert [change.name for change in changes if change.loses] == []
    assert SESSIONS.home not in {change.name for change in changes}, "it is not touched"
    assert SESSIONS.away in {change.name for change in changes}


REDIS = "form: redis, rpo_minutes: 60, backups: null, persistence: {mode: RDB, snapshot_hours: 1}"


@pytest.mark.parametrize(
    ("environment", "section", "says"),
    [
        ("dev", "cache: {cluster: {serving: secondary}}", "serving is secondary, but secondaries is empty: there is no cluster that could"),
        ("dev", "cache: {cluster: {secondaries: {us-east1: {}}}}", "zone is us-central1-a, but secondaries are in other regions"),
        ("prod", "cache: {cluster: {serving: us-east1}}", "cache.cluster.serving: is \"us-east1\"; it should be 'primary' or 'secondary'"),
        ("dev", "cache: {sessions: {serving: secondary}}", "serving is secondary, but secondaries is empty: there is no store that could"),
        ("dev", "cache: {sessions: {secondaries: {us-east1: {}}}}", "zone is us-central1-a, but secondaries are in other regions"),
        ("prod", "cache: {sessions: {serving: us-east1}}", "cache.sessions.serving: is \"us-east1\"; it should be 'primary' or 'secondary'"),
        ("prod", "cache: {sessions: {secondaries: {us-central1: {}}}}", "cache.sessions.secondaries.us-central1 is not in the secondary region"),
        ("prod", "cache: {sessions: {secondaries: {us-west1: {}}}}",
         "cache.sessions.secondaries.us-west1 is not in the secondary region, where network and keys are: us-east1"),
        ("prod", "cache: {sessions: {secondaries: {us-east1: {replicas: 0}}}}",
         "secondaries.us-east1.replicas is 0, but replicas is 1: after a failover there would be nowhere for the name that readers use"),
        ("prod", f"cache: {{sessions: {{{REDIS}}}}}",
         "secondaries has us-east1, but form redis cannot be followed from another region; set it to {us-east1: null}, or take form valkey"),
        ("prod", f"cache: {{sessions: {{{REDIS}, serving: secondary, secondaries: {{us-east1: null}}}}}}",
         "serving is secondary, but form redis cannot be followed from another region; set it to primary"),
    ],
)  # fmt: skip
def test_what_cannot_be_is_refused(tmp_path: Path, environment: str, section: str, says: str) -> None:
    assert says in refusal(tmp_path, environment, section)
