"""What the engine says, as a person reads it."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any, cast

import pytest

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
