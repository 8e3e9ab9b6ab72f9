"""Elastic's operator, which makes Elasticsearch clusters of declarations, and the kinds that it knows."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pulumi
import pulumi_kubernetes as k8s

import settings.kubernetes as spec

from .allowed_traffic import Traffic, allow, from_collectors
from .kubernetes_cluster import requests
from .pods import container_security, pod_security, spread

NAME = "elastic-operator"
LABELS = {"control-plane": NAME}
"""The labels of its pods."""
USER = 65532
"""The user of its image."""
METRICS_PORT = 8080
ELASTICSEARCH_PODS = {"common.k8s.elastic.co/type": "elasticsearch"}
"""How the operator labels the pods that it makes."""
DEFINITIONS = Path(__file__).with_name("elastic_definitions.json")
"""Made by `python -m tools.elastic_definitions` from the operator's Go module."""
LOOK = ["get", "list", "watch"]
CHANGE = ["create", "update", "patch"]


@dataclass(frozen=True, kw_only=True)
class ElasticOperatorArgs:
    """What `ElasticOperator` takes."""

    image: pulumi.Input[str]
    pods: spec.Pod
    """How many there are, and their size."""
    namespace: pulumi.Input[str]
    """The operator's own namespace."""
    manages: pulumi.Input[str]
    """The namespace in which it may make clusters, and the only one."""
    manages_name: str
    """That namespace's name, for rules of traffic."""
    priority: pulumi.Input[str]
    """The class of its pods' priority."""
    control_plane: str
    """The range in which the API server has its private address."""
    protect: bool
    """Whether the definitions, with which every cluster would go, refuse to be deleted."""


class ElasticOperator(pulumi.ComponentResource):
    """The operator with rights in two namespaces. Its kinds stand apart from it and outlive it: to delete the definition of a
    kind deletes everything of that kind."""

    definitions: dict[str, k8s.apiextensions.v1.CustomResourceDefinition]
    """The kinds, by their name."""
    deployment: k8s.apps.v1.Deployment
    """What makes clusters depends on it."""

    def __init__(self, name: str, args: ElasticOperatorArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        super().__init__("alphintra:platform:ElasticOperator", name, {}, opts)
        kept = pulumi.ResourceOptions(parent=self, protect=args.protect, retain_on_delete=args.protect)
        self.definitions = {
            known["names"]["kind"]: _definition(f"{name}-{known['names']['plural']}", known, kept) for known in _definitions()
        }
        inside = pulumi.ResourceOptions(parent=self)
        meta = k8s.meta.v1.ObjectMetaArgs(name=NAME, namespace=args.namespace)
        account = k8s.core.v1.ServiceAccount(f"{name}-account", metadata=meta, automount_service_account_token=False, opts=inside)
        granted = self._rights(name, args, account)
        text = json.dumps(configuration(args.manages_name), indent=1)  # YAML has JSON in it
        config = k8s.core.v1.ConfigMap(f"{name}-config", metadata=meta, data={"eck.yaml": text}, opts=inside)
        self.deployment = k8s.apps.v1.Deployment(
            f"{name}-deployment",
            metadata=meta,
            spec=k8s.apps.v1.DeploymentSpecArgs(
                replicas=args.pods.count,
                selector=k8s.meta.v1.LabelSelectorArgs(match_labels=LABELS),
                template=k8s.core.v1.PodTemplateSpecArgs(
                    metadata=k8s.meta.v1.ObjectMetaArgs(
                        labels=LABELS, annotations={"alphintra.io/config": hashlib.sha256(text.encode()).hexdigest()[:16]}
                    ),
                    spec=_pod(args, account.metadata.name, config.metadata.name),
                ),
            ),
            opts=pulumi.ResourceOptions(parent=self, depends_on=[*self.definitions.values(), *granted]),
        )
        k8s.policy.v1.PodDisruptionBudget(
            f"{name}-disruption",
            metadata=meta,
            spec=k8s.policy.v1.PodDisruptionBudgetSpecArgs(
                max_unavailable=1, selector=k8s.meta.v1.LabelSelectorArgs(match_labels=LABELS)
            ),
            opts=inside,
        )
        allow(
            f"{name}-traffic",
            NAME,
            namespace=args.namespace,
            labels=LABELS,
            incoming=from_collectors(METRICS_PORT),
            outgoing=[
                Traffic(ports=[443], cidrs=[args.control_plane]),
                Traffic(ports=[9200], namespace=args.manages_name, labels=ELASTICSEARCH_PODS),
            ],
            opts=inside,
        )
        self.register_outputs({"deployment": self.deployment.metadata.name})

    def _rights(self, name: str, args: ElasticOperatorArgs, account: k8s.core.v1.ServiceAccount) -> Iterator[pulumi.Resource]:
        inside = pulumi.ResourceOptions(parent=self)
        subject = k8s.rbac.v1.SubjectArgs(kind="ServiceAccount", name=account.metadata.name, namespace=account.metadata.namespace)
        cluster = k8s.rbac.v1.ClusterRole(
            f"{name}-role",
            metadata=k8s.meta.v1.ObjectMetaArgs(name=NAME),
            # The zones that nodes are in, and whether volumes of a class can grow.
            rules=[_rule("", ["nodes"], LOOK), _rule("storage.k8s.io", ["storageclasses"], LOOK)],
            opts=inside,
        )
        yield k8s.rbac.v1.ClusterRoleBinding(
            f"{name}-binding",
            metadata=k8s.meta.v1.ObjectMetaArgs(name=NAME),
            role_ref=k8s.rbac.v1.RoleRefArgs(
                api_group="rbac.authorization.k8s.io", kind="ClusterRole", name=cluster.metadata.name
            ),
            subjects=[subject],
            opts=inside,
        )
        for where, namespace in (("own", args.namespace), ("managed", args.manages)):
            meta = k8s.meta.v1.ObjectMetaArgs(name=NAME, namespace=namespace)
            leases = [_rule("coordination.k8s.io", ["leases"], ["create", "get", "watch", "update"])] if where == "own" else []
            role = k8s.rbac.v1.Role(f"{name}-{where}-role", metadata=meta, rules=[*_namespaced(), *leases], opts=inside)
            yield k8s.rbac.v1.RoleBinding(
                f"{name}-{where}-binding",
                metadata=meta,
                role_ref=k8s.rbac.v1.RoleRefArgs(api_group="rbac.authorization.k8s.io", kind="Role", name=role.metadata.name),
                subjects=[subject],
                opts=inside,
            )


def configuration(manages: str) -> dict[str, Any]:
    """The operator's settings. There is no webhook: the operator checks declarations itself, and needs no rights on those of
    others for that (docs/adr/0021-search.md)."""
    return {
        "namespaces": [manages],
        "enable-webhook": False,
        "enable-leader-election": True,
        "exposed-node-labels": ["topology.kubernetes.io/.*"],
        "validate-storage-class": True,
        "set-default-security-context": "true",
        "disable-telemetry": True,
        "metrics-port": METRICS_PORT,
        "ca-cert-validity": "8760h",
        "ca-cert-rotate-before": "720h",
        "cert-validity": "2160h",
        "cert-rotate-before": "720h",
    }


def _pod(args: ElasticOperatorArgs, account: pulumi.Input[str], config: pulumi.Input[str]) -> k8s.core.v1.PodSpecArgs:
    c = k8s.core.v1
    size = requests(args.pods)
    return c.PodSpecArgs(
        service_account_name=account,
        automount_service_account_token=True,
        priority_class_name=args.priority,
        security_context=pod_security(USER),
        termination_grace_period_seconds=10,
        topology_spread_constraints=[spread(LABELS)],
        containers=[
            c.ContainerArgs(
                name="manager",
                image=args.image,
                args=["manager", "--config=/conf/eck.yaml"],
                env=[
                    _from_field("OPERATOR_NAMESPACE", "metadata.namespace"),
                    _from_field("POD_IP", "status.podIP"),
                ],
                ports=[c.ContainerPortArgs(name="metrics", container_port=METRICS_PORT)],
                readiness_probe=c.ProbeArgs(http_get=c.HTTPGetActionArgs(path="/metrics", port="metrics"), period_seconds=10),
                liveness_probe=c.ProbeArgs(
                    tcp_socket=c.TCPSocketActionArgs(port="metrics"), initial_delay_seconds=60, period_seconds=20
                ),
                resources=c.ResourceRequirementsArgs(requests=size, limits={"memory": size["memory"]}),
                security_context=container_security(),
                volume_mounts=[c.VolumeMountArgs(name="conf", mount_path="/conf", read_only=True)],
            )
        ],
        volumes=[c.VolumeArgs(name="conf", config_map=c.ConfigMapVolumeSourceArgs(name=config))],
    )


def _from_field(name: str, path: str) -> k8s.core.v1.EnvVarArgs:
    c = k8s.core.v1
    return c.EnvVarArgs(name=name, value_from=c.EnvVarSourceArgs(field_ref=c.ObjectFieldSelectorArgs(field_path=path)))


def _namespaced() -> list[k8s.rbac.v1.PolicyRuleArgs]:
    """What it may do in a namespace. It only looks at kinds that are not used here."""
    all_of_it = [*LOOK, *CHANGE, "delete"]
    own = ["elasticsearches", "elasticsearches/status", "elasticsearches/finalizers"]
    return [
        _rule("", ["endpoints"], LOOK),
        _rule("", ["pods", "events", "persistentvolumeclaims", "secrets", "services", "configmaps"], all_of_it),
        _rule("events.k8s.io", ["events"], all_of_it),
        _rule("apps", ["deployments", "statefulsets", "daemonsets"], all_of_it),
        _rule("policy", ["poddisruptionbudgets"], all_of_it),
        *(
            _rule(known["group"], own, [*LOOK, *CHANGE])
            if known["names"]["kind"] == "Elasticsearch"
            else _rule(known["group"], [known["names"]["plural"]], LOOK)
            for known in _definitions()
        ),
    ]


def _rule(group: str, resources: list[str], verbs: list[str]) -> k8s.rbac.v1.PolicyRuleArgs:
    return k8s.rbac.v1.PolicyRuleArgs(api_groups=[group], resources=resources, verbs=verbs)


def _definitions() -> list[Mapping[str, Any]]:
    return json.loads(DEFINITIONS.read_text())["definitions"]


def _definition(
    resource_name: str, known: Mapping[str, Any], opts: pulumi.ResourceOptions
) -> k8s.apiextensions.v1.CustomResourceDefinition:
    x, names = k8s.apiextensions.v1, known["names"]
    return x.CustomResourceDefinition(
        resource_name,
        metadata=k8s.meta.v1.ObjectMetaArgs(name=f"{names['plural']}.{known['group']}"),
        spec=x.CustomResourceDefinitionSpecArgs(
            group=known["group"],
            scope="Namespaced",
            names=x.CustomResourceDefinitionNamesArgs(
                kind=names["kind"],
                list_kind=names["listKind"],
                plural=names["plural"],
                singular=names["singular"],
                short_names=names["shortNames"],
                categories=names["categories"],
            ),
            versions=[
                x.CustomResourceDefinitionVersionArgs(
                    name=known["version"],
                    served=True,
                    storage=True,
                    schema=x.CustomResourceValidationArgs(open_apiv3_schema=known["schema"]),
                    subresources=x.CustomResourceSubresourcesArgs(status={}),
                    additional_printer_columns=[
                        x.CustomResourceColumnDefinitionArgs(
                            name=column["name"], type=column["type"], json_path=column["jsonPath"]
                        )
                        for column in known["columns"]
                    ]
                    or None,
                )
            ],
        ),
        opts=opts,
    )
