"""Which cluster a provider talks to: that of its kubeconfig's server, among the clusters that stand on the local cloud."""

from __future__ import annotations

import functools
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from ..errors import LocalCloudError
from ..outages import lost_region
from ..store import Row, Store
from ..values import at, is_object, list_at
from .kinds import served_version
from .manifests import documents

CLUSTER = "gcp:container/cluster:Cluster"
NODE_POOL = "gcp:container/nodePool:NodePool"
ENDPOINTS = ("controlPlaneEndpointsConfig.dnsEndpointConfig.endpoint", "endpoint", "privateClusterConfig.privateEndpoint")


class Unreachable(LocalCloudError):
    """There is no cluster where the kubeconfig points to."""

    def __init__(self, reason: str) -> None:
        super().__init__(f"configured Kubernetes cluster is unreachable: {reason}")


@dataclass(frozen=True)
class Kubeconfig:
    """What a kubeconfig says about the active cluster."""

    cluster: str
    server: str

    @staticmethod
    @functools.cache  # each request brings its provider's
    def parse(text: str, context: str | None = None, cluster: str | None = None) -> Kubeconfig:
        """Reads a kubeconfig; `context` and `cluster` are the provider's own choices.

        Raises:
            Unreachable: it names no server.
        """
        found = documents(text) if text else []
        config: Any = found[0] if found else {}
        chosen = context or at(config, "current-context")
        name = cluster or at(_named(config, "contexts", chosen), "context.cluster")
        server = at(_named(config, "clusters", name), "cluster.server")
        if not isinstance(server, str):
            raise Unreachable(
                "unable to load Kubernetes client configuration from kubeconfig file: invalid configuration: no configuration "
                f'has been provided for the context "{chosen or ""}"'
            )
        return Kubeconfig(str(name), server)

    @property
    def host(self) -> str:
        """The server without scheme and port."""
        return self.server.partition("://")[2].split("/")[0].split(":")[0]


def find(store: Store, kubeconfig: Kubeconfig) -> Row:
    """The cluster of a kubeconfig; inside a transaction.

    Raises:
        Unreachable: there is none, or its region is lost.
    """
    for row in store.all(CLUSTER):
        if kubeconfig.host in [at(row.properties, path) for path in ENDPOINTS]:
            if region := lost_region(store, row.properties):
                raise Unreachable(f"dial tcp {kubeconfig.host}:443: i/o timeout (region {region} is lost)")
            _require_schemas(str(at(row.properties, "masterVersion") or ""))
            return row
    raise Unreachable(
        f'unable to load schema information from the API server: Get "{kubeconfig.server}/openapi/v2?timeout=32s": '
        f"dial tcp: lookup {kubeconfig.host}: no such host"
    )


def _require_schemas(version: str) -> None:
    if version and not version.startswith(f"{served_version()}."):
        raise LocalCloudError(
            f"the cluster runs Kubernetes {version}, and the local cloud has the schemas of {served_version()}: put the "
            "cluster's version into localcloud/kubernetes/schemas/sources.toml and run "
            "`python -m tools.kubernetes_schemas kubernetes`"
        )


def _named(config: Any, group: str, name: Any) -> Mapping[str, Any]:
    for entry in list_at(config, group):
        if is_object(entry) and entry.get("name") == name:
            return entry
    return {}
