"""Registers the rules with Pulumi's policy engine."""

from __future__ import annotations

import gc
import json
from typing import Any

from pulumi_policy import (
    EnforcementLevel,
    Policy,
    PolicyPack,
    ReportViolation,
    ResourceValidationArgs,
    ResourceValidationPolicy,
    Severity,
    policy,
)

from .rule import EVERYWHERE, Rule
from .rules import RULES

configuration: dict[str, str] = {}
"""The stack's configuration, by full key, as the engine hands it over before it asks anything."""


def serve() -> None:
    """Answers the engine until it is done."""
    _take_configuration()
    gc.freeze()  # what is loaded stays; collections look at what requests make
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
    """The profile of the stack at hand; production's rules apply where nobody says, or says something else."""
    said = configuration.get("alphintra:environment", "")
    return said if said in EVERYWHERE else "prod"


def tearing_down() -> bool:
    """Whether the settings say that the environment is to be destroyed."""
    protection: dict[str, Any] = json.loads(configuration.get("alphintra:protection", "{}"))
    return protection.get("tear_down") == environment()


def _take_configuration() -> None:
    """Keeps what the engine says in ConfigureStack. Where there is a language plugin, as the official CLI has one, it says it
    nowhere else, and the SDK (pulumi-policy 1.21.0) does not pass it on."""
    servicer: Any = policy._PolicyAnalyzerServicer  # pyright: ignore[reportPrivateUsage]
    sdks = servicer.ConfigureStack

    def configure_stack(self: Any, request: Any, context: Any) -> Any:
        configuration.update(request.config)
        return sdks(self, request, context)

    servicer.ConfigureStack = configure_stack
