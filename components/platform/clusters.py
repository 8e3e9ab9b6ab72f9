"""Kubernetes: the clusters, the images they run, who their pods are, their namespaces and their backups."""

from __future__ import annotations

from dataclasses import dataclass

import pulumi

from settings.section import Role
from settings.section import images as images_of

from ..cluster_backups import ClusterBackups, ClusterBackupsArgs
from ..images import Images, ImagesArgs
from ..kubernetes_cluster import KubernetesCluster, KubernetesClusterArgs
from ..namespaces import Namespaces, NamespacesArgs
from ..storage_classes import StorageClasses, StorageClassesArgs
from ..workload_identity import WorkloadIdentity, WorkloadIdentityArgs
from .foundation import PROJECT_API, Foundation


@dataclass(frozen=True, kw_only=True)
class Clusters:
    """What stands on Kubernetes, and where its images come from."""

    by_region: dict[str, KubernetesCluster]
    images: Images
    namespaces: dict[str, Namespaces]
    """By region."""
    classes: dict[str, StorageClasses]
    """By region."""

    def on(self, base: Foundation, region: str) -> pulumi.ResourceOptions:
        """The options of a component on a cluster: inside the platform, and through the cluster's provider."""
        return pulumi.ResourceOptions(parent=base.inside.parent, providers=[self.by_region[region].access])

    def running_in(self, base: Foundation, region: str, namespace: str, *after: pulumi.Resource) -> pulumi.ResourceOptions:
        """The same for what runs pods in a namespace: it needs nodes, what governs the namespace, and what else is named.

        Not the whole cluster, and no component as such: the state would name each of its resources, for everything that waits.
        """
        needed = [*self.by_region[region].pools.values(), *self.namespaces[region].governing[namespace], *after]
        return pulumi.ResourceOptions.merge(self.on(base, region), pulumi.ResourceOptions(depends_on=needed))


def clusters(base: Foundation) -> Clusters:
    """Declares it."""
    settings = base.settings
    by_region = {base.regions[role]: _cluster(base, role) for role in settings.kubernetes.clusters}
    images = Images(
        "images",
        ImagesArgs(
            settings=settings.images,
            region=base.primary,
            key=base.encryption.key_for("images", base.primary),
            readers={
                **{name: base.members[name] for name in settings.images.readers},
                **{f"nodes-{region}": cluster.node_account.member for region, cluster in by_region.items()},
            },
            writers={name: base.members[name] for name in settings.images.writers},
            pulled=[reference for _, reference in images_of(settings)],
            protect=base.protect,
            requires=base.enabled(*Images.APIS),
        ),
        opts=base.inside,
    )
    bound = {name: known.kubernetes for name, known in settings.identities.workloads.items() if known.kubernetes}
    accounts = base.identities.accounts
    WorkloadIdentity(
        "workload-identity",
        WorkloadIdentityArgs(
            project=base.project,
            accounts={name: account.name for name, account in accounts.items()},
            bound_to=bound,
            requires=[cluster.cluster for cluster in by_region.values()],
        ),
        opts=base.inside,
    )
    made = Clusters(by_region=by_region, images=images, namespaces={}, classes={})
    for role in settings.kubernetes.clusters:
        region = base.regions[role]
        made.classes[region] = StorageClasses(
            f"storage-classes-{region}",
            StorageClassesArgs(key=base.encryption.key_for("cluster", region), protect=base.protect),
            opts=made.on(base, region),
        )
        made.namespaces[region] = Namespaces(
            f"namespaces-{region}",
            NamespacesArgs(
                namespaces=settings.workspaces.within(role),
                priorities=settings.workspaces.priorities,
                accounts={kubernetes: accounts[name].email for name, kubernetes in bound.items()},
                protect=base.protect,
            ),
            opts=made.on(base, region),
        )
    for region in by_region:
        _backups(base, region, by_region)
    return made


def _cluster(base: Foundation, role: Role) -> KubernetesCluster:
    settings, region = base.settings, base.regions[role]
    return KubernetesCluster(
        f"cluster-{region}",
        KubernetesClusterArgs(
            settings=settings.kubernetes.clusters[role],
            release_channel=settings.kubernetes.release_channel,
            cluster_name=settings.kubernetes.cluster_name(region),
            project=base.project,
            region=region,
            network=base.network.vpc.id,
            subnetwork=base.network.subnets[region].id,
            key=base.encryption.key_for("cluster", region),
            labels=base.labels,
            protect=base.protect,
            requires=base.enabled(*KubernetesCluster.APIS, "compute.googleapis.com", "iam.googleapis.com", PROJECT_API),
        ),
        opts=base.inside,
    )


def _backups(base: Foundation, region: str, by_region: dict[str, KubernetesCluster]) -> None:
    """A cluster's backups, which are kept in the other region."""
    is_primary = region == base.primary
    elsewhere = base.regions["secondary" if is_primary else "primary"]
    ClusterBackups(
        f"cluster-backups-{region}",
        ClusterBackupsArgs(
            settings=base.settings.kubernetes.backups,
            plan_name=base.settings.kubernetes.cluster_name(region),
            cluster=by_region[region].cluster.id,
            location=elsewhere,
            key=base.encryption.key_for("backups", elsewhere),
            # The standby can take over what the primary ran; never the other way round.
            restore_into={r: known.cluster.id for r, known in by_region.items() if is_primary or r == region},
            protect=base.protect,
            requires=base.enabled(*KubernetesCluster.APIS),
        ),
        opts=base.inside,
    )
