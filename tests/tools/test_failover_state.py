"""What a failover and a failback make of Pulumi's state and of the local cloud, without an engine: no plan loses anything."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from localcloud.errors import Refusal
from localcloud.gcp import replication
from localcloud.store import Row, Store
from tests.components.test_failover import over
from tools.failover import state as states
from tools.inventory import entries
from tools.review.difference import compare

from ..environments import recorded
from .test_failover import NEW, OLD


def deployment(station: str) -> dict[str, Any]:
    """What a station declares, as a state has it."""
    found = entries(recorded("prod", over(station)))
    return {"resources": [{**entry, "id": entry["name"]} for entry in found]}


STEPS_BETWEEN = [
    ("before", "failed-over", OLD, NEW, None),
    ("failed-over", "rebuilt", None, None, OLD),
    ("rebuilt", "failed-back", NEW, f"{OLD}-r1", None),
    ("failed-back", "whole", None, None, NEW),
]


@pytest.mark.parametrize(("before", "after_", "old", "new", "gone"), STEPS_BETWEEN)
def test_no_plan_between_stations_loses_anything(
    before: str, after_: str, old: str | None, new: str | None, gone: str | None
) -> None:
    state = deployment(before)
    if old and new:
        assert any(change.loses for change in compare(state["resources"], deployment(after_)["resources"])), (
            "without the state's step"
        )
        state, urns = states.moved(state, old, new, "alphintra-prod", "us-central1")
        assert len(urns) > 5
    if gone:
        urn = states.urn_of(state["resources"], gone)
        assert urn
        state = states.without(state, urn)
    changes = compare(state["resources"], deployment(after_)["resources"])
    assert changes
    assert [change.name for change in changes if change.loses] == []


def test_a_database_that_moved_has_the_id_of_the_other_instance_and_stands_after_it() -> None:
    state, urns = states.moved(deployment("before"), OLD, NEW, "alphintra-prod", "us-central1")
    order = [known["urn"] for known in state["resources"]]
    replica, primary = (states.urn_of(state["resources"], name) for name in (NEW, OLD))
    assert replica
    by_urn = {known["urn"]: known for known in state["resources"]}
    database = next(known for known in by_urn.values() if known["name"] == "main-db-database-alphintra")
    user = next(known for known in by_urn.values() if known["name"] == "main-db-user-pgbouncer")
    assert database["id"] == f"projects/alphintra-prod/instances/{NEW}/databases/alphintra"
    assert user["id"] == f"pgbouncer//{NEW}"
    for urn in urns:
        assert order.index(urn) > order.index(replica)
        needs = [by_urn[urn]["dependencies"], *by_urn[urn]["propertyDependencies"].values()]
        assert not [needed for needed in needs if primary in needed]
    for known in state["resources"]:
        assert all(order.index(needed) < order.index(known["urn"]) for needed in known["dependencies"] if needed in by_urn)


def test_the_name_that_was_moved_is_found_to_be_read_back() -> None:
    found = states.names(deployment("before")["resources"])
    assert [urn.rpartition("::")[2] for urn in found] == ["main-db-dns-primary"]


def test_what_is_in_a_lost_region_is_found_by_its_place_or_by_its_cluster() -> None:
    resources = deployment("before")["resources"]
    names = {urn.rpartition("::")[2] for urn in states.in_region(resources, "us-central1")}
    assert {"main-db-primary", "cluster-us-central1-cluster", "pgbouncer-us-central1-deployment"} <= names
    assert not names & {"main-db-replica-us-east1", "main-db-dns-primary", "pgbouncer-us-east1-deployment", "google"}


# -- what the local cloud knows


@pytest.fixture
def cloud_sql(tmp_path: Path) -> Store:
    """Two instances, of which one follows."""
    store = Store(tmp_path / "cloud.db")
    with store.transaction():
        for name, follows in ((OLD, None), (NEW, OLD)):
            kind = (
                {"instanceType": "READ_REPLICA_INSTANCE", "masterInstanceName": follows}
                if follows
                else {"instanceType": "CLOUD_SQL_INSTANCE"}
            )
            config = {"name": name, "region": "us-east1" if follows else "us-central1", **kind}
            full = f"//sqladmin.googleapis.com/projects/p/instances/{name}"
            links = {("masterInstanceName", full.replace(name, OLD)): "restrict"} if follows else {}
            store.put(Row(full, states.INSTANCE, "p", name, "", config, {}, 0, 0, 0), links)
    return store


def there(store: Store, name: str) -> Row:
    found = replication.instance(store, "p", name)
    assert found
    return found


def test_the_local_cloud_promotes_replicas_only_and_deletes_no_primary_that_is_followed(cloud_sql: Store) -> None:
    with cloud_sql.transaction():
        with pytest.raises(Refusal, match="not a read replica"):
            replication.promote(cloud_sql, there(cloud_sql, OLD))
        with pytest.raises(Refusal, match="has read replicas"):
            replication.delete(cloud_sql, there(cloud_sql, OLD))
        replication.promote(cloud_sql, there(cloud_sql, NEW))
        assert there(cloud_sql, NEW).config["instanceType"] == "CLOUD_SQL_INSTANCE"
        assert "masterInstanceName" not in there(cloud_sql, NEW).config
        replication.set_activation(cloud_sql, there(cloud_sql, OLD), "NEVER")
        with pytest.raises(Refusal, match="not running"):
            replication.back_up(cloud_sql, there(cloud_sql, OLD))
        replication.delete(cloud_sql, there(cloud_sql, OLD))
        assert replication.instance(cloud_sql, "p", OLD) is None
        assert [kept.name.rpartition("/")[2] for kept in cloud_sql.all_kept()] == [OLD]
