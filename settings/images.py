"""Container images."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import StringConstraints

from .section import NOT_LOOKED_UP, OwnImage, ResourceName, Section, setting

DOCS = "https://cloud.google.com/artifact-registry/docs"
ADMISSION = "https://cloud.google.com/binary-authorization/docs"
Registry = Annotated[str, StringConstraints(pattern=r"^[a-z0-9-]+(\.[a-z0-9-]+)+(:\d+)?$")]
"""The host of a registry."""
ImagesBelow = Annotated[str, StringConstraints(pattern=r"^[a-z0-9.-]+\.[a-z]{2,}(/[a-z0-9._-]+)+/\*{1,2}$")]
"""Images below a path of a registry: `/*` for one step, `/**` for any number."""


PROGRAMS = ("cache-warmer", "search-ingest")
"""The workloads, of `identities`, that are programs of ours and run all the time. They read the main database by the poolers."""


def registry_of(reference: str) -> str:
    """The registry that an image comes from."""
    return reference.partition("/")[0]


def _default_upstreams() -> dict[str, str]:
    return {
        "docker.io": "docker-hub",
        "docker.elastic.co": "elastic",
        "ghcr.io": "github",
        "quay.io": "quay",
    }


class Admission(Section):
    """Which images the clusters run: our own, what the settings name of others, and what is named here."""

    enforced: bool = setting(True, f"{ADMISSION}/key-concepts#enforcement-modes")
    """Whether other images are turned away. If not, the audit log says that they would be; prod must."""
    also: tuple[ImagesBelow, ...] = setting((), f"{ADMISSION}/policy-yaml-reference#admissionwhitelistpatterns")
    """Other images that run, by the path that they are below: `us-docker.pkg.dev/another-project/images/**`."""


class Images(Section):
    """The repositories of container images in Artifact Registry, in the primary region."""

    repository: ResourceName = setting("alphintra-images", "issue 4, part 6")
    """The repository's id."""
    immutable_tags: bool = setting(True, f"{DOCS}/docker/troubleshoot#immutable-tags")
    """Whether a tag stays on the image that it was first given to."""
    upstreams: dict[Registry, ResourceName] = setting(_default_upstreams(), f"{DOCS}/repositories/remote-overview")
    """The public registries that images come from, each with the id of the repository that keeps what was pulled of it: nodes
    reach no registry by themselves, and an image that ran once stays when its registry is down or throws it away."""
    scanning: Literal["INHERITED", "DISABLED"] = setting("INHERITED", "https://cloud.google.com/artifact-analysis/docs")
    """INHERITED: images are scanned for known weaknesses where the project has scanning enabled."""
    keep_recent: int = setting(20, f"{DOCS}/repositories/cleanup-policy", unit="versions of each image", ge=1, le=1000)
    """How many of the newest versions always stay."""
    untagged_days: int = setting(30, f"{DOCS}/repositories/cleanup-policy", unit="days", ge=1, le=3650)
    """After how long a version without a tag goes."""
    admission: Admission = Admission()
    """Which images run."""
    jobs: OwnImage | None = setting(f"jobs:not-built@{NOT_LOOKED_UP}", "docs/deploying.md")
    """The image of our own programs: `images/jobs`. Null until the repository is there and has it: what would run it is left out
    then. `make pin-images` puts in what `.github/workflows/images.yml` pushed."""
    readers: tuple[str, ...] = setting((), "§9.2")
    """The workloads and groups, of `identities`, that pull images."""
    writers: tuple[str, ...] = setting((), "§9.2")
    """The workloads and groups, of `identities`, that push images."""
