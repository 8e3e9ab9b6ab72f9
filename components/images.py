"""Container images: one repository, and who pulls and pushes."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import pulumi
import pulumi_gcp as gcp

import settings.images as spec

from .durations import days

READER_ROLE = "roles/artifactregistry.reader"
WRITER_ROLE = "roles/artifactregistry.writer"


@dataclass(frozen=True, kw_only=True)
class ImagesArgs:
    """What `Images` takes."""

    settings: spec.Images
    region: str
    key: pulumi.Input[str] | None
    """The id of that region's key, or None for Google's own."""
    readers: Mapping[str, pulumi.Input[str]]
    """The members that pull images, by a short name of each."""
    writers: Mapping[str, pulumi.Input[str]]
    """The members that push images, by a short name of each."""
    protect: bool
    """Whether the repository refuses to be deleted."""
    requires: Sequence[pulumi.Resource] = ()
    """What must be there first: the enabled APIs."""


class Images(pulumi.ComponentResource):
    """A repository whose tags stay where they are, and that old versions without a tag leave by themselves."""

    APIS = ("artifactregistry.googleapis.com",)

    repository: gcp.artifactregistry.Repository

    def __init__(self, name: str, args: ImagesArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        super().__init__("alphintra:platform:Images", name, {}, opts)
        known = args.settings
        self.repository = gcp.artifactregistry.Repository(
            f"{name}-repository",
            repository_id=known.repository,
            location=args.region,
            format="DOCKER",
            description="Container images of the platform",
            kms_key_name=args.key,
            docker_config=gcp.artifactregistry.RepositoryDockerConfigArgs(immutable_tags=known.immutable_tags),
            vulnerability_scanning_config=gcp.artifactregistry.RepositoryVulnerabilityScanningConfigArgs(
                enablement_config=known.scanning
            ),
            cleanup_policies=[
                gcp.artifactregistry.RepositoryCleanupPolicyArgs(
                    id="keep-recent",
                    action="KEEP",
                    most_recent_versions=gcp.artifactregistry.RepositoryCleanupPolicyMostRecentVersionsArgs(
                        keep_count=known.keep_recent
                    ),
                ),
                gcp.artifactregistry.RepositoryCleanupPolicyArgs(
                    id="delete-untagged",
                    action="DELETE",
                    condition=gcp.artifactregistry.RepositoryCleanupPolicyConditionArgs(
                        tag_state="UNTAGGED", older_than=days(known.untagged_days)
                    ),
                ),
            ],
            deletion_policy="PREVENT" if args.protect else "DELETE",
            opts=pulumi.ResourceOptions(parent=self, protect=args.protect, depends_on=args.requires),
        )
        for role, members in ((READER_ROLE, args.readers), (WRITER_ROLE, args.writers)):
            for label, member in members.items():
                gcp.artifactregistry.RepositoryIamMember(
                    f"{name}-{label}-{role.rpartition('.')[2]}",
                    repository=self.repository.name,
                    location=args.region,
                    role=role,
                    member=member,
                    opts=pulumi.ResourceOptions(parent=self),
                )
        self.register_outputs({"repository": self.repository.id})
