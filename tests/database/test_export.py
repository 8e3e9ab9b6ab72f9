"""The logical backup of the time series, against a stand-in for Cloud Storage's resumable uploads and for the metadata server."""

from __future__ import annotations

import base64
import hashlib
import importlib
import json
import re
import sys
import urllib.parse
from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread
from types import ModuleType

import pytest

from tools.recorder import ROOT

PIECE = 1024
DUMP = bytes(range(256)) * 10 + b"the last of it"
"""Two whole pieces and a part of one."""


class Storage:
    """Cloud Storage, as far as an upload sees it, with faults that are staged: what each request is answered with instead."""

    def __init__(self) -> None:
        self.objects: dict[str, bytes] = {}
        self.held = b""
        self.requests: list[tuple[str, str]] = []
        self.faults: dict[int, Callable[[bytes], tuple[int, bytes]]] = {}
        """By the number of the PUT: gets what was sent, answers a status, and what of it is kept."""
        self.tokens_after = 0
        """How many times the metadata server is not there yet."""
        self.garbled = False

    def put(self, span: str, body: bytes) -> tuple[int, dict[str, str], bytes]:
        self.requests.append(("PUT", span))
        fault = self.faults.pop(len([1 for method, _ in self.requests if method == "PUT"]), None)
        status, kept = fault(body) if fault else (0, body)
        found = re.fullmatch(r"bytes (?:(\d+)-(\d+)|\*)/(\d+|\*)", span)
        assert found, span
        if found[1] is not None:
            assert int(found[1]) == len(self.held), "sent from where the server is"
            assert int(found[2]) - int(found[1]) + 1 == len(body)
        self.held += kept
        if status:
            return status, {}, b""
        if found[3] != "*" and len(self.held) == int(found[3]):
            self.objects["dump"] = self.held
            digest = hashlib.md5(b"x" if self.garbled else self.held, usedforsecurity=False).digest()
            made = {"name": "dump", "size": str(len(self.held)), "md5Hash": base64.b64encode(digest).decode()}
            return 200, {}, json.dumps(made).encode()
        return 308, {"Range": f"bytes=0-{len(self.held) - 1}"} if self.held else {}, b""


@pytest.fixture
def storage() -> Storage:
    return Storage()


@pytest.fixture
def address(storage: Storage) -> Iterator[str]:
    class Handler(BaseHTTPRequestHandler):
        def _answer(self, status: int, headers: dict[str, str], body: bytes) -> None:
            self.send_response(status)
            for name, value in {**headers, "Content-Length": str(len(body))}.items():
                self.send_header(name, value)
            self.end_headers()
            self.wfile.write(body)

        def do_GET(self) -> None:
            storage.tokens_after -= 1
            there = storage.tokens_after < 0 and self.headers["Metadata-Flavor"] == "Google"
            self._answer(200 if there else 503, {}, b'{"access_token": "t"}' if there else b"")

        def do_POST(self) -> None:
            assert self.headers["Authorization"] == "Bearer t"
            asked = urllib.parse.parse_qs(urllib.parse.urlsplit(self.path).query)
            storage.requests.append(("POST", asked["name"][0]))
            assert asked["ifGenerationMatch"] == ["0"], "nothing that is there is replaced"
            self._answer(200, {"Location": f"http://{self.headers['Host']}/session"}, b"")

        def do_PUT(self) -> None:
            body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
            self._answer(*storage.put(self.headers["Content-Range"], body))

        def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - its name there
            del format, args

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    Thread(target=server.serve_forever, daemon=True).start()
    yield f"http://127.0.0.1:{server.server_port}"
    server.shutdown()


@pytest.fixture
def export(address: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> ModuleType:
    """The program, with small pieces and no patience, and a pg_dump that writes the dump."""
    monkeypatch.setattr(sys, "path", [str(ROOT / "database" / "timeseries" / "operations"), *sys.path])
    module = importlib.import_module("export")
    for name, value in {"STORAGE": address, "TOKEN": f"{address}/token", "PIECE": PIECE, "PAUSE": 0.0}.items():
        monkeypatch.setattr(module, name, value)
    monkeypatch.setattr(importlib.import_module("common"), "PASSWORDS", tmp_path)
    (tmp_path / "export").write_text("secret\n")
    (tmp_path / "dump").write_bytes(DUMP)
    program = tmp_path / "pg_dump"
    program.write_text(f'#!/bin/sh\n[ "$PGPASSWORD" = secret ] || exit 9\ncat {tmp_path}/dump\nexit ${{PG_DUMP_ENDS:-0}}\n')
    program.chmod(0o755)
    environment = {"DATABASE": "alphintra_timeseries", "FOLDER": "logical/", "STANDBY": "host=standby", "BUCKET": "backups"}
    for name, value in {**environment, "PATH": f"{tmp_path}:/usr/bin:/bin"}.items():
        monkeypatch.setenv(name, value)
    return module


def test_what_arrives_is_what_was_dumped(export: ModuleType, storage: Storage, capsys: pytest.CaptureFixture[str]) -> None:
    export.main()
    assert storage.objects == {"dump": DUMP}
    said = json.loads(capsys.readouterr().out)
    assert said == {"message": f"dump: {len(DUMP)} bytes", "exported": "dump", "bytes": len(DUMP)}
    assert re.fullmatch(r"logical/alphintra_timeseries-\d{4}-\d\d-\d\dT\d\d-\d\d-\d\dZ\.dump", storage.requests[0][1])
    assert [span for _, span in storage.requests[1:]] == ["bytes 0-1023/*", "bytes 1024-2047/*", "bytes 2048-2573/2574"]


def test_the_metadata_server_may_come_late(export: ModuleType, storage: Storage) -> None:
    storage.tokens_after = 3
    export.main()
    assert storage.objects == {"dump": DUMP}


@pytest.mark.parametrize("length", [1, PIECE, 2 * PIECE])
def test_any_length(export: ModuleType, storage: Storage, tmp_path: Path, length: int) -> None:
    (tmp_path / "dump").write_bytes(DUMP[:length])
    export.main()
    assert storage.objects == {"dump": DUMP[:length]}


@pytest.mark.parametrize("number", [1, 2, 3])
@pytest.mark.parametrize("kept", [0, 100, PIECE])
def test_a_failed_piece_is_gone_on_with_from_what_arrived(export: ModuleType, storage: Storage, number: int, kept: int) -> None:
    storage.faults[number] = lambda body: (503, body[:kept])
    export.main()
    assert storage.objects == {"dump": DUMP}


def test_a_piece_of_which_only_a_part_was_taken(export: ModuleType, storage: Storage) -> None:
    storage.faults[1] = lambda body: (0, body[:256])
    export.main()
    assert storage.objects == {"dump": DUMP}
    assert storage.requests[2] == ("PUT", "bytes 256-1023/*")


def test_a_dump_that_fails_makes_no_object(export: ModuleType, storage: Storage, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PG_DUMP_ENDS", "1")
    with pytest.raises(RuntimeError, match="pg_dump ended with 1"):
        export.main()
    assert not storage.objects


def test_an_empty_dump_makes_no_object(export: ModuleType, storage: Storage, tmp_path: Path) -> None:
    (tmp_path / "dump").write_bytes(b"")
    with pytest.raises(RuntimeError, match="the dump is empty"):
        export.main()
    assert not storage.objects


def test_other_bytes_than_were_sent(export: ModuleType, storage: Storage) -> None:
    storage.garbled = True
    with pytest.raises(RuntimeError, match="2574 bytes were sent, 2574 arrived, with another digest"):
        export.main()


def test_a_refusal_is_not_tried_again(export: ModuleType, storage: Storage) -> None:
    storage.faults[1] = lambda _: (403, b"")
    with pytest.raises(OSError, match="403"):
        export.main()
    assert len([1 for method, _ in storage.requests if method == "PUT"]) == 1


def test_a_server_that_stays_away(export: ModuleType, storage: Storage) -> None:
    storage.faults = {number: lambda _: (503, b"") for number in range(1, 30)}
    with pytest.raises(export.Unavailable, match="503"):
        export.main()
    assert not storage.objects
