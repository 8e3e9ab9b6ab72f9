"""The pack's side of the engine's protocol.

The SDK's own servicer (pulumi-policy 1.21.0) decodes a resource anew for each rule, lets one rule that raises end the
run, accepts configuration for rules that do not exist, and drops the stack's configuration. This one answers in its place.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import grpc
from google.protobuf import json_format
from pulumi.runtime.proto import analyzer_pb2 as proto
from pulumi_policy import EnforcementLevel, Policy, policy
from pulumi_policy.deserialize import deserialize_properties
from pulumi_policy.proxy import UnknownValueError, unknown_checking_proxy

from .enforcement import Enforcement, PolicyError, configured, environment_of
from .judge import Judge, Verdict
from .remedy import applied
from .resources import STACK, Resource, Stack
from .rule import About, Level, Remedy, Rule
from .waivers import Waiver

LEVELS: Mapping[Level, int] = {
    "mandatory": proto.MANDATORY, "advisory": proto.ADVISORY, "disabled": proto.DISABLED, "remediate": proto.REMEDIATE,
}  # fmt: skip
NAMES: Mapping[int, Level] = {number: name for name, number in LEVELS.items()}
PACK = "alphintra"
VERSION = "0.0.1"
"""What the SDK answers too: the engine takes the version from PulumiPolicy.yaml."""


_SDKS: Any = policy._PolicyAnalyzerServicer  # pyright: ignore[reportPrivateUsage]


class Servicer:
    """Answers the engine for a list of rules; what the SDK answers well it still does."""

    def __init__(self, rules: Sequence[About], policies: list[Policy], waivers: Sequence[Waiver] = ()) -> None:
        self._sdks = _SDKS(PACK, VERSION, policies, EnforcementLevel.MANDATORY)
        self._rules, self._policies, self._waivers = rules, policies, waivers
        self._inputs: dict[str, Mapping[str, Any]] = {}
        self._enforce(Enforcement("prod"))

    def __getattr__(self, name: str) -> Any:
        return getattr(self._sdks, name)

    def ConfigureStack(self, request: Any, context: Any) -> Any:  # noqa: N802 - the protocol's names
        """Takes the stack's configuration, which comes before any question."""
        config: Mapping[str, str] = request.config
        environment = environment_of(config.get("alphintra:environment", ""))
        protection = json.loads(config.get("alphintra:protection", "{}"))
        self._enforce(Enforcement(environment, protection.get("tear_down") == environment))
        return self._sdks.ConfigureStack(request, context)

    def GetAnalyzerInfo(self, request: Any, context: Any) -> Any:  # noqa: N802
        """What rules there are, each with its level in this environment."""
        for rule, known in zip(self._rules, self._policies, strict=True):
            known.enforcement_level = EnforcementLevel(self._enforcement.level(rule))
        return self._sdks.GetAnalyzerInfo(request, context)

    def Configure(self, request: Any, context: Any) -> Any:  # noqa: N802
        """Takes levels from `--policy-pack-config`; the engine fills in those that GetAnalyzerInfo gave."""
        given = {name: NAMES.get(value.enforcementLevel) for name, value in request.policyConfig.items()}
        try:
            levels = configured(given, self._rules, "policy configuration")
        except PolicyError as error:
            context.abort(grpc.StatusCode.INVALID_ARGUMENT, str(error))
            raise  # abort does
        self._enforce(Enforcement(self._enforcement.environment, self._enforcement.tearing_down, levels))
        return self._sdks.Configure(request, context)

    def Analyze(self, request: Any, context: Any) -> Any:  # noqa: N802, ARG002
        """What the rules on single resources say of one."""
        resource = _resource(request)
        self._inputs[resource.urn] = resource.properties
        return _answer(self._judge.resource(resource))

    def AnalyzeStack(self, request: Any, context: Any) -> Any:  # noqa: N802, ARG002
        """What the rules on relations say of everything. The engine sends outputs, of which a preview knows few; rules look at
        inputs, which came before, and at what the stack exports."""
        found = [_resource(known, self._inputs.get(known.urn)) for known in request.resources]
        return _answer(self._judge.stack(Stack(found, self._enforcement.environment)))

    def Remediate(self, request: Any, context: Any) -> Any:  # noqa: N802, ARG002
        """What the rules that somebody asked for it make of a resource, one after the other, before any is asked about it.

        What a preview does not know is left as it is, for the update.
        """
        answer = proto.RemediateResponse()
        for rule, remedy in self._remedies:
            changes = self._changes(rule, remedy, request)
            if changes:
                mended = applied(request.properties, changes)
                request.properties.CopyFrom(mended)
                answer.remediations.add(
                    policyName=rule.id,
                    policyPackName=PACK,
                    policyPackVersion=VERSION,
                    description=rule.title,
                    properties=mended,
                )
        return answer

    @staticmethod
    def _changes(rule: Rule, remedy: Remedy, request: Any) -> Mapping[str, Any]:
        properties = _resource(request).properties
        try:
            if rule.is_about(request.type) and rule.check(properties):
                return remedy(properties, _properties(request.provider))
        except UnknownValueError:
            pass
        return {}

    def _enforce(self, enforcement: Enforcement) -> None:
        self._enforcement, self._judge = enforcement, Judge(self._rules, enforcement, self._waivers)
        self._remedies: list[tuple[Rule, Remedy]] = [
            (rule, rule.remedy)
            for rule in self._rules
            if isinstance(rule, Rule) and rule.remedy is not None and enforcement.level(rule) == "remediate"
        ]


def _properties(known: Any) -> Any:
    return unknown_checking_proxy(deserialize_properties(json_format.MessageToDict(known.properties)))


def _resource(known: Any, inputs: Mapping[str, Any] | None = None) -> Resource:
    """A resource of the protocol's; both kinds of request have the same fields, but for those of a whole stack."""
    properties: Any = inputs
    if not inputs or known.type == STACK:
        properties = _properties(known)
    whole = isinstance(known, proto.AnalyzerResource)
    return Resource(
        type=known.type,
        urn=known.urn,
        name=known.name,
        properties=properties,
        protect=known.options.protect,
        ignore_changes=tuple(known.options.ignoreChanges),
        parent=known.parent if whole else known.options.parent,
        provider=known.provider.urn if known.HasField("provider") else "",
        links={name: tuple(linked.urns) for name, linked in known.propertyDependencies.items()} if whole else {},
    )


def _answer(verdicts: Iterable[Verdict]) -> Any:
    return proto.AnalyzeResponse(diagnostics=[_diagnostic(verdict) for verdict in verdicts if verdict.waiver is None])


def _diagnostic(verdict: Verdict) -> Any:
    """A verdict as the engine prints it. The wording of what is undecided is the SDK's, which others look for."""
    rule = verdict.rule
    title = rule.title
    if verdict.outcome == "undecided":
        said = f"can't run policy '{rule.id}' from policy pack '{PACK}@v{VERSION}' during preview: {verdict.message}"
        level = proto.ADVISORY
    else:
        said = f"{title}\n{verdict.message}"
        level = proto.MANDATORY if verdict.stops else proto.ADVISORY
    return proto.AnalyzeDiagnostic(
        policyName=rule.id, policyPackName=PACK, policyPackVersion=VERSION, message=said, urn=verdict.urn, description=title,
        enforcementLevel=level, severity=proto.PolicySeverity.Value(f"POLICY_SEVERITY_{rule.severity.upper()}"),
    )  # fmt: skip
