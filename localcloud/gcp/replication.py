"""What an operator does to instances of Cloud SQL past Pulumi, with gcloud: promote, stop, start, back up, delete."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from ..errors import Refusal
from ..outages import lost_region
from ..store import Kept, Row, Store
from ..values import at, merge
from .catalog import types
from .rules.network import INSTANCE

SECONDS = {"promote": 300, "patch": 120, "backup": 600, "delete": 90}
"""How long each takes on the virtual clock. Google publishes "several minutes" for a promotion
(https://cloud.google.com/sql/docs/postgres/replication/manage-replicas#promote-replica); the others are usual."""


def instance(store: Store, project: str, name: str) -> Row | None:
    """An instance, as `gcloud sql instances describe` shows it; inside a transaction, as everything here.

    Raises:
        Refusal: its region does not answer.
    """
    row = store.get(types()[INSTANCE].full_name(f"projects/{project}/instances/{name}"))
    if row:
        _require_there(store, row)
    return row


def state(row: Row) -> str:
    """What `gcloud sql instances describe` calls its state."""
    return "STOPPED" if at(row.properties, "settings.activationPolicy") == "NEVER" else "RUNNABLE"


def lag_seconds(store: Store, row: Row) -> float:
    """How far a replica is behind; negative where it does not replicate."""
    return float(store.meta(f"replica-lag:{row.name}") or 0)


def set_lag(store: Store, row: Row, seconds: float) -> None:
    """A replica is so far behind from now on."""
    store.set_meta(f"replica-lag:{row.name}", str(seconds))


def promote(store: Store, row: Row) -> None:
    """A replica becomes an instance of its own, which cannot be undone.

    Raises:
        Refusal: it is none, or its region does not answer.
    """
    _require_there(store, row)
    if row.properties.get("instanceType") != "READ_REPLICA_INSTANCE":
        raise Refusal(400, "Invalid request: The instance is not a read replica.", "invalid")
    for inside in store.pointing_at(f"//{types()[INSTANCE].api}/projects/{row.project}/instances/{_primary(row)}", "cascade"):
        _bring_along(store, inside, row)
    config = {key: value for key, value in row.config.items() if key != "masterInstanceName"}
    _put(store, row, {**config, "instanceType": "CLOUD_SQL_INSTANCE"}, "promote", without="masterInstanceName")


def set_activation(store: Store, row: Row, policy: str) -> None:
    """Stops an instance (NEVER) or starts it (ALWAYS); it keeps its data and its address."""
    _require_there(store, row)
    _put(store, row, merge(row.config, {"settings": {"activationPolicy": policy}}), "patch")


def back_up(store: Store, row: Row) -> None:
    """Takes a backup now."""
    _require_there(store, row)
    if state(row) != "RUNNABLE":
        raise Refusal(400, "Invalid request: Invalid request since instance is not running.", "invalid")
    _put(store, row, row.config, "backup")


def delete(store: Store, row: Row) -> None:
    """Takes the guards against deletion off, and deletes an instance with all that is in it; its name stays taken for a week.

    Raises:
        Refusal: replicas follow it, or its region does not answer.
    """
    _require_there(store, row)
    if store.pointing_at(row.name, "restrict"):
        raise Refusal(400, "Invalid request: The instance has read replicas; delete or promote them first.", "invalid")
    keep = types()[INSTANCE].keep
    store.advance(SECONDS["delete"])
    store.remove(row.name)
    if keep and keep.days is not None:
        store.keep(Kept(row.name, row.type, store.now() + keep.days * 86400, keep.reason))
    store.record("delete", row.type, row.name, "")


def _require_there(store: Store, row: Row) -> None:
    if region := lost_region(store, row.properties):
        raise Refusal(503, f"The service is currently unavailable in region {region}.", "backendError")


def _primary(row: Row) -> str:
    return str(row.config.get("masterInstanceName"))


def _bring_along(store: Store, known: Row, to: Row) -> None:
    """A database or a user, which a replica has like its primary, as that of the instance that was promoted."""
    type_ = types()[known.type]
    config = {**known.config, "instance": str(to.config["name"])}
    path = type_.path({**known.properties, **config, "project": known.project})
    id_ = type_.recovery_id(config, known.project, "") or path
    copy = replace(known, name=type_.full_name(path), id=id_, config=config)
    store.put(copy, {("instance", to.name): "cascade"})


def _put(store: Store, row: Row, config: dict[str, Any], verb: str, without: str = "") -> None:
    links = {(link.path, link.target): link.on_delete for link in store.links(row.name) if link.path != without}
    store.advance(SECONDS[verb])
    store.put(replace(row, config=config), links)
    store.record(verb, row.type, row.name, "")
