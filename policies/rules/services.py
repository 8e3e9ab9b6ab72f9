"""BigQuery, Pub/Sub and other services beside the stores."""

from __future__ import annotations

from ..checks.properties import either, has, must_be, must_be_in_range, must_be_set, must_last, must_not_be, unless
from ..checks.services import backup_plan_is_whole
from ..rule import EVERYWHERE, Rule
from ..tokens import BACKUP_PLAN, CONNECTION, DATASET, JOB, REPOSITORY, RESTORE_PLAN, SUBSCRIPTION, TOPIC

RULES = (
    Rule(
        id="bigquery-cmek", types=(DATASET,), check=must_be_set("defaultEncryptionConfiguration.kmsKeyName"),
        title="Datasets are encrypted under our own keys", why="A key of our own can be taken away from a stolen copy.",
        fix="Give defaultEncryptionConfiguration.kmsKeyName a key of the dataset's own location.", severity="high",
        frameworks=("CKV_GCP_80", "CKV_GCP_81", "CKV_GCP_121", "CIS 7.2", "CIS 7.3"),
    ),
    Rule(
        id="pubsub-cmek", types=(TOPIC,), check=must_be_set("kmsKeyName"),
        title="Messages are encrypted under our own keys", why="A key of our own can be taken away from a stolen copy.",
        fix="Give kmsKeyName a key that the Pub/Sub agent may use.", severity="medium", frameworks=("CKV_GCP_83",),
    ),
    Rule(
        id="bigquery-connection-cmek", types=(CONNECTION,), check=must_be_set("kmsKeyName"),
        title="Connections are encrypted under our own keys", why="A password of the database is in them.",
        fix="Give kmsKeyName a key of the connection's own location.", severity="medium",
    ),
    Rule(
        id="bigquery-kept-when-destroyed", types=(DATASET,), check=must_not_be("deleteContentsOnDestroy", True), is_guard=True,
        title="A dataset with tables is not deleted", why="deleteContentsOnDestroy asks nobody.",
        fix="Set deleteContentsOnDestroy to false.", severity="high",
    ),
    Rule(
        id="ar-cmek-private", types=(REPOSITORY,), check=must_be_set("kmsKeyName"),
        title="Images are encrypted under our own keys", why="A key of our own can be taken away from a stolen copy.",
        fix="Give kmsKeyName a key of the repository's own location.", severity="medium", frameworks=("CKV_GCP_84",),
    ),
    Rule(
        id="ar-immutable-tags", types=(REPOSITORY,), levels="MMA",
        check=unless(has("mode", "REMOTE_REPOSITORY"), must_be("dockerConfig.immutableTags", True)),
        title="A tag is pushed once", why="What was tested must be what runs.", fix="Set dockerConfig.immutableTags to true.",
        severity="medium",
    ),
    Rule(
        id="ar-scanning", types=(REPOSITORY,), check=must_not_be("vulnerabilityScanningConfig.enablementConfig", "DISABLED"),
        title="Images are scanned", why="Holes are found in what is already running.", levels=EVERYWHERE,
        fix="Set vulnerabilityScanningConfig.enablementConfig to INHERITED.", severity="medium",
    ),
    Rule(
        id="gke-backup-plan", types=(BACKUP_PLAN,), check=backup_plan_is_whole, levels="MMA",
        title="Everything on clusters is backed up", why="Objects without their volumes, or volumes without their objects, are of no use.",
        fix="Set allNamespaces, includeVolumeData and includeSecrets of backupConfig to true.", severity="high",
    ),
    Rule(
        id="gke-backup-schedule", types=(BACKUP_PLAN,), levels="MMA",
        check=either(must_be_set("backupSchedule.cronSchedule"), must_be_in_range("backupSchedule.rpoConfig.targetRpoMinutes", 60, 1440)),
        title="Clusters are backed up once a day or more often", why="A plan without a schedule does nothing.",
        fix="Set backupSchedule.rpoConfig.targetRpoMinutes.", severity="high",
    ),
    Rule(
        id="gke-backup-retention", types=(BACKUP_PLAN,), check=must_be_in_range("retentionPolicy.backupRetainDays", 7), levels="MAA",
        title="Backups of clusters are kept a week", why="A mistake is often found days later.",
        fix="Set retentionPolicy.backupRetainDays to 7 or more.", severity="medium",
    ),
    Rule(
        id="gke-backup-delete-lock", types=(BACKUP_PLAN,), check=must_be_in_range("retentionPolicy.backupDeleteLockDays", 1), levels="MAD",
        title="Backups of clusters cannot be deleted at once", why="Who encrypts data for ransom deletes backups first.",
        fix="Set retentionPolicy.backupDeleteLockDays to 1 or more.", severity="high",
    ),
    Rule(
        id="gke-backup-cmek", types=(BACKUP_PLAN,), check=must_be_set("backupConfig.encryptionKey.gcpKmsEncryptionKey"),
        title="Backups of clusters are encrypted under our own keys", why="They have every secret of the cluster in them.",
        fix="Give backupConfig.encryptionKey.gcpKmsEncryptionKey a key of the plan's location.", severity="high",
    ),
    Rule(
        id="scheduler-authenticated", types=(JOB,), levels=EVERYWHERE,
        check=either(must_be_set("httpTarget.oidcToken.serviceAccountEmail"), must_be_set("httpTarget.oauthToken.serviceAccountEmail")),
        title="Scheduled calls have an identity", why="A call without one is anybody's.",
        fix="Set httpTarget.oauthToken.serviceAccountEmail.", severity="medium",
    ),
    Rule(
        id="pubsub-regions", types=(TOPIC,), check=must_be_set("messageStoragePolicy.allowedPersistenceRegions"), levels=EVERYWHERE,
        title="Messages stay in our regions", why="They name documents and people.",
        fix="List the regions under messageStoragePolicy.allowedPersistenceRegions.", severity="medium",
    ),
    Rule(
        id="pubsub-retention", types=(TOPIC, SUBSCRIPTION), check=must_last("messageRetentionDuration", 7 * 86400), levels=EVERYWHERE,
        title="Messages wait a week for who is to read them", why="A consumer that is broken on Friday is mended on Monday.",
        fix="Set messageRetentionDuration to 604800s or more.", severity="medium",
    ),
    Rule(
        id="gke-restore-plan", types=(RESTORE_PLAN,), check=must_be("restoreConfig.allNamespaces", True), levels="MMA",
        title="Everything that is backed up can be brought back", why="A plan for some namespaces forgets the ones that come later.",
        fix="Set restoreConfig.allNamespaces to true.", severity="medium",
    ),
    Rule(
        id="subscription-never-expires", types=(SUBSCRIPTION,), check=must_be("expirationPolicy.ttl", ""),
        title="Subscriptions do not expire", why="One that nobody reads for a month would be deleted, with its messages.",
        fix='Set expirationPolicy.ttl to "".', severity="medium", levels=EVERYWHERE,
    ),
    Rule(
        id="api-stays-on", types=("gcp:projects/service:Service",), check=must_not_be("disableOnDestroy", True), levels=EVERYWHERE,
        title="No API is turned off with the stack", why="It would take what others have made with it.",
        fix="Set disableOnDestroy to false.", severity="medium",
    ),
)  # fmt: skip
