"""Which engine is chosen, in which order, and what is said where there is none."""

from __future__ import annotations

import os
import subprocess
import time

import pytest

from tools.bootstrap import __main__ as command
from tools.bootstrap import engine
from tools.bootstrap.console import SetupError

from .machine import INSTALLER, Machine, pulumi

pytestmark = pytest.mark.timeout(60)


def test_one_on_path_is_chosen_once_and_then_known(machine: Machine, capsys: pytest.CaptureFixture[str]) -> None:
    found = machine.has_pulumi(pulumi("v3.300.1"))
    assert command.main() == 0
    said = capsys.readouterr()
    assert said.out == ""
    assert said.err.startswith(f"set-up: engine: Pulumi 3.300.1, found on PATH at {found}")
    chosen = engine.recorded()
    assert chosen
    assert (chosen.path, chosen.version) == (str(found), "3.300.1")
    assert command.main() == 0
    assert capsys.readouterr() == ("", ""), "nothing was missing, so nothing is said"
    assert machine.runs(found) == ["version "]
    assert machine.runs(machine.python) == []


@pytest.mark.parametrize("changed", ["time", "size"])
def test_an_upgraded_one_on_path_is_asked_again(machine: Machine, changed: str) -> None:
    found = machine.has_pulumi(pulumi("v3.300.1"))
    engine.ensure()
    before = found.stat()
    machine.has_pulumi(pulumi("v3.300.2") + " " * (changed == "size"))
    modified = before.st_mtime_ns + 5_000_000_000 * (changed == "time")
    os.utime(found, ns=(modified, modified))
    assert (found.stat().st_size == before.st_size) == (changed == "time")
    assert engine.ensure().version == "3.300.2"
    assert len(machine.runs(found)) == 2
    chosen = engine.recorded()
    assert chosen
    assert chosen.version == "3.300.2"


@pytest.mark.parametrize("version", ["v3.256.0", "3.256.1", "v3.1000.0", "v3.300.0-dev.7"])
def test_supported_versions(machine: Machine, version: str) -> None:
    machine.has_pulumi(pulumi(version))
    assert engine.ensure().version == version.removeprefix("v")


UNUSABLE = {
    "too old": (pulumi("v3.255.9"), "is Pulumi 3.255.9; supported are 3.256.0 and newer, below 4"),
    "far too old": (pulumi("v2.999.0"), "is Pulumi 2.999.0; supported are"),
    "too new": (pulumi("v4.0.0"), "is Pulumi 4.0.0; supported are"),
    "no version": (pulumi("hello"), "is Pulumi hello; supported are"),
    "numbers that are no version": (pulumi("error 3 in line 300 of 1"), "is Pulumi error 3 in line 300 of 1; supported are"),
    "half a version": (pulumi("v3.300"), "is Pulumi 3.300; supported are"),
    "silent": ("true", "is Pulumi (unknown); supported are"),
    "not even text": (r"printf '\377\376'", "; supported are"),
    "fails": ("exit 3", "does not run: Command"),
    "does not start": (None, "does not run: [Errno 2]"),
}


@pytest.mark.parametrize("case", UNUSABLE)
def test_an_unusable_one_on_path_is_named_and_passed_over(
    machine: Machine, case: str, capsys: pytest.CaptureFixture[str]
) -> None:
    body, reason = UNUSABLE[case]
    found = machine.has_pulumi(body or "")
    if body is None:
        found.write_text("#!/nowhere/sh\n")
    machine.has_python(installer=INSTALLER)
    assert engine.ensure().path == str(machine.installed), "the next attempt"
    said = capsys.readouterr().err
    assert f"set-up: engine: {found} " in said
    assert reason in said


ATTEMPTS = ("PATH", "kept", "installer", "build")


@pytest.mark.parametrize("works", ATTEMPTS)
def test_the_first_attempt_that_works_is_the_last(machine: Machine, works: str) -> None:
    """All before `works` are broken; it and all after it work."""
    good = ATTEMPTS[ATTEMPTS.index(works) :]
    on_path = machine.has_pulumi(pulumi("v3.300.1" if "PATH" in good else "v3.1.1"))
    kept = machine.script(machine.built, pulumi(f"v{engine.PINNED}" if "kept" in good else "v3.1.1"))
    machine.has_python(**{"installer": INSTALLER} if "installer" in good else {})
    go = machine.has_go()
    chosen = engine.ensure()
    assert chosen.path == str(
        {"PATH": on_path, "kept": kept, "installer": machine.installed, "build": machine.built}[works],
    )
    asked = (on_path, kept, machine.python, go)
    assert [bool(machine.runs(each)) for each in asked] == [each not in good or each == works for each in ATTEMPTS]
    assert engine.recorded() == chosen


def test_where_nothing_works_every_reason_is_listed(machine: Machine, capfd: pytest.CaptureFixture[str]) -> None:
    found = machine.has_pulumi(pulumi("v3.1.1"))
    machine.script(machine.built, "exit 1")
    assert command.main() == 1
    said = capfd.readouterr()
    assert said.out == ""
    assert "Traceback" not in said.err
    assert said.err.count("set-up: failed: ") == 1
    message = said.err.split("set-up: failed: ")[1]
    reasons = (
        "no Pulumi engine could be had:",
        f"  - {found} is Pulumi 3.1.1",
        f"  - {machine.built} does not run",
        "  - the official installer did not work: no route to host",
        "  - no Go compiler: python failed (exit 1):\n  no such package",
        f"Install Pulumi {engine.PINNED} or newer (https://www.pulumi.com/docs/install/) or Go 1.26 or newer",
    )
    assert [message.count(reason) for reason in reasons] == [1] * len(reasons), message
    assert sorted(reasons, key=message.index) == list(reasons), "in the order of the attempts"
    assert engine.recorded() is None
    with pytest.raises(SetupError, match="no Pulumi engine could be had"):
        engine.ensure()


def test_a_kept_engine_is_used_without_an_attempt(machine: Machine, capsys: pytest.CaptureFixture[str]) -> None:
    machine.has_go()
    chosen = engine.ensure()
    machine.script(machine.built, pulumi(f"v{engine.PINNED}"))
    attempts = len(machine.runs(machine.python))
    capsys.readouterr()
    assert engine.ensure() == chosen
    assert len(machine.runs(machine.python)) == attempts
    assert machine.runs(machine.built) == [], "it is known from the record"
    assert capsys.readouterr() == ("", "")


def test_a_kept_engine_outlasts_one_on_path(machine: Machine) -> None:
    go = machine.has_go()
    kept = engine.ensure()
    on_path = machine.has_pulumi(pulumi("v3.300.1"))
    assert engine.ensure().path == str(on_path)
    on_path.unlink()
    built = len(machine.runs(go))
    assert engine.ensure() == engine.recorded() == kept
    assert len(machine.runs(go)) == built, "no second build"


@pytest.mark.parametrize("lost", ["file", "right to run", "version", "record's version"])
def test_a_kept_engine_that_is_gone_or_another_is_made_anew(machine: Machine, lost: str, monkeypatch: pytest.MonkeyPatch) -> None:
    go = machine.has_go()
    engine.ensure()
    built = len(machine.runs(go))
    match lost:
        case "file":
            machine.built.unlink()
        case "right to run":
            machine.built.chmod(0o644)
        case "version":
            engine.RECORD.unlink()
            machine.script(machine.built, pulumi("v3.256.7"))
        case _:
            monkeypatch.setattr(engine, "PINNED", "3.299.0")
    chosen = engine.ensure()
    assert len(machine.runs(go)) > built
    assert chosen.version == engine.PINNED
    answer = subprocess.run([chosen.path, "version"], capture_output=True, text=True, check=True).stdout
    assert answer == f"v{engine.PINNED}\n"


@pytest.mark.parametrize("text", ["", "{", "[]", '{"path": "x"}', '"x"'])
def test_a_damaged_record_is_none(machine: Machine, text: str) -> None:
    machine.cache.mkdir(parents=True)
    engine.RECORD.write_text(text)
    assert engine.recorded() is None
    machine.has_pulumi(pulumi("v3.300.1"))
    assert engine.ensure() == engine.recorded()


def test_what_a_failed_installer_leaves_is_removed(machine: Machine) -> None:
    machine.has_python(installer=f"{INSTALLER}; echo checksum is wrong; exit 1")
    with pytest.raises(SetupError, match="the official installer did not work: checksum is wrong\n"):
        engine.ensure()
    assert not machine.installed.parents[1].exists()


def test_an_installer_that_hangs_is_given_up(machine: Machine, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(engine, "INSTALLER_SECONDS", 0.2)
    machine.has_python(installer="sleep 30")
    machine.has_go()
    started = time.monotonic()
    assert engine.ensure().path == str(machine.built)
    assert time.monotonic() - started < 10
