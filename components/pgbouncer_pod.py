"""The pod of a pooler: what prepares it, PgBouncer, and the exporter beside it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import pulumi
import pulumi_kubernetes as k8s

from settings.kubernetes import Pod

from .mounted_secrets import MountedSecrets
from .pgbouncer_files import Places, preparation
from .pods import container_security, pod_security

USER_ID = 70
"""`postgres` in the image."""
METRICS_PORT = 9127
SIDE_CPU_MILLIS, SIDE_MEMORY_MIB = 50, 64
"""What the exporter takes of the pod's size, and the preparation before it."""
LEAVES_SECONDS = 15
"""How long a pooler still works after it was taken from the service: until no node sends anybody there."""


@dataclass(frozen=True, kw_only=True)
class PodArgs:
    """A pooler's pod."""

    size: Pod
    drain_seconds: int
    images: Mapping[str, pulumi.Input[str]]
    account: pulumi.Input[str]
    priority: pulumi.Input[str]
    files: pulumi.Input[str]
    """The name of the config map."""
    password: MountedSecrets
    names: Sequence[str]
    """The names that clients connect to, for the certificate."""
    labels: Mapping[str, str]


def pod(args: PodArgs, places: Places) -> k8s.core.v1.PodSpecArgs:
    """Describes it."""
    c = k8s.core.v1
    run = c.VolumeMountArgs(name="run", mount_path=places.run)
    files = c.VolumeMountArgs(name="files", mount_path=_folder(places.server_ca), read_only=True)
    password = c.VolumeMountArgs(name="password", mount_path=_folder(places.password), read_only=True)
    return c.PodSpecArgs(
        service_account_name=args.account,
        automount_service_account_token=False,
        priority_class_name=args.priority,
        termination_grace_period_seconds=args.drain_seconds,
        security_context=pod_security(USER_ID),
        topology_spread_constraints=[
            _spread("topology.kubernetes.io/zone", "DoNotSchedule", args.labels),
            _spread("kubernetes.io/hostname", "ScheduleAnyway", args.labels),
        ],
        init_containers=[
            c.ContainerArgs(
                name="preparation",
                image=args.images["preparation"],
                command=["/bin/sh", "-c", preparation(places, args.names)],
                resources=_size(SIDE_CPU_MILLIS, SIDE_MEMORY_MIB),
                security_context=container_security(),
                volume_mounts=[run, password],
            )
        ],
        containers=[_pooler(args, places, [run, files]), _exporter(args, places, run)],
        volumes=[
            c.VolumeArgs(name="run", empty_dir=c.EmptyDirVolumeSourceArgs(medium="Memory", size_limit="8Mi")),
            c.VolumeArgs(name="files", config_map=c.ConfigMapVolumeSourceArgs(name=args.files)),
            args.password.volume("password"),
        ],
    )


def _pooler(args: PodArgs, places: Places, mounts: list[k8s.core.v1.VolumeMountArgs]) -> k8s.core.v1.ContainerArgs:
    c = k8s.core.v1
    probe = c.TCPSocketActionArgs(port="postgresql")
    # SIGTERM waits until every client has left, which pooled clients never do; SIGINT until every transaction has ended.
    leave = f"sleep {LEAVES_SECONDS}; kill -INT 1; sleep {args.drain_seconds}"
    return c.ContainerArgs(
        name="pgbouncer",
        image=args.images["pgbouncer"],
        command=["/usr/bin/pgbouncer", "/etc/pgbouncer/pgbouncer.ini"],
        ports=[c.ContainerPortArgs(name="postgresql", container_port=places.port)],
        readiness_probe=c.ProbeArgs(tcp_socket=probe, period_seconds=5),
        liveness_probe=c.ProbeArgs(tcp_socket=probe, initial_delay_seconds=15, period_seconds=20, failure_threshold=3),
        lifecycle=c.LifecycleArgs(
            pre_stop=c.LifecycleHandlerArgs(exec_=c.ExecActionArgs(command=["/bin/sh", "-c", leave])),
        ),
        resources=_size(round(args.size.cpu * 1000) - SIDE_CPU_MILLIS, round(args.size.memory_gib * 1024) - SIDE_MEMORY_MIB),
        security_context=container_security(),
        volume_mounts=mounts,
    )


def _exporter(args: PodArgs, places: Places, run: k8s.core.v1.VolumeMountArgs) -> k8s.core.v1.ContainerArgs:
    c = k8s.core.v1
    console = f"postgres://pgbouncer@/pgbouncer?host={places.run}&port={places.port}&sslmode=disable"
    healthy = c.HTTPGetActionArgs(path="/", port="metrics")
    return c.ContainerArgs(
        name="exporter",
        image=args.images["exporter"],
        args=[f"--pgBouncer.connectionString={console}", f"--web.listen-address=:{METRICS_PORT}"],
        ports=[c.ContainerPortArgs(name="metrics", container_port=METRICS_PORT)],
        readiness_probe=c.ProbeArgs(http_get=healthy, period_seconds=10),
        resources=_size(SIDE_CPU_MILLIS, SIDE_MEMORY_MIB),
        security_context=container_security(),
        volume_mounts=[run],
    )


def _size(cpu_millis: int, memory_mib: int) -> k8s.core.v1.ResourceRequirementsArgs:
    memory = f"{memory_mib}Mi"
    return k8s.core.v1.ResourceRequirementsArgs(requests={"cpu": f"{cpu_millis}m", "memory": memory}, limits={"memory": memory})


def _spread(topology: str, otherwise: str, labels: Mapping[str, str]) -> k8s.core.v1.TopologySpreadConstraintArgs:
    return k8s.core.v1.TopologySpreadConstraintArgs(
        max_skew=1,
        topology_key=topology,
        when_unsatisfiable=otherwise,
        label_selector=k8s.meta.v1.LabelSelectorArgs(match_labels=labels),
        match_label_keys=["pod-template-hash"],  # of an update's new pods only: the old ones are about to go
    )


def _folder(path: str) -> str:
    return path.rpartition("/")[0]
