"""Writing strategies: the newest change of a row wins, in whatever order changes come, and nothing undeclared gets in."""

from __future__ import annotations

import itertools
import json
import re
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from database.search.definitions import WRITTEN, properties
from database.search.ingest import COLUMNS, NotIndexed, Written, bulk, document, ingest, version

from .rows import MOMENT, row
from .server import Search

DEPLOYED = Path(__file__).parents[2] / "database" / "main" / "deploy"


def later(seconds: float, **over: Any) -> dict[str, Any]:
    return row(updated_at=MOMENT + timedelta(seconds=seconds), **over)


@pytest.fixture
def search() -> Search:
    known = Search()
    known.indices["index"] = {}
    known.aliases[WRITTEN] = {"index": {"is_write_index": True}}
    return known


def send(search: Search, *rows: dict[str, Any]) -> Written:
    return ingest(list(rows), lambda path, body: search.answer("POST", path, body.decode())[1])


def test_changes_come_in_any_order_and_the_newest_stays() -> None:
    changes = [later(second, title=f"Title {second}") for second in range(4)]
    for order in itertools.permutations(changes):
        known = Search()
        known.indices["index"] = {}
        known.aliases[WRITTEN] = {"index": {"is_write_index": True}}
        for change in order:
            send(known, change)
        assert known.indices["index"]["a"][1]["title"] == "Title 3"


def test_a_change_that_comes_twice_is_stale_the_second_time(search: Search) -> None:
    assert send(search, row(), row(id="b")) == Written(indexed=2, stale=0)
    assert send(search, row(), later(1, id="b")) == Written(indexed=1, stale=1)


def test_two_changes_within_a_millisecond_are_told_apart() -> None:
    assert version(later(0.000001)) == version(row()) + 1


def test_a_moment_without_a_zone_has_no_version() -> None:
    with pytest.raises(ValueError, match="names no time zone"):
        version(row(updated_at=datetime(2026, 11, 25)))  # noqa: DTZ001 - that is the point


def test_the_versions_grow_because_the_database_takes_the_clock() -> None:
    """With now(), the start of the transaction, the later of two changes of a row could have the older moment."""
    assert "NEW.updated_at := clock_timestamp();" in (DEPLOYED / "002_foundation.sql").read_text()


def test_a_withdrawn_strategy_is_written_too_so_that_the_alias_can_hide_it(search: Search) -> None:
    send(search, row())
    send(search, later(1, status="SUSPENDED"))
    assert search.indices["index"]["a"][1]["status"] == "SUSPENDED"


def test_a_document_has_declared_fields_only() -> None:
    made = document(row(long_description="More"))
    assert made.keys() <= properties().keys()
    assert made["performance_metrics"] == {"sharpe_ratio": 1.4, "max_drawdown": 0.12}
    assert made["updated_at"] == "2026-11-25T12:30:00.123456+00:00"
    assert made["price"] == pytest.approx(49.9)
    assert made["strategy_id"] == "00000000-0000-0000-0000-000000000001"
    assert "revenue_share_percent" not in made
    json.dumps(made)


def test_the_columns_are_those_of_the_table() -> None:
    table = (DEPLOYED / "010_marketplace.sql").read_text().split("CREATE TABLE marketplace_strategies (")[1].split(");\n")[0]
    columns = set(re.findall(r"^    ([a-z_]+) [a-z]", table, re.M))
    assert {*COLUMNS, "id", "performance_metrics"} == columns


def test_what_is_not_taken_is_told_and_the_rest_is_written() -> None:
    refused = {"index": {"_id": "a", "status": 400, "error": {"reason": "mapping set to strict"}}}
    answer = {"items": [refused, {"index": {"_id": "b", "status": 201}}]}
    with pytest.raises(NotIndexed, match="1 of 2 strategies were not taken: a: mapping set to strict"):
        ingest([row(), row(id="b")], lambda path, body: answer if path and body else {})


def test_a_missing_alias_does_not_become_an_index(search: Search) -> None:
    send(search, row())
    assert [path for _, path, _ in search.requests] == [f"/{WRITTEN}/_bulk?require_alias=true"]


def test_nothing_is_sent_for_nothing() -> None:
    assert ingest([], lambda path, body: pytest.fail(f"{path} was asked {body!r}")) == Written(0, 0)
    assert bulk([]) == b""
