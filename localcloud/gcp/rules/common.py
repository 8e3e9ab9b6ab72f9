"""What holds for every resource type: APIs, names, references, quotas, operations under way, deletion guards."""

from __future__ import annotations

from ...errors import Refusal
from ...outages import lost_region
from ...values import at
from ..naming import project_number
from ..view import ENABLED_FROM_THE_START, Request, invalid, not_allowed
from . import EVERY_TYPE, rule

DAY = 86400
ERRORS = "https://cloud.google.com/apis/design/errors"


@rule(
    "api-enabled",
    EVERY_TYPE,
    verbs=("create", "update", "delete"),
    source="https://cloud.google.com/service-usage/docs/enable-disable",
    numbers=(7, 49),
)
def api_enabled(request: Request) -> Refusal | None:
    """The service's API must be enabled in the project, also for a deletion."""
    api = request.type.api
    if api in ENABLED_FROM_THE_START or request.cloud.is_enabled(api, request.project):
        return None
    number = project_number(request.project)
    return Refusal(
        403,
        f"{api} API has not been used in project {number} before or it is disabled. Enable it by visiting "
        f"https://console.developers.google.com/apis/api/{api}/overview?project={number} then retry. If you enabled "
        "this API recently, wait a few minutes for the action to propagate to our systems and retry.",
        "SERVICE_DISABLED",
    )


@rule(
    "region-answers",
    EVERY_TYPE,
    verbs=("create", "update", "delete"),
    source="https://cloud.google.com/docs/geography-and-regions#regional_resources",
)
def region_answers(request: Request) -> Refusal | None:
    """What is in a region that is lost answers nobody."""
    region = lost_region(request.cloud.store, request.new or request.old)
    return Refusal(503, f"The service is currently unavailable in region {region}.", "backendError") if region else None


@rule("name-taken", EVERY_TYPE, verbs=("create",), source=ERRORS)
def name_taken(request: Request) -> Refusal | None:
    """A name can be used once."""
    if request.type.idempotent or request.cloud.store.get(request.name) is None:
        return None
    if request.type.taken:
        return Refusal(409, request.type.taken, "conflict")
    message = f"The {request.type.kind} '{request.path}' already exists."
    if request.type.kind == "NetworkFirewallPolicyRule":
        message = "Cannot have rules with the same priorities."
    return Refusal(409, message, "alreadyExists")


@rule(
    "name-reserved",
    EVERY_TYPE,
    verbs=("create",),
    source="https://cloud.google.com/sql/docs/postgres/delete-instance, https://cloud.google.com/kms/docs/faq",
    numbers=(5, 31),
)
def name_reserved(request: Request) -> Refusal | None:
    """Some names stay taken after a deletion: Firestore's for minutes, Cloud SQL's for a week, those of keys for ever."""
    kept = request.cloud.store.kept(request.name)
    if kept is None or request.type.idempotent:
        return None
    if kept.until is None:
        return Refusal(409, f"{request.type.kind} {request.path} already exists.", "alreadyExists")
    wait = kept.until - request.cloud.now
    if wait < DAY:
        return Refusal(
            409, f"{request.type.kind} ID of {request.path} is not available. Please retry in {wait:.0f} seconds", "aborted"
        )
    return Refusal(
        409,
        "The Cloud SQL instance already exists. When you delete an instance, you can't reuse the name of the deleted "
        "instance until one week from the deletion date.",
        "instanceAlreadyExists",
    )


@rule("reference-exists", EVERY_TYPE, source=ERRORS)
def reference_exists(request: Request) -> Refusal | None:
    """What a resource refers to must exist."""
    for reference in request.type.references:
        for value in request.every(reference.path):
            name, row = request.target(reference, value)
            if row is None:
                path = name.split("/", 3)[-1]
                return Refusal(404, f"The resource '{path}' was not found", "notFound")
    return None


@rule("still-in-use", EVERY_TYPE, verbs=("delete",), source=ERRORS)
def still_in_use(request: Request) -> Refusal | None:
    """What others refer to cannot be deleted."""
    if request.get("deletionPolicy") == "ABANDON":
        return None
    holders = request.cloud.store.pointing_at(request.name, "restrict")
    if not holders:
        return None
    holder = holders[0].name.split("/", 3)[-1]
    return invalid(
        f"The {request.type.kind} resource '{request.path}' is already being used by '{holder}'",
        "resourceInUseByAnotherResource",
    )


@rule("quota", EVERY_TYPE, verbs=("create",), source="https://cloud.google.com/docs/quotas/overview")
def quota(request: Request) -> Refusal | None:
    """A project may have so many of a type."""
    limited = request.type.quota
    if limited is None:
        return None
    limit = int(request.cloud.store.meta(f"quota:{limited.metric}") or limited.limit)
    if len(request.cloud.all(request.type.type, request.project)) < limit:
        return None
    return Refusal(403, f"Quota '{limited.metric}' exceeded. Limit: {limit}.0 in project {request.project}.", "quotaExceeded")


@rule(
    "operation-in-progress",
    EVERY_TYPE,
    verbs=("create", "update", "delete"),
    source="https://cloud.google.com/sql/docs/postgres/error-messages",
    numbers=(12,),
)
def operation_in_progress(request: Request) -> Refusal | None:
    """While an operation runs on a resource, another on it or on what lives inside it is refused."""
    store = request.cloud.store
    near = [store.get(request.name), *store.targets(request.name)]
    for reference in request.type.references:
        values = request.every(reference.path) if reference.on_delete != "ignore" else []
        near += [request.target(reference, v)[1] for v in values]
    if any(row and row.busy_until > request.cloud.now for row in near):
        return Refusal(
            409,
            "Operation failed because another operation was already in progress. Try your request after the current "
            "operation is complete.",
            "operationInProgress",
        )
    return None


@rule(
    "deletion-guard",
    EVERY_TYPE,
    verbs=("delete",),
    source="https://cloud.google.com/sql/docs/postgres/deletion-protection, provider argument reference",
    numbers=(37,),
)
def deletion_guard(request: Request) -> Refusal | None:
    """A deletion is refused while a guard is on: the provider's, the API's, or the deletion policy PREVENT."""
    if request.get("deletionPolicy") == "PREVENT":
        return not_allowed(
            f"cannot destroy {request.type.kind} {request.path} without setting deletionPolicy to something other "
            "than PREVENT and running `pulumi up`"
        )
    for guard in request.type.guards:
        if request.get(guard) is True:
            if "." not in guard:
                return not_allowed(
                    f"cannot destroy {request.type.kind} {request.path} without setting {guard}=false and running `pulumi up`"
                )
            return invalid(
                "The instance is protected. Please disable the deletion protection and try again. To disable deletion "
                "protection, update the instance settings with deletionProtectionEnabled set to false.",
                "failedPrecondition",
            )
    return None


@rule("key-location", EVERY_TYPE, source="https://cloud.google.com/kms/docs/cmek#when-use-cmek", numbers=(11, 27, 35, 40, 51))
def key_location(request: Request) -> Refusal | None:
    """A customer-managed key must exist, in the location of what it encrypts."""
    for key, location, _ in _keys(request):
        row = request.cloud.named("gcp:kms/cryptoKey:CryptoKey", key)
        if row is None:
            return Refusal(404, f"CryptoKey {key} not found.", "notFound")
        found = key.split("/locations/")[-1].split("/")[0]
        if location and found != location:
            return invalid(
                f"The customer-managed key {key} is in location {found}; {request.type.kind} '{request.path}' needs a "
                f"key in location {location}."
            )
    return None


@rule("key-grant", EVERY_TYPE, source="https://cloud.google.com/kms/docs/cmek#access-control", numbers=(11, 28, 35))
def key_grant(request: Request) -> Refusal | None:
    """The service's agent must be allowed to use a customer-managed key."""
    for key, _, agent in _keys(request):
        row = request.cloud.named("gcp:kms/cryptoKey:CryptoKey", key)
        email = request.cloud.agent(agent, request.project)
        if not request.cloud.has_agent(agent, request.project):
            return invalid(
                "Per-Product Per-Project Service Account is not found. Please create one before creating your "
                f"CMEK-enabled resource: {email}"
            )
        role = "roles/cloudkms.cryptoKeyEncrypterDecrypter"
        if row and not request.cloud.is_granted(row, f"serviceAccount:{email}", role):
            return Refusal(
                403,
                f"Permission denied on Cloud KMS key {key}. Please grant {role} to the service account {email}.",
                "kmsPermissionDenied",
            )
    return None


def _keys(request: Request) -> list[tuple[str, str, str]]:
    """(key, location it must be in or "", service) of every customer-managed key that the request names."""
    found: list[tuple[str, str, str]] = []
    for use in request.type.keys:
        for part in request.every(use.within) if use.within else [request.new]:
            key = at(part, use.path)
            if key:
                found.append((str(key), request.filled(use.location, part) or "", use.agent))
    return found
