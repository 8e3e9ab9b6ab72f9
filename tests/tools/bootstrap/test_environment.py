"""The virtual environment: left alone where it is current, made anew where it is of no use."""

from __future__ import annotations

import shutil
import sys
from pathlib import Path

import pytest

from tools.bootstrap import console, environment
from tools.bootstrap.console import SetupError

from .machine import Machine

pytestmark = pytest.mark.timeout(60)


@pytest.fixture
def commands(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The commands that setting up the environment runs; none really runs, and Python is always the same."""
    commands: list[str] = []

    def run(parts: list[str | Path], **_: object) -> list[str]:
        commands.append(" ".join(map(str, parts)))
        return sys.version.splitlines()

    monkeypatch.setattr(environment, "run", run)
    return commands


def test_a_current_environment_is_left_alone(
    machine: Machine, commands: list[str], capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    machine.free(monkeypatch, 0)
    environment.ensure()
    assert commands == []
    assert capsys.readouterr() == ("", "")


def test_a_changed_lock_file_reinstalls(machine: Machine, commands: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    machine.lock_file.write_text("pulumi==3.273.0\n")
    environment.ensure()
    assert "-c import sys" in commands[0], "the environment stays where its Python is this one"
    assert commands[1:] == [
        f"{machine.python} -m pip --disable-pip-version-check install --require-hashes -r {machine.lock_file}",
        f"{machine.python} -m tools.preload",
    ]
    said = capsys.readouterr().err
    assert "installing the locked Python packages into .venv" in said
    assert "compiling what the program imports" in said
    environment.ensure()
    assert len(commands) == 3, "once"


def test_a_failed_installation_is_not_taken_for_a_current_one(machine: Machine, commands: list[str]) -> None:
    before = machine.lock_file.read_text()
    machine.lock_file.write_text("pulumi==3.273.0\n")
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(environment, "run", console.run)
        patch.setattr(environment, "_same_python", lambda: True)
        with pytest.raises(SetupError, match=r"python failed \(exit 1\):\n  no such package"):
            environment.ensure()
    machine.lock_file.write_text(before)
    environment.ensure()
    assert any(" -m pip " in command for command in commands), "half of the other versions may be there"


@pytest.mark.parametrize("there", ["nothing", "another Python", "a Python that is gone"])
def test_an_environment_of_no_use_is_created_anew(machine: Machine, there: str, monkeypatch: pytest.MonkeyPatch) -> None:
    venv = machine.root / ".venv"
    machine.has_python(pip='echo "PYTHONPATH=$PYTHONPATH"', installer="echo 3.8.1")
    good = shutil.copy(machine.python, machine.root / "good")
    creator = machine.script(machine.root / "python3", f'mkdir -p "$3/bin"; cp {good} "$3/bin/python"')
    monkeypatch.setattr(sys, "executable", str(creator))
    (venv / ".installed").unlink()
    (venv / "left-over").touch()
    if there == "nothing":
        shutil.rmtree(venv)
    elif there == "a Python that is gone":
        machine.python.unlink()
        machine.python.symlink_to("/nowhere/python")
    environment.ensure()
    assert machine.runs(creator) == [f"-m venv {venv} "]
    assert not (venv / "left-over").exists()
    assert (venv / ".installed").exists()


def test_a_python_that_cannot_create_environments(machine: Machine, monkeypatch: pytest.MonkeyPatch) -> None:
    venv = machine.root / ".venv"
    shutil.rmtree(venv)
    creator = machine.script(machine.root / "python3", 'mkdir -p "$3/bin"; echo ensurepip is not available; exit 1')
    monkeypatch.setattr(sys, "executable", str(creator))
    with pytest.raises(SetupError) as caught:
        environment.ensure()
    assert "ensurepip is not available" in str(caught.value)
    assert str(caught.value).endswith("On Debian and Ubuntu: apt-get install python3-venv")
    assert not venv.exists(), "half an environment is not left behind"


def test_too_little_space_for_the_environment(machine: Machine, commands: list[str], monkeypatch: pytest.MonkeyPatch) -> None:
    machine.lock_file.write_text("")
    machine.free(monkeypatch, 0.7e9)
    with pytest.raises(SetupError, match=r"the virtual environment needs about 1\.5 GB, and the disk .* has 0\.7 GB free$"):
        environment.ensure()
    assert commands == []


def test_other_environments_do_not_leak_in(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("PYTHONPATH", "PYTHONHOME", "VIRTUAL_ENV", "KEPT"):
        monkeypatch.setenv(name, "/elsewhere")
    clean = environment.clean_environment()
    assert clean["KEPT"] == "/elsewhere"
    assert not {"PYTHONPATH", "PYTHONHOME", "VIRTUAL_ENV"} & set(clean)
