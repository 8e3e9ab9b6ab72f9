"""Identities: what the settings refuse."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from settings import SettingsError, load_stack_file

BAD = [
    ("{workloads: {migrations: {kubernetes: migrations}}}", 'kubernetes: is "migrations"; it must match'),
    ("{workloads: {migrations: {kubernetes: Jobs/migrations}}}", 'kubernetes: is "Jobs/migrations"; it must match'),
    (
        "{workloads: {migrations: {kubernetes: services/auth-service}}}",
        "workloads.migrations.kubernetes is services/auth-service, which is auth-service's already",
    ),
    ("{workloads: {short: {purpose: Too short a name}}}", "it must match"),
    ("{workloads: {another: {}}}", "another.purpose: is missing"),
    ("{workloads: {pgbouncer: {secrets: [nothing]}}}", "workloads.pgbouncer.secrets names 'nothing', which is not generated"),
    ("{groups: {data-readers: {secrets: [nothing]}}}", "groups.data-readers.secrets names 'nothing', which is not generated"),
    (
        "{groups: {data-admins: {secrets: [main-db-postgres]}}}",
        r"groups.data-admins.secrets is \['main-db-postgres'\], but in prod no person reads a secret's value",
    ),
    ("{groups: {migrations: {}}}", "groups.migrations has the name of a workload"),
    ("{groups: {dba@alphintra.com: {}}}", "it must match"),
    ("{groups: {data-readers: {database: write}}}", "it should be 'none', 'sign-in' or 'administer'"),
    ("{groups: {data-readers: {log_views: [_Default]}}}", 'is "_Default"; it must match'),
    ("{domain: alphintra}", 'domain: is "alphintra"; it must match'),
    ("{database_groups: [dba@alphintra.com]}", "unknown key"),
]


@pytest.mark.parametrize(("text", "says"), BAD, ids=lambda value: value if "{" in value else "")
def test_bad_values(tmp_path: Path, text: str, says: str) -> None:
    file = tmp_path / "Pulumi.test.yaml"
    file.write_text(
        f"config:\n  alphintra:environment: prod\n  alphintra:project: {{id: alphintra-test}}\n  alphintra:identities: {text}\n"
    )
    with pytest.raises(SettingsError) as caught:
        load_stack_file(file)
    assert re.search(says, str(caught.value))


def test_outside_production_a_group_may_read_a_secret(tmp_path: Path) -> None:
    file = tmp_path / "Pulumi.test.yaml"
    readers = "{groups: {data-developers: {secrets: [main-db-postgres]}}}"
    file.write_text(
        f"config:\n  alphintra:environment: dev\n  alphintra:project: {{id: alphintra-test}}\n  alphintra:identities: {readers}\n"
    )
    assert load_stack_file(file).identities.groups["data-developers"].secrets == ("main-db-postgres",)
