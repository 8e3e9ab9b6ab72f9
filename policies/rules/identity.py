"""Who may do what, and who sees it."""

from __future__ import annotations

from ..checks.identity import (
    audit_is_whole,
    documents_are_for_few,
    duties_are_separate,
    is_used,
    member_is_ours,
    narrow,
    narrow_at_project,
    no_primitive_role,
    no_public_member,
    no_single_person,
    only_uses,
    role_is_minimal,
    workload_identity_is_exact,
)
from ..rule import EVERYWHERE, Rule, StackRule
from ..tokens import ACCOUNT, ACCOUNT_GRANT, AUDIT, BUCKET_GRANT, CUSTOM_ROLE, GRANTS, KEY_GRANT, PROJECT_GRANT

ON = (
    ("buckets", BUCKET_GRANT, ("roles/storage.objectCreator", "roles/storage.objectUser", "roles/storage.objectViewer")),
    ("keys", KEY_GRANT, ("roles/cloudkms.cryptoKeyEncrypterDecrypter",)),
    ("secrets", "gcp:secretmanager/secretIamMember:SecretIamMember", ("roles/secretmanager.secretAccessor",)),
    ("accounts", ACCOUNT_GRANT, ("roles/iam.serviceAccountTokenCreator", "roles/iam.workloadIdentityUser")),
    ("topics", "gcp:pubsub/topicIAMMember:TopicIAMMember", ("roles/pubsub.publisher",)),
    ("subscriptions", "gcp:pubsub/subscriptionIAMMember:SubscriptionIAMMember", ("roles/pubsub.subscriber",)),
    ("images", "gcp:artifactregistry/repositoryIamMember:RepositoryIamMember", ("roles/artifactregistry.reader",)),
    ("datasets", "gcp:bigquery/datasetIamMember:DatasetIamMember", ("roles/bigquery.dataEditor", "roles/bigquery.dataViewer")),
)
"""What is granted on a thing itself, by its type."""

RULES = (
    Rule(
        id="iam-no-primitive-roles", types=GRANTS, check=no_primitive_role,
        title="Nobody is granted owner, editor or viewer", why="Such a role reaches every store, whoever needed one of them.",
        fix="Grant the narrowest role on the resource itself.", severity="critical",
        levels=EVERYWHERE, frameworks=("CKV_GCP_117", "GCP-0007", "CIS 1.5"),
    ),
    Rule(
        id="iam-no-public-members", types=GRANTS, check=no_public_member,
        title="Nothing is granted to everybody", why="allUsers is the internet.", fix="Name who needs it.",
        severity="critical", levels=EVERYWHERE, frameworks=(
            "CKV_GCP_15", "CKV_GCP_28", "CKV_GCP_99", "CKV_GCP_100", "CKV_GCP_101", "CKV_GCP_112", "CKV_GCP_113", "CKV2_GCP_6",
            "CKV2_GCP_8", "CKV2_GCP_9", "CKV2_GCP_11", "GCP-0001", "GCP-0046", "CIS 1.9", "CIS 5.1",
        ),
    ),
    Rule(
        id="iam-no-single-persons", types=GRANTS, check=no_single_person,
        title="Rights go to groups, not to persons", why="A person who changes teams keeps what nobody remembers to take back.",
        fix="Grant it to a group of identities.groups.", severity="medium",
        levels=EVERYWHERE, frameworks=("GCP-0003",),
    ),
    Rule(
        id="audit-everything", types=(AUDIT,), check=audit_is_whole,
        title="Every access to personal data is logged", why="Without it nobody can say whose documents a thief has read.",
        fix="List ADMIN_READ, DATA_READ and DATA_WRITE under auditLogConfigs, without exemptedMembers.", severity="high",
        frameworks=("CKV2_GCP_5", "GCP-0079", "CIS 2.1"),
    ),
    Rule(
        id="iam-project-roles", types=(PROJECT_GRANT,), check=narrow_at_project, levels=EVERYWHERE,
        title="Little is granted on the whole project", why="Such a role reaches what is made tomorrow, too.",
        fix="Grant it on the resource; if there is no narrower way, add the role to PROJECT_ROLES in policies/checks/identity.py.",
        severity="high", frameworks=("CKV_GCP_41", "CKV_GCP_42", "CKV_GCP_49", "GCP-0011", "CIS 1.5", "CIS 1.6"),
    ),
    Rule(
        id="iam-no-admin-roles", types=GRANTS, check=narrow, levels=EVERYWHERE,
        title="No grant changes who may do what", why="Who administers a store can give it to anybody.",
        fix="Grant a role that uses it.", severity="high", frameworks=("CKV_GCP_42",),
    ),
    *(
        Rule(
            id=f"iam-{what}-roles", types=(type_,), check=only_uses(*roles), levels=EVERYWHERE,
            title=f"Grants on {what} are the narrowest", why="Each of these roles does one thing; others do many.",
            fix="Grant one of the roles of ON in policies/rules/identity.py, or add to them what is needed.", severity="medium",
        )
        for what, type_, roles in ON
    ),
    Rule(
        id="iam-members-known", types=GRANTS, check=member_is_ours, levels=EVERYWHERE,
        title="Members are of the company, and made for something", why="A default account is whatever runs without one of its own; "
        "a private address stays when somebody leaves.",
        fix="Make an account for the workload, or grant it to a group.", severity="medium",
        frameworks=("CKV_GCP_46", "GCP-0006", "GCP-0069", "CIS 1.1"),
    ),
    Rule(
        id="iam-custom-role-minimal", types=(CUSTOM_ROLE,), check=role_is_minimal, levels=EVERYWHERE,
        title="Custom roles change no rights", why="A role that sets policies is every role.",
        fix="Take the permission out.", severity="medium",
    ),
    StackRule(
        id="iam-sa-per-workload", types=(ACCOUNT,), check=is_used, levels="MMA",
        title="Every account is used", why="An account that nobody uses is missed by nobody when it is stolen.",
        fix="Take it out, or give it what it is for.", severity="medium",
    ),
    StackRule(
        id="iam-wi-binding-exact", types=(ACCOUNT_GRANT,), check=workload_identity_is_exact, levels=EVERYWHERE,
        title="One account of a cluster acts as one account", why="Whoever may make a pod could act as it.",
        fix="Name the namespace and account, declare it, and annotate it.", severity="high",
    ),
    StackRule(
        id="iam-separation-of-duties", types=GRANTS, check=duties_are_separate, levels=EVERYWHERE,
        title="Who administers does not use", why="One stolen account must not be enough.",
        fix="Take one of the two roles away.", severity="high", frameworks=("CIS 1.8", "CIS 1.11"),
    ),
    StackRule(
        id="kyc-documents-only-compliance", types=(BUCKET_GRANT,), check=documents_are_for_few, levels=EVERYWHERE,
        title="Identity documents are for those who check them", why="They are what a thief looks for first.",
        fix="Grant it on another bucket, or add to READERS_OF_DOCUMENTS in policies/checks/identity.py.", severity="high",
    ),
)  # fmt: skip
