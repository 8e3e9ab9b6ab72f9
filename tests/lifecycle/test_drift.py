"""Ten kinds of drift: found, attributed and taken back, on the local cloud."""

from __future__ import annotations

from pathlib import Path
from typing import NamedTuple

import pulumi
import pulumi_gcp as gcp
import pytest

from localcloud.store import Store
from tests.localcloud.program import stage
from tools.lifecycle import commands
from tools.lifecycle.errors import DRIFTED
from tools.lifecycle.workspace import Workspace

PROJECT, REGION = "alphintra-dev", "us-central1"
APIS = (
    "bigquery",
    "cloudkms",
    "cloudresourcemanager",
    "compute",
    "logging",
    "monitoring",
    "pubsub",
    "secretmanager",
    "sqladmin",
    "storage",
)


def program() -> None:
    """One of each, so that it is up in seconds."""
    google = gcp.Provider("google", project=PROJECT, region=REGION)
    within = pulumi.ResourceOptions(provider=google)
    enabled = [gcp.projects.Service(api, service=f"{api}.googleapis.com", opts=within) for api in APIS]
    on = pulumi.ResourceOptions(provider=google, depends_on=enabled)
    account = "group:auditors@alphintra.com"
    gcp.sql.DatabaseInstance(
        "instance",
        name="main",
        database_version="POSTGRES_15",
        region=REGION,
        settings={"tier": "db-custom-1-3840"},
        deletion_protection=False,
        opts=on,
    )
    gcp.storage.Bucket("bucket", name="alphintra-models", location="US-CENTRAL1", versioning={"enabled": True}, opts=on)
    gcp.projects.IAMMember("reader", project=PROJECT, role="roles/viewer", member=account, opts=on)
    secret = gcp.secretmanager.Secret("secret", secret_id="token", replication={"auto": {}}, opts=on)
    role = "roles/secretmanager.secretAccessor"
    gcp.secretmanager.SecretIamMember("secret-reader", secret_id=secret.secret_id, role=role, member=account, opts=on)
    gcp.pubsub.Topic("topic", name="orders", message_retention_duration="604800s", opts=on)
    trades = gcp.pubsub.Topic("other-topic", name="trades", opts=on)
    gcp.pubsub.Subscription("subscription", name="trades", topic=trades.id, ack_deadline_seconds=60, opts=on)
    gcp.logging.Metric("metric", name="errors", filter="severity>=ERROR", opts=on)
    network = gcp.compute.Network("network", name="vpc", auto_create_subnetworks=False, opts=on)
    gcp.compute.Subnetwork(
        "subnet",
        name="vpc",
        network=network.id,
        region=REGION,
        ip_cidr_range="10.0.0.0/20",
        private_ip_google_access=True,
        opts=on,
    )
    gcp.bigquery.Dataset("dataset", dataset_id="analytics", location=REGION, max_time_travel_hours="168", opts=on)
    ring = gcp.kms.KeyRing("ring", name="keys", location=REGION, opts=on)
    gcp.kms.CryptoKey("key", name="data", key_ring=ring.id, rotation_period="7776000s", opts=on)


class Bare(Workspace):
    """A stack of that program, without the policies of the platform's."""

    @property
    def policy_packs(self) -> list[str]:
        return []


class Drift(NamedTuple):
    """What somebody does behind Pulumi's back, and what is then said of it."""

    done: tuple[str, ...]
    says: str
    method: str


ACCOUNT = "group:auditors@alphintra.com"
DRIFTS = {
    "a machine is resized": Drift(
        ("set", "instances/main", "settings.tier", "db-custom-2-7680"),
        "instance (gcp:DatabaseInstance) was changed\n    settings.tier: db-custom-1-3840 -> db-custom-2-7680",
        "cloudsql.instances.update",
    ),
    "a protection is taken off": Drift(
        ("set", "buckets/alphintra-models", "versioning.enabled", "false"),
        "bucket (gcp:Bucket) was changed\n    versioning.enabled: true -> false",
        "storage.buckets.update",
    ),
    "somebody is let out of the project": Drift(
        ("delete", f"{PROJECT}/iam/roles/viewer/{ACCOUNT}"), "reader (gcp:IAMMember) was deleted", "SetIamPolicy"
    ),
    "a secret is read by nobody any more": Drift(
        ("delete", f"secrets/token/iam/roles/secretmanager.secretAccessor/{ACCOUNT}"),
        "secret-reader (gcp:SecretIamMember) was deleted",
        "google.cloud.secretmanager.v1.SecretManagerService.SetIamPolicy",
    ),
    "a topic is deleted": Drift(
        ("delete", "topics/orders"), "topic (gcp:Topic) was deleted", "google.pubsub.v1.Publisher.DeleteTopic"
    ),
    "a deadline is shortened": Drift(
        ("set", "subscriptions/trades", "ackDeadlineSeconds", "30"),
        "subscription (gcp:Subscription) was changed\n    ackDeadlineSeconds: 60 -> 30",
        "google.pubsub.v1.Subscriber.UpdateSubscription",
    ),
    "a metric counts something else": Drift(
        ("set", "metrics/errors", "filter", "severity>=ALERT"),
        "metric (gcp:Metric) was changed\n    filter: severity>=ERROR -> severity>=ALERT",
        "google.logging.v2.MetricsServiceV2.UpdateLogMetric",
    ),
    "a network is opened": Drift(
        ("set", "subnetworks/vpc", "privateIpGoogleAccess", "false"),
        "subnet (gcp:Subnetwork) was changed\n    privateIpGoogleAccess: true -> false",
        "v1.compute.subnetworks.patch",
    ),
    "what was deleted is kept for less": Drift(
        ("set", "datasets/analytics", "maxTimeTravelHours", '"48"'),
        "dataset (gcp:Dataset) was changed\n    maxTimeTravelHours: 168 -> 48",
        "google.cloud.bigquery.v2.DatasetService.UpdateDataset",
    ),
    "a key is rotated less often": Drift(
        ("set", "cryptoKeys/data", "rotationPeriod", "31536000s"),
        "key (gcp:CryptoKey) was changed\n    rotationPeriod: 7776000s -> 31536000s",
        "UpdateCryptoKey",
    ),
}


@pytest.mark.engine
def test_ten_kinds_are_found_attributed_and_taken_back(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    stack = Bare("dev", "local", tmp_path, program)
    assert commands.up(stack, str.isascii) == 0
    store = Store(stack.store / "cloud.db")
    with store.transaction():
        deployed = {row.name: row.config for row in store.all()}
    words = [(*drift.done, "--by", f"person-{number}@alphintra.com") for number, drift in enumerate(DRIFTS.values())]
    stage(store, words)
    capsys.readouterr()
    assert commands.drift(stack, str.isascii) == DRIFTED
    told = capsys.readouterr().out
    assert told.startswith("10 resource(s) of 'dev' are not as they were deployed:\n")
    report = told.partition("\n\n'dev' has drifted; `make refresh ENV=dev` and then `make up ENV=dev` would:\n")[0]
    parts = report.split("    revert: make refresh ENV=dev && make up ENV=dev")
    for number, (kind, drift) in enumerate(DRIFTS.items()):
        [part] = [part for part in parts if f"by person-{number}@alphintra.com at 20" in part]
        assert drift.says in part, kind
        assert f"UTC ({drift.method})" in part, kind
        assert "    adopt: " in part, kind
    assert commands.refresh(stack, str.isascii) == 0
    assert commands.up(stack, str.isascii) == 0
    assert commands.drift(stack, str.isascii) == 0, "all ten are taken back"
    with store.transaction():
        assert {row.name: row.config for row in store.all()} == deployed
    store.close()
