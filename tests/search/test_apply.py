"""Bringing the plan about: from nothing, again, after a kill, under load, and from one version of an index to the next."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

import database.search.apply as program
from database.search.apply import Cluster, Refused, apply
from database.search.definitions import VISIBLE, WRITTEN, Numbers, plan
from database.search.ingest import ingest

from .rows import row
from .server import Search, serving

NUMBERS = Numbers(
    shards=2, replicas=1, slow_query_ms=1000, retired_days=7, bucket="backups", folder="database/elasticsearch",
    schedule="0 30 1 * * ?", snapshot_days=30, snapshots_min=7, snapshots_max=60,
)  # fmt: skip
PASSWORDS = {name: f"password-of-{name}" for name in plan(NUMBERS).users}
FIRST, SECOND = "marketplace-strategies-000001", "marketplace-strategies-000002"


@pytest.fixture
def search() -> Search:
    return Search()


@pytest.fixture
def address(search: Search) -> Iterator[str]:
    with serving(search) as url:
        yield url


def wanted(version: int = 1) -> dict[str, Any]:
    whole = plan(NUMBERS)
    return replace(whole, indices=[replace(index, version=version) for index in whole.indices]).as_json()


def run(address: str, version: int = 1) -> list[str]:
    said: list[str] = []
    apply(wanted(version), PASSWORDS, Cluster(address, "Basic x", None, sleep=lambda _: None), said.append)
    return said


def write(search: Search, *rows: dict[str, Any]) -> None:
    written = ingest(list(rows), lambda path, body: search.answer("POST", path, body.decode())[1])
    assert written.indexed == len(rows)


def behind(search: Search, alias: str) -> list[str]:
    return sorted(search.aliases[alias])


def test_from_nothing(search: Search, address: str) -> None:
    assert run(address)[-1] == f"{FIRST} was made"
    for put in plan(NUMBERS).puts:
        assert search.stored[put.path] == put.body
    for name, user in plan(NUMBERS).users.items():
        assert search.stored[f"/_security/user/{name}"] == {
            "password": PASSWORDS[name],
            "roles": list(user.roles),
            "full_name": user.purpose,
        }
    assert search.aliases == {
        VISIBLE: {FIRST: {"filter": {"term": {"status": "APPROVED"}}}},
        WRITTEN: {FIRST: {"is_write_index": True}},
    }


def test_the_template_is_there_before_the_index_that_takes_after_it(search: Search, address: str) -> None:
    run(address)
    paths = [path for _, path in search.writes()]
    assert paths.index("/_ilm/policy/marketplace-strategies") < paths.index("/_index_template/marketplace-strategies")
    assert paths.index("/_index_template/marketplace-strategies") < paths.index(f"/{FIRST}")


def test_again_changes_nothing(search: Search, address: str) -> None:
    run(address)
    before = json.dumps([search.stored, search.aliases, search.indices])
    assert run(address)[-1] == f"{FIRST} is there"
    assert json.dumps([search.stored, search.aliases, search.indices]) == before


def test_a_higher_version_moves_the_aliases_with_all_documents(search: Search, address: str) -> None:
    run(address)
    write(search, row(), row(id="b"))
    assert run(address, 2)[-1] == f"{SECOND} takes the place of {FIRST}"
    assert search.indices[SECOND] == search.indices[FIRST]
    assert behind(search, VISIBLE) == behind(search, WRITTEN) == [SECOND]
    retired = search.stored[f"/{FIRST}/_settings"]
    assert retired["index.lifecycle.name"] == "retired"
    assert retired["index.lifecycle.origination_date"] > 1_700_000_000_000, "counted from now, not from when it was made"


def test_what_is_written_during_the_copy_is_there_afterwards(search: Search, address: str) -> None:
    run(address)
    write(search, row())
    search.between = lambda: write(search, row(id="late"))
    run(address, 2)
    assert search.indices[SECOND].keys() == {"a", "late"}


def test_what_the_new_index_has_newer_stays(search: Search, address: str) -> None:
    run(address)
    write(search, row())
    newer = row(title="New", updated_at=row()["updated_at"] + timedelta(seconds=1))
    run(address, 2)
    write(search, newer)
    # Killed before the old index was let go, the run begins again.
    search.aliases[VISIBLE][FIRST] = {}
    run(address, 2)
    assert search.indices[SECOND]["a"][1]["title"] == "New"


@pytest.mark.parametrize("after", range(1, 25))
def test_a_killed_run_is_taken_up(after: int, search: Search, address: str) -> None:
    run(address)
    write(search, row())
    search.requests.clear()

    class Killed(BaseException): ...

    class Dying(Cluster):
        def __call__(self, method: str, path: str, body: Any = None, missing: Any = None) -> Any:
            answer = super().__call__(method, path, body, missing)
            if len(search.requests) >= after:
                raise Killed
            return answer

    try:
        apply(wanted(2), PASSWORDS, Dying(address, "Basic x", None, sleep=lambda _: None), lambda _: None)
    except Killed:
        assert len(search.requests) == after
    run(address, 2)
    assert behind(search, VISIBLE) == behind(search, WRITTEN) == [SECOND]
    assert search.indices[SECOND].keys() == {"a"}


def test_an_older_plan_is_refused(address: str) -> None:
    run(address, 2)
    with pytest.raises(Refused, match=rf"{SECOND} is in use, which is newer than {FIRST}: this plan is out of date"):
        run(address, 1)


@pytest.mark.parametrize("status", [429, 502, 503, 504])
def test_a_busy_cluster_is_waited_for(status: int, search: Search, address: str) -> None:
    search.staged = [status, status]
    run(address)
    assert behind(search, VISIBLE) == [FIRST]


def test_patience_ends(search: Search, address: str, monkeypatch: pytest.MonkeyPatch) -> None:
    search.staged = [503] * 1000
    monkeypatch.setattr(program, "PATIENCE", 10.0)
    with pytest.raises(Refused, match=r"GET /_cluster/health\S+: still no answer after 14 s: 503"):
        run(address)


def test_what_is_refused_stops_the_run_with_its_reason(search: Search, address: str) -> None:
    search.staged = [200, 400]
    with pytest.raises(Refused, match=r'PUT /_snapshot/backups: 400: .*"reason": "staged"'):
        run(address)
    assert search.indices == {}


def test_the_program_runs_from_its_one_file(search: Search, address: str, tmp_path: Path) -> None:
    """As in the Job: nothing of the project is there but the file, and the environment says the rest."""
    (tmp_path / "apply.py").write_text(Path(program.__file__).read_text())
    (tmp_path / "plan.json").write_text(json.dumps(wanted()))
    (tmp_path / "secrets").mkdir()
    for name, password in {**PASSWORDS, "elastic": "secret"}.items():
        (tmp_path / "secrets" / name).write_text(password + "\n")
    authority, key = tmp_path / "ca.crt", tmp_path / "ca.key"
    made = [
        "openssl",
        "req",
        "-x509",
        "-newkey",
        "ed25519",
        "-nodes",
        "-subj",
        "/CN=search",
        "-keyout",
        str(key),
        "-out",
        str(authority),
    ]
    subprocess.run(made, capture_output=True, check=True)
    environment = {
        "SEARCH_URL": address, "SEARCH_CA": str(authority), "SEARCH_USER": "elastic", "SEARCH_PASSWORD": str(tmp_path / "secrets" / "elastic"),
        "SEARCH_PLAN": str(tmp_path / "plan.json"), "SEARCH_SECRETS": str(tmp_path / "secrets"),
    }  # fmt: skip
    command = [sys.executable, "-I", str(tmp_path / "apply.py")]
    done = subprocess.run(command, cwd=tmp_path, env=environment, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    assert f"{FIRST} was made" in done.stderr
    assert "password" not in done.stderr + done.stdout
    assert search.stored["/_security/user/search-query"]["password"] == PASSWORDS["search-query"]


def test_the_program_fails_with_the_reason(search: Search, address: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    search.staged = [200, 403]
    (tmp_path / "plan.json").write_text(json.dumps({**wanted(), "users": {}}))
    monkeypatch.setattr(program.ssl, "create_default_context", lambda **_: None)  # pyright: ignore[reportUnknownLambdaType, reportUnknownArgumentType]
    for name, value in {
        "URL": address,
        "CA": "-",
        "USER": "elastic",
        "PASSWORD": str(tmp_path / "plan.json"),
        "PLAN": str(tmp_path / "plan.json"),
        "SECRETS": str(tmp_path),
    }.items():
        monkeypatch.setenv(f"SEARCH_{name}", value)
    assert program.main() == 1
