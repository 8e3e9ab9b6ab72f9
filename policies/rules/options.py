"""What every resource has: options, labels, names, places."""

from __future__ import annotations

from ..checks import options as checks
from ..remedy import labelled_as_its_provider
from ..resources import STACK
from ..rule import EVERYWHERE, Rule, StackRule
from ..tokens import (
    ADDRESS,
    ALERT,
    BACKUP_PLAN,
    BUCKET,
    CLUSTER,
    CONNECTION,
    DATASET,
    ELASTICSEARCH,
    INSTANCE,
    KEY,
    NETWORK,
    NODE_POOL,
    PEERING,
    PROVIDER,
    REDIS_CLUSTER,
    REPOSITORY,
    SECRET,
    STATEFUL_SET,
    STORAGE_CLASS,
    SUBNET,
    VALKEY,
)

HOLDS_DATA = (
    INSTANCE, "gcp:sql/database:Database", BUCKET, KEY, "gcp:kms/keyRing:KeyRing", SECRET, DATASET, REDIS_CLUSTER, VALKEY, CLUSTER,
    REPOSITORY, BACKUP_PLAN, NETWORK, SUBNET, CONNECTION, PEERING, ADDRESS, STORAGE_CLASS, STATEFUL_SET,
    "kubernetes:core/v1:Namespace", "kubernetes:core/v1:PersistentVolumeClaim", ELASTICSEARCH,
    "kubernetes:apiextensions.k8s.io/v1:CustomResourceDefinition",
)  # fmt: skip
"""What cannot be made again as it was, or takes with it what cannot."""

LABELLED = (
    INSTANCE,
    BUCKET,
    NODE_POOL,
    SECRET,
    ALERT,
    REDIS_CLUSTER,
    VALKEY,
    "gcp:compute/*",
    "gcp:certificatemanager/*",
    "gcp:pubsub/*",
)

RULES = (
    StackRule(
        id="resource-type-denied", types=("gcp:*", "kubernetes:*"), check=checks.type_is_allowed, levels=EVERYWHERE,
        title="Only types that the platform may have", why="Each of these goes round a decision that was taken once.",
        fix="Declare what the message names instead.", severity="high",
        frameworks=(
            "CKV2_GCP_3", "CKV_GCP_44", "CKV_GCP_45", "CKV_GCP_47", "CKV_GCP_48", "CKV_GCP_115", "CKV_GCP_116", "CKV_K8S_152",
            "CKV_K8S_153", "CKV_K8S_154", *(f"CKV_GCP_{number}" for number in range(30, 41)), "GCP-0004", "GCP-0005", "GCP-0008",
            "GCP-0009", "CIS 1.4", "CIS 1.7",
        ),
    ),
    StackRule(
        id="stateful-protected", types=HOLDS_DATA, check=checks.is_protected, is_guard=True,
        title="Pulumi refuses to delete data", why="A renamed component deletes all that it had.",
        fix="Set protect on it; protection.tear_down takes it off where that is meant.", severity="high",
    ),
    StackRule(
        id="no-ignore-changes-on-security", types=("gcp:*", "kubernetes:*"), check=checks.nothing_secure_is_ignored, levels=EVERYWHERE,
        title="No drift of security is ignored", why="What is changed by hand would stay changed.",
        fix="Take the property out of ignoreChanges.", severity="high",
    ),
    StackRule(
        id="no-default-provider", types=("gcp:*", "kubernetes:*"), check=checks.provider_is_explicit, levels=EVERYWHERE,
        title="Resources name their provider", why="The default one takes its project from the machine at hand.",
        fix="Give the component the provider.", severity="medium",
    ),
    StackRule(
        id="component-parented", types=("gcp:*", "kubernetes:*"), check=checks.has_a_parent, levels=EVERYWHERE,
        title="Resources belong to components", why="Nobody can say what a resource without one is for.",
        fix="Set parent=self.", severity="low",
    ),
    Rule(
        id="provider-no-inline-credentials", types=(PROVIDER,), check=checks.provider_has_no_credentials, levels=EVERYWHERE,
        title="Providers have no credentials in them", why="They would be in the state.", fix="Sign in with the environment.",
        severity="critical",
    ),
    Rule(
        id="labels-mandatory", types=(PROVIDER,), check=checks.provider_labels, levels=EVERYWHERE,
        title="Everything is labelled", why="The bill and an incident both ask: whose is it?",
        fix="Set the provider's defaultLabels.", severity="medium", frameworks=("CKV_GCP_21", "GCP-0051"),
    ),
    Rule(
        id="labels-mandatory-alerts", types=(ALERT,), check=checks.labelled("userLabels"), levels=EVERYWHERE,
        remedy=labelled_as_its_provider("userLabels"),
        title="Alerts are labelled", why="The provider's labels do not reach them.", fix="Set userLabels.", severity="low",
    ),
    Rule(
        id="labels-mandatory-databases", types=(INSTANCE,), check=checks.labelled("settings.userLabels"), levels=EVERYWHERE,
        remedy=labelled_as_its_provider("settings.userLabels"),
        title="Databases are labelled", why="The provider's labels do not reach them.", fix="Set settings.userLabels.", severity="low",
    ),
    Rule(
        id="labels-mandatory-nodes", types=(NODE_POOL,), check=checks.labelled("nodeConfig.resourceLabels"), levels=EVERYWHERE,
        remedy=labelled_as_its_provider("nodeConfig.resourceLabels"),
        title="Nodes are labelled", why="They are most of the bill, and the provider's labels do not reach them.",
        fix="Set nodeConfig.resourceLabels.", severity="low",
    ),
    Rule(
        id="labels-valid", types=LABELLED, check=checks.labels_are_valid, levels=EVERYWHERE,
        title="Labels are such that Google takes them", why="It refuses others in the middle of an update.",
        fix="Use small letters, digits, _ and -.", severity="low",
    ),
    Rule(
        id="naming-convention", types=(BUCKET, INSTANCE, CLUSTER, REDIS_CLUSTER), check=checks.named_after_the_platform("name"),
        title="Names say whose they are", why="Names of buckets are the whole world's; others are seen in bills and logs.",
        fix="Let the name begin with alphintra.", severity="low", levels=EVERYWHERE,
    ),
    Rule(
        id="region-allowed", types=("gcp:*",), check=checks.place_is_allowed, levels=EVERYWHERE,
        title="Data stays in two regions", why="Where personal data is kept has been promised.",
        fix="Use us-central1 or us-east1.", severity="high",
    ),
    Rule(
        id="delete-policy-safe", types=HOLDS_DATA, check=checks.not_deleted_with_the_stack, is_guard=True,
        title="Data is not deleted with its declaration", why="DELETE asks nobody.", fix="Set deletionPolicy to PREVENT.",
        severity="high",
    ),
    StackRule(
        id="policy-waivers-valid", types=(STACK,), check=checks.waivers_are_needed, levels=EVERYWHERE,
        title="Every waiver is needed", why="One that is left over excuses the next mistake.",
        fix="Take it out of policies/waivers.yaml.", severity="high",
    ),
)  # fmt: skip
