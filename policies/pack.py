"""Registers the rules with Pulumi's policy engine."""

from __future__ import annotations

import gc
from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any

from pulumi_policy import (
    EnforcementLevel,
    Policy,
    PolicyPack,
    ResourceValidationPolicy,
    Severity,
    StackValidationPolicy,
    policy,
)

from .rule import About, Rule
from .rules import RULES
from .servicer import PACK, Servicer
from .waivers import Waiver, load


def serve(rules: Sequence[About] = RULES, waivers: Sequence[Waiver] | None = None) -> None:
    """Answers the engine until it is done."""
    excused = load(RULES, datetime.now(tz=UTC).date()) if waivers is None else waivers
    sdk: Any = policy
    policies = [registered(rule) for rule in rules]
    sdk._PolicyAnalyzerServicer = lambda *_: Servicer(rules, policies, excused)  # pyright: ignore[reportUnknownLambdaType]
    gc.freeze()  # what is loaded stays; collections look at what requests make
    PolicyPack(PACK, policies, enforcement_level=EnforcementLevel.MANDATORY)


def registered(rule: About) -> Policy:
    """A rule as the engine lists it. Servicer asks the rule itself; what is registered has only its description."""
    about: dict[str, Any] = {
        "name": rule.id,
        "description": rule.title,
        "display_name": rule.title,
        "severity": Severity(rule.severity),
        "remediation_steps": rule.fix,
        "tags": list(rule.frameworks) or None,
    }
    if not isinstance(rule, Rule):
        return StackValidationPolicy(validate=_never, **about)
    return ResourceValidationPolicy(validate=_never, **about)


def _never(args: object, report: object) -> None:
    raise AssertionError(f"the servicer answers, and not the SDK: {args}, {report}")
