"""What an operator does to clusters of Memorystore for Redis past Pulumi, with gcloud: exchange the roles of two of them."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from ..errors import Refusal
from ..outages import lost_region
from ..store import Row, Store
from ..values import at
from .catalog import types
from .naming import path_of
from .replication import lag_seconds
from .rules.memorystore import CLUSTER

__all__ = ["instance", "lag_seconds", "promote", "state"]

CONFIG = "crossClusterReplicationConfig"
SECONDS = 300
"""How long a switchover takes on the virtual clock. Google publishes no figure."""


def instance(store: Store, project: str, name: str) -> Row | None:
    """A cluster, as `gcloud redis clusters describe` shows it; inside a transaction, as everything here.

    Raises:
        Refusal: its region does not answer.
    """
    row = next((row for row in store.all(CLUSTER) if row.project == project and row.config.get("name") == name), None)
    if row:
        _require_there(store, row)
    return row


def state(row: Row) -> str:
    """What `gcloud redis clusters describe` calls its state."""
    return str(row.properties.get("state"))


def promote(store: Store, row: Row) -> None:
    """A switchover: the secondary becomes the primary, and its primary a secondary of it, also where that does not answer: it is
    one when it does again.

    Raises:
        Refusal: it follows nobody, or its region does not answer.
    """
    _require_there(store, row)
    path = at(row.config, f"{CONFIG}.primaryCluster.cluster")
    before = store.get(types()[CLUSTER].full_name(path_of(str(path)))) if path else None
    if before is None:
        raise Refusal(400, "Switchover is only supported on secondary clusters.", "failedPrecondition")
    store.advance(SECONDS)
    _put(store, row, {}, None)  # a primary's role is not kept here, before a switchover either
    _put(store, before, {CONFIG: {"clusterRole": "SECONDARY", "primaryCluster": {"cluster": row.id}}}, row)


def _require_there(store: Store, row: Row) -> None:
    if region := lost_region(store, row.properties):
        raise Refusal(503, f"The service is currently unavailable in region {region}.", "backendError")


def _put(store: Store, row: Row, config: dict[str, Any], follows: Row | None) -> None:
    links = {(link.path, link.target): link.on_delete for link in store.links(row.name) if not link.path.startswith(CONFIG)}
    if follows:
        links |= {(f"{CONFIG}.primaryCluster.cluster", follows.name): "restrict"}
    store.put(replace(row, config={**{key: value for key, value in row.config.items() if key != CONFIG}, **config}), links)
    store.record("switchover", row.type, row.name, "")
