"""What a program declares, as bills need it: resources by type, each with its component and its region."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from localcloud.values import at, object_at

from ..homes import Inventory, components

REGION = re.compile(r"[a-z]+-[a-z]+\d+")
CLUSTER = re.compile(r"locations/([a-z]+-[a-z]+\d+)/clusters")


@dataclass(frozen=True)
class Resource:
    """A resource of the inventory."""

    urn: str
    type: str
    name: str
    provider: str
    inputs: Mapping[str, Any]
    component: str
    """The outermost component below the platform that it is in."""

    @property
    def region(self) -> str:
        """Where it is: the region of its location, `global` where it says none."""
        said = str(self.inputs.get("region") or self.inputs.get("location") or "global").lower()
        found = REGION.match(said)
        return found[0] if found else said

    def get(self, path: str) -> Any:
        """The property at a dotted path; None where there is none."""
        return at(self.inputs, path)

    def list(self, path: str) -> Sequence[Mapping[str, Any]]:
        """The objects in the list at a dotted path; none where there is none."""
        return self.get(path) or ()

    def object(self, path: str) -> Mapping[str, Any]:
        """The object at a dotted path; empty where there is none."""
        return object_at(self.inputs, path)


class Declared:
    """The resources of an inventory."""

    def __init__(self, inventory: Inventory) -> None:
        homes = components(inventory)
        self.resources: Sequence[Resource] = [
            Resource(
                entry["urn"],
                entry["type"],
                entry["name"],
                entry["provider"],
                entry["inputs"],
                homes.get(entry["urn"], "platform"),
            )
            for entry in inventory
            if entry["custom"]
        ]

    def of(self, *types: str) -> Iterator[Resource]:
        """Those of some types, by their tokens."""
        return (known for known in self.resources if known.type in types)

    def cluster_region(self, resource: Resource) -> str:
        """The region of the cluster that an object of Kubernetes is in: its provider names it."""
        found = CLUSTER.search(str(self._providers.get(resource.provider.rpartition("::")[0], "")))
        return found[1] if found else "global"

    def disk_type(self, storage_class: str, resource: Resource) -> str:
        """The kind of disk that a storage class gives in the cluster of an object; the class itself where nobody declares it."""
        for known in self.of("kubernetes:storage.k8s.io/v1:StorageClass"):
            if known.provider == resource.provider and known.get("metadata.name") == storage_class:
                return str(known.get("parameters.type"))
        return storage_class

    @cached_property
    def _providers(self) -> Mapping[str, Any]:
        return {known.urn: known.inputs.get("clusterIdentifier") for known in self.of("pulumi:providers:kubernetes")}
