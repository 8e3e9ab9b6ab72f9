"""Registers the rules with Pulumi's policy engine."""

from __future__ import annotations

from typing import Any

import pulumi
from pulumi_policy import (
    EnforcementLevel,
    Policy,
    PolicyPack,
    ReportViolation,
    ResourceValidationArgs,
    ResourceValidationPolicy,
    Severity,
)

from .rule import Rule
from .rules import RULES


def serve() -> None:
    """Answers the engine until it is done."""
    PolicyPack("alphintra", [registered(rule) for rule in RULES], enforcement_level=EnforcementLevel.MANDATORY)


def registered(rule: Rule) -> Policy:
    """A rule as the engine takes it."""

    def validate(args: ResourceValidationArgs, report: ReportViolation) -> None:
        if args.resource_type not in rule.types or environment() not in rule.environments or (rule.is_guard and tearing_down()):
            return
        wrong = rule.check(args.props)
        if wrong:
            report(f"{wrong}. Why: {rule.why} Fix: {rule.fix}", None)

    return ResourceValidationPolicy(
        name=rule.id,
        description=rule.title,
        validate=validate,
        severity=Severity(rule.severity),
        display_name=rule.title,
    )


def environment() -> str:
    """The profile of the stack at hand; production's rules apply where nobody says."""
    return pulumi.Config("alphintra").get("environment") or "prod"


def tearing_down() -> bool:
    """Whether the settings say that the environment is to be destroyed."""
    protection: Any = pulumi.Config("alphintra").get_object("protection") or {}
    return protection.get("tear_down") == environment()
