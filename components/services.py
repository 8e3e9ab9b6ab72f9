"""The Google APIs that a project uses."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import pulumi
import pulumi_gcp as gcp

BASE_APIS = (
    "cloudresourcemanager.googleapis.com",  # grants on the project
    "iam.googleapis.com",  # service accounts
    "iamcredentials.googleapis.com",  # workload identity
    "logging.googleapis.com",
    "monitoring.googleapis.com",
)
"""What every project needs, whatever is in it."""


@dataclass(frozen=True, kw_only=True)
class ProjectServicesArgs:
    """What `ProjectServices` takes."""

    apis: Sequence[str]
    """APIs to enable beside the base ones, such as `compute.googleapis.com`."""


class ProjectServices(pulumi.ComponentResource):
    """Enabled APIs. They stay enabled when the stack is destroyed: disabling one breaks whatever else uses it."""

    enabled: dict[str, gcp.projects.Service]
    """The enabled APIs, by name; what needs an API depends on its entry."""

    def __init__(self, name: str, args: ProjectServicesArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        super().__init__("alphintra:platform:ProjectServices", name, {}, opts)
        self.enabled = {
            api: gcp.projects.Service(
                f"{name}-{api.removesuffix('.googleapis.com')}",
                service=api,
                disable_on_destroy=False,
                opts=pulumi.ResourceOptions(parent=self),
            )
            for api in sorted({*BASE_APIS, *args.apis})
        }
        self.register_outputs({"apis": sorted(self.enabled)})

    def __getitem__(self, api: str) -> gcp.projects.Service:
        """The resource that stands for an enabled API; KeyError where nobody asked for it."""
        return self.enabled[api]
