"""Metrics of the search cluster and of its operator."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import pulumi
import pulumi_kubernetes as k8s

from database.search.definitions import MONITOR

from .elastic_operator import LABELS as OPERATOR_PODS
from .elasticsearch import METRICS, Elasticsearch
from .mounted_secrets import MountedSecrets, MountedSecretsArgs
from .pods import NOBODY, container_security, pod_security, spread
from .search_setup import SearchSetup
from .secrets import Credential

NAME = "search-exporter"
OWN = {"app.kubernetes.io/name": NAME}
"""The labels of its pods."""
"""`nobody`: the image names its user, which a kubelet cannot tell from root."""
SIZE = {"cpu": "50m", "memory": "128Mi"}
INTERVAL = "30s"
VERSION_KEY = "alphintra.io/credential"
FLAGS = ("--es.all", "--es.indices", "--es.shards", "--collector.snapshots", "--collector.slm")
CREDENTIAL, AUTHORITY = "/etc/search/user", "/etc/search/ca"
START = (
    f'ES_USERNAME={MONITOR} ES_PASSWORD="$(cat {CREDENTIAL}/password)" exec /bin/elasticsearch_exporter '
    f'--es.uri="$SEARCH_URL" --es.ca={AUTHORITY}/ca.crt {" ".join(FLAGS)}'
)
"""The exporter takes a password from its environment only; the shell reads it from the file, so that it is in no object."""


@dataclass(frozen=True, kw_only=True)
class SearchExporterArgs:
    """What `SearchExporter` takes."""

    image: pulumi.Input[str]
    cluster: Elasticsearch
    setup: SearchSetup
    """What makes the user that it signs in as."""
    namespace: pulumi.Input[str]
    operator_namespace: pulumi.Input[str]
    account: pulumi.Input[str]
    """The Kubernetes service account that may read the credential."""
    priority: pulumi.Input[str]
    labels: Mapping[str, str]
    """The labels with which a pod reaches the cluster."""
    credential: Credential


class SearchExporter(pulumi.ComponentResource):
    """One exporter for the whole cluster, as a user who sees how it does and no document, and what collects the metrics."""

    deployment: k8s.apps.v1.Deployment

    def __init__(self, name: str, args: SearchExporterArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        super().__init__("alphintra:data:SearchExporter", name, {}, opts)
        inside = pulumi.ResourceOptions(parent=self)
        meta = k8s.meta.v1.ObjectMetaArgs(name=NAME, namespace=args.namespace)
        secrets = MountedSecrets(
            f"{name}-secrets",
            MountedSecretsArgs(namespace=args.namespace, secrets={"password": args.credential}),
            opts=inside,
        )
        self.deployment = k8s.apps.v1.Deployment(
            f"{name}-deployment",
            metadata=meta,
            spec=k8s.apps.v1.DeploymentSpecArgs(
                replicas=1,
                selector=k8s.meta.v1.LabelSelectorArgs(match_labels=OWN),
                template=k8s.core.v1.PodTemplateSpecArgs(
                    metadata=k8s.meta.v1.ObjectMetaArgs(
                        labels={**OWN, **args.labels}, annotations={VERSION_KEY: str(args.credential.version)}
                    ),
                    spec=_pod(args, secrets),
                ),
            ),
            opts=pulumi.ResourceOptions(parent=self, depends_on=[args.setup.job]),
        )
        for role, namespace, labels in (("cluster", args.namespace, OWN), ("operator", args.operator_namespace, OPERATOR_PODS)):
            k8s.apiextensions.CustomResource(
                f"{name}-monitoring-{role}",
                api_version="monitoring.googleapis.com/v1",
                kind="PodMonitoring",
                metadata=k8s.meta.v1.ObjectMetaArgs(name=f"search-{role}", namespace=namespace),
                spec={"selector": {"matchLabels": labels}, "endpoints": [{"port": "metrics", "interval": INTERVAL}]},
                opts=inside,
            )
        self.register_outputs({"deployment": self.deployment.metadata.name})


def _pod(args: SearchExporterArgs, secrets: MountedSecrets) -> k8s.core.v1.PodSpecArgs:
    c = k8s.core.v1
    healthy = c.HTTPGetActionArgs(path="/healthz", port="metrics")
    return c.PodSpecArgs(
        service_account_name=args.account,
        automount_service_account_token=False,
        priority_class_name=args.priority,
        security_context=pod_security(NOBODY),
        topology_spread_constraints=[spread(OWN)],
        containers=[
            c.ContainerArgs(
                name="exporter",
                image=args.image,
                command=["/bin/sh", "-ec", START],
                env=[c.EnvVarArgs(name="SEARCH_URL", value=args.cluster.url)],
                ports=[c.ContainerPortArgs(name="metrics", container_port=METRICS)],
                readiness_probe=c.ProbeArgs(http_get=healthy, period_seconds=10),
                liveness_probe=c.ProbeArgs(http_get=healthy, initial_delay_seconds=30, period_seconds=20),
                resources=c.ResourceRequirementsArgs(requests=SIZE, limits={"memory": SIZE["memory"]}),
                security_context=container_security(),
                volume_mounts=[
                    c.VolumeMountArgs(name="user", mount_path=CREDENTIAL, read_only=True),
                    c.VolumeMountArgs(name="ca", mount_path=AUTHORITY, read_only=True),
                ],
            )
        ],
        volumes=[
            secrets.volume("user"),
            c.VolumeArgs(name="ca", secret=c.SecretVolumeSourceArgs(secret_name=args.cluster.ca_secret)),
        ],
    )
