"""Every rule on relations, on what production declares and on what it must not."""

from __future__ import annotations

import pytest

from policies.enforcement import Enforcement
from policies.judge import Judge, Verdict
from policies.resources import Resource
from policies.rule import StackRule

from .relations import RELATIONS, declared, nothing, stack_of
from .rows import BY_ID

every_relation = pytest.mark.parametrize("rule", [rule for rule in RELATIONS if rule != "policy-waivers-valid"])
EXCUSED = ("backup-bucket-isolated", "cmek-key-not-orphan", "resource-type-denied")
"""What production has a waiver for."""


def verdicts(rule: str, resources: list[Resource]) -> list[Verdict]:
    return list(Judge([BY_ID[rule]], Enforcement("prod")).stack(stack_of(resources)))


def start(rule: str) -> list[Resource]:
    return list((RELATIONS[rule].start or nothing)(list(declared("prod"))))


def test_every_rule_on_relations_has_an_edit() -> None:
    assert set(RELATIONS) == {rule for rule, known in BY_ID.items() if isinstance(known, StackRule)}


@every_relation
def test_what_is_declared_is_accepted_and_the_edit_is_found(rule: str) -> None:
    before = verdicts(rule, start(rule))
    assert not before or rule in EXCUSED, before
    after = verdicts(rule, list(RELATIONS[rule].edit(start(rule))))
    assert len(after) > len(before) or {known.urn for known in after} - {known.urn for known in before}
    assert {known.outcome for known in after} == {"violation"}


@pytest.mark.parametrize("rule", [rule for rule, known in RELATIONS.items() if known.unknown])
def test_the_unknown_is_undecided_and_hides_nothing(rule: str) -> None:
    unknown = RELATIONS[rule].unknown
    assert unknown
    found = verdicts(rule, list(unknown(start(rule))))
    assert "undecided" in {known.outcome for known in found}
    assert "broken" not in {known.outcome for known in found}
