"""Cloud Storage."""

from __future__ import annotations

from ..checks.properties import must_be, must_be_in_range, must_be_set, must_not_be, must_not_be_set, unless, where
from ..checks.storage import (
    SEVEN_YEARS_SECONDS,
    does_not_log_into_itself,
    for_,
    lifecycle_makes_sense,
    no_wildcard_origin,
    nothing_is_deleted_early,
)
from ..remedy import set_to
from ..rule import EVERYWHERE, Rule
from ..tokens import BUCKET

WEEK_SECONDS = 7 * 86400

RULES = (
    Rule(
        id="gcs-uniform-access", types=(BUCKET,), check=must_be("uniformBucketLevelAccess", True),
        title="Buckets have uniform access", why="With access lists on objects nobody can say who reads what.",
        fix="Set uniformBucketLevelAccess to true.", severity="medium",
        levels=EVERYWHERE, frameworks=("CKV_GCP_29", "GCP-0002", "CIS 5.2"),
    ),
    Rule(
        id="gcs-public-access-prevention", types=(BUCKET,), check=must_be("publicAccessPrevention", "enforced"),
        remedy=set_to("publicAccessPrevention", "enforced"),
        title="Buckets can never become public", why="One grant to allUsers would publish every identity document.",
        fix="Set publicAccessPrevention to enforced.", severity="high",
        levels=EVERYWHERE, frameworks=("CKV_GCP_114", "CIS 5.1"),
    ),
    Rule(
        id="gcs-versioning", types=(BUCKET,), check=where(for_("backups", "datasets", "ml-models"), must_be("versioning.enabled", True)),
        title="What cannot be made again has versions", why="Overwriting is the commonest way to lose a model or a backup.",
        fix="Set versioning.enabled to true.", severity="medium", levels="MMA", frameworks=("CKV_GCP_78", "GCP-0078"),
    ),
    Rule(
        id="gcs-access-logging", types=(BUCKET,), check=unless(for_("access-logs"), must_be_set("logging.logBucket")),
        title="Access to objects is logged", why="Signed URLs are used by whoever has them; only this log says from where.",
        fix="Give logging.logBucket the bucket of access logs.", severity="medium", levels="MMA",
        frameworks=("CKV_GCP_62", "GCP-0077"),
    ),
    Rule(
        id="gcs-no-self-logging", types=(BUCKET,), check=does_not_log_into_itself, levels=EVERYWHERE,
        title="No bucket logs into itself", why="Each log that is written would be logged again.",
        fix="Give logging.logBucket another bucket.", severity="medium", frameworks=("CKV_GCP_63",),
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
        id="gcs-lifecycle-valid", types=(BUCKET,), check=lifecycle_makes_sense, levels=EVERYWHERE,
        title="Lifecycles make sense", why="A rule that does nothing, or the wrong thing, is noticed on the bill.",
        fix="Let objects become colder with age, by actions that exist.", severity="medium",
    ),
    Rule(
        id="gcs-retention-7y", types=(BUCKET,), levels="MMA",
        check=where(for_("documents"), must_be_in_range("retentionPolicy.retentionPeriod", SEVEN_YEARS_SECONDS)),
        title="Identity documents cannot be deleted for 7 years", why="The law asks for them that long.",
        fix="Set retentionPolicy.retentionPeriod to 220752000 or more.", severity="high", frameworks=("CKV2_GCP_4",),
    ),
    Rule(
        id="gcs-kept-7y", types=(BUCKET,), check=where(for_("documents", "backups"), nothing_is_deleted_early), levels="MMA",
        title="No lifecycle deletes within 7 years what must be kept", why="A rule of age deletes without asking anybody.",
        fix="Set condition.age of the rule to 2555 or more.", severity="high",
    ),
    Rule(
        id="gcs-retention-locked", types=(BUCKET,), check=where(for_("documents"), must_be("retentionPolicy.isLocked", True)),
        title="Nobody can take the retention of documents back", why="An administrator's account can be stolen.", levels="MDD",
        fix="Set storage.buckets.documents.retention_locked to true. It cannot be undone.", severity="high", frameworks=("CIS 2.3",),
    ),
    Rule(
        id="gcs-no-lock-in-dev", types=(BUCKET,), check=must_not_be("retentionPolicy.isLocked", True), levels="DMM",
        title="No retention is locked outside of production", why="Neither the bucket nor its project could be deleted for years.",
        fix="Set retentionPolicy.isLocked to false.", severity="high",
    ),
    Rule(
        id="gcs-soft-delete", types=(BUCKET,), check=must_be_in_range("softDeletePolicy.retentionDurationSeconds", WEEK_SECONDS),
        title="Deleted objects come back for a week", why="A deletion by mistake is found within days.", levels="MMA",
        fix="Set softDeletePolicy.retentionDurationSeconds to 604800 or more.", severity="low",
    ),
    Rule(
        id="gcs-no-force-destroy", types=(BUCKET,), check=must_not_be("forceDestroy", True),
        title="A bucket with objects is not deleted", why="forceDestroy deletes every object first, without asking.",
        fix="Set forceDestroy to false, and empty the bucket by hand where it is meant to go.", severity="high",
    ),
    Rule(
        id="gcs-class-by-purpose", types=(BUCKET,), levels=EVERYWHERE,
        check=where(for_("backups"), must_be("storageClass", "COLDLINE", "ARCHIVE")),
        title="Backups are in a cold class", why="They are written often and read never; warm storage costs five times as much.",
        fix="Set storageClass to COLDLINE.", severity="low",
    ),
    Rule(
        id="gcs-no-wildcard-cors", types=(BUCKET,), check=no_wildcard_origin, levels=EVERYWHERE,
        title="Browsers of named sites only", why="Any page could send its visitors' uploads here.",
        fix="Name the sites under cors.origins.", severity="medium",
    ),
    Rule(
        id="gcs-no-website", types=(BUCKET,), check=unless(for_("static-assets"), must_not_be_set("website")), levels=EVERYWHERE,
        title="No bucket is a website", why="Only what is made for everybody is served to everybody.",
        fix="Take website out.", severity="low",
    ),
)  # fmt: skip
