"""Partitions of section 4.4: made ahead, dropped behind, and left out of plans that do not need them."""

from __future__ import annotations

import json
from datetime import UTC, datetime

import psycopg
import pytest

from .rows import World
from .server import Connection, ask, column

pytestmark = pytest.mark.database

MOMENT = datetime(2031, 12, 31, 23, 59, tzinfo=UTC)
"""The last minute of a month, a quarter and a year, long after everything else here."""


def partitions(connection: Connection, parent: str) -> list[str]:
    return column(connection, "SELECT partition FROM ops.partitions(%s)", parent)


def test_they_are_made_ahead_of_the_clock(admin: Connection) -> None:
    made = set(column(admin, "SELECT maintain_partitions(%s)", MOMENT))
    months = ("2031m12", "2032m01", "2032m02", "2032m03")
    assert made == {
        *(f"trades_y{month}" for month in months),
        *(f"notifications_y{month}" for month in months),
        *(f"audit_logs_y{quarter}" for quarter in ("2031q4", "2032q1", "2032q2")),
        *(f"audit_logs_archive_y{quarter}" for quarter in ("2031q4", "2032q1")),
    }
    assert column(admin, "SELECT maintain_partitions(%s)", MOMENT) == []


def test_the_deploy_made_those_of_now(admin: Connection) -> None:
    for table in ("trades", "notifications", "audit_logs"):
        assert World(admin).insert(table)
    assert column(admin, "SELECT maintain_partitions()") == []


def test_no_row_goes_astray(admin: Connection) -> None:
    with pytest.raises(psycopg.errors.CheckViolation, match="no partition of relation"):
        World(admin).insert("trades", executed_at=MOMENT)


def test_a_session_in_another_zone_makes_the_same_partitions(admin: Connection) -> None:
    ask(admin, "SET LOCAL timezone = 'Pacific/Auckland'")
    ask(admin, "SELECT ops.ensure_partition('trades', %s)", MOMENT)
    bounds = column(admin, "SELECT pg_get_expr(relpartbound, oid) FROM pg_class WHERE relname = 'trades_y2031m12'")
    assert bounds == ["FOR VALUES FROM ('2031-12-01 13:00:00+13') TO ('2032-01-01 13:00:00+13')"]


def test_a_partition_has_all_that_its_parent_has(admin: Connection) -> None:
    ask(admin, "SELECT ops.ensure_partition('trades', %s)", MOMENT)
    counts = ask(
        admin,
        """SELECT relname, (SELECT count(*) FROM pg_index WHERE indrelid = c.oid) AS indexes,
                  (SELECT count(*) FROM pg_constraint WHERE conrelid = c.oid) AS constraints,
                  (SELECT count(*) FROM pg_trigger WHERE tgrelid = c.oid AND NOT tgisinternal) AS triggers
           FROM pg_class c WHERE relname IN ('trades', 'trades_y2031m12') ORDER BY 1""",
    )
    assert {**counts[0], "relname": ""} == {**counts[1], "relname": ""}


def test_audit_partitions_refuse_to_be_emptied(admin: Connection) -> None:
    for partition in [*partitions(admin, "audit_logs"), "audit_logs", "audit_logs_archive"]:
        with pytest.raises(psycopg.errors.IntegrityError, match="never emptied"), admin.transaction():
            ask(admin, f"TRUNCATE {partition}")


PLANS = {
    "trades": ("executed_at", "SELECT * FROM trades WHERE executed_at >= '2031-12-05' AND executed_at < '2031-12-06'"),
    "notifications": ("created_at", "SELECT * FROM notifications WHERE created_at >= '2031-12-05' AND created_at < '2031-12-06'"),
    "audit_logs": ("created_at", "SELECT * FROM audit_logs WHERE created_at >= '2031-12-05' AND created_at < '2031-12-06'"),
    "of a user": ("executed_at", "SELECT * FROM trades WHERE user_id = app.current_user_id() AND symbol = 'A' AND executed_at >= '2031-12-05' AND executed_at < '2031-12-06'"),
}  # fmt: skip


@pytest.mark.parametrize("query", PLANS)
def test_a_plan_reads_one_partition(admin: Connection, query: str) -> None:
    ask(admin, "SELECT maintain_partitions(%s)", MOMENT)
    plan = json.dumps(column(admin, f"EXPLAIN (FORMAT json) {PLANS[query][1]}"))
    parent = "trades" if query == "of a user" else query
    expected = f"{parent}_y2031" + ("q4" if parent == "audit_logs" else "m12")
    assert {name for name in partitions(admin, parent) if f'"{name}"' in plan} == {expected}
    without = json.dumps(column(admin, f"EXPLAIN (FORMAT json) SELECT * FROM {parent}"))
    assert len([name for name in partitions(admin, parent) if f'"{name}"' in without]) > 2


def test_pruning_works_for_a_prepared_query_too(admin: Connection) -> None:
    ask(admin, "SELECT maintain_partitions(%s)", MOMENT)
    ask(admin, "SET LOCAL plan_cache_mode = force_generic_plan")
    ask(
        admin, "PREPARE day (timestamptz) AS SELECT * FROM trades WHERE executed_at >= $1 AND executed_at < $1 + interval '1 day'"
    )
    plan = "\n".join(column(admin, "EXPLAIN (ANALYZE, COSTS off, TIMING off) EXECUTE day ('2031-12-05')"))
    assert "Subplans Removed" in plan
    assert "trades_y2031m12" in plan
    assert "trades_y2032m01" not in plan
