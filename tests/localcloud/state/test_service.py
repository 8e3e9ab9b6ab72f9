"""The service that keeps states, asked as the engine asks it."""

from __future__ import annotations

import gzip
import http.client
import json
import socket
import struct
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from localcloud.state.service import Service
from localcloud.state.stacks import Stack, StateError, append
from tools.recorder import ROOT

PATH = "/api/stacks/organization/alphintra/dev"
ENTRY = {"version": 1, "kind": 1, "sequenceID": 1, "operationID": 1, "state": {"urn": "urn:pulumi:dev::alphintra::a:b:C::new"}}


class Client:
    """Asks as the engine does."""

    def __init__(self, port: int, token: str) -> None:
        self.connection = http.client.HTTPConnection("127.0.0.1", port, timeout=10)
        self.token = token

    def ask(self, method: str, path: str, content: Any = None, *, compressed: bool = False) -> tuple[int, Any]:
        body = None if content is None else json.dumps(content).encode()
        headers = {"Authorization": f"token {self.token}", **({"Content-Encoding": "gzip"} if compressed else {})}
        self.connection.request(method, path, gzip.compress(body) if compressed and body else body, headers)
        answer = self.connection.getresponse()
        read = answer.read()
        return answer.status, json.loads(read) if read else None

    def begin(self, *, kind: str = "update", dry_run: bool = False) -> str:
        _, announced = self.ask("POST", f"{PATH}/{kind}", {"options": {"dryRun": dry_run}})
        update = f"{PATH}/{kind}/{announced['updateID']}"
        status, said = self.ask("POST", update, {"journalVersion": 1})
        assert (status, said["journalVersion"]) == (200, 1), said
        return update


@pytest.fixture
def stack(tmp_path: Path) -> Stack:
    made = Stack(tmp_path, "alphintra", "dev")
    made.save({"version": 3, "deployment": {"manifest": {}, "resources": [{"urn": "urn:pulumi:dev::alphintra::a:b:C::old"}]}})
    return made


@pytest.fixture
def client(stack: Stack) -> Iterator[Client]:
    service = Service(stack.folder, "v3.256.0", "secret")
    threading.Thread(target=service.serve_forever, args=(0.01,), daemon=True).start()
    made = Client(service.server_port, "secret")
    yield made
    made.connection.close()
    service.shutdown()
    service.server_close()


def names(stack: Stack) -> list[str]:
    return [one["urn"].rpartition("::")[2] for one in stack.load("")["deployment"]["resources"]]


def test_an_update_from_its_beginning_to_its_end(client: Client, stack: Stack) -> None:
    before = stack.file.read_bytes()
    update = client.begin()
    assert len(list(stack.locks.glob("*.json"))) == 1
    assert client.ask("PATCH", f"{update}/journalentries", {"entries": [ENTRY]}, compressed=True) == (200, None)
    assert stack.file.read_bytes() == before
    assert names(stack) == ["new", "old"], "whoever reads it meanwhile sees it already"
    assert client.ask("POST", f"{update}/renew_lease", {"duration": 300}) == (200, {"token": "secret"})
    assert client.ask("POST", f"{update}/events/batch", {"events": []}, compressed=True) == (200, None)
    assert client.ask("POST", f"{update}/complete", {"status": "succeeded"}) == (200, None)
    assert names(stack) == ["new", "old"]
    assert stack.file.read_bytes() != before
    assert not list(stack.locks.glob("*.json"))
    assert not list((stack.folder / "journals").rglob("*.jsonl"))
    assert client.ask("GET", f"{PATH}/export")[1] == stack.load("")


@pytest.mark.parametrize(("kind", "dry_run"), [("preview", False), ("update", True)])
def test_who_only_looks_locks_nothing_and_writes_nothing(client: Client, stack: Stack, kind: str, dry_run: bool) -> None:
    update = client.begin(kind=kind, dry_run=dry_run)
    assert not list(stack.locks.glob("*.json"))
    assert client.ask("PATCH", f"{update}/journalentries", {"entries": [ENTRY]})[0] == 400
    assert client.ask("POST", f"{update}/complete", {"status": "succeeded"})[0] == 200
    assert names(stack) == ["old"]


def test_two_updates_at_once_are_refused(client: Client) -> None:
    client.begin()
    _, announced = client.ask("POST", f"{PATH}/destroy", {"options": {}})
    status, said = client.ask("POST", f"{PATH}/destroy/{announced['updateID']}", {"journalVersion": 1})
    assert (status, said["code"]) == (409, 409)
    assert "another update is under way" in said["message"]


def test_an_engine_without_a_journal_is_refused(client: Client) -> None:
    _, announced = client.ask("POST", f"{PATH}/update", {"options": {}})
    status, said = client.ask("POST", f"{PATH}/update/{announced['updateID']}", {})
    assert status == 400
    assert "PULUMI_DISABLE_JOURNALING" in said["message"]


def test_nobody_else_is_answered(client: Client) -> None:
    client.token = "guessed"
    assert client.ask("GET", f"{PATH}/export")[0] == 401


@pytest.mark.parametrize("path", [f"{PATH}/secrets", "/api/stacks/organization/alphintra/prod", "/"])
def test_what_there_is_not(client: Client, path: str) -> None:
    status, said = client.ask("GET", path)
    assert (status, said["code"]) == (404, 404)


def test_who_asks_is_who_a_file_backend_takes_everybody_for(client: Client) -> None:
    assert client.ask("GET", "/api/user")[1]["githubLogin"] == "organization"
    assert client.ask("GET", "/api/user/organizations/default")[1]["gitHubLogin"] == "organization"
    assert client.ask("GET", PATH)[1]["stackName"] == "dev"


def test_a_line_that_was_cut_off_counts_for_nothing(stack: Stack) -> None:
    journal = stack.begin("x")
    append(journal, json.dumps({"entries": [ENTRY]}).encode())
    with journal.open("ab") as file:
        file.write(b'{"entries": [{"version": 1, "ki')
    stack.settle("v3.256.0")
    assert names(stack) == ["new", "old"]
    assert not journal.exists()


def test_a_journal_of_another_state_is_not_applied(stack: Stack) -> None:
    append(stack.begin("x"), json.dumps({"entries": [ENTRY]}).encode())
    content = stack.file.read_bytes()
    stack.file.write_bytes(content + b" ")
    assert names(stack) == ["old"]


@pytest.mark.parametrize("line", [b"[1]\n", b"{\n", b'{"entries": [{"version": 1}]}\n'])
def test_damage_is_told_and_nothing_is_lost(stack: Stack, line: bytes) -> None:
    journal = stack.begin("x")
    journal.parent.mkdir(parents=True)
    journal.write_bytes(line)
    with pytest.raises(StateError, match="jsonl is damaged"):
        stack.settle("v3.256.0")
    assert journal.read_bytes() == line
    for content in ("{", "{}", "[]", '{"version": 3, "checkpoint": []}'):
        stack.file.write_text(content)
        with pytest.raises(StateError, match="dev.json is damaged"):
            stack.load("")


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="only Linux has a device that is always full: no /dev/full")
def test_where_there_is_no_room_nothing_is_said_to_be_kept(client: Client, stack: Stack) -> None:
    update = client.begin()
    journals = stack.folder / "journals" / "alphintra"
    journals.mkdir(parents=True)
    client.ask("PATCH", f"{update}/journalentries", {"entries": [ENTRY]})
    journal = next(journals.iterdir())
    journal.unlink()
    journal.symlink_to("/dev/full")
    status, said = client.ask("PATCH", f"{update}/journalentries", {"entries": [ENTRY]})
    assert status == 400
    assert "No space left on device" in said["message"]


def test_a_state_that_cannot_be_written_is_told_and_nothing_is_lost(stack: Stack) -> None:
    append(stack.begin("x"), json.dumps({"entries": [ENTRY]}).encode())
    stack.file.with_suffix(".partial").mkdir()
    with pytest.raises(StateError, match="dev.json cannot be written: Is a directory"):
        stack.settle("v3.256.0")
    assert names(stack) == ["new", "old"]
    stack.file.with_suffix(".partial").rmdir()
    stack.settle("v3.256.0")
    assert names(stack) == ["new", "old"]


def test_a_journal_is_its_owners_only(stack: Stack) -> None:
    journal = stack.begin("x")
    append(journal, b"{}")
    assert (journal.stat().st_mode | stack.file.stat().st_mode) & 0o077 == 0


def test_it_ends_with_its_command_but_not_before_the_engine(stack: Stack) -> None:
    command = [sys.executable, "-m", "localcloud.state", str(stack.folder), "v3.256.0"]
    with subprocess.Popen(command, cwd=ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdin
        assert process.stdout
        process.stdin.write("secret\n")
        process.stdin.flush()
        client = Client(int(process.stdout.readline()), "secret")
        update = client.begin()
        process.stdin.close()
        with pytest.raises(subprocess.TimeoutExpired):
            process.wait(0.3)
        assert client.ask("PATCH", f"{update}/journalentries", {"entries": [ENTRY]})[0] == 200
        assert client.ask("POST", f"{update}/complete", {"status": "failed"})[0] == 200
        client.connection.close()
        assert process.wait(5) == 0
    assert names(stack) == ["new", "old"]


def test_an_engine_that_is_killed_is_not_worth_a_word(client: Client, capfd: pytest.CaptureFixture[str]) -> None:
    client.ask("GET", "/api/user")
    reset_when_closed = struct.pack("ii", 1, 0)
    client.connection.sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, reset_when_closed)
    client.connection.close()
    time.sleep(0.2)
    assert capfd.readouterr().err == ""
