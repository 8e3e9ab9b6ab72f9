"""What is said and done where programs of the operating system are missing. apt-get is a script of the test's own."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from tools import programs

APT = """#!/bin/sh
echo "$@" >> {log}
[ -x {policy} ] && echo "services held back" >> {log}
[ "$1" = update ] || {install}
"""


class Machine:
    """A machine that lacks `proof`, and has an apt-get that does `install`."""

    def __init__(self, folder: Path, patch: pytest.MonkeyPatch) -> None:
        self.patch = patch
        self.folder = folder
        self.proof = folder / "proof"
        self.policy = folder / "policy-rc.d"
        self.log = folder / "log"
        self.packages = {"sqitch": self.proof, "there": folder}

    def apt(self, install: str) -> None:
        apt = self.folder / "apt-get"
        apt.write_text(APT.format(log=self.log, policy=self.policy, install=install))
        apt.chmod(0o755)
        self.patch.setenv("PATH", f"{self.folder}:{os.environ['PATH']}")

    def uid(self, number: int) -> None:
        self.patch.setattr(os, "geteuid", lambda: number)

    def ensure(self) -> bool:
        return programs.ensure(self.packages, self.policy)


@pytest.fixture
def machine(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Machine:
    return Machine(tmp_path, monkeypatch)


def test_root_installs_what_is_missing_announces_it_and_starts_no_service(
    machine: Machine, capsys: pytest.CaptureFixture[str]
) -> None:
    machine.uid(0)
    machine.apt(f"touch {machine.proof}")
    assert machine.ensure()
    assert machine.log.read_text().splitlines() == [
        "update",
        "services held back",
        "install --yes --no-install-recommends sqitch",
        "services held back",
    ]
    assert not machine.policy.exists()
    assert "installing for the tests, once: sqitch; no service is started" in capsys.readouterr().err


def test_a_second_time_does_and_says_nothing(machine: Machine, capsys: pytest.CaptureFixture[str]) -> None:
    machine.uid(0)
    machine.apt("exit 9")
    machine.proof.touch()
    assert machine.ensure()
    assert not machine.log.exists()
    assert capsys.readouterr().err == ""


def test_a_policy_of_the_machine_stays(machine: Machine) -> None:
    machine.uid(0)
    machine.policy.write_text("#!/bin/sh\nexit 0\n")
    machine.apt(f"touch {machine.proof}")
    assert machine.ensure()
    assert machine.policy.read_text() == "#!/bin/sh\nexit 0\n"


@pytest.mark.parametrize(
    ("uid", "install", "said"),
    [
        (1000, "exit 9", "skipped; to run them, as root: apt-get install --no-install-recommends sqitch"),
        (0, "{ echo 'E: no network'; exit 100; }", "E: no network"),
        (0, "true", "skipped; still missing: sqitch"),
    ],
    ids=["not root", "apt fails", "apt does nothing"],
)
def test_what_cannot_be_installed_is_said(
    machine: Machine, capsys: pytest.CaptureFixture[str], uid: int, install: str, said: str
) -> None:
    machine.uid(uid)
    machine.apt(install)
    assert not machine.ensure()
    assert said in capsys.readouterr().err
    assert not machine.policy.exists()


def test_without_apt_it_says_what_to_install(machine: Machine, capsys: pytest.CaptureFixture[str]) -> None:
    machine.uid(0)
    machine.patch.setenv("PATH", str(machine.folder))
    assert not machine.ensure()
    assert "as root: apt-get install --no-install-recommends sqitch" in capsys.readouterr().err
