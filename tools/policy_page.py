"""The page on policies: every rule by subject, what of others is covered, and why something is left out."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from policies.coverage import FRAMEWORKS, coverage, numbers
from policies.enforcement import has_remedy
from policies.rule import About
from policies.rules import RULES, SUBJECTS

Part = str | tuple[Sequence[str], list[Sequence[str]]]
"""A paragraph, or a table: its head and its rows."""
HEAD = ("policy", "asserts", "why", "fix", "severity", "in", "known as")
INTRODUCTION = f"""The {len(RULES)} rules that the engine checks before it creates anything, in every `preview` and `up`;
`make policy ENV=prod` asks them without an engine. How a rule is enforced is three letters, for prod, staging and dev:
M(andatory) stops the update, A(dvisory) is told, D(isabled) is not asked. `make up LEVELS=levels.json` and Pulumi's own
`--policy-pack-config` give others, such as `{{"sql-deletion-protection": "remediate"}}`: at that level a rule marked with * puts
right in the update what it would otherwise stop.
Exceptions are in `policies/waivers.yaml`, each with an owner and a day on which it ends."""


def parts() -> Iterator[Part]:
    """The page, from its beginning."""
    yield INTRODUCTION
    for subject, rules in SUBJECTS.items():
        yield f"## {subject}"
        yield HEAD, [_row(rule) for rule in rules]
    known = coverage()
    yield "## Coverage"
    yield "How many numbers of each framework have a rule, and how often one is named."
    found = {framework: numbers(framework) for framework in FRAMEWORKS}
    yield (
        ("framework", "numbers", "named"),
        [[name, str(len(mine)), str(sum(len(rules) for rules in mine.values()))] for name, mine in found.items()],
    )
    yield "## Left out"
    yield "What the catalogue of rules has, and this platform does not ask for."
    yield ("rule", "why not"), [[f"`{name}`", reason] for name, reason in known.left_out.items()]
    yield "## Checkov's numbers without a rule"
    reasons = {number: known.left_out[name] for number, name in known.checkov.items()} | dict(known.checkov_elsewhere)
    yield ("number", "why not"), [[number, reason] for number, reason in reasons.items()]


def _row(rule: About) -> Sequence[str]:
    return [
        f"`{rule.id}`" + ("*" if has_remedy(rule) else ""),
        rule.title,
        rule.why,
        rule.fix,
        rule.severity,
        rule.levels,
        ", ".join(rule.frameworks),
    ]
