"""Cloud KMS and Secret Manager."""

from __future__ import annotations

from ..checks.keys import key_rotates, secret_is_replicated
from ..rule import Rule
from ..tokens import KEY, SECRET

RULES = (
    Rule(
        id="kms-rotation", types=(KEY,), check=key_rotates,
        title="Keys rotate within 90 days", why="What one key version encrypts stays little.",
        fix="Set rotationPeriod to 7776000s or less.", severity="medium", frameworks=("CKV_GCP_43", "GCP-0065", "CIS 1.10"),
    ),
    Rule(
        id="secret-replicated-under-own-keys", types=(SECRET,), check=secret_is_replicated,
        title="Secrets are kept in two regions, under our own keys", why="The region that takes over needs the passwords too.",
        fix="List both regions under replication.userManaged.replicas, each with customerManagedEncryption.", severity="high",
    ),
)  # fmt: skip
