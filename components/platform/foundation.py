"""What everything stands on: enabled APIs, the network, keys, identities and generated credentials."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import pulumi

from settings import Environment

from ..analytics import Analytics
from ..bigtable import Bigtable
from ..budget import BudgetAlert
from ..cache_archive import CacheArchive
from ..cloud_sql import CloudSql
from ..cloud_storage import CloudStorage
from ..encryption import Encryption, EncryptionArgs
from ..firestore import Firestore
from ..identities import Identities, IdentitiesArgs
from ..images import Images
from ..kubernetes_cluster import KubernetesCluster
from ..network import Network, NetworkArgs
from ..object_events import ObjectEvents
from ..organization_policies import OrganizationPolicies
from ..redis_cluster import RedisCluster
from ..secrets import Secrets, SecretsArgs
from ..security_findings import SecurityFindings
from ..service_connections import ServiceConnections
from ..service_perimeter import ServicePerimeter
from ..services import ProjectServices, ProjectServicesArgs
from ..sessions import Sessions
from ..static_assets import StaticAssets
from ..url_signing import UrlSigning

PROJECT_API = "cloudresourcemanager.googleapis.com"
"""Grants on the project, and its number."""
APIS_WITH_KEYS = (
    *Encryption.APIS, *Secrets.APIS, *CloudSql.APIS, *CloudStorage.APIS, *Analytics.APIS, *RedisCluster.APIS, *Sessions.APIS,
    *Images.APIS, *Bigtable.APIS, *Firestore.APIS, *KubernetesCluster.APIS, *ObjectEvents.APIS, "compute.googleapis.com",
)  # fmt: skip
"""The services whose agents use keys: an agent exists once its service is enabled."""


@dataclass(frozen=True, kw_only=True)
class Foundation:
    """What the rest of the platform is built on."""

    settings: Environment
    inside: pulumi.ResourceOptions
    """The options of every component: it is inside the platform."""
    regions: Mapping[str, str]
    """The regions by role: `primary` and `secondary`."""
    services: ProjectServices
    network: Network
    encryption: Encryption
    identities: Identities
    secrets: Secrets

    @property
    def primary(self) -> str:
        """The region that serves."""
        return self.regions["primary"]

    @property
    def project(self) -> str:
        """The project's id."""
        return self.settings.project.id

    @property
    def protect(self) -> bool:
        """Whether what holds data refuses to be deleted."""
        return self.settings.protected

    @property
    def labels(self) -> dict[str, str]:
        """The labels of everything that takes labels."""
        return labels(self.settings)

    @property
    def workloads(self) -> dict[str, pulumi.Output[str]]:
        """The IAM member of each workload."""
        return {name: account.member for name, account in self.identities.accounts.items()}

    @property
    def groups(self) -> dict[str, str]:
        """The IAM member of each group."""
        return group_members(self.settings)

    @property
    def members(self) -> dict[str, pulumi.Input[str]]:
        """The IAM member of each workload and each group."""
        return {**self.workloads, **self.groups}

    def enabled(self, *apis: str) -> list[pulumi.Resource]:
        """The resources that stand for enabled APIs, for what has to wait for them."""
        return [self.services[api] for api in apis]

    def keys(self, data_class: str) -> dict[str, pulumi.Output[str] | None]:
        """The key for a class of data in each region; None for Google's own."""
        return {region: self.encryption.key_for(data_class, region) for region in self.regions.values()}


def lay_foundation(settings: Environment, inside: pulumi.ResourceOptions) -> Foundation:
    """Declares it."""
    regions = {"primary": settings.regions.primary, "secondary": settings.regions.secondary}
    protect = settings.protected
    services = ProjectServices("services", ProjectServicesArgs(apis=_apis(settings)), opts=inside)
    network = Network(
        "network",
        NetworkArgs(
            settings=settings.network,
            regions=regions,
            protect=protect,
            requires=[services[api] for api in Network.APIS],
        ),
        opts=inside,
    )
    encryption = Encryption(
        "encryption",
        EncryptionArgs(
            settings=settings.keys_in_use,
            regions=regions,
            key_ring=settings.named(settings.encryption.key_ring),
            protect=protect,
            requires=[services[api] for api in (*APIS_WITH_KEYS, PROJECT_API) if api in services.enabled],
        ),
        opts=inside,
    )
    identities = Identities(
        "identities",
        # Whoever is granted a role of the project waits for the account, and so for the API of the project's policy.
        IdentitiesArgs(settings=settings.identities, requires=[services["iam.googleapis.com"], services[PROJECT_API]]),
        opts=inside,
    )
    secrets = Secrets(
        "secrets",
        SecretsArgs(
            settings=settings.secrets,
            keys={region: encryption.key_for("secrets", region) for region in regions.values()},
            protect=protect,
            readers=_readers(settings, identities),
            requires=[services[api] for api in Secrets.APIS],
        ),
        opts=inside,
    )
    return Foundation(
        settings=settings,
        inside=inside,
        regions=regions,
        services=services,
        network=network,
        encryption=encryption,
        identities=identities,
        secrets=secrets,
    )


def labels(settings: Environment) -> dict[str, str]:
    """The labels of everything that takes labels."""
    return {
        "application": "alphintra",
        "environment": settings.environment,
        "managed-by": "pulumi",
        "owner": settings.labels.owner,
        "cost-center": settings.labels.cost_center,
    }


def group_members(settings: Environment) -> dict[str, str]:
    """The IAM member of each group of people."""
    return {group: f"group:{settings.identities.email(group)}" for group in settings.identities.groups}


def _apis(settings: Environment) -> list[str]:
    """The APIs of what the settings ask for."""
    governance = settings.governance
    wanted = [
        *(component.APIS for component in (Network, Secrets, CloudSql, CloudStorage, Analytics, ServiceConnections)),
        *(component.APIS for component in (RedisCluster, Sessions, CacheArchive, Images, KubernetesCluster)),
        *(component.APIS for component in (UrlSigning, ObjectEvents, StaticAssets)),
        Bigtable.APIS if settings.bigtable.enabled else (),
        Firestore.APIS if settings.firestore.enabled else (),
        BudgetAlert.APIS if settings.budget.billing_account else (),
        OrganizationPolicies.APIS if governance.policies.enabled else (),
        SecurityFindings.APIS if governance.findings.enabled else (),
        ServicePerimeter.APIS if governance.perimeter.enabled else (),
        Encryption.APIS if settings.encryption.customer_managed else (),
    ]
    return [api for apis in wanted for api in apis]


def _readers(settings: Environment, identities: Identities) -> dict[str, dict[str, pulumi.Input[str]]]:
    """For each credential the members that may read it."""
    workloads, groups, emails = settings.identities.workloads, settings.identities.groups, group_members(settings)
    return {
        secret: {
            **{name: identities.accounts[name].member for name, known in workloads.items() if secret in known.secrets},
            **{group: emails[group] for group, known in groups.items() if secret in known.secrets},
        }
        for secret in settings.secrets.credentials
    }
