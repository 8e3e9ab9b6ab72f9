"""Organisation policies, the perimeter and findings: off, on, and what is refused."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest

from localcloud.gcp.catalog import types
from localcloud.gcp.naming import project_number
from localcloud.values import at, every
from settings import SettingsError, load_stack_file
from tools.recorder import Registration

from ..environments import ENVIRONMENTS, recorded, resources

POLICIES: dict[str, Any] = {"policies": {"enabled": True}}
FINDINGS: dict[str, Any] = {"findings": {"enabled": True}}
DRY_RUN: dict[str, Any] = {"perimeter": {"enabled": True, "access_policy": "123456789"}}
ENFORCED: dict[str, Any] = {"perimeter": {**DRY_RUN["perimeter"], "enforced": True, "access_levels": ["deployment"]}}
PARTS = {"organization-policies|orgpolicy": POLICIES, "security-findings|securitycenter": FINDINGS,
         "service-perimeter|accesscontextmanager": DRY_RUN}  # fmt: skip
POLICY = "gcp:orgpolicy/policy:Policy"
PUBLISHER = "security-findings-publisher"


def on(*parts: dict[str, Any]) -> dict[str, Any]:
    return {"governance": {key: value for part in parts for key, value in part.items()}}


@pytest.mark.parametrize("environment", ENVIRONMENTS)
def test_what_is_off_leaves_no_trace(environment: str) -> None:
    for known in recorded(environment).registrations:
        assert not re.search("|".join(PARTS), known.urn + str(known.inputs.get("service"))), known.urn


@pytest.mark.parametrize("names", PARTS)
@pytest.mark.parametrize("environment", ENVIRONMENTS)
def test_one_setting_turns_a_part_on_and_changes_nothing_else(environment: str, names: str) -> None:
    before = {known.urn: known.inputs for known in recorded(environment).registrations}
    after = {known.urn: known.inputs for known in recorded(environment, on(PARTS[names])).registrations}
    new = after.keys() - before.keys()
    assert new
    assert not before.keys() - after.keys()
    assert all(re.search(names, urn) for urn in new)
    assert {urn for urn in before if before[urn] != after[urn]} == set()


def _policies(environment: str) -> list[Registration]:
    return [known for known in recorded(environment, on(POLICIES)).registrations if known.type == POLICY]


def test_policies() -> None:
    found = {known.inputs["name"].rsplit("/", 1)[-1]: known for known in _policies("prod")}
    assert {known.inputs["parent"] for known in found.values()} == {"projects/alphintra-prod"}
    rules = {constraint: at(known.inputs, "spec.rules")[0] for constraint, known in found.items()}
    for constraint in (
        "sql.restrictPublicIp", "storage.publicAccessPrevention", "storage.uniformBucketLevelAccess",
        "iam.disableServiceAccountKeyCreation",
    ):  # fmt: skip
        assert rules.pop(constraint) == {"enforce": "TRUE"}
    allowed = at(rules.pop("gcp.resourceLocations"), "values.allowedValues")
    assert allowed == ["in:us-central1-locations", "in:us-east1-locations"]
    denied = at(rules.pop("gcp.restrictNonCmekServices"), "values.deniedValues")
    assert {"is:sqladmin.googleapis.com", "is:storage.googleapis.com", "is:secretmanager.googleapis.com"} <= set(denied)
    assert rules == {}


def test_data_may_be_anywhere_where_that_is_wanted() -> None:
    free = recorded("prod", {"governance": {"policies": {"enabled": True, "regions_only": False}}}).registrations
    assert not [known for known in free if known.name.endswith("gcp.resourceLocations")]


def test_nothing_demands_keys_where_there_are_none() -> None:
    names = {known.inputs["name"].rsplit("/", 1)[-1] for known in _policies("dev")}
    assert "gcp.restrictNonCmekServices" not in names
    assert "gcp.resourceLocations" in names


@pytest.mark.parametrize("environment", ["staging", "prod"])
def test_what_the_policy_on_keys_would_refuse_is_not_declared(environment: str) -> None:
    """Every resource of a service on the list that can have a key has one of ours."""
    everything = recorded(environment, on(POLICIES, FINDINGS)).registrations
    policy = next(known for known in everything if known.name.endswith("gcp.restrictNonCmekServices"))
    services = {value.removeprefix("is:") for value in at(policy.inputs, "spec.rules")[0]["values"]["deniedValues"]}
    looked_at = 0
    for known in everything:
        type_ = types().get(known.type)
        if type_ is None or type_.api not in services or not type_.keys:
            continue
        paths = [f"{use.within}.{use.path}" if use.within else use.path for use in type_.keys]
        assert any(every(known.inputs, path) for path in paths), known.urn
        looked_at += 1
    assert looked_at > 20


def test_a_perimeter_is_tried_before_it_is_enforced() -> None:
    tried = resources("prod", on(DRY_RUN))["service-perimeter-project"].inputs
    assert (tried["parent"], tried["name"]) == (
        "accessPolicies/123456789",
        "accessPolicies/123456789/servicePerimeters/alphintra_prod",
    )
    assert tried["useExplicitDryRunSpec"] is True
    assert tried.get("status") is None
    assert at(tried, "spec.resources") == [f"projects/{project_number('alphintra-prod')}"]
    services = at(tried, "spec.restrictedServices")
    assert {"sqladmin.googleapis.com", "storage.googleapis.com", "cloudkms.googleapis.com"} <= set(services)
    assert "bigtable.googleapis.com" not in services, "it is not in use"
    enforced = resources("prod", on(ENFORCED))["service-perimeter-project"].inputs
    assert enforced["useExplicitDryRunSpec"] is False
    assert enforced.get("spec") is None
    assert at(enforced, "status.restrictedServices") == services
    assert at(enforced, "status.accessLevels") == ["accessPolicies/123456789/accessLevels/deployment"]


def test_a_store_that_is_turned_on_is_inside() -> None:
    found = resources("prod", {**on(DRY_RUN), "bigtable": {"enabled": True}})["service-perimeter-project"].inputs
    assert "bigtable.googleapis.com" in at(found, "spec.restrictedServices")


@pytest.mark.parametrize(("parts", "form"), [((DRY_RUN, FINDINGS), "spec"), ((ENFORCED, FINDINGS), "status")])
def test_findings_come_in_from_outside(parts: tuple[dict[str, Any], ...], form: str) -> None:
    found = resources("prod", on(*parts))
    (policy,) = at(found["service-perimeter-project"].inputs, f"{form}.ingressPolicies")
    assert policy["ingressFrom"]["identities"] == [found[PUBLISHER].inputs["member"]]
    (operation,) = policy["ingressTo"]["operations"]
    assert operation == {
        "serviceName": "pubsub.googleapis.com",
        "methodSelectors": [{"method": "google.pubsub.v1.Publisher.Publish"}],
    }


def test_findings() -> None:
    found = resources("prod", on(FINDINGS))
    topic, notification = found["security-findings-topic"].inputs, found["security-findings-notification"].inputs
    assert topic["kmsKeyName"].endswith("/locations/us-central1/keyRings/alphintra-data/cryptoKeys/objects")
    assert any("pubsub" in urn for urn in found["security-findings-topic"].property_dependencies["kmsKeyName"])
    assert topic["messageRetentionDuration"] == f"{7 * 86400}s"
    assert notification["pubsubTopic"] == "projects/alphintra-prod/topics/security-findings"
    assert at(notification, "streamingConfig.filter") == (
        'state = "ACTIVE" AND NOT mute = "MUTED" AND (severity = "CRITICAL" OR severity = "HIGH")'
    )
    grant = found[PUBLISHER].inputs
    assert (grant["topic"], grant["role"]) == ("security-findings", "roles/pubsub.publisher")
    assert grant["member"].endswith("@gcp-sa-scc-notification.iam.gserviceaccount.com")
    assert resources("dev", on(FINDINGS))["security-findings-topic"].inputs.get("kmsKeyName") is None


BAD = [
    ("{perimeter: {enabled: true}}", "enabled is true, but access_policy is missing"),
    ("{perimeter: {access_policy: ours}}", "access_policy.*must match"),
    ("{perimeter: {enforced: true, access_policy: '1'}}", "enforced is true, but enabled is false"),
    ("{perimeter: {enabled: true, enforced: true, access_policy: '1'}}", "access_levels is empty"),
    ("{perimeter: {services: ['*']}}", "services.*must match"),
    ("{policies: {constraints: [sql.noPublicIp]}}", "constraints"),
    ("{findings: {severities: []}}", "severities"),
    ("{findings: {retention_days: 32}}", "retention_days"),
]


@pytest.mark.parametrize(("text", "says"), BAD, ids=[text for text, _ in BAD])
def test_bad_values(tmp_path: Path, text: str, says: str) -> None:
    file = tmp_path / "Pulumi.test.yaml"
    file.write_text(
        f"config:\n  alphintra:environment: prod\n  alphintra:project: {{id: alphintra-test}}\n  alphintra:governance: {text}\n"
    )
    with pytest.raises(SettingsError) as caught:
        load_stack_file(file)
    assert re.search(says, str(caught.value))
