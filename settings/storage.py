"""Objects: buckets in Cloud Storage."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field, StringConstraints, model_validator

from .section import ResourceName, Section, setting

DOCS = "https://cloud.google.com/storage/docs"
StorageClass = Literal["STANDARD", "NEARLINE", "COLDLINE", "ARCHIVE"]
COOLNESS: dict[str, int] = {"STANDARD": 0, "NEARLINE": 1, "COLDLINE": 2, "ARCHIVE": 3}
"""The classes from warm to cold: dearer to keep first, dearer to read last."""
LONGEST_BUCKET_NAME = 63

Origin = Annotated[
    str, StringConstraints(pattern=r"^(https://[a-z0-9-]+(\.[a-z0-9-]+)+(:\d{1,5})?|http://localhost(:\d{1,5})?)$")
]
"""Where a web page comes from: `https://app.example.com`, or `http://localhost:3000` where it is written."""
Header = Annotated[str, StringConstraints(pattern=r"^[a-z0-9-]+$")]
"""A header's name, in lower case."""

Folder = Annotated[str, StringConstraints(pattern=r"^[a-z0-9][a-z0-9/-]*/$")]
"""The beginning of objects' names; ends with a slash."""


class LifecycleRule(Section):
    """What happens to objects for which every condition holds."""

    action: Literal["delete", "move"] = Field(json_schema_extra={"source": "§7.2"})
    """delete: a live version becomes a noncurrent one where the bucket is versioned, a noncurrent one goes. move: to
    another class."""
    to: StorageClass | None = setting(None, "§7.2")
    """The class to move to."""
    age_days: int | None = setting(None, "§7.2", unit="days since the version was written", ge=1, le=36500)
    """How old a version must be."""
    newer_versions: int | None = setting(None, "§7.2", unit="versions", ge=1, le=1000)
    """How many newer versions there must be."""
    state: Literal["LIVE", "ARCHIVED", "ANY"] = setting("ANY", f"{DOCS}/lifecycle#conditions")
    """LIVE: current versions only; ARCHIVED: noncurrent ones only."""
    classes: tuple[StorageClass, ...] = setting((), f"{DOCS}/lifecycle#conditions")
    """The classes that the object must be in; any where nothing is said."""

    @model_validator(mode="after")
    def _whole(self) -> LifecycleRule:
        if (self.action == "move") != (self.to is not None):
            raise ValueError(f"to is {self.to}, but action {self.action} " + ("needs a class" if self.to is None else "has none"))
        if self.age_days is None and self.newer_versions is None:
            raise ValueError("age_days and newer_versions are both missing: the rule would hold for every object at once")
        return self


class Access(Section):
    """What a workload or a group may do with a folder of a bucket."""

    workload: str | None = setting(None, "§9.2")
    """The workload, one of `identities.workloads`."""
    group: str | None = setting(None, "§9.2")
    """Or the group, one of `identities.groups`."""
    role: Literal["read", "write", "create"] = Field(json_schema_extra={"source": "§9.2"})
    """read: list objects and look at them. write: also create, replace and delete them, as far as retention allows. create: that
    alone, so that who writes backups can neither read, replace nor delete them."""
    folder: Folder = Field(json_schema_extra={"source": "§7.1"})
    """The folder, one of the bucket's `folders`."""

    @property
    def member(self) -> str:
        """The name of the workload or group."""
        return self.workload or self.group or ""

    @model_validator(mode="after")
    def _somebody(self) -> Access:
        if bool(self.workload) == bool(self.group):
            raise ValueError("workload and group: say one of them, and only one")
        return self


class CrossOrigin(Section):
    """Which web pages a browser lets talk to a bucket; each request still needs a signed URL."""

    origins: tuple[Origin, ...] = Field(min_length=1, json_schema_extra={"source": f"§7.2, {DOCS}/cross-origin"})
    """The pages, by scheme and host: never `*`."""
    methods: tuple[Literal["GET", "HEAD", "PUT", "POST"], ...] = setting(("PUT", "GET"), f"{DOCS}/cross-origin", min_length=1)
    """What they may ask for: PUT uploads, GET downloads."""
    headers: tuple[Header, ...] = setting(("content-type", "x-goog-if-generation-match"), f"{DOCS}/cross-origin")
    """The headers that they may send and read."""
    max_age_seconds: int = setting(3600, f"{DOCS}/cross-origin", unit="seconds", ge=0, le=86400)
    """How long a browser remembers the answer."""


class Bucket(Section):
    """A bucket. Access is uniform over it and never public."""

    region: Literal["primary", "secondary"] = setting("primary", "§7.2")
    """Where it is."""
    storage_class: StorageClass = setting("STANDARD", "§7.2")
    """The class of objects that name none."""
    versioning: bool = setting(False, "§7.2")
    """Whether replaced and deleted objects stay as noncurrent versions. Google refuses it together with retention."""
    retention_days: int = setting(0, "§7.2, §13.1", unit="days", ge=0, le=36500)
    """How long an object can be neither replaced nor deleted; 0 for no such policy."""
    retention_locked: bool = setting(False, f"{DOCS}/bucket-lock")
    """Whether the retention can never be shortened again, by anybody. Only ever in prod, and only once someone means it."""
    soft_delete_days: int = setting(7, f"{DOCS}/soft-delete", unit="days", ge=0, le=90)
    """How long a deleted object can be brought back: 7 to 90, or 0 for not at all."""
    folders: tuple[Folder, ...] = setting((), "§7.1")
    """The folders that producers and consumers agreed on; the stack exports them with the bucket's name."""
    lifecycle: dict[ResourceName, LifecycleRule] = setting({}, "§7.2")
    """What happens to objects as they age."""
    cross_origin: CrossOrigin | None = setting(None, f"{DOCS}/cross-origin")
    """The web pages that upload and download straight from a browser; none where nothing is said."""
    access: dict[ResourceName, Access] = setting({}, "§9.2")
    """Who may do what, by a short name of each grant."""

    @model_validator(mode="after")
    def _retention(self) -> Bucket:
        if self.retention_days and self.versioning:
            raise ValueError(
                "versioning is true, but Google refuses it on a bucket with retention_days, which keeps every object anyway"
            )
        if self.retention_locked and not self.retention_days:
            raise ValueError("retention_locked is true, but retention_days is 0: there is nothing to lock")
        if 0 < self.soft_delete_days < 7:
            raise ValueError(f"soft_delete_days is {self.soft_delete_days}; Google takes 0, or 7 to 90")
        return self

    @model_validator(mode="after")
    def _rules_do_something(self) -> Bucket:
        for name, rule in self.lifecycle.items():
            if rule.action == "delete" and rule.age_days is not None and rule.age_days < self.retention_days:
                raise ValueError(
                    f"lifecycle.{name}.age_days is {rule.age_days}, but retention_days ({self.retention_days}) "
                    "keeps objects longer"
                )
            if (rule.state == "ARCHIVED" or rule.newer_versions) and not self.versioning:
                raise ValueError(f"lifecycle.{name} is about noncurrent versions, but versioning is false: there are none")
            for source in rule.classes or (self.storage_class,):
                if rule.to and COOLNESS[rule.to] <= COOLNESS[source]:
                    does = "does nothing" if rule.to == source else "makes objects warmer, which a lifecycle cannot"
                    raise ValueError(f"lifecycle.{name} moves from {source} to {rule.to}: it {does}")
        return self

    @model_validator(mode="after")
    def _agreed_folders(self) -> Bucket:
        for name, access in self.access.items():
            if not access.folder.startswith(self.folders):
                known = ", ".join(self.folders) or "there are none"
                raise ValueError(f"access.{name}.folder is {access.folder}, which is in none of folders: {known}")
        return self


WEB = CrossOrigin(origins=("https://app.alphintra.com",))
"""The frontend, whose users upload and download by signed URLs."""


def _default_buckets() -> dict[str, Bucket]:
    return {
        "ml-models": Bucket(
            versioning=True,
            folders=("production/", "staging/", "development/"),
            lifecycle={"delete-old-versions": LifecycleRule(action="delete", age_days=1095, newer_versions=5, state="ARCHIVED")},
            access={"strategies": Access(workload="strategy-service", role="write", folder="production/")},
        ),
        "datasets": Bucket(
            storage_class="NEARLINE", versioning=True,
            folders=("market-data/", "user-datasets/", "processed/"),
            lifecycle={
                "cool-uploads": LifecycleRule(action="move", to="NEARLINE", age_days=30, classes=("STANDARD",)),
                "archive": LifecycleRule(action="move", to="COLDLINE", age_days=365, classes=("STANDARD", "NEARLINE")),
            },
            access={
                "market-data": Access(workload="strategy-service", role="read", folder="market-data/"),
                "ingest": Access(workload="market-data-ingest", role="write", folder="market-data/"),
                "user-datasets": Access(workload="strategy-service", role="write", folder="user-datasets/"),
                "processed": Access(workload="strategy-service", role="write", folder="processed/"),
            },
        ),
        "documents": Bucket(
            retention_days=2555,
            cross_origin=WEB,
            folders=("kyc-documents/", "legal/", "templates/"),
            access={
                "kyc": Access(workload="compliance-service", role="write", folder="kyc-documents/"),
                "legal": Access(workload="compliance-service", role="write", folder="legal/"),
                "templates": Access(workload="compliance-service", role="read", folder="templates/"),
                "officers-kyc": Access(group="data-compliance", role="read", folder="kyc-documents/"),
                "officers-legal": Access(group="data-compliance", role="read", folder="legal/"),
            },
        ),
        "backups": Bucket(
            region="secondary", storage_class="COLDLINE", versioning=True,
            folders=("database/", "redis/", "configurations/"),
            lifecycle={
                "expire": LifecycleRule(action="delete", age_days=2555, state="LIVE"),
                "delete-expired": LifecycleRule(action="delete", age_days=2555, state="ARCHIVED"),
            },
            access={
                "exports": Access(workload="database-backup", role="create", folder="database/postgresql/"),
                "timescaledb-exports": Access(workload="database-backup", role="create", folder="database/timescaledb/logical/"),
                "verification": Access(
                    workload="backup-verifier", role="create", folder="database/postgresql/verification/"
                ),
                "cache-verification": Access(workload="cache-verifier", role="create", folder="redis/verification/"),
                "search-verification": Access(
                    workload="search-verifier", role="create", folder="database/verification/elasticsearch/"
                ),
                # Elasticsearch deletes what it has merged.
                "search": Access(workload="elasticsearch", role="write", folder="database/elasticsearch/"),
                "restore-test": Access(workload="restore-test", role="read", folder="database/"),
            },
        ),
        # Apart from other backups: pgBackRest decides what is kept, and writes over the files that say what there is. In a colder
        # class every one of them would be paid for as if it stayed, and where versions are kept nothing would ever go.
        "timescaledb-repository": Bucket(
            region="secondary",
            folders=("database/timescaledb/repository/",),
            access={
                "members": Access(workload="timescaledb", role="write", folder="database/timescaledb/repository/"),
                "restore-test": Access(workload="restore-test", role="read", folder="database/timescaledb/repository/"),
            },
        ),
        "logs": Bucket(
            folders=("application/", "audit/", "security/", "trading/"),
            lifecycle={
                "cool": LifecycleRule(action="move", to="NEARLINE", age_days=30),
                "archive": LifecycleRule(action="move", to="COLDLINE", age_days=90, classes=("STANDARD", "NEARLINE")),
                "delete": LifecycleRule(action="delete", age_days=365),
            },
            access={"audit": Access(workload="audit-export", role="create", folder="audit/")},
        ),
        "static-assets": Bucket(folders=("public/", "cdn/")),
        # Apart from what is served: everything in the bucket behind the CDN is public, and an upload is not.
        "uploads": Bucket(
            cross_origin=WEB,
            folders=("uploads/",),
            access={"marketplace": Access(workload="marketplace-service", role="write", folder="uploads/")},
        ),
        "access-logs": Bucket(lifecycle={"delete": LifecycleRule(action="delete", age_days=365)}),
    }  # fmt: skip


class Storage(Section):
    """Cloud Storage."""

    prefix: ResourceName = setting("alphintra", "§7.1")
    """What bucket names begin with. They are unique over all of Google Cloud, so each environment has its own."""
    buckets: dict[ResourceName, Bucket] = setting(_default_buckets(), "§7")
    """The buckets, by the rest of their names."""
    access_log_bucket: ResourceName = setting("access-logs", f"{DOCS}/access-logs, CIS GCP 5")
    """The bucket, one of these, that takes the access logs of the others."""
    abort_uploads_days: int = setting(7, f"{DOCS}/lifecycle#abort-mpu", unit="days", ge=1, le=365)
    """After how long an upload that was never finished is thrown away."""

    def bucket_name(self, name: str) -> str:
        """A bucket's physical name."""
        return f"{self.prefix}-{name}"

    @model_validator(mode="after")
    def _names(self) -> Storage:
        for name in self.buckets:
            full = self.bucket_name(name)
            if len(full) > LONGEST_BUCKET_NAME:
                raise ValueError(
                    f"buckets.{name} would be called {full}, {len(full)} characters; Google takes {LONGEST_BUCKET_NAME}"
                )
            if full.startswith("goog"):
                raise ValueError(f"prefix is {self.prefix}; Google keeps names that begin with goog for itself")
        if self.access_log_bucket not in self.buckets:
            raise ValueError(
                f"access_log_bucket is {self.access_log_bucket}, which is none of buckets: {', '.join(self.buckets)}"
            )
        return self
