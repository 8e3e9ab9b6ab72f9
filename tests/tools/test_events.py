"""What the engine says, as a person reads it."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any, cast

import pytest
from pulumi.automation.events import OpType

from tools.lifecycle.events import Report

ASKED = "gcp:storage/getProjectServiceAccount:getProjectServiceAccount"


def errors_of(message: str, severity: str = "error") -> list[str]:
    report = Report("up", progress=False)
    told = SimpleNamespace(message=message, severity=severity, urn="")
    kinds = ("resource_pre_event", "res_outputs_event", "res_op_failed_event", "policy_event")
    report(cast("Any", SimpleNamespace(**dict.fromkeys(kinds), diagnostic_event=told)))
    return report.messages()


@pytest.mark.parametrize(
    "why", ["connection refused", "googleapi: Error 403: Cloud Storage API\nhas not been used", "Traceback of theirs"]
)
def test_a_data_source_that_cannot_answer_is_one_sentence(why: str) -> None:
    wrapped = f"invoke of {ASKED} failed: invocation of {ASKED} returned an error: {why}"
    trace = f'Traceback (most recent call last):\n  File "x.py", line 1, in run\nException: {wrapped}'
    assert errors_of(f"python inline source runtime error: {wrapped}\n{trace}") == [f"getProjectServiceAccount: {why}"]


def test_a_defect_of_the_program_keeps_its_traceback() -> None:
    told = 'python inline source runtime error: x\nTraceback (most recent call last):\n  File "a.py"\nKeyError: x'
    assert errors_of(told) == [told]


def test_warnings_are_no_errors() -> None:
    assert errors_of("interesting", severity="warning") == []


def test_what_stopped_a_run_is_told_apart_from_advice() -> None:
    report = Report("up", progress=False)
    report.policy = ["[advisory] labels: a bucket: Everything is labelled"]
    assert report.reasons() == []
    report.policy.append("[mandatory] keys: a bucket: Everything is encrypted")
    report.errors.append(("urn:pulumi:dev::p::t::bucket", "Error 409: it exists"))
    assert report.reasons() == ["[mandatory] keys: a bucket: Everything is encrypted", "bucket: Error 409: it exists"]


@pytest.mark.parametrize(("planning", "op", "begun"), [(True, "create", False), (False, "same", False), (False, "create", True)])
def test_a_change_that_has_begun(planning: bool, op: str, begun: bool) -> None:
    report = Report("up", progress=False)
    metadata = SimpleNamespace(op=OpType(op), urn="urn:pulumi:dev::p::t::bucket", logical=True, detailed_diff=None)
    kinds = ("res_outputs_event", "res_op_failed_event", "policy_event", "diagnostic_event")
    before = SimpleNamespace(planning=planning, metadata=metadata)
    report(cast("Any", SimpleNamespace(**dict.fromkeys(kinds), resource_pre_event=before)))
    assert report.begun is begun
