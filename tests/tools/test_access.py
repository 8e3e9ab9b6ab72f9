"""Who may do what from a repository's workflows: the commands, run by a shell with gcloud and gh that write down what they are told."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from localcloud.gcp.catalog import types
from tools.access.__main__ import main
from tools.access.needs import UnknownModuleError, needs_of

TOLD = """#!{python}
import json, pathlib, sys
log = pathlib.Path("{log}")
log.write_text(log.read_text() + json.dumps([pathlib.Path(sys.argv[0]).name, *sys.argv[1:]]) + "\\n")
if sys.argv[1:3] == ["projects", "describe"]:
    print("4711")
"""
KEY = "projects/p/locations/global/keyRings/r/cryptoKeys/k"


def told(tmp_path: Path, script: str) -> list[list[str]]:
    (log := tmp_path / "log").touch()
    for name in ("gcloud", "gh"):
        (tmp_path / name).write_text(TOLD.format(python=sys.executable, log=log))
        (tmp_path / name).chmod(0o755)
    subprocess.run(["sh", "-eu"], input=script, text=True, env={"PATH": f"{tmp_path}:{os.defpath}"}, check=True)
    return [json.loads(line) for line in log.read_text().splitlines()]


def printed(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], *arguments: str) -> str:
    monkeypatch.setattr(sys, "argv", ["access", *arguments])
    assert main() == 0
    return capsys.readouterr().out


def test_each_job_is_an_identity_of_its_own(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    found = printed(monkeypatch, capsys, "--env", "prod", "--repository", "a/b", "--state", "states", "--key", KEY)
    calls = told(tmp_path, found)
    [provider] = [call for call in calls if "create-oidc" in call]
    assert "--attribute-condition=assertion.repository == 'a/b' && assertion.ref == 'refs/heads/main'" in provider
    roles: dict[str, list[str]] = {"looker": [], "changer": [], "pusher": []}
    for call in calls:
        if call[1:3] == ["projects", "add-iam-policy-binding"]:
            [member] = [word for word in call if word.startswith("--member=")]
            [role] = [word.removeprefix("--role=") for word in call if word.startswith("--role=")]
            roles[member.split("@")[0].rsplit("-", 1)[-1]].append(role)
    assert roles["pusher"] == ["roles/artifactregistry.writer"]
    assert roles["looker"] == ["roles/viewer", "roles/iam.securityReviewer", "roles/logging.viewer"]
    assert {"roles/cloudsql.admin", "roles/cloudkms.admin"} <= set(roles["changer"])
    assert len(roles["changer"]) == len(set(roles["changer"]))
    assert not {"roles/owner", "roles/editor", "roles/bigtable.admin", "roles/secretmanager.secretAccessor"} & set(
        roles["changer"]
    ), "nothing that prod does not declare"
    acts = {call[4].split("@")[0]: call[-1] for call in calls if "--role=roles/iam.workloadIdentityUser" in call}
    pool = "--member=principal://iam.googleapis.com/projects/4711/locations/global/workloadIdentityPools/github/subject"
    assert acts == {
        "github-prod-looker": f"{pool}/repo:a/b:environment:prod-plan",
        "github-prod-changer": f"{pool}/repo:a/b:environment:prod",
        "github-prod-pusher": f"{pool}/repo:a/b:environment:prod-images",
    }
    assert [
        "gh",
        "variable",
        "set",
        "PULUMI_BACKEND_URL",
        "--repo",
        "a/b",
        "--env",
        "prod-plan",
        "--body",
        "gs://states",
    ] in calls
    told_to = {(call[7], call[3]) for call in calls if call[:3] == ["gh", "variable", "set"]}
    assert ("prod-images", "SERVICE_ACCOUNT") in told_to
    assert ("prod-images", "PULUMI_BACKEND_URL") not in told_to, "it has no business with the state"
    states = {call[5].split("@")[0].rsplit("-", 1)[-1]: call[-1] for call in calls if call[1:3] == ["storage", "buckets"]}
    assert states == {"looker": "--role=roles/storage.objectViewer", "changer": "--role=roles/storage.objectUser"}


def test_whatever_the_local_cloud_knows_has_its_needs() -> None:
    assert len(needs_of([*types(), "kubernetes:apps/v1:Deployment", "random:index/randomPassword:RandomPassword"])) > 20
    with pytest.raises(UnknownModuleError, match="does not say what changing gcp:spanner needs"):
        needs_of(["gcp:spanner/instance:Instance"])


@pytest.mark.parametrize("wrong", [["--repository", "a; rm -rf"], ["--state", "$(x)"], ["--key", "k"], ["--repository", "a"]])
def test_what_would_be_something_else_in_a_shell_is_refused(monkeypatch: pytest.MonkeyPatch, wrong: list[str]) -> None:
    monkeypatch.setattr(sys, "argv", ["access", "--repository", "a/b", "--state", "states", *wrong])
    with pytest.raises(SystemExit) as stopped:
        main()
    assert stopped.value.code == 2
