"""Plans: what they hold for."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from localcloud.wire import SIGNATURE
from tools.lifecycle.errors import CommandError
from tools.lifecycle.plan import digest, obeying
from tools.lifecycle.workspace import Workspace


def state(modified: str, cipher: str) -> dict[str, Any]:
    secret = {SIGNATURE: "1b47061264138c4ac30d75fd1eb44270", "ciphertext": cipher}
    return {"manifest": {"time": cipher}, "resources": [{"urn": "a", "modified": modified, "outputs": {"password": secret}}]}


def test_a_state_is_the_same_however_its_secrets_are_encrypted() -> None:
    assert digest(state("1", "x")) == digest(state("1", "y"))
    assert digest(state("1", "x")) != digest(state("2", "x"))
    assert digest({}) == digest({"resources": None})
    assert digest({"pending_operations": [{"type": "creating"}]}) != digest({})


@pytest.mark.parametrize(
    ("text", "says"),
    [
        (None, "there is no plan in"),
        ("{", "cannot be read as a plan"),
        ("[]", "is no plan of ours"),
        (json.dumps({"resourcePlans": {}}), "is no plan of ours"),
        (json.dumps({"environment": "prod", "cloud": "local", "state": "", "plan": {}}), "for environment prod, not dev"),
        (json.dumps({"environment": "dev", "cloud": "gcp", "state": "", "plan": {}}), "for cloud gcp, not local"),
        (json.dumps({"environment": "dev", "cloud": "local", "state": "", "plan": {}}), "no longer matches"),
    ],
)
def test_what_is_no_plan_for_this_is_refused(tmp_path: Path, text: str | None, says: str) -> None:
    file = tmp_path / "plan.json"
    if text is not None:
        file.write_text(text)
    with pytest.raises(CommandError, match=says), obeying(Workspace("dev", "local", tmp_path), file, {}):
        pytest.fail("it is allowed")
