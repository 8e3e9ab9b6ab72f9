"""What a stack's state is after the entries of an engine's journal: a function over JSON, and Pulumi's own rules.

An engine that works with the service sends, for each operation, that it begins and how it ended, instead of the whole state.
What the entries mean follows `JournalReplayer` of Pulumi 3.256.0
(https://github.com/pulumi/pulumi/blob/v3.256.0/pkg/backend/journal.go); version 1 is what it speaks.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, datetime
from typing import Any

from .references import without_aliases, without_dangling

Resource = dict[str, Any]
Deployment = dict[str, Any]
"""A state as `pulumi stack export` has it under `deployment`."""
Entry = Mapping[str, Any]

VERSION = 1
"""The version of the entries."""
PLAIN, WITH_FEATURES = 3, 4
"""Versions of a state: of one that every engine reads, and of one that says what an engine has to know to read it."""
FEATURES = {
    "refreshBeforeUpdate": "refreshBeforeUpdate",
    "viewOf": "views",
    "resourceHooks": "hooks",
    "taint": "taint",
    "replaceWith": "replaceWith",
    "extensionRef": "extensionParameterization",
    "snippetID": "snippets-prototype",
}
"""What an engine has to know, by the property of a resource that needs it."""


class JournalError(Exception):
    """Entries that cannot be applied."""


def replayed(base: Deployment, entries: Sequence[Entry], version: str) -> tuple[Deployment, list[str]]:
    """The state after the entries, and the features that reading it needs.

    Args:
        base: the state that the engine began with; it is not changed.
        entries: in any order.
        version: the engine's.

    Raises:
        JournalError: an entry is of a version or kind that there is not.
    """
    replay = _Replay(base, version)
    for entry in sorted(entries, key=lambda entry: entry["sequenceID"]):
        replay.add(entry)
    deployment = replay.deployment()
    return deployment, _features(deployment, has_bytes=replay.has_bytes)


class _Replay:
    """The base and what has happened to it: resources of the base go by their place, new ones by their operation."""

    def __init__(self, base: Deployment, version: str) -> None:
        self.base: Deployment = base
        self.version = version
        self.has_bytes = self.has_refresh = False
        self.extensions: dict[str, Any] = {}
        self._forget()

    def add(self, entry: Entry) -> None:
        """Applies the next entry."""
        kinds = self._kinds()
        if entry["version"] != VERSION or not 0 <= entry["kind"] < len(kinds):
            raise JournalError(f"there is no entry of version {entry['version']} and kind {entry['kind']}")
        self.has_bytes |= entry.get("requiresByteString", False)
        kinds[entry["kind"]](entry)

    def deployment(self) -> Deployment:
        """The state as it is now."""
        gone = {self.of[operation] for operation in self.removed}
        resources = [resource for place, resource in enumerate(self.new) if place not in gone]
        resources += [self._old(place) for place in range(len(self._resources)) if place not in self.dropped]
        pending = [entry["operation"] for entry in self.begun.values() if entry.get("operation")]
        # What an earlier engine began to create, and nobody has looked for since, stays an open question.
        before: list[dict[str, Any]] = self.base.get("pending_operations") or []
        pending += [one for one in before if one["type"] == "creating"]
        resources = [dict(resource) for resource in resources]
        if self.has_refresh:
            without_dangling(resources)
        without_aliases(resources)
        magic = hashlib.sha256(self.version.encode()).hexdigest()
        manifest = {"time": datetime.now(UTC).isoformat(), "magic": magic, "version": self.version}
        kept = {key: self.base[key] for key in ("secrets_providers", "metadata", "snippets") if self.base.get(key)}
        extensions: dict[str, Any] = {**self.extensions, **(self.base.get("extensions") or {})}
        found: dict[str, Any] = {**kept, "resources": resources, "pending_operations": pending, "extensions": extensions}
        return {"manifest": manifest, **{key: value for key, value in found.items() if value}}

    # -- inside

    def _forget(self) -> None:
        self.new: list[Resource] = []
        self.of: dict[int, int] = {}
        """Places of new resources by the operation that made them."""
        self.removed: set[int] = set()
        """Operations whose new resource is gone."""
        self.dropped: set[int] = set()
        self.replaced: dict[int, Resource] = {}
        self.deleting: set[int] = set()
        self.replacing: set[int] = set()
        self.begun: dict[int, Entry] = {}

    @property
    def _resources(self) -> list[Resource]:
        return self.base.get("resources") or []

    def _old(self, place: int) -> Resource:
        if place in self.replaced:
            return self.replaced[place]
        marks = {"pendingReplacement": place in self.replacing, "delete": place in self.deleting}
        return {**self._resources[place], **{key: True for key, marked in marks.items() if marked}}

    def _kinds(self) -> list[Callable[[Entry], None]]:
        """What to do, by the entry's kind."""
        return [
            self._begin,
            self._success,
            self._end,
            self._refreshed,
            self._outputs,
            self._write,
            self._secrets_manager,
            self._rebuilt,
            self._extension,
            self._snippets,
        ]

    def _begin(self, entry: Entry) -> None:
        self.begun[entry["operationID"]] = entry

    def _end(self, entry: Entry) -> None:
        self.begun.pop(entry["operationID"], None)

    def _success(self, entry: Entry) -> None:
        self._end(entry)
        if entry.get("state"):
            self.of[entry["operationID"]] = len(self.new)
            self.new.append(entry["state"])
        self._remove(entry)
        for mark, places in (("delete", self.deleting), ("pendingReplacement", self.replacing)):
            if entry.get(f"{mark}Old") is not None:
                places.add(entry[f"{mark}Old"])
            if entry.get(f"{mark}New") is not None:
                place = self.of[entry[f"{mark}New"]]
                self.new[place] = {**self.new[place], mark: True}
        self.has_refresh |= entry.get("isRefresh", False)

    def _refreshed(self, entry: Entry) -> None:
        self._end(entry)
        self.has_refresh = True
        if entry.get("state"):
            self._outputs(entry)
        else:
            self._remove(entry)

    def _remove(self, entry: Entry) -> None:
        for key, places in (("removeOld", self.dropped), ("removeNew", self.removed)):
            if entry.get(key) is not None:
                places.add(entry[key])

    def _outputs(self, entry: Entry) -> None:
        if not entry.get("state"):
            return
        if entry.get("removeOld") is not None:
            self.replaced[entry["removeOld"]] = entry["state"]
        if entry.get("removeNew") is not None:
            self.new[self.of[entry["removeNew"]]] = entry["state"]

    def _write(self, entry: Entry) -> None:
        self.base = dict(entry.get("newSnapshot") or {})

    def _secrets_manager(self, entry: Entry) -> None:
        self.base = {**self.base, "secrets_providers": entry.get("secretsProvider")}

    def _snippets(self, entry: Entry) -> None:
        self.base = {**self.base, "snippets": entry.get("snippets")}

    def _extension(self, entry: Entry) -> None:
        self.extensions[entry["extensionRef"]] = entry["extension"]

    def _rebuilt(self, _entry: Entry) -> None:
        """After a refresh, the engine counts places in the state as it is by then."""
        self.base = self.deployment()
        self.extensions = {}
        self._forget()


def _features(deployment: Deployment, *, has_bytes: bool) -> list[str]:
    operations: list[dict[str, Any]] = deployment.get("pending_operations", [])
    resources: list[Resource] = [*deployment.get("resources", []), *(one["resource"] for one in operations)]
    needed = {name for resource in resources for key, name in FEATURES.items() if resource.get(key)}
    if has_bytes:
        needed.add("byteString")
    if deployment.get("snippets"):
        needed.add(FEATURES["snippetID"])
    return sorted(needed)
