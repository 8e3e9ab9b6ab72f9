"""The kinds the local cloud knows. `schemas/*.json` says what they look like, `kinds.toml` how they live."""

from __future__ import annotations

import functools
import json
import re
import tomllib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from ..errors import LocalCloudError
from ..values import Props, is_list, is_object, list_at, merge, object_at
from .schema import Problem, Schema, message, problems

HERE = Path(__file__).parent
CRD = "kubernetes:apiextensions.k8s.io/v1:CustomResourceDefinition"
EVERY_OBJECT: Schema = {
    "apiVersion": {"type": "string"},
    "kind": {"type": "string"},
    "metadata": {"$ref": "apis.meta.v1.ObjectMeta"},
}
NOT_RENDERED = (":helm", ":kustomize", ":yaml/v2")


@dataclass(frozen=True, kw_only=True)
class Fixed:
    """What cannot be changed in place; the fields are explained in kinds.toml."""

    path: str
    says: str
    when: str | None = None
    unless: tuple[str, ...] = ()


@dataclass(frozen=True, kw_only=True)
class Kind:
    """One kind; the fields are explained in kinds.toml."""

    group: str
    version: str
    kind: str
    plural: str
    namespaced: bool
    schema: Schema
    source: str = "the cluster"
    custom: bool = False
    provided_by: str | None = None
    name: str = "subdomain"
    seconds: Mapping[str, float] = field(default_factory=dict[str, float])
    waited: Mapping[str, float] = field(default_factory=dict[str, float])
    replaces: tuple[str, ...] = ()
    mutable: str | None = None
    fixed: tuple[Fixed, ...] = ()
    defaults: Props = field(default_factory=dict[str, Any])
    computed: Props = field(default_factory=dict[str, Any])
    pods: str | None = None
    replicas: str | None = None
    hidden: tuple[str, ...] = ()

    @property
    def api_version(self) -> str:
        """Such as apps/v1."""
        return f"{self.group}/{self.version}" if self.group else self.version

    @property
    def token(self) -> str:
        """What Pulumi calls it."""
        return token_of(self.api_version, self.kind)

    @property
    def resource(self) -> str:
        """As messages about an object name it: StatefulSet.apps."""
        return f"{self.kind}.{self.group}" if self.group else self.kind

    @property
    def resources(self) -> str:
        """As messages about the kind name it: statefulsets.apps."""
        return f"{self.plural}.{self.group}" if self.group else self.plural

    def problems(self, given: Mapping[str, Any]) -> list[Problem]:
        """What its schema says against an object."""
        if not self.custom:
            return problems(self.schema, given, definitions())
        # A definition says nothing about what every object has.
        own = {**self.schema, "properties": {**self.schema.get("properties", {}), **EVERY_OBJECT}}
        return problems(own, given, definitions())

    def says(self, name: str, found: Sequence[Problem]) -> str:
        """What the API server answers to an object with problems."""
        return message(self.kind, self.resource, self.version, name, found, custom=self.custom)


def token_of(api_version: str, kind: str) -> str:
    """What Pulumi calls a kind."""
    return f"kubernetes:{api_version if '/' in api_version else f'core/{api_version}'}:{kind}"


@functools.cache
def kinds() -> Mapping[str, Kind]:
    """Every kind, by its token."""
    tables: Mapping[str, Any] = tomllib.loads((HERE / "kinds.toml").read_text())
    known: dict[str, Kind] = {}
    for document in _documents():
        for name, data in document["kinds"].items():
            group, version, kind = name.split("/") if name.count("/") == 2 else ("", *name.split("/"))
            custom = "schema" in data
            parsed = Kind(
                group=group,
                version=version,
                kind=kind,
                plural=data["plural"],
                namespaced=data["namespaced"],
                schema=data["schema"] if custom else {"$ref": data["definition"]},
                source=document["source"],
                custom=custom,
                provided_by=document.get("provided_by"),
                **_life(tables.get(name, {})),
            )
            known[parsed.token] = parsed
    return known


@functools.cache
def definitions() -> Schema:
    """The definitions that the schemas of Kubernetes' own kinds refer to."""
    found: Props = {}
    for document in _documents():
        found |= document.get("definitions", {})
    return found


@functools.cache
def served_version() -> str:
    """The version of Kubernetes whose schemas are here, such as 1.34."""
    source = str(json.loads((HERE / "schemas" / "kubernetes.json").read_text())["source"])
    return ".".join(source.partition("@v")[2].split(".")[:2])


def declared(crd: Mapping[str, Any]) -> Kind | None:
    """The kind that a custom resource definition declares; what kinds.toml says of it holds for it too."""
    spec: Mapping[str, Any] = crd.get("spec", {})
    versions = [entry for entry in list_at(spec, "versions") if entry.get("storage")]
    names = object_at(spec, "names")
    if not (versions and names):
        return None
    version: Mapping[str, Any] = versions[0]
    token = token_of(f"{spec['group']}/{version['name']}", names["kind"])
    known = kinds().get(token)
    life = {name: getattr(known, name) for name in _LIFE} if known else {}
    own: Schema = _with_dashes(object_at(version, "schema.openAPIV3Schema"))
    return Kind(
        group=spec["group"],
        version=version["name"],
        kind=names["kind"],
        plural=names["plural"],
        namespaced=spec.get("scope") == "Namespaced",
        schema=own if own.get("properties") or known is None else known.schema,
        custom=True,
        **life,
    )


def assumed(token: str) -> Kind | None:
    """A custom resource that nothing is known of yet: its definition may come with the same update."""
    api_version, kind = token.split(":")[1:3]
    group, _, version = api_version.rpartition("/")
    if (
        "." not in group
        or any(name in token for name in NOT_RENDERED)
        or group in {known.group for known in kinds().values() if not known.custom}
    ):
        return None
    schema = {"x-kubernetes-preserve-unknown-fields": True}
    return Kind(group=group, version=version, kind=kind, plural=f"{kind.lower()}s", namespaced=True, schema=schema, custom=True)


def unknown(token: str) -> LocalCloudError:
    """What to say of a type that is none of an API server's."""
    if any(name in token for name in NOT_RENDERED):
        return LocalCloudError(
            f"the local cloud cannot render {token}: it has no Helm and no Kustomize. Declare the objects one by one, or as "
            "plain manifests with kubernetes.yaml.ConfigFile or ConfigGroup"
        )
    api_version, kind = token.split(":")[1:3]
    group, _, version = api_version.rpartition("/")
    return LocalCloudError(
        f'no matches for kind "{kind}" in version "{f"{group}/{version}" if group != "core" else version}": neither is it one of '
        "the kinds that the local cloud has schemas of, nor does the program declare its CustomResourceDefinition. "
        "docs/adding-a-resource-type.md says how to add a kind: it is data."
    )


_LIFE = ("name", "seconds", "waited", "replaces", "mutable", "fixed", "defaults", "computed", "pods", "replicas", "hidden")


def _documents() -> list[Any]:
    return [json.loads(path.read_text()) for path in sorted(HERE.glob("schemas/*.json"))]


def _life(table: Mapping[str, Any]) -> Props:
    values: Props = dict(table)
    for name in ("replaces", "hidden"):
        values[name] = tuple(values.get(name, ()))
    values["fixed"] = tuple(
        Fixed(path=entry["path"], says=entry["says"], when=entry.get("when"), unless=tuple(entry.get("except", ())))
        for entry in values.get("fixed", ())
    )
    return values


def _with_dashes(schema: Any) -> Any:
    """A schema with `x-kubernetes-…` spelled as in YAML; the SDK spells it with underscores."""
    if is_object(schema):
        return {
            re.sub("^x_kubernetes_.*", lambda m: m[0].replace("_", "-"), key): _with_dashes(value)
            for key, value in schema.items()
        }
    return [_with_dashes(item) for item in schema] if is_list(schema) else schema


def complete(kind: Kind, given: Mapping[str, Any]) -> Props:
    """An object with what the API server fills in."""
    return merge(kind.defaults, given)
