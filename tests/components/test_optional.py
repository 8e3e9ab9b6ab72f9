"""Images, the budget, and the stores that are off until they are wanted."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest

from localcloud.gcp.catalog import types
from localcloud.values import at, every
from settings import SettingsError, load_stack_file
from settings.images import registry_of
from settings.section import images
from tools.recorder import ROOT

from ..environments import ENVIRONMENTS, kubernetes_clusters, recorded, resources
from ..settings.refusals import refusal

ON: dict[str, Any] = {"bigtable": {"enabled": True}, "firestore": {"enabled": True}}
ACCOUNT = "012345-6789AB-CDEF01"
BILLED: dict[str, Any] = {"budget": {"billing_account": ACCOUNT, "emails": ["finance@example.com"]}}
KEY = "projects/alphintra-prod/locations/us-central1/keyRings/alphintra-data/cryptoKeys"


def test_images() -> None:
    found = resources("prod")["images-repository"].inputs
    assert (found["repositoryId"], found["location"], found["format"]) == ("alphintra-images", "us-central1", "DOCKER")
    assert found["kmsKeyName"] == f"{KEY}/images"
    assert at(found, "dockerConfig.immutableTags") is True
    assert at(found, "vulnerabilityScanningConfig.enablementConfig") == "INHERITED"
    keep, delete = found["cleanupPolicies"]
    assert (keep["action"], at(keep, "mostRecentVersions.keepCount")) == ("KEEP", 20)
    assert (delete["action"], delete["condition"]) == ("DELETE", {"tagState": "UNTAGGED", "olderThan": f"{30 * 86400}s"})
    granted = resources("prod", {"images": {"readers": ["data-developers"], "writers": ["migrations"]}})
    assert granted["images-data-developers-reader"].inputs["role"] == "roles/artifactregistry.reader"
    assert granted["images-migrations-writer"].inputs["member"].startswith("serviceAccount:migrations@")


def test_clusters_run_our_images_and_of_others_those_that_settings_name() -> None:
    policy = resources("prod")["images-admission"].inputs
    assert policy["defaultAdmissionRule"] == {"evaluationMode": "ALWAYS_DENY", "enforcementMode": "ENFORCED_BLOCK_AND_AUDIT_LOG"}
    ours, *others = [pattern["namePattern"] for pattern in policy["admissionWhitelistPatterns"]]
    assert ours == "us-central1-docker.pkg.dev/alphintra-prod/alphintra-images/**"
    settings = load_stack_file(ROOT / "Pulumi.prod.yaml")
    upstreams, named = settings.images.upstreams, {reference for _, reference in images(settings)}
    assert set(others) == {
        f"us-central1-docker.pkg.dev/alphintra-prod/{upstreams[registry_of(name)]}/{name.partition('/')[2]}" for name in named
    }
    for cluster in kubernetes_clusters("prod"):
        assert cluster.inputs["binaryAuthorization"] == {"evaluationMode": "PROJECT_SINGLETON_POLICY_ENFORCE"}


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("{enforced: false}", "images.admission.enforced is false, but prod runs no image that its settings do not name"),
        ("{also: ['docker.io/**']}", "images.admission.also"),
        ("{also: ['**']}", "images.admission.also"),
    ],
)
def test_what_may_not_be_admitted(tmp_path: Path, text: str, says: str) -> None:
    assert says in refusal(tmp_path, "prod", f"images: {{admission: {text}}}")


def test_images_of_others_come_through_repositories_of_our_own() -> None:
    hub, elastic = (resources("prod")[f"images-{name}"].inputs for name in ("docker-hub", "elastic"))
    assert hub["mode"] == elastic["mode"] == "REMOTE_REPOSITORY"
    assert at(hub, "remoteRepositoryConfig.dockerRepository.publicRepository") == "DOCKER_HUB"
    assert at(elastic, "remoteRepositoryConfig.commonRepository.uri") == "https://docker.elastic.co"
    assert hub["kmsKeyName"] == f"{KEY}/images"


@pytest.mark.parametrize("environment", ENVIRONMENTS)
def test_what_is_off_leaves_no_trace(environment: str) -> None:
    for known in recorded(environment).registrations:
        assert not re.search("bigtable|firestore|budget", known.urn + str(known.inputs.get("service"))), known.urn


@pytest.mark.parametrize("store", ["bigtable", "firestore"])
@pytest.mark.parametrize("environment", ENVIRONMENTS)
def test_one_setting_turns_a_store_on_and_changes_nothing_else(environment: str, store: str) -> None:
    before = {known.urn: known.inputs for known in recorded(environment).registrations}
    after = {known.urn: known.inputs for known in recorded(environment, {store: {"enabled": True}}).registrations}
    assert not before.keys() - after.keys()
    assert all(store in urn for urn in after.keys() - before.keys())
    assert {urn for urn in before if before[urn] != after[urn]} == set()


def test_bigtable() -> None:
    found = resources("prod", ON)["bigtable-instance"]
    clusters = found.inputs["clusters"]
    assert [(c["clusterId"], c["zone"]) for c in clusters] == [
        ("alphintra-realtime-a", "us-central1-a"),
        ("alphintra-realtime-c", "us-central1-c"),
    ]
    for cluster in clusters:
        assert cluster["kmsKeyName"] == f"{KEY}/bigtable"
        assert cluster["autoscalingConfig"] == {"minNodes": 1, "maxNodes": 5, "cpuTarget": 60}
    assert (found.inputs["deletionProtection"], found.inputs["forceDestroy"], found.protect) == (True, False, True)
    table = resources("prod", ON)["bigtable-market-metrics"]
    assert (table.inputs["deletionProtection"], table.protect) == ("PROTECTED", True)
    assert table.inputs["automatedBackupPolicy"] == {"retentionPeriod": "168h0m0s", "frequency": "24h0m0s"}
    assert resources("prod", ON)["bigtable-strategy-service"].inputs["role"] == "roles/bigtable.user"


def test_firestore() -> None:
    found = resources("prod", ON)["firestore-database"]
    assert (found.inputs["locationId"], found.inputs["type"]) == ("us-central1", "FIRESTORE_NATIVE")
    assert at(found.inputs, "cmekConfig.kmsKeyName") == f"{KEY}/firestore"
    assert found.inputs["pointInTimeRecoveryEnablement"] == "POINT_IN_TIME_RECOVERY_ENABLED"
    assert found.inputs["deleteProtectionState"] == "DELETE_PROTECTION_ENABLED"
    assert (found.inputs["deletionPolicy"], found.protect) == ("PREVENT", True)
    assert resources("prod", ON)["firestore-daily"].inputs["retention"] == f"{98 * 86400}s"
    grant = resources("prod", ON)["firestore-notification-service"].inputs
    assert grant["role"] == "roles/datastore.user"
    assert 'resource.name == "projects/alphintra-prod/databases/alphintra-realtime"' in grant["condition"]["expression"]


def test_every_consumer_of_a_key_waits_for_its_agents_grant() -> None:
    consumers = 0
    for name in ("bigtable-instance", "firestore-database", "images-repository"):
        known = resources("prod", ON)[name]
        for use in types()[known.type].keys:
            path = f"{use.within}.{use.path}" if use.within else use.path
            needed = set(known.property_dependencies[path.split(".")[0].removesuffix("[]")])
            for value in every(known.inputs, path):
                consumers += 1
                assert any("cryptoKeyIAMMember" in urn and f"-{value.rsplit('/', 1)[-1]}-us-central1-" in urn for urn in needed)
    assert consumers == 4, "two clusters, a database and a repository"


def test_tearing_down_takes_the_guards_of_optional_stores_off() -> None:
    off = resources("prod", {**ON, "protection": {"tear_down": "prod"}})
    assert off["bigtable-instance"].inputs["deletionProtection"] is False
    assert off["bigtable-market-metrics"].inputs["deletionProtection"] == "UNPROTECTED"
    assert off["firestore-database"].inputs["deleteProtectionState"] == "DELETE_PROTECTION_DISABLED"
    assert not any(off[name].protect for name in ("bigtable-instance", "bigtable-market-metrics", "firestore-database"))


def test_a_rebuild_takes_new_names() -> None:
    again = resources("prod", {**ON, "generation": 2})
    assert again["bigtable-instance"].inputs["name"] == again["firestore-database"].inputs["name"] == "alphintra-realtime-g2"


def test_the_budget() -> None:
    found = resources("prod", BILLED)["budget-month"].inputs
    assert found["billingAccount"] == ACCOUNT
    assert at(found, "amount.specifiedAmount") == {"currencyCode": "USD", "units": "15000"}
    assert [(rule["spendBasis"], rule["thresholdPercent"]) for rule in found["thresholdRules"]] == [
        *(("CURRENT_SPEND", share) for share in (0.5, 0.9, 1.0)),
        ("FORECASTED_SPEND", 1.0),
    ]
    assert re.fullmatch(r"projects/\d{12}", at(found, "budgetFilter.projects")[0])
    assert resources("prod", BILLED)["budget-finance@example.com"].inputs["labels"] == {"email_address": "finance@example.com"}
    assert len(at(found, "allUpdatesRule.monitoringNotificationChannels")) == 1


BAD = [
    ("bigtable", "{max_nodes: 20}", "max_nodes is 20 and min_nodes 1; Google takes from the minimum to ten times it"),
    ("bigtable", "{zones: [us-central1-a, us-central1-a]}", "they are different zones of one region"),
    ("bigtable", "{enabled: true, zones: [us-east1-b]}", "bigtable.zones is us-east1-b, which are not in the primary region"),
    ("bigtable", "{enabled: true, users: [nobody]}", "bigtable.users names 'nobody', which is not among identities"),
    ("bigtable", "{instance: abc}", "instance.*must match"),
    ("firestore", "{backup_days: 99}", "backup_days"),
    ("firestore", "{database: Abc}", "database.*must match"),
    ("images", "{readers: [nobody]}", "images.readers names 'nobody'"),
    ("budget", "{billing_account: ours}", "billing_account.*must match"),
    ("budget", "{emails: [a@b.de, c@b.de, d@b.de, e@b.de, f@b.de, g@b.de]}", "emails"),
    ("encryption", "{keys: {images: {regions: [secondary]}}}", "encryption.keys.images.regions lacks primary"),
]


@pytest.mark.parametrize(("section", "text", "says"), BAD, ids=lambda value: value if "{" in value else "")
def test_bad_values(tmp_path: Path, section: str, text: str, says: str) -> None:
    file = tmp_path / "Pulumi.test.yaml"
    head = "config:\n  alphintra:environment: prod\n  alphintra:project: {id: alphintra-test}\n"
    file.write_text(f"{head}  alphintra:{section}: {text}\n")
    with pytest.raises(SettingsError) as caught:
        load_stack_file(file)
    assert re.search(says, str(caught.value))
