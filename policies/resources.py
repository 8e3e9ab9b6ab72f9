"""Resources as rules see them, whether the engine or an inventory without one told of them."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

STACK = "pulumi:pulumi:Stack"


@dataclass(frozen=True, kw_only=True)
class Resource:
    """A resource that the program declares."""

    type: str
    urn: str
    name: str
    properties: Mapping[str, Any]
    """Inputs; of the stack itself what it exports. Reading what a preview does not know raises UnknownValueError."""
    protect: bool = False
    ignore_changes: Sequence[str] = ()
    parent: str = ""
    provider: str = ""
    links: Mapping[str, Sequence[str]] = field(default_factory=dict[str, Sequence[str]])
    """For each property the URNs of the resources that its value comes from."""


class Stack:
    """Everything that is declared."""

    def __init__(self, resources: Iterable[Resource], environment: str) -> None:
        self.environment = environment
        self.waivers_in_vain: list[str] = []
        """Waivers that excused nothing; filled in before the root is looked at."""
        self.resources = tuple(resources)
        self._by_urn = {known.urn: known for known in self.resources}
        self._by_type: dict[str, list[Resource]] = {}
        for known in self.resources:
            self._by_type.setdefault(known.type, []).append(known)
        self._users: dict[str, list[tuple[Resource, str]]] = {}
        for known in self.resources:
            for property_, urns in known.links.items():
                for urn in urns:
                    self._users.setdefault(urn, []).append((known, property_))

    def of(self, *types: str) -> list[Resource]:
        """The resources of the types."""
        return [known for type_ in types for known in self._by_type.get(type_, [])]

    def linked(self, resource: Resource, property_: str, *types: str) -> list[Resource]:
        """The resources of the types that a property's value comes from."""
        found = (self._by_urn.get(urn) for urn in resource.links.get(property_, ()))
        return [known for known in found if known and known.type in types]

    def users(self, resource: Resource) -> list[tuple[Resource, str]]:
        """Who uses a value of the resource, and for which property."""
        return self._users.get(resource.urn, [])

    def pointing_at(self, resource: Resource, *types: str) -> list[tuple[Resource, str]]:
        """Those of them that are of the types."""
        return [(known, property_) for known, property_ in self.users(resource) if known.type in types]

    @property
    def outputs(self) -> Mapping[str, Any]:
        """What the stack exports."""
        found = self.of(STACK)
        return found[0].properties if found else {}
