"""What the search cluster holds, as the bodies of its own API: pure functions of a few numbers.

Only what the free licence has: a filtered alias takes the place of document-level security, and a role on that alias the
place of field-level security, both of which are paid for.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any

Body = dict[str, Any]

INDEX = "marketplace-strategies"
"""What the indices' names begin with; a number follows (8.2)."""
INDEX_VERSION = 1
"""Counts changes of mappings or analysis that documents have to be written anew for. A higher number makes a new index, fills it
from the old one, and moves the aliases."""
VISIBLE = "marketplace-strategies"
"""The alias that is searched: approved strategies only."""
WRITTEN = "marketplace-strategies-write"
"""The alias that is written to: strategies in every state, so that one that is withdrawn leaves the search by itself."""
REPOSITORY = "backups"
SNAPSHOTS = "snapshots"
RESTORED = "search-verify-"
"""What the names of indices begin with that are brought back for a look."""
LIFECYCLE = "marketplace-strategies"
RETIRED = "retired"
"""The lifecycle of an index that another has taken the place of."""

SEARCHES = ("indices:data/read/search*", "indices:data/read/msearch*")
INGEST, QUERY, MONITOR, VERIFY = "search-ingest", "search-query", "search-monitor", "search-verify"
"""The users; their roles have the same names."""


@dataclass(frozen=True, kw_only=True)
class Numbers:
    """What differs between environments."""

    shards: int
    """Primary shards of an index."""
    replicas: int
    """Copies of each shard beside the first."""
    slow_query_ms: int
    """From when on a query is logged as slow, in milliseconds."""
    retired_days: int
    """How long an index that was replaced can be gone back to."""
    bucket: str
    """The bucket of the snapshots."""
    folder: str
    """Their folder in it, without a slash at the end."""
    schedule: str
    """When a snapshot is taken, in Elasticsearch's cron with seconds, UTC."""
    snapshot_days: int
    """How long a snapshot is kept."""
    snapshots_min: int
    """How many are kept even when they are older."""
    snapshots_max: int
    """How many are kept at most."""


@dataclass(frozen=True, kw_only=True)
class Put:
    """A thing of the cluster that a PUT makes as it should be, however often it is repeated."""

    path: str
    body: Body


@dataclass(frozen=True, kw_only=True)
class Index:
    """An index behind its aliases."""

    name: str
    """What its name begins with."""
    version: int
    aliases: Mapping[str, Body]
    retired_lifecycle: str
    """The lifecycle of what it replaces."""


@dataclass(frozen=True, kw_only=True)
class User:
    """A user of the native realm. The password is in a file of that name, where the secrets are mounted."""

    roles: Sequence[str]
    purpose: str


@dataclass(frozen=True, kw_only=True)
class Plan:
    """All of it, in the order in which it is brought about."""

    puts: Sequence[Put]
    users: Mapping[str, User]
    indices: Sequence[Index]

    def as_json(self) -> Body:
        """The plan as `apply.py` reads it."""
        return asdict(self)


def plan(numbers: Numbers) -> Plan:
    """The whole plan."""
    return Plan(
        puts=[
            Put(path=f"/_snapshot/{REPOSITORY}", body=repository(numbers)),
            Put(path=f"/_slm/policy/{SNAPSHOTS}", body=snapshot_policy(numbers)),
            Put(path=f"/_ilm/policy/{LIFECYCLE}", body=lifecycle()),
            Put(path=f"/_ilm/policy/{RETIRED}", body=retired(numbers)),
            Put(path=f"/_index_template/{INDEX}", body=index_template(numbers)),
            *(Put(path=f"/_security/role/{name}", body=body) for name, body in roles().items()),
        ],
        users=users(),
        indices=[Index(name=INDEX, version=INDEX_VERSION, aliases=aliases(), retired_lifecycle=RETIRED)],
    )


def repository(numbers: Numbers) -> Body:
    """Where snapshots go. The client `default` has no key file: the pods' own identity is used."""
    return {"type": "gcs", "settings": {"bucket": numbers.bucket, "base_path": numbers.folder, "client": "default"}}


def snapshot_policy(numbers: Numbers) -> Body:
    """When they are taken and how long they are kept; users, roles and templates are in them."""
    return {
        "schedule": numbers.schedule,
        "name": "<snapshot-{now/d}>",
        "repository": REPOSITORY,
        # Not what is restored for a look: an index that a snapshot is taken of cannot be deleted meanwhile.
        "config": {
            "indices": ["*", f"-{RESTORED}*"],
            "include_global_state": True,
            "feature_states": ["security"],
            "partial": False,
        },
        "retention": {
            "expire_after": f"{numbers.snapshot_days}d",
            "min_count": numbers.snapshots_min,
            "max_count": numbers.snapshots_max,
        },
    }


def lifecycle() -> Body:
    """An index in use is never deleted, shrunk or rolled over: its documents change for as long as a strategy is listed."""
    return {"policy": {"phases": {"hot": {"min_age": "0ms", "actions": {"set_priority": {"priority": 100}}}}}}


def retired(numbers: Numbers) -> Body:
    """One that was replaced goes some days after the aliases have left it."""
    return {"policy": {"phases": {"delete": {"min_age": f"{numbers.retired_days}d", "actions": {"delete": {}}}}}}


def index_template(numbers: Numbers) -> Body:
    """Section 8.2, mended: closed against fields that nobody declared, with those of the table that a search needs."""
    return {
        "index_patterns": [f"{INDEX}-*"],
        "priority": 500,  # above Elasticsearch's own, which are at 100 to 200
        "version": INDEX_VERSION,
        "_meta": {"description": "Strategies of the marketplace, written from marketplace_strategies"},
        "template": {
            "settings": {
                "number_of_shards": numbers.shards,
                "number_of_replicas": numbers.replicas,
                "index.lifecycle.name": LIFECYCLE,
                "index.search.slowlog.threshold.query.warn": f"{numbers.slow_query_ms}ms",
                "analysis": {
                    "analyzer": {
                        "strategy_analyzer": {
                            "type": "custom",
                            "tokenizer": "standard",
                            "filter": ["lowercase", "stop", "snowball"],
                        }
                    }
                },
            },
            "mappings": {"dynamic": "strict", "properties": properties()},
        },
    }


def properties() -> Body:
    """The fields of a document."""
    keyword: Body = {"type": "keyword"}
    text: Body = {"type": "text", "analyzer": "strategy_analyzer"}
    date: Body = {"type": "date", "format": "strict_date_optional_time"}
    # To sort and filter by; what is charged comes from the database.
    money: Body = {"type": "scaled_float", "scaling_factor": 100}
    return {
        "strategy_id": keyword,
        "developer_id": keyword,
        "title": {**text, "fields": {"keyword": {"type": "keyword", "ignore_above": 256}}},
        "short_description": {**text, "copy_to": "description"},
        "long_description": {**text, "copy_to": "description"},
        "description": text,
        "category": keyword,
        "tags": keyword,
        "price_model": keyword,
        "price": money,
        "revenue_share_percent": {"type": "float"},
        "minimum_capital": money,
        "risk_level": keyword,
        "supported_markets": keyword,
        "supported_timeframes": keyword,
        "version": keyword,
        "status": keyword,
        "downloads_count": {"type": "integer"},
        "average_rating": {"type": "float"},
        "reviews_count": {"type": "integer"},
        "performance_metrics": {
            "type": "object",
            "dynamic": "strict",
            "properties": {name: {"type": "float"} for name in ("sharpe_ratio", "max_drawdown", "total_return")},
        },
        "published_at": date,
        "created_at": date,
        "updated_at": date,
    }


def aliases() -> dict[str, Body]:
    """The names by which the index is known; nobody but the one who applies this uses its own."""
    return {VISIBLE: {"filter": {"term": {"status": "APPROVED"}}}, WRITTEN: {"is_write_index": True}}


def roles() -> dict[str, Body]:
    """Who may do what; each is about an alias, and so about what that shows. An alias's filter holds for searches only: a
    document that is asked for by its id comes unfiltered, so `read`, which has that in it, is not given.

    Elastic's pages name `manage` as what a restore takes, which is nearly everything. A role may name the action itself, as the
    server's own source does (`RestoreSnapshotAction`); that this suffices is unconfirmed until a first run. It holds for
    any name: what keeps the live index from being restored over is that Elasticsearch restores over no open index."""
    return {
        INGEST: {"cluster": [], "indices": [{"names": [WRITTEN], "privileges": ["index"]}]},
        QUERY: {"cluster": [], "indices": [{"names": [VISIBLE], "privileges": list(SEARCHES)}]},
        MONITOR: {
            "cluster": ["monitor", "monitor_snapshot", "read_slm", "read_ilm"],
            "indices": [{"names": ["*"], "privileges": ["monitor"], "allow_restricted_indices": True}],
        },
        VERIFY: {
            "cluster": ["monitor_snapshot", "cluster:admin/snapshot/restore", "cluster:monitor/health"],
            "indices": [
                {"names": [f"{RESTORED}*"], "privileges": ["read", "view_index_metadata", "delete_index"]},
                {"names": [WRITTEN], "privileges": [*SEARCHES, "view_index_metadata"]},
            ],
        },
    }


def users() -> dict[str, User]:
    """Who has which role."""
    return {
        INGEST: User(roles=[INGEST], purpose="Writes strategies of the marketplace"),
        QUERY: User(roles=[QUERY], purpose="Searches approved strategies"),
        MONITOR: User(roles=[MONITOR], purpose="Metrics"),
        VERIFY: User(roles=[VERIFY], purpose="Brings snapshots back under another name, and compares"),
    }
