"""Every rule of the local cloud, seen refusing an `up` of the real engine, with Google's message; and its twin accepted."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from pathlib import Path

import pytest

from tests.localcloud.cases import CASES
from tests.localcloud.parts import Case
from tests.localcloud.program import declare, stage
from tests.localcloud.world import Res
from tools.lifecycle.events import Report

from .scene import Scene

pytestmark = pytest.mark.engine
DELETIONS = [case for case in CASES if case.deletes]
OTHERS = [case for case in CASES if not case.deletes]


class Stage(Scene):
    """A stack whose program is a list of small programs, one a case, each in a project of its own."""

    def __init__(self, folder: Path, cases: Sequence[Case]) -> None:
        super().__init__(folder, lambda: declare(self.programs))
        self.cases = cases
        self.programs: Sequence[tuple[str, Sequence[Res]]] = []

    def bring(self, resources: Callable[[Case], Sequence[Res]]) -> Report:
        """Brings every case to some of its resources; goes on where one is refused."""
        self.programs = [(case.project, resources(case)) for case in self.cases]
        return self.up()

    def tell(self, commands: Callable[[Case], Sequence[tuple[str, ...]]]) -> None:
        """Stages what the cases need."""
        store = self.store()
        for case in self.cases:
            stage(store, commands(case))
        store.close()


def test_creations_and_updates(tmp_path: Path) -> None:
    scene = Stage(tmp_path, OTHERS)
    assert scene.bring(lambda case: case.setup).messages() == []
    scene.tell(lambda case: case.stage)
    _assert_each_refused(scene.bring(lambda case: case.bad), OTHERS)
    scene.tell(lambda case: case.unstage)
    assert scene.bring(lambda case: case.good).messages() == []


def test_deletions(tmp_path: Path) -> None:
    scene = Stage(tmp_path, DELETIONS)
    assert scene.bring(lambda case: case.setup).messages() == []
    scene.tell(lambda case: case.stage)
    _assert_each_refused(scene.bring(lambda case: case.bad), DELETIONS)


def test_deletions_that_are_in_order(tmp_path: Path) -> None:
    scene = Stage(tmp_path, DELETIONS)
    assert scene.bring(lambda case: case.setup).messages() == []
    scene.tell(lambda case: case.stage)
    assert scene.bring(lambda case: case.good).messages() == []


def _assert_each_refused(report: Report, cases: Sequence[Case]) -> None:
    for case in cases:
        said = [message for urn, message in report.errors if f"::{case.project}-" in urn]
        assert [message for message in said if re.search(case.says, message)], f"{case.rule}: {said}"
        assert len(said) == 1, f"{case.rule}: {said}"
