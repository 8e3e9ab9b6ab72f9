"""What people may look at beside the data: logs and metrics."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import pulumi
import pulumi_gcp as gcp

import settings.identity as spec

VIEW_ROLE = "roles/logging.viewAccessor"
METRICS_ROLE = "roles/monitoring.viewer"
"""Metrics have no grants narrower than the project's."""


@dataclass(frozen=True, kw_only=True)
class PeopleArgs:
    """What `People` takes."""

    settings: spec.Identities
    project: str
    """The project's id."""
    requires: Sequence[pulumi.Resource] = ()
    """What must be there first: the enabled APIs."""


class People(pulumi.ComponentResource):
    """The grants of groups on logs and metrics. Those on databases, buckets and secrets stand with these."""

    def __init__(self, name: str, args: PeopleArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        super().__init__("alphintra:security:People", name, {}, opts)
        inside = pulumi.ResourceOptions(parent=self, depends_on=args.requires)
        for group, known in args.settings.groups.items():
            member = f"group:{args.settings.email(group)}"
            for view in known.log_views:
                bucket, _, view_name = view.partition("/")
                gcp.logging.LogViewIamMember(
                    f"{name}-{group}-{bucket}-{view_name}",
                    parent=f"projects/{args.project}",
                    location="global",
                    bucket=bucket,
                    name=view_name,
                    role=VIEW_ROLE,
                    member=member,
                    opts=inside,
                )
            if known.metrics:
                gcp.projects.IAMMember(
                    f"{name}-{group}-metrics", project=args.project, role=METRICS_ROLE, member=member, opts=inside
                )
        self.register_outputs({"groups": {group: args.settings.email(group) for group in args.settings.groups}})
