"""Bigtable, Firestore, budgets: keys in the right place, what is replaced, names that stay taken."""

from __future__ import annotations

from pathlib import Path

import pytest

from localcloud.errors import Refusal
from localcloud.gcp.naming import project_number
from localcloud.plugin import State

from .cases_optional import BIGTABLE, bigtable, budget, cluster, firestore, keyed
from .parts import api, key, key_id
from .program import stage
from .world import World

P = "case-project"


@pytest.fixture
def world(tmp_path: Path) -> World:
    return World(tmp_path)


@pytest.mark.parametrize(
    ("clusters", "says"),
    [
        ([cluster(kmsKeyName=key_id(P, "us"))], "needs a key in location us-central1"),
        ([cluster(kmsKeyName=key_id(P)), cluster("us-central1-b")], "same kind of encryption"),
        ([cluster(nodes=(1, 11))], "between the minimum and ten times it"),
        ([{**cluster(), "clusterId": "a"}], "must have 6 to 30"),
    ],
)
def test_clusters_that_google_refuses(world: World, clusters: list[dict[str, object]], says: str) -> None:
    other = [res for res in key(P, "us", granted=False) if res.name in ("ring-us", "key-us")]
    with pytest.raises(Refusal, match=says):
        world.apply([*keyed(P, "bigtableadmin"), *other, bigtable(*clusters)])


@pytest.mark.parametrize(
    ("after", "replaced"),
    [
        ([cluster(kmsKeyName="another")], ["clusters[0].kmsKeyName"]),
        ([cluster(nodes=(2, 8))], []),
        ([cluster(), cluster("us-central1-b")], []),
        ([{**cluster("us-central1-b"), "clusterId": "cluster-a"}], ["clusters[0].zone"]),
    ],
)
def test_a_cluster_keeps_its_key_and_its_zone(world: World, after: list[dict[str, object]], replaced: list[str]) -> None:
    changes = world.provider.diff(BIGTABLE, State("id", dict(bigtable().inputs), {}), dict(bigtable(*after).inputs), []).changes
    assert [path for path, change in changes.items() if change.replaces] == replaced
    assert changes


def test_a_deleted_databases_id_is_taken_for_five_minutes(world: World) -> None:
    world.apply([api("firestore"), firestore()])
    world.apply([api("firestore")])
    with pytest.raises(Refusal, match="is not available. Please retry in [0-9]+ seconds"):
        world.apply([api("firestore"), firestore()])
    stage(world.store, [("clock", "--advance", "5m")])
    world.apply([api("firestore"), firestore()])


def test_forecasts_need_a_calendar_period(world: World) -> None:
    with pytest.raises(Refusal, match="Forecasted spend"):
        world.apply([api("billingbudgets"), budget(customPeriod={"startDate": {"year": 2026, "month": 1, "day": 1}})])


def test_a_projects_number_can_be_asked_for(world: World) -> None:
    answer = world.provider.invoke("gcp:organizations/getProject:getProject", {"projectId": P})
    assert (answer["number"], answer["projectId"]) == (project_number(P), P)
