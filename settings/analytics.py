"""Analytics: datasets in BigQuery, what flows into them, and the way from there to the main database."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field, StringConstraints, model_validator

from .identity import GroupName
from .section import ResourceName, Section, setting

DOCS = "https://cloud.google.com/bigquery/docs"
LOGGING = "https://cloud.google.com/logging/docs"

DatasetId = Annotated[str, StringConstraints(pattern=r"^[a-z][a-z0-9_]{0,99}$")]
"""A part of a dataset's id: letters, digits and underscores; BigQuery takes no hyphens."""

LogId = Annotated[str, StringConstraints(pattern=r"^[a-z0-9.-]+/[A-Za-z0-9_./-]+$")]
"""A log's id, such as cloudaudit.googleapis.com/activity."""

AUDIT_LOGS = (
    "cloudaudit.googleapis.com/activity",
    "cloudaudit.googleapis.com/data_access",
    "cloudaudit.googleapis.com/system_event",
    "cloudaudit.googleapis.com/policy",
)
SECURITY_LOGS = ("compute.googleapis.com/firewall",)


class Dataset(Section):
    """A dataset of tables."""

    purpose: Annotated[str, StringConstraints(min_length=5, max_length=200)] = Field(json_schema_extra={"source": "§15.5"})
    """What is in it; becomes the dataset's description."""
    expiration_days: int = setting(0, "§13.1", unit="days", ge=0, le=36500)
    """How old a partition or an unpartitioned table becomes before it goes; 0 for no limit."""
    time_travel_hours: int = setting(168, f"{DOCS}/time-travel", unit="hours", ge=48, le=168, multiple_of=24)
    """How far back deleted and overwritten rows can be read."""
    readers: tuple[GroupName, ...] = setting((), "§13.2: compliance reporting; §9.2")
    """Groups, of `identities.groups`, that read the tables, and may run queries in the project to do so."""


class LogSink(Section):
    """Log entries that are routed on as they arrive: into a dataset or a bucket."""

    logs: tuple[LogId, ...] = setting((*AUDIT_LOGS, *SECURITY_LOGS), "§13.2 audit trail, §7.1", min_length=1)
    """The logs, by their id."""
    dataset: DatasetId | None = setting(None, "§13.2")
    """The dataset, one of `datasets`."""
    bucket: ResourceName | None = setting(None, "§3.1 logs archive, §7.1")
    """The bucket, one of `storage.buckets`. A sink names its folders after the logs; it cannot be given another."""

    @model_validator(mode="after")
    def _one_destination(self) -> LogSink:
        if (self.dataset is None) == (self.bucket is None):
            raise ValueError(f"dataset is {self.dataset} and bucket is {self.bucket}: a sink has exactly one of the two")
        return self


class Federation(Section):
    """The connection through which BigQuery's queries read the replica. There is one where there is a replica."""

    name: ResourceName = setting("main-db-replica", f"{DOCS}/cloud-sql-federated-queries")
    """The connection's id, as EXTERNAL_QUERY names it."""
    database: ResourceName = setting("alphintra", "§4.2")
    """The database that it reads, one of `database.databases`."""
    users: tuple[GroupName, ...] = setting(("data-readers",), "§4.1: reporting, analytics; §9.2")
    """Groups, of `identities.groups`, that may query through it, and may run queries in the project to do so."""


def _default_datasets() -> dict[str, Dataset]:
    return {
        "analytics": Dataset(purpose="What is derived from the main database and market data", readers=("data-readers",)),
        "audit": Dataset(purpose="Audit and security logs of the project", expiration_days=730, readers=("data-compliance",)),
    }


class Analytics(Section):
    """BigQuery."""

    region: Literal["primary", "secondary"] = setting("secondary", "§15.5: BigQuery reads the replica, and must be in its region")
    """Where datasets and connection are."""
    prefix: DatasetId = setting("alphintra", "§7.1")
    """What dataset ids begin with."""
    datasets: dict[DatasetId, Dataset] = setting(_default_datasets(), "§15.5, §13.2")
    """The datasets, by the rest of their ids."""
    sinks: dict[ResourceName, LogSink] = setting(
        {"audit-analysis": LogSink(dataset="audit"), "audit-archive": LogSink(bucket="logs")}, "§13.2, §7.1"
    )
    """Where logs are routed to, by the sinks' names."""
    federation: Federation = Federation()
    """Queries of the replica."""

    def dataset_id(self, name: str) -> str:
        """A dataset's id in the project."""
        return f"{self.prefix}_{name}"

    def groups(self, *, connected: bool) -> tuple[str, ...]:
        """The groups that are named here; those of the connection only where there is one."""
        users = self.federation.users if connected else ()
        return tuple(sorted({*users, *(group for known in self.datasets.values() for group in known.readers)}))

    @model_validator(mode="after")
    def _sinks_reach_datasets(self) -> Analytics:
        for name, sink in self.sinks.items():
            if sink.dataset is not None and sink.dataset not in self.datasets:
                known = ", ".join(self.datasets) or "there are none"
                raise ValueError(f"sinks.{name}.dataset is {sink.dataset}, which is none of datasets: {known}")
        return self
