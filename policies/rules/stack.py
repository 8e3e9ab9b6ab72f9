"""What belongs together, across the stack. Scanners do not know it: they look at one resource at a time."""

from __future__ import annotations

from ..checks import stack as checks
from ..resources import STACK
from ..rule import EVERYWHERE, StackRule
from ..tokens import (
    BACKUP_PLAN,
    BUCKET,
    BUCKET_GRANT,
    CLUSTER,
    CONNECTION,
    DATASET,
    INSTANCE,
    KEY,
    NETWORK,
    NODE_POOL,
    REDIS_CLUSTER,
    REPOSITORY,
    SECRET,
    SINK,
    VALKEY,
)

ENCRYPTED = (INSTANCE, BUCKET, CLUSTER, NODE_POOL, REDIS_CLUSTER, VALKEY, DATASET, CONNECTION, REPOSITORY, BACKUP_PLAN, SECRET)
PROMISED = (INSTANCE, REDIS_CLUSTER, VALKEY)

RULES = (
    StackRule(
        id="dr-replica-other-region", types=(INSTANCE,), check=checks.database_has_replica, levels="MMD",
        title="Databases have a replica in another region", why="A region that fails must not end the business.",
        fix="Declare a replica with masterInstanceName in the secondary region, with the primary's version and tier.", severity="high",
    ),
    StackRule(
        id="dr-redis-secondary", types=(REDIS_CLUSTER,), check=checks.cache_has_secondary, levels="MMD",
        title="Caches are replicated into another region", why="A cold cache takes the database down when the region changes.",
        fix="Declare a secondary with crossClusterReplicationConfig, of the same shape.", severity="high",
    ),
    StackRule(
        id="dr-sessions-secondary", types=(VALKEY,), check=checks.cache_has_secondary, levels="AAD",
        title="Sessions are replicated into another region", why="A lost region takes the list of tokens that were taken back with it.",
        fix="Declare a secondary with crossInstanceReplicationConfig, of the same shape.", severity="high",
    ),
    StackRule(
        id="dr-cluster-backup-elsewhere", types=(BACKUP_PLAN,), check=checks.backups_leave_the_region, levels="MMD",
        title="Clusters are backed up into another region", why="Backups that burn with the cluster are none.",
        fix="Set location of the plan to the other region.", severity="high",
    ),
    StackRule(
        id="stateful-has-restore-test", types=(BACKUP_PLAN,), check=checks.backup_can_be_restored, levels="MMA",
        title="Backups of clusters can be brought back", why="At night nobody writes a restore plan.",
        fix="Declare a RestorePlan for it.", severity="high",
    ),
    StackRule(
        id="stateful-has-backup", types=(CLUSTER,), check=checks.cluster_is_backed_up, levels="MMA",
        title="Clusters are backed up", why="Everything that the stores on them have is on their volumes.",
        fix="Declare a BackupPlan for it.", severity="critical",
    ),
    StackRule(
        id="cmek-same-location", types=ENCRYPTED, check=checks.key_is_where_the_data_is,
        title="Keys are where the data is", why="Google refuses others, and a region must not need another one's keys.",
        fix="Use the key of the data's own region.", severity="high",
    ),
    StackRule(
        id="cmek-grant-exists", types=ENCRYPTED, check=checks.key_may_be_used,
        title="What is encrypted waits for the grant on its key", why="Without it the first update of a new environment fails half-way.",
        fix="Take the key's id from encryption.key_for, which is known once the agent is granted.", severity="high",
    ),
    StackRule(
        id="cmek-key-not-orphan", types=(KEY,), check=checks.key_is_used, levels=EVERYWHERE,
        title="Every key is used", why="A key cannot be deleted: what it was for must be known.", fix="Take it out.", severity="low",
    ),
    StackRule(
        id="rpo-vs-schedule", types=PROMISED, check=checks.loses_little, levels="MMD",
        title="No more is lost than promised", why="A promise that the schedule cannot keep is found out on the worst day.",
        fix="Back up more often, or change what objectives promise.", severity="critical",
    ),
    StackRule(
        id="rto-vs-topology", types=PROMISED, check=checks.is_back_soon, levels="MMD",
        title="Stores are back as soon as promised", why="A restore of terabytes takes longer than a standby's promotion.",
        fix="Declare a standby, or change what objectives promise.", severity="high",
    ),
    StackRule(
        id="stateful-has-alert", types=PROMISED, check=checks.is_watched, levels="MMA",
        title="Every store has an alert", why="What nobody watches is down until a customer calls.",
        fix="Name it in the filter of an AlertPolicy.", severity="high",
    ),
    StackRule(
        id="backup-bucket-isolated", types=(BUCKET_GRANT,), check=checks.backups_are_write_only, levels=EVERYWHERE,
        title="Who writes backups cannot delete them", why="A stolen workload would delete them first.",
        fix="Grant roles/storage.objectCreator or objectViewer.", severity="high",
    ),
    StackRule(
        id="backup-bucket-elsewhere", types=(BUCKET,), check=checks.backups_are_apart, levels="MMD",
        title="Backups are in another region than databases", why="Backups that burn with the database are none.",
        fix="Set the bucket's location to the secondary region.", severity="high",
    ),
    StackRule(
        id="retention-consistent", types=(BUCKET,), check=checks.retention_is_consistent, levels=EVERYWHERE,
        title="Retention and lifecycle agree", why="Google keeps what the lifecycle wants gone, and tries again every day.",
        fix="Let the lifecycle delete later than retentionPolicy ends.", severity="high",
    ),
    StackRule(
        id="audit-logs-kept", types=(SINK,), check=checks.keeps_its_logs, levels="MMA",
        title="Exported logs are kept for two years", why="A break-in is found after two hundred days on average.",
        fix="Raise the dataset's default expiration.", severity="high",
    ),
    StackRule(
        id="cidr-no-overlap", types=(NETWORK,), check=checks.ranges_are_disjoint, levels=EVERYWHERE,
        title="No two ranges overlap", why="Addresses would lead to the wrong place, and ranges cannot be changed afterwards.",
        fix="Give each range of network its own part of 10.0.0.0/8.", severity="high",
    ),
    StackRule(
        id="cidr-room-for-pods", types=(NODE_POOL,), check=checks.pods_fit, levels=EVERYWHERE,
        title="Pods have addresses", why="A node that finds no range for its pods does not join.",
        fix="Enlarge the range of pods, or lower maxPodsPerNode.", severity="high",
    ),
    StackRule(
        id="outputs-no-secrets", types=(STACK,), check=checks.outputs_are_references, levels=EVERYWHERE,
        title="Outputs have no secrets", why="Whoever may read the stack reads its outputs.",
        fix="Export the name of the secret.", severity="high",
    ),
)  # fmt: skip
