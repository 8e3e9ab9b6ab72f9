"""The Alphintra data platform: settings, the platform, and what it exports."""

import pulumi
import pulumi_gcp as gcp

from components.configuration import current
from components.platform import DataPlatform, labels

settings = current()

google = gcp.Provider(
    "google",
    project=settings.project.id,
    region=settings.regions.primary,
    default_labels=labels(settings),
)
platform = DataPlatform("platform", settings, opts=pulumi.ResourceOptions(providers=[google]))

for name, value in platform.exports.items():
    pulumi.export(name, value)
