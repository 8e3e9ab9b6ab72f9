"""PgBouncer in a cluster: between the services there and an instance of the main database."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import pulumi
import pulumi_kubernetes as k8s

import settings.pooling as spec
from settings.kubernetes import Pod

from .allowed_traffic import Traffic, allow, from_collectors, let_out
from .mounted_secrets import MountedSecrets, MountedSecretsArgs
from .pgbouncer_files import PORT, SERVER_PORT, Places, pgbouncer_ini
from .pgbouncer_pod import METRICS_PORT, PodArgs, pod
from .secrets import Credential

NAME = spec.POD
LABELS = {"app.kubernetes.io/name": NAME}
POOLERS = Traffic(ports=[PORT], namespace=NAME, labels=LABELS)
"""Where clients connect."""


@dataclass(frozen=True, kw_only=True)
class PgBouncerArgs:
    """What `PgBouncer` takes."""

    settings: spec.Pooling
    pods: Pod
    """How many poolers run at least, and the size of each."""
    images: Mapping[str, pulumi.Input[str]]
    """What is pulled: `pgbouncer`, `exporter` and `preparation`."""
    namespace: pulumi.Input[str]
    account: pulumi.Input[str]
    """The Kubernetes service account that may read the password."""
    priority: pulumi.Input[str]
    password: Credential
    """The password of `pgbouncer`."""
    host: str
    """The instance's DNS name."""
    databases: Sequence[str]
    server_ca: pulumi.Input[str]
    """The certificates that sign the instance's, in PEM."""
    server_range: str
    """The range that the instance's address is in."""
    clients: Mapping[str, pulumi.Input[str] | None]
    """The namespaces that clients are in, by name; None for one that this cluster does not have yet."""
    programs: Sequence[Traffic] = ()
    """Pods that connect, of namespaces that do not as a whole. They are let out there by their own policy."""
    requires: Sequence[pulumi.Resource] = ()
    """What must be there before the first pod: the instance, its users, and its schema."""


class PgBouncer(pulumi.ComponentResource):
    """Poolers that take each other's place, as many as the load needs."""

    host: pulumi.Output[str]
    """The name that clients in the cluster connect to, at `PORT`."""
    deployment: k8s.apps.v1.Deployment

    def __init__(self, name: str, args: PgBouncerArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        super().__init__("alphintra:data:PgBouncer", name, {}, opts)
        self._name, self._args = name, args
        self._inside = pulumi.ResourceOptions(parent=self)
        service = self._service()
        self._traffic()
        self.deployment = self._deployment()
        self._as_many_as_needed(self.deployment)
        k8s.apiextensions.CustomResource(
            f"{name}-monitoring",
            api_version="monitoring.googleapis.com/v1",
            kind="PodMonitoring",
            metadata=self._meta(),
            spec={"selector": {"matchLabels": LABELS}, "endpoints": [{"port": "metrics", "interval": "30s"}]},
            opts=self._inside,
        )
        self.host = pulumi.Output.concat(service.metadata.name, ".", service.metadata.namespace, ".svc.cluster.local")
        self.register_outputs({"host": self.host})

    def _meta(self) -> k8s.meta.v1.ObjectMetaArgs:
        return k8s.meta.v1.ObjectMetaArgs(name=NAME, namespace=self._args.namespace, labels=LABELS)

    def _service(self) -> k8s.core.v1.Service:
        return k8s.core.v1.Service(
            f"{self._name}-service",
            metadata=self._meta(),
            spec=k8s.core.v1.ServiceSpecArgs(
                selector=LABELS,
                ports=[k8s.core.v1.ServicePortArgs(name="postgresql", port=PORT, target_port="postgresql")],
            ),
            opts=self._inside,
        )

    def _traffic(self) -> None:
        args = self._args
        allow(
            f"{self._name}-traffic",
            NAME,
            namespace=args.namespace,
            labels=LABELS,
            incoming=[
                *(Traffic(ports=[PORT], namespace=client) for client in args.clients),
                *args.programs,
                *from_collectors(METRICS_PORT),
            ],
            outgoing=[Traffic(ports=[SERVER_PORT], cidrs=[args.server_range])],
            opts=self._inside,
        )
        let_out(
            f"{self._name}-traffic",
            f"allow-{NAME}",
            clients=args.clients,
            to=POOLERS,
            opts=self._inside,
        )

    def _deployment(self) -> k8s.apps.v1.Deployment:
        args = self._args
        places = Places()
        ini = pgbouncer_ini(args.settings, args.host, args.databases, places)
        files = k8s.core.v1.ConfigMap(
            f"{self._name}-files",
            metadata=self._meta(),
            data={"pgbouncer.ini": ini, "server-ca.pem": args.server_ca},
            opts=self._inside,
        )
        password = MountedSecrets(
            f"{self._name}-password",
            MountedSecretsArgs(namespace=args.namespace, secrets={"password": args.password}),
            opts=self._inside,
        )
        content = pulumi.Output.from_input(args.server_ca).apply(lambda ca: hashlib.sha256(f"{ini}{ca}".encode()).hexdigest())
        apps = k8s.apps.v1
        return apps.Deployment(
            f"{self._name}-deployment",
            metadata=self._meta(),
            spec=apps.DeploymentSpecArgs(
                # No `replicas`: that is up to the autoscaler, and an update here would set it back.
                selector=k8s.meta.v1.LabelSelectorArgs(match_labels=LABELS),
                strategy=apps.DeploymentStrategyArgs(
                    type="RollingUpdate",
                    rolling_update=apps.RollingUpdateDeploymentArgs(max_surge=spec.SURGE, max_unavailable=0),
                ),
                template=k8s.core.v1.PodTemplateSpecArgs(
                    metadata=k8s.meta.v1.ObjectMetaArgs(
                        labels=LABELS,
                        # Files and passwords are read at the start: a change of either starts the poolers anew, one by one.
                        annotations={"alphintra.com/files": content, "alphintra.com/password": str(args.password.version)},
                    ),
                    spec=pod(
                        PodArgs(
                            size=args.pods,
                            drain_seconds=args.settings.drain_seconds,
                            images=args.images,
                            account=args.account,
                            priority=args.priority,
                            files=files.metadata.name,
                            password=password,
                            names=[f"{NAME}.{NAME}.svc.cluster.local", f"{NAME}.{NAME}.svc", NAME],
                            labels=LABELS,
                        ),
                        places,
                    ),
                ),
            ),
            opts=pulumi.ResourceOptions(parent=self, depends_on=args.requires),
        )

    def _as_many_as_needed(self, deployment: k8s.apps.v1.Deployment) -> None:
        args = self._args
        k8s.autoscaling.v2.HorizontalPodAutoscaler(
            f"{self._name}-autoscaler",
            metadata=self._meta(),
            spec=k8s.autoscaling.v2.HorizontalPodAutoscalerSpecArgs(
                scale_target_ref=k8s.autoscaling.v2.CrossVersionObjectReferenceArgs(
                    api_version="apps/v1", kind="Deployment", name=deployment.metadata.name
                ),
                min_replicas=args.pods.count,
                max_replicas=args.settings.max_replicas,
                metrics=[
                    k8s.autoscaling.v2.MetricSpecArgs(
                        type="ContainerResource",
                        container_resource=k8s.autoscaling.v2.ContainerResourceMetricSourceArgs(
                            container=NAME,
                            name="cpu",
                            target=k8s.autoscaling.v2.MetricTargetArgs(
                                type="Utilization", average_utilization=args.settings.target_cpu_percent
                            ),
                        ),
                    )
                ],
            ),
            opts=self._inside,
        )
        k8s.policy.v1.PodDisruptionBudget(
            f"{self._name}-disruptions",
            metadata=self._meta(),
            spec=k8s.policy.v1.PodDisruptionBudgetSpecArgs(
                selector=k8s.meta.v1.LabelSelectorArgs(match_labels=LABELS), max_unavailable=1
            ),
            opts=self._inside,
        )
