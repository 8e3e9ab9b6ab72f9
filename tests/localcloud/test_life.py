"""Create, read, update, delete, and what can go wrong in between."""

from __future__ import annotations

import multiprocessing
import sqlite3
from pathlib import Path
from typing import Any

import pytest

from localcloud.errors import LocalCloudError, LostAnswer, Refusal, StoreError, TimedOut
from localcloud.gcp.rules import RULES
from localcloud.plugin import State
from localcloud.store import Store
from localcloud.values import UNKNOWN

from .parts import INSTANCE, KEY, NETWORK, RING, SECRET, SERVICE, USER, api, backups, instance, key, network, secret
from .program import stage
from .world import REGION, Res, World

VERSION = "gcp:secretmanager/secretVersion:SecretVersion"
DAY = 86400


@pytest.fixture
def world(tmp_path: Path) -> World:
    return World(tmp_path)


def refused(world: World, program: list[Res], rule: str) -> Refusal:
    with pytest.raises(Refusal) as caught:
        world.apply(program)
    assert caught.value.rule == rule
    return caught.value


# -- outputs


def test_outputs_look_like_googles(world: World) -> None:
    world.apply([*network("case-project"), api("sqladmin"), instance(settings=backups())])
    vpc, database = (world.states[name][1].outputs for name in ("net", "db"))
    assert vpc["selfLink"] == "https://www.googleapis.com/compute/v1/projects/case-project/global/networks/net"
    assert world.states["net"][1].id == "projects/case-project/global/networks/net"
    assert vpc["networkId"].isdigit()
    assert database["connectionName"] == "case-project:us-central1:db"
    assert database["publicIpAddress"].startswith("34.")
    assert database["serviceAccountEmailAddress"].endswith("@gcp-sa-cloud-sql.iam.gserviceaccount.com")
    assert database["settings"]["diskType"] == "PD_SSD", "what Google fills in"
    assert database["settings"]["activationPolicy"] == "ALWAYS", "what the provider fills in"


def test_the_private_address_comes_from_the_reserved_range(world: World) -> None:
    from .parts import net, private_services  # noqa: PLC0415 - used here only

    private = {"ipConfiguration": {"ipv4Enabled": False, "privateNetwork": net("case-project")}}
    east = instance("east", private, region="us-east1")
    world.apply([*private_services("case-project"), api("sqladmin"), instance(settings=private), instance("two", private), east])
    addresses = [world.states[name][1].outputs["privateIpAddress"] for name in ("db", "two", "east")]
    assert [address.rsplit(".", 1)[0] for address in addresses] == ["10.16.0", "10.16.0", "10.16.1"], "a /24 for each region"
    assert len(set(addresses)) == 3


def test_labels_of_the_provider_are_laid_under_those_of_the_resource(world: World) -> None:
    world.provider.configure({"project": "case-project", "defaultLabels": '{"owner": "a", "stage": "x"}'})
    world.apply([api("secretmanager"), secret(labels={"stage": "y"})])
    outputs = world.states["secret"][1].outputs
    assert outputs["pulumiLabels"] == {"owner": "a", "stage": "y"}
    assert outputs["effectiveLabels"] == {"owner": "a", "stage": "y", "goog-pulumi-provisioned": "true"}
    world.provider.configure({"project": "case-project", "defaultLabels": {"owner": "b"}})
    difference = world.provider.diff(SECRET, world.states["secret"][1], dict(secret(labels={"stage": "y"}).inputs), [])
    assert list(difference.changes) == ["pulumiLabels"]


def test_what_is_made_once_survives_an_update(world: World) -> None:
    world.apply([api("sqladmin"), instance()])
    before = world.states["db"][1].outputs
    world.apply([api("sqladmin"), instance(settings={"diskSize": 50})])
    after = world.states["db"][1].outputs
    for name in ("serviceAccountEmailAddress", "publicIpAddress", "serverCaCerts", "dnsName"):
        assert after[name] == before[name]
    assert after["settings"]["diskSize"] == 50


def test_a_preview_knows_the_inputs_and_nothing_that_google_decides(world: World) -> None:
    planned = world.provider.planned(INSTANCE, dict(instance().inputs), {})
    assert planned["name"] == "db"
    assert planned["connectionName"] is UNKNOWN
    kept = world.provider.planned(INSTANCE, dict(instance().inputs), {"connectionName": "known"})
    assert kept["connectionName"] == "known"


def test_a_preview_keeps_what_the_cloud_added_inside(world: World) -> None:
    token = "gcp:container/cluster:Cluster"
    asked = {
        "name": "c",
        "location": REGION,
        "controlPlaneEndpointsConfig": {"dnsEndpointConfig": {"allowExternalTraffic": True}},
    }
    before = {"controlPlaneEndpointsConfig": {"dnsEndpointConfig": {"allowExternalTraffic": True, "endpoint": "gke-1.gke.goog"}}}
    made = world.provider.planned(token, asked, {})["controlPlaneEndpointsConfig"]["dnsEndpointConfig"]
    assert made["endpoint"] is UNKNOWN
    assert world.provider.planned(token, asked, before)["controlPlaneEndpointsConfig"] == before["controlPlaneEndpointsConfig"]


# -- reading back


def test_refresh_shows_what_was_changed_or_deleted_behind_our_back(world: World) -> None:
    world.apply([api("sqladmin"), instance(settings={"diskSize": 50})])
    _, state = world.states["db"]
    stage(world.store, [("set", "instances/db", "settings.diskSize", "70")])
    found = world.provider.read(INSTANCE, state)
    assert found is not None
    assert found.inputs["settings"]["diskSize"] == 70
    changes = world.provider.diff(INSTANCE, found, state.inputs, []).changes
    assert list(changes) == ["settings.diskSize"]
    stage(world.store, [("delete", "instances/db")])
    assert world.provider.read(INSTANCE, state) is None


def test_import_by_id_gives_inputs_that_agree_with_the_program(world: World) -> None:
    world.apply([api("sqladmin"), instance()])
    found = world.provider.read(INSTANCE, State("db", {}, {}))
    assert found is not None
    assert world.provider.diff(INSTANCE, found, dict(instance().inputs), []).changes == {}


def test_instances_of_one_name_in_two_projects_are_two(tmp_path: Path) -> None:
    one, two = World(tmp_path, "project-one"), World(tmp_path, "project-two")
    for world in (one, two):
        world.apply([api("sqladmin"), instance()])
    two.apply([api("sqladmin")])
    found = one.provider.read(INSTANCE, one.states["db"][1])
    assert found is not None
    assert found.outputs["connectionName"].startswith("project-one:")


def test_deleting_what_is_gone_is_no_error(world: World) -> None:
    world.apply(network("case-project"))
    stage(world.store, [("delete", "networks/net")])
    world.apply([api("compute")])
    assert set(world.states) == {"api-compute"}


# -- secrets


def test_the_store_holds_no_secret(world: World, tmp_path: Path) -> None:
    version = Res(
        "v1",
        VERSION,
        {"secret": "projects/case-project/secrets/secret", "secretDataWo": "correct-horse", "secretDataWoVersion": "1"},
    )
    user = Res("user", USER, {"instance": "db", "name": "anna", "password": "battery-staple"})
    world.apply([api("secretmanager"), secret(), version, api("sqladmin"), instance(rootPasswordWo="tr0ub4dor"), user])
    written = b"".join(path.read_bytes() for path in tmp_path.iterdir())
    for password in (b"correct-horse", b"battery-staple", b"tr0ub4dor"):
        assert password not in written
    assert "secretDataWo" not in world.states["v1"][1].outputs, "write-only"
    found = world.provider.read(USER, world.states["user"][1])
    assert found is not None
    assert found.inputs["password"] == "battery-staple", "read back from what Pulumi knows, since the digests agree"
    stage(world.store, [("set", "users/anna", "password", "changed-by-hand")])
    found = world.provider.read(USER, world.states["user"][1])
    assert found is not None
    assert found.inputs["password"] != "battery-staple", "drift of a secret shows, the secret does not"


def test_versions_of_a_secret_are_numbered_and_the_newest_can_be_asked_for(world: World) -> None:
    def version(number: int) -> Res:
        return Res(
            f"v{number}",
            VERSION,
            {"secret": "projects/case-project/secrets/secret", "secretDataWo": "x", "secretDataWoVersion": str(number)},
        )

    world.apply([api("secretmanager"), secret(), version(1), version(2)])
    ids = [world.states[name][1].id for name in ("v1", "v2")]
    assert [id_.rsplit("/", 1)[-1] for id_ in ids] == ["1", "2"]
    newest = world.provider.read(VERSION, State(ids[0].replace("/1", "/latest"), {}, {}))
    assert newest is not None
    assert newest.id == ids[1]
    world.apply([api("secretmanager"), secret(), version(2), version(3)])
    assert world.states["v3"][1].id.endswith("/3"), "a number is never given twice"


# -- names that stay taken


def test_a_cloud_sql_name_is_free_again_after_a_week(world: World) -> None:
    program = [api("sqladmin"), instance()]
    world.apply(program)
    world.apply(program[:1])
    assert refused(world, program, "name-reserved").reason == "instanceAlreadyExists"
    world.apply([api("sqladmin"), instance("db-g2")])
    stage(world.store, [("clock", "--advance", "7d")])
    world.apply(program)


def test_a_key_ring_and_its_keys_are_taken_for_ever(world: World) -> None:
    whole = [res for res in key("case-project") if res.type not in ("gcp:projects/serviceIdentity:ServiceIdentity",)][:-1]
    world.apply(whole)
    world.apply([res for res in whole if res.type not in (RING, KEY)])
    stage(world.store, [("clock", "--advance", "3650d")])
    assert "already exists" in str(refused(world, whole, "name-reserved"))


def test_an_api_stays_enabled_unless_the_program_says_otherwise(world: World) -> None:
    world.apply([api("compute")])
    world.apply([])
    world.apply([network("case-project")[1]])
    world.apply([api("compute", disableOnDestroy=True)])
    world.apply([])
    refused(world, [network("case-project")[1]], "api-enabled")


def test_an_api_that_is_disabled_first_blocks_the_deletion_of_the_rest(world: World) -> None:
    world.apply([api("compute", disableOnDestroy=True), network("case-project")[1]])
    res, state = world.states["api-compute"]
    world.provider.delete(res.type, state, 0)
    with pytest.raises(Refusal) as caught:
        world.provider.delete(NETWORK, world.states["net"][1], 0)
    assert caught.value.rule == "api-enabled"


def test_abandoned_peering_blocks_the_network(world: World) -> None:
    from .parts import private_services  # noqa: PLC0415

    whole = private_services("case-project")
    abandoned = [*whole[:-1], Res("connection", whole[-1].type, {**whole[-1].inputs, "deletionPolicy": "ABANDON"})]
    world.apply(abandoned)
    world.apply(abandoned[:-1])
    refused(world, [whole[0]], "still-in-use")


# -- faults


def test_a_failed_operation_leaves_nothing(world: World) -> None:
    stage(world.store, [("fault", "create", NETWORK, "1", "fail")])
    with pytest.raises(Refusal, match="Error 503"):
        world.apply(network("case-project"))
    world.apply(network("case-project"))


def test_the_nth_matching_operation_is_the_one_that_fails(world: World) -> None:
    stage(world.store, [("fault", "create", "gcp:projects/*", "2", "fail")])
    world.apply([api("compute"), network("case-project")[1]])
    with pytest.raises(Refusal, match="Error 503"):
        world.apply([api("compute"), network("case-project")[1], api("dns")])


def test_a_lost_answer_leaves_the_resource_behind(world: World) -> None:
    stage(world.store, [("fault", "create", NETWORK, "1", "lose")])
    with pytest.raises(LostAnswer):
        world.apply(network("case-project"))
    refused(world, network("case-project"), "name-taken")


def test_a_hanging_operation_blocks_others_until_it_ends(world: World) -> None:
    user = Res("user", USER, {"instance": "db", "name": "anna"})
    world.apply([api("sqladmin"), instance()])
    stage(world.store, [("fault", "update", INSTANCE, "1", "hang")])
    bigger = [api("sqladmin"), instance(settings={"diskSize": 50})]
    with pytest.raises(TimedOut, match="timeout while waiting"):
        world.apply(bigger)
    assert refused(world, [*bigger, user], "operation-in-progress").reason == "operationInProgress"
    stage(world.store, [("clock", "--advance", "1h")])
    world.apply([*bigger, user])


def test_what_is_not_visible_yet_is_waited_for_on_the_virtual_clock_and_no_longer_than_the_provider_would(world: World) -> None:
    def now() -> float:
        with world.store.transaction():
            return world.store.now()

    before = now()
    world.apply(network("case-project"))
    assert now() - before >= 30, "a new API takes 30 s to be visible everywhere"
    stage(world.store, [("fault", "create", SERVICE, "1", "slow")])
    refused(world, [*network("case-project"), api("sqladmin"), instance()], "api-enabled")


def test_an_unknown_effect_is_refused(world: World) -> None:
    with pytest.raises(LocalCloudError, match="there is no effect 'explode'; there are fail, hang"):
        stage(world.store, [("fault", "create", NETWORK, "1", "explode")])


# -- the store


def test_two_processes_share_a_store(tmp_path: Path) -> None:
    World(tmp_path, "p0").apply([api("compute")])
    with multiprocessing.get_context("spawn").Pool(4) as pool:
        pool.starmap(_build, [(tmp_path, f"project-{number}") for number in range(8)])
    with Store(tmp_path / "cloud.db").transaction():
        pass
    assert len([name for name in World(tmp_path, "p0").names() if name.endswith("/networks/net")]) == 8


def _build(folder: Path, project: str) -> None:
    World(folder, project).apply(network(project))


def test_a_damaged_store_is_reported_and_left_alone(tmp_path: Path) -> None:
    path = tmp_path / "cloud.db"
    path.write_bytes(b"this is not a database, whatever its name" * 100)
    before = path.read_bytes()
    with pytest.raises(StoreError, match="is damaged .*make clean-local"):
        Store(path)
    assert path.read_bytes() == before


def test_a_store_of_another_version_is_reported(tmp_path: Path) -> None:
    Store(tmp_path / "cloud.db").close()
    with sqlite3.connect(tmp_path / "cloud.db") as database:
        database.execute("UPDATE meta SET value = '99' WHERE key = 'schema_version'")
    database.close()
    with pytest.raises(StoreError, match="has version 99"):
        Store(tmp_path / "cloud.db")


def test_a_full_disk_changes_nothing(world: World) -> None:
    world.apply([api("compute")])
    database: Any = world.store._db  # pyright: ignore[reportPrivateUsage] - SQLite can be told how large the disk is
    pages = database.execute("PRAGMA page_count").fetchone()[0]
    database.execute(f"PRAGMA max_page_count = {pages}")
    description = "x" * 200_000
    with pytest.raises(StoreError, match="is full; nothing was changed"):
        world.apply([api("compute"), Res("net", NETWORK, {"name": "net", "description": description})])
    assert world.names() == ["//serviceusage.googleapis.com/projects/case-project/services/compute.googleapis.com"]
    database.execute("PRAGMA max_page_count = 1000000")
    world.apply(network("case-project"))


def test_a_store_that_another_process_holds_too_long_is_reported(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("localcloud.store.LOCK_SECONDS", 0.1)
    store = Store(tmp_path / "cloud.db")
    other = sqlite3.connect(tmp_path / "cloud.db", isolation_level=None)
    other.execute("BEGIN IMMEDIATE")
    with pytest.raises(StoreError, match="another process has held"), store.transaction():
        pass
    other.execute("ROLLBACK")
    other.close()


def test_a_type_that_nobody_added_is_named(world: World) -> None:
    with pytest.raises(LocalCloudError, match="does not know the resource type gcp:dataproc/cluster:Cluster yet"):
        world.provider.check("gcp:dataproc/cluster:Cluster", "b", {}, {}, b"")


def test_rules_are_registered() -> None:
    assert len(RULES) > 40
