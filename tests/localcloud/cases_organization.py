"""Cases about organisation policies, perimeters and Security Command Center: a program that breaks each rule, and its twin."""

from __future__ import annotations

from typing import Any

from localcloud.gcp.naming import project_number

from .parts import TOPIC, Case, api, project_of
from .world import Res

POLICY = "gcp:orgpolicy/policy:Policy"
PERIMETER = "gcp:accesscontextmanager/servicePerimeter:ServicePerimeter"
NOTIFICATION = "gcp:securitycenter/v2ProjectNotificationConfig:V2ProjectNotificationConfig"
ACCESS_POLICY = "accessPolicies/123456789"
ENFORCED = {"enforce": "TRUE"}


def policy(project: str, constraint: str = "sql.restrictPublicIp", prefix: str = "", **given: Any) -> Res:
    parent = f"projects/{project}"
    inputs = {"name": f"{parent}/policies/{prefix}{constraint}", "parent": parent, "spec": {"rules": [given or ENFORCED]}}
    return Res("policy", POLICY, inputs)


def allowed(*places: str) -> dict[str, Any]:
    return {"values": {"allowedValues": list(places)}}


def inside(project: str, **more: Any) -> dict[str, Any]:
    return {"resources": [f"projects/{project_number(project)}"], "restrictedServices": ["storage.googleapis.com"], **more}


def perimeter(project: str, suffix: str = "", flag: bool = True, title: str = "one", **more: Any) -> Res:
    """A perimeter in a dry run."""
    name = f"{ACCESS_POLICY}/servicePerimeters/{project.replace('-', '_')}{suffix}"
    spec = {"useExplicitDryRunSpec": flag, "spec": inside(project, **more)}
    return Res(f"perimeter{suffix}", PERIMETER, {"parent": ACCESS_POLICY, "name": name, "title": title, **spec})


def ingress(target: str) -> dict[str, Any]:
    operation = {"serviceName": "pubsub.googleapis.com", "methodSelectors": [{"method": "*"}]}
    policy = {"ingressFrom": {"identityType": "ANY_IDENTITY"}, "ingressTo": {"resources": [target], "operations": [operation]}}
    return {"ingressPolicies": [policy]}


def notification(project: str, name: str = "findings") -> Res:
    wanted = {"filter": 'state = "ACTIVE"'}
    target = f"projects/{project}/topics/findings"
    return Res("notification", NOTIFICATION, {"configId": name, "pubsubTopic": target, "streamingConfig": wanted})


def _of(rule: str, says: str, setup: list[Res], bad: Res, good: Res) -> Case:
    return Case(rule=rule, project=project_of(rule), setup=setup, bad=[*setup, bad], good=[*setup, good], says=says)


def _policies() -> list[Case]:
    setup = [api("orgpolicy")]
    places, boolean = "gcp.resourceLocations", "sql.restrictPublicIp"
    wrong_and_right: dict[str, tuple[str, dict[str, Any], dict[str, Any]]] = {
        "org-policy-name": ("Invalid policy name", {"prefix": "constraints/"}, {}),
        "org-policy-constraint": ("Requested entity was not found", {"constraint": "sql.noPublicIp"}, {"constraint": boolean}),
        "org-policy-rules": ("boolean constraint", allowed("a"), ENFORCED),
        "org-policy-locations": (
            "invalid list value",
            {"constraint": places, **allowed("in:us-east1")},
            {"constraint": places, **allowed("in:us-east1-locations")},
        ),
    }
    return [
        _of(rule, says, setup, policy(project_of(rule), **wrong), policy(project_of(rule), **right))
        for rule, (says, wrong, right) in wrong_and_right.items()
    ]


def _perimeters() -> list[Case]:
    setup = [api("accesscontextmanager")]
    member, own = project_of("perimeter-members"), f"projects/{project_number(project_of('perimeter-ingress'))}"
    wrong_and_right: dict[str, tuple[str, dict[str, Any], dict[str, Any]]] = {
        "perimeter-name": ("Invalid Service Perimeter name", {"suffix": "-dashed"}, {}),
        "perimeter-members": ("Invalid perimeter member", {"resources": [f"projects/{member}"]}, {}),
        "perimeter-services": ("is not supported by VPC Service Controls", {"restrictedServices": ["*"]}, {}),
        "perimeter-dry-run": ("useExplicitDryRunSpec must be true", {"flag": False}, {"flag": True}),
        "perimeter-ingress": ("not present in `ServicePerimeterConfig.resources`", ingress("projects/1"), ingress(own)),
    }
    cases = [
        _of(rule, says, setup, perimeter(project_of(rule), **wrong), perimeter(project_of(rule), **right))
        for rule, (says, wrong, right) in wrong_and_right.items()
    ]
    p = project_of("perimeter-overlap")
    first = [*setup, perimeter(p)]
    second, elsewhere = perimeter(p, "_two", title="two"), perimeter(p, "_two", title="two", resources=["projects/1"])
    return [*cases, _of("perimeter-overlap", "in more than one regular Service Perimeter", first, second, elsewhere)]


def _notifications() -> list[Case]:
    setup = [api("securitycenter"), api("pubsub"), Res("topic", TOPIC, {"name": "findings"})]
    p = project_of("security-center-activated")
    whole = [*setup, notification(p)]
    activated = Case(
        rule="security-center-activated",
        project=p,
        setup=setup,
        bad=whole,
        good=whole,
        stage=[("security-center", p, "off")],
        unstage=[("security-center", p, "on")],
        says="Security Command Center is not activated",
    )
    ids = project_of("notification-id")
    return [
        activated,
        _of("notification-id", "Invalid notification config id", setup, notification(ids, "all findings"), notification(ids)),
    ]


ORGANIZATION_CASES: tuple[Case, ...] = (*_policies(), *_perimeters(), *_notifications())
