"""Audit logs: who read and changed which data, §13.2."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from settings import SettingsError, load_stack_file

from ..environments import ENVIRONMENTS, of_type

EVERYTHING = [{"logType": "ADMIN_READ"}, {"logType": "DATA_READ"}, {"logType": "DATA_WRITE"}]


@pytest.mark.parametrize("environment", ENVIRONMENTS)
def test_every_access_to_personal_data_is_logged_and_nobody_is_exempted(environment: str) -> None:
    found = {known.inputs["service"]: known.inputs["auditLogConfigs"] for known in of_type(environment, "IAMAuditConfig")}
    stores = ("cloudsql", "storage", "secretmanager", "cloudkms", "redis", "memorystore", "bigquery")
    assert found == {f"{store}.googleapis.com": EVERYTHING for store in stores}
    assert {known.inputs["project"] for known in of_type(environment, "IAMAuditConfig")} == {f"alphintra-{environment}"}


BAD = [
    (
        "prod",
        "{services: {storage.googleapis.com: [ADMIN_READ]}}",
        "audit.services.storage.googleapis.com lacks DATA_READ, DATA_WRITE, but prod logs every access to personal data; there it is "
        "identity documents",
    ),
    ("staging", "{services: {cloudsql.googleapis.com: null}}", "audit.services.cloudsql.googleapis.com lacks ADMIN_READ"),
    ("dev", "{services: {sqladmin.googleapis.com: [DATA_READ]}}", "the audit logs of Cloud SQL go by cloudsql.googleapis.com"),
    ("dev", "{services: {run.googleapis.com: [DATA_READ, DATA_READ]}}", "names something twice: DATA_READ, DATA_READ"),
    ("dev", "{services: {run.googleapis.com: []}}", "at least 1 item"),
    ("dev", "{services: {run.googleapis.com: [READ]}}", "it should be 'ADMIN_READ', 'DATA_READ' or 'DATA_WRITE'"),
    ("dev", "{services: {run: [DATA_READ]}}", "it must match"),
    ("dev", "{exempted: [user:anna@alphintra.com]}", "unknown key"),
]


@pytest.mark.parametrize(("environment", "text", "says"), BAD)
def test_bad_values(tmp_path: Path, environment: str, text: str, says: str) -> None:
    with pytest.raises(SettingsError) as caught:
        load_stack_file(_file(tmp_path, environment, text))
    assert re.search(says, str(caught.value))


def test_dev_may_log_less(tmp_path: Path) -> None:
    known = load_stack_file(_file(tmp_path, "dev", "{services: {storage.googleapis.com: null}}"))
    assert "storage.googleapis.com" not in known.audit.services


def _file(folder: Path, environment: str, text: str) -> Path:
    file = folder / "Pulumi.test.yaml"
    file.write_text(
        f"config:\n  alphintra:environment: {environment}\n  alphintra:project: {{id: alphintra-test}}\n  alphintra:audit: {text}\n"
    )
    return file
