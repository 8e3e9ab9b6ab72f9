"""What policies have found, for people and for machines."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from xml.etree import ElementTree as ET

from policies.judge import Verdict
from policies.rule import About
from policies.rules import SUBJECTS
from policies.waivers import Waiver

SARIF_LEVELS = {"critical": "error", "high": "error", "medium": "warning", "low": "note"}
SECURITY_SEVERITY = {"critical": "9.5", "high": "8.0", "medium": "5.0", "low": "2.0"}
"""As GitHub reads it: https://docs.github.com/en/code-security/code-scanning/integrating-with-code-scanning/sarif-support-for-code-scanning"""


@dataclass(frozen=True)
class Report:
    """What the policies say of an environment."""

    environment: str
    rules: Sequence[About]
    """Those that are not disabled."""
    verdicts: Sequence[Verdict]
    about: Mapping[str, int]
    """How many resources each rule looked at."""

    @property
    def stopping(self) -> list[Verdict]:
        """What would stop an update."""
        return [verdict for verdict in self.verdicts if verdict.stops]

    @property
    def advice(self) -> list[Verdict]:
        """What is only told."""
        return [
            verdict for verdict in self.verdicts if verdict.outcome == "violation" and not verdict.stops and not verdict.waiver
        ]

    @property
    def waived(self) -> list[Verdict]:
        """What is excused."""
        return [verdict for verdict in self.verdicts if verdict.waiver]

    @property
    def undecided(self) -> list[Verdict]:
        """What cannot be decided before the update."""
        return [verdict for verdict in self.verdicts if verdict.outcome == "undecided"]


def name_of(urn: str) -> str:
    """A resource as people call it: its name, and the last part of its type."""
    *_, types, name = urn.split("::")
    return f"{name} ({types.rpartition(':')[2]})"


# -- for people


def as_text(report: Report) -> str:
    """Two lines where all is well; otherwise what stops an update in full, and the rest in a line each."""
    checked = sum(report.about[rule.id] for rule in report.rules)
    lines = [*_blocks(report.stopping), *_brief("advice", report.advice), *_brief("waived", report.waived)]
    if report.undecided:
        rules = Counter(verdict.rule.id for verdict in report.undecided)
        shown = ", ".join(f"{rule} ({count})" for rule, count in sorted(rules.items()))
        lines += [f"undecided until the update: {shown}"]
    counts = [
        f"{len(report.stopping)} violation(s)", f"{len(report.advice)} advice", f"{len(report.waived)} waived",
        f"{len(report.undecided)} undecided",
    ]  # fmt: skip
    summary = f"{report.environment}: {len(report.rules)} policies, {checked} checks: {', '.join(counts)}"
    return "\n".join([*lines, summary])


def _blocks(verdicts: Sequence[Verdict]) -> Iterator[str]:
    for subject, rules in SUBJECTS.items():
        mine = [verdict for rule in rules for verdict in verdicts if verdict.rule is rule]
        if not mine:
            continue
        yield f"== {subject}"
        for verdict in mine:
            yield f"[{verdict.rule.severity}] {verdict.rule.id}: {name_of(verdict.urn)}"
            yield f"  what: {verdict.what}"
            yield f"  why:  {verdict.rule.why}"
            yield f"  fix:  {verdict.rule.fix}"
        yield ""


def _brief(kind: str, verdicts: Sequence[Verdict]) -> Iterator[str]:
    """A line for each rule and waiver, with the first of its resources."""
    alike: dict[tuple[str, Waiver | None], list[Verdict]] = {}
    for verdict in verdicts:
        alike.setdefault((verdict.rule.id, verdict.waiver), []).append(verdict)
    for (rule, waiver), found in alike.items():
        more = f" and {len(found) - 1} more" if len(found) > 1 else ""
        until = f", until {waiver.expires} ({waiver.owner})" if waiver else ""
        yield f"{kind}: {rule}: {name_of(found[0].urn)}{more}: {found[0].what}{until}"


# -- for machines


def as_json(report: Report) -> str:
    """Every verdict, and what was looked at."""
    return json.dumps(
        {
            "environment": report.environment,
            "rules": {rule.id: report.about[rule.id] for rule in report.rules},
            "counts": {kind: len(getattr(report, kind)) for kind in ("stopping", "advice", "waived", "undecided")},
            "verdicts": [_entry(verdict) for verdict in report.verdicts],
        },
        indent=2,
    )


def _entry(verdict: Verdict) -> dict[str, Any]:
    waiver = verdict.waiver
    return {
        "rule": verdict.rule.id,
        "resource": verdict.urn,
        "outcome": "waived" if waiver else verdict.outcome,
        "level": verdict.level,
        "severity": verdict.rule.severity,
        "what": verdict.what,
        "why": verdict.rule.why,
        "fix": verdict.rule.fix,
        "frameworks": list(verdict.rule.frameworks),
        **({"waiver": {"reason": waiver.reason, "owner": waiver.owner, "expires": str(waiver.expires)}} if waiver else {}),
    }


def as_sarif(report: Report) -> str:
    """SARIF 2.1.0 for code scanning: a result for each violation, with what is waived as suppressed."""
    results = [_result(report, verdict) for verdict in report.verdicts if verdict.outcome != "undecided"]
    driver = {
        "name": "alphintra-policies",
        "informationUri": "https://www.pulumi.com/docs/iac/packages-and-automation/crossguard/",
    }
    run = {"tool": {"driver": {**driver, "rules": [_described(rule) for rule in report.rules]}}, "results": results}
    return json.dumps({"version": "2.1.0", "$schema": "https://json.schemastore.org/sarif-2.1.0.json", "runs": [run]}, indent=2)


def _described(rule: About) -> dict[str, Any]:
    return {
        "id": rule.id,
        "shortDescription": {"text": rule.title},
        "fullDescription": {"text": rule.why},
        "help": {"text": rule.fix},
        "properties": {"tags": ["security", *rule.frameworks], "security-severity": SECURITY_SEVERITY[rule.severity]},
    }


def _result(report: Report, verdict: Verdict) -> dict[str, Any]:
    suppressed = [{"kind": "external", "justification": verdict.waiver.reason}] if verdict.waiver else []
    return {
        "ruleId": verdict.rule.id,
        "level": SARIF_LEVELS[verdict.rule.severity] if verdict.stops or verdict.waiver else "note",
        "message": {"text": f"{name_of(verdict.urn)}: {verdict.message}"},
        "locations": [
            {
                "physicalLocation": {
                    "artifactLocation": {"uri": f"Pulumi.{report.environment}.yaml"},
                    "region": {"startLine": 1},
                },
                "logicalLocations": [{"fullyQualifiedName": verdict.urn, "kind": "resource"}],
            }
        ],
        "partialFingerprints": {"rule/resource": f"{verdict.rule.id}/{verdict.urn}"},
        **({"suppressions": suppressed} if suppressed else {}),
    }


def as_junit(report: Report) -> str:
    """JUnit: a test case for each rule, which fails with all that it found."""
    root = ET.Element("testsuites", name=f"policies of {report.environment}")
    for subject, rules in SUBJECTS.items():
        mine = [rule for rule in rules if rule in report.rules]
        failing = {verdict.rule.id for verdict in report.stopping}
        failures = sum(rule.id in failing for rule in mine)
        suite = ET.SubElement(root, "testsuite", name=subject, tests=str(len(mine)), failures=str(failures), errors="0")
        for rule in mine:
            case = ET.SubElement(suite, "testcase", classname=subject, name=f"{rule.id}: {rule.title}")
            found = [verdict for verdict in report.verdicts if verdict.rule is rule]
            stopping = [verdict for verdict in found if verdict.stops]
            if stopping:
                text = "\n".join(f"{name_of(verdict.urn)}: {verdict.message}" for verdict in stopping)
                ET.SubElement(case, "failure", message=stopping[0].what, type=rule.severity).text = text
            elif any(verdict.waiver or verdict.outcome == "undecided" for verdict in found):
                ET.SubElement(case, "skipped", message="; ".join(f"{name_of(verdict.urn)}: {verdict.what}" for verdict in found))
    ET.indent(root)
    return ET.tostring(root, encoding="unicode", xml_declaration=True)
