"""What can go wrong in the middle, and how it is told and mended."""

from __future__ import annotations

import contextlib
import json
import os
import re
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from tools.recorder import ROOT

from .harness import Lifecycle, Standing, interrupt, wait_for

pytestmark = pytest.mark.engine
INSTANCE = "gcp:sql/databaseInstance:DatabaseInstance"


@pytest.fixture
def cloud(tmp_path: Path) -> Lifecycle:
    made = Lifecycle(tmp_path, "dev")
    made.store().close()
    return made


@pytest.mark.parametrize(
    ("effect", "says"),
    [
        ("fail", "Error 503: The service is currently unavailable"),
        ("lose", "connection reset by peer"),
        ("hang", "timeout while waiting for state to become 'DONE'"),
    ],
)
def test_a_creation_that_goes_wrong(cloud: Lifecycle, effect: str, says: str) -> None:
    cloud.fault("create", 1, effect, INSTANCE)
    failed = cloud.run("up")
    assert failed.code == 1
    assert f"main-db-primary: {says}" in failed.err.replace("googleapi: ", "").replace(
        "Error waiting to create DatabaseInstance: ", ""
    )
    assert failed.err.rstrip().endswith("run the command again to go on from here.")
    if effect == "hang":
        cloud.stage(("clock", "--advance", "1h"))  # the operation ends at the cloud meanwhile
    resumed = cloud.run("up")
    assert resumed.code == 0, resumed.err
    if effect != "fail":
        assert "found and kept: main-db-primary" in resumed.err
    cloud.assert_true_to_state()
    assert len([operation for operation in cloud.operations() if operation["type"] == INSTANCE]) == 1
    assert cloud.run("drift").code == 0


def test_an_update_and_a_deletion_whose_answers_are_lost(standing: Standing) -> None:
    cloud = standing("dev")
    cloud.override({"database": {"tier": "db-custom-2-7680"}})
    cloud.fault("update", 1, "lose", INSTANCE)
    assert cloud.run("up").code == 1
    cloud.ok("up")
    cloud.assert_true_to_state()
    cloud.fault("delete", 1, "lose", INSTANCE)
    assert cloud.run("destroy").code == 1
    cloud.ok("destroy")
    assert not cloud.rows()


def test_a_replacement_that_is_cut_off_loses_no_version_of_a_secret(standing: Standing) -> None:
    cloud = standing("dev")
    cloud.override({"secrets": {"credentials": {"main-db-pgbouncer": {"version": 2}}}})
    version = "gcp:secretmanager/secretVersion:SecretVersion"
    for effect in ("kill-both:before", "kill-both:after"):
        cloud.fault("create", 1, effect, version)
        assert cloud.run("up").code == 1
        assert [row for row in cloud.rows() if row.type == version and "main-db-pgbouncer" in row.name], (
            "the old one is still there"
        )
    cloud.ok("up")
    cloud.assert_true_to_state()
    assert cloud.run("drift").code == 0


def test_ctrl_c_stops_in_good_order(cloud: Lifecycle) -> None:
    process = cloud.start("up")
    wait_for(lambda: len(cloud.rows()) > 10)
    interrupt(process)
    _, err = process.communicate(timeout=60)
    assert process.returncode == 130, err
    assert "operations that are under way may end first" in err
    assert "Traceback" not in err
    assert 10 < len(cloud.rows()) < 70
    cloud.ok("up")
    cloud.assert_true_to_state()


def test_a_destroy_after_an_interrupted_up_leaves_nothing(cloud: Lifecycle) -> None:
    cloud.fault("create", 30, "kill-engine:after")
    assert cloud.run("up").code == 1
    assert cloud.rows()
    cloud.ok("destroy")
    assert not cloud.rows()


def test_a_preview_after_an_interrupted_up_says_so(cloud: Lifecycle) -> None:
    cloud.fault("create", 1, "kill-both:after", INSTANCE)
    assert cloud.run("up").code == 1
    answer = cloud.run("drift")
    assert answer.code == 2
    assert re.search("an earlier run was cut off while it created .*main-db-primary", answer.err)


def test_two_at_once(cloud: Lifecycle) -> None:
    first = cloud.start("up")
    wait_for(lambda: (cloud.home / "local-dev.lock").exists() and (cloud.home / "local-dev.lock").read_text() == str(first.pid))
    second = cloud.run("up")
    assert second.code == 1
    assert f"the stack 'dev' is in use by another command (process {first.pid})" in second.err
    _, err = first.communicate(timeout=120)
    assert first.returncode == 0, err


def test_the_lock_of_a_dead_engine_is_removed_and_that_of_a_living_one_is_not(
    cloud: Lifecycle, monkeypatch: pytest.MonkeyPatch
) -> None:
    from tools.lifecycle import recovery  # noqa: PLC0415
    from tools.lifecycle.errors import CommandError  # noqa: PLC0415
    from tools.lifecycle.workspace import Workspace  # noqa: PLC0415

    folder = cloud.home / "state" / ".pulumi" / "locks" / "organization" / "alphintra" / "dev"
    folder.mkdir(parents=True)
    dead = subprocess.Popen(["true"])
    dead.wait()
    (folder / "a.json").write_text(json.dumps({"pid": dead.pid, "username": "x", "hostname": "y"}))
    (folder / "b.json").write_text("{not json")
    workspace = Workspace("dev", "local", cloud.home)
    assert recovery.release_locks(workspace) == [str(dead.pid), "0"]
    assert not list(folder.iterdir())
    monkeypatch.setattr(recovery, "ORPHAN_SECONDS", 0.1)
    (folder / "c.json").write_text(json.dumps({"pid": os.getpid()}))
    with pytest.raises(CommandError, match=f"still running \\(process {os.getpid()}\\)"):
        recovery.release_locks(workspace)
    assert list(folder.iterdir())


def test_a_damaged_store_is_told_in_one_sentence(standing: Standing) -> None:
    cloud = standing("dev")
    path = cloud.home / "cloud" / "cloud.db"
    for extra in path.parent.glob("cloud.db-*"):
        extra.unlink()
    path.write_bytes(b"garbage" * 5000)
    answer = cloud.run("up")
    assert answer.code == 1
    assert "is damaged" in answer.err
    assert "make clean-local" in answer.err
    assert path.read_bytes() == b"garbage" * 5000


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Path]:
    """A disk of 90 MB."""
    disk = tmp_path / "disk"
    disk.mkdir()
    mount = ["mount", "-t", "tmpfs", "-o", "size=90m", "tmpfs", str(disk)]
    made = subprocess.run(mount, capture_output=True, text=True, check=False)
    if made.returncode:
        pytest.skip(f"only root can make a small disk to fill up: {made.stderr}")
    yield disk
    subprocess.run(["umount", "--lazy", str(disk)], check=False)


def test_a_disk_without_room_is_told_before_anything_is_begun(small_disk: Path) -> None:
    (small_disk / "filler").write_bytes(b"x" * 60_000_000)
    answer = Lifecycle(small_disk / "home", "dev").run("up")
    assert (answer.code, answer.out) == (1, "")
    assert "MB free, and 64 MB are needed. Nothing was changed." in answer.err
    assert not (small_disk / "home" / "state").exists()


def test_a_disk_that_fills_up_loses_nothing(small_disk: Path) -> None:
    cloud = Lifecycle(small_disk / "home", "dev")
    process = cloud.start("up")
    wait_for(lambda: (small_disk / "home" / "cloud" / "cloud.db").exists() and len(cloud.rows()) > 10)
    with contextlib.suppress(OSError), (small_disk / "filler").open("wb") as filler:
        while True:
            filler.write(b"x" * 1_000_000)
            filler.flush()
    _, err = process.communicate(timeout=120)
    assert process.returncode == 1, err
    assert "is full, and the work was stopped; what was done is kept, or found again" in err, err
    (small_disk / "filler").unlink()
    cloud.ok("up")
    cloud.assert_true_to_state()


def test_where_the_state_cannot_be_written_the_work_ends_and_nothing_is_lost(cloud: Lifecycle) -> None:
    process = cloud.start("up")
    wait_for(lambda: len(cloud.rows()) > 10)
    journal = next((cloud.home / "state" / "journals").rglob("*.jsonl"))
    journal.rename(kept := journal.with_suffix(".kept"))
    journal.mkdir()
    _, err = process.communicate(timeout=60)
    assert process.returncode == 1, err
    assert "Pulumi's state could not be written. Free the disk, and run the command again" in err
    journal.rmdir()
    kept.rename(journal)
    cloud.ok("up")
    cloud.assert_true_to_state()


def test_drift_is_found_told_and_put_right(standing: Standing) -> None:
    cloud = standing("dev")
    cloud.stage(
        ("set", "instances/alphintra-main-db", "settings.tier", "db-custom-8-32768"),
        ("set", "instances/alphintra-main-db", "settings.ipConfiguration.ipv4Enabled", "true"),
        ("delete", "serviceAccounts/pgbouncer@alphintra-dev.iam.gserviceaccount.com"),
    )
    answer = cloud.run("drift")
    assert answer.code == 2
    assert "settings.tier: db-custom-8-32768 -> db-custom-1-3840" in answer.out
    assert "settings.ipConfiguration.ipv4Enabled: true -> false" in answer.out
    assert "+ identities-pgbouncer (gcp:Account)" in answer.out
    shown = cloud.ok("refresh")
    assert "~ main-db-primary" in shown
    assert "- identities-pgbouncer" in shown
    cloud.ok("up")
    assert cloud.run("drift").code == 0
    cloud.assert_true_to_state()


def test_a_policy_stops_an_update_before_anything_is_created(tmp_path: Path) -> None:
    cloud = Lifecycle(tmp_path, "staging")
    cloud.override({"encryption": {"rotation_days": 200}})
    answer = cloud.run("up")
    assert answer.code == 1
    assert "[mandatory] kms-rotation: encryption-key-" in answer.err
    assert "rotationPeriod is '17280000s'; it must be 86400s to 7776000s" in answer.err
    assert "Why: " in answer.err
    assert "Fix: Set rotationPeriod to 7776000s or less, and a day or more." in answer.err
    assert not cloud.rows()


# -- asked wrongly


def test_settings_are_refused_before_the_engine_starts(tmp_path: Path) -> None:
    cloud = Lifecycle(tmp_path, "prod")
    cloud.override({"database": {"backups": {"log_retention_days": 9}}})
    for command in ("up", "preview", "destroy"):
        answer = cloud.run(command)
        assert (answer.code, answer.out) == (1, "")
        assert answer.err.startswith("Pulumi.prod.yaml")
        assert "edition ENTERPRISE keeps logs for at most 7 days" in answer.err
    assert not (tmp_path / "state").exists()


@pytest.mark.parametrize("command", ["up", "preview", "drift", "refresh", "destroy", "protect", "unprotect"])
def test_an_unknown_environment(tmp_path: Path, command: str) -> None:
    answer = Lifecycle(tmp_path, "prd").run(command)
    assert (answer.code, answer.out) == (64, "")
    assert "unknown environment 'prd': there is no Pulumi.prd.yaml; there are dev, prod, staging" in answer.err
    assert not (tmp_path / "state").exists()


@pytest.mark.parametrize("command", ["up", "preview"])
def test_levels_of_policies_that_there_are_not(tmp_path: Path, command: str) -> None:
    file = tmp_path / "levels.json"
    file.write_text('{"gcs-cmek": "remediate"}')
    answer = Lifecycle(tmp_path, "dev").run(command, "--levels", str(file))
    assert (answer.code, answer.out) == (64, "")
    assert answer.err.startswith(f"{file}: gcs-cmek: it has no remedy; those that have one are ")


def test_an_environment_that_is_not_up_cannot_drift(tmp_path: Path) -> None:
    answer = Lifecycle(tmp_path, "dev").run("drift")
    assert answer.code == 1
    assert "'dev' is not up; `make up ENV=dev` builds it" in answer.err


def test_words_that_are_no_command(tmp_path: Path) -> None:
    cloud = Lifecycle(tmp_path, "dev")
    assert cloud.run("upp").code == 64
    assert cloud.run("up", "--cloud", "aws").code == 64


def test_without_an_engine(tmp_path: Path) -> None:
    copy = tmp_path / "checkout"
    files = subprocess.run(
        ["git", "ls-files", "-co", "--exclude-standard"], cwd=ROOT, capture_output=True, text=True, check=True
    ).stdout.splitlines()
    for name in files:
        if (ROOT / name).exists():
            (copy / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy2(ROOT / name, copy / name, follow_symlinks=False)
    answer = subprocess.run(
        [str(ROOT / ".venv" / "bin" / "python"), "-m", "tools.lifecycle", "up"],
        cwd=copy,
        capture_output=True,
        text=True,
        check=False,
    )
    assert answer.returncode == 1
    assert answer.stderr.strip() == "there is no Pulumi engine yet; `make setup` gets one"
