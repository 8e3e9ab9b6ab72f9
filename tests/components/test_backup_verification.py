"""The weekly proof of the main database's backups: when, where, under which identity, and what the settings refuse."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest

from ..environments import ENVIRONMENTS, resources
from ..settings.refusals import refusal

NAME = "verification-main-db-us-central1"


def job(environment: str = "prod") -> dict[str, Any]:
    return resources(environment)[f"{NAME}-schedule"].inputs["spec"]


def pod(environment: str = "prod") -> dict[str, Any]:
    return job(environment)["jobTemplate"]["spec"]["template"]["spec"]


def told(environment: str = "prod") -> dict[str, Any]:
    return {variable["name"]: variable["value"] for variable in pod(environment)["containers"][0]["env"]}


def test_it_runs_every_week_once_and_is_not_tried_until_it_succeeds() -> None:
    assert job()["schedule"] == "0 7 * * 2", "10.1: weekly backup verification tests"
    assert job()["concurrencyPolicy"] == "Forbid"
    assert job()["jobTemplate"]["spec"]["backoffLimit"] == 0


def test_a_restore_takes_no_longer_than_the_rto_and_the_job_outlives_it() -> None:
    assert told()["SECONDS"] == str(4 * 3600), "10.2: RTO < 4 hours"
    assert job()["jobTemplate"]["spec"]["activeDeadlineSeconds"] == 5 * 3600, "time to take the instance away"
    assert pod()["terminationGracePeriodSeconds"] == 3600, "and where a node is drained, too: one that is being made can wait"


def test_the_instance_is_in_the_other_region_under_its_key() -> None:
    assert (told()["REGION"], told()["INSTANCE"], told()["DATABASE"]) == ("us-east1", "alphintra-main-db", "alphintra")
    assert "us-east1" in str(told()["KEY"])
    assert told("dev")["KEY"] == "", "Google's own"


def test_evidence_goes_where_it_can_neither_be_changed_nor_deleted() -> None:
    assert (told()["BUCKET"], told()["FOLDER"]) == ("alphintra-backups", "database/postgresql/verification/")
    grant = resources("prod")["storage-backups-verification"].inputs
    assert grant["role"] == "roles/storage.objectCreator"
    assert "database/postgresql/verification/" in grant["condition"]["expression"]


@pytest.mark.parametrize("environment", ENVIRONMENTS)
def test_what_it_can_change_are_throw_away_instances_and_nothing_else(environment: str) -> None:
    found = resources(environment)
    grants = {what: found[f"{NAME}-grant-{what}"].inputs for what in ("lists", "reads", "makes")}
    rights = {what: found[f"{NAME}-role-{what}"].inputs["permissions"] for what in grants}
    source = f"projects/{told(environment)['PROJECT']}/instances/{told(environment)['INSTANCE']}"
    assert grants["makes"]["condition"]["expression"].endswith(f'resource.name.startsWith("{source}-verify-")')
    assert f'resource.name == "{source}" ||' in grants["reads"]["condition"]["expression"]
    changing = ("create", "delete", "update", "restoreBackup")
    for what in ("lists", "reads"):
        assert not [right for right in rights[what] if right.endswith(changing)], what
    assert rights["lists"] == ["cloudsql.instances.list"], "without a condition: a list is the project's"


def test_it_reaches_instances_and_google_and_nobody_reaches_it() -> None:
    known = resources("prod")[f"{NAME}-traffic"].inputs["spec"]
    assert not known.get("ingress")
    assert sorted(port["port"] for rule in known["egress"] for port in rule["ports"]) == [443, 5432]


def test_the_program_is_the_one_that_is_tested() -> None:
    from tests.database.server import MAIN  # noqa: PLC0415

    data = resources("prod")[f"{NAME}-files"].inputs["data"]
    items = next(volume["configMap"]["items"] for volume in pod()["volumes"] if volume["name"] == "files")
    seen = {item["path"]: data[item["key"]] for item in items}
    assert seen["database/main/operations/verify_backup.py"] == (MAIN / "operations" / "verify_backup.py").read_text()
    assert seen["database/proof.py"] == (MAIN.parent / "proof.py").read_text()
    assert pod()["containers"][0]["command"] == ["python3", "/verification/database/main/operations/verify_backup.py"]
    assert told()["PYTHONPATH"] == "/verification"


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("verification: {hours: 5}", r"verification.hours is 5, more than objectives.database_rto_minutes \(240\)"),
        ("verification: {schedule: weekly}", "verification.schedule"),
        ("verification: {bucket: another}", "verification.bucket is another, which is none of storage.buckets"),
        ("verification: {folder: elsewhere/}", "verification.folder is elsewhere/, which is in none of the folders of backups"),
        ("verification: {folder: redis/}", "the workload backup-verifier has no access to redis/ there"),
        ("identities: {workloads: {backup-verifier: null}}", "backup-verifier"),
        ("identities: {workloads: {backup-verifier: {kubernetes: null}}}", "kubernetes says nothing"),
    ],
)
def test_bad_values(tmp_path: Path, text: str, says: str) -> None:
    assert re.search(says, refusal(tmp_path, "prod", text))
