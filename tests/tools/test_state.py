"""What keeps the local cloud's state is there for as long as an operation needs it, and for nobody else."""

from __future__ import annotations

import http.client
import json
import sys
from pathlib import Path

import pytest

from tools.lifecycle.errors import CommandError
from tools.lifecycle.state import served


def test_it_is_served_to_who_reads_the_login_and_no_longer_than_needed(tmp_path: Path) -> None:
    file = tmp_path / "login" / "credentials.json"
    with served(tmp_path / "state", "v3.256.0", file.parent) as variables:
        assert file.stat().st_mode & 0o077 == 0
        url = variables["PULUMI_BACKEND_URL"]
        known = json.loads(file.read_text())
        token = known["accounts"][known["current"]]["accessToken"]
        assert known["current"] == url
        assert not [value for value in variables.values() if token in value], "it is not handed on to every process"
        connection = http.client.HTTPConnection(url.removeprefix("http://"), timeout=5)
        connection.request("GET", "/api/user", headers={"Authorization": f"token {token}"})
        assert connection.getresponse().status == 200
        connection.close()
    assert not file.exists()
    with pytest.raises(ConnectionRefusedError):
        connection.request("GET", "/api/user")


def test_it_is_told_where_it_does_not_start(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "executable", "/bin/false")
    with pytest.raises(CommandError, match="does not start"), served(tmp_path, "v3.256.0", tmp_path / "login"):
        raise AssertionError("it is not there")
    assert not (tmp_path / "login").exists()
