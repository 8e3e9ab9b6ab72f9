"""What the rules see: the request at hand, and the cluster as it stands in the same transaction."""

from __future__ import annotations

import functools
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

from ..errors import Refusal
from ..gcp.naming import NotKnown, render
from ..store import Row, Store
from ..values import Props, at, every
from .clusters import NODE_POOL
from .kinds import CRD, Kind, declared, kinds

Verb = Literal["create", "update", "delete", "ready"]
"""`ready` is asked after a create or an update: what the controllers and the nodes make of the object."""
NAMESPACE = "kubernetes:core/v1:Namespace"
DEFAULT_NAMESPACE = "default"


@functools.cache
def cluster_data() -> Mapping[str, Any]:
    """What a cluster holds from the start, what controllers make, and what a pod needs: cluster.toml."""
    return tomllib.loads((Path(__file__).parent / "cluster.toml").read_text())


class ClusterView:
    """One cluster, for reading."""

    def __init__(self, store: Store, cluster: Row) -> None:
        self.store = store
        self.cluster = cluster

    @property
    def path(self) -> str:
        """projects/…/locations/…/clusters/…"""
        return self.cluster.name.split("/", 3)[-1]

    def full_name(self, kind: Kind, namespace: str, name: str) -> str:
        """Google's full name of an object."""
        return f"{self.cluster.name}/k8s/{within(kind, namespace)}{name}"

    def get(self, kind: Kind, namespace: str, name: str) -> Row | None:
        """An object of the cluster, where somebody declared it."""
        return self.store.get(self.full_name(kind, namespace, name))

    def all(self, token: str, namespace: str | None = None) -> list[Row]:
        """The objects of a kind, or those of one namespace; of a kind that has no namespaces all of them."""
        rows = self.store.all(token, project=self.path)
        kind = kinds().get(token)
        if namespace is None or (kind and not kind.namespaced):
            return rows
        return [row for row in rows if namespace_of(row.config) == namespace]

    def named(self, token: str, name: str, namespace: str = "") -> Row | None:
        """The object of that name."""
        return next((row for row in self.all(token, namespace or None) if at(row.config, "metadata.name") == name), None)

    def exists(self, token: str, name: str, namespace: str = "") -> bool:
        """Whether an object is there: declared, there from the start, or made by a controller."""
        if name in cluster_data()["built_in"].get(token, ()) or self.named(token, name, namespace):
            return True
        makers = [maker for maker in cluster_data()["made"] if maker["kind"] == token]
        return any(
            name == _filled(template, row.config)
            for maker in makers
            for row in self.all(maker["by"], namespace or None)
            for template in maker["names"]
        )

    def namespace(self, name: str) -> Props:
        """The metadata of a namespace; empty for one that was there from the start."""
        row = self.named(NAMESPACE, name)
        return row.properties.get("metadata", {}) if row else {}

    def declared_kind(self, token: str) -> Kind | None:
        """A kind that a custom resource definition of the cluster declares; none is one of the API server's own."""
        known = kinds().get(token)
        if known and not known.custom:
            return None
        found = (declared(row.config) for row in self.all(CRD))
        return next((kind for kind in found if kind and kind.token == token), None)

    def node_pools(self) -> list[Row]:
        """The cluster's node pools."""
        name, place = self.path.rsplit("/", 1)[-1], self.path.split("/")[3]
        return [
            row
            for row in self.store.all(NODE_POOL, project=self.cluster.project)
            if str(row.config.get("cluster")).rsplit("/", 1)[-1] == name and str(row.properties.get("location") or place) == place
        ]

    def objects(self, *tokens: str, namespace: str | None = None) -> list[Row]:
        """Every declared object of the cluster, or those of some kinds, or those in a namespace."""
        place = "" if namespace is None else f"/k8s/namespaces/{namespace}"
        return self.store.all(*tokens, project=self.path, inside=self.cluster.name + place)


@dataclass(frozen=True, kw_only=True)
class Request:
    """A create, update or delete on its way to being carried out, or the look at what became of it.

    `new` and `old` are the objects after and before, with defaults filled in; `new` is empty for a delete, `old` for a
    create.
    """

    verb: Verb
    kind: Kind
    new: Mapping[str, Any]
    old: Mapping[str, Any]
    view: ClusterView

    @property
    def token(self) -> str:
        """The Pulumi token of the kind."""
        return self.kind.token

    @property
    def object(self) -> Mapping[str, Any]:
        """The object after the request (before it, for a delete)."""
        return self.new or self.old

    @property
    def name(self) -> str:
        """The object's name."""
        return str(at(self.object, "metadata.name"))

    @property
    def namespace(self) -> str:
        """The namespace it is in, or nothing for a kind without."""
        return namespace_of(self.object) if self.kind.namespaced else ""

    def get(self, path: str, default: Any = None) -> Any:
        """A property after the request."""
        value = at(self.object, path)
        return default if value is None else value

    def was(self, path: str, default: Any = None) -> Any:
        """A property before the request."""
        value = at(self.old, path)
        return default if value is None else value

    def every(self, path: str) -> list[Any]:
        """All values at a path with `[]`, after the request."""
        return every(self.object, path)

    def invalid(self, *says: str) -> Refusal:
        """The API server's answer to values that are not allowed."""
        listed = says[0] if len(says) == 1 else f"[{', '.join(says)}]"
        return Status(422, f'{self.kind.resource} "{self.name}" is invalid: {listed}', "Invalid")

    def forbidden(self, says: str) -> Refusal:
        """The API server's answer to what an admission check does not let through."""
        return Status(403, f'{self.kind.resources} "{self.name}" is forbidden: {says}', "Forbidden")


class Status(Refusal):
    """An answer of an API server, which says it without Google's frame around it."""

    def __str__(self) -> str:
        return self.message


def namespace_of(given: Mapping[str, Any]) -> str:
    """The namespace that an object of a namespaced kind is in."""
    return str(at(given, "metadata.namespace") or DEFAULT_NAMESPACE)


def within(kind: Kind, namespace: str) -> str:
    """The part of a full name before the object's own."""
    place = f"namespaces/{namespace}/" if kind.namespaced else ""
    return f"{place}{kind.group}/{kind.plural}/" if kind.group else f"{place}{kind.plural}/"


def _filled(template: str, properties: Mapping[str, Any]) -> str | None:
    try:
        return str(render(template, properties)) or None
    except NotKnown:
        return None
