"""Who and where: project, regions, labels, protection."""

from __future__ import annotations

from typing import Annotated

from pydantic import StringConstraints, model_validator

from .section import Region, Section, setting

Label = Annotated[str, StringConstraints(pattern=r"^[a-z0-9_-]{1,63}$")]


class Project(Section):
    """The Google Cloud project that holds the environment. It must exist; the program does not create it."""

    id: Annotated[str, StringConstraints(pattern=r"^[a-z][a-z0-9-]{4,28}[a-z0-9]$")]
    """The project's id, as in `gcloud projects list`."""


class Regions(Section):
    """Where things are."""

    primary: Region = setting("us-central1", "§10.2")
    """The region that serves."""
    secondary: Region = setting("us-east1", "§10.2")
    """The region that takes over: replicas, backups, second copies of secrets."""

    @model_validator(mode="after")
    def _differ(self) -> Regions:
        if self.primary == self.secondary:
            raise ValueError(
                f"secondary must be another region than primary ({self.primary}): it takes over when that one is lost"
            )
        return self


class Labels(Section):
    """The labels on everything that takes labels, for bills and searches."""

    owner: Label = setting("data-platform", "FinOps practice")
    """The team that answers for it."""
    cost_center: Label = setting("trading", "FinOps practice")
    """Whose budget pays for it."""


class Protection(Section):
    """The guards against deletion: Pulumi's, the provider's and the API's, all driven by one switch."""

    enabled: bool = setting(True, "§10, design: one protection setting")
    """Whether what holds data refuses to be deleted."""
    tear_down: str = setting("", "design: explicit step before a destroy")
    """The environment's own name, to take the guards off for a destroy that is meant. Empty otherwise."""
