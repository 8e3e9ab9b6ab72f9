"""Stores that are off until they are wanted: Bigtable and Firestore."""

from __future__ import annotations

from typing import Annotated

from pydantic import StringConstraints, model_validator

from .identity import AccountId
from .section import ResourceName, Section, Zone, setting, zone_region

BIGTABLE = "https://cloud.google.com/bigtable/docs"
FIRESTORE = "https://firebase.google.com/docs/firestore"
Family = Annotated[str, StringConstraints(pattern=r"^[a-zA-Z0-9_.-]{1,64}$")]
InstanceId = Annotated[str, StringConstraints(pattern=r"^[a-z][a-z0-9-]{4,22}[a-z0-9]$")]
"""An instance's name: 6 characters or more, and short enough for a zone after it to be a cluster's."""
DatabaseId = Annotated[str, StringConstraints(pattern=r"^[a-z][a-z0-9-]{2,56}[a-z0-9]$")]


class Table(Section):
    """A table of Bigtable."""

    families: tuple[Family, ...] = setting(("latest", "window"), "§2.2 real-time analytics", min_length=1)
    """The column families."""
    backup_days: int = setting(7, f"{BIGTABLE}/backups#automated", unit="days", ge=3, le=90)
    """How long each day's backup is kept."""


class Bigtable(Section):
    """Real-time analytics in Bigtable."""

    enabled: bool = setting(False, "§2.2: future")
    """Whether it is there."""
    instance: InstanceId = setting("alphintra-realtime", "§2.2")
    """The instance's name, before the generation."""
    zones: tuple[Zone, ...] = setting(("us-central1-a", "us-central1-c"), "§10.2", min_length=1, max_length=8)
    """The zones of the primary region that have a cluster; each is a copy of the others."""
    min_nodes: int = setting(1, f"{BIGTABLE}/autoscaling", unit="nodes", ge=1, le=100)
    """How few nodes a cluster shrinks to."""
    max_nodes: int = setting(5, f"{BIGTABLE}/autoscaling", unit="nodes", ge=1, le=100)
    """How many nodes a cluster grows to."""
    cpu_target_percent: int = setting(60, f"{BIGTABLE}/autoscaling", unit="%", ge=10, le=80)
    """The load that nodes are added above."""
    tables: dict[ResourceName, Table] = setting({"market-metrics": Table()}, "§2.2")
    """The tables."""
    users: tuple[AccountId, ...] = setting(("market-data-ingest", "strategy-service"), "§9.2")
    """The workloads, of `identities.workloads`, that read and write."""

    @model_validator(mode="after")
    def _sizes(self) -> Bigtable:
        if not self.min_nodes <= self.max_nodes <= 10 * self.min_nodes:
            raise ValueError(
                f"max_nodes is {self.max_nodes} and min_nodes {self.min_nodes}; Google takes from the minimum to ten times it"
            )
        if len(set(self.zones)) < len(self.zones) or len({zone_region(zone) for zone in self.zones}) > 1:
            raise ValueError(f"zones is {', '.join(self.zones)}; they are different zones of one region")
        return self


class Firestore(Section):
    """Real-time notifications and presence in Firestore."""

    enabled: bool = setting(False, "§2.2: optional")
    """Whether it is there."""
    database: DatabaseId = setting("alphintra-realtime", "§2.2")
    """The database's id, before the generation: a deleted one stays taken for five minutes."""
    point_in_time_recovery: bool = setting(True, f"{FIRESTORE}/pitr")
    """Whether every minute of the last seven days can be read."""
    backup_days: int = setting(98, f"{FIRESTORE}/backups", unit="days", ge=1, le=98)
    """How long each day's backup is kept."""
    users: tuple[AccountId, ...] = setting(("notification-service",), "§2.2, §9.2")
    """The workloads, of `identities.workloads`, that read and write."""
