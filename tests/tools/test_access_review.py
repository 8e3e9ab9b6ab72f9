"""The review of access: every grant that the program declares, each once, and what changed."""

from __future__ import annotations

import csv
import json
import subprocess
import sys
from io import StringIO
from typing import Any

import pytest

from policies.tokens import GRANTS
from tests.environments import ENVIRONMENTS, recorded
from tools.access_review import __main__ as command
from tools.access_review.grants import COLUMNS, KINDS, ON, Grant, grants, remarkable
from tools.inventory import entries
from tools.recorder import ROOT


def found(environment: str) -> list[Grant]:
    return grants(entries(recorded(environment)))


def test_no_type_of_grant_is_left_out() -> None:
    assert ON.keys() == set(GRANTS)


@pytest.mark.parametrize("environment", ENVIRONMENTS)
def test_every_grant_login_and_binding_is_listed(environment: str) -> None:
    listed = {(one.who, one.only) for one in found(environment)}
    for known in recorded(environment).registrations:
        given = known.inputs
        if known.type in GRANTS:
            who = given["member"].partition(":")[2]
            who = who.partition("[")[2].rstrip("]") or who
            assert (who, given.get("condition", {}).get("expression", "")) in listed, known.urn
        elif known.type == "gcp:sql/user:User":
            assert (given["name"] + (".gserviceaccount.com" if given["name"].endswith(".iam") else ""), "") in listed, known.urn
        elif known.type.endswith("Binding"):
            for subject in given["subjects"]:
                assert (f"{subject['namespace']}/{subject['name']}", "") in listed, known.urn
    assert len(listed) > 40


def test_who_is_who() -> None:
    kinds = {one.who: one.kind for one in found("prod")}
    assert kinds["data-compliance@alphintra.com"] == "people"
    assert kinds["trading-service@alphintra-prod.iam.gserviceaccount.com"] == "workload"
    assert kinds["timescaledb/timescaledb"] == "pods"
    assert kinds["cloud-storage-analytics@google.com"] == "service agent"
    assert {kind for who, kind in kinds.items() if who.startswith(("service-", "bq-"))} == {"service agent"}
    assert "anybody" not in kinds.values()


def test_what_one_may_do_is_said_with_what_it_is_done_to() -> None:
    told = {(one.who.partition("@")[0], one.may, one.on, one.only) for one in found("prod")}
    folder = 'resource.name.startsWith("projects/_/buckets/alphintra-documents/objects/kyc-documents/")'
    written = [
        only
        for who, may, on, only in told
        if (who, may, on) == ("compliance-service", "roles/storage.objectUser", "bucket alphintra-documents")
    ]
    assert [only for only in written if only.startswith(folder)]
    assert all(written), "never the whole bucket"
    assert ("compliance-service", "roles/iam.serviceAccountTokenCreator", "account kyc-url-signer", "") in told
    assert ("pgbouncer", "login with a password", "database alphintra-main-db", "") in told
    [rules] = {may for who, may, _, _ in told if who == "timescaledb/timescaledb" and may.startswith("alphintra-timeseries-db:")}
    assert "pods" in rules
    assert "patch" in rules


def test_a_condition_is_told_by_what_it_names() -> None:
    told = {(one.who.partition("@")[0], one.on): one.briefly for one in found("prod") if one.only}
    assert told["audit-export", "bucket alphintra-logs"] == "audit/"
    assert told["auth-service", "project alphintra-prod"]
    names = {one.briefly for one in found("prod")}
    assert {
        "kyc-documents/",
        "alphintra-main-db, alphintra-read-replica-us-east1",
        "alphintra-main-db, alphintra-main-db/backupRuns/",
    } <= names
    assert not [name for name in names if "resource." in name]
    assert Grant("people", "a", "r", "project p", "request.time < x").briefly == "request.time < x"


def test_what_a_reviewer_looks_at_first() -> None:
    wide = Grant("people", "a", "roles/viewer", "project p")
    narrow = Grant("people", "a", "roles/viewer", "project p", "resource.name == x")
    other = Grant("workload", "b", "roles/iam.serviceAccountTokenCreator", "account c")
    single = Grant("anybody", "user:me@x", "roles/viewer", "bucket b")
    any_verb = Grant("pods", "n/p", "all: * secrets", "clusters")
    told = dict(remarkable([wide, narrow, other, single, any_verb]))
    assert list(told.values()) == [[wide], [other], [single], [any_verb]]


@pytest.mark.parametrize(
    ("inputs", "kind", "who"),
    [
        ({"member": "allUsers"}, "anybody", "allUsers"),
        ({"member": "user:me@alphintra.com"}, "anybody", "user:me@alphintra.com"),
        (
            {"member": "serviceAccount:4711-compute@developer.gserviceaccount.com"},
            "service agent",
            "4711-compute@developer.gserviceaccount.com",
        ),
    ],
)
def test_who_should_not_be_there_is_told_apart(inputs: dict[str, Any], kind: str, who: str) -> None:
    entry = {"type": "gcp:storage/bucketIAMMember:BucketIAMMember", "inputs": {"bucket": "b", "role": "roles/x", **inputs}}
    assert grants([entry]) == [Grant(kind, who, "roles/x", "bucket b")]  # pyright: ignore[reportArgumentType]


def test_what_changed() -> None:
    kept, new, old = (Grant("people", who, "r", "bucket b") for who in "abc")
    assert command.changes([kept, new], [kept, old]) == [("+", new), ("-", old)]
    assert command.changes([kept], [kept]) == []
    assert command.as_text([kept], []) == "nobody was granted anything, and nothing was taken away"
    assert "people b\n  + r on bucket b\n\npeople c\n  - r on bucket b\n" in command.as_text(
        [kept, new], command.changes([kept, new], [kept, old])
    )
    assert KINDS[0] == "people"


def test_the_formats_say_the_same() -> None:
    now = found("prod")
    listed = command.changes(now, None)
    rows = list(csv.DictReader(StringIO(command.as_csv(now, listed))))
    assert [tuple(row[column] for column in COLUMNS) for row in rows] == [one.cells for one in now]
    assert {row["still needed"] for row in rows} == {""}
    assert [{column: row[column] for column in COLUMNS} for row in rows] == [
        {column: row[column] for column in COLUMNS} for row in json.loads(command.as_json(now, listed))
    ]
    text = command.as_text(now, listed)
    assert all(one.who in text for one in now)


def test_the_command_compares_with_another_revision() -> None:
    same = subprocess.run(
        [sys.executable, "-m", "tools.access_review", "--env", "dev", "--against", "no-such-revision"],
        cwd=ROOT, capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert same.returncode == 1
    assert (
        same.stderr == "AGAINST is no-such-revision, which is no revision of this repository: give a branch, a tag or a commit\n"
    )
