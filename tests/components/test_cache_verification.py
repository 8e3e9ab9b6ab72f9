"""The weekly proof of the caches' backups: when, where, under which identity, and what the settings refuse."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest

from database.proof import REMOVAL_SECONDS

from ..environments import resources
from ..settings.refusals import refusal

STORES = {
    "cluster": ("clusters", "alphintra-redis-cluster", "redis"),
    "sessions": ("instances", "alphintra-redis-sessions", "memorystore"),
}


def known(store: str, part: str, environment: str = "prod", over: dict[str, Any] | None = None) -> dict[str, Any]:
    return resources(environment, over)[f"verification-{store}-us-central1-{part}"].inputs


def container(store: str) -> dict[str, Any]:
    (only,) = known(store, "schedule")["spec"]["jobTemplate"]["spec"]["template"]["spec"]["containers"]
    return only


def told(store: str) -> dict[str, Any]:
    return {variable["name"]: variable["value"] for variable in container(store)["env"]}


@pytest.mark.parametrize("store", STORES)
def test_it_runs_once_and_is_not_tried_until_it_succeeds(store: str) -> None:
    spec = known(store, "schedule")["spec"]
    assert spec["concurrencyPolicy"] == "Forbid"
    job = spec["jobTemplate"]["spec"]
    assert job["backoffLimit"] == 0
    assert job["activeDeadlineSeconds"] > int(told(store)["SECONDS"]), "time to take the store away"
    assert job["template"]["spec"]["terminationGracePeriodSeconds"] >= REMOVAL_SECONDS, "where a node is drained, too"
    assert job["template"]["spec"]["priorityClassName"] == "alphintra-batch"


@pytest.mark.parametrize("store", STORES)
def test_it_runs_our_program_on_the_store_of_the_primary_region(store: str) -> None:
    assert container(store)["command"] == ["python", "-m", "database.cache.verify", store]
    assert (told(store)["INSTANCE"], told(store)["REGION"]) == (STORES[store][1], "us-central1")
    assert told(store)["NETWORK"] == "projects/alphintra-prod/global/networks/alphintra-vpc"


@pytest.mark.parametrize("store", STORES)
def test_what_it_can_change_are_throw_away_stores_and_nothing_else(store: str) -> None:
    many, name, service = STORES[store]
    source = f"projects/alphintra-prod/locations/us-central1/{many}/{name}"
    rights = {what: known(store, f"role-{what}")["permissions"] for what in ("begins", "reads", "ends")}
    conditions = {what: known(store, f"grant-{what}").get("condition", {}).get("expression") for what in rights}
    assert conditions == {
        "begins": None, "reads": f'resource.name == "{source}"', "ends": f'resource.name.startsWith("{source}-verify-")',
    }  # fmt: skip
    changing = re.compile(r"\.(delete|update|connect|export|backup|rescheduleMaintenance)$")
    for what in ("begins", "reads"):
        assert not [right for right in rights[what] if changing.search(right)], what
    assert rights["ends"] == [f"{service}.{many}.{verb}" for verb in ("connect", "delete", "get")]


@pytest.mark.parametrize("store", STORES)
def test_evidence_goes_where_it_can_neither_be_changed_nor_deleted(store: str) -> None:
    assert (told(store)["BUCKET"], told(store)["FOLDER"]) == ("alphintra-backups", "redis/verification/")
    assert resources("prod")["storage-backups-cache-verification"].inputs["role"] == "roles/storage.objectCreator"


@pytest.mark.parametrize("store", STORES)
def test_it_reaches_stores_and_google_and_nobody_reaches_it(store: str) -> None:
    spec = known(store, "traffic")["spec"]
    assert not spec.get("ingress")
    assert sorted((port["port"], port.get("endPort")) for rule in spec["egress"] for port in rule["ports"]) == [
        (443, None), (6379, None), (11000, 13047),
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("over", "left"),
    [
        ({"images": {"jobs": None}}, set[str]()),
        ({"cache": {"cluster": {"backups": None}}}, {"sessions"}),
        ({"cache": {"sessions": {"backups": None}}}, {"cluster"}),
    ],
)
def test_what_has_no_backups_or_no_program_has_no_proof_and_no_alert(over: dict[str, Any], left: set[str]) -> None:
    jobs = {
        name.split("-")[1]
        for name in resources("prod", over)
        if re.fullmatch(r"verification-(cluster|sessions)-.*-schedule", name)
    }
    alerts = {
        found.inputs["userLabels"]["alert"] for found in resources("prod", over).values() if found.type.endswith(":AlertPolicy")
    }
    assert jobs == left
    assert {
        store for store, name in (("cluster", "cache"), ("sessions", "sessions")) if f"{name}-restore-test-missing" in alerts
    } == left


def test_dev_has_no_backups_to_bring_back() -> None:
    assert not [name for name in resources("dev") if re.match(r"verification-(cluster|sessions)-", name)]


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("verification: {cache: {schedule: weekly}}", "verification.cache.schedule"),
        ("verification: {sessions: {hours: 0}}", "verification.sessions.hours"),
        (
            "verification: {cache_folder: elsewhere/}",
            "verification.cache_folder is elsewhere/, which is in none of the folders of backups",
        ),
        ("verification: {cache_folder: configurations/}", "the workload cache-verifier has no access to configurations/ there"),
        ("identities: {workloads: {cache-verifier: null}}", "cache-verifier"),
        ("identities: {workloads: {cache-verifier: {kubernetes: null}}}", "kubernetes says nothing"),
    ],
)
def test_bad_values(tmp_path: Path, text: str, says: str) -> None:
    assert re.search(says, refusal(tmp_path, "prod", text))
