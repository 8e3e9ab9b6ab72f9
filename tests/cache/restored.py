"""Stores that a backup was brought back into, and a stand-in of Google's APIs that makes them: Memorystore, Cloud Storage, metadata.

A throw-away store is a Redis of the tests' own, with TLS and the workload's token for a password. What the identity may not change is
refused, as IAM refuses it."""

from __future__ import annotations

import json
import shutil
import subprocess
import tempfile
import threading
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any, cast
from urllib.parse import parse_qs, urlsplit

from redis import Redis

from tests.database.server import own, unprivileged

from .server import cluster_port, until

TOKEN = "token"
PLACE = "projects/p/locations/us-central1"
SOURCES: dict[str, dict[str, Any]] = {
    "clusters": {
        "name": f"{PLACE}/clusters/cache", "nodeType": "REDIS_STANDARD_SMALL", "shardCount": 3, "replicaCount": 1, "kmsKey": "key",
        "authorizationMode": "AUTH_MODE_IAM_AUTH", "transitEncryptionMode": "TRANSIT_ENCRYPTION_MODE_SERVER_AUTHENTICATION",
        "redisConfigs": {"maxmemory-policy": "allkeys-lru"}, "deletionProtectionEnabled": True, "persistenceConfig": {"mode": "AOF"},
        "pscConfigs": [{"network": "another"}],
    },
    "instances": {
        "name": f"{PLACE}/instances/sessions", "nodeType": "STANDARD_SMALL", "shardCount": 1, "replicaCount": 1, "mode": "CLUSTER_DISABLED",
        "authorizationMode": "IAM_AUTH", "transitEncryptionMode": "SERVER_AUTHENTICATION", "engineVersion": "VALKEY_8_0",
        "engineConfigs": {"maxmemory-policy": "noeviction"}, "deletionProtectionEnabled": True, "persistenceConfig": {"mode": "AOF"},
    },
}  # fmt: skip
CONFIGURATION = """
bind 127.0.0.1
port 0
tls-port {port}
tls-cert-file {folder}/certificate.pem
tls-key-file {folder}/key.pem
tls-ca-cert-file {folder}/certificate.pem
tls-auth-clients no
dir {folder}
save ""
requirepass {token}
{more}
"""


class Restored:
    """A Redis that is reached with TLS and the token alone; `clustered` is one that has all slots."""

    def __init__(self, *, clustered: bool) -> None:
        self.port, self.folder = cluster_port(), Path(tempfile.mkdtemp(prefix="alphintra-restored-"))
        request = ["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes", "-days", "2"]
        files = ["-subj", "/CN=a store", "-keyout", str(self.folder / "key.pem"), "-out", str(self.folder / "certificate.pem")]
        subprocess.run([*request, *files], check=True, capture_output=True)
        more = "tls-cluster yes\ncluster-enabled yes\ncluster-config-file nodes.conf" if clustered else ""
        text = CONFIGURATION.format(port=self.port, folder=self.folder, token=TOKEN, more=more)
        (self.folder / "redis.conf").write_text(text)
        for path in (self.folder, *self.folder.iterdir()):
            own(path)
        self._process = subprocess.Popen(
            [*unprivileged(), "/usr/bin/redis-server", self.folder / "redis.conf"],
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )
        until(lambda: self.ask("PING"), "the restored store did not start")
        if clustered:
            self.ask("CLUSTER", "ADDSLOTSRANGE", 0, 16383)
            until(lambda: "cluster_state:ok" in str(self.ask("CLUSTER", "INFO")), "the restored cluster does not settle")

    @property
    def certificate(self) -> str:
        """What signs its certificate: itself."""
        return (self.folder / "certificate.pem").read_text()

    def ask(self, *command: str | float) -> Any:
        """What it answers."""
        client = Redis(
            port=self.port,
            password=TOKEN,
            ssl=True,
            ssl_ca_data=self.certificate,
            ssl_check_hostname=False,
            decode_responses=True,
        )
        with client:
            return cast("Any", client).execute_command(*command)

    def remove(self) -> None:
        """Ends it, and leaves nothing of it."""
        self._process.kill()
        self._process.wait(timeout=10)
        shutil.rmtree(self.folder)


def backup(many: str, source: str, number: int, hours: float, state: str = "ACTIVE") -> dict[str, Any]:
    made = datetime.now(UTC) - timedelta(hours=hours)
    collection = f"{PLACE}/backupCollections/of-{source}"
    return {
        "name": f"{collection}/backups/{number}", "state": state, "totalSizeBytes": "4096", "createTime": made.strftime("%Y-%m-%dT%H:%M:%S.123456789Z"),
        many.removesuffix("s"): f"projects/42/locations/us-central1/{many}/{source}",
    }  # fmt: skip


class Google:
    """Its state, what it was asked for, and what goes wrong there."""

    def __init__(self, many: str, restored: Restored) -> None:
        self.many, self.source = many, SOURCES[many]["name"].rsplit("/", 1)[-1]
        self.stores: dict[str, Any] = {self.source: SOURCES[many]}
        self.backups = [backup(many, self.source, number, hours) for number, hours in ((1, 50), (3, 2), (2, 26))]
        self.backups.append(backup(many, self.source, 4, 1, "CREATING"))
        self.certificates = [restored.certificate]
        self.objects: dict[str, Any] = {}
        self.asked: list[tuple[str, str, Any]] = []
        self.failing: dict[str, str] = {}
        """The message with which an operation of a method ends."""
        self.looks = 2
        """How often an operation is looked at until it is done."""
        self.page = 2
        """How many there are on a page of a list."""
        self.waiting = threading.Event()
        self._restored, self._operations = restored, dict[str, dict[str, Any]]()
        google = self

        class Handler(BaseHTTPRequestHandler):
            def _answer(self) -> None:
                body = json.loads(self.rfile.read(int(self.headers.get("Content-Length") or 0)) or "null")
                status, answer = google.answer(self.command, self.path, body, self.headers.get("Authorization"))
                text = json.dumps(answer).encode()
                self.send_response(status)
                self.send_header("Content-Length", str(len(text)))
                self.end_headers()
                self.wfile.write(text)

            do_GET = do_POST = do_DELETE = _answer  # noqa: N815

            def log_message(self, format: str, *args: Any) -> None:  # noqa: A002
                """Nothing."""

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self.server.server_port}"
        threading.Thread(target=self.server.serve_forever, args=(0.01,), daemon=True).start()

    def answer(self, method: str, path: str, body: Any, token: str | None) -> tuple[int, Any]:
        """What is answered: a status and a document."""
        parts = urlsplit(path)
        query = {name: values[0] for name, values in parse_qs(parts.query).items()}
        if parts.path.startswith("/computeMetadata/"):
            return 200, {"access_token": TOKEN}
        if token != f"Bearer {TOKEN}":
            return 401, {}
        self.asked.append((method, parts.path, body))
        if parts.path.startswith("/upload/storage/v1/b/"):
            self.objects[f"{parts.path.split('/')[5]}/{query['name']}"] = body
            return 200, {}
        below = parts.path.removeprefix(f"/v1/{PLACE}/").split("/")
        if method != "GET":
            return self._changed(method, below, query, body)
        found = self._operation(below[1]) if below[0] == "operations" else self._got(below, query)
        return (404, {"error": {"message": f"{parts.path} was not found"}}) if found is None else (200, found)

    def _got(self, below: list[str], query: dict[str, str]) -> Any:
        if below[0] == "backupCollections":
            return self._paged("backups" if below[1:] else "backupCollections", query, self._listed(below[1:]))
        if below == [self.many]:
            return self._paged(self.many, query, list(self.stores.values()))
        if below[1] in self.stores and below[2:] == ["certificateAuthority"]:
            return {"managedServerCa": {"caCerts": [{"certificates": self.certificates}]} if self.certificates else {}}
        return self.stores.get(below[1])

    def _listed(self, rest: list[str]) -> list[Any]:
        if rest:
            return self.backups if rest[0] == f"of-{self.source}" else [backup(self.many, "another", 9, 0)]
        one = self.many.removesuffix("s")
        return [
            {"name": f"{PLACE}/backupCollections/of-{name}", one: f"projects/42/locations/us-central1/{self.many}/{name}"}
            for name in ("another", f"not-{self.source}", self.source)
        ]

    def _paged(self, field: str, query: dict[str, str], found: list[Any]) -> dict[str, Any]:
        first = int(query.get("pageToken", 0))
        more = {"nextPageToken": str(first + self.page)} if first + self.page < len(found) else {}
        return {field: found[first : first + self.page], **more}

    def _changed(self, method: str, below: list[str], query: dict[str, str], body: Any) -> tuple[int, Any]:
        one = self.many.removesuffix("s")
        name = query[f"{one}Id"] if method == "POST" else below[1]
        if not name.startswith(f"{self.source}-verify-"):
            return 403, {"error": {"message": f"Permission denied on {name}"}}
        if method == "DELETE":
            if name not in self.stores:
                return 404, {"error": {"message": f"{name} was not found"}}
            if any(known["target"] == name and not known["done"] for known in self._operations.values()):
                return 400, {"error": {"message": f"{name} is being created"}}
            del self.stores[name]
            return 200, self._started(method, name)
        where = {"address": "127.0.0.1", "port": self._restored.port}
        listens: dict[str, Any] = {"discoveryEndpoints": [where]}
        if self.many == "instances":
            kinds = {"READER": "127.0.0.9", "PRIMARY": "127.0.0.1"}
            found = [
                {"connectionType": f"CONNECTION_TYPE_{kind}", "ipAddress": address, "port": where["port"]}
                for kind, address in kinds.items()
            ]
            listens = {"endpoints": [{"connections": [{"pscAutoConnection": known} for known in found]}]}
        self.stores[name] = {**body, "name": f"{PLACE}/{self.many}/{name}", **listens}
        return 200, self._started(method, name)

    def _started(self, method: str, name: str) -> dict[str, Any]:
        number = f"operation-{len(self._operations)}"
        self._operations[number] = {
            "name": f"{PLACE}/operations/{number}",
            "method": method,
            "target": name,
            "done": False,
            "looks": 0,
        }
        return {"name": f"{PLACE}/operations/{number}"}

    def _operation(self, number: str) -> dict[str, Any]:
        known = self._operations[number]
        known["looks"] += 1
        self.waiting.set()
        if known["looks"] >= self.looks:
            known["done"] = True
            if message := self.failing.get(known["method"]):
                known["error"] = {"code": 8, "message": message}
        return known
