"""Identities and grants."""

from __future__ import annotations

import re

from ...errors import Refusal
from ...values import at
from ..catalog import service_agents
from ..view import AGENTS_WITH_THEIR_API, Request, invalid, not_allowed
from . import rule

ACCOUNT = "gcp:serviceaccount/account:Account"
CUSTOM_ROLE = "gcp:projects/iAMCustomRole:IAMCustomRole"
CLUSTER = "gcp:container/cluster:Cluster"
IDENTITY = "gcp:projects/serviceIdentity:ServiceIdentity"
LOG_VIEW_GRANT = "gcp:logging/logViewIamMember:LogViewIamMember"
LOG_VIEWS = ("_Default/_Default", "_Default/_AllLogs", "_Required/_AllLogs")
"""The views of logs that every project has."""
GRANTS = {
    "gcp:artifactregistry/repositoryIamMember:RepositoryIamMember": "artifactregistry",
    "gcp:bigquery/connectionIamMember:ConnectionIamMember": "bigquery",
    "gcp:bigquery/datasetIamMember:DatasetIamMember": "bigquery",
    "gcp:bigtable/instanceIamMember:InstanceIamMember": "bigtable",
    "gcp:kms/cryptoKeyIAMMember:CryptoKeyIAMMember": "cloudkms",
    "gcp:secretmanager/secretIamMember:SecretIamMember": "secretmanager",
    "gcp:pubsub/topicIAMMember:TopicIAMMember": "pubsub",
    "gcp:pubsub/subscriptionIAMMember:SubscriptionIAMMember": "pubsub",
    "gcp:storage/bucketIAMMember:BucketIAMMember": "storage",
    "gcp:serviceaccount/iAMMember:IAMMember": "iam",
    LOG_VIEW_GRANT: "logging",
    "gcp:projects/iAMMember:IAMMember": None,
}
"""The grants on each kind of resource, and the service whose roles can be granted there (None: any)."""
MEMBER = re.compile(
    r"allUsers|allAuthenticatedUsers"
    r"|(user|serviceAccount|group):[^@\s]+@[^@\s]+\.[^@\s]+"
    r"|domain:[^@\s]+\.[^@\s]+"
    r"|serviceAccount:[a-z0-9-]+\.svc\.id\.goog\[[a-z0-9-]+/[a-z0-9-]+\]"
    r"|(principal|principalSet)://\S+"
)
IAM = "https://cloud.google.com/iam/docs/reference/rest/v1/Policy#Binding"


@rule("member-spelling", *GRANTS, source=IAM)
def member_spelling(request: Request) -> Refusal | None:
    """A member is a kind and an address, such as serviceAccount:name@project.iam.gserviceaccount.com."""
    member = str(request.get("member"))
    if MEMBER.fullmatch(member):
        return None
    return not_allowed(f'invalid value "{member}" for member (IAM members must have one of the values outlined here: {IAM})')


@rule("member-exists", *GRANTS, source="https://cloud.google.com/iam/docs/granting-changing-revoking-access", numbers=(30,))
def member_exists(request: Request) -> Refusal | None:
    """A grant to a service account of this cloud needs the account, and one to a service agent the agent."""
    member = str(request.get("member"))
    kind, _, email = member.partition(":")
    if kind != "serviceAccount" or ".svc.id.goog" in email:
        return None
    own = re.fullmatch(r"[^@]+@([a-z0-9-]+)\.iam\.gserviceaccount\.com", email)
    if own and email.startswith(("service-", "bq-")):
        declared = any(row.computed.get("email") == email for row in request.cloud.all(IDENTITY))
        with_api = [service for service in AGENTS_WITH_THEIR_API if request.cloud.agent(service, request.project) == email]
        known = (
            declared or request.cloud.was_asked_for(email) or any(request.cloud.has_agent(s, request.project) for s in with_api)
        )
    elif own and own[1] == request.project:
        known = request.cloud.named(ACCOUNT, f"projects/{request.project}/serviceAccounts/{email}") is not None
    else:
        known = True
    return None if known else invalid(f"Service account {email} does not exist.", "badRequest")


@rule("identity-pool-exists", *GRANTS, source="https://cloud.google.com/kubernetes-engine/docs/how-to/workload-identity")
def identity_pool_exists(request: Request) -> Refusal | None:
    """A pod's identity can be granted something once a cluster of its project has workload identity."""
    pod = re.fullmatch(r"serviceAccount:([a-z0-9-]+\.svc\.id\.goog)\[.+\]", str(request.get("member")))
    if pod is None:
        return None
    clusters = request.cloud.all(CLUSTER)
    if any(at(cluster.config, "workloadIdentityConfig.workloadPool") == pod[1] for cluster in clusters):
        return None
    return invalid(
        f"Identity Pool does not exist ({pod[1]}). Please check that you specified a valid resource name.", "badRequest"
    )


@rule("role-on-resource", *GRANTS, source="https://cloud.google.com/iam/docs/understanding-roles")
def role_on_resource(request: Request) -> Refusal | None:
    """A resource takes the roles of its own service."""
    role, service = str(request.get("role")), GRANTS[request.type.type]
    spelled = re.fullmatch(r"roles/(?:([a-z0-9]+)\.)?[A-Za-z0-9]+|(projects|organizations)/[^/]+/roles/\S+", role)
    if spelled and (service is None or spelled[1] in (service, None)):
        return None
    return invalid(f"Role {role} is not supported for this resource.", "badRequest")


@rule("log-view-exists", LOG_VIEW_GRANT, source="https://cloud.google.com/logging/docs/logs-views#about-log-views")
def log_view_exists(request: Request) -> Refusal | None:
    """Logs are read through a view; a project has three from the start."""
    bucket, view = str(request.get("bucket")).rsplit("/", 1)[-1], str(request.get("name")).rsplit("/", 1)[-1]
    if f"{bucket}/{view}" in LOG_VIEWS:
        return None
    return Refusal(404, f"View {view} of bucket {bucket} does not exist.", "notFound")


@rule("custom-role-exists", *GRANTS, source="https://cloud.google.com/iam/docs/creating-custom-roles")
def custom_role_exists(request: Request) -> Refusal | None:
    """A role of one's own must exist before it is granted."""
    role = str(request.get("role"))
    if not role.startswith("projects/") or request.cloud.named(CUSTOM_ROLE, role):
        return None
    return invalid(f"Role ({role}) does not exist in the resource's hierarchy.", "badRequest")


@rule("account-id", ACCOUNT, source="https://cloud.google.com/iam/docs/service-accounts-create")
def account_id(request: Request) -> Refusal | None:
    """A service account's id has 6 to 30 characters."""
    name = str(request.get("accountId"))
    if 6 <= len(name) <= 30:
        return None
    return not_allowed(f'"account_id" ("{name}") must be between 6 and 30 characters long')


@rule("service-has-agent", IDENTITY, source="https://cloud.google.com/iam/docs/service-agents")
def service_has_agent(request: Request) -> Refusal | None:
    """Only some services have an agent that can be asked for, and only where their API is enabled."""
    service = str(request.get("service"))
    if service not in service_agents() or service in AGENTS_WITH_THEIR_API:
        return Refusal(404, f"Service {service} has no service identity.", "notFound")
    if not request.cloud.is_enabled(service, request.project):
        return Refusal(403, f"Service {service} is not enabled for consumer projects/{request.project}.", "SERVICE_DISABLED")
    return None
