"""The life of objects: create, read, update and delete, each in one transaction, under the rules."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from .. import faults
from ..errors import Refusal, TimedOut
from ..rulebook import Rulebook
from ..store import Row, Store
from ..values import Props, at, is_object, merge
from .clusters import Kubeconfig, find
from .computed import computed
from .kinds import Kind, complete
from .rules import BOOK
from .rules.waiting import awaited
from .view import NAMESPACE, ClusterView, Request, Status, Verb

DEFAULT_TIMEOUT = 600.0
"""The provider's patience, in seconds, where the program says nothing."""


@dataclass(frozen=True)
class Outcome:
    """An object, and what keeps it from working."""

    row: Row
    refusals: Sequence[Refusal] = ()


class _DryRun(Exception):
    """Ends the transaction of a preview, so that it leaves no trace."""


class Kubernetes:
    """The clusters, as far as the store holds them."""

    def __init__(self, store: Store) -> None:
        self.store = store
        self.book: Rulebook[Request] = BOOK

    def create(self, kind: Kind, urn: str, given: Props, kubeconfig: Kubeconfig, timeout: float = 0) -> Outcome:
        """Creates an object.

        Raises:
            Unreachable: there is no such cluster.
            Refusal: its API server refuses; nothing was changed.
            LostAnswer, TimedOut: a staged fault; the object exists.
        """
        staged = faults.stage(self.store, "create", kind.token)
        staged.before()
        with self.store.transaction():
            request, row = self._creation(kind, urn, given, kubeconfig)
            outcome = self._carry_out(request, row, timeout)
        self._answer(staged, request, timeout)
        return outcome

    def try_out(self, kind: Kind, given: Props, kubeconfig: Kubeconfig) -> None:
        """Asks the API server whether it would create an object, as a preview does.

        Raises:
            Refusal: it would not.
        """
        try:
            with self.store.transaction():
                self._creation(kind, "", given, kubeconfig)
                raise _DryRun
        except _DryRun:
            return

    def read(self, kind: Kind, id_: str, kubeconfig: Kubeconfig) -> Outcome | None:
        """The object as it is now, or None."""
        with self.store.transaction():
            view = ClusterView(self.store, find(self.store, kubeconfig))
            row = self.store.by_id(kind.token, view.path, id_)
            return Outcome(row, self._unready(kind, row, view)) if row else None

    def update(self, kind: Kind, id_: str, given: Props, kubeconfig: Kubeconfig, timeout: float = 0) -> Outcome:
        """Changes an object in place.

        Raises:
            Unreachable: there is no such cluster.
            Refusal: its API server refuses, or there is no such object; nothing was changed.
            LostAnswer, TimedOut: a staged fault; the change was made.
        """
        staged = faults.stage(self.store, "update", kind.token)
        staged.before()
        with self.store.transaction():
            view = ClusterView(self.store, find(self.store, kubeconfig))
            row = self.store.by_id(kind.token, view.path, id_)
            if row is None:
                name = id_.rsplit("/", 1)[-1]
                raise Status(404, f'{kind.resources} "{name}" not found', "NotFound")
            kind = view.declared_kind(kind.token) or kind
            request = self._request("update", kind, given, row.config, view)
            self.book.check(request)
            added = computed(kind, complete(kind, given), view.cluster, self.store, row.properties)
            outcome = self._carry_out(request, replace(row, config=self._stored(kind, given), computed=added), timeout)
        self._answer(staged, request, timeout)
        return outcome

    def delete(self, kind: Kind, id_: str, kubeconfig: Kubeconfig, timeout: float = 0) -> None:
        """Deletes an object, and with a namespace all that is in it; one that is gone already is no error.

        Raises:
            Unreachable: there is no such cluster.
            LostAnswer, TimedOut: a staged fault; the object is gone.
        """
        staged = faults.stage(self.store, "delete", kind.token)
        staged.before()
        with self.store.transaction():
            view = ClusterView(self.store, find(self.store, kubeconfig))
            row = self.store.by_id(kind.token, view.path, id_)
            if row is None:
                return
            request = self._request("delete", kind, {}, row.config, view)
            self.book.check(request)
            self.store.advance(kind.seconds.get("delete", 0))
            self.store.record("delete", kind.token, row.name, row.urn)
            self.store.remove(row.name)
        self._answer(staged, request, timeout)

    def digest(self, value: object) -> str:
        """What the store holds in place of a secret."""
        with self.store.transaction():
            return self.store.digest(value)

    def declared(self, token: str, kubeconfig: Kubeconfig | None) -> Kind | None:
        """A kind that the custom resource definitions of a cluster declare."""
        if kubeconfig is None:
            return None
        with self.store.transaction():
            return ClusterView(self.store, find(self.store, kubeconfig)).declared_kind(token)

    # -- inside

    def _creation(self, kind: Kind, urn: str, given: Props, kubeconfig: Kubeconfig) -> tuple[Request, Row]:
        view = ClusterView(self.store, find(self.store, kubeconfig))
        kind = view.declared_kind(kind.token) or kind
        request = self._request("create", kind, given, {}, view)
        self.book.check(request)
        now = self.store.now()
        row = Row(
            name=view.full_name(kind, request.namespace, request.name),
            type=kind.token,
            project=view.path,
            id=f"{request.namespace}/{request.name}" if kind.namespaced else request.name,
            urn=urn,
            config=self._stored(kind, given),
            computed=computed(kind, complete(kind, given), view.cluster, self.store, {}),
            created_at=now,
            visible_at=now,
            busy_until=0,
        )
        return request, row

    def _request(self, verb: Verb, kind: Kind, new: Props, old: Mapping[str, Any], view: ClusterView) -> Request:
        before = complete(kind, old) if old else {}
        return Request(verb=verb, kind=kind, new=complete(kind, new) if new else {}, old=before, view=view)

    def _carry_out(self, request: Request, row: Row, timeout: float) -> Outcome:
        kind, view = request.kind, request.view
        self.store.advance(kind.seconds.get(request.verb, 0) + (kind.waited.get(request.verb, 0) if awaited(request.new) else 0))
        space = view.named(NAMESPACE, request.namespace) if kind.namespaced else None
        inside = space.name if space else view.cluster.name
        self.store.put(row, {("metadata.namespace" if space else "cluster", inside): "cascade"})
        self.store.record(request.verb, kind.token, row.name, row.urn)
        refusals = self._unready(kind, row, view)
        if refusals:
            self.store.advance(timeout or DEFAULT_TIMEOUT)
        return Outcome(row, refusals)

    def _unready(self, kind: Kind, row: Row, view: ClusterView) -> Sequence[Refusal]:
        if at(row.config, "metadata.annotations") and row.config["metadata"]["annotations"].get("pulumi.com/skipAwait") == "true":
            return ()
        return list(self.book.refusals(Request(verb="ready", kind=kind, new=complete(kind, row.config), old={}, view=view)))

    def _answer(self, staged: faults.Staged, request: Request, timeout: float) -> None:
        staged.after()
        if staged.hangs:
            limit = timeout or DEFAULT_TIMEOUT
            with self.store.transaction():
                self.store.advance(limit)
            raise TimedOut(f"'{request.name}' timed out waiting to be Ready: context deadline exceeded after {limit:.0f}s")

    def _stored(self, kind: Kind, given: Props) -> Props:
        """An object as it is kept: secret values as digests, one by one."""
        hidden: Props = {}
        for name in kind.hidden:
            values = given.get(name)
            if is_object(values):
                hidden[name] = {key: self.store.digest(value) for key, value in values.items()}
        return merge(given, hidden)
