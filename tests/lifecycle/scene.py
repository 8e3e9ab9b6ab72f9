"""A stack of a test's own on the real engine: a program in this process, and a local cloud in a folder."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

from pulumi.automation import CommandResult, EngineEvent, LocalWorkspace, ProjectSettings
from pulumi.automation._stack import StackInitMode
from pulumi.automation.errors import CommandError

from localcloud.serve import STORE_VARIABLE
from localcloud.store import Store
from tools.lifecycle.engine import Engine
from tools.lifecycle.events import Report
from tools.lifecycle.workspace import QuickStack
from tools.recorder import ROOT
from tools.running import quickly

from .harness import QUICK


class Hasty(Engine):
    """The engine without the preview before an update, which ends at the first thing that is refused."""

    def run(self, args: list[str], *rest: Any, **named: Any) -> CommandResult:
        return super().run(
            ["--skip-preview=true" if argument == "--skip-preview" else argument for argument in args], *rest, **named
        )


class Scene:
    """A stack; `program` declares what should be there."""

    def __init__(self, folder: Path, program: Callable[[], None], engine: type[Engine] = Engine) -> None:
        self.folder = folder
        self.program = program
        (folder / "work").mkdir()
        (folder / "state").mkdir()
        variables = {
            "PULUMI_BACKEND_URL": (folder / "state").as_uri(),
            "PULUMI_CONFIG_PASSPHRASE": "test",
            "PULUMI_DISABLE_AUTOMATIC_PLUGIN_ACQUISITION": "true",
            **QUICK,
            "PATH": f"{ROOT / 'localcloud' / 'bin'}{os.pathsep}{os.environ['PATH']}",
            STORE_VARIABLE: str(folder),
        }
        workspace = LocalWorkspace(
            work_dir=str(folder / "work"),
            pulumi_home=str(folder / "home"),
            program=quickly(self._declare),
            env_vars=variables,
            project_settings=ProjectSettings(name="rules", runtime="python"),
            pulumi_command=engine(),
        )
        self.stack = QuickStack("test", workspace, StackInitMode.CREATE_OR_SELECT)

    def _declare(self) -> None:
        self.program()

    def up(self) -> Report:
        """Brings the cloud to what the program says; goes on where something is refused."""
        return self._run("up", lambda listen: self.stack.up(on_event=listen, continue_on_error=True, show_secrets=False))

    def preview(self) -> Report:
        """Says what would change."""
        return self._run("preview", lambda listen: self.stack.preview(on_event=listen))

    def refresh(self) -> Report:
        """Reads the cloud back."""
        return self._run("refresh", lambda listen: self.stack.refresh(on_event=listen, show_secrets=False))

    def destroy(self) -> Report:
        """Removes everything."""
        return self._run("destroy", lambda listen: self.stack.destroy(on_event=listen, show_secrets=False))

    def state(self) -> list[dict[str, Any]]:
        """The resources in Pulumi's state."""
        deployment: Any = self.stack.export_stack().deployment
        return deployment.get("resources") or []

    def store(self) -> Store:
        """The local cloud's store."""
        return Store(self.folder / "cloud.db")

    def _run(self, name: str, command: Callable[[Callable[[EngineEvent], None]], object]) -> Report:
        report = Report(name, progress=False)

        def listen(event: EngineEvent) -> None:
            report(event)

        try:
            command(listen)
        except CommandError:
            assert report.errors
        return report
