"""Where a stack's state, secrets and configuration live, for the local cloud and for Google's."""

from __future__ import annotations

import fcntl
import json
import os
import secrets
import shutil
from collections.abc import Callable, Generator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from functools import cached_property
from pathlib import Path
from typing import Any, Literal

from pulumi.automation import CommandResult, LocalWorkspace, OutputMap, Stack, UpdateSummary
from pulumi.automation._stack import StackInitMode

from localcloud.serve import STORE_VARIABLE
from localcloud.state.stacks import Stack as KeptStack
from localcloud.state.stacks import StateError
from policies.enforcement import PolicyError, levels_in
from policies.rules import RULES
from settings import NAMESPACE, Environment, SettingsError
from settings.load import overridden, read_stack_file
from settings.profiles import overlay
from settings.yaml_file import parse
from tools import preload, running
from tools.recorder import ROOT, run_main

from . import adoption
from .engine import Engine
from .errors import USAGE, CommandError
from .state import served

Cloud = Literal["local", "gcp"]

LOCAL = ROOT / ".cache" / "local"
"""Everything of the local cloud: `make clean-local` removes it, and nothing else is lost."""

ENGINE_GARBAGE = "400"
"""How much more memory the engine may take before it looks for what it needs no longer, in percent
(https://go.dev/doc/gc-guide#GOGC): 400 instead of 230 MB for prod, and a tenth less time, as it would look all the time."""


class QuickStack(Stack):
    """Pulumi's stack, without the three questions that it asks the engine after every update: their answers stand in the
    state, which we read once."""

    def outputs(self) -> OutputMap:
        return {}

    def info(self, show_secrets: bool = True) -> UpdateSummary:  # noqa: ARG002 - the signature is Pulumi's
        return UpdateSummary(kind="", start_time=datetime.now(UTC), message="", environment={}, config={}, result="")


@dataclass(frozen=True)
class Workspace:
    """A stack of an environment on a cloud."""

    environment: str
    cloud: Cloud
    home: Path = LOCAL
    program: Callable[[], None] = run_main
    levels: Path | None = None
    """Levels of the policies' rules for this run, as JSON; without it their own hold."""
    adopts: adoption.Adoptions = field(default_factory=dict[str, str])
    """What the cloud has already, and this run takes over."""

    @cached_property
    def settings(self) -> Environment:
        """The validated settings, with the overrides of this machine laid on top.

        Raises:
            CommandError: there is no such environment, or its settings are not allowed.
        """
        if not self.file.exists():
            known = ", ".join(environments())
            raise CommandError(
                f"unknown environment '{self.environment}': there is no {self.file.name}; there are {known}", USAGE
            )
        try:
            return overridden(read_stack_file(self.file), self.overrides, self.file.name)
        except SettingsError as error:
            raise CommandError(str(error)) from None

    @property
    def file(self) -> Path:
        """The stack's file."""
        return ROOT / f"Pulumi.{self.environment}.yaml"

    @property
    def overrides(self) -> Mapping[str, Any]:
        """Settings that this machine lays on top of the stack's file, on the local cloud only."""
        try:
            return json.loads(self._overrides.read_text()) if self.cloud == "local" else {}
        except FileNotFoundError:
            return {}

    def override(self, over: Mapping[str, Any]) -> None:
        """Changes those settings; nothing removes the file."""
        if over:
            self._overrides.parent.mkdir(parents=True, exist_ok=True)
            self._overrides.write_text(json.dumps(over))
        else:
            self._overrides.unlink(missing_ok=True)
        self.__dict__.pop("settings", None)

    @property
    def journal(self) -> Path:
        """Operations of earlier runs whose outcome is not known."""
        return self.home / "journal" / f"{self.cloud}-{self.environment}.json"

    @property
    def policy_packs(self) -> list[str]:
        """The policy packs that the engine enforces."""
        return [str(ROOT / "policies")]

    @property
    def policy_pack_configs(self) -> list[str]:
        """Files with levels of their rules, one for each pack; none where their own levels hold.

        Raises:
            CommandError: the file cannot be read, or has a rule or a level that there is not.
        """
        if self.levels is None:
            return []
        try:
            levels_in(self.levels, RULES)
        except PolicyError as error:
            raise CommandError(str(error), USAGE) from None
        return [str(self.levels.resolve())]

    @property
    def store(self) -> Path:
        """The folder of the local cloud's store."""
        return self.home / "cloud"

    def expect_program(self) -> None:
        """Loads what the program imports from now on: for commands that will run it."""
        if self.program is run_main:
            preload.start()

    @cached_property
    def stack(self) -> Stack:
        """The stack, made where it does not exist."""
        program = self.program
        if program is run_main:
            program = preload.before(run_main)
        folder = self._prepared() if self.cloud == "local" else ROOT
        workspace = LocalWorkspace(
            work_dir=str(folder),
            program=running.quickly(adoption.adopting(program, self.adopts)),
            pulumi_command=self.engine,
            pulumi_home=str(self._engine_home) if self.cloud == "local" else None,
            env_vars=self._variables if self.cloud == "local" else {},
        )
        return QuickStack(self.environment, workspace, StackInitMode.CREATE_OR_SELECT)

    @contextmanager
    def changing(self) -> Generator[Stack]:
        """The stack, for an operation that changes it.

        On the local cloud the engine then sends what it does, a line for each operation, to a service of ours. To a `file://`
        backend it writes the whole state twice a resource, which is four fifths of an `up` of prod.
        """
        stack = self.stack
        if self.cloud == "gcp":
            yield stack
            return
        at_rest = stack.workspace.env_vars
        with served(self.home / "state", self.engine.said, self._private / "login" / self.environment) as service:
            stack.workspace.env_vars = {**at_rest, **service}
            try:
                yield stack
            finally:
                stack.workspace.env_vars = at_rest

    def exported(self) -> dict[str, Any]:
        """The stack's state, secrets encrypted: version and deployment.

        Raises:
            CommandError: it cannot be read.
        """
        if self.cloud == "gcp":
            return json.loads(self._engine("stack", "export").stdout)
        try:
            return self.kept.load(self.engine.said)
        except StateError as error:
            raise CommandError(str(error)) from None

    def imported(self, state: Mapping[str, Any]) -> None:
        """Replaces the stack's state."""
        file = self._private / f"{self.environment}.state.json"
        file.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        file.touch(mode=0o600)
        file.write_text(json.dumps(state))
        try:
            self._engine("stack", "import", "--file", str(file))
        finally:
            file.unlink()

    @cached_property
    def engine(self) -> Engine:
        """The engine that works on the stack."""
        return Engine()

    @contextmanager
    def alone(self) -> Generator[None]:
        """Keeps other commands of this checkout off the stack.

        Raises:
            CommandError: one is at work.
        """
        lock = self.home / f"{self.cloud}-{self.environment}.lock"
        lock.parent.mkdir(parents=True, exist_ok=True)
        with lock.open("a+") as file:
            try:
                fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                file.seek(0)
                raise CommandError(
                    f"the stack '{self.environment}' is in use by another command (process {file.read() or 'unknown'}); "
                    "wait for it to end, or stop it with Ctrl-C"
                ) from None
            file.truncate(0)
            file.write(str(os.getpid()))
            file.flush()
            yield

    @property
    def kept(self) -> KeptStack:
        """Where the local cloud keeps the stack's state."""
        return KeptStack(self.home / "state", NAMESPACE, self.environment)

    def forget(self) -> None:
        """Removes what this machine keeps of the stack, after it was destroyed."""
        self.journal.unlink(missing_ok=True)
        if self.cloud == "local":
            self.override({})
            shutil.rmtree(self._folder, ignore_errors=True)

    # -- inside

    def _engine(self, *arguments: str) -> CommandResult:
        """A command that Pulumi's Automation API does not have, or only with secrets in plain text."""
        workspace = self.stack.workspace
        home = {"PULUMI_HOME": workspace.pulumi_home} if workspace.pulumi_home else {}
        env = {**workspace.env_vars, **home}
        return self.engine.run([*arguments, "--stack", self.environment], workspace.work_dir, env)

    @property
    def _private(self) -> Path:
        return self.home / "private"

    @property
    def _engine_home(self) -> Path:
        return self.home / "home"

    @property
    def _overrides(self) -> Path:
        return self.home / "overrides" / f"{self.environment}.json"

    @property
    def _folder(self) -> Path:
        return self.home / "workspaces" / self.environment

    @property
    def _variables(self) -> dict[str, str]:
        return {
            # Without the files of attributes beside each file: the engine does not write those in one piece, and one that is
            # killed in between cannot read its own state any more.
            "PULUMI_BACKEND_URL": f"{(self.home / 'state').as_uri()}?metadata=skip",
            "PULUMI_CONFIG_PASSPHRASE_FILE": str(self._passphrase()),
            "PULUMI_DISABLE_AUTOMATIC_PLUGIN_ACQUISITION": "true",
            "PULUMI_DISABLE_JOURNALING": "false",
            "PULUMI_JOURNALING_BATCH_PERIOD": "10",  # milliseconds; each operation waits for two of them
            "GOGC": os.environ.get("GOGC", ENGINE_GARBAGE),
            "PATH": f"{ROOT / 'localcloud' / 'bin'}{os.pathsep}{os.environ.get('PATH', os.defpath)}",
            STORE_VARIABLE: str(self.store),
        }

    def _passphrase(self) -> Path:
        file = self.home / "passphrase"
        if not file.exists():
            partial = file.with_suffix(f".{os.getpid()}")
            partial.touch(mode=0o600)
            partial.write_text(secrets.token_urlsafe(32))
            partial.replace(file)
        return file

    def _prepared(self) -> Path:
        """A folder with the project and the stack's file, so that the engine never writes into the checkout."""
        (self.home / "state").mkdir(parents=True, exist_ok=True)
        self._folder.mkdir(parents=True, exist_ok=True)
        self._without_logs()
        shutil.copyfile(ROOT / "Pulumi.yaml", self._folder / "Pulumi.yaml")
        copy = self._folder / self.file.name
        kept = _salt(copy)
        given: Any = parse(self.file.read_text())
        config: dict[str, Any] = dict(given["config"])
        for key, value in self.overrides.items():
            name = f"{NAMESPACE}:{key}"
            config = overlay(config, {name: value})
        copy.write_text(json.dumps({"config": config, **kept}, indent=2, default=str))  # JSON is YAML
        return self._folder

    def _without_logs(self) -> None:
        """Takes the place of the folder of the engine's automatic logs, unless somebody made it.

        The engine notes all that it does at its highest level, which no setting turns off: 17 MB for an update of prod, and a
        seventh of the processor's time of a preview. Where it cannot make its folder, it goes without.
        """
        logs = self._engine_home / "logs"  # `mkdir` it for `pulumi logs`
        if not logs.exists():
            logs.parent.mkdir(parents=True, exist_ok=True)
            logs.touch()


def environments() -> list[str]:
    """The environments that have a file."""
    return sorted(path.name.split(".")[1] for path in ROOT.glob("Pulumi.*.yaml"))


def _salt(file: Path) -> dict[str, Any]:
    """What the engine wrote into the stack's file to encrypt secrets."""
    if not file.exists():
        return {}
    known: Any = parse(file.read_text()) or {}
    return {key: value for key, value in known.items() if key != "config"}
