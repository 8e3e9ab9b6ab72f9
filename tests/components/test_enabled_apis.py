"""What is made through an API of Google's waits until that is enabled: in a new project it is refused before, now and then."""

from __future__ import annotations

from typing import Any

import pytest

from localcloud.gcp.catalog import types
from localcloud.gcp.view import ENABLED_FROM_THE_START
from tools.recorder import Recorder

from ..environments import recorded
from .test_governance import DRY_RUN, FINDINGS, POLICIES, on
from .test_optional import BILLED, ON

EVERYTHING: dict[str, Any] = {**ON, **BILLED, **on(POLICIES, FINDINGS, DRY_RUN)}


def needs(program: Recorder) -> dict[str, set[str]]:
    """What each resource waits for. A provider is there before what it makes."""
    return {
        known.urn: {
            known.parent,
            known.provider.rpartition("::")[0],
            *known.dependencies,
            *(urn for urns in known.property_dependencies.values() for urn in urns),
        }
        for known in program.registrations
    }


def all_that(urn: str, of: dict[str, set[str]]) -> set[str]:
    """What a resource waits for, and what that waits for."""
    found: set[str] = set()
    waiting = [urn]
    while waiting:
        more = of.get(waiting.pop(), set()) - found
        found |= more
        waiting += more
    return found


@pytest.mark.parametrize(
    ("environment", "over"),
    [("dev", {}), ("staging", {}), ("prod", {}), ("prod", EVERYTHING)],
    ids=["dev", "staging", "prod", "all"],
)
def test_everything_waits_for_its_api(environment: str, over: dict[str, Any]) -> None:
    program = recorded(environment, over)
    enabled = {
        known.inputs["service"]: known.urn for known in program.registrations if known.type == "gcp:projects/service:Service"
    }
    through = {known.urn: types()[known.type].api for known in program.registrations if known.type in types()}
    assert len(through) > 200
    declared = needs(program)
    early = [
        f"{urn.rpartition('::')[2]} does not wait for {api}"
        for urn, api in through.items()
        if api not in ENABLED_FROM_THE_START and enabled.get(api) not in all_that(urn, declared)
    ]
    assert not early, "\n".join(sorted(early))
