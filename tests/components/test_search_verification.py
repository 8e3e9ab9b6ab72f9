"""The weekly proof of the search cluster's snapshots: when, as whom, whom it reaches, and what the settings refuse."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import pytest

from ..environments import ENVIRONMENTS, resources
from ..settings.refusals import refusal

NAME = "search-verification-us-central1"


def job(environment: str = "prod") -> dict[str, Any]:
    return resources(environment)[f"{NAME}-schedule"].inputs["spec"]


def template(environment: str = "prod") -> dict[str, Any]:
    return job(environment)["jobTemplate"]["spec"]["template"]


def told(environment: str = "prod") -> dict[str, Any]:
    return {variable["name"]: variable["value"] for variable in template(environment)["spec"]["containers"][0]["env"]}


@pytest.mark.parametrize("environment", ENVIRONMENTS)
def test_it_runs_every_week_once_and_is_not_tried_until_it_succeeds(environment: str) -> None:
    assert re.fullmatch(r"\d+ \d+ \* \* \d", job(environment)["schedule"]), "10.1: weekly backup verification tests"
    assert job(environment)["concurrencyPolicy"] == "Forbid"
    spec = job(environment)["jobTemplate"]["spec"]
    assert spec["backoffLimit"] == 0
    assert spec["activeDeadlineSeconds"] > int(told(environment)["SECONDS"]), "time to take the index away"
    assert template(environment)["spec"]["terminationGracePeriodSeconds"] == 3600, "where a node is drained, too"
    assert template(environment)["spec"]["priorityClassName"] == "alphintra-batch"


def test_what_all_listings_are_read_by_is_the_ingests_own_setting() -> None:
    over = {"search": {"ingest": {"whole_hours": 12}}}
    env = resources("prod", over)[f"{NAME}-schedule"].inputs["spec"]["jobTemplate"]["spec"]["template"]["spec"]["containers"][0][
        "env"
    ]
    assert {variable["name"]: variable["value"] for variable in env}["WHOLE_HOURS"] == "12"


def test_it_signs_in_as_a_user_of_its_own_with_a_password_from_a_file() -> None:
    assert (told()["SEARCH_USER"], told()["SEARCH_PASSWORD"]) == ("search-verify", "/etc/search/user/search-verify")
    secrets = json.loads(resources("prod")[f"{NAME}-secrets-class"].inputs["spec"]["parameters"]["secrets"])
    assert [file["path"] for file in secrets] == ["search-verify"]
    assert template()["spec"]["serviceAccountName"] == "search-verifier"
    assert template()["spec"]["automountServiceAccountToken"] is False


def test_it_waits_for_the_user_that_it_signs_in_as() -> None:
    assert resources("prod")["search-setup-us-central1-job"].urn in resources("prod")[f"{NAME}-schedule"].dependencies


def test_it_reaches_the_nodes_and_google_and_nobody_reaches_it() -> None:
    labels = template()["metadata"]["labels"]
    assert labels["alphintra.io/reaches"] == "search"
    known = resources("prod")[f"{NAME}-traffic"].inputs["spec"]
    assert not known.get("ingress")
    assert known["podSelector"]["matchLabels"].items() <= labels.items()
    assert [port["port"] for rule in known["egress"] for port in rule["ports"]] == [443]


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("verification: {search: {schedule: weekly}}", "verification.search.schedule"),
        ("verification: {search: {hours: 0}}", "verification.search.hours"),
        ("verification: {search: {folder: elsewhere/}}", "verification.search.folder is elsewhere/, which is in none of the folders of backups"),
        ("verification: {search: {folder: redis/}}", "the workload search-verifier has no access to redis/ there"),
        (
            "verification: {search: {folder: database/elasticsearch/x/}}\n  "
            "alphintra:storage: {buckets: {backups: {access: {search-verification: {folder: database/elasticsearch/}}}}}",
            r"is database/elasticsearch/x/, which is inside search.snapshots.folder \(database/elasticsearch/\)",
        ),
        ("identities: {workloads: {search-verifier: null}}", "search-verifier"),
        ("identities: {workloads: {search-verifier: {kubernetes: null}}}", "kubernetes says nothing"),
        ("identities: {workloads: {search-verifier: {kubernetes: jobs/search-verifier}}}", "but only in elasticsearch is the certificate"),
        ("identities: {workloads: {search-verifier: {secrets: []}}}", "secrets lacks search-verify, the password that it signs in with"),
    ],
)  # fmt: skip
def test_bad_values(tmp_path: Path, text: str, says: str) -> None:
    assert re.search(says, refusal(tmp_path, "prod", text))
