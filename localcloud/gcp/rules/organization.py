"""What comes from the organisation around a project: policies, perimeters, Security Command Center."""

from __future__ import annotations

import re
from typing import Any

from ...errors import Refusal
from ...values import every
from ..view import Request, invalid
from . import rule

POLICY = "gcp:orgpolicy/policy:Policy"
PERIMETER = "gcp:accesscontextmanager/servicePerimeter:ServicePerimeter"
NOTIFICATION = "gcp:securitycenter/v2ProjectNotificationConfig:V2ProjectNotificationConfig"
POLICIES = "https://cloud.google.com/resource-manager/docs/organization-policy"
PERIMETERS = "https://cloud.google.com/access-context-manager/docs/reference/rest/v1/accessPolicies.servicePerimeters"
SERVICE_CONTROLS = "https://github.com/terraform-google-modules/terraform-google-vpc-service-controls"
FINDINGS = "https://cloud.google.com/security-command-center/docs"

ON_OFF = frozenset(
    {
        "compute.disableSerialPortAccess",
        "compute.requireOsLogin",
        "compute.requireShieldedVm",
        "compute.skipDefaultNetworkCreation",
        "iam.automaticIamGrantsForDefaultServiceAccounts",
        "iam.disableServiceAccountKeyCreation",
        "iam.disableServiceAccountKeyUpload",
        "iam.managed.disableServiceAccountKeyCreation",
        "iam.managed.disableServiceAccountKeyUpload",
        "sql.restrictAuthorizedNetworks",
        "sql.restrictPublicIp",
        "storage.publicAccessPrevention",
        "storage.uniformBucketLevelAccess",
    }
)
"""Constraints that are enforced or not: those that concern the services in use."""
LISTS = frozenset(
    {
        "compute.restrictVpcPeering",
        "compute.vmExternalIpAccess",
        "gcp.resourceLocations",
        "gcp.restrictCmekCryptoKeyProjects",
        "gcp.restrictNonCmekServices",
        "gcp.restrictServiceUsage",
        "gcp.restrictTLSVersion",
        "iam.allowedPolicyMemberDomains",
    }
)
"""Constraints with values."""
PARENT = r"(?:projects|folders|organizations)/[^/]+"


def _constraint(request: Request) -> str:
    return str(request.get("name")).rsplit("/policies/", 1)[-1]


@rule(
    "org-policy-name",
    POLICY,
    source="https://cloud.google.com/resource-manager/docs/reference/orgpolicy/rest/v2/projects.policies",
)
def org_policy_name(request: Request) -> Refusal | None:
    """A policy is called after its parent and its constraint, without `constraints/`."""
    name, parent = str(request.get("name")), str(request.get("parent"))
    if re.fullmatch(PARENT, parent) and re.fullmatch(rf"{re.escape(parent)}/policies/[\w.]+", name):
        return None
    return invalid(f"Invalid policy name '{name}' under '{parent}': it must be of the form {{parent}}/policies/{{constraint}}.")


@rule("org-policy-constraint", POLICY, source=f"{POLICIES}/org-policy-constraints")
def org_policy_constraint(request: Request) -> Refusal | None:
    """There is a policy on known constraints only, and on custom ones."""
    constraint = _constraint(request)
    if constraint in ON_OFF | LISTS or constraint.startswith("custom."):
        return None
    return Refusal(404, f"Requested entity was not found: constraints/{constraint}.", "notFound")


@rule("org-policy-rules", POLICY, source=f"{POLICIES}/understanding-constraints")
def org_policy_rules(request: Request) -> Refusal | None:
    """A constraint that is on or off is enforced or not; one with values allows or denies them."""
    constraint = _constraint(request)
    for given in (*request.every("spec.rules[]"), *request.every("dryRunSpec.rules[]")):
        listed = [key for key in ("values", "allowAll", "denyAll") if given.get(key)]
        if constraint in ON_OFF and listed:
            return invalid(f"The policy on the boolean constraint constraints/{constraint} cannot have {', '.join(listed)}.")
        if constraint in LISTS and given.get("enforce"):
            return invalid(f"The policy on the list constraint constraints/{constraint} cannot have enforce.")
    return None


@rule("org-policy-locations", POLICY, source=f"{POLICIES}/defining-locations")
def org_policy_locations(request: Request) -> Refusal | None:
    """After `in:` comes a group of locations, such as us-east1-locations."""
    if _constraint(request) != "gcp.resourceLocations":
        return None
    for kind in ("allowedValues", "deniedValues"):
        for value in request.every(f"spec.rules[].values.{kind}[]"):
            if str(value).startswith("in:") and not re.fullmatch(r"in:[a-z0-9-]+-locations", str(value)):
                return invalid(f"The policy contains invalid list value(s): [{value}]. Please fix the values in the policy.")
    return None


@rule("perimeter-name", PERIMETER, source=f"{PERIMETERS}#ServicePerimeter")
def perimeter_name(request: Request) -> Refusal | None:
    """A perimeter is in the access policy of a number; its own name has letters, digits and underscores."""
    name, parent = str(request.get("name")), str(request.get("parent"))
    if re.fullmatch(r"accessPolicies/[1-9]\d{0,18}", parent) and re.fullmatch(
        rf"{parent}/servicePerimeters/[A-Za-z][A-Za-z0-9_]{{0,49}}", name
    ):
        return None
    return invalid(
        f"Invalid Service Perimeter name '{name}'. It must be of the form accessPolicies/{{number}}/servicePerimeters/{{name}}."
    )


@rule("perimeter-members", PERIMETER, source=f"{SERVICE_CONTROLS}/issues/116")
def perimeter_members(request: Request) -> Refusal | None:
    """Inside a perimeter are projects, by their numbers, and networks."""
    for member in _in_both(request, "resources[]"):
        if not re.fullmatch(r"projects/[1-9]\d{0,18}|//compute\.googleapis\.com/projects/[^/]+/global/networks/[^/]+", member):
            return invalid(
                f"Invalid Service Perimeter '{request.get('name')}'. Invalid perimeter member: '{member}'. Must be of the form "
                "'projects/[1-9][0-9]{0,18}' or '//compute.googleapis.com/projects/{project}/global/networks/{network}'."
            )
    return None


@rule("perimeter-services", PERIMETER, source="https://github.com/GoogleCloudPlatform/magic-modules/pull/1438")
def perimeter_services(request: Request) -> Refusal | None:
    """A perimeter names the services that it restricts; there is no word for all of them."""
    for service in _in_both(request, "restrictedServices[]"):
        if not re.fullmatch(r"[a-z-]+\.googleapis\.com", service):
            return invalid(
                f"Service '{service}' is not supported by VPC Service Controls. The list of supported services is documented at "
                "https://cloud.google.com/vpc-service-controls/docs/overview."
            )
    return None


@rule("perimeter-dry-run", PERIMETER, source=f"{PERIMETERS}#ServicePerimeter.FIELDS.use_explicit_dry_run_spec")
def perimeter_dry_run(request: Request) -> Refusal | None:
    """What is tried in a dry run is said to be: without the flag there is no `spec`."""
    if request.get("spec") is None or request.get("useExplicitDryRunSpec") is True:
        return None
    return invalid(
        f"Invalid Service Perimeter '{request.get('name')}': useExplicitDryRunSpec must be true if any field of spec is set."
    )


@rule("perimeter-ingress", PERIMETER, source=f"{SERVICE_CONTROLS}/pull/109")
def perimeter_ingress(request: Request) -> Refusal | None:
    """What may come in goes to something inside."""
    for form in ("status", "spec"):
        inside = {"*", *request.every(f"{form}.resources[]")}
        for target in request.every(f"{form}.ingressPolicies[].ingressTo.resources[]"):
            if target not in inside:
                return invalid(
                    f"Invalid Directional Policies set in Perimeter '{request.get('name')}': Error in IngressTo: '{target}' is "
                    "defined in `IngressTo.resources`, but it is not present in `ServicePerimeterConfig.resources`."
                )
    return None


@rule("perimeter-overlap", PERIMETER, source=f"{PERIMETERS}#ServicePerimeter")
def perimeter_overlap(request: Request) -> Refusal | None:
    """A project is inside one regular perimeter."""
    for row in request.cloud.all(PERIMETER):
        for form in ("status", "spec"):
            shared = {*request.every(f"{form}.resources[]")} & {*every(row.config, f"{form}.resources[]")}
            if row.name != request.name and shared and _regular(request.new) and _regular(row.config):
                return invalid(f"'{min(shared)}' is in more than one regular Service Perimeter, of which there can be one.")
    return None


def _regular(perimeter: Any) -> bool:
    return perimeter.get("perimeterType") != "PERIMETER_TYPE_BRIDGE"


def _in_both(request: Request, path: str) -> list[str]:
    """The values at a path in what is enforced and in what is tried."""
    return [str(value) for form in ("status", "spec") for value in request.every(f"{form}.{path}")]


@rule("security-center-activated", NOTIFICATION, source=f"{FINDINGS}/activate-scc-overview", numbers=(53,))
def security_center_activated(request: Request) -> Refusal | None:
    """Security Command Center must be activated, for the project or its organisation."""
    if request.cloud.store.meta(f"security-center:{request.project}") != "off":
        return None
    return Refusal(403, f"Security Command Center is not activated for projects/{request.project}.", "failedPrecondition")


@rule(
    "notification-id",
    NOTIFICATION,
    verbs=("create",),
    source=f"{FINDINGS}/reference/rest/v2/projects.locations.notificationConfigs/create",
)
def notification_id(request: Request) -> Refusal | None:
    """A notification's id has 1 to 128 letters, digits, hyphens and underscores."""
    name = str(request.get("configId"))
    return None if re.fullmatch(r"[A-Za-z0-9_-]{1,128}", name) else invalid(f"Invalid notification config id '{name}'.")
