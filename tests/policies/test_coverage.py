"""What others ask for is asked by a rule, or left out with a reason; and every rule is about something that is declared."""

from __future__ import annotations

import pytest

from policies.coverage import FRAMEWORKS, coverage, numbers
from policies.enforcement import Enforcement
from policies.judge import Judge
from policies.rule import About
from policies.rules import RULES
from policies.waivers import load

from .relations import declared, declared_with, stack_of
from .rows import BY_ID
from .test_waivers import TODAY

NOT_DECLARED = {
    "redis-auth": "the store of sessions is a redis.Instance where a setting says so",
}
"""Rules about what no environment has as it stands."""


def test_every_entry_of_the_catalogue_is_a_rule_or_has_a_reason() -> None:
    known = coverage()
    elsewhere = set(known.covered) | set(known.left_out)
    assert set(known.ids) <= set(BY_ID) | elsewhere
    assert elsewhere <= set(known.ids)
    assert not elsewhere & set(BY_ID), "it is a rule"
    assert not set(known.covered) & set(known.left_out)
    assert set(known.covered.values()) <= set(BY_ID)


def test_every_number_of_checkov_is_a_rules_or_has_a_reason() -> None:
    known, ours = coverage(), set(numbers("Checkov"))
    excused = set(known.checkov) | set(known.checkov_elsewhere)
    assert set(known.known["checkov"]) == ours | excused
    assert not ours & excused
    assert set(known.checkov.values()) <= set(known.left_out), "the reason is there"


def test_every_number_is_of_a_framework() -> None:
    mine = {number for rule in RULES for number in rule.frameworks}
    assert mine == {number for framework in FRAMEWORKS for number in numbers(framework)}


def test_every_reason_is_a_sentence() -> None:
    known = coverage()
    for reason in (*known.left_out.values(), *known.checkov_elsewhere.values()):
        assert len(reason) > 20


def test_every_rule_is_about_something_that_is_declared() -> None:
    types = {known.type for environment in ("prod", "staging", "dev") for known in declared(environment)}
    unused = {rule.id for rule in RULES if not any(rule.is_about(type_) for type_ in types) and not on_clusters(rule)}
    assert unused == set(NOT_DECLARED)


def on_clusters(rule: About) -> bool:
    """Whether it is about what runs on clusters, which comes store by store."""
    return all(type_.startswith("kubernetes:") for type_ in rule.types)


@pytest.mark.parametrize("tearing_down", [False, True])
@pytest.mark.parametrize("environment", ["prod", "staging", "dev"])
def test_an_environment_keeps_to_the_rules_but_for_its_waivers(environment: str, tearing_down: bool) -> None:
    judge = Judge(RULES, Enforcement(environment, tearing_down), load(RULES, TODAY), TODAY)
    stack = stack_of(declared(environment, tearing_down=tearing_down), environment)
    found = [*(verdict for known in stack.resources for verdict in judge.resource(known)), *judge.stack(stack)]
    assert {(known.rule.id, known.urn): known.what for known in found if known.stops} == {}
    assert {known.outcome for known in found} <= {"violation"}, "all is known without an engine"


@pytest.mark.parametrize("rule", BY_ID)
def test_a_rule_explains_itself(rule: str) -> None:
    known = BY_ID[rule]
    assert known.title.strip()
    assert not known.title.endswith("."), "a title"
    for sentence in (known.why, known.fix):
        assert sentence.endswith((".", "…", "?")), "the report puts the two after one another"
    assert set(known.levels) <= set("MAD")
    assert len(known.levels) == 3


def test_ids_are_unique() -> None:
    assert len(RULES) == len(BY_ID)


@pytest.mark.parametrize(
    "over",
    [
        {"bigtable": {"enabled": True}, "firestore": {"enabled": True}, "budget": {"billing_account": "012345-6789AB-CDEF01"}},
        {"network": {"name": "another-vpc"}, "generation": 2},
    ],
)
def test_what_settings_turn_on_keeps_to_the_rules(over: dict[str, object]) -> None:
    judge = Judge(RULES, Enforcement("prod"), load(RULES, TODAY), TODAY)
    stack = stack_of(declared_with(over))
    found = [*(verdict for known in stack.resources for verdict in judge.resource(known)), *judge.stack(stack)]
    assert {(known.rule.id, known.urn): known.what for known in found if known.stops} == {}
