"""The cache warmer as the stack runs it: the image's own files, its command, its variables and its mounted files; only addresses differ.

It reads through a real PgBouncer and a time-series database that the site's own operation and the migrations' have given their logins.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
from collections.abc import Generator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest

from components.cache_connection import Endpoint, contents
from components.own_program import IS_ALIVE, SECRETS, STATE
from database.cache.keys import ActiveUsers, Market, Marketplace, Portfolio
from database.cache.store import Store
from database.cache.warmer.jobs import JOBS
from settings.timeseries import PASSWORDS as SERIES_PASSWORDS
from tests.database.pooler import pooler
from tests.database.rows import World
from tests.database.server import PASSWORD, Server, ask, run
from tests.database.timescale import TIMESERIES, TimeSeriesServer
from tests.environments import resources
from tests.installed import POSTGRES, REDIS, need
from tests.tools.test_own_images import copied

from .server import Cluster

NOW = datetime(2026, 6, 15, 12, 0, 30, tzinfo=UTC)
DEPLOYMENT = "cache-warmer-us-central1-deployment"


def container() -> dict[str, Any]:
    return resources("prod")[DEPLOYMENT].inputs["spec"]["template"]["spec"]["containers"][0]


def variables(folder: Path, addresses: dict[str, str]) -> dict[str, str]:
    """The container's, with its folders below one of the test's own, and other hosts and databases."""
    known = {entry["name"]: entry["value"] for entry in container()["env"]}
    for name, address in addresses.items():
        head, _, tail = known[name].partition("@")
        known[name] = f"{head}@{address}?{tail.partition('?')[2]}"
    return {name: value.replace(SECRETS, f"{folder}/secrets").replace(STATE, f"{folder}/state") for name, value in known.items()}


def roles_of_the_site(series: TimeSeriesServer, database: str) -> None:
    """What `settle` does first, and `enrol.sql` last."""
    where = f"host=127.0.0.1 port={series.port} user=postgres dbname=postgres sslmode=disable"
    secrets = {f"{name.upper().replace('-', '_')}_PASSWORD": PASSWORD for name in SERIES_PASSWORDS}
    run(
        ["psql", "-XqAt", "--set=ON_ERROR_STOP=1", "-f", TIMESERIES / "operations" / "roles.sql", where],
        env={**os.environ, **secrets, "DATABASE": database},
    )
    with series.connect(database, "migrations") as migrations:
        ask(migrations, "SELECT ops.enrol('cache-warmer', 'cache_warmer')")


@pytest.fixture(scope="module")
def databases(tmp_path_factory: pytest.TempPathFactory) -> Generator[tuple[Server, str, TimeSeriesServer, str]]:
    need({*POSTGRES, *REDIS})
    main, series = Server(), TimeSeriesServer(real=False)
    try:
        main.start()
        series.start()
        database, name = main.create(), series.empty()
        series.make(name, series.changes(tmp_path_factory.mktemp("changes")))
        roles_of_the_site(series, name)
        with main.connect(database) as admin:
            admin.execute(f"CREATE ROLE \"cache-warmer\" LOGIN PASSWORD '{PASSWORD}'".encode())
        with main.connect(database, "migrations") as migrations:
            ask(migrations, "SELECT ops.enrol('cache-warmer', 'cache-warmer')")
        yield main, database, series, name
    finally:
        main.stop()
        series.stop()


@pytest.mark.database
def test_it_fills_the_cache_as_the_stack_runs_it(
    databases: tuple[Server, str, TimeSeriesServer, str], cluster: Cluster, tmp_path: Path
) -> None:
    main, database, series, name = databases
    user = uuid4()
    with main.connect(database) as connection:
        world = World(connection)
        world.insert("users", id=user)
        world.insert("positions", user_id=user)
        world.insert("marketplace_strategies", category="Trend Following", status="APPROVED", published_at=NOW)
    with series.connect(name) as connection:
        ask(
            connection,
            "INSERT INTO tick_data (time, symbol, exchange, price, size, trade_id) VALUES (now(), 'S', 'kraken', 1, 2, 't')",
        )
        ask(connection, "INSERT INTO portfolio_snapshots VALUES (now(), %s, 'LIVE', 7, 0, 7, 1, 2, 0, 0)", user)
    for process in cluster.primaries():
        process.ask("FLUSHALL")  # the rounds of this minute may be taken, by the workers of another test
    store = Store.cluster(cluster.client())
    active = ActiveUsers()
    store.run(active, "ZADD", str(active), int(time.time()), str(user))

    image = copied("jobs", tmp_path / "image")
    (secrets := tmp_path / "secrets").mkdir()
    (tmp_path / "state").mkdir()
    for file in ("main-db", "timeseries"):
        (secrets / file).write_text(PASSWORD)
    (secrets / "cache").write_text(json.dumps(connection_of(cluster)))
    command = [sys.executable if part == "python" else part for part in container()["command"]]
    with pooler(main, database) as pool:
        addresses = {
            "MAIN_DATABASE_URL": f"127.0.0.1:{pool.port}/{database}",
            "TIMESERIES_DATABASE_URL": f"127.0.0.1:{series.port}/{name}",
        }
        env = {"PATH": os.environ["PATH"], "PYTHONDONTWRITEBYTECODE": "1", **variables(tmp_path, addresses)}
        while datetime.now(UTC).second > 40:
            time.sleep(1)  # the first round has to end within its minute, and begins up to six seconds late
        said = subprocess.run(
            [*command, "--once"], cwd=image / "app", env=env, capture_output=True, text=True, check=False, timeout=50
        )
        assert said.returncode == 0, said.stdout + said.stderr
        rounds = {one["job"]: (one["outcome"], one["written"]) for one in map(json.loads, said.stdout.splitlines())}
        assert rounds == {
            "market_data": ("done", 6), "portfolio_data": ("done", 1), "strategy_metrics": ("done", 0), "marketplace_data": ("done", 1),
        }  # fmt: skip
        assert PASSWORD not in said.stdout + said.stderr
        for key in (Market("S", "kraken", "1h"), Portfolio(user, "LIVE"), Marketplace("trend-following")):
            assert store.run(key, "EXISTS", str(key)) == 1, key
        _lives_until_it_is_told_to_stop(command, image / "app", env, tmp_path)


def _lives_until_it_is_told_to_stop(command: list[str], where: Path, env: dict[str, str], folder: Path) -> None:
    """What the probes ask is so while it runs, and it ends within its grace period."""
    probe = [part.replace(STATE, f"{folder}/state") for part in IS_ALIVE]
    running = subprocess.Popen(command, cwd=where, env=env, stdout=subprocess.PIPE, text=True)
    try:
        assert running.stdout
        assert len([running.stdout.readline() for _ in JOBS]) == len(JOBS)
        assert subprocess.run(probe, check=False).returncode == 0
    finally:
        running.terminate()
    assert running.wait(timeout=30) == 0


def connection_of(cluster: Cluster) -> dict[str, object]:
    """The secret's document, of a cluster without TLS."""
    listens = Endpoint(address="127.0.0.1", port=cluster.primaries()[0].port, certificates=[])
    return contents({"primary": "127.0.0.1"}, {"primary": listens}, None)
