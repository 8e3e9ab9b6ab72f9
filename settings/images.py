"""Container images."""

from __future__ import annotations

from typing import Literal

from .section import ResourceName, Section, setting

DOCS = "https://cloud.google.com/artifact-registry/docs"


class Images(Section):
    """The repository of container images in Artifact Registry, in the primary region."""

    repository: ResourceName = setting("alphintra-images", "issue 4, part 6")
    """The repository's id."""
    immutable_tags: bool = setting(True, f"{DOCS}/docker/troubleshoot#immutable-tags")
    """Whether a tag stays on the image that it was first given to."""
    scanning: Literal["INHERITED", "DISABLED"] = setting("INHERITED", "https://cloud.google.com/artifact-analysis/docs")
    """INHERITED: images are scanned for known weaknesses where the project has scanning enabled."""
    keep_recent: int = setting(20, f"{DOCS}/repositories/cleanup-policy", unit="versions of each image", ge=1, le=1000)
    """How many of the newest versions always stay."""
    untagged_days: int = setting(30, f"{DOCS}/repositories/cleanup-policy", unit="days", ge=1, le=3650)
    """After how long a version without a tag goes."""
    readers: tuple[str, ...] = setting((), "§9.2")
    """The workloads and groups, of `identities`, that pull images."""
    writers: tuple[str, ...] = setting((), "§9.2")
    """The workloads and groups, of `identities`, that push images."""
