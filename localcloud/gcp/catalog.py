"""The resource types the local cloud knows: the shape of each, and how it lives.

`shapes/*.json` comes from the provider's schema (`python -m tools.shapes`). `types/*.toml` says the rest, a table a
type:

    type             the Pulumi token
    api              the API that must be enabled
    name             Google's name, unique within the API; `{…}` as in naming.py. `projects/_/…` is for names that are
                     global over all projects, such as those of buckets
    taken            what Google says where the name is in use
    any_case         properties whose capitals do not matter; they are read back in capitals
    id               what Pulumi calls it; the name where nothing is said
    newest           an id that stands for the newest of a numbered series
    sequence         what the series is counted by
    agent            the service whose agent exists in the project once there is one of the type
    idempotent       creating it twice is no error (grants, enabled APIs)
    seconds          typical durations of create, update and delete, on the virtual clock
    propagation      seconds until others see it
    quota            { metric, limit }, per project
    guards           properties that refuse a deletion while they are true
    keep             { days, reason, unless }: what stays taken after a deletion; for ever without days, and not at
                     all where the property `unless` is true
    makes_agent      the service whose agent exists in the project once one of these was created
    references       [{ path, to, named, on_delete }]: what it points at. on_delete says what the target's deletion
                     does: restrict (refused, the default), cascade (this goes with it) or ignore
    keys             [{ within, path, location, agent }]: customer-managed keys it uses. `path` is the key's property,
                     inside each `within` where that is given; the key must be in `location`, and `agent`, the
                     service's agent, must be granted its use
    server_defaults  what the cloud fills in where nothing is said
    outputs          what the cloud adds
"""

from __future__ import annotations

import functools
import json
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from ..shape import Shape
from ..values import Props, at, every, is_known, is_list, is_object, merge
from .naming import NotKnown, path_of, project_number, render

HERE = Path(__file__).parent


@dataclass(frozen=True, kw_only=True)
class Reference:
    """A property that names another resource."""

    path: str
    to: str
    named: str | None = None
    on_delete: str = "restrict"


@dataclass(frozen=True, kw_only=True)
class Quota:
    """How many of a type a project may have."""

    metric: str
    limit: int


@dataclass(frozen=True, kw_only=True)
class Keep:
    """What stays taken after a deletion, for some days or for ever."""

    reason: str
    days: float | None = None
    unless: str | None = None


@dataclass(frozen=True, kw_only=True)
class KeyUse:
    """A customer-managed key that a resource is encrypted with."""

    path: str
    location: str
    agent: str
    within: str | None = None


@dataclass(frozen=True, kw_only=True)
class ResourceType:
    """One resource type; the fields are explained above."""

    type: str
    api: str
    name: str
    shape: Shape
    id: str = "{self}"
    taken: str | None = None
    any_case: tuple[str, ...] = ()
    newest: str | None = None
    sequence: str | None = None
    agent: str | None = None
    idempotent: bool = False
    seconds: Mapping[str, float] = field(default_factory=dict[str, float])
    propagation: float = 0
    quota: Quota | None = None
    guards: tuple[str, ...] = ()
    keep: Keep | None = None
    makes_agent: str | None = None
    references: tuple[Reference, ...] = ()
    keys: tuple[KeyUse, ...] = ()
    server_defaults: Mapping[str, Any] = field(default_factory=dict[str, Any])
    outputs: Mapping[str, Any] = field(default_factory=dict[str, Any])

    @property
    def kind(self) -> str:
        """The last part of the token, as Google's provider says it in messages."""
        return self.type.rsplit(":", 1)[-1]

    @property
    def is_global(self) -> bool:
        """Whether a name is in use for every project once it is in use in one."""
        return self.name.startswith("projects/_/")

    def in_capitals(self, properties: Mapping[str, Any]) -> Props:
        """The properties with those in capitals whose case does not matter."""
        changed: Props = dict(properties)
        for path in self.any_case:
            value = at(properties, path)
            if value is None or not is_known(value):
                continue
            for name in reversed(path.split(".")):
                value = {name: value} if is_object(value) else {name: _capitals(value)}
            changed = merge(changed, value)
        return changed

    def path(self, properties: Mapping[str, Any]) -> str:
        """Google's name without the service.

        Raises:
            NotKnown: a property that the name is made of is unknown or missing.
        """
        return str(render(self.name, properties))

    def full_name(self, path: str) -> str:
        """The name that is unique over all of Google Cloud."""
        return f"//{self.api}/{path}"

    def recovery_id(self, inputs: Mapping[str, Any], project: str, region: str) -> str | None:
        """The id under which a resource is found whose creation was cut off; None where the inputs do not tell."""
        properties = with_place(self, inputs, project, region)
        try:
            properties["self"] = self.path(properties) if not self.sequence else ""
            return str(render(self.newest or self.id, properties))
        except NotKnown:
            return None


def with_place(type_: ResourceType, inputs: Mapping[str, Any], project: str, region: str) -> dict[str, Any]:
    """The inputs with the provider's project and region where the type has them and the inputs do not, and with what
    templates need beside them: the project's number, and the agent of a service."""
    place = {"project": project, "region": region}
    filled = {key: value for key, value in place.items() if key in type_.shape.properties}
    filled |= {key: value for key, value in inputs.items() if value is not None}
    owner = filled.get("project") or _project_in_references(type_, inputs) or project
    number = project_number(str(owner))
    agent = service_agents().get(str(filled.get("service")))
    known_agent = {"agent": str(render(agent, {"number": number}))} if agent else {}
    return {**filled, "project": owner, "number": number, **known_agent}


def _capitals(value: Any) -> Any:
    return [str(item).upper() for item in value] if is_list(value) else str(value).upper()


def _project_in_references(type_: ResourceType, inputs: Mapping[str, Any]) -> str | None:
    """The project that a resource without a project of its own lies in: its parent, or that of what it refers to by path."""
    named = [value for reference in type_.references for value in every(inputs, reference.path)]
    paths = [path_of(str(value)) for value in (inputs.get("parent", ""), *named)]
    return next((path.split("/")[1] for path in paths if path.startswith("projects/")), None)


@functools.cache
def types() -> Mapping[str, ResourceType]:
    """Every type, by its token."""
    shapes: dict[str, Any] = {}
    for path in sorted(HERE.glob("shapes/*.json")):
        shapes |= json.loads(path.read_text())
    known: dict[str, ResourceType] = {}
    for path in sorted(HERE.glob("types/*.toml")):
        for table in tomllib.loads(path.read_text()).values():
            known[table["type"]] = _parse(table, shapes[table["type"]])
    return known


@functools.cache
def service_agents() -> Mapping[str, str]:
    """The e-mail of each service's agent, as a template with `{number}`."""
    return tomllib.loads((HERE / "service_agents.toml").read_text())


def _parse(table: Mapping[str, Any], shape: Mapping[str, Any]) -> ResourceType:
    values = dict(table)
    values["shape"] = Shape(values["type"], shape)
    values["references"] = tuple(Reference(**reference) for reference in values.get("references", ()))
    values["keys"] = tuple(KeyUse(**key) for key in values.get("keys", ()))
    for name in ("guards", "any_case"):
        values[name] = tuple(values.get(name, ()))
    if "quota" in values:
        values["quota"] = Quota(**values["quota"])
    if "keep" in values:
        values["keep"] = Keep(**values["keep"])
    return ResourceType(**values)
