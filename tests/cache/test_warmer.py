"""The cache warmer, between real databases and a real cluster."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Generator
from contextlib import AbstractContextManager, contextmanager
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any, NamedTuple
from uuid import UUID, uuid4

import psycopg
import pytest

from database.cache.connect import WorkloadIdentity, connect
from database.cache.contract import Key
from database.cache.keys import ActiveUsers, Lock, Market, Marketplace, Portfolio, StrategyMetrics
from database.cache.store import Store
from database.cache.warmer.jobs import JOBS, Job, Size, Sources, Write
from database.cache.warmer.pressure import Pressure
from database.cache.warmer.runner import Round, Worker
from database.cache.warmer.schedule import SCHEDULE, Schedule
from tests.database.rows import World
from tests.database.server import Server
from tests.database.timescale import TimeSeriesServer
from tests.installed import POSTGRES, REDIS, need
from tools.recorder import ROOT

from .server import Cluster

NOON = datetime(2026, 6, 15, 12, 0, 30, tzinfo=UTC)


class Stage(NamedTuple):
    """Databases with rows, and what the warmer finds them by."""

    main: Server
    timeseries: TimeSeriesServer
    database: str
    series: str
    user: UUID
    sleeper: UUID
    instance: UUID
    cluster: Cluster

    def store(self) -> Store:
        return Store.cluster(self.cluster.client())

    @contextmanager
    def sources(self) -> Generator[Sources]:
        with (
            self.main.connect(self.database, "reporting_login", autocommit=False) as main,
            self.timeseries.connect(self.series, "reporting_login", autocommit=False) as series,
        ):
            yield Sources(main, series, self.store())


@pytest.fixture(scope="module")
def stage(cluster: Cluster, tmp_path_factory: pytest.TempPathFactory) -> Generator[Stage]:
    need({*POSTGRES, *REDIS})
    main, series = Server(), TimeSeriesServer(real=False)
    try:
        main.start()
        series.start()
        database, name = main.create(), series.empty()
        series.make(name, series.changes(tmp_path_factory.mktemp("changes")))
        with series.connect("postgres") as admin:
            admin.execute("CREATE ROLE reporting_login LOGIN IN ROLE reporting_role")
        user, sleeper, instance = uuid4(), uuid4(), uuid4()
        with main.connect(database) as connection:
            _main_rows(World(connection), user, sleeper)
        with series.connect(name) as connection:
            _series_rows(connection, user, sleeper, instance)
        yield Stage(main, series, database, name, user, sleeper, instance, cluster)
    finally:
        main.stop()
        series.stop()


def _main_rows(world: World, user: UUID, sleeper: UUID) -> None:
    for one in user, sleeper:
        world.insert("users", id=one)
        world.insert("positions", user_id=one)
    world.insert("positions", user_id=user)
    world.insert("positions", user_id=user, quantity=0)
    world.insert("orders", user_id=user)
    approved = {"status": "APPROVED", "published_at": NOON}
    for downloads in range(60):
        world.insert("marketplace_strategies", category="Trend Following", downloads_count=downloads, **approved)
    world.insert("marketplace_strategies", category="Trend Following", downloads_count=999, title="Draft")


def _series_rows(connection: Any, user: UUID, sleeper: UUID, instance: UUID) -> None:
    for i in range(300):
        connection.execute(
            "INSERT INTO tick_data (time, symbol, exchange, price, size, trade_id) VALUES (now(), %s, 'kraken', 1.000000000000000001, 2, 't')",
            [f"S{i}"],
        )
    for one in user, sleeper:
        for minutes, value in (5, 7), (1, 9):
            connection.execute(
                """INSERT INTO portfolio_snapshots VALUES
                   (now() - %s * interval '1 minute', %s, 'LIVE', %s, 0, %s, 1, 2, 0, 0)""",
                [minutes, one, value, value],
            )
    connection.execute(
        "INSERT INTO strategy_metrics (time, strategy_instance_id, trades_count, total_return, unrealized_pnl, realized_pnl) VALUES (now(), %s, 4, 0.5, 1, 2)",
        [instance],
    )


@pytest.fixture
def clean(cluster: Cluster) -> Store:
    for process in cluster.primaries():
        process.ask("FLUSHALL")
    return Store.cluster(cluster.client())


def seen(store: Store, *users: UUID) -> None:
    key = ActiveUsers()
    for user in users:
        store.run(key, "ZADD", str(key), int(time.time()), str(user))


def read(store: Store, key: Key) -> dict[str, Any]:
    return key.decode(store.run(key, "HGETALL", str(key)))


def worker(job: Job, connect: Callable[[], AbstractContextManager[Sources]], report: Callable[[Round], None] = print) -> Worker:
    return Worker(job, connect, jitter_seconds=0, report=report)


def job(name: str) -> Job:
    return next(one for one in JOBS if one.name == name)


def round_of(one: Worker, seconds: float = 60) -> Round:
    now = datetime.now(UTC)
    return one.round(now, now + timedelta(seconds=seconds))


@pytest.mark.database
def test_the_program_fills_what_section_12_2_names_and_stops_when_told(stage: Stage, clean: Store, tmp_path: Path) -> None:
    seen(clean, stage.user)
    key = ActiveUsers()
    clean.run(key, "ZADD", str(key), int(time.time()) - 901, str(stage.sleeper))
    secret = tmp_path / "connection"
    port = stage.cluster.primaries()[0].port
    secret.write_text(json.dumps({"endpoints": {"primary": {"host": "127.0.0.1", "port": port, "certificates": []}}}))
    env = {
        **os.environ,
        "MAIN_DATABASE_URL": stage.main.address(stage.database, "reporting_login"),
        "TIMESERIES_DATABASE_URL": stage.timeseries.address(stage.series, "reporting_login"),
        "CACHE_CONNECTION": str(secret),
        "ALIVE_FILE": str(tmp_path / "alive"),
    }
    command = [sys.executable, "-m", "database.cache.warmer", "--jitter-seconds", "0"]
    while datetime.now(UTC).second > 45:
        time.sleep(1)  # the first round has to end within its minute
    running = subprocess.Popen(command, cwd=ROOT, env=env, stdout=subprocess.PIPE, text=True)
    assert running.stdout
    first = [json.loads(running.stdout.readline()) for _ in JOBS]
    assert {one["job"]: (one["outcome"], one["written"]) for one in first} == {
        "market_data": ("done", 1800), "portfolio_data": ("done", 1), "strategy_metrics": ("done", 1), "marketplace_data": ("done", 1),
    }  # fmt: skip
    assert (tmp_path / "alive").exists()
    candle = read(clean, Market("S7", "kraken", "1h"))
    assert (candle["open"], candle["volume"]) == (Decimal("1.000000000000000001"), 2)
    assert read(clean, Portfolio(stage.user, "LIVE")) == {
        "total_value": 9, "unrealized_pnl": 1, "realized_pnl": 2, "positions_count": 2, "active_orders": 1,
    }  # fmt: skip
    asleep = Portfolio(stage.sleeper, "LIVE")
    assert clean.run(asleep, "EXISTS", str(asleep)) == 0, "who is not active is not warmed"
    assert read(clean, StrategyMetrics(stage.instance))["trades_count"] == 4
    market = Marketplace("trend-following")
    listings = json.loads(clean.run(market, "GET", str(market)))
    assert [one["downloads_count"] for one in listings] == list(range(59, 9, -1))
    running.terminate()
    assert running.wait(timeout=30) == 0
    again = subprocess.run([*command, "--once"], cwd=ROOT, env=env, capture_output=True, text=True, check=False, timeout=60)
    assert again.returncode == 0, again.stderr
    without = subprocess.run(command, cwd=ROOT, env={"PATH": ""}, capture_output=True, text=True, check=False, timeout=60)
    assert without.returncode == 2
    assert "MAIN_DATABASE_URL, TIMESERIES_DATABASE_URL, CACHE_CONNECTION must be in the environment" in without.stderr


@pytest.mark.database
def test_values_live_for_two_rounds_and_a_little_that_differs(stage: Stage, clean: Store) -> None:
    assert round_of(worker(job("market_data"), stage.sources)).outcome == "done"
    lives = [clean.run(key, "PTTL", str(key)) for key in (Market(f"S{i}", "kraken", "1m") for i in range(300))]
    assert min(lives) > 115_000
    assert max(lives) <= 132_000
    assert len(set(lives)) > 100


@pytest.mark.database
def test_of_several_instances_one_does_each_round(stage: Stage, clean: Store) -> None:
    now = datetime.now(UTC)
    workers = [worker(job("strategy_metrics"), stage.sources) for _ in range(4)]
    found: list[Round] = []

    def work(one: Worker) -> None:
        found.append(one.round(now, now + timedelta(minutes=1)))

    threads = [threading.Thread(target=work, args=(one,)) for one in workers]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(one.outcome for one in found) == ["done"] + ["somebody else's"] * 3
    assert workers[0].round(now, now + timedelta(minutes=1)).outcome == "somebody else's", "one that is late does not do it again"
    later = now + timedelta(minutes=15)
    assert workers[0].round(later, later + timedelta(minutes=1)).outcome == "done"
    lock = Lock(f"warm-strategy_metrics-{now:%Y%m%dT%H%M}")
    assert 0 < clean.run(lock, "PTTL", str(lock)) <= 60_000


@pytest.mark.database
def test_what_fails_is_tried_again_and_frees_the_lock(stage: Stage, clean: Store) -> None:
    seen(clean, stage.user)
    breaks = iter([psycopg.OperationalError("the primary is gone"), None])

    def broken(sources: Sources, size: Size) -> Generator[list[Write]]:
        if failure := next(breaks):
            raise failure
        yield from job("portfolio_data").batches(sources, size)

    found = round_of(worker(Job("portfolio_data", broken), stage.sources))
    assert (found.outcome, found.written, found.error) == ("done", 1, "OperationalError: the primary is gone")


@pytest.mark.database
def test_a_round_that_cannot_be_done_in_its_time_says_why(stage: Stage) -> None:
    def broken(_sources: Sources, _size: Size) -> Generator[list[Write]]:
        raise psycopg.OperationalError("the primary is gone")
        yield []

    found = round_of(worker(Job("market_data", broken), stage.sources), 0.5)
    assert (found.outcome, found.error) == ("failed", "OperationalError: the primary is gone")


@pytest.mark.database
def test_a_round_ends_before_the_next_and_says_so(stage: Stage) -> None:
    def endless(_sources: Sources, _size: Size) -> Generator[list[Write]]:
        while True:
            time.sleep(0.02)
            yield []

    found = round_of(worker(Job("market_data", endless), stage.sources), 4)
    assert found.outcome == "cut short"
    assert found.batches >= 3
    assert found.seconds < 20, "a busy machine is slow; it would go on for ever"


def test_slow_answers_make_batches_smaller_and_rests_longer() -> None:
    pressure = Pressure(size=400)
    assert [pressure.after(0.5) for _ in range(10)] == [0.5] * 10
    assert pressure.size == 10
    for _ in range(100):
        assert pressure.after(0.01) == 0.01
    assert pressure.size == 2000


DUE = [
    ("market_data", NOON, NOON.replace(minute=1, second=0), NOON.replace(second=0)),
    ("portfolio_data", NOON.replace(minute=4), NOON.replace(minute=5, second=0), NOON.replace(minute=0, second=0)),
    (
        "strategy_metrics",
        NOON.replace(hour=23, minute=50),
        datetime(2026, 6, 16, tzinfo=UTC),
        NOON.replace(hour=23, minute=45, second=0),
    ),
    ("marketplace_data", NOON, NOON.replace(hour=13, minute=0, second=0), NOON.replace(second=0)),
]


@pytest.mark.parametrize(("name", "moment", "following", "before"), DUE, ids=[row[0] for row in DUE])
def test_when_the_document_says(name: str, moment: datetime, following: datetime, before: datetime) -> None:
    assert SCHEDULE == {
        "market_data": "*/1 * * * *", "portfolio_data": "*/5 * * * *", "strategy_metrics": "*/15 * * * *", "marketplace_data": "0 */1 * * *",
    }  # fmt: skip
    schedule = job(name).schedule
    assert (schedule.next_after(moment), schedule.last_before(moment)) == (following, before)
    assert schedule.last_before(before) == before
    assert schedule.next_after(before) == following


@pytest.mark.parametrize("cron", ["* * * *", "*/0 * * * *", "60 * * * *", "1-5 * * * *", "0 24 * * *", "0 0 1 * *"])
def test_a_schedule_that_is_not_understood_is_refused(cron: str) -> None:
    with pytest.raises(ValueError, match="is not"):
        Schedule(cron).next_after(NOON)


def test_what_is_warmed_lives_for_two_of_its_rounds() -> None:
    for name, key in {
        "market_data": Market, "portfolio_data": Portfolio, "strategy_metrics": StrategyMetrics, "marketplace_data": Marketplace,
    }.items():  # fmt: skip
        schedule = job(name).schedule
        period = schedule.next_after(schedule.next_after(NOON)) - schedule.next_after(NOON)
        assert key.contract.milliseconds == 2000 * period.total_seconds()


def test_the_workload_is_its_own_password() -> None:
    tokens = iter(["one", "two"])
    identity = WorkloadIdentity(lambda: next(tokens))
    assert [identity.get_credentials() for _ in range(2)] == [("default", "one"), ("default", "two")]


@pytest.mark.database
def test_a_store_with_a_password(cluster: Cluster, tmp_path: Path) -> None:
    process = cluster.primaries()[0]
    secret = tmp_path / "connection"
    endpoint: dict[str, Any] = {"host": "127.0.0.1", "port": process.port, "certificates": []}
    secret.write_text(json.dumps({"endpoints": {"primary": endpoint}, "password": "right"}))
    process.ask("CONFIG", "SET", "requirepass", "right")
    try:
        key = ActiveUsers()
        assert connect(secret, cluster=False).run(key, "PING")
    finally:
        connect(secret, cluster=False).run(ActiveUsers(), "CONFIG", "SET", "requirepass", "")
