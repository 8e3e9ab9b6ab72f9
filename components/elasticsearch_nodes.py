"""The declaration of an Elasticsearch cluster for Elastic's operator, as pure functions of settings.

The operator's kind has no classes in the SDK, so it is a tree of dictionaries; its definition, the local cloud and the
operator's own validation (tests/search/test_operator_validation.py) look at it.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import pulumi

import settings.kubernetes as spec
from settings.search import NodeSet

from .kubernetes_cluster import requests
from .node_pool import POOL_KEY

USER = 1000
"""The user of Elasticsearch's image."""
CLUSTER_LABEL = "elasticsearch.k8s.elastic.co/cluster-name"
DATA_LABEL = "elasticsearch.k8s.elastic.co/node-data"
DRAIN_SECONDS = 30
"""How long a node that stops goes on answering, until no client comes to it any more."""
SETTINGS: Mapping[str, Any] = {
    # The pools' nodes allow it: kubernetes.…pools.<name>.sysctls has vm.max_map_count.
    "node.store.allow_mmap": True,
    # An index is made by who is meant to, not by a misspelt name; the others are Elasticsearch's own.
    "action.auto_create_index": ".*,ilm-history-*,slm-history-*",
    # It would ask the internet, which pods do not reach.
    "ingest.geoip.downloader.enabled": False,
}
"""What every node is told; that it speaks TLS and asks for passwords is up to the operator, and cannot be turned off here."""


@dataclass(frozen=True, kw_only=True)
class Nodes:
    """A set of nodes, and where they run."""

    name: str
    settings: NodeSet
    pods: spec.Pod
    pool: str
    """The pool whose nodes have room for them."""
    dedicated: bool
    """Whether the pool turns other pods away."""


def declaration(
    *,
    version: str,
    name: str,
    image: pulumi.Input[str],
    nodes: Sequence[Nodes],
    account: pulumi.Input[str],
    priority: pulumi.Input[str],
    storage_class: pulumi.Input[str],
) -> dict[str, Any]:
    """The `spec` of the cluster."""
    return {
        "version": version,
        "image": image,
        # The default would delete the volumes with the cluster.
        "volumeClaimDeletePolicy": "DeleteOnScaledownOnly",
        "revisionHistoryLimit": 5,
        "updateStrategy": {"changeBudget": {"maxSurge": 0, "maxUnavailable": 1}},
        # Clients come to nodes that hold data; masters have other things to do.
        "http": {"service": {"spec": {"type": "ClusterIP", "selector": {CLUSTER_LABEL: name, DATA_LABEL: "true"}}}},
        "nodeSets": [_node_set(known, image, account, priority, storage_class) for known in nodes],
    }


def _node_set(
    known: Nodes,
    image: pulumi.Input[str],
    account: pulumi.Input[str],
    priority: pulumi.Input[str],
    storage_class: pulumi.Input[str],
) -> dict[str, Any]:
    return {
        "name": known.name,
        "count": known.pods.count,
        # Copies of a shard, and masters, are in different zones.
        "zoneAwareness": {},
        "config": {"node.roles": list(known.settings.roles), **SETTINGS},
        "podTemplate": {"spec": _pod(known, image, account, priority)},
        "volumeClaimTemplates": [
            {
                "metadata": {"name": "elasticsearch-data"},
                "spec": {
                    "accessModes": ["ReadWriteOnce"],
                    "storageClassName": storage_class,
                    "resources": {"requests": {"storage": f"{known.settings.disk_gib}Gi"}},
                },
            }
        ],
    }


def _pod(known: Nodes, image: pulumi.Input[str], account: pulumi.Input[str], priority: pulumi.Input[str]) -> dict[str, Any]:
    size = requests(known.pods)
    tolerations = [{"key": POOL_KEY, "operator": "Equal", "value": known.pool, "effect": "NoSchedule"}]
    return {
        "serviceAccountName": account,
        "automountServiceAccountToken": False,  # its token for Google comes from the metadata server
        "priorityClassName": priority,
        "nodeSelector": {POOL_KEY: known.pool},
        **({"tolerations": tolerations} if known.dedicated else {}),
        "securityContext": {
            "runAsNonRoot": True,
            "runAsUser": USER,
            "fsGroup": USER,
            "fsGroupChangePolicy": "OnRootMismatch",
            "seccompProfile": {"type": "RuntimeDefault"},
        },
        "containers": [
            {
                "name": "elasticsearch",
                "image": image,
                "resources": {"requests": size, "limits": {"memory": size["memory"]}},
                "env": [{"name": "PRE_STOP_ADDITIONAL_WAIT_SECONDS", "value": str(DRAIN_SECONDS)}],
                "securityContext": {
                    "allowPrivilegeEscalation": False,
                    "readOnlyRootFilesystem": True,
                    "capabilities": {"drop": ["ALL"]},
                },
            }
        ],
    }
