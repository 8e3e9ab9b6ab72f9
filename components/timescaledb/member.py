"""The pod of a member: PostgreSQL under Patroni, and the exporter of its metrics."""

from __future__ import annotations

from dataclasses import dataclass

import pulumi
import pulumi_kubernetes as k8s

from settings.timeseries import Failover, Members

from ..node_pool import POOL_KEY
from ..pods import amounts, container_security, empty, environment, files_of, from_pod, given, pod_security, written
from .places import METRICS_PORT, PORT, PORT_NAME, REST_PORT, REST_USER, SUPERUSER, USER_ID, Places, selector

c = k8s.core.v1
EXPORTER_CPU, EXPORTER_MIB = 0.1, 128
"""What the exporter takes of what the pod has."""


@dataclass(frozen=True, kw_only=True)
class MemberArgs:
    """A member."""

    scope: str
    database: str
    namespace: pulumi.Input[str]
    members: Members
    failover: Failover
    image: pulumi.Input[str]
    exporter_image: pulumi.Input[str]
    account: pulumi.Input[str]
    priority: pulumi.Input[str]
    configuration: pulumi.Input[str]
    """The ConfigMap with the files."""
    digest: str
    """Of what a member reads when it starts: another one restarts members, one after the other."""
    passwords: c.VolumeArgs
    """Of members, named `passwords`."""
    monitoring: c.VolumeArgs
    """The exporter's, named `monitoring`."""


def member(args: MemberArgs, places: Places) -> c.PodTemplateSpecArgs:
    """The pod's template."""
    labels = selector(args.scope)
    spread = k8s.meta.v1.LabelSelectorArgs(match_labels=labels)
    return c.PodTemplateSpecArgs(
        metadata=k8s.meta.v1.ObjectMetaArgs(labels=labels, annotations={"alphintra.io/configuration": args.digest}),
        spec=c.PodSpecArgs(
            service_account_name=args.account,
            automount_service_account_token=True,  # Patroni talks to the API server
            priority_class_name=args.priority,
            termination_grace_period_seconds=args.failover.stop_seconds,
            security_context=pod_security(USER_ID),
            node_selector={POOL_KEY: args.members.pool},
            tolerations=[c.TolerationArgs(key=POOL_KEY, operator="Equal", value=args.members.pool, effect="NoSchedule")],
            topology_spread_constraints=[
                c.TopologySpreadConstraintArgs(
                    max_skew=1,
                    topology_key="topology.kubernetes.io/zone",
                    when_unsatisfiable="DoNotSchedule",
                    label_selector=spread,
                )
            ],
            affinity=c.AffinityArgs(
                pod_anti_affinity=c.PodAntiAffinityArgs(
                    required_during_scheduling_ignored_during_execution=[
                        c.PodAffinityTermArgs(topology_key="kubernetes.io/hostname", label_selector=spread)
                    ]
                )
            ),
            containers=[_server(args, places), _exporter(args, places)],
            volumes=[
                files_of("configuration", args.configuration),
                args.passwords,
                args.monitoring,
                *(empty(name) for name in ("tmp", "sockets", "certificates", "spool", "home")),
                # The container runtime gives 64 MiB, and parallel queries fail.
                empty("shm", in_memory=f"{_memory(args) // 8}Mi"),
            ],
        ),
    )


def claim(storage_class: pulumi.Input[str], gib: int) -> c.PersistentVolumeClaimSpecArgs:
    """What a volume is, in a template or as an object of its own."""
    return c.PersistentVolumeClaimSpecArgs(
        access_modes=["ReadWriteOnce"],
        storage_class_name=storage_class,
        resources=c.VolumeResourceRequirementsArgs(requests={"storage": f"{gib}Gi"}),
    )


def _memory(args: MemberArgs) -> int:
    return int(args.members.memory_gib * 1024) - EXPORTER_MIB


def _server(args: MemberArgs, places: Places) -> c.ContainerArgs:
    return c.ContainerArgs(
        name="timescaledb",
        image=args.image,
        command=["sh", f"{places.configuration}/start.sh"],
        env=[
            *from_pod(
                PATRONI_NAME="metadata.name",
                PATRONI_KUBERNETES_NAMESPACE="metadata.namespace",
                PATRONI_KUBERNETES_POD_IP="status.podIP",
            ),
            *environment(
                PATRONI_POSTGRESQL_CONNECT_ADDRESS=f"$(PATRONI_KUBERNETES_POD_IP):{PORT}",
                PATRONI_RESTAPI_CONNECT_ADDRESS=f"$(PATRONI_KUBERNETES_POD_IP):{REST_PORT}",
                PATRONI_RESTAPI_USERNAME=REST_USER,
                CONFIGURATION=places.patroni,
                PASSWORDS=places.passwords,
                PGDATA=places.pgdata,
                LOG_VOLUME=places.log,
                CERTIFICATES=places.certificates,
                HOME=places.home,
                # For what runs before it stops.
                REST=f"http://127.0.0.1:{REST_PORT}",
                SOCKET=f"host={places.sockets} user={SUPERUSER} dbname=postgres",
            ),
        ],
        ports=[
            c.ContainerPortArgs(name=PORT_NAME, container_port=PORT),
            c.ContainerPortArgs(name="patroni", container_port=REST_PORT),
        ],
        resources=amounts(args.members.cpu - EXPORTER_CPU, _memory(args), args.members.huge_pages_gib),
        security_context=container_security(),
        # A member that is restored answers from the start that it is alive; it may take its time to be ready.
        startup_probe=_probe("/liveness", failures=60),
        liveness_probe=_probe("/liveness", failures=3),
        readiness_probe=_probe("/readiness", failures=3),
        lifecycle=c.LifecycleArgs(
            pre_stop=c.LifecycleHandlerArgs(exec_=c.ExecActionArgs(command=["python3", f"{places.configuration}/hand_over.py"]))
        ),
        volume_mounts=given(configuration=places.configuration, passwords=places.passwords)
        + written(
            data=places.data,
            log=places.log,
            tmp="/tmp",  # noqa: S108 - a volume of the pod's own
            sockets=places.sockets,
            certificates=places.certificates,
            spool=places.spool,
            home=places.home,
            shm="/dev/shm",  # noqa: S108
        ),
    )


def _probe(path: str, failures: int) -> c.ProbeArgs:
    return c.ProbeArgs(
        http_get=c.HTTPGetActionArgs(path=path, port=REST_PORT, scheme="HTTP"),
        period_seconds=10,
        timeout_seconds=5,
        failure_threshold=failures,
    )


def _exporter(args: MemberArgs, places: Places) -> c.ContainerArgs:
    return c.ContainerArgs(
        name="exporter",
        image=args.exporter_image,
        args=[
            f"--web.listen-address=:{METRICS_PORT}",
            "--collector.long_running_transactions",
            f"--extend.query-path={places.configuration}/queries.yaml",
        ],
        env=environment(
            DATA_SOURCE_URI=f"127.0.0.1:{PORT}/{args.database}?sslmode=require",
            DATA_SOURCE_USER="monitoring",
            DATA_SOURCE_PASS_FILE=f"{places.passwords}/monitoring",
        ),
        ports=[c.ContainerPortArgs(name="metrics", container_port=METRICS_PORT)],
        resources=amounts(EXPORTER_CPU, EXPORTER_MIB),
        security_context=container_security(),
        volume_mounts=given(monitoring=places.passwords, configuration=places.configuration),
    )
