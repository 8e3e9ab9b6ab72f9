"""The signals as they are read: each asks by its own way, and says `down` only of what it can tell from a fault of its own."""

from __future__ import annotations

import http.client
import socket
import ssl
import urllib.parse
from collections.abc import Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

import psycopg

from .cloud import Instance, Refused, Unreachable
from .decision import Reading, Round, Sign
from .google import Api, Endpoints

SECONDS = 5
"""How long a probe waits for each of its steps."""
STALE_SECONDS = 300
"""After how long a metric that is sampled every minute, and shown up to four minutes later, is old."""
RUNS = ("RUNNABLE", "MAINTENANCE")
"""States in which an instance is as it should be: maintenance ends by itself, and is announced."""
STREAM = """
SELECT EXISTS (SELECT FROM pg_stat_get_wal_receiver() WHERE pid IS NOT NULL),
       pg_last_wal_receive_lsn() = pg_last_wal_replay_lsn(),
       extract(epoch FROM pg_last_xact_replay_timestamp())::float8,
       pg_is_in_recovery()
"""
"""A receiver is shown once it is connected, and its number to everybody."""
Signal = Callable[[], tuple[Reading, float | None]]


@dataclass(frozen=True, kw_only=True)
class Login:
    """Where a database is, and as whom to sign in."""

    host: str
    port: int
    database: str
    user: str
    ca: str
    """The file of the certificates that sign the server's. The name in those is Google's own."""

    def ask(self, statement: str, password: str) -> Any:
        """The first row of the answer."""
        with psycopg.connect(
            host=self.host,
            port=self.port,
            dbname=self.database,
            user=self.user,
            password=password,
            sslmode="verify-ca",
            sslrootcert=self.ca,
            connect_timeout=SECONDS,
            tcp_user_timeout=SECONDS * 1000,
            options=f"-c statement_timeout={SECONDS * 1000}",
            autocommit=True,
        ) as connection:
            return connection.execute(statement.encode()).fetchone()


def query(login: Login, token: Callable[[], str]) -> Reading:
    """Whether the primary answers a query. One that refuses us is there."""
    try:
        password = token()
    except OSError as error:
        return Reading("unknown", f"no token: {error}")
    try:
        login.ask("SELECT 1", password)
    except psycopg.Error as error:
        said = _line(error)
        return Reading("alive", f"it answers: {said}") if "FATAL" in said or error.sqlstate else Reading("down", said)
    return Reading("alive", "it answers")


def replication(login: Login, token: Callable[[], str], now: Callable[[], float]) -> tuple[Reading, float | None]:
    """Whether the replica receives anything, and until when it has everything."""
    try:
        receives, all_applied, applied_until, follows = login.ask(STREAM, token())
    except (psycopg.Error, OSError) as error:
        return Reading("unknown", f"the replica does not say: {_line(error)}"), None
    if not follows:
        return Reading("unknown", "it is no replica"), None
    if receives:
        return Reading("alive", "it receives"), now() if all_applied else applied_until
    return Reading("down", "it receives nothing"), applied_until


def metric(api: Api, project: str, old: str, new: str, now: float, endpoints: Endpoints) -> Reading:
    """What the primary measured last. Where the replica's own measurements are missing, too, nothing can be told from it."""
    wanted = ", ".join(f'"{project}:{name}"' for name in (old, new))
    question = urllib.parse.urlencode(
        {
            "filter": 'metric.type = "cloudsql.googleapis.com/database/up" AND resource.type = "cloudsql_database" AND '
            f"resource.labels.database_id = one_of({wanted})",
            "interval.startTime": _stamp(now - 3600),
            "interval.endTime": _stamp(now),
        }
    )
    try:
        found = api.do("GET", f"{endpoints.monitoring}/v3/projects/{project}/timeSeries?{question}")
    except (Unreachable, Refused) as error:
        return Reading("unknown", str(error))
    series = {one["resource"]["labels"]["database_id"].partition(":")[2]: one["points"] for one in found.get("timeSeries", [])}
    newest = {name: max(points, key=_measured) for name, points in series.items() if points}
    if new not in newest or now - _measured(newest[new]) > STALE_SECONDS:
        return Reading("unknown", "nothing is measured of the replica either")
    if old not in newest:
        return Reading("down", "nothing was measured for an hour")
    age, up = now - _measured(newest[old]), int(newest[old]["value"]["int64Value"])
    says = f"{up}, {age:.0f} s ago"
    return Reading("alive" if up and age <= STALE_SECONDS else "down", says)


def instance(look: Callable[[str], Instance], old: str, new: str) -> Reading:
    """What the Admin API calls the primary. It says nothing of what it does not reach; that it works shows the replica."""
    try:
        known = look(old).state
    except Refused as error:
        return Reading("unknown", str(error))
    except Unreachable as error:
        try:
            look(new)
        except (Unreachable, Refused):
            return Reading("unknown", str(error))
        return Reading("down", f"nothing is said of it, and of the replica there is: {error}")
    sign: Sign = "meant" if known == "STOPPED" else "alive" if known in RUNS else "down"
    return Reading(sign, known)


@dataclass(frozen=True, kw_only=True)
class Edge:
    """A control plane's own name, and Google's edge by which our network reaches it."""

    name: str
    address: str
    port: int = 443
    context: ssl.SSLContext | None = None
    """For the tests' own certificate."""


def region(edge: Edge, token: Callable[[], str]) -> Reading:
    """Whether a control plane in the primary region answers. The edge is everywhere: where that cannot be reached the fault is
    here; where it answers for a server that it does not reach, it is there. Only the server itself says 200."""
    connection = http.client.HTTPSConnection(edge.name, edge.port, timeout=SECONDS)
    try:
        plain = socket.create_connection((edge.address, edge.port), timeout=SECONDS)
        context = edge.context or ssl.create_default_context()
        connection.sock = context.wrap_socket(plain, server_hostname=edge.name)
        headers = {"Authorization": f"Bearer {token()}"}
    except OSError as error:
        return Reading("unknown", f"Google's edge does not answer: {error}")
    try:
        connection.request("GET", "/livez", headers=headers)
        status = connection.getresponse().status
    except (OSError, http.client.HTTPException) as error:
        return Reading("down", f"its control plane does not answer: {error}")
    finally:
        connection.close()
    if status == 200:
        return Reading("alive", "its control plane is well")
    return Reading("down" if status >= 500 else "unknown", f"{status} from its control plane")


def read(signals: Mapping[str, Signal], now: Callable[[], float]) -> Round:
    """All of them, at once. One that breaks knows nothing, and takes no other with it."""
    with ThreadPoolExecutor(len(signals)) as pool:
        asked = {name: pool.submit(signal) for name, signal in signals.items()}
    readings: dict[str, Reading] = {}
    had_until: float | None = None
    for name, future in asked.items():
        error = future.exception()
        if error is not None:
            readings[name] = Reading("unknown", f"{type(error).__name__}: {error}")
            continue
        readings[name], until = future.result()
        had_until = until if until is not None else had_until
    return Round(now(), readings, had_until)


def _line(error: Exception) -> str:
    return " ".join(str(error).split())[:300]


def _measured(point: Mapping[str, Any]) -> float:
    return datetime.fromisoformat(point["interval"]["endTime"].replace("Z", "+00:00")).timestamp()


def _stamp(seconds: float) -> str:
    return datetime.fromtimestamp(seconds, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
