"""Signed URLs: who signs, what the URLs may do, and what is refused."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from ..environments import of_type, recorded, resources
from ..settings.refusals import refusal


def test_a_signer_for_each_purpose_and_one_workload_that_may_sign_as_it() -> None:
    found = {
        (
            known.inputs["serviceAccountId"].rsplit("/", 1)[-1].split("@")[0],
            known.inputs["member"].split("@")[0],
            known.inputs["role"],
        )
        for known in recorded("prod").registrations
        if known.type == "gcp:serviceaccount/iAMMember:IAMMember" and known.name.startswith("url-signing-")
    }
    assert found == {
        ("kyc-url-signer", "serviceAccount:compliance-service", "roles/iam.serviceAccountTokenCreator"),
        ("uploads-url-signer", "serviceAccount:marketplace-service", "roles/iam.serviceAccountTokenCreator"),
    }


@pytest.mark.parametrize(
    ("grant", "role", "expression"),
    [
        ("kyc-url-signer-upload", "roles/storage.objectCreator", "alphintra-documents/objects/kyc-documents/"),
        ("kyc-url-signer-download", "roles/storage.objectViewer", "alphintra-documents/objects/kyc-documents/"),
        ("uploads-url-signer-upload", "roles/storage.objectCreator", "alphintra-uploads/objects/uploads/"),
        ("uploads-url-signer-download", "roles/storage.objectViewer", "alphintra-uploads/objects/uploads/"),
    ],
)
def test_a_url_may_create_or_read_in_one_folder(grant: str, role: str, expression: str) -> None:
    found = resources("prod")[f"url-signing-{grant}"].inputs
    assert found["role"] == role
    assert found["condition"]["expression"] == f'resource.name.startsWith("projects/_/buckets/{expression}")'
    assert found["member"].startswith(f"serviceAccount:{grant.rsplit('-', 1)[0]}@")


def test_nobody_holds_a_key() -> None:
    assert not of_type("prod", "Key"), "a key that signs offline is a password"


def test_who_hands_out_urls_learns_the_signers_address() -> None:
    assert recorded("prod").stack_outputs["urlSigners"] == {
        signer: f"{signer}@alphintra-prod.iam.gserviceaccount.com" for signer in ("kyc-url-signer", "uploads-url-signer")
    }


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("{kyc-url-signer: {issuers: [nobody]}}", "signers.kyc-url-signer.issuers names 'nobody', which is no workload"),
        ("{kyc-url-signer: {issuers: []}}", "signers.kyc-url-signer.issuers"),
        ("{kyc-url-signer: {access: {upload: {bucket: nowhere}}}}", "access.upload.bucket is nowhere, which is none of"),
        (
            "{kyc-url-signer: {access: {upload: {folder: else/}}}}",
            "folder is else/, which is in none of the folders of documents",
        ),
        ("{kyc-url-signer: {access: {upload: {role: write}}}}", "'create' or 'read'"),
        (
            "{auth-service: {purpose: Signs for all, issuers: [pgbouncer], access: {all: {bucket: logs, role: read, folder: audit/}}}}",
            "signers.auth-service has the name of a workload",
        ),
    ],
)
def test_bad_values(tmp_path: Path, text: str, says: str) -> None:
    assert re.search(says, refusal(tmp_path, "prod", f"url_signing: {{signers: {text}}}"))
