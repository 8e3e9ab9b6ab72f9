"""Every rule refuses its broken program, accepts the twin, and is not seen by mocks."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from localcloud.errors import LocalCloudError, Refusal
from localcloud.gcp.cloud import rules

from .cases import CASES, STAGED_ELSEWHERE
from .parts import Case
from .program import stage, under_mocks
from .world import World

IDS = [case.rule for case in CASES]


@pytest.mark.parametrize("case", CASES, ids=IDS)
def test_refuses_the_broken_program(case: Case, tmp_path: Path) -> None:
    world = World(tmp_path, case.project)
    world.apply(case.setup)
    stage(world.store, case.stage)
    before = world.names()
    with pytest.raises(LocalCloudError) as caught:
        world.apply(case.bad)
    assert isinstance(caught.value, Refusal)
    assert caught.value.rule == case.rule
    assert re.search(case.says, str(caught.value))
    assert world.names() == before, "a refused request leaves no trace"


@pytest.mark.parametrize("case", CASES, ids=IDS)
def test_accepts_the_twin(case: Case, tmp_path: Path) -> None:
    world = World(tmp_path, case.project)
    world.apply(case.setup)
    stage(world.store, [*case.stage, *case.unstage])
    world.apply(case.good)
    assert {res.name for res in case.good} == set(world.states)


def test_mocks_catch_none_of_them() -> None:
    registered = under_mocks([(case.project, case.bad) for case in CASES])
    assert len(registered) == sum(len(case.bad) for case in CASES)


def test_every_rule_has_a_case() -> None:
    assert {case.rule for case in CASES} | STAGED_ELSEWHERE.keys() == rules.RULES.keys()
    assert not {case.rule for case in CASES} & STAGED_ELSEWHERE.keys()


def test_every_rule_says_what_it_refuses_and_where_that_is_written() -> None:
    for rule in rules.RULES.values():
        assert rule.says.endswith("."), rule.id
        assert rule.source, rule.id


def test_the_numbered_rules_of_the_types_in_use_are_all_there() -> None:
    numbered = {number for rule in rules.RULES.values() for number in rule.numbers}
    # 13 is a replacement (test_replacements.py); 14 is about connections, not about the API (ADR 4).
    assert numbered == {*range(1, 13), *range(15, 54)}
