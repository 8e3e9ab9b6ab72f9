"""Elasticsearch: the cluster, what it holds, and what watches it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import pulumi
import pulumi_kubernetes as k8s

import settings.search as spec
from settings import kubernetes

from .allowed_traffic import Traffic, allow, from_collectors, let_out
from .elastic_operator import ELASTICSEARCH_PODS, ElasticOperator
from .elastic_operator import LABELS as OPERATOR_PODS
from .elasticsearch_nodes import CLUSTER_LABEL, Nodes, declaration
from .firewall import PRIVATE_GOOGLE_RANGE

API_VERSION, KIND = "elasticsearch.k8s.elastic.co/v1", "Elasticsearch"
HTTP, TRANSPORT, METRICS = 9200, 9300, 9114
READY = '["jsonpath={.status.phase}=Ready","jsonpath={.status.health}=green"]'
"""What an update waits for; of kinds that it does not know, Pulumi's provider waits for nothing by itself."""
START = "30m"
"""How long a cluster may take until it is so: nodes, volumes, certificates, an election."""


@dataclass(frozen=True, kw_only=True)
class ElasticsearchArgs:
    """What `Elasticsearch` takes."""

    settings: spec.Search
    cluster: kubernetes.Cluster
    """The pools that hold the nodes."""
    image: pulumi.Input[str]
    namespace: pulumi.Input[str]
    operator: ElasticOperator
    operator_namespace: str
    """Where it runs, for rules of traffic."""
    clients: Mapping[str, pulumi.Input[str] | None]
    """The namespaces from which it is searched and written to."""
    account: pulumi.Input[str]
    """The Kubernetes service account of the nodes, which may write snapshots."""
    priority: pulumi.Input[str]
    """The class of their priority."""
    storage_class: pulumi.Input[str]
    jobs: Mapping[str, str]
    """The labels of pods of the same namespace that reach it."""
    protect: bool
    """Whether it refuses to be deleted."""


class Elasticsearch(pulumi.ComponentResource):
    """The search cluster: masters and data nodes over the zones, TLS and passwords, on volumes that outlive it."""

    cluster: k8s.apiextensions.CustomResource
    """The cluster; once it is there, it is green."""
    url: pulumi.Output[str]
    """Where it is reached within the Kubernetes cluster."""
    ca_secret: pulumi.Output[str]
    """The Kubernetes secret, made by the operator, with its certificate authority: `ca.crt`."""
    superuser_secret: pulumi.Output[str]
    """The Kubernetes secret, made by the operator, with the password of `elastic` under that name."""

    def __init__(self, name: str, args: ElasticsearchArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        super().__init__("alphintra:data:Elasticsearch", name, {}, opts)
        known = args.settings
        self.cluster = k8s.apiextensions.CustomResource(
            f"{name}-cluster",
            api_version=API_VERSION,
            kind=KIND,
            metadata=k8s.meta.v1.ObjectMetaArgs(
                name=known.name, namespace=args.namespace, annotations={"pulumi.com/waitFor": READY}
            ),
            spec=declaration(
                version=known.version,
                name=known.name,
                image=args.image,
                nodes=list(_nodes(args)),
                account=args.account,
                priority=args.priority,
                storage_class=args.storage_class,
            ),
            opts=pulumi.ResourceOptions(
                parent=self,
                protect=args.protect,
                depends_on=[args.operator.deployment, *self._traffic(name, args)],
                custom_timeouts=pulumi.CustomTimeouts(create=START, update=START),
            ),
        )
        made = self.cluster.id.apply(lambda id_: id_.split("/"))  # namespace and name, once it is there
        self.url = made.apply(lambda part: f"https://{part[-1]}-es-http.{part[0]}.svc:{HTTP}")
        self.ca_secret = made.apply(lambda part: f"{part[-1]}-es-http-certs-public")
        self.superuser_secret = made.apply(lambda part: f"{part[-1]}-es-elastic-user")
        self.register_outputs({"url": self.url})

    def _traffic(self, name: str, args: ElasticsearchArgs) -> Sequence[pulumi.Resource]:
        """The nodes among themselves, who asks them, and where they put snapshots."""
        pods = {**ELASTICSEARCH_PODS, CLUSTER_LABEL: args.settings.name}
        let_out(
            f"{name}-traffic",
            "allow-search",
            clients=args.clients,
            to=Traffic(ports=[HTTP], namespace=args.namespace, labels=pods),
            opts=pulumi.ResourceOptions(parent=self),
        )
        return [
            allow(
                f"{name}-traffic",
                "elasticsearch",
                namespace=args.namespace,
                labels=pods,
                incoming=[
                    Traffic(ports=[HTTP, TRANSPORT], labels=pods),
                    Traffic(ports=[HTTP], labels=args.jobs),
                    Traffic(ports=[HTTP], namespace=args.operator_namespace, labels=OPERATOR_PODS),
                    *(Traffic(ports=[HTTP], namespace=client) for client in args.clients),
                ],
                outgoing=[
                    Traffic(ports=[HTTP, TRANSPORT], labels=pods),
                    Traffic(ports=[443], cidrs=[PRIVATE_GOOGLE_RANGE]),
                ],
                opts=pulumi.ResourceOptions(parent=self),
            ),
            allow(
                f"{name}-traffic-jobs",
                "search-clients",
                namespace=args.namespace,
                labels=args.jobs,
                incoming=from_collectors(METRICS),
                outgoing=[Traffic(ports=[HTTP], labels=pods)],
                opts=pulumi.ResourceOptions(parent=self),
            ),
        ]


def _nodes(args: ElasticsearchArgs) -> Sequence[Nodes]:
    pools = {kind: (name, pool) for name, pool in args.cluster.pools.items() for kind in pool.pods}
    return [
        Nodes(
            name=name,
            settings=known,
            pods=pools[known.pods][1].pods[known.pods],
            pool=pools[known.pods][0],
            dedicated=pools[known.pods][1].dedicated,
        )
        for name, known in args.settings.node_sets.items()
    ]
