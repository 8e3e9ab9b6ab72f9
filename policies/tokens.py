"""The tokens of the resource types that rules are about."""

ADDRESS = "gcp:compute/globalAddress:GlobalAddress"
SUBSCRIPTION = "gcp:pubsub/subscription:Subscription"
ACCOUNT = "gcp:serviceaccount/account:Account"
ACCOUNT_GRANT = "gcp:serviceaccount/iAMMember:IAMMember"
ALERT = "gcp:monitoring/alertPolicy:AlertPolicy"
AUDIT = "gcp:projects/iAMAuditConfig:IAMAuditConfig"
BACKUP_PLAN = "gcp:gkebackup/backupPlan:BackupPlan"
BUCKET = "gcp:storage/bucket:Bucket"
BUCKET_GRANT = "gcp:storage/bucketIAMMember:BucketIAMMember"
CHANNEL = "gcp:monitoring/notificationChannel:NotificationChannel"
CONNECTION = "gcp:bigquery/connection:Connection"
CLUSTER = "gcp:container/cluster:Cluster"
CUSTOM_ROLE = "gcp:projects/iAMCustomRole:IAMCustomRole"
DATASET = "gcp:bigquery/dataset:Dataset"
DNS_POLICY = "gcp:dns/policy:Policy"
FIREWALL_POLICY = "gcp:compute/networkFirewallPolicy:NetworkFirewallPolicy"
FIREWALL_RULE = "gcp:compute/networkFirewallPolicyRule:NetworkFirewallPolicyRule"
FORWARDING_RULE = "gcp:compute/globalForwardingRule:GlobalForwardingRule"
HTTPS_PROXY = "gcp:compute/targetHttpsProxy:TargetHttpsProxy"
HTTP_PROXY = "gcp:compute/targetHttpProxy:TargetHttpProxy"
INSTANCE = "gcp:sql/databaseInstance:DatabaseInstance"
JOB = "gcp:cloudscheduler/job:Job"
KEY = "gcp:kms/cryptoKey:CryptoKey"
KEY_GRANT = "gcp:kms/cryptoKeyIAMMember:CryptoKeyIAMMember"
KEY_RING = "gcp:kms/keyRing:KeyRing"
RESTORE_PLAN = "gcp:gkebackup/restorePlan:RestorePlan"
NAT = "gcp:compute/routerNat:RouterNat"
NETWORK = "gcp:compute/network:Network"
NETWORK_ASSOCIATION = "gcp:compute/networkFirewallPolicyAssociation:NetworkFirewallPolicyAssociation"
NODE_POOL = "gcp:container/nodePool:NodePool"
PEERING = "gcp:servicenetworking/connection:Connection"
PROJECT_GRANT = "gcp:projects/iAMMember:IAMMember"
PROVIDER = "pulumi:providers:gcp"
REDIS = "gcp:redis/instance:Instance"
REDIS_CLUSTER = "gcp:redis/cluster:Cluster"
REPOSITORY = "gcp:artifactregistry/repository:Repository"
SECRET = "gcp:secretmanager/secret:Secret"  # noqa: S105 - a type, not a secret
SECRET_VERSION = "gcp:secretmanager/secretVersion:SecretVersion"  # noqa: S105 - a type, not a secret
SINK = "gcp:logging/projectSink:ProjectSink"
SUBNET = "gcp:compute/subnetwork:Subnetwork"
TLS_POLICY = "gcp:compute/sSLPolicy:SSLPolicy"
TOPIC = "gcp:pubsub/topic:Topic"
URL_MAP = "gcp:compute/uRLMap:URLMap"
USER = "gcp:sql/user:User"
VALKEY = "gcp:memorystore/instance:Instance"
ZONE = "gcp:dns/managedZone:ManagedZone"

GRANTS = (
    "gcp:artifactregistry/repositoryIamMember:RepositoryIamMember",
    "gcp:bigquery/connectionIamMember:ConnectionIamMember",
    "gcp:bigquery/datasetIamMember:DatasetIamMember",
    "gcp:bigtable/instanceIamMember:InstanceIamMember",
    "gcp:kms/cryptoKeyIAMMember:CryptoKeyIAMMember",
    "gcp:logging/logViewIamMember:LogViewIamMember",
    "gcp:projects/iAMMember:IAMMember",
    "gcp:pubsub/subscriptionIAMMember:SubscriptionIAMMember",
    "gcp:pubsub/topicIAMMember:TopicIAMMember",
    "gcp:secretmanager/secretIamMember:SecretIamMember",
    "gcp:serviceaccount/iAMMember:IAMMember",
    "gcp:storage/bucketIAMMember:BucketIAMMember",
)
"""Each gives one member one role on one thing."""

CRON_JOB = "kubernetes:batch/v1:CronJob"
ELASTICSEARCH = "kubernetes:elasticsearch.k8s.elastic.co/v1:Elasticsearch"
NAMESPACE = "kubernetes:core/v1:Namespace"
NETWORK_POLICY = "kubernetes:networking.k8s.io/v1:NetworkPolicy"
KUBERNETES_ACCOUNT = "kubernetes:core/v1:ServiceAccount"
STATEFUL_SET = "kubernetes:apps/v1:StatefulSet"
DEPLOYMENT = "kubernetes:apps/v1:Deployment"
SERVICE = "kubernetes:core/v1:Service"
CONFIG_MAP = "kubernetes:core/v1:ConfigMap"
STORAGE_CLASS = "kubernetes:storage.k8s.io/v1:StorageClass"
SECRET_FILES = "kubernetes:secrets-store.csi.x-k8s.io/v1:SecretProviderClass"  # noqa: S105 - a type, not a secret
QUOTA = "kubernetes:core/v1:ResourceQuota"
LIMITS = "kubernetes:core/v1:LimitRange"
BUDGET = "kubernetes:policy/v1:PodDisruptionBudget"
ROLES = ("kubernetes:rbac.authorization.k8s.io/v1:Role", "kubernetes:rbac.authorization.k8s.io/v1:ClusterRole")
ROLE_BINDINGS = (
    "kubernetes:rbac.authorization.k8s.io/v1:RoleBinding",
    "kubernetes:rbac.authorization.k8s.io/v1:ClusterRoleBinding",
)

SERVING = (STATEFUL_SET, DEPLOYMENT, "kubernetes:apps/v1:DaemonSet")
"""Pods that are meant to run for ever."""
WORKLOADS = (*SERVING, "kubernetes:batch/v1:Job", CRON_JOB, "kubernetes:core/v1:Pod", ELASTICSEARCH)
"""Everything that makes pods."""
