"""The members of a site."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import pulumi
import pulumi_kubernetes as k8s

from settings.timeseries import Members, Site, TimeSeries

from ..mounted_secrets import MountedSecrets
from ..pods import SKIP_AWAIT, RunsAs, amounts, empty, environment, files_of, job, metadata, working_pod
from .access import TimescaleDbAccess
from .files import read_at_start, read_when_settled, site_files
from .member import MemberArgs, claim, member
from .places import APP, PORT, REST_PORT, SITE_LABEL, SUPERUSER, USER_ID, Places, selector


@dataclass(frozen=True, kw_only=True)
class TimescaleDbArgs:
    """What `TimescaleDb` takes."""

    settings: TimeSeries
    site: Site
    members: Members
    follows: Site | None
    """The site whose archive this one follows; None for the one that takes writes."""
    namespace: pulumi.Input[str]
    account: pulumi.Input[str]
    store_priority: pulumi.Input[str]
    batch_priority: pulumi.Input[str]
    image: pulumi.Input[str]
    exporter_image: pulumi.Input[str]
    storage_class: pulumi.Input[str]
    bucket: str
    """The bucket of the repository."""
    access: TimescaleDbAccess
    passwords: MountedSecrets
    """Those that members know."""
    monitoring: MountedSecrets
    """The exporter's."""
    protect: bool
    """Whether members and their volumes refuse to be deleted, or replaced."""


class TimescaleDb(pulumi.ComponentResource):
    """PostgreSQL with TimescaleDB under Patroni: one primary, the others follow it."""

    stateful_set: k8s.apps.v1.StatefulSet
    settled: k8s.batch.v1.Job
    """Done once the site answers, and is as its files say."""
    configuration: k8s.core.v1.ConfigMap
    claims: dict[str, k8s.core.v1.PersistentVolumeClaim]
    """The volumes of each member: data-0, log-0, ..."""

    def __init__(self, name: str, args: TimescaleDbArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        super().__init__("alphintra:data:TimescaleDb", name, {}, opts)
        self._name, self._args = name, args
        places = Places()
        files = site_files(args.settings, args.site, args.members, follows=args.follows, bucket=args.bucket, places=places)
        self.configuration = k8s.core.v1.ConfigMap(
            f"{name}-configuration",
            metadata=metadata(args.site.name, args.namespace, selector(args.site.name)),
            data=files,
            opts=pulumi.ResourceOptions(parent=self),
        )
        volumes = args.settings.volumes
        sizes = {"data": volumes.data_gib, "log": volumes.log_gib}
        self.claims = {
            f"{volume}-{number}": self._claim(volume, number, gib)
            for number in range(args.members.count)
            for volume, gib in sizes.items()
        }
        self.stateful_set = self._members(files, sizes, places)
        self.settled = self._settle(files, places)
        self._measured()
        self.register_outputs({"leader": args.access.services["leader"].metadata.name})

    def _claim(self, volume: str, number: int, gib: int) -> k8s.core.v1.PersistentVolumeClaim:
        """A claim of the name that the StatefulSet would give it: it takes the one that is there, and this one can grow."""
        args, scope = self._args, self._args.site.name
        return k8s.core.v1.PersistentVolumeClaim(
            f"{self._name}-{volume}-{number}",
            metadata=metadata(f"{volume}-{scope}-{number}", args.namespace, selector(scope), **SKIP_AWAIT),
            spec=claim(args.storage_class, gib),
            opts=pulumi.ResourceOptions(parent=self, protect=args.protect),
        )

    def _members(self, files: Mapping[str, str], sizes: Mapping[str, int], places: Places) -> k8s.apps.v1.StatefulSet:
        args = self._args
        hours = f"{args.settings.rto_hours}h"
        return k8s.apps.v1.StatefulSet(
            f"{self._name}-members",
            metadata=metadata(args.site.name, args.namespace, selector(args.site.name)),
            spec=k8s.apps.v1.StatefulSetSpecArgs(
                service_name=args.access.services["members"].metadata.name,
                replicas=args.members.count,
                pod_management_policy="Parallel",
                update_strategy=k8s.apps.v1.StatefulSetUpdateStrategyArgs(type="RollingUpdate"),
                persistent_volume_claim_retention_policy=k8s.apps.v1.StatefulSetPersistentVolumeClaimRetentionPolicyArgs(
                    when_deleted="Retain", when_scaled="Retain"
                ),
                selector=k8s.meta.v1.LabelSelectorArgs(match_labels=selector(args.site.name)),
                template=member(
                    MemberArgs(
                        scope=args.site.name,
                        database=args.settings.database,
                        namespace=args.namespace,
                        members=args.members,
                        failover=args.settings.failover,
                        image=args.image,
                        exporter_image=args.exporter_image,
                        account=args.account,
                        priority=args.store_priority,
                        configuration=self.configuration.metadata.name,
                        digest=read_at_start(files),
                        passwords=args.passwords.volume("passwords"),
                        monitoring=args.monitoring.volume("monitoring"),
                    ),
                    places,
                ),
                volume_claim_templates=[
                    k8s.core.v1.PersistentVolumeClaimArgs(
                        metadata=k8s.meta.v1.ObjectMetaArgs(name=volume, labels=selector(args.site.name)),
                        spec=claim(args.storage_class, gib),
                    )
                    for volume, gib in sizes.items()
                ],
            ),
            opts=pulumi.ResourceOptions(
                parent=self,
                protect=args.protect,
                depends_on=[args.access, *self.claims.values()],
                # A changed template replaces the set, and with it every member; the claims themselves grow in place.
                ignore_changes=["spec.volumeClaimTemplates"],
                custom_timeouts=pulumi.CustomTimeouts(create=hours, update=hours),
            ),
        )

    def _settle(self, files: Mapping[str, str], places: Places) -> k8s.batch.v1.Job:
        """A job named by what it brings about: another name is another job, and the old one goes."""
        args, site = self._args, self._args.site
        variables = environment(
            REST=f"http://{site.name}-pods:{REST_PORT}",
            LEADER=f"host={site.name} port={PORT} user={SUPERUSER} sslmode=require",
            DATABASE=args.settings.database,
            DYNAMIC=f"{places.configuration}/dynamic.json",
            BACK_UP=f"{places.pgbackrest} --config={places.repository} --stanza={site.stanza}",
            PASSWORDS=places.passwords,
        )
        pod = working_pod(
            args.image,
            ["python3", f"{places.configuration}/settle.py"],
            runs_as=RunsAs(user=USER_ID, account=args.account, priority=args.batch_priority),
            resources=amounts(0.1, 256),
            variables=variables,
            reads={
                places.configuration: files_of("configuration", self.configuration.metadata.name),
                places.passwords: args.passwords.volume("passwords"),
            },
            writes={"/tmp": empty("tmp")},  # noqa: S108
        )
        return k8s.batch.v1.Job(
            f"{self._name}-settle",
            metadata=metadata(f"{site.name}-settle-{read_when_settled(files)}", args.namespace),
            spec=job(pod, {"app": APP, SITE_LABEL: site.name}, hours=args.settings.rto_hours),
            opts=pulumi.ResourceOptions(
                parent=self,
                depends_on=[self.stateful_set],
                custom_timeouts=pulumi.CustomTimeouts(create=f"{args.settings.rto_hours}h"),
            ),
        )

    def _measured(self) -> None:
        k8s.apiextensions.CustomResource(
            f"{self._name}-metrics",
            api_version="monitoring.googleapis.com/v1",
            kind="PodMonitoring",
            metadata=metadata(self._args.site.name, self._args.namespace, selector(self._args.site.name)),
            spec={
                "selector": {"matchLabels": selector(self._args.site.name)},
                "endpoints": [{"port": "metrics", "interval": "30s"}, {"port": "patroni", "path": "/metrics", "interval": "30s"}],
            },
            opts=pulumi.ResourceOptions(parent=self),
        )
