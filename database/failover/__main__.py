"""Command line: `python -m database.failover --config watch.json` watches until it is stopped; --look says what is seen, once."""

from __future__ import annotations

import argparse
import json
import secrets
import signal
import socket
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Mapping
from functools import partial
from pathlib import Path
from typing import Any

from ..workload import workload_token
from . import signals
from .cloud import Cloud, Kind, Unreachable
from .config import Config, ConfigError, Server
from .decision import Round, verdict
from .google import Api, Bucket, Endpoints, GoogleCloud
from .watch import Watcher

CALM: tuple[Kind, ...] = ("acting", "fenced", "rehearsed")
"""What is told and needs nobody to get up, or is told again as soon as it does."""


class Log:
    """Lines that Cloud Logging understands, and alerts look for."""

    def tell(self, kind: Kind, text: str) -> None:
        self.write(kind, text, severity="WARNING" if kind in CALM else "CRITICAL")

    @staticmethod
    def write(kind: str, text: str, **more: Any) -> None:
        """One line."""
        sys.stdout.write(json.dumps({"severity": "INFO", "failover": kind, "message": text, **more}) + "\n")
        sys.stdout.flush()


def readers(
    config: Config, cloud: Cloud, api: Api, folder: Path, endpoints: Endpoints, token: Callable[[], str]
) -> Mapping[str, signals.Signal]:
    """The signals of this database, by their names."""

    def login(side: str, server: Server) -> signals.Login:
        ca = folder / f"{side}.pem"
        ca.write_text(server.ca)
        return signals.Login(host=server.host, port=config.port, database=config.database, user=config.user, ca=str(ca))

    old, new = login("old", config.old), login("new", config.new)
    names = (config.old.instance, config.new.instance)
    edge = signals.Edge(name=config.edge_name, address=config.edge_address)
    return {
        "query": lambda: (signals.query(old, token), None),
        "replication": partial(signals.replication, new, token, time.time),
        "metric": lambda: (signals.metric(api, config.project, *names, time.time(), endpoints), None),
        "instance": lambda: (signals.instance(cloud.look, *names), None),
        "region": lambda: (signals.region(edge, token), None),
    }


def watch(watcher: Watcher, every: float, stopped: threading.Event, beat: Path | None) -> None:
    """Looks, again and again, until it is to stop; a look that was begun is ended. That it looks is seen by a file."""
    while not stopped.is_set():
        began = time.monotonic()
        try:
            Log.write("looked", watcher.tick())
        except Unreachable as error:
            Log.write("blind", f"nothing is decided, the record cannot be reached: {error}", severity="ERROR")
        if beat:
            beat.touch()
        stopped.wait(max(0.0, every - (time.monotonic() - began)))


def main(endpoints: Endpoints | None = None, token: Callable[[], str] = workload_token) -> int:
    """Watches; 1 where it is told nothing that it understands."""
    parser = argparse.ArgumentParser(prog="python -m database.failover", description="Watches the main database.")
    parser.add_argument("--config", type=Path, required=True, help="the file that says what is watched")
    parser.add_argument("--beat", type=Path, help="a file that is touched after each look, for a probe")
    parser.add_argument("--look", action="store_true", help="say once what is seen, and do nothing")
    arguments = parser.parse_args()
    try:
        config = Config.read(arguments.config)
    except ConfigError as error:
        sys.stderr.write(f"{error}\n")
        return 1
    endpoints = endpoints or Endpoints()
    api = Api(token)
    cloud = GoogleCloud(api, config.project, config.zone, config.name, endpoints)
    with tempfile.TemporaryDirectory() as folder:
        read = partial(signals.read, readers(config, cloud, api, Path(folder), endpoints, token), time.time)
        if arguments.look:
            sys.stdout.write(seen(read(), config) + "\n")
            return 0
        stopped = threading.Event()
        for number in (signal.SIGTERM, signal.SIGINT):
            signal.signal(number, lambda _number, _frame: stopped.set())
        name = f"{socket.gethostname()}-{secrets.token_hex(4)}"
        store = Bucket(api, config.bucket, endpoints)
        watcher = Watcher(name, config.task, read=read, cloud=cloud, store=store, pager=Log(), clock=time.time)
        watch(watcher, config.interval_seconds, stopped, arguments.beat)
    return 0


def seen(round_: Round, config: Config) -> str:
    """What a round says, for people."""
    lines = [f"{name:<12} {reading.sign:<8} {reading.says}" for name, reading in round_.readings.items()]
    had = "unknown" if round_.had_until is None else f"{round_.at - round_.had_until:.0f} s ago"
    return "\n".join([*lines, f"the replica has everything until {had}", f"together: {verdict(round_, config.task.rules)}"])


if __name__ == "__main__":
    sys.exit(main())
