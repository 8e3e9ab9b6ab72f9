"""The whole pack, as the engine sees it: where rules apply, and what they report."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import grpc
import pulumi_policy.policy
import pytest
from google.protobuf import json_format
from google.protobuf.struct_pb2 import Struct
from pulumi.runtime.proto import analyzer_pb2
from pulumi_policy import EnforcementLevel, Policy

from policies import pack
from policies.enforcement import Enforcement
from policies.judge import Judge, Verdict
from policies.resources import Resource
from policies.rule import About, Level, Rule
from policies.rules import RULES
from policies.servicer import LEVELS, NAMES, Servicer
from policies.tokens import BUCKET, INSTANCE

from ..environments import ENVIRONMENTS
from .cases import BY_ID, CASES, every_rule, says
from .proxies import STRING, proxied, unknowns


def verdicts(
    rules: Sequence[About], properties: Mapping[str, Any], type_: str, environment: str = "prod", *, tearing_down: bool = False
) -> list[Verdict]:
    """What rules say of one resource."""
    judge = Judge(rules, Enforcement(environment, tearing_down))
    return list(judge.resource(Resource(type=type_, urn="urn", name="name", properties=proxied(properties))))


class Aborted(Exception):
    """The pack refuses to go on."""


class Context:
    """The other end of a call."""

    def abort(self, code: grpc.StatusCode, message: str) -> None:
        """Ends the call."""
        raise Aborted(f"{code.name}: {message}")


class Engine:
    """The engine's side of the pack: asks its servicer, without a connection between."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch, rules: Sequence[About] = RULES) -> None:
        module: Any = pulumi_policy.policy
        monkeypatch.setattr(module, "_PolicyAnalyzerServicer", module._PolicyAnalyzerServicer)
        monkeypatch.setattr(pack, "PolicyPack", self._take)
        self.served: tuple[str, list[Policy], EnforcementLevel]
        pack.serve(rules, ())
        name, policies, level = self.served
        self._servicer: Servicer = module._PolicyAnalyzerServicer(name, "0.0.1", policies, level)

    def _take(self, name: str, policies: list[Policy], enforcement_level: EnforcementLevel) -> None:
        self.served = (name, policies, enforcement_level)

    def configure(self, settings: Mapping[str, str]) -> None:
        """Hands the stack's settings over, as the engine does before it asks anything."""
        config = {f"alphintra:{key}": value for key, value in settings.items()}
        self._servicer.ConfigureStack(analyzer_pb2.AnalyzerStackConfigureRequest(config=config), Context())

    def levels(self) -> dict[str, Level]:
        """The levels that the pack gives its rules, which the engine hands back where nothing is configured."""
        return {known.name: NAMES[known.enforcementLevel] for known in self._servicer.GetAnalyzerInfo(None, Context()).policies}

    def enforce(self, levels: Mapping[str, Level]) -> None:
        """Hands the levels over, those of `--policy-pack-config` among them."""
        request = analyzer_pb2.ConfigureAnalyzerRequest()
        for name, level in levels.items():
            request.policyConfig[name].enforcementLevel = LEVELS[level]  # pyright: ignore[reportAttributeAccessIssue]
        self._servicer.Configure(request, Context())

    def analyze(self, kind: str, properties: Mapping[str, Any]) -> list[analyzer_pb2.AnalyzeDiagnostic]:
        """What the pack answers about a resource."""
        request = analyzer_pb2.AnalyzeRequest(
            type=kind, urn="urn", name="name", properties=json_format.ParseDict(dict(properties), Struct())
        )
        return list(self._servicer.Analyze(request, Context()).diagnostics)

    def remediate(
        self, kind: str, properties: Mapping[str, Any], provider: Mapping[str, Any] | None = None
    ) -> list[tuple[str, Mapping[str, Any]]]:
        """What rules make of a resource: each that changed it, and what it is then."""
        request = analyzer_pb2.AnalyzeRequest(
            type=kind,
            urn="urn",
            name="name",
            properties=json_format.ParseDict(dict(properties), Struct()),
            provider=analyzer_pb2.AnalyzerProviderResource(
                type="pulumi:providers:gcp", properties=json_format.ParseDict(dict(provider or {}), Struct())
            ),
        )
        found = self._servicer.Remediate(request, Context()).remediations
        return [(known.policyName, json_format.MessageToDict(known.properties)) for known in found]


@pytest.fixture
def engine(monkeypatch: pytest.MonkeyPatch) -> Engine:
    return Engine(monkeypatch)


@pytest.mark.parametrize("environment", ENVIRONMENTS)
@every_rule
def test_a_rule_is_enforced_as_its_letters_say(rule: str, environment: str) -> None:
    case, known = CASES[rule], BY_ID[rule]
    expected = {"M": [True], "A": [False], "D": []}[case.levels[("prod", "staging", "dev").index(environment)]]
    for bad in case.bad:
        assert [verdict.stops for verdict in verdicts([known], bad, known.types[0], environment)] == expected


@every_rule
def test_a_rule_applies_to_its_types_and_no_other(rule: str) -> None:
    bad = CASES[rule].bad[0]
    kinds = {kind for known in RULES for kind in known.types}
    assert {kind for kind in kinds if verdicts([BY_ID[rule]], bad, kind)} == set(CASES[rule].types)


@every_rule
def test_only_a_guard_is_off_while_tearing_down(rule: str) -> None:
    known, bad = BY_ID[rule], CASES[rule].bad[0]
    assert bool(verdicts([known], bad, known.types[0], tearing_down=True)) is not CASES[rule].is_guard
    assert verdicts([known], bad, known.types[0])


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
    enforcement = Enforcement(environment, tearing_down)
    assert engine.levels() == {rule.id: enforcement.level(rule) for rule in RULES}
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
        assert refused.enforcementLevel == (analyzer_pb2.MANDATORY if case.levels[0] == "M" else analyzer_pb2.ADVISORY)
        assert refused.message == f"{known.title}\n{says(rule, case.bad[0])}. Why: {known.why} Fix: {known.fix}"
        for properties in unknowns(case.good[0], case.path, case.unknown):
            [undecided] = [said for said in engine.analyze(kind, properties) if said.policyName == rule]
            assert undecided.enforcementLevel == analyzer_pb2.ADVISORY
            assert "can't be known during preview" in undecided.message
        assert rule not in {said.policyName for said in engine.analyze(kind, case.good[0])}


def test_the_pack_holds_every_rule(engine: Engine) -> None:
    name, policies, level = engine.served
    assert (name, [policy.name for policy in policies], level) == (
        "alphintra",
        [rule.id for rule in RULES],
        EnforcementLevel.MANDATORY,
    )


# -- configuration


def test_levels_can_be_configured(engine: Engine) -> None:
    engine.configure({"environment": "dev"})
    engine.enforce({**engine.levels(), "sql-no-public-ip": "disabled", "sql-require-tls": "advisory", "sql-cmek": "mandatory"})
    heard = {said.policyName: said.enforcementLevel for said in engine.analyze(INSTANCE, {"masterInstanceName": "a"})}
    assert "sql-no-public-ip" not in heard
    assert (heard["sql-require-tls"], heard["sql-cmek"]) == (analyzer_pb2.ADVISORY, analyzer_pb2.MANDATORY)


def test_a_configuration_of_an_unknown_rule_ends_the_run(engine: Engine) -> None:
    with pytest.raises(
        Aborted, match="INVALID_ARGUMENT: policy configuration: there is no rule 'sql-no-public'; did you mean 'sql-no-public-ip'"
    ):
        engine.enforce({"sql-no-public": "advisory"})


# -- a rule that raises


def broken(_properties: Mapping[str, Any]) -> str | None:
    raise ZeroDivisionError("of nothing")


def test_a_rule_that_raises_stops_the_run_and_hides_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    good = BY_ID["gcs-uniform-access"]
    crash = Rule(
        id="crash", types=(BUCKET,), check=broken, title="Crashes", why="A test.", fix="None.", severity="low", levels="AAA"
    )
    engine = Engine(monkeypatch, [crash, good])
    engine.configure({"environment": "prod"})
    said = engine.analyze(BUCKET, {"uniformBucketLevelAccess": False, "x": STRING})
    assert [known.policyName for known in said] == ["crash", "gcs-uniform-access"]
    assert said[0].message == "Crashes\nthe rule crash itself failed: ZeroDivisionError: of nothing"
    assert {known.enforcementLevel for known in said} == {analyzer_pb2.MANDATORY}
