"""The contract of every environment on the real engine, from nothing to nothing."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import pytest

from localcloud.catalog import is_kept
from settings import load_stack_file
from tools.recorder import ROOT

from .harness import Lifecycle, Standing

pytestmark = pytest.mark.engine
DATA_GIB = {"dev": 60, "staging": 600, "prod": 5200}
"""Somewhat more than each has for the time series."""

IN_PLACE: dict[str, Any] = {
    "database": {"tier": "db-custom-6-23040"},
    "storage": {"abort_uploads_days": 3},
    "kubernetes": {
        "clusters": {"primary": {"maintenance": {"days": ["WE", "TH"]}, "pools": {"general": {"max_nodes_per_zone": 6}}}}
    },
    "workspaces": {"namespaces": {"jobs": {"quota": {"pods": 12}}}},
    "encryption": {"rotation_days": 30},
    "cache": {"cluster": {"maintenance": {"day": "FRIDAY"}}, "sessions": {"maintenance": {"day": "FRIDAY"}}},
    "static_assets": {"cache": {"edge_seconds": 7200}},
    "analytics": {"datasets": {"audit": {"expiration_days": 1000}}},
    "network": {"flow_logs": {"sampling": 0.75}},
    "object_events": {"ack_deadline_seconds": 300},
    "monitoring": {"alerts": {"database-cpu-high": {"threshold": 0.7}}},
    "url_signing": {"signers": {"kyc-url-signer": {"purpose": "Something else"}}},
}
"""A change of each component that may be changed while it is used."""
CHANGED = (
    "main-db-primary (gcp:DatabaseInstance)",
    "storage-logs (gcp:Bucket)",
    "cluster-us-central1-cluster (gcp:Cluster)",
    "cluster-us-central1-pool-general (gcp:NodePool)",
    "namespaces-us-central1-jobs-quota (kubernetes:ResourceQuota)",
    "timeseries-us-central1-data-0 (kubernetes:PersistentVolumeClaim)",
    "redis-cluster-primary (gcp:Cluster)",
    "redis-sessions-store (gcp:Instance)",
    "static-assets-backend (gcp:BackendBucket)",
    "analytics-audit (gcp:Dataset)",
    "network-subnet-us-central1 (gcp:Subnetwork)",
    "object-events-uploads-subscription (gcp:Subscription)",
    "alerts-database-cpu-high (gcp:AlertPolicy)",
    "url-signing-kyc-url-signer (gcp:Account)",
)
KEYS = ("encryption-key-database-us-central1 (gcp:CryptoKey)", "encryption-key-backups-us-east1 (gcp:CryptoKey)")
"""Keys of our own, which development does without."""


every_environment = pytest.mark.parametrize("environment", ["dev", "staging", "prod"])


@every_environment
def test_it_comes_from_nothing_whatever_happens_and_changes_in_place(environment: str, tmp_path: Path) -> None:
    cloud = Lifecycle(tmp_path, environment)

    cloud.store().close()
    cloud.fault("create", 40, "kill-both:after")
    crashed = cloud.run("up")
    assert crashed.code == 1
    assert 0 < len(cloud.rows()) < 60
    summary = cloud.ok("up")
    for expected in (
        "LOCAL CLOUD",
        "Nothing exists at Google",
        "main-db",
        "main-db.alphintra.internal",
        "Google Cloud takes about",
        "make drift",
    ):
        assert expected in summary
    cloud.assert_true_to_state()
    assert cloud.run("drift").code == 0
    assert cloud.ok("refresh").strip() == "the state agrees with the cloud"

    cloud.override({**IN_PLACE, "timeseries": {"volumes": {"data_gib": DATA_GIB[environment]}}})
    drifted = cloud.run("drift")
    assert drifted.code == 2
    for changed in (*CHANGED, *(() if environment == "dev" else KEYS)):
        assert f"~ {changed}\n" in drifted.out
    assert "-> db-custom-6-23040" in drifted.out
    assert set(re.findall(r"\(kubernetes:(\w+)\)", drifted.out)) == {
        "ResourceQuota",
        "PersistentVolumeClaim",  # a volume grows in place, and the set that uses it stays as it is
        "CronJob",  # a restore needs as much
    }, "a change of the cluster changes nothing in it"
    assert "±" not in drifted.out, "nothing is replaced"
    cloud.ok("up")
    cloud.assert_true_to_state()
    assert cloud.run("drift").code == 0
    assert not list(tmp_path.rglob("*.log")), "the engine keeps a log of all that it does"


@every_environment
def test_it_goes_to_nothing_once_its_guards_are_off(environment: str, standing: Standing) -> None:
    cloud = standing(environment)
    if environment != "dev":
        _protected_things_stay(cloud)
    assert cloud.run("drift").code == 0
    gone = cloud.ok("destroy")
    assert "instances/alphintra-main-db (the name of a deleted Cloud SQL instance stays reserved for a week)" in gone
    assert not cloud.rows()
    assert not cloud.state()


def _protected_things_stay(cloud: Lifecycle) -> None:
    """A change that would replace something protected is refused, and so is a destroy, until the guards are taken off."""
    before = _snapshot(cloud)
    cloud.override({"network": {"name": "another-vpc"}})
    refused = cloud.run("up")
    assert refused.code == 1
    assert "network-vpc" in refused.err
    assert "protect" in refused.err
    assert refused.err.rstrip().endswith("Nothing was changed.")
    assert _snapshot(cloud) == before
    cloud.override({})
    kept = cloud.run("destroy")
    assert kept.code == 1
    assert f"make unprotect ENV={cloud.environment}" in kept.err
    assert _snapshot(cloud) == before
    assert "guards against deletion are OFF" in cloud.ok("unprotect")


def test_the_engine_keeps_a_log_where_somebody_made_its_folder(standing: Standing) -> None:
    cloud = standing("dev")
    folder = cloud.home / "home" / "logs"
    folder.unlink()
    folder.mkdir()
    assert cloud.run("drift").code == 0
    assert list(folder.glob("*.log"))


def test_an_environment_is_built_again_under_new_names(standing: Standing) -> None:
    cloud = standing("dev")
    done = len(cloud.operations())
    cloud.ok("up")
    assert len(cloud.operations()) == done, "a second up does nothing"
    cloud.ok("destroy")
    again = cloud.run("up")
    assert again.code == 1
    assert "Set alphintra:generation to 2 in Pulumi.dev.yaml" in again.err
    cloud.override({"generation": 2})
    cloud.ok("up")
    cloud.assert_true_to_state()


def test_protect_puts_the_guards_back(standing: Standing) -> None:
    cloud = standing("staging")
    cloud.ok("unprotect")
    assert not any(resource.get("protect") for resource in cloud.state())
    assert "OFF" not in cloud.ok("protect")
    assert any(resource.get("protect") for resource in cloud.state())
    assert cloud.run("destroy").code == 1


def test_production_with_every_optional_store(tmp_path: Path) -> None:
    cloud = Lifecycle(tmp_path, "prod")
    governance = {
        "policies": {"enabled": True},
        "perimeter": {"enabled": True, "access_policy": "123456789"},
        "findings": {"enabled": True},
    }
    on = {
        "bigtable": {"enabled": True},
        "firestore": {"enabled": True},
        "budget": {"billing_account": "012345-6789AB-CDEF01"},
        "governance": governance,
    }
    cloud.override({**on, "protection": {"tear_down": "prod"}})
    cloud.ok("up")
    cloud.assert_true_to_state()
    assert cloud.run("drift").code == 0
    names = {resource["urn"].rsplit("::", 1)[-1] for resource in cloud.state()}
    assert {"bigtable-instance", "bigtable-market-metrics", "firestore-database", "firestore-daily", "budget-month"} <= names
    assert {"organization-policies-sql.restrictPublicIp", "service-perimeter-project", "security-findings-publisher"} <= names
    cloud.override({"protection": {"tear_down": "prod"}})
    cloud.ok("up")
    left = {resource["urn"].rsplit("::", 1)[-1] for resource in cloud.state()}
    assert not [
        name
        for name in left
        if name.startswith(("bigtable", "firestore", "budget", "organization", "service-perimeter", "security"))
    ]
    cloud.ok("destroy")
    assert not cloud.rows()


def test_protected_names_of_an_unprotected_environment(tmp_path: Path) -> None:
    cloud = Lifecycle(tmp_path, "dev")
    answer = cloud.run("unprotect")
    assert answer.code == 0
    assert "has no guards that are on" in answer.err


def test_the_urns_are_those_of_the_inventory(standing: Standing) -> None:
    from tools.inventory import inventory  # noqa: PLC0415

    cloud = standing("prod")
    declared = {entry["urn"]: entry for entry in inventory("prod")}
    found_in_state = {resource["urn"]: resource for resource in cloud.state()}
    assert declared.keys() == found_in_state.keys()
    for urn, entry in declared.items():
        found = found_in_state[urn]
        assert entry["parent"] == found.get("parent", "")
        assert entry["protect"] == found.get("protect", False)
        assert set(entry["dependencies"]) == set(found.get("dependencies") or [])
        if is_kept(entry["type"]):
            _agree(entry["inputs"], found["inputs"], entry["name"])


def test_rotating_a_password_replaces_it_everywhere(standing: Standing) -> None:
    cloud = standing("dev")
    cloud.override({"secrets": {"credentials": {"main-db-pgbouncer": {"version": 2}}}})
    shown = cloud.run("drift").out
    for name in (
        "secrets-main-db-pgbouncer (random:RandomPassword)",
        "secrets-main-db-pgbouncer (gcp:SecretVersion)",
        "main-db-user-pgbouncer (gcp:User)",
    ):
        assert name in shown
    assert "main-db-postgres" not in shown
    cloud.ok("up")
    cloud.assert_true_to_state()
    versions = [row.id for row in cloud.rows() if row.id.startswith("projects/") and "/main-db-pgbouncer/versions/" in row.id]
    assert [version.rsplit("/", 1)[-1] for version in versions] == ["2"]


def test_the_state_holds_no_password_in_plain_text(standing: Standing) -> None:
    """Nor does what `up` has said, nor any other file."""
    cloud = standing("prod")
    passwords = _passwords(cloud)
    assert len(passwords) == len(set(passwords)) == len(load_stack_file(ROOT / "Pulumi.prod.yaml").secrets.credentials)
    assert all(len(password) >= 32 for password in passwords)
    files = [path for path in cloud.home.rglob("*") if path.is_file()]
    assert {"prod.json", "cloud.db", "up.log"} <= {path.name for path in files}
    for path in files:
        content = path.read_bytes()
        assert not [p for p in passwords if p.encode() in content], f"{path} holds a password"
    assert (cloud.home / "passphrase").stat().st_mode & 0o077 == 0


def _passwords(cloud: Lifecycle) -> list[str]:
    """The generated passwords, as only somebody with the passphrase can read them."""
    import subprocess  # noqa: PLC0415

    from tools.bootstrap.engine import recorded  # noqa: PLC0415

    engine = recorded()
    assert engine
    env = {
        "PATH": "/usr/bin:/bin",
        "HOME": str(cloud.home),
        "PULUMI_HOME": str(cloud.home / "other"),
        "PULUMI_BACKEND_URL": (cloud.home / "state").as_uri(),
        "PULUMI_CONFIG_PASSPHRASE_FILE": str(cloud.home / "passphrase"),
    }
    command = [engine.path, "stack", "export", "--show-secrets", "--stack", cloud.environment]
    exported = subprocess.run(
        command, cwd=cloud.home / "workspaces" / cloud.environment, env=env, capture_output=True, text=True, check=True
    )
    resources = json.loads(exported.stdout)["deployment"]["resources"]
    return [json.loads(r["outputs"]["result"]["plaintext"]) for r in resources if r["type"].endswith(":RandomPassword")]


def _snapshot(cloud: Lifecycle) -> list[tuple[str, str]]:
    return [(row.name, json.dumps(row.config, sort_keys=True)) for row in cloud.rows()]


FILES = "spec.template.metadata.annotations.alphintra.com/files"
DIGESTS = {
    *(f"redis-{store}-connection.secretDataWoVersion" for store in ("cluster", "sessions")),
    *(f"pgbouncer-{region}-deployment.{FILES}" for region in ("us-central1", "us-east1")),
    "cache-warmer-us-central1-deployment.spec.template.metadata.annotations.alphintra.io/secrets",
}
"""Digests of what only the cloud can tell."""


def _agree(declared: Any, found: Any, where: str) -> None:
    """What was foreseen is what came, but for what only the cloud can tell and for secrets."""
    if isinstance(declared, dict):
        assert declared.keys() == found.keys(), where
        for key, value in declared.items():  # pyright: ignore[reportUnknownVariableType]
            _agree(value, found[key], f"{where}.{key}")
    elif isinstance(declared, list):
        assert len(declared) == len(found), where  # pyright: ignore[reportUnknownArgumentType]
        for index, (left, right) in enumerate(zip(declared, found, strict=True)):  # pyright: ignore[reportUnknownArgumentType, reportUnknownVariableType]
            _agree(left, right, f"{where}[{index}]")
    elif isinstance(declared, str) and declared != "[secret]" and where not in DIGESTS:
        foreseen = re.sub("<[^<>]+>", ".+", re.escape(declared))  # `<name.property>` is what the cloud tells
        assert re.fullmatch(foreseen, str(found), re.DOTALL), f"{where}: {found} is not {declared}"
    elif not isinstance(declared, str):
        assert declared == found, where
