"""Would anybody notice? Production with one thing made worse, for each thing that keeps data safe or there."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace

from policies.enforcement import Enforcement
from policies.judge import Judge, Verdict
from policies.resources import Resource, Stack
from policies.rules import RULES

from .mutants import Mutant, mutants
from .proxies import proxied
from .relations import declared

SURVIVORS = {
    "RouterNat enableEndpointIndependentMapping: True": "Cloud NAT lets nothing in with it either: only answers of whom was called",
    "ConfigMap immutable: False": "it is named by its content: another content is another object",
}
"""What no policy objects to, and why that is well."""
LEAST = 0.98
"""The part of all mutants that must be noticed."""


def behind_proxies(resource: Resource) -> Resource:
    return replace(resource, properties=proxied(resource.properties))


def said(verdicts: Iterable[Verdict]) -> set[tuple[str, str]]:
    return {(verdict.rule.id, verdict.urn) for verdict in verdicts}


def unnoticed() -> tuple[list[Mutant], int]:
    """The mutants that no policy objects to, and how many there are in all."""
    judge = Judge(RULES, Enforcement("prod"))
    whole = {known.urn: behind_proxies(known) for known in declared("prod")}
    before = said(judge.stack(Stack(whole.values(), "prod")))
    before |= said(verdict for known in whole.values() for verdict in judge.resource(known))
    all_ = [(mutant, behind_proxies(changed)) for mutant, changed in mutants()]
    alone = [(mutant, changed) for mutant, changed in all_ if not said(judge.resource(changed)) - before]
    left = [
        mutant
        for mutant, changed in alone
        if not said(judge.stack(Stack({**whole, changed.urn: changed}.values(), "prod"))) - before
    ]
    return left, len(all_)


def test_what_is_made_worse_is_noticed() -> None:
    left, count = unnoticed()
    assert count > 200, "fewer things than there were"
    rate = 1 - len(left) / count
    told = f"{rate:.1%} of {count} noticed; not noticed: " + "; ".join(f"{known.id} ({known.name})" for known in left)
    assert rate >= LEAST, told
    assert {known.id for known in left} == set(SURVIVORS), told
