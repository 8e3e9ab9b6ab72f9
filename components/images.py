"""Container images: our own repository, one for each registry that others' come from, who pulls and pushes, and what runs."""

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
    pulled: Sequence[str]
    """The images of public registries that run: registry/path:tag@sha256:digest."""
    protect: bool
    """Whether the repository refuses to be deleted."""
    requires: Sequence[pulumi.Resource] = ()
    """What must be there first: the enabled APIs."""


class Images(pulumi.ComponentResource):
    """A repository whose tags stay where they are, and that old versions without a tag leave by themselves; and repositories that
    stand before public registries, and keep what is pulled through them. Nothing else runs on the project's clusters."""

    APIS = ("artifactregistry.googleapis.com", "binaryauthorization.googleapis.com")

    repository: gcp.artifactregistry.Repository
    upstreams: dict[str, gcp.artifactregistry.Repository]
    """What stands before each public registry, by its host."""
    admission: gcp.binaryauthorization.Policy
    """What Binary Authorization admits. A project has one policy, which each of its clusters that enforce it obeys."""

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
        self.upstreams = {host: _upstream(f"{name}-{id_}", host, id_, args, self) for host, id_ in known.upstreams.items()}
        for role, members in ((READER_ROLE, args.readers), (WRITER_ROLE, args.writers)):
            for label, member in members.items():
                _grant(f"{name}-{label}-{role.rpartition('.')[2]}", self.repository, role, member, self)
        for host, id_ in known.upstreams.items():
            for label, member in args.readers.items():
                _grant(f"{name}-{id_}-{label}-reader", self.upstreams[host], READER_ROLE, member, self)
        self.admission = self._admission(name, args)
        self.register_outputs({"repository": self.repository.id})

    def pull(self, reference: str) -> pulumi.Output[str]:
        """An image of a public registry as pods name it: through the repository that stands before that. Known once it is
        admitted."""
        return pulumi.Output.all(self._through(reference), self.admission.id).apply(lambda known: str(known[0]))

    def own(self, reference: str) -> pulumi.Output[str]:
        """An image of ours as pods name it. Known once it is admitted."""
        return pulumi.Output.all(self.repository.registry_uri, self.admission.id).apply(lambda known: f"{known[0]}/{reference}")

    def _through(self, reference: str) -> pulumi.Output[str]:
        host, _, rest = reference.partition("/")
        return pulumi.Output.concat(self.upstreams[host].registry_uri, "/", rest)

    def _admission(self, name: str, args: ImagesArgs) -> gcp.binaryauthorization.Policy:
        """Ours, and of others' only what the settings name: whoever may deploy could pull anything through a repository."""
        b, settings = gcp.binaryauthorization, args.settings.admission
        ours = pulumi.Output.concat(self.repository.registry_uri, "/**")
        admitted = [ours, *(self._through(reference) for reference in sorted(set(args.pulled))), *settings.also]
        return b.Policy(
            f"{name}-admission",
            description="Images of the platform, and those of others that its settings name",
            global_policy_evaluation_mode="ENABLE",  # what GKE itself runs is Google's to choose
            default_admission_rule=b.PolicyDefaultAdmissionRuleArgs(
                evaluation_mode="ALWAYS_DENY",
                enforcement_mode="ENFORCED_BLOCK_AND_AUDIT_LOG" if settings.enforced else "DRYRUN_AUDIT_LOG_ONLY",
            ),
            admission_whitelist_patterns=[b.PolicyAdmissionWhitelistPatternArgs(name_pattern=pattern) for pattern in admitted],
            opts=pulumi.ResourceOptions(parent=self, depends_on=args.requires),
        )


def _upstream(
    resource_name: str, host: str, repository_id: str, args: ImagesArgs, parent: pulumi.Resource
) -> gcp.artifactregistry.Repository:
    a = gcp.artifactregistry
    hub = host == "docker.io"
    return a.Repository(
        resource_name,
        repository_id=repository_id,
        location=args.region,
        format="DOCKER",
        mode="REMOTE_REPOSITORY",
        description=f"Images of {host}",
        kms_key_name=args.key,
        remote_repository_config=a.RepositoryRemoteRepositoryConfigArgs(
            description=host,
            docker_repository=a.RepositoryRemoteRepositoryConfigDockerRepositoryArgs(public_repository="DOCKER_HUB")
            if hub
            else None,
            common_repository=None if hub else a.RepositoryRemoteRepositoryConfigCommonRepositoryArgs(uri=f"https://{host}"),
        ),
        vulnerability_scanning_config=a.RepositoryVulnerabilityScanningConfigArgs(enablement_config=args.settings.scanning),
        deletion_policy="PREVENT" if args.protect else "DELETE",
        opts=pulumi.ResourceOptions(parent=parent, protect=args.protect, depends_on=args.requires),
    )


def _grant(
    resource_name: str,
    repository: gcp.artifactregistry.Repository,
    role: str,
    member: pulumi.Input[str],
    parent: pulumi.Resource,
) -> None:
    gcp.artifactregistry.RepositoryIamMember(
        resource_name,
        repository=repository.name,
        location=repository.location,
        role=role,
        member=member,
        opts=pulumi.ResourceOptions(parent=parent),
    )
