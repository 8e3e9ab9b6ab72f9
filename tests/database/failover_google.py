"""A stand-in of Google's APIs for the automatic failover: Cloud SQL Admin, Cloud DNS, Cloud Storage and Cloud Monitoring, with
answers in the shape in which those are documented to come. It refuses a request without a token, an older version of an
instance's settings, a promotion of what is no replica, a second operation at once, and a generation that is not the newest."""

from __future__ import annotations

import json
import threading
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs, unquote, urlsplit

from database.failover.google import Endpoints

PROJECT, OLD, NEW = "alphintra-prod", "alphintra-main-db", "alphintra-read-replica-us-east1"
TOKEN = "of-the-workload"
RECORD: dict[str, Any] = {
    "kind": "dns#resourceRecordSet",
    "name": "main-db.alphintra.internal.",
    "type": "A",
    "ttl": 30,
    "signatureRrdatas": [],
}
ADDRESSES = {OLD: "10.20.0.3", NEW: "10.20.0.7"}


def instance(name: str, kind: str) -> dict[str, Any]:
    """https://cloud.google.com/sql/docs/postgres/admin-api/rest/v1beta4/instances#DatabaseInstance"""
    return {
        "kind": "sql#instance", "name": name, "project": PROJECT, "state": "RUNNABLE", "instanceType": kind,
        "databaseVersion": "POSTGRES_15", "connectionName": f"{PROJECT}:region:{name}",
        "settings": {"activationPolicy": "ALWAYS", "settingsVersion": "41", "tier": "db-custom-4-16384", "kind": "sql#settings"},
        "ipAddresses": [{"type": "PRIVATE", "ipAddress": ADDRESSES[name]}],
    }  # fmt: skip


Answered = tuple[Mapping[str, str], bytes]
"""Headers and content."""


class No(Exception):
    """An error of the API."""

    def __init__(self, status: int, message: str) -> None:
        super().__init__(message)
        self.status = status


@dataclass
class Google:
    """Its state, and what goes wrong there."""

    instances: dict[str, dict[str, Any]] = field(
        default_factory=lambda: {
            OLD: instance(OLD, "CLOUD_SQL_INSTANCE"),
            NEW: {**instance(NEW, "READ_REPLICA_INSTANCE"), "masterInstanceName": f"{PROJECT}:{OLD}"},
        }
    )
    operations: list[dict[str, Any]] = field(default_factory=list[dict[str, Any]])
    leads_to: list[str] = field(default_factory=lambda: [ADDRESSES[OLD]])
    objects: dict[str, tuple[bytes, int]] = field(default_factory=dict[str, tuple[bytes, int]])
    measured: dict[str, tuple[float, int]] = field(default_factory=dict[str, tuple[float, int]])
    """When each instance was measured last, and whether it was up."""
    silent: dict[str, int] = field(default_factory=dict[str, int])
    """The status with which paths are answered that contain a word."""
    looks: int = 1
    """How often an operation is looked at until it is done."""
    changes: list[str] = field(default_factory=list[str])
    _generation: int = 1_700_000_000_000_000
    server: ThreadingHTTPServer = field(init=False)

    def __post_init__(self) -> None:
        google, lock = self, threading.Lock()

        class Handler(BaseHTTPRequestHandler):
            def _answer(self) -> None:
                body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
                with lock:
                    try:
                        headers, answer = google.answer(self.command, self.path, body, self.headers.get("Authorization"))
                        status = 200
                    except No as error:
                        known = {"code": error.status, "message": str(error), "errors": [{"message": str(error)}]}
                        status, headers, answer = error.status, {}, json.dumps({"error": known}).encode()
                self.send_response(status)
                for name, value in {**headers, "Content-Length": str(len(answer))}.items():
                    self.send_header(name, value)
                self.end_headers()
                self.wfile.write(answer)

            do_GET = do_POST = do_PATCH = _answer  # noqa: N815

            def log_message(self, format: str, *args: Any) -> None:  # noqa: A002
                """Nothing."""

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        threading.Thread(target=self.server.serve_forever, args=(0.02,), daemon=True).start()

    def close(self) -> None:
        """Ends it."""
        self.server.shutdown()
        self.server.server_close()

    @property
    def endpoints(self) -> Endpoints:
        """Where it is."""
        here = f"http://127.0.0.1:{self.server.server_address[1]}"
        return Endpoints(sql=here, dns=here, storage=here, monitoring=here)

    def answer(self, method: str, url: str, body: bytes, authorization: str | None) -> Answered:
        """What it answers."""
        parts = urlsplit(url)
        path, query = unquote(parts.path), {name: values[0] for name, values in parse_qs(parts.query).items()}
        if authorization != f"Bearer {TOKEN}":
            raise No(401, "Request had invalid authentication credentials.")
        for word, status in self.silent.items():
            if word in f"{method} {path}?{unquote(parts.query)}":
                raise No(status, "The service is currently unavailable.")
        service, _, rest = path.strip("/").partition("/")
        answers = {"sql": self._sql, "dns": self._dns, "storage": self._object, "upload": self._put, "v3": self._series}
        if service not in answers:
            raise No(404, f"Not Found: {method} {url}")
        return answers[service](method, rest.split("/"), query, body)

    def _sql(self, method: str, words: list[str], query: Mapping[str, str], body: bytes) -> Answered:
        match words:
            case ["v1beta4", "projects", _, "operations"]:
                return _json(self._operations(query["instance"]))
            case ["v1beta4", "projects", _, "instances", name, *verb] if name in self.instances:
                return _json(self.instances[name] if method == "GET" else self._change(name, verb, body))
            case _:
                raise No(404, "The Cloud SQL instance does not exist.")

    def _dns(self, method: str, words: list[str], _query: Mapping[str, str], body: bytes) -> Answered:
        assert words == ["v1", "projects", PROJECT, "managedZones", "alphintra", "rrsets", RECORD["name"], "A"]
        if method == "PATCH":
            wanted = json.loads(body)
            assert wanted == {**{key: RECORD[key] for key in ("name", "type", "ttl")}, "rrdatas": wanted["rrdatas"]}
            self.leads_to = wanted["rrdatas"]
            self.changes.append("address")
        return _json({**RECORD, "rrdatas": self.leads_to})

    def _object(self, method: str, words: list[str], query: Mapping[str, str], _body: bytes) -> Answered:
        assert (method, words[:-1], query) == ("GET", ["v1", "b", "watch", "o"], {"alt": "media"})
        if words[-1] not in self.objects:
            raise No(404, f"No such object: watch/{words[-1]}")
        content, generation = self.objects[words[-1]]
        return {"x-goog-generation": str(generation)}, content

    def _operations(self, name: str) -> dict[str, Any]:
        found = [operation for operation in self.operations if operation["targetId"] == name]
        for operation in found:
            operation["left"] -= 1
            operation["status"] = "DONE" if operation["left"] < 0 else "RUNNING"
        shown = [{key: value for key, value in operation.items() if key != "left"} for operation in found]
        return {"kind": "sql#operationsList", **({"items": shown} if shown else {})}

    def _change(self, name: str, verb: list[str], body: bytes) -> dict[str, Any]:
        known = self.instances[name]
        if any(operation["targetId"] == name and operation["status"] != "DONE" for operation in self.operations):
            raise No(409, "Operation failed because another operation was already in progress.")
        settings = known["settings"]
        if verb == ["promoteReplica"]:
            if known["instanceType"] != "READ_REPLICA_INSTANCE":
                raise No(400, "The instance is not a read replica.")
            known["instanceType"] = "CLOUD_SQL_INSTANCE"
            known.pop("masterInstanceName")
            kind = "PROMOTE_REPLICA"
        else:
            wanted = json.loads(body)["settings"]
            if wanted.pop("settingsVersion") != settings["settingsVersion"]:
                raise No(412, "The settings were changed meanwhile.")
            settings |= wanted
            kind = "UPDATE"
        settings["settingsVersion"] = str(int(settings["settingsVersion"]) + 1)
        self.changes.append(f"{kind} {name} {settings['activationPolicy']}")
        operation = {"kind": "sql#operation", "name": f"op-{len(self.operations)}", "status": "PENDING", "targetId": name}
        self.operations.append({**operation, "operationType": kind, "left": self.looks})
        return operation

    def _put(self, method: str, words: list[str], query: Mapping[str, str], content: bytes) -> Answered:
        assert (method, words, query["uploadType"]) == ("POST", ["storage", "v1", "b", "watch", "o"], "media")
        name, generation = query["name"], int(query["ifGenerationMatch"])
        if generation != self.objects.get(name, (b"", 0))[1]:
            raise No(412, "At least one of the pre-conditions you specified did not hold.")
        self._generation += 1
        self.objects[name] = (content, self._generation)
        return _json({"kind": "storage#object", "bucket": "watch", "name": name, "generation": str(self._generation)})

    def _series(self, method: str, words: list[str], query: Mapping[str, str], _body: bytes) -> Answered:
        assert (method, words) == ("GET", ["projects", PROJECT, "timeSeries"])
        wanted = query["filter"]
        assert 'metric.type = "cloudsql.googleapis.com/database/up"' in wanted
        found = [
            {
                "metric": {"type": "cloudsql.googleapis.com/database/up"},
                "resource": {"type": "cloudsql_database", "labels": {"project_id": PROJECT, "database_id": f"{PROJECT}:{name}"}},
                "metricKind": "GAUGE",
                "valueType": "INT64",
                "points": [
                    {"interval": {"startTime": _stamp(at - age), "endTime": _stamp(at - age)}, "value": {"int64Value": str(up)}}
                    for age in (0, 60, 120)
                ],
            }
            for name, (at, up) in self.measured.items()
            if f'"{PROJECT}:{name}"' in wanted
        ]
        return _json({"timeSeries": found, "unit": "1"})


def _json(answer: Any) -> Answered:
    return {"Content-Type": "application/json"}, json.dumps(answer).encode()


def _stamp(seconds: float) -> str:
    return datetime.fromtimestamp(seconds, UTC).isoformat().replace("+00:00", "Z")
