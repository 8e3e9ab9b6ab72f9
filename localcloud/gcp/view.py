"""What the rules see: the request at hand, and the cloud as it stands in the same transaction."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Literal

from ..errors import ProviderRefusal, Refusal
from ..store import Row, Store
from ..values import at, every
from .catalog import Reference, ResourceType, service_agents, types
from .naming import NotKnown, path_of, project_number, render

Verb = Literal["create", "update", "delete"]

SERVICE = "gcp:projects/service:Service"
IDENTITY = "gcp:projects/serviceIdentity:ServiceIdentity"
PROJECT_GRANT = "gcp:projects/iAMMember:IAMMember"
ENABLED_FROM_THE_START = frozenset({"serviceusage.googleapis.com"})
AGENTS_WITH_THEIR_API = frozenset({"compute.googleapis.com"})
"""Services whose agent is there as soon as their API is enabled, and cannot be asked for
(https://github.com/terraform-google-modules/terraform-google-project-factory/pull/628)."""
RETRY_SECONDS = 300
"""How long the provider waits, on the virtual clock, for something just made to become visible."""


class View:
    """The cloud, for reading. What is not visible yet is waited for a while, on the virtual clock."""

    def __init__(self, store: Store) -> None:
        self.store = store

    @property
    def now(self) -> float:
        """The virtual time, in seconds since 1970."""
        return self.store.now()

    def named(self, token: str, path: str) -> Row | None:
        """The resource of a type at `projects/…`."""
        return self._visible(self.store.get(types()[token].full_name(path)))

    def target(self, reference: Reference, value: str, properties: Mapping[str, Any]) -> tuple[str, Row | None]:
        """The full name that a reference's value stands for, and the resource where there is one."""
        path = path_of(value)
        if reference.named and not path.startswith("projects/"):
            path = str(render(reference.named, {**properties, "value": value}))
        name = types()[reference.to].full_name(path)
        return name, self._visible(self.store.get(name))

    def all(self, token: str, project: str | None = None) -> list[Row]:
        """Every resource of a type, or those of one project."""
        return self.store.all(token, project=project)

    def is_enabled(self, api: str, project: str) -> bool:
        """Whether a project may use an API."""
        if api in ENABLED_FROM_THE_START:
            return True
        name = types()[SERVICE].full_name(f"projects/{project}/services/{api}")
        return self._visible(self.store.get(name)) is not None or self.store.kept(name) is not None

    def agent(self, service: str, project: str) -> str:
        """The e-mail of a service's agent in a project."""
        return str(render(service_agents()[service], {"number": project_number(project)}))

    def has_agent(self, service: str, project: str) -> bool:
        """Whether a service's agent exists: it came with the API, was declared, or was asked for."""
        if service in AGENTS_WITH_THEIR_API:
            return self.is_enabled(service, project)
        name = types()[IDENTITY].full_name(f"projects/{project}/services/{service}/identity")
        return self.store.get(name) is not None or self.was_asked_for(self.agent(service, project))

    def was_asked_for(self, email: str) -> bool:
        """Whether the agent of that address exists because a data source asked for it, or a resource made it."""
        return self.store.meta(f"agent:{email}") is not None

    def note_agent(self, service: str, project: str) -> None:
        """A service's agent exists from now on."""
        self.store.set_meta(f"agent:{self.agent(service, project)}", "1")

    def holds_objects_since(self, name: str) -> float | None:
        """When objects were put into the resource of that name, where somebody said so; a new one of that name holds none."""
        since, row = self.store.meta(f"holds-objects:{name}"), self.store.get(name)
        return float(since) if since is not None and row is not None and float(since) >= row.created_at else None

    def is_granted(self, row: Row, member: str, *roles: str) -> bool:
        """Whether a member has one of the roles on a resource or on its project."""
        grants = self.store.pointing_at(row.name, "cascade") + self.all(PROJECT_GRANT, row.project)
        return any(
            grant.config.get("member") == member and grant.config.get("role") in roles and self._visible(grant) is not None
            for grant in grants
        )

    def _visible(self, row: Row | None) -> Row | None:
        if row is None or row.visible_at <= self.now:
            return row
        wait = row.visible_at - self.now
        if wait > RETRY_SECONDS:
            return None
        self.store.advance(wait)
        return row


@dataclass(frozen=True, kw_only=True)
class Request:
    """A create, update or delete on its way to being carried out.

    `new` and `old` are the properties after and before, with defaults filled in; `new` is empty for a delete, `old`
    for a create.
    """

    verb: Verb
    type: ResourceType
    path: str
    project: str
    new: Mapping[str, Any]
    old: Mapping[str, Any]
    cloud: View

    @property
    def token(self) -> str:
        """The Pulumi token of the resource's type."""
        return self.type.type

    @property
    def name(self) -> str:
        """Google's full name of the resource."""
        return self.type.full_name(self.path)

    def get(self, path: str, default: Any = None) -> Any:
        """A property after the request (before it, for a delete)."""
        value = at(self.new or self.old, path)
        return default if value is None else value

    def every(self, path: str) -> list[Any]:
        """All values at a path with `[]`, after the request."""
        return every(self.new or self.old, path)

    def was(self, path: str, default: Any = None) -> Any:
        """A property before the request."""
        value = at(self.old, path)
        return default if value is None else value

    def target(self, reference: Reference, value: Any) -> tuple[str, Row | None]:
        """The full name that a reference's value stands for, and the resource where there is one."""
        return self.cloud.target(reference, str(value), {**(self.new or self.old), "project": self.project})

    def filled(self, template: str, properties: Mapping[str, Any] | None = None) -> str | None:
        """A template filled in with the properties; None where one is missing."""
        try:
            return str(render(template, {**(self.new or self.old), "project": self.project, **(properties or {})}))
        except NotKnown:
            return None


def invalid(message: str, reason: str = "invalid") -> Refusal:
    """Google's answer to a request that makes no sense."""
    return Refusal(400, message, reason)


def not_allowed(message: str) -> ProviderRefusal:
    """The provider's own answer, before it asks the API."""
    return ProviderRefusal(message)
