"""What an operator does to a site of Patroni past Pulumi, with kubectl: stop its members, start them, let it lead, back it up.

Which site leads stands in Patroni's own store, in annotations that nobody declares; here it is noted beside the StatefulSet."""

from __future__ import annotations

from dataclasses import replace

from ..errors import Refusal
from ..outages import lost_region
from ..store import Row, Store
from ..values import at, merge

MEMBERS = "kubernetes:apps/v1:StatefulSet"
SECONDS = {"stop": 120, "start": 120, "promote": 60, "backup": 3600}
"""How long each takes on the virtual clock. A promotion was measured on real members (tests/drills); a full backup takes hours
where there are terabytes."""


def instance(store: Store, project: str, name: str) -> Row | None:
    """The members of a site, as `kubectl get statefulset` shows them; inside a transaction, as everything here.

    Raises:
        Refusal: the region of its cluster does not answer.
    """
    of = f"projects/{project}/"
    row = next((row for row in store.all(MEMBERS) if row.name.endswith(f"/{name}") and row.project.startswith(of)), None)
    if row:
        _require_there(store, row)
    return row


def state(row: Row) -> str:
    """Whether any member is ready."""
    return "READY" if at(row.config, "spec.replicas") else "STOPPED"


def lag_seconds(store: Store, row: Row) -> float:
    """How far a site that follows an archive is behind."""
    return float(store.meta(f"replica-lag:{row.name}") or 0)


def leads(store: Store, row: Row) -> bool:
    """Whether somebody let it lead."""
    return store.meta(_of(row)) == row.name


def stop(store: Store, row: Row) -> None:
    """Stops every member; their disks stay."""
    store.set_meta(f"patroni-members:{row.name}", str(at(row.config, "spec.replicas")))
    _scale(store, row, 0, "stop")


def start(store: Store, row: Row) -> None:
    """Starts as many as there were."""
    _scale(store, row, int(store.meta(f"patroni-members:{row.name}") or 1), "start")


def promote(store: Store, row: Row) -> None:
    """Takes the site off the archive that it follows; one that leads already goes on."""
    _require_there(store, row)
    store.advance(SECONDS["promote"])
    store.set_meta(_of(row), row.name)
    store.record("promote", row.type, row.name, "")


def back_up(store: Store, row: Row) -> None:
    """Runs the full backup now."""
    _require_there(store, row)
    store.advance(SECONDS["backup"])
    store.record("backup", row.type, row.name, "")


def _scale(store: Store, row: Row, replicas: int, verb: str) -> None:
    _require_there(store, row)
    store.advance(SECONDS[verb])
    links = {(link.path, link.target): link.on_delete for link in store.links(row.name)}
    store.put(replace(row, config=merge(row.config, {"spec": {"replicas": replicas}})), links)
    store.record("patch", row.type, row.name, "")


def _of(row: Row) -> str:
    return f"patroni-leads:{row.project.partition('/locations/')[0]}"


def _require_there(store: Store, row: Row) -> None:
    region = row.project.partition("/locations/")[2].partition("/")[0]
    if lost := lost_region(store, {"region": region}):
        raise Refusal(503, f"dial tcp: i/o timeout (region {lost} is lost)", "backendError")
