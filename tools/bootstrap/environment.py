"""The virtual environment, with exactly the packages of requirements.txt."""

from __future__ import annotations

import hashlib
import os
import shutil
import sys
from pathlib import Path

from .console import SetupError, run, say

ROOT = Path(__file__).resolve().parents[2]
VENV = ROOT / ".venv"
PYTHON = VENV / "bin" / "python"
LOCK_FILE = ROOT / "requirements.txt"
NEEDED_BYTES = 1_500_000_000


def ensure() -> None:
    """Creates the virtual environment, or brings it to the locked versions; does nothing where it is current."""
    stamp = VENV / ".installed"
    wanted = hashlib.sha256(LOCK_FILE.read_bytes() + sys.version.encode()).hexdigest()
    if PYTHON.exists() and stamp.exists() and stamp.read_text() == wanted:
        return
    require_space(ROOT, NEEDED_BYTES, "the virtual environment")
    say("installing the locked Python packages into .venv (once; about a minute)")
    if not (PYTHON.exists() and _same_python()):
        shutil.rmtree(VENV, ignore_errors=True)
        _create()
    pip = [PYTHON, "-m", "pip", "--disable-pip-version-check", "install", "--require-hashes", "-r", LOCK_FILE]
    stamp.unlink(missing_ok=True)
    run(pip, env=clean_environment(), progress=_pip_progress)
    say("compiling what the program imports (once; a few seconds)")
    run([PYTHON, "-m", "tools.preload"], env=clean_environment(), cwd=ROOT)
    stamp.write_text(wanted)


def require_space(where: Path, needed: int, what: str) -> None:
    """Raises SetupError where the disk has less than `needed` bytes free."""
    free = shutil.disk_usage(where).free
    if free < needed:
        raise SetupError(
            f"{what} needs about {needed / 1e9:.1f} GB, and the disk that holds {where} has {free / 1e9:.1f} GB free"
        )


def clean_environment() -> dict[str, str]:
    """This process's environment without what would lead a tool away from our own virtual environment."""
    return {k: v for k, v in os.environ.items() if k not in {"PYTHONPATH", "PYTHONHOME", "VIRTUAL_ENV"}}


def _create() -> None:
    try:
        run([sys.executable, "-m", "venv", VENV], env=clean_environment())
    except SetupError as error:
        shutil.rmtree(VENV, ignore_errors=True)
        raise SetupError(
            f"{error}\nThis Python cannot create virtual environments. On Debian and Ubuntu: apt-get install python3-venv"
        ) from None


def _same_python() -> bool:
    try:
        return run([PYTHON, "-c", "import sys; print(sys.version)"])[0] == sys.version.splitlines()[0]
    except (SetupError, OSError, IndexError):
        return False


def _pip_progress(lines: list[str]) -> str:
    collected = sum(line.startswith("Collecting ") for line in lines)
    installing = any(line.startswith("Installing collected") for line in lines)
    return "installing the packages" if installing else f"{collected} packages fetched"
