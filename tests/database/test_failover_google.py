"""The automatic failover as it asks Google and PostgreSQL: against a stand-in of the APIs, and a real primary with a replica."""

from __future__ import annotations

import json
import os
import shutil
import signal
import socket
import ssl
import subprocess
import tempfile
import threading
import time
from collections.abc import Callable, Generator
from contextlib import suppress
from dataclasses import replace
from pathlib import Path
from typing import Any

import psycopg
import pytest

from database.failover import __main__ as program
from database.failover import signals
from database.failover.cloud import Refused, Unreachable
from database.failover.config import Config
from database.failover.decision import Round
from database.failover.google import Api, Bucket, GoogleCloud
from database.failover.record import Overtaken, Record
from database.failover.watch import Watcher
from tests.installed import POSTGRES as INSTALLED
from tests.installed import need
from tools.programs import POSTGRES

from .failover_google import ADDRESSES, NEW, OLD, PROJECT, RECORD, TOKEN, Google
from .server import free_port, own, run, unprivileged


def token() -> str:
    return TOKEN


@pytest.fixture
def google() -> Generator[Google]:
    made = Google()
    yield made
    made.close()


@pytest.fixture
def cloud(google: Google) -> GoogleCloud:
    return GoogleCloud(Api(token), PROJECT, "alphintra", str(RECORD["name"]), google.endpoints)


@pytest.fixture
def bucket(google: Google) -> Bucket:
    return Bucket(Api(token), "watch", google.endpoints)


# -- instances, and the name


def test_an_instance_is_looked_at(google: Google, cloud: GoogleCloud) -> None:
    old, new = cloud.look(OLD), cloud.look(NEW)
    assert (old.state, old.replica, old.busy, old.address, old.version) == ("RUNNABLE", False, False, "10.20.0.3", 41)
    assert (new.replica, new.address) == (True, "10.20.0.7")
    google.instances[OLD]["settings"]["activationPolicy"] = "NEVER"
    assert cloud.look(OLD).state == "STOPPED"
    with pytest.raises(Refused, match="404 The Cloud SQL instance does not exist"):
        cloud.look("nobody")
    google.silent[OLD] = 503
    with pytest.raises(Unreachable, match="503 The service is currently unavailable"):
        cloud.look(OLD)


def test_an_instance_is_stopped_and_started_once_at_a_time_and_by_who_knows_its_settings(
    google: Google, cloud: GoogleCloud
) -> None:
    cloud.stop(OLD, 41)
    assert cloud.look(OLD).busy
    with pytest.raises(Unreachable, match="409"):
        cloud.start(OLD, 42)
    assert not cloud.look(OLD).busy
    with pytest.raises(Unreachable, match="412"):
        cloud.start(OLD, 41)
    cloud.start(OLD, 42)
    assert google.changes == [f"UPDATE {OLD} NEVER", f"UPDATE {OLD} ALWAYS"]


def test_a_replica_is_promoted_once(google: Google, cloud: GoogleCloud) -> None:
    cloud.promote(NEW)
    assert not cloud.look(NEW).replica
    while cloud.look(NEW).busy:
        continue
    with pytest.raises(Refused, match="400 The instance is not a read replica"):
        cloud.promote(NEW)
    assert google.changes == [f"PROMOTE_REPLICA {NEW} ALWAYS"]


def test_the_name_leads_elsewhere_and_keeps_what_else_it_has(google: Google, cloud: GoogleCloud) -> None:
    assert cloud.leads_to() == ADDRESSES[OLD]
    cloud.lead_to(ADDRESSES[NEW])
    assert cloud.leads_to() == google.leads_to[0] == ADDRESSES[NEW]


def test_who_may_not_is_told_so_and_who_gets_no_answer_may_try_again(google: Google) -> None:
    nobody = GoogleCloud(Api(lambda: "nobodys"), PROJECT, "alphintra", str(RECORD["name"]), google.endpoints)
    with pytest.raises(Refused, match="401"):
        nobody.look(OLD)
    google.close()
    with pytest.raises(Unreachable, match="refused"):
        GoogleCloud(Api(token), PROJECT, "alphintra", str(RECORD["name"]), google.endpoints).look(OLD)


# -- the record, and the switch


def test_the_record_is_written_by_who_has_seen_it(bucket: Bucket) -> None:
    assert bucket.load() is None
    first = bucket.save(Record(holder="a", beat=1), 0)
    with pytest.raises(Overtaken):
        bucket.save(Record(holder="b", beat=1), 0)
    second = bucket.save(Record(holder="a", beat=2), first)
    with pytest.raises(Overtaken):
        bucket.save(Record(holder="b", beat=2), first)
    assert bucket.load() == (Record(holder="a", beat=2), second)


def test_the_switch_stays_as_it_was_set(google: Google, bucket: Bucket) -> None:
    assert bucket.frozen() is None
    bucket.freeze("first")
    bucket.freeze("second")
    assert bucket.frozen() == "first"
    google.objects["frozen.json"] = (b"{}", 1)
    assert bucket.frozen() == "nobody says why", "whatever somebody put there, it is frozen"


def test_what_cannot_be_read_is_not_what_is_not_there(google: Google, bucket: Bucket) -> None:
    google.silent["frozen.json"] = 403
    google.silent["record.json"] = 503
    for asked in (bucket.frozen, bucket.load, lambda: bucket.freeze("x"), lambda: bucket.save(Record(holder="a", beat=0), 0)):
        with pytest.raises(Unreachable):
            asked()


# -- what Google says


NOW = 1_800_000_000.0


@pytest.mark.parametrize(
    ("old", "new", "expected"),
    [
        ((60, 1), (60, 1), "alive"),
        ((300, 1), (60, 1), "alive"),
        ((301, 1), (60, 1), "down"),
        ((60, 0), (60, 1), "down"),
        (None, (60, 1), "down"),
        ((301, 1), (301, 1), "unknown"),
        (None, None, "unknown"),
        ((60, 1), None, "unknown"),
    ],
)
def test_a_measurement_counts_where_the_replica_is_measured_too(
    google: Google, old: tuple[float, int] | None, new: tuple[float, int] | None, expected: str
) -> None:
    google.measured = {name: (NOW - seen[0], seen[1]) for name, seen in ((OLD, old), (NEW, new)) if seen}
    assert signals.metric(Api(token), PROJECT, OLD, NEW, NOW, google.endpoints).sign == expected


def test_monitoring_that_does_not_answer_says_nothing(google: Google) -> None:
    google.silent["timeSeries"] = 500
    assert signals.metric(Api(token), PROJECT, OLD, NEW, NOW, google.endpoints).sign == "unknown"


@pytest.mark.parametrize(
    ("state", "policy", "silent", "expected"),
    [
        ("RUNNABLE", "ALWAYS", {}, "alive"),
        ("MAINTENANCE", "ALWAYS", {}, "alive"),
        ("FAILED", "ALWAYS", {}, "down"),
        ("UNKNOWN_STATE", "ALWAYS", {}, "down"),
        ("RUNNABLE", "NEVER", {}, "meant"),
        ("RUNNABLE", "ALWAYS", {OLD: 503}, "down"),
        ("RUNNABLE", "ALWAYS", {"instances": 503}, "unknown"),
        ("RUNNABLE", "ALWAYS", {OLD: 403}, "unknown"),
    ],
)
def test_an_instances_state(
    google: Google, cloud: GoogleCloud, state: str, policy: str, silent: dict[str, int], expected: str
) -> None:
    google.instances[OLD]["state"] = state
    google.instances[OLD]["settings"]["activationPolicy"] = policy
    google.silent = silent
    assert signals.instance(cloud.look, OLD, NEW).sign == expected


# -- the control plane of the primary region


@pytest.fixture(scope="module")
def certificate(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Path]:
    folder = tmp_path_factory.mktemp("edge")
    key, file = folder / "key.pem", folder / "crt.pem"
    made = ["-subj", "/CN=edge", "-addext", "subjectAltName=DNS:gke-1.us-central1.gke.goog", "-days", "2"]
    run(
        [
            "openssl",
            "req",
            "-x509",
            "-newkey",
            "ec",
            "-pkeyopt",
            "ec_paramgen_curve:P-256",
            "-nodes",
            "-keyout",
            key,
            "-out",
            file,
            *made,
        ]
    )
    return key, file


@pytest.fixture
def edge(certificate: tuple[Path, Path]) -> Generator[Callable[[bytes | None], signals.Edge]]:
    """Google's edge, which answers so for a control plane, or not at all."""
    listening: list[socket.socket] = []

    def serve(answer: bytes | None) -> signals.Edge:
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(certificate[1], certificate[0])
        listener = socket.create_server(("127.0.0.1", 0))
        listening.append(listener)

        def once() -> None:
            with suppress(OSError), listener.accept()[0] as plain, context.wrap_socket(plain, server_side=True) as client:
                asked = client.recv(65536)
                assert f"Bearer {TOKEN}".encode() in asked
                if answer:
                    client.sendall(answer)

        threading.Thread(target=once, daemon=True).start()
        trusted = ssl.create_default_context(cafile=str(certificate[1]))
        port = listener.getsockname()[1]
        return signals.Edge(name="gke-1.us-central1.gke.goog", address="127.0.0.1", port=port, context=trusted)

    yield serve
    for listener in listening:
        listener.close()


@pytest.mark.parametrize(
    ("status", "expected"),
    [("200 OK", "alive"), ("401 No", "unknown"), ("403 No", "unknown"), ("502 Bad", "down"), (None, "down")],
)
def test_a_region_is_as_its_control_plane(
    edge: Callable[[bytes | None], signals.Edge], status: str | None, expected: str
) -> None:
    answer = f"HTTP/1.1 {status}\r\nContent-Length: 2\r\n\r\nok".encode() if status else None
    assert signals.region(edge(answer), token).sign == expected


def test_an_edge_that_is_not_reached_says_nothing_of_the_region(edge: Callable[[bytes | None], signals.Edge]) -> None:
    nowhere = replace(edge(None), port=free_port())
    assert signals.region(nowhere, token).sign == "unknown"
    assert signals.region(replace(edge(None), name="other.gke.goog"), token).sign == "unknown", "another's certificate"


# -- a primary, and a replica of it


class Pair:
    """Two servers, one after the other, over TLS, with a login that has nothing but the right to sign in."""

    def __init__(self) -> None:
        self.folder = Path(tempfile.mkdtemp(prefix="alphintra-pair-"))
        own(self.folder)
        self.ports = {"primary": free_port(), "replica": free_port()}
        self.running: dict[str, subprocess.Popen[bytes]] = {}
        certificate = ["-subj", "/CN=p:i", "-days", "2", "-keyout", self.folder / "key.pem", "-out", self.folder / "crt.pem"]
        algorithm = ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes"]
        run([*unprivileged(), "openssl", "req", "-x509", *algorithm, *certificate])
        data = self.folder / "primary"
        run([*unprivileged(), POSTGRES / "initdb", "-D", data, "-U", "postgres", "-A", "trust", "--no-sync"])
        access = data / "pg_hba.conf"
        access.write_text("hostssl all watcher 127.0.0.1/32 scram-sha-256\n" + access.read_text())
        with (data / "postgresql.conf").open("a") as more:
            more.write(
                f"listen_addresses = '127.0.0.1'\nunix_socket_directories = '{self.folder}'\nfsync = off\nssl = on\n"
                f"ssl_cert_file = '{self.folder}/crt.pem'\nssl_key_file = '{self.folder}/key.pem'\nwal_receiver_timeout = 3s\n"
                "wal_receiver_status_interval = 1s\n"
            )
        self.start("primary")
        with psycopg.connect(
            f"host=127.0.0.1 port={self.ports['primary']} user=postgres dbname=postgres", autocommit=True
        ) as admin:
            admin.execute(f"CREATE ROLE watcher LOGIN PASSWORD '{TOKEN}'")  # pyright: ignore[reportArgumentType,reportCallIssue]
        source = ["-h", "127.0.0.1", "-p", str(self.ports["primary"]), "-U", "postgres"]
        run(
            [*unprivileged(), POSTGRES / "pg_basebackup", *source, "-D", self.folder / "replica", "-R", "-c", "fast", "--no-sync"]
        )
        self.start("replica")

    def start(self, name: str) -> None:
        command = [*unprivileged(), str(POSTGRES / "postgres"), "-D", str(self.folder / name), "-p", str(self.ports[name])]
        self.running[name] = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        self.until(lambda: signals.query(replace(self.login(name), user="postgres"), token).says == "it answers")

    def stop(self, name: str) -> None:
        self.running[name].send_signal(signal.SIGQUIT)
        self.running[name].wait()

    def close(self) -> None:
        for name in self.running:
            self.stop(name)
        shutil.rmtree(self.folder)

    def login(self, name: str) -> signals.Login:
        ca = str(self.folder / "crt.pem")
        return signals.Login(host="127.0.0.1", port=self.ports[name], database="postgres", user="watcher", ca=ca)

    @staticmethod
    def until(what: Callable[[], bool]) -> None:
        for _ in range(200):
            if what():
                return
            time.sleep(0.1)
        raise AssertionError("never")


@pytest.fixture
def pair() -> Generator[Pair]:
    need(INSTALLED)
    made = Pair()
    yield made
    made.close()


@pytest.mark.database
def test_a_real_primary_and_its_replica_say_what_is_so(pair: Pair) -> None:
    primary, replica = pair.login("primary"), pair.login("replica")

    def stream() -> tuple[signals.Reading, float | None]:
        return signals.replication(replica, token, time.time)

    assert signals.query(primary, token).says == "it answers"
    pair.until(lambda: stream()[0].sign == "alive")
    pair.until(lambda: abs((stream()[1] or 0) - time.time()) < 2)  # it has everything, though nobody wrote

    wrong = signals.query(primary, lambda: "of-somebody-else")
    assert (wrong.sign, "password authentication failed" in wrong.says) == ("alive", True), "who refuses us is there"
    assert signals.replication(primary, token, time.time)[0].says == "it is no replica"

    with psycopg.connect(f"host=127.0.0.1 port={pair.ports['primary']} user=postgres dbname=postgres", autocommit=True) as admin:
        admin.execute("CREATE TABLE written (at int)")
    pair.until(lambda: bool(replica.ask("SELECT pg_last_xact_replay_timestamp() IS NOT NULL", TOKEN)[0]))
    pair.stop("primary")
    assert signals.query(primary, token).sign == "down"
    pair.until(lambda: stream()[0].sign == "down")
    had = stream()[1]
    assert had is not None
    assert 0 < time.time() - had < 30, "until the last transaction that it has, and not until now"
    time.sleep(1.1)
    assert stream()[1] == had

    pair.stop("replica")
    assert stream() == (stream()[0], None)
    assert stream()[0].sign == "unknown", "who does not answer does not say that nothing comes"


# -- the whole program


def config(**other: Any) -> dict[str, Any]:
    nowhere = {"port": free_port(), "database": "postgres", "user": "watcher"}
    sides = {
        "old": {"instance": OLD, "host": "127.0.0.1", "ca": "old"},
        "new": {"instance": NEW, "host": "127.0.0.1", "ca": "new"},
    }
    return {
        "project": PROJECT, **sides, **nowhere, "zone": "alphintra", "name": RECORD["name"], "bucket": "watch",
        "edge_name": "gke-1.us-central1.gke.goog", "edge_address": "127.0.0.1", "rehearsal": False, "quorum": 4,
        "hold_seconds": 600, "interval_seconds": 0.05, "lease_seconds": 60, "fence_seconds": 300, "slow_seconds": 1800,
        "rpo_seconds": 900, "command": "make failover", **other,
    }  # fmt: skip


def test_over_googles_apis_a_loss_is_failed_over_from_once(
    tmp_path: Path, google: Google, cloud: GoogleCloud, bucket: Bucket, capsys: pytest.CaptureFixture[str]
) -> None:
    """The region is lost, but the control plane still stops the instance. Time is staged, the rest is as it runs."""
    now, lost = NOW, False

    def read() -> Round:
        google.measured = {NEW: (now, 1), OLD: (NOW if lost else now, 1)}
        sign = "down" if lost else "alive"
        known = signals.Reading(sign, "staged")
        asked: dict[str, signals.Signal] = {
            "query": lambda: (known, None),
            "replication": lambda: (known, None if lost else now),
            "metric": lambda: (signals.metric(Api(token), PROJECT, OLD, NEW, now, google.endpoints), None),
            "instance": lambda: (signals.instance(cloud.look, OLD, NEW), None),
            "region": lambda: (known, None),
        }
        return signals.read(asked, lambda: now)

    file = tmp_path / "watch.json"
    file.write_text(json.dumps(config(interval_seconds=30)))
    task, log = Config.read(file).task, program.Log()
    watchers = [Watcher(name, task, read=read, cloud=cloud, store=bucket, pager=log, clock=lambda: now) for name in ("a", "b")]
    for tick in range(120):
        lost = tick > 4
        for one in watchers:
            one.tick()
        now += 30
    assert google.changes == [f"UPDATE {OLD} NEVER", f"PROMOTE_REPLICA {NEW} ALWAYS", "address"]
    assert google.leads_to == [ADDRESSES[NEW]]
    assert "took over" in (bucket.frozen() or "")
    told = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    assert [(line["failover"], line["severity"]) for line in told] == [("acting", "WARNING"), ("acted", "CRITICAL")]


def started(folder: Path, google: Google, monkeypatch: pytest.MonkeyPatch, *options: str, **other: Any) -> int:
    file = folder / "watch.json"
    file.write_text(json.dumps(config(**other)))
    monkeypatch.setattr("sys.argv", ["watch", "--config", str(file), *options])
    return program.main(google.endpoints, token)


def test_it_looks_until_it_is_stopped(
    tmp_path: Path, google: Google, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    before = {number: signal.getsignal(number) for number in (signal.SIGTERM, signal.SIGINT)}
    threading.Timer(1.5, lambda: os.kill(os.getpid(), signal.SIGTERM)).start()
    try:
        assert started(tmp_path, google, monkeypatch, "--beat", str(tmp_path / "beat")) == 0
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
    lines = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    assert len(lines) > 1
    assert {(line["failover"], line["message"]) for line in lines} == {("looked", "doubt")}
    assert google.changes == []
    assert time.time() - (tmp_path / "beat").stat().st_mtime < 60
    record = Record.from_json(json.loads(google.objects["record.json"][0]))
    assert record.run is None


def test_somebody_can_look_with_it_and_nothing_is_written(
    tmp_path: Path, google: Google, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    assert started(tmp_path, google, monkeypatch, "--look") == 0
    out = capsys.readouterr().out
    assert "query        down" in out
    assert "instance     alive    RUNNABLE" in out
    assert out.endswith("the replica has everything until unknown\ntogether: doubt\n")
    assert google.objects == {}


@pytest.mark.parametrize("text", ["{}", "no json", '{"old": 1}', None])
def test_a_file_that_says_something_else_is_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], text: str | None
) -> None:
    file = tmp_path / "watch.json"
    if text is not None:
        file.write_text(text)
    monkeypatch.setattr("sys.argv", ["watch", "--config", str(file)])
    assert program.main() == 1
    assert str(file) in capsys.readouterr().err
