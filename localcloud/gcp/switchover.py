"""What an operator does to stores of Memorystore past Pulumi, with gcloud: exchange the roles of two of them."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

from ..errors import Refusal
from ..outages import lost_region
from ..store import Row, Store
from ..values import at
from .catalog import types
from .naming import path_of
from .replication import lag_seconds
from .rules.memorystore import CLUSTER, PRODUCTS, VALKEY

__all__ = ["cluster", "lag_seconds", "promote", "state", "valkey"]

SECONDS = 300
"""How long a switchover takes on the virtual clock. Google publishes no figure."""


def _finder(type_: str, named: str) -> Callable[[Store, str, str], Row | None]:
    def instance(store: Store, project: str, name: str) -> Row | None:
        """A store, as gcloud describes it; inside a transaction, as everything here.

        Raises:
            Refusal: its region does not answer.
        """
        row = next((row for row in store.all(type_, project=project) if row.config.get(named) == name), None)
        if row:
            _require_there(store, row)
        return row

    return instance


cluster, valkey = _finder(CLUSTER, "name"), _finder(VALKEY, "instanceId")


def state(row: Row) -> str:
    """What gcloud calls its state."""
    return str(row.properties.get("state"))


def promote(store: Store, row: Row) -> None:
    """A switchover: the secondary becomes the primary, and its primary a secondary of it, also where that does not answer: it is
    one when it does again.

    Raises:
        Refusal: it follows nobody, or its region does not answer.
    """
    _require_there(store, row)
    known = PRODUCTS[row.type]
    path = at(row.config, known.primary)
    before = store.get(types()[row.type].full_name(path_of(str(path)))) if path else None
    if before is None:
        raise Refusal(400, f"Switchover is only supported on secondary {known.called}.", "failedPrecondition")
    config, role = known.role.split(".")
    _, reference, leaf = known.primary.split(".")
    store.advance(SECONDS)
    _put(store, row, config, {}, None)  # a primary's role is not kept here, before a switchover either
    _put(store, before, config, {config: {role: "SECONDARY", reference: {leaf: row.id}}}, row)


def _require_there(store: Store, row: Row) -> None:
    if region := lost_region(store, row.properties):
        raise Refusal(503, f"The service is currently unavailable in region {region}.", "backendError")


def _put(store: Store, row: Row, key: str, config: dict[str, Any], follows: Row | None) -> None:
    links = {(link.path, link.target): link.on_delete for link in store.links(row.name) if not link.path.startswith(key)}
    if follows:
        links |= {(PRODUCTS[row.type].primary, follows.name): "restrict"}
    store.put(replace(row, config={**{name: value for name, value in row.config.items() if name != key}, **config}), links)
    store.record("switchover", row.type, row.name, "")
