"""A site of the time series on this machine: the members that the stack would make, as processes, with etcd for Kubernetes.

What is generated for the clusters is what they start with. What differs is listed here: folders, ports, sizes, where the store is, where the
repository is, and TimescaleDB where it is not installed."""

from __future__ import annotations

import json
import signal
import time
import urllib.request
from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from components.timescaledb.files import site_files
from components.timescaledb.places import Places
from settings.profiles import overlay
from settings.timeseries import PASSWORDS, Members, Site, TimeSeries
from tests.database.server import free_port, own, owner
from tools.programs import POSTGRES

from .programs import Process, descendants, with_pid

MEMBERS = Members(pool="here", count=3, cpu=2, memory_gib=0.5, huge_pages_gib=0)
SMALL: dict[str, Any] = {
    "volumes": {"data_gib": 10, "log_gib": 10},
    "repository": {"archive_timeout_seconds": 10, "processes": 2},
}
PASSWORD = "drill"
WITH_TIMESCALE = Path("/usr/share/postgresql/15/extension/timescaledb.control").exists()


def settings(over: dict[str, Any] | None = None) -> TimeSeries:
    """Production's settings, at the size of this machine."""
    return TimeSeries.model_validate(overlay(SMALL, over or {}), strict=False)


def until(what: str, answered: Callable[[], Any], seconds: float = 60) -> Any:
    """Asks until the answer is yes; what it was."""
    deadline = time.monotonic() + seconds
    while True:
        try:
            if found := answered():
                return found
        except OSError:
            pass
        if time.monotonic() > deadline:
            raise TimeoutError(f"{what}: not after {seconds:.0f} s")
        time.sleep(0.1)


def ask(url: str) -> bytes:
    """What a server of this machine answers; an OSError where it does not, or says no."""
    with urllib.request.urlopen(url, timeout=2) as answer:  # noqa: S310
        return answer.read()


class Store:
    """etcd: where Patroni keeps who leads."""

    def __init__(self, folder: Path) -> None:
        self.client, peer = (f"http://127.0.0.1:{free_port()}" for _ in range(2))
        where = ["--listen-client-urls", self.client, "--advertise-client-urls", self.client, "--listen-peer-urls", peer]
        first = ["--initial-advertise-peer-urls", peer, "--initial-cluster", f"default={peer}", "--unsafe-no-fsync"]
        self.process = Process(["etcd", "--data-dir", folder / "etcd", *where, *first, "--log-level", "error"], folder, "etcd")
        until("etcd answers", lambda: ask(f"{self.client}/health"))


@dataclass(frozen=True)
class Node:
    """Where a member listens."""

    port: int
    rest: int

    @property
    def url(self) -> str:
        """Patroni's address."""
        return f"http://127.0.0.1:{self.rest}"


class Member:
    """A member: Patroni, and the PostgreSQL that it runs."""

    def __init__(self, site: Cluster, number: int) -> None:
        self.name = f"{site.site.name}-{number}"
        self.folder = site.folder / self.name
        self.node = Node(free_port(), free_port())
        self.site = site
        self.places = _places(self.folder)
        for path in (
            self.folder,
            *map(Path, (self.places.data, self.places.log, self.places.sockets, self.places.spool, self.places.home)),
        ):
            path.mkdir(parents=True, exist_ok=True)
            own(path)
        site.configure(self)
        self.process: Process | None = None

    @property
    def socket(self) -> str:
        """Where psql reaches it from inside."""
        return f"host={self.places.sockets} port={self.node.port} user=postgres dbname=postgres"

    @property
    def environment(self) -> dict[str, str]:
        """What the pod would have, and where things are here."""
        return {
            "PATRONI_NAME": self.name,
            "PATRONI_POSTGRESQL_LISTEN": f"127.0.0.1:{self.node.port}",
            "PATRONI_POSTGRESQL_CONNECT_ADDRESS": f"127.0.0.1:{self.node.port}",
            "PATRONI_RESTAPI_LISTEN": f"127.0.0.1:{self.node.rest}",
            "PATRONI_RESTAPI_CONNECT_ADDRESS": f"127.0.0.1:{self.node.rest}",
            "PATRONI_RESTAPI_USERNAME": "patroni",
            "PATRONI_ETCD3_HOSTS": self.site.store.client.removeprefix("http://"),
            "CONFIGURATION": self.places.patroni,
            "PASSWORDS": self.places.passwords,
            "PGDATA": self.places.pgdata,
            "LOG_VOLUME": self.places.log,
            "CERTIFICATES": self.places.certificates,
            "HOME": self.places.home,
            "REST": self.node.url,
            "SOCKET": self.socket,
            "PATRONI": f"{self.site.patroni}/bin/patroni",
            "PYTHONPATH": str(self.site.patroni),
        }

    def start(self) -> None:
        """Starts it as the container would."""
        self.process = Process(["sh", f"{self.places.configuration}/start.sh"], self.folder, "patroni", self.environment)

    def postmaster(self) -> int | None:
        """PostgreSQL's process."""
        file = Path(self.places.pgdata) / "postmaster.pid"
        return int(file.read_text().split("\n", 1)[0]) if file.exists() else None

    def all(self, number: signal.Signals) -> None:
        """A signal to Patroni and PostgreSQL, as when a node is lost or hangs."""
        postmaster = self.postmaster()
        if self.process and self.process.alive():
            self.process.signal(number)
        if postmaster:
            for pid in (*descendants(postmaster), postmaster):
                with_pid(pid, number)

    def stop(self) -> None:
        """Runs what runs before a pod stops, then stops it."""
        script = [self.site.python, f"{self.places.configuration}/hand_over.py"]
        before = Process(script, self.folder, "hand-over", self.environment)
        before.wait(90)
        if self.process:
            self.process.stop(60)


class Cluster:
    """The members of a site, and the store that they share."""

    def __init__(
        self,
        folder: Path,
        patroni: Path,
        python: str,
        *,
        known: TimeSeries | None = None,
        role: str = "primary",
        count: int = 3,
        repository: Path | None = None,
    ) -> None:
        self.settings = known or settings()
        self.site: Site = self.settings.sites["primary" if role == "primary" else "secondary"]
        self.follows = None if role == self.settings.leader else self.settings.sites[self.settings.leader]
        self.folder, self.patroni, self.python = folder / role, patroni, python
        self.folder.mkdir()
        own(self.folder)
        self.repository = repository or folder / "repository"
        self.repository.mkdir(exist_ok=True)
        own(self.repository)
        self.store = Store(self.folder)
        self.members = [Member(self, number) for number in range(count)]

    def configure(self, member: Member) -> None:
        """Writes what the stack generates, with what must differ here."""
        places = member.places
        files = site_files(
            self.settings, self.site, replace(MEMBERS, count=3), follows=self.follows, bucket="drill", places=places
        )
        patroni = json.loads(files["patroni.yml"])
        del patroni["kubernetes"]
        if not WITH_TIMESCALE:
            parameters = patroni["postgresql"]["parameters"]
            parameters["shared_preload_libraries"] = parameters["shared_preload_libraries"].removeprefix("timescaledb,")
            for name in [name for name in parameters if name.startswith("timescaledb.")]:
                del parameters[name]
        if owner() != "postgres":
            patroni["postgresql"]["pg_hba"][0] = "local all postgres trust"
        files["patroni.yml"] = json.dumps(patroni, indent=2)
        here = {
            "repo1-type=gcs": "repo1-type=posix",
            f"repo1-path=/{self.settings.repository_folder.rstrip('/')}": f"repo1-path={self.repository}",
        }
        lines = [here.get(line, line) for line in files["pgbackrest.conf"].splitlines() if not line.startswith("repo1-gcs-")]
        port = [f"pg1-port={member.node.port}" if line.startswith("pg1-path=") else "" for line in lines]
        files["pgbackrest.conf"] = "\n".join(part for pair in zip(lines, port, strict=True) for part in pair if part) + "\n"
        for folder, content in ((places.configuration, files), (places.passwords, dict.fromkeys(PASSWORDS, PASSWORD))):
            Path(folder).mkdir(parents=True)
            own(Path(folder))
            for name, text in content.items():
                (Path(folder) / name).write_text(text)
                own(Path(folder) / name)

    def start(self) -> None:
        """Starts all, and waits until all of them serve."""
        for member in self.members:
            member.start()
        until("a leader", self.leader, 120)
        until("standbys", lambda: len(self.streaming()) == len(self.members) - 1, 120)

    def view(self) -> list[dict[str, Any]]:
        """Who is what, as a member that answers says."""
        for member in self.members:
            try:
                return json.loads(ask(f"{member.node.url}/cluster"))["members"]
            except OSError:
                continue
        return []

    def leader(self) -> Member | None:
        """The member that Patroni says leads, and that does."""
        for member in self.members:
            try:
                ask(f"{member.node.url}/leader")
            except OSError:
                continue
            return member
        return None

    def streaming(self) -> list[str]:
        """The standbys that follow."""
        return [known["name"] for known in self.view() if known["role"] != "leader" and known["state"] in ("streaming",)]

    def named(self, name: str) -> Member:
        """A member by its name."""
        return next(member for member in self.members if member.name == name)

    @property
    def where(self) -> str:
        """Where clients find whoever takes writes: the leader's Service."""
        hosts = ",".join("127.0.0.1" for _ in self.members)
        ports = ",".join(str(member.node.port) for member in self.members)
        return f"host={hosts} port={ports} user=postgres password={PASSWORD} dbname=postgres sslmode=require target_session_attrs=read-write"

    def stop(self) -> None:
        """Ends everything."""
        for member in self.members:
            member.all(signal.SIGCONT)
            member.all(signal.SIGKILL)
        self.store.process.signal(signal.SIGCONT)
        self.store.process.kill()


def _places(folder: Path) -> Places:
    return Places(
        data=f"{folder}/data",
        log=f"{folder}/wal",
        sockets=f"{folder}/run",
        certificates=f"{folder}/tls",
        spool=f"{folder}/spool",
        locks=f"{folder}/locks",
        passwords=f"{folder}/passwords",
        configuration=f"{folder}/etc",
        home=f"{folder}/home",
        programs=str(POSTGRES),
    )
