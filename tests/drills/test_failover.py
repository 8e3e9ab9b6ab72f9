"""What clients see while members come and go: three members with the generated configuration, and writes throughout."""

from __future__ import annotations

import signal
import time
from collections.abc import Callable

import psycopg
import pytest

from .cluster import Cluster, Member, until
from .programs import with_pid
from .results import Result
from .writer import Writer

SWITCHOVER, FAILOVER = 5, 30
"""Seconds without writes that are allowed when a member is stopped, and when one is lost."""


def back(site: Cluster, member: Member) -> float:
    """Starts a member that is gone; how long it took to follow."""
    began = time.monotonic()
    member.start()
    until(f"{member.name} follows", lambda: member.name in site.streaming(), 120)
    return time.monotonic() - began


def leader(site: Cluster) -> Member:
    """Who leads, with both others behind him, one of which commits wait for."""

    def complete() -> Member | None:
        synchronous = [known for known in site.view() if known["role"] == "sync_standby"]
        return site.leader() if synchronous and len(site.streaming()) == 2 else None

    return until("a leader with two standbys", complete, 120)


def interrupted(site: Cluster, event: str, happens: Callable[[Member], None], mended: Callable[[Member], float]) -> Result:
    """Lets something happen to the leader while rows are written, and mends it."""
    first = leader(site)
    with Writer(site.where) as writer:
        began = time.monotonic()
        happens(first)
        writer.wait_for_more(30)
        gap = writer.longest_gap(began)
        rejoined = mended(first)
        writer.wait_for_more(30)
    return Result(event, gap, writer.lost(), rejoined).noted()


@pytest.mark.database
@pytest.mark.timeout(400)
def test_a_member_that_is_stopped_hands_over_and_one_that_is_lost_is_replaced(site: Cluster) -> None:
    planned = interrupted(site, "switchover", Member.stop, lambda gone: back(site, gone))
    assert planned.gap is not None
    assert planned.gap < SWITCHOVER
    assert planned.lost == 0
    lost = interrupted(
        site, "kill -9 of the primary's node", lambda first: first.all(signal.SIGKILL), lambda gone: back(site, gone)
    )
    assert lost.gap is not None
    assert lost.gap < FAILOVER
    assert lost.lost == 0


@pytest.mark.drill
@pytest.mark.timeout(600)
def test_a_primary_that_freezes_is_replaced_and_follows_when_it_thaws(site: Cluster) -> None:
    def thaw(first: Member) -> float:
        began = time.monotonic()
        first.all(signal.SIGCONT)
        until(f"{first.name} follows", lambda: first.name in site.streaming(), 120)
        return time.monotonic() - began

    result = interrupted(site, "freeze of the primary", lambda first: first.all(signal.SIGSTOP), thaw)
    assert result.gap is not None
    assert result.gap < FAILOVER
    assert result.lost == 0, "what the frozen one acknowledged is on the one that follows"


@pytest.mark.drill
@pytest.mark.timeout(600)
def test_postgresql_alone_is_started_again(site: Cluster) -> None:
    def crash(first: Member) -> None:
        postmaster = first.postmaster()
        assert postmaster
        with_pid(postmaster, signal.SIGKILL)

    result = interrupted(site, "kill -9 of PostgreSQL alone", crash, lambda _: 0.0)
    assert result.gap is not None
    assert result.gap < FAILOVER
    assert result.lost == 0


@pytest.mark.drill
@pytest.mark.timeout(600)
def test_a_primary_goes_on_without_the_store(site: Cluster) -> None:
    first = leader(site)
    until("the failsafe knows every member", lambda: time.sleep(12) or True)
    with Writer(site.where) as writer:
        began = time.monotonic()
        site.store.process.signal(signal.SIGSTOP)
        time.sleep(45)
        site.store.process.signal(signal.SIGCONT)
        writer.wait_for_more(30)
        gap = writer.longest_gap(began)
    result = Result("store lost for 45 s", gap, writer.lost()).noted()
    assert result.gap is not None
    assert result.gap < SWITCHOVER
    assert result.lost == 0
    assert site.leader() is first, "nobody took over"


@pytest.mark.drill
@pytest.mark.timeout(600)
def test_a_lost_primary_with_a_history_of_its_own_is_rewound(site: Cluster) -> None:
    """What it wrote and nobody saw is taken back, and it follows without being copied anew."""
    first = leader(site)
    with Writer(site.where):
        first.all(signal.SIGKILL)
        until("another leads", lambda: site.leader() not in (None, first), 60)
    rejoined = back(site, first)
    Result("rejoin by rewind", rejoined=rejoined).noted()
    log = (first.folder / "patroni.log").read_text()
    assert "pg_rewind" in log
    assert "bootstrap from leader" not in log.split("pg_rewind")[-1]


@pytest.mark.drill
@pytest.mark.timeout(400)
@pytest.mark.usefixtures("timescaledb")
def test_chunks_are_where_rows_are_after_a_switchover(site: Cluster) -> None:
    first = leader(site)
    with psycopg.connect(site.where, autocommit=True) as connection:
        connection.execute("CREATE EXTENSION IF NOT EXISTS timescaledb")
        connection.execute("CREATE TABLE ticks (at timestamptz NOT NULL, price numeric NOT NULL)")
        connection.execute("SELECT create_hypertable('ticks', 'at', chunk_time_interval => interval '1 hour')")
        connection.execute(
            "INSERT INTO ticks SELECT '2026-01-01T00:00Z'::timestamptz + n * interval '1 minute', n FROM generate_series(1, 1000) n"
        )
    first.stop()
    until("another leads", lambda: site.leader() not in (None, first), 60)
    with psycopg.connect(site.where) as connection:
        found = connection.execute(
            "SELECT (SELECT count(*) FROM ticks), "
            "(SELECT count(*) FROM timescaledb_information.chunks WHERE hypertable_name = 'ticks')"
        ).fetchone()
    assert found == (1000, 17)
