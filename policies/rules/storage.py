"""Cloud Storage."""

from __future__ import annotations

from ..checks.properties import must_be, must_be_set, must_not_be
from ..rule import EVERYWHERE, Rule
from ..tokens import BUCKET

RULES = (
    Rule(
        id="gcs-uniform-access", types=(BUCKET,), check=must_be("uniformBucketLevelAccess", True),
        title="Buckets have uniform access", why="With access lists on objects nobody can say who reads what.",
        fix="Set uniformBucketLevelAccess to true.", severity="medium",
        levels=EVERYWHERE, frameworks=("CKV_GCP_29", "GCP-0002", "CIS 5.2"),
    ),
    Rule(
        id="gcs-public-access-prevention", types=(BUCKET,), check=must_be("publicAccessPrevention", "enforced"),
        title="Buckets can never become public", why="One grant to allUsers would publish every identity document.",
        fix="Set publicAccessPrevention to enforced.", severity="high",
        levels=EVERYWHERE, frameworks=("CKV_GCP_114", "CIS 5.1"),
    ),
    Rule(
        id="gcs-cmek", types=(BUCKET,), check=must_be_set("encryption.defaultKmsKeyName"),
        title="Buckets are encrypted under our own keys", why="A key of our own can be taken away from a stolen copy.",
        fix="Give encryption.defaultKmsKeyName a key of the bucket's own location.", severity="high", frameworks=("GCP-0066",),
    ),
    Rule(
        id="gcs-has-lifecycle", types=(BUCKET,), check=must_be_set("lifecycleRules"),
        title="Buckets have a lifecycle", why="Unfinished uploads and old versions are paid for until something removes them.",
        fix="List at least one rule under lifecycleRules.", severity="medium", levels=EVERYWHERE,
    ),
    Rule(
        id="gcs-no-force-destroy", types=(BUCKET,), check=must_not_be("forceDestroy", True),
        title="A bucket with objects is not deleted", why="forceDestroy deletes every object first, without asking.",
        fix="Set forceDestroy to false, and empty the bucket by hand where it is meant to go.", severity="high",
    ),
)  # fmt: skip
