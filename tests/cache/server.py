"""Redis 7 of the tests' own: unprivileged processes on free ports of 127.0.0.1, gone with the tests."""

from __future__ import annotations

import shutil
import signal
import subprocess
import tempfile
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any, cast

from redis import Redis, RedisError
from redis.backoff import NoBackoff
from redis.cluster import ClusterNode, RedisCluster
from redis.crc import key_slot
from redis.retry import Retry

from database.cache.store import Node
from tests.database.server import free_port, own, unprivileged

CONFIGURATION = """
bind 127.0.0.1
port {port}
dir {folder}
daemonize no
appendonly yes
appendfsync everysec
save ""
repl-diskless-sync-delay 0
repl-ping-replica-period 1
{more}
"""
CLUSTER = """
cluster-enabled yes
cluster-config-file nodes.conf
cluster-node-timeout 1000
cluster-require-full-coverage no
cluster-replica-validity-factor 0
maxmemory 200mb
maxmemory-policy allkeys-lru
"""
SHARDS = 3


def until(condition: Callable[[], Any], what: str, seconds: float = 30) -> None:
    """Waits until something holds."""
    deadline = time.monotonic() + seconds
    while True:
        try:
            if condition():
                return
        except RedisError:
            pass
        if time.monotonic() > deadline:
            raise TimeoutError(what)
        time.sleep(0.05)


class Process:
    """One Redis."""

    def __init__(self, more: str = "") -> None:
        self.port = cluster_port() if "cluster-enabled" in more else free_port()
        self.folder = Path(tempfile.mkdtemp(prefix="alphintra-redis-"))
        own(self.folder)
        (self.folder / "redis.conf").write_text(CONFIGURATION.format(port=self.port, folder=self.folder, more=more))
        self._process: subprocess.Popen[bytes] | None = None
        self.start()

    def start(self) -> None:
        """Starts it, with what it has on disk."""
        with (self.folder / "log").open("ab") as log:
            self._process = subprocess.Popen(
                [*unprivileged(), "/usr/bin/redis-server", self.folder / "redis.conf"], stdout=log, stderr=log, cwd=self.folder
            )
        until(lambda: self.ask("PING"), f"Redis did not start: {(self.folder / 'log').read_text()[-2000:]}")

    @property
    def running(self) -> bool:
        """Whether its process is there."""
        return self._process is not None and self._process.poll() is None

    def signal(self, number: signal.Signals) -> None:
        """Sends its process a signal."""
        assert self._process
        self._process.send_signal(number)

    def kill(self) -> None:
        """Ends it as a broken machine would."""
        self.signal(signal.SIGKILL)
        assert self._process
        self._process.wait(timeout=10)

    def client(self) -> Redis:
        """A client of this process alone."""
        return Redis(host="127.0.0.1", port=self.port, decode_responses=True, socket_timeout=2, retry=Retry(NoBackoff(), 0))

    def ask(self, *command: str | float) -> Any:
        """What it answers."""
        return cast("Node", self.client()).execute_command(*command)

    def info(self, name: str) -> Any:
        """A value of INFO."""
        return self.ask("INFO")[name]

    def remove(self) -> None:
        """Ends it and removes what it wrote."""
        if self.running:
            self.signal(signal.SIGCONT)
            self.kill()
        shutil.rmtree(self.folder, ignore_errors=True)


def cluster_port() -> int:
    """A free port whose bus port, ten thousand above it, exists too."""
    while (port := free_port()) > 55535:
        pass
    return port


class Pair:
    """A primary and its replica, as the store of sessions is."""

    def __init__(self) -> None:
        more = "maxmemory 100mb\nmaxmemory-policy noeviction"
        self.primary, self.replica = Process(more), Process(more)
        self.follow()

    def follow(self) -> None:
        """The replica follows the primary, and has what it has."""
        self.replica.ask("REPLICAOF", "127.0.0.1", self.primary.port)
        until(lambda: self.replica.info("master_link_status") == "up", "the replica does not follow")
        until(lambda: self.primary.info("connected_slaves") == 1, "the primary has no replica")

    def fail_over(self) -> None:
        """The primary is killed, the replica takes its place, and what was the primary follows it."""
        self.primary.kill()
        self.replica.ask("REPLICAOF", "NO", "ONE")
        self.primary, self.replica = self.replica, self.primary

    def heal(self) -> None:
        self.replica.start()
        self.follow()

    def remove(self) -> None:
        self.primary.remove()
        self.replica.remove()


class Cluster:
    """Three primaries with a replica each."""

    def __init__(self) -> None:
        self.processes = [Process(CLUSTER) for _ in range(2 * SHARDS)]
        addresses = [f"127.0.0.1:{process.port}" for process in self.processes]
        subprocess.run(
            ["/usr/bin/redis-cli", "--cluster", "create", *addresses, "--cluster-replicas", "1", "--cluster-yes"],
            check=True, capture_output=True, timeout=60,
        )  # fmt: skip
        self.settle()

    def settle(self) -> None:
        """Waits until every shard has a primary and a replica that follows."""
        until(lambda: all(self._settled(process) for process in self.processes), "the cluster does not settle", 60)

    def _settled(self, process: Process) -> bool:
        if "cluster_state:ok" not in str(process.ask("CLUSTER", "INFO")):
            return False
        if process.info("role") == "master":
            return process.info("connected_slaves") == 1
        return process.info("master_link_status") == "up"

    def primaries(self) -> Sequence[Process]:
        """The processes that take writes."""
        return [process for process in self.processes if process.running and process.info("role") == "master"]

    def of(self, key: str) -> tuple[Process, Process]:
        """The primary that has a key, and its replica."""
        ports = {process.port: process for process in self.processes}
        node = self.client().nodes_manager.get_node_from_slot(key_slot(key.encode()))
        primary = ports[node.port]
        return primary, ports[int(primary.info("slave0")["port"])]

    def client(self) -> RedisCluster:
        nodes = [ClusterNode("127.0.0.1", process.port) for process in self.processes]
        return RedisCluster(startup_nodes=nodes, decode_responses=True, socket_timeout=2)

    def remove(self) -> None:
        for process in self.processes:
            process.remove()
