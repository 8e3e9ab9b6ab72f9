"""What the organisation around the project can add: policies, a perimeter, findings. All of it is off until it is wanted."""

from __future__ import annotations

from collections.abc import Collection
from typing import Annotated, Literal

from pydantic import StringConstraints, model_validator

from .section import ResourceName, Section, setting

POLICIES = "https://cloud.google.com/resource-manager/docs/organization-policy/org-policy-constraints"
PERIMETERS = "https://cloud.google.com/vpc-service-controls/docs"
FINDINGS = "https://cloud.google.com/security-command-center/docs"

Constraint = Literal[
    "iam.disableServiceAccountKeyCreation",
    "sql.restrictPublicIp",
    "storage.publicAccessPrevention",
    "storage.uniformBucketLevelAccess",
]
"""A constraint that is on or off."""
ServiceName = Annotated[str, StringConstraints(pattern=r"^[a-z]+\.googleapis\.com$")]
AccessLevel = Annotated[str, StringConstraints(pattern=r"^[A-Za-z][A-Za-z0-9_]{0,49}$")]


class OrganizationPolicies(Section):
    """What Google refuses in the project, whoever asks. The project must be inside an organisation."""

    enabled: bool = setting(False, "§9: behind settings")
    """Whether they are there."""
    constraints: tuple[Constraint, ...] = setting(
        (
            "iam.disableServiceAccountKeyCreation",
            "sql.restrictPublicIp",
            "storage.publicAccessPrevention",
            "storage.uniformBucketLevelAccess",
        ),
        POLICIES,
    )
    """The constraints that are simply enforced."""
    regions_only: bool = setting(True, "§10.2, gcp.resourceLocations")
    """Whether data can be in the regions of `regions` only."""
    keyed_services: tuple[ServiceName, ...] = setting(
        (
            "artifactregistry.googleapis.com",
            "bigquery.googleapis.com",
            "pubsub.googleapis.com",
            "redis.googleapis.com",
            "secretmanager.googleapis.com",
            "sqladmin.googleapis.com",
            "storage.googleapis.com",
        ),
        "§9.1, gcp.restrictNonCmekServices",
    )
    """The services that take nothing without a key, of those that have a key of ours: in dev none has."""


class Perimeter(Section):
    """A perimeter of VPC Service Controls around the project: data leaves it for nobody outside."""

    enabled: bool = setting(False, "§9: behind settings")
    """Whether it is there. It then logs what it would refuse, and refuses nothing before `enforced`."""
    access_policy: Annotated[str, StringConstraints(pattern=r"^[1-9][0-9]{0,18}$")] | None = setting(None, PERIMETERS)
    """The number of the organisation's access policy, as in `gcloud access-context-manager policies list`."""
    enforced: bool = setting(False, f"{PERIMETERS}/dry-run-mode")
    """Whether it refuses: for when the dry run has logged nothing unwanted for a while."""
    access_levels: tuple[AccessLevel, ...] = setting((), f"{PERIMETERS}/use-access-levels")
    """The access levels, of the access policy, that reach in from outside: those of who deploys, and of people."""
    services: tuple[ServiceName, ...] = setting(
        (
            "artifactregistry.googleapis.com",
            "bigquery.googleapis.com",
            "bigtable.googleapis.com",
            "cloudkms.googleapis.com",
            "container.googleapis.com",
            "firestore.googleapis.com",
            "gkebackup.googleapis.com",
            "logging.googleapis.com",
            "memorystore.googleapis.com",
            "pubsub.googleapis.com",
            "redis.googleapis.com",
            "secretmanager.googleapis.com",
            "sqladmin.googleapis.com",
            "storage.googleapis.com",
        ),
        f"{PERIMETERS}/supported-products",
        min_length=1,
    )
    """What holds data or keys; the perimeter is about those of them that the project uses."""

    def restricted(self, used: Collection[str]) -> list[str]:
        """The services that the perimeter is about, of those in use."""
        return sorted({*self.services} & {*used})

    @model_validator(mode="after")
    def _can_be(self) -> Perimeter:
        if self.enabled and self.access_policy is None:
            raise ValueError("enabled is true, but access_policy is missing: the number of the access policy that it is part of")
        if self.enforced and not self.enabled:
            raise ValueError("enforced is true, but enabled is false: a perimeter that is not there refuses nothing")
        if self.enforced and not self.access_levels:
            raise ValueError(
                "enforced is true, but access_levels is empty: nobody outside would reach the project, nor would a deployment"
            )
        return self


class Findings(Section):
    """Findings of Security Command Center as messages. It must be activated for the project or its organisation."""

    enabled: bool = setting(False, "§9: behind settings")
    """Whether they are sent."""
    name: ResourceName = setting("security-findings", f"{FINDINGS}/how-to-notifications")
    """The name of the notification and of its topic."""
    severities: tuple[Literal["CRITICAL", "HIGH", "MEDIUM", "LOW"], ...] = setting(
        ("CRITICAL", "HIGH"), f"{FINDINGS}/how-to-api-filter-notifications", min_length=1
    )
    """The severities that are sent, of findings that are active and not muted."""
    retention_days: int = setting(7, "https://cloud.google.com/pubsub/docs/topic-properties", unit="days", ge=1, le=31)
    """How long the topic keeps messages, for subscriptions that come later."""

    @property
    def filter(self) -> str:
        """The findings that are sent."""
        severities = " OR ".join(f'severity = "{severity}"' for severity in self.severities)
        return f'state = "ACTIVE" AND NOT mute = "MUTED" AND ({severities})'


class Governance(Section):
    """What the organisation around the project can add."""

    policies: OrganizationPolicies = OrganizationPolicies()
    """Organisation policies on the project."""
    perimeter: Perimeter = Perimeter()
    """VPC Service Controls."""
    findings: Findings = Findings()
    """Messages of Security Command Center."""
