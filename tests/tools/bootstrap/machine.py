"""A machine as small as the set-up of one can be tested on: what it looks for is a shell script in a folder of the test's own."""

from __future__ import annotations

import hashlib
import shutil
import sys
from pathlib import Path
from types import SimpleNamespace

import pytest

from tools.bootstrap import engine, environment

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
