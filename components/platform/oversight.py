"""Who looks in and what looks on: people, audit logs, alerts, dashboards, the budget, and what the organisation adds."""

from __future__ import annotations

from collections.abc import Sequence

import pulumi

from ..alert_channels import AlertChannels, AlertChannelsArgs
from ..alerts import Alerts, AlertsArgs
from ..audit_logs import AuditLogs, AuditLogsArgs
from ..budget import BudgetAlert, BudgetAlertArgs
from ..dashboards import Dashboards, DashboardsArgs
from ..observed import observed
from ..organization_policies import OrganizationPolicies, OrganizationPoliciesArgs
from ..people import People, PeopleArgs
from ..security_findings import SecurityFindings, SecurityFindingsArgs
from ..service_levels import ServiceLevels, ServiceLevelsArgs
from ..service_perimeter import ServicePerimeter, ServicePerimeterArgs
from .foundation import PROJECT_API, Foundation


def people_and_audit(base: Foundation) -> None:
    """What people may look at, and what is written down of everybody."""
    People(
        "people",
        PeopleArgs(
            settings=base.settings.identities,
            project=base.project,
            requires=base.enabled(PROJECT_API, "logging.googleapis.com"),
        ),
        opts=base.inside,
    )
    AuditLogs(
        "audit-logs",
        AuditLogsArgs(settings=base.settings.audit, project=base.project, requires=base.enabled(PROJECT_API)),
        opts=base.inside,
    )


def budget(base: Foundation) -> None:
    """The budget alert, where there is a billing account."""
    known = base.settings.budget
    if known.billing_account:
        BudgetAlert(
            "budget",
            BudgetAlertArgs(
                settings=known,
                billing_account=known.billing_account,
                project=base.project,
                requires=base.enabled(*BudgetAlert.APIS, PROJECT_API),
            ),
            opts=base.inside,
        )


def observability(base: Foundation, stores: Sequence[pulumi.Resource]) -> Dashboards:
    """What watches the stores, and whom it tells."""
    settings = base.settings.monitoring
    told = AlertChannels(
        "alert-channels",
        AlertChannelsArgs(
            settings=settings.channels,
            keys=base.keys("secrets"),
            labels=base.labels,
            protect=base.protect,
            secret_destroy_delay_days=base.settings.secrets.destroy_delay_days,
            requires=[*base.enabled(*AlertChannels.APIS), *stores],
        ),
        opts=base.inside,
    )
    watched = observed(base.settings)
    channels = {channel: made.name for channel, made in told.channels.items()}
    # After what they watch: a metric that was never measured may not be known yet. It also keeps what Google alone numbers, and
    # nobody finds again after an interruption (ADR 6), at the end of an update.
    after = [*base.enabled(*Alerts.APIS), *stores]
    Alerts(
        "alerts",
        AlertsArgs(
            settings=settings,
            definitions=watched.definitions,
            counted=watched.counted,
            channels=channels,
            labels=base.labels,
            requires=after,
        ),
        opts=base.inside,
    )
    ServiceLevels(
        "service-levels",
        ServiceLevelsArgs(
            settings=settings,
            promises=watched.promises,
            services=watched.services,
            channels=channels,
            labels=base.labels,
            requires=after,
        ),
        opts=base.inside,
    )
    return Dashboards(
        "dashboards",
        DashboardsArgs(
            settings=settings,
            dashboards=watched.dashboards,
            definitions=watched.definitions,
            requires=after,
        ),
        opts=base.inside,
    )


def governance(base: Foundation) -> None:
    """What the organisation around the project adds, where it is wanted."""
    known = base.settings.governance
    regions = list(base.regions.values())
    if known.policies.enabled:
        OrganizationPolicies(
            "organization-policies",
            OrganizationPoliciesArgs(
                settings=known.policies,
                project=base.project,
                regions=regions,
                keyed_services=base.settings.keyed_services,
                requires=base.enabled(*OrganizationPolicies.APIS),
            ),
            opts=base.inside,
        )
    findings = _findings(base, regions) if known.findings.enabled else None
    if known.perimeter.enabled:
        ServicePerimeter(
            "service-perimeter",
            ServicePerimeterArgs(
                settings=known.perimeter,
                project=base.project,
                services=known.perimeter.restricted(base.services.enabled),
                publishers=[findings.publisher] if findings else [],
                requires=base.enabled(*ServicePerimeter.APIS, PROJECT_API),
            ),
            opts=base.inside,
        )


def _findings(base: Foundation, regions: Sequence[str]) -> SecurityFindings:
    return SecurityFindings(
        "security-findings",
        SecurityFindingsArgs(
            settings=base.settings.governance.findings,
            regions=regions,
            key=base.encryption.key_for("objects", base.primary),
            labels=base.labels,
            requires=base.enabled(*SecurityFindings.APIS),
        ),
        opts=base.inside,
    )
