"""Every rule of the local cloud, seen refusing an `up` of the real engine, with Google's message; and its twin accepted."""

from __future__ import annotations

import os
import re
from collections.abc import Callable, Sequence
from pathlib import Path

import pytest
from pulumi.automation import EngineEvent, LocalWorkspace, ProjectSettings, Stack
from pulumi.automation.errors import CommandError

from localcloud.serve import STORE_VARIABLE
from localcloud.store import Store
from tests.localcloud.cases import CASES
from tests.localcloud.parts import Case
from tests.localcloud.program import declare, stage
from tests.localcloud.world import Res
from tools.lifecycle.engine import Engine
from tools.lifecycle.events import Report
from tools.recorder import ROOT

pytestmark = pytest.mark.engine
DELETIONS = [case for case in CASES if case.deletes]
OTHERS = [case for case in CASES if not case.deletes]


class Stage:
    """A stack whose program is a list of small programs, one a case, each in a project of its own."""

    def __init__(self, folder: Path, cases: Sequence[Case]) -> None:
        self.cases = cases
        self.folder = folder
        self.program: Sequence[tuple[str, Sequence[Res]]] = []
        (folder / "work").mkdir()
        (folder / "state").mkdir()
        variables = {
            "PULUMI_BACKEND_URL": (folder / "state").as_uri(),
            "PULUMI_CONFIG_PASSPHRASE": "test",
            "PULUMI_DISABLE_AUTOMATIC_PLUGIN_ACQUISITION": "true",
            "PATH": f"{ROOT / 'localcloud' / 'bin'}{os.pathsep}{os.environ['PATH']}",
            STORE_VARIABLE: str(folder),
        }
        workspace = LocalWorkspace(
            work_dir=str(folder / "work"),
            pulumi_home=str(folder / "home"),
            program=lambda: declare(self.program),
            env_vars=variables,
            project_settings=ProjectSettings(name="rules", runtime="python"),
            pulumi_command=Engine(),
        )
        self.stack = Stack.create_or_select("test", workspace)

    def up(self, resources: Callable[[Case], Sequence[Res]]) -> Report:
        """Brings every case to some of its resources; goes on where one is refused."""
        self.program = [(case.project, resources(case)) for case in self.cases]
        report = Report("up", progress=False)

        def listen(event: EngineEvent) -> None:
            report(event)

        try:
            self.stack.up(on_event=listen, continue_on_error=True, show_secrets=False)
        except CommandError:
            assert report.errors
        return report

    def tell(self, commands: Callable[[Case], Sequence[tuple[str, ...]]]) -> None:
        """Stages what the cases need."""
        store = Store(self.folder / "cloud.db")
        for case in self.cases:
            stage(store, commands(case))
        store.close()


def test_creations_and_updates(tmp_path: Path) -> None:
    scene = Stage(tmp_path, OTHERS)
    assert scene.up(lambda case: case.setup).messages() == []
    scene.tell(lambda case: case.stage)
    _assert_each_refused(scene.up(lambda case: case.bad), OTHERS)
    scene.tell(lambda case: case.unstage)
    assert scene.up(lambda case: case.good).messages() == []


def test_deletions(tmp_path: Path) -> None:
    scene = Stage(tmp_path, DELETIONS)
    assert scene.up(lambda case: case.setup).messages() == []
    scene.tell(lambda case: case.stage)
    _assert_each_refused(scene.up(lambda case: case.bad), DELETIONS)


def test_deletions_that_are_in_order(tmp_path: Path) -> None:
    scene = Stage(tmp_path, DELETIONS)
    assert scene.up(lambda case: case.setup).messages() == []
    scene.tell(lambda case: case.stage)
    assert scene.up(lambda case: case.good).messages() == []


def _assert_each_refused(report: Report, cases: Sequence[Case]) -> None:
    for case in cases:
        said = [message for urn, message in report.errors if f"::{case.project}-" in urn]
        assert [message for message in said if re.search(case.says, message)], f"{case.rule}: {said}"
        assert len(said) == 1, f"{case.rule}: {said}"
