"""The schema that editors complete from agrees with what the program accepts."""

from __future__ import annotations

import json
from typing import Any

import jsonschema
import pytest

from settings.yaml_file import parse
from tools.recorder import ROOT

from ..environments import ENVIRONMENTS

SCHEMA = json.loads((ROOT / "settings" / "stack.schema.json").read_text())
BASE = {"alphintra:environment": "prod", "alphintra:project": {"id": "alphintra-prod"}}


def refusal(document: Any) -> str | None:
    """Why the schema refuses a document; None where it does not."""
    try:
        jsonschema.validate(document, SCHEMA)
    except jsonschema.ValidationError as error:
        return error.message
    return None


@pytest.mark.parametrize("environment", ENVIRONMENTS)
def test_the_stack_files_follow_it_and_point_to_it(environment: str) -> None:
    text = (ROOT / f"Pulumi.{environment}.yaml").read_text()
    assert text.startswith("# yaml-language-server: $schema=settings/stack.schema.json\n")
    assert refusal(json.loads(json.dumps(parse(text)))) is None


@pytest.mark.parametrize(
    "config",
    [
        {**BASE, "alphintra:database": {"backups": {"retained": 60}, "flags": {"log_temp_files": None}}},
        {**BASE, "alphintra:network": {"primary": {"nodes": "10.0.0.0/20"}}},
        {**BASE, "pulumi:disable-default-providers": ["gcp"], "gcp:project": "x"},
    ],
)
def test_it_takes_what_only_differs(config: dict[str, Any]) -> None:
    assert refusal({"config": config, "encryptionsalt": "v1"}) is None


@pytest.mark.parametrize(
    "config",
    [
        {},
        {"alphintra:environment": "prod"},
        {**BASE, "alphintra:environment": "prd"},
        {**BASE, "alphintra:databse": {}},
        {**BASE, "alphintra:database": {"teir": "x"}},
        {**BASE, "alphintra:database": {"backups": {"retained": 400}}},
        {**BASE, "alphintra:database": {"max_connections": "500"}},
        {**BASE, "alphintra:database": {"flags": {"x": 1}}},
    ],
)
def test_it_refuses_what_the_program_refuses(config: dict[str, Any]) -> None:
    assert refusal({"config": config}) is not None


def test_every_setting_is_described() -> None:
    bare = [
        f"{name}.{key}"
        for name, definition in SCHEMA["$defs"].items()
        for key, known in definition.get("properties", {}).items()
        if "description" not in known
    ]
    assert not bare
