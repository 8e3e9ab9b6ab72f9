"""The main database's tables are recorded, drawn and described as a real server has them."""

from __future__ import annotations

import pytest

from tools.data_model.model import RECORDED
from tools.data_model.read import read

from .model import text
from .section_4 import TABLES
from .server import Connection, ask

pytestmark = pytest.mark.database


def test_what_is_recorded_is_what_a_server_has(admin: Connection) -> None:
    assert text(read(admin)) == RECORDED.read_text(), "run `make data-model` and `make docs`"


def test_what_is_read_follows_the_server(admin: Connection) -> None:
    before = read(admin)
    assert {table.name for table in before.tables} >= set(TABLES)
    ask(admin, "CREATE TABLE hinges (id bigint PRIMARY KEY, door bigint, UNIQUE (door, id))")
    ask(admin, "CREATE TABLE doors (b bigint, a bigint, at timestamptz NOT NULL, PRIMARY KEY (a, at)) PARTITION BY RANGE (at)")
    ask(admin, "CREATE TABLE doors_2026 PARTITION OF doors FOR VALUES FROM ('2026-01-01') TO ('2027-01-01')")
    ask(admin, "ALTER TABLE doors ADD FOREIGN KEY (a, b) REFERENCES hinges (door, id)")
    ask(admin, "ALTER TABLE hinges ENABLE ROW LEVEL SECURITY")
    ask(admin, "ALTER TABLE doors DROP COLUMN b, ADD COLUMN c text, ADD COLUMN d varchar(3) REFERENCES brokers (id)")
    ask(admin, "COMMENT ON COLUMN doors.c IS 'what for'")
    after = read(admin)
    doors, hinges = after.table("doors"), after.table("hinges")
    assert [(known.name, known.type, known.nullable, known.comment) for known in doors.columns] == [
        ("a", "bigint", False, None),
        ("at", "timestamp with time zone", False, None),
        ("c", "text", True, "what for"),
        ("d", "character varying(3)", True, None),
    ]
    assert (doors.key, doors.partitioned, doors.row_security) == (["a", "at"], "RANGE (at)", False)
    assert [(known.columns, known.table, known.to) for known in doors.references] == [(["d"], "brokers", ["id"])]
    assert (hinges.unique, hinges.row_security) == ([["door", "id"]], True)
    assert {table.name for table in after.tables} - {table.name for table in before.tables} == {"doors", "hinges"}
