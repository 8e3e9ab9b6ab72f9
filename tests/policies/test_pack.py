"""The whole pack, as the engine sees it: where rules apply, and what they report."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, cast

import pulumi_policy.policy
import pytest
from google.protobuf import json_format
from google.protobuf.struct_pb2 import Struct
from pulumi.runtime.proto import analyzer_pb2
from pulumi_policy import (
    EnforcementLevel,
    Policy,
    PolicyCustomTimeouts,
    PolicyResourceOptions,
    ResourceValidationArgs,
    ResourceValidationPolicy,
)

from policies import pack
from policies.rule import Rule
from policies.rules import (
    INSTANCE,
    RULES,
)  # fmt: skip

from ..environments import ENVIRONMENTS
from .cases import BY_ID, CASES, every_rule, says
from .proxies import UnknownValueError, proxied, unknowns


def reports(rule: Rule, properties: Mapping[str, Any], kind: str | None = None) -> list[str]:
    """What the engine hears of a resource."""
    heard: list[str] = []

    def report(message: str, urn: str | None = None) -> None:
        assert urn is None, "the resource at hand"
        heard.append(message)

    policy: Any = pack.registered(rule)
    assert isinstance(cast("object", policy), ResourceValidationPolicy)
    options = PolicyResourceOptions(False, [], None, [], PolicyCustomTimeouts(0, 0, 0), [])
    policy.validate(ResourceValidationArgs(kind or rule.types[0], proxied(properties), "urn", "name", options, None), report)
    return heard


class Engine:
    """The engine's side of the pack: asks the SDK's own servicer, without a connection between."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        servicer: Any = vars(pulumi_policy.policy)["_PolicyAnalyzerServicer"]
        monkeypatch.setattr(servicer, "ConfigureStack", servicer.ConfigureStack)
        monkeypatch.setattr(pack, "configuration", {})
        monkeypatch.setattr(pack, "PolicyPack", self._take)
        self.served: tuple[str, list[Policy], EnforcementLevel]
        pack.serve()
        name, policies, level = self.served
        self._servicer = servicer(name, "0.0.1", policies, level)

    def _take(self, name: str, policies: list[Policy], enforcement_level: EnforcementLevel) -> None:
        self.served = (name, policies, enforcement_level)

    def configure(self, settings: Mapping[str, str]) -> None:
        """Hands the stack's settings over."""
        config = {f"alphintra:{key}": value for key, value in settings.items()}
        self._servicer.ConfigureStack(analyzer_pb2.AnalyzerStackConfigureRequest(config=config), None)

    def analyze(self, kind: str, properties: Mapping[str, Any]) -> list[analyzer_pb2.AnalyzeDiagnostic]:
        """What the pack answers about a resource."""
        request = analyzer_pb2.AnalyzeRequest(
            type=kind, urn="urn", name="name", properties=json_format.ParseDict(dict(properties), Struct())
        )
        return list(self._servicer.Analyze(request, None).diagnostics)


@pytest.fixture
def engine(monkeypatch: pytest.MonkeyPatch) -> Engine:
    return Engine(monkeypatch)


def in_environment(monkeypatch: pytest.MonkeyPatch, environment: str, *, tearing_down: bool = False) -> None:
    """Pretends that the stack at hand is one of the environment."""
    monkeypatch.setattr(pack, "environment", lambda: environment)
    monkeypatch.setattr(pack, "tearing_down", lambda: tearing_down)


@pytest.mark.parametrize("environment", ENVIRONMENTS)
@every_rule
def test_a_rule_applies_in_its_environments(rule: str, environment: str, monkeypatch: pytest.MonkeyPatch) -> None:
    in_environment(monkeypatch, environment)
    case = CASES[rule]
    assert [len(reports(BY_ID[rule], bad)) for bad in case.bad] == [int(environment in case.environments)] * len(case.bad)


@every_rule
def test_a_rule_applies_to_its_types_and_no_other(rule: str, monkeypatch: pytest.MonkeyPatch) -> None:
    in_environment(monkeypatch, "prod")
    bad = CASES[rule].bad[0]
    kinds = {kind for known in RULES for kind in known.types}
    assert {kind for kind in kinds if reports(BY_ID[rule], bad, kind)} == set(CASES[rule].types)


@every_rule
def test_only_a_guard_is_off_while_tearing_down(rule: str, monkeypatch: pytest.MonkeyPatch) -> None:
    in_environment(monkeypatch, "prod", tearing_down=True)
    assert bool(reports(BY_ID[rule], CASES[rule].bad[0])) is not CASES[rule].is_guard
    in_environment(monkeypatch, "prod")
    assert reports(BY_ID[rule], CASES[rule].bad[0])


@every_rule
def test_a_report_says_what_why_and_how(rule: str, monkeypatch: pytest.MonkeyPatch) -> None:
    in_environment(monkeypatch, "prod")
    known, bad = BY_ID[rule], CASES[rule].bad[0]
    assert reports(known, bad) == [f"{says(rule, bad)}. Why: {known.why} Fix: {known.fix}"]
    assert reports(known, CASES[rule].good[0]) == []


@every_rule
def test_the_engine_learns_that_a_rule_is_undecided(rule: str, monkeypatch: pytest.MonkeyPatch) -> None:
    in_environment(monkeypatch, "prod")
    for properties in unknowns(CASES[rule].good[0], CASES[rule].path, CASES[rule].unknown):
        with pytest.raises(UnknownValueError):
            reports(BY_ID[rule], properties)


@pytest.mark.parametrize(
    ("settings", "environment", "tearing_down"),
    [
        ({}, "prod", False),
        ({"environment": "dev"}, "dev", False),
        ({"environment": "staging", "protection": '{"tear_down": "staging"}'}, "staging", True),
        ({"environment": "prod", "protection": '{"tear_down": "staging"}'}, "prod", False),
        ({"environment": "prod", "protection": '{"tear_down": ""}'}, "prod", False),
        ({"environment": "prod", "protection": "{}"}, "prod", False),
        ({"protection": '{"tear_down": "prod"}'}, "prod", True),
        ({"environment": ""}, "prod", False),
        ({"environment": "qa"}, "prod", False),
    ],
)
def test_the_engine_says_where_it_is_and_whether_it_goes(
    settings: dict[str, str], environment: str, tearing_down: bool, engine: Engine
) -> None:
    engine.configure(settings)
    assert (pack.environment(), pack.tearing_down()) == (environment, tearing_down)
    heard = {said.policyName for said in engine.analyze(INSTANCE, {"masterInstanceName": "alphintra-main-db"})}
    assert {"sql-no-public-ip", "sql-require-tls"} <= heard
    assert ("sql-cmek" in heard) is (environment != "dev")
    assert ("sql-deletion-protection" in heard) is (environment != "dev" and not tearing_down)


@every_rule
def test_the_engine_is_stopped_by_the_bad_and_told_of_the_undecided(rule: str, engine: Engine) -> None:
    engine.configure({"environment": "prod"})
    known, case = BY_ID[rule], CASES[rule]
    for kind in known.types:
        [refused] = [said for said in engine.analyze(kind, case.bad[0]) if said.policyName == rule]
        assert refused.enforcementLevel == analyzer_pb2.MANDATORY
        assert refused.message == f"{known.title}\n{says(rule, case.bad[0])}. Why: {known.why} Fix: {known.fix}"
        for properties in unknowns(case.good[0], case.path, case.unknown):
            [undecided] = [said for said in engine.analyze(kind, properties) if said.policyName == rule]
            assert undecided.enforcementLevel == analyzer_pb2.ADVISORY
            assert "can't be known during preview" in undecided.message
        assert rule not in {said.policyName for said in engine.analyze(kind, case.good[0])}


def test_the_pack_refuses_and_holds_every_rule(engine: Engine) -> None:
    name, policies, level = engine.served
    assert (name, sorted(policy.name for policy in policies), level) == ("alphintra", sorted(CASES), EnforcementLevel.MANDATORY)
    assert {policy.enforcement_level for policy in policies} == {None}, "none is weaker than the pack"


# -- what a person reads
