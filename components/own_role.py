"""Custom roles of one workload: one for each thing that it does, with just the permissions for that, granted to it alone.

Google's narrowest predefined role that may change one store may change every one of its kind.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import pulumi
import pulumi_gcp as gcp


@dataclass(frozen=True, kw_only=True)
class Worker:
    """A workload that is given roles of its own."""

    parent: pulumi.ComponentResource
    """The component that the roles belong to."""
    name: str
    """Its name, which theirs begin with."""
    role_id: str
    """What the roles' ids at Google begin with: backupVerifier."""
    title: str
    """What their titles begin with."""
    project: str
    member: pulumi.Input[str]
    """The IAM member of the workload's service account."""
    about: str
    """The store that the roles are about: a part of the names of their conditions."""
    requires: Sequence[pulumi.Resource] = ()
    """What must be there first: the enabled APIs."""

    def may(self, what: str, description: str, permissions: Sequence[str], condition: str | None = None) -> None:
        """Declares one role and its grant.

        Args:
            what: what the workload does with it, in one word: reads.
            description: the same in a few words.
            permissions: of IAM.
            condition: on which resources, in IAM's language (CEL); without one, on those of the whole project.
        """
        role_id = f"{self.role_id}{what.capitalize()}"
        role = gcp.projects.IAMCustomRole(
            f"{self.name}-role-{what}",
            role_id=role_id,
            title=f"{self.title}: {what}",
            description=description,
            permissions=list(permissions),
            opts=pulumi.ResourceOptions(parent=self.parent, depends_on=self.requires),
        )
        # The title is a part of a grant's id, the expression is not: a grant on another store needs another title.
        title = f"only-what-it-{what}-{self.about}"
        gcp.projects.IAMMember(
            f"{self.name}-grant-{what}",
            project=self.project,
            role=f"projects/{self.project}/roles/{role_id}",
            member=self.member,
            condition=gcp.projects.IAMMemberConditionArgs(title=title, expression=condition) if condition else None,
            opts=pulumi.ResourceOptions(parent=self.parent, depends_on=[role]),
        )
