"""Which instance of the main database serves is a setting: what follows from it, at each station of a failover and back."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from tools.policy import judged

from ..environments import recorded, resources
from ..settings.refusals import refusal

HOME, AWAY = "main-db-primary", "main-db-replica-us-east1"


@dataclass(frozen=True)
class Station:
    """The settings at a station, and what the program declares then."""

    settings: dict[str, Any]
    serves: str
    follows: str | None = None
    fenced: str | None = None
    reader: str | None = None
    """The instance that analytics reads: that of us-east1, whatever it is."""


STATIONS = {
    "before": Station({}, HOME, follows=AWAY, reader=AWAY),
    "failed-over": Station({"serving": "secondary", "other": "fenced"}, AWAY, fenced=HOME, reader=AWAY),
    "rebuilt": Station({"serving": "secondary", "rebuilds": {"primary": 1}}, AWAY, follows=f"{HOME}-r1", reader=AWAY),
    "failed-back": Station({"other": "fenced", "rebuilds": {"primary": 1}}, f"{HOME}-r1", fenced=AWAY, reader=AWAY),
    "whole": Station({"rebuilds": {"primary": 1, "secondary": 1}}, f"{HOME}-r1", follows=f"{AWAY}-r1", reader=f"{AWAY}-r1"),
}
every_station = pytest.mark.parametrize("name", STATIONS)
NAMES = {
    HOME: "alphintra-main-db", AWAY: "alphintra-read-replica-us-east1",
    f"{HOME}-r1": "alphintra-main-db-r1", f"{AWAY}-r1": "alphintra-read-replica-us-east1-r1",
}  # fmt: skip


def over(name: str) -> dict[str, Any]:
    """The settings of a station, to be laid on top of production's."""
    return {"database": {"failover": STATIONS[name].settings}}


@every_station
def test_the_instances_are_what_the_setting_says(name: str) -> None:
    station, declared = STATIONS[name], resources("prod", over(name))
    instances = {k.name: k for k in recorded("prod", over(name)).registrations if k.type.endswith(":DatabaseInstance")}
    assert instances.keys() == {found for found in (station.serves, station.follows, station.fenced) if found}
    serves = instances[station.serves].inputs
    assert (serves["instanceType"], serves.get("masterInstanceName")) == ("CLOUD_SQL_INSTANCE", None)
    assert serves["settings"]["availabilityType"] == "REGIONAL"
    assert "activationPolicy" not in serves["settings"]
    backups = serves["settings"]["backupConfiguration"]
    assert backups["pointInTimeRecoveryEnabled"] is True
    assert backups["location"] == {"us-central1": "us-east1", "us-east1": "us-central1"}[serves["region"]]
    if station.follows:
        follows = instances[station.follows].inputs
        assert (follows["instanceType"], follows["masterInstanceName"]) == ("READ_REPLICA_INSTANCE", NAMES[station.serves])
        assert "backupConfiguration" not in follows["settings"]
    if station.fenced:
        fenced = instances[station.fenced]
        assert fenced.protect, "what was not replicated is kept"
        assert fenced.inputs["instanceType"] == "CLOUD_SQL_INSTANCE"
        assert fenced.inputs["settings"]["activationPolicy"] == "NEVER"
    for known in instances.values():
        assert known.inputs["name"] == NAMES[known.name]
        assert known.inputs["region"] in known.inputs["encryptionKeyName"], "a key of its own region"
    assert declared["main-db-database-alphintra"].inputs["instance"] == NAMES[station.serves]
    assert {k.inputs["instance"] for k in declared.values() if k.type == "gcp:sql/user:User"} == {NAMES[station.serves]}


@every_station
def test_consumers_follow_the_one_that_serves(name: str) -> None:
    station, declared = STATIONS[name], resources("prod", over(name))
    outputs = recorded("prod", over(name)).stack_outputs["mainDatabase"]
    assert declared["main-db-dns-primary"].inputs["name"] == "main-db.alphintra.internal."
    assert declared["main-db-dns-primary"].inputs["rrdatas"] == [f"<{station.serves}.privateIpAddress>"]
    assert (outputs["instance"], outputs["host"]) == (NAMES[station.serves], "main-db.alphintra.internal")
    assert outputs["region"] in outputs["connectionName"]
    assert outputs["failedOver"] is (outputs["region"] != "us-central1")
    pooled = {
        region: declared[f"pgbouncer-{region}-files"].inputs["data"]["pgbouncer.ini"] for region in ("us-central1", "us-east1")
    }
    assert "host=main-db.alphintra.internal" in pooled["us-central1"]
    away_serves_or_follows = AWAY in {station.serves, station.follows} or f"{AWAY}-r1" == station.follows
    away = "main-db-us-east1" if away_serves_or_follows else "main-db"
    assert f"host={away}.alphintra.internal" in pooled["us-east1"]
    assert station.reader
    assert declared["analytics-main-db-replica"].inputs["cloudSql"]["instanceId"].endswith(f":us-east1:{NAMES[station.reader]}")


@every_station
def test_no_policy_stops_an_update_there(name: str) -> None:
    assert judged(recorded("prod", over(name)), "prod").stopping == []


def test_a_failover_leaves_the_poolers_of_the_region_that_takes_over_as_they_are() -> None:
    before, after = (resources("prod", over(name)) for name in ("before", "failed-over"))
    mine = [name for name in before if name.startswith("pgbouncer-us-east1")]
    assert len(mine) > 5
    assert {name: before[name].inputs for name in mine} == {name: after[name].inputs for name in mine}


@pytest.mark.parametrize(
    ("environment", "section", "says"),
    [
        ("dev", "database: {failover: {serving: secondary}}", "database.failover: failover says that another instance serves"),
        ("prod", "database: {failover: {serving: secondary}}", "Google lets none that did follow another"),
        ("prod", "database: {failover: {serving: us-east1}}", "failover.serving: is \"us-east1\"; it should be 'primary' or 'secondary'"),
        ("prod", "database: {failover: {rebuilds: {primary: -1}}}", "failover.rebuilds.primary"),
        ("prod", "database: {failover: {rebuilds: {tertiary: 1}}}", "failover.rebuilds.tertiary"),
    ],
)  # fmt: skip
def test_what_cannot_be_is_refused(tmp_path: Path, environment: str, section: str, says: str) -> None:
    assert says in refusal(tmp_path, environment, section)
