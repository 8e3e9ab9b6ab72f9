"""Writes strategies of the marketplace into the search cluster.

A document's version is the moment of the row's last change, in microseconds, and Elasticsearch takes a document only if its
version is higher than the one it has. So changes may come twice, late, and in any order: the newest stays.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any
from uuid import UUID

from .definitions import WRITTEN, properties

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
METRICS = ("sharpe_ratio", "max_drawdown", "total_return")
COLUMNS = tuple(name for name in properties() if name not in ("description", "performance_metrics"))
"""Columns of `marketplace_strategies` that a document takes as they are."""
BULK_PATH = f"/{WRITTEN}/_bulk?require_alias=true"
"""Where documents go: `require_alias` keeps a missing alias from becoming an index of that name."""
STALE = 409
"""What Elasticsearch says of a document that is not newer than the one it has."""

Post = Callable[[str, bytes], Mapping[str, Any]]
"""Sends newline-delimited JSON to a path of the cluster and returns its answer."""


class NotIndexed(Exception):
    """Documents that the cluster did not take, with its reasons."""


@dataclass(frozen=True)
class Written:
    """What became of the rows."""

    indexed: int
    stale: int
    """Rows that the cluster had in this version, or a newer one, already."""


def version(row: Mapping[str, Any]) -> int:
    """The version of a row: `updated_at` in microseconds. The database sets it on every change, from the clock."""
    moment: datetime = row["updated_at"]
    if moment.tzinfo is None:
        raise ValueError(f"updated_at of {row['id']} is {moment}, which names no time zone; read it as timestamptz")
    return (moment - EPOCH) // timedelta(microseconds=1)


def document(row: Mapping[str, Any]) -> dict[str, Any]:
    """The document of a row; what is null in the row is left out."""
    metrics: Mapping[str, Any] = row["performance_metrics"] or {}
    known = {name: metrics[name] for name in METRICS if metrics.get(name) is not None}
    values = {**{name: row[name] for name in COLUMNS}, "performance_metrics": known or None}
    return {name: _plain(value) for name, value in values.items() if value is not None}


def bulk(rows: Iterable[Mapping[str, Any]]) -> bytes:
    """The body of one request that writes the rows."""
    lines: list[Any] = []
    for row in rows:
        lines += [{"index": {"_id": str(row["id"]), "version": version(row), "version_type": "external"}}, document(row)]
    return b"".join(json.dumps(line).encode() + b"\n" for line in lines)


def ingest(rows: Sequence[Mapping[str, Any]], post: Post) -> Written:
    """Writes rows.

    Raises:
        NotIndexed: the cluster did not take some of them; the others are written.
    """
    if not rows:
        return Written(0, 0)
    results = [item["index"] for item in post(BULK_PATH, bulk(rows))["items"]]
    failed = [item for item in results if item["status"] >= 300 and item["status"] != STALE]
    if failed:
        told = "; ".join(f"{item['_id']}: {item['error']['reason']}" for item in failed[:5])
        raise NotIndexed(f"{len(failed)} of {len(results)} strategies were not taken: {told}")
    stale = sum(item["status"] == STALE for item in results)
    return Written(indexed=len(results) - stale, stale=stale)


def _plain(value: Any) -> Any:
    """A value of the database as JSON has it. Moments become ISO 8601, in UTC: with a space between, they are refused."""
    if isinstance(value, datetime):
        return value.astimezone(UTC).isoformat()
    if isinstance(value, Decimal):
        return float(value)
    return str(value) if isinstance(value, UUID) else value
