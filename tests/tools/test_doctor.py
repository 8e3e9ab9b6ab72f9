"""`make doctor`: each thing that can be missing, staged, and what is then said and advised."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from collections.abc import Mapping, Sequence
from datetime import date
from pathlib import Path
from typing import Any

import pytest

from tools.access.needs import needs_of
from tools.doctor import google, machine
from tools.doctor.__main__ import main
from tools.doctor.finding import Finding
from tools.gcloud import GcloudError, answer
from tools.inventory import inventory
from tools.recorder import ROOT

BUCKET = "gs://states"
STACK = f"{BUCKET}/.pulumi/stacks/alphintra/prod.json"
LOCK = f"{BUCKET}/.pulumi/locks/organization/alphintra/prod/4711.json"
NEEDS = needs_of(["gcp:sql/databaseInstance:DatabaseInstance", "gcp:storage/bucket:Bucket"])
REGION = {"quotas": [{"metric": "CPUS", "limit": 24.0, "usage": 4.0}, {"metric": "N2_CPUS", "limit": 8.0, "usage": 0.0}]}
WELL: Mapping[str, Any] = {
    "version": {"Google Cloud SDK": "550.0.0"},
    "auth application-default": "token",
    "auth list": "me@alphintra.com\n",
    "projects describe": {"lifecycleState": "ACTIVE"},
    "billing projects": {"billingEnabled": True},
    "services list": "\n".join([*google.FIRST_APIS, "compute.googleapis.com"]),
    "compute regions": REGION,
    "storage ls": f"{STACK}\n",
    "storage cat": {"checkpoint": {"latest": {}}},
}
NO = GcloudError("PERMISSION_DENIED: no")


def pool(machine_type: str, region: str = "us-central1", **more: Any) -> dict[str, Any]:
    cluster = f"projects/p/locations/{region}/clusters/c"
    return {
        "type": "gcp:container/nodePool:NodePool",
        "inputs": {"cluster": cluster, "nodeConfig": {"machineType": machine_type}, **more},
    }


SERVICES = [
    {"type": "gcp:projects/service:Service", "inputs": {"service": name}}
    for name in ("compute.googleapis.com", "dns.googleapis.com")
]
POOLS = [*SERVICES, pool("e2-standard-4", nodeCount=1)]


def examined(
    *, backend: str = BUCKET, lacks: Sequence[str] = (), declared: Sequence[Mapping[str, Any]] = POOLS, **other: Any
) -> dict[str, Finding]:
    """What is found where everything is well but for some answers; `a__b` stands for the words `a b` of a command."""
    answers = {**WELL, **{key.replace("__", " ").replace("_", "-"): value for key, value in other.items()}}

    def ask(*words: str) -> str:
        known = answers[words[0]] if words[0] in answers else answers[" ".join(words[:2])]
        if isinstance(known, Exception):
            raise known
        return known if isinstance(known, str) else json.dumps(known)

    asked = google.Google(
        ask=ask,
        allowed=lambda _project, permissions: {one for one in permissions if one not in lacks},
        environment="prod",
        project="alphintra-prod",
        backend=backend,
        needs=NEEDS,
        inventory=declared,
    )
    return {found.check: found for found in google.findings(asked)}


def test_where_nothing_is_missing_nothing_is_to_be_done() -> None:
    found = examined()
    assert {one.verdict for one in found.values()} == {"ok"}
    assert list(found) == [
        *("gcloud", "credentials", "project", "billing", "APIs", "permissions", "quotas of us-central1", "state", "deployment"),
    ]
    assert found["quotas of us-central1"].says == "CPUS: 12 vCPUs at the most, 20 of 24 are free"
    assert found["APIs"].says == "those that come first are on; `up` enables 1 more"


@pytest.mark.parametrize(
    ("missing", "check", "says", "do"),
    [
        ({"version": NO}, "gcloud", "PERMISSION_DENIED", "https://cloud.google.com/sdk/docs/install"),
        ({"auth__application_default": NO}, "credentials", "no", "gcloud auth application-default login"),
        ({"auth__list": ""}, "credentials", "no account is logged in", "gcloud auth login"),
        ({"projects__describe": NO}, "project", "alphintra-prod is not there", "gcloud projects create alphintra-prod"),
        ({"projects__describe": {"lifecycleState": "DELETE_REQUESTED"}}, "project", "DELETE_REQUESTED", "undelete alphintra-prod"),
        ({"billing__projects": {}}, "billing", "no billing account", "gcloud billing projects link alphintra-prod"),
        ({"services__list": "iam.googleapis.com"}, "APIs", "cloudresourcemanager.googleapis.com", "gcloud services enable cloudres"),
        ({"services__list": NO}, "APIs", "cannot be asked", "gcloud services enable serviceusage.googleapis.com"),
        ({"lacks": ["cloudsql.instances.create"]}, "permissions", "1 of 2 are missing: cloudsql.instances.create (roles/cloudsql.admin)",
         "python -m tools.access --env prod"),
        ({"backend": ""}, "state", "not logged in", "pulumi login gs://"),
        ({"storage__ls": NO}, "state", "cannot be read", "docs/deploying.md"),
        ({"storage__ls": f"{STACK}\n{LOCK}\n"}, "state", "is locked by 4711.json", "pulumi cancel -s prod"),
        ({"storage__ls": "other"}, "stack", "'prod' is not in gs://states", "pulumi stack init prod"),
        ({"storage__cat": "{"}, "deployment", "cannot be read", "earlier version"),
    ],
)  # fmt: skip
def test_what_makes_an_update_impossible_fails_and_says_what_to_run(
    missing: dict[str, Any], check: str, says: str, do: str
) -> None:
    found = examined(**missing)[check]
    assert found.verdict == "failed"
    assert says in found.says
    assert do in found.do
    assert found.lines.startswith("failed ")


def test_what_may_still_work_is_a_warning() -> None:
    assert examined(billing__projects=NO)["billing"].verdict == "warning"
    assert examined(compute__regions=NO)["quotas of us-central1"].verdict == "warning"
    assert examined(backend="https://api.pulumi.com")["state"].verdict == "warning"
    pending = {
        "checkpoint": {"latest": {"pending_operations": [{"type": "creating", "resource": {"urn": "urn::a::b::main-db"}}]}}
    }
    unfinished = examined(storage__cat=pending)["deployment"]
    assert unfinished.verdict == "warning"
    assert "main-db" in unfinished.says
    assert unfinished.do.startswith("make up ENV=prod")


def test_quotas_are_those_of_all_pools_at_their_largest() -> None:
    pools = [
        pool("n2-highmem-4", autoscaling={"maxNodeCount": 2}),
        pool("e2-standard-4", nodeCount=3, nodeLocations=["us-central1-a"]),
        pool("e2-standard-2", "us-east1", autoscaling={"totalMaxNodeCount": 5}),
        pool("z9-standard-4"),
    ]
    cpus, untold = google.cpus_of(pools)
    assert cpus == {"us-central1": {"N2_CPUS": 24, "CPUS": 12}, "us-east1": {"CPUS": 10}}
    assert untold == ["z9-standard-4"]
    too_small = examined(declared=[pool("n2-highmem-4", autoscaling={"maxNodeCount": 2})])["quotas of us-central1"]
    assert (too_small.verdict, too_small.says) == ("warning", "N2_CPUS: 24 vCPUs at the most, 8 of 8 are free")
    assert "ask for more N2_CPUS in us-central1" in too_small.do


@pytest.mark.parametrize("environment", ["dev", "staging", "prod"])
def test_the_machines_of_every_environment_are_counted(environment: str) -> None:
    cpus, untold = google.cpus_of(inventory(environment))
    assert cpus["us-central1"].total() > 0
    assert not untold


def test_this_machine(tmp_path: Path) -> None:
    assert machine.python((3, 10, 9)).verdict == "failed"
    assert machine.python((3, 11, 0)) == Finding("Python", "ok", "3.11.0")
    (tmp_path / "git").write_text("")
    (tmp_path / "git").chmod(0o755)
    assert [(found.check, found.verdict) for found in machine.tools(str(tmp_path))] == [("git", "ok"), ("make", "failed")]
    assert machine.engine(None, "").do == "make setup"
    assert machine.engine(str(tmp_path / "pulumi"), "3.1.0").says == f"Pulumi 3.1.0 is gone from {tmp_path}/pulumi"
    assert machine.engine(str(tmp_path / "git"), "3.1.0").verdict == "ok"
    assert machine.space(tmp_path, 2047 * 1024**2).verdict == "failed"
    assert machine.space(tmp_path, 2048 * 1024**2).verdict == "ok"
    assert machine.loopback().verdict == "ok"
    assert machine.settings(["x is wrong"]).says == "x is wrong"
    assert machine.prices(["a", "b"], date(2027, 1, 1)).says == "2 source(s) are out of date on 2027-01-01: a"
    assert machine.prices([], date(2027, 1, 1)).verdict == "ok"


def run(monkeypatch: pytest.MonkeyPatch, *arguments: str) -> int:
    monkeypatch.setattr(sys, "argv", ["doctor", *arguments])
    return main()


def test_a_local_state_that_is_locked_or_half_done(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    state = tmp_path / "state" / ".pulumi"
    (state / "stacks" / "alphintra").mkdir(parents=True)
    pending = [{"type": "creating", "resource": {"urn": "urn::p::t::main-db-primary"}}]
    (state / "stacks" / "alphintra" / "dev.json").write_text(
        json.dumps({"version": 3, "checkpoint": {"latest": {"pending_operations": pending}}})
    )
    locks = state / "locks" / "organization" / "alphintra" / "dev"
    locks.mkdir(parents=True)
    (locks / "a.json").write_text(json.dumps({"pid": os.getpid()}))
    (locks / "b.json").write_text(json.dumps({"pid": 2**22 + 1}))  # nobody has that number
    assert run(monkeypatch, "--home", str(tmp_path)) == 1
    told = capsys.readouterr().out
    assert f"failed   state: 'dev' is locked by process {os.getpid()}\n" in told
    assert "warning  deployment: an earlier run was cut off while it worked on main-db-primary\n" in told
    (locks / "a.json").unlink()
    assert run(monkeypatch, "--home", str(tmp_path)) == 0, "a lock of nobody is taken away by the next command"
    capsys.readouterr()
    (state / "stacks" / "alphintra" / "dev.json").write_text("{}")
    assert run(monkeypatch, "--home", str(tmp_path)) == 1
    assert re.search(r"failed   deployment: \S+dev.json is damaged: .*\n +-> make clean-local", capsys.readouterr().out)


def test_an_environment_that_is_not_there(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(monkeypatch, "--env", "nowhere") == 64
    assert capsys.readouterr().err == "unknown environment 'nowhere'; there are dev, prod, staging\n"


def test_the_command_asks_gcloud_and_goes_on_where_only_a_digest_is_missing(tmp_path: Path) -> None:
    (gcloud := tmp_path / "gcloud").write_text(
        f"#!{sys.executable}\nimport sys\nsys.exit('ERROR: (gcloud.x) You are nobody\\nmore')\n"
    )
    gcloud.chmod(0o755)
    command = [sys.executable, "-m", "tools.doctor", "--env", "prod", "--cloud", "gcp"]
    env = {"PATH": f"{tmp_path}:{os.environ['PATH']}", "HOME": str(tmp_path)}
    done = subprocess.run(command, cwd=ROOT, env=env, capture_output=True, text=True, check=False)
    assert done.returncode == 1
    assert "whose digest is no image's" in done.stdout
    assert "failed   gcloud: (gcloud.x) You are nobody more\n" in done.stdout
    assert "Traceback" not in done.stderr


def test_gcloud_that_is_not_there(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(GcloudError, match="gcloud is not on PATH"):
        answer("version")
