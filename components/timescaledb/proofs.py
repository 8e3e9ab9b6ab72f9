"""What is outside of the database and looks at it with little power: logical backups, and restores that are tried."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import pulumi
import pulumi_kubernetes as k8s

from settings.timeseries import Site, TimeSeries

from ..allowed_traffic import Traffic, allow
from ..firewall import PRIVATE_GOOGLE_RANGE
from ..mounted_secrets import MountedSecrets
from ..pods import RunsAs, amounts, empty, environment, files_of, job, metadata, scheduled, working_pod
from .files import operations
from .places import NAMESPACE, PORT, USER_ID, Places
from .repository_file import repository_file

c = k8s.core.v1
JOBS = {"export": "database-backup", "restore-test": "restore-test"}
"""The jobs, and the name of each one's account."""


@dataclass(frozen=True, kw_only=True)
class TimescaleDbProofsArgs:
    """What `TimescaleDbProofs` takes."""

    settings: TimeSeries
    leader: Site
    """The site that takes writes."""
    namespace: pulumi.Input[str]
    """The jobs' namespace."""
    accounts: dict[str, pulumi.Input[str]]
    """The Kubernetes account that each job runs as."""
    priority: pulumi.Input[str]
    image: pulumi.Input[str]
    scratch_class: pulumi.Input[str]
    """The storage class of what is restored, and goes with the test."""
    repository_bucket: str
    export_bucket: str
    passwords: dict[str, MountedSecrets]
    """By job."""


class TimescaleDbProofs(pulumi.ComponentResource):
    """A logical backup a day, and a restore a week that is compared with what is live."""

    def __init__(self, name: str, args: TimescaleDbProofsArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        super().__init__("alphintra:data:TimescaleDbProofs", name, {}, opts)
        self._name, self._args, self._places = name, args, Places()
        self._files = k8s.core.v1.ConfigMap(
            f"{name}-files",
            metadata=metadata("timeseries-jobs", args.namespace),
            data={
                **operations(),
                "pgbackrest.conf": repository_file(args.settings, bucket=args.repository_bucket, places=self._places),
            },
            opts=pulumi.ResourceOptions(parent=self),
        )
        self._scheduled("export", args.settings.exports.schedule, args.settings.exports.hours, self._export())
        self._scheduled("restore-test", args.settings.restore_test.schedule, args.settings.restore_test.hours, self._restore())
        self._traffic()
        self.register_outputs({})

    def _scheduled(self, kind: str, when: str, hours: int, pod: c.PodSpecArgs) -> None:
        k8s.batch.v1.CronJob(
            f"{self._name}-{kind}",
            metadata=metadata(f"timeseries-{kind}", self._args.namespace),
            # One that failed is looked at, not tried until it succeeds.
            spec=scheduled(when, job(pod, {"app": "timeseries-jobs", "job": kind}, hours=hours, tries=0)),
            opts=pulumi.ResourceOptions(parent=self),
        )

    def _pod(
        self,
        kind: str,
        resources: c.ResourceRequirementsArgs,
        variables: Sequence[c.EnvVarArgs],
        writes: Mapping[str, c.VolumeArgs] | None = None,
    ) -> c.PodSpecArgs:
        return working_pod(
            self._args.image,
            ["python3", f"{self._places.configuration}/{kind.replace('-', '_')}.py"],
            runs_as=RunsAs(user=USER_ID, account=self._args.accounts[kind], priority=self._args.priority),
            resources=resources,
            variables=[*variables, *environment(DATABASE=self._args.settings.database, PASSWORDS=self._places.passwords)],
            reads={
                self._places.configuration: files_of("files", self._files.metadata.name),
                self._places.passwords: self._args.passwords[kind].volume("passwords"),
            },
            writes={"/tmp": empty("tmp"), **(writes or {})},  # noqa: S108
        )

    def _export(self) -> c.PodSpecArgs:
        scope, settings = f"{self._args.leader.name}", self._args.settings
        hosts = f"host={scope}-repl.{NAMESPACE},{scope}.{NAMESPACE} port={PORT},{PORT} target_session_attrs=prefer-standby"
        return self._pod(
            "export",
            amounts(1, 1024),
            environment(
                STANDBY=f"{hosts} user=export sslmode=require",
                BUCKET=self._args.export_bucket,
                FOLDER=settings.export_folder,
            ),
        )

    def _restore(self) -> c.PodSpecArgs:
        settings, leader = self._args.settings, self._args.leader
        test = settings.restore_test
        size = settings.volumes.data_gib + settings.volumes.log_gib
        scratch = c.VolumeArgs(
            name="scratch",
            ephemeral=c.EphemeralVolumeSourceArgs(
                volume_claim_template=c.PersistentVolumeClaimTemplateArgs(
                    spec=c.PersistentVolumeClaimSpecArgs(
                        access_modes=["ReadWriteOnce"],
                        storage_class_name=self._args.scratch_class,
                        resources=c.VolumeResourceRequirementsArgs(requests={"storage": f"{size}Gi"}),
                    )
                )
            ),
        )
        return self._pod(
            "restore-test",
            amounts(test.cpu, test.memory_gib * 1024),
            environment(
                LEADER=f"host={leader.name}.{NAMESPACE} port={PORT} sslmode=require",
                STANZA=leader.stanza,
                CONFIGURATION=self._places.repository,
                RESTORED="/scratch/pgdata",
                SOCKETS=self._places.sockets,
                BUFFERS=f"{test.memory_gib * 1024 // 4}MB",
                SECONDS=str(test.hours * 3600),
                RPO_SECONDS=str(settings.rpo_minutes * 60),
                PATH=f"{self._places.programs}:/usr/local/bin:/usr/bin:/bin",
            ),
            {
                "/scratch": scratch,
                self._places.sockets: empty("sockets"),
                self._places.spool: empty("spool"),
                "/dev/shm": empty("shm", in_memory=f"{test.memory_gib * 1024 // 8}Mi"),  # noqa: S108
            },
        )

    def _traffic(self) -> None:
        allow(
            f"{self._name}-traffic",
            "timeseries-jobs",
            namespace=self._args.namespace,
            labels={"app": "timeseries-jobs"},
            outgoing=[Traffic(ports=[PORT], namespace=NAMESPACE), Traffic(ports=[443], cidrs=[PRIVATE_GOOGLE_RANGE])],
            opts=pulumi.ResourceOptions(parent=self),
        )
