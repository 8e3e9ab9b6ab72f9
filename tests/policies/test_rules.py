"""Every policy against what it must accept, refuse and leave undecided, and against the environments."""

from __future__ import annotations

from typing import Any

import pytest
from pulumi_policy import (
    Severity,
)

from localcloud.values import UNKNOWN, Props, merge
from policies import pack
from policies.checks.properties import at

from ..environments import ENVIRONMENTS, recorded
from .cases import BY_ID, CASES, every_rule, says
from .proxies import OBJECT, STRING, UnknownValueError, beside_unknowns, proxied, unknowns, without

UNDECIDED_IN_A_PREVIEW = (
    "sql-cmek", "gcs-cmek", "gke-secrets-cmek", "gke-node-disk-cmek", "bigquery-cmek", "redis-cmek", "pubsub-cmek", "lb-tls-policy", "iam-no-public-members", "iam-no-single-persons",
)  # fmt: skip
"""The rules about what only Google decides: ids of keys, and members."""


# -- the checks


@every_rule
def test_the_good_is_accepted(rule: str) -> None:
    assert [says(rule, properties) for properties in CASES[rule].good] == [None] * len(CASES[rule].good)


@every_rule
def test_the_bad_is_refused_by_name(rule: str) -> None:
    for properties in CASES[rule].bad:
        assert (says(rule, properties) or "nothing").startswith(f"{CASES[rule].path} "), properties


@every_rule
def test_the_missing_is_as_good_or_bad_as_the_table_says(rule: str) -> None:
    case = CASES[rule]
    for properties in without(case.good[0], case.path):
        if case.missing_is_bad:
            assert (says(rule, properties) or "nothing").startswith(f"{case.path} "), properties
        else:
            assert says(rule, properties) is None, properties


@every_rule
def test_the_unknown_leaves_the_rule_undecided(rule: str) -> None:
    case = CASES[rule]
    for properties in [*unknowns(case.good[0], case.path, case.unknown), *case.undecided]:
        with pytest.raises(UnknownValueError):
            pytest.fail(f"of {properties} it says {says(rule, properties)!r}")


@every_rule
def test_what_a_rule_does_not_need_may_be_unknown(rule: str) -> None:
    """An unknown neighbour neither hides a finding nor makes one."""
    case = CASES[rule]
    for properties in case.decided:
        assert says(rule, properties) is None, properties
    for properties in case.good:
        assert says(rule, beside_unknowns(properties)) is None, properties
    for properties in case.bad:
        assert says(rule, beside_unknowns(properties)), properties


@pytest.mark.parametrize(
    ("path", "found"),
    [
        ("a.b", 1),
        ("a.c", None),
        ("a.b.c", None),
        ("x", None),
        ("x.y", None),
        ("none.y", None),
    ],
)
def test_a_path_leads_to_its_value_past_unknown_neighbours(path: str, found: Any) -> None:
    properties: Props = {"a": {"b": 1, "unknown": STRING}, "unknown": OBJECT, "none": None}
    if path == "a.b.c":
        properties["a"]["b"] = {}
    assert at(proxied(properties), path) == found


# -- the environments


@pytest.mark.parametrize(("environment", "rule"), [(where, rule) for rule in CASES for where in BY_ID[rule].environments])
def test_an_environment_has_what_a_rule_is_about_and_keeps_to_it(environment: str, rule: str) -> None:
    subjects = [known for known in recorded(environment).registrations if known.type in BY_ID[rule].types]
    assert subjects, "a rule about nothing"
    assert {known.urn: wrong for known in subjects if (wrong := says(rule, known.inputs))} == {}
    assert [known.urn for known in subjects if says(rule, merge(known.inputs, CASES[rule].bad[0]))], "it would not notice"


@pytest.mark.parametrize("environment", ENVIRONMENTS)
def test_every_grant_is_of_a_type_that_the_rules_know(environment: str) -> None:
    granting = {known.type for known in recorded(environment).registrations if {"role", "member"} <= set(known.inputs)}
    assert granting
    assert granting <= set(BY_ID["iam-no-primitive-roles"].types) & set(BY_ID["iam-no-public-members"].types)


@pytest.mark.parametrize("environment", ["staging", "prod"])
@every_rule
def test_a_preview_leaves_undecided_only_what_google_decides(rule: str, environment: str) -> None:
    subjects = [known for known in recorded(environment, preview=True).registrations if known.type in BY_ID[rule].types]
    waiting = [known.urn for known in subjects if at(known.inputs, CASES[rule].path) is UNKNOWN]
    assert bool(waiting) is (rule in UNDECIDED_IN_A_PREVIEW)
    for known in subjects:
        if known.urn in waiting:
            with pytest.raises(UnknownValueError):
                says(rule, known.inputs)
        else:
            assert says(rule, known.inputs) is None, known.urn


# -- the pack


@every_rule
def test_a_rule_explains_itself(rule: str) -> None:
    known, case = BY_ID[rule], CASES[rule]
    assert (known.types, known.levels, known.is_guard) == (case.types, case.levels, case.is_guard)
    assert known.title.strip()
    assert not known.title.endswith("."), "a title"
    for sentence in (known.why, known.fix):
        assert sentence.strip()
        assert sentence.endswith("."), "the report puts the two after one another"
    assert known.severity in {severity.value for severity in Severity}
    policy = pack.registered(known)
    shown = (policy.name, policy.description, policy.display_name, policy.severity)
    assert shown == (known.id, known.title, known.title, Severity(known.severity))
