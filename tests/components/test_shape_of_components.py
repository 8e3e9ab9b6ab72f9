"""What holds for every component and everything in it."""

from __future__ import annotations

import ast
import json
from pathlib import Path

import pytest

from localcloud.gcp.catalog import types
from localcloud.random.provider import SHAPES
from localcloud.values import every, is_known
from tools.garbage import without_collections
from tools.recorder import ROOT

from ..environments import ENVIRONMENTS, of_type, recorded

COMPONENTS = sorted((ROOT / "components").rglob("*.py"))


@pytest.mark.parametrize("environment", ENVIRONMENTS)
def test_everything_is_in_a_component_and_names_its_provider(environment: str) -> None:
    for known in recorded(environment).registrations:
        if known.type.startswith("pulumi:"):
            continue
        assert known.parent, known.urn
        if known.type == "alphintra:platform:DataPlatform":
            assert known.parent.endswith(f"alphintra-{environment}")
        else:
            assert "alphintra:" in known.parent, f"{known.urn} is not inside a component"
        if known.type.startswith("gcp:"):
            assert "::google::" in known.provider, known.urn


@pytest.mark.parametrize("environment", ENVIRONMENTS)
def test_the_shapes_accept_every_input(environment: str) -> None:
    known_types = types()
    for known in recorded(environment).registrations:
        if known.type in known_types:
            assert known_types[known.type].shape.check(known.inputs) == [], known.urn
        elif known.type.startswith("random:"):
            assert SHAPES[known.type].check(known.inputs) == [], known.urn


@pytest.mark.parametrize("environment", ENVIRONMENTS)
def test_under_preview_only_what_google_decides_is_unknown(environment: str) -> None:
    previewed, foreseen = recorded(environment, preview=True), recorded(environment)
    assert sorted(known.urn for known in previewed.registrations) == sorted(known.urn for known in foreseen.registrations)
    instance = next(known for known in previewed.registrations if known.name == "main-db-primary")
    assert not is_known(instance.inputs["settings"]["ipConfiguration"]["privateNetwork"])
    assert instance.inputs["settings"]["tier"], "what the settings say is known"


def test_a_consumer_of_a_key_waits_for_its_agents_grant() -> None:
    """The grant is among what the key's property depends on: without it there is no consumer."""
    grants = {known.urn for known in of_type("prod", "CryptoKeyIAMMember")}
    consumers = 0
    for known in recorded("prod").registrations:
        use = types()[known.type].keys if known.type in types() else ()
        for key in use:
            path = f"{key.within}.{key.path}" if key.within else key.path
            for value in every(known.inputs, path):
                consumers += 1
                top = path.split(".")[0].removesuffix("[]")
                needed = [urn for urn in grants if value.endswith(f"/{_key_name(urn)}") and _region(value) in urn]
                assert needed, f"{known.urn}: nobody is granted the use of {value}"
                assert set(needed) <= set(known.property_dependencies[top]), known.urn
    assert consumers == 93, (
        "two instances, twenty-seven secrets in two regions, nine buckets, four topics, two datasets, a connection, four caches, a "
        "repository and four that stand before others, two clusters' secrets and default pools, six pools, two plans"
    )


def _key_name(grant: str) -> str:
    return grant.rsplit("::", 1)[-1].removeprefix("encryption-key-").split("-", 1)[0]


def _region(key: str) -> str:
    return key.split("/locations/")[1].split("/", maxsplit=1)[0]


def test_what_is_behind_private_services_access_waits_for_it() -> None:
    for known in of_type("prod", "DatabaseInstance"):
        assert any("servicenetworking/connection" in urn for urn in known.dependencies)


def test_iam_users_are_named_as_cloud_sql_wants_them() -> None:
    names = [u.inputs["name"] for u in of_type("prod", "User") if u.inputs["type"] == "CLOUD_IAM_SERVICE_ACCOUNT"]
    assert len(names) == 11
    assert all(name.endswith("@alphintra-prod.iam") for name in names)


def test_groups_sign_in_under_their_own_names() -> None:
    names = [user.inputs["name"] for user in of_type("prod", "User") if user.inputs["type"] == "CLOUD_IAM_GROUP"]
    assert names == ["data-readers@alphintra.com", "data-admins@alphintra.com"]


@pytest.mark.parametrize("environment", ENVIRONMENTS)
def test_no_password_is_ever_plain(environment: str) -> None:
    """Generated values reach nothing but arguments that are secret, and no output."""
    recorder = recorded(environment)
    made = {known.name for known in recorder.registrations if known.type.endswith(":RandomPassword")}
    assert made
    text = json.dumps([known.inputs for known in recorder.registrations], default=str) + json.dumps(recorder.stack_outputs)
    for name in made:
        assert f"<{name}.result>" not in text, "the recorder masks secrets; this one was not marked as one"
    secret = {("DatabaseInstance", "rootPasswordWo"), ("SecretVersion", "secretDataWo"), ("User", "passwordWo")}
    for known in recorder.registrations:
        for key, value in known.inputs.items():
            assert (value == "[secret]") <= ((known.type.rsplit(":", 1)[-1], key) in secret), known.urn


def test_outputs_are_references() -> None:
    outputs = recorded("prod").stack_outputs
    assert set(outputs) == {
        *("project", "network", "mainDatabase", "caches", "buckets", "urlSigners", "objectEvents", "staticAssets", "analytics"),
        *("search", "timeSeries", "poolers", "images", "secrets", "serviceAccounts", "groups", "clusters", "keys"),
        *("alertChannels", "dashboards", "objectives"),
    }
    assert outputs["objectives"] == {
        "database": {"rpoMinutes": 15, "rtoMinutes": 240},
        "cache": {"rpoMinutes": 5, "rtoMinutes": 30},
        "sessions": {"rpoMinutes": 5, "rtoMinutes": 30},
    }
    assert outputs["buckets"]["uploads"] == {"name": "alphintra-uploads", "folders": ["uploads/"]}
    assert outputs["mainDatabase"] == {
        "instance": "alphintra-main-db",
        "connectionName": "alphintra-prod:us-central1:alphintra-main-db",
        "host": "main-db.alphintra.internal",
        "replicas": {"us-east1": "main-db-us-east1.alphintra.internal"},
        "region": "us-central1",
        "failedOver": False,
    }
    assert outputs["poolers"] == {
        region: {"host": "pgbouncer.pgbouncer.svc.cluster.local", "port": 6432} for region in ("us-central1", "us-east1")
    }
    assert outputs["caches"]["cluster"]["hosts"]["us-east1"] == "cache-us-east1.alphintra.internal"
    assert outputs["caches"]["sessions"]["connection"] == "projects/alphintra-prod/secrets/alphintra-redis-sessions-connection"
    assert "[secret]" not in json.dumps(outputs)


def test_a_rebuild_takes_new_names_where_google_keeps_the_old() -> None:
    names = {
        known.inputs["name"]
        for known in recorded("prod", {"generation": 2}).registrations
        if known.type.endswith((":DatabaseInstance", ":KeyRing"))
    }
    assert names == {"alphintra-main-db-g2", "alphintra-read-replica-us-east1-g2", "alphintra-data-g2"}


# -- the source


def parsed(path: Path) -> ast.Module:
    """A file's syntax."""
    with without_collections():
        return ast.parse(path.read_text())


@pytest.mark.parametrize("path", COMPONENTS, ids=lambda path: path.name)
def test_components_keep_to_their_layer(path: Path) -> None:
    imported = {
        name.split(".")[0]
        for node in ast.walk(parsed(path))
        for name in (
            [a.name for a in node.names]
            if isinstance(node, ast.Import)
            else [node.module or ""]
            if isinstance(node, ast.ImportFrom) and not node.level
            else []
        )
    }
    assert not imported & {"localcloud", "policies", "tools", "tests"}, "nothing in components knows the local cloud"


@pytest.mark.parametrize("path", sorted((ROOT / "settings").glob("*.py")), ids=lambda path: path.name)
def test_settings_know_no_pulumi(path: Path) -> None:
    assert "import pulumi" not in path.read_text()


@pytest.mark.parametrize("path", sorted((ROOT / "localcloud").rglob("*.py")), ids=lambda path: path.name)
def test_the_local_cloud_knows_no_components(path: Path) -> None:
    text = path.read_text()
    assert not [
        name for name in ("components", "settings", "policies", "tools") if f"from {name}" in text or f"import {name}" in text
    ]


@pytest.mark.parametrize("path", COMPONENTS, ids=lambda path: path.name)
def test_components_branch_on_no_environment(path: Path) -> None:
    tree = parsed(path)
    names = {node.value for node in ast.walk(tree) if isinstance(node, ast.Constant) and isinstance(node.value, str)}
    assert not names & {"dev", "staging", "prod"}


def test_main_reads_like_the_architecture_diagram() -> None:
    assert len((ROOT / "__main__.py").read_text().splitlines()) <= 60
