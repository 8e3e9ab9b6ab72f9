"""A program that is up in seconds, in the place of the platform's, with the same provider, settings and policies: how plans are
kept and drift is told does not depend on how much there is."""

import os
from pathlib import Path

import pulumi
import pulumi_gcp as gcp

from components.configuration import current
from components.platform import labels

settings = current()
said = Path(os.environ.get("SMALL_PROGRAM", "/nonexistent"))
days = int(said.read_text()) if said.exists() else 7


class Topics(pulumi.ComponentResource):
    """Two topics."""

    def __init__(self) -> None:
        google = gcp.Provider(
            "google", project=settings.project.id, region=settings.regions.primary, default_labels=labels(settings)
        )
        super().__init__("alphintra:data:Topics", "topics", {}, pulumi.ResourceOptions(providers=[google]))
        inside = pulumi.ResourceOptions(parent=self)
        service = gcp.projects.Service("pubsub", service="pubsub.googleapis.com", disable_on_destroy=False, opts=inside)
        for name in ("orders", "trades"):
            gcp.pubsub.Topic(
                f"{name}-topic",
                name=name,
                message_retention_duration=f"{days * 86400}s",
                message_storage_policy={"allowed_persistence_regions": ["us-central1", "us-east1"]},
                opts=pulumi.ResourceOptions(parent=self, depends_on=[service]),
            )
        self.register_outputs({})


Topics()
