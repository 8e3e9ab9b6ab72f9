"""Which access to data is logged."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import pulumi
import pulumi_gcp as gcp

import settings.audit as spec


@dataclass(frozen=True, kw_only=True)
class AuditLogsArgs:
    """What `AuditLogs` takes."""

    settings: spec.Audit
    project: str
    """The project's id."""
    requires: Sequence[pulumi.Resource] = ()
    """What must be there first: the enabled APIs."""


class AuditLogs(pulumi.ComponentResource):
    """The data access logs of the stores of personal data; nobody is exempted."""

    def __init__(self, name: str, args: AuditLogsArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        super().__init__("alphintra:security:AuditLogs", name, {}, opts)
        for service, logged in args.settings.services.items():
            gcp.projects.IAMAuditConfig(
                f"{name}-{service.removesuffix('.googleapis.com')}",
                project=args.project,
                service=service,
                audit_log_configs=[gcp.projects.IAMAuditConfigAuditLogConfigArgs(log_type=kind) for kind in logged],
                opts=pulumi.ResourceOptions(parent=self, depends_on=args.requires),
            )
        self.register_outputs({"services": sorted(args.settings.services)})
