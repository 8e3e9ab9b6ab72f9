"""The tokens of the resource types that rules are about."""

ACCOUNT = "gcp:serviceaccount/account:Account"
ALERT = "gcp:monitoring/alertPolicy:AlertPolicy"
AUDIT = "gcp:projects/iAMAuditConfig:IAMAuditConfig"
BUCKET = "gcp:storage/bucket:Bucket"
CLUSTER = "gcp:container/cluster:Cluster"
DATASET = "gcp:bigquery/dataset:Dataset"
FIREWALL_RULE = "gcp:compute/networkFirewallPolicyRule:NetworkFirewallPolicyRule"
HTTPS_PROXY = "gcp:compute/targetHttpsProxy:TargetHttpsProxy"
INSTANCE = "gcp:sql/databaseInstance:DatabaseInstance"
KEY = "gcp:kms/cryptoKey:CryptoKey"
NODE_POOL = "gcp:container/nodePool:NodePool"
REDIS = "gcp:redis/instance:Instance"
REDIS_CLUSTER = "gcp:redis/cluster:Cluster"
SECRET = "gcp:secretmanager/secret:Secret"  # noqa: S105 - a type, not a secret
SUBNET = "gcp:compute/subnetwork:Subnetwork"
TLS_POLICY = "gcp:compute/sSLPolicy:SSLPolicy"
TOPIC = "gcp:pubsub/topic:Topic"
VALKEY = "gcp:memorystore/instance:Instance"

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
