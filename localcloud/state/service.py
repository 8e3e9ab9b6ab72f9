"""Answers the engine as the service does that Pulumi calls Pulumi Cloud, as far as our commands need it.

Paths and messages follow the client of Pulumi 3.256.0
(https://github.com/pulumi/pulumi/blob/v3.256.0/pkg/backend/httpstate/client/client.go).
"""

from __future__ import annotations

import gzip
import hmac
import json
import re
import sys
import threading
import uuid
from collections.abc import Callable
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any, cast

from .journal import VERSION
from .stacks import OWNER, Stack, StateError, append

Answer = tuple[int, Any]
"""A status, and what goes with it."""

OK, BAD, FORBIDDEN, UNKNOWN, CONFLICT = 200, 400, 401, 404, 409
GZIP = b"\x1f\x8b"
"""How compressed content begins; JSON does not."""


@dataclass
class Update:
    """An operation of an engine on a stack."""

    looks_only: bool
    """It changes nothing: a preview."""
    journal: Path | None = None


class Service(ThreadingHTTPServer):
    """Serves the stacks of a folder on 127.0.0.1 to whom knows the token."""

    daemon_threads = True

    def __init__(self, folder: Path, engine: str, token: str) -> None:
        self.folder, self.engine, self.token = folder, engine, token
        self.updates: dict[str, Update] = {}
        self.one_at_a_time = threading.Lock()
        self.connected = 0
        super().__init__(("127.0.0.1", 0), _Handler)

    def handle_error(self, request: Any, client_address: Any) -> None:
        """An engine that was killed is not worth a word."""
        if not isinstance(sys.exception(), ConnectionError):
            super().handle_error(request, client_address)

    def count(self, connections: int) -> None:
        """Notes that engines came or went."""
        with self.one_at_a_time:
            self.connected += connections


@dataclass(frozen=True)
class _Request:
    service: Service
    sent: bytes
    words: dict[str, str]
    """What the path names."""

    @property
    def stack(self) -> Stack:
        return Stack(self.service.folder, self.words["project"], self.words["stack"])

    @property
    def update(self) -> Update:
        return self.service.updates[self.words["update"]]

    @property
    def body(self) -> bytes:
        return gzip.decompress(self.sent) if self.sent.startswith(GZIP) else self.sent

    def json(self) -> dict[str, Any]:
        return json.loads(self.body or b"{}")


def _user(_request: _Request) -> Answer:
    return OK, {"githubLogin": OWNER, "name": OWNER, "organizations": []}


def _default_owner(_request: _Request) -> Answer:
    return OK, {"gitHubLogin": OWNER}


def _capabilities(_request: _Request) -> Answer:
    return OK, {"capabilities": []}


def _show(request: _Request) -> Answer:
    stack = request.stack
    named = {"orgName": OWNER, "projectName": stack.project, "stackName": stack.name}
    return (OK, {"id": stack.name, **named, "tags": {}, "version": 1}) if stack.file.exists() else _unknown(request)


def _export(request: _Request) -> Answer:
    return (OK, request.stack.load(request.service.engine)) if request.stack.file.exists() else _unknown(request)


def _announce(request: _Request) -> Answer:
    looks_only = request.words["kind"] == "preview" or bool(request.json()["options"].get("dryRun"))
    update = uuid.uuid4().hex
    request.service.updates[update] = Update(looks_only)
    return OK, {"updateID": update}


def _start(request: _Request) -> Answer:
    if request.json().get("journalVersion", 0) < VERSION:
        return BAD, "the engine keeps no journal: PULUMI_DISABLE_JOURNALING has to be unset"
    if not request.update.looks_only:
        try:
            request.update.journal = request.stack.begin(request.words["update"])
        except StateError as error:
            return CONFLICT, str(error)
    return OK, {"version": 1, "token": request.service.token, "journalVersion": VERSION}


def _entries(request: _Request) -> Answer:
    if request.update.journal is None:
        return BAD, "a preview has no journal"
    append(request.update.journal, request.body)
    return OK, None


def _renew(request: _Request) -> Answer:
    return OK, {"token": request.service.token}


def _complete(request: _Request) -> Answer:
    if request.update.journal is not None:
        request.stack.end(request.words["update"], request.service.engine)
        request.update.journal = None
    return OK, None


def _events(_request: _Request) -> Answer:
    """Our commands have read them already."""
    return OK, None


def _unknown(_request: _Request) -> Answer:
    return UNKNOWN, "there is no such thing"


STACK = "/api/stacks/[^/]+/(?P<project>[^/]+)/(?P<stack>[^/]+)"
UPDATE = f"{STACK}/(?P<kind>update|preview|refresh|destroy)/(?P<update>[^/]+)"
ROUTES: tuple[tuple[str, str, Callable[[_Request], Answer]], ...] = (
    ("GET", "/api/user", _user),
    ("GET", "/api/user/organizations/default", _default_owner),
    ("GET", "/api/capabilities", _capabilities),
    ("GET", STACK, _show),
    ("GET", f"{STACK}/export", _export),
    ("POST", f"{STACK}/(?P<kind>update|preview|refresh|destroy)", _announce),
    ("POST", UPDATE, _start),
    ("PATCH", f"{UPDATE}/journalentries", _entries),
    ("POST", f"{UPDATE}/renew_lease", _renew),
    ("POST", f"{UPDATE}/complete", _complete),
    ("POST", f"{UPDATE}/events/batch", _events),
)
_COMPILED = [(method, re.compile(path), answer) for method, path, answer in ROUTES]


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"  # one connection for many requests
    disable_nagle_algorithm = True
    wbufsize = -1  # an answer is one packet

    @property
    def service(self) -> Service:
        """Whom it answers for."""
        return cast("Service", self.server)

    def setup(self) -> None:
        super().setup()
        self.service.count(1)

    def finish(self) -> None:
        self.service.count(-1)
        super().finish()

    def log_message(self, format: str, *args: Any) -> None:  # noqa: A002 - the signature is the library's
        """Says nothing: a request is not worth a line."""

    def do(self) -> None:
        """Answers a request."""
        body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
        try:
            status, content = self._answer(body)
        except (StateError, OSError, ValueError, KeyError) as error:
            status, content = BAD, str(error)
        if status != OK:
            content = {"code": status, "message": content}
        self.send_response(status)
        sent = b"" if content is None else json.dumps(content).encode()
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(sent)))
        self.end_headers()
        self.wfile.write(sent)

    do_GET = do_POST = do_PATCH = do  # noqa: N815 - the names are the library's

    def _answer(self, body: bytes) -> Answer:
        given = self.headers.get("Authorization", "").rpartition(" ")[2]
        if not hmac.compare_digest(given.encode(), self.service.token.encode()):
            return FORBIDDEN, "the token is not the one of this service"
        path = self.path.partition("?")[0]
        for method, pattern, answer in _COMPILED:
            found = pattern.fullmatch(path)
            if found and method == self.command:
                request = _Request(self.service, body, found.groupdict())
                with self.service.one_at_a_time:
                    return answer(request)
        return UNKNOWN, f"{self.command} {path} is not answered here"
