"""The report on policies, for people and for machines."""

from __future__ import annotations

import json
import subprocess
import sys
from dataclasses import replace
from pathlib import Path
from xml.etree import ElementTree as ET

import pytest

from policies.tokens import INSTANCE
from tools import policy
from tools.policy_formats import Report, as_json, as_junit, as_sarif, as_text
from tools.recorder import ROOT, Recorder

from ..environments import recorded


def report(*, planted: bool = False) -> Report:
    """The report on production, with a database that is open to the internet where one is asked for."""
    found = recorded("prod")
    if not planted:
        return policy.judged(found, "prod")
    opened = {"settings": {"ipConfiguration": {"ipv4Enabled": True}}}
    stand_in = Recorder("p", "r", preview=False)
    stand_in.stack_outputs = found.stack_outputs
    stand_in.registrations = [
        replace(known, inputs={**known.inputs, **opened}) if known.name == "main-db-primary" and known.type == INSTANCE else known
        for known in found.registrations
    ]
    return policy.judged(stand_in, "prod")


def test_all_is_well_in_a_few_lines() -> None:
    lines = as_text(report()).splitlines()
    assert all(line.startswith("waived: ") for line in lines[:-1])
    assert lines[-1].startswith(f"prod: {len(report().rules)} policies, ")
    assert ": 0 violation(s), 0 advice, " in lines[-1]


def test_a_violation_is_told_in_full() -> None:
    text = as_text(report(planted=True))
    assert "== Cloud SQL\n" in text
    block = text[text.index("[high] sql-no-public-ip: main-db-primary (DatabaseInstance)") :].splitlines()[:4]
    assert block[1] == "  what: settings.ipConfiguration.ipv4Enabled is True; it must be False"
    assert block[2].startswith("  why:  A public address")
    assert block[3].startswith("  fix:  Set settings.ipConfiguration.ipv4Enabled to false")


def test_json_has_every_verdict() -> None:
    told = json.loads(as_json(report(planted=True)))
    [found] = [known for known in told["verdicts"] if known["rule"] == "sql-no-public-ip"]
    assert found["resource"].endswith("::main-db-primary")
    assert (found["outcome"], found["level"], found["severity"]) == ("violation", "mandatory", "high")
    assert "CKV_GCP_60" in found["frameworks"]
    waived = [known for known in told["verdicts"] if known["outcome"] == "waived"]
    assert len(waived) == told["counts"]["waived"] > 0
    assert {"reason", "owner", "expires"} == set(waived[0]["waiver"])


def test_sarif_names_rule_and_resource_and_suppresses_what_is_waived() -> None:
    [run] = json.loads(as_sarif(report(planted=True)))["runs"]
    described = {rule["id"] for rule in run["tool"]["driver"]["rules"]}
    assert {result["ruleId"] for result in run["results"]} <= described
    [found] = [result for result in run["results"] if result["ruleId"] == "sql-no-public-ip"]
    assert found["level"] == "error"
    assert found["locations"][0]["physicalLocation"]["artifactLocation"]["uri"] == "Pulumi.prod.yaml"
    assert "suppressions" not in found
    waived = [result for result in run["results"] if result["ruleId"] == "gcs-retention-locked"]
    assert waived[0]["suppressions"][0]["justification"]


def test_junit_fails_one_test_for_a_rule() -> None:
    root = ET.fromstring(as_junit(report(planted=True)))  # noqa: S314 - our own
    failed = [case.get("name", "") for case in root.iter("testcase") if case.find("failure") is not None]
    assert any(name.startswith("sql-no-public-ip: ") for name in failed)
    assert sum(int(suite.get("failures", "0")) for suite in root.iter("testsuite")) == len(failed)
    fine = ET.fromstring(as_junit(report()))  # noqa: S314
    assert not list(fine.iter("failure"))


def test_the_command_ends_with_1_where_something_stops(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(sys, "argv", ["policy", "--env", "prod"])
    monkeypatch.setattr(policy, "recorded", recorded)
    assert policy.main() == 0
    bad = report(planted=True)

    def judged(*_: object) -> Report:
        return bad

    monkeypatch.setattr(policy, "judged", judged)
    assert policy.main() == 1
    assert "sql-no-public-ip" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ('{"sql-no-public": "advisory"}', "there is no rule 'sql-no-public'"),
        ('{"sql-no-public-ip": "lax"}', "'lax' is not a level"),
        ('{"gcs-cmek": "remediate"}', "gcs-cmek: it has no remedy"),
        ("{", "Expecting property name"),
    ],
)
def test_a_configuration_that_makes_no_sense_ends_with_2(tmp_path: Path, text: str, message: str) -> None:
    file = tmp_path / "levels.json"
    file.write_text(text)
    command = [sys.executable, "-m", "tools.policy", "--env", "dev", "--config", str(file)]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.returncode == 2
    assert done.stderr.startswith(str(file))
    assert message in done.stderr
