"""Every setting reaches something: change one, and what the program declares changes at the place that carries it."""

from __future__ import annotations

import json
from collections import Counter
from functools import cache, reduce
from typing import Any

import pytest

from settings import Environment
from settings.profiles import overlay
from tools.docs import leaves

from ..environments import flat, recorded
from .changes import ALONE, CHANGES, ONE_VALUE, ROUNDS


def _together() -> dict[str, dict[str, Any]]:
    """What to lay on top for each setting. Those of production whose property no other setting has are tried in one run, and
    those of a round: each property shows that its own setting reaches it."""
    paths = Counter(path for _, _, path in CHANGES.values())
    apart = ALONE | ONE_VALUE | frozenset[str]().union(*ROUNDS)
    shared = frozenset(s for s, (env, _, path) in CHANGES.items() if env == "prod" and paths[path] == 1 and s not in apart)
    over = {setting: over for setting, (_, over, _) in CHANGES.items()}
    for settings in (shared, *ROUNDS):
        all_at_once = reduce(overlay, (CHANGES[setting][1] for setting in sorted(settings)), dict[str, Any]())
        over |= dict.fromkeys(settings, all_at_once)
    return over


OVER = _together()
TRIED = sorted(CHANGES.keys() - ONE_VALUE, key=lambda setting: (json.dumps(OVER[setting]), setting))
"""Those of one run next to each other, so that one process has them all."""


def test_every_setting_is_tried() -> None:
    assert CHANGES.keys() == {".".join(path) for path, _ in leaves(Environment)}


@pytest.mark.parametrize("setting", TRIED)
def test_the_setting_reaches_the_property_that_carries_it(setting: str) -> None:
    environment, _, path = CHANGES[setting]
    before, after = _inputs(environment, {}), _inputs(environment, OVER[setting])
    differ = [(urn, where) for urn, where in before.keys() | after.keys() if before.get((urn, where)) != after.get((urn, where))]
    changed = {spelled for urn, where in differ for spelled in (where, f"{urn.rsplit('::', 1)[-1]}:{where}")}
    assert path in changed, f"{setting} changes {sorted(changed) or 'nothing'}"


@pytest.mark.parametrize("setting", sorted(ONE_VALUE))
def test_a_setting_with_one_value_is_what_its_property_says(setting: str) -> None:
    environment, _, path = CHANGES[setting]
    assert "POSTGRES_15" in {value for (_, where), value in _inputs(environment, {}).items() if where == path}


def _inputs(environment: str, over: dict[str, Any]) -> dict[tuple[str, str], Any]:
    return _flattened(environment, json.dumps(over))


@cache
def _flattened(environment: str, over: str) -> dict[tuple[str, str], Any]:
    """Every single input of every resource, and every output of the stack, by (URN, path)."""
    found = recorded(environment, json.loads(over))
    inputs = {(known.urn, path): value for known in found.registrations for path, value in flat(known.inputs).items()}
    return inputs | {("stack", f"outputs.{path}"): value for path, value in flat(found.stack_outputs).items()}
