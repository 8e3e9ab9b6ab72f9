"""A stand-in of Google's APIs for the verification of backups: Cloud SQL Admin, Cloud Storage and the metadata server.

A restored instance is a database of the tests' own server. What the identity may not do is refused, as IAM refuses it."""

from __future__ import annotations

import json
import threading
from collections.abc import Callable
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs, urlsplit

SOURCE = "alphintra-main-db"
PREFIX = f"{SOURCE}-verify-"
INSTANCE: dict[str, Any] = {
    "name": SOURCE, "databaseVersion": "POSTGRES_15",
    "settings": {
        "tier": "db-custom-4-16384", "edition": "ENTERPRISE", "dataDiskSizeGb": "1024", "dataDiskType": "PD_SSD",
        "availabilityType": "REGIONAL", "deletionProtectionEnabled": True, "backupConfiguration": {"enabled": True},
        "databaseFlags": [{"name": "cloudsql.iam_authentication", "value": "on"}],
        "ipConfiguration": {"ipv4Enabled": False, "privateNetwork": "projects/p/global/networks/n", "allocatedIpRange": "managed"},
    },
}  # fmt: skip


class Google:
    """Its state, what it was asked for, and what goes wrong there."""

    def __init__(self, set_password: Callable[[str, str], None]) -> None:
        self.instances: dict[str, Any] = {SOURCE: INSTANCE}
        self.backups: list[dict[str, Any]] = []
        self.objects: dict[str, Any] = {}
        self.asked: list[tuple[str, str, Any]] = []
        self.failing: dict[str, str] = {}
        """The message with which an operation of a type ends."""
        self.unavailable = 0
        """How many answers are 503 first."""
        self.looks = 2
        """How often an operation is looked at until it is done."""
        self.busy = 0
        """How often a deletion is refused because something is still being done with the instance."""
        self.waiting = threading.Event()
        """Set once somebody waits for an operation."""
        self._set_password, self._operations = set_password, dict[str, dict[str, Any]]()
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

            do_GET = do_POST = do_PUT = do_DELETE = _answer  # noqa: N815

            def log_message(self, format: str, *args: Any) -> None:  # noqa: A002
                """Nothing."""

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self.server.server_port}"
        threading.Thread(target=self.server.serve_forever, daemon=True).start()

    def answer(self, method: str, path: str, body: Any, token: str | None) -> tuple[int, Any]:
        """What is answered: a status and a document."""
        parts = urlsplit(path)
        if parts.path.startswith("/computeMetadata/"):
            return 200, {"access_token": "token"}
        if token != "Bearer token":
            return 401, {}
        if self.unavailable:
            self.unavailable -= 1
            return 503, {}
        self.asked.append((method, parts.path, body))
        query = {name: values[0] for name, values in parse_qs(parts.query).items()}
        if parts.path.startswith("/upload/storage/v1/b/"):
            self.objects[f"{parts.path.split('/')[5]}/{query['name']}"] = body
            return 200, {}
        below = parts.path.removeprefix("/sql/v1beta4/projects/p/").split("/")
        if below[0] == "operations":
            return 200, self._operation(below[1])
        return self._instance(method, below[1:], query, body)

    def _instance(self, method: str, below: list[str], query: dict[str, str], body: Any) -> tuple[int, Any]:
        if not below and method == "GET":
            prefix = query["filter"].removeprefix("name:").removesuffix("*")
            return 200, {"items": [one for name, one in self.instances.items() if name.startswith(prefix)]}
        name = below[0] if below else body["name"]
        if method != "GET" and not name.startswith(PREFIX):
            return 403, {"error": {"message": f"The client is not authorized to make this request: {name}"}}
        if below and name not in self.instances:
            return 404, {"error": {"message": "The Cloud SQL instance does not exist."}}
        if method == "GET":
            runs = {"items": self.backups} if self.backups else {}
            return 200, runs if below[1:] == ["backupRuns"] else self.instances[name]
        if method == "DELETE" and self.busy:
            self.busy -= 1
            return 409, {"error": {"message": "Operation failed because another operation was already in progress."}}
        return 200, self._changed(method, below[1:], name, query, body)

    def _changed(self, method: str, what: list[str], name: str, query: dict[str, str], body: Any) -> dict[str, Any]:
        """Does it, and says which operation it is."""
        match method, what:
            case "POST", []:
                self.instances[name] = {**body, "ipAddresses": [{"type": "PRIVATE", "ipAddress": "127.0.0.1"}]}
                return self._started("CREATE", name)
            case "POST", ["restoreBackup"]:
                return self._started("RESTORE_VOLUME", name)
            case "PUT", ["users"]:
                self._set_password(query["name"], body["password"])
                return self._started("UPDATE_USER", name)
            case _:
                assert (method, what) == ("DELETE", [])
                del self.instances[name]
                return self._started("DELETE", name)

    def _started(self, kind: str, name: str) -> dict[str, Any]:
        number = f"operation-{len(self._operations)}"
        self._operations[number] = {"name": number, "operationType": kind, "targetId": name, "status": "PENDING", "looks": 0}
        return self._operations[number]

    def _operation(self, number: str) -> dict[str, Any]:
        known = self._operations[number]
        known["looks"] += 1
        self.waiting.set()
        if known["looks"] >= self.looks or known["operationType"] == "DELETE":
            known["status"] = "DONE"
            if message := self.failing.get(known["operationType"]):
                known["error"] = {"errors": [{"code": "ERROR", "message": message}]}
        return known
