"""BigQuery and log sinks: the agents that come with them, and a password inside an object."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from localcloud.errors import Refusal
from localcloud.gcp.naming import project_number
from localcloud.plugin import State

from .cases_analytics import ASK, CONNECTION, DATASET_GRANT, connection, dataset, sink
from .parts import ENCRYPTER, KEY_GRANT, PROJECT_GRANT, Res, api, key, key_id
from .program import stage
from .world import World

P = "case-project"
NUMBER = project_number(P)
APIS = [api("bigquery"), api("bigqueryconnection"), api("logging"), api("cloudresourcemanager")]


@pytest.fixture
def world(tmp_path: Path) -> World:
    return World(tmp_path)


def test_a_dataset_under_a_key_waits_for_the_agent_that_is_asked_for(world: World) -> None:
    keyed = dataset(defaultEncryptionConfiguration={"kmsKeyName": key_id(P)})
    ring = [res for res in key(P, granted=False) if "sqladmin" not in res.name]
    with pytest.raises(Refusal, match="Service Account is not found.*bq-"):
        world.apply([*APIS, *ring, keyed])
    member = world.provider.invoke(ASK, {})["member"]
    assert member == f"serviceAccount:bq-{NUMBER}@bigquery-encryption.iam.gserviceaccount.com"
    with pytest.raises(Refusal, match="Permission denied on Cloud KMS key"):
        world.apply([*APIS, *ring, keyed])
    grant = Res("grant", KEY_GRANT, {"cryptoKeyId": key_id(P), "role": ENCRYPTER, "member": member})
    world.apply([*APIS, *ring, grant, keyed])


def test_a_key_of_another_region_is_refused(world: World) -> None:
    world.provider.invoke(ASK, {})
    parts = [res for res in key(P, "us-east1", granted=False) if "sqladmin" not in res.name]
    with pytest.raises(Refusal, match="needs a key in location us-central1"):
        world.apply([*APIS, *parts, dataset(defaultEncryptionConfiguration={"kmsKeyName": key_id(P, "us-east1")})])


@pytest.mark.parametrize(
    ("made", "agent", "token", "on"),
    [
        (sink(), "gcp-sa-logging", DATASET_GRANT, {"datasetId": "things", "role": "roles/bigquery.dataEditor"}),
        (connection(P), "gcp-sa-bigqueryconnection", PROJECT_GRANT, {"project": P, "role": "roles/cloudsql.client"}),
    ],
    ids=["sink", "connection"],
)
def test_an_agent_comes_with_the_first_of_its_resources(
    world: World, made: Res, agent: str, token: str, on: dict[str, str]
) -> None:
    member = f"serviceAccount:service-{NUMBER}@{agent}.iam.gserviceaccount.com"
    grant = Res("grant", token, {**on, "member": member})
    with pytest.raises(Refusal, match="does not exist"):
        world.apply([*APIS, dataset(), grant])
    world.apply([*APIS, dataset(), made, grant])
    assert member.partition(":")[2] in json.dumps(world.states[made.name][1].outputs)


def test_a_password_inside_a_connection_is_kept_nowhere(world: World, tmp_path: Path) -> None:
    world.apply([*APIS, connection(P)])
    state = world.states["connection"][1]
    assert "a-password" not in json.dumps(state.outputs)
    assert b"a-password" not in (tmp_path / "cloud.db").read_bytes() + (tmp_path / "cloud.db-wal").read_bytes()
    found = world.provider.read(CONNECTION, State(state.id, dict(connection(P).inputs), state.outputs))
    assert found is not None
    assert found.inputs["cloudSql"]["credential"]["passwordWo"] == "a-password", "Pulumi's own copy stays"
    assert world.provider.diff(CONNECTION, found, dict(connection(P).inputs), []).changes == {}
    imported = world.provider.read(CONNECTION, State(state.id, {}, {}))
    assert imported is not None
    assert "passwordWo" not in imported.inputs["cloudSql"]["credential"]
    rotated = json.loads(json.dumps(connection(P).inputs))
    rotated["cloudSql"]["credential"] |= {"passwordWo": "another", "passwordWoVersion": "2"}
    changes = world.provider.diff(CONNECTION, found, rotated, []).changes
    assert list(changes) == ["cloudSql.credential.passwordWoVersion"]


@pytest.mark.parametrize(
    ("instance", "location", "says"),
    [
        ("us-east1:db", "US", "does not match"),
        ("db", "us-central1", "must be project:region:instance"),
        ("europe-west1:db", "EU", None),
    ],
)
def test_where_a_connection_is(world: World, instance: str, location: str, says: str | None) -> None:
    made = connection(P, location, instance)
    if says is None:
        return world.apply([*APIS, made])
    with pytest.raises(Refusal, match=says):
        world.apply([*APIS, made])
    return None


def test_a_full_dataset_is_left_behind_where_it_is_abandoned(world: World) -> None:
    world.apply([*APIS, dataset(deletionPolicy="ABANDON")])
    stage(world.store, [("holds-objects", "datasets/things")])
    world.apply(APIS)
    assert f"//bigquery.googleapis.com/projects/{P}/datasets/things" in world.names()
