"""Section 13.1 with the clock moved ahead: exactly what it says is gone, exactly what it says is kept."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import psycopg
import pytest

from .rows import World, sealed
from .server import Connection, ask, column

pytestmark = pytest.mark.database

TODAY = datetime.now(UTC)
NOW = TODAY.replace(day=min(TODAY.day, 28), hour=12, minute=0, second=0, microsecond=0)
"""About now: what the clean-up itself writes into the audit log is of the real clock."""
FIRST_RUN, SECOND_RUN = NOW, NOW + timedelta(days=365)


def years(moment: datetime, count: int) -> datetime:
    return moment.replace(year=moment.year - count)


MOMENTS: dict[str, list[tuple[datetime, bool, bool]]] = {
    # when a row was written; is it there after the first run, and after the second, a year later
    "notifications": [
        (NOW - timedelta(days=90, seconds=1), False, False),
        (NOW - timedelta(days=90), True, False),
        (NOW - timedelta(days=400), False, False),
        (NOW, True, False),
        (SECOND_RUN - timedelta(days=89), True, True),
    ],
    "audit_logs": [
        (years(NOW, 2) - timedelta(seconds=1), False, False),
        (years(NOW, 2), True, False),
        (years(NOW, 5), False, False),
        (NOW - timedelta(days=364), True, True),
        (NOW, True, True),
    ],
    "trades": [(years(NOW, 8), True, True), (NOW, True, True)],
}
JOBS = [
    # status, age at the first run, there after it, there after the second
    ("COMPLETED", timedelta(days=366), False, False),
    ("FAILED", timedelta(days=366), False, False),
    ("CANCELLED", timedelta(days=366), False, False),
    ("RUNNING", timedelta(days=3660), True, True),
    ("PENDING", timedelta(days=3660), True, True),
    ("COMPLETED", timedelta(days=364), True, False),
]


def there(connection: Connection, table: str) -> set[Any]:
    return set(column(connection, f"SELECT id FROM {table}"))


def at(connection: Connection, table: str, moment: datetime) -> None:
    ask(connection, "SELECT ops.ensure_partition(%s, %s)", table, moment)


def cleanup(connection: Connection, moment: datetime) -> dict[str, int]:
    return {row["what"]: row["affected"] for row in ask(connection, "SELECT * FROM cleanup_old_data(%s)", moment)}


def test_what_13_1_says_is_gone_and_the_rest_is_kept(admin: Connection) -> None:
    world = World(admin)
    kept: list[tuple[str, Any, bool, bool]] = []
    for table, moments in MOMENTS.items():
        for moment, first, second in moments:
            at(admin, table, moment)
            when = {"executed_at" if table == "trades" else "created_at": moment}
            kept.append((table, world.insert(table, **when)["id"], first, second))
    for status, age, first, second in JOBS:
        over = {"completed_at": NOW} if status in ("COMPLETED", "FAILED") else {}
        kept.append(
            ("training_jobs", world.insert("training_jobs", status=status, created_at=NOW - age, **over)["id"], first, second)
        )
    audits = {id_ for table, id_, _, _ in kept if table == "audit_logs"}
    for run, moment in enumerate((FIRST_RUN, SECOND_RUN)):
        cleanup(admin, moment)
        for table, id_, *expected in kept:
            assert (id_ in there(admin, table)) == expected[run], (table, id_, run)
        archived = there(admin, "audit_logs_archive")
        assert there(admin, "audit_logs") & archived == set()
        assert audits <= there(admin, "audit_logs") | archived, "nothing is lost between the log and its archive"
        assert cleanup(admin, moment) == dict.fromkeys(cleanup(admin, moment), 0), "a second run finds nothing"


def test_an_archived_row_is_the_row(admin: Connection) -> None:
    moment = years(NOW, 3)
    at(admin, "audit_logs", moment)
    row = World(admin).insert("audit_logs", created_at=moment, ip_address="192.0.2.1", correlation_id="c", new_values={"a": 1})
    cleanup(admin, NOW)
    (archived,) = ask(admin, "SELECT * FROM audit_logs_archive WHERE id = %s", row["id"])
    del archived["archived_at"]
    assert archived == row


def test_the_archive_keeps_seven_years(admin: Connection) -> None:
    written = datetime(2023, 1, 1, tzinfo=UTC)  # in the quarter that ends on 2023-04-01
    at(admin, "audit_logs", written)
    row = World(admin).insert("audit_logs", created_at=written)["id"]
    cleanup(admin, datetime(2030, 3, 31, 23, 59, tzinfo=UTC))
    assert row in there(admin, "audit_logs_archive")
    cleanup(admin, datetime(2030, 4, 1, tzinfo=UTC))
    assert row not in there(admin, "audit_logs_archive")


def test_partitions_behind_are_dropped_and_no_others(admin: Connection) -> None:
    for moment in (datetime(2030, 1, 1, tzinfo=UTC), datetime(2030, 2, 1, tzinfo=UTC), datetime(2030, 3, 1, tzinfo=UTC)):
        at(admin, "notifications", moment)
        at(admin, "trades", moment)
    done = cleanup(admin, datetime(2030, 5, 2, tzinfo=UTC))  # 90 days after 2030-02-01
    names = column(admin, "SELECT partition FROM ops.partitions('notifications')")
    assert "notifications_y2030m01" not in names
    assert {"notifications_y2030m02", "notifications_y2030m03"} <= set(names)
    assert done["notification partitions dropped"] >= 1
    assert "trades_y2030m01" in column(admin, "SELECT partition FROM ops.partitions('trades')")


def test_kyc_records_and_their_keys_go_seven_years_after_the_end(admin: Connection) -> None:
    world = World(admin)
    ended = {"long ago": years(NOW, 7) - timedelta(days=1), "not long enough": years(NOW, 7) + timedelta(days=1), "not": None}
    users = {
        label: world.insert("users", closed_at=moment, created_at="2001-01-01", **sealed("ssn"))["id"]
        for label, moment in ended.items()
    }
    for user in users.values():
        world.insert("kyc_records", user_id=user, created_at="2001-01-01")
        world.insert("data_keys", user_id=user, purpose="COMPLIANCE")
    done = cleanup(admin, NOW)
    assert (done["KYC records deleted"], done["compliance keys destroyed"]) == (1, 1)
    left = set(column(admin, "SELECT user_id FROM kyc_records"))
    assert {label for label, user in users.items() if user in left} == {"not long enough", "not"}
    keyless = set(column(admin, "SELECT user_id FROM data_keys WHERE wrapped_key IS NULL"))
    assert {label for label, user in users.items() if user in keyless} == {"long ago"}
    assert column(admin, "SELECT id FROM users WHERE ssn_encrypted IS NULL AND closed_at IS NOT NULL") == [users["long ago"]]


def test_a_row_cannot_leave_the_log_another_way(admin: Connection) -> None:
    row = World(admin).insert("audit_logs")
    for statement, said in (
        ("DELETE FROM audit_logs WHERE id = %s", "leaves only once its copy is in audit_logs_archive"),
        ("UPDATE audit_logs SET action = 'x' WHERE id = %s", "stays as it was written"),
    ):
        with pytest.raises(psycopg.errors.IntegrityError, match=said), admin.transaction():
            ask(admin, statement, row["id"])
    archived = World(admin).insert("audit_logs_archive")["id"]
    for statement in ("DELETE FROM audit_logs_archive WHERE id = %s", "UPDATE audit_logs_archive SET action = 'x' WHERE id = %s"):
        with pytest.raises(psycopg.errors.IntegrityError, match="until its seven years are over"), admin.transaction():
            ask(admin, statement, archived)


def test_a_partition_that_is_not_archived_yet_is_not_dropped(admin: Connection) -> None:
    at(admin, "audit_logs", years(NOW, 4))
    World(admin).insert("audit_logs", created_at=years(NOW, 4))
    at(admin, "audit_logs", years(NOW, 5))
    dropped = column(admin, "SELECT ops.drop_partitions_behind('audit_logs', %s)", NOW)
    assert dropped == column(admin, "SELECT ops.partition_name('audit_logs', 'quarter', %s)", years(NOW, 5))
