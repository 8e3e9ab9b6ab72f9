"""What API server and controllers add to an object where a template cannot say it."""

from __future__ import annotations

import hashlib
import ipaddress
import uuid
from collections.abc import Callable, Mapping
from typing import Any

from ..gcp.naming import made_up, render_tree
from ..store import Row, Store
from ..values import Props, at, merge
from .kinds import Kind

SERVICES = "10.96.0.0/20"
"""The range of services where the cluster does not say another."""


def computed(kind: Kind, given: Mapping[str, Any], cluster: Row, store: Store, before: Mapping[str, Any]) -> Props:
    """What is added; what is made once stays as it was before."""
    metadata: Props = {
        "uid": at(before, "metadata.uid") or str(uuid.uuid4()),
        "creationTimestamp": at(before, "metadata.creationTimestamp") or made_up("now", store.now())[:19] + "Z",
        "generation": int(at(before, "metadata.generation") or 0) + 1,
        "resourceVersion": str(store.next(f"{cluster.name}/k8s")),
    }
    known = merge({"metadata": metadata}, given)
    added = merge({"metadata": metadata}, render_tree(kind.computed, known, lambda name: made_up(name, store.now())))
    own = _ADDED.get(kind.token)
    return merge(added, own(known, cluster, store, before)) if own else added


def _service(given: Mapping[str, Any], cluster: Row, store: Store, before: Mapping[str, Any]) -> Props:
    """The address of a service, from the cluster's range."""
    if at(given, "spec.type") == "ExternalName" or at(given, "spec.clusterIP"):
        return {}
    network = at(cluster.properties, "ipAllocationPolicy.servicesIpv4CidrBlock")
    known = ipaddress.ip_network(network) if "." in str(network) else ipaddress.ip_network(SERVICES)
    address = at(before, "spec.clusterIP") or str(known[store.next(f"{cluster.name}/services") + 10])
    balanced = at(given, "spec.type") == "LoadBalancer"
    status = {"loadBalancer": {"ingress": [{"ip": _address_of(given)}]} if balanced else {}}
    return {"spec": {"clusterIP": address, "clusterIPs": [address]}, "status": status}


def _address_of(given: Mapping[str, Any]) -> str:
    """An address of a load balancer: the one that was asked for, or one that follows from the name."""
    digest = hashlib.sha256(str(at(given, "metadata.uid")).encode()).digest()
    return str(at(given, "spec.loadBalancerIP") or f"34.{digest[0] % 64 + 64}.{digest[1]}.{digest[2]}")


_ADDED: Mapping[str, Callable[[Mapping[str, Any], Row, Store, Mapping[str, Any]], Props]] = {
    "kubernetes:core/v1:Service": _service,
}
