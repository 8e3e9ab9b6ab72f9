"""The Alphintra data platform: settings, the platform, and what it exports."""

import pulumi
import pulumi_gcp as gcp
import pulumi_random as random

from components.configuration import current
from components.platform import DataPlatform, labels

settings = current()

google = gcp.Provider(
    "google",
    project=settings.project.id,
    region=settings.regions.primary,
    default_labels=labels(settings),
)
providers: list[pulumi.ProviderResource] = [google, random.Provider("random")]
platform = DataPlatform("platform", settings, opts=pulumi.ResourceOptions(providers=providers))

for name, value in platform.exports.items():
    pulumi.export(name, value)
