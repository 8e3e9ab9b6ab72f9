"""The difference between what two programs declare, judged as the providers judge it: created, updated, replaced, deleted."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any, Literal

from localcloud.catalog import difference
from localcloud.plugin import Difference
from localcloud.values import UNKNOWN

from ..homes import Inventory, components
from ..property_path import NOTHING, text_at

Op = Literal["replace", "delete", "update", "create"]
OPS: tuple[Op, ...] = ("create", "update", "replace", "delete")
STATEFUL = frozenset(
    {
        "gcp:artifactregistry/repository:Repository",
        "gcp:bigquery/dataset:Dataset",
        "gcp:bigtable/instance:Instance",
        "gcp:bigtable/table:Table",
        "gcp:container/cluster:Cluster",
        "gcp:firestore/database:Database",
        "gcp:gkebackup/backupPlan:BackupPlan",
        "gcp:kms/cryptoKey:CryptoKey",
        "gcp:kms/keyRing:KeyRing",
        "gcp:memorystore/instance:Instance",
        "gcp:pubsub/subscription:Subscription",
        "gcp:pubsub/topic:Topic",
        "gcp:redis/cluster:Cluster",
        "gcp:redis/instance:Instance",
        "gcp:secretmanager/secret:Secret",
        "gcp:sql/database:Database",
        "gcp:sql/databaseInstance:DatabaseInstance",
        "gcp:storage/bucket:Bucket",
        "kubernetes:core/v1:Namespace",
        "kubernetes:core/v1:PersistentVolumeClaim",
        "kubernetes:elasticsearch.k8s.elastic.co/v1:Elasticsearch",
    }
)
"""Types that hold what nobody can declare again: data, keys, messages, and what is in them. A stateful set's data is in its
claims; a password is made anew on purpose."""


@dataclass(frozen=True)
class Edit:
    """A property that differs."""

    path: str
    old: str
    new: str
    replaces: bool


@dataclass(frozen=True)
class Change:
    """A resource that differs."""

    op: Op
    urn: str
    type: str
    component: str
    protected: bool
    """Whether Pulumi refuses to delete what is there now."""
    edits: Sequence[Edit] = ()
    depth: int = 0
    """How many replaced or deleted resources it waits for, one after the other: 0 for the cause."""

    @property
    def name(self) -> str:
        """The logical name."""
        return self.urn.rpartition("::")[2]

    @property
    def kind(self) -> str:
        """The type as people call it."""
        return self.type.rpartition(":")[2]

    @property
    def loses(self) -> bool:
        """Whether what the resource holds goes with it."""
        return self.op in {"replace", "delete"} and self.type in STATEFUL


def compare(before: Inventory, after: Inventory) -> list[Change]:
    """What changes from one inventory to the other: what loses something first and causes before consequences."""
    return sorted(
        _Comparison(before, after).changes(),
        key=lambda change: (
            not change.loses,
            change.op not in {"replace", "delete"},
            change.depth,
            change.component,
            change.name,
        ),
    )


class _Comparison:
    def __init__(self, before: Inventory, after: Inventory) -> None:
        self.old = {entry["urn"]: entry for entry in before if entry["custom"]}
        self.new = {entry["urn"]: entry for entry in after if entry["custom"]}
        self._homes = {**components(before), **components(after)}
        self._depths: dict[str, int] = {}

    def changes(self) -> Iterator[Change]:
        for urn in sorted({*self.old, *self.new}):
            op, edits = self._op(urn), self.edits.get(urn) or self._given(urn)
            if op:
                entry = self.new.get(urn) or self.old[urn]
                protected = bool(self.old.get(urn, {}).get("protect"))
                component = self._homes.get(urn, "platform")
                yield Change(op, urn, entry["type"], component, protected, edits, self._depth(urn))

    @cached_property
    def edits(self) -> Mapping[str, Sequence[Edit]]:
        """The properties that differ, by resource; with those that a deletion elsewhere makes differ."""
        both = sorted(self.old.keys() & self.new.keys())
        found = {urn: self._difference(urn, self.new[urn]["inputs"]) for urn in both}
        while more := dict(self._consequences(found)):
            found |= more
        return {urn: tuple(self._edits(urn, difference)) for urn, difference in found.items() if difference.changes}

    def _op(self, urn: str) -> Op | None:
        if urn not in self.new:
            return "delete"
        if urn not in self.old:
            return "create"
        edits = self.edits.get(urn, ())
        return "replace" if any(edit.replaces for edit in edits) else "update" if edits else None

    def _difference(self, urn: str, inputs: Mapping[str, Any]) -> Difference:
        entry = self.new[urn]
        provider = self.new.get(str(entry["provider"]).rpartition("::")[0], {})
        ignored = entry.get("ignoreChanges", ())  # older revisions do not tell
        return difference(entry["type"], self.old[urn]["inputs"], dict(inputs), ignored, provider.get("inputs", {}))

    def _consequences(self, found: Mapping[str, Difference]) -> Iterator[tuple[str, Difference]]:
        """Resources that go with one that is deleted before its replacement is made, under the same name: as the engine does,
        the provider is asked what it would do if the values that come from it were others."""
        gone = {urn for urn, difference in found.items() if difference.delete_before_replace}
        for urn, known in found.items():
            origins: Mapping[str, Sequence[str]] = self.new[urn]["propertyDependencies"]
            paths = [path for path, sources in origins.items() if gone.intersection(sources)]
            if not paths or any(change.replaces for change in known.changes.values()):
                continue
            asked = self._difference(urn, {**self.new[urn]["inputs"], **dict.fromkeys(paths, UNKNOWN)})
            if any(change.replaces for change in asked.changes.values()):
                yield urn, asked

    def _given(self, urn: str) -> Sequence[Edit]:
        """What a resource that is created is made of."""
        given: Mapping[str, Any] = {} if urn in self.old else self.new[urn]["inputs"]
        return tuple(Edit(name, NOTHING, text_at(given, name), replaces=False) for name in sorted(given))

    def _edits(self, urn: str, found: Difference) -> Iterator[Edit]:
        old, new = self.old[urn]["inputs"], self.new[urn]["inputs"]
        for path, change in sorted(found.changes.items()):
            before, after = text_at(old, path), text_at(new, path)
            yield Edit(path, before, f"{after} (of a new one)" if before == after else after, change.replaces)

    def _depth(self, urn: str) -> int:
        if urn not in self._depths:
            entry = self.new.get(urn) or self.old[urn]
            gone = [need for need in entry["dependencies"] if self._ops.get(need) in {"replace", "delete"}]
            self._depths[urn] = 1 + max(map(self._depth, gone)) if gone else 0
        return self._depths[urn]

    @cached_property
    def _ops(self) -> Mapping[str, Op | None]:
        return {urn: self._op(urn) for urn in {*self.old, *self.new}}
